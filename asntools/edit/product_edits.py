"""Changes to the products of associations: pure functions, as in `asntools.edit.edits`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from asntools.asn.products import (
    Association,
    Product,
    chosen_products,
    copied,
    has_science,
    name_of,
    named,
    products_of,
)
from asntools.common.faults import Fault
from asntools.edit.edits import new_member, put_members


def new_product(name: str, members: Iterable[tuple[str, str]], *, force: bool = False) -> Product:
    """Return a product.

    Parameters
    ----------
    name : str
        Its name.
    members : iterable of (str, str)
        The exptype, in any case, and the expname of each member.
    force : bool
        Take unknown exptypes, globs for names, members twice, and a product without science.

    Raises
    ------
    Fault
        The name is empty, or what `force` takes.
    """
    if not name.strip():
        raise Fault("a product needs a name")
    product: Product = {"name": name, "members": []}
    put_members(product, [new_member(file, role, force=force) for role, file in members], force=force)
    if not has_science(product) and not force:
        raise Fault(f"product {name!r} has no science member; --force makes it all the same")
    return product


def add_product(
    association: Association, name: str, members: Iterable[tuple[str, str]], *, force: bool = False
) -> Association:
    """Add a product, after the others.

    Parameters
    ----------
    association : dict
        The association.
    name : str
        The product's name.
    members : iterable of (str, str)
        The exptype, in any case, and the expname of each member.
    force : bool
        Take a name that is there already, and what `new_product` takes.

    Returns
    -------
    dict
        The new association.

    Raises
    ------
    Fault
        A product has that name already, or it cannot be made.
    """
    new = copied(association)
    products = products_of(new)
    _refuse_taken(name, products, force)
    products.append(new_product(name, members, force=force))
    return new


def remove_products(association: Association, product: str | None, *, force: bool = False) -> Association:
    """Remove products.

    Parameters
    ----------
    association : dict
        The association.
    product : str or None
        A name or a glob; None is the only one.
    force : bool
        Remove even the last one.

    Returns
    -------
    dict
        The new association.

    Raises
    ------
    Fault
        There is no such product, or no other one.
    """
    new = copied(association)
    gone = {id(one) for one in chosen_products(new, product)}
    new["products"] = [one for one in new["products"] if id(one) not in gone]
    if not new["products"] and not force:
        raise Fault("the association would be left without products; --force does it")
    return new


def rename_product(
    association: Association, product: str | None, name: str, *, force: bool = False
) -> Association:
    """Give a product another name.

    Parameters
    ----------
    association : dict
        The association.
    product : str or None
        Its name, or a glob that finds it alone; None is the only one.
    name : str
        Its new name.
    force : bool
        Take a name that another product has.

    Returns
    -------
    dict
        The new association.

    Raises
    ------
    Fault
        There is no such product, there are several, or the name is empty or taken.
    """
    new = copied(association)
    chosen = chosen_products(new, product)
    if len(chosen) > 1:
        raise Fault(
            f"only one product can have the new name, and {product!r} finds {named(map(name_of, chosen))}"
        )
    if not name.strip():
        raise Fault("a product needs a name")
    _refuse_taken(name, [one for one in new["products"] if one is not chosen[0]], force)
    if "name" in chosen[0]:
        chosen[0]["name"] = name
    else:
        new["products"] = [{"name": name, **one} if one is chosen[0] else one for one in new["products"]]
    return new


def _refuse_taken(name: str, products: Sequence[Product], force: bool) -> None:
    if not force and name in map(name_of, products):
        raise Fault(f"there is a product {name!r} already; --force makes a second one")
