"""jq programs as functions: compiled, without what is at home, and never ended by themselves."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# Directives stand at the start of a program, where then no definition may stand.
_DIRECTIVE = re.compile(r"(\s|#[^\n]*\n)*(import|include|module)\b")
_HALTING = "def halt_error(status): error; def halt_error: error; "


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


def reason(error: ValueError) -> str:
    """Return jq's reason for an error, without the program that it shows below, on lines of their own."""
    return str(error).split("\n", 1)[0].removeprefix("jq: error: ").strip(" :")
