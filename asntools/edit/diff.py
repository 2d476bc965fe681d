"""The changes to a text, as a unified diff."""

from __future__ import annotations

import difflib
import io
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

Block: TypeAlias = tuple[int, int, int, int]
"""Lines that others take the place of: start and end in the old text, start and end in the new one."""

_CONTEXT = 3
# difflib's time grows with the square of the lines, or faster if they repeat.
_MOST_FOR_DIFFLIB = 2000


def differences(source: str, old: bytes, new: bytes) -> Iterator[str]:
    """Return the lines of a unified diff, with newlines, suitable for `patch`."""
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
    # Parts still to compare, the first one last: lines that occur once on each side divide them further.
    parts = [(0, len(before), 0, len(after))]
    while parts:
        part = _trimmed(before, after, parts.pop())
        old_start, old_end, new_start, new_end = part
        if old_start == old_end or new_start == new_end:
            if part[0] != part[1] or part[2] != part[3]:
                yield part
            continue
        anchors = _anchors(before[old_start:old_end], after[new_start:new_end])
        if not anchors:
            yield from _compared(before, after, part)
            continue
        inner = []
        for old, new in anchors:
            inner.append((old_start, part[0] + old, new_start, part[2] + new))
            old_start, new_start = part[0] + old + 1, part[2] + new + 1
        parts += reversed([*inner, (old_start, old_end, new_start, new_end)])


def _trimmed(before: Sequence[str], after: Sequence[str], part: Block) -> Block:
    old_start, old_end, new_start, new_end = part
    while old_start < old_end and new_start < new_end and before[old_start] == after[new_start]:
        old_start, new_start = old_start + 1, new_start + 1
    while old_start < old_end and new_start < new_end and before[old_end - 1] == after[new_end - 1]:
        old_end, new_end = old_end - 1, new_end - 1
    return old_start, old_end, new_start, new_end


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    # The longest run of common lines in the same order, among lines that occur once on each side ("patience
    # diff"). In an association these are the names of members, so that little is left between them.
    old_once, new_once = _once(old), _once(new)
    common = [(place, new_once[line]) for line, place in old_once.items() if line in new_once]
    ends: list[int] = []  # the smallest place in the new text that ends a run of each length
    tails: list[int] = []  # the pair that does
    before: list[int] = []
    for number, (_, place) in enumerate(common):
        length = bisect_left(ends, place)
        before.append(tails[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        tails[length : length + 1] = [number]
    run = []
    number = tails[-1] if tails else -1
    while number >= 0:
        run.append(common[number])
        number = before[number]
    return run[::-1]


def _once(lines: Sequence[str]) -> dict[str, int]:
    counts = Counter(lines)
    return {line: place for place, line in enumerate(lines) if counts[line] == 1}


def _compared(before: Sequence[str], after: Sequence[str], part: Block) -> Iterator[Block]:
    old_start, old_end, new_start, new_end = part
    old, new = before[old_start:old_end], after[new_start:new_end]
    if len(old) == len(new):
        # Most edits change values and keep the lines.
        start = 0
        for changed, pairs in groupby(zip(old, new, strict=True), lambda pair: pair[0] != pair[1]):
            end = start + len(list(pairs))
            if changed:
                yield old_start + start, old_start + end, new_start + start, new_start + end
            start = end
    elif len(old) + len(new) <= _MOST_FOR_DIFFLIB:
        for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new).get_opcodes():
            if tag != "equal":
                yield old_start + i, old_start + j, new_start + k, new_start + m
    else:
        yield part


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
