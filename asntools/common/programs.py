"""A program at a time: mixed records of several programs, collected by program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from asntools.common.faults import Fault, Report

HELD = 12_000_000
"""How many bytes of records may wait for the rest of their programs before one program is released."""

Record = TypeVar("Record")
Kept = TypeVar("Kept")


class OfProgram(NamedTuple, Generic[Record]):
    """A record, its program, its size in bytes, and its line."""

    program: str
    record: Record
    size: int
    source: str
    line: int


class _Waiting(Generic[Record]):
    __slots__ = ("last", "records", "size")

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.size = 0
        self.last: tuple[str, int] = ("", 0)


def whole_programs(
    records: Iterable[OfProgram[Record]],
    take: Callable[[OfProgram[Record]], Kept],
    report: Report,
    *,
    held: int | None = HELD,
) -> Iterator[tuple[str, list[Kept]]]:
    """Yield each program with its records, in order, as processed by `take`.

    Programs come in the order in which they began. If more than `held` bytes are waiting, the program not
    seen for longest is taken as complete and comes first; a later record of it is reported and left out. None
    holds everything.
    """
    waiting: dict[str, _Waiting[Kept]] = {}
    seen: dict[str, None] = {}  # the programs that wait, the one seen last at the end
    released: dict[str, tuple[str, int]] = {}
    total = 0
    for each in records:
        program, _, size, source, line = each
        if program in released:
            report(_come_back(program, released[program], source, line))
            continue
        entry = waiting.get(program)
        if entry is None:
            entry = waiting[program] = _Waiting()
        else:
            del seen[program]
        seen[program] = None
        entry.records.append(take(each))
        entry.size += size
        entry.last = (source, line)
        total += size
        while held is not None and total > held and len(waiting) > 1:
            oldest = next(iter(seen))
            del seen[oldest]
            entry = waiting.pop(oldest)
            released[oldest] = entry.last
            total -= entry.size
            yield oldest, entry.records
    while waiting:
        program = next(iter(waiting))
        yield program, waiting.pop(program).records


def _come_back(program: str, last: tuple[str, int], source: str, line: int) -> Fault:
    before = f"line {last[1]}" if last[0] == source else f"{last[0]}:{last[1]}"
    return Fault(
        f"program {program} comes back after its other records up to {before} were processed; "
        "sort the input by program, or use --unsorted to hold all of it",
        source,
        line,
    )
