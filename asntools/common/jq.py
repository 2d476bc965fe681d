"""jq programs, compiled once and applied to many values.

A program is code: it can read the environment (``$ENV``, ``env``) and, by ``import`` or ``include`` with a
path, files of JSON and of jq. It cannot write, run other programs or open connections; ``input`` has
nothing to read, and ``~/.jq`` is not loaded, so that a program means the same for everybody. To run one
that somebody else wrote, set a limit: ``ASNTOOLS_JQ_SECONDS``, for each value, or ``ASNTOOLS_JQ_MEGABYTES``.
It then runs in a process of its own that sees no environment and opens no files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from asntools.common.faults import Fault
from asntools.common.jq_programs import compiled, reason

SECONDS, MEGABYTES = "ASNTOOLS_JQ_SECONDS", "ASNTOOLS_JQ_MEGABYTES"
"""The environment variables that limit a program's time and memory."""


class Query:
    """A jq program, such as ``.exptype == "science"``; a `Fault` says why a text is not one."""

    def __init__(self, text: str):
        self.text = text
        for literal in _inexact(text):
            raise Fault(f"jq cannot represent the number {literal:.40}; integers are exact up to {2**53}")
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
        """Yield the results of the program for a JSON value; raises a `Fault` if it fails."""
        why = None
        try:
            yield from self._answers(value)
        except ValueError as error:
            why = reason(error)
        # Not raised from the error, which would keep alive what jq has open: at its exit Python 3.13 crashes.
        if why is not None:
            raise Fault(f"jq program {self.text!r} fails: {why}")

    def first(self, value: Any) -> Any:
        """Return the first result of the program for a JSON value, or None."""
        return next(self.answers(value), None)

    def holds(self, value: Any) -> bool:
        """Return whether the program's first result is true, in the sense of `is_true`."""
        return self.is_true(self.first(value))

    def is_true(self, answer: Any) -> bool:
        """Return whether a result is true in the sense of jq: neither false nor null.

        Raises a `Fault` if it is the value as changed by the program, with an assignment.
        """
        if isinstance(answer, dict) and _ASSIGNMENT.search(STRING.sub('""', self.text)):
            compared = _STRING_OR_ASSIGNMENT.sub(lambda match: match[1] or "==", self.text)
            raise Fault(f"--where {self.text!r} assigns; to compare, write {compared!r}")
        return answer is not None and answer is not False


STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
"""A text in a program."""

_ASSIGNMENT = re.compile(r"(?<![=!<>])=(?!=)")
_STRING_OR_ASSIGNMENT = re.compile(rf"({STRING.pattern})|(?<![=!<>])[|+*/%-]*=(?!=)", re.DOTALL)
# Texts and remarks, names, and numbers, some of which stand in what is put into a text: "\(1 + 2)".
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"|#[^\n]*|[A-Za-z_]\w*|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)', re.DOTALL
)
_PUT_IN = re.compile(r"\\\((.*?)\)", re.DOTALL)


def _inexact(text: str) -> Iterator[str]:
    # The whole numbers of a program that jq, to which every number is a double, takes for others.
    for token in _TOKEN.finditer(text):
        for inner in _PUT_IN.findall(token[0]) if token[0][0] == '"' else ():
            yield from _inexact(inner)
        if token["number"] and token["number"].isdigit() and float(token["number"]) != int(token["number"]):
            yield token["number"]


def _limit(variable: str) -> float | None:
    text = os.environ.get(variable)
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < 1e9:
        raise Fault(f"{variable} must be a positive number, not {text!r}")
    return number
