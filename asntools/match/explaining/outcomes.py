"""The possible outcomes for an exposure with a rule, and their wording."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from asntools.common.words import listed
from asntools.jwst.asn_names import DISCOVERED_ID
from asntools.jwst.candidates import DISCOVERED, Candidate
from asntools.match.rule_compiler import OTHER_THAN, must_be
from asntools.match.rules import ANY_CANDIDATE, OPTICAL_PATH, Condition

EXCEPTION = "except"
SCIENCE_TAKEN = "only_science"


class Failure(NamedTuple):
    """A condition that an exposure does not meet, or a value in which it differs from a group."""

    # What it is about; `EXCEPTION` for an exception of the rule that holds, `SCIENCE_TAKEN` for a group that
    # has its one science member.
    attribute: str
    wanted: str  # what the rule requires, or what the group has
    found: str | None  # what the exposure has; None: it is not set

    def unmet(self) -> str:
        """Return the sentence for a condition."""
        if self.attribute == EXCEPTION:
            return f"exposures with {self.wanted} are excluded"
        if self.attribute == OPTICAL_PATH:
            return f"the optical path ({self.found}) is not one of {self.wanted}"
        if self.wanted == "set":
            return f"{self._is()}, but must be"
        if self.wanted == self._excluded(self.found):
            return f"{self._is()}, but must not be"
        return f"{self._is()}, but {must_be(self.wanted)}"

    def differs(self) -> str:
        """Return what a group has and the exposure does not."""
        if self.attribute == SCIENCE_TAKEN:
            return f"its one science member, {self.wanted}"
        here = "not set" if self.found is None else self.found
        if self.wanted == self._excluded(self.found):
            return f"{self.attribute} {here} too"
        return f"{self.attribute} {self.wanted} (here {here})"

    def _is(self) -> str:
        return f"{self.attribute} is {'not set' if self.found is None else self.found}"

    def _excluded(self, value: str | None) -> str:
        return f"{OTHER_THAN}{value}"


def exception(clause: Iterable[Condition]) -> Failure:
    """Return the failure of an exposure that meets all the conditions of an exception."""
    return Failure(EXCEPTION, listed(f"{each.attribute} {each.wanted}" for each in clause), None)


class GroupName(NamedTuple):
    """A group as users know it."""

    number: int | None  # the line on which asn-match writes it; None: it is incomplete
    first: str  # the file of its first member

    def __str__(self) -> str:
        return f"the group of {self.first}" if self.number is None else f"group {self.number}"


class Membership(NamedTuple):
    """A membership: the group, the exptype in it, and the candidate's id."""

    group: GroupName
    exptype: str
    candidate: str


class Nearest(NamedTuple):
    """The nearest group, and how it differs."""

    group: GroupName
    differences: tuple[Failure, ...]

    def __str__(self) -> str:
        return listed(each.differs() for each in self.differences)


class Joined(NamedTuple):
    """The exposure is a member."""

    memberships: tuple[Membership, ...]

    def why(self) -> str:
        """Return the sentence."""
        groups: dict[str, list[str]] = {}
        for each in self.memberships:
            groups.setdefault(each.exptype, []).append(f"{each.group} ({shown(each.candidate)})")
        return "; ".join(f"{exptype} of {listed(several)}" for exptype, several in groups.items())


class Refused(NamedTuple):
    """It does not meet the rule's conditions: those of the nearest way of being a member."""

    failures: tuple[Failure, ...]  # in the order of the rule
    foreign: bool  # the rule is for exposures of other types or instruments

    def why(self) -> str:
        """Return the sentence."""
        return "; ".join(each.unmet() for each in self.failures)


class NotForCandidate(NamedTuple):
    """It meets the conditions, but in a candidate of a type that the rule does not take."""

    type: str
    taken: tuple[str, ...]

    def why(self) -> str:
        """Return the sentence."""
        its = "discovered groups" if self.type == DISCOVERED else f"candidates of type {self.type}"
        if ANY_CANDIDATE in self.taken or not self.taken:
            return f"the rule is not for {its}"
        its = its.replace("candidates", "those")
        return f"the rule is for candidates of type {listed(self.taken, 'or')}, not for {its}"


class Unset(NamedTuple):
    """It meets the conditions, but lacks values that members share."""

    attributes: tuple[str, ...]

    def why(self) -> str:
        """Return the sentence."""
        unset = [
            f"neither {names.replace('|', ' nor ')} is set" if "|" in names else f"{names} is not set"
            for names in self.attributes
        ]
        share = (
            "values of these"
            if len(unset) > 1
            else "one of these"
            if "|" in self.attributes[0]
            else "its value"
        )
        return f"{listed(unset)}, but members must share {share}"


class NoGroup(NamedTuple):
    """It could be a member, but begins no group by itself, and no group has its values."""

    nearest: Nearest | None

    def why(self) -> str:
        """Return the sentence."""
        if self.nearest is None:
            return "it begins no group, and there is no group to join"
        return f"no group has its values; the nearest, {self.nearest.group}, has {self.nearest}"


class NotChosen(NamedTuple):
    """A group takes one of several exposures, or those most like its science, and took another."""

    exptype: str
    group: GroupName
    chosen: str  # the file that it took
    # How the exposure is less like the science, if the group takes those most like it.
    unlike: Failure | None = None

    def why(self) -> str:
        """Return the sentence."""
        group = "an incomplete group" if self.group.number is None else self.group
        if self.unlike is None:
            return f"{group} takes only one {self.exptype}, and chose {self.chosen}"
        return f"{group} chose {self.chosen} as {self.exptype}, of its science's {self.unlike.differs()}"


class Short(NamedTuple):
    """It is in a group that has less than the rule requires, and so is dropped."""

    has: tuple[tuple[str, int], ...]  # how many members of each exptype the group has
    lacks: tuple[tuple[str, int, int], ...]  # what is missing, how many there are, and how many are needed
    nearest: Nearest | None  # the nearest group with the first of what is missing

    def why(self) -> str:
        """Return the sentence."""
        members = listed(f"{count} {exptype}" for exptype, count in self.has)
        short = f"its group of {members} has {listed(_lacking(*each) for each in self.lacks)}"
        if self.nearest is None:
            return short
        what = self.lacks[0][0]
        near = f"other, {self.nearest.group}" if what in _COUNTED else f"{what}, in {self.nearest.group}"
        return f"{short}; the nearest {near}, has {self.nearest}"


_COUNTED = ("members", "observations")


def _lacking(what: str, has: int, needs: int) -> str:
    if not has and needs == 1:
        return f"no {what}"
    return f"only {has} of the {needs} {what} that it needs"


class OtherCandidate(NamedTuple):
    """It is not in the candidates that are matched."""

    candidates: tuple[str, ...]

    def why(self) -> str:
        """Return the sentence."""
        one = len(self.candidates) == 1
        its = f"its candidate{' is' if one else 's are'} {listed(self.candidates)}"
        return f"not in the candidates that are matched; {its if self.candidates else 'it has none'}"


Outcome: TypeAlias = Joined | Refused | NotForCandidate | Unset | NoGroup | NotChosen | Short | OtherCandidate

RESULTS: dict[type[Outcome], str] = {
    Joined: "joined",
    NotChosen: "not-chosen",
    Short: "short",
    NoGroup: "no-group",
    Unset: "unset",
    NotForCandidate: "not-for-candidate",
    Refused: "refused",
    OtherCandidate: "other-candidate",
}
"""The names of the outcomes in records; nearer misses first."""


class Explanation(NamedTuple):
    """The outcome for an exposure with a rule."""

    filename: str
    program: str
    rule: str | None  # None if no rule was tried
    candidates: tuple[Candidate, ...]  # those in which it is so; discovered associations are the last
    outcome: Outcome


def shown(candidate: str) -> str:
    """Return a candidate's id for people."""
    return "discovered" if candidate == DISCOVERED_ID else candidate
