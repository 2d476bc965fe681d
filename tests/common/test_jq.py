from __future__ import annotations

import pytest

from asntools.common.faults import Fault
from asntools.common.jq import Query


@pytest.mark.parametrize(
    ("program", "holds"),
    [
        (".a", True),
        (".b", False),
        (".c", False),
        (".d", True),
        ("empty", False),
        (".a == 1", True),
        ("false, true", False),
    ],
)
def test_holds_as_jq_sees_truth(program, holds):
    assert Query(program).holds({"a": 1, "b": False, "d": 0}) is holds


def test_the_first_answer_needs_no_others():
    assert Query("repeat(1)").first({}) == 1
    assert Query("1, error").first({}) == 1


def test_gives_all_answers():
    assert Query(".[]").all([1, "x", None]) == [1, "x", None]


def test_says_what_is_wrong_with_a_program():
    with pytest.raises(
        Fault, match=r"^not a jq program: '\.a ===': syntax error, unexpected '=' at .* column 6$"
    ):
        Query(".a ===")


def test_says_where_a_program_fails():
    with pytest.raises(Fault, match=r"^jq program '\.a\.b' fails: Cannot index number with string"):
        Query(".a.b").all({"a": 1})
