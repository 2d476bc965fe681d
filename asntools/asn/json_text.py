"""JSON as in RFC 8259: values and their positions.

Good text goes through the C scanner of the standard library. Only if the position of a value is needed, or
the text is faulty, is it read a second time by a `Scanner`, which knows offsets and reasons.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from asntools.asn.document import Document
from asntools.asn.numbers import read_float, read_int
from asntools.asn.text import MAX_DEPTH, Parts, SyntaxFault, Text, skip_blank
from asntools.common.foreign import foreign

if TYPE_CHECKING:
    from asntools.asn.formats import Format

BOM = "\ufeff"
_BETWEEN = re.compile(r"^\}[ \t\r]*\n\s*?^(?=\{)", re.MULTILINE)


def foreign_text(first: bytes, source: str) -> SyntaxFault | None:
    """Return the fault of a file that starts with these bytes, or None if it may be text."""
    known = foreign(first)
    return known and SyntaxFault("not-utf-8", f"the file is {known[0]}", known[1], source=source)


def decode_utf8(data: bytes, source: str | None = None, first_line: int = 1) -> str:
    """Decode UTF-8; raises a `SyntaxFault` of kind ``not-utf-8`` if it is something else."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        after = data[error.start : error.start + 200].split(b"\n")[0].decode("utf-8", "replace")
        text = Text(before + after, source, first_line)
        said = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise text.fault("not-utf-8", len(before), said, "save the file as UTF-8") from None


def parse(text: Text, start: int = 0) -> Iterator[Document]:
    """Read the JSON values of a text, from an offset on, one after another.

    Raises a `SyntaxFault` at the place where the text is no longer JSON.
    """
    whole = text.text
    if start == 0 and whole.startswith(BOM):
        raise text.fault("bom", 0, "the text starts with a byte-order mark", "remove it: JSON has none")
    doubled = []  # objects with repeated keys

    def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            doubled.append(value)
        return value

    # The standard library's C scanner, made strict: it accepts NaN, infinite numbers and repeated keys.
    decode = json.JSONDecoder(
        object_pairs_hook=object_of, parse_constant=_refuse, parse_float=read_float, parse_int=read_int
    ).raw_decode
    # A fault costs the decoder a walk from the start of what it is given: after the first, that is one
    # document, or those that are on one line.
    part, base, stop = whole, 0, start or len(whole)
    start = skip_blank(whole, start)
    while start < len(whole):
        if start >= stop:
            base, stop = start, next_document(whole, start) or len(whole)
            part = whole[base:stop]
        doubled.clear()
        try:
            value, length = decode(part, start - base)
        except (ValueError, RecursionError) as error:
            _scan(text, start)
            raise text.fault("unexpected", start, f"not JSON: {error}") from None
        is_three_quotes = value == "" and part.startswith('"', length)
        if text.has_surrogate_escapes or is_three_quotes or _too_deep(value):
            _scan(text, start)
        end = base + length
        yield _document(value, text, start, end, has_duplicates=bool(doubled))
        start = skip_blank(whole, end)


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _scan(text: Text, start: int) -> Parts:
    """Read a value with positions; raises a `SyntaxFault` that says what is wrong with it."""
    from asntools.asn.json_scanner import Scanner

    scanner = Scanner(text, start)
    scanner.run()
    return scanner.parts


def _document(value: Any, text: Text, start: int, end: int, *, has_duplicates: bool) -> Document:
    def locate() -> Parts:
        if has_duplicates:
            return _scan(text, start)
        from asntools.asn.json_places import JsonPlaces

        return Parts(JsonPlaces(text.text, start).get, [])

    def form() -> Format:
        from asntools.asn.formats import json_format

        return json_format(text.text[start:end], final_newline=text.text.endswith("\n"))

    return Document(value, text, (start, end), has_duplicates=has_duplicates, locate=locate, form=form)


def next_document(text: str, start: int) -> int | None:
    """Return where the next document seems to start after a faulty one at `start`, or None.

    That is at a line that starts with ``{`` after one that starts with ``}``.
    """
    match = _BETWEEN.search(text, start)
    return match.end() if match else None


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True
