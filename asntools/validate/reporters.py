"""Findings as text, JSON lines, workflow commands, SARIF and JUnit's XML, behind one interface.

A reporter takes the events of a run as they happen (`Finding`, `Unread` and, at the end of an input,
`Checked`), and yields the output in pieces. All but `junit` pass on each finding at once. Libraries for SARIF
and JUnit exist, but have classes for what takes thirty lines here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

from asntools.common.faults import STDIN, printable
from asntools.common.words import counted
from asntools.validate.codes import CODES, ERROR, NOTE, WARNING, Code
from asntools.validate.findings import Finding, json_path


class Checked(NamedTuple):
    """An input, by its name in messages, has been read to its end."""

    source: str


class Unread(NamedTuple):
    """An input cannot be read, or not to its end, which was reported on standard error."""

    source: str
    message: str


Event: TypeAlias = Finding | Checked | Unread
Reporter: TypeAlias = Callable[[Iterable[Event], bool], Iterator[bytes]]
"""A function from the events of a run, and whether warnings count, to UTF-8 text."""


def text(finding: Finding) -> bytes:
    """Return a line for people, followed, for a syntax error, by the faulty line and a caret."""
    where = ":".join(str(part) for part in (finding.source, finding.line, finding.column) if part)
    if where.startswith(_COMMAND):
        where = f"./{where}"
    path = f" ({json_path(finding.path)})" if finding.path else ""
    line = f"{where}: {finding.severity} {finding.code} {finding.message}{path}"
    if finding.advice:
        line += f"; {finding.advice}"
    excerpt = "" if finding.excerpt is None else finding.excerpt.replace("\n", f"\n{_GUTTER}")
    shown = f"{_GUTTER}{excerpt}\n" if excerpt else ""
    return f"{printable(line)}\n{shown}".encode("utf-8", "backslashreplace")


# A line with this start in a workflow's log is a command to GitHub, and the content of files must not be one.
_COMMAND = ("::", "##[")
_GUTTER = "  | "


def jsonl(finding: Finding) -> bytes:
    """Return a JSON object on a line."""
    record = {
        "source": finding.source,
        "line": finding.line,
        "column": finding.column,
        "severity": finding.severity,
        "code": finding.code,
        "message": finding.message,
        "path": json_path(finding.path),
        "hint": finding.advice or None,
        "members": list(finding.members),
    }
    return _json(record) + b"\n"


def _json(value: Any) -> bytes:
    # Names of files, and values with half a character in them, need not be text that UTF-8 can express.
    import json

    return json.dumps(value, separators=(",", ":")).encode()


_UNREAD = "unread"
_GITHUB_LEVELS = {ERROR: "error", WARNING: "warning", NOTE: "notice"}


def github(events: Iterable[Event], _: bool) -> Iterator[bytes]:
    """Give workflow commands, which GitHub shows next to the lines of a change.

    The form is that of GitHub's documentation, "Workflow commands for GitHub Actions"; the escapes
    are those of actions/toolkit.
    """
    for event in events:
        if isinstance(event, Finding):
            place = {"line": event.line, "col": event.column, "title": event.code}
            yield _github_command(_GITHUB_LEVELS[event.severity], event.source, place, event.said)
        elif isinstance(event, Unread):
            yield _github_command(_GITHUB_LEVELS[ERROR], event.source, {"title": _UNREAD}, event.message)


def _github_command(level: str, source: str, place: dict[str, str | int | None], said: str) -> bytes:
    properties = ({"file": source} if source != STDIN else {}) | place
    written = ",".join(
        f"{key}={_github_property(str(value))}" for key, value in properties.items() if value is not None
    )
    return f"::{level} {written}::{_github_escape(said)}\n".encode("utf-8", "backslashreplace")


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
            for code, about in _RULES.items()
        ],
    }
    yield (
        b'{"$schema":%s,"version":"2.1.0","runs":[{"tool":{"driver":%s},"columnKind":"unicodeCodePoints","results":['
        % (_json(_SARIF_SCHEMA), _json(driver))
    )
    separator = b"\n"
    for event in events:
        if not isinstance(event, Checked):
            yield separator + _json(_sarif_result(event))
            separator = b",\n"
    yield b"\n]}]}\n"


_RULES = CODES | {_UNREAD: Code(ERROR, "a file cannot be read", "nothing in it was checked")}
_RULE_INDEX = {code: index for index, code in enumerate(_RULES)}


def _sarif_result(event: Finding | Unread) -> dict[str, Any]:
    from urllib.parse import quote

    file: dict[str, Any] = {
        "artifactLocation": {"uri": quote(event.source.encode("utf-8", "surrogateescape"))}
    }
    place: dict[str, Any] = {"physicalLocation": file}
    if isinstance(event, Unread):
        code, level, said = _UNREAD, ERROR, event.message
    else:
        code, level, said = event.code, event.severity, event.said
        region = {"startLine": event.line, "startColumn": event.column}
        if event.line is not None:
            file["region"] = {key: number for key, number in region.items() if number is not None}
        place["logicalLocations"] = [{"fullyQualifiedName": json_path(event.path)}]
    return {
        "ruleId": code,
        "ruleIndex": _RULE_INDEX[code],
        "level": level,
        "message": {"text": said},
        "locations": [place],
    }


def junit(events: Iterable[Event], strict: bool) -> Iterator[bytes]:
    """Report the inputs as test cases in JUnit's XML; findings that do not make one fail are in its output.

    The counts come first in that format, so all findings are held until the end.
    """
    found: dict[str, list[Finding]] = {}
    unread: dict[str, Unread] = {}
    for event in events:
        of_source = found.setdefault(event.source, [])
        if isinstance(event, Finding):
            of_source.append(event)
        elif isinstance(event, Unread):
            unread.setdefault(event.source, event)
    failed = sum(
        source not in unread and any(finding.fails(strict=strict) for finding in findings)
        for source, findings in found.items()
    )
    counts = f'tests="{len(found)}" failures="{failed}" errors="{len(unread)}"'
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {counts}>\n'.encode()
    yield f'<testsuite name="asn-validate" {counts} skipped="0">\n'.encode()
    for source, findings in found.items():
        yield from _junit_case(source, findings, unread.get(source), strict)
    yield b"</testsuite>\n</testsuites>\n"


def _junit_case(source: str, findings: list[Finding], unread: Unread | None, strict: bool) -> Iterator[bytes]:
    start = f'<testcase classname="asn-validate" name="{_xml(source)}"'
    if not findings and unread is None:
        yield f"{start}/>\n".encode()
        return
    yield f"{start}>\n".encode()
    # A test case has at most one error or failure, so all of them are in one.
    failing = [finding for finding in findings if unread is None and finding.fails(strict=strict)]
    if unread is not None:
        yield f'<error type="unread" message="{_xml(unread.message)}"/>\n'.encode()
    if failing:
        attributes = f'type="{failing[0].code}" message="{counted(len(failing), "finding")}"'
        yield f"<failure {attributes}>{_xml_text(failing)}</failure>\n".encode()
    others = [finding for finding in findings if finding not in failing]
    if others:
        yield f"<system-out>{_xml_text(others)}</system-out>\n".encode()
    yield b"</testcase>\n"


def _xml_text(findings: list[Finding]) -> str:
    return _xml(b"".join(map(text, findings)).decode())


_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _xml(value: str) -> str:
    from xml.sax.saxutils import escape

    written = _NOT_IN_XML.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), value)
    return escape(written, {'"': "&quot;"})


def _of_each(form: Callable[[Finding], bytes]) -> Reporter:
    return lambda events, _: (form(event) for event in events if isinstance(event, Finding))


REPORTERS: dict[str, Reporter] = {
    "text": _of_each(text),
    "jsonl": _of_each(jsonl),
    "github": github,
    "sarif": sarif,
    "junit": junit,
}
"""Every format's reporter, by the format's name."""
