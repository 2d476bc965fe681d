"""asn-validate: its codes, its checks as functions, and what it does with input of any kind."""

from __future__ import annotations

import io
import json
import os
import re
import time
import tomllib
from pathlib import Path

import inprocess
import pytest
import yaml
from golden import cases
from hypothesis import given
from hypothesis import strategies as st

from asntools.common.faults import Fault
from asntools.jwst.asn_types import PIPELINE_TYPES, RULE_TYPES, stage_of, types_of_rule
from asntools.jwst.exptypes import KNOWN_EXPTYPES, known_exptype, nearest_exptype
from asntools.jwst.levels import PIPELINES
from asntools.validate.across import AcrossAssociations
from asntools.validate.cli import build_parser
from asntools.validate.codes import (
    CODES,
    CODES_OF_KINDS,
    ERROR,
    NOTE,
    WARNING,
    wanted_codes,
)
from asntools.validate.findings import Finding, folded, json_path
from asntools.validate.meaning import check_meaning
from asntools.validate.products import products_of
from asntools.validate.reporters import Checked, Unread
from asntools.validate.run import Validation, check_association

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"ASN\d{3}")


def association(asn_type="image3", *members, **keywords):
    """Return a valid association of one product, or one with these members and keywords."""
    suffix = "rate" if asn_type.endswith("2") else "cal"
    chosen = members or ((f"jw01234001001_02101_00001_nrcalong_{suffix}.fits", "science"),)
    return {
        "asn_type": asn_type,
        "asn_rule": "my_rule",
        "program": "01234",
        "asn_id": "o001",
        "asn_pool": "pool.csv",
        "products": [
            {"name": "mosaic", "members": [{"expname": name, "exptype": role} for name, role in chosen]}
        ],
    } | keywords


def plain(asn_type):
    """Return a valid association of a type, made from the table of what its pipeline reads."""
    reads = PIPELINES[asn_type].reads
    roles = [role for role in reads if role in ("science", "psf")]
    if asn_type == "wfs-image3":
        roles.append("science")
    members = [(f"jw{number}_{reads[role][0]}.fits", role) for number, role in enumerate(roles)]
    return association(asn_type, *members)


def codes(findings):
    return [finding.code for finding in findings]


def validate(*sources, **options):
    """Return the events of a run over (name, bytes) pairs, and the faults that it reports."""
    faults = []
    inputs = [(name, io.BytesIO(data)) for name, data in sources]
    return list(Validation(faults.append, **options).check(inputs)), faults


# The table of codes.


def test_every_code_is_in_a_golden_case():
    said = set()
    for case in cases("asn-validate"):
        if case.path.stem != "list-codes":
            said |= set(CODE.findall(case.expected["stdout"]))
    assert said == set(CODES)


def test_kinds_of_syntax_faults_have_codes():
    kinds = list(CODES_OF_KINDS)
    assert len(kinds) > 20
    assert set(CODES_OF_KINDS.values()) <= set(CODES)
    source = "".join(path.read_text() for path in (ROOT / "asntools" / "asn").glob("*.py"))
    assert [kind for kind in kinds if f'"{kind}"' not in source and kind not in ("unquoted-value",)] == []
    assert CODES_OF_KINDS["trailing-comma"] == "ASN002"


def test_codes_have_a_severity_a_sentence_and_a_hint():
    for code, about in CODES.items():
        assert CODE.fullmatch(code)
        assert about.severity in (ERROR, WARNING, NOTE)
        assert about.sentence[0].islower()
        assert not about.sentence.endswith(".")
        assert about.hint or about.severity == NOTE, code


def test_manual_page_has_every_code_and_option():
    page = (ROOT / "man" / "asn-validate.1").read_text().replace("\\-", "-")
    table = page[page.index(".SH CODES") : page.index(".SH EXIT STATUS")]
    for code, about in CODES.items():
        assert f"{code}\t{about.severity}\t{about.sentence}\n" in table
    assert len(CODE.findall(table)) == len(CODES)
    options = page[page.index(".SH OPTIONS") : page.index(".SH CODES")]
    for action in build_parser()._actions:
        for option in action.option_strings:
            assert re.search(rf"{re.escape(option)}\b", options), option


def test_pre_commit_hook_runs_an_installed_command():
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert hook["entry"].split()[0] in scripts
    matched = [name for name in HOOK_FILES if re.search(hook["files"], name)]
    assert matched == HOOK_FILES[:3]
    # The manual has one that needs no address.
    page = (ROOT / "man" / "asn-validate.1").read_text().replace("\\-", "-").replace("\\e", "\\")
    [config] = re.findall(r"^repos:.*?(?=^\.RE)", page, re.MULTILINE | re.DOTALL)
    [[local]] = [repo["hooks"] for repo in yaml.safe_load(config)["repos"]]
    assert (local["entry"].split()[0], local["files"]) == (hook["entry"], hook["files"])


HOOK_FILES = [
    "jw1-o001_image3_00001_asn.json",
    "deep/mosaic_asn.json",
    "asn/my_asn.yaml",
    "package.json",
    "asn.csv",
]


def test_selection_takes_starts_of_codes_in_any_case():
    chosen = wanted_codes(["asn2"], ["ASN20"])
    assert "ASN210" in chosen
    assert "ASN201" not in chosen
    assert "ASN301" not in chosen


def test_selection_keeps_faults_of_syntax_unless_they_are_ignored():
    assert "ASN002" in wanted_codes(["ASN2"])
    assert "ASN002" not in wanted_codes(["ASN2"], ["ASN002"])


@pytest.mark.parametrize("prefix", ["", "ASN9", "ASN2011", "E501"])
def test_selection_refuses_what_is_no_code(prefix):
    with pytest.raises(Fault):
        wanted_codes([prefix])


@pytest.mark.parametrize(
    ("severity", "lenient", "strict"), [(ERROR, True, True), (WARNING, False, True), (NOTE, False, False)]
)
def test_what_makes_the_answer_negative(severity, lenient, strict):
    for code, about in CODES.items():
        if about.severity == severity:
            assert Finding(code, "").fails(strict=False) is lenient
            assert Finding(code, "").fails(strict=True) is strict


def test_json_path():
    assert json_path(("products", 0, "a key", "it's")) == r"$.products[0]['a key']['it\'s']"


# Exptypes and types.


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("sceince", "science"),
        ("BKG", "background"),
        ("leakcal", "imprint"),
        ("target acquisition", "target_acquisition"),
        ("Source-Catalog", "sourcecat"),
        (" science", "science"),
        ("photometry", None),
        ("", None),
    ],
)
def test_nearest_exptype(text, meant):
    assert nearest_exptype(text) == meant
    assert known_exptype(text) in (None, meant)


@pytest.mark.parametrize("exptype", KNOWN_EXPTYPES)
def test_exptypes_are_accepted_in_any_case(exptype):
    assert known_exptype(exptype.upper()) == known_exptype(exptype.title()) == exptype


def test_rules_make_types_that_pipelines_take():
    for rule, types in RULE_TYPES.items():
        assert set(types) <= set(PIPELINE_TYPES)
        stage = 3 if "Lv3" in rule else 2
        assert all(name.endswith(str(stage)) for name in types), rule


@pytest.mark.parametrize(
    ("asn", "stage"),
    [
        ({"asn_type": "nrslamp-spec2"}, 2),
        ({"asn_type": "wfs-image3", "asn_rule": "Asn_Lv2Image"}, 3),
        ({"asn_type": "None", "asn_rule": "DMSLevel2bBase"}, 2),
        ({"asn_rule": "DMS_Level3_Base"}, 3),
        ({"asn_rule": "discover_Asn_Lv3Mine"}, 3),
        ({"asn_rule": "candidate_Asn_MIRLRSTAConfirm"}, 2),
        ({"asn_type": "photometry", "asn_rule": "mine"}, None),
        ({"asn_type": 3, "asn_rule": None}, None),
    ],
)
def test_stage(asn, stage):
    assert stage_of(asn) == stage


def test_unknown_rules_may_make_any_type():
    assert types_of_rule("mine") == PIPELINE_TYPES


# Checks of one association.


@pytest.mark.parametrize("asn_type", PIPELINE_TYPES)
def test_a_plain_association_of_each_type_is_valid(asn_type):
    assert codes(check_association(plain(asn_type))) == []


@pytest.mark.parametrize(
    ("asn", "expected"),
    [
        (association("image3", ("a_cal.fits", "SCIENCE")), ["ASN203"]),
        (association("image2", ("a_rate.fits", "SCIENCE")), ["ASN203"]),
        (association("image3", ("a_crf.fits", "science")), []),
        (association("image2", ("a_bsub.fits", "science")), []),
        (association("image2", ("a_ramp.fits", "science")), ["ASN216"]),
        (association("spec2", ("a_rate.fits", "science"), ("b_i2d.fits", "direct_image")), ["ASN219"]),
        (association("spec2", ("a_rate.fits", "science"), ("b_cat.ecsv", "sourcecat")), []),
        (
            association("", ("a_rate.fits", "science"), ("b_segm.fits", "segmap"), asn_rule="DMSLevel2bBase"),
            ["ASN219", "ASN231"],
        ),
        (association("image3", ("a_cal.fits.gz", "science")), []),
        (association("image3", ("a_rate.fits.gz", "science")), ["ASN216"]),
        (association("image3", ("a_calints.fits", "science")), ["ASN216"]),
        (association("image3", ("a_cal.fits", "science"), ("a_rate.fits", "background")), []),
        (association("spec3", ("a_cal.fits", "science"), ("b_x1d.fits", "background")), []),
        (association("spec3", ("a_cal.fits", "science"), ("b_s3d.fits.gz", "background")), ["ASN216"]),
        (association("spec2", ("a_rate.fits", "science"), ("b_uncal.fits", "selfcal")), ["ASN216"]),
        (association("spec2", ("a_rate.fits", "science"), ("b_x1d.fits", "imprint")), ["ASN216"]),
        (association("tso3", ("a-seg001_cal.fits", "science")), ["ASN216"]),
        (association("spec2", ("a_rate.fits", "science"), ("b_x1d.fits", "LEAKCAL")), ["ASN204", "ASN216"]),
        (association("image3", ("https://x.org/a_cal.fits", "science")), ["ASN226"]),
        (association("image3", ("data/a_cal.fits", "science")), ["ASN217"]),
        (association("tso3", ("a-seg001_crfints.fits", "science")), []),
        (association("ami3", ("a_cal.fits", "science"), ("b_calints.fits", "psf")), []),
        (association("coron3", ("a_calints.fits", "science"), ("b_cal.fits", "psf")), ["ASN216"]),
        (association("None", ("a_rate.fits", "science"), asn_rule="DMS_Level3_Base"), ["ASN216", "ASN231"]),
        (association("None", ("a_cal.fits", "science"), asn_rule="DMS_Level3_Base"), ["ASN231"]),
        (association("tso3", ("a-seg001_rateints.fits", "science")), ["ASN216"]),
        (association("image3", ("my.galaxy.fits", "science")), []),
        (association(asn_id="c1001"), []),
        (association(asn_id="o1001"), ["ASN240"]),
        (association(asn_id="o\u0661\u0662\u0663"), ["ASN240"]),
        (association(version_id="20260101t000000"), []),
        (association(version_id="20261301t000000"), ["ASN241"]),
        (association(version_id="mytestid"), []),
        (association(version_id="NULL"), []),
        (association(version_id="my/id"), ["ASN241"]),
        (association(program="7311.0"), ["ASN242"]),
        (association(program="abc"), ["ASN242"]),
        (association(program="noprogram"), []),
        (association(target="t1.0"), ["ASN243"]),
        (association(target="M 31"), []),
        (association(target="M31 "), ["ASN244"]),
        (association(target=""), []),
        (association(asn_pool="pool.csv\r", asn_rule="\tDMS_Level3_Base"), ["ASN244", "ASN244"]),
        (association(asn_rule="candidate_Asn_Lv2Image"), ["ASN232"]),
        (association("wfs-image2", asn_rule="candidate_Asn_Lv2WFSC"), []),
        (association(asn_type="user_built"), ["ASN231"]),
        ({"products": None}, ["ASN103", "ASN105", "ASN105", "ASN231"]),
        ({"asn_type": "image", "asn_rule": "DMS_ELPP_Base", "products": [{}]}, ["ASN102", "ASN233"]),
        ({"products": [{"members": [{}]}]}, ["ASN102", "ASN102", "ASN105", "ASN105", "ASN221", "ASN231"]),
        ({}, ["ASN102"]),
    ],
)
def test_codes_of_associations(asn, expected):
    assert sorted(codes(check_association(asn))) == expected


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("jw01234-o001_image3_00001_asn.json", []),
        ("jw1234-o001_20260101t000000_image3_00001_asn.json", []),
        ("jw01234-o001_image3_001_asn.json", []),
        ("jw01235-o001_image3_00001_asn.json", ["ASN250"]),
        ("jw01234-o002_image3_00001_asn.json", ["ASN251"]),
        ("jw01234-o001_wfs-image3_00001_asn.json", ["ASN252"]),
        ("jw01235-c1000_spec2_00001_asn.yaml", ["ASN250", "ASN251", "ASN252"]),
        ("mosaic_asn.json", []),
    ],
)
def test_file_names(file_name, expected):
    assert codes(check_meaning(association(), [], file_name)) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
EXPTYPES = st.sampled_from([*KNOWN_EXPTYPES, "SCIENCE", "leakcal", "sky"])
MEMBER = st.fixed_dictionaries({}, optional={"expname": st.text() | JSON, "exptype": EXPTYPES | JSON})
PRODUCT = st.fixed_dictionaries({}, optional={"name": st.text() | JSON, "members": st.lists(MEMBER | JSON)})
ASSOCIATION = st.fixed_dictionaries(
    {},
    optional={
        "asn_type": st.sampled_from(PIPELINE_TYPES) | JSON,
        "asn_rule": st.sampled_from([*RULE_TYPES, "DMSLevel2bBase"]) | JSON,
        "asn_id": JSON,
        "version_id": JSON,
        "products": st.lists(PRODUCT | JSON) | JSON,
    },
)


@given(ASSOCIATION)
def test_any_object_can_be_checked_and_every_finding_is_of_a_place_in_it(asn):
    findings = [*check_association(asn, "jw01234-o001_image3_00001_asn.json")]
    findings += AcrossAssociations().check(asn, products_of(asn), "here")
    for finding in findings:
        assert finding.code in CODES
        value = asn
        for step in finding.path:
            value = value[step]


@given(ASSOCIATION)
def test_what_has_no_error_has_products_with_members(asn):
    if not any(finding.severity == ERROR for finding in check_association(asn)):
        for product in asn["products"]:
            assert any(member["exptype"].lower() == "science" for member in product["members"])


@given(st.binary(max_size=200), st.sampled_from(["a.json", "a.jsonl", "a.yaml", "<stdin>"]))
def test_any_bytes_can_be_checked(data, name):
    events, faults = validate((name, data))
    assert events[-1] == Checked(name)
    assert not faults
    assert all(event.code in CODES and event.line >= 1 and event.column >= 1 for event in events[:-1])


@given(st.text(), st.sampled_from(["a.json", "a.yaml"]))
def test_any_text_can_be_checked(text, name):
    events, faults = validate((name, text.encode("utf-8", "surrogatepass")))
    assert events[-1] == Checked(name)
    assert not faults


# Checks across associations.


def across(*asns):
    checks = AcrossAssociations()
    return [
        finding
        for number, asn in enumerate(asns)
        for finding in checks.check(asn, products_of(asn), f"asn{number}")
    ]


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [
        (("spec2", "science"), ("spec2", "background"), False),
        (("spec2", "science"), ("spec2", "imprint"), False),
        (("image2", "science"), ("coron3", "target_acquisition"), False),
        (("image2", "science"), ("coron3", "psf"), False),
        (("spec3", "science"), ("spec2", "background"), False),
        (("spec3", "science"), ("spec3", "background"), False),
        (("spec2", "selfcal"), ("spec2", "background"), False),
        (("image3", "science"), ("coron3", "psf"), False),
        (("coron3", "science"), ("coron3", "psf"), True),
        (("spec2", "background"), ("spec2", "imprint"), True),
        (("spec3", "science"), ("spec2", "imprint"), True),
        (("image3", "science"), ("coron3", "target_acquisition"), True),
        (("spec3", "background"), ("coron3", "psf"), True),
    ],
)
def test_roles_in_conflict(one, other, conflict):
    suffix = {"2": "rate", "3": "cal"}
    asns = [
        association(asn_type, (f"jw1_nrs1_{suffix[asn_type[-1]]}.fits", role))
        | {
            "products": [
                {
                    "name": asn_type + role,
                    "members": [{"expname": f"jw1_nrs1_{suffix[asn_type[-1]]}.fits", "exptype": role}],
                }
            ]
        }
        for asn_type, role in (one, other)
    ]
    assert codes(across(*asns)) == ["ASN302"] * conflict
    assert codes(across(*reversed(asns))) == ["ASN302"] * conflict


def test_catalogues_have_no_roles():
    first = association("spec2", ("jw1_cat.ecsv", "sourcecat"))
    second = association("spec2", ("jw1_i2d.fits", "direct_image"))
    second["products"][0]["name"] = "other"
    assert across(first, second) == []


def test_the_same_product_is_found_per_stage_and_says_where():
    (finding,) = across(association("image2"), association("image3"), association("spec3"))
    assert finding.code == "ASN301"
    assert finding.message == "product 'mosaic' is also made by asn1"
    assert finding.path == ("products", 0, "name")


@pytest.mark.parametrize("program", ["01234", "1234", "05678"])
@pytest.mark.parametrize("backwards", [False, True])
def test_members_that_no_stage_2_association_makes_are_found_in_any_order(program, backwards):
    made = association("image2", ("jw1_nis_rate.fits", "science"))
    made["products"][0]["name"] = "jw1_nis"
    made["program"] = program
    members = [("jw1_nis_cal.fits", "science"), ("jw2_nis_cal.fits", "science"), ("jw3_rate.fits", "dark")]
    asns = [made, association("image3", *members)]
    checks = AcrossAssociations()
    for asn in reversed(asns) if backwards else asns:
        assert list(checks.check(asn, products_of(asn), "here", 7)) == []
    found = [(finding.code, finding.members, finding.source, finding.line) for finding in checks.at_end()]
    assert found == ([("ASN303", ("jw2_nis_cal.fits",), "here", 7)] if program != "05678" else [])


def test_the_functions_for_scripts_report_what_the_command_does():
    from asntools.validate import validate as check_all

    bad = association("coron3", ("a_cal.fits", "science"), ("b_calints.fits", "psf"))
    found = list(check_all([bad, association(), association()]))
    assert [(finding.code, finding.source) for finding in found] == [
        ("ASN216", "associations[0]"),
        ("ASN301", "associations[1]"),
        ("ASN301", "associations[2]"),
    ]


def test_products_that_come_twice_in_one_association_are_its_own_affair():
    asn = association()
    asn["products"] *= 2
    assert across(asn) == []
    assert codes(check_meaning(asn, products_of(asn))) == ["ASN220", "ASN222"]


# Runs.


class Endless(io.RawIOBase):
    """One line again and again; `lines` counts how often it was read."""

    def __init__(self, line):
        super().__init__()
        self.line = line
        self.lines = 0

    def readable(self):
        return True

    def readline(self, size=-1):
        self.lines += 1
        assert self.lines < 1000, "this would never end"
        return self.line

    def __next__(self):
        return self.readline()


def test_findings_come_while_the_input_is_still_read():
    stream = Endless(json.dumps(association(asn_id="x")).encode() + b"\n")
    events = Validation(pytest.fail).check([("endless.jsonl", stream)])
    lines = [next(events).line for _ in range(100)]
    # Two findings a line from the second on: the asn_id, and the product that the first line made.
    assert lines[:4] == [1, 2, 2, 3]
    assert stream.lines < 60


def test_findings_of_bad_lines_come_before_a_good_one_does():
    stream = Endless(b'{"a": tru}\n')
    events = Validation(pytest.fail).check([("endless.jsonl", stream)])
    found = [next(events) for _ in range(100)]
    assert [(finding.code, finding.line) for finding in found] == [("ASN011", n) for n in range(1, 101)]
    # Only the line after a bad one is read before its finding comes.
    assert stream.lines == 101


def test_findings_on_many_members_are_few_and_come_soon():
    members = [(f"jw{n:06d}_rate.fits", "SCIENCE" if n % 2 else "sci") for n in range(10_000)]
    data = json.dumps(association("image3", *members), indent=1).encode()
    start = time.monotonic()
    events, _ = validate(("a.json", data))
    taken = time.monotonic() - start
    assert codes(events[:-1]) == ["ASN201", "ASN216", "ASN203"]
    assert all(
        len(finding.members) == 5_000 and "(5000 members: " in finding.message for finding in events[:-1]
    )
    assert taken < 7, f"{taken:.1f} s"


def test_findings_that_differ_or_are_of_other_products_stay_apart():
    def about(name, said, product=0, source=""):
        return Finding(
            "ASN216", f"{name!r} {said}", ("products", product, "members", 0), members=(name,), source=source
        )

    found = [
        about("a", "is x"),
        about("b", "is x"),
        about("c", "is y"),
        about("d", "is x", 1),
        about("e", "is x", 0, "s"),
    ]
    kept = folded([*found, Finding("ASN210", "no science"), Finding("ASN210", "no science")])
    assert [finding.members for finding in kept] == [("a", "b"), ("c",), ("d",), ("e",), (), ()]
    assert kept[0].message == "'a' is x (2 members: 'a' and 'b')"


def test_many_associations_take_seconds():
    data = b"".join(
        json.dumps(
            association("image3", *((f"jw{n:05d}_{m}_cal.fits", "science") for m in range(8)))
            | {"asn_id": "o001" if n % 100 else "wrong"}
        )
        .replace("mosaic", f"mosaic{n}")
        .encode()
        + b"\n"
        for n in range(4_000)
    )
    start = time.monotonic()
    events, faults = validate(("many.jsonl", data))
    taken = time.monotonic() - start
    assert codes(events[:-1]) == ["ASN240"] * 40
    assert [event.line for event in events[:-1]] == list(range(1, 4_000, 100))
    assert not faults
    assert taken < 12, f"{taken:.1f} s"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_lines_and_columns_are_those_of_the_file(ending):
    text = ending.join(["", "{", '  "asn_type": "image3",', '  "é": "😀", "products": [', "  ]", "}", ""])
    events, _ = validate(("a.json", text.encode()))
    (empty,) = [event for event in events[:-1] if event.code == "ASN104"]
    assert empty.line == 4
    assert text.split(ending)[3][empty.column - 1] == "["


def test_each_document_of_a_file_is_placed_by_its_own_line():
    documents = [association("image3", asn_id=asn_id) for asn_id in ("o001", "bad", "o003", "worse")]
    for number, document in enumerate(documents):
        document["products"][0]["name"] = str(number)
    pretty = "\n".join(json.dumps(document, indent=2) for document in documents)
    events, _ = validate(("a.json", pretty.encode()))
    height = len(json.dumps(documents[0], indent=2).splitlines())
    row = 5
    assert [event.line for event in events[:-1]] == [height + row, 3 * height + row]


def test_a_read_that_fails_is_a_fault_and_no_finding():
    class Broken(io.BytesIO):
        def __next__(self):
            raise OSError(5, "Input/output error")

    faults = []
    events = list(Validation(faults.append).check([("a.json", Broken())]))
    assert events == [Unread("a.json", "cannot read: input/output error"), Checked("a.json")]
    assert [str(fault) for fault in faults] == ["a.json: cannot read: input/output error"]


# Files.


def test_presence_of_links_folders_and_odd_names(tmp_path):
    (tmp_path / "here_cal.fits").touch()
    (tmp_path / "link_cal.fits").symlink_to("here_cal.fits")
    (tmp_path / "dead_cal.fits").symlink_to("gone_cal.fits")
    (tmp_path / "folder_cal.fits").mkdir()
    names = ["here_cal.fits", "link_cal.fits", "dead_cal.fits", "folder_cal.fits", "nul\0_cal.fits"]
    (tmp_path / "asn.json").write_text(
        json.dumps(association("image3", *((name, "science") for name in names)))
    )
    options = ("--files", "--format", "jsonl", "--select", "ASN40")
    status, out, _ = inprocess.run("asn-validate", *options, str(tmp_path / "asn.json"))
    assert status == 1
    found = [json.loads(line) for line in out.splitlines()]
    assert [record["code"] for record in found] == [
        "ASN402",
        "ASN403",
        "ASN403",
        "ASN401",
        "ASN401",
        "ASN401",
    ]
    assert "3 of 5 files missing" in found[0]["message"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may search every folder")
def test_a_folder_that_may_not_be_searched_cannot_be_checked(tmp_path):
    folder = tmp_path / "shut"
    folder.mkdir(mode=0o600)
    (tmp_path / "asn.json").write_text(json.dumps(association()))
    status, _, told = inprocess.run("asn-validate", "--files", str(folder), str(tmp_path / "asn.json"))
    assert status == 2
    assert told == f"asn-validate:{folder}: cannot look for files: permission denied\n"
