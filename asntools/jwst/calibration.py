"""What the pipelines make from an exposure before a stage of calibration.

Source: jwst 3.0.0, jwst.associations.lib.rules_level2_base and rules_level3_base.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from asntools.jwst.exposures import ACQUISITIONS, CALIBRATED, CORONAGRAPHIC, TIME_SERIES, attributes_of
from asntools.jwst.exptypes import BACKGROUND, SCIENCE
from asntools.jwst.optical_paths import is_occulted

NAMING_ATTRIBUTES = ("detector", "exp_type", "pntgtype", "pupil", "subarray", "tsovisit")
"""The attributes of an exposure that determine the name of a member."""


@lru_cache(maxsize=4096)
def level_before(
    naming: tuple[str | None, ...], stage: int, exptype: str, time_series: bool, averaging: bool
) -> str:
    """Return the level of the file that the pipelines make from an exposure before a stage.

    `naming` are the exposure's values of `NAMING_ATTRIBUTES`, and `exptype` is its role in its group; the
    last two are as in `keeps_integrations`.
    """
    attributes = attributes_of(dict(zip(NAMING_ATTRIBUTES, naming, strict=True)))
    if stage == 2:
        level = "rate"
    elif exptype == BACKGROUND:
        level = "x1d"
    else:
        level = "cal" if attributes.get("exp_type") in CALIBRATED else "rate"
    integrations = keeps_integrations(attributes, time_series=time_series, averaging=averaging)
    return f"{level}ints" if integrations else level


def keeps_integrations(attributes: Mapping[str, str], *, time_series: bool, averaging: bool) -> bool:
    """Return whether the pipelines keep the integrations of an exposure apart.

    `attributes` are those of `attributes_of`. A group may be a time series, or treat coronagraphic exposures
    as images (`averaging`).
    """
    exp_type = attributes.get("exp_type", "")
    if attributes.get("pntgtype") != SCIENCE or exp_type in ACQUISITIONS:
        return False
    if time_series or attributes.get("tsovisit") == "t" or exp_type == "nis_ami" or exp_type in TIME_SERIES:
        return True
    if exp_type not in CORONAGRAPHIC or averaging:
        return False
    return exp_type != "nrc_coron" or is_occulted(attributes)
