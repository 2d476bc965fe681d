"""The pool's values for the members of associations, and their positions on the sky."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from asntools.common.records import Record
from asntools.fmt.graph import Role
from asntools.jwst.regions import Position, middle, polygons, position, separation
from asntools.jwst.suffixes import exposure_product, exposure_root

FIELD = 1.0
"""How far from the middle of a field its exposures may be, in degrees: wider than any of the instruments."""


@dataclass
class Footprint:
    """Where an exposure looked: the corners of its shapes, or a point if these are not known."""

    shapes: list[list[Position]]
    centre: Position


@dataclass
class Field:
    """Footprints that are near to each other, with the role of each."""

    centre: Position
    footprints: list[tuple[Footprint, Role]] = field(default_factory=list)


class Footprints:
    """The exposures of a pool, by the files that are made from them."""

    def __init__(self, exposures: Iterable[Record]):
        self._exposures: dict[str, Record] = {}
        for exposure in exposures:
            self._exposures.setdefault(_root(str(exposure.get("filename"))), exposure)

    def exposure(self, expname: str) -> Record | None:
        """Return the exposure that a file is made from."""
        return self._exposures.get(_root(expname))

    def footprint(self, expname: str) -> Footprint | None:
        """Return where the exposure of a file looked, or None if that is not known."""
        exposure = self.exposure(expname)
        if exposure is None:
            return None
        shapes = polygons(exposure.get("s_region"))
        if shapes:
            return Footprint(shapes, middle([corner for shape in shapes for corner in shape]))
        place = position(exposure)
        return None if place is None else Footprint([], place)


def _root(expname: str) -> str:
    found = exposure_product(expname)
    return found[0] if found is not None else exposure_root(expname)


def fields_of(footprints: Iterable[tuple[Footprint, Role]]) -> list[Field]:
    """Return footprints by field: a reference star may be elsewhere on the sky than its target."""
    fields: list[Field] = []
    for footprint, role in footprints:
        for known in fields:
            if separation(known.centre, footprint.centre) <= FIELD:
                break
        else:
            known = Field(footprint.centre)
            fields.append(known)
        known.footprints.append((footprint, role))
    return fields
