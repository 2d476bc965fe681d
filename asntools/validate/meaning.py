"""The meaning of an association's products, checked against what the calibration pipelines do with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import normpath
from typing import Any

from asntools.common.words import listed
from asntools.jwst.asn_types import SLITLESS_TYPE, is_roman, is_slitless, meant_type, stage_of
from asntools.jwst.exptypes import (
    DIRECT_IMAGE,
    KNOWN_EXPTYPES,
    OBSOLETE_EXPTYPES,
    PSF,
    SCIENCE,
    SEGMAP,
    SELFCAL,
    SOURCECAT,
    exptype_hint,
)
from asntools.jwst.levels import PIPELINES, READ_ONCE, is_read, levels_read, pipeline_of
from asntools.jwst.suffixes import exposure_product
from asntools.validate.findings import Finding
from asntools.validate.identifiers import check_identifiers, check_keywords
from asntools.validate.names import check_expname, check_product_names, is_plain
from asntools.validate.products import Member, Product, text


def check_meaning(
    asn: Mapping[str, Any], products: list[Product], file_name: str | None = None
) -> Iterator[Finding]:
    """Check the meaning of one association by itself; malformed parts are skipped.

    `file_name` is checked if it looks like the observatory's. Findings have no source and line.
    """
    if is_roman(text(asn.get("asn_rule"))):
        yield from _check_roman(asn, products)
        return
    asn_type = meant_type(text(asn.get("asn_type")))
    stage = stage_of(asn)
    yield from check_keywords(asn)
    yield from check_identifiers(asn, file_name)
    yield from check_product_names(products, asn_type, stage)
    if stage == 3 and len(products) > 1 and not pipeline_of(asn_type).pairs:
        message = f"a Stage 3 association has one product, not {len(products)}"
        yield Finding("ASN222", message, products[1].path)
    checks = _MemberChecks(asn_type, stage, products)
    for product in products:
        yield from _check_composition(product, asn_type, stage)
        if stage == 2 and (asn_type == SLITLESS_TYPE or asn_type not in PIPELINES):
            yield from _check_catalogue(product, text(asn.get("asn_rule")))
        for member in product.members:
            if not is_plain(member.expname):
                yield from check_expname(member)
            if (member.exptype, member.level) not in checks.fine:
                yield from checks.check(member)
        yield from checks.check_exposures(product)


def _check_roman(asn: Mapping[str, Any], products: list[Product]) -> Iterator[Finding]:
    rule = f"asn_rule {asn['asn_rule']!r} makes associations for Roman"
    yield Finding("ASN233", rule, ("asn_rule",))
    for product in products:
        yield from _check_repeats(product)
        for member in product.members:
            if not is_plain(member.expname):
                yield from check_expname(member)


def _check_composition(product: Product, asn_type: str, stage: int | None) -> Iterator[Finding]:
    label = product.label
    path = (*product.path, "members")
    science = product.with_role(SCIENCE)
    pipeline = pipeline_of(asn_type)
    if not product.members:  # which is a fault of structure
        return
    if not science:
        yield Finding("ASN210", f"{label} has no science member", path)
    for role in READ_ONCE if stage == 2 else ():
        members = product.with_role(role)
        if len(members) > 1:
            hint = None if role == SCIENCE else "only the first is read; remove the others"
            message = f"{label} has {len(members)} {role} members"
            yield Finding("ASN212", message, members[1].path, hint)
    if pipeline.pairs and len(science) == 1:
        yield Finding("ASN213", f"{label} has one science member, not a pair", path)
    elif pipeline.pairs and len(science) > 2:
        message = f"{label} has {len(science)} science members, not a pair"
        yield Finding("ASN218", message, science[2].path)
    if PSF in pipeline.reads and not product.with_role(PSF):
        code = "ASN214" if pipeline.needs_psf else "ASN215"
        yield Finding(code, f"{label} of {asn_type} has no psf member", path)
    yield from _check_repeats(product)


def _check_repeats(product: Product) -> Iterator[Finding]:
    # Bad pixels are found with the very exposures that are calibrated, so selfcal goes with any other role.
    # Source: jwst documentation, badpix_selfcal; the pipelines read members by their role.
    if len({_file(member) for member in product.members}) == len(product.members):
        return
    first: dict[tuple[str, bool], Member] = {}
    for member in product.members:
        key = _file(member), member.role == SELFCAL
        before = first.setdefault(key, member)
        if before is not member:
            message = f"member {member.expname!r} occurs twice"
            hint = f"remove this one or members[{before.path[-1]}]"
            yield Finding("ASN211", message, (*member.path, "expname"), hint, (member.expname,))


def _file(member: Member) -> str:
    return normpath(member.expname) if "/" in member.expname else member.expname


def _check_catalogue(product: Product, asn_rule: str) -> Iterator[Finding]:
    # jwst 3.0.0, calwebb_spec2.py: of slitless spectra, "No source catalog specified". That they are slitless
    # stands in their headers; here, the rule or the companions that only they have tell it.
    roles = {member.role for member in product.members}
    slitless = is_slitless(asn_rule) or not roles.isdisjoint((DIRECT_IMAGE, SEGMAP))
    if slitless and SOURCECAT not in roles and SCIENCE in roles:
        message = (
            f"{product.label} is slitless and has no sourcecat member, and {SLITLESS_TYPE} stops without one"
        )
        yield Finding("ASN219", message, (*product.path, "members"))


class _MemberChecks:
    """The checks of each member, by the meaning of its role and level to the pipeline."""

    def __init__(self, asn_type: str, stage: int | None, products: list[Product]):
        self.fine: set[tuple[str, str | None]] = set()
        """The exptypes and levels of members with which nothing is wrong."""
        self._asn_type = asn_type
        self._stage = stage
        self._reader = asn_type if asn_type in PIPELINES else f"Stage {stage}"
        self._levels = levels_read(asn_type, stage)
        # jwst 3.0.0, stpipe/core.py, _get_crds_parameters: every pipeline looks up its parameters by the
        # first science member of the first product, and compares the exptype as it is written.
        first = products[0] if products else None
        stops = first is not None and not any(one.exptype == SCIENCE for one in first.members)
        self._stopping = first.path if first is not None and stops else None

    def check(self, member: Member) -> Iterator[Finding]:
        """Check the exptype of a member, and whether its level is one that the pipeline reads."""
        exptype = member.exptype
        strange = exptype and (exptype != member.role or exptype not in KNOWN_EXPTYPES)
        if strange:
            yield from self._check_exptype(member)
        levels = self._levels.get(member.role)
        if levels is not None and member.level is not None and not is_read(member.level, levels):
            message = f"{member.role} {member.expname!r} is not of the level that {self._reader} reads"
            path = (*member.path, "expname")
            yield Finding("ASN216", message, path, self._level_hint(member.role), (member.expname,))
        elif not strange:
            self.fine.add((exptype, member.level))

    def check_exposures(self, product: Product) -> Iterator[Finding]:
        """Check that no exposure counts twice in a role that a pipeline reads, as _cal and as _calints."""
        levels: dict[str, set[str]] = {}
        for member in product.members:
            if member.level is not None and is_read(member.level, self._levels.get(member.role, ())):
                levels.setdefault(member.role, set()).add(member.level)
        # What is read once is another finding.
        mixed = [role for role in levels if len(levels[role]) > 1]
        for role in mixed if self._stage == 3 else set(mixed).difference(READ_ONCE):
            first: dict[tuple[str, str], Member] = {}
            for member in product.with_role(role):
                exposure = exposure_product(member.expname)
                if exposure is None or member.level not in levels[role]:
                    continue
                before = first.setdefault((member.expname.rpartition("/")[0], exposure[0]), member)
                if before.level != member.level:
                    message = f"{role} {before.expname!r} and {member.expname!r} are from the same exposure"
                    hint = f"keep one, this or members[{before.path[-1]}]"
                    yield Finding("ASN211", message, (*member.path, "expname"), hint, (member.expname,))

    def _level_hint(self, role: str) -> str:
        levels = listed(f"_{level}" for level in self._levels[role])
        whose = "" if self._levels[role] == self._levels.get(SCIENCE) else f"the {role}'s "
        return f"{self._reader} reads {whose}{levels}"

    def _check_exptype(self, member: Member) -> Iterator[Finding]:
        path = (*member.path, "exptype")
        exptype, lower, about = member.exptype, member.exptype.lower(), (member.expname,)
        if lower in OBSOLETE_EXPTYPES:
            hint = f"write {OBSOLETE_EXPTYPES[lower]!r}"
            yield Finding("ASN204", f"exptype {exptype!r} is from an early specification", path, hint, about)
        elif lower not in KNOWN_EXPTYPES:
            yield Finding("ASN201", f"unknown exptype {exptype!r}", path, exptype_hint(exptype), about)
        else:
            hint = f"write {lower!r}, as asn-fmt --repair does"
            harm = self._harm(member)
            code, what = ("ASN203", f"in capitals, {harm}") if harm else ("ASN202", "in capitals")
            yield Finding(code, f"exptype {exptype!r} is {what}", path, hint, about)

    def _harm(self, member: Member) -> str | None:
        if member.role != SCIENCE or self._stage is None:
            return None
        if member.path[:2] == self._stopping:
            # The early specification of Stage 2 wrote them so: such a document is valid by it.
            but = "which Stage 2 allows, but" if self._stage == 2 else "and"
            return f"{but} {self._reader} of jwst 3.0.0 stops on it"
        drops = pipeline_of(self._asn_type).drops_capitals
        return f"and {self._asn_type} drops the member" if drops else None
