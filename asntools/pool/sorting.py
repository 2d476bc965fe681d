"""Exposures brought together by program, in bounded memory."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

import orjson

from asntools.common.faults import Fault, Report, os_reason
from asntools.common.records import Record, dump_record
from asntools.jwst.suffixes import exposure_of

HELD = 16_000_000
"""How many bytes of records are held in memory; the rest goes into a temporary file."""


def by_program(exposures: Iterable[Record], report: Report, held: int = HELD) -> Iterator[Record]:
    """Yield exposures program by program; programs, and exposures within them, keep their order.

    Exposures that are repeated, with the same values except for the file, are reported and left out. Raises a
    `Fault` if the temporary file cannot be written.
    """
    with contextlib.closing(_Spool(held)) as spool:
        for exposure in exposures:
            spool.add(exposure["program"], dump_record(exposure))
        for lines in spool.programs():
            yield from _once(map(orjson.loads, lines), report)


def _once(exposures: Iterable[Record], report: Report) -> Iterator[Record]:
    seen: set[int] = set()
    for exposure in exposures:
        values = {**exposure, "filename": exposure_of(exposure["filename"]), "files": None, "asn_pool": None}
        whole = hash(frozenset(values.items()))
        if whole in seen:
            what = f"exposure {exposure['filename']!r} is repeated; it is left out"
            report(Fault(what, exposure["asn_pool"]))
            continue
        seen.add(whole)
        yield exposure


class _Spool:
    # Lines by program: the latest in memory, those before them in pieces of a temporary file.
    def __init__(self, held: int):
        self._limit = held
        self._held = 0
        self._waiting: defaultdict[str, bytearray] = defaultdict(bytearray)
        self._pieces: dict[str, list[tuple[int, int]]] = {}
        self._file: BinaryIO | None = None

    def add(self, program: str, line: bytes) -> None:
        self._pieces.setdefault(program, [])
        self._waiting[program] += line
        self._held += len(line)
        if self._held > self._limit:
            with _using_disk():
                self._spill()

    def _spill(self) -> None:
        if self._file is None:
            import tempfile

            self._file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - closed by close
        for program, piece in self._waiting.items():
            self._pieces[program].append((self._file.tell(), len(piece)))
            self._file.write(piece)
        self._waiting.clear()
        self._held = 0

    def programs(self) -> Iterator[Iterator[bytes]]:
        """Yield the lines of one program after another."""
        for program in self._pieces:
            yield self._lines(program)

    def _lines(self, program: str) -> Iterator[bytes]:
        for start, length in self._pieces[program]:
            yield from self._piece(start, length).splitlines()
        yield from bytes(self._waiting.pop(program, b"")).splitlines()

    def _piece(self, start: int, length: int) -> bytes:
        if self._file is None:
            return b""
        with _using_disk():
            self._file.seek(start)
            return self._file.read(length)

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # anything that can no longer be written is no longer needed
                self._file.close()


@contextlib.contextmanager
def _using_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Fault(f"--sort cannot use a temporary file (see TMPDIR): {os_reason(error)}") from error
