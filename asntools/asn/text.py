"""A text, its lines and columns, and faults in it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple, TypeAlias

from asntools.common.faults import Fault, printable

Path: TypeAlias = tuple[str | int, ...]
"""The path to a value: ``("products", 0, "members", 2, "exptype")``."""


_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class Parts(NamedTuple):
    """The offset of the part at a path, and path, first and second offset of each repeated key."""

    offset: Callable[[Path], int | None]
    duplicates: list[tuple[Path, int, int]]


MAX_DEPTH = 100
"""How deep values may be nested; an association is 5 deep."""

_BLANK = re.compile(r"[ \t\n\r]*")


def skip_blank(text: str, offset: int) -> int:
    """Return the offset of the first character from `offset` on that is not blank to JSON."""
    match = _BLANK.match(text, offset)
    return match.end() if match else offset


class SyntaxFault(Fault):
    """A fault in a text, at a known place.

    `kind` is a word for programs (``trailing-comma``, ``comment``, ``truncated``...), and `hint` says what
    would be right, if that is known. `column` counts characters, from 1; `text` is the whole line.
    """

    def __init__(
        self,
        kind: str,
        sentence: str,
        hint: str = "",
        *,
        source: str | None = None,
        line: int = 1,
        column: int = 1,
        text: str = "",
    ):
        super().__init__(f"{sentence}; {hint}" if hint else sentence, source, line)
        self.kind = kind
        self.sentence = sentence
        self.hint = hint
        self.column = column
        self.text = text

    def excerpt(self, width: int = 100) -> str:
        """Return the line, or as much of it as fits a width, with a caret below the fault."""
        start = max(0, min(self.column - 1 - width // 2, len(self.text) - width))
        shown = self.text[start : start + width].replace("\t", " ")
        before = printable(shown[: self.column - 1 - start])
        return f"{before}{printable(shown[self.column - 1 - start :])}\n{' ' * len(before)}^"


class Text:
    """A text that converts offsets to lines and columns.

    `source` is the file's name, for messages, and `first_line` the number of its first line there.
    """

    def __init__(self, text: str, source: str | None = None, first_line: int = 1):
        self.text = text
        self.source = source
        self.first_line = first_line

    @cached_property
    def _ends(self) -> list[int]:
        return [match.start() for match in re.finditer("\n", self.text)]

    @cached_property
    def last_comment_end(self) -> int:
        """Where the last ``*/`` starts, or -1; only a ``/*`` before it has an end."""
        return self.text.rfind("*/")

    @cached_property
    def has_surrogate_escapes(self) -> bool:
        r"""Whether there is half a character, as ``\ud83d``, anywhere, which readers of JSON let pass."""
        return _SURROGATE_ESCAPE.search(self.text) is not None

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset, both from 1."""
        row = bisect_left(self._ends, offset)
        return self.first_line + row, offset - (self._ends[row - 1] if row else -1)

    def line(self, number: int) -> str:
        """Return a line, without its newline."""
        row = number - self.first_line
        start = self._ends[row - 1] + 1 if row else 0
        end = self._ends[row] if row < len(self._ends) else len(self.text)
        return self.text[start:end].removesuffix("\r")

    def fault(self, kind: str, offset: int, sentence: str, hint: str = "") -> SyntaxFault:
        """Return a fault at `offset`."""
        line, column = self.position(offset)
        return SyntaxFault(
            kind, sentence, hint, source=self.source, line=line, column=column, text=self.line(line)
        )
