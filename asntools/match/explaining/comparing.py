"""An exposure compared with a rule and its groups: unmet conditions, and differences."""

from __future__ import annotations

from collections.abc import Iterable

from asntools.jwst.exptypes import SCIENCE
from asntools.jwst.optical_paths import OPTICAL_PATHS, READS
from asntools.match.explaining.outcomes import SCIENCE_TAKEN, Failure, Refused, exception
from asntools.match.groups import Exposure, Group
from asntools.match.plan import Plan
from asntools.match.rules import OPTICAL_PATH, Condition, Role, Rule

FOREIGN = ("exp_type", "instrume")
"""The attributes that decide whether a rule is for this sort of exposure at all."""


def refused(rule: Rule, exposure: Exposure) -> Refused:
    """Return why a rule does not take an exposure: the failures of the nearest way of being a member."""
    attributes = exposure.attributes
    ways = [role for role in rule.roles if role.can_begin] or list(rule.roles)
    failures = [failures_of(role, exposure) for role in ways]
    if all(any(each.attribute in FOREIGN for each in several) for several in failures):
        name = next(each.attribute for each in failures[0] if each.attribute in FOREIGN)
        return Refused((Failure(name, _wanted(name, ways), attributes.get(name)),), foreign=True)
    return Refused(min(zip(failures, ways, strict=True), key=lambda way: _farness(*way))[0], foreign=False)


def _wanted(name: str, ways: Iterable[Role]) -> str:
    # What all the ways together want of an attribute; of a way with several conditions on it, what meets all.
    wanted: list[str] = []
    for role in ways:
        conditions = [each for each in role.where if each.attribute == name]
        values = [value for each in conditions for value in each.values]
        both = [value for value in values if all(each.test({name: value}) for each in conditions)]
        wanted += both if len(conditions) > 1 and both else [each.wanted for each in conditions]
    return " or ".join(dict.fromkeys(value for each in wanted for value in each.split(" or ")))


def _farness(failures: tuple[Failure, ...], role: Role) -> tuple[bool, bool, int]:
    # A way of being a member that names the exposure's type is nearer than one that names none.
    foreign = any(each.attribute in FOREIGN for each in failures)
    named = any(each.attribute in FOREIGN for each in role.where)
    return foreign, not named, len(failures)


def failures_of(role: Role, exposure: Exposure) -> tuple[Failure, ...]:
    """Return the conditions of a role that an exposure does not meet, and the exceptions that it meets."""
    attributes = exposure.attributes
    failures = [_failure(each, exposure) for each in role.where if not each.test(attributes)]
    failures += [
        exception(clause) for clause in role.excepted if all(each.test(attributes) for each in clause)
    ]
    return tuple(dict.fromkeys(failures))


def _failure(condition: Condition, exposure: Exposure) -> Failure:
    attributes = exposure.attributes
    if condition.attribute != OPTICAL_PATH:
        return Failure(condition.attribute, condition.wanted, attributes.get(condition.attribute))
    path = next(name for name in condition.wanted.split(" and ") if not OPTICAL_PATHS[name](attributes))
    found = ", ".join(f"{name} {attributes.get(name, 'not set')}" for name in READS[path])
    return Failure(OPTICAL_PATH, path, found)


def differences_of(plan: Plan, group: Group, role: Role, exposure: Exposure) -> tuple[Failure, ...]:
    """Return how an exposure that meets the conditions of a role differs from the members of a group."""
    values = plan.values(exposure.attributes)
    found: list[Failure] = []
    for at, mine in plan.differing(group, role, values):
        sources, bound = plan.rule.shared[at].sources, group.bound[at]
        source, wanted = ("|".join(sources), "set") if bound is None else (sources[bound[0]], bound[1])
        found.append(Failure(source, wanted, mine))
    if role.within is not None:
        gathered = group.gathered.get(role.within, {})
        mine = exposure.attributes.get(role.within)
        if mine not in gathered:
            found.append(Failure(role.within, " or ".join(gathered) or "not set", mine))
    if role.unlike is not None:
        bound, mine = group.bound[role.unlike], plan.first(role.unlike, values)
        if bound is None or mine is None or bound[1] == mine:
            found.append(Failure(plan.rule.shared[role.unlike].name, f"other than {mine}", mine))
    if role.only_science and group.science is not None:
        found.append(Failure(SCIENCE_TAKEN, group.science.filename, exposure.filename))
    return tuple(found)


def less_like(role: Role, group: Group, exposure: Exposure) -> Failure | None:
    """Return how an exposure is less like a group's science than the one that the group chose instead."""
    science = group.science
    if role.choose is None or science is None:
        return None
    chosen = [each for each, exptype in group.members if exptype != SCIENCE and role.admits(each.attributes)]
    for name in role.choose.like:
        wanted, found = science.attributes.get(name), exposure.attributes.get(name)
        if found != wanted and any(each.attributes.get(name) == wanted for each in chosen):
            return Failure(name, "not set" if wanted is None else wanted, found)
    return None


def between(group: Group, other: Group) -> tuple[Failure, ...]:
    """Return the shared values in which two groups of a rule differ."""
    found = []
    for at, (mine, its) in enumerate(zip(group.bound, other.bound, strict=True)):
        shared = group.rule.shared[at]
        if mine is not None and its is not None and mine[1] != its[1]:
            found.append(Failure(shared.sources[its[0]], its[1], mine[1]))
    return tuple(found)
