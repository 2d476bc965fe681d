"""The rules: the default files, files that users write, and the choice of rules and candidates."""

from __future__ import annotations

import io
import itertools
import json

import orjson
import pytest
import yaml
from golden import cases

from asntools.build.building import build
from asntools.build.finishing import FINISHES
from asntools.common.records import dump_record
from asntools.common.schemas import load_schema
from asntools.jwst.candidates import Candidate
from asntools.jwst.exposures import attributes_of
from asntools.jwst.optical_paths import OPTICAL_PATHS
from asntools.jwst.product_names import PRODUCTS
from asntools.match.groups import Exposure, dump_group
from asntools.match.matching import Matcher
from asntools.match.rule_check import check_rules
from asntools.match.rule_files import DEFAULT_RULE_FILES, load_rules, read_rule_file
from asntools.match.rules import select_rules
from asntools.pool import read_exposures

CASES = {case.path.stem: case for case in cases("rules")}
RULES = {rule.name: rule for rule in load_rules()}


@pytest.fixture
def match_groups(match):
    """Run asn-match without a fault and return its groups."""

    def run(*options, exposures):
        status, out, err = match(*options, exposures=exposures)
        lines = err.splitlines()
        # The pools of the cases have the columns that their own rule asks for, and others may want more.
        said = [line for line in lines if not line.startswith("asn-match: no exposure has is_psf, ")]
        assert (status, said) == (0, [])
        return [json.loads(line) for line in out.splitlines()]

    return run


def exposures_of(case):
    stream = io.BytesIO(CASES[case].files["pool.csv"])
    return [dump_record(each) for each in read_exposures(stream, "pool.csv", pytest.fail)]


def rules_of(groups):
    return sorted({group["rule"] for group in groups})


# The default rules


def cases_of(rule):
    return [case for name, case in CASES.items() if name.split("-")[0] == rule]


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_has_a_case_that_takes_and_refuses(rule):
    assert cases_of(rule)
    for case in cases_of(rule):
        assert f"--rule {rule} " in case.command
        lines = case.expected["stdout"].splitlines()
        heads = [line.split() for line in lines if line[0] != " " and not line.startswith("refused ")]
        assert {asn_type for _, asn_type, *_ in heads} == {RULES[rule].asn_type}
        assert any(line.startswith("  science ") for line in lines)
        assert any(line.startswith("refused ") for line in lines)


def test_each_case_is_of_a_rule():
    assert {name.split("-")[0] for name in CASES} == set(RULES)


@pytest.mark.parametrize("name", CASES)
def test_a_case_refuses_what_its_pool_says(name):
    said = set()
    refused = False
    for line in CASES[name].files["pool.csv"].decode().splitlines():
        if line.startswith("#"):
            refused = line.startswith("# refused: ")
        elif refused:
            said.add(line.split("|")[0].strip())
            refused = False
    words = map(str.split, CASES[name].expected["stdout"].splitlines())
    assert said == {line[1] for line in words if line[0] == "refused"}


@pytest.mark.parametrize("file", DEFAULT_RULE_FILES, ids=lambda path: path.name)
def test_default_rule_files_are_sound(file):
    check_rules(read_rule_file(file), known_blocks={})


def test_default_rules_need_no_c_loader(monkeypatch):
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert [rule.name for rule in load_rules()] == list(RULES)


def test_default_rules_are_those_of_the_reference():
    assert len(RULES) == 43
    assert {name for name, rule in RULES.items() if rule.stage == 3} == {
        name for name in RULES if name.startswith("Asn_Lv3")
    }


def test_no_two_files_name_the_same_rule_or_block():
    documents = [yaml.safe_load(file.read_text()) for file in DEFAULT_RULE_FILES]
    for section in ("rules", "blocks"):
        first, second = (set(document[section]) for document in documents)
        assert not first & second


def test_each_rule_has_a_summary():
    assert all(rule.summary and not rule.summary.endswith(".") for rule in RULES.values())


def test_schema_names_what_code_offers():
    rule = load_schema("rules")["$defs"]["rule"]["properties"]
    assert sorted(rule["finish"]["items"]["enum"]) == sorted(FINISHES)
    assert sorted(rule["product_name"]["anyOf"][0]["enum"]) == sorted(PRODUCTS)


def named(text, key):
    """Return all that stands under a key, anywhere in a document."""
    if isinstance(text, list):
        return {name for each in text for name in named(each, key)}
    if not isinstance(text, dict):
        return set()
    own = text.get(key, [])
    own = {own} if isinstance(own, str) else set(own)
    return own | {name for each in text.values() for name in named(each, key)}


@pytest.mark.parametrize(
    ("key", "offered"), [("finish", FINISHES), ("product_name", PRODUCTS), ("optical_path", OPTICAL_PATHS)]
)
def test_default_rules_use_all_that_code_offers(key, offered):
    used = {name for file in DEFAULT_RULE_FILES for name in named(yaml.safe_load(file.read_text()), key)}
    if key == "product_name":
        used.add(RULES["Asn_Lv3Image"].product_name)  # what Stage 3 rules have that ask for none
    assert used == set(offered)


def test_a_background_spectrum_gets_its_imprint_in_any_order_of_rows():
    # A deviation: the reference gives the first of several imprints in a row to all backgrounds before it.
    common = {"program": "1001", "exp_type": "nrs_ifu", "instrume": "nirspec", "detector": "nrs1"}
    common |= {"grating": "g140m", "filter": "f100lp", "targetid": "2", "bkgdtarg": "t", "mostilno": "1"}
    records = [
        {**common, "filename": f"{what}{dither}_uncal.fits", "dithptin": dither, "is_imprt": flag}
        for what, flag in (("background", "f"), ("imprint", "t"))
        for dither in "12"
    ]
    observation = Candidate("o002", "observation")
    matcher = Matcher(select_rules(RULES.values(), ["Asn_Lv2SpecSpecial", "Asn_Lv2SpecImprint"]))
    for rows in itertools.permutations(records):
        exposures = [
            Exposure(row, orjson.dumps(row), attributes_of(row), (), place) for place, row in enumerate(rows)
        ]
        groups = map(dump_group, matcher.match(exposures, observation))
        members = {
            frozenset(member["expname"].removesuffix("_rate.fits") for member in built.members)
            for built in build(map(orjson.loads, groups))
        }
        assert members == {
            frozenset({"background1", "imprint1"}),
            frozenset({"background2", "imprint2"}),
            frozenset({"imprint1"}),
            frozenset({"imprint2"}),
        }


# Rule files that are wrong

HEAD = "rules:\n  Asn_Mine:\n    stage: 3\n    asn_type: image3\n"
WRONG = {
    "unknown key": (
        HEAD + "    wher: {tso: no}\n",
        5,
        "rules.Asn_Mine.wher: unknown key; did you mean 'where'?",
    ),
    "unknown key of a member": (
        HEAD + "    members:\n      - {where: {tso: no}}\n      - {unlik: target}\n",
        7,
        "rules.Asn_Mine.members[1].unlik: unknown key; did you mean 'unlike'?",
    ),
    "unknown key of a block": (
        "blocks:\n  mine: {smae: [filter]}\n" + HEAD,
        2,
        "blocks.mine.smae: unknown key; did you mean 'same'?",
    ),
    "unknown section": ("blocks: {}\nrule: {}\n", 2, "rule: unknown key; did you mean 'rules'?"),
    "no asn_type": ("rules:\n  Asn_Mine:\n    stage: 3\n", 2, "rules.Asn_Mine: lacks 'asn_type'"),
    "no stage": ("rules:\n  Asn_Mine:\n    asn_type: image3\n", 2, "rules.Asn_Mine: lacks 'stage'"),
    "number for text": (
        HEAD + "    where:\n      exp_type: nrc_image\n      nints: 1\n",
        7,
        "rules.Asn_Mine.where.nints: 1 is not a value or glob",
    ),
    "no stage of that number": (
        "rules:\n  Asn_Mine:\n    stage: 4\n",
        3,
        "rules.Asn_Mine.stage: 4 is not 2 or 3",
    ),
    "empty rule": ("rules:\n  Asn_Mine:\n", 2, "rules.Asn_Mine: nothing is not a mapping"),
    "no name of a rule": ("rules:\n  My Rule: {stage: 3, asn_type: image3}\n", 2, "not a rule's name"),
    "no name of an attribute": (
        HEAD + "    where: {exp-type: nrc_image}\n",
        5,
        "rules.Asn_Mine.where.exp-type: not the name of an attribute",
    ),
    "unknown block": (
        HEAD + "    use:\n      - stage3\n      - optical-paht\n",
        7,
        "rules.Asn_Mine.use[1]: no block 'optical-paht'; did you mean 'optical-path'?",
    ),
    "unknown block of a member": (
        HEAD + "    members:\n      - use: [lrs-mod]\n",
        6,
        "rules.Asn_Mine.members[0].use[0]: no block 'lrs-mod'; did you mean 'lrs-mode'?",
    ),
    "block that uses itself": ("blocks:\n  one:\n    use: [one]\n", 3, "block 'one' uses itself"),
    "blocks that use each other": (
        "blocks:\n  one:\n    use: [two]\n  two:\n    use: [one]\n",
        3,
        "blocks.one.use[0]: block 'one' uses itself",
    ),
    "unknown optical path": (
        HEAD + "    where:\n      optical_path: nirspec-ifus\n",
        6,
        "no optical path 'nirspec-ifus'; did you mean 'nirspec-ifu'?",
    ),
    "unknown optical path in an exception": (
        HEAD + "    except:\n      - {optical_path: [niriss-sos]}\n",
        6,
        "no optical path 'niriss-sos'; did you mean 'niriss-soss'?",
    ),
    "unknown finish": (
        HEAD + "    finish: [split-nod]\n",
        5,
        "rules.Asn_Mine.finish[0]: 'split-nod' is not a step of asn-build; did you mean 'split-nods'?",
    ),
    "unknown product": (
        HEAD + "    product_name: instruments\n",
        5,
        "rules.Asn_Mine.product_name: 'instruments' is not a style of product names, or a template such as "
        "'{target}_{instrume}_{filter}'; did you mean 'instrument'?",
    ),
    "unlike nothing": (
        HEAD + "    members:\n      - {unlike: patt_num}\n",
        2,
        "'unlike: patt_num' needs that name in a 'same'",
    ),
    "within nothing": (
        HEAD + "    companions:\n      - {within: obs_num}\n",
        2,
        "'within: obs_num' needs that name in 'gather'",
    ),
    "key twice": (HEAD + "    stage: 2\n", 5, "the key 'stage' is given twice"),
    "rule twice": (HEAD + "  Asn_Mine: {}\n", 5, "the key 'Asn_Mine' is given twice"),
    "bad indentation": (
        "rules:\n  Asn_Mine:\n    stage: 3\n   asn_type: image3\n",
        4,
        "not YAML: did not find",
    ),
    "two documents": ("rules: {}\n---\nrules: {}\n", 2, "not YAML: but found another document"),
    "code": (
        "rules: !!python/object/apply:os.getcwd []\n",
        1,
        "a YAML tag, tag:yaml.org,2002:python/object/appl...; a rule file must not have any",
    ),
    "number for a key": (
        "rules: {Asn_Mine: {stage: 2, asn_type: image2, 1: x}}\n",
        1,
        "the key 1 is not text; as a name it needs quotes",
    ),
    "number for a key at the top": (
        "rules: {}\n1: x\n",
        2,
        "the key 1 is not text; as a name it needs quotes",
    ),
    "line end in a type": (
        'rules:\n  Asn_Mine: {stage: 2, asn_type: "image2\\n"}\n',
        2,
        "rules.Asn_Mine.asn_type: 'image2\\n' is not an association type, such as image3",
    ),
    "alias": (
        "rules:\n  Asn_Mine: &mine {stage: 3, asn_type: image3}\n  Asn_Other: *mine\n",
        3,
        "a YAML alias; share parts with 'blocks' and 'use'",
    ),
    "empty": ("", 1, "is empty; a rule file has 'rules:' at its top"),
    "nothing but a comment": ("# rules: {}\n", 1, "is empty; a rule file has 'rules:' at its top"),
    "list": ("- rules\n", 1, "a rule file has 'rules:' (and may have 'blocks:') at its top"),
    "text": ("rules\n", 1, "a rule file has 'rules:' (and may have 'blocks:') at its top"),
    "not UTF-8": (b"rules:\n  Asn_Mine: {summary: \xe9t\xe9}\n", 2, "not UTF-8: byte 0xe9"),
}


@pytest.mark.parametrize(("text", "line", "message"), WRONG.values(), ids=WRONG)
def test_says_what_is_wrong_with_a_rule_file(text, line, message, match, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    status, out, err = match("--rules", file)
    assert (status, out) == (2, b"")
    where = f"asn-match:{file}:" if line is None else f"asn-match:{file}:{line}:"
    assert err.startswith(where + " ")
    assert message in err
    assert err.count("\n") == 1


def test_says_that_a_rule_file_is_missing(match):
    assert match("--rules", "none.yaml") == (
        2,
        b"",
        "asn-match:none.yaml: cannot open: no such file or directory\n",
    )


def test_names_one_fault_of_several(match, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(HEAD + "    use: [stage4]\n    finish: [nods]\n")
    status, out, err = match("--rules", file)
    assert (status, out) == (2, b"")
    assert err.startswith(f"asn-match:{file}:6: rules.Asn_Mine.finish[0]: 'nods' is not a step of asn-build")
    assert err.count("\n") == 1


# Rule files that are right

MINE = """
rules:
  Asn_MyF770W:
    summary: The images of one target through F770W
    asn_type: image3
    use: [stage3, one-target, image]
    where: {filter: f770w}
"""


@pytest.fixture
def mine(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(MINE)
    return file


def test_a_rule_of_ones_own_beside_the_default_rules(mine, match_groups):
    exposures = exposures_of("Asn_Lv3Image-acquisition")
    default = match_groups(exposures=exposures)
    groups = match_groups("--rules", mine, exposures=exposures)
    assert [group for group in groups if group["rule"] != "Asn_MyF770W"] == default
    own = next(group for group in groups if group["rule"] == "Asn_MyF770W")
    assert own["values"]["exp_type"] == "mir_image"
    assert [member["exptype"] for member in own["members"]] == ["science", "science", "target_acquisition"]
    assert "filter" not in own["values"]


def test_a_rule_of_ones_own_alone(mine, match_groups):
    exposures = exposures_of("Asn_Lv3Image-acquisition")
    groups = match_groups("--rules", mine, "--no-default-rules", exposures=exposures)
    assert rules_of(groups) == ["Asn_MyF770W"]
    assert groups == match_groups("--rules", mine, "--rule", "Asn_MyF770W", exposures=exposures)


def test_a_rule_of_ones_own_replaces_a_default_rule(tmp_path, match_groups):
    file = tmp_path / "mine.yaml"
    file.write_text(MINE.replace("Asn_MyF770W", "Asn_Lv3Image"))
    exposures = exposures_of("Asn_Lv3Image-acquisition")
    groups = match_groups("--rules", file, "--rule", "Asn_Lv3Image", exposures=exposures)
    taken = {member["exposure"]["filter"] for group in groups for member in group["members"]}
    assert taken == {"f770w", "fnd"}
    default = match_groups("--rule", "Asn_Lv3Image", exposures=exposures)
    assert {each["exposure"]["filter"] for group in default for each in group["members"]} == {
        "f770w",
        "f1000w",
        "fnd",
    }


def test_a_file_uses_the_blocks_of_the_files_before_it(mine, tmp_path, match_groups):
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("blocks:\n  image: {where: {exp_type: mir_lyot}}\n")
    second.write_text(MINE)
    exposures = exposures_of("Asn_Lv3Image-acquisition")
    options = ("--no-default-rules", "--rules", first, "--rules")
    groups = match_groups(*options, second, exposures=exposures)
    kinds = {each["exposure"]["exp_type"] for group in groups for each in group["members"]}
    assert kinds == {"mir_lyot", "mir_tacq"}


def test_a_block_of_ones_own_leaves_the_default_rules_as_they_are(tmp_path, match_groups):
    file = tmp_path / "mine.yaml"
    file.write_text("blocks:\n  image: {where: {exp_type: mir_lyot}}\n")
    exposures = exposures_of("Asn_Lv3Image-acquisition")
    assert match_groups("--rules", file, exposures=exposures) == match_groups(exposures=exposures)


def test_no_rules_at_all(match):
    status, out, err = match("--no-default-rules")
    assert (status, out) == (2, b"")
    assert err == "asn-match: there are no rules: --no-default-rules needs --rules FILE\n"


# Choosing rules


@pytest.mark.parametrize(
    ("words", "rules"),
    [
        (["Asn_Lv3Image"], {"Asn_Lv3Image"}),
        (["ami3"], {"Asn_Lv3AMI"}),
        (["coron3"], {"Asn_Lv3MIRCoron", "Asn_Lv3NRCCoron"}),
        (["tso-spec2"], {"Asn_Lv2SpecTSO"}),
        (["level2"], {name for name, rule in RULES.items() if rule.stage == 2}),
        (["level3"], {name for name, rule in RULES.items() if rule.stage == 3}),
        (["Asn_Lv3WFSS*"], {"Asn_Lv3WFSSNIS", "Asn_Lv3WFSSNRC", "Asn_Lv3WFSSMIR"}),
        (["*Coron"], {"Asn_Lv3MIRCoron", "Asn_Lv3NRCCoron"}),
        (["*coron"], {"Asn_Lv3MIRCoron", "Asn_Lv3NRCCoron"}),
        (["asn_lv3image"], {"Asn_Lv3Image"}),
        (["AMI3"], {"Asn_Lv3AMI"}),
        (["Asn_Lv[23]TSO"], {"Asn_Lv3TSO"}),
        (["ami3", "Asn_Lv3TSO", "ami3"], {"Asn_Lv3AMI", "Asn_Lv3TSO"}),
        (["*"], set(RULES)),
    ],
)
def test_rule_chooses(words, rules, match):
    assert {rule.name for rule in select_rules(RULES.values(), words)} == rules
    options = [text for word in words for text in ("--rule", word)]
    status, out, err = match("--list-rules", *options)
    assert (status, err) == (0, "")
    assert {line.split()[0] for line in out.decode().splitlines()} == rules


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("Asn_Lv3Imag", "did you mean 'Asn_Lv3Image'?"),
        ("asn_lv3imag", "did you mean 'Asn_Lv3Image'?"),
        ("Lv3AMI", "did you mean 'Asn_Lv3AMI'?"),
        ("imag2", "did you mean 'image2'?"),
        ("level1", "did you mean 'level"),
        ("Asn_Lv4*", "see --list-rules"),
        ("zzz", "see --list-rules"),
    ],
)
def test_unknown_rule(word, hint, match):
    status, out, err = match("--rule", "level3", "--rule", word)
    assert (status, out) == (2, b"")
    assert err.startswith(f"asn-match: no rule, type or level {word!r}; {hint}")
    assert err.count("\n") == 1


def test_rule_makes_the_groups_of_that_rule_alone(match_groups):
    exposures = exposures_of("Asn_Lv3Image")
    every = match_groups(exposures=exposures)
    for word in ("Asn_Lv3Image", "image2"):
        names = {rule.name for rule in select_rules(RULES.values(), [word])}
        groups = match_groups("--rule", word, exposures=exposures)
        assert groups == [group for group in every if group["rule"] in names]
        assert groups


def test_list_rules_says_what_each_is_for(match):
    status, out, err = match("--list-rules")
    assert (status, err) == (0, "")
    lines = out.decode().splitlines()
    assert lines == [f"{r.name:25}  {r.asn_type:13}  {r.summary}" for r in RULES.values()]


def test_list_rules_lists_ones_own(match, mine):
    status, out, _ = match("--list-rules", "--no-default-rules", "--rules", mine)
    assert status == 0
    assert out == b"Asn_MyF770W  image3         The images of one target through F770W\n"


# Choosing candidates

CANDIDATES = "Asn_Lv3Image"  # o001 and o002 in the group c1000, o003 to o006 by themselves


def ids(groups):
    return {group["candidate"]["id"] for group in groups}


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ([], {"a3001", "c1000", "o001", "o002", "o003", "o004", "o005", "o006"}),
        (["--all-candidates"], {"c1000", "o001", "o002", "o003", "o004", "o005", "o006"}),
        (["--discover"], {"a3001"}),
        (["--candidate", "o001"], {"o001"}),
        (["--candidate", "O001"], {"o001"}),
        (["--candidate", "c1000", "--candidate", "o004"], {"c1000", "o004"}),
    ],
)
def test_candidates(options, wanted, match_groups):
    exposures = exposures_of(CANDIDATES)
    groups = match_groups(*options, exposures=exposures)
    assert ids(groups) == wanted
    every = match_groups(exposures=exposures)
    keep = [group for group in every if group["candidate"]["id"] in wanted]
    assert sorted(map(json.dumps, groups)) == sorted(map(json.dumps, keep))


def test_unknown_candidate_is_named_and_the_others_are_made(match):
    options = ("--candidate", "o099", "--candidate", "o001", "--candidate", "x")
    status, out, err = match(*options, exposures=exposures_of(CANDIDATES))
    assert status == 0
    assert ids(json.loads(line) for line in out.splitlines()) == {"o001"}
    assert err == (
        "asn-match: no exposure is in candidate 'o099'; the candidates are o001, c1000, o002, o003, o004...\n"
        "asn-match: no exposure is in candidate 'x'; "
        "the candidates are o001, c1000, o002, o003, o004...\n"
    )


@pytest.mark.parametrize(
    "options",
    [("--discover", "--all-candidates"), ("--discover", "--candidate", "o001"), ("--candidate",)],
)
def test_candidate_options_that_exclude_each_other(options, match):
    status, out, err = match(*options)
    assert (status, out) == (2, b"")
    assert err.endswith("see 'asn-match --help'\n")


# What comes out, and the status


def test_exit_status_asks_for_a_match(match):
    exposures = exposures_of(CANDIDATES)
    why = "asn-match: Asn_Lv3AMI made no group: no exposure has exp_type nis_ami"
    why += "; they have nrc_image and nrc_tacq\n"
    assert match("--rule", "ami3", exposures=exposures) == (0, b"", why)
    assert match("-e", "--rule", "ami3", exposures=exposures) == (1, b"", why)
    assert match("--exit-status", "--candidate", "o099", exposures=exposures)[0] == 1
    assert match("-e", exposures=[]) == (1, b"", "")
    assert match("-e", "--rule", "image3", exposures=exposures)[0] == 0
    status, out, _ = match("-e", "--orphans", "--rule", "ami3", exposures=exposures)
    assert (status, out) == (1, b"".join(exposures))


def test_a_fault_outweighs_that_nothing_matched(match):
    status, out, err = match("-e", "--rule", "ami3", exposures=[b"{\n", *exposures_of(CANDIDATES)])
    assert (status, out) == (2, b"")
    assert err.startswith("asn-match:<stdin>:1: ")


@pytest.mark.parametrize("options", [(), ("--discover",), ("--candidate", "c1000"), ("--rule", "level3")])
def test_orphans_are_the_exposures_of_no_group(options, match, match_groups):
    exposures = exposures_of("Asn_Lv3NRCCoron")
    groups = match_groups(*options, exposures=exposures)
    taken = {member["exposure"]["filename"] for group in groups for member in group["members"]}
    status, out, err = match(*options, "--orphans", exposures=exposures)
    assert (status, err) == (0, "")
    assert out == b"".join(each for each in exposures if json.loads(each)["filename"] not in taken)
    assert taken


def test_groups_hold_the_exposures_as_they_came(match_groups):
    exposures = [json.loads(each) | {"note": "mine"} for each in exposures_of(CANDIDATES)]
    by_name = {each["filename"]: each for each in exposures}
    for group in match_groups(exposures=[json.dumps(each).encode() + b"\n" for each in exposures]):
        for member in group["members"]:
            assert member["exposure"] == by_name[member["exposure"]["filename"]]
