"""jq queries on associations, with results that keep the numbers that jq cannot represent.

In jq every number is a double: an integer beyond 2^53 loses its last digits, and 1.50 its zero.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from asntools.asn.formats import Format, dump_documents
from asntools.asn.numbers import WrittenFloat
from asntools.common.faults import Fault, printable
from asntools.common.jq import Query

_EXACT = 2**53


def answers(query: Query, asn: dict[str, Any]) -> Iterator[Any]:
    """Yield the results of a program for an association, with numbers as written there.

    Raises a `Fault` if the program fails, or returns a number that could be either of two in the association.
    """
    numbers: dict[float, int | float | None] = {}
    for number in _beyond_jq(asn):
        key = _double(number)
        numbers[key] = number if repr(numbers.get(key, number)) == repr(number) else None
    for answer in query.answers(asn):
        yield _restored(answer, numbers)


def raw_lines(values: Iterable[Any], form: Format, *, terminal: bool = False) -> Iterator[bytes]:
    """Write results one after another: text as it is, but escaped for a terminal, anything else as JSON."""
    for value in values:
        if isinstance(value, str):
            yield f"{printable(value) if terminal else value}\n".encode("utf-8", "replace")
        else:
            yield from dump_documents([value], form)


def _beyond_jq(value: object) -> Iterator[int | float]:
    if isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _beyond_jq(each)
    elif isinstance(value, WrittenFloat):
        if not value.is_integer():  # to jq 1.0 is the same as 1, and may be a count
            yield value
    elif isinstance(value, int) and abs(value) >= _EXACT:
        yield value


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return sys.float_info.max if number > 0 else -sys.float_info.max


def _restored(answer: Any, numbers: dict[float, int | float | None]) -> Any:
    if isinstance(answer, dict):
        return {key: _restored(each, numbers) for key, each in answer.items()}
    if isinstance(answer, list):
        return [_restored(each, numbers) for each in answer]
    if isinstance(answer, bool) or not isinstance(answer, (int, float)):
        return answer
    number = float(answer)
    if math.isnan(number):
        return None  # as jq writes it
    found = numbers.get(number, answer)
    if found is None and abs(number) >= _EXACT:
        raise Fault(f"jq cannot tell apart integers that are both {json.dumps(number)} as doubles")
    if found is not None and found is not answer:
        return found
    if math.isinf(number):
        return math.copysign(sys.float_info.max, number)
    return number if abs(number) > _EXACT else answer
