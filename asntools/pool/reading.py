"""Exposures from inputs of every kind, which is recognized by the content."""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Iterator
from pathlib import PurePath
from typing import IO, Any, BinaryIO, cast

from asntools.common.command import open_input
from asntools.common.faults import STDIN, Fault, Report, raise_or_warn, reading
from asntools.common.foreign import refuse_foreign
from asntools.common.given import check_source
from asntools.common.records import Line, Record, read_records
from asntools.pool.exposures import Forms
from asntools.pool.repeats import Compared, Repeats
from asntools.pool.tables import Row, empty, refuse_packed, text_rows

NO_POOL = "none"
"""The ``asn_pool`` of exposures that do not come from a pool file."""


def read_pool(
    source: str | os.PathLike[str] | IO[Any],
    *,
    table_format: str | None = None,
    report: Report = raise_or_warn,
) -> list[Record]:
    """Read a pool or exposure records from an open file or a file name.

    Without `report`, the first faulty row raises a `Fault`, and remarks become Python warnings.
    """
    check_source(source, "read_pool", "a pool")
    if isinstance(source, (str, os.PathLike)):
        name = os.fspath(source)
        with open_input(name) as stream:
            return _all_exposures(stream, name, report, table_format)
    name = str(getattr(source, "name", STDIN))
    if isinstance(source, io.TextIOBase):
        with reading(name):
            source = io.BytesIO(source.read().encode("utf-8", "surrogateescape"))
    return _all_exposures(cast(BinaryIO, source), name, report, table_format)


def _all_exposures(stream: BinaryIO, source: str, report: Report, table_format: str | None) -> list[Record]:
    try:
        return list(read_exposures(stream, source, report, table_format=table_format))
    except Fault as fault:
        if fault.serious:
            raise
        report(fault)
        return []


def read_exposures(
    stream: BinaryIO,
    source: str,
    report: Report,
    *,
    table_format: str | None = None,
    repeats: Repeats | None = None,
) -> Iterator[Record]:
    """Read the exposures of a pool table or of exposure records, in their normal form.

    Parameters
    ----------
    stream : BinaryIO
        Delimited text, exposure records (JSON lines), or a table in `table_format`.
    source : str
        Its name, for messages; the last part becomes the exposures' ``asn_pool``.
    report : callable
        Called with a fault for each row that is skipped.
    table_format : str, optional
        The name of a format that astropy reads: ``ascii.ecsv``, ``fits``, ``votable``...
    repeats : Repeats, optional
        The exposures of other inputs, to take each exposure once.

    Raises
    ------
    Fault
        The table as a whole is not a pool. It is only a warning if there are no exposures below the header,
        or standard input is empty, as from a filter that lets nothing through.
    """
    of_all = Repeats(report) if repeats is None else repeats
    try:
        yield from of_all.leave_out(_compared(stream, source, report, table_format), source)
    finally:
        if repeats is None:
            of_all.finish()


def _compared(stream: BinaryIO, source: str, report: Report, table_format: str | None) -> Iterator[Compared]:
    forms = Forms(NO_POOL if source == STDIN else _decoded(PurePath(source).name))
    of_keywords: list[tuple[Record, int]] = []
    for columns, values, number in _rows(stream, source, report, table_format):
        try:
            form = forms[columns]
            if form.kind in ("a group", "an association"):
                report(Fault(f"{form.kind}, not an exposure record", source, number))
                continue
            exposure = form.exposure(values)
        except ValueError as error:
            report(Fault(f"{error}; the exposure is left out", source, number))
            continue
        if form.of_keywords:
            of_keywords.append((exposure, number))
        else:
            yield exposure, form.fingerprint(exposure), number
    if of_keywords:
        from asntools.pool.keyword_tables import exposures_of_keywords

        lines = {exposure["filename"]: number for exposure, number in reversed(of_keywords)}
        for exposure in exposures_of_keywords(of_keywords, source, report):
            form = forms[tuple(exposure)]
            yield exposure, form.fingerprint(exposure), lines[exposure["filename"]]


def _rows(stream: BinaryIO, source: str, report: Report, table_format: str | None) -> Iterator[Row]:
    if table_format is not None:
        from asntools.pool.astropy_tables import astropy_rows

        return astropy_rows(stream, source, table_format)
    lines = _numbered(stream, source)
    first = next(((number, raw) for number, raw in lines if raw.strip()), None)
    if first is None:
        raise empty(source)
    number, raw = first
    lines = _refuse_other_formats(raw, lines, source)
    start = raw.lstrip(b"\xef\xbb\xbf \t")[:1]
    if start == b"[":
        raise Fault("is a JSON list; write one record per line, as jq -c '.[]' does", source)
    if start == b"{":
        records = itertools.chain([raw], (line for _, line in lines))
        return map(_row, read_records(records, source, report, first_line=number))
    return text_rows(_with_line_ends(number, raw, lines, source), source, report)


def _row(line: Line[Record]) -> Row:
    return Row(tuple(line.record), list(line.record.values()), line.number)


def _with_line_ends(
    number: int, first: bytes, lines: Iterator[tuple[int, bytes]], source: str
) -> Iterator[tuple[int, bytes]]:
    # If lines end with carriage returns only, the first line is the whole file.
    if b"\r" not in first.strip() or b"\0" in first:
        return itertools.chain([(number, first)], lines)
    if any(raw.strip() for _, raw in lines):
        what = "a carriage return within the line, where others end with a newline; use one kind of line end"
        raise Fault(what, source, number)
    return enumerate(first.split(b"\r"), number)


def _refuse_other_formats(
    first: bytes, lines: Iterator[tuple[int, bytes]], source: str
) -> Iterator[tuple[int, bytes]]:
    # Returns the lines, having looked at some of them to tell a VOTable from other XML.
    refuse_packed(first, source)
    refuse_foreign(first, source)
    if first.startswith(b"# %ECSV"):
        # Its header and its null values are other than those of a pool.
        raise _needs_format("ECSV", "ascii.ecsv", source)
    if first.startswith((b"<?xml", b"<VOTABLE")):
        head = list(itertools.islice(lines, 20))
        if any(b"<VOTABLE" in line for line in (first, *(line for _, line in head))):
            raise _needs_format("a VOTable", "votable", source)
        lines = itertools.chain(head, lines)
    return lines


def _needs_format(what: str, name: str, source: str) -> Fault:
    return Fault(f"is {what}; asn-pool --format {name} reads such tables", source)


def _numbered(stream: BinaryIO, source: str) -> Iterator[tuple[int, bytes]]:
    with reading(source):
        yield from enumerate(stream, 1)


def _decoded(name: str) -> str:
    # The bytes of a file's name need not be UTF-8; those of a record are.
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
