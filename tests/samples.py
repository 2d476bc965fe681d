"""Associations that several tests use."""

from __future__ import annotations

import json

from hypothesis import settings
from hypothesis import strategies as st

ASN = {
    "asn_type": "image3",
    "asn_id": "o001",
    "products": [
        {"name": "jw1_é", "members": [{"expname": "a_cal.fits", "exptype": "science", "exposerr": None}]}
    ],
}
LINE = json.dumps(ASN, ensure_ascii=False)
PRETTY = json.dumps(ASN, indent=2, ensure_ascii=False)
TALL = 1 + PRETTY.count("\n")

# An association as early versions of the Stage 2 specification show one: several products, exptypes in
# capitals, an imprint under its old name.
STAGE2_EXAMPLE = {
    "asn_rule": "Asn_Lv2Image",
    "asn_pool": "jw82600_001_20160304T145416_pool",
    "program": "82600",
    "asn_type": "image2",
    "products": [
        {"name": "test_lrs1", "members": [{"expname": "test_lrs1_rate.fits", "exptype": "SCIENCE"}]},
        {
            "name": "test_lrs2bkg",
            "members": [
                {"expname": "test_lrs2bkg_rate.fits", "exptype": "SCIENCE"},
                {"expname": "test_lrs1_rate.fits", "exptype": "BACKGROUND"},
            ],
        },
        {
            "name": "test_lrs3",
            "members": [
                {"expname": "test_lrs3_rate.fits", "exptype": "SCIENCE"},
                {"expname": "test_lrs4_rate.fits", "exptype": "LEAKCAL"},
            ],
        },
    ],
}


def tries(number):
    """Return how many examples this run tries where a thorough one tries `number`."""
    return number * settings().max_examples // 100


TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
MEMBERS = st.fixed_dictionaries(
    {"expname": TEXT.filter(bool), "exptype": st.sampled_from(["science", "background", "psf", "LEAKCAL"])},
    optional={
        "exposerr": st.none() | TEXT,
        "weight": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    },
)
ASSOCIATIONS = st.fixed_dictionaries(
    {
        "products": st.lists(
            st.fixed_dictionaries(
                {"members": st.lists(MEMBERS, min_size=1, max_size=3), "name": TEXT.filter(bool)}
            ),
            min_size=1,
            max_size=3,
        )
    },
    optional={
        "asn_type": st.sampled_from(["image2", "image3"]),
        "program": TEXT,
        "note": st.booleans() | TEXT,
    },
)
