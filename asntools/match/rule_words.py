"""Rules for readers: a line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asntools.common.faults import printable
from asntools.common.records import dump_record
from asntools.match.rules import Rule


def list_rules(rules: Sequence[Rule], *, as_records: bool = False) -> Iterator[bytes]:
    """Return a line per rule: its name, the type of its associations, and what it is for."""
    width = max((len(rule.name) for rule in rules), default=0)
    for rule in rules:
        if as_records:
            record = {
                "rule": rule.name,
                "stage": rule.stage,
                "asn_type": rule.asn_type,
                "summary": rule.summary,
                "default": rule.default,
            }
            yield dump_record(record)
        else:
            yield f"{rule.name:{width}}  {rule.asn_type:13}  {printable(rule.summary)}\n".encode()
