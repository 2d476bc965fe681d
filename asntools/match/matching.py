"""Matching: exposures and rules in, groups out.

Each rule is matched separately. Which exposures it can take, and how, is worked out once for all exposures
that look the same to it, and a pool has few kinds of these; most exposures then fit only one group (`alike`),
and the `join` handles the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from asntools.jwst.candidates import DISCOVERED, Candidate
from asntools.jwst.exposures import AttributeReader, seen_by, with_direct_image
from asntools.match.alike import Shortcut, in_order, shortcut
from asntools.match.groups import Exposure, Group, Part, Roles, Ways
from asntools.match.join import Join
from asntools.match.plan import Plan
from asntools.match.rules import Role, Rule

Looks: TypeAlias = tuple[str | None, ...]
"""The attributes of an exposure that the conditions of all rules read."""

Sort: TypeAlias = tuple[Looks, tuple[str, ...]]
"""The values of an exposure that conditions can distinguish, and the names of all its attributes."""

_LIMIT = 1024
"""How many sorts of exposures, and mixtures of them, a matcher remembers."""


class _Step(NamedTuple):
    # What is to be done for a rule with a mixture of exposures: which of them it takes, in which of their
    # ways; whether no group of them can be complete.
    plan: Plan
    takes: list[tuple[Ways, Roles, frozenset[str]]]
    shortcut: Shortcut | None
    hopeless: bool

    @classmethod
    def of(cls, plan: Plan, takes: list[tuple[Ways, Roles, frozenset[str]]], kind: str) -> _Step:
        exptypes = frozenset().union(*(exptypes for _, _, exptypes in takes))
        how = shortcut(plan, [roles for _, roles, _ in takes])
        return cls(plan, takes, how, plan.rule.lacks(kind, exptypes))


class Matcher:
    """Puts the exposures of a program into groups."""

    def __init__(self, rules: Iterable[Rule]):
        self.rules = list(rules)
        self.plans = [Plan(rule) for rule in self.rules]
        roles = [role for rule in self.rules for role in rule.roles]
        conditions = [condition for role in roles for condition in role.conditions]
        read = {"kind", *(name for each in conditions for name in each.reads)}
        told_apart = {"kind", *(name for each in conditions if not each.asks_if_set for name in each.reads)}
        self._told_apart = sorted(told_apart)
        self._asked_if_set = read - told_apart
        self._looks = sorted(read)
        self._seen: dict[Sort, None] = {}
        self._ways: dict[Sort, Ways] = {}
        self._distinct: dict[tuple[str, frozenset[str], tuple[tuple[int, ...], ...]], Ways] = {}
        self._steps: dict[tuple[str, tuple[Ways, ...]], list[_Step]] = {}
        self._types: dict[str | None, list[int]] = {}
        reads = set().union(*(rule.reads for rule in self.rules)) | {"asn_candidate"}
        self.attributes_of = AttributeReader(reads, self._told_apart)

    def _taken(self, ways: Ways, kind: str, exposure: Exposure) -> list[tuple[int, Roles, frozenset[str]]]:
        # Of the ways of an exposure those that candidates of this type take.
        taken = ways.taken.get(kind)
        if taken is None:
            taken = ways.taken[kind] = []
            for number, possible in ways.possible:
                rule = self.rules[number]
                roles = _joining(rule, possible, exposure.attributes)
                if roles and rule.needs(kind) is not None:
                    exptypes = frozenset([self.plans[number].exptype(exposure, role) for role in roles])
                    taken.append((number, roles, exptypes))
        return taken

    def _ways_of(self, exposure: Exposure) -> Ways:
        # Worked out once for all the exposures that look the same to conditions and have the same attributes;
        # and one for all that are the same to the rules.
        attributes = exposure.attributes
        sort = self.sort_of(attributes)
        self._seen[sort] = None
        ways = self._ways.get(sort)
        if ways is None:
            possible = [
                (number, roles)
                for number in self._of_type(attributes.get("exp_type"))
                if (roles := _possible(self.rules[number], attributes))
            ]
            numbered = tuple([(number, *map(id, roles)) for number, roles in possible])
            same = attributes["kind"], frozenset(attributes), numbered
            if len(self._ways) >= _LIMIT:
                self._ways.clear()
            ways = self._ways[sort] = self._distinct.setdefault(same, Ways(possible))
        exposure.ways = ways
        return ways

    def _of_type(self, exp_type: str | None) -> list[int]:
        # The rules that take exposures of this type, for all that it says.
        if exp_type not in self._types:
            typed = {} if exp_type is None else {"exp_type": exp_type}
            self._types[exp_type] = [
                number
                for number, rule in enumerate(self.rules)
                if any(
                    all(each.test(typed) for each in role.where if each.reads == ("exp_type",))
                    for role in rule.roles
                )
            ]
        return self._types[exp_type]

    def possible(self, exposure: Exposure) -> list[tuple[Rule, Roles]]:
        """Return the rules whose conditions an exposure meets, and in which ways."""
        ways = exposure.ways or self._ways_of(exposure)
        return [(self.rules[number], roles) for number, roles in ways.possible]

    def looks_of(self, attributes: dict[str, str]) -> Looks:
        """Return the attributes of an exposure that the conditions of all rules read."""
        return tuple([attributes.get(name) for name in self._looks])

    def looks(self) -> list[dict[str, str]]:
        """Return what conditions have seen: the different looks of exposures."""
        return [
            {name: value for name, value in zip(self._told_apart, values, strict=True) if value is not None}
            | dict.fromkeys(self._asked_if_set.intersection(names), "set")
            for values, names in self._seen
        ]

    def see(self, looks: Iterable[dict[str, str]]) -> None:
        """Note what the conditions of another matcher of these rules have seen."""
        self._seen.update(dict.fromkeys(map(self.sort_of, looks)))

    def sort_of(self, attributes: dict[str, str]) -> Sort:
        """Return what all exposures have in common that the conditions of the rules cannot distinguish."""
        return tuple(map(attributes.get, self._told_apart)), tuple(attributes)

    def afresh(self) -> Matcher:
        """Return a matcher for other exposures, which has seen nothing but shares what was worked out."""
        other = Matcher(self.rules)
        other.attributes_of, other._ways, other._distinct = self.attributes_of, self._ways, self._distinct
        other._types, other._steps = self._types, self._steps
        return other

    def match(self, exposures: list[Exposure], candidate: Candidate | None) -> list[Group]:
        """Group the exposures of a candidate or, if it is None, all of them, to discover associations.

        Returns the groups that their rule calls complete, in the order in which they began.
        """
        return complete(self._begun(exposures, candidate, hopeless=False))

    def attempts(self, exposures: list[Exposure], candidate: Candidate | None) -> Iterator[Group]:
        """Return all the groups that begin, complete or not, rule by rule; see `match`."""
        return self._begun(exposures, candidate, hopeless=True)

    def _begun(
        self, exposures: list[Exposure], candidate: Candidate | None, *, hopeless: bool
    ) -> Iterator[Group]:
        alike = self._alike(exposures, candidate)
        kind = DISCOVERED if candidate is None else candidate.type
        distinct = len({exposure.filename for exposure in exposures}) == len(exposures)
        for step in self._steps_of(alike, kind):
            if step.hopeless and not hopeless:
                continue
            parts = [Part(roles, exptypes, alike[ways]) for ways, roles, exptypes in step.takes]
            groups = step.shortcut(parts) if distinct and step.shortcut is not None else None
            for group in Join(step.plan).run(in_order(parts)) if groups is None else groups:
                if candidate is not None:
                    group.candidate = candidate
                yield group

    def _alike(self, exposures: list[Exposure], candidate: Candidate | None) -> dict[Ways, list[Exposure]]:
        alike: dict[Ways, list[Exposure]] = {}
        if candidate is None or candidate.is_direct_image:
            exposures = [as_seen(exposure, candidate) for exposure in exposures]
        for exposure in exposures:
            ways = exposure.ways or self._ways_of(exposure)
            if ways in alike:
                alike[ways].append(exposure)
            else:
                alike[ways] = [exposure]
        return alike

    def _steps_of(self, alike: dict[Ways, list[Exposure]], kind: str) -> list[_Step]:
        # Pools have the same few mixtures of exposures again and again.
        key = kind, tuple(alike)
        steps = self._steps.get(key)
        if steps is None:
            takes: dict[int, list[tuple[Ways, Roles, frozenset[str]]]] = defaultdict(list)
            for ways, those in alike.items():
                for number, roles, exptypes in self._taken(ways, kind, those[0]):
                    takes[number].append((ways, roles, exptypes))
            if len(self._steps) >= _LIMIT:
                self._steps.clear()
            steps = self._steps[key] = [
                _Step.of(self.plans[number], of_rule, kind)
                for number, of_rule in sorted(takes.items())
                if any(role.can_begin for _, roles, _ in of_rule for role in roles)
            ]
        return steps


def complete(groups: Iterable[Group]) -> list[Group]:
    """Return the groups that their rule calls complete, in the order in which they began."""
    return sorted(filter(Group.is_complete, groups), key=lambda group: group.start)


def _possible(rule: Rule, attributes: dict[str, str]) -> Roles:
    # The ways in which an exposure can be a member: those after one that chooses, and begins groups, are not
    # tried.
    roles: list[Role] = []
    chosen = False
    for role in rule.roles:
        if (role.also or not chosen) and role.admits(attributes):
            roles.append(role)
            chosen = chosen or (role.choose is not None and role.can_begin)
    return tuple(roles) if any(not role.also for role in roles) else ()


def _joining(rule: Rule, possible: Roles, attributes: dict[str, str]) -> Roles:
    # The roles for which an exposure has all that members share.
    roles = tuple(role for role in possible if rule.lets_join(role, attributes))
    return roles if any(not role.also for role in roles) else ()


def as_seen(exposure: Exposure, candidate: Candidate | None) -> Exposure:
    """Return an exposure with the attributes that it has in a candidate or, for None, outside any."""
    if not seen_by(exposure.attributes, candidate):
        return exposure
    return exposure.seen_with(with_direct_image(exposure.attributes))
