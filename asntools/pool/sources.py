"""The inputs of a command: names, lists of names, folders and URLs, several opened at once."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple, TypeVar

from asntools.common.command import open_input, source_name
from asntools.common.faults import Fault, Report, os_reason, reading
from asntools.common.foreign import refuse_foreign
from asntools.common.given import is_url

A = TypeVar("A")
B = TypeVar("B")

# How many files a thread takes at once: handing over costs as much as reading.
_BATCH = 32


class Source(NamedTuple):
    """Something to read."""

    name: str  # a path, a URL, or ``-`` for standard input
    found: bool = False  # whether it was found in a folder, which may have unrelated files


def sources(names: Iterable[str], report: Report, *, recursive: bool = False) -> Iterator[Source]:
    """Yield the files to read: each name and, if `recursive`, the files in each folder, ordered by name.

    Otherwise a folder is a `Source` like any file, and fails like one.
    """
    for name in names:
        if recursive and not is_url(name) and os.path.isdir(name):
            yield from (Source(path, found=True) for path in _files_in(name, report))
        else:
            yield Source(name)


def _files_in(folder: str, report: Report) -> Iterator[str]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        report(Fault(f"cannot read: {os_reason(error)}", folder))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files_in(entry.path, report)
        elif entry.is_file():
            yield entry.path


def read_names(stream: BinaryIO, source: str, *, null: bool = False) -> list[str]:
    """Read names, one per line or each with a null character after it; a `Fault` if they cannot be read."""
    with reading(source):
        data = stream.read()
    if not null:
        refuse_foreign(data, source)
        data = data.removeprefix(b"\xef\xbb\xbf")
    names = data.split(b"\0") if null else [line.strip() for line in data.splitlines()]
    return [os.fsdecode(name) for name in names if name]


def open_source(source: Source, *, remote: bool, folder: str = "") -> BinaryIO:
    """Open a file, by its name in a folder or its path, standard input or, if `remote` allows it, a URL.

    Raises a `Fault` if it cannot be opened.
    """
    if is_url(source.name):
        if not remote:
            raise Fault("is a URL; use --remote to read it over the network", source.name)
        from asntools.pool.remote import open_url

        return open_url(source.name)
    path = "-" if source.name == "-" else os.path.join(folder, source.name)
    try:
        return open_input(path)
    except Fault as fault:
        if os.path.isdir(path):
            raise Fault("is a folder, not a file; use -r to read the FITS files in it", source.name) from None
        fault.source = shown(source)
        raise


def shown(source: Source) -> str:
    """Return the name of a source as messages show it."""
    return source_name(source.name)


def overlapping(function: Callable[[A], B], items: Iterable[A], jobs: int) -> Iterator[B]:
    """Yield what a function, which should not raise, returns for each item, in order, from `jobs` threads.

    With one thread, each result is computed only when it is needed.
    """
    remaining = iter(items)
    first = list(itertools.islice(remaining, 2 if jobs > 1 else 0))
    if len(first) < 2:
        yield from map(function, itertools.chain(first, remaining))
        return
    from concurrent.futures import Future, ThreadPoolExecutor

    def work(batch: list[A]) -> list[B]:
        return [function(item) for item in batch]

    remaining = itertools.chain(first, remaining)
    batches = iter(lambda: list(itertools.islice(remaining, _BATCH)), [])
    waiting: deque[Future[list[B]]] = deque()
    executor = ThreadPoolExecutor(jobs)

    def begun(batch: list[A]) -> Future[list[B]]:
        try:
            return executor.submit(work, batch)
        except RuntimeError:  # the system lets no more threads start
            future: Future[list[B]] = Future()
            future.set_result(work(batch))
            return future

    try:
        for batch in batches:
            waiting.append(begun(batch))
            if len(waiting) > 2 * jobs:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
