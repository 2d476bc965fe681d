"""asn-match: exposure records in, groups of them, by rules, out."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Iterator, Sequence

from asntools.common import status
from asntools.common.command import Console, Output, add_files, command, inputs, make_parser
from asntools.common.faults import Fault, printable
from asntools.common.programs import HELD, OfProgram, whole_programs
from asntools.common.records import read_records
from asntools.match.account import Account
from asntools.match.groups import Exposure, Group, dump_group
from asntools.match.matching import Matcher
from asntools.match.records import exposure_of
from asntools.match.rule_files import load_rules
from asntools.match.rules import select_rules
from asntools.match.selection import Selection, match_program

EXAMPLES = """
asn-pool pool.csv | asn-match --rule image2
asn-pool pool.csv | asn-match --candidate o001 --rule 'Asn_Lv3*' | asn-build
asn-pool pool.csv | asn-match --orphans
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = make_parser(
        "asn-match", "Group exposures by rules: read exposure records, write groups.", EXAMPLES
    )
    parser.add_argument(
        "--rule",
        metavar="NAME",
        action="append",
        default=[],
        help="use only this rule, or the rules of this association type (image2), level (level2, level3) or "
        "glob (Asn_Lv3*); may be repeated",
    )
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument(
        "--candidate",
        metavar="ID",
        action="append",
        help="group only this candidate, such as o001; may be repeated",
    )
    chosen.add_argument("--all-candidates", action="store_true", help="group candidates only")
    chosen.add_argument("--discover", action="store_true", help="find only groups that no candidate asks for")
    parser.add_argument(
        "--rules",
        metavar="FILE",
        action="append",
        default=[],
        help="add the rules of a file; may be repeated",
    )
    parser.add_argument("--no-default-rules", action="store_true", help="leave the default rules out")
    parser.add_argument(
        "--list-rules", action="store_true", help="print the rules, with what each is for, and exit"
    )
    orphans = parser.add_mutually_exclusive_group()
    orphans.add_argument(
        "--orphans", action="store_true", help="print the exposures that no group took, instead of the groups"
    )
    orphans.add_argument(
        "--orphans-of",
        metavar="STAGE",
        type=int,
        choices=(2, 3),
        help="print the exposures that no group of this stage, 2 or 3, took",
    )
    parser.add_argument(
        "--unsorted",
        action="store_true",
        help="hold all exposures until the last has come, for inputs whose programs come back after others",
    )
    parser.add_argument(
        "-e", "--exit-status", action="store_true", help="exit with status 1 when nothing matched"
    )
    add_files(parser, "exposure records")
    return parser


@command("asn-match")
def main(argv: Sequence[str] | None, console: Console) -> int | None:
    """Run the command."""
    args = build_parser().parse_args(argv)
    rules = load_rules(args.rules, defaults=not args.no_default_rules)
    if args.rule:
        rules = select_rules(rules, args.rule)
    output = Output()
    if args.list_rules:
        width = max((len(rule.name) for rule in rules), default=0)
        lines = (f"{rule.name:{width}}  {rule.asn_type:13}  {printable(rule.summary)}\n" for rule in rules)
        output.write_all(line.encode() for line in lines)
        return None
    if not rules:
        raise Fault("there are no rules: --no-default-rules needs --rules FILE")
    if "-" in args.rules and (not args.files or "-" in args.files):
        raise Fault("standard input cannot be both rules and exposures; name a FILE of exposures")
    gc.set_threshold(200_000)  # exposures and groups make no circles; looking for them takes a tenth
    matcher = Matcher(rules)
    account = Account(matcher, Selection.of(args.candidate, args.all_candidates, args.discover))
    stages = [args.orphans_of] if args.orphans_of else [2, 3]
    matched = 0
    records = _exposures(args.files, matcher, account, console)
    for exposures in whole_programs(records, console.report, held=None if args.unsorted else HELD):
        groups = match_exposures(exposures, account)
        if args.orphans or args.orphans_of:
            taken = {
                member.position
                for group in groups
                if group.rule.stage in stages
                for member, _ in group.members
            }
            matched += len(taken)
            output.write_all(each.raw + b"\n" for each in exposures if each.position not in taken)
        else:
            matched += output.write_all(map(dump_group, groups))
    for message in (*account.unknown_candidates(), *account.findings()):
        console.report(Fault(message, serious=False))
    return status.NEGATIVE if args.exit_status and not matched else None


def match_exposures(exposures: list[Exposure], account: Account) -> Iterator[Group]:
    """Match the exposures of one program, and note in the account what becomes of them."""
    for position, exposure in enumerate(exposures):
        exposure.position = position
    account.see(exposures)
    return account.note(exposures, match_program(account.matcher, exposures, account.selection))


def _exposures(
    files: Sequence[str], matcher: Matcher, account: Account, console: Console
) -> Iterator[OfProgram[Exposure]]:
    for source, stream in inputs(files, console):
        columns: set[str] = set()
        for line in read_records(stream, source, console.report):
            try:
                exposure = exposure_of(line.record, line.raw, matcher)
            except ValueError as error:
                console.report(Fault(str(error), line.source, line.number))
                continue
            if len(line.record) > len(columns):
                columns |= line.record.keys()
                account.see_columns(columns)
            yield OfProgram(exposure.program, exposure, len(line.raw), source, line.number)
