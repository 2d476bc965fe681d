"""Pieces of work done by several processes at once, with results in order."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")

# How many pieces a process may be ahead of the one whose result is awaited.
_AHEAD = 2


class WorkerDied(Exception):
    """A process ended in the middle of its work."""

    def __init__(self, piece: Any, how: str):
        super().__init__(how)
        self.piece = piece
        self.how = how


def in_order(work: Callable[[Piece], Result], pieces: Iterable[Piece], jobs: int) -> Iterator[Result]:
    """Do `work` on each piece, in `jobs` processes, and give the results in the order of the pieces.

    The processes are copies of this one as it is when the first result is asked for. Only some pieces ahead
    are read. What `work` raises is raised here, with a note of where, in place of a result; `WorkerDied`,
    where a process ended.
    """
    with _Team(work, jobs) as team:
        waiting = iter(enumerate(pieces))
        done: dict[int, tuple[Result, Exception | None]] = {}
        turn = given = 0
        more = True
        while more or turn < given:
            while more and team.idle and given - turn < jobs * _AHEAD:
                following = next(waiting, None)
                if following is None:
                    more = False
                else:
                    team.idle.pop().begin(*following)
                    given += 1
            if turn < given and turn not in done:
                done.update(team.finished())
            while turn in done:
                result, error = done.pop(turn)
                if error is not None:
                    raise error
                yield result
                turn += 1


class _Team(Generic[Piece, Result]):
    def __init__(self, work: Callable[[Piece], Result], jobs: int):
        # Where a process is not a copy of this one, the script that it runs would run once more.
        context = multiprocessing.get_context("fork")
        self._workers: list[_Worker[Piece]] = []
        for _ in range(jobs):
            mine, its = context.Pipe()
            # A process that holds another's connections would keep it from seeing that we are gone.
            others = [mine, *(worker.connection for worker in self._workers)]
            process = context.Process(target=_serve, args=(work, its, others), daemon=True)
            process.start()
            its.close()
            self._workers.append(_Worker(process, mine))
        self.idle = list(reversed(self._workers))

    def finished(self) -> Iterator[tuple[int, tuple[Any, Exception | None]]]:
        """Wait for results or errors, and return those that arrived, each with the number of its piece."""
        busy = {worker.connection: worker for worker in self._workers if worker not in self.idle}
        for connection in wait(list(busy)):
            worker = busy[connection]  # type: ignore[index]
            try:
                outcome = worker.connection.recv()
                self.idle.append(worker)
            except (EOFError, OSError):
                outcome = None, worker.death()
                self._workers.remove(worker)
            yield worker.number, outcome

    def __enter__(self) -> _Team[Piece, Result]:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for worker in self._workers:
            worker.connection.close()
            if kind is not None:
                worker.process.kill()
        for worker in self._workers:
            worker.process.join()


class _Worker(Generic[Piece]):
    def __init__(self, process: BaseProcess, connection: Connection[Any, Any]):
        self.process = process
        self.connection = connection
        self.number = -1
        self._piece: Piece | None = None

    def begin(self, number: int, piece: Piece) -> None:
        self.number, self._piece = number, piece
        try:
            # Python 3.13 complains about a connection's own pickle buffer if sending fails.
            self.connection.send_bytes(pickle.dumps(piece))
        except OSError as error:
            raise self.death() from error

    def death(self) -> WorkerDied:
        self.process.join()
        code = self.process.exitcode or 0
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        return WorkerDied(self._piece, how)


def _serve(
    work: Callable[[Any], Any], connection: Connection[Any, Any], others: Iterable[Connection[Any, Any]]
) -> None:
    # An interrupt is for the process that gives the pieces; with its end ours comes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in others:
        other.close()
    try:
        while True:
            piece = pickle.loads(connection.recv_bytes())
            try:
                answer: tuple[Any, Exception | None] = (work(piece), None)
            except Exception as error:
                error.add_note(f"in another process:\n{traceback.format_exc()}")
                answer = (None, error)
            connection.send(answer)
    except (EOFError, OSError):
        os._exit(0)
