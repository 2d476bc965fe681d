"""Text tables: one row of delimited fields per exposure, below a header."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from asntools.common.faults import STDIN, Fault, Report, not_utf8
from asntools.common.foreign import PACKED, ZIP
from asntools.common.words import counted, listed

NEEDED = ("filename", "program", "instrume", "exp_type")
"""The columns that every pool needs, in addition to ``asn_candidate`` or ``obs_num``."""

_DELIMITERS = "|\t;,"

# A quoted field may be as long as it likes.
csv.field_size_limit(2**31 - 1)


class Row(NamedTuple):
    """The values of a row, the names of its columns, and its line."""

    columns: tuple[str, ...]
    values: Sequence[Any]
    number: int


def text_rows(lines: Iterable[tuple[int, bytes]], source: str, report: Report) -> Iterator[Row]:
    """Read the rows of a table from its lines, each with its number; a row at fault is reported."""
    header = None
    rows = False
    for number, raw in lines:
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
        except UnicodeDecodeError as error:
            if header is None:
                raise Fault(not_utf8(error), source, number) from error
            report(Fault(f"{not_utf8(error)}; the row is left out", source, number))
            continue
        if not text or text.isspace() or text.lstrip().startswith("#"):
            continue
        if header is None:
            header = _Header(text, source, number)
            continue
        rows = True
        try:
            values = header.split(text)
        except ValueError as error:
            report(Fault(f"{error}; the row is left out", source, number))
            continue
        if not header.is_again(values):
            yield Row(header.columns, values, number)
    if header is None:
        raise empty(source)
    if not rows:
        raise without_rows(source)


class _Header:
    # The first line of a table, and how it says to divide the others.
    def __init__(self, text: str, source: str, number: int):
        self._delimiter = max(_DELIMITERS, key=lambda each: _likeness(text, each))
        try:
            names = [name.strip().lower() for name in _split(text, self._delimiter)]
        except csv.Error as error:
            raise Fault("a carriage return within the header", source, number) from error
        self._bars = len(names) > 2 and names[0] == names[-1] == ""
        self.columns = tuple(names[1:-1] if self._bars else names)
        check_columns(self.columns, source, number)
        self._needed = {self.columns.index(name): name for name in NEEDED if name != "filename"}
        self._program = self.columns.index("program")

    def split(self, text: str) -> list[str]:
        """Return the fields of a row; raise a ValueError if they do not match the header."""
        try:
            values = _split(text, self._delimiter)
        except csv.Error:
            raise ValueError("a carriage return within a field") from None
        values = values[1:-1] if self._bars else values
        if len(values) != len(self.columns):
            raise ValueError(f"{counted(len(values), 'field')}, but the header has {len(self.columns)}")
        return values

    def is_again(self, values: list[str]) -> bool:
        """Return whether a row repeats the header, as in concatenated pools."""
        if values[self._program].strip().lower() != "program":
            return False
        return all(values[place].strip().lower() == name for place, name in self._needed.items())


def empty(source: str) -> Fault:
    """Return the fault of an empty input: only a warning on standard input, as after a strict filter."""
    what = "is empty; a pool has a header line with the names of its columns"
    return Fault(what, source, serious=source != STDIN)


def without_rows(source: str) -> Fault:
    """Return the warning about a table with only a header."""
    return Fault("has a header, but no exposures", source, serious=False)


def _split(text: str, delimiter: str) -> list[str]:
    if '"' in text:
        return next(csv.reader([text], delimiter=delimiter, skipinitialspace=True))
    return text.split(delimiter)


def _likeness(header: str, delimiter: str) -> tuple[int, int]:
    # How much this looks like the delimiter: names of columns may hold one of the others.
    names = {name.strip(' "').lower() for name in header.split(delimiter)}
    return len(names & set(NEEDED)), header.count(delimiter)


def refuse_packed(first: bytes, source: str, options: str = "") -> None:
    """Raise a `Fault` if the first bytes of an input are those of a compressed file or a workbook."""
    for magic, (kind, unpack) in PACKED.items():
        if first.startswith(magic):
            raise Fault(f"is compressed by {kind}; {unpack} FILE | asn-pool{options} reads it", source)
    if first.startswith(ZIP):
        raise Fault("is a zip file or a workbook (.xlsx); save the sheet as CSV", source)


def check_columns(columns: Sequence[str], source: str, line: int | None) -> None:
    """Raise a `Fault` if columns that a pool needs are missing, or one has two places."""
    twice = sorted(name for name, count in Counter(columns).items() if count > 1)
    if twice:
        raise Fault(f"the header names {listed(twice)} more than once", source, line)
    missing = [name for name in NEEDED if name not in columns]
    if not {"asn_candidate", "obs_num", "observtn"} & set(columns):
        missing.append("asn_candidate (or obs_num)")
    if missing:
        raise Fault(f"the header lacks {listed(missing)}, which a pool needs", source, line)
