"""Files written whole or not at all, and edits in place that lose nothing."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from asntools.common.faults import Fault, os_reason

_EXISTS = "exists already, and nothing is written; --force replaces it"

PATIENCE = 60.0
"""How long, in seconds, an edit waits for another one of the same file."""


def write_files(contents: Mapping[str, bytes], folder: Path, *, force: bool = False) -> list[Path]:
    """Write new files into a folder: all of them, each one whole, or none.

    All are written and synced under temporary names before the first one gets its own. A failure takes
    away what this call has made; with `force`, files that had been replaced by then stay replaced.

    Parameters
    ----------
    contents : mapping of str to bytes
        Each file's name, without folders, and what it holds.
    folder : Path
        Where to write; made, with its parents, where it is missing.
    force : bool
        Replace files that exist.

    Returns
    -------
    list of Path
        The files, in the order given.

    Raises
    ------
    Fault
        A name has a folder part, a file exists and `force` is not given, or writing failed.
    """
    for name in contents:
        if name in {"", ".", ".."} or "/" in name or "\0" in name:
            raise Fault("is no plain file name, and nothing may be written outside the folder", name or "''")
    paths = [folder / name for name in contents]
    for path in paths:
        if os.path.lexists(path) and (path.is_dir() or not force):
            raise Fault("is a folder" if path.is_dir() else _EXISTS, str(path))
    if folder.exists() and not folder.is_dir():
        raise Fault("is a file, not a folder", str(folder))
    staged: dict[Path, Path] = {}
    made: list[Path] = []
    current = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for current, data in zip(paths, contents.values(), strict=True):
            staged[current] = folder / f".asntools-{secrets.token_hex(8)}"
            _write_new(staged[current], data, 0o666)
        for current in paths:
            if force:
                staged[current].replace(current)
            else:
                _give_name(staged[current], current)
                made.append(current)
            del staged[current]
        current = folder
        _sync_folder(folder)
    except BaseException as error:
        for path in (*staged.values(), *made):
            with contextlib.suppress(OSError):
                path.unlink()
        if isinstance(error, FileExistsError) and current != folder:
            raise Fault(_EXISTS, str(current)) from error
        if isinstance(error, OSError):
            raise Fault(f"cannot write: {os_reason(error)}", str(current)) from error
        raise
    return paths


def replace_file(
    path: str | Path, data: bytes, *, expected: bytes | None = None, backup_suffix: str | None = None
) -> None:
    """Replace what a file holds, in place and under the lock of `editing`.

    Parameters
    ----------
    path : str or Path
        A file that exists.
    data : bytes
        What it shall hold.
    expected : bytes, optional
        What it must hold now for this to be done.
    backup_suffix : str, optional
        Keep what it held in a file of the same name with this at its end.

    Raises
    ------
    Fault
        The file cannot be edited, no longer holds what is expected, or could not be written; it is then
        as it was.
    """
    with editing(path) as edit:
        if expected is not None and edit.data != expected:
            raise Fault("was changed meanwhile; nothing is written", str(path))
        edit.write(data, backup_suffix=backup_suffix)


class Edit:
    """A file under edit: what it holds, and a way to replace that. Made by `editing`.

    Attributes
    ----------
    data : bytes
        What the file held when the lock was won.
    """

    def __init__(self, name: str, target: Path, descriptor: int):
        self._name = name
        self._target = target
        self._descriptor = descriptor
        self._before = os.fstat(descriptor)
        with open(descriptor, "rb", closefd=False) as stream:
            self.data = stream.read()

    def write(self, data: bytes, *, backup_suffix: str | None = None) -> None:
        """Replace what the file holds; it is the old one or the new one, whole, at every moment.

        Parameters
        ----------
        data : bytes
            What it shall hold.
        backup_suffix : str, optional
            Keep what it held in a file of the same name with this at its end.

        Raises
        ------
        Fault
            It could not be written, or another program changed it; it is then as it was.
        """
        target = self._target
        # Whoever holds the lock is the one writer, so one fixed name is safe, and what a killed edit left
        # there is swept away by the next.
        fresh = target.with_name(f".{target.name}.asn-new")
        try:
            if backup_suffix:
                self._stage(fresh, self.data)
                fresh.replace(target.with_name(target.name + backup_suffix))
            self._stage(fresh, data)
            if _identity(os.stat(target)) != _identity(self._before):
                raise Fault("was changed by another program meanwhile; nothing is written", self._name)
            fresh.replace(target)
            _sync_folder(target.parent)
        except BaseException as error:
            with contextlib.suppress(OSError):
                fresh.unlink()
            if isinstance(error, OSError):
                raise Fault(f"cannot write: {os_reason(error)}", self._name) from error
            raise

    def _stage(self, fresh: Path, data: bytes) -> None:
        fresh.unlink(missing_ok=True)
        _write_new(fresh, data, 0o600, like=self._target)


@contextlib.contextmanager
def editing(path: str | Path) -> Iterator[Edit]:
    """Hold a file under a lock from reading it to writing it back, so that edits at once follow each other.

    A symbolic link stays one: the file that it points to is edited.

    Parameters
    ----------
    path : str or Path
        An ordinary file that may be written, in a folder that may be written.

    Yields
    ------
    Edit
        What the file holds, and how to replace it.

    Raises
    ------
    Fault
        The file cannot be edited in place, or other edits of it took longer than `PATIENCE`.
    """
    name = str(path)
    try:
        target, descriptor = _lock(name)
    except OSError as error:
        raise Fault(f"cannot edit: {os_reason(error)}", name) from error
    except Fault:
        raise
    except ValueError as error:
        raise Fault("cannot edit: the name holds a null character", name) from error
    try:
        try:
            edit = Edit(name, target, descriptor)
        except OSError as error:
            raise Fault(f"cannot read: {os_reason(error)}", name) from error
        yield edit
    finally:
        os.close(descriptor)


def _lock(name: str) -> tuple[Path, int]:
    deadline = time.monotonic() + PATIENCE
    while True:
        target = Path(os.path.realpath(name, strict=True))
        _refuse_unfit(name, target)
        descriptor = os.open(target, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = os.fstat(descriptor)
            # An edit that ended between the opening and the locking has put another file in its place.
            if os.path.samestat(held, os.stat(target)) and stat.S_ISREG(held.st_mode):
                return target, descriptor
        except BlockingIOError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if time.monotonic() > deadline:
            raise Fault("is being edited by another program; try again later", name)
        time.sleep(0.002 + secrets.randbelow(8) / 1000)


def _refuse_unfit(name: str, target: Path) -> None:
    mode = target.stat().st_mode
    if not stat.S_ISREG(mode):
        raise Fault(f"is {_kind_of_file(mode)}; only ordinary files can be replaced", name)
    # The bits count too: root may write everywhere, but a file without any of them is meant to stay.
    if not mode & 0o222 or not os.access(target, os.W_OK):
        raise Fault("is read-only; 'chmod u+w' makes it editable", name)
    folder = target.parent
    if not folder.stat().st_mode & 0o222 or not os.access(folder, os.W_OK):
        raise Fault("is in a read-only folder, where no new file can be put in its place", name)


def _kind_of_file(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _identity(of: os.stat_result) -> tuple[int, ...]:
    return of.st_dev, of.st_ino, of.st_size, of.st_mtime_ns


def _write_new(path: Path, data: bytes, mode: int, *, like: Path | None = None) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with open(descriptor, "wb") as stream:
        stream.write(data)
        if like is not None:
            stream.flush()
            _keep_owner_and_mode(path, like)
        stream.flush()
        os.fsync(stream.fileno())


def _keep_owner_and_mode(path: Path, like: Path) -> None:
    old = like.stat()
    try:
        os.chown(path, old.st_uid, old.st_gid)
    except PermissionError:
        with contextlib.suppress(PermissionError):
            os.chown(path, -1, old.st_gid)
    shutil.copystat(like, path)  # with access control lists and other attributes
    os.utime(path)


def _give_name(staged: Path, path: Path) -> None:
    try:
        os.link(staged, path)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}:
            raise
        # A file system without hard links: claim the name first, which fails where it is taken.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        staged.replace(path)
        return
    staged.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # some network file systems cannot
            raise
    finally:
        os.close(descriptor)
