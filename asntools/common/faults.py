"""What went wrong, and where: the one shape in which logic reports bad input."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Callable, Iterator
from typing import TypeAlias

STDIN = "<stdin>"
"""The name of standard input in messages."""


class Fault(ValueError):
    """A fault in the input, and the message about it; scripts know it as `AssociationError`.

    The message says what is wrong and what would be right: lower case, one line, no final stop. `source` is
    the file's name, `STDIN` for standard input, and `line` counts from 1. What is not `serious` is a warning,
    which leaves the exit status alone.
    """

    def __init__(
        self, message: str, source: str | None = None, line: int | None = None, *, serious: bool = True
    ):
        super().__init__(message)
        self.message = message
        self.source = source
        self.line = line
        self.serious = serious

    def follows(self, other: Fault) -> bool:
        """Return whether this is the same fault as another, one line further down."""
        return (
            self.line is not None
            and other.line == self.line - 1
            and (self.message, self.source, self.serious) == (other.message, other.source, other.serious)
        )

    def __str__(self) -> str:
        where = "" if self.source is None else f"{self.source}:"
        if where and self.line is not None:
            where += f"{self.line}:"
        return f"{where} {self.message}" if where else self.message


Report: TypeAlias = Callable[[Fault], None]
"""A function that reports a fault; work goes on after it."""


def raise_or_warn(fault: Fault) -> None:
    """Raise a serious fault, and turn others into Python warnings: how functions for scripts report."""
    if fault.serious:
        raise fault
    warnings.warn(str(fault), stacklevel=2)


def printable(text: str) -> str:
    r"""Return `text` with control and invisible characters written as ``\x1b`` and ``\u200b``."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
    )


def first_unseen(text: str) -> str | None:
    """Return the first invisible character of a text, such as a control character, or None."""
    return None if text.isprintable() else next(char for char in text if not char.isprintable())


_UNSEEN = {
    "\r": "a carriage return",
    "\n": "a line end",
    "\t": "a tab",
    "\0": "a null character",
    " ": "a blank",
}


def unseen_in(name: str) -> str | None:
    """Return what is invisible in a name, such as ``ends with a blank``, or None."""
    char = first_unseen(name) or next((end for end in (name[-1:], name[:1]) if end == " "), None)
    if char is None:
        return None
    where = "ends with" if name[-1] == char else "starts with" if name[0] == char else "contains"
    return f"{where} {_UNSEEN.get(char, f'the invisible character U+{ord(char):04X}')}"


def os_reason(error: OSError) -> str:
    """Return the system's own words for an error, in lower case: ``no such file or directory``."""
    return (error.strerror or str(error)).lower()


@contextlib.contextmanager
def reading(source: str) -> Iterator[None]:
    """Turn system and UTF-8 errors while a source is read into a `Fault`."""
    try:
        yield
    except OSError as error:
        raise Fault(f"cannot read: {os_reason(error)}", source) from error
    except UnicodeDecodeError as error:
        raise Fault(not_utf8(error), source) from error


def not_utf8(error: UnicodeDecodeError) -> str:
    """Return what to say of text that is not UTF-8, with the column of the first byte that is not."""
    return f"not UTF-8: byte 0x{error.object[error.start]:02x} at column {error.start + 1}"


_BEYOND_ASCII = re.compile(r"[^\x00-\x7e]")  # a range up to the last character takes 5 ms to compile


def terminal_safe(text: str) -> str:
    """Return JSON text with unprintable characters beyond ASCII, which JSON leaves as they are, escaped."""
    from json.encoder import encode_basestring_ascii

    def shown(match: re.Match[str]) -> str:
        return match[0] if match[0].isprintable() else encode_basestring_ascii(match[0])[1:-1]

    # A carriage return stands as it is between the values alone, where a blank says as much.
    return _BEYOND_ASCII.sub(shown, text.replace("\r", " "))
