"""The exposures of files on disk, each once, however many of its products exist."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from asntools.common.faults import Fault, Report
from asntools.common.records import Record
from asntools.jwst.suffixes import (
    COMBINED_IMAGE,
    EXPOSURE_SUFFIXES,
    exposure_product,
    is_of_many,
    join_files,
    remove_suffix,
    stem,
)
from asntools.pool.direct_images import place_images


class Product(NamedTuple):
    """A file of an exposure."""

    path: str  # as it was given
    name: str  # as associations are to name it
    root: str  # the common part of the names of the exposure's files
    level: str  # its suffix, empty if that is not one of an exposure

    @classmethod
    def of(cls, path: str, name: str) -> Product:
        """Return what the name of a file tells."""
        root, level = exposure_product(path) or (stem(path), "")
        return cls(path, name, root, level)

    @property
    def combines_exposures(self) -> bool:
        """Whether the name is that of a product made from several exposures, or of a single step."""
        name = self.path.rsplit("/", 1)[-1]
        return is_of_many(name) or (not self.level and self.root != self.base)

    @property
    def base(self) -> str:
        """The part that names of products made together share: ``mine`` for ``x/mine_i2d.fits``."""
        return remove_suffix(stem(self.path).removesuffix("_segm"))

    @property
    def order(self) -> tuple[int, str]:
        """Its place among the products of the exposure, the least processed first."""
        return (EXPOSURE_SUFFIXES.index(self.level) if self.level else len(EXPOSURE_SUFFIXES)), self.level


class NotExposures(Fault):
    """The warning that files were left out, because they are not products of one exposure."""

    def __init__(self, count: int, paths: Sequence[str]):
        if count == 1:
            super().__init__("is not the product of one exposure; it is left out", paths[0], serious=False)
        else:
            shown = f"{paths[0]}, {paths[1]}{'...' if count > 2 else ''}"
            what = f"{count} files are not products of one exposure; they are left out: {shown}"
            super().__init__(what, serious=False)
        self.paths = paths


class Collection:
    """Exposures, in the order of their first files."""

    def __init__(self, report: Report, folder: str = ""):
        self._report = report
        self._folder = folder
        self._exposures: dict[tuple[str, str], tuple[Record, dict[str, Product]]] = {}
        self._passed_over: list[tuple[str, Product]] = []
        self._images: dict[tuple[str, str], Record] = {}

    def add(self, product: Product, record: Record) -> Record | None:
        """Add a file of an exposure; return the exposure's record if it is new.

        The record is that of the least processed file so far.
        """
        if product.combines_exposures:
            self._passed_over.append((record["program"], product))
            if product.level == COMBINED_IMAGE:
                self._images[record["program"], product.base] = {**record, "filename": product.name}
            return None
        key = (record["program"], product.root)
        known, products = self._exposures.setdefault(key, (record, {}))
        other = products.setdefault(product.level, product)
        if other is not product:
            self._report(self._twice(product, other))
            return None
        if product.order == min(each.order for each in products.values()) and known is not record:
            known.clear()
            known.update(record)
        return record if known is record else None

    def path_of(self, program: str, root: str) -> str | None:
        """Return the first file of an exposure; None if there is none."""
        known = self._exposures.get((program, root))
        return None if known is None else next((each.path for each in known[1].values()), None)

    def finish(self) -> list[Record]:
        """Write the names of files into the records, and report the files that belong to no exposure.

        Returns the combined images that stand in for direct images that are not given, as exposures.
        """
        for record, products in self._exposures.values():
            names = [each.name for each in sorted(products.values(), key=lambda each: each.order)]
            record["filename"] = names[0]
            record["files"] = join_files(names)
        used, images = place_images(self._images, self)
        self._exposures.update({name: (image, {}) for name, image in images.items()})
        used |= images.keys()
        unused = [each.path for program, each in self._passed_over if (program, each.base) not in used]
        if unused:
            self._report(NotExposures(len(unused), unused))
        return list(images.values())

    def __iter__(self) -> Iterator[Record]:
        return (record for record, _ in self._exposures.values())

    def _twice(self, product: Product, other: Product) -> Fault:
        mine, others = (os.path.realpath(os.path.join(self._folder, each.path)) for each in (product, other))
        if mine == others:
            return Fault("is given twice", product.path, serious=False)
        what = f"is the same product of the same exposure as {other.path}; it is left out"
        return Fault(what, product.path)
