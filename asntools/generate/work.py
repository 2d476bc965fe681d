"""The work itself: exposures of whole programs in, their associations out, nothing serialised in between."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any, NamedTuple

from asntools.build.associations import Built, Options
from asntools.build.building import Builder
from asntools.build.calibration import Said
from asntools.build.groups import checked_group, head_of
from asntools.build.members import Group, GroupMember
from asntools.build.writing import file_contents, lines_of
from asntools.common.faults import Fault
from asntools.common.records import Record
from asntools.generate.pieces import Piece, Program
from asntools.jwst.asn_types import five_digits
from asntools.jwst.exptypes import SCIENCE
from asntools.match import groups as matched
from asntools.match.account import Account
from asntools.match.groups import Exposure
from asntools.match.matching import Matcher
from asntools.match.records import exposure_of
from asntools.match.rule_files import load_rules
from asntools.match.rule_text import RuleFile
from asntools.match.rules import Rule
from asntools.match.selection import Selection


class Recipe(NamedTuple):
    """How associations are made from exposures: what the options say, independent of the machine."""

    rule_files: tuple[RuleFile, ...] = ()  # in addition to the default rules
    default_rules: bool = True
    # The selected rules, as for `select_rules`; all if empty.
    rule_names: tuple[str, ...] = ()
    selection: Selection = Selection()
    options: Options = Options()
    merge: bool = False
    explain: bool = False
    as_files: bool = False  # whether associations become files of their own

    def rules(self) -> list[Rule]:
        """Return the compiled rules; raises a `Fault` if one is not valid, or there are none."""
        return load_rules(self.rule_files, names=self.rule_names, defaults=self.default_rules)


GROUPS = "<groups>"
"""The stream of all groups, as messages name it."""


class Made(NamedTuple):
    """The result for a piece."""

    lines: bytes  # the associations, JSON lines
    files: list[tuple[str, bytes]]  # or these: each file's name and content
    said: list[Said]  # faults of `GROUPS` number these from 1 in the piece
    groups: int
    tallies: Record  # from `Account.tallies`


class Work:
    """A function of a piece: makes the associations of whole programs."""

    def __init__(self, recipe: Recipe):
        self.recipe = recipe
        self.matcher = Matcher(recipe.rules())

    def __call__(self, piece: Piece) -> Made:
        """Make the associations of a piece."""
        # Records are trees, in which the collector finds nothing; looking takes a fifth of the time.
        gc.set_threshold(200_000)
        return _PieceOfWork(self.recipe, self.matcher.afresh()).made(piece)


class _PieceOfWork:
    def __init__(self, recipe: Recipe, matcher: Matcher):
        self._as_files = recipe.as_files
        self._matcher = matcher
        self._account = Account(matcher, recipe.selection)
        self._groups = 0
        self._said: list[Said] = []
        # It is not to hold us, who hold it: no collector would find such a circle before long.
        self._builder = Builder.telling(
            self._said.append, recipe.options, merge=recipe.merge, explain=recipe.explain
        )

    def made(self, piece: Piece) -> Made:
        files: list[tuple[str, bytes]] = []
        lines: list[bytes] = []
        for program in piece.programs:
            built = self._associations(program)
            if self._as_files:
                files += [(each.file_name, file_contents(each)) for each in built]
            else:
                lines.append(lines_of(built))
        return Made(b"".join(lines), files, self._said, self._groups, self._account.tallies())

    def _associations(self, program: Program) -> Iterator[Built]:
        records: list[Record] = []
        exposures: list[Exposure] = []
        for record in program.exposures():
            try:
                exposures.append(exposure_of(record, b"", self._matcher))
            except ValueError as error:
                self._said.append(Fault(f"exposure {record['filename']!r}: {error}"))
                continue
            records.append(record)
        self._account.see_columns(program.columns)
        built: list[Built] = []
        sound = False
        members: dict[tuple[int, str], GroupMember] = {}
        for group in self._account.match(exposures):
            self._groups += 1
            try:
                built += self._builder.associations(_handed(group, records, members))
            except Fault as fault:
                self._said.append(Fault(fault.message, GROUPS, self._groups))
                continue
            sound = True
        if sound:
            yield from self._builder.finish(five_digits(program.name), built)


def _handed(
    group: matched.Group, exposures: list[Record], known: dict[tuple[int, str], GroupMember]
) -> Group:
    # A group in the form for building, neither serialised nor checked again.
    members = []
    for exposure, exptype in group.members:
        key = exposure.position, exptype
        if key not in known:
            known[key] = GroupMember(exptype, exposures[exposure.position])
        members.append(known[key])
    if not all(group.candidate) or SCIENCE not in [each.exptype for each in members]:
        checked_group(matched.group_record(group, exposures))  # which says what is wrong
    return Group(head_of(matched.head_record(group)), members)


def as_plain(made: Made) -> dict[str, Any]:
    """Return all but the associations as values that JSON has."""
    return {"said": [*map(_plain, made.said)], "groups": made.groups, "tallies": made.tallies}


def _plain(said: Said) -> str | list[Any]:
    if isinstance(said, Fault):
        return [said.message, said.source, said.line, said.serious]
    return said if isinstance(said, str) else [*said]


def from_plain(plain: dict[str, Any]) -> Made:
    """Return what `as_plain` was given, less the associations."""
    said: list[Said] = []
    for each in plain["said"]:
        if isinstance(each, str):
            said.append(each)
        else:
            said.append((each[0], each[1]) if len(each) == 2 else Fault(*each[:3], serious=each[3]))
    return Made(b"", [], said, plain["groups"], plain["tallies"])
