"""The task of a cluster's workers that makes the associations of a piece, and writes them."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from functools import lru_cache

from asntools.common.faults import Fault, raise_or_warn
from asntools.common.records import Record
from asntools.generate.cluster import Task
from asntools.generate.pieces import Piece
from asntools.generate.storage import Storage
from asntools.generate.work import Recipe, Work, as_plain


class Making(Task[Piece]):
    """Makes and writes the associations of a piece."""

    def __init__(self, recipe: Recipe, where: str, *, force: bool):
        super().__init__(where, force=force)
        self.recipe = pickle.dumps(recipe)

    def parts_of_key(self, piece: Piece) -> Iterator[bytes]:
        """Yield the recipe and the exposures."""
        yield self.recipe
        for program in piece.programs:
            for columns, lines in program.runs:
                yield "\0".join(columns).encode()
                yield lines
            yield "\0".join(program.columns).encode()

    def work(self, piece: Piece, key: str, storage: Storage) -> Record:
        """Make and write the associations; return everything else about them.

        Raises a `Fault` if two associations have the same file name, or writing failed.
        """
        made = _work(self.recipe)(piece)
        files = dict(made.files)
        if len(files) < len(made.files):
            raise Fault("two associations have the same file name")
        storage.write(files, raise_or_warn, force=self.force)
        return as_plain(made)


@lru_cache(maxsize=2)
def _work(recipe: bytes) -> Work:
    return Work(pickle.loads(recipe))
