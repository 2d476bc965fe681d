"""The options of asn-match: which rules to use, and which groups or answers are wanted."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from asntools.common.faults import Fault
from asntools.match.rules import Rule


def add_rule_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options for the rules."""
    parser.add_argument(
        "--rule",
        metavar="NAME",
        action="append",
        default=[],
        help="use only this rule, or the rules for an association type (image2), level (level2, level3) or "
        "glob (Asn_Lv3*); may be repeated",
    )
    parser.add_argument(
        "--rules",
        metavar="FILE",
        action="append",
        default=[],
        help="add the rules of a file; may be repeated",
    )
    parser.add_argument("--no-default-rules", action="store_true", help="leave out the default rules")


def check_rule_options(rules: Sequence[Rule], args: argparse.Namespace) -> None:
    """Refuse options that leave no rules, or no input for exposures."""
    if not rules:
        raise Fault("there are no rules: --no-default-rules needs --rules FILE")
    if "-" in args.rules and (not args.files or "-" in args.files):
        raise Fault("standard input cannot be both rules and exposures; name a FILE of exposures")


def add_selection_options(parser: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    """Give a parser the options for groups in candidates or outside; return their exclusive group."""
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--all-candidates", action="store_true", help="make groups within candidates only")
    chosen.add_argument("--discover", action="store_true", help="make groups outside candidates only")
    return chosen


def add_exit_status_option(parser: argparse.ArgumentParser) -> None:
    """Give a parser the option for the status when nothing matched."""
    parser.add_argument(
        "-e", "--exit-status", action="store_true", help="exit with status 1 when nothing matched"
    )


def add_answer_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options that ask for something other than groups."""
    answers = parser.add_mutually_exclusive_group()
    answers.add_argument(
        "--list-rules", action="store_true", help="print the rules, with the purpose of each, and exit"
    )
    answers.add_argument(
        "--show-rule",
        metavar="NAME",
        action="append",
        help="print this rule, or the rules for a type, level or glob, in full, in words and as a rule file "
        "without blocks, and exit; may be repeated",
    )
    answers.add_argument(
        "--check-rules",
        metavar="FILE",
        action="append",
        help="report all the faults of a rule file, which may use the blocks of --rules, and exit; may be "
        "repeated",
    )
    answers.add_argument(
        "--explain",
        metavar="EXPOSURE",
        action="append",
        help="instead of the groups, print why this exposure, or each that matches a glob, is or is not in a "
        "group, rule by rule; may be repeated",
    )
    answers.add_argument(
        "--explain-group",
        metavar="GROUP",
        action="append",
        help="instead of the groups, print what the members of a group share, and which exposures missed it "
        "by one condition; name a group by its number, the line on which it is written without this option, "
        "or by its rule, type or candidate; may be repeated",
    )
    parser.add_argument(
        "--to",
        metavar="FORMAT",
        choices=("text", "jsonl"),
        help="the format of --explain, --explain-group, --list-rules and --show-rule: text, the default, or "
        "jsonl",
    )
    answers.add_argument(
        "--orphans", action="store_true", help="instead of the groups, print the exposures that are in none"
    )
    answers.add_argument(
        "--orphans-of",
        metavar="STAGE",
        type=int,
        choices=(2, 3),
        help="print the exposures that are in no group of this stage, 2 or 3",
    )
