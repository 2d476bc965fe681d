"""Exposures written as a pool again."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from asntools.common.faults import Fault, Report, raise_or_warn
from asntools.common.files import write_files
from asntools.common.given import refuse_no_file
from asntools.common.records import Record
from asntools.common.words import is_formula


def write_pool(
    exposures: Iterable[Record], target: str | os.PathLike[str] | BinaryIO, *, report: Report = raise_or_warn
) -> None:
    """Write exposures as a pool table, to a file open for bytes or, completely or not at all, to a file name.

    Raises a `Fault` if the file cannot be written or, without `report`, if a table cannot hold an exposure.
    """
    refuse_no_file(target, "write")
    data = b"".join(pool_lines(exposures, report))
    if isinstance(target, (str, os.PathLike)):
        path = Path(target)
        write_files({path.name: data}, path.parent, report, force=True)
    else:
        target.write(data)


def pool_lines(exposures: Iterable[Record], report: Report, delimiter: str = "|") -> Iterator[bytes]:
    """Write exposures as a pool table, header first, which `read_exposures` reads back to the same records.

    The columns are those of all the exposures, so all are read before the first line is returned.
    """
    records = list(exposures)
    formulas = _Formulas(report)
    columns = list(dict.fromkeys(itertools.chain.from_iterable(records)))
    if not columns:
        return
    if any("\n" in name or "\r" in name for name in columns):
        raise Fault("a key with a line end cannot be the name of a table's column")
    yield _join(columns, delimiter)
    for record in records:
        values = ["null" if (value := record.get(name)) is None else value for name in columns]
        if any("\n" in value or "\r" in value for value in values):
            what = "has a line end in a value, which a table cannot hold; it is left out"
            report(Fault(f"exposure {record['filename']!r} {what}"))
            continue
        formulas.look_for(columns, values)
        yield _join(values, delimiter)


class _Formulas:
    # A pool is to be read back as it was, so that a formula stays, and the first is reported.
    def __init__(self, report: Report):
        self._report = report
        self._found = False

    def look_for(self, columns: list[str], values: list[str]) -> None:
        if self._found:
            return
        for name, value in zip(columns, values, strict=True):
            if is_formula(value):
                self._found = True
                what = f"{name} {value!r} is a formula to a spreadsheet; open the pool as text only"
                self._report(Fault(what, serious=False))
                return


def _join(values: list[str], delimiter: str) -> bytes:
    text = delimiter.join(
        '"{}"'.format(value.replace('"', '""'))
        if delimiter in value or '"' in value or value[:1] == "#"
        else value
        for value in values
    )
    return text.encode("utf-8") + b"\n"
