"""Associations in files, whatever their format."""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO, TypeAlias

from asntools.asn.document import Document
from asntools.asn.file_names import KINDS
from asntools.asn.json_text import decode_utf8, foreign_text, next_document, parse
from asntools.asn.products import Association
from asntools.asn.text import SyntaxFault, Text
from asntools.common.faults import Fault, Report, os_reason

Numbered: TypeAlias = tuple[int, bytes]

_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_REMARKS = re.compile(rb"(?:#[^\n]*\n\s*)+")


def read_documents(
    stream: BinaryIO, source: str, report: Report, *, allow_duplicates: bool = False
) -> Iterator[Document]:
    """Read the associations of a file: JSON, one or several; JSON lines; YAML, one or several.

    JSON lines are read one by one. Files named ``.json`` and ``.jsonl`` are JSON, files named ``.yaml`` and
    ``.yml`` YAML, and other text is JSON if it starts with ``{`` or ``[``. Associations need not be valid.
    Malformed ones are reported, as a `SyntaxFault` whose ``kind`` says what is wrong, and so is a failed
    read. Reading then resumes, if possible, at the next line of JSON lines or at the next document that
    starts at the beginning of a line. A repeated key is a fault unless `allow_duplicates`.
    """
    for one in documents_and_faults(stream, source, allow_duplicates=allow_duplicates):
        if isinstance(one, Fault):
            report(one)
        else:
            yield one


def documents_and_faults(
    stream: BinaryIO, source: str, *, allow_duplicates: bool = False
) -> Iterator[Document | Fault]:
    """Read the associations of a file like `read_documents`, and yield each fault in its place."""
    index = 0
    try:
        for one in _read(stream, source):
            found = one if isinstance(one, Fault) else refusal(one, allow_duplicates=allow_duplicates)
            if found is not None:
                yield found
            elif isinstance(one, Document):
                one.index = index
                yield one
                index += 1
    except OSError as error:
        yield Fault(f"cannot read: {os_reason(error)}", source)


def only_fit(
    documents: Iterable[Document], check: Callable[[Association], object], report: Report
) -> Iterator[Document]:
    """Yield the associations that pass a check; report, with their position, the faults of the others."""
    for document in documents:
        try:
            check(document.value)
        except Fault as fault:
            report(Fault(fault.message, document.source, document.line))
        else:
            yield document


def refusal(document: Document, *, allow_duplicates: bool = False) -> SyntaxFault | None:
    """Return why a value is not accepted as an association, or None if it is."""
    text = document.text
    value: object = document.value
    if isinstance(value, list):
        hint = "write its associations one after another, without '[', ',' and ']'"
        return text.fault("not-an-association", document.start, "a list is not an association", hint)
    if not isinstance(value, dict):
        from asntools.common.records import kind_of

        what = f"{kind_of(value)} is not an association"
        hint = 'an association is an object: {"products": ..}'
        if isinstance(value, str) and value.lstrip().startswith(("{", '"{')):
            hint = "this is the text of one; jq -r . extracts it"
        return text.fault("not-an-association", document.start, what, hint)
    if "products" not in value:
        for key, kind, makers in _OTHER_RECORDS:
            if key in value:
                what, hint = f"{kind} is not an association", f"{makers} associations of it"
                return text.fault("not-an-association", document.start, what, hint)
    if allow_duplicates or not document.has_duplicates:
        return None
    path, first, again = document.duplicates[0]
    line = text.position(first)[0]
    before = "twice in one object" if line == text.position(again)[0] else f"again, first on line {line}"
    what = f"the key '{path[-1]}' occurs {before}"
    return text.fault("duplicate-key", again, what, "remove one of them")


_OTHER_RECORDS = (
    ("filename", "an exposure record", "asn-match and asn-build make"),
    ("average_integrations", "a group", "asn-build makes"),
)


def _read(stream: BinaryIO, source: str) -> Iterator[Document | SyntaxFault]:
    lines: Iterator[Numbered] = ((number, raw) for number, raw in enumerate(stream, 1) if raw.strip(_BLANK))
    first = next(lines, None)
    if first is None:
        return
    if (no_text := foreign_text(first[1], source)) is not None:
        yield no_text
        return
    if is_json(first[1], source):
        yield from _read_json(first, lines, source)
        return
    data = first[1] + stream.read()
    if is_json(data, source):
        yield from _read_whole([(first[0], data)], source)
        return
    # YAML counts empty lines, and they have been passed over up to here.
    try:
        text = decode_utf8(data, source, first[0])
        from asntools.asn.yaml_text import parse_yaml

        for document in parse_yaml(Text(text, source, first[0])):
            if document.value is not None:
                yield document
    except SyntaxFault as fault:
        yield fault


def is_json(first: bytes, source: str) -> bool:
    """Return whether a text, of which at least the first line is given, is meant as JSON rather than YAML."""
    kind = KINDS.get(os.path.splitext(source)[1])
    if kind is not None:
        return kind != "yaml"
    start = first.removeprefix(_BOM).lstrip(_BLANK)
    # YAML has remarks as Python has them, and an object may follow them in either; code is Python's alone.
    return start.startswith((b"{", b"[", b"//", b"/*", b"```")) or _is_code(_REMARKS.sub(b"", start, count=1))


def _is_code(start: bytes) -> bool:
    from asntools.asn.json_scanner import CODE_BEFORE

    return CODE_BEFORE.match(start[:200].decode("utf-8", "replace")) is not None


def _read_json(first: Numbered, lines: Iterator[Numbered], source: str) -> Iterator[Document | SyntaxFault]:
    # JSON lines as long as each line stands alone; from the first that does not, all the rest at once. That
    # is the very first in most files.
    if first[1].strip(_BLANK) in (b"{", b"[") and (second := next(lines, None)) is not None:
        yield from _read_whole((first, second, *lines), source)
        return
    line: Numbered | None = first
    while line is not None:
        following = None
        try:
            documents = list(parse(Text(decode_utf8(line[1], source, line[0]), source, line[0])))
        except SyntaxFault as fault:
            following = next(lines, None)
            if following is not None and not stands_alone(line[1], following[1], first=line is first):
                yield from _read_whole((line, following, *lines), source)
                return
            yield fault
        else:
            yield from documents
            following = next(lines, None)
        line = following


def stands_alone(line: bytes, following: bytes, *, first: bool) -> bool:
    """Return whether a faulty line is one of JSON lines, rather than the start of a document of many lines.

    Up to the `first` line that is not blank, there is only the line itself to go by.
    """
    if line.startswith(b"["):
        return False
    is_balanced = line.count(b"{") == line.count(b"}") > 0 and line.count(b"[") == line.count(b"]")
    goes_on = line.rstrip(_BLANK).endswith((b"{", b"[", b","))
    return is_balanced or (following.startswith(b"{") and not (first and goes_on))


def _read_whole(lines: Sequence[Numbered], source: str) -> Iterator[Document | SyntaxFault]:
    chunks = bytearray()
    first = at = lines[0][0]
    for number, raw in lines:
        chunks += b"\n" * (number - at) + raw
        at = number + 1
    try:
        text = Text(decode_utf8(bytes(chunks), source, first), source, first)
    except SyntaxFault as fault:
        yield fault
        return
    start: int | None = 0
    while start is not None:
        try:
            for document in parse(text, start):
                yield document
                start = document.end
            return
        except SyntaxFault as fault:
            yield fault
            start = next_document(text.text, start)
