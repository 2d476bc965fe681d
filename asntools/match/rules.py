"""Rules: which exposures make which associations, as matching uses them.

The language in which people write them is described in asn-rules(5); `rule_compiler` makes rules of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TypeAlias

from asntools.common.faults import Fault
from asntools.common.given import several
from asntools.common.words import nearest
from asntools.jwst.optical_paths import Attributes

ANY_CANDIDATE = "*"
OPTICAL_PATH = "optical_path"
COUNTS = frozenset({"members", "observations"})
"""What a group can need a number of, in addition to members with an exptype."""


@dataclass(frozen=True)
class Condition:
    """A condition on an exposure."""

    attribute: str  # what it is about, for people
    wanted: str  # its required value, for people
    test: Callable[[Attributes], bool]  # whether the condition holds, for an exposure's attributes
    reads: tuple[str, ...]  # the attributes that the test looks at
    # The values and globs of which one is wanted; empty where none is named, or where they are not wanted.
    values: tuple[str, ...] = ()

    @property
    def asks_if_set(self) -> bool:
        """Whether it is only about the attribute being set, whatever its value."""
        return self.wanted in ("set", "unset")


Clause: TypeAlias = tuple[Condition, ...]


@dataclass(frozen=True)
class Shared:
    """An attribute that the exposures of a group share."""

    # The name under which a group keeps the value: that of the attribute, or another that the rule gives.
    name: str
    # The attributes that may give the value; the first that is set does, and goes on doing so.
    sources: tuple[str, ...]
    optional: bool = False  # an exposure without it goes with any value
    mixes: re.Pattern[str] | None = None  # values that go with any other

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the value by its source: the source's, unless the rule gives it one of its own."""
        renamed = self.name != "|".join(self.sources)
        return (self.name,) * len(self.sources) if renamed else self.sources

    def mixing(self, value: str) -> bool:
        """Return whether this value goes with any other."""
        return self.mixes is not None and self.mixes.match(value) is not None


@dataclass(frozen=True)
class Choice:
    """Which of several exposures a group chooses."""

    # The attribute, a number, by which the one next after the group's science is taken, or else the first.
    next: str | None = None
    first: Clause = ()  # the first that meets these is taken, or else the first
    # The attributes in which all are taken that are most like the group's science; where there are none, one
    # is taken.
    like: tuple[str, ...] = ()


@dataclass(frozen=True)
class Role:
    """One way in which an exposure can be a member of a rule's groups, in the words of the language."""

    where: Clause = ()  # all must hold
    excepted: tuple[Clause, ...] = ()  # none may hold completely
    same: tuple[int, ...] = ()  # the positions in `Rule.shared` of values that must agree with the group
    # What the member is in the group, ``as`` in the language; by default what the rule makes of the
    # exposure's kind.
    takes_part_as: str | None = None
    only_science: bool = False  # joins only a group that has no science member yet
    joins_later: str = ""  # ``"yes"``: is offered to the groups that began after it; ``"last"``: after others
    # ``"alone"``: begins a group where it joins none; ``"never"``; ``"always"``: begins one even where it
    # joins others.
    begins: str = "alone"
    # Joins only groups of which the exposure is a member in another way, as another member beside it.
    also: bool = False
    choose: Choice | None = None  # of all exposures that could join in this way a group takes this one
    within: str | None = None  # an attribute whose value must be among those that the group has gathered
    # The position of a shared value of the group that must not be that of the exposure.
    unlike: int | None = None
    gather: tuple[str, ...] = ()  # attributes whose values the group gathers

    @cached_property
    def can_begin(self) -> bool:
        """Return whether an exposure can begin a group in this way."""
        return not self.also and self.begins != "never" and self.within is None and self.unlike is None

    @property
    def conditions(self) -> list[Condition]:
        """All the conditions that decide whether an exposure can have this role."""
        return [condition for clause in (self.where, *self.excepted) for condition in clause]

    def admits(self, attributes: Attributes) -> bool:
        """Return whether an exposure can have this role: all conditions hold, and no exception does whole."""
        return all(condition.test(attributes) for condition in self.where) and not any(
            all(condition.test(attributes) for condition in clause) for clause in self.excepted
        )


@dataclass(frozen=True)
class Rule:
    """A rule: the exposures that it takes, what they share, and what is made from them."""

    name: str
    summary: str
    stage: int
    asn_type: str
    roles: tuple[Role, ...]
    shared: tuple[Shared, ...]
    exptypes: Mapping[str, str] = field(default_factory=dict)
    requires: Mapping[str, int] = field(default_factory=dict)
    candidates: Mapping[str, Mapping[str, int] | None] = field(default_factory=dict)
    finish: tuple[str, ...] = ()
    product_name: str = "exposure"
    average_integrations: bool = False
    default: bool = False

    @cached_property
    def value_names(self) -> tuple[tuple[str, ...], ...]:
        """For each of what members share the names of its value, by its source."""
        return tuple(shared.names for shared in self.shared)

    def exptype_of(self, kind: str) -> str:
        """Return the exptype of this kind of exposure in the rule's groups."""
        return self.exptypes.get(kind) or self.exptypes.get("*", kind)

    def needs(self, candidate_type: str) -> Mapping[str, int] | None:
        """Return the minimum that a group needs in this type of candidate, or None if it is not taken."""
        return self._needs.get(candidate_type, self._needs.get(ANY_CANDIDATE))

    def lacks(self, candidate_type: str, exptypes: Set[str]) -> bool:
        """Return whether a group with only these exptypes can never be complete."""
        needs = self.needs(candidate_type) or {}
        return any(least and what not in exptypes and what not in COUNTS for what, least in needs.items())

    @cached_property
    def _needs(self) -> dict[str, Mapping[str, int] | None]:
        return {
            kind: None
            if needs is None
            else {
                what: max(self.requires.get(what, 0), needs.get(what, 0))
                for what in {**self.requires, **needs}
            }
            for kind, needs in self.candidates.items()
        }

    def lets_join(self, role: Role, attributes: Attributes) -> bool:
        """Return whether an exposure has all the shared attributes that a role needs."""
        return all(
            self.shared[at].optional or any(name in attributes for name in self.shared[at].sources)
            for at in role.same
        )

    @property
    def reads(self) -> set[str]:
        """The attributes of exposures that this rule reads."""
        names = {source for shared in self.shared for source in shared.sources}
        for role in self.roles:
            conditions = [*role.conditions, *(role.choose.first if role.choose else ())]
            names.update(name for condition in conditions for name in condition.reads)
            names.update(role.gather)
            names.update(name for name in (role.within, role.choose and role.choose.next) if name)
            names.update(role.choose.like if role.choose else ())
        return names


def select_rules(rules: Iterable[Rule], wanted: str | Iterable[str]) -> list[Rule]:
    """Return the rules that words select, in any case: a rule, an association type, a level, a glob of names.

    Raises a `Fault` if a word selects no rule.
    """
    rules = list(rules)
    chosen: set[str] = set()
    for word in several(wanted):
        glob = word.lower()
        found = {
            rule.name
            for rule in rules
            if glob in (rule.asn_type.lower(), f"level{rule.stage}") or fnmatchcase(rule.name.lower(), glob)
        }
        if not found:
            raise Fault(f"no rule, type or level {word!r}{_near(word, rules)}")
        chosen |= found
    return [rule for rule in rules if rule.name in chosen]


def _near(word: str, rules: list[Rule]) -> str:
    known = {rule.name for rule in rules} | {rule.asn_type for rule in rules} | {"level2", "level3"}
    match = nearest(word, known) or nearest(f"asn_{word}", known)
    return f"; did you mean {match!r}?" if match else "; see --list-rules"
