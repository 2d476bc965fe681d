"""A rule's plan: where the values that its members share stand in one flat tuple a rule and exposure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import TypeAlias

from asntools.jwst.optical_paths import Attributes
from asntools.match.groups import Group
from asntools.match.rules import Role, Rule

Values: TypeAlias = tuple[str | None, ...]
"""What each source of each of a rule's shared attributes gives, one after another."""


def picker(positions: Iterable[int]) -> Callable[[Values], Values]:
    """Return a function that picks the values at some positions, as a tuple."""
    positions = tuple(positions)
    if len(positions) > 1:
        return itemgetter(*positions)
    if positions:
        only = positions[0]
        return lambda values: (values[only],)
    return lambda values: ()


class Plan:
    """What matching by a rule needs to know, worked out once.

    Attributes
    ----------
    starts : list of int
        For each of the rule's shared attributes the position of its first source among the values.
    spans : list of range
        For each the positions of all its sources.
    """

    def __init__(self, rule: Rule):
        self.rule = rule
        names: list[str] = []
        self.spans: list[range] = []
        for shared in rule.shared:
            self.spans.append(range(len(names), len(names) + len(shared.sources)))
            names += shared.sources
        self.starts = [span.start for span in self.spans]
        self._names = names

    def values(self, attributes: Attributes) -> Values:
        """Return an exposure's values."""
        return tuple(map(attributes.get, self._names))

    def first(self, at: int, values: Values) -> str | None:
        """Return the value of a shared attribute: the first of its sources that is set."""
        for position in self.spans[at]:
            if values[position] is not None:
                return values[position]
        return None

    def binding(self, at: int, values: Values) -> tuple[int, str] | None:
        """Return the source that gives a shared attribute its value, and the value; None: it is not set."""
        for source, position in enumerate(self.spans[at]):
            value = values[position]
            if value is not None:
                return source, value
        return None

    def can_begin(self, role: Role, values: Values) -> bool:
        """Return whether an exposure has all that is needed of what a group shares."""
        shared = self.rule.shared
        return all(shared[at].optional or self.first(at, values) is not None for at in role.same)

    def agrees(self, group: Group, role: Role, values: Values) -> bool:
        """Return whether an exposure agrees with a group on what a role asks for."""
        for at in role.same:
            shared, bound = self.rule.shared[at], group.bound[at]
            mine = self.first(at, values) if bound is None else values[self.starts[at] + bound[0]]
            if mine is None:
                if not shared.optional:
                    return False
            elif bound is not None and mine != bound[1] and not shared.mixing(mine):
                return False
        return True
