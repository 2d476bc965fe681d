"""Exposures that fit only one group each, whatever their order: most of a pool, grouped at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeAlias

from asntools.jwst.exptypes import ACQUISITION, SCIENCE
from asntools.match.groups import Exposure, Group, Part, Roles
from asntools.match.plan import Plan, Values, picker
from asntools.match.rules import Role

Shortcut: TypeAlias = Callable[[list[Part]], "list[Group] | None"]


def in_order(parts: list[Part]) -> list[tuple[Exposure, Roles]]:
    """Return the exposures of all parts in their order, each with its roles."""
    offers = [(exposure, part.roles) for part in parts for exposure in part.exposures]
    if len(parts) > 1:
        offers.sort(key=lambda offer: offer[0].position)
    return offers


def shortcut(plan: Plan, ways: Iterable[Roles]) -> Shortcut | None:
    """Return how to group exposures with these roles, if each fits only one group whatever the order.

    They may have companions, which begin no group, and join those that have gathered their value.

    Returns
    -------
    callable, optional
        Given the exposures, all of different names, returns the groups in the order in which they begin; or
        None, as where there is no shortcut, where their values show that it takes more.
    """
    ways = list(ways)
    roles = list({id(role): role for each in ways for role in each}.values())
    if all(role.only_science and _is_plain(role) for role in roles):
        return partial(_one_each, plan)
    main = [role for role in roles if _is_plain(role) and not role.only_science]
    others = [role for role in roles if not main or role is not main[0]]
    if len(main) != 1 or len(others) > 1 or any(len(each) > 1 for each in ways):
        return None
    if not others:
        return partial(_by_values, plan, main[0], None)
    return partial(_by_values, plan, main[0], others[0]) if _accompanies(plan, others[0], main[0]) else None


def _is_plain(role: Role) -> bool:
    return role.can_begin and role.begins == "alone" and role.choose is None


def _accompanies(plan: Plan, role: Role, main: Role) -> bool:
    # Whether what a companion asks of a group is there, and its own, as soon as the group has begun.
    shared = [plan.rule.shared[at] for at in role.same]
    return (
        role.within is not None
        and not (role.also or role.only_science or role.joins_later or role.gather)
        and role.choose is None
        and role.unlike is None
        and set(role.same) <= set(main.same)
        and all(len(each.sources) == 1 and not each.optional and each.mixes is None for each in shared)
    )


def _one_each(plan: Plan, parts: list[Part]) -> list[Group] | None:
    if any(part.exptypes != {SCIENCE} for part in parts):
        return None
    groups = []
    for part in parts:
        role = part.roles[0]
        known: dict[Values, Group] = {}
        for exposure in part.exposures:
            values = plan.values(exposure.attributes)
            like = known.get(values)
            if like is None:
                group = known[values] = plan.begin(exposure, role, values)
            else:
                group = Group(plan.rule, exposure.position, like.bound, mixed=like.mixed)
            group.add(exposure, SCIENCE, role)
            groups.append(group)
    if len(parts) > 1:
        groups.sort(key=lambda group: group.start)
    return groups


def _by_values(plan: Plan, main: Role, companion: Role | None, parts: list[Part]) -> list[Group] | None:
    # What leaves a value open, or has it from another source, or one that goes with any other, may fit
    # several groups: it does not where all the exposures have theirs from the same sources.
    pick = plan.picker(main)
    groups: dict[Values, Group] = {}
    found: dict[Values, Group] = {}
    sources = None
    companions = None if companion is None else _Companions(plan, companion)
    for exposure, roles in in_order(parts):
        values = plan.values(exposure.attributes)
        if companions is not None and roles[0] is companion:
            companions.add(exposure, values)
            continue
        picked = pick(values)
        group = found.get(picked)
        if group is None:
            group = plan.begin(exposure, main, values)
            own = [each and each[0] for each in group.bound]
            sources = sources or own
            if group.mixed or own != sources:
                return None
            key = tuple([each and each[1] for each in group.bound])
            group = found[picked] = groups.setdefault(key, group)
        new = group.add(exposure, plan.exptype(exposure, main), main)
        if new and companions is not None:
            companions.gather(group, new, values)
    if companions is not None:
        companions.finish()
    return list(groups.values())


class _Companions:
    # Exposures that join the groups that have gathered a value of theirs, the acquisitions also those that
    # gather it later.
    def __init__(self, plan: Plan, role: Role):
        self._plan = plan
        self._role = role
        self._pick = picker(plan.starts[at] for at in role.same)
        self._groups: dict[tuple[Values, str | None], list[Group]] = defaultdict(list)
        self._waiting: list[tuple[Exposure, list[Group], int]] = []

    def add(self, exposure: Exposure, values: Values) -> None:
        value = exposure.attributes.get(str(self._role.within))
        if value is None:
            return
        groups = self._groups[self._pick(values), value]
        self._join(exposure, groups)
        if exposure.attributes["kind"] == ACQUISITION:
            self._waiting.append((exposure, groups, len(groups)))

    def gather(self, group: Group, new: list[tuple[str, str]], values: Values) -> None:
        for name, value in new:
            if name == self._role.within:
                self._groups[self._pick(values), value].append(group)

    def finish(self) -> None:
        for exposure, groups, joined in self._waiting:
            self._join(exposure, groups[joined:])

    def _join(self, exposure: Exposure, groups: list[Group]) -> None:
        exptype = self._plan.exptype(exposure, self._role)
        for group in groups:
            group.add(exposure, exptype, self._role)
