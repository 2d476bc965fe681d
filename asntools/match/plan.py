"""The plan of a rule: the positions of its members' shared values in one flat tuple per exposure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import TypeAlias

from asntools.jwst.optical_paths import Attributes
from asntools.match.groups import Bound, Exposure, Group
from asntools.match.rules import Role, Rule

Values: TypeAlias = tuple[str | None, ...]
"""The value from each source of each of a rule's shared attributes, one after another."""


def picker(positions: Iterable[int]) -> Callable[[Values], Values]:
    """Return a function that picks the values at some positions, as a tuple."""
    positions = tuple(positions)
    if len(positions) > 1:
        return itemgetter(*positions)
    if positions:
        only = positions[0]
        return lambda values: (values[only],)
    return lambda values: ()


class Form:
    """Where groups have their values from, and which of them they leave open."""

    def __init__(self, plan: Plan, same: tuple[int, ...], sources: tuple[int, ...]):
        shared = [plan.rule.shared[at] for at in same]
        # For each value that they have, its bit, the position of its source, and the shared attribute.
        self.bound = [
            (1 << bit, plan.starts[at] + source, shared[bit])
            for bit, (at, source) in enumerate(zip(same, sources, strict=True))
            if source >= 0
        ]
        # The shared attributes that they leave open.
        self.open = [at for at, source in zip(same, sources, strict=True) if source < 0]
        # Picks these values from those of an exposure.
        self.pick = picker(position for _, position, _ in self.bound)
        # Whether some may go with any other.
        self.mixes = any(each.mixes is not None for _, _, each in self.bound)


class Plan:
    """What matching by a rule needs to know, worked out once."""

    def __init__(self, rule: Rule):
        self.rule = rule
        names: list[str] = []
        self.spans: list[range] = []  # for each the positions of all its sources
        for shared in rule.shared:
            self.spans.append(range(len(names), len(names) + len(shared.sources)))
            names += shared.sources
        # For each of the rule's shared attributes the position of its first source among the values.
        self.starts = [span.start for span in self.spans]
        self.forms: dict[tuple[tuple[int, ...], tuple[int, ...]], Form] = {}
        self._names = names
        # Those that have values which go with any other.
        self.mixing = {at for at, shared in enumerate(rule.shared) if shared.mixes is not None}
        self._exptypes: dict[str, str] = {}

    def form(self, same: tuple[int, ...], sources: tuple[int, ...]) -> Form:
        """Return the form of groups whose values for `same` are from these sources, -1 for an open one."""
        form = self.forms.get((same, sources))
        if form is None:
            form = self.forms[same, sources] = Form(self, same, sources)
        return form

    def values(self, attributes: Attributes) -> Values:
        """Return an exposure's values."""
        return tuple(map(attributes.get, self._names))

    def exptype(self, exposure: Exposure, role: Role) -> str:
        """Return the exptype of an exposure in a group that it joins in this way."""
        if role.takes_part_as:
            return role.takes_part_as
        kind = exposure.attributes["kind"]
        exptype = self._exptypes.get(kind)
        if exptype is None:
            exptype = self._exptypes[kind] = self.rule.exptype_of(kind)
        return exptype

    def picker(self, role: Role) -> Callable[[Values], Values]:
        """Return a function that picks those of an exposure's values that this role compares."""
        compared = role.same if role.unlike is None else (*role.same, role.unlike)
        return picker(position for at in compared for position in self.spans[at])

    def first(self, at: int, values: Values) -> str | None:
        """Return the value of a shared attribute: the first of its sources that is set."""
        for position in self.spans[at]:
            if values[position] is not None:
                return values[position]
        return None

    def binding(self, at: int, values: Values) -> tuple[int, str] | None:
        """Return the source of a shared attribute's value, and the value, or None if it is not set."""
        for source, position in enumerate(self.spans[at]):
            value = values[position]
            if value is not None:
                return source, value
        return None

    def begin(self, exposure: Exposure, role: Role, values: Values) -> Group:
        """Return an empty group with the values of an exposure."""
        starts = self.starts
        bound: Bound = [None] * len(starts)
        mixed: dict[int, set[str]] = {}
        for at in role.same:
            value = values[starts[at]]
            binding = self.binding(at, values) if value is None else (0, value)
            if binding is not None and at in self.mixing and self.rule.shared[at].mixing(binding[1]):
                mixed[at] = {binding[1]}
            else:
                bound[at] = binding
        return Group(self.rule, exposure.position, bound, mixed=mixed)

    def differing(self, group: Group, role: Role, values: Values) -> Iterator[tuple[int, str | None]]:
        """Yield what a role asks for and an exposure lacks, or has unlike a group, and its value."""
        for at in role.same:
            shared, bound = self.rule.shared[at], group.bound[at]
            mine = self.first(at, values) if bound is None else values[self.starts[at] + bound[0]]
            if mine is None:
                if not shared.optional:
                    yield at, None
            elif bound is not None and mine != bound[1] and not shared.mixing(mine):
                yield at, mine

    def agrees(self, group: Group, role: Role, values: Values) -> bool:
        """Return whether an exposure agrees with a group on what a role asks for."""
        return not any(True for _ in self.differing(group, role, values))
