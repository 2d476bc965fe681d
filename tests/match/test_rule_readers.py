"""Rules for readers: shown in full they are the same rules, and a review tells all that is wrong at once."""

from __future__ import annotations

import itertools
import subprocess
from functools import cache

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import tries
from test_matching import RULES, exposures_of, pools
from test_rule_files import BLOCKS, BOMBS, HEAD, MISTAKES, NEW_WORDS, ODD, PARTS, TEXTS

from asntools.common.faults import Fault
from asntools.match.groups import dump_group
from asntools.match.matching import Matcher
from asntools.match.rule_check import check_rules
from asntools.match.rule_compiler import compile_rule
from asntools.match.rule_files import read_rules
from asntools.match.rule_review import review
from asntools.match.rule_text import read_rule_text
from asntools.match.rule_words import rule_as_yaml, rule_in_words, whole_rule
from asntools.match.selection import Selection, match_program

SOURCES = read_rules()
WHOLE = {each.name: whole_rule(each.text, each.blocks) for each in SOURCES}


@cache
def shown_rules():
    """Return the rules as they are when what --show-rule prints is read again, without any blocks."""
    rules = []
    for name, whole in WHOLE.items():
        read = read_rule_text(rule_as_yaml(name, whole).encode(), name)
        check_rules(read, {})
        [text] = read.document["rules"].values()
        rules.append(compile_rule(name, text, {}, default=True))
    return sorted(rules, key=lambda rule: (rule.stage, rule.name))


def test_every_rule_is_shown():
    assert [rule.name for rule in shown_rules()] == [rule.name for rule in RULES]


@settings(max_examples=15)
@given(pools())
def test_a_rule_that_is_shown_makes_the_same_groups(pool):
    for records in pool:
        ours, its = (
            [dump_group(group) for group in match_program(Matcher(rules), exposures_of(records), Selection())]
            for rules in (RULES, shown_rules())
        )
        assert ours == its


@pytest.mark.parametrize(
    "further", ["{not: nis_soss}", "[nis_soss, nis_ami]", "unset", "set", "{not: [nis_*, set]}"]
)
def test_a_second_condition_on_an_attribute_is_kept(further):
    blocks = {"niriss": {"where": {"exp_type": "nis_*"}}}
    text = yaml.safe_load(f"{{stage: 3, asn_type: image3, use: [niriss], where: {{exp_type: {further}}}}}")
    [ours] = compile_rule("Mine", text, blocks).roles
    [its] = compile_rule("Mine", whole_rule(text, blocks), {}).roles
    for exp_type in ("nis_soss", "nis_ami", "nis_image", "nrc_image", None):
        attributes = {} if exp_type is None else {"exp_type": exp_type}
        assert ours.admits(attributes) == its.admits(attributes)


def test_the_words_of_a_rule_name_all_that_it_reads():
    for rule in RULES:
        words = " ".join(" ".join(rule_in_words(rule.name, WHOLE[rule.name])).split())
        words = words.replace("the optical path", "optical_path")
        named = {source for shared in rule.shared for source in shared.sources} | set(rule.requires)
        for role in rule.roles:
            named |= {each.attribute for each in role.conditions} | set(role.gather)
            named |= {each for each in (role.within, role.choose and role.choose.next) if each}
            named |= set(role.choose.like if role.choose else ())
        assert [name for name in named if name not in words] == []


# Reviews


def messages(text, blocks=BLOCKS):
    return [str(fault) for fault in review(read_rule_text(text.encode(), "mine.yaml"), blocks)]


@pytest.mark.parametrize("line", [line for line, _ in {**MISTAKES, **NEW_WORDS}.values()])
def test_a_review_has_the_fault_for_which_a_file_is_refused(line):
    text = f"{HEAD}    {line}\n"
    with pytest.raises(Fault) as refused:
        check_rules(read_rule_text(text.encode(), "mine.yaml"), BLOCKS)
    assert str(refused.value) in messages(text)


@pytest.mark.parametrize("name", ["wide", "members"])
def test_a_review_of_a_small_file_does_not_become_huge(name):
    assert any("the limit is 200" in message for message in messages(BOMBS[name]))


def test_several_faults_are_told_each_with_its_line():
    lines = ["where: {exp_typ: nis_image}", "smae: [program]", "as: scince", "members: [{as: scince}]"]
    text = HEAD + "".join(f"    {line}\n" for line in lines) + "  Other: {stage: 2}\n"
    assert [message.partition("; known")[0] for message in messages(text)] == [
        "mine.yaml:5: rules.Asn_Mine.where.exp_typ: pools have no attribute 'exp_typ'; "
        "did you mean 'exp_type'?",
        "mine.yaml:6: rules.Asn_Mine.smae: unknown key; did you mean 'same'?",
        "mine.yaml:7: rules.Asn_Mine.as: unknown key",
        "mine.yaml:8: rules.Asn_Mine.members[0].as: 'scince' is not an exptype; did you mean 'science'?",
        "mine.yaml:9: rules.Other: lacks 'asn_type', which neither the rule nor its blocks give",
    ]


def test_what_a_faulty_block_would_give_is_not_missed():
    text = "blocks: {mine: {asn_tpye: image3}}\nrules: {Mine: {stage: 3, use: [mine], same: [targetdi]}}\n"
    assert messages(text) == [
        "mine.yaml:1: blocks.mine.asn_tpye: unknown key; did you mean 'asn_type'?",
        "mine.yaml:2: rules.Mine.same[0]: pools have no attribute 'targetdi'; did you mean 'targetid'?",
    ]


def test_the_default_rules_have_no_fault():
    assert [messages(text, {}) for text in TEXTS[:2]] == [[], []]


@settings(max_examples=tries(100))
@given(st.data())
def test_a_review_finds_a_fault_where_a_file_is_refused_and_none_elsewhere(data):
    text = data.draw(st.sampled_from(TEXTS[1:]))
    for _ in range(data.draw(st.integers(1, 4))):
        start, end = data.draw(st.sampled_from([match.span() for match in PARTS.finditer(text)] or [(0, 0)]))
        text = text[:start] + data.draw(st.sampled_from(ODD)) + text[end:]
    try:
        read = read_rule_text(text.encode(), "mine.yaml")
    except Fault:
        return
    refused = None
    try:
        check_rules(read, BLOCKS)
    except Fault as fault:
        refused = fault
    try:
        found = review(read, BLOCKS)
    except Fault as fault:
        found = [fault]
    serious = [str(fault) for fault in found if fault.serious]
    assert bool(serious) == (refused is not None)
    assert refused is None or str(refused) in serious
    assert all(one.line <= other.line for one, other in itertools.pairwise(found))


@pytest.mark.usefixtures("at_once")
def test_rules_from_a_pipe_are_shown_and_checked(tmp_path):
    (tmp_path / "mine.yaml").write_text("rules: {Mine: {stage: 3, asn_type: image3, wher: {}}}\n")
    done = subprocess.run(
        [
            "bash",
            "-c",
            "asn-match --check-rules <(cat mine.yaml); sed s/wher/where/ mine.yaml | "
            "asn-match --no-default-rules --rules - --show-rule mine",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "rules.Mine.wher: unknown key; did you mean 'where'?" in done.stderr
    assert done.stdout.startswith("# Mine: no summary\n#   makes Stage 3 associations of type image3\n")
