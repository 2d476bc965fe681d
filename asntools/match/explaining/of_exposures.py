"""Explanations as text for people, and as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from asntools.common.faults import printable
from asntools.common.records import Record
from asntools.common.words import listed
from asntools.jwst.candidates import DISCOVERED, Candidate
from asntools.match.explaining.outcomes import (
    RESULTS,
    Explanation,
    Failure,
    Joined,
    Nearest,
    NoGroup,
    NotChosen,
    NotForCandidate,
    OtherCandidate,
    Outcome,
    Refused,
    Short,
    Unset,
    shown,
)

_FEW = 3


def as_text(explanations: Iterable[Explanation]) -> Iterator[str]:
    """Yield the lines that explain exposures: the file, then a line per rule; the nearest misses first.

    Rules with the same answer share a line, and those for other exposures have one at the end.
    """
    for (filename, _), of_one in groupby(explanations, key=lambda each: (each.filename, each.program)):
        yield f"{printable(filename)}\n"
        found = list(of_one)
        everywhere = {candidate for each in found for candidate in each.candidates}
        foreign = [each for each in found if isinstance(each.outcome, Refused) and each.outcome.foreign]
        if len(foreign) == 1:
            foreign = []
        told: dict[tuple[str, str, str], list[str]] = {}
        for each in found:
            if each not in foreign and not _goes_without_saying(each, found):
                told.setdefault(_answer(each, everywhere), []).append(each.rule or "")
        for (sign, place, why), rules in told.items():
            rule = f"{some(rules)}{place}: " if rules[0] else ""
            yield printable(f"  {sign} {rule}{why}") + "\n"
        if foreign:
            names = some([each.rule or "" for each in foreign])
            yield printable(f"  - {names}: not for {_sort(foreign[0].outcome)}") + "\n"


def _goes_without_saying(explanation: Explanation, found: list[Explanation]) -> bool:
    # That a rule which has its say in candidates makes no discovered groups.
    outcome = explanation.outcome
    return (
        isinstance(outcome, NotForCandidate)
        and outcome.type == DISCOVERED
        and any(each.rule == explanation.rule and each is not explanation for each in found)
    )


def _answer(explanation: Explanation, everywhere: set[Candidate]) -> tuple[str, str, str]:
    # The sign, the candidates unless it is all of them, and the sentence.
    why = explanation.outcome.why()
    if isinstance(explanation.outcome, Joined):
        return "+", "", why
    if set(explanation.candidates) == everywhere:
        return "-", "", why
    return "-", f" in {listed(shown(candidate.id) for candidate in explanation.candidates)}", why


def _sort(outcome: Outcome) -> str:
    assert isinstance(outcome, Refused)
    attribute, _, found = outcome.failures[0]
    return f"exposures without {attribute}" if found is None else f"{attribute} {found}"


def some(names: list[str]) -> str:
    """Return names as a sentence lists them, only the first few if there are many."""
    return (
        listed(names) if len(names) <= _FEW + 1 else f"{', '.join(names[:_FEW])} and {len(names) - _FEW} more"
    )


def as_record(explanation: Explanation) -> Record:
    """Return an explanation as a record, one JSON object; see `schemas/explanation.schema.json`."""
    outcome = explanation.outcome
    return {
        "filename": explanation.filename,
        "program": explanation.program,
        "rule": explanation.rule,
        "candidates": [candidate._asdict() for candidate in explanation.candidates],
        "result": RESULTS[type(outcome)],
        "why": outcome.why(),
        **_details(outcome),
    }


def _details(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Joined(memberships):
            return {
                "groups": [
                    {**each.group._asdict(), "exptype": each.exptype, "candidate": each.candidate}
                    for each in memberships
                ]
            }
        case Refused(failures):
            return {"failures": _records(failures)}
        case NotForCandidate(_, taken):
            return {"taken": list(taken)}
        case Unset(attributes):
            return {"attributes": list(attributes)}
        case NoGroup(nearest):
            return {"nearest": _nearest(nearest)}
        case NotChosen(exptype, group, chosen, unlike):
            return {
                "exptype": exptype,
                "group": group._asdict(),
                "chosen": chosen,
                "differences": _records([] if unlike is None else [unlike]),
            }
        case Short(has, lacks, nearest):
            return {
                "has": dict(has),
                "lacks": {what: {"has": count, "needs": needs} for what, count, needs in lacks},
                "nearest": _nearest(nearest),
            }
        case OtherCandidate(candidates):
            return {"of": list(candidates)}


def _records(failures: Iterable[Failure]) -> list[Record]:
    return [failure._asdict() for failure in failures]


def _nearest(nearest: Nearest | None) -> Record | None:
    if nearest is None:
        return None
    return {**nearest.group._asdict(), "differences": _records(nearest.differences)}
