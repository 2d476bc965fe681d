"""The roles that a member of an association can play: its exptype."""

from __future__ import annotations

SCIENCE = "science"
ACQUISITION = "target_acquisition"

# What each exptype means. The roles that a pipeline reads are those of the Stage 2 and Stage 3 specification
# (jwst documentation, "Stage 2 Associations" and "Stage 3 Associations", members) and of the code of
# jwst 3.0.0: jwst.pipeline (Spec2, Image2, Coron3, Ami3) and jwst.badpix_selfcal.
PIPELINE_EXPTYPES = {
    "science": "an exposure to calibrate or to combine",
    "background": "an exposure of the sky, to subtract",
    "imprint": "an exposure with the shutters closed, to subtract",
    "psf": "an exposure of a reference star",
    "selfcal": "an exposure to find bad pixels with",
    "target_acquisition": "an exposure that tells where the target was",
    "sourcecat": "the catalogue of the sources of a direct image",
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
"""Names of early versions of the specification, and today's name for each."""

_ABBREVIATIONS = {
    "acq": "target_acquisition",
    "bg": "background",
    "bgd": "background",
    "bkg": "background",
    "bkgd": "background",
    "cat": "sourcecat",
    "catalog": "sourcecat",
    "direct": "direct_image",
    "i2d": "direct_image",
    "ref": "psf",
    "reference": "psf",
    "reference_star": "psf",
    "sci": "science",
    "segm": "segmap",
    "sky": "background",
    "ta": "target_acquisition",
    "taconfirm": "target_acquisition",
    "tacq": "target_acquisition",
    "target": "science",
}


class UnknownExptypeError(ValueError):
    """A text is no exptype.

    Parameters
    ----------
    text : str
        The text.
    suggestion : str, optional
        The exptype that was probably meant.
    """

    def __init__(self, text: str, suggestion: str | None):
        self.text = text
        self.suggestion = suggestion
        super().__init__(f"unknown exptype {text!r}; {self.hint}")

    @property
    def hint(self) -> str:
        """What would be right, as a clause."""
        if self.suggestion is not None:
            return f"did you mean {self.suggestion!r}?"
        return f"the exptypes are {', '.join(KNOWN_EXPTYPES)}"


def normal_exptype(text: str) -> str:
    """Return an exptype, given in any case, as associations write it: in lower case.

    Raises
    ------
    UnknownExptypeError
        It is no exptype; the error's message says which one was probably meant.
    """
    exptype = text.lower()
    if exptype in KNOWN_EXPTYPES:
        return exptype
    raise UnknownExptypeError(text, nearest_exptype(text))


def nearest_exptype(text: str) -> str | None:
    """Return the exptype that a misspelt one was probably meant to be, None where that is anyone's guess."""
    from difflib import get_close_matches

    exptype = text.strip().lower().replace("-", "_").replace(" ", "_")
    if exptype in KNOWN_EXPTYPES:
        return exptype
    for names in (OBSOLETE_EXPTYPES, _ABBREVIATIONS):
        if exptype in names:
            return names[exptype]
    return next(iter(get_close_matches(exptype, KNOWN_EXPTYPES, n=1, cutoff=0.7)), None)
