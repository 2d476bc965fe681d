"""Conditions on exposures, written in jq, and common mistakes in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from asntools.common.faults import Fault, Report
from asntools.common.jq import STRING, Query
from asntools.common.records import Record
from asntools.common.words import did_you_mean, listed
from asntools.jwst.exposures import FLAGS

_ATTRIBUTE = re.compile(r"(?<![\w.)\]$?])\.([A-Za-z_]\w*)")
_COMPARED = re.compile(r"\.([A-Za-z_]\w*)\s*(==|!=|<=?|>=?)\s*(-?\d+(?:\.\d+)?|true|false)\b")
_FLAG = re.compile(rf"\.({'|'.join(sorted(FLAGS))})\s*(?=$|\)|(?:and|or|then)\b|\|\s*not\b)")
# Where a program has one of these, its capitals may be right: file names keep their case.
_KEEPS_CASE = re.compile(r"filename|asn_pool|ascii_(up|down)case|;\s*\"[gnpslx]*i")


def suspicions(text: str) -> Iterator[str]:
    """Yield probable mistakes in a condition on exposures, whose values are text in lower case."""
    if not _KEEPS_CASE.search(text):
        capitals = [each for each in STRING.findall(text) if each != each.lower()]
        if capitals:
            written = listed(f'"{each}"' for each in capitals)
            yield f"values are in lower case: write {written.lower()}, not {written}"
    bare = STRING.sub('""', text)
    for name, sign, value in _COMPARED.findall(bare):
        if sign in ("==", "!="):
            right = value[0] if value in ("true", "false") else value
            yield f'{name} is text: write .{name} {sign} "{right}", not {value}'
        else:
            yield f"{name} is text: write (.{name} | tonumber) {sign} {value}"
    for name in _FLAG.findall(bare):
        yield f'{name} is text, and to jq f is as true as t: write .{name} == "t"'


class Where:
    """A condition on exposures: a jq program applied to each; raises a `Fault` if it is not one."""

    def __init__(self, text: str):
        self._query = Query(text)
        self._text = text
        bare = STRING.sub('""', text)
        self._kept = 0
        self._here = _Values(list(dict.fromkeys(_ATTRIBUTE.findall(bare))))

    def kept(self, exposures: Iterable[Record], report: Report) -> Iterator[Record]:
        """Yield the exposures for which the condition is true; report if it fails, or is true for none."""
        yield from self.holding(exposures, report)
        for remark in self.remarks():
            report(remark)

    def holding(self, exposures: Iterable[Record], report: Report) -> Iterator[Record]:
        """Yield the exposures for which the condition is true; report if it fails.

        Raises a `Fault` if the program assigns, and so returns a changed exposure instead of an answer.
        """
        for exposure in exposures:
            try:
                answer = self._query.first(exposure)
            except Fault as fault:
                report(Fault(f"exposure {exposure['filename']!r}: {fault.message}"))
                continue
            if self._query.is_true(answer):
                self._kept += 1
                yield exposure
            elif not self._kept:
                self._here.add(exposure)

    def remarks(self) -> Iterator[Fault]:
        """Return the messages after all exposures."""
        doubts = list(suspicions(self._text))
        if self._here.exposures and not self._kept:
            what = self._here.unknown() or "; ".join(doubts) or self._here.remark()
            doubts = [f"keeps no exposure{f'; {what}' if what else ''}"]
        for what in doubts:
            yield Fault(f"--where {self._text!r}: {what}", serious=False)

    def tallies(self) -> Record:
        """Return what is known about the exposures, as plain values that another condition can add."""
        here = self._here
        values = {name: sorted(of_name) for name, of_name in here.values.items()}
        return {
            "kept": self._kept,
            "exposures": here.exposures,
            "known": sorted(here.known),
            "values": values,
        }

    def add(self, tallies: Record) -> None:
        """Add the findings of the same condition on other exposures."""
        self._kept += tallies["kept"]
        self._here.exposures += tallies["exposures"]
        self._here.known.update(tallies["known"])
        for name, values in tallies["values"].items():
            self._here.values[name].update(values)


class _Values:
    # What exposures have of the attributes that a condition names, for when it holds for none of them.
    SHOWN = 6

    def __init__(self, attributes: list[str]):
        self.exposures = 0
        self.known: set[str] = set()
        self.values: dict[str, set[str]] = {name: set() for name in attributes}

    def add(self, exposure: Record) -> None:
        self.exposures += 1
        if not self.known.issuperset(exposure):
            self.known.update(exposure)
        for name, values in self.values.items():
            if len(values) <= self.SHOWN:
                values.add("null" if (value := exposure.get(name)) is None else repr(value))

    def unknown(self) -> str | None:
        for name in self.values:
            if name not in self.known:
                return f"none has {name!r}{did_you_mean(name, sorted(self.known))}"
        return None

    def remark(self) -> str:
        few = [
            f"{name} is {listed(sorted(values), 'or')}"
            for name, values in self.values.items()
            if len(values) <= self.SHOWN
        ]
        return "; ".join(few)
