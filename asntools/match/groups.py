"""Exposures and groups as matching sees them, and the record of a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import NamedTuple, TypeAlias

import orjson

from asntools.common.records import Record
from asntools.jwst.asn_names import DISCOVERED_ID
from asntools.jwst.candidates import DISCOVERED, Candidate
from asntools.jwst.exptypes import SCIENCE
from asntools.match.rules import Role, Rule

NO_CANDIDATE = Candidate(DISCOVERED_ID, DISCOVERED)

Roles: TypeAlias = tuple[Role, ...]

Bound: TypeAlias = list[tuple[int, str] | None]
"""For each of a rule's shared attributes, the position of its source and the value, or None while open."""


class Ways:
    """How exposures that look the same to the rules can be members, by the numbers of the rules."""

    __slots__ = ("possible", "taken")

    def __init__(self, possible: list[tuple[int, Roles]]):
        self.possible = possible  # those whose conditions they meet
        # For each type of candidate, those that are left in it, and their exptypes as members.
        self.taken: dict[str, list[tuple[int, Roles, frozenset[str]]]] = {}


class Part(NamedTuple):
    """Exposures that can be members of a rule's groups in the same ways, in their order."""

    roles: Roles
    exptypes: frozenset[str]  # what they can be as members
    exposures: list[Exposure]


class Exposure:
    """An exposure as matching sees it."""

    __slots__ = ("asn_pool", "attributes", "candidates", "filename", "position", "program", "raw", "ways")

    def __init__(
        self,
        record: Record,
        # The record, JSON.
        raw: bytes,
        # What `attributes_of` gives, as far as the rules look at it.
        attributes: dict[str, str],
        candidates: tuple[Candidate, ...],
        # Its place among the exposures of its program.
        position: int = 0,
    ):
        self.raw = raw
        self.filename = str(record["filename"])
        self.program = intern(record["program"])
        self.asn_pool = intern(record.get("asn_pool") or "none")
        self.attributes = attributes
        self.candidates = candidates
        self.ways: Ways | None = None  # once they are looked up
        self.position = position

    def seen_with(self, attributes: dict[str, str]) -> Exposure:
        """Return the same exposure with other attributes."""
        record = {"filename": self.filename, "program": self.program, "asn_pool": self.asn_pool}
        return Exposure(record, self.raw, attributes, self.candidates, self.position)


@dataclass(slots=True, eq=False)
class Group:
    """The exposures that a rule puts together."""

    rule: Rule
    start: int  # the position of the exposure that began it
    bound: Bound  # the values that the members share (`Bound`)
    members: list[tuple[Exposure, str]] = field(default_factory=list)  # with their exptypes
    names: set[str] = field(default_factory=set)  # the members' files
    # The values found of the attributes that the rule gathers, in order.
    gathered: dict[str, dict[str, None]] = field(default_factory=dict)
    # The values, of the shared attributes at these positions, that go with any other.
    mixed: dict[int, set[str]] = field(default_factory=dict)
    # Whether it has a science member; whether it is in the indexes.
    has_science: bool = False
    placed: bool = False
    candidate: Candidate = NO_CANDIDATE

    def add(self, exposure: Exposure, exptype: str, role: Role) -> list[tuple[str, str]]:
        """Take a member. Returns the attributes that it gathers and the values that are new."""
        self.members.append((exposure, exptype))
        self.names.add(exposure.filename)
        new = []
        for name in role.gather:
            value = exposure.attributes.get(name)
            if value is not None:
                gathered = self.gathered.setdefault(name, {})
                if value not in gathered:
                    gathered[value] = None
                    new.append((name, value))
        return new

    @property
    def science(self) -> Exposure | None:
        """The first science member."""
        return next((exposure for exposure, exptype in self.members if exptype == SCIENCE), None)

    def put_in_order(self) -> None:
        """Sort the members that came since it began, and put them before those that joined later."""
        self.members.sort(
            key=lambda member: (late := member[0].position < self.start, late or member[0].position)
        )

    def values(self) -> dict[str, str | list[str]]:
        """Return the attribute values that the members share; a list if several go together."""
        values: dict[str, str | list[str]] = {}
        names = self.rule.value_names
        for position, bound in enumerate(self.bound):
            if position in self.mixed:
                several = sorted(self.mixed[position] | ({bound[1]} if bound is not None else set()))
                name = self.rule.shared[position].name if bound is None else names[position][bound[0]]
                values[name] = several if len(several) > 1 else several[0]
            elif bound is not None:
                values[names[position][bound[0]]] = bound[1]
        for name, gathered in self.gathered.items():
            values[name] = list(gathered)
        return values

    def needs(self) -> Mapping[str, int]:
        """Return the least numbers of members of an exptype, of members, of observations, to be complete."""
        return self.rule.needs(self.candidate.type) or {}

    def count(self, what: str) -> int:
        """Return how many it has of members with an exptype, of ``members``, or of ``observations``."""
        if what == "members":
            return len(self.names)
        if what == "observations":
            return len(self.gathered.get("obs_num", ()))
        return [exptype for _, exptype in self.members].count(what)

    def is_complete(self) -> bool:
        """Return whether the group has members, and all that its rule requires."""
        for what, least in self.needs().items():
            if self.count(what) < least:
                return False
        return bool(self.members)


def group_record(group: Group, exposures: Sequence[Record]) -> Record:
    """Return a group's record; `exposures` are the records of its program, by their positions."""
    head = head_record(group)
    head["members"] = [
        {"exptype": exptype, "exposure": exposures[exposure.position]} for exposure, exptype in group.members
    ]
    return head


def dump_group(group: Group) -> bytes:
    """Return a group's record as a line of JSON, with the exposures as they were read."""
    pieces = [orjson.dumps(head_record(group))[:-1]]
    opening = b',"members":['
    for exposure, exptype in group.members:
        pieces += (opening, _MEMBER[exptype], exposure.raw)
        opening = b"},"
    pieces.append(b"}]}\n")
    return b"".join(pieces)


class _Member(dict[str, bytes]):
    # How the record of a member begins, by its exptype.
    def __missing__(self, exptype: str) -> bytes:
        opening = self[exptype] = b'{"exptype":%b,"exposure":' % orjson.dumps(exptype)
        return opening


_MEMBER = _Member()


def head_record(group: Group) -> Record:
    """Return the part of a group's record that is not about its members."""
    rule = group.rule
    first = group.members[0][0]
    return {
        "rule": rule.name,
        "stage": rule.stage,
        "asn_type": rule.asn_type,
        "program": first.program,
        "asn_pool": first.asn_pool,
        "candidate": {"id": group.candidate.id, "type": group.candidate.type},
        "values": group.values(),
        "product": rule.product_name,
        "finish": list(rule.finish),
        "average_integrations": rule.average_integrations,
    }
