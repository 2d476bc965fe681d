"""asn-diff: what differs is told, and nothing else; what golden cases cannot say."""

from __future__ import annotations

import copy
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import ASSOCIATIONS

from asntools.common.schemas import validator
from asntools.diff import changes
from asntools.diff.changes import Change, compare
from asntools.diff.pairing import Entry, differences
from asntools.diff.showing import as_record, as_text, result, summary

SETS = st.lists(ASSOCIATIONS, max_size=5)


def entries(asns):
    return [Entry(asn, "a.json", number) for number, asn in enumerate(asns, 1)]


def asn_of(number, *members, asn_id="o001", asn_type="image3", **keywords):
    chosen = members or tuple(
        (f"jw{number:05d}001001_02101_0000{at}_nrca1_cal.fits", "science") for at in (1, 2)
    )
    return {
        "asn_type": asn_type,
        "asn_rule": "Asn_Lv3Image",
        "program": f"{number:05d}",
        "asn_id": asn_id,
        **keywords,
        "products": [
            {
                "name": f"jw{number:05d}-{asn_id}_t001_nircam_f200w",
                "members": [{"expname": name, "exptype": exptype} for name, exptype in members or chosen],
            }
        ],
    }


def shuffled(asn, chance):
    """Return an association with its keys, products and members in another order."""
    asn = copy.deepcopy(asn)
    for product in asn["products"]:
        chance.shuffle(product["members"])
    chance.shuffle(asn["products"])
    items = list(asn.items())
    chance.shuffle(items)
    return dict(items)


@given(SETS, st.integers())
def test_order_is_no_difference(asns, seed):
    chance = random.Random(seed)
    other = [shuffled(asn, chance) for asn in asns]
    chance.shuffle(other)
    assert [each.changes for each in differences(entries(asns), entries(other))] == [[]] * len(asns)


@given(SETS, SETS)
def test_every_association_is_in_one_difference(one, other):
    before, after = entries(one), entries(other)
    found = list(differences(before, after))
    assert sorted(e.old.line for e in found if e.old) == [e.line for e in before]
    assert sorted(e.new.line for e in found if e.new) == [e.line for e in after]
    back = list(differences(after, before))
    assert sum(1 for e in back if e.old and e.new) == sum(1 for e in found if e.old and e.new)
    for each in found:
        if each.old and each.new and not each.changes:
            assert compare(each.new.asn, each.old.asn) == []


@given(SETS, SETS)
def test_records_fit_their_schema_and_text_is_a_line_each(one, other):
    for each in differences(entries(one), entries(other)):
        assert list(validator("difference").iter_errors(as_record(each))) == []
        lines = list(as_text(each))
        assert len(lines) == 1 + len(each.changes)
        assert all(line.endswith("\n") and "\n" not in line[:-1] for line in lines)


A, B = "jw00001001001_02101_00001_nrca1_cal.fits", "jw00001001001_02101_00002_nrca1_cal.fits"
NAME = "jw00001-o001_t001_nircam_f200w"


@pytest.mark.parametrize(
    ("edit", "change"),
    [
        (
            lambda asn, product: product["members"].append({"expname": "x_cal.fits", "exptype": "psf"}),
            Change("member-added", NAME, "x_cal.fits", new="psf"),
        ),
        (lambda asn, product: product["members"].pop(), Change("member-removed", NAME, B, old="science")),
        (
            lambda asn, product: product["members"][1].update(exptype="background"),
            Change("role", NAME, B, "science", "background"),
        ),
        (
            lambda asn, product: product["members"][0].update(expname=A.replace("_cal", "_crf")),
            Change("file", NAME, A.replace("_cal", "_crf"), A, A.replace("_cal", "_crf")),
        ),
        (
            lambda asn, product: product["members"][0].update(exposerr="partial"),
            Change("value", NAME, A, None, "partial", "exposerr"),
        ),
        (lambda asn, product: product.update(name="mine"), Change("product", "mine", "mine", NAME, "mine")),
        (
            lambda asn, product: asn["products"].append({"name": "more", "members": []}),
            Change("product-added", "more", "more", new=0),
        ),
        (lambda asn, product: asn.update(target="2"), Change("keyword", None, "target", None, "2")),
        (lambda asn, product: asn.update(asn_id="c1000"), Change("keyword", None, "asn_id", "o001", "c1000")),
    ],
)
def test_one_edit_is_one_change(edit, change):
    old = asn_of(1, (A, "science"), (B, "science"))
    new = copy.deepcopy(old)
    edit(new, new["products"][0])
    others = [asn_of(number) for number in (2, 3)]
    found = list(differences(entries([*others, old]), entries([new, *others])))
    assert [each.changes for each in found] == [[], [], [change]]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"exptype": "science"}, {"exptype": "SCIENCE"}),
        ({"exposerr": None}, {}),
        ({"exposerr": "null"}, {"exposerr": None}),
    ],
)
def test_what_means_the_same_is_no_change(old, new):
    one, other = asn_of(1), asn_of(1)
    one["products"][0]["members"][0].update(old)
    other["products"][0]["members"][0].update(new)
    assert compare(one, other) == []
    assert compare({**one, "asn_rule": "candidate_Asn_Lv3Image"}, other) == []


def test_a_file_in_two_roles_is_two_members():
    old = asn_of(1, (A, "science"), (A, "selfcal"))
    new = asn_of(1, (A, "science"), (A, "background"))
    assert compare(old, old) == []
    assert compare(old, new) == [Change("role", NAME, A, "selfcal", "background")]
    assert compare(old, asn_of(1, (A, "science"))) == [Change("member-removed", NAME, A, old="selfcal")]


def test_another_candidate_is_a_move():
    [found] = differences(entries([asn_of(1)]), entries([asn_of(1, asn_id="c1001")]))
    assert result(found) == "moved"
    [row] = summary([found])
    assert row == {
        "asn_type": "image3", "asn_rule": "Asn_Lv3Image",
        "same": 0, "changed": 0, "moved": 1, "only-old": 0, "only-new": 0,
    }  # fmt: skip


def test_stages_are_not_paired():
    stage2 = asn_of(1, (A.replace("_cal", "_rate"), "science"), asn_type="image2")
    stage2["products"][0]["name"] = "jw00001001001_02101_00001_nrca1"
    found = list(differences(entries([stage2]), entries([asn_of(1)])))
    assert [result(each) for each in found] == ["only-old", "only-new"]


def test_keys_can_be_passed_over():
    old, new = asn_of(1, version_id="a", target="1"), asn_of(1, version_id="b", target="2")
    assert [change.name for change in compare(old, new)] == ["target"]
    assert [change.name for change in compare(old, new, ())] == ["version_id", "target"]
    assert compare(old, new, {"target", "version_id"}) == []


def test_work_grows_with_the_sets_only(monkeypatch):
    def work(size):
        looked_at = 0

        class Counting(changes.Counter):
            def __init__(self, numbers=()):
                nonlocal looked_at
                numbers = list(numbers)
                looked_at += len(numbers)
                super().__init__(numbers)

        monkeypatch.setattr(changes, "Counter", Counting)
        # All have one background, and every name and product has changed.
        old = [
            asn_of(number, (f"a{number}_cal.fits", "science"), ("sky_cal.fits", "background"))
            for number in range(size)
        ]
        new = [
            asn_of(number, (f"a{number}_cal.fits", "science"), ("sky_x1d.fits", "background"), asn_id="o002")
            for number in range(size)
        ]
        assert {result(each) for each in differences(entries(old), entries(new))} == {"changed"}
        return looked_at

    assert work(2000) <= 11 * work(200)


def test_hostile_names_stay_on_their_line():
    old, new = asn_of(1), asn_of(1, ("evil\n\x1b[31m\u202e.fits", "science"))
    text = "".join(line for each in differences(entries([old]), entries([new])) for line in as_text(each))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert json.dumps(as_record(next(differences(entries([old]), entries([new])))))
