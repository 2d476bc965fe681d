"""The index by which an exposure finds the groups that it fits, however many others there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from asntools.match.groups import Exposure, Group
from asntools.match.rules import Rule

Values: TypeAlias = tuple[tuple[str | None, ...], ...]
"""For each of a rule's shared attributes, what each of its sources gives."""


class Index:
    """Groups by the values of some of the shared attributes: pattern -> mask -> key -> groups.

    A pattern says which source gives each value, -1 where the group leaves it open; a mask has a bit for
    each value that an exposure leaves open.
    """

    def __init__(self, rule: Rule, same: tuple[int, ...], within: str | None, open_only: bool):
        self.shared = rule.shared
        self.same = same
        self.within = within
        self.open_only = open_only
        self.patterns: dict[tuple[int, ...], dict[int, dict[tuple[str, ...], dict[int, Group]]]] = {}

    def _pattern(self, group: Group) -> tuple[int, ...]:
        return tuple(-1 if (bound := group.bound[at]) is None else bound[0] for at in self.same)

    def _key(self, group: Group, mask: int) -> tuple[str, ...]:
        return tuple(
            bound[1]
            for bit, at in enumerate(self.same)
            if (bound := group.bound[at]) is not None and not mask >> bit & 1
        )

    def _keys(self, group: Group, mask: int) -> Iterator[tuple[str, ...]]:
        key = self._key(group, mask)
        if self.within is None:
            yield key
        else:
            for value in group.gathered.get(self.within, ()):
                yield (*key, value)

    def add(self, group: Group) -> None:
        """Let exposures find a group by the values that it has now."""
        if self.open_only and group.has_science:
            return
        for mask, buckets in self.patterns.setdefault(self._pattern(group), {0: {}}).items():
            for key in self._keys(group, mask):
                buckets.setdefault(key, {})[id(group)] = group

    def remove(self, group: Group) -> None:
        """Forget a group, before its values change."""
        for mask, buckets in self.patterns.get(self._pattern(group), {}).items():
            for key in self._keys(group, mask):
                buckets.get(key, {}).pop(id(group), None)

    def gather(self, group: Group, value: str) -> None:
        """Let exposures find a group by one more value of what it gathers."""
        if self.open_only and group.has_science:
            return
        for mask, buckets in self.patterns.get(self._pattern(group), {}).items():
            buckets.setdefault((*self._key(group, mask), value), {})[id(group)] = group

    def find(self, exposure: Exposure, values: Values) -> list[Group]:
        """Return the groups that an exposure with these values fits."""
        last = None if self.within is None else exposure.attributes.get(self.within)
        if self.within is not None and last is None:
            return []
        found: list[Group] = []
        for pattern, by_mask in self.patterns.items():
            mask = 0
            key = []
            for bit, (at, source) in enumerate(zip(self.same, pattern, strict=True)):
                shared = self.shared[at]
                value = values[at][source] if source >= 0 else None
                if value is not None and not shared.mixing(value):
                    key.append(value)
                elif source >= 0 and value is None and not shared.optional:
                    break
                elif source >= 0:
                    mask |= 1 << bit
                elif not shared.optional and not any(values[at]):
                    break
            else:
                if last is not None:
                    key.append(last)
                found += self._buckets(by_mask, mask).get(tuple(key), {}).values()
        return found

    def _buckets(
        self, by_mask: dict[int, dict[tuple[str, ...], dict[int, Group]]], mask: int
    ) -> dict[tuple[str, ...], dict[int, Group]]:
        if mask not in by_mask:
            buckets: dict[tuple[str, ...], dict[int, Group]] = {}
            for groups in by_mask[0].values():
                for group in groups.values():
                    for key in self._keys(group, mask):
                        buckets.setdefault(key, {})[id(group)] = group
            by_mask[mask] = buckets
        return by_mask[mask]
