"""The join: the exposures that a rule takes, in turn, and the groups that they begin and join.

The attributes that the exposures of a group share make a key, and an exposure finds the groups with its key,
however many others there are. An attribute that a group or an exposure leaves open goes with any value; the
groups that leave the same ones open are indexed together, so that an exposure looks once for each such
pattern, of which a pool has a handful.

The exposures come in the order of the pool, and the outcome follows it, as it does in the reference
generator: an exposure joins the groups that have begun; where there is none it may begin one; and exposures
that several groups share are offered again, at the end, to the groups that began after them.
"""

from __future__ import annotations

from asntools.jwst.exptypes import ACQUISITION, SCIENCE
from asntools.match.choosing import Alike, Choosing
from asntools.match.groups import Exposure, Group, Roles
from asntools.match.index import Index
from asntools.match.plan import Plan, Values
from asntools.match.rules import Role


class Join:
    """One rule's groups in the making."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self.rule = plan.rule
        self.groups: list[Group] = []
        self.names: set[str] = set()
        self.index_of: dict[int, Index] = {}  # by role
        self.choices: dict[int, Choosing] = {}  # by role
        indexes: dict[tuple[tuple[int, ...], str | None, int | None, bool], Index] = {}
        for role in plan.rule.roles:
            if role.also:
                continue
            key = (role.same, role.within, role.unlike, role.only_science)
            if key not in indexes:
                indexes[key] = Index(plan, *key)
            self.index_of[id(role)] = indexes[key]
            if role.choose is not None:
                self.choices[id(role)] = Choosing(plan, role, role.choose)
        self.indexes = list(indexes.values())

    def run(self, offers: list[tuple[Exposure, Roles]]) -> list[Group]:
        """Return the groups of exposures with these roles, in the order in which they begin."""
        later: dict[str, list[tuple[Exposure, Roles, Values, int]]] = {"yes": [], "last": []}
        for exposure, roles in offers:
            values = self.plan.values(exposure.attributes)
            turns, taken = self._offer(exposure, roles, values)
            if self.choices:
                taken = self._put_up(exposure, roles, values) or taken
            if not taken and (role := self._begin(exposure, roles, values)):
                turns.append(role.joins_later)
            if exposure.attributes["kind"] == ACQUISITION:
                turns.append("last")
            for turn in set(filter(None, turns)):
                later[turn].append((exposure, roles, values, len(self.groups)))
        for waiting in later.values():
            for exposure, roles, values, begun in waiting:
                # What a group did not fit when it was offered it fits never, but for what the group has
                # gathered since, and for a value that it was to differ from.
                may_fit = any(role.within is not None or role.unlike is not None for role in roles)
                if may_fit or begun < len(self.groups):
                    self._offer(exposure, roles, values)
        for choosing in self.choices.values():
            self._choose(choosing)
        return self.groups

    def _offer(self, exposure: Exposure, roles: Roles, values: Values) -> tuple[list[str], bool]:
        # Let an exposure join the groups that have begun. Returns the turns in which it is to be offered
        # again, and whether it needs no group of its own.
        turns: list[str] = []
        filename = exposure.filename
        taken = filename in self.names
        done: set[int] = set()
        for role in roles:
            if role.choose is not None or role.also:
                continue
            for group in self.index_of[id(role)].find(exposure, values):
                if id(group) in done:
                    continue
                if filename not in group.names:
                    self._join(group, exposure, role, values)
                    self._join_also(group, exposure, roles, values)
                    turns.append(role.joins_later)
                    taken = taken or role.begins != "always"
                done.add(id(group))
        return turns, taken

    def _begin(self, exposure: Exposure, roles: Roles, values: Values) -> Role | None:
        for role in roles:
            if role.can_begin:
                group = self.plan.begin(exposure, role, values)
                self.groups.append(group)
                if role.choose is not None:
                    # It waits for the choice; the group is there for those that it would go with.
                    group.mixed.clear()
                    self._move(group, [], closing=False)
                else:
                    self._join(group, exposure, role, values)
                    self._join_also(group, exposure, roles, values)
                return role
        return None

    def _join_also(self, group: Group, exposure: Exposure, roles: Roles, values: Values) -> None:
        # What has just joined may be a member in further ways.
        exptypes = {group.members[-1][1]}
        for role in roles:
            exptype = self.plan.exptype(exposure, role)
            if role.also and exptype not in exptypes and self.plan.agrees(group, role, values):
                exptypes.add(exptype)
                self._join(group, exposure, role, values)

    def _join(self, group: Group, exposure: Exposure, role: Role, values: Values) -> None:
        exptype = self.plan.exptype(exposure, role)
        bindings = self._bindings(group, role, values)
        for at in self.plan.mixing:
            value = self.plan.first(at, values)
            if at in role.same and value is not None and self.rule.shared[at].mixing(value):
                group.mixed.setdefault(at, set()).add(value)
        closing = exptype == SCIENCE and not group.has_science
        if bindings or closing or not group.members:
            self._move(group, bindings, closing=closing)
        self.names.add(exposure.filename)
        for name, value in group.add(exposure, exptype, role):
            for index in self.indexes:
                if index.within == name:
                    index.gather(group, value)

    def _bindings(self, group: Group, role: Role, values: Values) -> list[tuple[int, tuple[int, str]]]:
        # The values that a member gives a group, by the positions of the shared attributes.
        bindings: list[tuple[int, tuple[int, str]]] = []
        for at in role.same:
            if group.bound[at] is None:
                binding = self.plan.binding(at, values)
                if binding is not None and not self.rule.shared[at].mixing(binding[1]):
                    bindings.append((at, binding))
        return bindings

    def _move(self, group: Group, bindings: list[tuple[int, tuple[int, str]]], *, closing: bool) -> None:
        # Make a group findable by its new state.
        if group.placed:
            for index in self.indexes:
                index.remove(group)
        for at, binding in bindings:
            group.bound[at] = binding
        group.has_science = group.has_science or closing
        group.placed = True
        for index in self.indexes:
            index.add(group)

    def _put_up(self, exposure: Exposure, roles: Roles, values: Values) -> bool:
        # Let groups choose an exposure, when all have come. Returns whether one that has begun can.
        role = next((role for role in roles if role.choose is not None), None)
        if role is None:
            return False
        self.choices[id(role)].add(exposure, roles, values)
        self._decide(role, exposure, values)
        return self.index_of[id(role)].has(exposure, values)

    def _decide(self, role: Role, exposure: Exposure, values: Values) -> None:
        # The first exposure that a group could choose gives it the values that it leaves open, as a member
        # would: so all that it can choose from agree.
        for group in self.index_of[id(role)].find(exposure, values, undecided=True):
            if bindings := self._bindings(group, role, values):
                self._move(group, bindings, closing=False)

    def _choose(self, choosing: Choosing) -> None:
        role = choosing.role
        index = self.index_of[id(role)]
        found: dict[int, tuple[Group, list[Alike]]] = {}
        for alike in choosing.alike.values():
            alike.sort()
            self._decide(role, alike.all[0].exposure, alike.all[0].values)
        for alike in choosing.alike.values():
            for group in index.find(alike.all[0].exposure, alike.all[0].values):
                found.setdefault(id(group), (group, []))[1].append(alike)
        for group, among in found.values():
            for _, exposure, roles, values in choosing.choose(group, among):
                if exposure.filename not in group.names:
                    self._join(group, exposure, role, values)
                    self._join_also(group, exposure, roles, values)
            group.put_in_order()
