"""Work done by a Dask cluster; finished work is kept in a manifest, so that a stopped run can continue."""

from __future__ import annotations

import hashlib
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any, Generic, Protocol, TypeVar

import orjson

from asntools.common.faults import Fault, raise_or_warn
from asntools.common.records import Record
from asntools.common.version import __version__
from asntools.generate.storage import Storage

LOCAL = "local"
"""Instead of a scheduler's address: a cluster of processes on this machine."""

MANIFEST = ".asn-generate"
"""The folder with a file for each finished item, and one for the run."""

_RETRIES = 3
_PATIENCE = 60.0
_RUN = f"{MANIFEST}/run.json"


class Item(Protocol):
    """What a task processes in one go."""

    def in_words(self) -> str:
        """Return its content, which is missing if the task fails."""
        ...


AnItem = TypeVar("AnItem", bound=Item)


class Task(ABC, Generic[AnItem]):
    """A function of an item, on any machine, whose results are entered into the manifest.

    Items in the manifest are not processed again, unless `force` is given.
    """

    def __init__(self, where: str, *, force: bool):
        self.where = where
        self.force = force
        self.version = __version__

    @abstractmethod
    def work(self, item: AnItem, key: str, storage: Storage) -> Record:
        """Work on an item, and return the result, as JSON values."""

    @abstractmethod
    def parts_of_key(self, item: AnItem) -> Iterator[bytes]:
        """Give all that what comes of an item depends on."""

    def lasts(self, done: Record) -> bool:
        """Return whether the result of an item counts as done when a run continues."""
        return True

    def key(self, item: AnItem) -> str:
        """Return the name of an item: its content, and what is to be made from it."""
        parts = hashlib.sha256(self.version.encode())
        for part in self.parts_of_key(item):
            parts.update(part)
        return f"asn-{parts.hexdigest()[:32]}"

    def __call__(self, item: AnItem, key: str) -> Record:
        """Work on an item, or return its result from an earlier run; raises a `Fault` if that fails."""
        if self.version != __version__:
            raise Fault(f"the worker has asntools {__version__}, not {self.version}")
        storage = Storage(self.where)
        known = None if self.force else storage.read(entry(key))
        if known is not None:
            before: Record = orjson.loads(known)
            return before
        done = self.work(item, key, storage)
        if self.lasts(done):
            storage.write({entry(key): orjson.dumps(done)}, raise_or_warn, force=True)
        return done


def entry(key: str) -> str:
    """Return the name of an item's file in the manifest."""
    return f"{MANIFEST}/{key}.json"


def version_id_of_run(storage: Storage, asked: str | None, *, now: bool) -> str | None:
    """Return the version id of a run, which stays the same if a stopped run continues with ``now``."""
    known = storage.read(_RUN)
    if now and known is not None:
        kept: str | None = orjson.loads(known)["version_id"]
        if kept is not None:
            return kept
    storage.write({_RUN: orjson.dumps({"version_id": asked})}, raise_or_warn, force=True)
    return asked


class Cluster:
    """A Dask cluster at work: that of the scheduler at an address, or a `LOCAL` one with some processes.

    Events are reported, one line each.
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
                    what = "no scheduler answers; run the command again to continue"
                    raise Fault(what, self._address) from error
                time.sleep(0.5)

    def close(self) -> None:
        """Leave the cluster, and end it if it is local."""
        self._client.close()
        if self._local is not None:
            self._local.close()

    def results(self, task: Task[AnItem], items: Iterable[AnItem]) -> Iterator[Record | Fault]:
        """Work on items, and yield their results or faults in order."""
        under_way: deque[tuple[AnItem, str, Any]] = deque()
        for item in items:
            key = task.key(item)
            under_way.append((item, key, self._submit(task, item, key)))
            if len(under_way) >= self._width():
                yield self._result(task, under_way)
        while under_way:
            yield self._result(task, under_way)

    def _width(self) -> int:
        # Enough that no worker waits, and no more, for items are held here until they are done.
        try:
            return max(8, 3 * sum(map(int, self._client.nthreads().values())))
        except (OSError, RuntimeError, ValueError):
            return 8

    def _submit(self, task: Task[AnItem], item: AnItem, key: str) -> Any:
        return self._client.submit(task, item, key, key=key, pure=True, retries=_RETRIES)

    def _result(self, task: Task[AnItem], under_way: deque[tuple[AnItem, str, Any]]) -> Record | Fault:
        lost = (_distributed().CancelledError, import_module("distributed.comm").CommClosedError)
        while True:
            item, _, future = under_way[0]
            try:
                done: Record = future.result(timeout=_PATIENCE)
            except lost:
                self._go_on(task, under_way)
                continue
            except TimeoutError:
                if self._client.status != "running":
                    self._go_on(task, under_way)
                continue
            except Exception as error:
                under_way.popleft()
                return Fault(f"{item.in_words()}: {_why(error)}; its associations may be missing")
            under_way.popleft()
            return done

    def _go_on(self, task: Task[AnItem], under_way: deque[tuple[AnItem, str, Any]]) -> None:
        # The scheduler is gone, and with it its knowledge; finished work is in the manifest.
        self._say("the scheduler is gone; waiting for it to come back")
        self._client.close(timeout=1)
        self._client = self._connect()
        for place, (item, key, _) in enumerate(under_way):
            under_way[place] = (item, key, self._submit(task, item, key))


def _distributed() -> Any:
    return import_module("distributed")


def _why(error: Exception) -> str:
    if isinstance(error, _distributed().KilledWorker):
        return "the workers that took it died, one after another"
    return str(error) if isinstance(error, Fault) else f"{type(error).__name__}: {error}"
