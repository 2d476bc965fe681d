"""Deliberate differences from the reference generator: each entry of DEVIATIONS in asn-rules(5)."""

from __future__ import annotations

import json
from pathlib import Path

import inprocess
import pytest

COLUMNS = (Path(__file__).parents[1] / "data" / "pool.csv").open().readline().strip().split("|")
HEADER = "|".join(COLUMNS)
IMAGE = {
    "program": "1",
    "obs_num": "1",
    "visitype": "prime_targeted_fixed",
    "exp_type": "nis_image",
    "pntgtype": "science",
    "instrume": "niriss",
    "detector": "nis",
    "filter": "clear",
    "pupil": "f150w",
    "subarray": "full",
    "targetid": "1",
    "bkgdtarg": "f",
    "tsovisit": "f",
    "expspcin": "1",
    "dithptin": "1",
    "mostilno": "1",
}
IFU_BACKGROUND = {
    **IMAGE,
    "exp_type": "nrs_ifu",
    "instrume": "nirspec",
    "detector": "nrs1",
    "grating": "prism",
    "pupil": "null",
    "bkgdtarg": "t",
}


def line(number: int, values: dict[str, str]) -> str:
    row = dict.fromkeys(COLUMNS, "null")
    row |= {"filename": f"e{number}_uncal.fits", "obs_id": f"v{number}"}
    row["asn_candidate"] = f"[('o{values['obs_num']:0>3}', 'observation')]"
    row |= values
    return "|".join(row[name] for name in COLUMNS)


@pytest.fixture
def associate():
    """Return what makes associations of exposures, whose numbers are their places, from 1."""

    def filtered(command: list[str], text: str) -> str:
        status, out, told = inprocess.run(*command, stdin=text)
        assert status == 0
        # Few exposures lack much, which the two report.
        assert told == "" or command[0] == "asn-build" or "Stage 2 calibrates none" in told
        return out

    def run(*rows: dict[str, str] | str, options: list[str] | None = None):
        lines = [row if isinstance(row, str) else line(number, row) for number, row in enumerate(rows, 1)]
        exposures = filtered(["asn-pool"], "\n".join([HEADER, *lines, ""]))
        groups = filtered(["asn-match"], exposures)
        built = filtered(["asn-build", *(options or [])], groups)
        return [json.loads(each) for each in built.splitlines()]

    return run


def members(associations, rule):
    """Return what the members of each association of a rule are, by the numbers of the exposures."""
    return [
        {int(member["expname"][1:].split("_")[0]): member["exptype"] for member in product["members"]}
        for asn in associations
        if asn["asn_rule"] == rule
        for product in asn["products"]
    ]


def test_programs_share_nothing(associate):
    built = associate(*({**IMAGE, "program": program} for program in "1212"))
    mosaics = [asn for asn in built if asn["asn_rule"] == "Asn_Lv3Image"]
    assert [asn["program"] for asn in mosaics] == ["00001", "00002"]
    assert members(mosaics, "Asn_Lv3Image") == [{1: "science", 3: "science"}, {2: "science", 4: "science"}]


def test_sequence_numbers_are_of_one_program(associate, tmp_path):
    outdir = tmp_path / "asns"
    associate(*({**IMAGE, "program": program} for program in "12"), options=["--outdir", str(outdir)])
    assert sorted(path.name for path in outdir.iterdir()) == [
        f"jw{program}-o001_{asn_type}_00001_asn.json"
        for program in ("00001", "00002")
        for asn_type in ("image2", "image3")
    ]


def test_programs_share_no_direct_image(associate):
    direct = {"asn_candidate": "[('c1000', 'direct_image')]", "targetid": "null"}
    image, spectrum = IMAGE | direct, IMAGE | direct | {"exp_type": "nis_wfss", "filter": "gr150r"}
    assert (
        members(associate({**image, "program": "1"}, {**spectrum, "program": "2"}), "Asn_Lv2WFSSParallel")
        == []
    )
    built = associate(image, spectrum)
    [parallel, _] = [asn for asn in built if asn["asn_rule"] == "Asn_Lv2WFSSParallel"]
    assert [member["exptype"] for member in parallel["products"][0]["members"]] == [
        "science",
        "direct_image",
        "sourcecat",
        "segmap",
    ]


def test_values_stand_in_product_names_as_they_are(associate):
    built = associate({**IMAGE, "subarray": "sub-64", "pupil": "f1.5-w"})
    names = [asn["products"][0]["name"] for asn in built if asn["asn_rule"] == "Asn_Lv3Image"]
    assert names == ["jw00001-o001_t001_niriss_clear-f1.5-w-sub-64"]


def test_an_acquisition_sets_no_values(associate):
    image = {**IMAGE, "exp_type": "mir_image", "instrume": "miri", "detector": "mirimage", "filter": "f560w"}
    acquisition = {**image, "exp_type": "mir_tacq", "pupil": "x"}
    built = associate({**image, "pupil": "null"}, acquisition, {**image, "pupil": "y"})
    assert members(built, "Asn_Lv3Image") == [{1: "science", 2: "target_acquisition", 3: "science"}]


def test_an_imprint_joins_every_background_that_it_fits(associate):
    imprint = {**IFU_BACKGROUND, "is_imprt": "t"}
    built = associate(IFU_BACKGROUND, IFU_BACKGROUND, imprint, imprint)
    assert members(built, "Asn_Lv2SpecSpecial") == [
        {2: "science", 3: "imprint", 4: "imprint"},
        {1: "science", 3: "imprint", 4: "imprint"},
    ]


def test_an_imprint_of_a_background_is_that_by_any_mark(associate):
    science = {**IFU_BACKGROUND, "bkgdtarg": "f", "grating": "g140m", "filter": "f100lp", "patttype": "none"}
    imprint = {**science, "is_imprt": "t"}
    for mark in "ty":
        built = associate(science, imprint, {**imprint, "bkgdtarg": mark, "targetid": "2"})
        assert members(built, "Asn_Lv2Spec") == [{1: "science", 2: "imprint", 3: "imprint"}]


@pytest.mark.parametrize("bad", [1, 2, 3])
def test_a_merged_association_is_degraded_by_any_product(associate, bad):
    rows = [{**IMAGE, "exposerr": "guiding lost"} if number == bad else IMAGE for number in (1, 2, 3)]
    [merged] = [asn for asn in associate(*rows, options=["--merge"]) if asn["asn_type"] == "image2"]
    assert len(merged["products"]) == 3
    assert merged["degraded_status"].startswith("One or more members have an error")


def test_an_exposure_without_exp_type_is_not_matched(associate):
    built = associate(IMAGE, {**IMAGE, "exp_type": "null"})
    assert members(built, "Asn_Lv2Image") == [{1: "science"}]
    assert {number for asn in built for each in members([asn], asn["asn_rule"]) for number in each} == {1}


def test_an_expspcin_that_is_no_number_is_passed_over(associate):
    spectrum = {**IMAGE, "exp_type": "nis_wfss", "filter": "gr150r", "expspcin": "x"}
    [asn] = [asn for asn in associate(spectrum, IMAGE) if asn["asn_rule"] == "Asn_Lv2WFSSNIS"]
    assert asn["products"][0]["members"][-1]["expname"] == "jw00001-o001_t001_niriss_clear-f150w_segm.fits"


def test_a_bare_number_is_one_candidate(associate):
    bare, listed = ({**IMAGE, "asn_candidate": text} for text in ("1000", "[('c1000', 'mosaic')]"))
    built = associate(bare, bare, listed)
    assert members([asn for asn in built if asn["asn_id"] == "1000"], "Asn_Lv3Image") == [
        {1: "science", 2: "science"}
    ]


def test_a_repeated_header_is_passed_over(associate):
    built = associate(IMAGE, HEADER, IMAGE)
    assert members(built, "Asn_Lv3Image") == [{1: "science", 3: "science"}]


def test_asn_rule_is_the_name_of_the_rule(associate):
    built = associate(IMAGE, {**IMAGE, "obs_num": "2"})
    assert {asn["asn_id"] for asn in built} == {"o001", "o002", "a3001"}
    assert {asn["asn_rule"] for asn in built} == {"Asn_Lv2Image", "Asn_Lv3Image"}


def test_a_files_name_keeps_its_capitals(associate):
    [asn] = [
        asn for asn in associate({**IMAGE, "filename": "Mine_uncal.fits"}) if asn["asn_type"] == "image2"
    ]
    assert asn["products"][0]["members"][0]["expname"] == "Mine_rate.fits"


def test_a_value_that_goes_on_after_one_of_a_list_is_another(associate):
    built = associate(IMAGE, {**IMAGE, "exp_type": "nis_image-ext"})
    assert members(built, "Asn_Lv2Image") == [{1: "science"}]


def test_a_direct_image_that_is_not_chosen_is_in_no_slitless_group(associate):
    grism = {**IMAGE, "exp_type": "nis_wfss", "filter": "gr150r"}
    built = associate(grism, {**IMAGE, "expspcin": "3"}, {**IMAGE, "expspcin": "2"})
    [asn] = [asn for asn in built if asn["asn_rule"] == "Asn_Lv2WFSSNIS"]
    assert [member["exptype"] for member in asn["products"][0]["members"]] == [
        "science",
        "direct_image",
        "sourcecat",
        "segmap",
    ]
