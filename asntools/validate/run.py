"""All checks of associations together: on one association, and on the files of a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from asntools.asn.document import Document
from asntools.asn.documents import documents_and_faults
from asntools.asn.text import SyntaxFault
from asntools.common.faults import STDIN, Fault, Report
from asntools.common.words import counted
from asntools.validate.across import AcrossAssociations
from asntools.validate.codes import CODES_OF_KINDS, ERROR, WARNING
from asntools.validate.files import check_presence
from asntools.validate.findings import Finding, folded
from asntools.validate.meaning import check_meaning
from asntools.validate.products import Product, products_of
from asntools.validate.reporters import Checked, Event, Unread
from asntools.validate.structure import check_structure

if TYPE_CHECKING:
    from asntools.validate.pool import PoolCheck


def check_association(asn: Mapping[str, Any], file_name: str | None = None) -> Iterator[Finding]:
    """Check one association, valid or not, by itself: its structure and its meaning.

    The name of its file is checked against it. Findings have no source and no line.
    """
    yield from _findings(asn, products_of(asn), file_name)


def _findings(
    asn: Mapping[str, Any], products: list[Product], file_name: str | None = None
) -> Iterator[Finding]:
    yield from check_structure(asn)
    if "products" in asn:
        yield from check_meaning(asn, products, file_name)


def validate(associations: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """Check associations, each by itself and against those before it, like a run of asn-validate.

    The source of a finding is the number of its association, ``associations[0]``; there is no line.
    """
    across = AcrossAssociations()
    for number, asn in enumerate(associations):
        source = f"associations[{number}]"
        products = products_of(asn)
        found = [*_findings(asn, products), *across.check(asn, products, source)]
        yield from (finding._replace(source=source) for finding in folded(found))
    yield from folded(across.at_end())


class Validation:
    """The checks of a run over many files.

    If given, `folder_for` names the folder in which to look for the files of a source's members, and
    associations are checked against `pool`.
    """

    def __init__(
        self, report: Report, *, folder_for: Callable[[str], str] | None = None, pool: PoolCheck | None = None
    ):
        self._report = report
        self._folder_for = folder_for
        self._pool = pool
        self._across = AcrossAssociations()
        self._unread: list[Unread] = []

    def report(self, fault: Fault) -> None:
        """Report an input that cannot be read, among the events too."""
        self._report(fault)
        self._unread.append(Unread(fault.source or "", fault.message))

    def check(self, inputs: Iterable[tuple[str, BinaryIO]]) -> Iterator[Event]:
        """Check the associations of inputs, each a name and a stream.

        The findings of a file come in order, document by document, followed by its end; findings about the
        whole run come last.
        """
        for source, stream in inputs:
            yield from self._unread_by_now()
            yield from self._check_input(source, stream)
            yield from self._unread_by_now()
            yield Checked(source)
        yield from self._unread_by_now()
        yield from folded(self._across.at_end())

    def _unread_by_now(self) -> list[Unread]:
        unread, self._unread = self._unread, []
        return unread

    def _check_input(self, source: str, stream: BinaryIO) -> Iterator[Finding]:
        empty = True
        for one in documents_and_faults(stream, source, allow_duplicates=True):
            empty = False
            if isinstance(one, SyntaxFault):
                yield _finding_of(one)
            elif isinstance(one, Fault):
                self.report(one)
            else:
                yield from self._check_document(one)
        # No records are a stream of records too; an empty file of another kind is not an association.
        if empty and source != STDIN and not source.endswith(".jsonl"):
            yield Finding("ASN016", "the file is empty", source=source, line=1, column=1)

    def _check_document(self, document: Document) -> list[Finding]:
        asn, source = document.value, document.source
        products = products_of(asn)
        found = list(_findings(asn, products, os.path.basename(source)))
        found += self._across.check(asn, products, source, document.line)
        if self._pool is not None:
            found += self._pool.check(asn, products)
        found = folded(found)
        if self._folder_for is not None:
            found += check_presence(products, self._folder_for(source))
        found = [_located(finding, document) for finding in found]
        found += _duplicates(document)
        return sorted(found, key=lambda finding: (finding.line, finding.column, finding.code))


def _finding_of(fault: SyntaxFault) -> Finding:
    return Finding(
        CODES_OF_KINDS.get(fault.kind, "ASN001"),
        fault.sentence,
        hint=fault.hint,
        source=fault.source or "",
        line=fault.line,
        column=fault.column,
        excerpt=fault.excerpt() if fault.text else None,
    )


def _located(finding: Finding, document: Document) -> Finding:
    line, column = document.position(finding.path)
    return finding._replace(source=document.source, line=line, column=column)


def _duplicates(document: Document) -> Iterator[Finding]:
    for path, first, again in document.duplicates:
        what = f"key {str(path[-1])!r} occurs twice, first on line {document.text.position(first)[0]}"
        fault = document.text.fault("duplicate-key", again, what)
        yield _finding_of(fault)._replace(path=path, hint=None)


class Tally:
    """How many findings there were, and whether one made the answer negative."""

    def __init__(self) -> None:
        self.errors = 0
        self.warnings = 0
        self.failed = False

    def count(self, events: Iterable[Event], *, strict: bool) -> Iterator[Event]:
        """Pass events on and count them."""
        for event in events:
            if isinstance(event, Finding):
                self.errors += event.severity == ERROR
                self.warnings += event.severity == WARNING
                self.failed |= event.fails(strict=strict)
            yield event

    def __str__(self) -> str:
        counts = ((self.errors, "error"), (self.warnings, "warning"))
        return " and ".join(counted(count, name) for count, name in counts if count)
