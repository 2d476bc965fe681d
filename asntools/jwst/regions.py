"""Where on the sky an exposure looked, according to its attributes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

Position: TypeAlias = tuple[float, float]
"""Right ascension and declination, in degrees."""

# S_REGION is of STC-S: a shape, a frame, which is ICRS in all products, and numbers in degrees. Source: jwst
# documentation, "WCS keywords"; IVOA, "STC-S: Space-Time Coordinate Metadata Linear String Implementation".
_SHAPE = re.compile(
    r"(polygon|circle)((?:\s+[a-z][a-z0-9]*)*)((?:\s+[-+]?[0-9.]+(?:e[-+]?[0-9]+)?)+)", re.I | re.A
)
_POSITIONS = (("targ_ra", "targ_dec"), ("ra", "dec"))
_CORNERS_OF_A_CIRCLE = 32


def polygons(s_region: str | None) -> list[list[Position]]:
    """Return the corners of each shape in an ``s_region``; a circle has many."""
    found = []
    for match in _SHAPE.finditer(s_region or ""):
        try:
            numbers = [float(number) for number in match[3].split()]
        except ValueError:
            continue
        if match[1].lower() == "circle":
            corners = list(_circle(*numbers)) if len(numbers) == 3 and 0 < numbers[2] < 90 else []
        else:
            corners = list(zip(numbers[::2], numbers[1::2], strict=False)) if len(numbers) % 2 == 0 else []
        if len(corners) >= 3 and all(map(_is_on_the_sky, corners)):
            found.append(corners)
    return found


def position(exposure: Mapping[str, str | None]) -> Position | None:
    """Return the position of an exposure's target, according to its record."""
    for names in _POSITIONS:
        try:
            ra, dec = (float(exposure.get(name) or "") for name in names)
        except ValueError:
            continue
        if _is_on_the_sky((ra, dec)):
            return ra, dec
    return None


def _is_on_the_sky(place: Position) -> bool:
    return -360 <= place[0] <= 360 and -90 <= place[1] <= 90


def _circle(ra: float, dec: float, radius: float) -> Iterator[Position]:
    height = math.radians(dec)
    for corner in range(_CORNERS_OF_A_CIRCLE):
        around = 2 * math.pi * corner / _CORNERS_OF_A_CIRCLE
        north, east = radius * math.cos(around), radius * math.sin(around)
        yield (ra + east / max(math.cos(height), 1e-6)) % 360, min(90.0, max(-90.0, dec + north))


def unit_vector(place: Position) -> tuple[float, float, float]:
    """Return the direction of a position."""
    ra, dec = map(math.radians, place)
    return math.cos(dec) * math.cos(ra), math.cos(dec) * math.sin(ra), math.sin(dec)


def middle(places: list[Position]) -> Position:
    """Return the middle of positions that are close together; that of 359 and 1 degrees is 0."""
    x, y, z = (sum(axis) for axis in zip(*map(unit_vector, places), strict=True))
    return math.degrees(math.atan2(y, x)) % 360, math.degrees(math.atan2(z, math.hypot(x, y)))


def separation(one: Position, other: Position) -> float:
    """Return how far apart two positions are, in degrees."""
    between = math.dist(unit_vector(one), unit_vector(other)) / 2
    return math.degrees(2 * math.asin(min(1.0, between)))
