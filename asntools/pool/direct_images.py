"""Existing combined images, for the slitless exposures whose direct images they combine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from asntools.common.records import Record
from asntools.jwst.exposures import DIRECT_IMAGES
from asntools.jwst.exptypes import DIRECT_IMAGE
from asntools.jwst.suffixes import COMBINED_IMAGE

Name = TypeVar("Name", bound=Hashable)

_SAME = ("program", "instrume", "exp_type", "filter", "pupil")


def place_images(
    images: Mapping[Name, Record], exposures: Iterable[Record]
) -> tuple[set[Name], dict[Name, Record]]:
    """Name combined images in the exposures that they combine; find those to be treated as exposures.

    An exposure belongs to the image with its program, instrument, filter and pupil or, if there are several,
    to that of its observation. An image without any of its exposures is treated as an exposure itself if
    there are slitless exposures that can use it as their direct image.

    Returns the names of the images that are named in exposures and, by name, those that are treated as
    exposures.
    """
    exposures = list(exposures)
    wanted = {(each["program"], DIRECT_IMAGES.get(each["exp_type"])) for each in exposures}
    by_path: dict[tuple[object, ...], list[Name]] = defaultdict(list)
    for name, image in images.items():
        if (image["program"], image.get("exp_type")) in wanted:
            by_path[_path(image)].append(name)
    used = set()
    for exposure in exposures:
        found = by_path.get(_path(exposure), [])
        same = [name for name in found if images[name]["obs_num"] == exposure["obs_num"]] or found
        if len(same) == 1:
            exposure[COMBINED_IMAGE] = images[same[0]]["filename"]
            used.add(same[0])
    combined = set(map(_path, exposures))
    alone = {
        name: {**images[name], "pntgtype": DIRECT_IMAGE, "files": images[name]["filename"]}
        for path, names in by_path.items()
        for name in names
        if path not in combined
    }
    for image in alone.values():
        image[COMBINED_IMAGE] = image["filename"]
    return used, alone


def _path(record: Record) -> tuple[object, ...]:
    return tuple(record.get(name) for name in _SAME)
