"""Temporary files and folders: locked while they are in use, swept away where a killed run left them.

They stand beside what they will become, under random names that nobody else uses. Whoever makes one holds
its lock, so one whose lock is free belongs to a run that is no more. Signals that end a command wait
until it has taken away what it made.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import signal
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

UNSURE = "written, but may not survive a power cut"
"""What to say where a file has its name and syncing its folder fails."""

# What file systems answer that have no locks, and no hard links.
_NO_LOCKS = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOLCK}
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_NAME = re.compile(r"\.asntools-[0-9a-f]{16}\.tmp")
_LOCK = ".lock"
_ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}

_swept: set[tuple[int, int]] = set()


def fresh_name() -> str:
    """Return a name for a temporary file that nobody else has."""
    return f".asntools-{os.urandom(8).hex()}.tmp"


@contextmanager
def unendable() -> Iterator[None]:
    """Hold back the signals that would end the command; what came meanwhile ends it afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def endable() -> Iterator[None]:
    """Let the signals through that `unendable` holds back, as a `KeyboardInterrupt`, in the main thread.

    They end the command once `unendable` is over.
    """
    process = os.getpid()
    caught: list[int] = []

    def end(number: int, _: object) -> None:
        if os.getpid() != process:  # a copy of this process, which has nothing to take away
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        caught.append(number)
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in _ENDING}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, end)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        for number, handler in before.items():
            signal.signal(number, handler)
        for sent in caught:
            os.kill(process, sent)


def must_end() -> bool:
    """Return whether a signal waits that ends the command."""
    return bool(signal.sigpending() & _ENDING)


@contextmanager
def open_folder(path: str | os.PathLike[str]) -> Iterator[int]:
    """Hold a folder open, and free of what killed runs left there; gives its descriptor."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _sweep(folder)
        yield folder
    finally:
        os.close(folder)


def sync_folder(folder: int) -> None:
    """Let the names in a folder survive a power cut."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # some network file systems cannot
            raise


def try_lock(descriptor: int) -> bool | None:
    """Lock an open file; False where another process holds the lock, None if there are no locks.

    The file must be open for writing too: NFS asks for that.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return None
    return True


def hard_link(name: str, other: str, folder: int, other_folder: int) -> bool:
    """Give a file another name; returns False where there are no hard links."""
    try:
        os.link(name, other, src_dir_fd=folder, dst_dir_fd=other_folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return False
    return True


def _is_mine(descriptor: int) -> bool:
    # Between its making and its locking, a file may fall to the sweep of another run.
    return try_lock(descriptor) is not False and os.fstat(descriptor).st_nlink > 0


@contextmanager
def staged_file(folder: int) -> Iterator[tuple[str, int]]:
    """Make an empty temporary file that only its owner may read; gives its name and its descriptor.

    It is gone afterwards, unless it has been given another name.
    """
    while True:
        name = fresh_name()
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
        with ExitStack() as stack:
            stack.callback(os.close, descriptor)
            stack.callback(remove, name, folder)
            if _is_mine(descriptor):
                yield name, descriptor
                return


@contextmanager
def staging_folder(folder: int) -> Iterator[int]:
    """Make a temporary folder; gives its descriptor. It is gone afterwards, with what is still in it."""
    while True:
        name = fresh_name()
        os.mkdir(name, 0o700, dir_fd=folder)
        with ExitStack() as stack:
            stack.callback(_remove_folder, name, folder)
            try:
                inside = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                stack.callback(os.close, inside)
                lock = os.open(_LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=inside)
            except FileNotFoundError:
                continue
            stack.callback(os.close, lock)
            if _is_mine(lock):
                stack.callback(_empty, inside)
                yield inside
                return


def write_synced(descriptor: int, data: bytes) -> None:
    """Write all of `data` and bring it to the disk."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)


def remove(name: str, folder: int) -> None:
    """Remove a file of a folder; what cannot be removed is left for a later run."""
    with suppress(OSError):
        os.unlink(name, dir_fd=folder)


def _remove_folder(name: str, folder: int) -> None:
    with suppress(OSError):
        os.rmdir(name, dir_fd=folder)


def _empty(folder: int) -> None:
    # The lock goes last, and stays if anything stays: only it marks the folder as one to clean up.
    with suppress(OSError):
        for name in sorted(os.listdir(folder), key=_LOCK.__eq__):
            os.unlink(name, dir_fd=folder)


def _sweep(folder: int) -> None:
    # Once a run: many files may be edited in one folder of many.
    here = os.fstat(folder)
    if (here.st_dev, here.st_ino) in _swept:
        return
    _swept.add((here.st_dev, here.st_ino))
    with suppress(OSError):
        for name in filter(_NAME.fullmatch, os.listdir(folder)):
            with suppress(OSError):
                _sweep_one(name, folder)


def _sweep_one(name: str, folder: int) -> None:
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if os.geteuid() not in {0, found.st_uid}:
        return
    with ExitStack() as stack:
        if stat.S_ISDIR(found.st_mode):
            inside = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            stack.callback(os.close, inside)
            if _LOCK in os.listdir(inside):
                stack.callback(os.close, lock := _open_to_lock(_LOCK, inside))
                if not try_lock(lock):
                    return
                _empty(inside)
            os.rmdir(name, dir_fd=folder)
        elif stat.S_ISREG(found.st_mode):
            stack.callback(os.close, file := _open_to_lock(name, folder))
            if try_lock(file):
                os.unlink(name, dir_fd=folder)


def _open_to_lock(name: str, folder: int) -> int:
    return os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
