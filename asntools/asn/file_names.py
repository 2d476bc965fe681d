"""The names of the files of associations: their suffixes and numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from asntools.common.faults import Fault
from asntools.common.templates import unfit_in_name
from asntools.jwst.asn_names import file_name

_PARTS = ("program", "asn_id", "asn_type", "version_id")

KINDS = {".json": "json", ".jsonl": "jsonl", ".yaml": "yaml", ".yml": "yaml"}
"""The suffixes of association files, and the kind of text that each means."""


def file_names(associations: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return one name per association, numbered from 1 within a program, candidate and type.

    Raises a `Fault` if an association lacks a keyword that is part of the name.
    """
    counts: Counter[str] = Counter()
    names = []
    for asn in associations:
        for key in _PARTS[:3]:
            if not isinstance(asn.get(key), str) or not asn[key]:
                raise Fault(f"a file's name needs the keyword {key!r}, which the association lacks")
        for key in _PARTS:
            if unfit_in_name(str(asn.get(key) or "")):
                raise Fault(f"{key} {asn[key]!r} cannot be part of a file name")
        kind = file_name(asn, 0)
        counts[kind] += 1
        names.append(file_name(asn, counts[kind]))
    return names
