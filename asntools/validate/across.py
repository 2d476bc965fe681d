"""Associations checked against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from asntools.jwst.asn_types import is_roman, stage_of
from asntools.jwst.exptypes import BACKGROUND, KNOWN_EXPTYPES, OF_DIRECT_IMAGE, PSF, SCIENCE, SELFCAL
from asntools.jwst.levels import MADE_BY_STAGE2, RATES, is_of_integrations
from asntools.jwst.suffixes import exposure_root, written_name
from asntools.validate.findings import Finding
from asntools.validate.names import files_named
from asntools.validate.products import Member, Product, text


class AcrossAssociations:
    """Checks of associations against each other, in order.

    Only names are remembered from each association.
    """

    def __init__(self) -> None:
        self._products: dict[tuple[int | None, str, bool], str] = {}
        self._roles: dict[str, tuple[tuple[str, str, str], ...]] = {}
        self._made = _Made()

    def check(
        self, asn: Mapping[str, Any], products: list[Product], source: str, line: int | None = None
    ) -> Iterator[Finding]:
        """Check one association, valid or not, against all before it; findings have no source and line.

        Later findings name it by `source` and `line`.
        """
        if is_roman(text(asn.get("asn_rule"))):
            return
        where = source if line is None else f"{source}:{line}"
        stage = stage_of(asn)
        asn_type = str(asn.get("asn_type"))
        yield from self._check_products(products, asn_type, stage, where)
        if stage is None:
            return
        # Every exposure is science in a Stage 2 association of its own, whatever it is in others.
        roles = _EXPOSURE_ROLES if stage == 3 else _EXPOSURE_ROLES - {SCIENCE}
        program = text(asn.get("program")).lstrip("0")
        for product in products:
            exposures = [
                (exposure_root(member.expname), member) for member in product.members if member.role in roles
            ]
            for root, member in exposures:
                known = self._roles.get(root, ())
                # Most exposures have one role, again and again.
                if not known:
                    self._roles[root] = ((member.role, asn_type, where),)
                elif known[0][0] != member.role or known[0][1] != asn_type:
                    yield from self._check_role(root, member, asn_type, where)
            if stage == 2:
                self._made.add(product, program)
            else:
                column = None if line is None else 1
                place = Finding("ASN303", "", product.path, source=source, line=line, column=column)
                self._made.expect(exposures, program, place)

    def at_end(self) -> Iterator[Finding]:
        """Yield findings that are known only at the end of the run, with source and line."""
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
            levels = [one.level for one in product.with_role(SCIENCE)] if stage == 2 else []
            key = stage, name, any(map(is_of_integrations, levels))
            other = self._products.setdefault(key, where)
            if other is not where:
                message = f"product {product.name!r} is also made by {other}"
                yield Finding("ASN301", message, (*product.path, "name"))

    def _check_role(self, root: str, member: Member, asn_type: str, where: str) -> Iterator[Finding]:
        known = self._roles[root]
        if any(role == member.role and of_type == asn_type for role, of_type, _ in known):
            return
        self._roles[root] = (*known, (member.role, asn_type, where))
        for role, of_type, place in known:
            if _exclude_each_other((member.role, asn_type), (role, of_type)):
                message = f"{member.expname!r} is {member.role} here and {role} in {place}"
                yield Finding("ASN302", message, (*member.path, "exptype"), members=(member.expname,))
                break


# Bad pixels are found with any exposure, whatever else it is.
_EXPOSURE_ROLES = frozenset(KNOWN_EXPTYPES) - {*OF_DIRECT_IMAGE, SELFCAL}
# An exposure of a nod pattern is science, and sky to the others.
_NOD_ROLES = frozenset((SCIENCE, BACKGROUND))


def _exclude_each_other(one: tuple[str, str], other: tuple[str, str]) -> bool:
    roles = {one[0], other[0]}
    if len(roles) == 1 or roles <= _NOD_ROLES:
        return False
    # A reference star may well be the science of an image, but not of what it is the reference for.
    return roles != {PSF, SCIENCE} or one[1] == other[1]


class _Made:
    """Which exposures the Stage 2 associations of each program make, and which ones Stage 3 needs."""

    def __init__(self) -> None:
        self._made: dict[str, set[tuple[str, bool]]] = {}  # with whether it is of integrations
        self._expected: list[tuple[str, Finding, list[tuple[tuple[str, bool], str, str]]]] = []

    def add(self, product: Product, program: str) -> None:
        """Remember what a Stage 2 product makes."""
        if product.name is None:
            return
        made = self._made.setdefault(program, set())
        name = written_name(product.name)
        for level in {member.level for member in product.with_role(SCIENCE)} or {None}:
            # For a level that Stage 2 does not start from, it is not known which of the two it makes.
            made |= {(name, is_of_integrations(level))} if level in RATES else {(name, False), (name, True)}

    def expect(self, exposures: list[tuple[str, Member]], program: str, place: Finding) -> None:
        """Remember the members of a Stage 3 product that Stage 2 makes, and the finding if it does not."""
        made = self._made.get(program, ())
        waiting = [
            (exposure, member.role, member.expname)
            for root, member in exposures
            if member.level in MADE_BY_STAGE2
            and member.role in _MADE_ROLES
            and (exposure := (root, is_of_integrations(member.level))) not in made
        ]
        if waiting:
            self._expected.append((program, place, waiting))

    def missing(self) -> Iterator[Finding]:
        """Yield a finding for each member that no Stage 2 association of its program makes."""
        for program, place, waiting in self._expected:
            if program not in self._made:
                continue
            for exposure, role, expname in waiting:
                if exposure not in self._made[program]:
                    message = f"none of the given Stage 2 associations makes {role} {expname!r}"
                    yield place._replace(message=message, members=(expname,))


_MADE_ROLES = frozenset((SCIENCE, BACKGROUND, PSF))
