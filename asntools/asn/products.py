"""The contents of an association, and how to find them: products and members by name, exptypes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, TypeAlias, TypeVar, cast

from asntools.asn.text import Path
from asntools.common.faults import Fault
from asntools.common.words import named
from asntools.jwst.exptypes import SCIENCE, current_exptype

Association: TypeAlias = dict[str, Any]
Product: TypeAlias = dict[str, Any]
Member: TypeAlias = dict[str, Any]

_JSON = TypeVar("_JSON")

ALL = "\0"
"""Selects every product; a text that no command line can contain, since a product may be named ``*``."""


def copied(value: _JSON) -> _JSON:
    """Return a copy of a JSON value that shares nothing with it or, like YAML aliases, within itself."""
    if isinstance(value, dict):
        return cast(_JSON, {key: copied(one) for key, one in value.items()})
    return cast(_JSON, [copied(one) for one in value]) if isinstance(value, list) else value


def walk(association: Mapping[str, Any]) -> Iterator[tuple[Path, Product]]:
    """Yield each product with its path, ``("products", 0)``; anything but an object is skipped."""
    return _objects(association, "products", ())


def members_of(product: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Member]]:
    """Yield each member of the product at `path` with its own path; anything but an object is skipped."""
    return _objects(product, "members", path)


def walk_members(association: Mapping[str, Any]) -> Iterator[tuple[Path, Member]]:
    """Yield each member of each product with its path, ``("products", 0, "members", 2)``, like `walk`."""
    for path, product in walk(association):
        yield from members_of(product, path)


def _objects(value: Mapping[str, Any], key: str, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    found = value.get(key)
    for index, each in enumerate(found if isinstance(found, list) else ()):
        if isinstance(each, dict):
            yield (*path, key, index), each


def product_list(association: Association) -> list[Any]:
    """Return the list of products, whatever is in it; raise a `Fault` if there is no list."""
    products = association.get("products")
    if not isinstance(products, list):
        raise Fault("is not an association: it has no list 'products'")
    return products


def products_of(association: Association) -> list[Product]:
    """Return the products of an association that is well-formed enough to be edited.

    Raises a `Fault` if the list of products or of members is missing, or a member has no expname.
    """
    products = product_list(association)
    for number, product in enumerate(products):
        if not isinstance(product, dict) or not isinstance(product.get("members"), list):
            raise Fault(f"products[{number}] is not a product: it has no list 'members'")
        for place, member in enumerate(product["members"]):
            if not isinstance(member, dict) or not isinstance(member.get("expname"), str):
                raise Fault(f"products[{number}].members[{place}] is not a member: it has no text 'expname'")
    return products


def name_of(product: Product) -> str:
    """Return the name of a product, or an empty text."""
    return str(product.get("name") or "")


def exptype_of(member: Member) -> str:
    """Return the exptype of a member in lower case and by its current name, or an empty text."""
    return current_exptype(str(member.get("exptype") or ""))


def science_of(product: Product) -> list[str]:
    """Return the names of a product's science members."""
    return [member["expname"] for member in product["members"] if exptype_of(member) == SCIENCE]


def has_science(product: Product) -> bool:
    """Return whether a product has a science member."""
    return bool(science_of(product))


class NoSuchProduct(Fault):
    """An association does not have the product `wanted`; `there` is a clause that says what it has."""

    def __init__(self, wanted: str, there: str):
        super().__init__(f"no product {wanted!r}; {there}")
        self.wanted, self.there = wanted, there


def chosen_products(association: Association, product: str | None) -> list[Product]:
    """Return the products selected by a name, a glob or `ALL`; None means the only product.

    Raises a `Fault` if there is no such product, or there are several and none is named.
    """
    products = products_of(association)
    names = [name_of(one) for one in products]
    if not products:
        raise Fault("the association has no products; add-product makes one")
    if product is None:
        if len(products) > 1:
            raise Fault(
                f"the association has {len(products)} products, {named(names)}; "
                "say which with --product NAME-OR-GLOB, or --all-products"
            )
        return products
    if product == ALL:
        return products
    chosen = [one for one in products if name_of(one) == product]
    chosen = chosen or [one for one in products if fnmatchcase(name_of(one), product)]
    if not chosen:
        raise NoSuchProduct(product, f"products are: {named(names, product)}")
    return chosen
