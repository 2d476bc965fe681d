"""Why exposures are, or are not, in groups: the sentences for each rule, and that none is ever wrong."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from copy import copy

import pytest
from golden import cases
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import tries
from test_matching import RULES, exposures_of, pools

from asntools.common.schemas import validator
from asntools.match import explain, load_rules, select_rules
from asntools.match.explaining.answers import Explainer
from asntools.match.explaining.comparing import failures_of
from asntools.match.explaining.of_exposures import as_text
from asntools.match.explaining.outcomes import (
    RESULTS,
    Joined,
    NotForCandidate,
    OtherCandidate,
    Refused,
    Short,
    Unset,
)
from asntools.match.groups import NO_CANDIDATE
from asntools.match.matching import Matcher, as_seen
from asntools.match.selection import Selection, match_program, passes
from asntools.pool import read_pool

CASES = cases("rules")
EXPLAINED = CASES[0].path.parents[2] / "match" / "explained.txt"


def sections():
    """Return what is expected, by the name of the case."""
    parts = re.split(r"^## (.*)\n", EXPLAINED.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def remarks(pool):
    """Return why each exposure is refused, as the pool says above it."""
    lines = pool.splitlines()
    return {
        exposure.partition("|")[0].strip(): line.removeprefix("# refused: ")
        for line, exposure in itertools.pairwise(lines)
        if line.startswith("# refused")
    }


def explained(case, tmp_path):
    """Return the explanations of a case's refused exposures, and the text of them."""
    (tmp_path / "pool.csv").write_bytes(case.files["pool.csv"])
    exposures = read_pool(tmp_path / "pool.csv")
    rules = select_rules(load_rules(), [case.path.stem.partition("-")[0]])
    names = [line.split()[1] for line in case.expected["stdout"].splitlines() if line.startswith("refused ")]
    explainer = Explainer(Matcher(rules), Selection(), names)
    found = list(explainer.explain(exposures_of(exposures)))
    assert list(explainer.missing()) == []
    why = remarks(case.files["pool.csv"].decode())
    text = re.sub(
        r"^(jw\S+)$",
        lambda name: f"{name[1]}: {why.get(name[1], '')}".rstrip(": "),
        "".join(as_text(found)),
        flags=re.M,
    )
    return found, text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.stem)
def test_the_refused_exposures_of_each_rule_are_explained(case, tmp_path, request):
    found, text = explained(case, tmp_path)
    if request.config.getoption("--update-cases"):
        known = {**(sections() if EXPLAINED.exists() else {}), case.path.stem: text}
        EXPLAINED.write_text("".join(f"## {name}\n{known[name]}" for name in sorted(known)))
    assert sections()[case.path.stem] == text
    assert found or not remarks(case.files["pool.csv"].decode())


def test_every_way_of_falling_short_is_explained(tmp_path):
    outcomes = [each.outcome for case in CASES for each in explained(case, tmp_path)[0]]
    assert {type(outcome) for outcome in outcomes} == RESULTS.keys() - {Joined, OtherCandidate}
    lacks = {what for each in outcomes if isinstance(each, Short) for what, *_ in each.lacks}
    assert lacks == {"science", "psf", "background", "direct_image", "members", "observations"}


COMBINED = {"except", "optical_path"}
"""What is about several attributes: mending others may bring it up."""

CHOICES = [(None, False, False), (None, True, False), (["o001", "c1000"], False, False)]


def mended(attributes, failure):
    """Return attributes that meet what an exposure failed, None where that is not clear."""
    wanted = failure.wanted.split(" or ")[0]
    if failure.attribute in COMBINED | {"kind"} or wanted.startswith("other than"):
        return None
    if wanted == "unset":
        return {name: value for name, value in attributes.items() if name != failure.attribute}
    return {**attributes, failure.attribute: re.sub(r"[*?]", "x", wanted)}


def check_refusal(rule, outcome, exposure):
    """An exposure meets the rule's conditions once what it failed is as it should be, and not before."""
    assert not any(role.admits(exposure.attributes) for role in rule.roles if not role.also)
    for failure in outcome.failures:
        if failure.attribute not in COMBINED:
            assert failure.found == exposure.attributes.get(failure.attribute)
    if outcome.foreign:
        return
    attributes = exposure.attributes
    for failure in outcome.failures:
        attributes = attributes and mended(attributes, failure)
    if attributes:
        better = copy(exposure)
        better.attributes = attributes
        left = [{each.attribute for each in failures_of(role, better)} for role in rule.roles]
        assert any(names <= COMBINED for names in left)


@settings(max_examples=tries(40))
@given(
    pools(), st.sampled_from([(None, False, False), (None, True, False), (["o001", "c1000"], False, False)])
)
def test_an_explanation_is_never_wrong(pool, chosen):
    selection = Selection.of(*chosen)
    rules = {rule.name: rule for rule in RULES}
    explainer = Explainer(Matcher(RULES), selection, ["*"])
    written = 0
    for records in pool:
        exposures = exposures_of(records)
        matcher = explainer.matcher
        members = {
            (member.filename, group.rule.name, group.candidate.id, number, exptype)
            for number, group in enumerate(match_program(matcher, exposures, selection), written + 1)
            for member, exptype in group.members
        }
        written = max((number for *_, number, _ in members), default=written)
        told, answered = set(), Counter()
        shown = {
            (exposure.filename, together.candidate or NO_CANDIDATE): as_seen(exposure, together.candidate)
            for together in passes(exposures, selection)
            for exposure in together.exposures
        }
        for each in explainer.explain(exposures):
            assert each.rule is not None or each.filename not in {name for name, _ in shown}
            for candidate in each.candidates:
                answered[each.filename, candidate, each.rule] += 1
                exposure = shown[each.filename, candidate]
                if isinstance(each.outcome, Refused):
                    check_refusal(rules[each.rule], each.outcome, exposure)
                elif isinstance(each.outcome, NotForCandidate):
                    assert rules[each.rule].needs(candidate.type) is None
                elif isinstance(each.outcome, Unset):
                    assert exposure.attributes.keys().isdisjoint("|".join(each.outcome.attributes).split("|"))
                elif isinstance(each.outcome, Short):
                    needs = rules[each.rule].needs(candidate.type)
                    assert each.outcome.lacks
                    assert all(has < least == needs[what] for what, has, least in each.outcome.lacks)
            if isinstance(each.outcome, Joined):
                told |= {
                    (each.filename, each.rule, place.candidate, place.group.number, place.exptype)
                    for place in each.outcome.memberships
                }
        assert told == members
        assert answered == Counter(
            {(name, candidate, rule): 1 for name, candidate in shown for rule in rules}
        )


@settings(max_examples=tries(20))
@given(pools(), st.randoms(use_true_random=False))
def test_explanations_are_as_their_schema_says(pool, chance):
    records = list(explain(itertools.chain(*pool), names=["*"], groups=["*"]))
    for record in chance.sample(records, min(10, len(records))):
        validator("explanation").validate(record)


@settings(max_examples=tries(40))
@given(pools())
def test_an_exposure_that_missed_a_group_is_not_in_it(pool):
    for record in explain(itertools.chain(*pool), groups=["*"]):
        inside = {member["filename"] for member in record["members"]}
        missed = [miss["filename"] for miss in record["missed"]]
        assert inside.isdisjoint(missed)
        for miss in record["missed"]:
            if miss["why"] == f"{miss['attribute']} is {miss['found']}, not {miss['wanted']}":
                assert miss["found"] != miss["wanted"]
