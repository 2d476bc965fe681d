"""What pieces of work give, joined as if there had been one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from asntools.build.calibration import Said, Telling
from asntools.common.faults import Fault, Report
from asntools.common.records import Record
from asntools.generate.work import GROUPS, Made
from asntools.match.account import Account


class Joining:
    """The messages and the account of a whole run, piece by piece.

    What is at fault is told, and what is left out after matching explained, a line each.
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
        """Report what is to be said of a piece, and count it; pieces come in their order."""
        self.report(made.said, made.groups)
        self.count(made.tallies)

    def report(self, said: Iterable[Said], groups: int) -> None:
        """Report what is to be said of a piece, and of how many groups it is."""
        for each in said:
            if isinstance(each, Fault) and each.source == GROUPS and each.line is not None:
                each.line += self._groups
            self._tell(each)
        self._groups += groups

    def count(self, tallies: Record) -> None:
        """Add to the account what became of the exposures of a piece."""
        self._account.add(tallies)

    def finish(self) -> None:
        """Report what is known only now that all pieces are there."""
        for line in (*self._account.unknown_candidates(), *self._account.findings()):
            self._report(Fault(line, serious=False))
