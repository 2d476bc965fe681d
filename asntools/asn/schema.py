"""The schema that an association has to fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from asntools.jwst.asn_types import stage_of

ASSOCIATION = "association"
STAGE2 = "association-level2"
STAGE3 = "association-level3"


def wanted_schema(asn: Mapping[str, Any]) -> str:
    """Return the name of the schema for an association: that of its stage, if it is known."""
    return {2: STAGE2, 3: STAGE3}.get(stage_of(asn) or 0, ASSOCIATION)
