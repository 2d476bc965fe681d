"""The progress of a long run, for a person who waits at a terminal."""

from __future__ import annotations

import sys
import time

from asntools.common.faults import Fault, Report

_PATIENCE = 2.0
_INTERVAL = 0.2


class Progress:
    """A line on standard error that says how many are done, of how many if that is known."""

    def __init__(self, name: str, total: int | None, what: str):
        of = "" if total is None else f" of {total}"
        self._form = f"\r{name}: {{}}{of} {what}\x1b[K"
        self._done = 0
        self._shown = False
        watched = sys.stderr is not None and sys.stderr.isatty()
        self._next = time.monotonic() + _PATIENCE if watched else float("inf")

    def step(self, more: int = 1) -> None:
        """Count one more, or several."""
        self._done += more
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _INTERVAL
            self._shown = True
            self._write(self._form.format(self._done))

    def clearing(self, report: Report) -> Report:
        """Return a function that reports a fault on a line of its own."""

        def clear_and_report(fault: Fault) -> None:
            self.clear()
            report(fault)

        return clear_and_report

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._shown = False
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            self._next = float("inf")

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()
