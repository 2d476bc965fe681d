"""The index by which an exposure finds the groups that it fits, however many others there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from asntools.match.groups import Exposure, Group
from asntools.match.plan import Form, Plan, Values

Buckets: TypeAlias = dict[Values, dict[int, Group]]

_NO_MORE: Values = ()
_NO_ENDS = [_NO_MORE]


class Pattern:
    """Groups that take their values from the same sources, and leave the same ones open.

    Groups stand under a key of their values. An exposure that leaves some of these open goes with any value
    of them: for each set of open ones, a mask of bits, the groups stand under a key without these too, once
    it is asked for.
    """

    __slots__ = ("by_mask", "form")

    def __init__(self, form: Form):
        self.form = form
        self.by_mask: dict[int, Buckets] = {0: {}}


class Index:
    """The groups of a rule by some of the values that they share, those at the positions `same`.

    An exposure finds the groups that have gathered its value of the attribute `within`, and whose shared
    value at the position `unlike` differs from its own; with `open_only`, only groups without science.
    """

    def __init__(
        self, plan: Plan, same: tuple[int, ...], within: str | None, unlike: int | None, open_only: bool
    ):
        self.plan = plan
        self.same = same
        self.within = within
        self.unlike = unlike
        self.told_apart: dict[str, None] = {}  # the groups' values of the attribute that must differ
        self.open_only = open_only
        self._is_plain = within is None and unlike is None
        self.patterns: dict[tuple[int, ...], Pattern] = {}

    def _pattern(self, group: Group) -> Pattern:
        sources = tuple([-1 if (bound := group.bound[at]) is None else bound[0] for at in self.same])
        pattern = self.patterns.get(sources)
        if pattern is None:
            pattern = self.patterns[sources] = Pattern(self.plan.form(self.same, sources))
        return pattern

    def _hides(self, group: Group) -> bool:
        return (self.open_only and group.has_science) or (
            self.unlike is not None and group.bound[self.unlike] is None
        )

    def _key(self, group: Group, mask: int) -> Values:
        key = tuple(
            [
                bound[1]
                for bit, at in enumerate(self.same)
                if (bound := group.bound[at]) is not None and not mask >> bit & 1
            ]
        )
        if self.unlike is not None and (bound := group.bound[self.unlike]) is not None:
            self.told_apart[bound[1]] = None
            key = (*key, bound[1])
        return key

    def _keys(self, group: Group, mask: int) -> Iterator[Values]:
        key = self._key(group, mask)
        if self.within is None:
            yield key
        else:
            for value in group.gathered.get(self.within, ()):
                yield (*key, value)

    def add(self, group: Group) -> None:
        """Make a group findable by its current values."""
        if self._hides(group):
            return
        for mask, buckets in self._pattern(group).by_mask.items():
            for key in self._keys(group, mask):
                buckets.setdefault(key, {})[id(group)] = group

    def remove(self, group: Group) -> None:
        """Forget a group, before its values change."""
        if self._hides(group):
            return
        for mask, buckets in self._pattern(group).by_mask.items():
            for key in self._keys(group, mask):
                buckets.get(key, {}).pop(id(group), None)

    def gather(self, group: Group, value: str) -> None:
        """Make a group findable by one more gathered value."""
        if self._hides(group):
            return
        for mask, buckets in self._pattern(group).by_mask.items():
            buckets.setdefault((*self._key(group, mask), value), {})[id(group)] = group

    def find(self, exposure: Exposure, values: Values, *, undecided: bool = False) -> list[Group]:
        """Return the groups that an exposure fits; if `undecided`, those that leave a value of it open."""
        buckets = self._found(exposure, values, undecided=undecided)
        return [group for bucket in buckets for group in bucket.values()]

    def has(self, exposure: Exposure, values: Values) -> bool:
        """Return whether there is a group that an exposure with these values fits."""
        return bool(self._found(exposure, values))

    def _ends(self, exposure: Exposure, values: Values) -> list[Values]:
        # How the keys of groups that the exposure fits can end, beyond the values that they share.
        ends = [_NO_MORE]
        if self.unlike is not None:
            mine = self.plan.first(self.unlike, values)
            ends = [(its,) for its in self.told_apart if mine is not None and its != mine]
        if self.within is not None:
            value = exposure.attributes.get(self.within)
            ends = [(*end, value) for end in ends if value is not None]
        return ends

    def _found(
        self, exposure: Exposure, values: Values, *, undecided: bool = False
    ) -> list[dict[int, Group]]:
        found: list[dict[int, Group]] = []
        ends = _NO_ENDS if self._is_plain else self._ends(exposure, values)
        for pattern in self.patterns.values():
            mask = 0
            form = pattern.form
            if undecided and all(self.plan.first(at, values) is None for at in form.open):
                continue
            key = form.pick(values)
            if form.mixes or None in key:
                masked = self._masked(form, values)
                if masked is None:
                    continue
                mask, key = masked
            buckets = self._buckets(pattern, mask) if mask else pattern.by_mask[0]
            for end in ends:
                bucket = buckets.get(key + end)
                if bucket:
                    found.append(bucket)
        return found

    def _masked(self, form: Form, values: Values) -> tuple[int, Values] | None:
        # What an exposure leaves open, or has a value for that goes with any other; None if it must not.
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
