"""The tokens of JSON, of those tokens that people write instead, and what is wrong with each."""

from __future__ import annotations

import json
import re
from typing import NamedTuple, NoReturn

from asntools.asn.text import Text
from asntools.common.faults import printable

MAX_DIGITS = 4000
"""How many digits a whole number may have; Python reads no more than 4300."""

_BLANK = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
_SOUND = re.compile(r'[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*')
_SINGLE_QUOTED = re.compile(r"'[^'\\\x00-\x1f]*(?:\\.[^'\\\x00-\x1f]*)*'(?=[\s,:\]}]|$)")
_CURLY_QUOTED = re.compile(
    r"(?:[\u201c\u201d][^\u201c\u201d\"\n]*[\u201c\u201d]|[\u2018\u2019][^\u2018\u2019\"\n]*[\u2018\u2019])(?=[\s,:\]}]|$)"
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]+)?(?P<exponent>[eE][+-]?[0-9]+)?(?![\w.+-])")
_NUMBER_LIKE = re.compile(r"[\w.+-]+")
CURLY_QUOTES = frozenset("\u201c\u201d\u2018\u2019")
WORD = re.compile(r"[^\W\d][\w.$-]*|\$[\w.$-]*")
_COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_WORDS = frozenset({"true", "false", "null"})
_PYTHON_WORDS = {"True": "true", "False": "false", "None": "null"}
_NOT_NUMBERS = frozenset({"nan", "inf", "infinity"})


def skip_blank(text: str, offset: int) -> int:
    """Return the offset of the first character from `offset` on that is not blank."""
    match = _BLANK.match(text, offset)
    return match.end() if match else offset


class Mend(NamedTuple):
    """A change of the text that makes it JSON: `old`, at `offset`, becomes `new`. `what` was wrong."""

    offset: int
    old: str
    new: str
    what: str


class Tokens:
    """A reader of one token after another, which is the base of a `Scanner`.

    Parameters
    ----------
    text : Text
        The text.
    start : int
        Where to start.
    mends : list of Mend, optional
        Where given, faults that have one sure remedy are noted here and passed over.
    """

    def __init__(self, text: Text, start: int, mends: list[Mend] | None):
        self.text = text
        self._all = text.text
        self._at = start
        self._mends = mends

    @property
    def offset(self) -> int:
        """How far the text has been read."""
        return self._at

    def at_end(self) -> bool:
        """Say whether only blanks, and comments where they may be taken out, are left."""
        self._skip()
        return self._at >= len(self._all)

    # Each of these reads a token, and leaves self._at after it.

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

    def _curly_quoted(self) -> str:
        match = _CURLY_QUOTED.match(self._all, self._at)
        token = f'"{match.group()[1:-1]}"' if match else ""
        what, hint = "a string in curly quotes", 'JSON has straight ones, "'
        if match is None or _STRING.fullmatch(token) is None:
            self._fail("curly-quotes", self._at, what, hint)
        self._check_surrogates(token)
        mend = Mend(self._at, match.group(), token, "curly quotes")
        self._fault_or_mend("curly-quotes", self._at, what, hint, mend)
        self._at = match.end()
        return token

    def _unquoted_key(self) -> str:
        match = WORD.match(self._all, self._at)
        assert match is not None
        key = match.group()
        what, hint = f"the key {key[:40]} is not in quotes", f'write "{key[:40]}"'
        if not self._has_colon(match.end()):
            self._fail("unquoted-key", self._at, what, hint)
        mend = Mend(self._at, key, f'"{key}"', f"the key {key[:40]} without quotes")
        self._fault_or_mend("unquoted-key", self._at, what, hint, mend)
        self._at = match.end()
        return key

    def _has_colon(self, offset: int) -> bool:
        return self._all.startswith(":", skip_blank(self._all, offset))

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
        match = WORD.match(self._all, self._at)
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

    def _fail(self, kind: str, offset: int, sentence: str, hint: str = "") -> NoReturn:
        raise self.text.fault(kind, offset, printable(sentence), printable(hint))

    def _fault_or_mend(self, kind: str, offset: int, sentence: str, hint: str, mend: Mend) -> None:
        if self._mends is None:
            self._fail(kind, offset, sentence, hint)
        self._mends.append(mend)


def _requote(match: re.Match[str]) -> str:
    # What a string in single quotes escapes, or need not, the other way round in double quotes.
    return {"\\'": "'", '"': '\\"'}.get(match.group(), match.group())
