"""The roles that a member of an association can play: its exptype."""

from __future__ import annotations

from asntools.common.words import nearest

SCIENCE = "science"
BACKGROUND = "background"
IMPRINT = "imprint"
PSF = "psf"
SELFCAL = "selfcal"
ACQUISITION = "target_acquisition"
DIRECT_IMAGE = "direct_image"
SEGMAP = "segmap"
SOURCECAT = "sourcecat"

OF_DIRECT_IMAGE = {DIRECT_IMAGE: "_i2d.fits", SOURCECAT: "_cat.ecsv", SEGMAP: "_segm.fits"}
"""The roles of the Stage 3 products of a direct image, and the suffixes of their files."""

# What each exptype means. The roles that a pipeline reads are those of the Stage 2 and Stage 3 specification
# (jwst documentation, "Stage 2 Associations" and "Stage 3 Associations", members) and of the code of
# jwst 3.0.0: jwst.pipeline (Spec2, Image2, Coron3, Ami3) and jwst.badpix_selfcal.
PIPELINE_EXPTYPES = {
    "science": "an exposure to calibrate or to combine",
    "background": "an exposure of the sky, to subtract",
    "imprint": "an exposure with the shutters closed, to subtract",
    "psf": "an exposure of a reference star",
    "selfcal": "an exposure for finding bad pixels",
    "target_acquisition": "an exposure that locates the target",
    "sourcecat": "the source catalogue of a direct image",
    "segmap": "the segmentation map of a direct image",
    "direct_image": "the direct image of a slitless spectrum",
}
# Roles that the reference's rules give to companions, and that no pipeline of it reads
# (jwst 3.0.0, jwst.associations.lib.dms_base, EXPTYPE_MAP).
COMPANION_EXPTYPES = {
    "autoflat": "an internal flat taken with the exposure",
    "autowave": "an internal wavelength calibration taken with the exposure",
    "dark": "a dark",
    "engineering": "a focus, lamp or other engineering exposure",
    "flat": "a flat",
}
KNOWN_EXPTYPES = PIPELINE_EXPTYPES | COMPANION_EXPTYPES
"""Every exptype, in lower case, and what it means."""

OBSOLETE_EXPTYPES = {"leakcal": "imprint"}
"""Names from early versions of the specification, and the current name for each."""

_ABBREVIATIONS = {
    abbreviation: exptype
    for exptype, abbreviations in {
        "background": "bg bgd bkg bkgd sky",
        "direct_image": "direct i2d",
        "psf": "ref reference reference_star",
        "science": "sci target",
        "segmap": "segm",
        "sourcecat": "cat catalog",
        "target_acquisition": "acq ta taconfirm tacq",
    }.items()
    for abbreviation in abbreviations.split()
}


def current_exptype(text: str) -> str:
    """Return an exptype, known or not, as associations now write it: LEAKCAL becomes ``imprint``."""
    exptype = text.lower()
    return OBSOLETE_EXPTYPES.get(exptype, exptype)


def known_exptype(text: str) -> str | None:
    """Return an exptype, given in any case or by an obsolete name, as associations write it, or None."""
    exptype = current_exptype(text)
    return exptype if exptype in KNOWN_EXPTYPES else None


def nearest_exptype(text: str) -> str | None:
    """Return the exptype that was probably meant by a misspelt one, or None."""
    exptype = text.strip().lower().replace("-", "_").replace(" ", "_")
    known = known_exptype(exptype) or _ABBREVIATIONS.get(exptype)
    return known or nearest(exptype, KNOWN_EXPTYPES)


def exptype_hint(text: str) -> str:
    """Return a hint about an unknown exptype: the one that was probably meant, or all of them."""
    near = nearest_exptype(text)
    return f"did you mean {near!r}?" if near else f"the exptypes are {', '.join(KNOWN_EXPTYPES)}"


def roles_go_together(one: str, other: str) -> bool:
    """Return whether a file may have both roles in one product.

    Self-calibration looks for bad pixels in the same exposures that are calibrated or subtracted, and Spec2
    reads members by role (jwst 3.0.0, jwst.badpix_selfcal and jwst.pipeline).
    """
    return one != other and SELFCAL in (one, other)
