"""What the values of a pool mean, however spreadsheets, tables of numbers and people write them."""

from __future__ import annotations

import io
import itertools
import json

import pytest

from asntools.jwst.exposures import FLAGS
from asntools.pool import read_exposures

COLUMNS = {
    "filename": "a_uncal.fits",
    "program": "1523",
    "instrume": "nircam",
    "exp_type": "nrc_image",
    "obs_num": "1",
}


def read(*changes, pool="pool.csv"):
    """Return the exposures, and the messages, of a pool with one row per set of changes."""
    names = list(dict.fromkeys(itertools.chain(COLUMNS, *changes)))
    rows = [[{**COLUMNS, **change}.get(name, "") for name in names] for change in changes]
    return read_text("\n".join("|".join(row) for row in [names, *rows]), pool)


def read_text(text, pool="pool.csv"):
    faults = []
    exposures = list(read_exposures(io.BytesIO(text.encode()), pool, faults.append))
    return exposures, [str(fault) for fault in faults]


@pytest.mark.parametrize("flag", sorted(FLAGS))
@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, "t") for text in ("t", "T", "true", "True", "TRUE", "yes", "Yes", "YES", "1", "1.0")),
        *((text, "f") for text in ("f", "F", "false", "False", "FALSE", "n", "N", "no", "No", "0", "0.0")),
        *((text, None) for text in ("", " ", "null", "N/A", "--", "NaN", "<NA>", "None")),
    ],
)
def test_flags_mean_what_they_say(flag, text, value):
    [exposure], faults = read({flag: text})
    assert (exposure[flag], faults) == (value, [])


def test_flags_of_the_reference_that_say_y():
    [exposure], faults = read(dict.fromkeys(FLAGS, "Y"))
    assert {flag: exposure[flag] for flag in FLAGS} == {**dict.fromkeys(FLAGS, "t"), "bkgdtarg": "y"}
    assert faults == []


@pytest.mark.parametrize("flag", sorted(FLAGS))
@pytest.mark.parametrize("text", ["2", "maybe", "t,f", "-1", "on"])
def test_anything_else_in_a_flag_is_reported(flag, text):
    exposures, faults = read({flag: text}, {"filename": "b_uncal.fits", flag: "t"})
    assert [exposure["filename"] for exposure in exposures] == ["b_uncal.fits"]
    assert faults == [f"pool.csv:2: {flag} is {text!r}, which is neither t nor f; the exposure is left out"]


def test_flags_of_records():
    for value, want in [
        (True, "t"),
        (False, "f"),
        (1, "t"),
        (0, "f"),
        (1.0, "t"),
        ("True", "t"),
        (None, None),
    ]:
        [exposure], faults = read_text(json.dumps({**COLUMNS, "is_psf": value}))
        assert (exposure["is_psf"], faults) == (want, [])


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("program", "7311.0", "7311"),
        ("program", "7.311e+03", "7311"),
        ("program", "7311.", "7311"),
        ("program", "01523", "1523"),
        ("program", "00009", "9"),
        ("program", "00000", "0"),
        ("targetid", "1.0", "1"),
        ("obs_num", "17.0", "17"),
        ("obs_num", "017", "017"),
        ("visit", "1.00", "1"),
        ("visit", "None", None),
        ("patttype", "NONE", "none"),
        ("channel", "12.0", "12"),
        ("channel", "short", "short"),
        ("expspcin", "10.0", "10"),
        ("patt_num", "1.5", "1.5"),
        ("act_id", "1.0", "01"),
        ("act_id", "0f", "0f"),
        ("act_id", "1e2", "1e2"),
        ("visit_id", "1523001001.0", "01523001001"),
        ("gwa_xtil", "1.0", "1.0"),
        ("filter", "1.0", "1.0"),
    ],
)
def test_whole_numbers_of_spreadsheets(name, text, value):
    [exposure], faults = read({name: text})
    assert (exposure[name], faults) == (value, [])


def test_an_observation_of_a_spreadsheet_is_a_candidate():
    [exposure], _ = read({"obs_num": "17.0"})
    assert exposure["asn_candidate"] == "[('o017', 'observation')]"
    exposures, faults = read({"obs_num": "1-3"})
    assert (exposures, faults) == (
        [],
        ["pool.csv:2: obs_num '1-3' is not a number; the exposure is left out"],
    )


@pytest.mark.parametrize(
    "text", ["abc", "a b", "-1", "7311.5", "1e9999", "١٢٣", "1_000", "jw01523", "7311,5"]
)
def test_a_program_that_is_not_a_number(text):
    exposures, faults = read({"program": text})
    assert exposures == []
    assert faults == [f"pool.csv:2: program {text!r} is not a number; the exposure is left out"]


def test_one_program_in_two_spellings_is_one():
    exposures, faults = read({"program": "1001"}, {"program": "01001"}, {"program": "1001.0"})
    assert [exposure["program"] for exposure in exposures] == ["1001"]
    what = "exposure 'a_uncal.fits' is the same as at line 2; it is left out"
    assert faults == [f"pool.csv:3: {what}", f"pool.csv:4: {what}"]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("first", ["", "# a comment", "\ufeff"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends(end, first, last):
    lines = ["|".join(COLUMNS), "|".join(COLUMNS.values()), "|".join({**COLUMNS, "program": "2"}.values())]
    text = (first + end if first.startswith("#") else first) + end.join(lines) + (end if last else "")
    exposures, faults = read_text(text)
    assert ([exposure["program"] for exposure in exposures], faults) == (["1523", "2"], [])


def test_a_row_between_carriage_returns_has_its_line():
    rows = ["|".join(COLUMNS), "too|few", "|".join(COLUMNS.values())]
    exposures, faults = read_text("\r".join(rows))
    assert (len(exposures), faults) == (
        1,
        ["pool.csv:2: 2 fields, but the header has 5; the row is left out"],
    )


@pytest.mark.parametrize(
    ("name", "read_as"),
    [
        ("C:\\data\\jw1_uncal.fits", "jw1_uncal.fits"),
        ("data\\jw1_uncal.fits", "jw1_uncal.fits"),
        ("\\\\server\\data\\jw1_uncal.fits", "jw1_uncal.fits"),
        ("data/jw1_uncal.fits", "data/jw1_uncal.fits"),
        (" jw1_uncal.fits\t", "jw1_uncal.fits"),
        ("my exposure.fits", "my exposure.fits"),
        ("jw1_uncal.fits.gz", "jw1_uncal.fits.gz"),
        ("é_uncal.fits", "é_uncal.fits"),
    ],
)
def test_names_of_files(name, read_as):
    [exposure], faults = read({"filename": name})
    assert (exposure["filename"], faults) == (read_as, [])


@pytest.mark.parametrize("character", ["\t", "\x00", "\x1b", "\x7f", "\x85", "\u200b", "\u202e", "\ufeff"])
def test_names_with_what_cannot_be_seen(character):
    name = f"a{character}_uncal.fits"
    exposures, faults = read({"filename": name})
    assert exposures == []
    assert faults == [
        f"pool.csv:2: filename {name!r} contains an invisible character; the exposure is left out"
    ]


def test_names_that_are_a_folder():
    exposures, faults = read({"filename": "data\\"})
    assert (exposures, faults) == ([], ["pool.csv:2: filename is not specified; the exposure is left out"])


def test_programs_are_let_go_when_many_exposures_wait():
    from asntools.pool.repeats import Repeats

    faults = []
    repeats = Repeats(faults.append, limit=2)

    def lines_left(*rows):
        kept = repeats.leave_out(
            (({"program": p, "filename": f, "line": n}, 0, n) for p, f, n in rows), "pool.csv"
        )
        return [each["line"] for each in kept]

    stream = ["1", "1", "1", "2", "1", "2", "3", "1"]
    assert lines_left(*((each, "f", line) for line, each in enumerate(stream, 1))) == [1, 4, 7]
    faults.clear()
    assert lines_left(("4", "a", 9), ("4", "b", 10), ("5", "a", 11), ("1", "f", 12)) == [9, 10, 11, 12]
    assert [str(fault) for fault in faults] == [
        "pool.csv:12: program 1 comes again, too far down to compare its exposures with those above; "
        "--sort compares them all"
    ]
    assert not faults[0].serious
