"""The index by which an exposure finds the groups that it fits, however many others there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from asntools.match.groups import Exposure, Group
from asntools.match.plan import Form, Plan, Values

Buckets: TypeAlias = dict[Values, dict[int, Group]]


class Pattern:
    """Groups that have their values from the same sources, and leave the same ones open.

    Groups stand under a key of their values. An exposure that leaves some of these open goes with any value
    of them: for each set of open ones, a mask of bits, the groups stand under a key without these too, once
    it is asked for.
    """

    __slots__ = ("by_mask", "form")

    def __init__(self, form: Form):
        self.form = form
        self.by_mask: dict[int, Buckets] = {0: {}}


class Index:
    """The groups of a rule by some of the values that they share.

    Parameters
    ----------
    plan : Plan
    same : tuple of int
        The shared attributes that count.
    within : str, optional
        An attribute; an exposure finds the groups that have gathered its value.
    open_only : bool
        Only groups without science.
    """

    def __init__(self, plan: Plan, same: tuple[int, ...], within: str | None, open_only: bool):
        self.plan = plan
        self.same = same
        self.within = within
        self.open_only = open_only
        self.patterns: dict[tuple[int, ...], Pattern] = {}

    def _pattern(self, group: Group) -> Pattern:
        sources = tuple([-1 if (bound := group.bound[at]) is None else bound[0] for at in self.same])
        pattern = self.patterns.get(sources)
        if pattern is None:
            pattern = self.patterns[sources] = Pattern(self.plan.form(self.same, sources))
        return pattern

    def _key(self, group: Group, mask: int) -> Values:
        return tuple(
            [
                bound[1]
                for bit, at in enumerate(self.same)
                if (bound := group.bound[at]) is not None and not mask >> bit & 1
            ]
        )

    def _keys(self, group: Group, mask: int) -> Iterator[Values]:
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
        for mask, buckets in self._pattern(group).by_mask.items():
            for key in self._keys(group, mask):
                buckets.setdefault(key, {})[id(group)] = group

    def remove(self, group: Group) -> None:
        """Forget a group, before its values change."""
        if self.open_only and group.has_science:
            return
        for mask, buckets in self._pattern(group).by_mask.items():
            for key in self._keys(group, mask):
                buckets.get(key, {}).pop(id(group), None)

    def gather(self, group: Group, value: str) -> None:
        """Let exposures find a group by one more value of what it gathers."""
        if self.open_only and group.has_science:
            return
        for mask, buckets in self._pattern(group).by_mask.items():
            buckets.setdefault((*self._key(group, mask), value), {})[id(group)] = group

    def find(self, exposure: Exposure, values: Values) -> list[Group]:
        """Return the groups that an exposure with these values fits."""
        found: list[Group] = []
        for bucket in self._found(exposure, values):
            found += bucket.values()
        return found

    def has(self, exposure: Exposure, values: Values) -> bool:
        """Return whether there is a group that an exposure with these values fits."""
        return bool(self._found(exposure, values))

    def _found(self, exposure: Exposure, values: Values) -> list[dict[int, Group]]:
        found: list[dict[int, Group]] = []
        last = None if self.within is None else exposure.attributes.get(self.within)
        if self.within is not None and last is None:
            return found
        for pattern in self.patterns.values():
            mask = 0
            form = pattern.form
            key = form.pick(values)
            if form.mixes or None in key:
                masked = self._masked(form, values)
                if masked is None:
                    continue
                mask, key = masked
            if last is not None:
                key = (*key, last)
            bucket = (self._buckets(pattern, mask) if mask else pattern.by_mask[0]).get(key)
            if bucket:
                found.append(bucket)
        return found

    def _masked(self, form: Form, values: Values) -> tuple[int, Values] | None:
        # What an exposure leaves open, or has a value for that goes with any other; None where it must not.
        mask = 0
        key = []
        for bit, position, shared in form.bound:
            value = values[position]
            if value is None and not shared.optional:
                return None
            if value is None or shared.mixing(value):
                mask |= bit
            else:
                key.append(value)
        return mask, tuple(key)

    def _buckets(self, pattern: Pattern, mask: int) -> Buckets:
        if mask not in pattern.by_mask:
            buckets: Buckets = {}
            for groups in pattern.by_mask[0].values():
                for group in groups.values():
                    for key in self._keys(group, mask):
                        buckets.setdefault(key, {})[id(group)] = group
            pattern.by_mask[mask] = buckets
        return pattern.by_mask[mask]
