"""New members and products, with probable mistakes refused unless `force` is given."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from asntools.asn.products import Member, Product, exptype_of, has_science, name_of
from asntools.common.faults import Fault, unseen_in
from asntools.common.given import Names, several
from asntools.common.templates import is_template
from asntools.jwst.exptypes import exptype_hint, known_exptype, roles_go_together
from asntools.jwst.levels import READ_ONCE, level_of
from asntools.jwst.suffixes import BEFORE_STAGE2, exposure_product

Roles: TypeAlias = Mapping[str, Names] | Iterable[tuple[str, str | os.PathLike[str]]]
"""Files by exptype, or pairs of an exptype and a file."""

_LISTS = (".txt", ".lst", ".list", ".csv")


def checked_exptype(exptype: str, *, force: bool = False) -> str:
    """Return an exptype, given in any case or by an obsolete name, as associations write it."""
    known = known_exptype(exptype)
    if known is not None:
        return known
    if force and exptype.strip():
        return exptype.lower()
    raise Fault(f"unknown exptype {exptype!r}; {exptype_hint(exptype)}")


def new_member(expname: str | os.PathLike[str], exptype: str, *, force: bool = False) -> Member:
    """Return a member whose name can be that of a file, and is not a glob left over by a shell."""
    expname = os.fspath(expname)
    if not expname or "\0" in expname:
        raise Fault(f"{expname!r} is not the name of a file")
    try:
        expname.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Fault(f"the file's name {expname!r} is not UTF-8, as JSON must be") from error
    if not force:
        _refuse_odd(expname)
        if any(wildcard in expname for wildcard in "*?["):
            raise Fault(
                f"no file matches {expname!r}, or the glob is in quotes; use --force to use it as a name"
            )
        if "\\" in expname:
            raise Fault(f"{expname!r} contains a backslash; folders are separated by '/'")
        if expname[0] == "@" or expname.lower().endswith(_LISTS):
            raise Fault(
                f"{expname!r} is a list, not an exposure; create and add-product read lists with --from"
            )
        if expname.endswith("/"):
            raise Fault(f"{expname!r} is a folder, not a file")
    return {"expname": expname, "exptype": checked_exptype(exptype, force=force)}


def put_members(product: Product, members: Iterable[Member], *, force: bool = False) -> None:
    """Append members to a product, which is changed; a file may also be there for self-calibration."""
    roles: dict[str, list[str]] = {}
    exposures: dict[tuple[str, str, str], str] = {}
    for member in product["members"]:
        roles.setdefault(member["expname"], []).append(exptype_of(member))
        exposures.setdefault(_exposure(member), member["expname"])
    for member in members:
        expname, role = member["expname"], exptype_of(member)
        there = roles.setdefault(expname, [])
        clash = next((one for one in there if not roles_go_together(one, role)), None)
        if clash is not None and not force:
            raise Fault(
                f"{expname!r} is already in product {name_of(product)!r}, as {clash or 'nothing'}; "
                "use --force to add it anyway"
            )
        other = exposures.setdefault(_exposure(member), expname)
        if level_of(other) != level_of(expname) and not force:
            raise Fault(
                f"{expname!r} is from an exposure that is already in product {name_of(product)!r}, as {role} "
                f"{other!r}; use --force to add it anyway"
            )
        there.append(role)
        product["members"].append(member)


def _exposure(member: Member) -> tuple[str, str, str]:
    # What the _cal and the _calints of one exposure share, which in one role would count twice.
    folder, slash, name = member["expname"].rpartition("/")
    exposure, level = exposure_product(name) or (name, "")
    role = exptype_of(member)
    # Where Stage 2 reads only one member of a role, more than one is reported elsewhere, for all products.
    return folder + slash, name if role in READ_ONCE and level in BEFORE_STAGE2 else exposure, role


def checked_product_name(name: str, *, force: bool = False) -> str:
    """Return the name of a product, with which the names of the pipeline's files begin."""
    if not name.strip() or "\0" in name:
        raise Fault("a product needs a name")
    if not force:
        _refuse_odd(name)
        if is_template(name):
            raise Fault(
                f"{name!r} has braces; rename-product --product-name fills them in; use --force to keep them"
            )
        if "/" in name or "\\" in name:
            raise Fault(f"{name!r} has a folder, which a product name must not have")
    return name


def roles_of(members: Roles) -> list[tuple[str, str]]:
    """Return pairs of an exptype and a file, from pairs or a dict of one or several files by exptype."""
    if isinstance(members, Mapping):
        return [(exptype, os.fspath(file)) for exptype, files in members.items() for file in several(files)]
    pairs = list(members)
    if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):
        raise Fault("expected pairs of exptype and file, or a dict: {'science': ['a_cal.fits']}")
    return [(exptype, os.fspath(file)) for exptype, file in pairs]


def new_product(name: str, members: Roles, *, force: bool = False) -> Product:
    """Return a product with these members, each an exptype and an expname."""
    product: Product = {"name": checked_product_name(name, force=force), "members": []}
    put_members(
        product, [new_member(file, role, force=force) for role, file in roles_of(members)], force=force
    )
    if not has_science(product) and not force:
        raise Fault(f"product {name!r} has no science member; use --force to make it anyway")
    return product


def keep_science(product: Product, had_science: bool, force: bool) -> None:
    """Raise a Fault if a product has lost its last science member, or its last member at all."""
    if force:
        return
    if not product["members"]:
        raise Fault(f"product {name_of(product)!r} would be left without members; use --force to remove it")
    if had_science and not has_science(product):
        raise Fault(
            f"product {name_of(product)!r} would be left without a science member; "
            "use --force to do it anyway"
        )


def _refuse_odd(name: str) -> None:
    odd = unseen_in(name)
    if odd is not None:
        raise Fault(f"{name!r} {odd}; use --force to keep it")
