"""Groups and associations: what schemas say of them, changes by hand, and how members end up."""

from __future__ import annotations

import copy
import io
import json
import random
import re
from pathlib import Path

import inprocess
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import tries

from asntools.asn.schema import wanted_schema
from asntools.build.building import build
from asntools.build.cli import main
from asntools.build.drafts import Draft, Member
from asntools.build.finishing import (
    FINISHES,
    add_direct_image,
    add_nod_backgrounds,
    prune_imprints,
    split_nods,
)
from asntools.build.groups import check_group, checked_group, head_of
from asntools.build.reading import _member, read_group
from asntools.common.faults import Fault
from asntools.common.records import load_record
from asntools.common.schemas import validator
from asntools.jwst.nods import nods_overlap
from asntools.jwst.product_names import PRODUCTS
from asntools.jwst.suffixes import exposure_root, other_product
from asntools.match.cli import main as asn_match

POOL = Path(__file__).parents[1] / "data" / "pool.csv"


def piped(command, data=b""):
    status, out, err = inprocess.run(*command, stdin=data.decode())
    assert (status, err) == (0, "")
    return out.encode()


EXPOSURES = piped(["asn-pool", str(POOL)])
GROUP_LINES = piped(["asn-match"], EXPOSURES)
GROUPS = [json.loads(line) for line in GROUP_LINES.splitlines()]


# What the commands write is what the schemas say


def test_exposures_pass_their_schema():
    for line in EXPOSURES.splitlines():
        validator("exposure").validate(json.loads(line))


def test_groups_pass_their_schema_and_check():
    assert len(GROUPS) > 10
    for group in GROUPS:
        validator("group").validate(group)
        assert check_group(group) is None


@pytest.mark.parametrize("options", [[], ["--merge"], ["--version-id", "now"]])
def test_associations_pass_the_schema_of_their_stage(options):
    stages = set()
    for line in piped(["asn-build", *options], GROUP_LINES).splitlines():
        asn = json.loads(line)
        stages.add(wanted_schema(asn))
        validator(wanted_schema(asn)).validate(asn)
    assert stages == {"association-level2", "association-level3"}


def test_exptypes_are_in_lower_case_whatever_the_group_says():
    groups = copy.deepcopy(GROUPS)
    for group in groups:
        for member in group["members"]:
            member["exptype"] = member["exptype"].upper()
    assert [each.asn for each in build(groups)] == [each.asn for each in build(GROUPS)]


@st.composite
def changed_exposures(draw):
    exposures = [json.loads(line) for line in EXPOSURES.splitlines()]
    values = {name: sorted({each[name] for each in exposures} - {None}) for name in exposures[0]}
    chosen = draw(st.lists(st.sampled_from(exposures).map(dict), min_size=1, max_size=12))
    for exposure in chosen:
        for name in draw(st.lists(st.sampled_from(sorted(exposure)), max_size=5, unique=True)):
            exposure[name] = draw(st.sampled_from([None, "", "x", "t", "f", "1", "null", *values[name]]))
            if exposure[name] == "x" and name != "filename":
                del exposure[name]
    return chosen


def output_of(command, data):
    """Return the status, standard output and standard error of a command that runs in this process."""
    out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        patch.setattr("sys.stdout", out)
        patch.setattr("sys.stderr", err)
        status = command([])
    return status, out.buffer.getvalue(), err.getvalue()


@given(changed_exposures())
def test_whatever_the_exposures_the_records_are_sound(exposures):
    data = "".join(json.dumps(each) + "\n" for each in exposures).encode()
    status, groups, err = output_of(asn_match, data)
    wrong = [line for line in err.splitlines() if line.startswith("asn-match:<stdin>:")]
    assert status == (2 if wrong else 0)
    assert re.fullmatch(
        r"(asn-match:(<stdin>:\d+: (\$\.\w+: |the same)| no | Stage 2 calibrates none ).*\n)*", err
    )
    for line in groups.splitlines():
        validator("group").validate(json.loads(line))
    status, associations, err = output_of(main, groups)
    assert status == 0
    assert re.fullmatch(
        r"(asn-build: (program \w+: Stage 3 lists|jw\S+: (\d+ associations make|several associations)).*\n)*",
        err,
    )
    for asn in map(json.loads, associations.splitlines()):
        validator(wanted_schema(asn)).validate(asn)


# Files of other levels


@pytest.mark.parametrize(
    "suffix",
    """ramp rate rateints cal calints crf crfints a3001_crf o001_crfints c1001_crf i2d s2d s3d x1d x1dints
    bsub bsubints RATE""".split(),
)
def test_a_pool_of_another_level_makes_the_same_associations(suffix):
    exposures = EXPOSURES.replace(b"_uncal.fits", f"_{suffix}.fits".encode())
    assert exposures != EXPOSURES
    assert piped(["asn-build"], piped(["asn-match"], exposures)) == piped(["asn-build"], GROUP_LINES)


@pytest.mark.parametrize("extension", [".fits.gz", ".fits.fz", ".asdf", ".FITS", ".Fits.GZ"])
def test_a_files_extension_is_kept_and_is_not_in_the_products_name(extension):
    exposures = EXPOSURES.replace(b"_uncal.fits", f"_rate{extension}".encode())
    [have, want] = (
        [json.loads(line) for line in piped(["asn-build"], groups).splitlines()]
        for groups in (piped(["asn-match"], exposures), GROUP_LINES)
    )
    for one, other in zip(have, want, strict=True):
        assert one["products"][0]["name"] == other["products"][0]["name"]
        for mine, its in zip(one["products"][0]["members"], other["products"][0]["members"], strict=True):
            made = mine["expname"].startswith(
                ("jw01523-", "jw01523_")
            )  # of the direct image, not the exposure
            assert made or mine["expname"] == its["expname"].replace(".fits", extension)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("a/jw1_nis_uncal.fits", "a/jw1_nis_cal.fits"),
        ("my_image.fits", "my_image.fits"),
        ("my_ratecal.fits", "my_ratecal.fits"),
        ("rate.fits", "rate.fits"),
        ("a_rate/b.fits", "a_rate/b.fits"),
        ("jw01523-o001_t001_miri_f770w_i2d.fits", "jw01523-o001_t001_miri_f770w_i2d.fits"),
        ("a/jw01523-c1001_s00001_nirspec_x1d.fits", "a/jw01523-c1001_s00001_nirspec_x1d.fits"),
        ("jw1_mirimage_residual_fringe.fits", "jw1_mirimage_cal.fits"),
        ("jw1_nis_c1000_crf.fits", "jw1_nis_cal.fits"),
    ],
)
def test_only_products_of_one_exposure_change_their_level(name, other):
    assert other_product(name, "cal") == other


@pytest.mark.parametrize("name", ["x_RATE.FITS", "a/x_Calints.fits.gz", "x_X1DINTS.FITS", "x_pathloss.fits"])
def test_a_suffix_counts_in_any_case(name):
    assert exposure_root(name) == "x"


# Groups that people changed


templates = ["{target}", "a-{filter|band}", "{{x}}", "{}", "{a", "a}", "{a.b}", "a/{b}", "{a}\n", "{A}"]
plain = [*templates, None, True, False, 0, 2, 2.0, 3, 4, -1.5, "", "x", "2", "science", "T", *PRODUCTS]
nested = [[], {}, ["x"], [1], [""], {"id": "x"}, *([name] for name in FINISHES)]
junk = st.sampled_from([*plain, *nested]).map(copy.deepcopy)


def places(value, path=()):
    """Return the paths of everything within a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, each in inner:
        found += [(*path, key), *places(each, (*path, key))]
    return found


@st.composite
def changed_groups(draw):
    group = copy.deepcopy(draw(st.sampled_from(GROUPS)))
    for _ in range(draw(st.integers(1, 3))):
        # A place near the top is as likely as one of the many attributes of exposures.
        every = places(group)
        depth = draw(st.integers(1, max(map(len, every))))
        path = draw(st.sampled_from([each for each in every if len(each) == depth]))
        at = group
        for key in path[:-1]:
            at = at[key]
        match draw(st.sampled_from(["drop", "set", "add"])):
            case "drop":
                del at[path[-1]]
            case "set":
                at[path[-1]] = draw(junk)
            case "add" if isinstance(at, dict):
                at[draw(st.sampled_from(["note", "products", "filename", "exposerr"]))] = draw(junk)
            case "add":
                at.append(draw(junk))
        if not group:
            break
    return group


often = settings(max_examples=tries(300))


@often
@given(changed_groups())
def test_the_check_and_the_schema_agree_on_groups(group):
    fault = check_group(group)
    assert (fault is None) == validator("group").is_valid(group), fault


def said_by(load, text):
    """Return what a group says as it is read from a line of JSON, or what is said of it."""
    try:
        head, members = load(text)
    except ValueError as error:
        return str(error)
    return head, [(each.exptype, each.exposure) for each in members]


def spliced(draw, line):
    """Return a line of JSON with one of its pieces, or of what stands between them, put in, or taken out."""
    pieces = re.split(rb'([{}\[\],:"\\]+)', line)
    at = draw(st.integers(0, len(pieces)))
    pieces[at : at + draw(st.integers(0, 1))] = draw(
        st.lists(
            st.sampled_from([*pieces, b"},", b'{"exptype":"', b',"members":[', b"\xff", b" "]), max_size=2
        )
    )
    return b"".join(pieces)


@often
@given(changed_groups(), st.data())
def test_a_group_that_is_read_in_pieces_says_what_the_line_says(group, data):
    line = orjson.dumps(group)
    for text in (line, spliced(data.draw, line), json.dumps(group).encode()):
        assert said_by(read_group, text) == said_by(lambda text: checked_group(load_record(text)), text)


def test_an_exposure_is_read_once_for_all_its_groups(monkeypatch):
    loaded = []
    monkeypatch.setattr(
        "asntools.build.reading.orjson.loads", lambda text: loaded.append(text) or json.loads(text)
    )
    _member.cache_clear()
    groups = [read_group(line) for line in GROUP_LINES.splitlines()]
    members = {(each.exptype, each.exposure["filename"]) for group in groups for each in group.members}
    assert sum(text.startswith(b'{"filename"') for text in loaded) == len(members)
    assert len(members) < sum(len(group.members) for group in groups) / 2


@often
@given(changed_groups().filter(lambda group: check_group(group) is None))
def test_whatever_passes_the_check_can_be_built(group):
    made = []
    try:
        made = list(build([group]))
    except Fault as fault:
        assert "{" in group.get("product", "") or "cannot be part of a product name" in str(fault)  # noqa: PT017
    for built in made:
        json.dumps(built.asn, allow_nan=False)
        assert built.asn["products"][0]["members"]


@often
@given(st.lists(changed_groups(), min_size=1, max_size=4), st.integers(0, 4))
def test_the_other_groups_still_count(tmp_path_factory, changed, at):
    folder = tmp_path_factory.mktemp("groups")
    sound = [group for group in GROUPS if group["rule"] == "Asn_Lv2Image"][:2]
    bad = [group for group in changed if check_group(group) is not None]
    lines = [*sound[:at], *bad, *sound[at:]]
    (folder / "groups").write_text("".join(json.dumps(group) + "\n" for group in lines))
    command = ["--outdir", str(folder / "asns"), str(folder / "groups")]
    if bad:
        assert main(command) == 2
        assert not (folder / "asns").exists()
        command.append("--force")
    assert main(command) == (2 if bad else 0)
    assert {path.name for path in (folder / "asns").iterdir()} == {each.file_name for each in build(sound)}


def test_messages_name_line_and_path(tmp_path, capsys):
    group = copy.deepcopy(GROUPS[0])
    del group["members"][0]["exposure"]["filename"]
    (tmp_path / "groups").write_text(f"{json.dumps(GROUPS[0])}\n\n{json.dumps(group)}\n")
    assert main([str(tmp_path / "groups")]) == 2
    assert capsys.readouterr().err == (
        f"asn-build:{tmp_path}/groups:3: $.members[0].exposure.filename: missing; "
        "expected the name of the exposure's file\n"
    )


# Files


def test_version_id_now_is_the_time(tmp_path):
    piped(["asn-build", "--version-id", "now", "--outdir", str(tmp_path / "asns")], GROUP_LINES)
    names = [path.name for path in (tmp_path / "asns").iterdir()]
    stamps = {json.loads(path.read_text())["version_id"] for path in (tmp_path / "asns").iterdir()}
    assert len(stamps) == 1
    [stamp] = stamps
    assert re.fullmatch(r"20\d{6}t\d{6}", stamp)
    assert all(
        re.fullmatch(rf"jw01523-[oca]\d{{3,4}}_{stamp}_[a-z0-9-]+_\d{{5}}_asn\.json", name) for name in names
    )


def test_files_hold_what_standard_output_would(tmp_path):
    out = sorted(piped(["asn-build"], GROUP_LINES).splitlines())
    assert piped(["asn-build", "--outdir", str(tmp_path)], GROUP_LINES) == b""
    written = [json.loads(path.read_text()) for path in tmp_path.iterdir()]
    assert sorted(json.dumps(asn, sort_keys=True) for asn in written) == sorted(
        json.dumps(json.loads(line), sort_keys=True) for line in out
    )


def test_an_existing_file_stops_everything_before_it_is_begun(tmp_path):
    names = sorted(each.file_name for each in build(GROUPS))
    (tmp_path / names[-1]).write_text("mine")
    groups = tmp_path / "groups"
    groups.write_bytes(GROUP_LINES)
    folder = ["--outdir", str(tmp_path), str(groups)]
    assert main(folder) == 2
    assert sorted(path.name for path in tmp_path.glob("*.json")) == [names[-1]]
    assert (tmp_path / names[-1]).read_text() == "mine"
    assert main(["--force", *folder]) == 0
    assert sorted(path.name for path in tmp_path.glob("*.json")) == names
    assert (tmp_path / names[-1]).read_text() != "mine"


# Building


def test_sequence_numbers_count_within_program_candidate_and_type():
    groups = [{**group, "program": program} for program in ("1523", "99") for group in GROUPS]
    counted = {}
    for built in build(groups):
        asn = built.asn
        counted.setdefault((asn["program"], asn["asn_id"], asn["asn_type"]), []).append(built.sequence)
    assert {program for program, _, _ in counted} == {"01523", "00099"}
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in counted.values())
    assert max(map(len, counted.values())) > 1


@given(st.randoms(use_true_random=False))
def test_programs_do_not_touch_each_other(order):
    # Interleaved in any way, as long as each program's own groups keep their order.
    programs = [[{**group, "program": name} for group in GROUPS] for name in ("1", "2")]
    turns = [0] * len(GROUPS) + [1] * len(GROUPS)
    order.shuffle(turns)
    queues = [iter(groups) for groups in programs]
    together = [(each.file_name, each.asn) for each in build(next(queues[turn]) for turn in turns)]
    apart = [(each.file_name, each.asn) for groups in programs for each in build(groups)]
    assert sorted(together, key=str) == sorted(apart, key=str)


def test_a_program_is_built_when_its_groups_are_likely_complete(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("asntools.build.cli.HELD", len(json.dumps(GROUPS[0])) * 3 // 2)
    groups = tmp_path / "groups"

    def built(*programs, options=()):
        groups.write_text("".join(json.dumps({**GROUPS[0], "program": each}) + "\n" for each in programs))
        status = main([*options, str(groups)])
        out, err = capsys.readouterr()
        return status, [json.loads(line)["program"] for line in out.splitlines()], err

    assert built("1", "2", "3") == (0, ["00001", "00002", "00003"], "")
    status, programs, err = built("1", "2", "1")
    assert (status, programs) == (2, ["00001", "00002"])
    assert err.startswith(
        f"asn-build:{groups}:3: program 00001 comes back after its other records up to line 1"
    )
    assert "--unsorted" in err
    # Of the two of program 1 the second is a duplicate.
    assert built("1", "2", "1", options=["--unsorted"]) == (0, ["00001", "00002"], "")


def test_scripts_find_the_functions_in_the_room():
    import asntools.build as room

    assert room.build.__wrapped__ is build
    assert room.check_group.__wrapped__ is check_group
    assert dir(room) == sorted(room.__all__)


def group_of(candidate, names, asn_type="image3", **values):
    kind = {"o": "observation", "c": "mosaic", "a": "discovered"}[candidate[0]]
    return {
        "rule": "Asn_Lv3Image",
        "stage": 3,
        "asn_type": asn_type,
        "program": "1",
        "asn_pool": "pool.csv",
        "candidate": {"id": candidate, "type": kind},
        "values": {"instrume": "miri", "filter": "f770w", "target": "1", **values},
        "product": "optical-elements",
        "finish": [],
        "members": [
            {"exptype": "science", "exposure": {"filename": f"{name}_uncal.fits", "exp_type": "mir_image"}}
            for name in names
        ],
    }


@pytest.mark.parametrize(
    ("groups", "left"),
    [
        ([("o001", "ab"), ("c1000", "ab"), ("a3001", "ab")], ["o001"]),
        ([("c1000", "ab"), ("a3001", "ba")], ["c1000"]),
        ([("o002", "a"), ("o001", "a")], ["o002"]),
        ([("o001", "a"), ("c1000", "ab")], ["c1000", "o001"]),
        ([("o001", "a"), ("o001", "ab")], ["o001"]),
    ],
    ids=["observation", "planned", "of-two-observations", "not-the-same", "one-product"],
)
def test_duplicates(groups, left):
    for given_order in (groups, groups[::-1]):
        built = list(build(group_of(candidate, names) for candidate, names in given_order))
        assert sorted(each.asn["asn_id"] for each in built) == left
    if groups[0][0] == groups[-1][0]:
        assert len(built[0].members) == 2


def test_duplicates_of_members_in_two_roles():
    groups = [group_of("o001", "a"), group_of("a3001", "a"), group_of("c1000", "a")]
    for group, other in zip(groups, ["selfcal", "selfcal", "psf"], strict=True):
        exposure = group["members"][0]["exposure"]
        group |= {"stage": 2, "product": "exposure"}
        group["members"].append({"exptype": other, "exposure": exposure})
    assert sorted(each.asn["asn_id"] for each in build(groups)) == ["c1000", "o001"]


def alike(*sciences, asn_type="image3", background=(), **values):
    """Return the groups of one product, each of the exposures that a word's letters name."""
    groups = [group_of("o001", names, asn_type, visit_id=names, **values) for names in sciences]
    for group in groups:
        group["members"] += [
            {"exptype": "background", "exposure": {"filename": f"{name}_uncal.fits"}} for name in background
        ]
    return groups


@pytest.mark.parametrize(
    ("groups", "left", "says"),
    [
        (alike("ab", "abc"), ["abc"], []),
        (alike("ab", "bcd"), ["bcd"], ["science that only a dropped one has: 'a_cal.fits'"]),
        (alike("ab", "c"), ["ab", "c"], ["2 associations make this product", "they differ in visit_id"]),
        (alike("ab", "cd"), ["ab", "cd"], ["2 associations make this product"]),
        (alike("ab", "bc"), ["ab", "bc"], ["2 associations make this product"]),
        # What only companions share is no reason to lose science.
        (alike("ab", "c", background="x"), ["ab", "c"], ["2 associations make this product"]),
        # Two pipelines: the larger association has the name.
        (
            [*alike("ab"), *alike("c", asn_type="coron3")],
            ["ab"],
            ["science that only a dropped one has: 'c_cal.fits'"],
        ),
    ],
    ids=["within", "overlapping", "apart", "apart-alike", "of-one-size", "companions", "types"],
)
def test_no_science_is_lost_in_silence(groups, left, says):
    for given_order in (groups, groups[::-1]):
        said = []
        built = list(build(given_order, say=said.append))
        have = ["".join(m["expname"][0] for m in each.members if m["exptype"] == "science") for each in built]
        assert sorted(have) == left
        assert len(said) == bool(says)
        assert all(words in said[0] for words in says)


def test_products_that_differ_in_the_detector_are_named_by_it():
    groups = [*alike("ab", detector="nrca1"), *alike("cd", detector="nrca3")]
    said = []
    names = {each.product["name"] for each in build(groups, say=said.append)}
    assert names == {"jw00001-o001_t001_miri_f770w-nrca1", "jw00001-o001_t001_miri_f770w-nrca3"}
    assert said == []
    [alone] = build(groups[:1])
    assert alone.product["name"] == "jw00001-o001_t001_miri_f770w"
    # A template is the user's own.
    list(build(groups, product_name="{target}", say=said.append))
    assert "they differ in visit_id and detector" in said[0]


@pytest.mark.parametrize("product", ["exposure", None])
def test_a_stage_3_product_is_never_named_by_a_member(product):
    group = group_of("o001", "ab")
    del group["product"]
    if product:
        group["product"] = product
    [built] = build([group])
    assert built.product["name"] == "jw00001-o001_t001_miri_f770w"


def test_merging_makes_no_product_of_two_sciences():
    coron = {"exp_type": "nrc_coron", "subarray": "full", "pupil": "maskrnd", "detector": "nrca2"}
    coron |= {"pntgtype": "science", "tsovisit": "f"}
    groups = [
        {**group_of("o001", "a"), "stage": 2, "asn_type": "image2", "product": "exposure"} for _ in range(2)
    ]
    for group, averaging in zip(groups, (True, False), strict=True):
        group["average_integrations"] = averaging
        group["members"] = [{"exptype": "science", "exposure": {**coron, "filename": "a_uncal.fits"}}]
    merged = list(build(groups, merge=True))
    assert sorted(each.members[0]["expname"] for each in merged) == ["a_rate.fits", "a_rateints.fits"]
    assert [len(each.members) for each in merged] == [1, 1]


def test_merging_keeps_products_that_are_named_alike_apart():
    groups = [
        {**group_of("o001", name, filter=name_of), "stage": 2, "asn_type": "image2", "product": "{filter}"}
        for name, name_of in [("a", "f1"), ("b", "f1"), ("c", "f2"), ("a", "f1"), ("d", "f1"), ("e", "f2")]
    ]
    merged = list(build(groups, merge=True))
    products = [(each.file_name, one["name"]) for each in merged for one in each.asn["products"]]
    assert len(set(products)) == len(products) == 5
    assert all(len(one["members"]) == 1 for each in merged for one in each.asn["products"])
    assert len(merged) == 3


def test_merging_keeps_the_other_role_of_a_file_that_finds_bad_pixels():
    plain = {**group_of("o001", "ab"), "stage": 2, "asn_type": "spec2", "product": "exposure"}
    plain["members"][1]["exptype"] = "background"
    selfcal = {**plain, "members": [*plain["members"], {**plain["members"][1], "exptype": "selfcal"}]}
    [merged] = build([plain, selfcal], merge=True)
    assert [each["exptype"] for each in merged.members] == ["science", "background", "selfcal"]


# Finishing


def member(expname, exptype="science", **exposure):
    return Member(f"{expname}.fits", exptype, exposure=exposure)


def draft(*members, **values):
    head = head_of({**group_of("o001", ""), "values": values, "product": "exposure"})
    return Draft(head, members)


def shown(drafts):
    return [[(each.expname.removesuffix(".fits"), each.exptype) for each in one.members] for one in drafts]


SLIT, SHUTTER = "nrs_fixedslit", "nrs_msaspec"


@pytest.mark.parametrize(
    ("exp_type", "science", "background", "overlap"),
    [
        ("mir_lrs-fixedslit", {"patt_num": 1}, {"patt_num": 1}, False),
        ("mir_lrs-fixedslit", {"targetid": "1"}, {"targetid": "2"}, False),
        # Positions 1 and 2, 3 and 4... of two subpixel steps each are at one primary position.
        (SLIT, {"numdthpt": 6, "patt_num": 1, "subpxpts": 2}, {"patt_num": 2, "subpxpts": 2}, True),
        (SLIT, {"numdthpt": 6, "patt_num": 2, "subpxpts": 2}, {"patt_num": 3, "subpxpts": 2}, False),
        (SLIT, {"numdthpt": 3, "patt_num": 1, "subpxpts": 1}, {"patt_num": 2, "subpxpts": 1}, False),
        (SLIT, {"numdthpt": 3, "patt_num": 2, "subpxpts": 1}, {"patt_num": 2, "subpxpts": 1}, True),
        (SLIT, {"numdthpt": 3, "patt_num": 1, "subpxpns": 1}, {"patt_num": 2, "subpxpns": 1}, False),
        (SHUTTER, {"numdthpt": 3, "patt_num": 1, "subpxpts": 1}, {"patt_num": 3, "subpxpts": 1}, False),
        (SHUTTER, {"numdthpt": 3, "patt_num": 3, "subpxpts": 1}, {"patt_num": 3, "subpxpts": 1}, True),
        # Not known: a slit then has no backgrounds, shutters have.
        (SLIT, {"patt_num": 1, "subpxpts": 1}, {"patt_num": 2, "subpxpts": 1}, True),
        (SLIT, {"numdthpt": 3, "subpxpts": 1}, {"patt_num": 2, "subpxpts": 1}, True),
        (SLIT, {"numdthpt": 3, "patt_num": 1}, {"patt_num": 2, "subpxpts": 1}, True),
        (SLIT, {"numdthpt": "x", "patt_num": 1, "subpxpts": 1}, {"patt_num": 2, "subpxpts": 1}, True),
        (SLIT, {"numdthpt": 3, "patt_num": 1, "subpxpts": 0}, {"patt_num": 2, "subpxpts": 1}, True),
        (SHUTTER, {"patt_num": 1, "subpxpts": 1}, {"patt_num": 2, "subpxpts": 1}, False),
        (SHUTTER, {}, {}, False),
        # Another target is never a background.
        (SHUTTER, {"targetid": "1"}, {"targetid": "2"}, True),
        (
            SLIT,
            {"targetid": "1", "numdthpt": 3, "patt_num": 1, "subpxpts": 1},
            {"targetid": "2", "patt_num": 2, "subpxpts": 1},
            True,
        ),
    ],
)
def test_nods_overlap(exp_type, science, background, overlap):
    one = member("a", exp_type=exp_type, **{name: str(value) for name, value in science.items()})
    other = member("b", exp_type=exp_type, **{name: str(value) for name, value in background.items()})
    assert nods_overlap(one.exposure, other.exposure) is overlap


@pytest.mark.parametrize(
    ("slit", "points", "places", "overlap"),
    [
        ("s1600a1", 5, (1, 2), True),
        ("s1600a1", 5, (2, 1), True),
        ("s1600a1", 5, (1, 3), False),
        ("s1600a1", 3, (1, 2), False),
        ("s200a1", 5, (1, 2), False),
        (None, 5, (1, 2), False),
    ],
)
def test_five_nods_in_the_wide_slit_overlap_with_their_neighbours(slit, points, places, overlap):
    one, other = (
        member(
            "ab"[at],
            exp_type=SLIT,
            fxd_slit=slit,
            numdthpt=str(points),
            patt_num=str(place),
            subpxpts="1",
        )
        for at, place in enumerate(places)
    )
    assert nods_overlap(one.exposure, other.exposure) is overlap


def test_split_nods():
    nods = [member(name, exp_type="mir_lrs-fixedslit", patt_num=name) for name in "12"]
    others = [member("tacq", "target_acquisition")]
    assert shown(split_nods(draft(*nods, *others))) == [
        [("1", "science"), ("2", "background"), ("tacq", "target_acquisition")],
        [("2", "science"), ("1", "background"), ("tacq", "target_acquisition")],
    ]
    at_one_place = [member(name, exp_type=SLIT, numdthpt="4", patt_num=name, subpxpts="2") for name in "123"]
    assert shown(split_nods(draft(*at_one_place))) == [
        [("1", "science"), ("3", "background")],
        [("2", "science"), ("3", "background")],
        [("3", "science"), ("1", "background"), ("2", "background")],
    ]


def imprint(name, targetid="1", bkgdtarg="f", **more):
    return member(name, "imprint", targetid=targetid, bkgdtarg=bkgdtarg, **more)


def science(name, targetid="1", bkgdtarg="f", **more):
    return member(name, targetid=targetid, bkgdtarg=bkgdtarg, **more)


@pytest.mark.parametrize(
    ("members", "kept"),
    [
        ([science("s"), imprint("i")], "i"),
        ([science("s"), imprint("i", "2")], "i"),
        ([science("s"), imprint("i", "2"), imprint("j")], "j"),
        ([science("s"), imprint("i", "2"), imprint("j", "3")], "ij"),
        ([science("s", dithptin="2"), imprint("i", dithptin="1"), imprint("j", dithptin="2")], "j"),
        ([science("s", dithptin="2"), imprint("i", dithptin="1"), imprint("j", dithptin="3")], "ij"),
        ([science("s", dithptin="2"), imprint("i"), imprint("j")], "ij"),
        (
            [
                *(science(name, dithptin=place) for name, place in ("s1", "t2")),
                *(imprint(name, dithptin=place) for name, place in ("i1", "j3")),
            ],
            "ij",
        ),
        ([science("s"), imprint("i", "2", "t"), imprint("j")], "ij"),
        ([science("s", bkgdtarg="t"), imprint("i", "1", "t"), imprint("j", "1", "f")], "ij"),
        ([science("s"), member("i", "imprint"), imprint("j", "2"), imprint("k")], "ik"),
        ([science("s"), member("b", "background", targetid="2", bkgdtarg="t"), imprint("i", "2")], "i"),
        ([science("s")], ""),
    ],
)
def test_prune_imprints(members, kept):
    [after] = shown(prune_imprints(draft(*members)))
    assert "".join(name for name, exptype in after if exptype == "imprint") == kept
    assert [each for each in after if each[1] != "imprint"] == [
        (each.expname.removesuffix(".fits"), each.exptype) for each in members if each.exptype != "imprint"
    ]


def direct(name, **attributes):
    return member(name, "direct_image", filename=f"{name}_uncal.fits", targetid=name, **attributes)


@pytest.mark.parametrize("shared", [{"instrume": "niriss"}, {}])
def test_direct_image(shared):
    image = direct("a", filter="F200W", pupil="CLEAR", instrume="NIRISS")
    made = shown(add_direct_image(draft(member("s"), image, target="7", **shared)))
    name = "jw00001-o001_t007_niriss_clear-f200w"
    assert made == [
        [
            ("s", "science"),
            (f"{name}_i2d", "direct_image"),
            (f"{name}_cat.ecsv", "sourcecat"),
            (f"{name}_segm", "segmap"),
        ]
    ]


def test_no_direct_image_no_association():
    assert add_direct_image(draft(member("s"))) == []
    assert add_direct_image(draft(direct("d"))) == []


def test_nod_backgrounds():
    two = [member("a_cal"), member("b_cal"), member("t", "target_acquisition")]
    assert shown(add_nod_backgrounds(draft(*two))) == [
        [
            ("a_cal", "science"),
            ("b_cal", "science"),
            ("t", "target_acquisition"),
            ("a_x1d", "background"),
            ("b_x1d", "background"),
        ]
    ]
    assert shown(add_nod_backgrounds(draft(two[0]))) == [[("a_cal", "science")]]


@pytest.mark.parametrize("name", FINISHES)
def test_finishing_changes_no_draft_in_place(name):
    members = [science("s"), science("t"), imprint("i"), imprint("j", "2"), direct("d")]
    random.Random(0).shuffle(members)
    before = draft(*members)
    same = copy.deepcopy(before)
    assert FINISHES[name](before)
    assert before == same


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("asn_type", "../x"),
        ("asn_type", "a\nb"),
        ("program", "1\x1b[2J"),
        ("candidate.id", "o/1"),
        ("program", "1\n"),
    ],
)
def test_names_that_are_no_part_of_a_files_name_are_refused(path, value):
    group = copy.deepcopy(GROUPS[0])
    place = group
    *parents, last = path.split(".")
    for parent in parents:
        place = place[parent]
    place[last] = value
    assert check_group(group) == f"$.{path}: {value!r} cannot be part of a file name"
    assert not validator("group").is_valid(group)


def test_a_group_without_science_is_refused():
    group = copy.deepcopy(GROUPS[0])
    group["members"] = [{**member, "exptype": "background"} for member in group["members"]]
    assert check_group(group) == "$.members: none has the exptype science; an association needs one"
    assert not validator("group").is_valid(group)
