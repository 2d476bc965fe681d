"""asn-pool: pool tables, or exposure records, in; exposure records out."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from asntools.common.command import Console, Output, add_files, command, inputs, make_parser
from asntools.common.faults import Fault
from asntools.common.jq import Query
from asntools.common.records import Record, dump_record
from asntools.pool.reading import read_exposures
from asntools.pool.writing import pool_lines

EXAMPLES = """
asn-pool pool.csv
asn-pool --where '.instrume == "miri"' pool.csv | asn-match
asn-pool --format ascii.ecsv --to csv pool.ecsv > pool.csv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = make_parser(
        "asn-pool", "Read pools of exposures and write exposure records, one JSON object a line.", EXAMPLES
    )
    parser.add_argument(
        "--format",
        metavar="NAME",
        help="read tables in this format of astropy, such as ascii.ecsv, fits or votable",
    )
    parser.add_argument(
        "--where", metavar="JQ", help="keep the exposures for which this jq expression is true"
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
    query = None if args.where is None else Query(args.where)
    exposures = _exposures(args, console)
    if query is not None:
        exposures = _kept(exposures, query, console)
    chunks = pool_lines(exposures, console.report) if args.to == "csv" else map(dump_record, exposures)
    Output().write_all(chunks)


def _exposures(args: argparse.Namespace, console: Console) -> Iterator[Record]:
    for source, stream in inputs(args.files, console):
        try:
            yield from read_exposures(stream, source, console.report, table_format=args.format)
        except Fault as fault:
            console.report(fault)


def _kept(exposures: Iterator[Record], query: Query, console: Console) -> Iterator[Record]:
    for exposure in exposures:
        try:
            if query.holds(exposure):
                yield exposure
        except Fault as fault:
            console.report(Fault(f"exposure {exposure['filename']!r}: {fault.message}"))
