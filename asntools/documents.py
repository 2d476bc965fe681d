"""Associations in files: reading them, in whatever form they are, and writing them."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path as FilePath
from typing import IO, Any, BinaryIO, TypeAlias

from asntools.faults import Fault, Report, os_reason
from asntools.formats import FORMATS, Format, dump_documents, json_format, yaml_format
from asntools.records import kind_of
from asntools.syntax import (
    Duplicate,
    Parsed,
    Path,
    SyntaxFault,
    Text,
    decode_utf8,
    next_document,
    parse_from,
)
from asntools.text import excerpt

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
        return json_format(text, self.value, final_newline=final_newline)


def read_documents(
    stream: BinaryIO, source: str, report: Report, *, allow_duplicates: bool = False
) -> Iterator[Document]:
    """Read the associations of a file: JSON, one or several; JSON lines; YAML, one or several.

    JSON lines are read one by one. Text that starts with neither ``{`` nor ``[`` is YAML, but not in
    files named ``.json`` or ``.jsonl``. What is malformed is reported, and reading goes on after it where
    it can: after a line of JSON lines, and where the next document starts at the beginning of a line.

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
    index = 0
    try:
        for parsed, is_yaml in _read(stream, source, report):
            fault = refusal(parsed, allow_duplicates=allow_duplicates)
            if fault is not None:
                report(fault)
                continue
            yield Document(parsed, source, index, is_yaml=is_yaml)
            index += 1
    except OSError as error:
        report(Fault(f"cannot read: {os_reason(error)}", source))


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


def _read(stream: BinaryIO, source: str, report: Report) -> Iterator[tuple[Parsed, bool]]:
    lines: Iterator[Numbered] = ((number, raw) for number, raw in enumerate(stream, 1) if raw.strip(_BLANK))
    first = next(lines, None)
    if first is None:
        return
    if is_json(first[1], source):
        for parsed in _read_json(first, lines, source, report):
            yield parsed, False
        return
    # YAML counts empty lines, and they have been passed over up to here.
    try:
        text = decode_utf8(first[1] + stream.read(), source, first[0])
        from asntools.yaml_syntax import parse_yaml

        for parsed in parse_yaml(Text(text, source, first[0])):
            if parsed.value is not None:
                yield parsed, True
    except SyntaxFault as fault:
        report(fault)


def is_json(first: bytes, source: str) -> bool:
    """Say whether a text, given by its first line or more of it, is meant to be JSON rather than YAML."""
    if source.endswith((".json", ".jsonl")):
        return True
    start = first.removeprefix(_BOM).lstrip(_BLANK)
    return start.startswith((b"{", b"[", b"//", b"/*", b"\xff\xfe", b"\xfe\xff"))


def _read_json(first: Numbered, lines: Iterator[Numbered], source: str, report: Report) -> Iterator[Parsed]:
    # JSON lines as long as each line stands alone; from the first that does not, all the rest at once.
    line: Numbered | None = first
    while line is not None:
        following = None
        try:
            parsed = list(parse_from(Text(decode_utf8(line[1], source, line[0]), source, line[0]), 0))
        except SyntaxFault as fault:
            following = next(lines, None)
            if following is not None and not stands_alone(line[1], following[1]):
                yield from _read_whole(line, following, lines, source, report)
                return
            report(fault)
        else:
            yield from parsed
            following = next(lines, None)
        line = following


def stands_alone(line: bytes, following: bytes) -> bool:
    """Say whether a faulty line is one of JSON lines, not the first of a document, by it and the next one."""
    if line.startswith(b"["):
        return False
    is_balanced = line.count(b"{") == line.count(b"}") > 0 and line.count(b"[") == line.count(b"]")
    return is_balanced or following.startswith(b"{")


def _read_whole(
    line: Numbered, following: Numbered, lines: Iterator[Numbered], source: str, report: Report
) -> Iterator[Parsed]:
    chunks = bytearray()
    at = line[0]
    for number, raw in (line, following, *lines):
        chunks += b"\n" * (number - at) + raw
        at = number + 1
    try:
        text = Text(decode_utf8(bytes(chunks), source, line[0]), source, line[0])
    except SyntaxFault as fault:
        report(fault)
        return
    start: int | None = 0
    while start is not None:
        try:
            for parsed in parse_from(text, start):
                yield parsed
                start = parsed.end
            return
        except SyntaxFault as fault:
            report(fault)
            start = next_document(text.text, start)


class AssociationError(ValueError):
    """A file, or a value, is no association; the message says why, and where.

    Attributes
    ----------
    source : str or None
        The file's name, where there is one.
    line : int or None
        The line, where it is known.
    """

    def __init__(self, message: str, source: str | None = None, line: int | None = None):
        super().__init__(str(Fault(message, source, line)))
        self.source = source
        self.line = line


def load_asn(source: str | os.PathLike[str] | IO[Any], *, validate: bool = True) -> Association:
    """Read one association.

    Parameters
    ----------
    source : str, path or file
        A file's name, or an open file of text or bytes. It holds one association as JSON or YAML.
    validate : bool
        Check it against the schema of its stage.

    Returns
    -------
    dict
        What the file holds, as plain dicts and lists, its keys in the order of the file.

    Raises
    ------
    AssociationError
        The file cannot be read, is neither JSON nor YAML, holds no association or several, or holds one
        that is not valid.

    Examples
    --------
    >>> asn = load_asn("jw01234-o001_image3_00001_asn.json")  # doctest: +SKIP
    >>> asn["products"][0]["members"][0]["expname"]  # doctest: +SKIP
    'jw01234001001_02101_00001_nrcalong_cal.fits'
    """
    name, data = _contents(source)
    faults: list[Fault] = []
    documents = list(read_documents(io.BytesIO(data), name, faults.append))
    if faults:
        raise AssociationError(faults[0].message, name, faults[0].line)
    if not documents:
        raise AssociationError("holds no association: it is empty", name)
    if len(documents) > 1:
        raise AssociationError(f"holds {len(documents)} associations, where one is wanted", name)
    document = documents[0]
    if validate:
        _check(document.value, name, document)
    return document.value


def _contents(source: str | os.PathLike[str] | IO[Any]) -> tuple[str, bytes]:
    name = (
        os.fspath(source)
        if isinstance(source, (str, os.PathLike))
        else str(getattr(source, "name", "<file>"))
    )
    try:
        if isinstance(source, (str, os.PathLike)):
            return name, FilePath(source).read_bytes()
        data = source.read()
        return name, data.encode("utf-8") if isinstance(data, str) else bytes(data)
    except OSError as error:
        raise AssociationError(f"cannot read: {os_reason(error)}", name) from error
    except ValueError as error:  # a null character in the name, a closed file, text that is not UTF-8
        raise AssociationError(f"cannot read: {error}", name) from error


def _check(asn: object, name: str | None, document: Document | None = None) -> None:
    from asntools.schema_files import validator, wanted_schema

    if not isinstance(asn, dict):
        raise AssociationError(f"{kind_of(asn)} is no association", name)
    errors = sorted(
        validator(wanted_schema(asn)).iter_errors(asn), key=lambda error: list(map(str, error.path))
    )
    if errors:
        path = tuple(errors[0].absolute_path)
        line = document.position(path)[0] if document is not None else None
        raise AssociationError(f"not valid: {errors[0].json_path}: {errors[0].message}", name, line)


def dump_asn(
    asn: Association,
    target: str | os.PathLike[str] | IO[Any],
    *,
    format: str = "json",
    validate: bool = True,
) -> None:
    """Write one association.

    Parameters
    ----------
    asn : dict
        The association.
    target : str, path or file
        A file's name, or a file open for writing text or bytes. A named file is replaced whole or, where
        that fails, left as it was.
    format : {"json", "jsonl", "yaml"}
        How to write it: JSON with an indent of 4, JSON on one line, or YAML.
    validate : bool
        Check it against the schema of its stage first.

    Raises
    ------
    AssociationError
        It is not valid, or holds what JSON has not, or the file cannot be written.
    ValueError
        There is no such format.
    """
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; the formats are {', '.join(FORMATS)}")
    if validate:
        _check(asn, None)
    try:
        # YAML and the writer of lines have more than JSON, or make null of NaN: one notion for all formats.
        plain = json.loads(json.dumps(asn, allow_nan=False))
        data = b"".join(dump_documents([plain], FORMATS[format]))
    except (TypeError, ValueError, RecursionError) as error:
        raise AssociationError(f"not what JSON can hold: {error}") from error
    if isinstance(target, (str, os.PathLike)):
        _write_file(FilePath(target), data)
        return
    try:
        if isinstance(target, io.TextIOBase):
            target.write(data.decode("utf-8"))
        else:
            target.write(data)
    except OSError as error:
        raise AssociationError(f"cannot write: {os_reason(error)}") from error


def _write_file(path: FilePath, data: bytes) -> None:
    from asntools.files import replace_file, write_files

    try:
        if os.path.lexists(path):
            replace_file(path, data)
        elif path.parent.is_dir():
            write_files({path.name: data}, path.parent)
        else:
            raise Fault("cannot write: there is no such folder", str(path))
    except (Fault, ValueError) as error:
        raise AssociationError(getattr(error, "message", str(error)), str(path)) from error
