"""Targets: exposures of a program with the same target share a number, whatever their order."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import cos, dist, isfinite, radians, sin
from typing import TypeAlias

from asntools.common.records import Record

TOLERANCE = 1.0
"""How far apart, in arcseconds, positions of the same unnamed target may be."""

# The stand-in for a target without a name.
_NAMELESS = frozenset({None, "unknown", "none"})

Place: TypeAlias = tuple[float, float]


def number_targets(records: Iterable[Record], tolerance: float = TOLERANCE) -> None:
    """Write the attribute ``targetid`` of exposures, of any programs, that have none.

    A target is identified by the name that the proposer gave it (``targprop``), failing that by its name in
    catalogues (``targname``), and failing that by its position, if it does not move. The targets of a program
    are numbered from 1, in the order of their observations. An exposure with a number keeps it, and shares it
    with the others of its target. An exposure whose target has neither name nor position gets no number.
    """
    programs: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        programs[record["program"]].append(record)
    for exposures in programs.values():
        _number_program(exposures, tolerance)


def _number_program(exposures: Sequence[Record], tolerance: float) -> None:
    targets: dict[tuple[str, str], list[Record]] = defaultdict(list)
    places: dict[Place, list[Record]] = defaultdict(list)
    for exposure in exposures:
        name = next((each for each in _names(exposure) if each[1] not in _NAMELESS), None)
        place = None if name else _place(exposure)
        if name:
            targets[name].append(exposure)
        elif place:
            places[place].append(exposure)
    for order, near in enumerate(_clusters(places, tolerance)):
        targets["position", f"{order:09d}"] = [exposure for place in near for exposure in places[place]]
    taken = {exposure["targetid"] for exposure in exposures}
    free = (number for count in itertools.count(1) if (number := str(count)) not in taken)
    for _, same in sorted(targets.items(), key=lambda each: (min(map(_when, each[1])), each[0])):
        given = sorted({each["targetid"] for each in same} - {None})
        number = given[0] if given else next(free)
        for exposure in same:
            exposure["targetid"] = exposure["targetid"] or number


def _names(exposure: Record) -> Iterable[tuple[str, str]]:
    return (("targprop", exposure["targprop"]), ("targname", exposure["targname"]))


def _when(exposure: Record) -> tuple[int, str]:
    number = exposure["obs_num"] or ""
    return (int(number) if number.isdecimal() else 0), number


def _place(exposure: Record) -> Place | None:
    if exposure["targtype"] == "moving":
        return None
    try:
        ra, dec = float(exposure["targ_ra"]), float(exposure["targ_dec"])
    except (TypeError, ValueError):
        return None
    return (ra, dec) if isfinite(ra) and isfinite(dec) else None


def _clusters(places: Iterable[Place], tolerance: float) -> list[list[Place]]:
    # Places that are joined by steps no longer than the tolerance.
    reach = 2 * sin(radians(tolerance / 3600) / 2)
    points = sorted((_on_sphere(*place), place) for place in places)
    cluster_of = {place: [place] for _, place in points}
    for first, (point, place) in enumerate(points):
        for other_point, other in itertools.islice(points, first + 1, None):
            if other_point[0] - point[0] > reach:
                break
            mine, theirs = cluster_of[place], cluster_of[other]
            if theirs is not mine and dist(point, other_point) <= reach:
                mine += theirs
                cluster_of.update(dict.fromkeys(theirs, mine))
    return sorted({id(each): sorted(each) for each in cluster_of.values()}.values())


def _on_sphere(ra: float, dec: float) -> tuple[float, float, float]:
    ra, dec = radians(ra), radians(dec)
    return sin(dec), cos(dec) * cos(ra), cos(dec) * sin(ra)
