"""Drafts: associations in the making, with their members."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from asntools.common.records import Record


class Member(NamedTuple):
    """A member of an association in the making.

    `exposerr` is what is known to be wrong with the exposure, `asn_candidate` is given for Stage 3 members,
    and `exposure` is its record, empty for a file that no exposure stands for.
    """

    expname: str
    exptype: str
    exposerr: str | None = None
    asn_candidate: str | None = None
    exposure: Record = {}  # noqa: RUF012 - nothing changes it

    def integer(self, *names: str) -> int | None:
        """Return the first of these attributes that is a whole number."""
        for name in names:
            try:
                return int(self.exposure[name])
            except (KeyError, TypeError, ValueError):
                continue
        return None


@dataclass(frozen=True)
class Draft:
    """An association in the making: a group's record, and the members as they are by now."""

    group: Record
    members: tuple[Member, ...]

    @property
    def values(self) -> dict[str, str | list[str]]:
        """The attribute values that the members share."""
        values: dict[str, str | list[str]] = self.group["values"]
        return values

    def of(self, exptype: str) -> list[Member]:
        """Return the members with an exptype, in order."""
        return [member for member in self.members if member.exptype == exptype]

    def with_members(self, members: list[Member]) -> Draft:
        """Return the draft with other members."""
        return replace(self, members=tuple(members))
