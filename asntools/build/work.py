"""The work of building, in any process: groups of whole programs in, associations out."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from asntools.build.associations import Built, Options
from asntools.build.building import Builder
from asntools.build.calibration import Said
from asntools.build.reading import read_group
from asntools.build.writing import file_contents, lines_of
from asntools.common.faults import Fault, Report
from asntools.common.pieces import Piece
from asntools.common.records import read_lines
from asntools.jwst.asn_types import five_digits


class GroupLine(NamedTuple):
    """A group as a line of JSON, its source and line, and its number among all lines of input."""

    raw: bytes
    source: str
    number: int
    order: int


Time: TypeAlias = tuple[int, int]
"""When something happens: how many lines had come, and 0 while the last of them was read, then 1, 2..."""


class Program(NamedTuple):
    """The groups of a program."""

    name: str
    lines: list[GroupLine]
    complete: Time  # when it was complete
    earliest: Time  # before which time nothing happens any more in the programs that come after this one

    @property
    def size(self) -> int:
        """How many bytes of groups there are."""
        return sum([len(line.raw) for line in self.lines])


class Made(NamedTuple):
    """The result for a piece."""

    lines: bytes  # the associations, JSON lines
    files: list[tuple[str, bytes]]  # or these: each file's name and content
    said: list[tuple[Time, Said]]  # the messages, and when
    earliest: Time  # as in `Program`


class Work:
    """A function of a piece: makes the associations of whole programs."""

    def __init__(self, options: Options, *, merge: bool, explain: bool, as_files: bool):
        self._options = options
        self._merge = merge
        self._explain = explain
        self._as_files = as_files

    def __call__(self, piece: Piece[Program]) -> Made:
        """Make the associations of a piece."""
        made = Made(b"", [], [], piece.programs[-1].earliest)
        time = (0, 0)

        def say(what: Said) -> None:
            made.said.append((time, what))

        builder = Builder.telling(say, self._options, merge=self._merge, explain=self._explain)
        lines: list[bytes] = []
        for program in piece.programs:
            built: list[Built] = []
            for line in program.lines:
                time = (line.order, 0)
                built += built_of(builder, line, say)
            time = program.complete
            associations = builder.finish(program.name, built)
            if self._as_files:
                made.files.extend((each.file_name, file_contents(each)) for each in associations)
            else:
                lines.append(lines_of(associations))
        return made._replace(lines=b"".join(lines))


def built_of(builder: Builder, line: GroupLine, report: Report) -> list[Built]:
    """Return the associations of a group, as they are before others of their program are known."""
    try:
        group = read_group(line.raw)
    except ValueError:
        for _ in read_lines([line.raw], line.source, report, read_group, first_line=line.number):
            pass
        return []
    try:
        return builder.associations(group)
    except Fault as fault:
        report(Fault(fault.message, line.source, line.number))
        return []


# How a group begins as asn-match writes it.
_HEAD = re.compile(rb'\{"rule":"[^"\\]*","stage":[23],"asn_type":"[^"\\]*","program":"([!#-\[\]-~]*)"')


def program_of(text: bytes) -> str:
    """Return the program of a group, a line of JSON; raises the errors of `read_group`.

    The output of asn-match is not parsed completely.
    """
    head = _HEAD.match(text)
    if head is not None and text.endswith(b"}]}"):
        return five_digits(head[1].decode())
    return read_group(text).head.program
