"""Names of products, in the observatory's convention or from a template."""

from __future__ import annotations

from asntools.build.drafts import Draft, Head
from asntools.common.faults import Fault
from asntools.common.templates import expand, is_template, unfit_in_name
from asntools.common.words import did_you_mean, listed
from asntools.jwst.exposures import attributes_of
from asntools.jwst.exptypes import SCIENCE
from asntools.jwst.product_names import EXPOSURE, PRODUCTS, parts_of_name, value_of
from asntools.jwst.suffixes import exposure_root


def _parts(head: Head) -> dict[str, str]:
    return parts_of_name(head.program, head.candidate.id, head.values)


def product_name(draft: Draft, template: str | None = None) -> str:
    """Return the name of an association's product, in the style of its rule or from a template.

    A Stage 3 product is never named after one of its members; without a style, it is named like those of the
    observatory. Raises a `Fault` if the template names an attribute that the members do not share.
    """
    if template is not None:
        return _by_template(template, draft)
    style = draft.head.product
    if style == EXPOSURE:
        if draft.head.stage != 3:
            return exposure_root(draft.of(SCIENCE)[0].expname)
        style = "optical-elements"
    parts = _parts(draft.head)
    if not parts["instrument"]:  # which the rule does not ask members to share
        parts["instrument"] = "-".join(
            sorted({str(member.exposure.get("instrume") or "") for member in draft.of(SCIENCE)} - {""})
        )
    if unfit := unfit_in_name("".join(parts.values())):
        part, value = next((part, value) for part, value in parts.items() if unfit in value)
        raise Fault(f"{part} {value!r} has {unfit!r}, which cannot be part of a product name")
    return PRODUCTS[style].format_map(parts).lower()


def template_of(head: Head, stage3: str | None = None) -> str | None:
    """Return the template that names a group's product, or None if a style does.

    `stage3`, if given, overrides the rules of Stage 3 products.
    """
    if stage3 is not None and head.stage == 3:
        return stage3
    return head.product if is_template(head.product) else None


def _by_template(template: str, draft: Draft) -> str:
    science = draft.of(SCIENCE)
    found: dict[str, list[str]] = {}
    for member in science:
        for name, value in attributes_of(member.exposure).items():
            found.setdefault(name, []).append(value)
    shared = {name: all_[0] for name, all_ in found.items() if all_ == all_[:1] * len(science)}
    head = draft.head
    parts = _parts(head)
    values = {
        **shared,
        **{name: value_of(head.values, name) for name in head.values},
        "program": head.program,
        "candidate": head.asn_id,
        "exposure": exposure_root(science[0].expname),
        "optics": parts["optics"],
        "target": parts["target"],
    }

    def missing(name: str) -> str:
        if several := found.get(name):
            return f"the science members do not share it; they have {listed(sorted(set(several)))}"
        if any(name in member.exposure for member in science):
            return "no science member has a value for it"
        known = {*values, *(name for member in science for name in member.exposure)}
        return f"not an attribute of the science members{did_you_mean(name, sorted(known))}"

    return expand(template, values, missing)
