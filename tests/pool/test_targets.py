"""Exposures of one target share a number, in whatever order they come."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asntools.pool.targets import number_targets

ARCSECOND = 1 / 3600


def exposure(obs_num=1, program="1", **attributes):
    names = ("targprop", "targname", "targtype", "targ_ra", "targ_dec", "targetid")
    return {**dict.fromkeys(names), "program": program, "obs_num": str(obs_num), **attributes}


def at(ra, dec, **more):
    return exposure(targ_ra=str(ra), targ_dec=str(dec), **more)


def numbers(*exposures, **options):
    number_targets(exposures, **options)
    return [each["targetid"] for each in exposures]


def test_a_target_that_comes_again_keeps_its_number():
    assert numbers(*(exposure(targprop=name) for name in "aba")) == ["1", "2", "1"]


def test_the_order_is_that_of_observations():
    assert numbers(exposure(10, targprop="a"), exposure(9, targprop="b"), exposure(11, targprop="b")) == [
        "2",
        "1",
        "1",
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"targprop": "a", "targname": "m33"}, {"targprop": "b", "targname": "m33"}, False),
        ({"targprop": "a", "targname": "m33"}, {"targprop": "a", "targname": "m31"}, True),
        ({"targname": "m33"}, {"targname": "m33"}, True),
        ({"targname": "unknown"}, {"targname": "unknown"}, None),
        ({"targname": "unknown", "targ_ra": "1", "targ_dec": "1"}, {"targ_ra": "1", "targ_dec": "1"}, True),
        ({"targprop": "a", "program": "2"}, {"targprop": "a"}, True),
    ],
)
def test_names(one, other, same):
    first, second = numbers(exposure(**one), exposure(**other))
    assert (first, second) == (None, None) if same is None else (first == second) is same


@pytest.mark.parametrize("ra", ["inf", "nan", "-", "1e999"])
def test_a_position_that_is_none(ra):
    assert numbers(at(ra, 0), at(0, ra), at(1e300, 5)) == [None, None, "1"]


def test_moving_targets_go_by_name_only():
    moving = [at(ra, 0, targprop="io", targtype="moving") for ra in (1, 20)]
    nameless = [at(1, 0, targtype="moving"), at(1, 0, targtype="moving")]
    assert numbers(*moving, *nameless) == ["1", "1", None, None]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([(10, 0), (10 + 0.9 * ARCSECOND, 0)], "11"),
        ([(10, 0), (10 + 1.1 * ARCSECOND, 0)], "12"),
        ([(359.9999, 0), (0.0001, 0), (359.99995, 0), (0.00005, 0), (0, 0)], "11111"),
        ([(10, 60), (10 + 1.9 * ARCSECOND, 60)], "11"),
        ([(10, 60), (10 + 2.1 * ARCSECOND, 60)], "12"),
        ([(0, 90), (180, 90)], "11"),
        ([(10, 0), (10 + 1.8 * ARCSECOND, 0), (10 + 0.9 * ARCSECOND, 0)], "111"),
    ],
)
def test_positions(places, expected):
    assert "".join(numbers(*(at(*place) for place in places), tolerance=1)) == expected


def test_a_given_number_is_kept_and_lent():
    given = [
        exposure(3, targprop="a"),
        exposure(4, targprop="a", targetid="1"),
        exposure(1, targprop="b"),
        exposure(2, targprop="c"),
    ]
    assert numbers(*given) == ["1", "1", "2", "3"]


targets = st.fixed_dictionaries(
    {
        "obs_num": st.integers(1, 4),
        "program": st.sampled_from("12"),
        "targprop": st.sampled_from([None, "a", "b"]),
        "targname": st.sampled_from([None, "unknown", "m33"]),
        "targ_ra": st.sampled_from([None, "0", "0.0002", "0.0004", "1"]),
        "targ_dec": st.just("0"),
    }
)


@given(st.lists(targets, max_size=8), st.randoms(use_true_random=False))
def test_order_does_not_matter(described, order: random.Random):
    exposures = [exposure(**each) for each in described]
    shuffled = [dict(each) for each in exposures]
    order.shuffle(shuffled)
    number_targets(exposures)
    number_targets(shuffled)
    key = str
    assert sorted(map(key, exposures)) == sorted(map(key, shuffled))
    for program in "12":
        used = {
            int(each["targetid"]) for each in exposures if each["program"] == program and each["targetid"]
        }
        assert used == set(range(1, len(used) + 1))
