"""Whether Stage 2 makes what Stage 3 reads."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias

from asntools.build.members import Group
from asntools.common.faults import Fault, Report
from asntools.common.words import counted, listed, named
from asntools.jwst.exposures import ACQUISITIONS, CALIBRATED
from asntools.jwst.exptypes import SCIENCE

_CALIBRATED = CALIBRATED - ACQUISITIONS


class Calibration:
    """Which exposures of a program Stage 2 calibrates, and which ones Stage 3 lists as calibrated."""

    def __init__(self) -> None:
        self.calibrated: set[str] = set()
        self._combined: dict[str, str] = {}

    def note(self, group: Group, *, calibrated: bool) -> None:
        """Note a group, which makes an association or none."""
        if group.head.stage == 3:
            for each in group.members:
                if each.exp_type in _CALIBRATED:
                    self._combined[each.exposure["filename"]] = each.exp_type
        elif calibrated:
            self.calibrated.update(
                [each.exposure["filename"] for each in group.members if each.exptype == SCIENCE]
            )

    def in_words(self, program: str, known: Collection[str]) -> str | None:
        """Return messages about exposures that Stage 3 lists and Stage 2 does not calibrate.

        Those that are `known` have been reported already.
        """
        missing = [each for each in self._combined if each not in self.calibrated and each not in known]
        if not missing:
            return None
        exp_types = {self._combined[filename] for filename in missing}
        hint = (
            "; a slitless exposure needs a direct image" if any("wfss" in each for each in exp_types) else ""
        )
        return (
            f"program {program}: Stage 3 lists {counted(len(missing), 'exposure')} that no Stage 2 "
            f"association calibrates: {named(missing, limit=3)} ({listed(sorted(exp_types))}){hint}"
        )


class Uncalibrated:
    """Messages about exposures that Stage 2 does not calibrate, held back until it makes an association.

    If only Stage 3 is built, nothing is amiss.
    """

    def __init__(self, say: Callable[[str], None]):
        self._say = say
        self._calibrates = False
        self._waiting: list[str] = []

    def note(self, calibrates: bool, line: str | None) -> None:
        """Note a program: whether Stage 2 calibrates any of its exposures, and its messages."""
        self._calibrates = self._calibrates or calibrates
        if line is not None:
            self._waiting.append(line)
        if self._calibrates:
            for each in self._waiting:
                self._say(each)
            self._waiting.clear()


Said: TypeAlias = Fault | str | tuple[bool, str | None]
"""A fault or warning; an explanation; what `Uncalibrated.note` takes."""


class Telling:
    """Reports the messages from where the work was done, perhaps another process."""

    def __init__(self, report: Report, explain: Callable[[str], None]):
        self._report = report
        self._explain = explain
        self._uncalibrated = Uncalibrated(lambda line: report(Fault(line, serious=False)))

    def __call__(self, said: Said) -> None:
        """Report them; pieces of work come in order."""
        if isinstance(said, Fault):
            self._report(said)
        elif isinstance(said, str):
            self._explain(said)
        else:
            self._uncalibrated.note(*said)
