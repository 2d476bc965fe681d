"""Exposures that can be members in one way alone: most of a pool, and grouped by their values at once."""

from __future__ import annotations

from asntools.jwst.exptypes import SCIENCE
from asntools.match.groups import Exposure, Group, Roles
from asntools.match.plan import Plan, Values
from asntools.match.rules import Role


def group_alike(plan: Plan, offers: list[tuple[Exposure, Roles]]) -> list[Group] | None:
    """Group exposures that all have the same one role, where each fits one group whatever the order.

    Returns
    -------
    list of Group
        In the order in which they begin; None where finding the groups takes more than that.
    """
    role = _only_role(offers)
    if role is None or len({exposure.filename for exposure, _ in offers}) < len(offers):
        return None
    exposures = [exposure for exposure, _ in offers]
    return _one_each(plan, role, exposures) if role.only_science else _by_values(plan, role, exposures)


def _only_role(offers: list[tuple[Exposure, Roles]]) -> Role | None:
    first = offers[0][1]
    if len(first) != 1 or any(roles is not first and roles != first for _, roles in offers):
        return None
    role = first[0]
    return role if role.can_begin and role.begins == "alone" and role.choose is None else None


def _one_each(plan: Plan, role: Role, exposures: list[Exposure]) -> list[Group] | None:
    groups = []
    for exposure in exposures:
        exptype = plan.exptype(exposure, role)
        if exptype != SCIENCE:
            return None
        group = plan.begin(exposure, role, plan.values(exposure.attributes))
        group.add(exposure, exptype, role)
        groups.append(group)
    return groups


def _by_values(plan: Plan, role: Role, exposures: list[Exposure]) -> list[Group] | None:
    # What leaves a value open, or has it from another source, or one that goes with any other, may fit
    # several groups: it does not where all the exposures have theirs from the same sources.
    pick = plan.picker(role)
    groups: dict[Values, Group] = {}
    found: dict[Values, Group] = {}
    sources = None
    for exposure in exposures:
        values = plan.values(exposure.attributes)
        picked = pick(values)
        group = found.get(picked)
        if group is None:
            group = plan.begin(exposure, role, values)
            own = [each and each[0] for each in group.bound]
            sources = sources or own
            if group.mixed or own != sources:
                return None
            key = tuple([each and each[1] for each in group.bound])
            group = found[picked] = groups.setdefault(key, group)
        group.add(exposure, plan.exptype(exposure, role), role)
    return list(groups.values())
