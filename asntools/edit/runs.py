"""An edit done to the associations of files: which ones, and what the files then hold."""

from __future__ import annotations

import io
import os.path
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TypeAlias

from asntools.asn.documents import Document, read_documents
from asntools.asn.products import Association, name_of, named, products_of
from asntools.common.faults import Fault, Report
from asntools.jwst.asn_types import stage_of

Edit: TypeAlias = Callable[[Association, str], list[Association]]
"""What is done to one association, which came from the file of that name."""
Merge: TypeAlias = Callable[[Sequence[Association]], Association]
"""What makes one association of several."""
Changed: TypeAlias = list[tuple[Document, list[Association]]]
"""Documents, each with the associations that take its place."""
Change: TypeAlias = Callable[[Sequence[Document]], Changed]
"""What is done to the associations of a file, or of all files."""


class Picker:
    """Says which associations an edit is meant for, and remembers whether there were any.

    Parameters
    ----------
    wanted : str or None
        An asn_id, the name of a product or the name of a file, or a glob of these; None is every association.
    """

    def __init__(self, wanted: str | None):
        self.wanted = wanted
        self.picked = 0
        self._others: dict[str, None] = {}

    def picks(self, document: Document) -> bool:
        """Say whether the edit is meant for this association."""
        wanted = self.wanted
        if wanted is None or any(name == wanted or fnmatchcase(name, wanted) for name in _names(document)):
            self.picked += 1
            return True
        self._others |= dict.fromkeys(_names(document))
        return False

    def check(self) -> None:
        """Raise a Fault where an association was asked for and there was none such."""
        if self.wanted is not None and not self.picked:
            there = named(filter(None, self._others), self.wanted) or "none at all"
            raise Fault(f"there is no association {self.wanted!r}, but {there}")


def _names(document: Document) -> Iterator[str]:
    yield str(document.value.get("asn_id", ""))
    yield os.path.basename(document.source)
    products = document.value.get("products")
    for product in products if isinstance(products, list) else ():
        if isinstance(product, dict):
            yield name_of(product)


def change_one(document: Document, edit: Edit, picker: Picker, report: Report) -> list[Association]:
    """Edit one association.

    Parameters
    ----------
    document : Document
        The association.
    edit : callable
        The edit.
    picker : Picker
        Which associations it is meant for.
    report : callable
        Is told what is odd about the result.

    Returns
    -------
    list of dict
        What takes its place: itself, where it was not picked.

    Raises
    ------
    Fault
        The edit cannot be made; it names the association's file and line.
    """
    if not picker.picks(document):
        return [document.value]
    try:
        before = len(products_of(document.value))
        new = edit(document.value, document.source)
    except Fault as fault:
        raise Fault(fault.message, document.source, document.line) from fault
    for association in new:
        _warn_of_unread(association, before, document, report)
    return new


def change_together(documents: Sequence[Document], merge: Merge, picker: Picker, report: Report) -> Changed:
    """Merge associations; the result takes the place of the first one that was picked.

    Parameters
    ----------
    documents : sequence of Document
        The associations.
    merge : callable
        Makes one of several.
    picker : Picker
        Which ones it is meant for.
    report : callable
        Is told what is odd about the result.

    Returns
    -------
    list of (Document, list of dict)
        Each association, and what takes its place.

    Raises
    ------
    Fault
        They cannot be merged.
    """
    picked = [document for document in documents if picker.picks(document)]
    for document in picked:
        try:
            products_of(document.value)
        except Fault as fault:
            raise Fault(fault.message, document.source, document.line) from fault
    if not picked:
        return [(document, [document.value]) for document in documents]
    whole = merge([document.value for document in picked])
    _warn_of_unread(whole, max(len(one.value["products"]) for one in picked), picked[0], report)
    gone = set(map(id, picked[1:]))
    return [
        (document, [whole] if document is picked[0] else [document.value])
        for document in documents
        if id(document) not in gone
    ]


def _warn_of_unread(association: Association, before: int, document: Document, report: Report) -> None:
    count = len(association["products"])
    if stage_of(association) == 3 and count > max(before, 1):
        message = (
            f"the association now has {count} products, and the pipelines of Stage 3 read only the first"
        )
        report(Fault(message, document.source, document.line, serious=False))


def rewritten(data: bytes, source: str, change: Change, report: Report, *, force: bool = False) -> bytes:
    """Return what a file holds once its associations are changed, each one in the form that it had.

    Parameters
    ----------
    data : bytes
        What it holds now.
    source : str
        Its name.
    change : callable
        The change.
    report : callable
        Is told what cannot be read.
    force : bool
        Change it even where that loses its comments.

    Returns
    -------
    bytes
        What it holds then: `data` itself where something cannot be read, or nothing is changed.

    Raises
    ------
    Fault
        The change cannot be made, or it cannot be written in that form.
    """
    faults: list[Fault] = []
    documents = list(read_documents(io.BytesIO(data), source, faults.append))
    for fault in faults:
        report(fault)
    if any(fault.serious for fault in faults):
        return data
    if not documents:
        raise Fault("holds no association", source)
    changed = change(documents)
    if repr([one for _, new in changed for one in new]) == repr([document.value for document in documents]):
        return data
    if documents[0].format.comments and not force:
        raise Fault("has comments, which would be lost; --force changes it without them", source)
    if len(documents) == 1 and len(changed[0][1]) > 1 and not source.endswith(".jsonl"):
        count = len(changed[0][1])
        raise Fault(
            f"would hold {count} associations, and a pipeline reads one; leave --in-place out", source
        )
    return _in_own_form(changed)


def why_unwritable(error: Exception) -> str:
    """Return what to say of an association that no form can hold."""
    reason = "a text in it is not UTF-8" if isinstance(error, UnicodeError) else str(error)
    return f"the association cannot be written: {reason}"


def _in_own_form(changed: Changed) -> bytes:
    parts: list[str] = []
    end = ""
    for document, associations in changed:
        form = document.format
        end = form.newline if form.final_newline else ""
        for association in associations:
            try:
                text = form.text(association)
                text.encode("utf-8")
            except (TypeError, ValueError) as error:
                raise Fault(why_unwritable(error), document.source, document.line) from error
            if parts:
                parts.append(form.newline + ("---" + form.newline if form.kind == "yaml" else ""))
            parts.append(text)
    return "".join((*parts, end)).encode("utf-8")
