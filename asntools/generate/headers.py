"""FITS headers read by a cluster's workers, so that the records do not all pass through one machine.

The header values of a batch of files are written next to the manifest, program by program, until the run is
over; only the location of each program's exposures is known here. So nothing is lost if a worker or the
scheduler dies, and a run that continues does not read the same headers again.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from typing import NamedTuple

import orjson

from asntools.common.faults import Fault, raise_or_warn
from asntools.common.pieces import Piece, in_pieces
from asntools.common.records import Record
from asntools.generate.cluster import MANIFEST, Cluster, Task, entry
from asntools.generate.storage import Storage
from asntools.pool.inputs import Choices, read_fits
from asntools.pool.sources import Source

BATCH = 250
"""How many files a task reads, which takes a tenth of a second, or some seconds over a network."""

PIECE = 1_000_000
"""How many bytes of records are the work of another task."""

_ENDS = (".fits", ".fits.gz")


def are_for_workers(files: Sequence[Source]) -> bool:
    """Return whether workers should read the files: FITS files by name, and more than a batch."""
    return len(files) > BATCH and all(file.found or file.name.lower().endswith(_ENDS) for file in files)


class Batch(NamedTuple):
    """Some files, and the number of the first among all."""

    files: list[Source]
    first: int

    def in_words(self) -> str:
        """Return which files it has."""
        return f"the headers of {self.files[0].name} to {self.files[-1].name}"


class Reading(Task[Batch]):
    """Reads the headers of files, and writes their values, program by program."""

    def __init__(self, choices: Choices, where: str):
        super().__init__(where, force=False)
        self.choices = pickle.dumps(choices)
        amendments = choices.amendments
        by_hand = [each.text for each in amendments.settings] + [each.text for each, _ in amendments.extras]
        self.asked = repr((choices.folder, choices.keywords, choices.expname, choices.remote, by_hand))

    def parts_of_key(self, batch: Batch) -> Iterator[bytes]:
        """Yield what is read, and how."""
        yield f"{self.asked} {batch.first}".encode("utf-8", "surrogateescape")
        for file in batch.files:
            yield f"\0{file.found} {file.name}".encode("utf-8", "surrogateescape")

    def lasts(self, done: Record) -> bool:
        """Return whether there were no faults; faulty files may be repaired later."""
        return not done["faults"]

    def work(self, batch: Batch, key: str, storage: Storage) -> Record:
        """Read headers; return the location of each program's exposures, and everything else about them."""
        choices: Choices = pickle.loads(self.choices)
        faults: list[tuple[str, str | None, bool]] = []
        programs: dict[str, list[bytes]] = {}
        columns: dict[str, None] = {}
        for number, found in enumerate(read_fits(batch.files, choices), batch.first):
            if isinstance(found, Fault):
                faults.append((found.message, found.source, found.serious))
            elif found is not None:
                product, record = found
                columns.update(dict.fromkeys(record))
                line = orjson.dumps([number, list(product), record], option=orjson.OPT_APPEND_NEWLINE)
                programs.setdefault(record["program"], []).append(line)
        data = bytearray()
        parts: dict[str, tuple[int, int, str]] = {}
        for program, lines in programs.items():
            part = b"".join(lines)
            parts[program] = (len(data), len(data) + len(part), hashlib.sha256(part).hexdigest()[:32])
            data += part
        storage.write({records_of(key): bytes(data)}, raise_or_warn, force=True)
        unused = [fault.message for fault in choices.amendments.unused()]
        return {"key": key, "faults": faults, "programs": parts, "columns": list(columns), "unused": unused}


def records_of(key: str) -> str:
    """Return the name of the file with the values from a batch."""
    return f"{MANIFEST}/{key}.jsonl"


class Part(NamedTuple):
    """Some exposures of a program: their range in the file of a batch, and their digest."""

    batch: str
    start: int
    end: int
    digest: str


class Parts(NamedTuple):
    """A program, by the parts in which it was read."""

    name: str
    parts: list[Part]

    @property
    def size(self) -> int:
        """The number of bytes read for it."""
        return sum(part.end - part.start for part in self.parts)


class Headers:
    """The values that workers have read from the headers of files."""

    def __init__(self) -> None:
        self.columns: list[str] = []  # the attributes that exposures have
        self.unused: list[Fault] = []  # the settings and candidates that no exposure was meant by
        self._programs: dict[str, Parts] = {}
        self.batches: list[str] = []  # the keys of the batches

    def read(self, cluster: Cluster, task: Reading, files: Iterable[Source]) -> Iterator[list[Fault]]:
        """Have the workers read files, and yield the faults of each batch."""
        columns: dict[str, None] = {}
        unused: list[set[str]] = []
        order: dict[str, None] = {}
        left = iter(files)
        batches = map(Batch, iter(lambda: list(islice(left, BATCH)), []), count(step=BATCH))
        for read in cluster.results(task, batches):
            if isinstance(read, Fault):
                yield [read]
                continue
            yield [Fault(text, source, serious=serious) for text, source, serious in read["faults"]]
            self.batches.append(read["key"])
            for program, where in read["programs"].items():
                of_program = self._programs.setdefault(program, Parts(program, []))
                of_program.parts.append(Part(read["key"], *where))
            columns.update(dict.fromkeys(read["columns"]))
            order.update(dict.fromkeys(read["unused"]))
            unused.append(set(read["unused"]))
        self.columns = list(columns)
        everywhere = set.intersection(*unused) if unused else set()
        self.unused = [Fault(text, serious=False) for text in order if text in everywhere]

    def pieces(self) -> Iterator[Piece[Parts]]:
        """Combine whole programs into pieces, like `asntools.generate.pieces.pieces`."""
        return in_pieces(self._programs.values(), PIECE)

    def remove(self, storage: Storage) -> None:
        """Remove the header values, so that a later run reads them again."""
        storage.remove([name for key in self.batches for name in (entry(key), records_of(key))])
