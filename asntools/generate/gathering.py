"""The exposures of programs, brought together from what workers have read, and messages about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

import orjson

from asntools.common.faults import Fault
from asntools.common.pieces import Piece
from asntools.common.records import Record
from asntools.generate.cluster import Task
from asntools.generate.headers import Part, Parts, records_of
from asntools.generate.making import Making
from asntools.generate.pieces import Program, in_runs, values_of
from asntools.generate.storage import Storage
from asntools.pool.collection import Collection, NotExposures, Product
from asntools.pool.inputs import Choices
from asntools.pool.targets import number_targets
from asntools.pool.where import Where

# The number of what stands for no file: combined images come after all exposures.
_LAST = 2**62


class Gathering(Task[Piece[Parts]]):
    """Brings the exposures of programs together, and makes their associations."""

    def __init__(self, making: Making, columns: list[str], choices: Choices, condition: str | None):
        super().__init__(making.where, force=making.force)
        self.making = making
        self.columns = columns
        self.tolerance = choices.tolerance
        self.folder = choices.folder
        self.condition = condition

    def parts_of_key(self, piece: Piece[Parts]) -> Iterator[bytes]:
        """Yield the recipe, and the digests of the exposures."""
        yield self.making.recipe
        yield repr((self.columns, self.tolerance, self.condition)).encode()
        for _, parts in piece.programs:
            yield from (part.digest.encode() for part in parts)

    def work(self, piece: Piece[Parts], key: str, storage: Storage) -> Record:
        """Make and write the associations; return everything else about them."""
        where = None if self.condition is None else Where(self.condition)
        remarks = _Remarks()
        programs = []
        for program, parts in piece.programs:
            exposures = remarks.numbered(self._exposures(parts, storage, remarks))
            if where is not None:
                exposures = where.holding(exposures, remarks.of_conditions)
            if runs := in_runs((tuple(each), values_of(each)) for each in exposures):
                programs.append(Program(program, runs, self.columns))
        done = self.making.work(Piece(programs), key, storage)
        done["remarks"] = {
            "files": remarks.files,
            "left_out": remarks.left_out,
            "conditions": remarks.conditions,
            "where": None if where is None else where.tallies(),
        }
        return done

    def _exposures(self, parts: list[Part], storage: Storage, remarks: _Remarks) -> list[tuple[int, Record]]:
        collection = Collection(remarks.of_files, self.folder)
        kept: list[tuple[int, Record]] = []
        for part in parts:
            data = storage.read(records_of(part.batch), part.start, part.end)
            if data is None:
                raise Fault("the values read from its headers are gone; run the command again")
            for number, product, record in map(orjson.loads, data.splitlines()):
                remarks.now_at(number, product[0])
                new = collection.add(Product(*product), record)
                kept += [] if new is None else [(number, new)]
        kept += [(_LAST, image) for image in collection.finish()]
        number_targets(collection, self.tolerance)
        return kept


class _Remarks:
    # Messages about files, and about conditions on exposures, with the number of the file.
    def __init__(self) -> None:
        self.files: list[tuple[int, str, str | None, bool]] = []
        self.left_out: list[tuple[int, str]] = []
        self.conditions: list[tuple[int, str]] = []
        self._number = 0
        self._numbers: dict[str, int] = {}

    def now_at(self, number: int, path: str) -> None:
        self._number = number
        self._numbers.setdefault(path, number)

    def of_files(self, fault: Fault) -> None:
        if isinstance(fault, NotExposures):
            self.left_out += [(self._numbers[path], path) for path in fault.paths]
        else:
            self.files.append((self._number, fault.message, fault.source, fault.serious))

    def numbered(self, exposures: Iterable[tuple[int, Record]]) -> Iterator[Record]:
        for self._number, exposure in exposures:
            yield exposure

    def of_conditions(self, fault: Fault) -> None:
        self.conditions.append((self._number, fault.message))


class Joined:
    """The remarks on the files of all pieces, as if there had been one."""

    def __init__(self, condition: str | None):
        self._where = None if condition is None else Where(condition)
        self._files: list[tuple[int, str, str | None, bool]] = []
        self._left_out: list[tuple[int, str]] = []
        self._count = 0
        self._conditions: list[tuple[int, str]] = []

    def add(self, remarks: dict[str, Any]) -> None:
        """Add those of a piece."""
        self._files += map(tuple, remarks["files"])
        self._count += len(remarks["left_out"])
        self._left_out = sorted([*self._left_out, *map(tuple, remarks["left_out"])])[:2]
        self._conditions += map(tuple, remarks["conditions"])
        if self._where is not None:
            self._where.add(remarks["where"])

    def faults(self, unused: Iterable[Fault]) -> Iterator[Fault]:
        """Yield them in the order of the files, and then those about all files."""
        for _, text, source, serious in sorted(self._files):
            yield Fault(text, source, serious=serious)
        if self._count:
            yield NotExposures(self._count, [path for _, path in self._left_out])
        yield from (Fault(text) for _, text in sorted(self._conditions, key=itemgetter(0)))
        yield from unused
        if self._where is not None:
            yield from self._where.remarks()
