"""Finishing: changes to a group's members beyond selecting them.

Each function takes a draft of an association and returns the drafts to use instead: one, several, or none if
the group turns out to make no association. A rule names them under ``finish``.
"""

from __future__ import annotations

from collections.abc import Callable

from asntools.build.drafts import Draft, Member
from asntools.jwst.exposures import attributes_of
from asntools.jwst.exptypes import BACKGROUND, DIRECT_IMAGE, IMPRINT, OF_DIRECT_IMAGE, SCIENCE
from asntools.jwst.nods import nods_overlap
from asntools.jwst.product_names import direct_image_product
from asntools.jwst.suffixes import COMBINED_IMAGE, spectrum_of


def prune_imprints(draft: Draft) -> list[Draft]:
    """Leave out the imprints that fit the science less well than others.

    Of the imprints taken with the same kind of exposure as the science (background or not), those of its
    target are kept, if there are any; if these outnumber the science exposures, those at its dither position
    are kept, if there are any.
    """
    known = [each for each in draft.members if {"targetid", "bkgdtarg"} <= each.exposure.keys()]
    science = [each for each in known if each.exptype == SCIENCE]
    of_background = any(_is_background(each) for each in science)
    imprints = [each for each in known if each.exptype == IMPRINT and _is_background(each) == of_background]
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
            [each for each in draft.members if each.exptype != IMPRINT or each.expname not in dropped]
        )
    ]


def _is_background(member: Member) -> bool:
    return bool(member.exposure["bkgdtarg"] == "t")


def split_nods(draft: Draft) -> list[Draft]:
    """Make each science exposure the science of an association, and the other nods its backgrounds."""
    science = draft.of(SCIENCE)
    others = [each for each in draft.members if each.exptype != SCIENCE]
    return [
        draft.with_members(
            [
                one,
                *(
                    other._replace(exptype=BACKGROUND)
                    for other in science
                    if other.expname != one.expname and not nods_overlap(one.exposure, other.exposure)
                ),
                *others,
            ]
        )
        for one in science
    ]


def add_direct_image(draft: Draft) -> list[Draft]:
    """Replace the direct image, which matching chose, by its products."""
    directs = draft.of(DIRECT_IMAGE)
    if not directs or not draft.of(SCIENCE):
        return []
    head, direct, end = draft.head, directs[0].exposure, OF_DIRECT_IMAGE[DIRECT_IMAGE]
    there = direct.get(COMBINED_IMAGE)
    name = (
        there.removesuffix(end)
        if there and there.endswith(end)
        else direct_image_product(head.program, head.candidate.id, head.values, attributes_of(direct))
    )
    others = [each for each in draft.members if each.exptype != DIRECT_IMAGE]
    made = [Member(f"{name}{end}", role) for role, end in OF_DIRECT_IMAGE.items()]
    return [draft.with_members([*others, *made])]


def add_nod_backgrounds(draft: Draft) -> list[Draft]:
    """Make the extracted spectra of two or more nods each other's backgrounds."""
    science = draft.of(SCIENCE)
    if len(science) < 2:
        return [draft]
    spectra = [each._replace(expname=spectrum_of(each.expname), exptype=BACKGROUND) for each in science]
    return [draft.with_members([*draft.members, *spectra])]


FINISHES: dict[str, Callable[[Draft], list[Draft]]] = {
    "add-direct-image": add_direct_image,
    "add-nod-backgrounds": add_nod_backgrounds,
    "prune-imprints": prune_imprints,
    "split-nods": split_nods,
}
"""The algorithms by their names in rules."""
