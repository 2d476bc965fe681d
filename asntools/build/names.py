"""Names of products and members, in the observatory's convention.

The forms are those of jwst 3.0.0, jwst.associations.lib.rules_level3_base and rules_level2_base.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from asntools.build.drafts import Draft, Head, Values
from asntools.common.faults import Fault
from asntools.common.templates import expand, is_template, unfit_in_name
from asntools.common.words import did_you_mean, listed
from asntools.jwst.exposures import ACQUISITIONS, CALIBRATED, CORONAGRAPHIC, TIME_SERIES, attributes_of
from asntools.jwst.exptypes import SCIENCE
from asntools.jwst.optical_paths import is_occulted
from asntools.jwst.suffixes import exposure_root

NAMING_ATTRIBUTES = ("detector", "exp_type", "pntgtype", "pupil", "subarray", "tsovisit")
"""The attributes of an exposure that decide on the name of a member."""


@lru_cache(maxsize=4096)
def suffix_of(
    naming: tuple[str | None, ...], stage: int, exptype: str, time_series: bool, averaging: bool
) -> str:
    """Return the suffix of the file that the pipelines make of an exposure before a stage.

    Parameters
    ----------
    naming : tuple of str
        The exposure's values of `NAMING_ATTRIBUTES`.
    exptype : str
        What the exposure is in its group.
    time_series, averaging : bool
        As in `keeps_integrations`.
    """
    attributes = attributes_of(dict(zip(NAMING_ATTRIBUTES, naming, strict=True)))
    if stage == 2:
        suffix = "rate"
    elif exptype == "background":
        suffix = "x1d"
    else:
        suffix = "cal" if attributes.get("exp_type") in CALIBRATED else "rate"
    integrations = keeps_integrations(attributes, time_series=time_series, averaging=averaging)
    return f"{suffix}ints" if integrations else suffix


def keeps_integrations(attributes: Mapping[str, str], *, time_series: bool, averaging: bool) -> bool:
    """Return whether the pipelines keep the integrations of an exposure apart in what they make of it.

    `attributes` are those of `attributes_of`. A group may be a time series, or take coronagraphic exposures
    as images (`averaging`).
    """
    exp_type = attributes.get("exp_type", "")
    if attributes.get("pntgtype") != "science" or exp_type in ACQUISITIONS:
        return False
    if time_series or attributes.get("tsovisit") == "t" or exp_type == "nis_ami" or exp_type in TIME_SERIES:
        return True
    if exp_type not in CORONAGRAPHIC or averaging:
        return False
    return exp_type != "nrc_coron" or is_occulted(attributes)


EXPOSURE = "exposure"

PRODUCTS = {
    EXPOSURE: "{exposure}",
    "instrument": "{observed}_{target}_{instrument}",
    "optical-elements": "{observed}_{target}_{instrument}_{optics}{slit}{subarray}",
    "activity": "{observed}_{target}_{instrument}_{optics}{slit}{subarray}-{detector}_{{suffix}}-{activity}",
    "coron-image": "{observed}_{target}_{instrument}_{optics}{subarray}-image3",
    "sources": "{observed}_{{source_id}}_{instrument}_{optics}{slit}{subarray}",
    "slits-and-sources": ("{observed}_{target}-{{source_id}}_{instrument}_{optics}-{{slit_name}}{subarray}"),
}
"""The styles of product names; the pipeline puts its own in place of the parts in double braces."""

_DIRECT_IMAGE = "{observed}_{target}_{instrument}_{optics}{subarray}"
_OPTICS = (("filter",), ("pupil",), ("grating",))


def target_name(values: Values) -> str:
    """Return the target as Stage 3 names it: ``t`` and at least three characters."""
    return f"t{_text(values, 'target'):0>3s}"


def _text(values: Mapping[str, str | list[str]], name: str) -> str:
    value = values.get(name, "")
    return value if isinstance(value, str) else "-".join(value)


def _optics(values: Mapping[str, str | list[str]], sources: Iterable[tuple[str, ...]]) -> str:
    found = (next((_text(values, name) for name in names if name in values), "") for names in sources)
    return "-".join(sorted(filter(None, found), key=str.lower)) or "clear"


def _parts(head: Head) -> dict[str, str]:
    values = head.values
    slit, subarray = _text(values, "fxd_slit"), _text(values, "subarray")
    return {
        "observed": f"jw{head.program}-{head.candidate.id}",
        "target": target_name(values),
        "instrument": _text(values, "instrume"),
        "optics": _optics(values, _OPTICS),
        "slit": f"-{slit}" if slit else "",
        "subarray": f"-{subarray}" if subarray not in ("", "full") else "",
        "detector": _text(values, "detector"),
        "activity": f"{_text(values, 'act_id'):0>2s}",
    }


def product_name(draft: Draft, template: str | None = None) -> str:
    """Return the name of an association's product, in the style that its rule asks for or by a template.

    A Stage 3 product is never named by one of its members: where no style says how, the observatory's does.
    A `Fault` where the template asks for what the members do not share.
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
    """Return the template that names a group's product, None where a style does.

    That of Stage 3 products, where `stage3` is given, goes before what their rules say.
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
        **{name: _text(head.values, name) for name in head.values},
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
            return "no science member has a value of it"
        known = {*values, *(name for member in science for name in member.exposure)}
        return f"not an attribute of the science members{did_you_mean(name, sorted(known))}"

    return expand(template, values, missing)


def direct_image_product(head: Head, direct: Mapping[str, str]) -> str:
    """Return the name of the Stage 3 product of the direct image of a slitless exposure's group.

    `direct` is what `attributes_of` gives for the direct image.
    """
    miri = direct.get("instrume") == "miri"
    sources = (("filter",),) if miri else (("filter", "band"), ("pupil", "grating"))
    return _DIRECT_IMAGE.format_map({**_parts(head), "optics": _optics(direct, sources)}).lower()
