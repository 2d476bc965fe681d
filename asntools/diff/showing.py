"""Differences as text, as records, and counted by rule and type."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from asntools.asn.products import name_of, walk
from asntools.common.faults import printable
from asntools.common.records import Record
from asntools.diff.changes import Change, keyword
from asntools.diff.pairing import Difference, Entry

RESULTS = ("same", "changed", "moved", "only-old", "only-new")
"""The results for an association; ``moved`` means the same under another candidate."""

_GREEN, _RED, _YELLOW, _BOLD = "32", "31", "33", "1"
_COLOURS = {"+": _GREEN, "-": _RED, "~": _YELLOW}


def result(difference: Difference) -> str:
    """Return which of the `RESULTS` a difference is."""
    if difference.old is None:
        return "only-new"
    if difference.new is None:
        return "only-old"
    changed = {(change.what, change.name) for change in difference.changes}
    if not changed:
        return "same"
    return "moved" if ("keyword", "asn_id") in changed and _only_candidate(difference.changes) else "changed"


def _only_candidate(changes: Iterable[Change]) -> bool:
    # The names of Stage 3 products, and what members say of their candidate, follow the candidate.
    return all(
        (change.what == "keyword" and change.name == "asn_id")
        or change.what == "product"
        or (change.what == "value" and change.key == "asn_candidate")
        for change in changes
    )


def as_record(difference: Difference) -> Record:
    """Return a difference as a record, one JSON object; see `schemas/difference.schema.json`."""
    return {
        "result": result(difference),
        "old": _place(difference.old),
        "new": _place(difference.new),
        "changes": [
            {key: value for key, value in change._asdict().items() if key != "key" or value is not None}
            for change in difference.changes
        ],
    }


def _place(entry: Entry | None) -> Record | None:
    if entry is None:
        return None
    keywords = {key: keyword(entry.asn, key) for key in ("asn_type", "asn_rule", "program", "asn_id")}
    products = [name_of(product) for _, product in walk(entry.asn)]
    return {"source": entry.source, "line": entry.line, **keywords, "products": products}


def as_text(difference: Difference, *, colour: bool = False) -> Iterator[str]:
    """Yield the lines that show a difference: a title, and one line per change."""
    entry = difference.new or difference.old
    assert entry is not None
    sign = {"only-old": "-", "only-new": "+"}.get(result(difference), "")
    only = {"-": " only in the old set", "+": " only in the new set"}.get(sign, "")
    places = " -> ".join(_where(each) for each in (difference.old, difference.new) if each is not None)
    title = f"{sign + ' ' if sign else ''}{_title(entry.asn)}"
    yield f"{_painted(title, _COLOURS.get(sign, _BOLD), colour)}{only} ({places})\n"
    several = sum(1 for _ in walk(entry.asn)) > 1
    for change in difference.changes:
        sign, words = _said(change)
        where = f" [{printable(change.product)}]" if several and change.product is not None else ""
        yield f"  {_painted(f'{sign} {words}{where}', _COLOURS[sign], colour)}\n"


def _painted(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


def _title(asn: Mapping[str, Any]) -> str:
    names = [name_of(product) for _, product in walk(asn)]
    first = names[0] if names else "no products"
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    kind = [str(asn[key]) for key in ("asn_type", "asn_id") if asn.get(key) is not None]
    return printable(" ".join([*kind, first + more]))


def _where(entry: Entry) -> str:
    return printable(entry.source if entry.line in (None, 1) else f"{entry.source}:{entry.line}")


_SAID = {
    "member-added": ("+", "{0.new} {0.name}"),
    "member-removed": ("-", "{0.old} {0.name}"),
    "product-added": ("+", "product {0.name} ({0.new} members)"),
    "product-removed": ("-", "product {0.name} ({0.old} members)"),
    "product": ("~", "product {0.old} -> {0.name}"),
    "file": ("~", "{0.old} -> {0.name}"),
    "role": ("~", "{0.name}: {0.old} -> {0.new}"),
}


def _said(change: Change) -> tuple[str, str]:
    if change.what in _SAID:
        sign, words = _SAID[change.what]
        return sign, printable(words.format(change))
    what = f"{change.name}: {change.key}" if change.key else change.name
    return "~", printable(f"{what}: {_value(change.old)} -> {_value(change.new)}")


def _value(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def summary(found: Iterable[Difference]) -> Iterator[Record]:
    """Count differences by type, then by rule: ``asn_type``, ``asn_rule`` and each of the `RESULTS`."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for difference in found:
        entry = difference.new or difference.old
        assert entry is not None
        key = (str(entry.asn.get("asn_type")), str(keyword(entry.asn, "asn_rule")))
        counts.setdefault(key, Counter())[result(difference)] += 1
    for (asn_type, rule), count in sorted(counts.items()):
        yield {"asn_type": asn_type, "asn_rule": rule, **{name: count[name] for name in RESULTS}}


def summary_table(rows: Iterable[Record]) -> Iterator[str]:
    """Yield the lines of a table of the counts from `summary`, with a total below."""
    found = list(rows)
    total = {"asn_type": "total", "asn_rule": ""} | {
        name: sum(row[name] for row in found) for name in RESULTS
    }
    columns = ("asn_type", "asn_rule", *RESULTS)
    lines = [columns, *([printable(str(row[name])) for name in columns] for row in [*found, total])]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        cells = [
            cell.ljust(width) if at < 2 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip() + "\n"
