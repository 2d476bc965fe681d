"""Whether the files that associations name exist, if asn-pool read files and listed them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from asntools.build.associations import Built
from asntools.build.members import Group
from asntools.common.records import Record
from asntools.common.words import counted, listed, named
from asntools.jwst.suffixes import RAW, exposure_product, split_files


class _Exposure(NamedTuple):
    filename: str
    files: frozenset[str]
    levels: tuple[str, ...]

    @classmethod
    def by_root(cls, record: Record) -> Iterator[tuple[str, _Exposure]]:
        """Yield the existing files of an exposure, by the common part of their names, if listed."""
        files = split_files(record.get("files") or "")
        products = [product for product in map(exposure_product, files) if product is not None]
        if products:
            levels = tuple(level for _, level in products)
            yield products[0][0], cls(record["filename"], frozenset(files), levels)


class Presence:
    """The members of a program's associations that are not among the files that were read."""

    def __init__(self) -> None:
        self._missing: dict[tuple[int, str, tuple[str, ...]], dict[str, str]] = defaultdict(dict)

    def note(self, group: Group, made: Iterable[Built]) -> None:
        """Note the members of a group's associations."""
        records = [each.exposure for each in group.members if each.exposure.get("files")]
        if not records:
            return
        exposures = dict(chain.from_iterable(map(_Exposure.by_root, records)))
        for built in made:
            for expname in (member["expname"] for member in built.members):
                root, level = exposure_product(expname) or ("", "")
                exposure = exposures.get(root)
                # Everything made from an _uncal file is still to be made, which surprises nobody.
                if exposure and expname not in exposure.files and exposure.levels != (RAW,):
                    self._missing[built.stage, level, exposure.levels][expname] = exposure.filename

    def missing(self) -> set[str]:
        """Return the exposures whose files Stage 3 reads and are missing."""
        return {
            exposure
            for (stage, *_), members in self._missing.items()
            for exposure in members.values()
            if stage == 3
        }

    def in_words(self, program: str, calibrated: Collection[str]) -> Iterator[str]:
        """Yield a line for each level with missing files that no association of the run makes.

        Stage 2 makes those of the `calibrated` exposures in this run.
        """
        for (stage, level, levels), members in sorted(self._missing.items()):
            names = [name for name, exposure in members.items() if stage == 2 or exposure not in calibrated]
            if names:
                have = listed([f"_{each}" for each in levels])
                yield (
                    f"program {program}: Stage {stage} reads _{level}, but there is only {have} for "
                    f"{counted(len(names), 'exposure')}: {named(names, limit=3)}"
                )
