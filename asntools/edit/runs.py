"""An edit applied to the associations in files: which ones, and the new content of the files."""

from __future__ import annotations

import io
import os.path
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import TypeAlias

from asntools.asn.document import Document
from asntools.asn.documents import read_documents
from asntools.asn.products import Association, Product, name_of, products_of, science_of, walk
from asntools.common.faults import Fault, Report
from asntools.common.words import named
from asntools.jwst.asn_types import stage_of

AssociationEdit: TypeAlias = Callable[[Association, str], list[Association]]
"""A change of one association, which came from the file with that name."""
Merge: TypeAlias = Callable[[Sequence[Association]], Association]
"""A function that makes one association from several."""
Changed: TypeAlias = list[tuple[Document, list[Association]]]
"""Documents, each with the associations that replace it."""
Change: TypeAlias = Callable[[Sequence[Document]], Changed]
"""A change of the associations in a file, or in all files."""


class Picker:
    """Picks the associations that an edit applies to: all, or those with an asn_id, product or file name."""

    def __init__(self, wanted: str | None):
        self.wanted = wanted
        self.picked: list[tuple[str, int]] = []
        self._others: dict[str, None] = {}

    def picks(self, document: Document) -> bool:
        """Return whether the edit applies to this association."""
        wanted = self.wanted
        if wanted is None or any(name == wanted or fnmatchcase(name, wanted) for name in _names(document)):
            self.picked.append((document.source, document.line))
            return True
        self._others |= dict.fromkeys(_names(document))
        return False

    def check(self) -> None:
        """Raise a Fault if an association was asked for but did not occur."""
        if self.wanted is not None and not self.picked:
            there = named(filter(None, self._others), self.wanted) or "none"
            raise Fault(f"no association {self.wanted!r}; associations are: {there}")


class Sought:
    """Remembers which members and products associations do not have; one that none of them has is a fault."""

    def __init__(self, picker: Picker):
        self._picked = picker.picked
        self.missed: list[tuple[str, str]] = []

    def miss(self, kind: str, wanted: str, there: str) -> None:
        """Remember that an association does not have a member or a product."""
        self.missed.append((f"{kind} {wanted!r}", there))

    def nowhere(self) -> set[str]:
        """Return the members and products that none of the picked associations has."""
        counts = Counter(wanted for wanted, _ in self.missed)
        return {wanted for wanted, count in counts.items() if count == len(self._picked)}

    def check(self, report: Report) -> None:
        """Report what none of them has."""
        hints = dict(reversed(self.missed))
        for wanted in sorted(self.nowhere()):
            if len(self._picked) == 1:
                report(Fault(f"no {wanted}; {hints[wanted]}", *self._picked[0]))
            else:
                many = f"no {wanted} in any of {len(self._picked)} associations"
                report(Fault(f"{many}; in the first, {hints[wanted]}"))


def _names(document: Document) -> Iterator[str]:
    yield str(document.value.get("asn_id", ""))
    yield os.path.basename(document.source)
    for _, product in walk(document.value):
        yield name_of(product)


@contextmanager
def placed(document: Document) -> Iterator[None]:
    """Add the place of an association to faults raised meanwhile."""
    try:
        yield
    except Fault as fault:
        raise Fault(fault.message, document.source, document.line) from fault


def change_one(
    document: Document, edit: AssociationEdit, picker: Picker, report: Report
) -> list[Association]:
    """Return what replaces an association: the result of the edit, or itself if it was not picked.

    Any part of the result that no pipeline reads is reported; a `Fault` names the association's place.
    """
    if not picker.picks(document):
        return [document.value]
    with placed(document):
        before = _unread(products_of(document.value))
        new = edit(document.value, document.source)
    for association in new:
        _warn_of_unread(association, before, document, report)
    return new


def change_together(documents: Sequence[Document], merge: Merge, picker: Picker, report: Report) -> Changed:
    """Merge associations; the result replaces the first one that was picked."""
    picked = [document for document in documents if picker.picks(document)]
    for document in picked:
        with placed(document):
            products_of(document.value)
    if not picked:
        return [(document, [document.value]) for document in documents]
    whole = merge([document.value for document in picked])
    products, science = zip(*(_unread(document.value["products"]) for document in picked), strict=True)
    _warn_of_unread(whole, (max(products), max(science)), picked[0], report)
    gone = set(map(id, picked[1:]))
    return [
        (document, [whole] if document is picked[0] else [document.value])
        for document in documents
        if id(document) not in gone
    ]


def _unread(products: Sequence[Product]) -> tuple[int, int]:
    # How many products there are, and the most science members that one has.
    return len(products), max((len(science_of(one)) for one in products), default=0)


def _warn_of_unread(
    association: Association, before: tuple[int, int], document: Document, report: Report
) -> None:
    stage = stage_of(association)
    products, science = _unread(association["products"])
    several = message = None
    if not products and before[0]:
        message = "the association now has no products, but needs one; use add-product"
    elif stage == 3 and products > max(before[0], 1):
        several = f"the association now has {products} products"
    elif stage == 2 and science > max(before[1], 1):
        several = f"a product now has {science} science members"
    if several is not None:
        message = f"{several}, but the pipelines of Stage {stage} read only the first"
    if message is not None:
        report(Fault(message, document.source, document.line, serious=False))


def rewritten(data: bytes, source: str, change: Change, report: Report, *, force: bool = False) -> bytes:
    """Return the content of a file with its associations changed, each in its own format.

    It is `data` itself if something cannot be read, which is reported, or if nothing changes. YAML comments
    are lost only with `force`.
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
        raise Fault("has comments, which would be lost; use --force to change it without them", source)
    if len(documents) == 1 and len(changed[0][1]) > 1 and not source.endswith(".jsonl"):
        count = len(changed[0][1])
        raise Fault(
            f"would hold {count} associations, but a pipeline reads only one; leave out --in-place", source
        )
    return _in_own_form(changed)


def why_unwritable(error: Exception) -> str:
    """Return the message about an association that cannot be written in any format."""
    reason = "it contains text that is not UTF-8" if isinstance(error, UnicodeError) else str(error)
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
                parts.append(form.between)
            parts.append(text)
    return "".join((*parts, end)).encode("utf-8")
