"""asn-match: exposure records in, groups of them, by rules, out."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Sequence

from asntools.common import status
from asntools.common.command import Console, add_files, command, make_parser
from asntools.common.faults import Fault
from asntools.common.output import Output
from asntools.common.pieces import add_jobs_option, add_unsorted_option, done, in_pieces
from asntools.match.account import Account
from asntools.match.matching import Matcher
from asntools.match.options import (
    add_answer_options,
    add_exit_status_option,
    add_rule_options,
    add_selection_options,
    check_rule_options,
)
from asntools.match.reading import exposures_by_program, programs
from asntools.match.rule_files import compile_rules, read_rules
from asntools.match.rules import select_rules
from asntools.match.selection import Selection
from asntools.match.work import PIECE, Work, lines_of

EXAMPLES = """
asn-pool pool.csv | asn-match --rule image2
asn-pool pool.csv | asn-match --candidate o001 --rule 'Asn_Lv3*' | asn-build
asn-pool pool.csv | asn-match --orphans
asn-pool pool.csv | asn-match --rule level3 --explain 'jw01523001001_02101*'
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = make_parser(
        "asn-match", "Group exposures according to rules: read exposure records, write groups.", EXAMPLES
    )
    add_rule_options(parser)
    add_selection_options(parser).add_argument(
        "--candidate",
        metavar="ID",
        action="append",
        help="group only this candidate, such as o001; may be repeated",
    )
    add_answer_options(parser)
    add_unsorted_option(parser, "exposures")
    add_jobs_option(parser)
    add_exit_status_option(parser)
    add_files(parser, "exposure records")
    return parser


@command("asn-match")
def main(argv: Sequence[str] | None, console: Console) -> int | None:
    """Run the command."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.to and not (args.list_rules or args.show_rule or args.explain or args.explain_group):
        parser.error(
            "--to works with --explain, --explain-group, --list-rules and --show-rule only; "
            "groups are always JSON lines"
        )
    output = Output()
    if args.check_rules:
        from asntools.match.rule_review import review_files

        for fault in review_files(args.check_rules, args.rules):
            console.report(fault)
        return None
    sources = read_rules(args.rules, defaults=not args.no_default_rules)
    rules = compile_rules(sources)
    if args.rule:
        rules = select_rules(rules, args.rule)
    if args.list_rules or args.show_rule:
        from asntools.match.rule_words import list_rules, show_rules

        as_records = args.to == "jsonl"
        if args.list_rules:
            output.write_all(list_rules(rules, as_records=as_records))
        else:
            output.write_all(show_rules(sources, select_rules(rules, args.show_rule), as_records=as_records))
        return None
    check_rule_options(rules, args)
    gc.set_threshold(200_000)  # exposures and groups make no circles; looking for them takes a tenth
    matcher = Matcher(rules)
    account = Account(matcher, Selection.of(args.candidate, args.all_candidates, args.discover))
    if args.orphans_of and args.orphans_of not in account.stages:
        raise Fault(f"--orphans-of {args.orphans_of}: none of the rules is for Stage {args.orphans_of}")
    stages = [args.orphans_of] if args.orphans_of else [2, 3]
    orphans_of = stages if args.orphans or args.orphans_of else None
    if args.explain or args.explain_group:
        return _explain(args, account, output, console)
    if args.jobs > 1:
        work = Work(matcher, account.selection, orphans_of)
        for made in done(work, in_pieces(programs(args, account, console), PIECE), args.jobs, "groups"):
            output.write(made.lines)
            account.add(made.tallies)
    else:
        for _, exposures in exposures_by_program(args, account, console):
            output.write_all(lines_of(account, exposures, orphans_of))
    for remark in account.remarks():
        console.report(remark)
    return status.NEGATIVE if args.exit_status and not account.groups_of(stages) else None


def _explain(args: argparse.Namespace, account: Account, output: Output, console: Console) -> int | None:
    from asntools.match.explaining.answers import Explainer, answers_as_lines

    explainer = Explainer(account.matcher, account.selection, args.explain, args.explain_group)
    for _, exposures in exposures_by_program(args, account, console):
        account.see(exposures)
        output.write_all(answers_as_lines(explainer.explain(exposures), args.to or "text"))
    for remark in (*account.unknown_candidates(), *explainer.missing()):
        console.report(remark)
    return None if explainer.joined or (explainer.found and not args.exit_status) else status.NEGATIVE
