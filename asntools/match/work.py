"""The work of matching, in any process: exposures of whole programs in, lines of JSON out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson

from asntools.common.pieces import Piece
from asntools.common.records import Record
from asntools.match.account import Account
from asntools.match.groups import Exposure, dump_group
from asntools.match.matching import Matcher
from asntools.match.records import exposure_of
from asntools.match.selection import Selection

PIECE = 500_000
"""How many bytes of exposures make a piece, which takes a twentieth of a second or up to five times that."""


class Program(NamedTuple):
    """The exposures of a program."""

    name: str
    exposures: bytes  # exposure records, a line each
    columns: list[str]  # the columns seen, in any program, when this one was complete

    @property
    def size(self) -> int:
        """How many bytes of exposures there are."""
        return len(self.exposures)


class Made(NamedTuple):
    """The result for a piece: lines, and the result of `Account.tallies`."""

    lines: bytes
    tallies: Record


class Work:
    """A function of a piece: matches the exposures of whole programs; `orphans_of` as in `lines_of`."""

    def __init__(self, matcher: Matcher, selection: Selection, orphans_of: Iterable[int] | None):
        self._matcher = matcher
        self._selection = selection
        self._orphans_of = orphans_of

    def __call__(self, piece: Piece[Program]) -> Made:
        """Match the exposures of a piece."""
        account = Account(self._matcher.afresh(), self._selection)
        lines: list[bytes] = []
        for program in piece.programs:
            account.see_columns(program.columns)
            exposures = [
                exposure_of(orjson.loads(raw), raw, account.matcher) for raw in program.exposures.split(b"\n")
            ]
            lines += lines_of(account, exposures, self._orphans_of)
        return Made(b"".join(lines), account.tallies())


def lines_of(
    account: Account, exposures: list[Exposure], orphans_of: Iterable[int] | None
) -> Iterator[bytes]:
    """Match the exposures of a program, and return the groups as lines of JSON.

    If `orphans_of` has stages, return the exposures that are in no group of these instead.
    """
    groups = account.match(exposures)
    if orphans_of is None:
        return map(dump_group, groups)
    taken = {
        member.position for group in groups if group.rule.stage in orphans_of for member, _ in group.members
    }
    return (each.raw + b"\n" for each in exposures if each.position not in taken)
