"""Associations checked against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from asntools.jwst.asn_types import stage_of
from asntools.jwst.exptypes import KNOWN_EXPTYPES
from asntools.jwst.suffixes import exposure_root
from asntools.validate.findings import Finding
from asntools.validate.meaning import Member, well_formed_products


class AcrossAssociations:
    """Checks of associations against each other, in the order in which they come.

    Only names are kept of each association.
    """

    def __init__(self) -> None:
        self._products: dict[tuple[int | None, str], str] = {}
        self._roles: dict[str, dict[tuple[str, str], str]] = {}

    def check(self, asn: Mapping[str, Any], where: str) -> Iterator[Finding]:
        """Check one association against all before it.

        Parameters
        ----------
        asn : mapping
            A document that was read; what is malformed in it is passed over.
        where : str
            How to name it when a later one conflicts with it: file and line.

        Yields
        ------
        Finding
            Without source and line.
        """
        stage = stage_of(asn)
        asn_type = str(asn.get("asn_type"))
        products = well_formed_products(asn)
        names = Counter(product.name for product in products)
        for product in products:
            if product.name is not None and names[product.name] == 1:
                other = self._products.setdefault((stage, product.name), where)
                if other is not where:
                    message = f"product {product.name!r} is also made by {other}"
                    yield Finding("ASN301", message, (*product.path, "name"))
            if stage is not None:
                for member in product.members:
                    yield from self._check_role(member, asn_type, stage, where)

    def _check_role(self, member: Member, asn_type: str, stage: int, where: str) -> Iterator[Finding]:
        # Every exposure is science in a Stage 2 association of its own, whatever it is to others.
        if (stage == 2 and member.role == "science") or member.role not in _EXPOSURE_ROLES:
            return
        role = (member.role, asn_type)
        known = self._roles.setdefault(exposure_root(member.expname), {})
        if role in known:
            return
        for other, place in known.items():
            if _exclude_each_other(role, other):
                message = f"{member.expname!r} is {member.role} here and {other[0]} in {place}"
                yield Finding("ASN302", message, (*member.path, "exptype"))
                break
        known[role] = where


_EXPOSURE_ROLES = frozenset(KNOWN_EXPTYPES) - {"direct_image", "segmap", "sourcecat"}
# An exposure of a nod pattern is science, and sky to the others; sky finds bad pixels too.
_NOD_ROLES = frozenset(("science", "background", "selfcal"))


def _exclude_each_other(one: tuple[str, str], other: tuple[str, str]) -> bool:
    roles = {one[0], other[0]}
    if len(roles) == 1 or roles <= _NOD_ROLES:
        return False
    # A reference star may well be the science of an image, but not of what it is the reference for.
    return roles != {"psf", "science"} or one[1] == other[1]
