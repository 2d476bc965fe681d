"""New files, one or a set of them, written completely or not at all."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from asntools.common.faults import Fault, Report, os_reason
from asntools.common.in_place import PATIENCE, editing
from asntools.common.staging import (
    UNSURE,
    endable,
    hard_link,
    must_end,
    open_folder,
    staging_folder,
    sync_folder,
    try_lock,
    unendable,
    write_synced,
)

_EXISTS = "already exists, and nothing is written; use --force to replace it"


def write_files(
    contents: Mapping[str, bytes] | Iterator[tuple[str, bytes]],
    folder: Path,
    report: Report,
    *,
    force: bool = False,
) -> list[Path]:
    """Write new files into a folder: all of them, each one whole, or none.

    `contents` are names, without folders, and what is in each file; what an iterator raises ends it all. The
    folder is made, with its parents, where it is missing. Files that exist are replaced only with `force`.

    All are written and synced in a temporary folder, as they come, before the first one gets its name. Where
    giving names then fails, the new files are taken away again. Files that were replaced by then stay
    replaced; those that are not yet are reported one by one. A `Fault` says why nothing, or not all, is done.
    """
    new = _NewFiles(folder, force=force)
    try:
        with unendable():
            new.write(contents.items() if isinstance(contents, Mapping) else new.awaited(contents), report)
    except OSError as error:
        if new.awaits:
            raise
        if new.are_written:
            raise Fault(f"{UNSURE}: {os_reason(error)}", str(folder)) from error
        if isinstance(error, FileExistsError) and new.current != folder:
            raise Fault(_EXISTS, str(new.current)) from error
        raise Fault(f"cannot write: {os_reason(error)}", str(new.current)) from error
    return [folder / name for name in new.names]


class _NewFiles:
    def __init__(self, folder: Path, *, force: bool):
        self.are_written = False
        self.awaits = False  # whether a failure is not our own
        self.current = folder  # what a failure is about
        self.names: list[str] = []
        self._folder = folder
        self._force = force

    def awaited(self, contents: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        while True:
            self.awaits = True
            with endable():
                following = next(contents, None)
            self.awaits = False
            if following is None:
                return
            yield following

    def write(self, contents: Iterable[tuple[str, bytes]], report: Report) -> None:
        if self._folder.exists() and not self._folder.is_dir():
            raise Fault("is a file, not a folder", str(self._folder))
        missing = [each for each in (self._folder, *self._folder.parents) if not each.is_dir()]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with open_folder(self._folder) as folder:
                with staging_folder(folder) as staged:
                    for name, data in contents:
                        self._check(name)
                        _stage(name, data, staged)
                        self.names.append(name)
                        self._end_if_asked()
                    self.current = self._folder
                    self._wait_for_lock(folder)
                    self._give_names(staged, folder, report)
                    self.are_written = True
                sync_folder(folder)
            if missing:
                with open_folder(self._folder.parent) as parent:
                    sync_folder(parent)
        except BaseException:
            with suppress(OSError):
                for each in missing:
                    each.rmdir()
            raise

    def _check(self, name: str) -> None:
        if name in {"", ".", ".."} or "/" in name or "\0" in name:
            what = "is not a plain file name, and nothing may be written outside the folder"
            raise Fault(what, name or "''")
        self.current = path = self._folder / name
        if path.is_dir():
            raise Fault("is a folder", str(path))
        if os.path.lexists(path) and not self._force:
            raise Fault(_EXISTS, str(path))

    def _end_if_asked(self) -> None:
        if must_end():
            raise Fault("interrupted; nothing is written", str(self._folder))

    def _wait_for_lock(self, folder: int) -> None:
        # So that of two runs that write the same files one succeeds. Where a folder cannot be locked, as on
        # NFS, both may refuse; no file is harmed.
        deadline = time.monotonic() + PATIENCE
        with suppress(OSError):
            while try_lock(folder) is False:
                self._end_if_asked()
                if time.monotonic() > deadline:
                    raise Fault("is being written to by another run; try again later", str(self._folder))
                time.sleep(0.01)

    def _give_names(self, staged: int, folder: int, report: Report) -> None:
        done: dict[str, int] = {}
        try:
            for name in self.names:
                self.current = self._folder / name
                number = os.stat(name, dir_fd=staged).st_ino
                if self._force:
                    os.replace(name, name, src_dir_fd=staged, dst_dir_fd=folder)
                else:
                    give_name(name, staged, folder)
                done[name] = number
        except OSError:
            if not self._force:
                self._undo(done, folder, report)
            elif done:
                what = f"not written, unlike {len(done)} others; run the command again to finish"
                for name in self.names[len(done) :]:
                    report(Fault(what, str(self._folder / name)))
            raise

    def _undo(self, done: Mapping[str, int], folder: int, report: Report) -> None:
        for name, number in done.items():
            try:
                # Another program may have put its own there.
                if os.stat(name, dir_fd=folder, follow_symlinks=False).st_ino == number:
                    os.unlink(name, dir_fd=folder)
            except FileNotFoundError:
                pass
            except OSError as error:
                what = f"written, unlike others, and cannot be removed: {os_reason(error)}; remove it by hand"
                report(Fault(what, str(self._folder / name)))


def _stage(name: str, data: bytes, folder: int) -> None:
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666, dir_fd=folder)
    try:
        write_synced(descriptor, data)
    finally:
        os.close(descriptor)


def give_name(name: str, staged: int, folder: int) -> None:
    """Move a file from a staging folder to its place; raises `FileExistsError` if its name is taken."""
    if not hard_link(name, name, staged, folder):
        if _is_there(name, folder):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        os.replace(name, name, src_dir_fd=staged, dst_dir_fd=folder)


def _is_there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def write_file(path: Path, data: bytes, report: Report) -> None:
    """Write one file, new or not, completely or not at all; a `Fault` says why it was left as it was."""
    if os.path.lexists(path):
        with editing(path, report) as edit:
            edit.write(data)
    elif path.parent.is_dir():
        write_files({path.name: data}, path.parent, report)
    else:
        raise Fault("cannot write: there is no such folder", str(path))
