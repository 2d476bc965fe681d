"""Where the values of sound JSON text stand, found when asked for, and no further than asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from asntools.asn.text import Path, Place, skip_blank

# Values are passed over by the C scanner of the standard library, whatever their digits.
_read = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode


class JsonPlaces(Mapping[Path, Place]):
    """The place of each part of a JSON value, by its path; the value starts at `start` of a sound text."""

    def __init__(self, text: str, start: int):
        self._text = text
        self._start = start
        self._inner: dict[Path, dict[Any, Place]] = {}  # of each list and object that has been gone through

    def __getitem__(self, path: Path) -> Place:
        place = Place(self._start, None)
        for length, step in enumerate(path):
            if path[:length] not in self._inner:
                self._inner[path[:length]] = self._children(place.value)
            place = self._inner[path[:length]][step]
        return place

    def __iter__(self) -> Iterator[Path]:
        open_paths: list[Path] = [()]
        while open_paths:
            path = open_paths.pop()
            yield path
            inner = self._inner.get(path) or self._children(self[path].value)
            open_paths += [(*path, step) for step in reversed(inner)]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _children(self, start: int) -> dict[Any, Place]:
        """Return the places of what a list or an object holds; of other values, nothing."""
        text = self._text
        opener = text[start]
        found: dict[Any, Place] = {}
        if opener not in "{[":
            return found
        offset = skip_blank(text, start + 1)
        while text[offset] not in "}]":
            step: Any = len(found)
            key = None
            if opener == "{":
                key = offset
                step, offset = _read(text, offset)
                offset = skip_blank(text, skip_blank(text, offset) + 1)
            found[step] = Place(offset, key)
            offset = skip_blank(text, _read(text, offset)[1])
            if text[offset] == ",":
                offset = skip_blank(text, offset + 1)
        return found
