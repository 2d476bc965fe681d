"""Rule files that people write: how they are read, and what is said of those that are wrong."""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import tries

from asntools.common.faults import Fault
from asntools.match.explaining.comparing import failures_of
from asntools.match.groups import Exposure
from asntools.match.rule_check import check_rules
from asntools.match.rule_compiler import compile_rule
from asntools.match.rule_files import DEFAULT_RULE_FILES, load_rules, read_rule_file
from asntools.match.rule_text import read_rule_text

BLOCKS = {
    name: block
    for file in DEFAULT_RULE_FILES
    for name, block in read_rule_file(file).document["blocks"].items()
}
HEAD = "rules:\n  Asn_Mine:\n    stage: 3\n    asn_type: image3\n"
MINE = """
rules:
  Asn_MyF770W:
    summary: The images of one target through F770W
    asn_type: image3
    use: [stage3, one-target, image]
    where: {filter: f770w}
"""


@pytest.mark.usefixtures("at_once")
def test_a_rule_file_may_be_a_pipe(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(MINE)
    script = f"asn-match --no-default-rules --list-rules --rules <(cat {mine})"
    script += f" && cat {mine} | asn-match --no-default-rules --list-rules --rules /dev/stdin"
    script += f" && cat {mine} | asn-match --no-default-rules --list-rules --rules - none.jsonl"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == 3 * "Asn_MyF770W  image3         The images of one target through F770W\n"


def test_standard_input_is_rules_or_exposures(match):
    status, out, err = match("--rules", "-", exposures=[b"rules: {Mine: {stage: 3, asn_type: image3}}"])
    assert (status, out) == (2, b"")
    assert err == "asn-match: standard input cannot be both rules and exposures; name a FILE of exposures\n"


CAPITALS = """
rules:
  Mine:
    stage: 3
    asn_type: spec3
    where: {EXP_TYPE: [MIR_MRS, MIR_*], patttype: {not: NONE}}
    except: [{Bkgdtarg: T}]
    same: [PROGRAM, "Filter|BAND?"]
    members:
      - {where: {Kind: SCIENCE}, as: Science}
    exptypes: {PSF: SCIENCE}
    requires: {Science: 1, MEMBERS: 2}
    candidates: {BACKGROUND: {}, Discovered: never}
"""


def test_capitals_do_not_matter(tmp_path):
    head = CAPITALS.index("where")
    rules = []
    for text in (CAPITALS, CAPITALS[:head] + CAPITALS[head:].lower()):
        file = tmp_path / "mine.yaml"
        file.write_text(text)
        rules += load_rules([file], defaults=False)
    capital, small = rules
    attributes = {"exp_type": "mir_mrs", "kind": "science", "program": "1", "bkgdtarg": "x"}
    for change in ({}, {"bkgdtarg": "t"}, {"exp_type": "nis_ami"}, {"patttype": "none"}):
        ours = {**attributes, **change}
        exposure = Exposure({"filename": "a", "program": "1"}, b"", ours, ())
        for one, other in zip(capital.roles, small.roles, strict=True):
            assert failures_of(one, exposure) == failures_of(other, exposure)
        assert capital.roles[0].admits(ours) is (change == {})
    for part in ("shared", "exptypes", "requires", "candidates"):
        assert getattr(capital, part) == getattr(small, part)


NEW_WORDS = {
    "exptype": ("members: [{exptype: background}]", "members[0].exptype: unknown key; it is now 'as'"),
    "again": ("members: [{again: yes}]", "members[0].again: unknown key; it is now 'joins_later'"),
    "starts": (
        "members: [{starts: also}]",
        "members[0].starts: unknown key; it is now 'begins: alone, never or always'",
    ),
    "single": ("members: [{single: yes}]", "members[0].single: unknown key; it is now 'only_science'"),
    "product": ("product: instrument", "product: unknown key; it is now 'product_name'"),
    "step": ("finish: [nod-backgrounds]", "is not a step of asn-build; it is now 'add-nod-backgrounds'"),
    "condition": ("where: {exptype: science}", "a condition on what an exposure is for is on its 'kind'"),
}


@pytest.mark.parametrize(("line", "message"), NEW_WORDS.values(), ids=NEW_WORDS)
def test_an_old_word_is_answered_with_the_new_one(line, message, match, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(f"{HEAD}    {line}\n")
    status, out, err = match("--rules", file)
    assert (status, out) == (2, b"")
    assert err.startswith(f"asn-match:{file}:5: rules.Asn_Mine.")
    assert err.endswith(f"{message}\n")


MISTAKES = {
    "requires": ("requires: {scienec: 1}", "'scienec' cannot be counted; did you mean 'science'?"),
    "candidates": ("candidates: {mosaics: {}}", "no candidate type 'mosaics'; did you mean 'mosaic'?"),
    "as": ("members: [{as: bakground}]", "'bakground' is not an exptype; did you mean 'background'?"),
    "kind": ("where: {kind: [scence]}", "no kind of exposure 'scence'; did you mean 'science'?"),
    "exptypes": (
        "exptypes: {backgroud: psf}",
        "no kind of exposure 'backgroud'; did you mean 'background'?",
    ),
    "value": ("where: {pupil: f}", "'f' is never a value: it is not set; write unset, or {not: set}"),
    "flag": ("where: {bkgdtarg: f}", "where.bkgdtarg: a flag is set or unset; write unset"),
    "flag in quotes": ("except: [{Is_Psf: [set, 'YES']}]", "a flag is set or unset; write set"),
    "flag that is not": ("where: {is_imprt: {not: true}}", "a flag is set or unset; write set"),
    "flag misspelt": ("where: {tsovisit: sett}", "a flag is set or unset; write set"),
    "flag of its own": ("where: {tsovisit: maybe}", "a flag is set or unset, not 'maybe'"),
    "tso": ("where: {tso: t}", "tso is yes or no; write yes"),
    "tso in quotes": ("where: {tso: {not: ['1']}}", "tso is yes or no; write yes"),
    "tso set": ("where: {tso: set}", "tso is yes or no, not 'set'"),
    "direct candidate": (
        "where: {direct_candidate: no}",
        "is yes or not set, not False; write yes or unset",
    ),
    "kind of its own": ("where: {kind: sky}", "no kind of exposure 'sky'; known: science, psf, imprint,"),
    "kind that is yes": ("where: {kind: yes}", "where.kind: kind is never yes or no"),
    "kind of few letters": ("exptypes: {pfs: psf}", "no kind of exposure 'pfs'; did you mean 'psf'?"),
    "yes in a list": ("where: {tso: [yes]}", "where.tso[0]: True is not a value or glob, in quotes"),
    "key of a condition": ("where: {filter: {Not: f1}}", "filter.Not: unknown key; did you mean 'not'?"),
    "key of a shared value": (
        "same: [{Attribute: band}]",
        "Attribute: unknown key; did you mean 'attribute'?",
    ),
    "optical path": ("where: {optical_path: {not: niriss-soss}}", "without {not: ...}"),
    "candidate id": ("candidates: {C1001: {}}", "'C1001' is the id of a candidate, not a type such as"),
    "never": ("candidates: {background: Never}", "least numbers needed, or never; did you mean 'never'?"),
    "number in quotes": (
        "candidates: {group: {science: '1'}}",
        "candidates.group.science: '1' is not a whole number from 0; write 1 without quotes",
    ),
    "yes in quotes": ("average_integrations: 'no'", "combined as images; write no without quotes"),
    "list": (
        "finish: prune-imprints",
        "finish: 'prune-imprints' is not a list of steps; write [\"prune-imprints\"]",
    ),
    "turn in quotes": (
        "members: [{joins_later: 'yes'}]",
        "whether it also joins groups that begin after it; write yes without quotes",
    ),
    "turn in capitals": ("members: [{joins_later: LAST}]", "begin after it; did you mean 'last'?"),
    "turn": ("members: [{joins_later: never}]", "'never' is not true, false or last: whether it also joins"),
    "member": ("product_name: exposure", "names a product after one member, but Stage 3 combines several"),
    "template": (
        'product_name: "{target}_{fliter}"\n    same: [filter]',
        "{fliter}: members do not share it; did you mean 'filter'?; they share candidate, exposure, filter",
    ),
    "braces": ('product_name: "{target"', "template '{target': '{' without '}'"),
    "also": ("members: [{also: yes, joins_later: yes}]", "also: cannot be combined with 'joins_later'"),
    "like": (
        "members: [{choose: {like: targetid}}]",
        "choose.like: 'targetid' is not a list of attributes in which the exposures most like the science "
        'are taken; write ["targetid"]',
    ),
    "choose": (
        "members: [{choose: {next: expspcin}, only_science: yes}]",
        "choose: cannot be combined with 'only_science'",
    ),
}


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (
            HEAD.replace("image3", "IMAGE3"),
            "asn_type: 'IMAGE3' is not an association type, such as image3; did",
        ),
        (HEAD.replace("image3", "wfs_image3"), "such as image3; did you mean 'wfs-image3'?"),
        (HEAD.replace("image3", "imgae3"), "asn_type: no association type 'imgae3'; did you mean 'image3'?"),
        (HEAD.replace("image3", "spec"), "asn_type: no association type 'spec'; did you mean 'spec3'?"),
        (HEAD.replace(" 3", " '3'"), "stage: '3' is not 2 or 3; write 3 without quotes"),
    ],
)
def test_a_mistake_in_type_or_stage_is_answered(head, message, match, tmp_path):
    (tmp_path / "mine.yaml").write_text(head)
    status, out, err = match("--rules", tmp_path / "mine.yaml")
    assert (status, out) == (2, b"")
    assert message in err


@pytest.mark.parametrize(("line", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_answered_with_what_would_be_right(line, message, match, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(f"{HEAD}    {line}\n")
    status, out, err = match("--rules", file)
    assert (status, out) == (2, b"")
    assert err.startswith(f"asn-match:{file}:5: rules.Asn_Mine.")
    assert message in err


@pytest.mark.parametrize(("stage", "asn_type"), [(3, "image2"), (2, "spec3"), (3, "tso-spec2")])
def test_a_type_of_another_stage_is_refused(stage, asn_type, match, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(f"rules: {{Mine: {{stage: {stage}, asn_type: {asn_type}}}}}")
    status, out, err = match("--rules", file)
    assert (status, out) == (2, b"")
    assert f"asn_type {asn_type!r} belongs to Stage {5 - stage}, but stage is {stage}, which has " in err


def test_a_rule_without_a_style_of_product_names_has_that_of_its_stage(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("rules: {A: {stage: 3, asn_type: image3}, B: {stage: 2, asn_type: image2}}")
    names = {rule.name: rule.product_name for rule in load_rules([file], defaults=False)}
    assert names == {"A": "optical-elements", "B": "exposure"}


def numbered(form, numbers):
    return "".join(form.format(here=n, before=n - 1, after=n + 1) for n in numbers)


BOMBS = {
    "wide": "blocks:\n  b0: {where: {a: b}}\n"
    + numbered("  b{here}: {{use: [b{before}, b{before}]}}\n", range(1, 28)),
    "deep": "blocks:\n  b0: {}\n" + numbered("  b{here}: {{use: [b{before}]}}\n", range(1, 3000)),
    "upside down": "blocks:\n  b3000: {}\n" + numbered("  b{here}: {{use: [b{after}]}}\n", range(3000)),
    "members": "blocks:\n  b0: {}\n"
    + numbered("  b{here}: {{members: [{{use: [b{before}]}}, {{use: [b{before}]}}]}}\n", range(1, 28)),
    "nested": "rules: " + 10_000 * "[",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_small_file_does_not_become_a_huge_one(text, match, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    status, out, err = match("--rules", file)
    assert (status, out) == (2, b"")
    assert re.fullmatch(rf"asn-match:{file}:\d+: .*(blocks|nested|nesting).*\n", err)


ODD = [
    *"~ yes 1 2.5 x [] {} 2001-13-45 [[[]]] = 0x .nan".split(),
    "9" * 5000,
    "{<<: {}}",
    "&a [*a]",
    "{1: x}",
]
ODD += [
    "!!int abc",
    "!!float x",
    "!!python/name:os.system x",
    "{~: 1}",
    "'\x1b'",
    '"\\0"',
    "[[], x]",
    "{1: x}",
]
PARTS = re.compile(r"(?<=: )[^\n{\[,}\]]+|(?<=\[)[^\[\]{}]+(?=\])|(?<=\{)[^{}\n]+(?=\})|(?<= )[a-z_]+(?=:)")
TEXTS = [*(file.read_text() for file in DEFAULT_RULE_FILES), CAPITALS, MINE]


@settings(max_examples=tries(150))
@given(st.data())
def test_whatever_is_in_a_rule_file_the_answer_is_one_line(data):
    text = data.draw(st.sampled_from(TEXTS))
    for _ in range(data.draw(st.integers(1, 3))):
        start, end = data.draw(st.sampled_from([match.span() for match in PARTS.finditer(text)] or [(0, 0)]))
        text = text[:start] + data.draw(st.sampled_from(ODD)) + text[end:]
    fault = None
    try:
        read = read_rule_text(text.encode(), "mine.yaml")
        check_rules(read, BLOCKS)
    except Fault as wrong:
        fault = wrong
    if fault is None:
        blocks = {**BLOCKS, **read.document.get("blocks", {})}
        for name, rule in read.document.get("rules", {}).items():
            compile_rule(name, rule, blocks)
    else:
        assert fault.line is not None
        assert "\n" not in str(fault)
