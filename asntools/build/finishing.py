"""Finishing: what is done to a group's members beyond selecting them.

Each function takes a draft of an association and returns the drafts to use instead: one, several, or none
where the group turns out to make no association. A rule names them under ``finish``.
"""

from __future__ import annotations

from collections.abc import Callable

from asntools.build.drafts import Draft, Member
from asntools.build.names import direct_image_product
from asntools.jwst.exposures import attributes_of
from asntools.jwst.suffixes import exposure_root, other_product


def prune_imprints(draft: Draft) -> list[Draft]:
    """Leave out the imprints that fit the science less well than others.

    Of the imprints taken with the same kind of exposure as the science (background or not), those of its
    target are kept if there are any; if these still are more than the science exposures, those of its
    dither position are kept if there are any.
    """
    known = [each for each in draft.members if {"targetid", "bkgdtarg"} <= each.exposure.keys()]
    science = [each for each in known if each.exptype == "science"]
    of_background = any(_is_background(each) for each in science)
    imprints = [each for each in known if each.exptype == "imprint" and _is_background(each) == of_background]
    targets = {each.exposure["targetid"] for each in science}
    kept = [each for each in imprints if each.exposure["targetid"] in targets] or imprints
    if 1 <= len(science) < len(kept):
        dithers = {each.exposure["dithptin"] for each in science if "dithptin" in each.exposure}
        kept = [
            each for each in kept if "dithptin" in each.exposure and each.exposure["dithptin"] in dithers
        ] or kept
    keep = {each.expname for each in kept}
    dropped = {each.expname for each in imprints} - keep
    return [
        draft.with_members(
            [each for each in draft.members if each.exptype != "imprint" or each.expname not in dropped]
        )
    ]


def _is_background(member: Member) -> bool:
    return bool(member.exposure["bkgdtarg"] == "t")


def split_nods(draft: Draft) -> list[Draft]:
    """Make each science exposure the science of an association, and the other nods its backgrounds."""
    science = draft.of("science")
    others = [each for each in draft.members if each.exptype != "science"]
    return [
        draft.with_members(
            [
                one,
                *(
                    other._replace(exptype="background")
                    for other in science
                    if other.expname != one.expname and not nods_overlap(one, other)
                ),
                *others,
            ]
        )
        for one in science
    ]


def nods_overlap(science: Member, background: Member) -> bool:
    """Return whether a nod shows the source where the science exposure does, so that it is not a background.

    That is so for NIRSpec slits and shutters when the two are at one primary dither position, or of
    different targets; for a slit also when the positions are not known, and, for five nods in the slit
    S1600A1, when they are next to each other.
    """
    exp_type = science.exposure.get("exp_type")
    if exp_type not in ("nrs_fixedslit", "nrs_msaspec"):
        return False
    slit: bool = exp_type == "nrs_fixedslit"
    if science.exposure.get("targetid") != background.exposure.get("targetid"):
        return True
    points, place, other_place = (
        science.integer("numdthpt"),
        science.integer("patt_num"),
        background.integer("patt_num"),
    )
    subpixels, other_subpixels = (each.integer("subpxpts", "subpxpns") for each in (science, background))
    if points is None or place is None or other_place is None or not subpixels or not other_subpixels:
        return slit
    distance = abs((place - 1) // subpixels - (other_place - 1) // other_subpixels)
    if distance == 0:
        return True
    close = distance == 1 and points // subpixels == 5
    return slit and close and bool(science.exposure.get("fxd_slit") == "s1600a1")


def add_direct_image(draft: Draft) -> list[Draft]:
    """Put the products of the direct image, the one that matching chose, in its place."""
    directs = draft.of("direct_image")
    if not directs or not draft.of("science"):
        return []
    there = directs[0].exposure.get("i2d")
    name = (
        there.removesuffix("_i2d.fits")
        if there and there.endswith("_i2d.fits")
        else direct_image_product(draft.head, attributes_of(directs[0].exposure))
    )
    return [
        draft.with_members(
            [
                *(each for each in draft.members if each.exptype != "direct_image"),
                Member(f"{name}_i2d.fits", "direct_image"),
                Member(f"{name}_cat.ecsv", "sourcecat"),
                Member(f"{name}_segm.fits", "segmap"),
            ]
        )
    ]


def add_nod_backgrounds(draft: Draft) -> list[Draft]:
    """Let the extracted spectra of two or more nods be the background of each other."""
    science = draft.of("science")
    if len(science) < 2:
        return [draft]
    spectra = [each._replace(expname=_spectrum(each.expname), exptype="background") for each in science]
    return [draft.with_members([*draft.members, *spectra])]


def _spectrum(expname: str) -> str:
    spectrum = other_product(expname, "x1d")
    return spectrum if spectrum != expname else f"{exposure_root(expname)}_x1d.fits"


FINISHES: dict[str, Callable[[Draft], list[Draft]]] = {
    "add-direct-image": add_direct_image,
    "add-nod-backgrounds": add_nod_backgrounds,
    "prune-imprints": prune_imprints,
    "split-nods": split_nods,
}
"""The algorithms by the names that rules give them."""
