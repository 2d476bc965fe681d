"""The tokens of JSON, those that people write instead, and what is wrong with each."""

from __future__ import annotations

import html
import json
import math
import re
from typing import NamedTuple, NoReturn, cast

from asntools.asn.text import Text
from asntools.common.faults import printable

MAX_DIGITS = 4000
"""How many digits an integer may have; Python reads no more than 4300."""
STRINGS = ("string", "single", "curly", "backtick", "html")
"""The kinds of token that are strings: in double, single, curly and HTML quotes, and in backticks."""

_INSIDE = r'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+'
_SOUND = re.compile(_INSIDE)
_STRING = re.compile(f'"{_INSIDE}"')
_WORD = r"[^\W\d][\w.$-]*|\$[\w.$-]*"
_TOKEN = re.compile(
    rf"""[ \t\n\r]*+(?:
    (?P<fence>(?<![^\n])(?:```\w*+|"{{3}}|'{{3}})[ \t\r]*+(?=\n|\Z))
    | (?P<string>"{_INSIDE}")
    | (?P<mark>[{{}}\[\]:,])
    | (?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?![\w.+-]))
    | (?P<single>[uU]?'[^'\\\x00-\x1f]*+(?:\\.[^'\\\x00-\x1f]*+)*+'(?=[\s,:\]}}]|$))
    | (?P<word>{_WORD})
    | (?P<html>(?P<quote>&(?:quot|apos|\#0*(?:34|39)|\#[xX]0*2[27]);)(?:(?!(?P=quote))[^"\\\n])*+(?P=quote))
    | (?P<curly>(?:[\u201c-\u201e][^\u201c\u201d"\n]*+[\u201c\u201d]
               |\u00ab[^\u00bb"\n]*+\u00bb
               |[\u2018\u2019][^\u2018\u2019"\n]*+[\u2018\u2019])(?=[\s,:\]}}]|$))
    | (?P<backtick>`[^`"\\\x00-\x1f]*+`(?=[\s,:\]}}]|$))
    | (?P<blank>(?:[\u200b-\u200d\u2060\ufeff]|[^\S\ \t\n\r])++)
    | (?P<comment>//[^\n]*+|\#[^\n]*+)
    | (?P<long>/\*)
    | (?P<end>\Z)
    | (?P<other>(?s:.))
    )""",
    re.VERBOSE,
)
_NUMBER_LIKE = re.compile(r"[\w.+-]+")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
QUOTES = {
    **{'"': "string", "'": "single", "`": "backtick"},
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u2018\u2019", "curly"),
}
_OTHER_QUOTES = {
    "single": ("single-quotes", "single quotes", "JSON uses double quotes"),
    "backtick": ("single-quotes", "backticks", "JSON uses double quotes"),
    "html": ("single-quotes", "HTML's &quot;", "JSON uses double quotes"),
    "curly": ("curly-quotes", "curly quotes", 'JSON uses straight ones, "'),
}
_LITERALS = {"true": "true", "false": "false", "null": "null", "none": "null", "undefined": "null"}
_TEXT = r"[^\s\"'{}\[\],:\\\x00-\x1f\u201c\u201d\u2018\u2019]"
HALF_QUOTED_KEY = re.compile(rf'(?P<text>{_TEXT}(?:[^"{{}}\[\],:\\\x00-\x1f]*[^\s"\\])?)"(?=\s*:)')
HALF_QUOTED_VALUE = re.compile(
    rf'(?P<text>{_TEXT}(?:[^"{{}}\[\],\\\x00-\x1f]*[^\s"\\])?)"(?=[ \t]*(?:[,\]}}\r\n]|\Z))'
)
DOCUMENT_HINT = "an association is written in '{' and '}'"
_PREFIXES = frozenset({"b", "br", "f", "fr", "r", "rb", "rf", "u"})  # of strings of Python
_NOT_NUMBERS = frozenset({"nan", "inf", "infinity"})


class Mend(NamedTuple):
    """A change of the text that makes it JSON: `old`, at `offset`, becomes `new`. `what` was wrong."""

    offset: int
    old: str
    new: str
    what: str


class TokenReader:
    """A reader of one token after another, whose faults are about the last one read.

    Given a list of `mends`, faults with only one possible remedy are noted there and skipped.
    """

    def __init__(self, text: Text, start: int, mends: list[Mend] | None):
        self.text = text
        self.offset = start
        self._all = text.text
        self._mends = mends
        self._token = ""  # the one read last, and where it starts
        self._start = start
        self._open: list[int] = []  # where the objects and lists start that are still open

    def _next(self) -> str:
        # Read a token; return its kind, which for punctuation is the character itself.
        while True:
            match = cast("re.Match[str]", _TOKEN.match(self._all, self.offset))  # something always fits
            kind = str(match.lastgroup)
            self._token = match[kind]
            self._start = match.start(kind)
            self.offset = match.end()
            if kind == "long" and self._start + 2 <= self.text.last_comment_end:
                kind = "comment"
                if self._mends is not None:
                    self.offset = self._all.index("*/", self._start + 2) + 2
                    self._token = self._all[self._start : self.offset]
            if kind == "fence":
                what = f"a line of {printable(self._token.strip())}"
                self._fault_or_mend("comment", what, "remove it", "", what)
            elif kind == "blank":
                what = f"a blank that JSON does not have, '{printable(ascii(self._token)[1:-1])}'"
                self._fault_or_mend("unexpected", what, "write a plain one", " ", what)
            elif kind == "comment":
                said, what = "a comment, which JSON does not have", f"a comment, {self._token.strip()}"
                self._fault_or_mend("comment", said, "remove it", "\n" * self._token.count("\n"), what)
            else:
                return self._token if kind == "mark" else kind

    def _peek(self) -> str:
        kind = self._next()
        self.offset = self._start
        return kind

    def _string(self, kind: str) -> str:
        # Return a string, in any kind of quotes, as JSON writes it.
        if kind == "string":
            if self._token == '""' and self._all.startswith('"', self.offset):
                self._fail("single-quotes", "a string in three quotes", "JSON uses one on each side")
            self._check_surrogates(self._token)
            return self._token
        fault, quotes, hint = _OTHER_QUOTES[kind]
        if kind == "html":
            inside = html.unescape(self._token).strip()[1:-1].replace('"', '\\"')
        elif kind == "single":
            inside = re.sub(_REQUOTED, _requote, self._token.lstrip("uU")[1:-1])
        else:
            inside = self._token[1:-1]
        token = f'"{inside}"'
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
        # A quote that begins no valid string: say what is wrong with it.
        quotes = QUOTES.get(self._char)
        if quotes == "string" and self._all.startswith('"""', self._start):
            self._fail("single-quotes", "a string in three quotes", "JSON uses one on each side")
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
        self._check_prefix("unquoted-value")
        self._check_number_word(word)
        hint = "put text in double quotes" if self._open else DOCUMENT_HINT
        self._fail("unquoted-value", f"{word[:40]} is not a JSON value", hint)

    def _check_prefix(self, kind: str) -> None:
        if self._token.lower() in _PREFIXES and self._all.startswith(("'", '"'), self.offset):
            self._fail(kind, f"{self._token} before a string, as Python writes it", "remove it")

    def _check_number_word(self, word: str) -> None:
        if word.lstrip("+-").lower() in _NOT_NUMBERS:
            self._fail("nan", f"JSON has no {word}", "write null, or leave the key out")

    def _check_digits(self) -> None:
        char = self._char
        if self._all.startswith(("...", "\u2026"), self._start):
            self._fail("unexpected", "dots in place of something left out", "write it out in full")
        if char in "-+." or char.isdigit():
            like = _NUMBER_LIKE.match(self._all, self._start)
            digits = like.group() if like else char
            self._check_number_word(digits)
            self._fail(
                "bad-number",
                f"{digits[:40]} is not a JSON number",
                "put text in double quotes; a number has no '+' sign, no leading zero and no bare point",
            )

    @property
    def _char(self) -> str:
        return self._all[self._start]

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
