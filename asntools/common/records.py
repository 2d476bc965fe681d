"""Records, one JSON object per line: their only reader and writer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import orjson

from asntools.common.faults import Fault, Report, not_utf8, os_reason
from asntools.common.foreign import foreign

Record: TypeAlias = dict[str, Any]
What = TypeVar("What")

_OPENINGS = (b"{", b"[")


class Line(NamedTuple, Generic[What]):
    """A record and its line."""

    record: What
    raw: bytes
    source: str
    number: int


def read_records(
    lines: Iterable[bytes], source: str, report: Report, *, first_line: int = 1
) -> Iterator[Line[Record]]:
    """Read JSON objects, one per line, from a file or any lines, like `read_lines`."""
    return read_lines(lines, source, report, load_record, first_line=first_line)


def load_record(text: bytes) -> Record:
    """Return a JSON object; raises a `Fault` for another value, and a JSONDecodeError if it is not JSON."""
    record = orjson.loads(text)
    if not isinstance(record, dict):
        raise Fault(f"a record is a JSON object, not {kind_of(record)}")
    return record


def read_lines(
    lines: Iterable[bytes], source: str, report: Report, load: Callable[[bytes], What], *, first_line: int = 1
) -> Iterator[Line[What]]:
    """Read what stands on lines of JSON, one a line; empty lines are skipped.

    A line that is not JSON, or of which `load` raises a `Fault`, is reported, with its number, and the next
    one is read; of a document spread over several lines is reported that it is.
    """
    try:
        for number, raw in enumerate(lines, first_line):
            text = raw.strip()
            if not text:
                continue
            if number == 1 and (known := foreign(raw)) is not None:
                report(Fault("is {}; {}".format(*known), source))
                return
            if number == 1 and text.startswith(b"\xef\xbb\xbf"):
                text = text[3:]
            try:
                record = load(text)
            except Fault as fault:
                report(Fault(fault.message, source, number))
            except orjson.JSONDecodeError as error:
                if text in _OPENINGS and raw.endswith(b"\n"):
                    what = "a record must be on one line, but this one goes on; 'jq -c .' puts it on one"
                    report(Fault(what, source, number))
                    return
                report(Fault(_why_not_json(text, error, ended=raw.endswith(b"\n")), source, number))
            else:
                yield Line(record, text, source, number)
    except OSError as error:
        report(Fault(f"cannot read: {os_reason(error)}", source))


def dump_record(record: Record) -> bytes:
    """Return a record as a line of compact JSON, UTF-8, with its line end."""
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def kind_of_record(record: Record) -> str | None:
    """Return which of the three kinds of record this is, going by its keys, with its article."""
    if "filename" in record:
        return "an exposure record"
    if "members" in record:
        return "a group"
    return "an association" if "products" in record else None


def kind_of(value: object) -> str:
    """Return what kind of JSON value this is, with its article: ``an array``."""
    if value is None:
        return "null"
    kinds: dict[type, str] = {bool: "a boolean", str: "a string", list: "an array", dict: "an object"}
    return kinds.get(type(value), "a number")


def _why_not_json(text: bytes, error: orjson.JSONDecodeError, *, ended: bool) -> str:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as invalid:
        return not_utf8(invalid)
    if not ended and text[:1] == b"{" and text[-1:] != b"}":
        return "not JSON: the record is cut short"
    if text[:1] not in _OPENINGS:
        return "not JSON: a record starts with '{'"
    return f"not JSON: {error.msg} at column {error.colno}"
