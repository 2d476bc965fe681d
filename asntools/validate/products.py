"""Products and members as the checks see them: what is malformed is left to the check of structure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from asntools.asn.products import members_of, walk
from asntools.asn.text import Path
from asntools.jwst.exptypes import current_exptype
from asntools.jwst.levels import level_of


class Member(NamedTuple):
    """A member, as far as it is well formed.

    `role` is its exptype in lower case and by today's name, `level` that of its file.
    """

    path: Path
    expname: str
    exptype: str
    role: str
    level: str | None


class Product(NamedTuple):
    """A product, as far as it is well formed: no name or an empty one is None."""

    path: Path
    name: str | None
    members: list[Member]

    @property
    def label(self) -> str:
        """How messages call it: ``product 'mosaic'``."""
        return "the product" if self.name is None else f"product {self.name!r}"

    def with_role(self, role: str) -> list[Member]:
        """Return the members of one exptype, in whichever case it is written."""
        return [member for member in self.members if member.role == role]


def products_of(asn: Mapping[str, Any]) -> list[Product]:
    """Return the well-formed products of an association, each with its well-formed members."""
    return [
        Product(path, text(product.get("name")) or None, _members(product, path))
        for path, product in walk(asn)
    ]


def _members(product: Mapping[str, Any], path: Path) -> list[Member]:
    found = []
    for place, member in members_of(product, path):
        expname, exptype = member.get("expname"), member.get("exptype")
        if isinstance(expname, str):
            exptype = exptype if isinstance(exptype, str) else ""
            found.append(Member(place, expname, exptype, current_exptype(exptype), level_of(expname)))
    return found


def text(value: object) -> str:
    """Return a value that is text, and the empty text for any other."""
    return value if isinstance(value, str) else ""
