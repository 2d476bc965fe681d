"""Numbers that remember how they were written, so that an edited file keeps their digits."""

from __future__ import annotations

import math
import re
from typing import Self

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class _Written:
    # The part of a number that remembers its text; its other base is the kind of number.
    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)  # type: ignore[call-arg]
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:
        return (self.text,)

    def __repr__(self) -> str:
        return self.text


class WrittenFloat(_Written, float):  # type: ignore[misc]
    """A number that is not written as Python would: ``1.5e-5``, ``1.50``."""


class WrittenInt(_Written, int):  # type: ignore[misc]
    """An integer that is not written as Python would: ``-0``, or ``+7`` in YAML."""


def read_int(text: str) -> int:
    """Return the integer in a text, with its spelling if that is not Python's."""
    number = int(text)
    return number if text[0] not in "+-" or repr(number) == text else WrittenInt(text)


def read_float(text: str) -> float:
    """Return the number in a text, with its spelling if that is not Python's.

    Raises ValueError if it is not a number, or out of range for a float.
    """
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number if repr(number) == text else WrittenFloat(text)


def plain(number: float) -> int | float:
    """Return a number without its spelling."""
    return int(number) if isinstance(number, int) else float(number)


def json_digits(number: WrittenInt | WrittenFloat) -> str:
    """Return a number for JSON: as it was written, if that is valid JSON."""
    return number.text if _JSON_NUMBER.fullmatch(number.text) else repr(plain(number))
