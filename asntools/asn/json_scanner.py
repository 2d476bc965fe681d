"""A reader of JSON that knows the position of each value, what is wrong with faulty text, and how to mend it.

Existing readers of JSON, such as jsonyx and tree-sitter-json, do not give the positions of values, accept
text that is not JSON (1e999, any depth), or say no more about a fault than "expecting value".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NoReturn

from asntools.asn.json_tokens import (
    DOCUMENT_HINT,
    HALF_QUOTED_KEY,
    HALF_QUOTED_VALUE,
    QUOTES,
    STRINGS,
    Mend,
    TokenReader,
)
from asntools.asn.text import MAX_DEPTH, Parts, Path, Text, skip_blank

CODE_BEFORE = re.compile(
    r"(?!\{)(?:>>>[ \t]*|(?:In|Out)[ \t]?\[\d*\]:\s*)?(?:(?:const|let|var|export default)[ \t]+)?"
    r"(?:[^\W\d][\w.]*[ \t]*=\s*)*(?:(?:[^\W\d][\w.]*)?\(\s*)*(?=\{)"
)
"""Code before the object in a notebook: a prompt, an assignment, a call."""
_CODE_AFTER = re.compile(r"\s*+(?:(?:,[^\n\"'{}\[\]]*)?\)+;?|;)")


class Scanner(TokenReader):
    """A reader of one JSON value, which starts at an offset of a text.

    `parts` is where the parts of the value stand, and `offset` how far the text has been read.
    """

    def __init__(self, text: Text, start: int = 0, mends: list[Mend] | None = None):
        super().__init__(text, start, mends)
        self.places: dict[Path, int] = {}
        self.parts = Parts(self.places.get, [])
        self._value_end = start

    def run(self) -> int:
        """Read the value and return the offset after it; raises a `SyntaxFault` if the text is not JSON."""
        if lead := CODE_BEFORE.match(self._all, skip_blank(self._all, self.offset)):
            self._pass_code(lead, "before")
        self._value(self._next(), ())
        if self._mends is not None and (tail := _CODE_AFTER.match(self._all, self.offset)):
            self._pass_code(tail, "after")
        return self.offset

    def _pass_code(self, code: re.Match[str], where: str) -> None:
        self._start, self._token, self.offset = code.start(), code.group(), code.end()
        what = f"code {where} the association, {' '.join(self._token.split())}"
        self._fault_or_mend("unexpected", what, "remove it", "", what)

    def at_end(self) -> bool:
        """Skip blanks, and comments if they are mended, and return whether nothing else is left."""
        return self._peek() == "end"

    def pass_last_comma(self) -> None:
        """Skip a comma at the end of the text if faults are mended; otherwise nothing."""
        if self._mends is None or self._peek() != ",":
            return
        comma, noted = self.offset, len(self._mends)
        self.offset += 1
        if self.at_end():
            self._mends.append(Mend(comma, ",", "", "a comma after the association"))
        else:
            self.offset = comma
            del self._mends[noted:]

    def _value(self, kind: str, path: Path) -> None:
        self.places[path] = self._start
        if kind == "{":
            self._object(path)
        elif kind == "[":
            self._list(path)
        elif kind in STRINGS:
            self._string(kind)
        elif half := HALF_QUOTED_VALUE.match(self._all, self._start):
            self._half_quoted(half)
        elif kind == "number":
            self._number()
        elif kind == "word":
            self._literal()
        else:
            self._no_value(kind)
        self._value_end = self.offset

    def _object(self, path: Path) -> None:
        keys: dict[str, int] = {}
        for kind in self._entries("}", "object", path):
            key_at, key = self._start, self._key(kind)
            inner = (*path, key)
            if key in keys:
                self.parts.duplicates.append((inner, keys[key], key_at))
            else:
                keys[key] = key_at
            if (kind := self._next()) != ":":
                self._check_end(kind)
                self._fail("missing-colon", f"no ':' after the key '{key}'", 'write "key": value')
            self._value(self._next(), inner)

    def _list(self, path: Path) -> None:
        for index, kind in enumerate(self._entries("]", "list", path)):
            self._value(kind, (*path, index))

    def _entries(self, closer: str, inside: str, path: Path) -> Iterator[str]:
        # Give the first token of each entry, which is to be read before the next one is asked for.
        if len(path) >= MAX_DEPTH:
            self._fail("too-deep", f"nested more than {MAX_DEPTH} deep", "an association is 5 deep")
        self._open.append(self._start)
        comma: int | None = None
        while (kind := self._next()) != closer:
            if kind == "," and self._mends is not None:
                what = f"a comma after '{self._all[self._open[-1]]}'" if comma is None else "a doubled comma"
                self._mends.append(Mend(self._start, ",", "", what))
                continue
            yield kind
            if (comma := self._comma(closer, inside)) is None:
                break
        if comma is not None:
            mend = Mend(comma, ",", "", "a trailing comma")
            what = f"a comma before the end of the {inside}"
            self._fault_or_note("trailing-comma", what, "remove it", mend, at=comma)
        self._open.pop()

    def _comma(self, closer: str, inside: str) -> int | None:
        # Read what follows a value: return where the comma is, or should be; None after the closer.
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
        what, hint = f"no comma after this, but the {inside} goes on", "put a comma after it"
        end = self._value_end
        if self._start == end and self._all[end - 1] not in "]}":
            self._fail("missing-comma", what, hint, at=end - 1)
        self._fault_or_note("missing-comma", what, hint, Mend(end, "", ",", "a missing comma"), at=end - 1)
        self.offset = self._start
        return self._start

    def _goes_on(self, kind: str, closer: str) -> bool:
        # Whether another value, or key, starts here.
        if self._char in QUOTES:
            return True
        if closer == "]":
            return kind in ("{", "[")
        return kind == "word" and self._has_colon()

    def _key(self, kind: str) -> str:
        if kind in STRINGS:
            return str(json.loads(self._string(kind)))
        half = HALF_QUOTED_KEY.match(self._all, self._start)
        if half is not None:
            return self._half_quoted(half)
        if kind != "word":
            self._no_key(kind)
        self._check_prefix("unquoted-key")
        key = self._token
        what, hint = f"the key {key[:40]} is not in quotes", f'write "{key[:40]}"'
        if not self._has_colon():
            self._fail("unquoted-key", what, hint)
        self._fault_or_mend("unquoted-key", what, hint, f'"{key}"', f"the key {key} without quotes")
        return key

    def _no_key(self, kind: str) -> NoReturn:
        self._check_end(kind)
        self._check_quotes()
        hint = "remove one comma" if kind == "," else "keys need double quotes"
        what = "a comma" if kind == "," else f"'{self._char}'"
        self._fail("unexpected", f"{what} where a key should be", hint)

    def _has_colon(self) -> bool:
        return self._all.startswith(":", skip_blank(self._all, self.offset))

    def _no_value(self, kind: str) -> NoReturn:
        self._check_end(kind)
        self._check_quotes()
        self._check_digits()
        char = self._char
        what, hint = f"'{char}' where a value should be", "remove one comma" if kind == "," else ""
        if kind == "other":
            hint = "a list is written in '[' and ']'" if char == "(" and self._open else ""
            hint = hint if self._open else DOCUMENT_HINT
        if kind in ("]", "}", ":", ",") and not self._open:
            what, hint = f"'{char}' where a document should start", "is there one too many?"
            if kind == ",":
                is_last = skip_blank(self._all, self.offset) == len(self._all)
                what = "a comma after a document" if is_last else "a comma between two documents"
                hint = "remove it" if is_last else "put each on its own lines"
        self._fail("unexpected", what, hint)

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
