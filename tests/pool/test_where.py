"""Conditions on exposures: what is kept, and what is said of those that cannot mean what they say."""

from __future__ import annotations

import pytest

from asntools.common.faults import Fault
from asntools.pool.where import Where

EXPOSURES = [
    {
        "filename": "A.fits",
        "program": "1",
        "instrume": "nircam",
        "filter": "clear",
        "nints": "1",
        "is_psf": "t",
    },
    {"filename": "b.fits", "program": "1", "instrume": "miri", "filter": None, "nints": "10", "is_psf": "f"},
]


FLAG = 'is_psf is text, and to jq f is as true as t: write .is_psf == "t"'


def kept(text, exposures=EXPOSURES):
    faults = []
    names = [exposure["filename"] for exposure in Where(text).kept(iter(exposures), faults.append)]
    assert not any(fault.serious for fault in faults)
    return names, [fault.message.removeprefix(f"--where {text!r}: ") for fault in faults]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ('.filter = "clear"', '.filter == "clear"'),
        ('.filter="clear"', '.filter=="clear"'),
        ('.filter |= "clear"', '.filter == "clear"'),
        ('select(.instrume == "nircam") | .nints = "="', 'select(.instrume == "nircam") | .nints == "="'),
    ],
)
def test_a_condition_that_assigns_is_refused(text, right):
    with pytest.raises(Fault) as fault:
        kept(text)
    assert fault.value.message == f"--where {text!r} assigns; to compare, write {right!r}"
    assert fault.value.serious


@pytest.mark.parametrize(
    ("text", "names", "said"),
    [
        (
            '.instrume == "MIRI"',
            [],
            ['keeps no exposure; values are in lower case: write "miri", not "MIRI"'],
        ),
        (
            '.instrume != "MIRI"',
            ["A.fits", "b.fits"],
            ['values are in lower case: write "miri", not "MIRI"'],
        ),
        ('.instrume | IN("MIRI", "NIRCam")', [], None),
        (".nope == 1", [], ["keeps no exposure; none has 'nope'"]),
        (".is_psf", ["A.fits", "b.fits"], [FLAG]),
        (".is_psf | not", [], [f"keeps no exposure; {FLAG}"]),
        ('(.is_psf and .nints == "1")', ["A.fits"], [FLAG]),
        ('.is_psf == "t" and true', ["A.fits"], []),
        ('.INSTRUME == "miri"', [], ["keeps no exposure; none has 'INSTRUME'; did you mean 'instrume'?"]),
        ('.instrumet == "miri"', [], ["keeps no exposure; none has 'instrumet'; did you mean 'instrume'?"]),
        ('.instrume == "mira"', [], ["keeps no exposure; instrume is 'miri' or 'nircam'"]),
        ('.filter == "f200w"', [], ["keeps no exposure; filter is 'clear' or null"]),
        (".program == 1", [], ['keeps no exposure; program is text: write .program == "1", not 1']),
        (".nints > 5", ["A.fits", "b.fits"], ["nints is text: write (.nints | tonumber) > 5"]),
        (".is_psf == true", [], ['keeps no exposure; is_psf is text: write .is_psf == "t", not true']),
        ("false", [], ["keeps no exposure"]),
        ('.filename == "A.fits"', ["A.fits"], []),
        ('.instrume | test("MIRI"; "i")', ["b.fits"], []),
        ('(.instrume | ascii_upcase) == "MIRI"', ["b.fits"], []),
        ('.nints == "10" and .filter == null', ["b.fits"], []),
        ("(.nints | tonumber) >= 10", ["b.fits"], []),
        ('select(.instrume == "miri")', ["b.fits"], []),
        ('{instrume, program} == {instrume: "miri", program: "1"}', ["b.fits"], []),
        ('.filename | endswith("a = b")', [], ["keeps no exposure; filename is 'A.fits' or 'b.fits'"]),
        ('[.instrume, "a|=b"] | .[0] == "miri"', ["b.fits"], []),
    ],
)
def test_what_is_said(text, names, said):
    have, messages = kept(text)
    assert have == names
    if said is not None:
        assert messages == said
    assert len(messages) <= 1


def test_nothing_is_said_where_there_is_no_exposure():
    assert kept('.filter == "x"', []) == ([], [])


def test_many_values_are_not_shown():
    exposures = [{"filename": f"{number}.fits", "x": str(number)} for number in range(50)]
    assert kept('.x == "y"', exposures) == ([], ["keeps no exposure"])
