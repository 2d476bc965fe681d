"""A reader of JSON that knows where every value stands, and says what is wrong with text that is not JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn, TypeAlias

from asntools.asn.text import Path, Text
from asntools.asn.tokens import CURLY_QUOTES, WORD, Mend, Tokens, skip_blank

MAX_DEPTH = 100
"""How deep values may be nested; an association is 5 deep."""

_PUNCTUATION = frozenset("{}[]:,")

_State: TypeAlias = Callable[[], Any]  # what reads the next token, and returns the state after it


class Place(NamedTuple):
    """Offsets of a value and, in an object, of its key."""

    value: int
    key: int | None


class _Frame:
    # An object or a list that is still open, and the key or index that is being read in it.
    def __init__(self, closer: str, offset: int):
        self.closer = closer
        self.offset = offset
        self.key: str | int = "" if closer == "}" else 0
        self.keys: dict[str, int] = {}


class Scanner(Tokens):
    """A reader of one JSON value that knows where everything is, and why it stops.

    Parameters
    ----------
    text : Text
        The text.
    start : int
        Where the value starts.
    mends : list of Mend, optional
        Where given, faults that have one sure remedy are noted here and passed over.

    Attributes
    ----------
    places : dict
        The place of the value at each path.
    duplicates : list
        Path, first offset and second offset of each key that stands twice.
    """

    def __init__(self, text: Text, start: int = 0, mends: list[Mend] | None = None):
        super().__init__(text, start, mends)
        self.places: dict[Path, Place] = {}
        self.duplicates: list[tuple[Path, int, int]] = []
        self._stack: list[_Frame] = []
        self._key_at: int | None = None
        self._value_end = start
        self._comma_at = start

    def run(self) -> int:
        """Read the value; return the offset after it.

        Raises
        ------
        SyntaxFault
            The text is not JSON.
        """
        state: _State = self._value
        while True:
            self._skip()
            if self._at >= len(self._all):
                self._truncated()
            following = state()
            if following is not None:
                state = following
                continue
            if not self._stack:
                return self._at
            state = self._comma

    def pass_last_comma(self) -> None:
        """Pass over a comma with which the text ends, where faults are mended; otherwise over nothing."""
        if self._mends is None or not self._all.startswith(",", self._at):
            return
        comma, noted = self._at, len(self._mends)
        self._at += 1
        if self.at_end():
            self._mends.append(Mend(comma, ",", "", "a comma after the association"))
        else:
            self._at = comma
            del self._mends[noted:]

    # A state reads one token and returns the state after it; None after a whole value.

    def _value(self, *, may_close: bool = False) -> _State | None:
        char = self._all[self._at]
        frame = self._stack[-1] if self._stack else None
        if char == "]" and frame is not None and frame.closer == "]":
            if not may_close:
                self._trailing_comma()
            return self._close()
        if char == "," and frame is not None and frame.closer == "]" and self._mends is not None:
            return self._surplus_comma(self._first_value if may_close else self._value, first=may_close)
        self.places[self._path()] = Place(self._at, self._key_at)
        self._key_at = None
        if char in "{[":
            return self._open(char)
        if char == '"':
            self._string()
        elif char == "'":
            self._single_quoted()
        elif char in CURLY_QUOTES:
            self._curly_quoted()
        elif char in "-+." or char.isdigit():
            self._number()
        elif WORD.match(self._all, self._at):
            self._word()
        elif char in _PUNCTUATION:
            self._no_value(char)
        else:
            self._fail("unexpected", self._at, f"'{char}' where a value should be")
        self._value_end = self._at
        return None

    def _first_value(self) -> _State | None:
        return self._value(may_close=True)

    def _key(self, *, may_close: bool = False) -> _State | None:
        char = self._all[self._at]
        if char == "}":
            if not may_close:
                self._trailing_comma()
            return self._close()
        if char == "," and self._mends is not None:
            return self._surplus_comma(self._first_key if may_close else self._key, first=may_close)
        start = self._at
        if char == '"':
            key = json.loads(self._string())
        elif char == "'":
            key = json.loads(self._single_quoted())
        elif char in CURLY_QUOTES:
            key = json.loads(self._curly_quoted())
        elif WORD.match(self._all, self._at):
            key = self._unquoted_key()
        elif char == ",":
            self._fail("unexpected", self._at, "a comma where a key should be", "remove one comma")
        else:
            self._fail(
                "unexpected", self._at, f"'{char}' where a key should be", "keys stand in double quotes"
            )
        frame = self._stack[-1]
        frame.key = key
        if key in frame.keys:
            self.duplicates.append((self._path(), frame.keys[key], start))
        else:
            frame.keys[key] = start
        self._key_at = start
        return self._colon

    def _first_key(self) -> _State | None:
        return self._key(may_close=True)

    def _colon(self) -> _State:
        if self._all[self._at] != ":":
            what = f"no ':' after the key '{self._stack[-1].key}'"
            self._fail("missing-colon", self._at, what, 'write "key": value')
        self._at += 1
        return self._value

    def _comma(self) -> _State | None:
        char = self._all[self._at]
        frame = self._stack[-1]
        if char == frame.closer:
            return self._close()
        if char == ",":
            self._comma_at = self._at
            self._at += 1
            return self._next(frame)
        inside = "object" if frame.closer == "}" else "list"
        if char in "]}":
            line = self.text.position(frame.offset)[0]
            what = f"'{char}' where the {inside} that starts on line {line} is still open"
            self._fail("mismatched-bracket", self._at, what, f"close it with '{frame.closer}' first")
        if self._starts_next(char, frame):
            what = f"no comma after this, and the {inside} goes on"
            gap = self._at > self._value_end or self._all[self._value_end - 1] in "]}"
            if not gap:
                self._fail("missing-comma", self._value_end - 1, what, "put a comma after it")
            self._fault_or_mend(
                "missing-comma",
                self._value_end - 1,
                what,
                "put a comma after it",
                Mend(self._value_end, "", ",", "a missing comma"),
            )
            return self._next(frame)
        what = f"'{char}' where ',' or '{frame.closer}' should be"
        return self._fail("unexpected", self._at, what, "is a quote missing?")

    def _next(self, frame: _Frame) -> _State:
        if isinstance(frame.key, int):
            frame.key += 1
            return self._value
        return self._key

    def _starts_next(self, char: str, frame: _Frame) -> bool:
        if char in "\"'" or char in CURLY_QUOTES:
            return True
        if frame.closer == "]":
            return char in "{["
        word = WORD.match(self._all, self._at)
        return word is not None and self._has_colon(word.end())

    def _open(self, char: str) -> _State:
        if len(self._stack) >= MAX_DEPTH:
            self._fail("too-deep", self._at, f"nested more than {MAX_DEPTH} deep", "an association is 5 deep")
        self._stack.append(_Frame("}" if char == "{" else "]", self._at))
        self._at += 1
        return self._first_key if char == "{" else self._first_value

    def _close(self) -> _State | None:
        self._stack.pop()
        self._at += 1
        self._value_end = self._at
        return None

    def _path(self) -> Path:
        return tuple([frame.key for frame in self._stack])

    def _trailing_comma(self) -> None:
        inside = "object" if self._stack[-1].closer == "}" else "list"
        self._fault_or_mend(
            "trailing-comma",
            self._comma_at,
            f"a comma before the end of the {inside}",
            "remove it",
            Mend(self._comma_at, ",", "", "a trailing comma"),
        )

    def _surplus_comma(self, state: _State, *, first: bool) -> _State:
        assert self._mends is not None
        opener = self._all[self._stack[-1].offset]
        what = f"a comma after '{opener}'" if first else "a doubled comma"
        self._mends.append(Mend(self._at, ",", "", what))
        self._at += 1
        return state

    def _no_value(self, char: str) -> NoReturn:
        if self._stack:
            hint = "remove one comma" if char == "," else ""
            self._fail("unexpected", self._at, f"'{char}' where a value should be", hint)
        if char == "," and skip_blank(self._all, self._at + 1) == len(self._all):
            what, hint = "a comma after a document", "remove it"
        elif char == ",":
            what, hint = "a comma between two documents", "put each on lines of its own"
        else:
            what, hint = f"'{char}' where a document should start", "is there one too many?"
        self._fail("unexpected", self._at, what, hint)

    def _truncated(self) -> NoReturn:
        if not self._stack:
            self._fail("truncated", self._at, "the text ends where a value should be")
        frame = self._stack[-1]
        inside = "object" if frame.closer == "}" else "list"
        line, column = self.text.position(frame.offset)
        self._fail(
            "truncated",
            max(self._value_end - 1, frame.offset),
            f"the text ends within the {inside} that starts at line {line}, column {column}",
            f"is the file cut short, or a '{frame.closer}' missing?",
        )
