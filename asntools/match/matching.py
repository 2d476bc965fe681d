"""Matching: exposures and rules in, groups out.

Each rule is matched by itself, as a hash join: the attributes that the exposures of a group share make a key,
and an exposure finds the groups with its key, however many others there are. An attribute that a group or an
exposure leaves open goes with any value; the groups that leave the same ones open are indexed together, so
that an exposure looks once for each such pattern, of which a pool has a handful.

The exposures come in the order of the pool, and the outcome follows it, as it does in the reference
generator: an exposure joins the groups that have begun; where there is none it may begin one; and exposures
that several groups share are offered again, at the end, to the groups that began after them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import TypeAlias

from asntools.common.records import Record
from asntools.jwst.candidates import DISCOVERED, DISCOVERED_ID, Candidate
from asntools.jwst.exposures import attributes_of, seen_by, with_direct_image
from asntools.match.rules import Role, Rule

SCIENCE = "science"
ACQUISITION = "target_acquisition"

NO_CANDIDATE = Candidate(DISCOVERED_ID, DISCOVERED)

Values: TypeAlias = tuple[tuple[str | None, ...], ...]
Roles: TypeAlias = tuple[Role, ...]


class Exposure:
    """An exposure as matching sees it.

    Attributes
    ----------
    raw : bytes
        The record, JSON.
    filename : str
    attributes : dict
        What `attributes_of` gives.
    candidates : tuple of Candidate
    position : int
        Its place among the exposures of its program.
    """

    __slots__ = ("attributes", "candidates", "filename", "position", "raw", "roles")

    def __init__(self, record: Record, raw: bytes, candidates: tuple[Candidate, ...], position: int):
        self.raw = raw
        self.filename = str(record["filename"])
        self.attributes = attributes_of(record)
        self.candidates = candidates
        self.position = position
        self.roles: list[tuple[Rule, Roles]] | None = None


@dataclass(slots=True, eq=False)
class Group:
    """The exposures that a rule puts together.

    Attributes
    ----------
    rule : Rule
    start : int
        The position of the exposure that began it.
    bound : list
        For each of the rule's shared attributes the value, after the position of its source; None while open.
    members : list of (Exposure, str)
        With their exptypes.
    gathered : dict
        The values found of the attributes that the rule gathers, in order.
    mixed : dict
        The values, of the shared attributes at these positions, that go with any other.
    candidate : Candidate
    """

    rule: Rule
    start: int
    bound: list[tuple[int, str] | None]
    members: list[tuple[Exposure, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    gathered: dict[str, dict[str, None]] = field(default_factory=dict)
    mixed: dict[int, set[str]] = field(default_factory=dict)
    has_science: bool = False
    candidate: Candidate = NO_CANDIDATE

    def values(self) -> dict[str, str | list[str]]:
        """Return the attribute values that the members share; a list where several go together."""
        values: dict[str, str | list[str]] = {}
        for position, (shared, bound) in enumerate(zip(self.rule.shared, self.bound, strict=True)):
            name = shared.name if bound is None or shared.renamed else shared.sources[bound[0]]
            found = set(self.mixed.get(position, ()))
            if bound is not None:
                found.add(bound[1])
            if found:
                values[name] = sorted(found) if len(found) > 1 else found.pop()
        for name, gathered in self.gathered.items():
            values[name] = list(gathered)
        return values

    def meets(self, needs: Mapping[str, int]) -> bool:
        """Say whether the group has the least numbers of members of an exptype, members, observations."""
        counts = Counter(exptype for _, exptype in self.members)
        counts["members"] = len(self.members)
        counts["observations"] = len(self.gathered.get("obs_num", ()))
        return all(counts[what] >= least for what, least in needs.items())


class _Index:
    # Groups by the values of some of the shared attributes: pattern -> mask -> key -> groups. A pattern says
    # which source gives each value, -1 where the group leaves it open; a mask has a bit for each value that
    # an exposure leaves open.
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
        if self.open_only and group.has_science:
            return
        for mask, buckets in self.patterns.setdefault(self._pattern(group), {0: {}}).items():
            for key in self._keys(group, mask):
                buckets.setdefault(key, {})[id(group)] = group

    def remove(self, group: Group) -> None:
        for mask, buckets in self.patterns.get(self._pattern(group), {}).items():
            for key in self._keys(group, mask):
                buckets.get(key, {}).pop(id(group), None)

    def gather(self, group: Group, value: str) -> None:
        if self.open_only and group.has_science:
            return
        for mask, buckets in self.patterns.get(self._pattern(group), {}).items():
            buckets.setdefault((*self._key(group, mask), value), {})[id(group)] = group

    def find(self, exposure: Exposure, values: Values) -> list[Group]:
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


class _Matching:
    # One rule's groups in the making.
    def __init__(self, rule: Rule):
        self.rule = rule
        self.sources = [shared.sources for shared in rule.shared]
        self.groups: list[Group] = []
        self.names: set[str] = set()
        self.indexes: dict[tuple[tuple[int, ...], str | None, bool], _Index] = {}
        for role in rule.roles:
            key = (role.same, role.within, role.single)
            self.indexes.setdefault(key, _Index(rule, *key))

    def run(self, offers: list[tuple[Exposure, Roles]]) -> list[Group]:
        again: dict[str, list[tuple[Exposure, Roles, Values]]] = {}
        for exposure, roles in offers:
            values = self._values(exposure)
            words, taken = self._offer(exposure, roles, values)
            if not taken and (role := self._start(exposure, roles, values)):
                words.append(role.again)
            if exposure.attributes["kind"] == ACQUISITION:
                words.append("last")
            for word in dict.fromkeys(words):
                if word:
                    again.setdefault(word, []).append((exposure, roles, values))
        last = again.pop("last", [])
        for waiting in [*again.values(), last]:
            for exposure, roles, values in waiting:
                self._offer(exposure, roles, values)
        return self.groups

    def _values(self, exposure: Exposure) -> Values:
        get = exposure.attributes.get
        return tuple(
            [
                (get(sources[0]),) if len(sources) == 1 else tuple([get(source) for source in sources])
                for sources in self.sources
            ]
        )

    def _offer(self, exposure: Exposure, roles: Roles, values: Values) -> tuple[list[str], bool]:
        # Let an exposure join the groups that have begun. Returns why it is to be offered again, and
        # whether it needs no group of its own.
        words: list[str] = []
        taken = exposure.filename in self.names
        done: set[int] = set()
        for role in roles:
            index = self.indexes[role.same, role.within, role.single]
            for group in index.find(exposure, values):
                if id(group) in done:
                    continue
                if exposure.filename not in group.names:
                    if role.unlike is not None and not self._unlike(group, role.unlike, values):
                        continue
                    self._join(group, exposure, role, values)
                    words.append(role.again)
                    taken = taken or role.starts != "also"
                done.add(id(group))
        return words, taken

    def _unlike(self, group: Group, at: int, values: Values) -> bool:
        bound = group.bound[at]
        value = next(filter(None, values[at]), None)
        return bound is not None and value is not None and bound[1] != value

    def _start(self, exposure: Exposure, roles: Roles, values: Values) -> Role | None:
        for role in roles:
            if role.starts == "no" or role.within is not None or role.unlike is not None:
                continue
            if all(self.rule.shared[at].optional or any(values[at]) for at in role.same):
                group = Group(self.rule, exposure.position, [None] * len(self.rule.shared))
                self.groups.append(group)
                self._join(group, exposure, role, values)
                return role
        return None

    def _join(self, group: Group, exposure: Exposure, role: Role, values: Values) -> None:
        exptype = role.exptype or self.rule.exptype_of(exposure.attributes["kind"])
        binding = {}
        for at in role.same:
            shared = self.rule.shared[at]
            for source, value in enumerate(values[at]):
                if value is None:
                    continue
                if shared.mixing(value):
                    group.mixed.setdefault(at, set()).add(value)
                elif group.bound[at] is None:
                    binding[at] = (source, value)
                break
        closing = exptype == SCIENCE and not group.has_science
        moving = bool(binding) or closing or not group.members
        if moving and group.members:
            for index in self.indexes.values():
                index.remove(group)
        group.members.append((exposure, exptype))
        group.names.add(exposure.filename)
        self.names.add(exposure.filename)
        for at, bound in binding.items():
            group.bound[at] = bound
        group.has_science = group.has_science or closing
        if moving:
            for index in self.indexes.values():
                index.add(group)
        for name in role.gather:
            value = exposure.attributes.get(name)
            if value is not None and value not in group.gathered.setdefault(name, {}):
                group.gathered[name][value] = None
                for index in self.indexes.values():
                    if index.within == name:
                        index.gather(group, value)


class Matcher:
    """Puts the exposures of a program into groups.

    Parameters
    ----------
    rules : iterable of Rule
    """

    def __init__(self, rules: Iterable[Rule]):
        self.rules = list(rules)
        self._reads = sorted(set().union(*(role.reads for rule in self.rules for role in rule.roles)))
        self._known: dict[tuple[str | None, ...], list[tuple[Rule, Roles]]] = {}

    def roles_of(self, attributes: dict[str, str]) -> list[tuple[Rule, Roles]]:
        """Return the rules that can take an exposure, each with the roles that it can have.

        The conditions are tried once for all the exposures that look the same to them.
        """
        looks = tuple([attributes.get(name) for name in self._reads])
        if looks not in self._known:
            tried = [
                (rule, tuple(role for role in rule.roles if role.admits(attributes))) for rule in self.rules
            ]
            self._known[looks] = [(rule, roles) for rule, roles in tried if roles]
        return self._known[looks]

    def match(self, exposures: list[Exposure], candidate: Candidate | None) -> Iterator[Group]:
        """Group the exposures of a candidate, or, where it is None, all of them, to discover associations.

        Yields
        ------
        Group
            Those that their rule calls complete, in the order in which they began.
        """
        kind = DISCOVERED if candidate is None else candidate.type
        offers: dict[str, list[tuple[Exposure, Roles]]] = defaultdict(list)
        for exposure in exposures:
            if seen_by(exposure.attributes, candidate):
                shown = _with_direct_image(exposure)
                roles = self.roles_of(shown.attributes)
            else:
                shown = exposure
                if exposure.roles is None:
                    exposure.roles = self.roles_of(exposure.attributes)
                roles = exposure.roles
            for rule, possible in roles:
                offers[rule.name].append((shown, possible))
        groups: list[Group] = []
        for rule in self.rules:
            needs = rule.requirements(kind)
            if needs is not None and rule.name in offers:
                made = _Matching(rule).run(offers[rule.name])
                groups += (group for group in made if group.meets(rule.requires) and group.meets(needs))
        groups.sort(key=lambda group: group.start)
        for group in groups:
            if candidate is not None:
                group.candidate = candidate
            yield group


def _with_direct_image(exposure: Exposure) -> Exposure:
    shown = copy(exposure)
    shown.attributes = with_direct_image(exposure.attributes)
    return shown


def candidates_of(exposures: Iterable[Exposure]) -> dict[Candidate, list[Exposure]]:
    """Return the candidates of a program and the exposures of each.

    They come by type and within it by id, each in the order in which it is first seen. An id stands for the
    exposures that name it, whatever the type that they give it.
    """
    members: dict[str, list[Exposure]] = defaultdict(list)
    by_type: dict[str, dict[str, None]] = defaultdict(dict)
    for exposure in exposures:
        for candidate in exposure.candidates:
            by_type[candidate.type][candidate.id] = None
        for name in {candidate.id for candidate in exposure.candidates}:
            members[name].append(exposure)
    return {Candidate(name, kind): members[name] for kind, names in by_type.items() for name in names}


@dataclass(frozen=True)
class Selection:
    """Which groups are wanted.

    Attributes
    ----------
    ids : tuple of str, optional
        Of these candidates; None: of all.
    candidates, discovered : bool
        Groups of candidates; groups that no candidate asks for.
    """

    ids: tuple[str, ...] | None = None
    candidates: bool = True
    discovered: bool = True

    @classmethod
    def of(cls, ids: Iterable[str] | None, all_candidates: bool, discover: bool) -> Selection:
        """Return what the options ask for; none of them: all there is."""
        if ids is not None:
            return cls(tuple(dict.fromkeys(each.lower() for each in ids)), True, False)
        return cls(None, not discover, not all_candidates)

    def unknown(self, programs: Iterable[Iterable[Exposure]]) -> list[str]:
        """Return the ids that are wanted and of no exposure."""
        if self.ids is None:
            return []
        known = {each.id for exposures in programs for exposure in exposures for each in exposure.candidates}
        return [wanted for wanted in self.ids if wanted not in known]


def match_program(matcher: Matcher, exposures: list[Exposure], selection: Selection) -> Iterator[Group]:
    """Group the exposures of one program.

    Yields
    ------
    Group
        Candidate by candidate, then the discovered ones; each in the order in which they began.
    """
    if selection.candidates:
        candidates = candidates_of(exposures)
        if selection.ids is None:
            wanted = list(candidates)
        else:
            # An id with several types is wanted as the first of them.
            first = {candidate.id: candidate for candidate in reversed(candidates)}
            wanted = [first[each] for each in selection.ids if each in first]
        for candidate in wanted:
            yield from matcher.match(candidates[candidate], candidate)
    if selection.discovered:
        yield from matcher.match(exposures, None)
