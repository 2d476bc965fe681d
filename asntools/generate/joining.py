"""What pieces of work give, joined as if there had been one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from asntools.build.calibration import Uncalibrated
from asntools.common.faults import Fault, Report
from asntools.common.records import Record
from asntools.generate.work import Made, Message
from asntools.match.account import Account

GROUPS = "<groups>"
"""The stream of all groups, as messages name it."""


class Joining:
    """The messages and the account of a whole run, piece by piece.

    What is at fault is told, and what is left out after matching explained, a line each.
    """

    def __init__(self, account: Account, tell: Report, explain: Callable[[str], None] = lambda _: None):
        self._account = account
        self._tell = tell
        self._explain = explain
        self._groups = 0
        self._uncalibrated = Uncalibrated(self._warn)

    @property
    def matched(self) -> bool:
        """Whether there was a group."""
        return bool(self._groups)

    def add(self, made: Made) -> None:
        """Report what is to be said of a piece, and count it; pieces come in their order."""
        self.report(made.messages, made.groups)
        self.count(made.tallies)

    def report(self, messages: Iterable[Message], groups: int) -> None:
        """Report what is to be said of a piece, and of how many groups it is."""
        for message in messages:
            self._report(message)
        self._groups += groups

    def count(self, tallies: Record) -> None:
        """Add to the account what became of the exposures of a piece."""
        self._account.add(tallies)

    def finish(self) -> None:
        """Report what is known only now that all pieces are there."""
        for line in (*self._account.unknown_candidates(), *self._account.findings()):
            self._warn(line)

    def _report(self, message: Message) -> None:
        text = message.text
        if message.kind == "calibration":
            self._uncalibrated.note(message.calibrates, text)
        elif text is None:
            return
        elif message.kind == "explanation":
            self._explain(text)
        elif message.kind == "warning":
            self._warn(text)
        elif message.group is None:
            self._tell(Fault(text))
        else:
            self._tell(Fault(text, GROUPS, self._groups + message.group))

    def _warn(self, text: str) -> None:
        self._tell(Fault(text, serious=False))
