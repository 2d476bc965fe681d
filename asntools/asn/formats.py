"""The formats in which associations are written: JSON, JSON lines and YAML, with their details."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Literal, NamedTuple, TypeAlias

from asntools.asn.file_names import KINDS
from asntools.asn.json_writer import JsonWriter, json_line

Kind: TypeAlias = Literal["json", "jsonl", "yaml"]

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_PARTS = re.compile(rf"(?P<flat>\{{(?:[^{{}}\"]++|{_STRING})*+\}})|(?P<string>{_STRING})(?P<key>\s*:)?")
_ANY_STRING = re.compile(_STRING)
_COMMA = re.compile(r",[ \t]*")
_HAS_EXPNAME = re.compile(r'"expname"\s*:')
_LINE = re.compile(r"^([ \t]*)\S", re.MULTILINE)
_FIRST_INDENT = re.compile(r"[\[{][ \t]*\r?\n([ \t]*)\S")
_FIRST_COLON = re.compile(r'"[^"\\]*"(\s*:[ \t]*)')
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_ESCAPE_BEYOND_ASCII = re.compile(r"\\u(?!00[01])")


class Format(NamedTuple):
    """A format for writing associations; ``json`` and ``jsonl`` differ only in their usual indent."""

    kind: Kind = "json"
    indent: int | str | None = 4  # of each level of JSON, as blanks or their number; None for all on one line
    separators: tuple[str, str] = (",", ": ")  # after a value and after a key of JSON
    ascii: bool = False  # whether JSON has escapes for all that is not ASCII
    newline: str = "\n"
    final_newline: bool = True
    # After a value of a member, if each member of indented JSON is on one line; otherwise all are indented.
    member_separator: str | None = None
    comments: bool = False  # whether the text that was read has some, which writing it anew would lose

    @property
    def between(self) -> str:
        """What separates two documents, after the last line of the first."""
        return self.newline + ("---" + self.newline if self.kind == "yaml" else "")

    def text(self, value: Any) -> str:
        """Return one document, without its last newline; fails like `JsonWriter.text`."""
        if self.kind == "yaml":
            from asntools.asn.yaml_writer import dump_yaml

            return dump_yaml(value).removesuffix("\n").replace("\n", self.newline)
        indent = " " * self.indent if isinstance(self.indent, int) else self.indent
        writer = JsonWriter(indent, self.separators, ascii=self.ascii, member_separator=self.member_separator)
        dumped = writer.text(value)
        return dumped if self.newline == "\n" else dumped.replace("\n", self.newline)


JSON = Format()
"""JSON as the specification shows it, with an indent of 4."""
JSON_LINES = Format("jsonl", None, (",", ":"))
"""Compact JSON, one document a line."""
YAML = Format("yaml", None)
"""YAML in block style."""
FORMATS: dict[str, Format] = {"json": JSON, "jsonl": JSON_LINES, "yaml": YAML}


def format_of(name: str | os.PathLike[str]) -> Format:
    """Return the format for a file, according to the suffix of its name: JSON by default."""
    return FORMATS[KINDS.get(os.path.splitext(name)[1], "json")]


def dump_documents(values: Iterable[Any], form: Format) -> Iterator[bytes]:
    """Write documents one after another, in one format; yields parts of UTF-8.

    Raises ValueError or TypeError if JSON cannot express a value.
    """
    first = True
    for value in values:
        if form == JSON_LINES:
            yield json_line(value)
            continue
        yield (form.text(value) if first else form.between + form.text(value)).encode("utf-8")
        first = False
    if not first and form.final_newline:
        yield form.newline.encode("ascii")


def json_format(text: str, *, final_newline: bool) -> Format:
    """Return the format that best describes the text of a JSON value.

    `final_newline` says whether its file ends with a newline.
    """
    ascii_only = _BEYOND_ASCII.search(text) is None and _ESCAPE_BEYOND_ASCII.search(text) is not None
    colon = _FIRST_COLON.search(text)
    if "\n" in text:
        return Format(
            "json",
            _indent(text),
            (",", colon[1] if colon and "\n" not in colon[1] else ": "),
            ascii_only,
            "\r\n" if "\r\n" in text else "\n",
            final_newline,
            _member_separator(text),
        )
    separators = (", ", ": ") if colon is not None and colon[1] != ":" else (",", ":")
    return Format("jsonl", None, separators, ascii_only, final_newline=final_newline)


def _indent(text: str) -> int | str:
    # That of the first key, if it is on a line of its own; otherwise the smallest step between lines.
    first = _FIRST_INDENT.match(text)
    steps = [first[1]] if first else []
    if not first or not first[1]:
        blanks = ["", *(line[1] for line in _LINE.finditer(text))]
        deeper = (
            line.removeprefix(before)
            for before, line in pairwise(blanks)
            if line.startswith(before) and line != before
        )
        steps = sorted(deeper, key=len) or steps
    if not steps:
        return 4
    return steps[0] if "\t" in steps[0] else len(steps[0])


def _member_separator(text: str) -> str | None:
    separator = None
    for part in _PARTS.finditer(text):
        flat = part["flat"]
        if flat is None:
            if part["key"] and part["string"] == '"expname"':
                return None
        elif _HAS_EXPNAME.search(flat):
            if "\n" in flat:
                return None
            comma = _COMMA.search(_ANY_STRING.sub("", flat))
            separator = separator or (comma[0] if comma else ", ")
    return separator
