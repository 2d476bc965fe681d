"""Associations written to files in a folder, all or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from asntools.build.associations import Built
from asntools.common.command import Console
from asntools.common.faults import Fault
from asntools.common.records import dump_record


def lines_of(associations: Iterable[Built]) -> bytes:
    """Return associations as JSON lines."""
    lines = bytearray()  # the result of orjson keeps a larger buffer than it needs
    for built in associations:
        lines += dump_record(built.asn)
    return bytes(lines)


def file_contents(built: Built) -> bytes:
    """Return the content of an association's file."""
    from asntools.asn.formats import JSON, dump_documents

    return b"".join(dump_documents([built.asn], JSON))


def write_associations(
    associations: Iterable[tuple[str, bytes]], folder: Path, console: Console, *, force: bool
) -> None:
    """Write associations, each given by a file name and its content.

    Raises
    ------
    Fault
        Nothing is written: two have the same name, a file exists, or the input is faulty; `force` overrides
        all but the first.
    """
    from asntools.common.files import write_files

    def checked() -> Iterator[tuple[str, bytes]]:
        names: set[str] = set()
        for name, data in associations:
            if name in names:
                raise Fault("is the file name of two associations; nothing is written", name)
            names.add(name)
            yield name, data
        if console.status and not force:
            what = "the input is faulty, and nothing is written; use --force to write what could be made"
            raise Fault(what)

    write_files(checked(), folder, console.report, force=force)
