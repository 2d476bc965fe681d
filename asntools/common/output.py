"""Standard output: bytes, and errors that are told apart from those of other files."""

from __future__ import annotations

import select
import sys
from collections.abc import Iterable
from typing import IO, BinaryIO, cast

from asntools.common.faults import os_reason, terminal_safe

_AT_A_TIME = 65_536
"""How many bytes are written together: what a pipe holds."""


class OutputError(Exception):
    """Standard output could not be written."""


class Output:
    """Standard output as bytes, whose errors are told apart from those of other files."""

    def __init__(self) -> None:
        if sys.stdout is None:
            raise OutputError("standard output is closed")
        self._text: IO[str] = sys.stdout
        self._bytes = cast("BinaryIO | None", getattr(sys.stdout, "buffer", None))
        self._terminal = self.isatty()

    def write(self, data: bytes) -> None:
        """Write `data`, UTF-8 text; on a terminal with its control characters escaped as in JSON."""
        if self._terminal:
            data = terminal_safe(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        with _output_errors():
            if self._bytes is None:
                self._text.write(data.decode("utf-8", "surrogateescape"))
            else:
                self._write_bytes(self._bytes, data)

    def _write_bytes(self, stream: BinaryIO, data: bytes) -> None:
        # Unbuffered, a full disk takes a part of the data and says so only when more comes; a reader that
        # does not let us wait for it takes a part, or nothing, too.
        while data:
            try:
                written = stream.write(data) or 0
            except BlockingIOError as full:
                written = full.characters_written
            data = data[written:]
            if data:
                select.select([], [stream], [])

    def write_all(self, chunks: Iterable[bytes]) -> int:
        """Write every chunk, unless on a terminal many at a time, and return how many there were."""
        count = waiting = 0
        held: list[bytes] = []
        try:
            for chunk in chunks:
                count += 1
                held.append(chunk)
                waiting += len(chunk)
                if waiting >= _AT_A_TIME or self._terminal:
                    together, held, waiting = b"".join(held), [], 0
                    self.write(together)
        finally:
            if held:
                self.write(b"".join(held))
        return count

    def flush(self) -> None:
        """Pass on what is still held back."""
        with _output_errors():
            while True:
                try:
                    return self._text.flush()
                except BlockingIOError:
                    select.select([], [self._text], [])

    def isatty(self) -> bool:
        """Return whether a person is looking."""
        return self._text.isatty()


class _output_errors:  # noqa: N801 - reads as a statement
    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise OutputError(os_reason(error)) from error
        if isinstance(error, ValueError):
            raise OutputError("standard output is closed") from error
