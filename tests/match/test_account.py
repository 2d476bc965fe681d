"""What asn-match says where nothing matched, or where a missing column lost exposures a stage."""

from __future__ import annotations

import itertools
import json

import pytest

from asntools.jwst.optical_paths import OPTICAL_PATHS, READS

SLIT = {
    "program": "1001",
    "obs_num": "1",
    "exp_type": "nrs_fixedslit",
    "instrume": "nirspec",
    "detector": "nrs1",
    "grating": "g395h",
    "filter": "f290lp",
    "fxd_slit": "s200a1",
    "subarray": "suballslits",
    "targetid": "1",
    "pntgtype": "science",
    "expspcin": "1",
    "numdthpt": "2",
    "subpxpts": "1",
    "mostilno": "1",
    "bkgdtarg": "f",
    "asn_candidate": "[('o001', 'observation')]",
}
IFU = {**SLIT, "exp_type": "nrs_ifu", "fxd_slit": None, "patttype": "none"}
GRISM = {
    **SLIT,
    "exp_type": "nis_wfss",
    "instrume": "niriss",
    "detector": "nis",
    "grating": None,
    "fxd_slit": None,
    "filter": "gr150r",
    "pupil": "f150w",
    "subarray": "full",
}
LRS = {
    **{**SLIT, "exp_type": "mir_lrs-slitless", "instrume": "miri", "detector": "mirimage", "tsovisit": "t"},
    **{"filter": "p750l", "grating": None, "fxd_slit": None, "subarray": "slitlessprism"},
}
CORON = {
    **{**SLIT, "exp_type": "nrc_coron", "instrume": "nircam", "detector": "nrcalong", "subarray": "sub320"},
    **{"grating": None, "fxd_slit": None, "filter": "f335m", "pupil": "maskrnd", "is_psf": "f"},
}
WFSC = {
    **{**CORON, "exp_type": "nrc_image", "detector": "nrca3", "subarray": "full", "pupil": "clear"},
    **{"patttype": "wfsc", "obs_id": "v1", "act_id": "01", "visitype": "prime_wfsc_sensing_control"},
}
IMAGE = {**GRISM, "exp_type": "nis_image", "filter": "clear", "band": None}
DIRECT = {**GRISM, "exp_type": "nis_image", "filter": "clear"}


def lines(*records, without=()):
    return [
        json.dumps(
            {"filename": f"jw{number}_uncal.fits"}
            | {name: value for name, value in record.items() if name not in without}
        ).encode()
        + b"\n"
        for number, record in enumerate(records, 1)
    ]


@pytest.mark.parametrize(
    ("records", "without", "rule", "lost"),
    [
        ([SLIT, SLIT], "numdthpt", "Asn_Lv2NRSFSS", "2 nrs_fixedslit exposures are in no Stage 2 group"),
        ([SLIT], "expspcin", "Asn_Lv2NRSFSS", "1 nrs_fixedslit exposure is in no Stage 2 group"),
        ([SLIT], "targetid", "Asn_Lv3NRSFSS", "1 nrs_fixedslit exposure is in no Stage 3 group"),
        ([IFU], "mostilno", "Asn_Lv2Spec", "1 nrs_ifu exposure is in no Stage 2 group"),
        ([GRISM], "targetid", "Asn_Lv3WFSSNIS", "1 nis_wfss exposure is in no Stage 3 group"),
        ([IMAGE], "filter", "Asn_Lv2Image", "1 nis_image exposure is in no Stage 2 group"),
        ([SLIT], "fxd_slit", "Asn_Lv2NRSFSS", "1 nrs_fixedslit exposure is in no Stage 2 group"),
        ([LRS], "tsovisit", "Asn_Lv3TSO", "1 mir_lrs-slitless exposure is in no Stage 3 group"),
        ([LRS, LRS], "pntgtype", "Asn_Lv3TSO", "2 mir_lrs-slitless exposures are in no Stage 3 group"),
        (
            [CORON, {**CORON, "is_psf": "t", "targetid": "2"}],
            "is_psf",
            "Asn_Lv3NRCCoron",
            "2 nrc_coron exposures are in no Stage 3 group",
        ),
        ([WFSC, WFSC], "patttype", "Asn_Lv3WFSCMB", "2 nrc_image exposures are in no Stage 3 group"),
        ([SLIT], "detector", "Asn_Lv3NRSFSS", "1 nrs_fixedslit exposure is in no Stage 3 group"),
    ],
)
def test_a_missing_column_is_named_with_what_it_cost(records, without, rule, lost, match):
    assert "no exposure has" not in match(exposures=lines(*records))[2]
    status, _, err = match(exposures=lines(*records, without=(without,)))
    assert status == 0
    assert f"asn-match: no exposure has {without}, which {rule} requires: {lost}\n" in err


@pytest.mark.parametrize(
    ("records", "empty", "rule", "lost"),
    [
        ([SLIT, SLIT], "numdthpt", "Asn_Lv2NRSFSS", "2 nrs_fixedslit exposures are in no Stage 2 group"),
        ([SLIT], "targetid", "Asn_Lv3NRSFSS", "1 nrs_fixedslit exposure is in no Stage 3 group"),
        ([IFU], "mostilno", "Asn_Lv2Spec", "1 nrs_ifu exposure is in no Stage 2 group"),
        ([GRISM], "pupil", "Asn_Lv3WFSSNIS", "1 nis_wfss exposure is in no Stage 3 group"),
        ([LRS], "pntgtype", "Asn_Lv3TSO", "1 mir_lrs-slitless exposure is in no Stage 3 group"),
        ([SLIT], "grating", "Asn_Lv2NRSFSS", "1 nrs_fixedslit exposure is in no Stage 2 group"),
    ],
)
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_empty_column_is_named_as_a_missing_one(records, empty, rule, lost, jobs, match):
    emptied = [{**each, empty: None} for each in records]
    line = f"asn-match: no exposure has {empty}, which {rule} requires: {lost}\n"
    assert match("--jobs", jobs, exposures=lines(*emptied))[2].count(line) == 1
    # Where exposures of another type have a value, the line is on this type; of the same type, there is none.
    other = {**DIRECT, empty: records[0][empty], "program": "2"}
    kind = records[0]["exp_type"]
    exposures = lines(*emptied, other)
    assert line.replace("no exposure", f"no {kind} exposure") in match("--jobs", jobs, exposures=exposures)[2]
    exposures = lines(*emptied, {**records[0], "program": "2"})
    assert f"has {empty}" not in match("--jobs", jobs, exposures=exposures)[2]


def test_a_direct_candidate_needs_no_target(match):
    grism = {**GRISM, "targetid": None, "asn_candidate": "[('c1000', 'direct_image')]"}
    assert "targetid" not in match("--rule", "level2", exposures=lines(grism, grism))[2]


def test_lamps_need_not_have_what_the_sky_has(match):
    dark = {**IFU, "exp_type": "nrs_autowave", "patttype": None}
    assert "patttype" not in match(exposures=lines(dark, dark))[2]
    assert "patttype" in match(exposures=lines({**IFU, "patttype": None}))[2]


def test_without_exp_type_nothing_else_is_said(match):
    _, out, err = match(exposures=lines(SLIT, LRS, CORON, without=("exp_type",)))
    assert (out, err) == (b"", "asn-match: no groups: no exposure has exp_type, which the rules require\n")


@pytest.mark.parametrize("name", ["bkgdtarg", "is_imprt", "is_psf", "tsovisit", "pntgtype", "patttype"])
def test_a_missing_column_that_costs_nothing_is_not_named(name, match):
    assert match(exposures=lines(IMAGE, IMAGE, GRISM, SLIT, without=(name,)))[2] == ""


@pytest.mark.parametrize("name", OPTICAL_PATHS)
def test_an_optical_path_looks_at_no_other_columns_than_it_says(name):
    values = {
        "exp_type": ("nrs_ifu", "nis_soss", "nrs_brightobj"),
        "detector": ("nrs1", "nrca2"),
        "filter": ("f290lp", "f277w", None),
        "pupil": ("maskrnd", None),
        "grating": ("g395h", None),
        "fxd_slit": ("s200a1", None),
        "subarray": ("full", None),
        "opmode": ("fixedslit", "ifu"),
        "lamp": ("line3", None),
    }
    for chosen in itertools.product(*values.values()):
        exposure = {key: value for key, value in zip(values, chosen, strict=True) if value is not None}
        read = {key: value for key, value in exposure.items() if key in ("exp_type", *READS[name])}
        assert OPTICAL_PATHS[name](read) == OPTICAL_PATHS[name](exposure)


def test_no_subpixel_column_at_all(match):
    _, _, err = match(exposures=lines(SLIT, without=("subpxpts",)))
    assert err.startswith("asn-match: no exposure has subpxpns|subpxpts, which Asn_Lv2NRSFSS requires: 1 ")


def test_exposures_of_other_candidates_are_not_lost(match):
    other = {**SLIT, "asn_candidate": "[('o002', 'observation')]"}
    options = ("--candidate", "o001", "--rule", "level2")
    _, _, err = match(*options, exposures=lines(SLIT, other, without=("numdthpt",)))
    assert ": 1 nrs_fixedslit exposure is in no Stage 2 group\n" in err


def test_a_choice_without_its_column_is_named(match):
    status, out, err = match(
        "--rule", "Asn_Lv2WFSSNIS", exposures=lines(DIRECT, GRISM, without=("expspcin",))
    )
    assert (status, out.count(b"\n")) == (0, 1)
    assert err == (
        "asn-match: no exposure has expspcin, by which Asn_Lv2WFSSNIS chooses a direct_image; "
        "it takes the first\n"
    )


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("where: {exp_typ: mir_mrs}", "no exposure has exp_typ; did you mean 'exp_type'?"),
        (
            "where: {exp_type: nrs_fixedslt}",
            "no exposure has exp_type nrs_fixedslt; did you mean 'nrs_fixedslit'?",
        ),
        ("where: {exp_type: mir_mrs}", "no exposure has exp_type mir_mrs; they have nrs_fixedslit"),
        ("where: {detector: [nrs2, mir*]}", "no exposure has detector nrs2 or mir*; they have nrs1"),
        ("where: {kind: background}", "no exposure has kind background; they have science"),
        ("where: {bkgdtarg: set}", "no exposure has bkgdtarg set"),
        ("same: [targetdi]", "no exposure has targetdi; did you mean 'targetid'?"),
        (
            "requires: {members: 9}",
            "exposures meet its conditions, but no group of them has everything required "
            "(science: 1, members: 9)",
        ),
        ("except: [{detector: nrs1}]", "no exposure meets all its conditions"),
        (
            "candidates: {obs: {}, mosaic: never}",
            "it takes candidates of type obs, but those matched are of type discovered and observation",
        ),
        (
            "candidates: {observation: never}",
            "it takes no candidates, but those matched are of type discovered and observation",
        ),
    ],
)
def test_a_rule_of_ones_own_that_makes_nothing_says_why(rule, why, match, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(f"rules:\n  Mine:\n    stage: 3\n    asn_type: spec3\n    {rule}\n")
    for options in ((), ("--no-default-rules",)):
        status, _, err = match("--rules", file, *options, exposures=lines(SLIT))
        assert status == 0
        assert f"asn-match: Mine made no group: {why}\n" in err


def test_a_rule_that_matches_somewhere_says_nothing(match, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("rules: {Mine: {stage: 3, asn_type: spec3, where: {exp_type: nrs_*}}}\n")
    assert match("--rules", file, exposures=lines(SLIT, {**SLIT, "program": "2"}, GRISM))[2] == ""


def test_no_groups_at_all(match):
    dark = {**SLIT, "exp_type": "nrs_dark"}
    assert match(exposures=lines(dark, dark)) == (
        0,
        b"",
        "asn-match: no groups: none of the 43 rules is satisfied by 2 exposures of exp_type nrs_dark\n",
    )
    assert match(exposures=lines(SLIT, without=("exp_type",)))[2] == (
        "asn-match: no groups: no exposure has exp_type, which the rules require\n"
    )
    assert match(exposures=[]) == (0, b"", "")


def test_a_candidate_that_keeps_nothing_is_answered_with_those_there_are(match):
    status, out, err = match("--candidate", "o1", exposures=lines(SLIT))
    assert (status, out) == (0, b"")
    assert err == "asn-match: no exposure is in candidate 'o1'; the candidates are o001\n"


def test_orphans_of_a_stage(match):
    exposures = lines(SLIT, {**GRISM, "targetid": "9"}, {**SLIT, "exp_type": "nrs_dark"})
    assert match("--orphans", exposures=exposures)[1] == exposures[2]
    assert match("--orphans-of", "2", exposures=exposures)[1] == b"".join(exposures[1:])
    assert match("--orphans-of", "3", exposures=exposures)[1] == exposures[2]
    assert match("-e", "--orphans-of", "2", exposures=exposures[1:])[0] == 1
    assert match("-e", "--orphans-of", "3", exposures=exposures[1:])[0] == 0
    assert match("--orphans-of", "4")[0] == 2


def test_a_program_that_comes_back_late_is_a_fault(match, monkeypatch):
    exposures = lines(*({**SLIT, "program": program} for program in "1223"), {**SLIT, "program": "1"})
    whole = match(exposures=exposures)
    assert whole[::2] == (0, "")
    monkeypatch.setattr("asntools.match.reading.HELD", len(exposures[0]) * 2)
    assert match("--unsorted", exposures=exposures) == whole
    status, out, err = match(exposures=exposures)
    assert status == 2
    assert err.startswith("asn-match:<stdin>:5: program 1 comes back after its other records up to line 1 ")
    assert {json.loads(line)["program"] for line in out.splitlines()} == {"1", "2", "3"}
    assert match(exposures=exposures[:4])[::2] == (0, "")


# Choosing, and several roles


def directs_of(group):
    return [each["exposure"]["filename"] for each in group["members"] if each["exptype"] == "direct_image"]


@pytest.mark.parametrize(
    ("grism", "directs", "taken"),
    [
        ("2", ["1", "3", "5"], 1),
        ("2", ["1", "5", "3"], 2),
        ("4", ["1", "3", "5"], 2),
        ("6", ["1", "3"], 0),
        ("3", ["3"], 0),
        (None, ["1", "3"], 0),
        ("x", ["1", "3"], 0),
        ("2", [None, "3"], 1),
        ("2", ["3", "3"], 0),
    ],
)
def test_the_next_direct_image_is_chosen(grism, directs, taken, match):
    images = [{**DIRECT, "expspcin": number} for number in directs]
    exposures = lines(*images, {**GRISM, "expspcin": grism})
    [group] = map(json.loads, match("--rule", "Asn_Lv2WFSSNIS", exposures=exposures)[1].splitlines())
    assert directs_of(group) == [f"jw{taken + 1}_uncal.fits"]
    exptypes = sorted(member["exptype"] for member in group["members"])
    assert exptypes == ["direct_image", "science"]


@pytest.mark.parametrize(
    ("detectors", "taken"), [(["nrca1", "nrcalong", "nrcblong"], 1), (["nrca1", "nrca2"], 0)]
)
def test_a_parallel_takes_the_first_direct_image_of_a_long_detector(detectors, taken, match):
    parallel = {**GRISM, "instrume": "nircam", "asn_candidate": "[('c1000', 'direct_image')]"}
    images = [{**parallel, "exp_type": "nrc_image", "detector": detector} for detector in detectors]
    grism = {**parallel, "exp_type": "nrc_wfss", "detector": "nrcalong"}
    options = ("--rule", "Asn_Lv2WFSSParallel", "--all-candidates")
    [group] = map(json.loads, match(*options, exposures=lines(*images, grism))[1].splitlines())
    assert directs_of(group) == [f"jw{taken + 1}_uncal.fits"]


IFU = {**SLIT, "exp_type": "nrs_ifu", "fxd_slit": None, "targetid": "1", "dithptin": "1", "mostilno": "1"}
IMPRINT = {**IFU, "is_imprt": "t"}
SKY = {"bkgdtarg": "t"}


@pytest.mark.parametrize(
    ("rule", "pair", "number", "more"),
    [
        ("Asn_Lv2WFSSNIS", (GRISM, DIRECT), "expspcin", {}),
        ("Asn_Lv2Spec", (IFU, IMPRINT), "dithptin", {}),
        ("Asn_Lv2SpecSpecial", (IFU, IMPRINT), "dithptin", SKY),
    ],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_groups_that_choose_grow_with_the_exposures(rule, pair, number, more, backwards, match):
    def members(pairs):
        rows = [{**each, **more, number: str(n)} for each in pair for n in range(pairs)]
        exposures = lines(*(reversed(rows) if backwards else rows))
        groups = map(
            json.loads, match("--rule", rule, "--all-candidates", exposures=exposures)[1].splitlines()
        )
        return sum(len(group["members"]) for group in groups)

    # Imprints of the sky that come before it are calibrated by themselves, too.
    of_one = 3 if backwards and more else 2
    assert (members(50), members(100)) == (50 * of_one, 100 * of_one)


@pytest.mark.parametrize(
    ("science", "imprints", "chosen"),
    [
        ({}, [{}], [1]),
        ({}, [{"targetid": "2"}], [1]),
        ({}, [{"targetid": "2"}, {}], [2]),
        ({}, [{"targetid": "2"}, {"targetid": "3"}], [1, 2]),
        ({}, [{"targetid": "2", "dithptin": "2"}, {"targetid": "3"}], [2]),
        ({}, [{"dithptin": "2"}, {"dithptin": "3"}], [1, 2]),
        ({}, [{"dithptin": "2"}, {}, {"targetid": "2"}, {}], [2, 4]),
        ({"dithptin": None}, [{}, {"dithptin": None}], [2]),
        ({"dithptin": None}, [{}, {"dithptin": "2"}], [1, 2]),
        ({}, [{}, {**SKY, "targetid": "2"}, {"dithptin": "2"}], [1, 2]),
        ({}, [{}, {"mostilno": "2"}], [1]),
    ],
)
@pytest.mark.parametrize("turn", [0, 1])
def test_the_imprints_most_like_the_science_are_chosen(science, imprints, chosen, turn, match):
    rows = [{**IMPRINT, **each, "filename": f"i{n}_uncal.fits"} for n, each in enumerate(imprints, 1)]
    rows.insert(turn * len(rows), {**IFU, **science, "filename": "science_uncal.fits"})
    [group] = map(json.loads, match("--rule", "Asn_Lv2Spec", exposures=lines(*rows))[1].splitlines())
    names = [each["exposure"]["filename"] for each in group["members"] if each["exptype"] == "imprint"]
    assert sorted(names) == [f"i{n}_uncal.fits" for n in chosen]


@pytest.mark.parametrize("nods", ["2131", "1213"])
@pytest.mark.parametrize("how", ["like: [targetid]", "next: dithptin", "first: {targetid: '1'}"])
def test_what_is_chosen_is_unlike_the_group(how, nods, match, tmp_path):
    # The exposures to choose from are alike but for what is to differ.
    file = tmp_path / "mine.yaml"
    file.write_text(f"""
rules:
  Mine:
    stage: 2
    asn_type: spec2
    where: {{exp_type: nrs_ifu}}
    same: [mostilno]
    members:
      - {{where: {{is_imprt: set}}, unlike: patt_num, choose: {{{how}}}}}
      - {{where: {{is_imprt: unset}}, same: [patt_num]}}
""")
    rows = [{**IMPRINT, "patt_num": nod, "filename": f"{nod}_{place}"} for place, nod in enumerate(nods)]
    rows.append({**IFU, "patt_num": "1", "dithptin": "0"})
    options = ("--rules", file, "--no-default-rules", "--discover")
    [group] = map(json.loads, match(*options, exposures=lines(*rows))[1].splitlines())
    chosen = [each["exposure"]["patt_num"] for each in group["members"] if each["exptype"] == "imprint"]
    assert chosen == (["2", "3"] if "like" in how else ["2"])


def test_an_exposure_may_have_two_roles(match, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("""
rules:
  Mine:
    stage: 2
    asn_type: spec2
    where: {exp_type: nrs_fixedslit}
    same: [program]
    members:
      - {where: {kind: background}, joins_later: yes}
      - {where: {kind: science}, only_science: yes}
      - {where: {detector: nrs1}, as: selfcal, also: yes}
""")
    sky = {**SLIT, "bkgdtarg": "t"}
    exposures = lines(SLIT, sky, {**SLIT, "detector": "nrs2"}, {**sky, "detector": "nrs2"})
    out = match("--rules", file, "--no-default-rules", "--discover", exposures=exposures)[1]
    first, second = (
        sorted((int(m["exposure"]["filename"][2:3]), m["exptype"]) for m in json.loads(line)["members"])
        for line in out.splitlines()
    )
    common = [(2, "background"), (2, "selfcal"), (4, "background")]
    assert first == [(1, "science"), (1, "selfcal"), *common]
    assert second == sorted([(3, "science"), *common])
