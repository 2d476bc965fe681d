"""Where asn-pool read files, associations take those that their stage reads, and miss the others aloud."""

from __future__ import annotations

import json

import inprocess
import pytest
from fitsfiles import write_fits

CARDS = {
    "PROGRAM": "01523",
    "OBSERVTN": "001",
    "INSTRUME": "MIRI",
    "DETECTOR": "MIRIMAGE",
    "EXP_TYPE": "MIR_IMAGE",
    "FILTER": "F770W",
    "SUBARRAY": "FULL",
    "VISITYPE": "PRIME_TARGETED_FIXED",
    "TARGPROP": "M-33",
}


@pytest.fixture
def built(tmp_path):
    """Return a function that writes files and gives the members built from them, and the messages."""

    def run(names, rule, *options):
        for name in names:
            path = tmp_path / name
            number = int(path.name.split("_")[2])
            write_fits(path, {**CARDS, "PATT_NUM": number})
        pool = ["asn-pool", *options, *names]
        done = inprocess.pipe(pool, ["asn-match", "--rule", rule], ["asn-build"], folder=tmp_path)
        assert done.status == 0
        members = [
            [member["expname"] for member in asn["products"][0]["members"]]
            for asn in map(json.loads, done.out.splitlines())
        ]
        return sorted(members), done.err.splitlines()

    return run


def names(*levels, exposures=(1, 2), folder=""):
    return [
        f"{folder}jw01523001001_02101_0000{number}_mirimage_{level}.fits"
        for number in exposures
        for level in levels
    ]


@pytest.mark.parametrize("levels", ["uncal", "rate cal", "cal rate i2d x1d", "uncal rate cal"])
def test_each_stage_has_its_level(built, levels):
    singles = [[name] for name in names("rate")]
    assert built(names(*levels.split()), "level2") == (singles, [])
    assert built(names(*levels.split()), "image3") == ([names("cal")], [])


def test_what_is_missing_is_reported(built):
    assert built(names("rate"), "image3") == (
        [names("cal")],
        [
            "asn-build: program 01523: Stage 3 reads _cal, but there is only _rate for 2 exposures: "
            "'jw01523001001_02101_00001_mirimage_cal.fits', 'jw01523001001_02101_00002_mirimage_cal.fits'"
        ],
    )
    _, [line] = built(names("cal", "i2d", exposures=[3]), "image2")
    assert line == (
        "asn-build: program 01523: Stage 2 reads _rate, but there is only _cal and _i2d for 1 exposure: "
        "'jw01523001001_02101_00003_mirimage_rate.fits'"
    )


def test_what_stage_2_makes_in_the_same_run_is_not_missing(built):
    members, messages = built(names("rate"), "*")
    assert names("cal") in members
    assert messages == []


def test_members_keep_their_folders(built):
    files = [*names("rate", folder="stage1/"), *names("cal", folder="stage_2/")]
    assert built(files, "image3", "--expname", "relative") == ([names("cal", folder="stage_2/")], [])
    assert built(files, "image2", "--expname", "relative")[0] == [
        [name] for name in names("rate", folder="stage1/")
    ]
    assert built(files, "image3") == ([names("cal")], [])
