"""Pieces of work: exposures of whole programs, as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from asntools.common import pieces as common
from asntools.common.faults import Report
from asntools.common.programs import HELD, OfProgram, whole_programs
from asntools.common.records import Record, dump_record
from asntools.match.work import Program

EXPOSURES = "<exposures>"
"""The stream of all exposures, as messages name it."""

Piece: TypeAlias = common.Piece[Program]


def pieces(
    exposures: Iterable[Record], report: Report, *, held: int | None = HELD, size: int = common.PIECE
) -> Iterator[Piece]:
    """Put the exposures of each program together, and programs to pieces.

    Programs come as from `whole_programs`, pieces as from `in_pieces`.
    """
    return common.in_pieces(_programs(exposures, report, held), size)


def _programs(exposures: Iterable[Record], report: Report, held: int | None) -> Iterator[Program]:
    columns: dict[str, None] = {}
    known: list[str] = []

    def lines() -> Iterator[OfProgram[bytes]]:
        latest = None
        for number, exposure in enumerate(exposures, 1):
            if latest is None or exposure.keys() != latest:
                latest = exposure.keys()
                columns.update(dict.fromkeys(latest))
            # What orjson gives keeps a buffer of several times its length for itself; a copy does not.
            line = bytes(memoryview(dump_record(exposure))[:-1])
            yield OfProgram(exposure["program"], line, len(line), EXPOSURES, number)

    for program, whole in whole_programs(lines(), lambda each: each.record, report, held=held):
        if len(columns) > len(known):
            known = list(columns)
        yield Program(program, b"\n".join(whole), known)
