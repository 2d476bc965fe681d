"""How the observatory names associations, and their files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

PREFIX = "jw"
"""The beginning of the observatory's names; its programs are numbered."""

DISCOVERED_ID = "a3001"
"""The id of every discovered association: one outside any candidate, found by the rules alone."""

# Source: jwst documentation, "JWST Conventions", Naming Conventions; the version may be left out.
_FILE_NAME = (
    r"jw(?P<program>\d+)-(?P<asn_id>[a-z]\d+)_(?:[^_]+_)?(?P<asn_type>[a-z0-9-]+)_\d{3,5}_asn\.(?:json|ya?ml)"
)
# The form of time stamps; anybody's own version id is a word. Patterns are compiled when
# they are needed: most runs need few, and to compile all takes milliseconds.
_STAMP = r"[0-9]{8}t[0-9]{6}"
_TIME = r"[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])t([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
_WORD = r"[A-Za-z0-9.-]*"


def file_name(asn: Mapping[str, Any], sequence: int) -> str:
    """Return the name of an association's file: ``jw87800-o017_image3_00001_asn.json``.

    Source: jwst documentation, "Association Naming".
    """
    stamp = f"_{asn['version_id']}" if asn.get("version_id") else ""
    name = f"{PREFIX}{asn['program']}-{asn['asn_id']}{stamp}"
    return f"{name}_{asn['asn_type']}_{sequence:05d}_asn.json".lower()


def parts_of_file_name(name: str) -> dict[str, str]:
    """Return the program, asn_id and asn_type in the name of an association's file, if it has them."""
    match = re.fullmatch(_FILE_NAME, name) if name.startswith(PREFIX) else None
    return match.groupdict() if match else {}


def is_asn_id(asn_id: str) -> bool:
    """Return whether an asn_id is well-formed: ``o017``, ``c1000``, ``a3001``."""
    return len(asn_id) == {"o": 4, "a": 5, "c": 5}.get(asn_id[:1]) and is_number(asn_id[1:])


def why_no_version(version_id: str) -> str:
    """Return what is wrong with a version id, or an empty text."""
    if re.fullmatch(_STAMP, version_id) and not re.fullmatch(_TIME, version_id):
        return "is not a time"
    return "" if re.fullmatch(_WORD, version_id) else "cannot be part of a file name"


def is_number(text: str) -> bool:
    """Return whether a text has only digits, like that of a program."""
    return text.isascii() and text.isdigit()
