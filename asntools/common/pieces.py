"""Pieces of work: whole programs, many small ones or one large one, done in one process or in several."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, NamedTuple, Protocol, TypeVar

from asntools.common.faults import Fault

_MOST_JOBS = 64


class Program(Protocol):
    """The data of a program, and its size in bytes."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102


Part = TypeVar("Part", bound=Program)
Result = TypeVar("Result")


class Piece(NamedTuple, Generic[Part]):
    """Whole programs to be processed in one go."""

    programs: list[Part]

    def in_words(self) -> str:
        """Return which programs it has."""
        names = [program.name for program in self.programs]
        if len(names) == 1:
            return f"program {names[0]}"
        return f"programs {', '.join(names[:3])}" + (f"... {names[-1]} ({len(names)})" if names[3:] else "")


def in_pieces(programs: Iterable[Part], size: int) -> Iterator[Piece[Part]]:
    """Combine programs into pieces; a piece is complete when it has at least `size` bytes."""
    together: list[Part] = []
    waiting = 0
    for program in programs:
        together.append(program)
        waiting += program.size
        if waiting >= size:
            yield Piece(together)
            together, waiting = [], 0
    if together:
        yield Piece(together)


def done(
    work: Callable[[Piece[Part]], Result], these: Iterable[Piece[Part]], jobs: int, what: str
) -> Iterator[Result]:
    """Work on pieces, here or in `jobs` processes, and yield the results in order.

    If a process ends during its work, a `Fault` names its programs, and says that their `what` is missing.
    """
    if jobs == 1:
        yield from map(work, these)
        return
    from asntools.common.jobs import WorkerDied, in_order

    try:
        yield from in_order(work, these, jobs)
    except WorkerDied as died:
        lost = f"the process working on {died.piece.in_words()} was {died.how}"
        raise Fault(f"{lost}; their {what} and those of the programs after them are missing") from died


def add_unsorted_option(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option for inputs in which programs come back after others."""
    parser.add_argument(
        "--unsorted",
        action="store_true",
        help=f"hold all {what} until the end of the input, if the {what} of a program are not together",
    )


def add_jobs_option(parser: argparse.ArgumentParser) -> None:
    """Give a parser the option for the number of processes."""
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=job_count,
        default=1,
        help="process N programs at once, in as many processes",
    )


def job_count(text: str) -> int:
    """Return the number that a ``--jobs`` asks for."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= _MOST_JOBS):
        raise Fault(f"{text!r} is not a number from 1 to {_MOST_JOBS}")
    return int(text)
