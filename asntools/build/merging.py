"""Numbering and merging of associations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from asntools.build.associations import Built
from asntools.jwst.asn_types import DEGRADED
from asntools.jwst.exptypes import SELFCAL
from asntools.jwst.suffixes import stem


def number(built: list[Built]) -> list[Built]:
    """Give sequence numbers, from 1 within a candidate and type, in the order of the list."""
    counts: Counter[tuple[str, str]] = Counter()
    for each in built:
        key = (each.asn["asn_id"], each.asn["asn_type"])
        counts[key] += 1
        each.sequence = counts[key]
    return built


def merge_products(built: list[Built]) -> list[Built]:
    """Merge the associations of one candidate and type into the first of them, as separate products.

    If several make the same product, their members are combined. Only one exposure can be the science of a
    product: if an exposure is calibrated both with and without its integrations, as in full-frame NIRCam
    coronagraphy, or different products have the same name, there are several associations.
    """
    by_kind: dict[tuple[str, str], list[Built]] = {}
    for each in built:
        by_kind.setdefault((each.asn["asn_type"], each.asn["asn_id"]), []).append(each)
    return [_merged(part) for alike in by_kind.values() for part in _parts(alike)]


def _parts(alike: list[Built]) -> Iterable[list[Built]]:
    science = {(each.product["name"], each.science[0]) for each in alike}
    if len({name for name, _ in science}) == len(science):
        return [alike]
    by_level: dict[str, list[Built]] = {}
    for each in alike:
        by_level.setdefault(stem(each.science[0]).rpartition("_")[2], []).append(each)
    return [part for alike in by_level.values() for part in _without_namesakes(alike)]


def _without_namesakes(alike: list[Built]) -> Iterable[list[Built]]:
    parts: dict[int, list[Built]] = {}
    science: dict[str, dict[str, int]] = {}  # of each product, and in which part that is
    for each in alike:
        places = science.setdefault(each.product["name"], {})
        parts.setdefault(places.setdefault(each.science[0], len(places)), []).append(each)
    return parts.values()


def _place(member: Mapping[str, Any]) -> tuple[str, bool]:
    # Bad pixels are found with exposures that also have another role.
    return member["expname"], member["exptype"] == SELFCAL


def _merged(alike: list[Built]) -> Built:
    first = alike[0]
    products = {product["name"]: product for product in first.asn["products"]}
    for each in alike[1:]:
        for product in each.asn["products"]:
            if product["name"] in products:
                members = products[product["name"]]["members"]
                known = {_place(member) for member in members}
                members += [member for member in product["members"] if _place(member) not in known]
            else:
                products[product["name"]] = product
                first.asn["products"].append(product)
        if each.asn["degraded_status"] == DEGRADED:
            first.asn["degraded_status"] = DEGRADED
    return first
