"""asn-pool: pool tables, or exposure records, in; exposure records out."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from asntools.common.command import Console, Output, add_files, command, inputs, make_parser
from asntools.common.faults import Fault, printable
from asntools.common.records import Record, dump_record
from asntools.pool.reading import read_exposures
from asntools.pool.sorting import by_program
from asntools.pool.where import Where
from asntools.pool.writing import pool_lines

EXAMPLES = """
asn-pool pool.csv
asn-pool --where '.instrume == "miri"' pool.csv | asn-match
asn-pool --format ascii.ecsv --to csv pool.ecsv > pool.csv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = make_parser(
        "asn-pool", "Read pools of exposures and write exposure records, one JSON object per line.", EXAMPLES
    )
    parser.add_argument(
        "--format",
        metavar="NAME",
        help="read tables in this format of astropy: ascii.ecsv or another ascii format, fits or votable",
    )
    parser.add_argument(
        "--where", metavar="JQ", help="keep the exposures for which this jq expression is true"
    )
    parser.add_argument(
        "--sort",
        action="store_true",
        help="bring the exposures of each program together, programs in the order in which they first come",
    )
    parser.add_argument(
        "--to",
        choices=["jsonl", "csv"],
        default="jsonl",
        help="write records (jsonl, the default) or a pool again (csv)",
    )
    add_files(parser, "pool tables or exposure records")
    return parser


@command("asn-pool")
def main(argv: Sequence[str] | None, console: Console) -> None:
    """Run the command."""
    args = build_parser().parse_args(argv)
    where = None if args.where is None else Where(args.where)
    exposures = _exposures(args, console)
    if where is not None:
        exposures = where.kept(exposures, console.report)
    if args.sort:
        exposures = by_program(exposures, console.report)
    output = Output()
    output.write_all(_table(exposures, output, console) if args.to == "csv" else map(dump_record, exposures))


def _table(exposures: Iterator[Record], output: Output, console: Console) -> Iterator[bytes]:
    lines = pool_lines(exposures, console.report)
    if not output.isatty():
        return lines
    return (printable(line.decode("utf-8").rstrip("\n")).encode("utf-8") + b"\n" for line in lines)


def _exposures(args: argparse.Namespace, console: Console) -> Iterator[Record]:
    for source, stream in inputs(args.files, console):
        try:
            yield from read_exposures(stream, source, console.report, table_format=args.format)
        except Fault as fault:
            console.report(fault)
