"""Where the associations of a cluster's workers go: a folder that all see, or an object store."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from asntools.common.faults import Fault, Report, os_reason
from asntools.common.files import write_files


class Storage:
    """A folder, by its path or by a URL that fsspec knows.

    Each file is written completely or not at all, and writing the same content again changes nothing.
    """

    def __init__(self, where: str):
        self._where = where
        self._folder: Path | None = None
        if "://" not in where:
            self._folder = Path(where)
            return
        from fsspec.core import url_to_fs

        try:
            self._system, self._root = url_to_fs(where)
        except (ImportError, ValueError) as error:
            raise Fault(f"cannot be opened: {error}", where) from error
        if "file" in self._system.protocol:
            self._folder = Path(self._root)

    def read(self, name: str, start: int = 0, end: int | None = None) -> bytes | None:
        """Return the content of a file, or a part of it, or None if there is no such file."""
        try:
            if self._folder is not None:
                with (self._folder / name).open("rb") as stream:
                    stream.seek(start)
                    return stream.read(-1 if end is None else end - start)
            data: bytes = self._system.cat_file(f"{self._root}/{name}", start, end)
            return data
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Fault(f"cannot read: {os_reason(error)}", f"{self._where}/{name}") from error

    def write(self, files: Mapping[str, bytes], report: Report, *, force: bool) -> None:
        """Write files; those that already have this content are left as they are.

        Raises a `Fault` if one has different content, unless `force` is given, or if writing failed.
        """
        found = {name: self.read(name) for name in files}
        new = {name: data for name, data in files.items() if found[name] != data}
        for name in new:
            if found[name] is not None and not force:
                what = "already exists with different content; use --force to replace it"
                raise Fault(what, f"{self._where}/{name}")
        if self._folder is not None:
            by_folder: dict[Path, dict[str, bytes]] = {}
            for name, data in new.items():
                path = self._folder / name
                by_folder.setdefault(path.parent, {})[path.name] = data
            for folder, contents in by_folder.items():
                write_files(contents, folder, report, force=True)
            return
        for name, data in new.items():
            self._put(name, data)

    def remove(self, names: list[str]) -> None:
        """Remove files, if they exist."""
        if self._folder is not None:
            for name in names:
                (self._folder / name).unlink(missing_ok=True)
            return
        for name in names:
            with suppress(FileNotFoundError):
                self._system.rm_file(f"{self._root}/{name}")

    def _put(self, name: str, data: bytes) -> None:
        # An object exists only once it is complete.
        system: Any = self._system
        try:
            system.pipe_file(f"{self._root}/{name}", data)
        except OSError as error:
            raise Fault(f"cannot write: {os_reason(error)}", f"{self._where}/{name}") from error
