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
    """Something is wrong with the input, and this is how to say it; scripts know it as `AssociationError`.

    Parameters
    ----------
    message : str
        What is wrong and what would be right: lower case, one line, no final stop.
    source : str, optional
        The file's name, `STDIN` for standard input.
    line : int, optional
        The line in that file, from 1.
    serious : bool
        False for a warning, which leaves the exit status alone.
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
    """Raise a serious fault, and make a Python warning of another: how functions for scripts report."""
    if fault.serious:
        raise fault
    warnings.warn(str(fault), stacklevel=2)


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Return `text` with control characters written as ``\x1b``, so that a terminal stays as it is."""
    return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


def os_reason(error: OSError) -> str:
    """Return the system's own words for an error, in lower case: ``no such file or directory``."""
    return (error.strerror or str(error)).lower()


@contextlib.contextmanager
def reading(source: str) -> Iterator[None]:
    """Turn what goes wrong while a source is read, with the system or with UTF-8, into a `Fault`."""
    try:
        yield
    except OSError as error:
        raise Fault(f"cannot read: {os_reason(error)}", source) from error
    except UnicodeDecodeError as error:
        raise Fault(not_utf8(error), source) from error


def not_utf8(error: UnicodeDecodeError) -> str:
    """Return what to say of text that is not UTF-8, with the column of the first byte that is not."""
    return f"not UTF-8: byte 0x{error.object[error.start]:02x} at column {error.start + 1}"


_CONTROL_BEYOND_ASCII = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def terminal_safe(text: str) -> str:
    """Return JSON text with control characters beyond ASCII, which JSON leaves as they are, escaped."""
    return _CONTROL_BEYOND_ASCII.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
