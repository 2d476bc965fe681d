"""Associations in files, in whatever form they are there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, BinaryIO, TypeAlias

from asntools.asn.formats import Format, json_format, yaml_format
from asntools.asn.json_text import (
    Duplicate,
    Parsed,
    Path,
    SyntaxFault,
    Text,
    decode_utf8,
    next_document,
    parse_from,
)
from asntools.asn.text import excerpt
from asntools.common.faults import Fault, Report, os_reason
from asntools.common.records import kind_of

Association: TypeAlias = dict[str, Any]
Numbered: TypeAlias = tuple[int, bytes]

_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"


class Document:
    """An association, and where and how it stands in its file.

    Attributes
    ----------
    value : dict
        The association, its keys in the order of the file.
    source : str
        The file's name.
    line : int
        The line on which it starts.
    index : int
        Its number among the documents of the file, from 0.
    """

    def __init__(self, parsed: Parsed, source: str, index: int, *, is_yaml: bool = False):
        self.value: Association = parsed.value
        self.source = source
        self.index = index
        self.line = parsed.start_line
        self._parsed = parsed
        self._is_yaml = is_yaml

    def position(self, path: Path = (), *, key: bool = False) -> tuple[int, int]:
        """Return line and column of the value at a path of the text as it was read; see `Parsed.position`."""
        return self._parsed.position(path, key=key)

    def excerpt(self, line: int, column: int) -> str:
        """Return a line of the file, with a caret below a column."""
        return excerpt(self._parsed.text.line(line), column)

    @property
    def duplicates(self) -> list[Duplicate]:
        """The keys that stand twice in one object; the last one's value is the one that was taken."""
        return self._parsed.duplicates

    @cached_property
    def format(self) -> Format:
        """The form to write the association in, so that its file looks as before."""
        whole = self._parsed.text.text
        final_newline = whole.endswith("\n")
        if self._is_yaml:
            return yaml_format(whole, final_newline=final_newline)
        text = whole[self._parsed.start : self._parsed.end]
        return json_format(text, final_newline=final_newline)


def read_documents(
    stream: BinaryIO, source: str, report: Report, *, allow_duplicates: bool = False
) -> Iterator[Document]:
    """Read the associations of a file: JSON, one or several; JSON lines; YAML, one or several.

    JSON lines are read one by one. Files named ``.json`` and ``.jsonl`` are JSON, files named ``.yaml`` and
    ``.yml`` YAML, and other text is JSON where it starts with ``{`` or ``[``. What is malformed is reported,
    and reading goes on after it where it can: after a line of JSON lines, and where the next document starts
    at the beginning of a line.

    Parameters
    ----------
    stream : BinaryIO
        The file.
    source : str
        Its name.
    report : callable
        Takes note of faults: of each text that is no association (as `SyntaxFault`, whose ``kind`` says
        what is wrong) and of a failed read.
    allow_duplicates : bool
        Let through associations in which a key stands twice, instead of reporting that.

    Yields
    ------
    Document
        An association; it need not be a valid one.
    """
    for one in documents_and_faults(stream, source, allow_duplicates=allow_duplicates):
        if isinstance(one, Fault):
            report(one)
        else:
            yield one


def documents_and_faults(
    stream: BinaryIO, source: str, *, allow_duplicates: bool = False
) -> Iterator[Document | Fault]:
    """Read the associations of a file as `read_documents` does, and give each fault in its place.

    Yields
    ------
    Document or Fault
        What the file holds, in its order.
    """
    index = 0
    try:
        for one, is_yaml in _read(stream, source):
            found = one if isinstance(one, Fault) else refusal(one, allow_duplicates=allow_duplicates)
            if found is not None:
                yield found
            elif isinstance(one, Parsed):
                yield Document(one, source, index, is_yaml=is_yaml)
                index += 1
    except OSError as error:
        yield Fault(f"cannot read: {os_reason(error)}", source)


def refusal(parsed: Parsed, *, allow_duplicates: bool = False) -> SyntaxFault | None:
    """Return why a value is not taken for an association; None where it is."""
    text = parsed.text
    if isinstance(parsed.value, list):
        hint = "write its associations one after another, without '[', ',' and ']'"
        return text.fault("not-an-association", parsed.start, "a list is no association", hint)
    if not isinstance(parsed.value, dict):
        what = f"{kind_of(parsed.value)} is no association"
        return text.fault(
            "not-an-association", parsed.start, what, 'an association is an object: {"products": ..}'
        )
    if allow_duplicates or not parsed.has_duplicates:
        return None
    path, line, column, first, _ = parsed.duplicates[0]
    before = "twice in one object" if first == line else f"on line {first} already"
    return SyntaxFault(
        "duplicate-key",
        f"the key '{path[-1]}' stands {before}",
        "remove one of them",
        source=text.source,
        line=line,
        column=column,
        text=text.line(line),
    )


def _read(stream: BinaryIO, source: str) -> Iterator[tuple[Parsed | SyntaxFault, bool]]:
    lines: Iterator[Numbered] = ((number, raw) for number, raw in enumerate(stream, 1) if raw.strip(_BLANK))
    first = next(lines, None)
    if first is None:
        return
    if is_json(first[1], source):
        for one in _read_json(first, lines, source):
            yield one, False
        return
    # YAML counts empty lines, and they have been passed over up to here.
    try:
        text = decode_utf8(first[1] + stream.read(), source, first[0])
        from asntools.asn.yaml_text import parse_yaml

        for parsed in parse_yaml(Text(text, source, first[0])):
            if parsed.value is not None:
                yield parsed, True
    except SyntaxFault as fault:
        yield fault, True


def is_json(first: bytes, source: str) -> bool:
    """Say whether a text, given by its first line or more of it, is meant to be JSON rather than YAML."""
    if source.endswith((".json", ".jsonl", ".yaml", ".yml")):
        return source.endswith((".json", ".jsonl"))
    start = first.removeprefix(_BOM).lstrip(_BLANK)
    return start.startswith((b"{", b"[", b"//", b"/*", b"\xff\xfe", b"\xfe\xff"))


def _read_json(first: Numbered, lines: Iterator[Numbered], source: str) -> Iterator[Parsed | SyntaxFault]:
    # JSON lines as long as each line stands alone; from the first that does not, all the rest at once.
    line: Numbered | None = first
    while line is not None:
        following = None
        try:
            parsed = list(parse_from(Text(decode_utf8(line[1], source, line[0]), source, line[0]), 0))
        except SyntaxFault as fault:
            following = next(lines, None)
            if following is not None and not stands_alone(line[1], following[1], first=line is first):
                yield from _read_whole(line, following, lines, source)
                return
            yield fault
        else:
            yield from parsed
            following = next(lines, None)
        line = following


def stands_alone(line: bytes, following: bytes, *, first: bool) -> bool:
    """Say whether a faulty line is one of JSON lines, rather than where a document of many lines starts.

    Parameters
    ----------
    line, following : bytes
        The line and the one after it.
    first : bool
        Whether it is the first that holds something, so that those before it tell nothing.
    """
    if line.startswith(b"["):
        return False
    is_balanced = line.count(b"{") == line.count(b"}") > 0 and line.count(b"[") == line.count(b"]")
    goes_on = line.rstrip(_BLANK).endswith((b"{", b"[", b","))
    return is_balanced or (following.startswith(b"{") and not (first and goes_on))


def _read_whole(
    line: Numbered, following: Numbered, lines: Iterator[Numbered], source: str
) -> Iterator[Parsed | SyntaxFault]:
    chunks = bytearray()
    at = line[0]
    for number, raw in (line, following, *lines):
        chunks += b"\n" * (number - at) + raw
        at = number + 1
    try:
        text = Text(decode_utf8(bytes(chunks), source, line[0]), source, line[0])
    except SyntaxFault as fault:
        yield fault
        return
    start: int | None = 0
    while start is not None:
        try:
            for parsed in parse_from(text, start):
                yield parsed
                start = parsed.end
            return
        except SyntaxFault as fault:
            yield fault
            start = next_document(text.text, start)
