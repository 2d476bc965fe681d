"""Which optical paths put light on which detector, as tests that a rule can name.

The tables are those of jwst 3.0.0, jwst.associations.lib.dms_base.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Attributes = Mapping[str, str]
"""The attributes of an exposure that are specified."""

# The detectors that see a spectrum, by grating and filter: through the A slits and the IFU; through S200B1.
_NRS1, _NRS2, _BOTH = {"nrs1"}, {"nrs2"}, {"nrs1", "nrs2"}
_SPECTRA = {
    ("prism", "clear"): (_NRS1, _NRS2),
    ("g140h", "f070lp"): (_NRS1, _BOTH),
    ("g140h", "f100lp"): (_BOTH, _NRS2),
    ("g140m", "f070lp"): (_NRS1, _BOTH),
    ("g140m", "f100lp"): (_NRS1, _NRS2),
    ("g235h", "f170lp"): (_BOTH, _NRS2),
    ("g235m", "f170lp"): (_NRS1, _NRS2),
    ("g395h", "f290lp"): (_BOTH, _NRS2),
    ("g395m", "f290lp"): (_NRS1, _NRS2),
}
# The lamps that each grating can be used with through the fixed slits; both detectors see them.
_SLIT_LAMPS = {
    "prism": {"line4", "flat5", "test"},
    "g395h": {"flat3", "line3"},
    "g235h": {"flat2", "line2"},
    "g140h": {"flat1", "ref", "line1", "flat4"},
    "g395m": {"flat3", "line3"},
    "g235m": {"flat2", "line2"},
    "g140m": {"flat1", "line1", "flat4"},
}
# Full-frame coronagraphy: the detectors that the occulted target does not fall on, by mask.
_NOT_OCCULTED = {"maskbar": {"nrca1", "nrca2", "nrca3"}, "maskrnd": {"nrca1", "nrca3", "nrca4"}}


def _is_seen(exposure: Attributes, *, through_b: bool = False) -> bool:
    detectors = _SPECTRA.get((exposure.get("grating", ""), exposure.get("filter", "")))
    return detectors is not None and exposure.get("detector") in detectors[through_b]


def nirspec_fixedslit(exposure: Attributes) -> bool:
    """Take a fixed slit, grating and filter whose spectrum falls on the detector."""
    slit = exposure.get("fxd_slit")
    return slit is not None and _is_seen(exposure, through_b=slit == "s200b1")


def nirspec_brightobj(exposure: Attributes) -> bool:
    """Take any exposure except NIRSpec bright-object ones on a detector without their spectrum."""
    return exposure.get("exp_type") != "nrs_brightobj" or nirspec_fixedslit(exposure)


def nirspec_ifu(exposure: Attributes) -> bool:
    """Take any exposure except NIRSpec IFU ones on a detector without their spectrum."""
    return exposure.get("exp_type") != "nrs_ifu" or _is_seen(exposure)


def nirspec_lamp(exposure: Attributes) -> bool:
    """Take a lamp exposure whose spectrum falls on the detector."""
    detector, grating, opmode = (exposure.get(name) for name in ("detector", "grating", "opmode"))
    lamp = exposure.get("lamp")
    if detector is None or grating is None:
        return False
    if opmode == "msaspec":
        return True
    if opmode == "fixedslit":
        return detector in ("nrs1", "nrs2") and lamp in _SLIT_LAMPS.get(grating, ())
    if opmode != "ifu" or lamp is None:
        return False
    if grating in ("g395h", "g235h"):
        return True
    if grating == "g140h":
        return not (detector == "nrs2" and lamp == "flat4")
    return grating in ("g395m", "g235m", "g140m", "prism") and detector == "nrs1"


def nircam_coron(exposure: Attributes) -> bool:
    """Take a NIRCam coronagraphic exposure, except on a detector that the occulted target misses."""
    return {"detector", "subarray", "pupil"} <= exposure.keys() and is_occulted(exposure)


def is_occulted(exposure: Attributes) -> bool:
    """Take any exposure except full-frame ones on a detector that the mask does not fall on."""
    missed = _NOT_OCCULTED.get(exposure.get("pupil", ""), ())
    return exposure.get("subarray") != "full" or exposure.get("detector") not in missed


def niriss_soss(exposure: Attributes) -> bool:
    """Take any exposure except NIRISS SOSS ones through a filter that has no calibration."""
    return exposure.get("exp_type") != "nis_soss" or exposure.get("filter", "f277w") != "f277w"


OPTICAL_PATHS: dict[str, Callable[[Attributes], bool]] = {
    "nircam-coron": nircam_coron,
    "niriss-soss": niriss_soss,
    "nirspec-brightobj": nirspec_brightobj,
    "nirspec-fixedslit": nirspec_fixedslit,
    "nirspec-ifu": nirspec_ifu,
    "nirspec-lamp": nirspec_lamp,
}
"""The tests by their names in rules."""

_SLIT_READS = ("fxd_slit", "grating", "filter", "detector")

READS: dict[str, tuple[str, ...]] = {
    "nircam-coron": ("pupil", "subarray", "detector"),
    "niriss-soss": ("filter",),
    "nirspec-brightobj": _SLIT_READS,
    "nirspec-fixedslit": _SLIT_READS,
    "nirspec-ifu": ("grating", "filter", "detector"),
    "nirspec-lamp": ("opmode", "grating", "lamp", "detector"),
}
"""The attributes by which a test decides on exposures of its own type; it may also look at exp_type."""
