"""The options of asn-match on rules, and on which groups are wanted."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from asntools.common.faults import Fault
from asntools.match.rules import Rule


def add_rule_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options on which rules are used."""
    parser.add_argument(
        "--rule",
        metavar="NAME",
        action="append",
        default=[],
        help="use only this rule, or the rules of this association type (image2), level (level2, level3) or "
        "glob (Asn_Lv3*); may be repeated",
    )
    parser.add_argument(
        "--rules",
        metavar="FILE",
        action="append",
        default=[],
        help="add the rules of a file; may be repeated",
    )
    parser.add_argument("--no-default-rules", action="store_true", help="leave the default rules out")


def check_rule_options(rules: Sequence[Rule], args: argparse.Namespace) -> None:
    """Refuse options that leave no rule, or nothing to read exposures from.

    Raises
    ------
    Fault
    """
    if not rules:
        raise Fault("there are no rules: --no-default-rules needs --rules FILE")
    if "-" in args.rules and (not args.files or "-" in args.files):
        raise Fault("standard input cannot be both rules and exposures; name a FILE of exposures")


def add_selection_options(parser: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    """Give a parser the options on groups by candidates or by none; return what may not go with them."""
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--all-candidates", action="store_true", help="group candidates only")
    chosen.add_argument("--discover", action="store_true", help="find only groups that no candidate asks for")
    return chosen


def add_exit_status_option(parser: argparse.ArgumentParser) -> None:
    """Give a parser the option on the status where nothing matched."""
    parser.add_argument(
        "-e", "--exit-status", action="store_true", help="exit with status 1 when nothing matched"
    )


def add_answer_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that ask for something else than groups."""
    answers = parser.add_mutually_exclusive_group()
    answers.add_argument(
        "--list-rules", action="store_true", help="print the rules, with what each is for, and exit"
    )
    answers.add_argument(
        "--show-rule",
        metavar="NAME",
        action="append",
        help="print this rule, or those of this type, level or glob, in full, in words and as a rule file "
        "without blocks, and exit; may be repeated",
    )
    answers.add_argument(
        "--check-rules",
        metavar="FILE",
        action="append",
        help="report all that is wrong with a rule file, which may use the blocks of --rules, and exit; may "
        "be repeated",
    )
    answers.add_argument(
        "--explain",
        metavar="EXPOSURE",
        action="append",
        help="print why this exposure, or each of those that match a glob, is or is not in a group of each "
        "rule, instead of the groups; may be repeated",
    )
    answers.add_argument(
        "--explain-group",
        metavar="GROUP",
        action="append",
        help="print what the members of a group share, and which exposures missed it by one condition, "
        "instead of the groups; a group is named by its number, the line on which it is written without "
        "this option, or by its rule, type or candidate; may be repeated",
    )
    parser.add_argument(
        "--to",
        metavar="FORMAT",
        choices=("text", "jsonl"),
        help="what --explain, --explain-group, --list-rules and --show-rule write: text, the default, or "
        "jsonl",
    )
    answers.add_argument(
        "--orphans", action="store_true", help="print the exposures that no group took, instead of the groups"
    )
    answers.add_argument(
        "--orphans-of",
        metavar="STAGE",
        type=int,
        choices=(2, 3),
        help="print the exposures that no group of this stage, 2 or 3, took",
    )
