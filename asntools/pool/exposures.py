"""Pools: tables with a row an exposure, in; exposure records, out; and back."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from math import isnan
from pathlib import PurePath
from typing import Any, BinaryIO

from asntools.common.faults import STDIN, Fault, Report, os_reason
from asntools.common.records import Line, Record, kind_of, kind_of_record, read_records
from asntools.jwst.candidates import Candidate, parse_candidates
from asntools.jwst.exposures import UNSPECIFIED

NO_POOL = "none"
"""The ``asn_pool`` of exposures that come from no pool file."""

NEEDED = ("filename", "program", "instrume", "exp_type")
"""The columns that no pool can do without; beside them ``asn_candidate`` or ``obs_num``."""

_DELIMITERS = "|\t;,"

# A quoted field may be as long as it likes.
csv.field_size_limit(2**31 - 1)


def read_exposures(
    stream: BinaryIO, source: str, report: Report, *, table_format: str | None = None
) -> Iterator[Record]:
    """Read the exposures of a pool table or of exposure records.

    Parameters
    ----------
    stream : BinaryIO
        Text with a delimiter, exposure records (JSON lines), or a table in `table_format`.
    source : str
        Its name, for messages; the last part of it becomes the exposures' ``asn_pool``.
    report : callable
        Takes note of rows that are passed over, and why.
    table_format : str, optional
        The name of a format that astropy reads: ``ascii.ecsv``, ``fits``, ``votable``...

    Yields
    ------
    dict
        An exposure record: lower-case keys, values as lower-case text (`filename` keeps its case) or None.

    Raises
    ------
    Fault
        The table as a whole is no pool. A warning where it has a header and no exposures, and where standard
        input is empty: what a filter wrote that let nothing through is a stream of no exposures.
    """
    seen = _Seen(report)
    pool = NO_POOL if source == STDIN else _decoded(PurePath(source).name)
    for line in _rows(stream, source, report, table_format):
        kind = kind_of_record(line.record)
        if kind in ("a group", "an association"):
            report(Fault(f"{kind}, not an exposure record", line.source, line.number))
            continue
        try:
            exposure = normal(line.record, pool)
        except ValueError as error:
            report(Fault(f"{error}; the exposure is left out", line.source, line.number))
            continue
        if seen.is_new(exposure, line):
            yield exposure


def _rows(stream: BinaryIO, source: str, report: Report, table_format: str | None) -> Iterator[Line]:
    if table_format is not None:
        return _astropy_rows(stream, source, table_format)
    lines = _numbered(stream, source)
    first = next(((number, raw) for number, raw in lines if raw.strip()), None)
    if first is None:
        raise _empty(source)
    number, raw = first
    lines = _refuse_other_formats(raw, lines, source)
    if raw.lstrip(b"\xef\xbb\xbf \t").startswith(b"{"):
        records = itertools.chain([raw], (line for _, line in lines))
        return read_records(records, source, report, first_line=number)
    return _text_rows(itertools.chain([first], lines), source, report)


def _refuse_other_formats(
    first: bytes, lines: Iterator[tuple[int, bytes]], source: str
) -> Iterator[tuple[int, bytes]]:
    # Gives back the lines, of which it has to look at some to tell a VOTable from other XML.
    if first.startswith(b"\x1f\x8b"):
        raise Fault("is compressed by gzip; gunzip -c FILE | asn-pool reads it", source)
    if first.startswith(b"SIMPLE  ="):
        raise _needs_format("FITS", "fits", source)
    if first.startswith(b"# %ECSV"):
        # With commas between its columns it would pass for a pool, but its booleans are True and False.
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
    try:
        yield from enumerate(stream, 1)
    except OSError as error:
        raise Fault(f"cannot read: {os_reason(error)}", source) from error


def _text_rows(lines: Iterator[tuple[int, bytes]], source: str, report: Report) -> Iterator[Line]:
    columns: list[str] = []
    delimiter = "|"
    bars = False
    rows = False
    for number, raw in lines:
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
        except UnicodeDecodeError as error:
            byte = f"byte 0x{raw[error.start]:02x} at column {error.start + 1}"
            if not columns:
                raise Fault(f"not UTF-8: {byte}", source, number) from error
            report(Fault(f"not UTF-8: {byte}; the row is left out", source, number))
            continue
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        if not columns:
            delimiter = max(_DELIMITERS, key=lambda each: _likeness(text, each))
            columns = [name.lower() for name in _split(text, delimiter)]
            bars = len(columns) > 2 and columns[0] == columns[-1] == ""
            columns = columns[1:-1] if bars else columns
            _check_columns(columns, source, number)
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
        raise _empty(source)
    if not rows:
        raise _without_rows(source)


def _empty(source: str) -> Fault:
    what = "is empty; a pool has a header line with the names of its columns"
    return Fault(what, source, serious=source != STDIN)


def _without_rows(source: str) -> Fault:
    return Fault("has a header, and no exposures", source, serious=False)


def _decoded(name: str) -> str:
    # The bytes of a file's name need not be UTF-8; those of a record are.
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


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


def _check_columns(columns: list[str], source: str, line: int | None) -> None:
    twice = sorted(name for name, count in Counter(columns).items() if count > 1)
    if twice:
        raise Fault(f"the header names {_listed(twice)} more than once", source, line)
    missing = [name for name in NEEDED if name not in columns]
    if "asn_candidate" not in columns and "obs_num" not in columns:
        missing.append("asn_candidate (or obs_num)")
    if missing:
        raise Fault(f"the header lacks {_listed(missing)}, which a pool needs", source, line)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _astropy_rows(stream: BinaryIO, source: str, table_format: str) -> Iterator[Line]:
    import warnings

    from astropy.io.registry import IORegistryError
    from astropy.table import Table

    try:
        data = stream.read()
    except OSError as error:
        raise Fault(f"cannot read: {os_reason(error)}", source) from error
    if not data.strip():
        raise _empty(source)
    binary = table_format.startswith(("fits", "votable", "hdf5", "parquet"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # The line end tells astropy that this is a text and not the name of a file.
            table = Table.read(
                io.BytesIO(data) if binary else data.decode("utf-8-sig") + "\n", format=table_format
            )
    except IORegistryError as error:
        raise Fault(
            f"no table format is named {table_format!r}; astropy reads ascii.ecsv, fits, votable...", source
        ) from error
    except Exception as error:  # each of astropy's many readers raises what it likes
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise Fault(f"not a table in format {table_format}: {reason}", source) from error
    columns = [str(name).lower() for name in table.colnames]
    _check_columns(columns, source, None)
    if not len(table):
        raise _without_rows(source)
    for number, row in enumerate(table, 1):
        yield Line(dict(zip(columns, map(_plain, row), strict=True)), b"", source, number)


def _plain(value: Any) -> Any:
    # An element of an astropy column: masked, numpy scalar, bytes or text.
    import numpy as np

    if value is None or np.ma.is_masked(value):
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value


def normal(record: Record, pool: str) -> Record:
    """Return an exposure record in its normal form.

    Parameters
    ----------
    record : dict
        A row: names in any case, values text, numbers, booleans or None.
    pool : str
        The pool that it comes from, if the record does not say itself.

    Raises
    ------
    ValueError
        A value is no plain value, or the candidates cannot be read; the message says which.
    """
    exposure: Record = {}
    for key, value in record.items():
        name = key.strip().lower()
        if name in exposure:
            raise ValueError(f"{name} is given twice, in different case")
        if isinstance(value, str):
            text = value.strip()
            if text.lower() in UNSPECIFIED:
                exposure[name] = None
            else:
                exposure[name] = text if name in ("filename", "asn_pool") else text.lower()
        elif value is None or (
            isinstance(value, float) and isnan(value)
        ):  # a table of floats has no other null than NaN
            exposure[name] = None
        elif isinstance(value, bool):
            exposure[name] = "t" if value else "f"
        elif isinstance(value, int | float):
            exposure[name] = str(int(value) if isinstance(value, float) and value.is_integer() else value)
        else:
            kind = kind_of(value) if isinstance(value, list | dict) else f"a {type(value).__name__}"
            raise ValueError(f"{name} is {kind}, not a plain value")
    for name in ("filename", "program"):
        if exposure.get(name) is None:
            raise ValueError(f"{name} is not specified")
    if "asn_candidate" not in exposure:
        exposure["asn_candidate"] = _observation(exposure.get("obs_num"))
    elif exposure["asn_candidate"] is not None:
        try:
            parse_candidates(exposure["asn_candidate"])
        except ValueError as error:
            raise ValueError(f"asn_candidate cannot be read: {error}") from None
    if exposure.get("asn_pool") is None:
        exposure["asn_pool"] = pool
    return exposure


def _observation(number: str | None) -> str | None:
    return None if number is None else str(Candidate(f"o{number:0>3s}", "observation"))


class _Seen:
    # The exposures that have come, to tell of those that come again.
    def __init__(self, report: Report):
        self.report = report
        self.first: dict[tuple[str, str], tuple[int, int]] = {}

    def is_new(self, exposure: Record, line: Line) -> bool:
        key = (exposure["program"], exposure["filename"])
        whole = hash(frozenset(exposure.items()))
        where, known = self.first.setdefault(key, (line.number, whole))
        if where == line.number:
            return True
        name = exposure["filename"]
        if known == whole:
            self.report(
                Fault(
                    f"exposure {name!r} is the same as at line {where}; it is left out",
                    line.source,
                    line.number,
                )
            )
            return False
        what = f"exposure {name!r} is at line {where} too, with other values; both are kept"
        self.report(Fault(what, line.source, line.number, serious=False))
        return True


def pool_lines(exposures: Iterable[Record], report: Report, delimiter: str = "|") -> Iterator[bytes]:
    """Write exposures as a pool table, which `read_exposures` reads back to the same records.

    The columns are those of all the exposures, so all are read before the first line is written.

    Yields
    ------
    bytes
        A line, the header first.
    """
    records = list(exposures)
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
        yield _join(values, delimiter)


def _join(values: list[str], delimiter: str) -> bytes:
    text = delimiter.join(
        '"{}"'.format(value.replace('"', '""'))
        if delimiter in value or '"' in value or value[:1] == "#"
        else value
        for value in values
    )
    return text.encode("utf-8") + b"\n"
