"""asn-build: groups in, associations out."""

from __future__ import annotations

import argparse
import gc
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from asntools.build.associations import Built, Options
from asntools.build.building import Builder
from asntools.build.groups import check_group
from asntools.build.names import five_digits
from asntools.common.command import Console, Output, add_files, command, inputs, make_parser
from asntools.common.faults import Fault
from asntools.common.programs import HELD, OfProgram, whole_programs
from asntools.common.records import dump_record, read_records
from asntools.common.templates import check_template

EXAMPLES = """
asn-pool pool.csv | asn-match --rule image2 | asn-build
asn-pool pool.csv | asn-match | asn-build --outdir asns/
asn-pool pool.csv | asn-match | asn-build --merge --version-id now
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = make_parser(
        "asn-build", "Make associations from groups: read groups, write associations.", EXAMPLES
    )
    parser.add_argument(
        "--outdir",
        metavar="DIR",
        type=Path,
        help="write one file per association into this folder and print nothing",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="with --outdir, replace files that exist, and write what can be made from a faulty input",
    )
    parser.add_argument(
        "--merge",
        action="store_true",
        help="put the Stage 2 associations of one candidate and type into one of many products",
    )
    parser.add_argument(
        "--product-name",
        metavar="TEMPLATE",
        type=_template,
        help="name Stage 3 products by a template of attributes that the members share, such as "
        "'{program}_{target}_{instrume}_{filter|band}', in place of the rules' styles",
    )
    parser.add_argument(
        "--version-id",
        metavar="ID",
        type=_version_id,
        help="stamp associations and file names with ID; 'now' is the time, such as 20260101t000000",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="report on standard error what is left out after matching, and why, one line per thing",
    )
    parser.add_argument(
        "--unsorted",
        action="store_true",
        help="hold all groups until the last has come, for inputs whose programs come back after others",
    )
    add_files(parser, "groups")
    return parser


def _version_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a version id; one has letters, digits and '-' only, and 'now' is the time"
        )
    return _now() if text.lower() == "now" else text.lower()


def _template(text: str) -> str:
    try:
        check_template(text)
    except Fault as fault:
        raise argparse.ArgumentTypeError(fault.message) from fault
    return text


@command("asn-build")
def main(argv: Sequence[str] | None, console: Console) -> None:
    """Run the command."""
    args = build_parser().parse_args(argv)
    if args.force and args.outdir is None:
        raise Fault("--force goes with --outdir")
    builder = Builder(
        Options(args.version_id, args.product_name),
        merge=args.merge,
        say=lambda line: console.report(Fault(line, serious=False)),
        explain=console.say if args.explain else None,
    )
    # Records are trees, in which the collector finds nothing; looking takes a fifth of the time.
    gc.set_threshold(200_000)
    groups = _groups(builder, args.files, console)
    associations = _build(builder, groups, console, held=None if args.unsorted else HELD)
    if args.outdir is None:
        Output().write_all(dump_record(built.asn) for built in associations)
    else:
        _write(associations, args.outdir, console, force=args.force)


def _build(
    builder: Builder, groups: Iterable[OfProgram[_Made]], console: Console, *, held: int | None
) -> Iterator[Built]:
    for made in whole_programs(groups, console.report, held=held):
        yield from builder.finish(made[0].program, [built for each in made for built in each.built])
    builder.end()


class _Made(NamedTuple):
    program: str
    built: list[Built]


def _groups(builder: Builder, files: Sequence[str], console: Console) -> Iterator[OfProgram[_Made]]:
    for source, stream in inputs(files, console):
        for line in read_records(stream, source, console.report):
            if wrong := check_group(line.record):
                console.report(Fault(wrong, line.source, line.number))
                continue
            try:
                built = builder.associations(line.record)
            except Fault as fault:
                console.report(Fault(fault.message, line.source, line.number))
                continue
            program = five_digits(line.record["program"])
            yield OfProgram(program, _Made(program, built), len(line.raw), line.source, line.number)


def _write(associations: Iterable[Built], folder: Path, console: Console, *, force: bool) -> None:
    from asntools.asn.formats import JSON, dump_documents
    from asntools.common.files import write_files

    contents: dict[str, bytes] = {}
    for built in associations:
        if built.file_name in contents:
            raise Fault("is the file name of two associations; nothing is written", built.file_name)
        contents[built.file_name] = b"".join(dump_documents([built.asn], JSON))
    if console.status and not force:
        raise Fault("the input is faulty, and nothing is written; use --force to write what could be made")
    write_files(contents, folder, console.report, force=force)


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).strftime("%Y%m%dt%H%M%S")
