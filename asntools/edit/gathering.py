"""Associations and the files that they name, gathered in one folder."""

from __future__ import annotations

import filecmp
import os
import stat
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from asntools.asn.document import Document
from asntools.asn.products import Association, products_of
from asntools.common.command import open_input
from asntools.common.faults import Fault, Report, os_reason, reading
from asntools.common.files import give_name, write_files
from asntools.common.staging import must_end, open_folder, staging_folder, unendable
from asntools.edit.edits import mover, relocate
from asntools.edit.runs import Changed, placed, rewritten
from asntools.jwst.asn_keys import TWEAKREG_CATALOG


def gather(
    files: Iterable[str],
    folder: str | Path,
    *,
    files_in: str | None = None,
    link: bool = False,
    missing_ok: bool = False,
    force: bool = False,
    report: Report,
) -> None:
    """Copy or link the files of associations into a folder, and then the associations, without folder names.

    An association is written last, once all its files are there, so that a gathered association is complete.
    Existing files with the same content are kept, so the same call resumes an interrupted one; with `force`,
    files with different content are replaced. Nothing is written elsewhere.

    The names of members refer to the folder of their association, or to `files_in`. With `link`, symbolic
    links are made instead of copies. Missing files and failures are reported; with `missing_ok`, associations
    are written even if files are missing.
    """
    target = Path(folder)
    origins: dict[str, tuple[str, str]] = {}
    for file in files:
        try:
            with open_input(file) as stream, reading(file):
                data = stream.read()
            named: dict[str, None] = {}
            new = rewritten(data, file, partial(_stripped, named), report, force=force)
            start = os.path.dirname(file) if files_in is None else files_in
            is_whole = True
            for fault in _fetch(named, start, target, origins, link=link, force=force):
                fault.source, fault.serious = file, not (missing_ok and isinstance(fault, _MissingFile))
                is_whole &= not fault.serious
                report(fault)
            if named and is_whole:
                _put_association(target / os.path.basename(file), file, new, force, report)
        except Fault as fault:
            report(fault)


_CHUNK = 1 << 20


class _MissingFile(Fault):
    """A file that an association names is not there."""


def _stripped(named: dict[str, None], documents: Sequence[Document]) -> Changed:
    changed: list[tuple[Document, list[Association]]] = []
    for document in documents:
        with placed(document):
            for product in products_of(document.value):
                for member in product["members"]:
                    catalog = member.get(TWEAKREG_CATALOG)
                    named[member["expname"]] = None
                    if catalog and isinstance(catalog, str):
                        named[catalog] = None
            changed.append((document, [relocate(document.value, mover(strip=True), force=True)]))
    return changed


def _fetch(
    names: Iterable[str],
    start: str,
    folder: Path,
    origins: dict[str, tuple[str, str]],
    *,
    link: bool,
    force: bool,
) -> list[Fault]:
    faults: list[Fault] = []
    for name in names:
        source, target = os.path.join(start, name), folder / os.path.basename(name)
        try:
            origin = os.path.realpath(source)
            first, written = origins.setdefault(target.name, (origin, source))
            if first != origin:
                raise Fault(f"{written!r} and {source!r} would both be {str(target)!r}")
            if not _is_file(source):
                raise _MissingFile(f"no file {source!r}")
            folder.mkdir(parents=True, exist_ok=True)
            _put(source, target, link, force)
        except Fault as fault:
            faults.append(fault)
        except OSError as error:
            faults.append(Fault(f"cannot put {name!r} into {str(folder)!r}: {os_reason(error)}"))
        except ValueError:
            faults.append(Fault(f"{name!r} contains a null character"))
    return faults


def _is_file(name: str) -> bool:
    # Unlike the function of os.path, which treats a file that cannot be looked at as missing.
    try:
        return stat.S_ISREG(os.stat(name).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _put(source: str, target: Path, link: bool, force: bool) -> None:
    if os.path.lexists(target):
        if os.path.isfile(target) and filecmp.cmp(source, target, shallow=False):
            return
        if target.is_dir() or not force:
            raise Fault(f"{str(target)!r} already exists with different content; use --force to replace it")
    name = target.name
    with unendable(), open_folder(target.parent) as folder, staging_folder(folder) as staged:
        if link:
            os.symlink(os.path.abspath(source), name, dir_fd=staged)
        else:
            _copy(source, name, staged)
        if force or link:
            os.replace(name, name, src_dir_fd=staged, dst_dir_fd=folder)
        else:
            give_name(name, staged, folder)


def _copy(source: str, name: str, folder: int) -> None:
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
    with open(source, "rb") as old, open(descriptor, "r+b") as new:
        while chunk := old.read(_CHUNK):
            new.write(chunk)
            if must_end():
                raise Fault("interrupted", source)
        new.flush()
        os.fsync(descriptor)
        found = os.fstat(old.fileno())
        os.utime(descriptor, ns=(found.st_atime_ns, found.st_mtime_ns))
        old.seek(0)
        new.seek(0)
        if not _is_same(old, new):
            raise Fault(f"{source!r} was not copied completely; did it change in the meantime?")


def _is_same(one: BinaryIO, other: BinaryIO) -> bool:
    while (chunk := one.read(_CHUNK)) == other.read(_CHUNK):
        if not chunk:
            return True
    return False


def _put_association(target: Path, source: str, data: bytes, force: bool, report: Report) -> None:
    if os.path.isfile(target):
        with reading(str(target)):
            if target.read_bytes() == data:
                return
        if os.path.samefile(source, target):
            raise Fault("names files in other folders, but is itself in the target folder", source)
    write_files({target.name: data}, target.parent, report, force=force)
