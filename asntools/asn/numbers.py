"""Numbers that remember how they were written, so that a file which is edited keeps their digits."""

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
    """A number written otherwise than Python writes it: ``1.5e-5``, ``1.50``."""


class WrittenInt(_Written, int):  # type: ignore[misc]
    """A whole number written otherwise than Python writes it: ``-0``, or ``+7`` in YAML."""


def read_int(text: str) -> int:
    """Return the whole number that a text is, with its spelling where that is not Python's."""
    number = int(text)
    return number if text[0] not in "+-" or repr(number) == text else WrittenInt(text)


def read_float(text: str) -> float:
    """Return the number that a text is, with its spelling where that is not Python's.

    ValueError where it is not a number, or beyond what a float can be.
    """
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number if repr(number) == text else WrittenFloat(text)


def plain(number: float) -> int | float:
    """Return a number without its spelling."""
    return int(number) if isinstance(number, int) else float(number)


def json_digits(number: WrittenInt | WrittenFloat) -> str:
    """Return a number for JSON: as it was written, where JSON has such a number."""
    return number.text if _JSON_NUMBER.fullmatch(number.text) else repr(plain(number))
