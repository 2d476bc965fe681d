"""Findings of checks, and how findings that say the same are combined."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from asntools.asn.text import Path
from asntools.common.words import listed
from asntools.validate.codes import CODES, ERROR, WARNING


class Finding(NamedTuple):
    """Something that a check found, and where.

    `hint` is given if it differs from the code's. `members` are the expnames that it is about.
    Line and column count from 1, the column in characters; `excerpt` is that line, for a syntax error.
    """

    code: str
    message: str
    path: Path = ()
    hint: str | None = None
    members: tuple[str, ...] = ()
    source: str = ""
    line: int | None = None
    column: int | None = None
    excerpt: str | None = None

    @property
    def severity(self) -> str:
        """One of `ERROR`, `WARNING` and `NOTE`."""
        return CODES[self.code].severity

    @property
    def advice(self) -> str:
        """What would be right: the finding's own hint, or that of its code; may be empty."""
        return CODES[self.code].hint if self.hint is None else self.hint

    @property
    def said(self) -> str:
        """What is wrong and what would be right."""
        return f"{self.message}; {self.advice}" if self.advice else self.message

    def fails(self, *, strict: bool) -> bool:
        """Return whether this finding makes the answer negative."""
        return self.severity == ERROR or (strict and self.severity == WARNING)


_SHOWN = 3


def folded(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings, combining those that say the same about several members of a product.

    A combined finding takes the place of the first, counts the members and names the first three.
    """
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for number, finding in enumerate(findings):
        key: tuple[object, ...] = (number,)
        if finding.members:
            said = finding.message.replace(repr(finding.members[0]), "")
            key = (finding.code, said, finding.path[:2], finding.source, finding.line)
        alike.setdefault(key, []).append(finding)
    return [group[0] if len(group) == 1 else _one_of(group) for group in alike.values()]


def _one_of(group: list[Finding]) -> Finding:
    members = tuple(dict.fromkeys(name for finding in group for name in finding.members))
    if len(members) == 1:
        return group[0]
    names = [repr(name) for name in members[:_SHOWN]]
    if len(members) > _SHOWN:
        names.append(f"{len(members) - _SHOWN} more")
    hints = {finding.hint for finding in group}
    return group[0]._replace(
        message=f"{group[0].message} ({len(members)} members: {listed(names)})",
        hint=hints.pop() if len(hints) == 1 else None,
        members=members,
    )


_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def json_path(path: Path) -> str:
    """Return a path as text: ``$.products[0].members[1].exptype``."""
    steps = []
    for step in path:
        if isinstance(step, int):
            steps.append(f"[{step}]")
        elif _PLAIN_KEY.fullmatch(step):
            steps.append(f".{step}")
        else:
            escaped = step.replace("\\", "\\\\").replace("'", "\\'")
            steps.append(f"['{escaped}']")
    return "$" + "".join(steps)
