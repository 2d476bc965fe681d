"""The members that an edit applies to, by name or glob."""

from __future__ import annotations

import os
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TypeAlias

from asntools.asn.products import Association, Member, Product, chosen_products, exptype_of
from asntools.common.faults import Fault
from asntools.common.given import Names, several
from asntools.common.words import named
from asntools.jwst.exptypes import current_exptype
from asntools.jwst.suffixes import exposure_root

Missing: TypeAlias = Callable[[str, str], None]
"""Called with a name that finds nothing, and with a clause that lists the existing names."""


def finder(wanted: str, *, ignore_suffix: bool = False) -> Callable[[str], bool]:
    """Return a function that says whether an expname is the one wanted, a name or a glob."""
    key = exposure_root if ignore_suffix else str
    pattern = key(wanted)
    return lambda expname: key(expname) == pattern or fnmatchcase(key(expname), pattern)


def find_members(
    association: Association,
    expnames: Names,
    exptype: str | None,
    *,
    ignore_suffix: bool,
    product: str | None,
    missing: Missing | None,
    force: bool,
) -> list[tuple[Product, list[Member]]]:
    """Return each product with some of the wanted members, and these in order.

    The parameters are those of `asntools.edit.edits`. A name that exists as written is not taken as a glob.
    With `exptype`, only members in that role are found.
    """
    found: set[int] = set()
    products = chosen_products(association, product)
    key = exposure_root if ignore_suffix else str
    members = [
        (key(member["expname"]), member)
        for one in products
        for member in one["members"]
        if exptype is None or exptype_of(member) == current_exptype(exptype)
    ]
    for wanted in map(os.fspath, several(expnames)):
        pattern = key(wanted)
        hits = [member for name, member in members if name == pattern]
        hits = hits or [member for name, member in members if fnmatchcase(name, pattern)]
        if not hits:
            there = _what_is_there([each["expname"] for _, each in members], wanted, ignore_suffix, exptype)
            if missing is not None:
                missing(wanted, there)
            elif not force:
                raise Fault(f"no member {wanted!r}; {there}")
        found.update(map(id, hits))
    chosen = [(one, [member for member in one["members"] if id(member) in found]) for one in products]
    return [(one, hits) for one, hits in chosen if hits]


def _what_is_there(names: list[str], wanted: str, ignore_suffix: bool, exptype: str | None) -> str:
    if not names:
        return "there are none" if exptype is None else f"there are none that are {current_exptype(exptype)}"
    alike = [] if ignore_suffix else list(filter(finder(wanted, ignore_suffix=True), names))
    hint = f"; --ignore-suffix finds {named(alike)}" if alike else ""
    return f"members are: {named(names, wanted)}{hint}"
