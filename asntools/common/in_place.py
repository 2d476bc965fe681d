"""Edits in place that lose nothing: one at a time, the file whole at every moment."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from asntools.common.faults import Fault, Report, os_reason, reading
from asntools.common.staging import (
    UNSURE,
    fresh_name,
    hard_link,
    open_folder,
    remove,
    staged_file,
    sync_folder,
    try_lock,
    unendable,
    write_synced,
)

PATIENCE = 60.0
"""How long, in seconds, an edit waits for another one of the same file."""

_told_of_locks = False


class Edit:
    """A file being edited: the `data` that it held when the lock was taken, and a way to replace it."""

    def __init__(self, name: str, target: Path, descriptor: int, report: Report):
        self._name = name
        self._target = target
        self._descriptor = descriptor
        self._report = report
        self._is_written = False
        self._before = os.fstat(descriptor)
        with open(descriptor, "rb", closefd=False) as stream:
            self.data = stream.read()

    def write(self, data: bytes, *, backup_suffix: str | None = None) -> None:
        """Replace what the file holds; it is the old one or the new one, whole, at every moment.

        With `backup_suffix`, what it held is kept in a file of the same name with this at its end. After a
        `Fault` it is as it was, or is written and may not survive a power cut, which the message says.
        """
        try:
            with unendable(), open_folder(self._target.parent) as folder:
                self._write(data, folder, backup_suffix)
        except OSError as error:
            what = UNSURE if self._is_written else "cannot write"
            raise Fault(f"{what}: {os_reason(error)}", self._name) from error

    def _write(self, data: bytes, folder: int, backup_suffix: str | None) -> None:
        with ExitStack() as stack:
            fresh = stack.enter_context(self._staged(data, folder))
            if _identity(os.stat(self._target)) != _identity(self._before):
                raise Fault("was changed by another program meanwhile; nothing is written", self._name)
            if backup_suffix:
                stack.enter_context(self._backed_up(self._target.name + backup_suffix, folder))
            os.replace(fresh, self._target.name, src_dir_fd=folder, dst_dir_fd=folder)
            self._is_written = True
            sync_folder(folder)
        if self._before.st_nlink > 1:
            names = f"{self._before.st_nlink} names (hard links)"
            self._report(Fault(f"had {names}; the others keep the old content", self._name, serious=False))

    @contextmanager
    def _staged(self, data: bytes, folder: int) -> Iterator[str]:
        with staged_file(folder) as (name, descriptor):
            self._keep_attributes(descriptor)
            write_synced(descriptor, data)
            yield name

    @contextmanager
    def _backed_up(self, backup: str, folder: int) -> Iterator[None]:
        # The old backup stays until the edit is done: without an edit, there is nothing new to keep.
        with ExitStack() as stack:
            try:
                aside = _set_aside(backup, folder, stack)
                copy = fresh_name()
                if hard_link(self._target.name, copy, folder, folder):
                    stack.callback(remove, copy, folder)
                else:
                    copy = stack.enter_context(self._staged(self.data, folder))
                os.replace(copy, backup, src_dir_fd=folder, dst_dir_fd=folder)
            except OSError as error:
                name = str(self._target.with_name(backup))
                raise Fault(f"cannot write: {os_reason(error)}", name) from error
            try:
                yield
            finally:
                if not self._is_written:
                    if aside is None:
                        remove(backup, folder)
                    else:
                        os.replace(aside, backup, src_dir_fd=folder, dst_dir_fd=folder)

    def _keep_attributes(self, descriptor: int) -> None:
        # All by descriptor: a name could be made to point elsewhere meanwhile.
        old, new = self._before, os.fstat(descriptor)
        mode = stat.S_IMODE(old.st_mode)
        lost = []
        if new.st_uid != old.st_uid and not _may(os.fchown, descriptor, old.st_uid, -1):
            lost.append("owner")
            mode &= 0o777
        if new.st_gid != old.st_gid and not _may(os.fchown, descriptor, -1, old.st_gid):
            lost.append("group")
            # The members of another group may do only what everybody may.
            mode = mode & 0o707 | (mode & (mode << 3) & 0o070)
        elif not _copy_attributes(self._descriptor, descriptor):
            lost.append("access control list")
        os.fchmod(descriptor, mode)
        if lost:
            self._report(Fault(f"cannot keep its {' and its '.join(lost)}", self._name, serious=False))


def _may(change: Callable[[int, int, int], None], descriptor: int, owner: int, group: int) -> bool:
    try:
        change(descriptor, owner, group)
    except PermissionError:
        return False
    return True


def _copy_attributes(old: int, new: int) -> bool:
    # Access control lists are such attributes; others may be lost.
    if not hasattr(os, "listxattr"):
        return True
    kept = True
    passing = {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENODATA, errno.EINVAL, errno.ENOSYS}
    try:
        names = os.listxattr(old)
    except OSError as error:
        if error.errno in passing:
            return True
        raise
    for name in names:
        try:
            os.setxattr(new, name, os.getxattr(old, name))
        except OSError as error:
            if error.errno not in passing:
                raise
            kept &= name != "system.posix_acl_access"
    return kept


def _set_aside(name: str, folder: int, stack: ExitStack) -> str | None:
    # Give a file a second, temporary name, under a lock that keeps it from being swept away.
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    with suppress(OSError):
        descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        stack.callback(os.close, descriptor)
        try_lock(descriptor)
    aside = fresh_name()
    if not hard_link(name, aside, folder, folder):
        os.replace(name, aside, src_dir_fd=folder, dst_dir_fd=folder)
    stack.callback(remove, aside, folder)
    return aside


@contextmanager
def editing(path: str | Path, report: Report) -> Iterator[Edit]:
    """Lock a file from reading it to writing it back, so that simultaneous edits follow each other.

    A symbolic link stays one: the file that it points to is edited. If the file system has no locks, an edit
    is still refused when the file has changed since it was read. `report` is called with anything that cannot
    be kept, such as the owner, and, once, if there are no locks. Raises a `Fault` if it is not a writable
    ordinary file in a writable folder, or if other edits of it took longer than `PATIENCE`.
    """
    name = str(path)
    try:
        target, descriptor = _lock(name, report)
    except OSError as error:
        raise Fault(f"cannot edit: {os_reason(error)}", name) from error
    except Fault:
        raise
    except ValueError as error:
        raise Fault("cannot edit: the name contains a null character", name) from error
    try:
        with reading(name):
            edit = Edit(name, target, descriptor, report)
        yield edit
    finally:
        with suppress(OSError):  # nothing was written through it
            os.close(descriptor)


def _lock(name: str, report: Report) -> tuple[Path, int]:
    deadline = time.monotonic() + PATIENCE
    while True:
        target = Path(os.path.realpath(name, strict=True))
        _refuse_unfit(name, target)
        descriptor = os.open(target, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW)
        try:
            held = os.fstat(descriptor)
            # An edit that ended between the opening and the locking has put another file in its place.
            if (
                _try_lock(descriptor, report)
                and os.path.samestat(held, os.stat(target))
                and stat.S_ISREG(held.st_mode)
            ):
                return target, descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if time.monotonic() > deadline:
            raise Fault("is being edited by another program; try again later", name)
        time.sleep(0.002 + os.urandom(1)[0] / 32000)


def _try_lock(descriptor: int, report: Report) -> bool:
    global _told_of_locks  # noqa: PLW0603 - a run says so once
    locked = try_lock(descriptor)
    if locked is None and not _told_of_locks:
        _told_of_locks = True
        what = "files cannot be locked here; an edit is refused if another program changes the file meanwhile"
        report(Fault(what, serious=False))
    return locked is not False


def _refuse_unfit(name: str, target: Path) -> None:
    mode = target.stat().st_mode
    if not stat.S_ISREG(mode):
        kind = _KINDS_OF_FILE.get(stat.S_IFMT(mode), "a device")
        raise Fault(f"is {kind}; only ordinary files can be replaced", name)
    # The mode bits count, too: root may write anywhere, but a file without any write bit is meant to stay.
    if not mode & 0o222 or not os.access(target, os.W_OK):
        raise Fault("is read-only; 'chmod u+w' makes it editable", name)
    folder = target.parent
    if not folder.stat().st_mode & 0o222 or not os.access(folder, os.W_OK):
        raise Fault("is in a read-only folder, where no new file can be put in its place", name)


_KINDS_OF_FILE = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}


def _identity(of: os.stat_result) -> tuple[int, ...]:
    return of.st_dev, of.st_ino, of.st_size, of.st_mtime_ns
