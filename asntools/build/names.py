"""Names of products and members, in the observatory's convention.

The forms are those of jwst 3.0.0, jwst.associations.lib.rules_level3_base and rules_level2_base.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from asntools.build.drafts import Draft
from asntools.jwst.exposures import ACQUISITIONS, CALIBRATED, CORONAGRAPHIC, TIME_SERIES
from asntools.jwst.optical_paths import is_occulted
from asntools.jwst.suffixes import exposure_root, other_product

NAMING_ATTRIBUTES = ("detector", "exp_type", "pntgtype", "pupil", "subarray", "tsovisit")
"""The attributes of an exposure that decide on the name of a member."""


def member_name(
    filename: str, stage: int, exptype: str, attributes: Mapping[str, str], *, integrations: bool
) -> str:
    """Return the file that the pipelines make of an exposure before a stage.

    Parameters
    ----------
    filename : str
        The exposure's file, of any level; one that is not a product of one exposure keeps its name.
    stage : int
        2 or 3.
    exptype : str
        What the exposure is in its group.
    attributes : mapping
        What `attributes_of` gives for the exposure.
    integrations : bool
        Whether the file keeps the integrations apart.
    """
    if stage == 2:
        suffix = "rate"
    elif exptype == "background":
        suffix = "x1d"
    else:
        suffix = "cal" if attributes.get("exp_type") in CALIBRATED else "rate"
    return other_product(filename, f"{suffix}ints" if integrations else suffix)


def keeps_integrations(attributes: Mapping[str, str], *, time_series: bool, averaging: bool) -> bool:
    """Say whether the pipelines keep the integrations of an exposure apart in what they make of it.

    Parameters
    ----------
    attributes : mapping
        What `attributes_of` gives for the exposure.
    time_series : bool
        Whether its group is a time series.
    averaging : bool
        Whether its group takes coronagraphic exposures as images.
    """
    exp_type = attributes.get("exp_type", "")
    if attributes.get("pntgtype") != "science" or exp_type in ACQUISITIONS:
        return False
    if time_series or attributes.get("tsovisit") == "t" or exp_type == "nis_ami" or exp_type in TIME_SERIES:
        return True
    if exp_type not in CORONAGRAPHIC or averaging:
        return False
    return exp_type != "nrc_coron" or is_occulted(attributes)


PRODUCTS = {
    "exposure": "{exposure}",
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

Values: TypeAlias = Mapping[str, str | list[str]]


def target_name(values: Values) -> str:
    """Return the target as Stage 3 names it: ``t`` and at least three characters."""
    return f"t{_text(values, 'target'):0>3s}"


def _text(values: Values, name: str) -> str:
    value = values.get(name, "")
    return value if isinstance(value, str) else "-".join(value)


def _optics(values: Values, sources: Iterable[tuple[str, ...]]) -> str:
    found = (next((_text(values, name) for name in names if name in values), "") for names in sources)
    return "-".join(sorted(filter(None, found), key=str.lower)) or "clear"


def _parts(draft: Draft) -> dict[str, str]:
    group, values = draft.group, draft.values
    slit, subarray = _text(values, "fxd_slit"), _text(values, "subarray")
    return {
        "observed": f"jw{group['program']:0>5s}-{group['candidate']['id']}",
        "target": target_name(values),
        "instrument": _text(values, "instrume"),
        "optics": _optics(values, _OPTICS),
        "slit": f"-{slit}" if slit else "",
        "subarray": f"-{subarray}" if subarray not in ("", "full") else "",
        "detector": _text(values, "detector"),
        "activity": f"{_text(values, 'act_id'):0>2s}",
    }


def product_name(draft: Draft) -> str:
    """Return the name of an association's product in the style that its rule asks for."""
    style: str = draft.group["product"]
    if style == "exposure":
        return exposure_root(draft.of("science")[0].expname)
    return PRODUCTS[style].format_map(_parts(draft)).lower()


def direct_image_product(draft: Draft, direct: Mapping[str, str]) -> str:
    """Return the name of the Stage 3 product of a slitless exposure's direct image.

    Parameters
    ----------
    draft : Draft
        The slitless exposure's association.
    direct : mapping
        What `attributes_of` gives for the direct image.
    """
    miri = direct.get("instrume") == "miri"
    sources = (("filter",),) if miri else (("filter", "band"), ("pupil", "grating"))
    return _DIRECT_IMAGE.format_map({**_parts(draft), "optics": _optics(direct, sources)}).lower()
