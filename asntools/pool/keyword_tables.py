"""Tables of header keywords, as searches of the archive export them, before any file is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from asntools.common.faults import Fault, Report
from asntools.common.records import Record
from asntools.jwst.keywords import KEYWORDS, NEEDED
from asntools.pool.collection import Collection, Product
from asntools.pool.headers import complete
from asntools.pool.targets import number_targets


def exposures_of_keywords(
    rows: Iterable[tuple[Record, int]], source: str, report: Report
) -> Iterator[Record]:
    """Yield the exposures of a table's rows, each with its line, as their files' headers would give them.

    A search finds products of all levels: an exposure is one, whatever of it is there, and what combines
    exposures is left out.
    """
    collection = Collection(report)
    kept: list[Record] = []
    for row, line in rows:
        product = Product.of(row["filename"], row["filename"])
        try:
            _complete(row)
        except ValueError as error:
            if not product.combines_exposures:
                report(Fault(f"{error}; the exposure is left out", source, line))
                continue
        new = collection.add(product, row)
        kept += [] if new is None else [new]
    kept += collection.finish()
    number_targets(collection)
    yield from kept


def _complete(row: Record) -> None:
    for name in NEEDED:
        if row.get(name) is None:
            raise ValueError(f"{name} is not specified")
    for _, name, form, _ in KEYWORDS:
        value = row.setdefault(name, None)
        if value is not None and form == "integer" and value.isdecimal():
            row[name] = value.lstrip("0") or "0"
        elif value is not None and form == "tilt":
            row[name] = _rounded(value)
    if row["fxd_slit"] == "none":
        row["fxd_slit"] = None
    complete(row)


def _rounded(tilt: str) -> str:
    try:
        return str(round(float(tilt), 8))
    except ValueError:
        return tilt
