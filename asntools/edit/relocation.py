"""Other folders for the members of an association."""

from __future__ import annotations

import os.path
from collections.abc import Callable

from asntools.asn.products import ALL, Association, chosen_products, copied
from asntools.common.faults import Fault


def relocate(
    association: Association, move: Callable[[str], str], *, product: str | None = ALL, force: bool = False
) -> Association:
    """Change the folder part of every expname.

    Parameters
    ----------
    association : dict
        The association.
    move : callable
        Gives the new expname for an old one; see `mover`.
    product : str, optional
        The products to change, a name or a glob; all of them unless told otherwise.
    force : bool
        Let two members of one product get the same name.

    Returns
    -------
    dict
        The new association.

    Raises
    ------
    Fault
        Two files of one product would get the same name.
    """
    new = copied(association)
    for one in chosen_products(new, product):
        origins: dict[str, str] = {}
        for member in one["members"]:
            old = member["expname"]
            member["expname"] = move(old)
            if origins.setdefault(member["expname"], old) != old and not force:
                raise Fault(
                    f"{origins[member['expname']]!r} and {old!r} would both become {member['expname']!r}; "
                    "--force does it"
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
    """Return a function that gives an expname another folder.

    Parameters
    ----------
    strip : bool
        Take folders away; this comes first.
    prefix : str, optional
        Put this folder in front.
    relative_to : str, optional
        Give the path from this folder.
    absolute : bool
        Give the whole path.
    base : str
        The folder of the association, from which the pipelines read its members.
    """

    def move(expname: str) -> str:
        path = os.path.basename(expname) if strip else expname
        if not path:
            raise Fault(f"{expname!r} has no file name to keep")
        if prefix is not None:
            if os.path.isabs(path):
                raise Fault(f"{path!r} is a whole path already; --strip takes its folders away")
            path = os.path.join(prefix, path)
        if relative_to is not None:
            path = os.path.relpath(os.path.join(base, path), relative_to)
        return os.path.abspath(os.path.join(base, path)) if absolute else path

    return move
