"""The results of pieces of work, joined as if there had been only one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from asntools.build.calibration import Said, Telling
from asntools.common.faults import Fault, Report
from asntools.common.records import Record
from asntools.generate.work import GROUPS, Made
from asntools.match.account import Account


class Joining:
    """The messages and the account of a whole run, piece by piece.

    Faults are reported, and whatever is left out after matching is explained, one line each.
    """

    def __init__(self, account: Account, report: Report, explain: Callable[[str], None] = lambda _: None):
        self._account = account
        self._report = report
        self._tell = Telling(report, explain)
        self._groups = 0

    @property
    def matched(self) -> bool:
        """Whether there was a group."""
        return bool(self._groups)

    def add(self, made: Made) -> None:
        """Report the messages of a piece, and count it; pieces come in order."""
        self.report(made.said, made.groups)
        self.count(made.tallies)

    def report(self, said: Iterable[Said], groups: int) -> None:
        """Report the messages of a piece with this number of groups."""
        for each in said:
            if isinstance(each, Fault) and each.source == GROUPS and each.line is not None:
                each.line += self._groups
            self._tell(each)
        self._groups += groups

    def count(self, tallies: Record) -> None:
        """Add the exposures of a piece to the account."""
        self._account.add(tallies)

    def finish(self) -> None:
        """Report what can be known only after all pieces."""
        for remark in self._account.remarks():
            self._report(remark)
