"""What YAML text without quotes means: a number, true or false, null, or just text."""

from __future__ import annotations

import re

CORE = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)\.[0-9]*)([eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
NULLS = frozenset({"", "~", "null", "Null", "NULL"})


def kind_of_plain(plain: str) -> str:
    """Return the type of text without quotes: ``int``, ``float``, ``bool``, ``null`` or ``str``."""
    # Less than the core schema of YAML 1.2 reads, and never what YAML 1.1 has besides: in files of
    # associations, 01234 is a program, 12:30:45 a right ascension and 1e3 a name, and no numbers.
    if _INTEGER.fullmatch(plain):
        return "int"
    if _FLOAT.fullmatch(plain) or NOT_FINITE.fullmatch(plain):
        return "float"
    if plain in BOOLEANS:
        return "bool"
    return "null" if plain in NULLS else "str"
