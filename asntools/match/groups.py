"""Exposures and groups of them as matching sees them, and a group's record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import orjson

from asntools.common.records import Record
from asntools.jwst.candidates import DISCOVERED, DISCOVERED_ID, Candidate
from asntools.jwst.exposures import attributes_of
from asntools.match.rules import Role, Rule

NO_CANDIDATE = Candidate(DISCOVERED_ID, DISCOVERED)

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


def dump_group(group: Group) -> bytes:
    """Return a group's record as a line of JSON; the exposures stand in it as they came."""
    first = orjson.loads(group.members[0][0].raw)
    rule = group.rule
    record = {
        "rule": rule.name,
        "stage": rule.stage,
        "asn_type": rule.asn_type,
        "program": str(first["program"]),
        "asn_pool": first.get("asn_pool") or "none",
        "candidate": group.candidate._asdict(),
        "values": group.values(),
        "product": rule.product,
        "finish": rule.finish,
        "average_integrations": rule.average_integrations,
        "members": [
            {"exptype": exptype, "exposure": orjson.Fragment(exposure.raw)}
            for exposure, exptype in group.members
        ],
    }
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
