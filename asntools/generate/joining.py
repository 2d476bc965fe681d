"""What pieces of work give, joined as if there had been one."""

from __future__ import annotations

from asntools.build.calibration import Uncalibrated
from asntools.common.command import Console
from asntools.common.faults import Fault
from asntools.generate.work import Made, Message
from asntools.match.account import Account

GROUPS = "<groups>"
"""The stream of all groups, as messages name it."""


class Joining:
    """The messages and the account of a whole run, piece by piece."""

    def __init__(self, account: Account, console: Console):
        self._account = account
        self._console = console
        self._groups = 0
        self._uncalibrated = Uncalibrated(self._warn)

    @property
    def matched(self) -> bool:
        """Whether there was a group."""
        return bool(self._groups)

    def add(self, made: Made) -> None:
        """Report what is to be said of a piece; pieces come in their order."""
        for message in made.messages:
            self._report(message)
        self._groups += made.groups
        self._account.add(made.tallies)

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
            self._console.say(text)
        elif message.kind == "warning":
            self._warn(text)
        elif message.group is None:
            self._console.report(Fault(text))
        else:
            self._console.report(Fault(text, GROUPS, self._groups + message.group))

    def _warn(self, text: str) -> None:
        self._console.report(Fault(text, serious=False))
