"""Groups handed from matching to building as they are, without serialising or checking them again."""

from __future__ import annotations

from collections.abc import Sequence

from asntools.build.groups import checked_group, head_of
from asntools.build.members import Group, GroupMember
from asntools.common.records import Record
from asntools.jwst.exptypes import SCIENCE
from asntools.match import groups as matched


class Handing:
    """Hands over the groups of one program; `exposures` are its records, by their positions."""

    def __init__(self, exposures: Sequence[Record]):
        self._exposures = exposures
        self._members: dict[tuple[int, str], GroupMember] = {}

    def __call__(self, group: matched.Group) -> Group:
        """Return a group in the form for building.

        Raises a `Fault` if it has no science, or the id or type of its candidate is empty.
        """
        members = [self._member(exposure.position, exptype) for exposure, exptype in group.members]
        if not all(group.candidate) or SCIENCE not in [each.exptype for each in members]:
            checked_group(matched.group_record(group, self._exposures))
        return Group(head_of(matched.head_record(group)), members)

    def _member(self, position: int, exptype: str) -> GroupMember:
        key = (position, exptype)
        member = self._members.get(key)
        if member is None:
            member = self._members[key] = GroupMember(exptype, self._exposures[position])
        return member
