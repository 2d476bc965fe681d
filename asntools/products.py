"""Names of products and members, in the observatory's convention.

The forms are those of jwst 3.0.0, jwst.associations.lib.rules_level3_base and rules_level2_base.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from asntools.exposures import ACQUISITIONS, CALIBRATED, CORONAGRAPHIC, TIME_SERIES
from asntools.naming import exposure_root
from asntools.optical_paths import is_occulted

if TYPE_CHECKING:
    from asntools.finishing import Draft

NAMING_ATTRIBUTES = ("detector", "exp_type", "pntgtype", "pupil", "subarray", "tsovisit")
"""The attributes of an exposure that decide on the name of a member."""

UNDEFINED = "undefined"
_UNCALIBRATED = re.compile(r"(.+)_uncal(\..+)", re.DOTALL | re.IGNORECASE)


def member_name(
    filename: str, stage: int, exptype: str, attributes: Mapping[str, str], *, integrations: bool
) -> str:
    """Return the file that the pipelines make of an exposure before a stage.

    Parameters
    ----------
    filename : str
        The exposure's file; one that does not end in ``_uncal`` keeps its name.
    stage : int
        2 or 3.
    exptype : str
        What the exposure is in its group.
    attributes : mapping
        What `attributes_of` gives for the exposure.
    integrations : bool
        Whether the file keeps the integrations apart.
    """
    match = _UNCALIBRATED.fullmatch(filename)
    if match is None:
        return filename
    if stage == 2:
        suffix = "rate"
    elif exptype == "background":
        suffix = "x1d"
    else:
        suffix = "cal" if attributes.get("exp_type") in CALIBRATED else "rate"
    return f"{match[1]}_{suffix}{'ints' if integrations else ''}{match[2]}"


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


def target_name(values: Mapping[str, str | list[str]]) -> str:
    """Return the target as Stage 3 names it: ``t`` and at least three characters."""
    return f"t{_text(values, 'target'):0>3s}"


def _text(values: Mapping[str, str | list[str]], name: str) -> str:
    value = values.get(name, "")
    return value if isinstance(value, str) else "-".join(value)


def _optical_elements(values: Mapping[str, str | list[str]]) -> str:
    elements = [_text(values, name) for name in ("filter", "pupil", "grating") if name in values]
    return "-".join(sorted(elements, key=str.lower)) or "clear"


def _slit(values: Mapping[str, str | list[str]]) -> str:
    return f"-{slit}" if (slit := _text(values, "fxd_slit")) else ""


def _subarray(values: Mapping[str, str | list[str]]) -> str:
    subarray = _text(values, "subarray")
    return f"-{subarray}" if subarray not in ("", "full") else ""


def _observed(draft: Draft) -> str:
    group = draft.group
    return f"jw{group['program']:0>5s}-{group['candidate']['id']}"


def _by_exposure(draft: Draft) -> str:
    science = draft.of("science")
    return exposure_root(science[0].expname) if science else UNDEFINED


def _by_optical_elements(draft: Draft) -> str:
    values = draft.values
    return (
        f"{_observed(draft)}_{target_name(values)}_{_text(values, 'instrume')}"
        f"_{_optical_elements(values)}{_slit(values)}{_subarray(values)}"
    )


def _by_instrument(draft: Draft) -> str:
    return f"{_observed(draft)}_{target_name(draft.values)}_{_text(draft.values, 'instrume')}"


def _by_source(draft: Draft) -> str:
    # The pipeline puts each source's id in place of {source_id}.
    values = draft.values
    return (
        f"{_observed(draft)}_{{source_id}}_{_text(values, 'instrume')}"
        f"_{_optical_elements(values)}{_slit(values)}{_subarray(values)}"
    )


def _by_slit_and_source(draft: Draft) -> str:
    values = draft.values
    return (
        f"{_observed(draft)}_{target_name(values)}-{{source_id}}_{_text(values, 'instrume')}"
        f"_{_optical_elements(values)}-{{slit_name}}{_subarray(values)}"
    )


def _as_coron_image(draft: Draft) -> str:
    values = draft.values
    return (
        f"{_observed(draft)}_{target_name(values)}_{_text(values, 'instrume')}"
        f"_{_optical_elements(values)}{_subarray(values)}-image3"
    )


def _by_activity(draft: Draft) -> str:
    # The pipeline puts its own suffix in place of {suffix}.
    activity = _text(draft.values, "act_id")
    return f"{_by_optical_elements(draft)}-{_text(draft.values, 'detector')}_{{suffix}}-{activity:0>2s}"


PRODUCTS: dict[str, Callable[[Draft], str]] = {
    "activity": _by_activity,
    "coron-image": _as_coron_image,
    "exposure": _by_exposure,
    "instrument": _by_instrument,
    "optical-elements": _by_optical_elements,
    "slits-and-sources": _by_slit_and_source,
    "sources": _by_source,
}
"""The styles of product names by the names that rules give them."""


def product_name(draft: Draft) -> str:
    """Return the name of an association's product in the style that its rule asks for."""
    style: str = draft.group["product"]
    name = PRODUCTS[style](draft)
    return name if style == "exposure" else name.lower()


def direct_image_product(draft: Draft, direct: Mapping[str, str]) -> str:
    """Return the name of the Stage 3 product of a slitless exposure's direct image.

    Parameters
    ----------
    draft : Draft
        The slitless exposure's association.
    direct : mapping
        What `attributes_of` gives for the direct image.
    """
    sources = (
        (("filter",),) if direct.get("instrume") == "miri" else (("filter", "band"), ("pupil", "grating"))
    )
    elements = [found for each in sources if (found := next((direct[n] for n in each if n in direct), None))]
    values = draft.values
    optical = "-".join(sorted(elements, key=str.lower)) or "clear"
    name = (
        f"{_observed(draft)}_{target_name(values)}_{_text(values, 'instrume')}_{optical}{_subarray(values)}"
    )
    return name.lower()
