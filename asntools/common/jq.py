"""Programs in the language of jq, compiled once and asked of many values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from asntools.common.faults import Fault


class Query:
    """A jq program.

    Parameters
    ----------
    text : str
        The program: ``.exptype == "science"``.

    Raises
    ------
    Fault
        It is no jq program.
    """

    def __init__(self, text: str):
        import jq

        self.text = text
        try:
            self._program = jq.compile(text)
        except ValueError as error:
            raise Fault(f"not a jq program: {text!r}: {_reason(error)}") from error

    def answers(self, value: Any) -> Iterator[Any]:
        """Give what the program gives for a JSON value, one after another.

        Raises
        ------
        Fault
            The program fails on this value.
        """
        try:
            yield from self._program.input_value(value)
        except ValueError as error:
            raise Fault(f"jq program {self.text!r} fails: {_reason(error)}") from error

    def all(self, value: Any) -> list[Any]:
        """Return everything that the program gives for a JSON value."""
        return list(self.answers(value))

    def first(self, value: Any) -> Any:
        """Return the first thing that the program gives for a JSON value, None where it gives nothing."""
        return next(self.answers(value), None)

    def holds(self, value: Any) -> bool:
        """Say whether what the program gives first is true as jq sees it: neither false nor null."""
        answer = self.first(value)
        return answer is not None and answer is not False


def _reason(error: ValueError) -> str:
    # jq shows the program again below its reason, on lines of their own.
    return str(error).split("\n", 1)[0].removeprefix("jq: error: ").strip(" :")
