"""A reader of JSON that knows where every value stands, and says what is wrong with text that is not JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn, TypeAlias

from asntools.faults import printable
from asntools.text import Path, Text

MAX_DEPTH = 100
"""How deep values may be nested; an association is 5 deep."""
MAX_DIGITS = 4000
"""How many digits a whole number may have; Python reads no more than 4300."""

_BLANK = re.compile(r"[ \t\n\r]*")
_PUNCTUATION = frozenset("{}[]:,")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
_SOUND = re.compile(r'[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*')
_SINGLE_QUOTED = re.compile(r"'[^'\\\x00-\x1f]*(?:\\.[^'\\\x00-\x1f]*)*'(?=[\s,:\]}]|$)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]+)?(?P<exponent>[eE][+-]?[0-9]+)?(?![\w.+-])")
_NUMBER_LIKE = re.compile(r"[\w.+-]+")
_WORD = re.compile(r"[^\W\d][\w.$-]*|\$[\w.$-]*")
_COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_WORDS = {"true": "true", "false": "false", "null": "null"}
_PYTHON_WORDS = {"True": "true", "False": "false", "None": "null"}
_NOT_NUMBERS = frozenset({"nan", "inf", "infinity"})


_State: TypeAlias = Callable[[], Any]  # what reads the next token, and returns the state after it


def skip_blank(text: str, offset: int) -> int:
    """Return the offset of the first character from `offset` on that is not blank."""
    match = _BLANK.match(text, offset)
    return match.end() if match else offset


class Place(NamedTuple):
    """Offsets of a value and, in an object, of its key."""

    value: int
    key: int | None


class Mend(NamedTuple):
    """A change of the text that makes it JSON: `old`, at `offset`, becomes `new`. `what` was wrong."""

    offset: int
    old: str
    new: str
    what: str


class _Frame:
    # An object or a list that is still open, and the key or index that is being read in it.
    def __init__(self, closer: str, offset: int):
        self.closer = closer
        self.offset = offset
        self.key: str | int = "" if closer == "}" else 0
        self.keys: dict[str, int] = {}


class Scanner:
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
        self.text = text
        self.places: dict[Path, Place] = {}
        self.duplicates: list[tuple[Path, int, int]] = []
        self._all = text.text
        self._at = start
        self._mends = mends
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

    @property
    def offset(self) -> int:
        """How far the text has been read."""
        return self._at

    def at_end(self) -> bool:
        """Say whether only blanks, and comments where they may be taken out, are left."""
        self._skip()
        return self._at >= len(self._all)

    # A state reads one token and returns the state after it; None after a whole value.

    def _value(self, *, may_close: bool = False) -> _State | None:
        char = self._all[self._at]
        frame = self._stack[-1] if self._stack else None
        if char == "]" and frame is not None and frame.closer == "]":
            if not may_close:
                self._trailing_comma()
            return self._close()
        self.places[self._path()] = Place(self._at, self._key_at)
        self._key_at = None
        if char in "{[":
            return self._open(char)
        if char == '"':
            self._string()
        elif char == "'":
            self._single_quoted()
        elif char in "-+." or char.isdigit():
            self._number()
        elif _WORD.match(self._all, self._at):
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
        start = self._at
        if char == '"':
            key = json.loads(self._string())
        elif char == "'":
            key = json.loads(self._single_quoted())
        elif _WORD.match(self._all, self._at):
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
        if char in "\"'":
            return True
        if frame.closer == "]":
            return char in "{["
        word = _WORD.match(self._all, self._at)
        return word is not None and self._all[skip_blank(self._all, word.end()) :][:1] == ":"

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

    # Tokens: each leaves self._at after itself.

    def _skip(self) -> None:
        while True:
            self._at = skip_blank(self._all, self._at)
            comment = _COMMENT.match(self._all, self._at)
            if comment is None:
                return
            lines = "\n" * comment.group().count("\n")
            self._fault_or_mend(
                "comment",
                self._at,
                "a comment, which JSON does not have",
                "remove it",
                Mend(self._at, comment.group(), lines, f"a comment, {comment.group().strip()}"),
            )
            self._at = comment.end()

    def _string(self) -> str:
        match = _STRING.match(self._all, self._at)
        if match is None:
            self._bad_string()
        token = match.group()
        self._check_surrogates(token)
        self._at = match.end()
        return token

    def _check_surrogates(self, token: str) -> None:
        escape = _SURROGATE_ESCAPE.search(token)
        if escape is None:
            return
        try:
            json.loads(token).encode("utf-8")
        except UnicodeEncodeError:
            what = f"{escape.group()} is half a character, without the other half"
            self._fail("lone-surrogate", self._at + escape.start(), what, "write the character itself")

    def _bad_string(self) -> NoReturn:
        sound = _SOUND.match(self._all, self._at + 1)
        stop = sound.end() if sound else self._at + 1
        if stop >= len(self._all):
            self._fail("truncated", self._at, "the text ends within this string", "close it with '\"'")
        char = self._all[stop]
        if char in "\r\n":
            self._fail(
                "unclosed-string", self._at, "the string does not end on its line", "close it with '\"'"
            )
        if char == "\\":
            escape = printable(self._all[stop : stop + 2])
            self._fail("bad-escape", stop, f"JSON has no escape '{escape}'", "a backslash is written '\\\\'")
        shown = json.dumps(char)[1:-1]
        self._fail("control-character", stop, "a control character in a string", f"write it as '{shown}'")

    def _single_quoted(self) -> str:
        match = _SINGLE_QUOTED.match(self._all, self._at)
        what, hint = "a string in single quotes", "JSON has double quotes"
        if match is None:
            self._fail("single-quotes", self._at, what, hint)
        inside = re.sub(r"\\.|\"", _requote, match.group()[1:-1])
        token = f'"{inside}"'
        if _STRING.fullmatch(token) is None:
            self._fail("single-quotes", self._at, what, hint)
        self._check_surrogates(token)
        mend = Mend(self._at, match.group(), token, "single quotes")
        self._fault_or_mend("single-quotes", self._at, what, hint, mend)
        self._at = match.end()
        return token

    def _unquoted_key(self) -> str:
        match = _WORD.match(self._all, self._at)
        assert match is not None
        key = match.group()
        what, hint = f"the key {key} is not in quotes", f'write "{key}"'
        if self._all[skip_blank(self._all, match.end()) :][:1] != ":":
            self._fail("unquoted-key", self._at, what, hint)
        mend = Mend(self._at, key, f'"{key}"', f"the key {key} without quotes")
        self._fault_or_mend("unquoted-key", self._at, what, hint, mend)
        self._at = match.end()
        return key

    def _number(self) -> None:
        match = _NUMBER.match(self._all, self._at)
        if match is None:
            like = _NUMBER_LIKE.match(self._all, self._at)
            digits = like.group() if like else self._all[self._at]
            if digits.lstrip("+-").lower() in _NOT_NUMBERS:
                self._fail("nan", self._at, f"JSON has no {digits}", "write null, or leave the key out")
            self._fail(
                "bad-number",
                self._at,
                f"{digits[:40]} is not a JSON number",
                "text stands in double quotes; a number has no sign '+', no leading zero and no bare point",
            )
        digits = match.group()
        floating = match["fraction"] or match["exponent"]
        if (floating and float(digits) in (float("inf"), float("-inf"))) or (
            not floating and len(digits) > MAX_DIGITS
        ):
            self._fail("number-range", self._at, f"the number {digits[:20]}.. is too large")
        self._at = match.end()

    def _word(self) -> None:
        match = _WORD.match(self._all, self._at)
        assert match is not None
        word = match.group()
        if word in _PYTHON_WORDS:
            right = _PYTHON_WORDS[word]
            mend = Mend(self._at, word, right, f"{word}, which is {right} in JSON")
            self._fault_or_mend("literal", self._at, f"JSON has no {word}", f"write {right}", mend)
        elif word not in _WORDS:
            if word.lower() in _NOT_NUMBERS:
                self._fail("nan", self._at, f"JSON has no {word}", "write null, or leave the key out")
            if word.lower() in _WORDS:
                self._fail("literal", self._at, f"JSON has no {word}", f"write {word.lower()}")
            self._fail(
                "unquoted-value", self._at, f"{word[:40]} is not a JSON value", "text stands in double quotes"
            )
        self._at = match.end()

    # Faults.

    def _fail(self, kind: str, offset: int, sentence: str, hint: str = "") -> NoReturn:
        raise self.text.fault(kind, offset, printable(sentence), printable(hint))

    def _fault_or_mend(self, kind: str, offset: int, sentence: str, hint: str, mend: Mend) -> None:
        if self._mends is None:
            self._fail(kind, offset, sentence, hint)
        self._mends.append(mend)

    def _trailing_comma(self) -> None:
        inside = "object" if self._stack[-1].closer == "}" else "list"
        self._fault_or_mend(
            "trailing-comma",
            self._comma_at,
            f"a comma before the end of the {inside}",
            "remove it",
            Mend(self._comma_at, ",", "", "a trailing comma"),
        )

    def _no_value(self, char: str) -> NoReturn:
        if self._stack:
            hint = "remove one comma" if char == "," else ""
            self._fail("unexpected", self._at, f"'{char}' where a value should be", hint)
        if char == ",":
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


def _requote(match: re.Match[str]) -> str:
    # What a string in single quotes escapes, or need not, the other way round in double quotes.
    return {"\\'": "'", '"': '\\"'}.get(match.group(), match.group())
