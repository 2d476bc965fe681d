"""Exposures: what their attributes mean.

The tables are those of jwst 3.0.0, jwst.associations.lib.dms_base.
"""

from __future__ import annotations

from collections.abc import Iterable

from asntools.common.records import Record
from asntools.jwst.candidates import Candidate, is_directly_imaged
from asntools.jwst.exptypes import BACKGROUND, IMPRINT, PSF
from asntools.jwst.keywords import KEYWORDS

UNSPECIFIED = frozenset({"", "null", "-", "--", "n/a", "#n/a", "nan", "nat", "<na>"})
"""The ways in which pools, and programs that write tables, mark a value as not specified."""

FLAGS = frozenset({"bkgdtarg", "is_imprt", "is_psf", "tsovisit"})
"""The attributes that are flags."""

YES = frozenset({"t", "true", "y", "yes", "1", "1.0"})
NO = frozenset({"f", "false", "n", "no", "0", "0.0"})
"""The ways in which pools, spreadsheets and programs write yes and no."""

# act_id counts in base 36; channel is a number for MIRI's spectrograph alone.
NUMBERS = {
    **dict.fromkeys(
        """
        channel ditherid dithptin expcount exposure expspcin exsegnum exsegtot mostilno nexposur ngroups
        nints numdthpt obs_num patt_num pattstrt pntg_seq program seq_id spat_num spec_num subpxnum
        subpxpns subpxpts targetid targordn visit visitgrp
        """.split(),
        1,
    ),
    "act_id": 2,
    "visit_id": 11,
}
"""The attributes that are counts or numbers, each with the minimum of digits that the observatory writes."""

UNSET = UNSPECIFIED | {"n", "f", "false"}
"""The values that a rule treats as unset: unspecified values, and flags that say no."""

ACQUISITIONS = frozenset(
    """
    mir_tacq mir_taconfirm nis_taconfirm nis_tacq nrc_taconfirm nrc_tacq nrs_confirm nrs_msata
    nrs_taconfirm nrs_tacq nrs_taslit nrs_verify nrs_wata
    """.split()
)
"""The exposure types of acquisition and confirmation images."""

CORONAGRAPHIC = frozenset({"mir_4qpm", "mir_lyot", "nrc_coron"})
DIRECT_IMAGES = {"nis_wfss": "nis_image", "nrc_wfss": "nrc_image", "mir_wfss": "mir_image"}
"""The exposure types of slitless spectra, and those of their direct images."""

TIME_SERIES = frozenset({"nrc_tsimage", "nrc_tsgrism", "nrs_brightobj"})
"""The exposure types that are always time series."""
SLITLESS_SERIES = frozenset({"mir_lrs-slitless", "nis_soss"})
"""The exposure types that are meant for time series, and are if tsovisit is set."""

CALIBRATED = ACQUISITIONS | frozenset(
    """
    fgs_image mir_4qpm mir_coroncal mir_image mir_lrs-fixedslit mir_lrs-slitless mir_lyot mir_mrs
    mir_wfss nis_ami nis_focus nis_image nis_soss nis_wfss nrc_coron nrc_focus nrc_image nrc_tsgrism
    nrc_tsimage nrc_wfss nrs_brightobj nrs_fixedslit nrs_focus nrs_ifu nrs_image nrs_mimf
    nrs_msaspec
    """.split()
)
"""The exposure types that Stage 2 calibrates, so that Stage 3 finds a ``_cal`` file."""

_KINDS = {
    **dict.fromkeys(
        ["mir_darkall", "mir_darkimg", "mir_darkmrs", "nis_dark", "nrc_dark", "nrs_dark"], "dark"
    ),
    **dict.fromkeys(
        ["mir_flatimage", "mir_flatmrs", "mir_flatimage-ext", "mir_flatmrs-ext", "nrc_flat"], "flat"
    ),
    **dict.fromkeys(ACQUISITIONS - {"nrs_verify"}, "target_acquisition"),
    **dict.fromkeys(
        ["nis_focus", "nis_lamp", "nrc_focus", "nrc_led", "nrs_focus", "nrs_image", "nrs_lamp"], "engineering"
    ),
    "nrs_autoflat": "autoflat",
    "nrs_autowave": "autowave",
}
KINDS_BY_FLAG = (("is_psf", PSF), ("is_imprt", IMPRINT), ("bkgdtarg", BACKGROUND))
"""The flags that make a science exposure another kind; the first that is set decides."""

KINDS = tuple(dict.fromkeys(["science", *(kind for _, kind in KINDS_BY_FLAG), *_KINDS.values()]))
"""What exposures are for, unless their pntgtype says something else."""

DERIVED = ("direct_candidate", "kind", "optical_path", "target", "tso")
"""The attributes that are derived from others."""

# What pools have in addition to values from headers and counts: bookkeeping, and what asn-pool adds.
POOL_ATTRIBUTES = frozenset(
    {
        *(keyword.attribute for keyword in KEYWORDS),
        *NUMBERS,
        *FLAGS,
        *DERIVED,
        *"asn_candidate asn_pool filename files mtshadow pattsize sdp_ver subpixel wfsvisit".split(),
    }
)
"""The attributes that exposures of pools have, as far as the project knows."""

_DERIVED_FROM = ("exp_type", "pntgtype", "targetid", *FLAGS)


def attributes_of(exposure: Record) -> dict[str, str]:
    """Return the attributes of an exposure that are set, as lower-case text.

    Three are derived from the others: ``kind`` (`kind_of_exposure`), ``tso`` (`is_time_series`) and
    ``target``, the target's id.
    """
    attributes = {
        name: text for name, value in exposure.items() if (text := _normal_value(value)) is not None
    }
    attributes.pop("target", None)
    if "targetid" in attributes:
        attributes["target"] = attributes["targetid"]
    attributes["kind"] = kind_of_exposure(attributes)
    attributes["tso"] = "yes" if is_time_series(attributes) else "no"
    return attributes


class AttributeReader:
    """Like `attributes_of`, for some attributes and the derived ones, and for many exposures.

    Attributes that are `together` often have the same combination of values.
    """

    _LIMIT = 1024

    def __init__(self, names: Iterable[str], together: Iterable[str] = ()):
        derived = {"kind", "tso", "target"}
        self._together = tuple(sorted({*together, *_DERIVED_FROM} - derived - {"targetid"}))
        self._single = tuple(sorted({*names, "targetid"} - derived - {*self._together}))
        self._known: dict[tuple[object, ...], dict[str, str]] = {}
        self._normal = _NormalValues()

    def __call__(self, exposure: Record) -> dict[str, str]:
        """Return the attributes of an exposure that are set, of those that are read."""
        normal, get = self._normal, exposure.get
        together = tuple(map(get, self._together))
        known = self._known.get(together)
        if known is None:
            if len(self._known) >= self._LIMIT:
                self._known.clear()
            values = {name: get(name) for name in self._together}
            known = self._known[together] = attributes_of(values)
        attributes = known.copy()
        for name in self._single:
            text = normal[get(name)]
            if text is not None:
                attributes[name] = text
        if "targetid" in attributes:
            attributes["target"] = attributes["targetid"]
        return attributes


# The same few values come again and again; those that do not must not fill the memory.
_MOST_VALUES = 2048


class _NormalValues(dict[object, "str | None"]):
    def __missing__(self, value: object) -> str | None:
        if len(self) >= _MOST_VALUES:
            self.clear()
        text = self[value] = _normal_value(value)
        return text


def _normal_value(value: object) -> str | None:
    if value is None or value is False:
        return None
    text = value.lower() if isinstance(value, str) else "t" if value is True else str(value)
    return None if text in UNSET else text


def kind_of_exposure(attributes: dict[str, str]) -> str:
    """Return what an exposure is for: ``science``, ``background``, ``target_acquisition``..."""
    pointing = attributes.get("pntgtype", "science")
    if pointing != "science":
        return pointing
    kind = _KINDS.get(attributes.get("exp_type", ""), "science")
    if kind == "science":
        for flag, special in KINDS_BY_FLAG:
            if flag in attributes:
                return special
    return kind


def is_time_series(attributes: dict[str, str]) -> bool:
    """Return whether a science exposure is (part of) a time series."""
    return attributes.get("pntgtype") == "science" and (
        attributes.get("tsovisit") == "t" or attributes.get("exp_type") in TIME_SERIES
    )


def with_direct_image(attributes: dict[str, str]) -> dict[str, str]:
    """Return the attributes that an exposure has in a candidate for direct images: no target of its own."""
    return {**attributes, "target": "000", "direct_candidate": "yes"}


def seen_by(attributes: dict[str, str], candidate: Candidate | None) -> bool:
    """Return whether a candidate, by default the exposure's only one, is for direct images."""
    if candidate is None:
        return is_directly_imaged(attributes.get("asn_candidate", ""))
    return candidate.is_direct_image
