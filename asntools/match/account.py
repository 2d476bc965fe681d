"""The account of a run: what users should know if nothing matched, or a stage was lost, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator

from asntools.common.faults import Fault
from asntools.common.records import Record
from asntools.common.words import did_you_mean, listed
from asntools.jwst.asn_types import PIPELINE_TYPES, no_pipeline
from asntools.jwst.candidates import DISCOVERED
from asntools.jwst.exposures import (
    ACQUISITIONS,
    CALIBRATED,
    FLAGS,
    KINDS_BY_FLAG,
    SLITLESS_SERIES,
    TIME_SERIES,
)
from asntools.match.groups import Exposure, Group
from asntools.match.matching import Matcher
from asntools.match.rules import Condition, Role, Rule
from asntools.match.selection import Selection, match_program

_FROM = {"target": "targetid", "kind": "exp_type"}
_FEW = 5
_LIMIT = 1024
# Attributes that are derived, select the rules, or may well be missing (flags, those of lamps only).
_DISPENSABLE = FLAGS | {*"direct_candidate exp_type kind lamp opmode target tso visitype".split()}
_WORKED_OUT = ("optical_path", "tso")


class Account:
    """An account of what happened to the exposures, program by program."""

    def __init__(self, matcher: Matcher, selection: Selection):
        self.matcher = matcher
        self.selection = selection
        self.stages = sorted({rule.stage for rule in matcher.rules})
        self.matched: Counter[str] = Counter()  # the number of groups by the name of their rule
        self._exposures = 0
        self._columns: set[str] = set()
        self._set: defaultdict[str, set[str]] = defaultdict(set)  # the attributes of each exp_type
        self._candidates: dict[str, str] = {}  # the type of each by its id
        self._lost: Counter[tuple[int, str, str, str, bool]] = Counter()
        # The types of exposures that are in groups of a stage.
        self._taken: set[tuple[int, str]] = set()
        self._unsure: list[tuple[Rule, Role]] = []
        # What exposures of a sort want: many are of the same.
        self._wants: dict[object, list[tuple[str, str, bool]]] = {}

    def tallies(self) -> Record:
        """Return the notes, as plain values that another account can add."""
        return {
            "exposures": self._exposures,
            "matched": dict(self.matched),
            "columns": sorted(self._columns),
            "set": {exp_type: sorted(names) for exp_type, names in self._set.items()},
            "candidates": dict(self._candidates),
            "taken": [list(each) for each in self._taken],
            "lost": [[*of, count] for of, count in self._lost.items()],
            "looks": self.matcher.looks(),
        }

    def add(self, tallies: Record) -> None:
        """Add the notes of an account of other exposures."""
        self._exposures += tallies["exposures"]
        self.matched.update(tallies["matched"])
        self._columns.update(tallies["columns"])
        for exp_type, names in tallies["set"].items():
            self._set[exp_type].update(names)
        self._candidates.update(tallies["candidates"])
        self._taken.update((stage, exp_type) for stage, exp_type in tallies["taken"])
        for *of, count in tallies["lost"]:
            self._lost[tuple(of)] += count
        self.matcher.see(tallies["looks"])

    @property
    def columns(self) -> list[str]:
        """The names in exposure records so far."""
        return list(self._columns)

    def groups_of(self, stages: Collection[int]) -> int:
        """Return how many groups the rules of some stages made."""
        return sum(self.matched[rule.name] for rule in self.matcher.rules if rule.stage in stages)

    def match(self, exposures: list[Exposure]) -> Iterator[Group]:
        """Match the exposures of one program, and note what happens to them."""
        self.see(exposures)
        return self.note(exposures, match_program(self.matcher, exposures, self.selection))

    def see(self, exposures: list[Exposure]) -> None:
        """Note the exposures of a program, and number them."""
        self._exposures += len(exposures)
        for position, exposure in enumerate(exposures):
            exposure.position = position
            self._set[exposure.attributes.get("exp_type", "")].update(exposure.attributes)
            for candidate in exposure.candidates:
                self._candidates[candidate.id] = candidate.type

    def note(self, exposures: list[Exposure], groups: Iterable[Group]) -> Iterator[Group]:
        """Pass on the groups of a program, and note what happened to its exposures."""
        taken: dict[int, set[int]] = {stage: set() for stage in self.stages}
        for group in groups:
            self.matched[group.rule.name] += 1
            taken[group.rule.stage].update([member.position for member, _ in group.members])
            yield group
        for exposure in exposures:
            for stage in self.stages:
                if exposure.position in taken[stage]:
                    self._taken.add((stage, exposure.attributes.get("exp_type", "")))
                else:
                    self._lose(exposure, stage)

    def _lose(self, exposure: Exposure, stage: int) -> None:
        ids = self.selection.ids
        if ids is not None and not any(candidate.id in ids for candidate in exposure.candidates):
            return
        exp_type = exposure.attributes.get("exp_type", "")
        kinds = [(each.type, each.is_direct_image) for each in exposure.candidates]
        key = stage, self.matcher.sort_of(exposure.attributes), *kinds
        if key not in self._wants:
            if len(self._wants) >= _LIMIT:
                self._wants.clear()
            self._wants[key] = list(dict.fromkeys(self._wanting(exposure, stage)))
        for missing, name, is_sure in self._wants[key]:
            self._lost[stage, missing, name, exp_type, is_sure] += 1

    def _wanting(self, exposure: Exposure, stage: int) -> list[tuple[str, str, bool]]:
        # What an exposure may lack for a stage, which rule asks for it, and whether that is sure.
        possible = [each for each in self.matcher.possible(exposure) if each[0].stage == stage]
        lost = [
            (missing, rule.name, True)
            for rule, roles in possible
            for missing in self._missing(rule, roles, exposure)
        ] or [
            (missing, rule.name, not any(each.values for each in role.where if self._absent(each)))
            for rule, role in self._unsure
            if rule.stage == stage and (missing := self._unmet_for_want(role, exposure)) is not None
        ]
        return lost or [
            (flag, rule.name, False)
            for rule, roles in possible
            if any(role.can_begin for role in roles)
            for flag in self._required_flags(rule, exposure)
        ]

    def _required_flags(self, rule: Rule, exposure: Exposure) -> Iterator[str]:
        # The flags that no exposure has, and that would tell the members without which a group is short.
        needs = [
            rule.needs(kind) or {} for kind in (DISCOVERED, *(each.type for each in exposure.candidates))
        ]
        for flag, exptype in KINDS_BY_FLAG:
            if flag not in self._columns and any(exptype in each for each in needs):
                yield flag

    def _missing(self, rule: Rule, roles: Iterable[Role], exposure: Exposure) -> list[str]:
        # What an exposure lacks to begin a group in each way, as "subpxpns|subpxpts expspcin"; nothing where
        # it can begin one.
        found = []
        in_direct = any(each.is_direct_image for each in exposure.candidates)
        there = {*exposure.attributes, "target"} if in_direct else exposure.attributes.keys()
        for role in roles:
            if not role.can_begin:
                continue
            lacking = [
                shared.sources
                for shared in (rule.shared[at] for at in role.same)
                if not shared.optional and there.isdisjoint(shared.sources)
            ]
            if not lacking:
                return []
            if all(map(FLAGS.isdisjoint, lacking)):
                found.append(" ".join("|".join(_FROM.get(name, name) for name in names) for names in lacking))
        return found

    def _unmet_for_want(self, role: Role, exposure: Exposure) -> str | None:
        # The missing columns that keep an exposure from meeting the conditions of a way that takes its type.
        failing = [each for each in role.where if not each.test(exposure.attributes)]
        if any(each.attribute == "tso" for each in failing):
            exp_type = exposure.attributes.get("exp_type")
            takes_type = len(failing) == 1 and exp_type in TIME_SERIES | SLITLESS_SERIES
        else:
            takes_type = any(each.attribute == "exp_type" and each.values for each in role.where)
        absent = [self._absent(each, exposure) for each in failing]
        return "|".join(absent[0]) if takes_type and failing and all(absent) else None

    def remarks(self) -> Iterator[Fault]:
        """Yield the remarks at the end."""
        yield from self.unknown_candidates()
        yield from (Fault(line, serious=False) for line in self._findings())

    def unknown_candidates(self) -> Iterator[Fault]:
        """Yield a remark for each candidate that was asked for but that no exposure has."""
        known = list(self._candidates)
        shown = listed(known) if len(known) <= _FEW else f"{', '.join(known[:_FEW])}..."
        hint = f"; the candidates are {shown}" if known else ""
        for wanted in self.selection.ids or ():
            if wanted not in self._candidates:
                yield Fault(f"no exposure is in candidate {wanted!r}{hint}", serious=False)

    def _findings(self) -> Iterator[str]:
        for rule in self.matcher.rules:
            if rule.asn_type not in PIPELINE_TYPES:
                yield f"{rule.name} makes associations of type {rule.asn_type!r}, {no_pipeline(rule.stage)}"
        ids = self.selection.ids
        if not self._exposures or (ids and self._candidates.keys().isdisjoint(ids)):
            return
        if "exp_type" not in self._columns and any("exp_type" in rule.reads for rule in self.matcher.rules):
            yield f"{'' if self.matched else 'no groups: '}no exposure has exp_type, which the rules require"
            return
        lost = [*self._lost_stages()]
        yield from lost or self._nothing_calibrated()
        yield from self._choices_without_number()
        rules = [rule for rule in self.matcher.rules if rule.name not in self.matched]
        if not self.matched and len(rules) > _FEW:
            yield from self._nothing_at_all()
            rules = [rule for rule in rules if not rule.default]
        elif self.matched:
            rules = [rule for rule in rules if not rule.default]
        for rule in rules:
            yield f"{rule.name} made no group: {self._why(rule)}"

    def _lost_stages(self) -> Iterator[str]:
        causes: dict[tuple[int, str], tuple[dict[str, None], Counter[str]]] = {}
        for (stage, lacking, rule, exp_type, is_sure), count in self._lost.items():
            if not is_sure and (stage, exp_type) in self._taken:
                continue  # others of this type do without the column
            if any(self._is_set(each.split("|"), exp_type) for each in lacking.split()):
                continue  # a value that only some exposures lack is the pool's affair, not an oversight
            names = lacking.split()[0].split("|")
            missing = "|".join([name for name in names if name not in self._columns] or names)
            rules, exposures = causes.setdefault((stage, missing), ({}, Counter()))
            rules[rule] = None
            exposures[exp_type] = max(exposures[exp_type], count)
        for (stage, missing), (rules, exposures) in causes.items():
            asking = f"{_some(rules)} {'requires' if len(rules) == 1 else 'require'}"
            count = exposures.total()
            lost = f"{count} {_some(exposures)} exposure{'s are' if count > 1 else ' is'}"
            others = any(self._is_set(missing.split("|"), exp_type) for exp_type in self._set)
            none = f"no {listed(exposures, 'or')} exposure" if others else "no exposure"
            yield f"{none} has {missing}, which {asking}: {lost} in no Stage {stage} group"

    def _is_set(self, names: Iterable[str], exp_type: str) -> bool:
        # Whether an exposure of a type has one; flags, and attributes that lamps lack, need only be columns.
        silent = FLAGS if exp_type in CALIBRATED - ACQUISITIONS else self._columns
        return not (self._set[exp_type] | (self._columns & silent)).isdisjoint(names)

    def _nothing_calibrated(self) -> Iterator[str]:
        # If Stage 2 calibrates others, asn-build reports the exposures that it leaves out.
        if self.stages != [2, 3] or not self.selection.candidates or self.selection.ids is not None:
            return
        if self.groups_of([2]) or not self.groups_of([3]):
            return
        why = "" if self._candidates else "no exposure is in a candidate, as Stage 2 requires: "
        types = _some(sorted(exp_type for _, exp_type in self._taken))
        yield f"{why}Stage 2 calibrates none of the {types} exposures that Stage 3 lists"

    def _choices_without_number(self) -> Iterator[str]:
        for rule in self.matcher.rules:
            for role in rule.roles:
                name = role.choose.next if role.choose else None
                if name is not None and name not in self._columns and rule.name in self.matched:
                    what = role.takes_part_as or "exposure"
                    yield f"no exposure has {name}, by which {rule.name} chooses a {what}; it takes the first"

    def _nothing_at_all(self) -> Iterator[str]:
        if not any(self._set):
            yield "no groups: no exposure has exp_type, which the rules require"
            return
        types = sorted({look["exp_type"] for look in self.matcher.looks() if "exp_type" in look})
        count = f"{self._exposures} exposure{'s' if self._exposures > 1 else ''}"
        yield (
            f"no groups: none of the {len(self.matcher.rules)} rules is satisfied by {count} "
            f"of exp_type {_some(types)}{'' if self._candidates else ', and none is in a candidate'}"
        )

    def _why(self, rule: Rule) -> str:
        looks = self.matcher.looks()
        reasons: dict[str, None] = {}
        for role in rule.roles:
            if not role.can_begin:
                continue
            failing = [each for each in role.where if not any(map(each.test, looks))]
            if not failing:
                return self._short_of(rule, role, looks)
            reasons[self._unmet(failing[0], looks)] = None
        return "; ".join(reasons) or "no way of being a member begins a group"

    def _unmet(self, condition: Condition, looks: list[dict[str, str]]) -> str:
        name = condition.attribute
        found = sorted({look[name] for look in looks if name in look})
        if not found and name not in self._columns | {"direct_candidate", "optical_path"}:
            return f"no exposure has {name}{did_you_mean(name, sorted(self._columns))}"
        if not condition.values or not found:
            return f"no exposure has {name} {condition.wanted}"
        near = did_you_mean(condition.values[0], found) if len(condition.values) == 1 else ""
        return f"no exposure has {name} {condition.wanted}{near or f'; they have {_some(found)}'}"

    def _short_of(self, rule: Rule, role: Role, looks: list[dict[str, str]]) -> str:
        if not any(map(role.admits, looks)):
            return "no exposure meets all its conditions"
        for at in role.same:
            shared = rule.shared[at]
            if not shared.optional and not any(
                self._is_set(shared.sources, exp_type) for exp_type in self._set
            ):
                missing = "|".join(_FROM.get(name, name) for name in shared.sources)
                return f"no exposure has {missing}{did_you_mean(missing, sorted(self._columns))}"
        types = {*self._candidates.values()} if self.selection.candidates else set()
        types |= {DISCOVERED} if self.selection.discovered else set()
        if all(rule.needs(each) is None for each in types):
            taken = [kind for kind, least in rule.candidates.items() if least is not None]
            takes = f"candidates of type {listed(taken, 'or')}" if taken else "no candidates"
            return f"it takes {takes}, but those matched are of type {_some(sorted(types))}"
        needs = ", ".join(f"{what}: {least}" for what, least in rule.requires.items())
        asked = f" ({needs})" if needs else ""
        return f"exposures meet its conditions, but no group of them has everything required{asked}"

    def see_columns(self, names: Iterable[str]) -> None:
        """Note the names in exposure records."""
        if not self._columns.issuperset(names):
            self._columns.update(names)
            self._wants.clear()
            self._unsure = [
                (rule, role)
                for rule in self.matcher.rules
                for role in rule.roles
                if role.can_begin
                and any(each.attribute in _WORKED_OUT or self._absent(each) for each in role.where)
            ]

    def _absent(self, condition: Condition, exposure: Exposure | None = None) -> list[str]:
        # The columns that a condition reads but the input (or, for derived attributes, the exposure) lacks.
        is_tso = condition.attribute == "tso" and "yes" in condition.values
        reads = ("pntgtype", "tsovisit") if is_tso else condition.reads
        there = self._columns if is_tso else self._columns | _DISPENSABLE
        if exposure is not None and condition.attribute in _WORKED_OUT:
            there = exposure.attributes.keys() | there & (FLAGS | _DISPENSABLE)
        return [name for name in reads if name not in there]


def _some(names: Iterable[str]) -> str:
    names = list(names)
    if len(names) <= _FEW:
        return listed(names)
    return f"{', '.join(names[:_FEW])} and {len(names) - _FEW} more"
