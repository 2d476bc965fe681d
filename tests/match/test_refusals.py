"""A rule can say why it does not take an exposure: the first condition that fails, and what was found."""

from __future__ import annotations

import pytest

from asntools.jwst.exposures import attributes_of
from asntools.match.rule_files import load_rules

RULES = {rule.name: rule for rule in load_rules()}
IMAGE = {
    "exp_type": "nis_image",
    "pntgtype": "science",
    "filter": "clear",
    "pupil": "f200w",
    "detector": "nis",
    "instrume": "niriss",
}


@pytest.mark.parametrize(
    ("rule", "change", "why"),
    [
        ("Asn_Lv3Image", {}, None),
        ("Asn_Lv3Image", {"bkgdtarg": "t"}, "bkgdtarg is t, not unset"),
        ("Asn_Lv3Image", {"tsovisit": "t"}, "tso is yes, not no"),
        (
            "Asn_Lv3Image",
            {"visitype": "prime_wfsc_routine"},
            "visitype is prime_wfsc_routine, not other than *wfsc*",
        ),
        ("Asn_Lv3WFSSNIS", {}, "exp_type is nis_image, not nis_wfss"),
        ("Asn_Lv3WFSSNIS", {"exp_type": "nis_wfss"}, "filter is clear, not gr150r* or gr150c"),
        ("Asn_Lv3NRSFSS", {"exp_type": "nrs_fixedslit"}, "the optical path is not one of nirspec-fixedslit"),
        (
            "Asn_Lv3TSO",
            {"exp_type": "nis_soss", "tsovisit": "t", "filter": "gr700xd", "nints": "1"},
            "excepted: exp_type is nis_soss, nints is 1",
        ),
    ],
)
def test_the_first_failure_is_told(rule, change, why):
    role = RULES[rule].roles[0]
    attributes = attributes_of({**IMAGE, **change})
    assert role.failure(attributes) == why
    assert role.admits(attributes) is (why is None)
