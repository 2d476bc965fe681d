"""Pieces of work: exposures of whole programs, only their values, since most have the same names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, TypeAlias

import orjson

from asntools.common import pieces as common
from asntools.common.faults import Report
from asntools.common.programs import HELD, OfProgram, whole_programs
from asntools.common.records import Record

EXPOSURES = "<exposures>"
"""The stream of all exposures, as messages name it."""

PIECE = 800_000
"""How many bytes of values make a piece: two megabytes of records, which take a fifth of a second."""

Columns: TypeAlias = tuple[str, ...]

_LIMIT = 1024


class Program(NamedTuple):
    """The exposures of a program."""

    name: str
    # Exposures of the same columns that follow one another: these, and a line of JSON with the values of each
    # exposure.
    runs: list[tuple[Columns, bytes]]
    columns: list[str]  # the columns seen, in any program, when this one was complete

    @property
    def size(self) -> int:
        """How many bytes of values there are."""
        return sum(len(lines) for _, lines in self.runs)

    def exposures(self) -> Iterator[Record]:
        """Return the exposures."""
        for columns, lines in self.runs:
            for values in map(orjson.loads, lines.splitlines()):
                yield dict(zip(columns, values, strict=True))


Piece: TypeAlias = common.Piece[Program]


def pieces(
    exposures: Iterable[Record], report: Report, *, held: int | None = HELD, size: int = PIECE
) -> Iterator[Piece]:
    """Bring the exposures of each program together, and programs into pieces.

    Programs come as from `whole_programs`, pieces as from `in_pieces`.
    """
    return common.in_pieces(_programs(exposures, report, held), size)


def _programs(exposures: Iterable[Record], report: Report, held: int | None) -> Iterator[Program]:
    columns: dict[str, None] = {}
    known: list[str] = []

    def lines() -> Iterator[OfProgram[tuple[Columns, bytes]]]:
        # The columns of records, and how many bytes their names are in the JSON of one.
        kinds: dict[Columns, tuple[Columns, int]] = {}
        for number, exposure in enumerate(exposures, 1):
            names = tuple(exposure)
            kind = kinds.get(names)
            if kind is None:
                if len(kinds) >= _LIMIT:
                    kinds.clear()
                kind = kinds[names] = names, sum(len(orjson.dumps(name)) + 1 for name in names)
                columns.update(dict.fromkeys(names))
            names, more = kind
            line = values_of(exposure)
            yield OfProgram(exposure["program"], (names, line), len(line) + more, EXPOSURES, number)

    for program, whole in whole_programs(lines(), lambda each: each.record, report, held=held):
        if len(columns) > len(known):
            known = list(columns)
        yield Program(program, in_runs(whole), known)


def values_of(exposure: Record) -> bytes:
    """Return a line of JSON with the values of an exposure."""
    # What orjson gives keeps a buffer of several times its length for itself; a copy does not.
    return bytes(memoryview(orjson.dumps(list(exposure.values()))))


def in_runs(lines: Iterable[tuple[Columns, bytes]]) -> list[tuple[Columns, bytes]]:
    """Combine the lines of consecutive exposures with the same columns."""
    return [
        (columns, b"\n".join([line for _, line in run])) for columns, run in groupby(lines, itemgetter(0))
    ]
