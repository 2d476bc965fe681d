"""Drafts: associations in the making, with their members."""

from __future__ import annotations

from typing import NamedTuple

from asntools.common.records import Record
from asntools.jwst.candidates import Candidate
from asntools.jwst.product_names import Values


class Head(NamedTuple):
    """A group without its members, checked; type and program as associations write them."""

    rule: str
    stage: int
    asn_type: str
    program: str
    asn_pool: str
    candidate: Candidate
    values: Values
    product: str
    finish: tuple[str, ...]
    averaging: bool
    constraints: str

    @property
    def asn_id(self) -> str:
        """The candidate's id as associations write it."""
        return self.candidate.id.lower()


class Member(NamedTuple):
    """A member of an association in the making; its exposure is empty if the file has none."""

    expname: str
    exptype: str
    exposure: Record = {}  # noqa: RUF012 - nothing changes it


class Draft(NamedTuple):
    """An association in the making: its group, and its members so far."""

    head: Head
    members: tuple[Member, ...]

    def of(self, exptype: str) -> list[Member]:
        """Return the members with an exptype, in order."""
        return [member for member in self.members if member.exptype == exptype]

    def with_members(self, members: list[Member]) -> Draft:
        """Return the draft with other members."""
        return Draft(self.head, tuple(members))
