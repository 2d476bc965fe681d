"""Exposures as members of groups, and the files that stand for them in associations."""

from __future__ import annotations

from typing import NamedTuple

from asntools.build.drafts import Head, Member
from asntools.common.records import Record
from asntools.jwst.calibration import NAMING_ATTRIBUTES, level_before
from asntools.jwst.exptypes import current_exptype
from asntools.jwst.suffixes import exposure_product, other_product, split_files


class GroupMember:
    """An exposure in a role, shared by all groups of a program in which it has that role."""

    __slots__ = ("_known", "_naming", "exp_type", "exposure", "exptype", "in_series")

    def __init__(self, exptype: str, exposure: Record):
        # In lower case, the former by its current name; the latter may be empty.
        self.exptype = current_exptype(exptype)
        self.exposure = exposure
        self._naming = tuple(map(exposure.get, NAMING_ATTRIBUTES))
        self.exp_type = (exposure.get("exp_type") or "").lower()
        self.in_series = (exposure.get("tsovisit") or "").lower() == "t"  # whether its visit is a time series
        self._known: dict[tuple[int, bool, bool], Member] = {}

    def as_member(self, stage: int, time_series: bool, averaging: bool) -> Member:
        """Return the exposure as a member of an association; the parameters are those of `level_before`."""
        way = (stage, time_series, averaging)
        member = self._known.get(way)
        if member is None:
            level = level_before(self._naming, stage, self.exptype, time_series, averaging)
            expname = _expname(self.exposure, level)
            member = self._known[way] = Member(expname, self.exptype, self.exposure)
        return member


def _expname(exposure: Record, level: str) -> str:
    for name in split_files(exposure.get("files") or ""):
        product = exposure_product(name)
        if product is not None and product[1] == level:
            return name
    return other_product(exposure["filename"], level)


class Group(NamedTuple):
    """Exposures that one rule puts together, at least one of them science."""

    head: Head
    members: list[GroupMember]

    def as_members(self) -> tuple[Member, ...]:
        """Return the members of the group's association, before any finishing steps."""
        stage, averaging = self.head.stage, self.head.averaging
        time_series = False
        members = []
        for each in self.members:
            # At Stage 2 a visit's time series continues: whatever joins it is named as part of it.
            time_series = time_series or (stage == 2 and each.in_series)
            members.append(each.as_member(stage, time_series, averaging))
        return tuple(members)
