"""asn-build: groups in, associations out."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from asntools.build.associations import Built, Options
from asntools.build.building import Builder
from asntools.build.groups import check_group
from asntools.build.names import five_digits
from asntools.build.options import add_building_options, check_building_options, version_id_of
from asntools.build.writing import file_contents, write_associations
from asntools.common.command import Console, add_files, command, inputs, make_parser
from asntools.common.faults import Fault
from asntools.common.output import Output
from asntools.common.programs import HELD, OfProgram, whole_programs
from asntools.common.records import dump_record, read_records

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
    add_building_options(parser)
    parser.add_argument(
        "--unsorted",
        action="store_true",
        help="hold all groups until the last has come, for inputs whose programs come back after others",
    )
    add_files(parser, "groups")
    return parser


@command("asn-build")
def main(argv: Sequence[str] | None, console: Console) -> None:
    """Run the command."""
    args = build_parser().parse_args(argv)
    check_building_options(args)
    builder = Builder(
        Options(version_id_of(args), args.product_name),
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
        contents = ((built.file_name, file_contents(built)) for built in associations)
        write_associations(contents, Path(args.outdir), console, force=args.force)


def _build(
    builder: Builder, groups: Iterable[OfProgram[_Made]], console: Console, *, held: int | None
) -> Iterator[Built]:
    for made in whole_programs(groups, console.report, held=held):
        yield from builder.finish(made[0].program, [built for each in made for built in each.built])


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
