"""Amendments by hand to headers and pools: attributes, and candidates over several observations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from asntools.common.faults import Fault
from asntools.common.records import Record
from asntools.common.words import did_you_mean
from asntools.jwst.candidates import Candidate, parse_candidates
from asntools.jwst.keywords import KEYWORDS
from asntools.pool.exposures import normal_value

EVERY = "*"
"""Stands for all observations, or all files."""

_FIRST_ID = 1000
_SETTING = re.compile(r"(?P<column>\w+)=(?P<value>[^:]*)(?::(?:(?P<by>\w+)=)?(?P<glob>.+))?", re.DOTALL)


class Setting(NamedTuple):
    """A value for an attribute of some exposures: those whose file, or other attribute, matches a glob."""

    column: str
    value: str | None
    by: str | None
    glob: str
    text: str

    @classmethod
    def parse(cls, text: str) -> Setting:
        """Read ``COL=VALUE``, ``COL=VALUE:GLOB`` or ``COL=VALUE:COL=GLOB``; a `Fault` otherwise."""
        match = _SETTING.fullmatch(text)
        if match is None:
            raise Fault(f"{text!r} is not COL=VALUE or COL=VALUE:GLOB")
        column = match["column"].lower()
        known = [keyword.attribute for keyword in KEYWORDS]
        if column not in known and (near := did_you_mean(column, known)):
            raise Fault(f"no column {column!r}{near}")
        try:
            value = normal_value(column, match["value"])
        except ValueError as error:
            raise Fault(str(error)) from error
        return cls(
            column,
            value,
            match["by"] and match["by"].lower(),
            match["glob"] or EVERY,
            text,
        )

    def fits(self, exposure: Record, file: str) -> bool:
        """Return whether it applies to an exposure from this file."""
        if self.by is not None:
            return fnmatchcase(str(exposure.get(self.by) or ""), self.glob.lower())
        return fnmatchcase(file, self.glob) or fnmatchcase(file, f"*/{self.glob}")


class Extra(NamedTuple):
    """A candidate over observations of a program; none listed means all of them."""

    kind: str
    observations: frozenset[int]
    text: str

    @classmethod
    def parse(cls, text: str) -> Extra:
        """Read ``TYPE=o001,o002`` or ``TYPE=*``; a `Fault` otherwise."""
        kind, _, listed = text.lower().partition("=")
        numbers = [] if listed.strip() == EVERY else listed.split(",")
        found = [re.fullmatch(r"\s*o?0*([1-9]\d{0,8})\s*", each, re.ASCII) for each in numbers]
        if not (re.fullmatch(r"\w+", kind, re.ASCII) and listed and all(found)):
            raise Fault(f"{text!r} is not TYPE=OBS,..., such as background=o001,o002 or mosaic=*")
        return cls(kind, frozenset(int(match[1]) for match in found if match), text)

    def fits(self, exposure: Record) -> bool:
        """Return whether the exposure belongs to one of the observations."""
        return not self.observations or bool(self.observations & set(_observations(exposure)))


def _observations(exposure: Record) -> Iterator[int]:
    number = exposure.get("obs_num")
    if number and number.isdecimal():
        yield int(number)
        return
    for candidate in _candidates(exposure):
        if candidate.type == "observation" and candidate.id[1:].isdecimal():
            yield int(candidate.id[1:])


def _candidates(exposure: Record) -> tuple[Candidate, ...]:
    text = exposure.get("asn_candidate")
    return parse_candidates(text) if text else ()


class Amendments:
    """The settings and candidates of a run, and which of them were not needed."""

    def __init__(self, settings: Sequence[Setting] = (), extras: Sequence[Extra] = ()):
        self.settings = settings
        self.extras = [(extra, Candidate(f"c{id}", extra.kind)) for id, extra in enumerate(extras, _FIRST_ID)]
        self._unused = {*settings, *extras}

    def set_attributes(self, exposure: Record, file: str) -> None:
        """Set the attributes of an exposure from a file."""
        for setting in self.settings:
            if setting.fits(exposure, file):
                exposure[setting.column] = setting.value
                self._unused.discard(setting)

    def add_candidates(self, exposure: Record) -> None:
        """Put an exposure into the candidates for its observation."""
        have = dict.fromkeys(_candidates(exposure)) if self.extras else {}
        for extra, candidate in self.extras:
            if extra.fits(exposure):
                self._unused.discard(extra)
                have[candidate] = None
                exposure["asn_candidate"] = written(have)

    def unused(self) -> Iterator[Fault]:
        """Yield a warning for each setting and candidate that applied to no exposure."""
        for setting in self.settings:
            if setting in self._unused:
                yield Fault(f"--set {setting.text}: matches no exposure", serious=False)
        for extra, _ in self.extras:
            if extra in self._unused:
                yield Fault(
                    f"--candidate {extra.text}: no exposure is from these observations", serious=False
                )


def written(candidates: Iterable[Candidate]) -> str:
    """Return candidates in the notation of pools."""
    return "[{}]".format(", ".join(f"('{each.id}', '{each.type}')" for each in candidates))
