"""A writer of JSON that keeps the digits of numbers, and puts each member on one line if wanted.

The standard library's writer has only one spelling for each number, and one indent for all levels.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import TYPE_CHECKING, Any

from asntools.asn.numbers import WrittenFloat, WrittenInt, json_digits

if TYPE_CHECKING:
    import orjson


class JsonWriter:
    """A writer of values as JSON, in one layout.

    `indent` are the blanks for each level, or None for everything on one line; `separators` come after a
    value and after a key, and `member_separator` after a value of a member if each member is on one line.
    """

    def __init__(
        self, indent: str | None, separators: tuple[str, str], *, ascii: bool, member_separator: str | None
    ):
        self._indent = indent
        self._comma, self._colon = separators
        self._quoted = encode_basestring_ascii if ascii else encode_basestring
        self._member_separator = None if indent is None else member_separator

    def text(self, value: Any) -> str:
        """Return a value as JSON; raises ValueError or TypeError if JSON cannot express it."""
        return self._value(value, None if self._indent is None else "\n", self._comma)

    def _value(self, value: Any, before: str | None, comma: str) -> str:
        # `before` begins each line at this level; None if everything is on one line.
        if isinstance(value, str):
            return self._quoted(value)
        if isinstance(value, dict):
            if before is not None and self._member_separator is not None and _is_member(value):
                before, comma = None, self._member_separator
            inner = self._deeper(before)
            parts = [
                f"{self._key(key)}{self._colon}{self._value(each, inner, comma)}"
                for key, each in value.items()
            ]
            return self._enclosed("{}", parts, before, comma)
        if isinstance(value, (list, tuple)):
            inner = self._deeper(before)
            return self._enclosed("[]", [self._value(each, inner, comma) for each in value], before, comma)
        if value is None:
            return "null"
        if isinstance(value, (WrittenInt, WrittenFloat)):
            return json_digits(value)
        return json.dumps(value, allow_nan=False)

    def _key(self, key: object) -> str:
        if not isinstance(key, str):
            raise TypeError(f"a key must be text, not {type(key).__name__}")
        return self._quoted(key)

    def _deeper(self, before: str | None) -> str | None:
        return None if before is None else f"{before}{self._indent}"

    def _enclosed(self, brackets: str, parts: list[str], before: str | None, comma: str) -> str:
        inner = self._deeper(before) if parts else None
        between = comma if inner is None else comma + inner
        return f"{brackets[0]}{inner or ''}{between.join(parts)}{before if inner else ''}{brackets[1]}"


def _is_member(value: Mapping[str, Any]) -> bool:
    return "expname" in value and not any(_has_object(each) for each in value.values())


def _has_object(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_has_object, value)))


COMPACT = JsonWriter(None, (",", ":"), ascii=False, member_separator=None)


class _Beginning:
    # What is written before orjson has paid for its import, and for those that it brings along.
    def __init__(self, size: int):
        self._left = size

    def takes(self, value: Any) -> bool:
        """Return whether a value is small, and written in the same way by both writers."""
        values = [value]
        while values and self._left:
            self._left -= 1
            one = values.pop()
            if isinstance(one, dict):
                values.extend(one.values())
            elif isinstance(one, (list, tuple)):
                values.extend(one)
            elif type(one) not in _PLAIN:
                return False
        return not values


_PLAIN = {str, int, bool, type(None), WrittenInt, WrittenFloat}
_BEGINNING = _Beginning(1000)


def json_line(value: Any) -> bytes:
    """Return a value as a line of compact JSON, with its newline; fails like `JsonWriter.text`."""
    if "orjson" not in sys.modules and _BEGINNING.takes(value):
        return f"{COMPACT.text(value)}\n".encode()
    import orjson

    try:
        options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_SUBCLASS
        return orjson.dumps(value, default=_fragment, option=options)
    except orjson.JSONEncodeError:
        # An integer of more than 64 bits; anything else fails here too, with a reason.
        return f"{COMPACT.text(value)}\n".encode()


def _fragment(value: object) -> orjson.Fragment:
    import orjson

    if isinstance(value, (WrittenInt, WrittenFloat)):
        return orjson.Fragment(json_digits(value))
    raise TypeError(f"not a JSON value: {type(value).__name__}")
