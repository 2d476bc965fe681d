"""Exposures written as a pool again."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from asntools.common.faults import Fault, Report
from asntools.common.records import Record


def pool_lines(exposures: Iterable[Record], report: Report, delimiter: str = "|") -> Iterator[bytes]:
    """Write exposures as a pool table, which `read_exposures` reads back to the same records.

    The columns are those of all the exposures, so all are read before the first line is written.

    Yields
    ------
    bytes
        A line, the header first.
    """
    records = list(exposures)
    columns = list(dict.fromkeys(itertools.chain.from_iterable(records)))
    if not columns:
        return
    if any("\n" in name or "\r" in name for name in columns):
        raise Fault("a key with a line end cannot be the name of a table's column")
    yield _join(columns, delimiter)
    for record in records:
        values = ["null" if (value := record.get(name)) is None else value for name in columns]
        if any("\n" in value or "\r" in value for value in values):
            what = "has a line end in a value, which a table cannot hold; it is left out"
            report(Fault(f"exposure {record['filename']!r} {what}"))
            continue
        yield _join(values, delimiter)


def _join(values: list[str], delimiter: str) -> bytes:
    text = delimiter.join(
        '"{}"'.format(value.replace('"', '""'))
        if delimiter in value or '"' in value or value[:1] == "#"
        else value
        for value in values
    )
    return text.encode("utf-8") + b"\n"
