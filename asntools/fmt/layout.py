"""What a file of associations becomes when it is formatted, and what that changes."""

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

    `line` is the first one that differs from what it holds now; `reasons` say what differs, ``repairs``,
    ``key order`` and ``layout``, and are empty where nothing does.
    """

    data: bytes
    line: int
    reasons: tuple[str, ...]
    loses_comments: bool


def read(stream: BinaryIO, source: str, report: Report, *, repair: bool = False) -> Iterator[Document]:
    """Read the associations of a file, with repairs where they are wanted; these are reported too.

    What has no list of products is another record, whose keys are in no order that is known here: it is
    reported and passed over.
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
    """Read a file and format it; return it with what was repaired.

    A file of which not all could be read is never changed: it is None, with the reasons.
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
    """Format a file, of which `documents` were read and perhaps repaired, in its own form or in another."""
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
    """Return the usual form of the kind of file that holds these documents."""
    kinds = {document.format.kind for document in documents}
    if "yaml" in kinds:
        return YAML
    in_lines = len(documents) > 1 or any(document.source.endswith(".jsonl") for document in documents)
    return JSON_LINES if in_lines and kinds == {"jsonl"} else JSON
