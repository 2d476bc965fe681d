"""Answers to questions about exposures and groups, program by program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import groupby

from asntools.common.faults import Fault
from asntools.common.records import Record, dump_record
from asntools.common.words import did_you_mean
from asntools.jwst.suffixes import exposure_root
from asntools.match.explaining.of_exposures import as_record, as_text
from asntools.match.explaining.of_groups import (
    GroupExplanation,
    explain_groups,
    group_as_record,
    group_as_text,
)
from asntools.match.explaining.outcomes import Explanation, Joined, shown
from asntools.match.explaining.second_look import explain_program, look_at
from asntools.match.groups import Exposure, Group
from asntools.match.matching import Matcher
from asntools.match.selection import Selection

_KNOWN = 10_000
"""How many names a hint is looked for among."""


class AskedExposures:
    """The exposures that people ask about: by the name of any of their files, or by a glob, in any case."""

    def __init__(self, words: Iterable[str]):
        self._left = dict.fromkeys(words)
        self._globs = {word: word.lower() for word in self._left}
        self._roots = {exposure_root(word).lower(): word for word in self._left}
        self._seen: list[str] = []

    def __call__(self, exposure: Exposure) -> bool:
        """Return whether this exposure is asked about."""
        name = exposure.filename.lower()
        root = exposure_root(name)
        words = [
            word for word, glob in self._globs.items() if fnmatchcase(name, glob) or fnmatchcase(root, glob)
        ]
        if root in self._roots:
            words.append(self._roots[root])
        for word in words:
            self._left.pop(word, None)
        if self._left and len(self._seen) < _KNOWN:
            self._seen.append(exposure.filename)
        return bool(words)

    def missing(self) -> Iterator[Fault]:
        """Return a message for each word that named no exposure."""
        for word in self._left:
            yield Fault(f"no exposure {word!r}{did_you_mean(word, self._seen)}", serious=False)


class AskedGroups:
    """The groups that people ask about: by number, by rule, type or candidate, or by a glob of these."""

    def __init__(self, words: Iterable[str]):
        self._words = {word: word.lower() for word in words}
        self._left = dict.fromkeys(self._words)
        self._seen: dict[str, None] = {}
        self._count = 0

    def __call__(self, number: int, group: Group) -> bool:
        """Return whether this group is asked about."""
        self._count += 1
        names = (
            str(number),
            group.rule.name,
            group.rule.asn_type,
            group.candidate.id,
            shown(group.candidate.id),
        )
        self._seen.update(dict.fromkeys(names[1:]))
        words = [
            word
            for word, glob in self._words.items()
            if any(fnmatchcase(name.lower(), glob) for name in names)
        ]
        for word in words:
            self._left.pop(word, None)
        return bool(words)

    def missing(self) -> Iterator[Fault]:
        """Return a message for each word that named no group."""
        for word in self._left:
            hint = f"; there are {self._count}" if word.isdecimal() else did_you_mean(word, list(self._seen))
            yield Fault(f"no group {word!r}{hint}", serious=False)


class Explainer:
    """Explains the exposures and groups that words name."""

    def __init__(
        self,
        matcher: Matcher,
        selection: Selection,
        exposures: Iterable[str] | None = None,
        groups: Iterable[str] | None = None,
    ):
        self.matcher = matcher
        self.selection = selection
        # Whether something was explained; whether something explained is in a group.
        self.found = self.joined = False
        self._exposures = AskedExposures(exposures or ())
        self._groups = AskedGroups(groups or ())
        self._written = 0

    def explain(self, exposures: list[Exposure]) -> Iterator[Explanation | GroupExplanation]:
        """Explain those exposures and groups of a program that were asked about."""
        looks = list(look_at(self.matcher, exposures, self.selection, self._written))
        self._written += sum(len(look.numbers) for look in looks)
        for found in explain_program(self.matcher, exposures, looks, self._exposures):
            self.found = True
            self.joined = self.joined or isinstance(found.outcome, Joined)
            yield found
        for group in explain_groups(self.matcher, exposures, looks, self._groups):
            self.found = self.joined = True
            yield group

    def missing(self) -> Iterator[Fault]:
        """Return a message for each word that named nothing."""
        yield from self._exposures.missing()
        yield from self._groups.missing()


def answer_as_record(answer: Explanation | GroupExplanation) -> Record:
    """Return an answer as a record; see `schemas/explanation.schema.json`."""
    return as_record(answer) if isinstance(answer, Explanation) else group_as_record(answer)


def answers_as_lines(answers: Iterable[Explanation | GroupExplanation], form: str) -> Iterator[bytes]:
    """Write answers as ``text`` or as ``jsonl``."""
    if form == "jsonl":
        yield from (dump_record(answer_as_record(answer)) for answer in answers)
        return
    for kind, several in groupby(answers, key=type):
        if kind is Explanation:
            lines = as_text(each for each in several if isinstance(each, Explanation))
        else:
            lines = (
                line for each in several if isinstance(each, GroupExplanation) for line in group_as_text(each)
            )
        yield from map(str.encode, lines)
