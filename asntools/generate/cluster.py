"""Pieces worked on by a Dask cluster; what is done is kept in a manifest, so that a stopped run goes on."""

from __future__ import annotations

import hashlib
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any

import orjson

from asntools.common.faults import Fault
from asntools.common.version import __version__
from asntools.generate.pieces import Piece
from asntools.generate.storage import Storage
from asntools.generate.work import Made, Recipe, Work, as_plain, from_plain

LOCAL = "local"
"""In place of a scheduler's address: a cluster of processes on this machine."""

MANIFEST = ".asn-generate"
"""The folder in which each piece that is done has its file, and the run one of its own."""

_RETRIES = 3
_PATIENCE = 60.0
_RUN = f"{MANIFEST}/run.json"


class Task:
    """A function of a piece: makes its associations, writes them, and enters the piece into the manifest."""

    def __init__(self, recipe: Recipe, where: str, *, force: bool):
        self.where = where
        self.force = force
        self.version = __version__
        self.recipe = pickle.dumps(recipe)

    def key(self, piece: Piece) -> str:
        """Return the name of a piece: what it holds, and what is to be made of it."""
        parts = hashlib.sha256(self.recipe + self.version.encode())
        for program in piece.programs:
            parts.update(program.exposures)
            parts.update("\0".join(program.columns).encode())
        return f"asn-{parts.hexdigest()[:32]}"

    def entry(self, key: str) -> str:
        """Return the name of a piece's file in the manifest."""
        return f"{MANIFEST}/{key}.json"

    def __call__(self, piece: Piece, key: str) -> dict[str, Any]:
        """Work on a piece, on whatever machine.

        Raises
        ------
        Fault
            The worker has another version, two associations have one file name, or writing failed.
        """
        if self.version != __version__:
            raise Fault(f"the worker has asntools {__version__}, and {self.version} is asked for")
        storage = Storage(self.where)
        made = _work(self.recipe)(piece)
        files = dict(made.files)
        if len(files) < len(made.files):
            raise Fault("two associations have one file name")
        storage.write(files, _raise, force=self.force)
        plain = as_plain(made)
        storage.write({self.entry(key): orjson.dumps(plain)}, _raise, force=True)
        return plain


@lru_cache(maxsize=2)
def _work(recipe: bytes) -> Work:
    return Work(pickle.loads(recipe))


def _raise(fault: Fault) -> None:
    raise fault


def version_id_of_run(storage: Storage, asked: str | None, *, now: bool) -> str | None:
    """Return the version id of a run, which stays the same where a stopped one goes on with ``now``."""
    known = storage.read(_RUN)
    if now and known is not None:
        kept: str | None = orjson.loads(known)["version_id"]
        if kept is not None:
            return kept
    storage.write({_RUN: orjson.dumps({"version_id": asked})}, _raise, force=True)
    return asked


class Cluster:
    """A Dask cluster at work.

    Parameters
    ----------
    address : str
        Of a scheduler, or `LOCAL`.
    jobs : int
        How many processes a local cluster has.
    say : callable
        Is told, in a line each, what happens.
    """

    def __init__(self, address: str, jobs: int, say: Callable[[str], None]):
        self._address = address
        self._say = say
        self._local: Any = None
        if address == LOCAL:
            self._local = _distributed().LocalCluster(
                n_workers=jobs, threads_per_worker=1, dashboard_address=":0"
            )
        self._client = self._connect()
        say(f"dashboard at {self._client.dashboard_link}")

    def _connect(self) -> Any:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return _distributed().Client(self._local or self._address, timeout=5, set_as_default=False)
            except (OSError, TimeoutError) as error:
                if time.monotonic() > deadline:
                    what = "no scheduler answers; run the command again to go on where it was"
                    raise Fault(what, self._address) from error
                time.sleep(0.5)

    def close(self) -> None:
        """Leave the cluster; end it where it is a local one."""
        self._client.close()
        if self._local is not None:
            self._local.close()

    def results(self, task: Task, pieces: Iterable[Piece]) -> Iterator[Made | Fault]:
        """Work on pieces, and give in their order what is made of each, or why nothing is.

        The associations themselves are written by then. Pieces that are in the manifest are not worked on.
        """
        storage = Storage(task.where)
        under_way: deque[tuple[Piece, str, Any]] = deque()
        for piece in pieces:
            key = task.key(piece)
            known = None if task.force else storage.read(task.entry(key))
            under_way.append((piece, key, orjson.loads(known) if known else self._submit(task, piece, key)))
            if len(under_way) >= self._width():
                yield self._result(task, under_way)
        while under_way:
            yield self._result(task, under_way)

    def _width(self) -> int:
        # Enough that no worker waits, and no more, for pieces are held here until they are done.
        try:
            return max(8, 3 * sum(map(int, self._client.nthreads().values())))
        except (OSError, RuntimeError, ValueError):
            return 8

    def _submit(self, task: Task, piece: Piece, key: str) -> Any:
        return self._client.submit(task, piece, key, key=key, pure=True, retries=_RETRIES)

    def _result(self, task: Task, under_way: deque[tuple[Piece, str, Any]]) -> Made | Fault:
        lost = (_distributed().CancelledError, import_module("distributed.comm").CommClosedError)
        while True:
            piece, _, future = under_way[0]
            try:
                plain = future if isinstance(future, dict) else future.result(timeout=_PATIENCE)
            except lost:
                self._go_on(task, under_way)
                continue
            except TimeoutError:
                if self._client.status != "running":
                    self._go_on(task, under_way)
                continue
            except Exception as error:
                under_way.popleft()
                return Fault(f"{piece.in_words()}: {_why(error)}; no association of it may be there")
            under_way.popleft()
            return from_plain(plain)

    def _go_on(self, task: Task, under_way: deque[tuple[Piece, str, Any]]) -> None:
        # The scheduler is gone, and with it what it knew; what was done by then is in the manifest.
        self._say("the scheduler is gone; waiting for it to come back")
        self._client.close(timeout=1)
        self._client = self._connect()
        storage = Storage(task.where)
        for place, (piece, key, future) in enumerate(under_way):
            if not isinstance(future, dict):
                known = storage.read(task.entry(key))
                again = orjson.loads(known) if known else self._submit(task, piece, key)
                under_way[place] = (piece, key, again)


def _distributed() -> Any:
    return import_module("distributed")


def _why(error: Exception) -> str:
    if isinstance(error, _distributed().KilledWorker):
        return "the workers that took it died, one after another"
    return str(error) if isinstance(error, Fault) else f"{type(error).__name__}: {error}"
