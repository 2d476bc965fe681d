"""Groups handed to several processes, with results and messages in the order of a single process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import count

from asntools.build.calibration import Said, Telling
from asntools.build.work import GroupLine, Made, Program, Time, Work
from asntools.common.command import Console
from asntools.common.faults import Fault
from asntools.common.pieces import done, in_pieces
from asntools.common.programs import OfProgram, whole_programs

PIECE = 2_000_000
"""How many bytes of groups make a piece: work for a twentieth of a second."""


class Processes:
    """Several processes that build, with every message reported in its turn."""

    def __init__(self, console: Console, jobs: int):
        self._jobs = jobs
        self._tell = Telling(console.report, console.say)
        self._lines = 0  # that have come
        self._waiting: list[tuple[Time, int, Said]] = []
        self._number = count()

    def report(self, fault: Fault) -> None:
        """Note a fault that was read after the latest group."""
        self._note((self._lines, 2), fault)

    def made(self, work: Work, groups: Iterable[OfProgram[GroupLine]], held: int | None) -> Iterator[Made]:
        """Yield the results for groups, piece by piece, and report their messages."""
        pieces = in_pieces(self._programs(groups, held), PIECE)
        for made in done(work, pieces, self._jobs, "associations"):
            for time, said in made.said:
                self._note(time, said)
            self._say(made.earliest)
            yield made
        self._say(None)

    def _programs(self, groups: Iterable[OfProgram[GroupLine]], held: int | None) -> Iterator[Program]:
        begun: dict[str, int] = {}

        def counted() -> Iterator[OfProgram[GroupLine]]:
            for group in groups:
                self._lines = group.record.order
                yield group
            self._lines += 1

        def take(group: OfProgram[GroupLine]) -> GroupLine:
            begun.setdefault(group.program, group.record.order)
            return group.record

        def come_back(fault: Fault) -> None:
            self._note((self._lines, 0), fault)

        for name, lines in whole_programs(counted(), take, come_back, held=held):
            del begun[name]
            earliest = (next(iter(begun.values())), 0) if begun else (self._lines, 2)
            yield Program(name, lines, (self._lines, 1), earliest)

    def _note(self, time: Time, said: Said) -> None:
        heappush(self._waiting, (time, next(self._number), said))

    def _say(self, before: Time | None) -> None:
        while self._waiting and (before is None or self._waiting[0][0] < before):
            self._tell(heappop(self._waiting)[-1])
