"""JSON as RFC 8259 has it: values, and where each of them stands.

Good text goes through the C scanner of the standard library. Only when somebody asks where a value stands,
or when the text is faulty, is it read a second time by a `Scanner`, which knows offsets and reasons.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple, NoReturn, Protocol

from asntools.asn.scanner import MAX_DEPTH, Place, Scanner
from asntools.asn.text import Path, SyntaxFault, Text
from asntools.asn.tokens import skip_blank

__all__ = [
    "Duplicate",
    "Parsed",
    "Path",
    "SyntaxFault",
    "Text",
    "decode_utf8",
    "next_document",
    "parse",
    "parse_from",
]

BOM = "\ufeff"
_BETWEEN = re.compile(r"^\}[ \t\r]*\n\s*?^(?=\{)", re.MULTILINE)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class Duplicate(NamedTuple):
    """A key that stands twice in one object."""

    path: Path
    line: int
    column: int
    first_line: int
    first_column: int


class Located(Protocol):
    """What knows the place of every part of a value."""

    places: dict[Path, Place]
    duplicates: list[tuple[Path, int, int]]


class Parsed:
    """A JSON value, and where it and its parts stand.

    Attributes
    ----------
    value : object
        The value.
    start, end : int
        The offsets of its first character and of the one after its last.
    text : Text
        The text around it.
    has_duplicates : bool
        Whether a key stands twice in some object.
    """

    def __init__(
        self,
        value: Any,
        text: Text,
        start: int,
        end: int,
        *,
        has_duplicates: bool,
        located: Located | None = None,
    ):
        self.value = value
        self.text = text
        self.start = start
        self.end = end
        self.has_duplicates = has_duplicates
        self._known = located

    @property
    def start_line(self) -> int:
        """The line on which it starts."""
        return self.text.position(self.start)[0]

    @cached_property
    def _located(self) -> Located:
        if self._known is not None:
            return self._known
        scanner = Scanner(self.text, self.start)
        scanner.run()
        return scanner

    def position(self, path: Path = (), *, key: bool = False) -> tuple[int, int]:
        """Return the line and the column of the value at `path`.

        Parameters
        ----------
        path : tuple
            Keys and indices. Where there is no such value, the nearest one around it is meant.
        key : bool
            The position of its key is wanted instead, where it has one.
        """
        place = Place(self.start, None)
        for length in range(len(path), 0, -1):
            if path[:length] in self._located.places:
                place = self._located.places[path[:length]]
                break
        return self.text.position(place.key if key and place.key is not None else place.value)

    @property
    def duplicates(self) -> list[Duplicate]:
        """The keys that stand twice in one object."""
        if not self.has_duplicates:
            return []
        where = self.text.position
        return [
            Duplicate(path, *where(again), *where(first)) for path, first, again in self._located.duplicates
        ]


class _Decoder:
    # The standard library's C scanner, made strict: it takes NaN, infinite numbers and duplicate keys.
    def __init__(self) -> None:
        self.has_duplicates = False
        decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=self._refuse, parse_float=self._float
        )
        self.decode: Callable[[str, int], tuple[Any, int]] = decoder.raw_decode

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            self.has_duplicates = True
        return value

    def _refuse(self, word: str) -> NoReturn:
        raise ValueError(word)

    def _float(self, digits: str) -> float:
        value = float(digits)
        if value in (float("inf"), float("-inf")):
            raise ValueError(digits)
        return value


def decode_utf8(data: bytes, source: str | None = None, first_line: int = 1) -> str:
    """Decode UTF-8.

    Raises
    ------
    SyntaxFault
        It is something else; of kind ``not-utf-8``.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        after = data[error.start : error.start + 200].split(b"\n")[0].decode("utf-8", "replace")
        text = Text(before + after, source, first_line)
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            said = "the text is UTF-16"
        else:
            said = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise text.fault("not-utf-8", len(before), said, "save the file as UTF-8") from None


def parse(text: str, source: str | None = None, *, first_line: int = 1) -> Iterator[Parsed]:
    """Read the JSON values of a text, one after another.

    Parameters
    ----------
    text : str
        None, one or several JSON values; blanks between them are of no account.
    source : str, optional
        The file's name, for messages.
    first_line : int
        The number of the first line, where the text is a part of a file.

    Yields
    ------
    Parsed
        A value.

    Raises
    ------
    SyntaxFault
        The text is not JSON from here on.
    """
    yield from parse_from(Text(text, source, first_line), 0)


def parse_from(text: Text, start: int) -> Iterator[Parsed]:
    """Read the JSON values of a text from an offset on; see `parse`."""
    whole = text.text
    if start == 0 and whole.startswith(BOM):
        raise text.fault("bom", 0, "the text starts with a byte-order mark", "remove it: JSON has none")
    surrogates = _SURROGATE_ESCAPE.search(whole, start) is not None
    decoder = _Decoder()
    start = skip_blank(whole, start)
    while start < len(whole):
        decoder.has_duplicates = False
        try:
            value, end = decoder.decode(whole, start)
        except (ValueError, RecursionError) as error:
            Scanner(text, start).run()
            raise text.fault("unexpected", start, f"not JSON: {error}") from None
        if surrogates or _too_deep(value):
            Scanner(text, start).run()
        yield Parsed(value, text, start, end, has_duplicates=decoder.has_duplicates)
        start = skip_blank(whole, end)


def next_document(text: str, start: int) -> int | None:
    """Return where, after a faulty document at `start`, another one seems to start; None for nowhere.

    That is a line that starts with ``{`` after one that starts with ``}``.
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
