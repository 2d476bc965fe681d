"""Choosing, among the exposures that could be members of a group in one way, those that it takes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from asntools.jwst.optical_paths import Attributes
from asntools.match.groups import Exposure, Group, Roles
from asntools.match.plan import Plan, Values
from asntools.match.rules import Choice, Role


class Candidate(NamedTuple):
    """An exposure that can be chosen, and the ways in which it can be a member."""

    position: int
    exposure: Exposure
    roles: Roles
    values: Values


Rank: TypeAlias = tuple[int, bool, int]


class Alike:
    """Exposures to choose from with the same values, in order and by number."""

    def __init__(self) -> None:
        self.all: list[Candidate] = []
        self.preferred: list[Candidate] = []
        self.numbered: list[tuple[int, int, Candidate]] = []

    def add(self, candidate: Candidate, choice: Choice) -> None:
        """Add an exposure; they come in the order of their positions."""
        self.all.append(candidate)
        attributes = candidate.exposure.attributes
        if choice.next is not None:
            number = _integer(attributes.get(choice.next))
            if number is not None:
                self.numbered.append((number, candidate.position, candidate))
        elif all(condition.test(attributes) for condition in choice.first):
            self.preferred.append(candidate)

    def sort(self) -> None:
        """Sort those with a number by it, once all are there."""
        self.numbered.sort(key=lambda each: each[:2])


class Likeness:
    """Exposures to choose from, divided by one attribute after another, as far as groups need it."""

    def __init__(self, candidates: list[Candidate]):
        self.candidates = candidates
        self._parts: dict[str | None, Likeness] = {}
        self._whole: Likeness | None = None

    def most_like(self, attributes: Attributes, names: Sequence[str]) -> list[Candidate]:
        """Return those with the same first attribute, or else all, narrowed down by the second, and so on."""
        if not names:
            return self.candidates
        name = names[0]
        if self._whole is None:
            self._whole = Likeness(self.candidates)
            for each in self.candidates:
                value = each.exposure.attributes.get(name)
                self._parts.setdefault(value, Likeness([])).candidates.append(each)
        return self._parts.get(attributes.get(name), self._whole).most_like(attributes, names[1:])


class Choosing:
    """The choice by a role among the exposures of one rule and candidate."""

    def __init__(self, plan: Plan, role: Role, choice: Choice):
        self.role = role
        self.choice = choice
        self.alike: dict[Values, Alike] = {}
        self._pick = plan.picker(role)
        self._likeness: dict[tuple[int, ...], Likeness] = {}

    def add(self, exposure: Exposure, roles: Roles, values: Values) -> None:
        """Add an exposure that can be chosen."""
        alike = self.alike.setdefault(self._pick(values), Alike())
        alike.add(Candidate(exposure.position, exposure, roles, values), self.choice)

    def choose(self, group: Group, alike: list[Alike]) -> list[Candidate]:
        """Return what a group takes: those most like its science, or else one."""
        if not self.choice.like:
            return [self._choose_one(group, alike)]
        key = tuple(map(id, alike))
        if key not in self._likeness:
            candidates = sorted((one for each in alike for one in each.all), key=lambda one: one.position)
            self._likeness[key] = Likeness(candidates)
        science = group.science
        return self._likeness[key].most_like({} if science is None else science.attributes, self.choice.like)

    def _choose_one(self, group: Group, alike: list[Alike]) -> Candidate:
        # The first is the first since the group began or, failing that, the first of those before.
        if self.choice.next is not None:
            science = group.science
            own = None if science is None else _integer(science.attributes.get(self.choice.next))
            later = [found for each in alike if own is not None and (found := _next(each, own, group.start))]
            if later:
                return min(later, key=lambda found: found[0])[1]
        firsts = [first for each in alike if (first := _first(each.preferred, group.start))]
        if not firsts:
            firsts = [first for each in alike if (first := _first(each.all, group.start))]
        return min(firsts, key=lambda each: (each.position < group.start, each.position))


def _first(candidates: list[Candidate], start: int) -> Candidate | None:
    if not candidates:
        return None
    at = bisect_left(candidates, start, key=lambda each: each.position)
    return candidates[at if at < len(candidates) else 0]


def _next(alike: Alike, own: int, start: int) -> tuple[Rank, Candidate] | None:
    numbered = alike.numbered
    at = bisect_right(numbered, own, key=lambda each: each[0])
    if at == len(numbered):
        return None
    number = numbered[at][0]
    since = bisect_right(numbered, (number, start - 1), key=lambda each: each[:2])
    if since < len(numbered) and numbered[since][0] == number:
        at = since
    _, position, candidate = numbered[at]
    return (number, position < start, position), candidate


def _integer(text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError:
        return None
