"""Why an exposure is, or is not, in a group: a second look at a program, once it has been matched.

Matching itself keeps no reasons, so that it stays fast. Here it is repeated, groups that fall short are kept,
and each exposure is compared with each rule: its conditions, the type of the candidate, the values that
members share, and what a group requires.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from asntools.jwst.candidates import DISCOVERED, Candidate
from asntools.match.explaining.comparing import between, differences_of, less_like, refused
from asntools.match.explaining.outcomes import (
    RESULTS,
    Explanation,
    Failure,
    GroupName,
    Joined,
    Membership,
    Nearest,
    NoGroup,
    NotChosen,
    NotForCandidate,
    OtherCandidate,
    Outcome,
    Refused,
    Short,
    Unset,
)
from asntools.match.groups import NO_CANDIDATE, Exposure, Group, Roles
from asntools.match.matching import Matcher, as_seen, complete
from asntools.match.plan import Plan
from asntools.match.rules import Rule
from asntools.match.selection import Pass, Selection, passes


class Look(NamedTuple):
    """The result of matching a pass."""

    together: Pass
    attempts: list[Group]  # all that began
    numbers: dict[int, int]  # the lines on which asn-match writes the complete ones, by the id of the object

    @property
    def candidate(self) -> Candidate:
        """The candidate."""
        return self.together.candidate or NO_CANDIDATE

    def name(self, group: Group) -> GroupName:
        """Return a group as users know it."""
        return GroupName(self.numbers.get(id(group)), group.members[0][0].filename)


def look_at(
    matcher: Matcher, exposures: list[Exposure], selection: Selection, written: int = 0
) -> Iterator[Look]:
    """Match a program, pass by pass, and keep everything, after `written` groups of other programs."""
    for together in passes(exposures, selection):
        attempts = list(matcher.attempts(together.exposures, together.candidate))
        numbers = {id(group): written + place for place, group in enumerate(complete(attempts), 1)}
        yield Look(together, attempts, numbers)
        written += len(numbers)


def explain_program(
    matcher: Matcher, exposures: list[Exposure], looks: Iterable[Look], wanted: Callable[[Exposure], bool]
) -> Iterator[Explanation]:
    """Explain what happened to the wanted exposures of a program with each rule; `looks` are from `look_at`.

    Exposure by exposure, the nearest misses first; the same outcome in several candidates is one.
    """
    explained = [_Explained(matcher, look) for look in looks]
    for exposure in filter(wanted, exposures):
        folded: dict[tuple[str, Outcome], list[Candidate]] = {}
        for each in explained:
            for rule, outcome in each.of(exposure):
                folded.setdefault((rule.name, outcome), []).append(each.look.candidate)
        if not folded:
            ids = tuple(candidate.id for candidate in exposure.candidates)
            yield Explanation(exposure.filename, exposure.program, None, (), OtherCandidate(ids))
            continue
        found = [
            Explanation(exposure.filename, exposure.program, rule, tuple(candidates), outcome)
            for (rule, outcome), candidates in folded.items()
        ]
        yield from sorted(_one_joined(found), key=lambda each: nearness(each.outcome))


def nearness(outcome: Outcome) -> tuple[int, bool, int]:
    """Return the rank of an outcome: a member first, the farthest miss last."""
    if isinstance(outcome, Refused):
        return list(RESULTS).index(Refused), outcome.foreign, len(outcome.failures)
    return list(RESULTS).index(type(outcome)), False, 0


def _one_joined(found: list[Explanation]) -> Iterator[Explanation]:
    # The groups of a rule that an exposure is in, one per candidate, are reported together.
    joined: dict[str | None, list[Explanation]] = defaultdict(list)
    for each in found:
        if isinstance(each.outcome, Joined):
            joined[each.rule].append(each)
        else:
            yield each
    for several in joined.values():
        memberships = [place for each in several for place in getattr(each.outcome, "memberships", ())]
        candidates = dict.fromkeys(candidate for each in several for candidate in each.candidates)
        yield several[0]._replace(candidates=tuple(candidates), outcome=Joined(tuple(memberships)))


class _Explained:
    # The answers for one pass, made from what its exposures and groups have in common.
    def __init__(self, matcher: Matcher, look: Look):
        self.matcher = matcher
        self.look = look
        self.kind = DISCOVERED if look.together.candidate is None else look.candidate.type
        self.names = {exposure.filename for exposure in look.together.exposures}
        self.of_rule: dict[str, list[Group]] = defaultdict(list)
        self.groups_of: dict[tuple[str, str], list[tuple[Group, str]]] = defaultdict(list)
        for group in look.attempts:
            if group.members:
                self.of_rule[group.rule.name].append(group)
            for member, exptype in group.members:
                self.groups_of[group.rule.name, member.filename].append((group, exptype))
        self.refusals: dict[tuple[object, ...], dict[str, Refused]] = {}

    def of(self, exposure: Exposure) -> Iterator[tuple[Rule, Outcome]]:
        """Return the outcome for an exposure with each rule, or nothing if it is not in this pass."""
        if exposure.filename not in self.names:
            return
        seen = as_seen(exposure, self.look.together.candidate)
        possible = {rule.name: roles for rule, roles in self.matcher.possible(seen)}
        refusals = self.refusals.setdefault(self.matcher.looks_of(seen.attributes), {})
        for plan in self.matcher.plans:
            rule = plan.rule
            if rule.name in possible:
                yield rule, self._outcome(plan, seen, possible[rule.name])
                continue
            if rule.name not in refusals:
                refusals[rule.name] = refused(rule, seen)
            yield rule, refusals[rule.name]

    def _outcome(self, plan: Plan, exposure: Exposure, roles: Roles) -> Outcome:
        rule = plan.rule
        if rule.needs(self.kind) is None:
            return NotForCandidate(
                self.kind, tuple(kind for kind, needs in rule.candidates.items() if needs is not None)
            )
        groups = self.groups_of.get((rule.name, exposure.filename), [])
        whole = [(group, exptype) for group, exptype in groups if id(group) in self.look.numbers]
        if whole:
            return Joined(
                tuple(
                    Membership(self.look.name(group), exptype, self.look.candidate.id)
                    for group, exptype in whole
                )
            )
        return (
            self._short([group for group, _ in groups])
            or self._not_chosen(plan, exposure, roles)
            or _unset(plan, exposure, roles)
            or NoGroup(self._nearest(plan, exposure, roles))
        )

    def _short(self, groups: list[Group]) -> Short | None:
        if not groups:
            return None
        group = max(groups, key=lambda each: len(each.members))
        lacks = tuple(
            (what, group.count(what), least)
            for what, least in group.needs().items()
            if group.count(what) < least
        )
        has = Counter(exptype for _, exptype in group.members)
        return Short(tuple(has.items()), lacks, self._complement(group, lacks[0][0]))

    def _complement(self, group: Group, lacking: str) -> Nearest | None:
        # The group that has what another one lacks, and differs least from it.
        what = lacking if lacking not in ("observations",) else "members"
        found = [
            (differences, other)
            for other in self._distinct(group.rule)
            if other is not group and other.count(what)
            for differences in [between(group, other)]
        ]
        return self._least(found)

    def _nearest(self, plan: Plan, exposure: Exposure, roles: Roles) -> Nearest | None:
        found = [
            (differences_of(plan, group, role, exposure), group)
            for group in self._distinct(plan.rule)
            for role in roles
            if not role.also
        ]
        return self._least(found)

    def _least(self, found: list[tuple[tuple[Failure, ...], Group]]) -> Nearest | None:
        # If they differ in nothing, it is not values that keep them apart.
        least = min(
            found, key=lambda each: (len(each[0]), id(each[1]) not in self.look.numbers), default=None
        )
        return Nearest(self.look.name(least[1]), least[0]) if least is not None and least[0] else None

    def _distinct(self, rule: Rule) -> list[Group]:
        # One of each set of equal groups, a complete one if possible.
        found: dict[object, Group] = {}
        for group in self.of_rule[rule.name]:
            exptypes = frozenset(exptype for _, exptype in group.members)
            gathered = tuple(tuple(values) for values in group.gathered.values())
            key = (tuple(group.bound), exptypes, gathered)
            if key not in found or id(found[key]) not in self.look.numbers:
                found[key] = group
        return list(found.values())

    def _not_chosen(self, plan: Plan, exposure: Exposure, roles: Roles) -> NotChosen | None:
        values = plan.values(exposure.attributes)
        for role in roles:
            if role.choose is None:
                continue
            exptype = plan.exptype(exposure, role)
            takers = [
                (group, member.filename)
                for group in self.of_rule[plan.rule.name]
                for member, its in group.members
                if its == exptype and plan.agrees(group, role, values)
            ]
            if takers:
                group, chosen = min(takers, key=lambda each: id(each[0]) not in self.look.numbers)
                return NotChosen(exptype, self.look.name(group), chosen, less_like(role, group, exposure))
        return None


def _unset(plan: Plan, exposure: Exposure, roles: Roles) -> Unset | None:
    values = plan.values(exposure.attributes)
    for role in roles:
        if role.can_begin:
            lacking = [
                plan.rule.shared[at]
                for at in role.same
                if not plan.rule.shared[at].optional and plan.first(at, values) is None
            ]
            if lacking:
                return Unset(tuple("|".join(shared.sources) for shared in lacking))
    return None
