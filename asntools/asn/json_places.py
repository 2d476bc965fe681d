"""The positions of values in valid JSON text, found on demand and only as far as needed."""

from __future__ import annotations

import json
from typing import Any

from asntools.asn.text import Path, skip_blank

# Values are skipped by the C scanner of the standard library, whatever their digits.
_read = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode


class JsonPlaces:
    """The offset of each part of a JSON value, by its path; the value starts at `start` of a valid text."""

    def __init__(self, text: str, start: int):
        self._text = text
        self._start = start
        self._inner: dict[Path, dict[Any, int]] = {}  # of each list and object that has been gone through

    def get(self, path: Path) -> int | None:
        """Return the offset of the part at a path, or None."""
        offset = self._start
        for length, step in enumerate(path):
            if path[:length] not in self._inner:
                self._inner[path[:length]] = self._children(offset)
            found = self._inner[path[:length]].get(step)
            if found is None:
                return None
            offset = found
        return offset

    def _children(self, start: int) -> dict[Any, int]:
        """Return the offsets of the items of a list or an object; nothing for other values."""
        text = self._text
        opener = text[start]
        found: dict[Any, int] = {}
        if opener not in "{[":
            return found
        offset = skip_blank(text, start + 1)
        while text[offset] not in "}]":
            step: Any = len(found)
            if opener == "{":
                step, offset = _read(text, offset)
                offset = skip_blank(text, skip_blank(text, offset) + 1)
            found[step] = offset
            offset = skip_blank(text, _read(text, offset)[1])
            if text[offset] == ",":
                offset = skip_blank(text, offset + 1)
        return found
