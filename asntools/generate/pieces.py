"""Pieces of work: exposures of whole programs, as JSON, many small programs or one large one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from asntools.common.faults import Report
from asntools.common.programs import HELD, OfProgram, whole_programs
from asntools.common.records import Record, dump_record

PIECE = 1_000_000
"""How many bytes of exposures make a piece: work for a tenth of a second."""

EXPOSURES = "<exposures>"
"""The stream of all exposures, as messages name it."""


class Program(NamedTuple):
    """The exposures of a program.

    Attributes
    ----------
    name : str
    exposures : bytes
        Exposure records, JSON lines.
    columns : list of str
        The columns that had come, of whatever program, when this one was complete.
    """

    name: str
    exposures: bytes
    columns: list[str]


class Piece(NamedTuple):
    """Whole programs to be worked on in one go."""

    programs: list[Program]

    def in_words(self) -> str:
        """Return which programs it has."""
        names = [program.name for program in self.programs]
        if len(names) == 1:
            return f"program {names[0]}"
        return f"programs {', '.join(names[:3])}" + (f"... {names[-1]} ({len(names)})" if names[3:] else "")


def pieces(
    exposures: Iterable[Record], report: Report, *, held: int | None = HELD, size: int = PIECE
) -> Iterator[Piece]:
    """Put the exposures of each program together, and programs to pieces.

    Programs come as from `whole_programs`. A piece is complete when it has `size` bytes at least.
    """
    programs: list[Program] = []
    waiting = 0
    for program in _programs(exposures, report, held):
        programs.append(program)
        waiting += len(program.exposures)
        if waiting >= size:
            yield Piece(programs)
            programs, waiting = [], 0
    if programs:
        yield Piece(programs)


def _programs(exposures: Iterable[Record], report: Report, held: int | None) -> Iterator[Program]:
    columns: dict[str, None] = {}
    known: list[str] = []

    def lines() -> Iterator[OfProgram[tuple[str, bytes]]]:
        latest = None
        for number, exposure in enumerate(exposures, 1):
            if latest is None or exposure.keys() != latest:
                latest = exposure.keys()
                columns.update(dict.fromkeys(latest))
            # What orjson gives keeps a buffer of several times its length for itself; a copy does not.
            line = bytes(memoryview(dump_record(exposure)))
            program = exposure["program"]
            yield OfProgram(program, (program, line), len(line) - 1, EXPOSURES, number)

    for whole in whole_programs(lines(), report, held=held):
        if len(columns) > len(known):
            known = list(columns)
        yield Program(whole[0][0], b"".join([line for _, line in whole]), known)
