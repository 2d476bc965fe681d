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

from collections import defaultdict
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass

from asntools.jwst.candidates import DISCOVERED, Candidate
from asntools.jwst.exposures import seen_by, with_direct_image
from asntools.jwst.exptypes import ACQUISITION, SCIENCE
from asntools.match.groups import Exposure, Group, Roles
from asntools.match.index import Index, Values
from asntools.match.rules import Role, Rule


class _Matching:
    # One rule's groups in the making.
    def __init__(self, rule: Rule):
        self.rule = rule
        self.sources = [shared.sources for shared in rule.shared]
        self.groups: list[Group] = []
        self.names: set[str] = set()
        self.indexes: dict[tuple[tuple[int, ...], str | None, bool], Index] = {}
        for role in rule.roles:
            key = (role.same, role.within, role.single)
            self.indexes.setdefault(key, Index(rule, *key))

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
