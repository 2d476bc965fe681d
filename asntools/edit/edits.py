"""Changes to the members and keywords of an association: pure functions, each giving a new association.

An association is the plain dict that its JSON document holds. Keywords and keys that are not known here stay,
and stay in order. Where a change cannot be made as asked a `Fault` says why, and nothing is changed;
`force` makes it all the same where that has a meaning.
"""

from __future__ import annotations

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
    find_members,
    has_science,
    name_of,
)
from asntools.common.faults import Fault
from asntools.jwst.exptypes import UnknownExptypeError, normal_exptype


def checked_exptype(exptype: str, *, force: bool = False) -> str:
    """Return an exptype in lower case.

    Raises
    ------
    Fault
        It is none that is known, and `force` is not given.
    """
    try:
        return normal_exptype(exptype)
    except UnknownExptypeError as error:
        if force and exptype.strip():
            return exptype.lower()
        raise Fault(str(error)) from error


def new_member(expname: str, exptype: str, *, force: bool = False) -> Member:
    """Return a member.

    Raises
    ------
    Fault
        The name is none that a file can have; or it is a glob or the exptype is unknown, and `force` is not
        given.
    """
    if not expname or "\0" in expname:
        raise Fault(f"{expname!r} is no file's name")
    # A shell passes on a glob that matches nothing.
    if not force and any(wildcard in expname for wildcard in "*?["):
        raise Fault(f"no file matches {expname!r}, or the glob is in quotes; --force takes it for a name")
    try:
        expname.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Fault(f"the file's name {expname!r} is not UTF-8, as JSON must be") from error
    return {"expname": expname, "exptype": checked_exptype(exptype, force=force)}


def put_members(product: Product, members: Iterable[Member], *, force: bool = False) -> None:
    """Put members at the end of a product, which is changed.

    Raises
    ------
    Fault
        The product has one of them already, in whatever role, and `force` is not given.
    """
    roles = {member["expname"]: exptype_of(member) for member in product["members"]}
    for member in members:
        expname = member["expname"]
        if expname in roles and not force:
            raise Fault(
                f"{expname!r} is in product {name_of(product)!r} already, as {roles[expname] or 'nothing'}; "
                "--force puts it there twice"
            )
        roles[expname] = exptype_of(member)
        product["members"].append(member)


def add_members(
    association: Association,
    expnames: Sequence[str],
    exptype: str,
    *,
    product: str | None = None,
    force: bool = False,
) -> Association:
    """Add members to the end of products.

    Parameters
    ----------
    association : dict
        The association.
    expnames : sequence of str
        The files.
    exptype : str
        Their role, in any case.
    product : str, optional
        The product's name, or a glob; may be left out where there is one product.
    force : bool
        Take an unknown exptype, globs for names, and members that are there already.

    Returns
    -------
    dict
        The new association.

    Raises
    ------
    Fault
        A product or an exptype is unknown, a name is a glob, or a product has the member already.
    """
    new = copied(association)
    for one in chosen_products(new, product):
        put_members(one, [new_member(name, exptype, force=force) for name in expnames], force=force)
    return new


def keep_science(product: Product, had_science: bool, force: bool) -> None:
    """Raise a Fault where a product has lost its last science member, and `force` is not given."""
    if had_science and not has_science(product) and not force:
        raise Fault(f"product {name_of(product)!r} would be left without a science member; --force does it")


def remove_members(
    association: Association,
    expnames: Sequence[str],
    *,
    ignore_suffix: bool = False,
    product: str | None = None,
    force: bool = False,
) -> Association:
    """Remove members from products.

    Parameters
    ----------
    association : dict
        The association.
    expnames : sequence of str
        Names or globs of members.
    ignore_suffix : bool
        Treat ``_rate``, ``_cal`` and the other suffixes of products as one.
    product : str, optional
        The product's name, or a glob; may be left out where there is one product.
    force : bool
        Let names that find nothing pass, and remove even the last science member.

    Returns
    -------
    dict
        The new association.

    Raises
    ------
    Fault
        A product is unknown, a member is not there, or the last science member would go.
    """
    new = copied(association)
    chosen = chosen_products(new, product)
    for one, members in find_members(chosen, expnames, ignore_suffix=ignore_suffix, force=force):
        had_science, gone = has_science(one), {id(member) for member in members}
        one["members"] = [member for member in one["members"] if id(member) not in gone]
        keep_science(one, had_science, force)
    return new


def set_exptype(
    association: Association,
    expnames: Sequence[str],
    exptype: str,
    *,
    ignore_suffix: bool = False,
    product: str | None = None,
    force: bool = False,
) -> Association:
    """Give members another role.

    Parameters
    ----------
    association : dict
        The association.
    expnames : sequence of str
        Names or globs of members.
    exptype : str
        The role, in any case.
    ignore_suffix : bool
        Treat ``_rate``, ``_cal`` and the other suffixes of products as one.
    product : str, optional
        The product's name, or a glob; may be left out where there is one product.
    force : bool
        Take an unknown exptype, let names that find nothing pass, and leave a product without science.

    Returns
    -------
    dict
        The new association.

    Raises
    ------
    Fault
        A product, an exptype or a member is unknown, or no science member would be left.
    """
    new = copied(association)
    role = checked_exptype(exptype, force=force)
    chosen = chosen_products(new, product)
    for one, members in find_members(chosen, expnames, ignore_suffix=ignore_suffix, force=force):
        had_science = has_science(one)
        for member in members:
            member["exptype"] = role
        keep_science(one, had_science, force)
    return new


def select_members(
    association: Association,
    keep: Callable[[Member], bool],
    *,
    product: str | None = None,
    force: bool = False,
) -> Association:
    """Keep the members of which something holds; a product that keeps none goes.

    Parameters
    ----------
    association : dict
        The association.
    keep : callable
        Says whether a member stays.
    product : str, optional
        The product's name, or a glob; may be left out where there is one product.
    force : bool
        Let products lose their last science member, and let nothing be left.

    Returns
    -------
    dict
        The new association.

    Raises
    ------
    Fault
        A product is unknown, a product would keep members but no science, or no product would be left.
    """
    new = copied(association)
    empty: set[int] = set()
    for one in chosen_products(new, product):
        had_science = has_science(one)
        one["members"] = [member for member in one["members"] if keep(member)]
        if one["members"]:
            keep_science(one, had_science, force)
        else:
            empty.add(id(one))
    new["products"] = [one for one in new["products"] if id(one) not in empty]
    if not new["products"] and not force:
        raise Fault("no member is selected, and nothing would be left; --force does it")
    return new


def dedupe(association: Association, *, product: str | None = ALL) -> Association:
    """Remove what is there twice: members of one name and exptype in a product, and equal products.

    Parameters
    ----------
    association : dict
        The association.
    product : str, optional
        The products to look at, a name or a glob; all of them unless told otherwise.

    Returns
    -------
    dict
        The new association; of each the first one stays.
    """
    new = copied(association)
    chosen = chosen_products(new, product)
    for one in chosen:
        first: dict[tuple[str, str], Member] = {}
        for member in one["members"]:
            first.setdefault((member["expname"], exptype_of(member)), member)
        one["members"] = list(first.values())
    repeated = {id(one) for place, one in enumerate(chosen) if one in chosen[:place]}
    new["products"] = [one for one in new["products"] if id(one) not in repeated]
    return new


def set_keywords(association: Association, values: dict[str, Any]) -> Association:
    """Set top-level keywords; a new one comes before the products.

    Parameters
    ----------
    association : dict
        The association.
    values : dict
        The keywords and their values, any JSON.

    Returns
    -------
    dict
        The new association.

    Raises
    ------
    Fault
        One of the keywords is ``products``.
    """
    if "products" in values:
        raise Fault("'products' cannot be set; add-product, rename-product and the others change products")
    new: Association = {}
    for key, value in association.items():
        if key == "products":
            new |= {name: values[name] for name in values if name not in association}
        new[key] = copied(values.get(key, value))
    return new | {name: values[name] for name in values if name not in new}
