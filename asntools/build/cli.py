"""asn-build: groups in, associations out."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from asntools.build.associations import Built, Options
from asntools.build.building import Builder
from asntools.build.options import add_building_options, check_building_options, version_id_of
from asntools.build.work import GroupLine, Work, built_of, program_of
from asntools.build.writing import file_contents, lines_of, write_associations
from asntools.common.command import Console, add_files, command, inputs, make_parser
from asntools.common.faults import Fault, Report
from asntools.common.output import Output
from asntools.common.pieces import add_jobs_option, add_unsorted_option
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
    add_unsorted_option(parser, "groups")
    add_jobs_option(parser)
    add_files(parser, "groups")
    return parser


@command("asn-build")
def main(argv: Sequence[str] | None, console: Console) -> None:
    """Run the command."""
    args = build_parser().parse_args(argv)
    check_building_options(args)
    options = Options(version_id_of(args), args.product_name)
    held = None if args.unsorted else HELD
    # Records are trees, in which the collector finds nothing; looking takes a fifth of the time.
    gc.set_threshold(200_000)
    lines: Iterable[bytes]
    files: Iterable[tuple[str, bytes]]
    if args.jobs > 1:
        from asntools.build.processes import Processes

        processes = Processes(console, args.jobs)
        work = Work(options, merge=args.merge, explain=args.explain, as_files=args.outdir is not None)
        pieces = processes.made(work, _groups(args.files, console, processes.report), held)
        lines = (made.lines for made in pieces)
        files = (file for made in pieces for file in made.files)
    else:
        builder = Builder(
            options,
            merge=args.merge,
            say=lambda line: console.report(Fault(line, serious=False)),
            explain=console.say if args.explain else None,
        )
        programs = _build(builder, _groups(args.files, console, console.report), console, held)
        lines = map(lines_of, programs)
        files = ((built.file_name, file_contents(built)) for program in programs for built in program)
    if args.outdir is None:
        Output().write_all(lines)
    else:
        write_associations(files, Path(args.outdir), console, force=args.force)


def _build(
    builder: Builder, groups: Iterable[OfProgram[GroupLine]], console: Console, held: int | None
) -> Iterator[Iterator[Built]]:
    def take(group: OfProgram[GroupLine]) -> list[Built]:
        return built_of(builder, group.record, console.report)

    for program, made in whole_programs(groups, take, console.report, held=held):
        yield builder.finish(program, [each for built in made for each in built])


def _groups(files: Sequence[str], console: Console, report: Report) -> Iterator[OfProgram[GroupLine]]:
    order = 0
    for source, stream in inputs(files, console, report):
        for line in read_lines(stream, source, report, program_of):
            order += 1
            group = GroupLine(line.raw, source, line.number, order)
            yield OfProgram(line.record, group, len(line.raw), source, line.number)
