from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asntools.fmt.columns import fit, padded, shortened, width_of

EXPOSURES = [
    f"jw01234001001_02101_{number:05}_nrc{detector}_cal.fits"
    for number in range(1, 5)
    for detector in ("a1", "b4")
]


@pytest.mark.parametrize("width", [12, 20, 25, 40])
def test_names_are_shortened_in_the_middle_and_stay_apart(width):
    found = shortened(EXPOSURES, width)
    assert len(set(found)) == len(EXPOSURES)
    assert {(text[:1], text[-5:]) for text in found} == {("j", ".fits")}
    assert len({len(text) for text in found}) == 1
    needed = len("j…00001_nrca1_cal.fits")
    assert len(found[0]) <= max(width, needed)


def test_the_middle_is_cut_out_where_that_is_enough():
    assert shortened(["abcdefghijkl_x.fits", "bcdefghijklm_x.fits"], 13) == ["abcdef…x.fits", "bcdefg…x.fits"]
    assert shortened(["a" * 20] * 2 + ["short"], 13) == ["aaaaaa…aaaaaa"] * 2 + ["short"]


def test_names_that_differ_at_both_ends_of_the_middle_get_the_width_that_they_need():
    names = ["a1" + "x" * 20 + "1b", "a2" + "x" * 20 + "1b", "a1" + "x" * 20 + "2b", "a1x" + "y" * 19 + "1b"]
    assert shortened(names, 6) == ["a1…x1b", "a2…x1b", "a1…x2b", "a1…y1b"]


TEXT = st.text(st.sampled_from("ab\u0301\u4e2d\U0001f52d\u200b_"), max_size=30)


@given(st.lists(TEXT, min_size=1, max_size=6), st.integers(4, 20))
def test_no_two_texts_become_one(texts, width):
    found = shortened(texts, width)
    assert len(set(found)) == len(set(texts))
    for text, short in zip(texts, found, strict=True):
        assert width_of(short) <= max(width, *map(width_of, texts))
        start, ellipsis, end = short.partition("…")
        assert text.startswith(start)
        assert text.endswith(end)
        assert not ellipsis or not end or not unicodedata.combining(end[0])


def test_what_one_column_needs_others_give():
    columns = [["product" * 6], [f"{'x' * 20}{number}{'y' * 30}{number}" for number in "12"]]
    columns[1].append("x" * 20 + "1" + "y" * 30 + "2")
    shown = fit([columns[0] * 3, columns[1]], 60, 2)
    assert sum(max(map(width_of, column)) for column in shown) + 2 == 60


def test_wide_and_combining_characters_take_the_columns_that_they_take():
    assert [width_of(text) for text in ("abc", "e\u0301", "\u4e2d\u6587", "\uff21", "")] == [3, 1, 4, 2, 0]
    assert padded("\u4e2d", 4) == "\u4e2d  "


@pytest.mark.parametrize("width", [1, 20, 80, 400])
def test_columns_fit_a_terminal_where_they_can(width):
    columns = [
        ["asn_type", *["image3"] * 8],
        ["product", *["jw01234-o001_t001_nircam_clear-f200w"] * 8],
        ["expname", *EXPOSURES],
    ]
    shown = fit(columns, width, 2)
    widths = [max(map(width_of, column)) for column in shown]
    assert sum(widths) + 4 <= max(width, 8 + 12 + 22 + 4)
    assert [column == whole for column, whole in zip(shown, columns, strict=True)] == [
        True,
        width == 400,
        width == 400,
    ]
