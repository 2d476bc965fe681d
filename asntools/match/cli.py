"""asn-match: exposure records in, groups of them, by rules, out."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence

from asntools.common import status
from asntools.common.command import Console, Output, add_files, command, inputs, make_parser
from asntools.common.faults import Fault, printable
from asntools.common.records import Line, kind_of, kind_of_record, read_records
from asntools.jwst.candidates import parse_candidates
from asntools.match.groups import Exposure, dump_group
from asntools.match.matching import Matcher, Selection, match_program
from asntools.match.rules import load_rules, select_rules

EXAMPLES = """
asn-pool pool.csv | asn-match --rule image2
asn-pool pool.csv | asn-match --candidate o001 --rule 'Asn_Lv3*' | asn-build
asn-pool pool.csv | asn-match --orphans
"""

_PLAIN = {str, type(None)}


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
    parser.add_argument(
        "--orphans", action="store_true", help="print the exposures that no group took, instead of the groups"
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
    selection = Selection.of(args.candidate, args.all_candidates, args.discover)
    programs = _programs(args.files, console)
    for wanted in selection.unknown(programs.values()):
        console.report(Fault(f"no exposure is of candidate {wanted!r}", serious=False))
    matcher = Matcher(rules)
    matched = 0
    for exposures in programs.values():
        groups = match_program(matcher, exposures, selection)
        if args.orphans:
            taken = {member.position for group in groups for member, _ in group.members}
            matched += len(taken)
            output.write_all(each.raw + b"\n" for each in exposures if each.position not in taken)
        else:
            matched += output.write_all(map(dump_group, groups))
    return status.NEGATIVE if args.exit_status and not matched else None


def _programs(files: Sequence[str], console: Console) -> dict[str, list[Exposure]]:
    programs: dict[str, list[Exposure]] = defaultdict(list)
    for source, stream in inputs(files, console):
        for line in read_records(stream, source, console.report):
            try:
                program, exposure = _exposure(line, programs)
            except ValueError as error:
                console.report(Fault(str(error), line.source, line.number))
                continue
            programs[program].append(exposure)
    return programs


def _exposure(line: Line, programs: dict[str, list[Exposure]]) -> tuple[str, Exposure]:
    record = line.record
    kind = kind_of_record(record)
    if kind in ("a group", "an association"):
        raise ValueError(f"{kind}, not an exposure record; asn-match reads what asn-pool writes")
    for name in ("filename", "program"):
        if not record.get(name):
            raise ValueError(f"$.{name}: missing; an exposure record names its {name}")
    if not set(map(type, record.values())) <= _PLAIN:
        name, value = next((name, value) for name, value in record.items() if type(value) not in _PLAIN)
        raise ValueError(f"$.{name}: {kind_of(value)}; text or null is needed, as asn-pool writes it")
    try:
        candidates = parse_candidates(record["asn_candidate"]) if record.get("asn_candidate") else ()
    except ValueError as error:
        raise ValueError(f"$.asn_candidate: cannot be read: {error}") from error
    program = record["program"]
    return program, Exposure(record, line.raw, candidates, len(programs.get(program, ())))
