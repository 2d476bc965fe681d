from __future__ import annotations

import pytest

from asntools.asn.formats import JSON
from asntools.asn.numbers import WrittenFloat
from asntools.common.faults import Fault
from asntools.common.jq import Query
from asntools.fmt.queries import answers, raw_lines

BIG = 2**53 + 1


def asked(program: str, value: dict) -> list[object]:
    return list(answers(Query(program), value))


@pytest.mark.parametrize("number", [BIG, -BIG, 10**30, 10**400, -(2**63), 2**53, 1, 1.25, 1e300])
def test_numbers_survive_a_query(number):
    found = asked(".a, [.a, {b: .a}]", {"a": number, "c": [1, 2.5, True, "x", None]})
    assert found == [number, [number, {"b": number}]]
    assert [type(each) for each in (found[0], found[1][0])] == [type(number)] * 2


def test_numbers_keep_their_digits_in_a_query():
    assert list(map(repr, asked(".a, .b", {"a": WrittenFloat("1.50"), "b": WrittenFloat("1.5e-5")}))) == [
        "1.50",
        "1.5e-5",
    ]


def test_two_numbers_that_jq_takes_for_one_are_refused():
    assert asked(".c", {"a": BIG, "b": BIG - 1, "c": "x"}) == ["x"]
    assert asked(".b", {"a": BIG, "b": BIG}) == [BIG]
    with pytest.raises(Fault, match="cannot tell apart integers"):
        asked(".a", {"a": BIG, "b": BIG - 1})


def test_what_is_reckoned_is_not_given_digits_that_it_has_not():
    assert asked(".a * 1000", {"a": BIG}) == [float(BIG) * 1000]
    assert repr(asked(".a * 1000", {"a": BIG})[0]) == "9.007199254740992e+18"
    assert asked("nan, (infinite | . > 1e308), (.products | length)", {"products": [1.0]}) == [None, True, 1]


def test_raw_text_is_a_line_each_and_safe_on_a_terminal():
    values = ["a b", "\x1b[31m", 1, ["x"]]
    assert b"".join(raw_lines(values, JSON)) == b'a b\n\x1b[31m\n1\n[\n    "x"\n]\n'
    assert b"".join(raw_lines(values[:2], JSON, terminal=True)) == b"a b\n\\x1b[31m\n"
