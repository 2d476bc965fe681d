"""Several associations into one, and one into several; parameters are those of `asntools.edit.edits`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from asntools.asn.products import (
    ALL,
    Association,
    Member,
    Product,
    chosen_products,
    copied,
    exptype_of,
    has_science,
    name_of,
    products_of,
)
from asntools.common.faults import Fault, Report
from asntools.common.given import dicts
from asntools.common.words import listed
from asntools.edit.parts import checked_product_name, keep_science, put_members
from asntools.jwst.asn_types import stage_of
from asntools.jwst.levels import READ_ONCE


def merge(
    associations: Association | Iterable[Association],
    *,
    product: str | None = None,
    force: bool = False,
    report: Report | None = None,
) -> Association:
    """Merge several associations into one.

    Products with the same name become one, or all products if `product` gives a name; it has every member
    once. Keywords keep the first association's values, which is reported if others differ, and keywords that
    only a later one has are added. Different programs or types are refused, a file with several roles in one
    product, and a product in which a pipeline would read only one of several science members.
    """
    several = dicts(associations)
    if not several:
        raise Fault("there is no association to merge")
    if product is not None:
        checked_product_name(product, force=force)
    new: Association = {}
    # Along with the result, sets that tell at once whether a value or a member is already there.
    values: dict[str, dict[str, str]] = {}
    products: dict[str | int, Product] = {}
    members: dict[str | int, dict[tuple[str, str], Member]] = {}
    for association in copied(several):
        for one in products_of(association):
            named = one if product is None else {**one, "name": product}
            # Products without a name have nothing in common.
            place = name_of(named) or len(products)
            target = products.setdefault(place, {**named, "members": []})
            for key, value in named.items():
                target.setdefault(key, value)
            there = members.setdefault(place, {})
            for member in named["members"]:
                there.setdefault((member["expname"], exptype_of(member)), member)
        for key, value in association.items():
            if key != "products":
                values.setdefault(key, {}).setdefault(json.dumps(value, sort_keys=True), _text(value))
            new.setdefault(key, value)
    for place, target in products.items():
        put_members(target, members[place].values(), force=force)
    new["products"] = list(products.values())
    _refuse_mixed(values, force)
    if stage_of(new) == 2 and not force:
        _refuse_unread(several, new["products"])
    differ = [
        f"{key} ({', '.join(list(found.values())[:4])}{', ...' if len(found) > 4 else ''})"
        for key, found in values.items()
        if len(found) > 1
    ]
    if differ and report is not None:
        report(Fault(f"keywords differ, and the first value is kept: {', '.join(differ)}", serious=False))
    return new


def _refuse_mixed(values: dict[str, dict[str, str]], force: bool) -> None:
    for key in ("asn_type", "program"):
        several = list(values.get(key, {}).values())
        if len(several) > 1 and not force:
            raise Fault(
                f"the associations have several values of {key}, {', '.join(several[:4])}, "
                "and should stay apart; use --force to merge them"
            )


def _refuse_unread(associations: Sequence[Association], merged: Sequence[Product]) -> None:
    # Two science members come together if one exposure is calibrated twice under the same name: NIRCam
    # full-frame coronagraphy, from _rate and from _rateints; two direct images in other candidates.
    for role in READ_ONCE:
        parts = [one for association in associations for one in association["products"]]
        most = max((len(_in_role(one, role)) for one in parts), default=0)
        for one in merged:
            names = _in_role(one, role)
            if len(names) > max(most, 1):
                raise Fault(
                    f"product {name_of(one)!r} would have {len(names)} {role} members, "
                    f"{listed(map(repr, names[:4]))}{', ...' if len(names) > 4 else ''}, but a Stage 2 "
                    "pipeline reads only the first; keep the associations apart, or use --force"
                )


def _in_role(product: Product, role: str) -> list[str]:
    return [member["expname"] for member in product["members"] if exptype_of(member) == role]


def split_products(association: Association) -> list[Association]:
    """Return one association per product with members."""
    chosen = [one for one in chosen_products(association, ALL) if one["members"]]
    if not chosen:
        raise Fault("no product has members")
    return [
        copied({key: [product] if key == "products" else value for key, value in association.items()})
        for product in chosen
    ]


def split_members(
    association: Association, key: Callable[[Member], Any], *, force: bool = False
) -> list[Association]:
    """Return one association per value of `key` for the members, in order of appearance.

    The value is any JSON; members with the value None go into every part of their product. A product whose
    members have several values is split, and each part is named after the product and the value.
    """
    products = [one for one in chosen_products(association, ALL) if one["members"]]
    found = [[key(member) for member in product["members"]] for product in products]
    keys = [[None if value is None else _text(value) for value in row] for row in found]
    values = dict.fromkeys(value for row in keys for value in row if value is not None)
    if not values:
        raise Fault("no member has a value to split by")
    parts = []
    for value in values:
        pieces: list[Product] = []
        for product, row in zip(products, keys, strict=True):
            own = set(row) - {None}
            if own and value not in own:
                continue
            members = [one for one, its in zip(product["members"], row, strict=True) if its in {value, None}]
            piece = {**product, "members": members}
            if len(own) > 1:
                piece["name"] = f"{name_of(product)}_{re.sub(r'[^A-Za-z0-9.+]+', '-', value).strip('-')}"
            keep_science(piece, has_science(product), force)
            pieces.append(piece)
        parts.append(copied({**association, "products": pieces}))
    return parts


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
