"""A program at a time: what is held, what is released, and what comes back."""

from __future__ import annotations

from operator import attrgetter

from hypothesis import given
from hypothesis import strategies as st

from asntools.common.programs import OfProgram, whole_programs


def records(text, size=1):
    return [OfProgram(program, f"{program}{at}", size, "in", at) for at, program in enumerate(text, 1)]


record = attrgetter("record")


def put_together(text, held):
    faults = []
    made = whole_programs(records(text), record, faults.append, held=held)
    return [f"{program}{len(found)}" for program, found in made], faults


def test_few_records_wait_for_all():
    assert put_together("abacba", None) == (["a3", "b2", "c1"], [])
    assert put_together("abacba", 6) == (["a3", "b2", "c1"], [])


def test_the_program_not_seen_for_longest_is_released():
    assert put_together("aabbacc", 5) == (["b2", "a3", "c2"], [])


def test_the_program_that_is_being_read_is_never_released():
    assert put_together("aaaabbbbb", 2) == (["a4", "b5"], [])


def test_a_program_that_comes_back_is_named_with_both_lines():
    made, faults = put_together("aabbbaac", 3)
    assert made == ["a2", "b3", "c1"]
    assert [str(fault) for fault in faults] == [
        f"in:{line}: program a comes back after its other records up to line 2 were processed; "
        "sort the input by program, or use --unsorted to hold all of it"
        for line in (6, 7)
    ]
    assert all(fault.serious for fault in faults)


@given(st.text("abcd", max_size=40), st.integers(1, 10))
def test_nothing_is_lost_and_little_is_held(text, held):
    faults = []
    made = list(whole_programs(records(text), record, faults.append, held=held))
    assert sum(len(found) for _, found in made) + len(faults) == len(text)
    assert len({program for program, _ in made}) == len(made)
    for program, found in made:
        assert {each[0] for each in found} == {program}
        assert [int(each[1:]) for each in found] == sorted(int(each[1:]) for each in found)
    if held >= len(text):
        assert not faults
        assert [program for program, _ in made] == list(dict.fromkeys(text))


@given(st.lists(st.sampled_from("abcdef"), max_size=6, unique=True), st.integers(1, 5), st.integers(1, 9))
def test_sorted_records_stream_whatever_is_held(programs, each, held):
    text = "".join(program * each for program in programs)
    assert put_together(text, held) == ([f"{program}{each}" for program in programs], [])


def test_programs_are_given_as_soon_as_they_can_be():
    taken = []

    def coming():
        for each in records("aabbccdd"):
            taken.append(each.program)
            yield each

    first = next(whole_programs(coming(), record, lambda fault: None, held=4))
    assert first == ("a", ["a1", "a2"])
    assert "".join(taken) == "aabbc"
