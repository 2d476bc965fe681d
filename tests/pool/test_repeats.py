"""Each exposure is taken once, whatever of it is in the pools and in however many of them it is."""

import json

import pytest
from fitsfiles import header_of, write_fits

from asntools.jwst.suffixes import exposure_of
from asntools.pool import read_files
from asntools.pool.exposures import Forms
from asntools.pool.repeats import Repeats

HEADER = "filename|program|instrume|exp_type|asn_candidate"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pool(path, *names, program="1", instrume="miri"):
    rows = [f"{name}|{program}|{instrume}|mir_image|[('o001', 'observation')]" for name in names]
    path.write_text("\n".join([HEADER, *rows]) + "\n")


def read(*names):
    faults = []
    return [each["filename"] for each in read_files(names, report=faults.append)], faults


@pytest.mark.parametrize(
    ("name", "exposure"),
    [
        ("jw1_nis_uncal.fits", "jw1_nis"),
        ("a/jw1_nis_rateints.fits", "jw1_nis"),
        ("jw1_nis_CAL.fits.gz", "jw1_nis"),
        ("jw1_nis_o001_crf.fits", "jw1_nis"),
        ("jw1_nis-seg001_uncal.fits", "jw1_nis-seg001"),
        ("jw01523-o001_t001_nis_i2d.fits", "jw01523-o001_t001_nis_i2d.fits"),
        ("_uncal.fits", "_uncal.fits"),
        ("jw1_nis_dark.fits", "jw1_nis_dark.fits"),
        ("jw1_nis", "jw1_nis"),
    ],
)
def test_names_of_one_exposure(name, exposure):
    assert exposure_of(name) == exposure


@pytest.mark.parametrize("order", ["uncal rate cal", "cal rate uncal", "rate uncal cal"])
def test_the_least_processed_of_rows_that_follow_one_another_is_kept(here, order):
    pool(here / "p.csv", *(f"a_{level}.fits" for level in order.split()), "b_uncal.fits")
    names, faults = read("p.csv")
    assert names == ["a_uncal.fits", "b_uncal.fits"]
    assert [(fault.serious, fault.message.rpartition("; ")[2]) for fault in faults] == [
        (False, "each exposure is taken once, so 2 rows are left out")
    ]


def test_a_pool_its_records_and_a_copy_of_it_are_one(here):
    pool(here / "p.csv", "a_uncal.fits", "b_uncal.fits")
    (here / "copy.csv").write_bytes((here / "p.csv").read_bytes())
    (here / "r.jsonl").write_text("".join(json.dumps(each) + "\n" for each in read_files(["p.csv"])))
    names, faults = read("p.csv", "copy.csv", "r.jsonl")
    assert names == ["a_uncal.fits", "b_uncal.fits"]
    assert [str(fault) for fault in faults] == [
        "copy.csv:2: exposure 'a_uncal.fits' is also at p.csv:2, with the same values; "
        "each exposure is taken once, so 4 rows are left out"
    ]


def test_one_name_in_two_programs_is_two_exposures(here):
    pool(here / "p.csv", "a_uncal.fits")
    pool(here / "q.csv", "a_uncal.fits", program="2")
    assert read("p.csv", "q.csv") == (["a_uncal.fits", "a_uncal.fits"], [])


def test_other_values_are_kept_once_each(here):
    pool(here / "p.csv", "a_uncal.fits", "b_uncal.fits")
    pool(here / "q.csv", "a_cal.fits", "b_cal.fits", instrume="nircam")
    names, faults = read("p.csv", "q.csv", "p.csv", "q.csv")
    assert names == ["a_uncal.fits", "b_uncal.fits", "a_cal.fits", "b_cal.fits"]
    assert [str(fault) for fault in faults] == [
        "p.csv:2: exposure 'a_uncal.fits' is also at p.csv:2, with the same values; "
        "each exposure is taken once, so 4 rows are left out",
        "q.csv:2: exposure 'a_cal.fits' is also at p.csv:2, as 'a_uncal.fits', with other values; "
        "all 2 such rows are kept",
    ]
    assert not any(fault.serious for fault in faults)


def test_the_files_of_the_row_whose_name_is_taken_go_with_it(here):
    record = {
        "program": "1",
        "instrume": "miri",
        "exp_type": "mir_image",
        "asn_candidate": None,
        "obs_num": "1",
    }
    lines = [
        record | {"filename": f"a_{level}.fits", "files": f"a_{level}.fits"}
        for level in ("cal", "uncal", "rate")
    ]
    (here / "r.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    [exposure] = read_files(["r.jsonl"], report=lambda fault: None)
    assert (exposure["filename"], exposure["files"]) == ("a_uncal.fits", "a_uncal.fits")


def test_the_last_exposure_before_a_fault_is_given():
    from asntools.common.faults import Fault

    def rows():
        exposure = {"filename": "a_uncal.fits", "program": "1", "asn_candidate": None}
        yield exposure, Forms("p")[tuple(exposure)].fingerprint(exposure), 2
        raise Fault("cannot read: input/output error", "p")

    given = Repeats(print).leave_out(rows(), "p")
    assert next(given)["filename"] == "a_uncal.fits"
    with pytest.raises(Fault, match="input/output"):
        next(given)


@pytest.mark.parametrize("first", ["fits", "pool"])
def test_an_exposure_as_a_file_and_as_a_row_is_taken_as_what_comes_first(here, first):
    row = {"program": "1", "obs_num": "1", "instrume": "miri", "exp_type": "mir_image"}
    for name in ("a_rate.fits", "a_cal.fits", "c_rate.fits"):
        write_fits(here / name, header_of(row))
    pool(here / "p.csv", "a_uncal.fits", "b_uncal.fits")
    files = ["a_rate.fits", "a_cal.fits", "c_rate.fits"]
    names, faults = read(*([*files, "p.csv"] if first == "fits" else ["p.csv", *files]))
    assert names == (
        ["a_rate.fits", "c_rate.fits", "b_uncal.fits"]
        if first == "fits"
        else ["a_uncal.fits", "b_uncal.fits", "c_rate.fits"]
    )
    assert [str(fault) for fault in faults if not fault.serious] == [
        "p.csv: exposure 'a_uncal.fits' is also at a_rate.fits; the first is taken, so 1 is left out"
        if first == "fits"
        else "a_rate.fits: exposure 'a_rate.fits' is also at p.csv:2; the first is taken, so 2 are left out"
    ]
    assert len(faults) == 1


def test_one_name_is_a_list_of_one(here):
    pool(here / "p.csv", "a_uncal.fits")
    assert read_files("p.csv") == read_files(["p.csv"])
