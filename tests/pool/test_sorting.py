"""asn-pool --sort: programs come together, nothing is lost, memory stays bounded."""

from __future__ import annotations

import errno
import tempfile
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asntools.common.faults import Fault
from asntools.pool.sorting import by_program


def exposures_of(programs, **more):
    return [
        {"filename": f"{number}.fits", "program": program, "asn_pool": "p", "note": "é\r\u2028\n", **more}
        for number, program in enumerate(programs)
    ]


def together(exposures):
    programs = list(dict.fromkeys(exposure["program"] for exposure in exposures))
    return [each for program in programs for each in exposures if each["program"] == program]


@given(st.lists(st.sampled_from("1234")), st.sampled_from([0, 100, 250, 10_000]))
def test_programs_come_together_whatever_is_held_in_memory(programs, held):
    exposures = exposures_of(programs)
    assert list(by_program(iter(exposures), pytest.fail, held)) == together(exposures)


@pytest.mark.parametrize("held", [0, 10_000])
def test_what_comes_again_is_left_out(held):
    first, second = exposures_of("12")
    other = {**first, "note": None}
    faults = []
    stream = [first, second, other, dict(reversed(first.items()))]
    assert list(by_program(stream, faults.append, held)) == [first, other, second]
    assert [str(fault) for fault in faults] == ["p: exposure '0.fits' is repeated; it is left out"]


def test_another_file_of_an_exposure_is_left_out():
    [exposure] = exposures_of("1", filename="a_uncal.fits")
    stream = [exposure, {**exposure, "filename": "a_cal.fits", "asn_pool": "q", "files": "a_cal.fits"}]
    faults = []
    assert list(by_program(stream, faults.append)) == [exposure]
    assert [str(fault) for fault in faults] == ["q: exposure 'a_cal.fits' is repeated; it is left out"]


def test_memory_holds_what_waits_and_no_more():
    note = "x" * 1_000

    def many():
        for number in range(20_000):
            yield {"filename": f"{number}", "program": str(number % 7), "asn_pool": "p", "note": note}

    tracemalloc.start()
    try:
        assert sum(1 for _ in by_program(many(), pytest.fail, held=1_000_000)) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 6_000_000  # of 20 MB
    finally:
        tracemalloc.stop()


def test_a_full_disk_is_one_line(monkeypatch):
    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(Fault, match=r"--sort cannot use a temporary file \(see TMPDIR\): no space left"):
        list(by_program(exposures_of("12"), pytest.fail, held=0))


def test_little_needs_no_disk(monkeypatch):
    monkeypatch.setattr(tempfile, "TemporaryFile", pytest.fail)
    assert len(list(by_program(exposures_of("121"), pytest.fail))) == 3
