"""Matching for scripts: exposure records in, group records out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import orjson

from asntools.common.faults import Fault, Report, raise_or_warn
from asntools.common.records import Record, kind_of, kind_of_record
from asntools.common.templates import unfit_in_name, unfit_in_path
from asntools.jwst.candidates import Candidate, parse_candidates
from asntools.match.account import Account
from asntools.match.groups import Exposure, dump_group
from asntools.match.matching import Matcher
from asntools.match.rule_files import load_rules
from asntools.match.rules import Rule
from asntools.match.selection import Selection

_PLAIN = {str, type(None)}


def match(
    exposures: Iterable[Record],
    rules: Iterable[Rule] | None = None,
    *,
    candidates: Iterable[str] | None = None,
    all_candidates: bool = False,
    discover: bool = False,
    report: Report = raise_or_warn,
) -> Iterator[Record]:
    """Group exposure records, of any number of programs, like asn-match.

    Parameters
    ----------
    rules : iterable of Rule, optional
        Rules from `load_rules`; by default the default rules.
    candidates : iterable of str, optional
        Group only these candidates, such as ``o001``.
    all_candidates, discover : bool
        Make groups in candidates only; make groups outside candidates only.
    report : callable
        Called with the remarks that asn-match makes at the end; by default they are Python warnings.

    Yields
    ------
    dict
        Group records, program by program. A `Fault` is raised where something is not an exposure record.
    """
    matcher = Matcher(load_rules() if rules is None else rules)
    account = Account(matcher, Selection.of(candidates, all_candidates, discover))
    for program in _programs(exposures, matcher, account.see_columns):
        for group in account.match(program):
            yield orjson.loads(dump_group(group))
    for remark in account.remarks():
        report(remark)


def explain(
    exposures: Iterable[Record],
    rules: Iterable[Rule] | None = None,
    *,
    names: Iterable[str] | None = None,
    groups: Iterable[str] | None = None,
    candidates: Iterable[str] | None = None,
    all_candidates: bool = False,
    discover: bool = False,
) -> Iterator[Record]:
    """Explain why exposures are, or are not, in groups, like asn-match --explain.

    Parameters
    ----------
    exposures, rules, candidates, all_candidates, discover
        As for `match`.
    names : iterable of str, optional
        File names or globs of the exposures to explain; by default all, unless `groups` are named.
    groups : iterable of str, optional
        Groups to explain: a number, counted from 1 as `match` yields them, or a rule, type or candidate.

    Yields
    ------
    dict
        Records as described by `schemas/explanation.schema.json`.
    """
    from asntools.match.explaining.answers import Explainer, answer_as_record

    matcher = Matcher(load_rules() if rules is None else rules)
    selection = Selection.of(candidates, all_candidates, discover)
    if names is None and groups is None:
        names = ("*",)
    explainer = Explainer(matcher, selection, names, groups)
    for program in _programs(exposures, matcher):
        yield from map(answer_as_record, explainer.explain(program))


def _programs(
    exposures: Iterable[Record],
    matcher: Matcher,
    see_columns: Callable[[Iterable[str]], None] = lambda _: None,
) -> list[list[Exposure]]:
    programs: dict[str, list[Exposure]] = {}
    for number, record in enumerate(exposures, 1):
        try:
            exposure = exposure_of(record, b"", matcher)
            exposure.raw = orjson.dumps(record)
        except (TypeError, ValueError) as error:
            raise Fault(f"exposure {number}: {error}") from error
        see_columns(record)
        program = programs.setdefault(exposure.program, [])
        exposure.position = len(program)
        program.append(exposure)
    return list(programs.values())


def exposure_of(record: Record, raw: bytes, matcher: Matcher) -> Exposure:
    """Return an exposure record as matching sees it; raises a ValueError if it is not one."""
    candidates = check_exposure(record)
    return Exposure(record, raw, matcher.attributes_of(record), candidates)


def check_exposure(record: Record) -> tuple[Candidate, ...]:
    """Return the candidates of an exposure record; raise a ValueError if it is not one."""
    kind = kind_of_record(record)
    if kind in ("a group", "an association"):
        raise ValueError(f"{kind}, not an exposure record; asn-match reads what asn-pool writes")
    for name in ("filename", "program"):
        if not record.get(name):
            raise ValueError(f"$.{name}: missing; an exposure record names its {name}")
    if not set(map(type, record.values())) <= _PLAIN:
        name, value = next((name, value) for name, value in record.items() if type(value) not in _PLAIN)
        raise ValueError(f"$.{name}: {kind_of(value)}; expected text or null, as asn-pool writes it")
    if unfit_in_name(record["program"]):
        raise ValueError(f"$.program: {record['program']!r} cannot be part of a file name")
    if unfit_in_path(record["filename"]):
        raise ValueError(f"$.filename: {record['filename']!r} cannot be the name of a file")
    try:
        return parse_candidates(record["asn_candidate"]) if record.get("asn_candidate") else ()
    except ValueError as error:
        raise ValueError(f"$.asn_candidate: cannot be read: {error}") from error
