"""Edits of one association: pure functions that return a new association.

An association is the plain dict of its JSON document. Unknown keys are kept, and all keys keep their order.
The edits share these parameters:

- ``product`` is the name of a product, a glob for several, or `asntools.asn.products.ALL`; None means the
  only product.
- ``expnames`` is one or several names or globs of members. With ``ignore_suffix``, ``x_rate.fits`` finds
  ``x_cal.fits``. ``missing`` is called with each name that finds nothing; without it, that is an error unless
  ``force`` is set.
- ``exptype`` is a role, in any case.
- ``force`` does what would be refused as a probable mistake.

An edit that cannot be made as asked raises a `Fault` that says what would be right.
"""

from __future__ import annotations

import os.path
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from asntools.common.faults import Fault
from asntools.common.given import Names, several
from asntools.common.words import named, nearest
from asntools.edit.finding import Missing, find_members
from asntools.edit.parts import (
    Roles,
    checked_exptype,
    checked_product_name,
    keep_science,
    new_member,
    new_product,
    put_members,
)
from asntools.jwst.asn_keys import KEYWORDS, MEMBER_KEYS, OTHER_MEMBER_KEYS, PRODUCTS, TWEAKREG_CATALOG
from asntools.jwst.asn_types import PIPELINE_TYPES, is_roman
from asntools.jwst.exptypes import roles_go_together


def add_members(
    association: Association,
    expnames: Names,
    exptype: str,
    *,
    product: str | None = None,
    force: bool = False,
) -> Association:
    """Add members to the end of products."""
    new, names = copied(association), several(expnames)
    for one in chosen_products(new, product):
        put_members(one, [new_member(name, exptype, force=force) for name in names], force=force)
    return new


def remove_members(
    association: Association,
    expnames: Names,
    *,
    exptype: str | None = None,
    ignore_suffix: bool = False,
    product: str | None = None,
    missing: Missing | None = None,
    force: bool = False,
) -> Association:
    """Remove members, in all roles or in one; with `force`, also products that are left without any."""
    new = copied(association)
    found = find_members(
        new, expnames, exptype, ignore_suffix=ignore_suffix, product=product, missing=missing, force=force
    )
    for one, members in found:
        had_science, gone = has_science(one), set(map(id, members))
        one["members"] = [member for member in one["members"] if id(member) not in gone]
        keep_science(one, had_science, force)
    _remove_empty(new, [one for one, _ in found])
    return new


def set_exptype(
    association: Association,
    expnames: Names,
    exptype: str,
    *,
    from_exptype: str | None = None,
    ignore_suffix: bool = False,
    product: str | None = None,
    missing: Missing | None = None,
    force: bool = False,
) -> Association:
    """Give members another role, whatever their role or only those in the role `from_exptype`."""
    new = copied(association)
    role = checked_exptype(exptype, force=force)
    found = find_members(
        new,
        expnames,
        from_exptype,
        ignore_suffix=ignore_suffix,
        product=product,
        missing=missing,
        force=force,
    )
    for one, members in found:
        had_science = has_science(one)
        for member in members:
            member["exptype"] = role
        keep_science(one, had_science, force)
        if not force:
            _refuse_clash(one, members)
    return new


def set_members(
    association: Association,
    expnames: Names,
    values: Mapping[str, Any],
    *,
    exptype: str | None = None,
    ignore_suffix: bool = False,
    product: str | None = None,
    missing: Missing | None = None,
    force: bool = False,
) -> Association:
    """Set keys of members, such as exposerr, group_id and tweakreg_catalog, to any JSON values."""
    for key, verb in (("expname", "relocate, remove-member or add-member"), ("exptype", "set-exptype")):
        if key in values:
            raise Fault(f"{key!r} cannot be set; use {verb}")
    new = copied(association)
    found = find_members(
        new, expnames, exptype, ignore_suffix=ignore_suffix, product=product, missing=missing, force=force
    )
    for _, members in found:
        for member in members:
            if not force:
                _refuse_misspelt(values, member, (*MEMBER_KEYS, *OTHER_MEMBER_KEYS))
            member.update(copied(dict(values)))
    return new


def select_members(
    association: Association,
    keep: Callable[[Member], bool],
    *,
    product: str | None = None,
    force: bool = False,
) -> Association:
    """Keep the members for which `keep` is true; remove products that are left without any."""
    new = copied(association)
    chosen = chosen_products(new, product)
    for one in chosen:
        had_science = has_science(one)
        one["members"] = [member for member in one["members"] if keep(member)]
        if one["members"]:
            keep_science(one, had_science, force)
    _remove_empty(new, chosen)
    if not new["products"] and not force:
        raise Fault("no member is selected, so nothing would be left; use --force to do it anyway")
    return new


def dedupe(association: Association, *, product: str | None = ALL) -> Association:
    """Remove all but the first of members with the same name and role in a product, and of equal products."""
    new = copied(association)
    chosen = chosen_products(new, product)
    for one in chosen:
        first: dict[tuple[str, str], Member] = {}
        for member in one["members"]:
            first.setdefault((member["expname"], exptype_of(member)), member)
        one["members"] = list(first.values())
    repeated: set[int] = set()
    firsts: defaultdict[tuple[str, ...], list[Product]] = defaultdict(list)
    for one in chosen:
        alike = firsts[name_of(one), *(member["expname"] for member in one["members"])]
        if one in alike:
            repeated.add(id(one))
        else:
            alike.append(one)
    new["products"] = [one for one in new["products"] if id(one) not in repeated]
    return new


def relocate(
    association: Association, move: Callable[[str], str], *, product: str | None = ALL, force: bool = False
) -> Association:
    """Rename the files of members (expname and tweakreg_catalog) with a function such as that of `mover`."""
    new = copied(association)
    for one in chosen_products(new, product):
        origins: dict[str, str] = {}
        for member in one["members"]:
            old = member["expname"]
            member["expname"] = move(old)
            if member.get(TWEAKREG_CATALOG) and isinstance(member[TWEAKREG_CATALOG], str):
                member[TWEAKREG_CATALOG] = move(member[TWEAKREG_CATALOG])
            if origins.setdefault(member["expname"], old) != old and not force:
                raise Fault(
                    f"{origins[member['expname']]!r} and {old!r} would both become {member['expname']!r}; "
                    "use --force to allow it"
                )
    return new


def mover(
    *,
    strip: bool = False,
    prefix: str | None = None,
    relative_to: str | None = None,
    absolute: bool = False,
    base: str = ".",
) -> Callable[[str], str]:
    """Return a function that changes the folder in a file name.

    `strip` removes folders, before anything else. `base` is the folder of the association, where the
    pipelines look for its members.
    """

    def move(name: str) -> str:
        if not strip and "\\" in name:
            raise Fault(f"{name!r} has a Windows folder; use --strip to remove it")
        path = re.split(r"[/\\]", name)[-1] if strip else name
        if not path:
            raise Fault(f"{name!r} has no file name to keep")
        if prefix is not None:
            if os.path.isabs(path):
                raise Fault(f"{path!r} is already an absolute path; use --strip to remove its folders")
            path = os.path.join(prefix, path)
        if relative_to is not None:
            path = os.path.relpath(os.path.join(base, path), relative_to)
        return os.path.abspath(os.path.join(base, path)) if absolute else path

    return move


def add_product(association: Association, name: str, members: Roles, *, force: bool = False) -> Association:
    """Add a product after the others; each of its members is an exptype and an expname."""
    new = copied(association)
    products = products_of(new)
    _refuse_taken(name, products, force)
    products.append(new_product(name, members, force=force))
    return new


def remove_products(association: Association, product: str | None, *, force: bool = False) -> Association:
    """Remove products."""
    new = copied(association)
    gone = set(map(id, chosen_products(new, product)))
    new["products"] = [one for one in new["products"] if id(one) not in gone]
    if not new["products"] and not force:
        raise Fault("the association would be left without products; use --force to do it anyway")
    return new


def rename_product(
    association: Association, product: str | None, name: str, *, force: bool = False
) -> Association:
    """Give one product another name."""
    new = copied(association)
    chosen = chosen_products(new, product)
    if len(chosen) > 1:
        raise Fault(
            f"only one product can have the new name, and {product!r} finds {named(map(name_of, chosen))}"
        )
    checked_product_name(name, force=force)
    _refuse_taken(name, [one for one in new["products"] if one is not chosen[0]], force)
    new["products"] = [with_name(one, name) if one is chosen[0] else one for one in new["products"]]
    return new


def set_keywords(association: Association, values: Mapping[str, Any], *, force: bool = False) -> Association:
    """Set top-level keywords to any JSON values; a new one comes before the products."""
    if "products" in values:
        raise Fault("'products' cannot be set; add-product, rename-product and the others change products")
    if not force:
        _refuse_misspelt(values, association, (*KEYWORDS, PRODUCTS))
        _refuse_near_type(values.get("asn_type"), {**association, **values})
    new: Association = {}
    for key, value in association.items():
        if key == "products":
            new |= {name: values[name] for name in values if name not in association}
        new[key] = copied(values.get(key, value))
    return new | {name: values[name] for name in values if name not in new}


def _remove_empty(association: Association, products: Iterable[Product]) -> None:
    empty = {id(one) for one in products if not one["members"]}
    association["products"] = [one for one in association["products"] if id(one) not in empty]


def _refuse_clash(product: Product, members: Iterable[Member]) -> None:
    by_name: dict[str, list[Member]] = {}
    for member in product["members"]:
        by_name.setdefault(member["expname"], []).append(member)
    for member in members:
        for other in by_name[member["expname"]]:
            role = exptype_of(other)
            if other is not member and not roles_go_together(role, exptype_of(member)):
                raise Fault(
                    f"{member['expname']!r} would be in product {name_of(product)!r} twice, as "
                    f"{exptype_of(member)} and {role or 'nothing'}; --from-exptype says which to change"
                )


def _refuse_misspelt(values: Iterable[str], there: Mapping[str, Any], known: Sequence[str]) -> None:
    for key in values:
        near = None if key in there or key in known else nearest(key, known)
        if near == "products":
            raise Fault(f"{key!r} is not a keyword; rename-product changes the name of a product")
        if near is not None:
            raise Fault(f"{key!r} is not a keyword; did you mean {near!r}? use --force to set it anyway")


def _refuse_near_type(asn_type: Any, association: Association) -> None:
    if isinstance(asn_type, str) and asn_type not in PIPELINE_TYPES:
        near = nearest(asn_type, PIPELINE_TYPES)
        if near is not None and not is_roman(str(association.get("asn_rule"))):
            raise Fault(
                f"no pipeline takes asn_type {asn_type!r}; did you mean {near!r}? "
                "use --force to set it anyway"
            )


def with_name(product: Product, name: str) -> Product:
    """Return a product with another name, as its first key if it had none."""
    return {**product, "name": name} if "name" in product else {"name": name, **product}


def _refuse_taken(name: str, products: Sequence[Product], force: bool) -> None:
    if not force and name in map(name_of, products):
        raise Fault(f"there is already a product {name!r}; use --force to make a second one")
