"""What changes in a text, as a unified diff."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

Block: TypeAlias = tuple[int, int, int, int]
"""Lines that others take the place of: start and end in the old text, start and end in the new one."""

_CONTEXT = 3
# The time that difflib takes grows with the square of the lines, or faster where they repeat.
_MOST_FOR_DIFFLIB = 2000


def differences(source: str, old: bytes, new: bytes) -> Iterator[str]:
    """Return the lines of a unified diff, each with its line end, fit for `patch`."""
    before, after = (
        [*io.StringIO(data.decode("utf-8", "surrogateescape"), newline="\n")] for data in (old, new)
    )
    blocks = list(_changed_blocks(before, after))
    if blocks:
        yield f"--- {source}\n"
        yield f"+++ {source}\n"
    for hunk in _hunks(blocks):
        for line in _hunk_lines(hunk, before, after):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _changed_blocks(before: Sequence[str], after: Sequence[str]) -> Iterator[Block]:
    shorter = min(len(before), len(after))
    start = 0
    while start < shorter and before[start] == after[start]:
        start += 1
    tail = 0
    while tail < shorter - start and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    old, new = before[start : len(before) - tail], after[start : len(after) - tail]
    if len(old) == len(new):
        # Most edits change values and keep the lines.
        for changed, pairs in groupby(zip(old, new, strict=True), lambda pair: pair[0] != pair[1]):
            end = start + len(list(pairs))
            if changed:
                yield start, end, start, end
            start = end
    elif len(old) + len(new) <= _MOST_FOR_DIFFLIB:
        for tag, *bounds in difflib.SequenceMatcher(None, old, new).get_opcodes():
            if tag != "equal":
                old_start, old_end, new_start, new_end = (start + bound for bound in bounds)
                yield old_start, old_end, new_start, new_end
    else:
        yield start, start + len(old), start, start + len(new)


def _hunks(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    hunk: list[Block] = []
    for block in blocks:
        if hunk and block[0] - hunk[-1][1] > 2 * _CONTEXT:
            yield hunk
            hunk = []
        hunk.append(block)
    if hunk:
        yield hunk


def _hunk_lines(hunk: Sequence[Block], before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    first, last = hunk[0], hunk[-1]
    lead = min(_CONTEXT, first[0])
    trail = min(_CONTEXT, len(before) - last[1])
    old_range = _range(first[0] - lead, last[1] + trail)
    new_range = _range(first[2] - lead, last[3] + trail)
    yield f"@@ -{old_range} +{new_range} @@\n"
    at = first[0] - lead
    for old_start, old_end, new_start, new_end in hunk:
        yield from (f" {line}" for line in before[at:old_start])
        yield from (f"-{line}" for line in before[old_start:old_end])
        yield from (f"+{line}" for line in after[new_start:new_end])
        at = old_end
    yield from (f" {line}" for line in before[at : at + trail])


def _range(start: int, end: int) -> str:
    # An empty range names the line before it, and a count of one is left out.
    count = end - start
    return str(end) if count == 1 else f"{start + 1 if count else start},{count}"
