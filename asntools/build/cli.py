"""asn-build: groups in, associations out."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Iterator, Sequence
from pathlib import Path

from asntools.build.associations import Built, Options
from asntools.build.building import Builder
from asntools.build.options import add_building_options, check_building_options, version_id_of
from asntools.build.reading import read_group
from asntools.build.writing import file_contents, lines_of, write_associations
from asntools.common.command import Console, add_files, command, inputs, make_parser
from asntools.common.faults import Fault
from asntools.common.output import Output
from asntools.common.programs import HELD, OfProgram, whole_programs
from asntools.common.records import read_lines

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
    programs = (
        builder.finish(made[0][0], [each for _, built in made for each in built])
        for made in whole_programs(groups, console.report, held=None if args.unsorted else HELD)
    )
    if args.outdir is None:
        Output().write_all(map(lines_of, programs))
    else:
        contents = ((built.file_name, file_contents(built)) for program in programs for built in program)
        write_associations(contents, Path(args.outdir), console, force=args.force)


def _groups(
    builder: Builder, files: Sequence[str], console: Console
) -> Iterator[OfProgram[tuple[str, list[Built]]]]:
    for source, stream in inputs(files, console):
        for line in read_lines(stream, source, console.report, read_group):
            try:
                built = builder.associations(line.record)
            except Fault as fault:
                console.report(Fault(fault.message, line.source, line.number))
                continue
            program = line.record.head.program
            yield OfProgram(program, (program, built), len(line.raw), line.source, line.number)
