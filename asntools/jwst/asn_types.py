"""Types of association: the pipelines that take them, the rules that make them, and their keywords."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Source: jwst documentation, "JWST Conventions", Association Types; and the rules of jwst 3.0.0.
STAGE2_TYPES = ("image2", "spec2", "tso-image2", "tso-spec2", "wfs-image2", "nrslamp-spec2")
STAGE3_TYPES = ("image3", "spec3", "coron3", "ami3", "tso3", "wfs-image3")
PIPELINE_TYPES = STAGE2_TYPES + STAGE3_TYPES
"""Every asn_type that a calibration pipeline takes."""


def no_pipeline(stage: int) -> str:
    """Return the message about an asn_type that does not belong to a stage."""
    types = STAGE2_TYPES if stage == 2 else STAGE3_TYPES
    return f"which no pipeline takes; the types of Stage {stage} are {', '.join(types)}"


UNSET_TYPES = frozenset(("", "none", "null", "n_a", "user_built"))
"""What the reference's tools and template write for a missing asn_type."""

NO_PROGRAM = frozenset(("", "noprogram", "singleton", "none", "null"))
"""What the reference's tools write for a missing program."""

# What the reference's asn_from_list writes by default (jwst 3.0.0).
STAGE_RULES = {2: "DMSLevel2bBase", 3: "DMS_Level3_Base"}
DEFAULT_PROGRAM = "noprogram"
DEFAULT_TARGET = "none"
NO_CONSTRAINTS = "No constraints"

# Source of the two sentences: jwst 3.0.0.
NOT_DEGRADED = "No known degraded exposures in association."
DEGRADED = (
    "One or more members have an error associated with them."
    "\nDetails can be found in the member.exposerr attribute."
)

# The types that each rule of jwst 3.0.0 makes; a rule that is not here may make any type of its stage.
_IMAGE2_RULES = "CoronAsRate FGS Image ImageNonScience ImageSpecial NRSLAMPImage"
_SPEC2_RULES = """MIRLRSFixedSlitNod NRSFSS NRSIFUNod NRSMSA Spec SpecImprint SpecSpecial
    WFSSMIR WFSSNIS WFSSNRC WFSSParallel"""
_IMAGE3_RULES = "Image ImageBackground ImageMosaic NRCCoronImage"
_SPEC3_RULES = """MIRMRS MIRMRSBackground NRSFSS NRSIFU NRSIFUBackground SlitlessSpectral SpecAux
    SpectralSource SpectralTarget WFSSMIR WFSSNIS WFSSNRC"""
RULE_TYPES: dict[str, tuple[str, ...]] = {
    **{f"Asn_Lv2{name}": ("image2",) for name in _IMAGE2_RULES.split()},
    **{f"Asn_Lv2{name}": ("spec2",) for name in _SPEC2_RULES.split()},
    **{f"Asn_Lv3{name}": ("image3",) for name in _IMAGE3_RULES.split()},
    **{f"Asn_Lv3{name}": ("spec3",) for name in _SPEC3_RULES.split()},
    "Asn_Lv2ImageTSO": ("tso-image2",),
    "Asn_Lv2NRSLAMPSpectral": ("nrslamp-spec2",),
    "Asn_Lv2SpecTSO": ("tso-spec2",),
    "Asn_Lv2WFSC": ("image2", "wfs-image2"),
    "Asn_Lv3AMI": ("ami3",),
    "Asn_Lv3Coron": ("coron3",),
    "Asn_Lv3MIRCoron": ("coron3",),
    "Asn_Lv3NRCCoron": ("coron3",),
    "Asn_Lv3TSO": ("tso3",),
    "Asn_Lv3WFSCMB": ("wfs-image3",),
    "Asn_MIRLRSTAConfirm": ("spec2",),
}
# Names of other rules that tell the stage: users' own, and those that asn_from_list writes.
_STAGE2_RULE = re.compile(r"Asn_Lv2.*|DMSLevel2b.*")
_STAGE3_RULE = re.compile(r"Asn_Lv3.*|DMS_Level3.*")


def five_digits(program: str) -> str:
    """Return a program as associations write it: ``01523``; anything but a number is unchanged."""
    return program.zfill(5) if program.isdecimal() else program


def rule_name(asn_rule: str) -> str:
    """Return a rule's name without the prefix of the reference generator: ``candidate_``."""
    return asn_rule.removeprefix("candidate_").removeprefix("discover_")


def types_of_rule(asn_rule: str) -> tuple[str, ...]:
    """Return the types of association that a rule makes, by its name; every type for an unknown rule."""
    name = rule_name(asn_rule)
    if name in RULE_TYPES:
        return RULE_TYPES[name]
    if _STAGE2_RULE.fullmatch(name):
        return STAGE2_TYPES
    return STAGE3_TYPES if _STAGE3_RULE.fullmatch(name) else PIPELINE_TYPES


def stage_of(asn: Mapping[str, Any]) -> int | None:
    """Return the stage of calibration that an association is for, 2 or 3, or None if it is not known.

    It follows from the asn_type or, failing that, the asn_rule.
    """
    asn_type = asn.get("asn_type")
    if isinstance(asn_type, str) and meant_type(asn_type)[-1:] in ("2", "3"):
        return int(meant_type(asn_type)[-1])
    asn_rule = asn.get("asn_rule")
    types = types_of_rule(asn_rule) if isinstance(asn_rule, str) else PIPELINE_TYPES
    if types == PIPELINE_TYPES:
        return None
    return int(types[0][-1])


def meant_type(asn_type: str) -> str:
    """Return the asn_type meant by one in capitals or with blanks around it; any other is unchanged."""
    plain = asn_type.strip().lower()
    return plain if plain in PIPELINE_TYPES else asn_type


SLITLESS_TYPE = "spec2"
"""The type of the associations of slitless spectra, each of which needs the catalogue of a direct image."""


def is_slitless(asn_rule: str) -> bool:
    """Return whether a Stage 2 rule, by its name, makes associations of wide-field slitless spectra."""
    return rule_name(asn_rule).startswith("Asn_Lv2WFSS")


def is_roman(asn_rule: str) -> bool:
    """Return whether a rule, by its name, makes associations for the Roman telescope."""
    return rule_name(asn_rule).startswith("DMS_ELPP_")  # source: romancal, rules_elpp_base
