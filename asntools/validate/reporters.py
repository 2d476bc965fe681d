"""Findings as text, JSON lines, workflow commands, SARIF and JUnit's XML, behind one interface.

A reporter takes the events of a run as they come, each a `Finding` or, after the last finding of an input,
its `Checked`, and yields the output in pieces. All but `junit` pass each finding on at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from asntools.common.faults import STDIN, printable
from asntools.validate.findings import CODES, ERROR, NOTE, WARNING, Finding, json_path


@dataclass(frozen=True, slots=True)
class Checked:
    """An input has been read to its end.

    Parameters
    ----------
    source : str
        The file's name, `asntools.common.faults.STDIN` for standard input.
    """

    source: str


Event: TypeAlias = Finding | Checked
Reporter: TypeAlias = Callable[[Iterable[Event], bool], Iterator[bytes]]
"""A function of the events of a run, and of whether warnings count, to UTF-8 text."""


def text(events: Iterable[Event], strict: bool) -> Iterator[bytes]:
    """Report a finding a line, for people; below a fault of syntax, the faulty line and a caret."""
    for finding in events:
        if isinstance(finding, Finding):
            where = ":".join(str(part) for part in (finding.source, finding.line, finding.column) if part)
            path = f" ({json_path(finding.path)})" if finding.path else ""
            line = f"{where}: {finding.severity} {finding.code} {finding.message}{path}"
            if finding.advice:
                line += f"; {finding.advice}"
            yield f"{printable(line)}\n".encode()
            if finding.excerpt is not None:
                yield f"{finding.excerpt}\n".encode("utf-8", "backslashreplace")


def jsonl(events: Iterable[Event], strict: bool) -> Iterator[bytes]:
    """Report a finding a line, as a JSON object."""
    for finding in events:
        if isinstance(finding, Finding):
            record = {
                "source": finding.source,
                "line": finding.line,
                "column": finding.column,
                "severity": finding.severity,
                "code": finding.code,
                "message": finding.message,
                "path": json_path(finding.path),
                "hint": finding.advice or None,
            }
            yield _json(record) + b"\n"


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        # Names of files, and values with half a character in them, need not be text that UTF-8 can say.
        import json

        return json.dumps(value).encode()


_GITHUB_LEVELS = {ERROR: "error", WARNING: "warning", NOTE: "notice"}


def github(events: Iterable[Event], strict: bool) -> Iterator[bytes]:
    """Report findings as workflow commands, which GitHub shows beside the lines of a change.

    The form is that of GitHub's documentation, "Workflow commands for GitHub Actions"; the escapes
    are those of actions/toolkit.
    """
    for finding in events:
        if isinstance(finding, Finding):
            properties = {"file": finding.source} if finding.source != STDIN else {}
            for key, number in (("line", finding.line), ("col", finding.column)):
                if number is not None:
                    properties[key] = str(number)
            properties["title"] = finding.code
            written = ",".join(f"{key}={_github_property(value)}" for key, value in properties.items())
            message = finding.message + (f"; {finding.advice}" if finding.advice else "")
            line = f"::{_GITHUB_LEVELS[finding.severity]} {written}::{_github_escape(message)}\n"
            yield line.encode("utf-8", "backslashreplace")


def _github_escape(value: str) -> str:
    escaped = value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(escaped)


def _github_property(value: str) -> str:
    return _github_escape(value).replace(":", "%3A").replace(",", "%2C")


_SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(events: Iterable[Event], strict: bool) -> Iterator[bytes]:
    """Report findings as a log of SARIF 2.1.0, which code-scanning services read."""
    from asntools.common.version import __version__

    driver = {
        "name": "asn-validate",
        "version": __version__,
        "rules": [
            {
                "id": code,
                "shortDescription": {"text": about.sentence},
                "help": {"text": about.hint or about.sentence},
                "defaultConfiguration": {"level": about.severity},
            }
            for code, about in CODES.items()
        ],
    }
    yield (
        b'{"$schema":%s,"version":"2.1.0","runs":[{"tool":{"driver":%s},"columnKind":"unicodeCodePoints","results":['
        % (
            _json(_SARIF_SCHEMA),
            _json(driver),
        )
    )
    separator = b"\n"
    for finding in events:
        if isinstance(finding, Finding):
            yield separator + _json(_sarif_result(finding))
            separator = b",\n"
    yield b"\n]}]}\n"


_RULE_INDEX = {code: index for index, code in enumerate(CODES)}


def _sarif_result(finding: Finding) -> dict[str, Any]:
    from urllib.parse import quote

    place: dict[str, Any] = {
        "artifactLocation": {"uri": quote(finding.source.encode("utf-8", "surrogateescape"))}
    }
    if finding.line is not None:
        place["region"] = {"startLine": finding.line}
        if finding.column is not None:
            place["region"]["startColumn"] = finding.column
    message = finding.message + (f"; {finding.advice}" if finding.advice else "")
    return {
        "ruleId": finding.code,
        "ruleIndex": _RULE_INDEX[finding.code],
        "level": finding.severity,
        "message": {"text": message},
        "locations": [
            {
                "physicalLocation": place,
                "logicalLocations": [{"fullyQualifiedName": json_path(finding.path)}],
            }
        ],
    }


def junit(events: Iterable[Event], strict: bool) -> Iterator[bytes]:
    """Report the inputs as test cases in JUnit's XML; what does not make one fail is in its output.

    The counts come first in that format, so all findings are held until the end.
    """
    findings: dict[str, list[Finding]] = {}
    for event in events:
        of_source = findings.setdefault(event.source, [])
        if isinstance(event, Finding):
            of_source.append(event)
    failed = sum(any(finding.fails(strict=strict) for finding in found) for found in findings.values())
    counts = f'tests="{len(findings)}" failures="{failed}" errors="0"'
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {counts}>\n'.encode()
    yield f'<testsuite name="asn-validate" {counts} skipped="0">\n'.encode()
    for source, found in findings.items():
        yield from _junit_case(source, found, strict)
    yield b"</testsuite>\n</testsuites>\n"


def _junit_case(source: str, findings: list[Finding], strict: bool) -> Iterator[bytes]:
    start = f'<testcase classname="asn-validate" name="{_xml(source)}"'
    if not findings:
        yield f"{start}/>\n".encode()
        return
    yield f"{start}>\n".encode()
    # A test case has at most one failure, so all of them are in one.
    for tag, fails in (("failure", True), ("system-out", False)):
        chosen = [finding for finding in findings if finding.fails(strict=strict) is fails]
        if not chosen:
            continue
        lines = b"".join(text(chosen, strict)).decode()
        attributes = ""
        if fails:
            count = f"{len(chosen)} finding{'s' * (len(chosen) > 1)}"
            attributes = f' type="{chosen[0].code}" message="{count}"'
        yield f"<{tag}{attributes}>{_xml(lines)}</{tag}>\n".encode()
    yield b"</testcase>\n"


_XML_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _xml(value: str) -> str:
    escaped = _NOT_IN_XML.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), value)
    return re.sub('[&<>"]', lambda match: _XML_ENTITIES[match.group()], escaped)


REPORTERS: dict[str, Reporter] = {
    "text": text,
    "jsonl": jsonl,
    "github": github,
    "sarif": sarif,
    "junit": junit,
}
"""Every format's reporter, by the format's name."""
