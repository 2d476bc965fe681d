"""Repairs of the mistakes that people make in JSON, if there is only one possible remedy."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from asntools.asn.document import Document
from asntools.asn.documents import is_json, read_documents, refusal, stands_alone
from asntools.asn.json_scanner import Scanner
from asntools.asn.json_text import BOM, decode_utf8, foreign_text, next_document, parse
from asntools.asn.json_tokens import Mend
from asntools.asn.products import walk_members
from asntools.asn.text import SyntaxFault, Text, skip_blank
from asntools.common.faults import Report
from asntools.jwst.exptypes import current_exptype


class Repaired(NamedTuple):
    """An association that can now be read."""

    document: Document
    mends: list[tuple[int, str]]  # the line, and what was wrong there


def read_repaired(data: bytes, source: str, report: Report) -> Iterator[Repaired]:
    """Read the associations of a file, mending their syntax and the capitals in their exptypes.

    It mends trailing, doubled and missing commas, commas after an opening bracket and after the last
    association, comments, lines that fence text in, code around the association (``asn =``, ``print(``, a
    prompt), single, curly, HTML and missing opening quotes, backticks, keys without quotes, ``None``,
    ``undefined`` and capitals in ``null``, ``true`` and ``false``, unusual blanks, and a byte-order mark; in
    YAML only the exptypes. An association with any other fault is reported and skipped.
    """
    if is_json(data, source):
        yield from _repaired_json(data, source, report)
        return
    for document in read_documents(io.BytesIO(data), source, report):
        yield Repaired(document, _summed_up(lower_exptypes(document)))


def _repaired_json(data: bytes, source: str, report: Report) -> Iterator[Repaired]:
    try:
        if (foreign := foreign_text(data, source)) is not None:
            raise foreign
        text = Text(decode_utf8(data, source), source)
    except SyntaxFault as fault:
        report(fault)
        return
    index = 0
    start: int | None = 0
    while start is not None and skip_blank(text.text, start) < len(text.text):
        mends: list[Mend] = []
        try:
            document, end = _repaired_document(text, start, mends)
        except SyntaxFault as fault:
            report(fault)
            start = _next_start(text.text, start, first=index == 0)
            continue
        if (not_taken := refusal(document)) is not None:
            report(not_taken)
        else:
            document.index = index
            done = [
                (text.position(mend.offset)[0], mend.what)
                for mend in sorted(mends, key=lambda mend: mend.offset)
            ]
            yield Repaired(document, _summed_up(done + lower_exptypes(document)))
            index += 1
        start = end


def _repaired_document(text: Text, start: int, mends: list[Mend]) -> tuple[Document, int]:
    # Comments after a document go with it, since nothing else may follow them.
    if start == 0 and text.text.startswith(BOM):
        mends.append(Mend(0, BOM, "", "a byte-order mark"))
    scanner = Scanner(text, start + len(mends), mends)
    if scanner.at_end():
        raise text.fault("comment", skip_blank(text.text, start), "nothing but comments")
    scanner.run()
    if not scanner.at_end():
        scanner.pass_last_comma()
    mended = apply_mends(text.text[start : scanner.offset], mends, start)
    ending = "\n" if text.text.endswith("\n") and not mended.endswith("\n") else ""
    line = text.position(start)[0]
    return next(parse(Text(mended + ending, text.source, line))), scanner.offset


def _next_start(text: str, start: int, *, first: bool) -> int | None:
    # Where the next document starts, as `read_documents` sees it.
    start = skip_blank(text, start)
    line_end = text.find("\n", start)
    following = skip_blank(text, line_end) if line_end >= 0 else len(text)
    if following < len(text):
        next_line = text[text.rfind("\n", 0, following) + 1 : following + 1]
        if stands_alone(text[start:line_end].encode(), next_line.encode(), first=first):
            return following
    return next_document(text, start)


def _summed_up(mends: list[tuple[int, str]]) -> list[tuple[int, str]]:
    # By line, and the same repair once per line: text printed by Python has all its quotes wrong.
    counts = Counter(mends)
    lines = sorted(counts.items(), key=lambda counted: counted[0][0])
    return [(line, what if count == 1 else f"{what}, {count} times") for (line, what), count in lines]


def apply_mends(text: str, mends: Sequence[Mend], start: int = 0) -> str:
    """Return a text with the mends applied; `start` is its offset in the text that they were made for."""
    parts = []
    at = 0
    # Insertions come before removals at the same place: a comma, and the comment after it.
    for mend in sorted(mends, key=lambda mend: (mend.offset, len(mend.old))):
        parts += [text[at : mend.offset - start], mend.new]
        at = mend.offset - start + len(mend.old)
    return "".join([*parts, text[at:]])


def lower_exptypes(document: Document) -> list[tuple[int, str]]:
    """Write exptypes in lower case, by their current names; return the changed lines with the old text."""
    done: list[tuple[int, str]] = []
    for path, member in walk_members(document.value):
        exptype = member.get("exptype")
        if isinstance(exptype, str) and exptype != (current := current_exptype(exptype)):
            member["exptype"] = current
            line, _ = document.position((*path, "exptype"))
            why = "in capitals" if current == exptype.lower() else f"for {current}"
            done.append((line, f"the exptype {exptype} {why}"))
    return done
