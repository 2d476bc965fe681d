"""Exposures that are repeated, in one input or in several, each taken once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from asntools.common.faults import Fault, Report
from asntools.common.records import Record
from asntools.jwst.suffixes import EXPOSURE_SUFFIXES, exposure_of, exposure_product


def _take_less_processed(exposure: Record, other: Record) -> None:
    if _level(other["filename"]) < _level(exposure["filename"]):
        exposure.update((name, other[name]) for name in ("filename", "files") if name in other)


def _level(filename: str) -> int:
    product = exposure_product(filename)
    return EXPOSURE_SUFFIXES.index(product[1]) if product else len(EXPOSURE_SUFFIXES)


Compared: TypeAlias = tuple[Record, int, int]
"""An exposure, the number that it shares with those of the same values, and its line."""

# What is remembered of a row: the name of its file, the number for its values, its line and its input. A
# plain tuple, which the collector of garbage need not look at.
_Place: TypeAlias = tuple[str, int, int, int]


class Repeats:
    """The exposures so far, program by program, to leave out those that are repeated.

    Rows of an exposure with the same values are one, whichever of its files they name. If there are more than
    `limit`, the program that has not been seen for longest is forgotten.
    """

    def __init__(self, report: Report, limit: int = 10_000):
        self._report = report
        self._limit = limit
        self._held = 0
        # An exposure's first row is under its name, those with other values under name and values.
        self._programs: OrderedDict[str, dict[str | tuple[str, int], _Place]] = OrderedDict()
        self._gone: set[str] = set()
        self._latest = ""
        self._sources: list[str] = []
        self._left_out = _Folded()
        self._kept = _Folded()

    def leave_out(self, rows: Iterable[Compared], source: str) -> Iterator[Record]:
        """Yield the exposures of one input that are new, in this input and others.

        If the rows of an exposure follow one another, it gets the name of the least processed file.
        """
        at = len(self._sources)
        self._sources.append(source)
        held: Record | None = None  # until the next row is known not to name a less processed file
        held_place: _Place | None = None
        try:
            for exposure, fingerprint, line in rows:
                program, name = exposure["program"], exposure["filename"]
                if program != self._latest:
                    self._turn_to(program, line)
                of_program = self._programs[program]
                root = exposure_of(name)
                key: str | tuple[str, int] = root
                now = (name, fingerprint, line, at)
                first = before = of_program.get(root)
                if first is not None and first[1] != fingerprint:
                    key = (root, fingerprint)
                    before = of_program.get(key)
                if before is not None:
                    self._repeated(now, before)
                    if held is not None and before is held_place:
                        _take_less_processed(held, exposure)
                    continue
                if first is not None:
                    self._differs(now, first)
                of_program[key] = now
                self._held += 1
                if held is not None:
                    yield held
                held, held_place = exposure, now
        except Fault:
            if held is not None:
                yield held
            raise
        if held is not None:
            yield held

    def place_of(self, program: str, filename: str) -> str | None:
        """Return the place of an exposure's first row, as messages show it, or None if it is not known."""
        first = self._programs.get(program, {}).get(exposure_of(filename))
        return None if first is None else f"{self._sources[first[3]]}:{first[2]}"

    def finish(self) -> None:
        """Report repeats in other inputs, or as other files of an exposure, in one line each."""
        for folded, what in ((self._left_out, _taken_once), (self._kept, _all_kept)):
            if folded.first is not None:
                now, before = folded.first
                where = "line " if now[3] == before[3] else f"{self._sources[before[3]]}:"
                name = "" if now[0] == before[0] else f", as {before[0]!r}"
                text = f"exposure {now[0]!r} is also at {where}{before[2]}{name}, {what(folded.count)}"
                self._report(Fault(text, self._sources[now[3]], now[2], serious=False))

    def _repeated(self, now: _Place, before: _Place) -> None:
        if (now[0], now[3]) != (before[0], before[3]):
            self._left_out.add(now, before)
            return
        what = f"exposure {now[0]!r} is the same as at line {before[2]}; it is left out"
        self._report(Fault(what, self._sources[-1], now[2]))

    def _differs(self, now: _Place, before: _Place) -> None:
        if (now[0], now[3]) != (before[0], before[3]):
            self._kept.add(now, before)
            return
        what = f"exposure {now[0]!r} is also at line {before[2]}, with other values; both are kept"
        self._report(Fault(what, self._sources[-1], now[2], serious=False))

    def _turn_to(self, program: str, line: int) -> None:
        self._latest = program
        if program in self._programs:
            self._programs.move_to_end(program)
            return
        while self._held > self._limit:
            gone, exposures = self._programs.popitem(last=False)
            self._held -= len(exposures)
            self._gone.add(gone)
        self._programs[program] = {}
        if program in self._gone:
            self._gone.discard(program)
            what = f"program {program} comes again, too far down to compare its exposures with those above"
            self._report(Fault(f"{what}; --sort compares them all", self._sources[-1], line, serious=False))


class OfBoth:
    """The exposures given both as a FITS file and as a row of a pool; the first counts."""

    def __init__(self) -> None:
        self._first: tuple[str, str, str] | None = None
        self._count = 0

    def leave_out(self, filename: str, source: str, before: str) -> None:
        """Note that an exposure, a row or file of this source, was already at another place."""
        self._first = self._first or (filename, source, before)
        self._count += 1

    def finish(self, report: Report) -> None:
        """Report them in one line."""
        if self._first is not None:
            name, source, before = self._first
            what = "1 is" if self._count == 1 else f"{self._count} are"
            text = f"exposure {name!r} is also at {before}; the first is taken, so {what} left out"
            report(Fault(text, source, serious=False))


class _Folded:
    # The first of many of one kind, and how many there are.
    def __init__(self) -> None:
        self.first: tuple[_Place, _Place] | None = None
        self.count = 0

    def add(self, now: _Place, before: _Place) -> None:
        self.first = self.first or (now, before)
        self.count += 1


def _taken_once(count: int) -> str:
    rows = "1 row is" if count == 1 else f"{count} rows are"
    return f"with the same values; each exposure is taken once, so {rows} left out"


def _all_kept(count: int) -> str:
    return "with other values; " + ("both are kept" if count == 1 else f"all {count} such rows are kept")
