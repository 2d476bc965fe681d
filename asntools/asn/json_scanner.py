"""A reader of JSON that knows where each value stands, what is wrong with faulty text, and how to mend it.

The readers of JSON that there are, jsonyx and tree-sitter-json among them, do not give the places of values,
take what is not JSON (1e999, any depth), or say no more of a fault than "expecting value".
"""

from __future__ import annotations

import json
import math
import re
from typing import NamedTuple, NoReturn

from asntools.asn.text import MAX_DEPTH, Parts, Path, Place, Text, skip_blank
from asntools.common.faults import printable

MAX_DIGITS = 4000
"""How many digits a whole number may have; Python reads no more than 4300."""

_INSIDE = r'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+'
_SOUND = re.compile(_INSIDE)
_STRING = re.compile(f'"{_INSIDE}"')
_WORD = r"[^\W\d][\w.$-]*|\$[\w.$-]*"
_TOKEN = re.compile(
    rf"""[ \t\n\r]*+(?:
    (?P<string>"{_INSIDE}")
    | (?P<mark>[{{}}\[\]:,])
    | (?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?![\w.+-]))
    | (?P<word>{_WORD})
    | (?P<single>'[^'\\\x00-\x1f]*+(?:\\.[^'\\\x00-\x1f]*+)*+'(?=[\s,:\]}}]|$))
    | (?P<curly>(?:[\u201c\u201d][^\u201c\u201d"\n]*+[\u201c\u201d]
               |[\u2018\u2019][^\u2018\u2019"\n]*+[\u2018\u2019])(?=[\s,:\]}}]|$))
    | (?P<comment>//[^\n]*+|\#[^\n]*+)
    | (?P<long>/\*)
    | (?P<end>\Z)
    | (?P<other>(?s:.))
    )""",
    re.VERBOSE,
)
_NUMBER_LIKE = re.compile(r"[\w.+-]+")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_QUOTES = {
    '"': "string",
    "'": "single",
    "\u201c": "curly",
    "\u201d": "curly",
    "\u2018": "curly",
    "\u2019": "curly",
}
_OTHER_QUOTES = {
    "single": ("single-quotes", "single quotes", "JSON has double quotes"),
    "curly": ("curly-quotes", "curly quotes", 'JSON has straight ones, "'),
}
_LITERALS = {"true": "true", "false": "false", "null": "null", "none": "null"}
_TEXT = r"[^\s\"'{}\[\],:\\\x00-\x1f\u201c\u201d\u2018\u2019]"
_HALF_QUOTED_KEY = re.compile(rf'(?P<text>{_TEXT}(?:[^"{{}}\[\],:\\\x00-\x1f]*\S)?)"(?=\s*:)')
_HALF_QUOTED_VALUE = re.compile(
    rf'(?P<text>{_TEXT}(?:[^"{{}}\[\],\\\x00-\x1f]*\S)?)"(?=[ \t]*(?:[,\]}}\r\n]|\Z))'
)
_NOT_NUMBERS = frozenset({"nan", "inf", "infinity"})


class Mend(NamedTuple):
    """A change of the text that makes it JSON: `old`, at `offset`, becomes `new`. `what` was wrong."""

    offset: int
    old: str
    new: str
    what: str


class Scanner:
    """A reader of one JSON value, which starts at an offset of a text.

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
    parts : Parts
        Where the parts of the value stand.
    offset : int
        How far the text has been read.
    """

    def __init__(self, text: Text, start: int = 0, mends: list[Mend] | None = None):
        self.text = text
        self._places: dict[Path, Place] = {}
        self.parts = Parts(self._places, [])
        self.offset = start
        self._all = text.text
        self._mends = mends
        self._token = ""  # the one read last, and where it starts
        self._start = start
        self._open: list[int] = []  # where the objects and lists start that are still open
        self._value_end = start

    def run(self) -> int:
        """Read the value; return the offset after it.

        Raises
        ------
        SyntaxFault
            The text is not JSON.
        """
        self._value(self._next(), ())
        return self.offset

    def at_end(self) -> bool:
        """Return whether only blanks, and comments where they are mended, are left; they are passed over."""
        return self._peek() == "end"

    def pass_last_comma(self) -> None:
        """Pass over a comma with which the text ends, where faults are mended; otherwise over nothing."""
        if self._mends is None or self._peek() != ",":
            return
        comma, noted = self.offset, len(self._mends)
        self.offset += 1
        if self.at_end():
            self._mends.append(Mend(comma, ",", "", "a comma after the association"))
        else:
            self.offset = comma
            del self._mends[noted:]

    def _next(self) -> str:
        # Read a token; return its kind, which for punctuation is the character itself.
        while True:
            match = _TOKEN.match(self._all, self.offset)
            kind = match.lastgroup if match else None
            assert match is not None
            assert kind is not None
            self._token = match[kind]
            self._start = match.start(kind)
            self.offset = match.end()
            if kind == "long" and self._start + 2 <= self.text.last_comment_end:
                kind = "comment"
                if self._mends is not None:
                    self.offset = self._all.index("*/", self._start + 2) + 2
                    self._token = self._all[self._start : self.offset]
            if kind != "comment":
                return self._token if kind == "mark" else kind
            lines = "\n" * self._token.count("\n")
            what = f"a comment, {self._token.strip()}"
            self._fault_or_mend("comment", "a comment, which JSON does not have", "remove it", lines, what)

    def _peek(self) -> str:
        kind = self._next()
        self.offset = self._start
        return kind

    def _value(self, kind: str, path: Path, key_at: int | None = None) -> None:
        self._places[path] = Place(self._start, key_at)
        if kind == "{":
            self._object(path)
        elif kind == "[":
            self._list(path)
        elif kind in ("string", "single", "curly"):
            self._string(kind)
        elif half := _HALF_QUOTED_VALUE.match(self._all, self._start):
            self._half_quoted(half)
        elif kind == "number":
            self._number()
        elif kind == "word":
            self._literal()
        else:
            self._no_value(kind)
        self._value_end = self.offset

    def _object(self, path: Path) -> None:
        self._begin(path)
        keys: dict[str, int] = {}
        comma: int | None = None
        while (kind := self._next()) != "}":
            if self._is_surplus(kind, first=comma is None):
                continue
            key_at, key = self._start, self._key(kind)
            inner = (*path, key)
            if key in keys:
                self.parts.duplicates.append((inner, keys[key], key_at))
            else:
                keys[key] = key_at
            if (kind := self._next()) != ":":
                self._check_end(kind)
                self._fail("missing-colon", f"no ':' after the key '{key}'", 'write "key": value')
            self._value(self._next(), inner, key_at)
            if (comma := self._comma("}", "object")) is None:
                break
        if comma is not None:
            self._trailing_comma(comma, "object")
        self._open.pop()

    def _list(self, path: Path) -> None:
        self._begin(path)
        index = 0
        comma: int | None = None
        while (kind := self._next()) != "]":
            if self._is_surplus(kind, first=comma is None):
                continue
            self._value(kind, (*path, index))
            index += 1
            if (comma := self._comma("]", "list")) is None:
                break
        if comma is not None:
            self._trailing_comma(comma, "list")
        self._open.pop()

    def _begin(self, path: Path) -> None:
        if len(path) >= MAX_DEPTH:
            self._fail("too-deep", f"nested more than {MAX_DEPTH} deep", "an association is 5 deep")
        self._open.append(self._start)

    def _comma(self, closer: str, inside: str) -> int | None:
        # Read what stands after a value: return where the comma is, or would be; None after the closer.
        kind = self._next()
        if kind == closer:
            return None
        if kind == ",":
            return self._start
        self._check_end(kind)
        if kind in ("]", "}"):
            line = self.text.position(self._open[-1])[0]
            what = f"'{kind}' where the {inside} that starts on line {line} is still open"
            self._fail("mismatched-bracket", what, f"close it with '{closer}' first")
        if not self._goes_on(kind, closer):
            what = f"'{self._char}' where ',' or '{closer}' should be"
            self._fail("unexpected", what, "is a quote missing?")
        what, hint = f"no comma after this, and the {inside} goes on", "put a comma after it"
        end = self._value_end
        if self._start == end and self._all[end - 1] not in "]}":
            self._fail("missing-comma", what, hint, at=end - 1)
        self._fault_or_note("missing-comma", what, hint, Mend(end, "", ",", "a missing comma"), at=end - 1)
        self.offset = self._start
        return self._start

    def _goes_on(self, kind: str, closer: str) -> bool:
        # Whether another value, or key, starts here.
        if self._char in _QUOTES:
            return True
        if closer == "]":
            return kind in ("{", "[")
        return kind == "word" and self._has_colon()

    def _is_surplus(self, kind: str, *, first: bool) -> bool:
        if kind != "," or self._mends is None:
            return False
        what = f"a comma after '{self._all[self._open[-1]]}'" if first else "a doubled comma"
        self._mends.append(Mend(self._start, ",", "", what))
        return True

    def _trailing_comma(self, comma: int, inside: str) -> None:
        mend = Mend(comma, ",", "", "a trailing comma")
        what = f"a comma before the end of the {inside}"
        self._fault_or_note("trailing-comma", what, "remove it", mend, at=comma)

    def _key(self, kind: str) -> str:
        if kind in ("string", "single", "curly"):
            return str(json.loads(self._string(kind)))
        half = _HALF_QUOTED_KEY.match(self._all, self._start)
        if half is not None:
            return self._half_quoted(half)
        if kind != "word":
            self._no_key(kind)
        key = self._token
        what, hint = f"the key {key[:40]} is not in quotes", f'write "{key[:40]}"'
        if not self._has_colon():
            self._fail("unquoted-key", what, hint)
        self._fault_or_mend("unquoted-key", what, hint, f'"{key}"', f"the key {key} without quotes")
        return key

    def _no_key(self, kind: str) -> NoReturn:
        self._check_end(kind)
        self._check_quotes()
        hint = "remove one comma" if kind == "," else "keys stand in double quotes"
        what = "a comma" if kind == "," else f"'{self._char}'"
        self._fail("unexpected", f"{what} where a key should be", hint)

    def _has_colon(self) -> bool:
        return self._all.startswith(":", skip_blank(self._all, self.offset))

    def _string(self, kind: str) -> str:
        # Return a string, in whichever quotes it stands, as JSON has it.
        if kind == "string":
            self._check_surrogates(self._token)
            return self._token
        fault, quotes, hint = _OTHER_QUOTES[kind]
        inside = self._token[1:-1]
        token = f'"{re.sub(_REQUOTED, _requote, inside) if kind == "single" else inside}"'
        what = f"a string in {quotes}"
        if _STRING.fullmatch(token) is None:
            self._fail(fault, what, hint)
        self._check_surrogates(token)
        self._fault_or_mend(fault, what, hint, token, quotes)
        return token

    def _half_quoted(self, half: re.Match[str]) -> str:
        # Text that ends as a string does, and does not start as one.
        self._token, self.offset = half.group(), half.end()
        text = half["text"]
        shown = text if len(text) <= 40 else f"{text[:40]}.."
        what, hint = f"the quote before {shown} is missing", f'write "{shown}"'
        self._fault_or_mend("missing-quote", what, hint, f'"{text}"', f"the missing quote before {shown}")
        return text

    def _check_surrogates(self, token: str) -> None:
        escape = _SURROGATE_ESCAPE.search(token) if "\\u" in token else None
        if escape is None:
            return
        try:
            json.loads(token).encode("utf-8")
        except UnicodeEncodeError:
            what = f"{escape.group()} is half a character, without the other half"
            at = self._start + escape.start()
            self._fail("lone-surrogate", what, "write the character itself", at=at)

    def _check_quotes(self) -> None:
        # A quote that is no string's: say what is wrong with the string.
        quotes = _QUOTES.get(self._char)
        if quotes in _OTHER_QUOTES:
            fault, name, hint = _OTHER_QUOTES[quotes]
            self._fail(fault, f"a string in {name}", hint)
        if quotes is None:
            return
        sound = _SOUND.match(self._all, self._start + 1)
        stop = sound.end() if sound else self._start + 1
        if stop >= len(self._all):
            self._fail("truncated", "the text ends within this string", "close it with '\"'")
        char = self._all[stop]
        if char in "\r\n":
            self._fail("unclosed-string", "the string does not end on its line", "close it with '\"'")
        if char == "\\":
            escape = printable(self._all[stop : stop + 2])
            self._fail(
                "bad-escape", f"JSON has no escape '{escape}'", "a backslash is written '\\\\'", at=stop
            )
        shown = json.dumps(char)[1:-1]
        self._fail("control-character", "a control character in a string", f"write it as '{shown}'", at=stop)

    def _number(self) -> None:
        digits = self._token
        if (len(digits) > MAX_DIGITS) if digits.lstrip("-").isdigit() else math.isinf(float(digits)):
            self._fail("number-range", f"the number {digits[:20]}.. is too large")

    def _literal(self) -> None:
        word = self._token
        right = _LITERALS.get(word.lower())
        if right == word:
            return
        if right is not None:
            what = f"{word}, which is {right} in JSON"
            self._fault_or_mend("literal", f"JSON has no {word}", f"write {right}", right, what)
            return
        self._check_number_word(word)
        self._fail("unquoted-value", f"{word[:40]} is not a JSON value", "text stands in double quotes")

    def _check_number_word(self, word: str) -> None:
        if word.lstrip("+-").lower() in _NOT_NUMBERS:
            self._fail("nan", f"JSON has no {word}", "write null, or leave the key out")

    def _no_value(self, kind: str) -> NoReturn:
        self._check_end(kind)
        self._check_quotes()
        char = self._char
        if char in "-+." or char.isdigit():
            like = _NUMBER_LIKE.match(self._all, self._start)
            digits = like.group() if like else char
            self._check_number_word(digits)
            self._fail(
                "bad-number",
                f"{digits[:40]} is not a JSON number",
                "text stands in double quotes; a number has no sign '+', no leading zero and no bare point",
            )
        what, hint = f"'{char}' where a value should be", "remove one comma" if kind == "," else ""
        if kind in ("]", "}", ":", ",") and not self._open:
            what, hint = f"'{char}' where a document should start", "is there one too many?"
            if kind == ",":
                is_last = skip_blank(self._all, self.offset) == len(self._all)
                what = "a comma after a document" if is_last else "a comma between two documents"
                hint = "remove it" if is_last else "put each on lines of its own"
        self._fail("unexpected", what, hint)

    @property
    def _char(self) -> str:
        return self._all[self._start]

    def _check_end(self, kind: str) -> None:
        if kind != "end":
            return
        if not self._open:
            self._fail("truncated", "the text ends where a value should be")
        start = self._open[-1]
        closer, inside = ("}", "object") if self._all[start] == "{" else ("]", "list")
        line, column = self.text.position(start)
        self._fail(
            "truncated",
            f"the text ends within the {inside} that starts at line {line}, column {column}",
            f"is the file cut short, or a '{closer}' missing?",
            at=max(self._value_end - 1, start),
        )

    # Faults are those of the token that was read last, where no other place is given.

    def _fail(self, kind: str, sentence: str, hint: str = "", *, at: int | None = None) -> NoReturn:
        at = self._start if at is None else at
        raise self.text.fault(kind, at, printable(sentence), printable(hint))

    def _fault_or_mend(self, kind: str, sentence: str, hint: str, new: str, what: str) -> None:
        self._fault_or_note(kind, sentence, hint, Mend(self._start, self._token, new, what))

    def _fault_or_note(
        self, kind: str, sentence: str, hint: str, mend: Mend, *, at: int | None = None
    ) -> None:
        if self._mends is None:
            self._fail(kind, sentence, hint, at=at)
        self._mends.append(mend)


_REQUOTED = re.compile(r"\\.|\"")


def _requote(match: re.Match[str]) -> str:
    # What a string in single quotes escapes, or need not, the other way round in double quotes.
    return {"\\'": "'", '"': '\\"'}.get(match.group(), match.group())
