"""asn-validate: associations in, findings out; the exit status gives the verdict."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Sequence

from asntools.common import status
from asntools.common.command import Console, add_files, command, inputs, make_parser
from asntools.common.faults import Fault
from asntools.common.output import Output
from asntools.validate.codes import CODES, wanted_codes
from asntools.validate.files import folder_of, require_folder
from asntools.validate.findings import Finding
from asntools.validate.reporters import REPORTERS
from asntools.validate.run import Tally, Validation


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of asn-validate."""
    parser = make_parser(
        "asn-validate",
        "Check associations: their syntax, their structure, their meaning to the calibration pipelines, and "
        "whether they agree with each other, with the files that they name and with their pool.",
        """
        asn-validate jw*_asn.json
        asn-validate --files-in data/ --strict mosaic_asn.json
        asn-build groups.jsonl | asn-validate --format jsonl
        """,
    )
    add_files(parser, "associations: JSON, JSON lines or YAML")
    parser.add_argument(
        "--format",
        choices=sorted(REPORTERS),
        default="text",
        help="the format of the findings (default: %(default)s)",
    )
    for option, what in (("--select", "report only these codes"), ("--ignore", "leave out these codes")):
        parser.add_argument(
            option,
            metavar="CODE",
            action="append",
            default=[],
            help=f"{what}, beginnings of codes (ASN2) or lists of them (ASN2,ASN301); may be repeated",
        )
    parser.add_argument("--strict", action="store_true", help="exit with 1 for warnings, too")
    look = parser.add_mutually_exclusive_group()
    look.add_argument(
        "--files",
        dest="look_beside",
        action="store_true",
        help="report which files are in the association's folder, and which products are ready",
    )
    look.add_argument("--files-in", metavar="DIR", help="the same for files in DIR")
    parser.add_argument("--pool", metavar="POOL", help="check members and their exptypes against this pool")
    parser.add_argument("--list-codes", action="store_true", help="list the codes and exit")
    return parser


@command("asn-validate")
def main(argv: Sequence[str] | None, console: Console) -> int:
    """Run asn-validate."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    output = Output()
    if arguments.list_codes:
        output.write(list_codes().encode())
        return status.OK
    try:
        wanted = wanted_codes(_listed(arguments.select), _listed(arguments.ignore))
    except Fault as fault:
        parser.error(fault.message)
    pool = None
    if arguments.pool is not None:
        from asntools.validate.pool import PoolCheck, exposures_of_pool

        pool = PoolCheck(arguments.pool, exposures_of_pool(arguments.pool, console.report))
    folder_for: Callable[[str], str] | None = None
    if arguments.files_in is not None:
        require_folder(arguments.files_in)
        folder_for = lambda source: str(arguments.files_in)  # noqa: E731
    if arguments.look_beside:
        folder_for = folder_of
        for name in filter(os.path.isdir, arguments.files):
            parser.error(f"--files takes no folder; write --files-in {name}")
    validation = Validation(console.report, folder_for=folder_for, pool=pool)
    tally = Tally()
    events = (
        event
        for event in validation.check(inputs(arguments.files, console, validation.report))
        if not isinstance(event, Finding) or event.code in wanted
    )
    reporter = REPORTERS[arguments.format]
    output.write_all(reporter(tally.count(events, strict=arguments.strict), arguments.strict))
    output.flush()
    if arguments.format == "text" and str(tally):
        console.say(str(tally))
    return status.NEGATIVE if tally.failed else status.OK


def _listed(values: Iterable[str]) -> list[str]:
    return [code.strip() for value in values for code in value.split(",")]


def list_codes() -> str:
    """Return the table of codes: code, severity, sentence and hint, one per line."""
    return "".join(
        f"{code}  {about.severity:7}  {about.sentence}" + (f"; {about.hint}\n" if about.hint else "\n")
        for code, about in CODES.items()
    )
