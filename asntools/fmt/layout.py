"""The formatted content of a file of associations, and what it changes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import BinaryIO, NamedTuple

from asntools.asn.document import Document
from asntools.asn.documents import only_fit, read_documents
from asntools.asn.formats import FORMATS, JSON, JSON_LINES, YAML, Format, dump_documents
from asntools.asn.key_order import in_order
from asntools.asn.products import product_list
from asntools.common.faults import Fault, Report, os_reason


class Formatted(NamedTuple):
    """A file as it should be.

    `line` is the first line that would change; `reasons` are those of ``repairs``, ``key order`` and
    ``layout`` that apply, and are empty if nothing would change.
    """

    data: bytes
    line: int
    reasons: tuple[str, ...]
    loses_comments: bool


def read(stream: BinaryIO, source: str, report: Report, *, repair: bool = False) -> Iterator[Document]:
    """Read the associations of a file, with repairs if wanted, which are reported too.

    A document without a list of products is some other record, for which no order of keys is known: it is
    reported and skipped.
    """
    documents = _repaired(stream, source, report) if repair else read_documents(stream, source, report)
    return only_fit(documents, product_list, report)


def _repaired(stream: BinaryIO, source: str, report: Report) -> Iterator[Document]:
    from asntools.fmt.repair import read_repaired

    try:
        data = stream.read()
    except OSError as error:
        report(Fault(f"cannot read: {os_reason(error)}", source))
        return
    for document, mends in read_repaired(data, source, report):
        for line, what in mends:
            report(Fault(f"repair: {what}", source, line, serious=False))
        yield document


def format_file(
    data: bytes, source: str, to: str | None = None, *, repair: bool = False
) -> tuple[Formatted | None, list[Fault]]:
    """Read and format a file; return the result, with the repairs.

    A file that could not be read completely is never changed: the result is None, with the reasons.
    """
    told: list[Fault] = []
    documents = list(read(io.BytesIO(data), source, told.append, repair=repair))
    serious = [fault for fault in told if fault.serious]
    if serious:
        return None, serious
    return formatted(data, documents, to, repaired=bool(told)), told


def formatted(
    data: bytes, documents: Sequence[Document], to: str | None = None, *, repaired: bool = False
) -> Formatted:
    """Format a file, from which `documents` were read and perhaps repaired, in its own format or another."""
    values = [document.value for document in documents]
    ordered = [in_order(value) for value in values]
    form = FORMATS[to] if to is not None else own_form(documents)
    new = b"".join(dump_documents(ordered, form)) if documents else data
    if new == data + b"\n":
        new = data  # the reference generator, and many an editor, ends files so
    reasons = []
    if new != data:
        if repaired:
            reasons.append("repairs")
        if json.dumps(values) != json.dumps(ordered):
            reasons.append("key order")
        if not repaired and b"".join(dump_documents(values, form)) not in (data, data + b"\n"):
            reasons.append("layout")
    pairs = zip(data.splitlines(), new.splitlines(), strict=False)
    line = 1 + sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return Formatted(new, line, tuple(reasons), any(document.format.comments for document in documents))


def own_form(documents: Sequence[Document]) -> Format:
    """Return the usual format for the kind of file that holds these documents."""
    kinds = {document.format.kind for document in documents}
    if "yaml" in kinds:
        return YAML
    in_lines = len(documents) > 1 or any(document.source.endswith(".jsonl") for document in documents)
    return JSON_LINES if in_lines and kinds == {"jsonl"} else JSON
