"""Several associations into one, and one into several: pure functions, as in `asntools.edit.edits`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
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
from asntools.edit.edits import keep_science, put_members


def merge(
    associations: Sequence[Association],
    *,
    product: str | None = None,
    force: bool = False,
    report: Report | None = None,
) -> Association:
    """Put several associations together.

    Products of one name become one, which has every member once. Of keywords the first association's
    values stay, and keywords that only a later one has are added.

    Parameters
    ----------
    associations : sequence of dict
        At least one.
    product : str, optional
        Put all members into one product of this name.
    force : bool
        Merge programs, types of association, and members that have several roles.
    report : callable, optional
        Is told which keywords had other values.

    Returns
    -------
    dict
        The new association.

    Raises
    ------
    Fault
        There are none, their asn_type or program differ, or a file has several roles in one product.
    """
    if not associations:
        raise Fault("there is no association to merge")
    new: Association = {}
    # Beside what is made stands what tells at once whether a value or a member is there already.
    values: dict[str, dict[str, str]] = {}
    products: dict[str | int, Product] = {}
    members: dict[str | int, dict[tuple[str, str], Member]] = {}
    for association in copied(list(associations)):
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
    differ = [
        f"{key} ({', '.join(list(several.values())[:4])}{', ...' if len(several) > 4 else ''})"
        for key, several in values.items()
        if len(several) > 1
    ]
    if differ and report is not None:
        report(Fault(f"keywords differ, and the first value stays: {', '.join(differ)}", serious=False))
    return new


def _refuse_mixed(values: dict[str, dict[str, str]], force: bool) -> None:
    for key in ("asn_type", "program"):
        several = list(values.get(key, {}).values())
        if len(several) > 1 and not force:
            raise Fault(
                f"the associations have several values of {key}, {', '.join(several[:4])}, "
                "and belong apart; --force merges them"
            )


def split_products(association: Association) -> list[Association]:
    """Return one association for each product.

    Raises
    ------
    Fault
        There are no products.
    """
    chosen_products(association, ALL)
    return [
        copied({key: [product] if key == "products" else value for key, value in association.items()})
        for product in products_of(association)
    ]


def split_members(
    association: Association, key: Callable[[Member], Any], *, force: bool = False
) -> list[Association]:
    """Return one association for each value that members have, in the order in which these appear.

    A product whose members have several values is divided, and each part is named by the product and the
    value.

    Parameters
    ----------
    association : dict
        The association.
    key : callable
        Gives the value of a member, any JSON; null for one that belongs in every part of its product.
    force : bool
        Take parts without science, where the whole had some.

    Returns
    -------
    list of dict
        The associations.

    Raises
    ------
    Fault
        A part has no science, or no member has a value.
    """
    products = chosen_products(association, ALL)
    keys = [[_key_text(key(member)) for member in product["members"]] for product in products]
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
                piece["name"] = f"{name_of(product)}_{_in_a_name(value)}"
            keep_science(piece, has_science(product), force)
            pieces.append(piece)
        parts.append(copied({**association, "products": pieces}))
    return parts


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _key_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _in_a_name(value: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+]+", "-", value).strip("-")
