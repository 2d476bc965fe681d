"""Columns of text for a terminal: how wide characters are, and names shortened so that they stay apart.

rich and wcwidth could do the widths, but either is more to install and import than these lines are to
maintain.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import dropwhile
from typing import Any

from asntools.asn.json_writer import COMPACT

_NARROWEST = 12
_NO_WIDTH = frozenset(("Mn", "Me", "Cf"))


def cell(value: Any) -> str:
    """Return a value as text: null is empty, and anything else that is not text is JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else COMPACT.text(value)


def width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(char: str) -> int:
    if unicodedata.category(char) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def padded(text: str, width: int) -> str:
    """Return a text padded with blanks to a width."""
    return text + " " * (width - width_of(text))


def fit(columns: Sequence[Sequence[str]], width: int, gap: int) -> list[list[str]]:
    """Shorten the texts of columns so that a line, with gaps between them, fits a width.

    It takes more if columns would get too narrow, or two texts in a column would look the same.
    """
    wanted = list(map(_widest, columns))
    least = [min(full, _NARROWEST) for full in wanted]
    while True:
        widths = wanted.copy()
        spare = sum(widths) + gap * (len(widths) - 1) - width
        while spare > 0 and widths != least:
            place = max(range(len(widths)), key=lambda place: (widths[place] > least[place], widths[place]))
            widths[place] -= 1
            spare -= 1
        fitted = [
            list(column) if size == full else shortened(column, size)
            for column, size, full in zip(columns, widths, wanted, strict=True)
        ]
        # What a column needs beyond its share, to keep its texts apart, others may give.
        needed = [
            max(low, size) if size > share else low
            for low, size, share in zip(least, map(_widest, fitted), widths, strict=True)
        ]
        if needed == least:
            return fitted
        least = needed


def _widest(texts: Iterable[str]) -> int:
    return max(map(width_of, texts), default=0)


def shortened(texts: Iterable[str], width: int) -> list[str]:
    """Shorten texts in the middle to a width, or to the smallest width at which no two look the same.

    Each is cut at the same place, as near to the middle as that allows.
    """
    texts = list(texts)
    distinct = list(dict.fromkeys(texts))
    rivals: list[tuple[str, str]] = []  # pairs that a cut made equal: the first to try another one on
    while True:
        for head in sorted(range(1, width - 1), key=lambda head: abs(2 * head - width + 1)):
            if any(_cut(one, head, width) == _cut(other, head, width) for one, other in rivals):
                continue
            pair = _first_equal(distinct, head, width)
            if pair is None:
                return [_cut(text, head, width) for text in texts]
            rivals.append(pair)
        width += 1


def cut(text: str, width: int) -> str:
    """Shorten a text in the middle to a width."""
    return _cut(text, width // 2, width)


def _first_equal(texts: Iterable[str], head: int, width: int) -> tuple[str, str] | None:
    seen: dict[str, str] = {}
    for text in texts:
        short = _cut(text, head, width)
        if short in seen:
            return seen[short], text
        seen[short] = text
    return None


def _cut(text: str, head: int, width: int) -> str:
    if text.isascii():
        return text if len(text) <= width else f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"
    if width_of(text) <= width:
        return text
    start = _start(text, head)
    # A mark that belongs to the character before it cannot be separated from it.
    end = dropwhile(lambda char: _width(char) == 0, _start(text[::-1], width - 1 - head)[::-1])
    return f"{start}…{''.join(end)}"


def _start(text: str, width: int) -> str:
    for index, char in enumerate(text):
        width -= _width(char)
        if width < 0:
            return text[:index]
    return text
