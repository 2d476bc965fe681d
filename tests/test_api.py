"""The functions for scripts give what the commands write."""

from __future__ import annotations

import copy
import io
import json
import re
import subprocess
from pathlib import Path

import pytest
from samples import ASN, LINE

from asntools import api
from asntools.api import (
    AssociationError,
    build,
    dump_asn,
    edit,
    format,
    generate,
    load_asn,
    match,
    read_pool,
    validate,
)
from asntools.edit import add_members, add_product, create, merge, remove_members, rename_product
from asntools.match import load_rules, select_rules
from asntools.pool import read_files

POOL = str(Path(__file__).parent / "data" / "pool.csv")

pytestmark = pytest.mark.usefixtures("at_once")


def written(line, *files, stdin=b""):
    done = subprocess.run([*line, *files], input=stdin, capture_output=True, check=False)
    assert done.returncode in {0, 1}
    return done.stdout


def records(data):
    return [json.loads(line) for line in data.splitlines()]


@pytest.fixture(scope="module")
def exposures():
    return read_pool(POOL)


@pytest.fixture(scope="module")
def associations(exposures):
    return build(match(exposures, rule=["image2", "image3"]))


def test_a_pool_is_read_as_by_asn_pool(exposures):
    assert exposures == records(written(["asn-pool"], POOL))


@pytest.mark.parametrize(
    ("named", "options"),
    [
        ({}, []),
        ({"rule": "image3"}, ["--rule", "image3"]),
        ({"rule": ["image2", "Asn_Lv3*"]}, ["--rule", "image2", "--rule", "Asn_Lv3*"]),
        ({"candidate": "o001"}, ["--candidate", "o001"]),
        ({"all_candidates": True}, ["--all-candidates"]),
        ({"discover": True}, ["--discover"]),
    ],
)
def test_exposures_are_grouped_as_by_asn_match(named, options, exposures):
    assert match(exposures, **named) == records(
        written(["asn-match", *options], stdin=written(["asn-pool"], POOL))
    )


@pytest.mark.parametrize(
    ("named", "options"),
    [({}, []), ({"merge": True}, ["--merge"]), ({"version_id": "mine"}, ["--version-id", "mine"])],
)
def test_associations_are_built_as_by_asn_build(named, options, exposures):
    lines = written(["asn-match"], stdin=written(["asn-pool"], POOL))
    assert build(match(exposures), **named) == records(written(["asn-build", *options], stdin=lines))


@pytest.mark.parametrize(
    ("named", "options"),
    [
        ({}, []),
        ({"jobs": 2, "version_id": "mine", "unsorted": True}, ["--version-id", "mine"]),
        ({"rule": "level2", "merge": True}, ["--rule", "level2", "--merge"]),
        ({"candidate": ["o001", "o002"]}, ["--candidate", "o001", "--candidate", "o002"]),
        ({"discover": True, "product_name": "{program}-x"}, ["--discover", "--product-name", "{program}-x"]),
    ],
)
@pytest.mark.filterwarnings("ignore:01523-x")
def test_associations_are_generated_as_by_asn_generate(named, options, exposures):
    want = records(written(["asn-generate", *options], POOL))
    assert list(generate(POOL, **named)) == want
    # Records that a script has made need not be in normal form.
    by_hand = [{**record, "PROGRAM": f"0{record['program']}"} for record in exposures]
    for record in by_hand:
        del record["program"]
    assert list(generate(by_hand, **named)) == want


def test_associations_come_one_by_one(exposures):
    made = generate(exposures[:1])
    assert not isinstance(made, list)
    with pytest.raises(AssociationError, match=r"missing\.csv: cannot open"):
        list(generate([POOL, "missing.csv"]))
    with pytest.raises(AssociationError, match="imgae3"):
        generate(POOL, rule="imgae3")  # before the first is asked for


def test_what_is_worth_a_remark_is_a_warning():
    with pytest.warns(UserWarning, match="no exposure is in candidate 'c9999'"):
        assert list(generate(POOL, candidate="c9999")) == []


def test_matching_says_what_asn_match_says(exposures):
    with pytest.warns(UserWarning, match=r"^no exposure is in candidate 'o999'; the candidates are o001"):
        assert match(exposures, candidate="o999") == []
    with pytest.warns(UserWarning, match="exposure has targetid, which Asn_Lv3Image, "):
        assert match([{**each, "targetid": None} for each in exposures])


def test_one_group_or_many(exposures):
    groups = match(exposures, rule="image3")
    assert len(groups) > 1
    assert build(groups[0]) == build(groups[:1])


@pytest.mark.parametrize("to", ["json", "jsonl", "yaml", "table", "csv", "tree"])
def test_associations_are_shown_as_by_asn_fmt(to, associations):
    lines = "".join(f"{json.dumps(asn)}\n" for asn in associations).encode()
    assert format(associations, to) == written(["asn-fmt", "--to", to], stdin=lines).decode()
    assert format(associations[0], to) == format(associations[:1], to)


def test_an_unknown_form_is_refused():
    with pytest.raises(ValueError, match="unknown format 'xml'; the formats are json, jsonl, yaml, table"):
        format(ASN, "xml")


def test_findings_are_those_of_asn_validate(associations):
    assert not [finding for finding in validate(associations) if finding.code < "ASN2"]
    bad = copy.deepcopy(associations[0])
    bad["products"][0]["members"][0]["exptype"] = "sience"
    del bad["asn_type"]
    told = written(["asn-validate", "--format", "jsonl"], stdin=json.dumps(bad).encode())
    codes = sorted(record["code"] for record in records(told))
    assert codes
    assert sorted(finding.code for finding in validate(bad)) == codes
    assert sorted(finding.code for finding in validate([bad])) == codes


def test_edits_of_one_and_of_many():
    before = copy.deepcopy(ASN)
    one = edit(ASN, add_members, ["x_cal.fits"], exptype="background")
    assert one == add_members(ASN, ["x_cal.fits"], "background")
    assert edit([ASN, ASN], add_members, ["x_cal.fits"], exptype="background") == [one, one]
    assert edit(iter([ASN]), rename_product, "jw1_é", "new")[0]["products"][0]["name"] == "new"
    assert before == ASN


@pytest.mark.parametrize("text", [LINE, f"\n {LINE}", json.dumps(ASN, indent=4)])
def test_the_text_of_an_association_is_not_taken_for_a_name(text):
    told = r"the text of an association, not a file name; read it with load_asn\(io.StringIO\(text\)\)"
    with pytest.raises(AssociationError, match=told):
        load_asn(text)
    assert load_asn(io.StringIO(text), validate=False) == ASN


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("asn_type: image3\nproducts: []\n", r"the text of .* load_asn\(io.StringIO\(text\)\)"),
        (LINE.encode(), r"the text of .* load_asn\(io.BytesIO\(text\)\)"),
        ([ASN], "neither a file name nor an open file: list"),
        (None, "neither a file name nor an open file: NoneType"),
    ],
)
def test_what_is_neither_a_name_nor_a_file_is_refused(source, told):
    with pytest.raises(AssociationError, match=told):
        load_asn(source)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (Path(POOL).read_text(), r"the text of a pool, .*; read it with read_pool\(io.StringIO\(text\)\)"),
        (Path(POOL).read_bytes(), r"the text of a pool, .*; read it with read_pool\(io.BytesIO\(text\)\)"),
        ('{"filename": "a_uncal.fits"}', "the text of a pool, not a file name"),
        ("a|b\rc|d", "the text of a pool, not a file name"),
        ("", "expected a file name, but it is empty"),
        ([POOL], "neither a file name nor an open file: list"),
        ({"filename": "a"}, "already a pool, not a file name"),
    ],
)
def test_what_is_no_file_is_not_taken_for_a_pool(source, told):
    with pytest.raises(AssociationError, match=told):
        read_pool(source)


def test_a_pool_is_read_from_text_too(exposures):
    with open(POOL) as text:
        assert read_pool(text) == exposures
    read = read_pool(io.StringIO(Path(POOL).read_text()))
    assert [exposure.pop("asn_pool") for exposure in read] == ["none"] * len(exposures)
    assert all({**exposure, "asn_pool": "pool.csv"} in exposures for exposure in read)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "add-member",
            "expected a function of asntools.edit, not 'add-member'; did you mean 'add_members'",
        ),
        (None, "expected a function of asntools.edit, not None; they are add_members"),
        ("dedupe", "give the function itself: from asntools.edit import dedupe"),
        ("merge", "merge does not change a single association; call asntools.edit.merge directly"),
        (merge, "merge does not change a single association; call asntools.edit.merge directly"),
    ],
)
def test_the_name_of_a_change_is_no_change(change, told):
    with pytest.raises(AssociationError, match=told):
        edit(ASN, change)


@pytest.mark.parametrize("function", [validate, format, build, match])
def test_what_holds_no_dicts_is_refused(function):
    with pytest.raises(AssociationError, match="expected dicts, not NoneType"):
        function(None)
    with pytest.raises(AssociationError, match="expected dicts, but the value at 1 is of type list"):
        function([ASN, [ASN]])


def test_one_file_of_rules_is_a_list_of_one(exposures, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: {Mine: {stage: 3, asn_type: image3, same: [program]}}\n")
    mine = match(exposures, rules=rules, default_rules=False)
    assert mine
    assert match(exposures, rules=str(rules), default_rules=False) == mine


@pytest.mark.parametrize(
    "function", [validate, format, build, match, lambda value: edit(value, add_members, [], "psf")]
)
@pytest.mark.parametrize("name", ["asn.json", Path("asn.json")])
def test_the_name_of_a_file_is_not_taken_for_what_it_holds(function, name):
    with pytest.raises(AssociationError, match=r"expected dicts, but 'asn\.json' is text or a file name"):
        function(name)


def test_one_name_is_a_list_of_one():
    added = add_members(ASN, "x_cal.fits", "background")
    assert added == add_members(ASN, ["x_cal.fits"], "background")
    assert remove_members(added, "x_cal.fits") == ASN
    assert merge(ASN) == merge([ASN])
    rules = load_rules()
    assert select_rules(rules, "image2") == select_rules(rules, ["image2"])


def test_members_are_given_by_role_or_in_pairs():
    pairs = [("science", "a_cal.fits"), ("science", "b_cal.fits"), ("psf", "c_cal.fits")]
    by_role = {"science": ["a_cal.fits", "b_cal.fits"], "psf": "c_cal.fits"}
    made = create("image3", pairs, product="p")
    assert [tuple(member.values())[::-1] for member in made["products"][0]["members"]] == pairs
    assert create("image3", by_role, product="p") == made
    assert create("image3", {"science": Path("a_cal.fits")}, product="p", program=12)["program"] == "00012"
    assert add_product(made, "q", by_role) == add_product(made, "q", pairs)


def test_now_is_the_time_of_a_version_id(exposures):
    groups = match(exposures, rule="image3")
    assert re.fullmatch(r"\d{8}t\d{6}", build(groups, version_id="now")[0]["version_id"])
    assert next(iter(generate(exposures, rule="image3", version_id="Mine")))["version_id"] == "mine"


def test_an_association_is_not_taken_for_a_name():
    with pytest.raises(AssociationError, match="already an association, not a file name"):
        load_asn(ASN)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: read_pool("missing.csv"), "missing.csv: cannot open: no such file or directory"),
        (lambda: match([{"program": "1"}]), "filename"),
        (lambda: match([], rule="imgae3"), "imgae3"),
        (lambda: list(generate([{"filename": "x.fits"}])), r"exposures\[0\]: program is not specified"),
        (lambda: list(generate([{}, "pool.csv"])), r"exposures\[0\]: filename is not specified"),
        (lambda: build([{"rule": "x"}]), r"groups\[0\]"),
        (lambda: merge([{}]), "products"),
        (
            lambda: merge("asn.json"),
            "merge: associations must be a dict or a list of dicts, not 'asn.json'; read the file first",
        ),
        (lambda: match([{"filename": "x", "program": "1", "nints": Path()}]), "nints: a number; expected"),
        (lambda: match([], candidate="o001", discover=True), "one of candidates, all_candidates and disc"),
        (
            lambda: match([], all_candidates=True, discover=True),
            "only one of candidates, all_candidates and discover",
        ),
        (lambda: match([], candidate=1), "expected one or several texts, not int"),
        (lambda: build([], version_id="x y"), "'x y' is not a version id"),
        (lambda: list(generate([], version_id=3)), "generate: version_id must be a text or None, not 3"),
        (lambda: dump_asn(ASN, 3), "neither a file name nor an open file: int"),
        (
            lambda: read_files(Path(POOL).read_text()),
            r"the text of a pool, .*; read it with read_pool\(io.StringIO",
        ),
        (
            lambda: create("image3", ["a_cal.fits"], product="p"),
            "create: roles must be a dict or a list of pairs, not a list of str",
        ),
    ],
)
def test_bad_input_is_an_association_error(call, told):
    with pytest.raises(AssociationError, match=told):
        call()


def test_every_function_is_documented_and_typed():
    for name in api.__all__:
        function = getattr(api, name)
        assert function.__doc__
        assert isinstance(function, type) or "return" in function.__annotations__
