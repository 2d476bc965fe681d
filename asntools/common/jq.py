"""Programs in the language of jq, compiled once and asked of many values.

A program is code: it can read the environment (``$ENV``, ``env``) and, by ``import`` or ``include`` with a
path, files of JSON and of jq. It cannot write, run other programs or open connections; ``input`` has
nothing to read, and ``~/.jq`` is not loaded, so that a program means the same for everybody. To run one
that somebody else wrote, set a limit: ``ASNTOOLS_JQ_SECONDS``, for each value, or ``ASNTOOLS_JQ_MEGABYTES``.
It then runs in a process of its own that sees no environment and opens no files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from asntools.common.faults import Fault

SECONDS, MEGABYTES = "ASNTOOLS_JQ_SECONDS", "ASNTOOLS_JQ_MEGABYTES"
"""The variables of the environment that limit what a program may take."""

# Directives stand at the start of a program, where then no definition may stand.
_DIRECTIVE = re.compile(r"(\s|#[^\n]*\n)*(import|include|module)\b")
_HALTING = "def halt_error(status): error; def halt_error: error; "


class Query:
    """A jq program.

    Parameters
    ----------
    text : str
        The program: ``.exptype == "science"``.

    Raises
    ------
    Fault
        It is not a jq program, or a limit is not a number.
    """

    def __init__(self, text: str):
        self.text = text
        seconds, megabytes = map(_limit, (SECONDS, MEGABYTES))
        try:
            if seconds is None and megabytes is None:
                self._answers = compiled(text)
            else:
                from asntools.common.jq_limits import limited

                self._answers = limited(text, seconds, megabytes)
        except ValueError as error:
            raise Fault(f"not a jq program: {text!r}: {reason(error)}") from error

    def answers(self, value: Any) -> Iterator[Any]:
        """Give what the program gives for a JSON value, one after another.

        Raises
        ------
        Fault
            The program fails on this value.
        """
        try:
            yield from self._answers(value)
        except ValueError as error:
            raise Fault(f"jq program {self.text!r} fails: {reason(error)}") from error

    def all(self, value: Any) -> list[Any]:
        """Return everything that the program gives for a JSON value."""
        return list(self.answers(value))

    def first(self, value: Any) -> Any:
        """Return the first thing that the program gives for a JSON value, None where it gives nothing."""
        return next(self.answers(value), None)

    def holds(self, value: Any) -> bool:
        """Return whether what the program gives first is true as jq sees it: neither false nor null."""
        answer = self.first(value)
        return answer is not None and answer is not False


def compiled(text: str) -> Callable[[Any], Iterator[Any]]:
    """Return a program as a function of a value; it, and this, raises ValueError with jq's words."""
    import jq

    # jq would end there without a word, and what it gave before would pass for all.
    halts = "halt_error" in text and not _DIRECTIVE.match(text)
    with _homeless():
        program = jq.compile(_HALTING + text if halts else text)

    def answers(value: Any) -> Iterator[Any]:
        with _homeless():  # a program that is asked while it still answers is compiled again
            given: Iterator[Any] = iter(program.input_value(value))
        yield from given

    return answers


@contextmanager
def _homeless() -> Iterator[None]:
    home = os.environ.pop("HOME", None)
    try:
        yield
    finally:
        if home is not None:
            os.environ["HOME"] = home


def _limit(variable: str) -> float | None:
    text = os.environ.get(variable)
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < 1e9:
        raise Fault(f"{variable} is a positive number, not {text!r}")
    return number


def reason(error: ValueError) -> str:
    """Return jq's reason for an error, without the program that it shows below, on lines of their own."""
    return str(error).split("\n", 1)[0].removeprefix("jq: error: ").strip(" :")
