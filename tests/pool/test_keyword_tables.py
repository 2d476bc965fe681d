"""What searches of the archive export: tables of header keywords, before any file is there."""

from __future__ import annotations

import csv
import io
import json

import pytest

from asntools.pool import read_exposures, read_files

ROW = {
    "fileName": "jw01234001001_02101_00001_nrca1_rate.fits",
    "program": "1234",
    "observtn": "001",
    "visit": "1",
    "act_id": "0A",
    "exposure": "1",
    "instrume": "NIRCAM",
    "detector": "NRCA1",
    "exp_type": "NRC_IMAGE",
    "filter": "F200W",
    "pupil": "CLEAR",
    "fxd_slit": "NONE",
    "gwa_xtil": "0.12345678901",
    "tsovisit": "False",
    "targprop": "M-31",
}


def read(*changes, delimiter=",", names=str):
    text = io.StringIO()
    rows = [{**ROW, **change} for change in changes]
    writer = csv.DictWriter(text, rows[0], delimiter=delimiter)
    writer.writerow({name: names(name) for name in rows[0]})
    writer.writerows(rows)
    return read_text(text.getvalue())


def read_text(text, **options):
    faults = []
    exposures = list(read_exposures(io.BytesIO(text.encode()), "mast.csv", faults.append, **options))
    return exposures, [str(fault) for fault in faults]


@pytest.mark.parametrize("delimiter", ",\t|")
@pytest.mark.parametrize("names", [str, str.upper, str.lower])
def test_a_table_of_keywords_is_a_pool(delimiter, names):
    [exposure], faults = read({}, delimiter=delimiter, names=names)
    assert faults == []
    wanted = {
        "filename": "jw01234001001_02101_00001_nrca1_rate.fits",
        "program": "1234",
        "obs_num": "1",
        "asn_candidate": "[('o001', 'observation')]",
        "instrume": "nircam",
        "fxd_slit": None,
        "gwa_xtil": "0.12345679",
        "tsovisit": "f",
        "pntgtype": "science",
        "expspcin": "10",
        "dithptin": "1",
        "mostilno": "1",
        "targetid": "1",
        "asn_pool": "mast.csv",
    }
    assert {name: exposure[name] for name in wanted} == wanted
    assert "observtn" not in exposure


def test_records_of_keywords():
    [exposure], faults = read_text(json.dumps({**ROW, "observtn": 17, "program": 1234.0}))
    assert (exposure["obs_num"], exposure["asn_candidate"], faults) == ("17", "[('o017', 'observation')]", [])


def test_targets_are_numbered_whatever_the_order():
    names = ["M-31", "M-33", "M-31"]
    changes = [
        {
            "fileName": f"jw0123400{place}001_02101_00001_nrca1_rate.fits",
            "observtn": str(place),
            "targprop": name,
        }
        for place, name in enumerate(names, 1)
    ]
    exposures, faults = read(*changes)
    assert ([exposure["targetid"] for exposure in exposures], faults) == (["1", "2", "1"], [])


def test_an_exposure_is_one_at_all_levels_and_what_combines_them_is_none():
    exposures, faults = read(
        {"fileName": "jw01234-o001_t001_nircam_clear-f200w_i2d.fits", "exp_type": ""},
        {"fileName": "jw01234001001_02101_00001_nrca1_cal.fits"},
        {"fileName": "jw01234001001_02101_00001_nrca1_uncal.fits"},
        {"fileName": "jw01234001001_02101_00001_nrca1_rate.fits"},
    )
    assert [exposure["filename"] for exposure in exposures] == ["jw01234001001_02101_00001_nrca1_uncal.fits"]
    assert faults == [
        "jw01234-o001_t001_nircam_clear-f200w_i2d.fits: is not the product of one exposure; it is left out"
    ]


def test_a_row_that_lacks_what_is_needed():
    exposures, faults = read({"exp_type": "N/A"}, {"observtn": ""})
    assert exposures == []
    assert faults == [
        "mast.csv:2: exp_type is not specified; the exposure is left out",
        "mast.csv:3: obs_num is not specified; the exposure is left out",
    ]


def test_a_pool_that_has_both_keeps_both():
    [exposure], _ = read({"obs_num": "2"})
    assert (exposure["obs_num"], exposure["observtn"], exposure["asn_candidate"]) == (
        "2",
        "001",
        "[('o002', 'observation')]",
    )


def test_a_file_that_comes_twice():
    exposures, faults = read({}, {"visit": "2"})
    assert (len(exposures), faults) == (1, ["jw01234001001_02101_00001_nrca1_rate.fits: is given twice"])


def test_two_searches_that_find_one_exposure(tmp_path):
    names = [str(tmp_path / name) for name in ("first.csv", "second.csv")]
    for name, level in zip(names, ("uncal", "cal"), strict=True):
        row = {**ROW, "fileName": f"jw01234001001_02101_00001_nrca1_{level}.fits"}
        with open(name, "w", newline="") as stream:
            writer = csv.DictWriter(stream, row)
            writer.writeheader()
            writer.writerow(row)
    faults = []
    [exposure] = read_files(names, report=faults.append)
    assert exposure["filename"] == "jw01234001001_02101_00001_nrca1_uncal.fits"
    assert [(fault.source, fault.line, fault.serious) for fault in faults] == [(names[1], 2, False)]
    assert faults[0].message.endswith("each exposure is taken once, so 1 row is left out")
