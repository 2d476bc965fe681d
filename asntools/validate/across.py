"""Associations checked against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from asntools.jwst.asn_types import is_roman, stage_of
from asntools.jwst.exptypes import KNOWN_EXPTYPES
from asntools.jwst.levels import level_of
from asntools.jwst.suffixes import exposure_root, written_name
from asntools.validate.findings import Finding
from asntools.validate.names import files_named
from asntools.validate.products import Member, Product, products_of, text


class AcrossAssociations:
    """Checks of associations against each other, in the order in which they come.

    Only names are kept of each association.
    """

    def __init__(self) -> None:
        self._products: dict[tuple[int | None, str, bool], str] = {}
        self._roles: dict[str, dict[tuple[str, str], str]] = {}
        self._made = _Made()

    def check(self, asn: Mapping[str, Any], source: str, line: int | None = None) -> Iterator[Finding]:
        """Check one association, valid or not, against all before it.

        Parameters
        ----------
        asn : mapping
            A document that was read; what is malformed in it is passed over.
        source, line : str, int, optional
            Where it is, to name it when a later one conflicts with it.

        Yields
        ------
        Finding
            Without source and line.
        """
        if is_roman(text(asn.get("asn_rule"))):
            return
        where = source if line is None else f"{source}:{line}"
        stage = stage_of(asn)
        asn_type = str(asn.get("asn_type"))
        products = products_of(asn)
        yield from self._check_products(products, asn_type, stage, where)
        if stage is None:
            return
        program = text(asn.get("program")).lstrip("0")
        for product in products:
            for member in product.members:
                # Every exposure is science in a Stage 2 association of its own, whatever it is to others.
                if member.role in _EXPOSURE_ROLES and not (stage == 2 and member.role == "science"):
                    yield from self._check_role(member, asn_type, where)
            if stage == 2:
                self._made.add(product, program)
            else:
                self._made.expect(product, program, asn_type, Place(source, line, product.path))

    def at_end(self) -> Iterator[Finding]:
        """Yield what only the end of the run can tell, with source and line."""
        yield from self._made.missing()

    def _check_products(
        self, products: list[Product], asn_type: str, stage: int | None, where: str
    ) -> Iterator[Finding]:
        written = {
            product.path: files_named(product.name, asn_type)
            for product in products
            if product.name is not None
        }
        times = Counter(written.values())
        for product in products:
            name = written.get(product.path)
            if name is None or times[name] > 1:
                continue
            # Of one exposure, Stage 2 makes a _cal of its _rate and a _calints of its _rateints.
            levels = [level_of(one.expname) for one in product.with_role("science")] if stage == 2 else []
            key = stage, name, "rateints" in levels
            other = self._products.setdefault(key, where)
            if other is not where:
                message = f"product {product.name!r} is also made by {other}"
                yield Finding("ASN301", message, (*product.path, "name"))

    def _check_role(self, member: Member, asn_type: str, where: str) -> Iterator[Finding]:
        role = (member.role, asn_type)
        known = self._roles.setdefault(exposure_root(member.expname), {})
        if role in known:
            return
        for other, place in known.items():
            if _exclude_each_other(role, other):
                message = f"{member.expname!r} is {member.role} here and {other[0]} in {place}"
                yield Finding("ASN302", message, (*member.path, "exptype"), members=(member.expname,))
                break
        known[role] = where


# Bad pixels are found with any exposure, whatever else it is.
_EXPOSURE_ROLES = frozenset(KNOWN_EXPTYPES) - {"direct_image", "segmap", "sourcecat", "selfcal"}
# An exposure of a nod pattern is science, and sky to the others.
_NOD_ROLES = frozenset(("science", "background"))


def _exclude_each_other(one: tuple[str, str], other: tuple[str, str]) -> bool:
    roles = {one[0], other[0]}
    if len(roles) == 1 or roles <= _NOD_ROLES:
        return False
    # A reference star may well be the science of an image, but not of what it is the reference for.
    return roles != {"psf", "science"} or one[1] == other[1]


class Place(NamedTuple):
    """Where a product is: the file, the line on which its association starts, and the path in it."""

    source: str
    line: int | None
    path: tuple[str | int, ...]


class _Made:
    """Which exposures the Stage 2 associations of each program make, and which ones Stage 3 waits for."""

    def __init__(self) -> None:
        self._made: dict[str, set[str]] = {}
        self._expected: dict[tuple[str, Place, str], list[str]] = {}

    def add(self, product: Product, program: str) -> None:
        """Take note of what a Stage 2 product makes."""
        if product.name is not None:
            self._made.setdefault(program, set()).add(written_name(product.name))

    def expect(self, product: Product, program: str, asn_type: str, place: Place) -> None:
        """Take note of the members of a Stage 3 product that Stage 2 makes."""
        made = self._made.get(program, ())
        for member in product.members:
            expname = member.expname
            is_made = member.role in _MADE_ROLES and level_of(expname) in _MADE_LEVELS
            if is_made and exposure_root(expname) not in made:
                self._expected.setdefault((program, place, member.role), []).append(expname)

    def missing(self) -> Iterator[Finding]:
        """Yield a finding for each product with members that no Stage 2 association of its program makes."""
        for (program, place, role), expnames in self._expected.items():
            made = self._made.get(program)
            if made is None:
                continue
            for expname in expnames:
                if exposure_root(expname) not in made:
                    message = f"no Stage 2 association given makes {role} {expname!r}"
                    yield Finding(
                        "ASN303",
                        message,
                        place.path,
                        members=(expname,),
                        source=place.source,
                        line=place.line,
                        column=None if place.line is None else 1,
                    )


_MADE_ROLES = frozenset(("science", "background", "psf"))
_MADE_LEVELS = frozenset(("cal", "calints", "x1d", "x1dints"))
