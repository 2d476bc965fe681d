"""Tables of text: one row per exposure, its fields between delimiters, below a header."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from asntools.common.faults import STDIN, Fault, Report, not_utf8
from asntools.common.records import Line
from asntools.common.words import listed

NEEDED = ("filename", "program", "instrume", "exp_type")
"""The columns that no pool can do without; beside them ``asn_candidate`` or ``obs_num``."""

_DELIMITERS = "|\t;,"

# A quoted field may be as long as it likes.
csv.field_size_limit(2**31 - 1)


def text_rows(lines: Iterable[tuple[int, bytes]], source: str, report: Report) -> Iterator[Line]:
    """Read the rows of a table from its lines, each with its number; a row at fault is reported."""
    columns: list[str] = []
    delimiter = "|"
    bars = False
    rows = False
    for number, raw in lines:
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
        except UnicodeDecodeError as error:
            if not columns:
                raise Fault(not_utf8(error), source, number) from error
            report(Fault(f"{not_utf8(error)}; the row is left out", source, number))
            continue
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        if not columns:
            delimiter = max(_DELIMITERS, key=lambda each: _likeness(text, each))
            columns = [name.lower() for name in _split(text, delimiter)]
            bars = len(columns) > 2 and columns[0] == columns[-1] == ""
            columns = columns[1:-1] if bars else columns
            check_columns(columns, source, number)
            continue
        rows = True
        try:
            values = _split(text, delimiter)
        except csv.Error:
            report(Fault("a carriage return within a field; the row is left out", source, number))
            continue
        values = values[1:-1] if bars else values
        if len(values) != len(columns):
            count = f"{len(values)} field{'s' if len(values) > 1 else ''}"
            what = f"{count}, and the header has {len(columns)}; the row is left out"
            report(Fault(what, source, number))
            continue
        record = dict(zip(columns, values, strict=True))
        if all(record[name].lower() == name for name in NEEDED if name != "filename"):
            continue  # the header once more, as where pools were put one after another
        yield Line(record, raw, source, number)
    if not columns:
        raise empty(source)
    if not rows:
        raise without_rows(source)


def empty(source: str) -> Fault:
    """Return what is wrong with an empty input: on standard input a warning, a filter may pass nothing on."""
    what = "is empty; a pool has a header line with the names of its columns"
    return Fault(what, source, serious=source != STDIN)


def without_rows(source: str) -> Fault:
    """Return the warning about a table with a header alone."""
    return Fault("has a header, and no exposures", source, serious=False)


def _split(text: str, delimiter: str) -> list[str]:
    fields = (
        next(csv.reader([text], delimiter=delimiter, skipinitialspace=True))
        if '"' in text
        else text.split(delimiter)
    )
    return [field.strip() for field in fields]


def _likeness(header: str, delimiter: str) -> tuple[int, int]:
    # How much this looks like the delimiter: names of columns may hold one of the others.
    names = {name.strip(' "').lower() for name in header.split(delimiter)}
    return len(names & set(NEEDED)), header.count(delimiter)


def check_columns(columns: Sequence[str], source: str, line: int | None) -> None:
    """Raise a `Fault` where columns that a pool needs are missing, or one has two places."""
    twice = sorted(name for name, count in Counter(columns).items() if count > 1)
    if twice:
        raise Fault(f"the header names {listed(twice)} more than once", source, line)
    missing = [name for name in NEEDED if name not in columns]
    if "asn_candidate" not in columns and "obs_num" not in columns:
        missing.append("asn_candidate (or obs_num)")
    if missing:
        raise Fault(f"the header lacks {listed(missing)}, which a pool needs", source, line)
