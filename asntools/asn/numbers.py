"""Numbers that remember how they were written, so that a file which is edited keeps their digits."""

from __future__ import annotations

import math
import re

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class WrittenFloat(float):
    """A number written otherwise than Python writes it: ``1.5e-5``, ``1.50``."""

    text: str

    def __new__(cls, text: str) -> WrittenFloat:
        """Return the number that `text` is."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self.text,)

    def __repr__(self) -> str:
        return self.text


class WrittenInt(int):
    """A whole number written otherwise than Python writes it: ``-0``, or ``+7`` in YAML."""

    text: str

    def __new__(cls, text: str) -> WrittenInt:
        """Return the number that `text` is."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self.text,)

    def __repr__(self) -> str:
        return self.text


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
