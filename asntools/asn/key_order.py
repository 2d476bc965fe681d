"""The order in which the specification shows the keys of an association."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from asntools.jwst.asn_keys import KEYWORDS, MEMBER_KEYS, PRODUCT_KEYS

# The order in which the reference generator, jwst 3.0.0, writes a Stage 3 association.
GENERATOR_KEYWORDS = (*KEYWORDS[:-2], "target", "asn_pool")


def in_order(asn: Mapping[str, Any]) -> dict[str, Any]:
    """Return an association with its keys in the specification's order, down to its members.

    Keywords in the order of the reference generator, with the target before the pool, keep that order. Values
    are not changed, and need not be valid; unknown keys keep their order among themselves.
    """
    known = [key for key in asn if key in KEYWORDS]
    is_generated = known == [key for key in GENERATOR_KEYWORDS if key in asn]
    ordered = _sorted_keys(asn, GENERATOR_KEYWORDS if is_generated else KEYWORDS)
    if "products" in ordered:
        ordered["products"] = _each(ordered.pop("products"), _ordered_product)
    return ordered


def _ordered_product(product: Mapping[str, Any]) -> dict[str, Any]:
    ordered = _sorted_keys(product, PRODUCT_KEYS)
    if "members" in ordered:
        ordered["members"] = _each(ordered["members"], lambda member: _sorted_keys(member, MEMBER_KEYS))
    return ordered


def _each(values: Any, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Any:
    if not isinstance(values, list):
        return values
    return [change(value) if isinstance(value, dict) else value for value in values]


def _sorted_keys(value: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    first = {key: value[key] for key in keys if key in value}
    return first | dict(value)
