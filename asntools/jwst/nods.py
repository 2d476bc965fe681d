"""Nods: exposures at several positions, each of which shows the sky to the others."""

from __future__ import annotations

from asntools.common.records import Record


def nods_overlap(science: Record, background: Record) -> bool:
    """Return whether a nod shows the source where the science exposure does, so that it is not a background.

    That is so for NIRSpec slits and shutters if the two are at the same primary dither position, or have
    different targets; for a slit also if the positions are not known and, for five nods in the slit S1600A1,
    if they are next to each other. Source: jwst 3.0.0, jwst.associations.lib.rules_level2_base.
    """
    exp_type = science.get("exp_type")
    if exp_type not in ("nrs_fixedslit", "nrs_msaspec"):
        return False
    slit: bool = exp_type == "nrs_fixedslit"
    if science.get("targetid") != background.get("targetid"):
        return True
    points = _integer(science, "numdthpt")
    place, other_place = (_integer(each, "patt_num") for each in (science, background))
    subpixels, other_subpixels = (_integer(each, "subpxpts", "subpxpns") for each in (science, background))
    if points is None or place is None or other_place is None or not subpixels or not other_subpixels:
        return slit
    distance = abs((place - 1) // subpixels - (other_place - 1) // other_subpixels)
    if distance == 0:
        return True
    close = distance == 1 and points // subpixels == 5
    return slit and close and bool(science.get("fxd_slit") == "s1600a1")


def _integer(exposure: Record, *names: str) -> int | None:
    # The first of these attributes that is an integer.
    for name in names:
        try:
            return int(exposure[name])
        except (KeyError, TypeError, ValueError):
            continue
    return None
