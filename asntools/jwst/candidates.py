"""Association candidates: exposures that are meant to be associated, and why.

A pool writes the candidates of an exposure as a list of pairs, ``[('o001', 'observation'),
('c1000', 'mosaic')]``. It is parsed with the grammar below and never evaluated.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from asntools.common.templates import unfit_in_name

DISCOVERED = "discovered"

CANDIDATE_TYPES = (
    *"ami background coronagraphy coronographic direct_image".split(),
    *(DISCOVERED, "group", "mosaic", "observation", "unknown"),
)
"""The types that pools give to candidates, that of a bare number, and that of no candidate."""


class Candidate(NamedTuple):
    """An association candidate: its id (``o017``, ``c1000``) and type (``observation``, ``mosaic``...)."""

    id: str
    type: str

    def __str__(self) -> str:
        return f"[('{self.id}', '{self.type}')]"

    @property
    def is_direct_image(self) -> bool:
        """Return whether the candidate joins the slitless and direct images of a pure-parallel program."""
        return self.type == "direct_image" and _DIRECT_ID.fullmatch(self.id) is not None


_ID = re.compile(r"[aco]\d{3,}", re.IGNORECASE)
_DIRECT_ID = re.compile(r"c\d{4}")
_QUOTED = r"'(?:[^'\\]*)'|\"(?:[^\"\\]*)\""
_PAIR = re.compile(rf"\s*[(\[]\s*({_QUOTED})\s*,\s*({_QUOTED})\s*,?\s*[)\]]\s*")


def is_candidate_id(text: str) -> bool:
    """Return whether a text is the id of a candidate, such as ``o001``, ``c1001`` or ``a3001``."""
    return _ID.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def parse_candidates(text: str) -> tuple[Candidate, ...]:
    """Read a list of candidates; raises a ValueError that says where a text goes wrong.

    A bare number is the id of a candidate of unknown type, as the reference generator takes it.
    """
    text = text.strip().lower()
    if text.isascii() and text.isdigit():
        return (Candidate(text, "unknown"),)
    if not text.startswith("["):
        raise ValueError("a list of candidates starts with '['")
    found = []
    position = 1
    while match := _PAIR.match(text, position):
        found.append(Candidate(match[1][1:-1], match[2][1:-1]))
        position = match.end()
        if text[position : position + 1] != ",":
            break
        position += 1
    rest = text[position:].strip()
    if rest == "]":
        if not all(map(all, found)):
            raise ValueError("a candidate's id or type is empty")
        if unfit := next((each.id for each in found if unfit_in_name(each.id)), None):
            raise ValueError(f"the id {unfit!r} cannot be part of a file name")
        return tuple(found)
    if not rest:
        raise ValueError("the list of candidates is cut short: no ']' at its end")
    raise ValueError(f"a candidate is written ('o001', 'observation'), not {rest[:24]!r}")


@lru_cache(maxsize=1024)
def is_directly_imaged(text: str) -> bool:
    """Return whether the one candidate in this list joins direct and slitless images."""
    try:
        candidates = parse_candidates(text)
    except ValueError:
        return False
    return len(candidates) == 1 and candidates[0].is_direct_image
