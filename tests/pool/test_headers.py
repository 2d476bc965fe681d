"""What the headers of a file say becomes the record of its exposure, as a pool writes it."""

from __future__ import annotations

import itertools
import re

import make_docs
import pytest
from astropy.io import fits

from asntools.common.schemas import validator
from asntools.jwst.keywords import KEYWORDS
from asntools.pool.exposures import normal
from asntools.pool.fits import Header, Headers
from asntools.pool.headers import attributes_from, complete

CARDS = {
    "FILENAME": "jw01523001001_02101_00001_nrs1_rate.fits",
    "PROGRAM": "01523",
    "OBSERVTN": "001",
    "VISIT": "001",
    "ACT_ID": "0A",
    "EXPOSURE": "00003",
    "INSTRUME": "NIRSPEC",
    "EXP_TYPE": "NRS_IFU",
    "FXD_SLIT": "NONE",
    "PATTTYPE": "NONE",
    "PUPIL": "N/A",
    "IS_IMPRT": True,
    "BKGDTARG": False,
    "NINTS": 2,
    "TARG_RA": 5.25,
    "GWA_XTIL": 0.30000000049,
}


def headers(cards, sci=()):
    primary, extension = fits.Header(cards), fits.Header({"XTENSION": "IMAGE", "EXTNAME": "SCI", **dict(sci)})
    return Headers(*(Header(each.tostring().encode()) for each in (primary, extension)))


def record(cards, **more):
    found = attributes_from(headers(cards, **more))
    complete(found)
    return found


def test_values_are_written_as_pools_write_them():
    found = record(CARDS, sci={"S_REGION": "POLYGON ICRS 1 2"})
    given = {
        "program": "1523",
        "obs_num": "1",
        "visit": "1",
        "act_id": "0a",
        "exposure": "3",
        "instrume": "nirspec",
        "exp_type": "nrs_ifu",
        "patttype": "none",
        "is_imprt": "t",
        "bkgdtarg": "f",
        "nints": "2",
        "targ_ra": "5.25",
        "gwa_xtil": "0.3",
        "s_region": "polygon icrs 1 2",
    }
    derived = {"pntgtype": "science", "expspcin": "10", "dithptin": "3", "mostilno": "1"}
    assert {name: value for name, value in found.items() if value is not None} == given | derived
    assert set(found) == {keyword.attribute for keyword in KEYWORDS}


def test_what_a_header_says_goes_before_what_follows():
    said = {"PNTGTYPE": "TARGET_ACQUISITION", "EXPSPCIN": 4, "DITHPTIN": 5, "MOSTILNO": 2}
    found = record(CARDS | said)
    assert [found[name.lower()] for name in said] == ["target_acquisition", "4", "5", "2"]


@pytest.mark.parametrize(
    ("exp_type", "pntgtype"),
    [
        ("MIR_TACQ", "target_acquisition"),
        ("NRS_MSATA", "target_acquisition"),
        ("NRC_TACONFIRM", "target_acquisition"),
        ("NRS_VERIFY", "science"),
        ("NRS_LAMP", "science"),
        ("NIS_AMI", "science"),
    ],
)
def test_pointing_follows_from_the_type(exp_type, pntgtype):
    assert record(CARDS | {"EXP_TYPE": exp_type})["pntgtype"] == pntgtype


@pytest.mark.parametrize(
    ("lacking", "what"),
    [
        (["PROGRAM"], "PROGRAM"),
        (["OBSERVTN"], "OBSERVTN"),
        (["INSTRUME", "EXP_TYPE"], "INSTRUME or EXP_TYPE"),
    ],
)
def test_a_keyword_that_is_needed(lacking, what):
    with pytest.raises(ValueError, match=f"^the header has no {what}; it is left out$"):
        record({name: value for name, value in CARDS.items() if name not in lacking})


def test_records_are_in_the_normal_form():
    for flags in itertools.product((True, False), repeat=2):
        found = {
            "filename": "A_rate.fits",
            **record(CARDS | dict(zip(("IS_PSF", "TSOVISIT"), flags, strict=True))),
        }
        found = {
            **found,
            "asn_candidate": "[('o001', 'observation')]",
            "asn_pool": "none",
            "files": "A_rate.fits",
        }
        assert normal(found, "other") == found
        validator("exposure").validate(found)


def test_more_keywords():
    found = attributes_from(
        headers(CARDS | {"READPATT": "NRSRAPID", "NINTS": 3}), ["READPATT", "NINTS", "NONE"]
    )
    assert (found["readpatt"], found["nints"], found["none"]) == ("nrsrapid", "3", None)


def test_every_attribute_has_one_keyword_and_every_keyword_one_attribute():
    for column in (0, 1):
        assert len({keyword[column] for keyword in KEYWORDS}) == len(KEYWORDS)


def test_extensions_other_than_sci_are_not_asked():
    primary, extension = (fits.Header({"A": 1}), fits.Header({"EXTNAME": "ASDF", "EXP_TYPE": "NIS_AMI"}))
    found = Headers(*(Header(each.tostring().encode()) for each in (primary, extension)))
    assert found.card("EXP_TYPE") is None


def test_the_manual_lists_the_keywords():
    text = (make_docs.MAN / "asn-records.5").read_text().replace("\\-", "-")
    listed = re.findall(r"^([A-Z_]+) +(\w+) +(\w+) +(\S+)$", text, flags=re.MULTILINE)
    assert listed == [tuple(keyword) for keyword in KEYWORDS]
