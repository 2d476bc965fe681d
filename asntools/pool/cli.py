"""asn-pool: FITS files, pool tables or exposure records in; exposure records out."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from asntools.common.command import Console, add_files, command, make_parser
from asntools.common.faults import printable
from asntools.common.output import Output
from asntools.common.records import Record, dump_record
from asntools.pool.options import add_candidate_option, add_input_options, add_jobs_option, exposures_of
from asntools.pool.writing import pool_lines

EXAMPLES = """
asn-pool pool.csv
asn-pool data/*_rate.fits | asn-match --rule spec2 | asn-build --outdir asns/
asn-pool --where '.instrume == "miri"' pool.csv | asn-match
asn-pool --format ascii.ecsv --to csv pool.ecsv > pool.csv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = make_parser(
        "asn-pool",
        "Read exposures, from FITS headers or pools, and write records, one JSON object per line.",
        EXAMPLES,
    )
    add_input_options(parser)
    add_candidate_option(parser)
    add_jobs_option(parser)
    parser.add_argument(
        "--to",
        choices=["jsonl", "csv"],
        default="jsonl",
        help="write records (jsonl, the default) or a pool again (csv)",
    )
    add_files(parser, "FITS files, pool tables or exposure records")
    return parser


@command("asn-pool")
def main(argv: Sequence[str] | None, console: Console) -> None:
    """Run the command."""
    args = build_parser().parse_args(argv)
    exposures = exposures_of(args, console)
    output = Output()
    output.write_all(_table(exposures, output, console) if args.to == "csv" else map(dump_record, exposures))


def _table(exposures: Iterator[Record], output: Output, console: Console) -> Iterator[bytes]:
    lines = pool_lines(exposures, console.report)
    if not output.isatty():
        return lines
    return (printable(line.decode("utf-8").rstrip("\n")).encode("utf-8") + b"\n" for line in lines)
