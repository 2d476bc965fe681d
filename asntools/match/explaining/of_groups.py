"""What the members of a group share, and which exposures missed it by one condition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from asntools.common.faults import printable
from asntools.common.records import Record
from asntools.common.words import listed
from asntools.jwst.candidates import Candidate
from asntools.match.explaining.comparing import differences_of, failures_of, less_like
from asntools.match.explaining.of_exposures import some
from asntools.match.explaining.outcomes import SCIENCE_TAKEN, Failure, shown
from asntools.match.explaining.second_look import Look
from asntools.match.groups import Exposure, Group
from asntools.match.matching import Matcher, as_seen
from asntools.match.plan import Plan
from asntools.match.rules import Role

CANDIDATE = "asn_candidate"
CHOSEN = "choose"


class Miss(NamedTuple):
    """An exposure that would be a member except for one thing."""

    filename: str
    # What that is: a condition of the rule, a value of the group or its science, its `CANDIDATE`, its one
    # science member, or the exposure that it has `CHOSEN` instead.
    failure: Failure
    why: str  # the same in words


class GroupExplanation(NamedTuple):
    """A group as people ask about it."""

    number: int  # the line on which asn-match writes it
    rule: str
    asn_type: str
    program: str
    candidate: Candidate
    values: dict[str, str | list[str]]  # what the members share
    members: tuple[tuple[str, str], ...]  # their files and exptypes
    missed: tuple[Miss, ...]


def explain_groups(
    matcher: Matcher,
    exposures: list[Exposure],
    looks: Iterable[Look],
    wanted: Callable[[int, Group], bool],
) -> Iterator[GroupExplanation]:
    """Explain the groups of a program that are `wanted`, by number and group; `look_at` gives the looks."""
    plans = {plan.rule.name: plan for plan in matcher.plans}
    for look in looks:
        near: dict[str, list[_Near]] = {}
        for group in sorted(look.attempts, key=lambda each: look.numbers.get(id(each), 0)):
            number = look.numbers.get(id(group))
            if number is not None and wanted(number, group):
                plan = plans[group.rule.name]
                if plan.rule.name not in near:
                    near[plan.rule.name] = list(_near(matcher, plan, look, exposures))
                missed: dict[str, Miss] = {}
                for each in near[plan.rule.name]:
                    if (miss := _miss(plan, group, each)) is not None:
                        missed.setdefault(miss.filename, miss)
                yield _explanation(number, group, missed.values())


def _explanation(number: int, group: Group, missed: Iterable[Miss]) -> GroupExplanation:
    return GroupExplanation(
        number,
        group.rule.name,
        group.rule.asn_type,
        group.members[0][0].program,
        group.candidate,
        group.values(),
        tuple((member.filename, exptype) for member, exptype in group.members),
        tuple(missed),
    )


class _Near(NamedTuple):
    # An exposure that fails one condition of a rule at the most, and in which ways it could be a member.
    exposure: Exposure
    found: tuple[tuple[Failure, str], ...]
    roles: tuple[Role, ...]


def _near(matcher: Matcher, plan: Plan, look: Look, exposures: list[Exposure]) -> Iterator[_Near]:
    inside = {exposure.filename for exposure in look.together.exposures}
    known: dict[object, list[tuple[tuple[Failure, ...], Role]]] = {}
    for exposure in exposures:
        seen = as_seen(exposure, look.together.candidate)
        looks = matcher.looks_of(seen.attributes)
        if looks not in known:
            ways = [(failures_of(role, seen), role) for role in plan.rule.roles if not role.also]
            # What meets the conditions of a way of being a member has missed that way, and no other.
            known[looks] = [way for way in ways if not way[0]] or [way for way in ways if len(way[0]) == 1]
        outside: tuple[tuple[Failure, str], ...] = ()
        if exposure.filename not in inside:
            its = ", ".join(candidate.id for candidate in exposure.candidates)
            outside = ((Failure(CANDIDATE, look.candidate.id, its or None), f"not in {look.candidate.id}"),)
        by_failure: dict[tuple[Failure, ...], list[Role]] = {}
        for failures, role in known[looks]:
            by_failure.setdefault(failures, []).append(role)
        for failures, roles in by_failure.items():
            found = (*outside, *((each, each.unmet()) for each in failures))
            if len(found) < 2:
                yield _Near(seen, found, tuple(roles))


def _miss(plan: Plan, group: Group, near: _Near) -> Miss | None:
    # The one thing that keeps an exposure from being a member; None if there are several, or none.
    exposure, found, roles = near
    if exposure.filename in group.names:
        return None
    for role in roles:
        differences = differences_of(plan, group, role, exposure)
        things = [*found, *((each, _misses(each)) for each in differences)]
        if not things and role.choose is not None:
            exptype = plan.exptype(exposure, role)
            unlike = less_like(role, group, exposure)
            things = [
                (Failure(CHOSEN, member.filename, exposure.filename), f"{member.filename} was chosen")
                for member, its in group.members
                if its == exptype and unlike is None
            ]
            things += [(unlike, _misses(unlike))] if unlike is not None else []
        if len(things) == 1:
            return Miss(exposure.filename, *things[0])
    return None


def _misses(failure: Failure) -> str:
    if failure.attribute == SCIENCE_TAKEN:
        return "the group already has its one science member"
    found = "not set" if failure.found is None else failure.found
    return f"{failure.attribute} is {found}, not {failure.wanted}"


def group_as_text(explanation: GroupExplanation) -> Iterator[str]:
    """Give the lines that explain a group: what it is, its values, its members, and what missed it."""
    number, rule, asn_type, _, candidate, values, members, missed = explanation
    count = f"{len(members)} member{'s' if len(members) > 1 else ''}"
    lines = [f"group {number}: {rule}, {asn_type}, {shown(candidate.id)}, {count}"]
    lines.append(f"  share {listed(f'{name} {_value(value)}' for name, value in values.items())}")
    lines += [f"  + {exptype}: {filename}" for filename, exptype in members]
    told: dict[str, list[str]] = {}
    for miss in missed:
        told.setdefault(miss.why, []).append(miss.filename)
    lines += [f"  - {why}: {some(filenames)}" for why, filenames in told.items()]
    return (f"{printable(line)}\n" for line in lines)


def _value(value: str | list[str]) -> str:
    return value if isinstance(value, str) else listed(value, "or")


def group_as_record(explanation: GroupExplanation) -> Record:
    """Return the explanation of a group as a record; see `schemas/explanation.schema.json`."""
    return {
        "group": explanation.number,
        "rule": explanation.rule,
        "asn_type": explanation.asn_type,
        "program": explanation.program,
        "candidate": explanation.candidate._asdict(),
        "values": explanation.values,
        "members": [{"filename": name, "exptype": exptype} for name, exptype in explanation.members],
        "missed": [
            {"filename": miss.filename, **miss.failure._asdict(), "why": miss.why}
            for miss in explanation.missed
        ],
    }
