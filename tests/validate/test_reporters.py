"""The formats of asn-validate: each is read back by a reader of that format, whatever the findings say."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from asntools.common.faults import STDIN
from asntools.validate.codes import CODES, ERROR, NOTE, WARNING
from asntools.validate.findings import Finding, json_path
from asntools.validate.reporters import REPORTERS, Checked, Unread

# What SARIF 2.1.0 requires of a log such as ours (OASIS, section 3), in our own words.
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "$schema": {"type": "string", "format": "uri"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "version", "rules"],
                                "properties": {"rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}}},
                            }
                        },
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
                },
            },
        },
    },
    "$defs": {
        "level": {"enum": ["none", "note", "warning", "error"]},
        "rule": {
            "required": ["id", "shortDescription", "help", "defaultConfiguration"],
            "properties": {
                "id": {"type": "string"},
                "shortDescription": TEXT,
                "help": TEXT,
                "defaultConfiguration": {"properties": {"level": {"$ref": "#/$defs/level"}}},
            },
        },
        "result": {
            "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"$ref": "#/$defs/level"},
                "message": TEXT,
                "locations": {"type": "array", "items": {"$ref": "#/$defs/location"}},
            },
        },
        "location": {
            "required": ["physicalLocation"],
            "properties": {
                "physicalLocation": {
                    "required": ["artifactLocation"],
                    "properties": {
                        "artifactLocation": {
                            "required": ["uri"],
                            "properties": {"uri": {"pattern": "^[A-Za-z0-9._~/%-]+$"}},
                        },
                        "region": {
                            "required": ["startLine"],
                            "properties": {
                                "startLine": {"type": "integer", "minimum": 1},
                                "startColumn": {"type": "integer", "minimum": 1},
                            },
                        },
                    },
                }
            },
        },
    },
}

ANY_TEXT = st.text(st.characters(), max_size=20)  # surrogates too
MESSAGES = ANY_TEXT.filter(str.strip)
NAMES = st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name).map(os.fsdecode)
FINDINGS = st.builds(
    Finding,
    code=st.sampled_from(list(CODES)),
    message=MESSAGES,
    path=st.lists(st.integers(0, 9) | ANY_TEXT, max_size=3).map(tuple),
    hint=st.none() | ANY_TEXT,
    source=NAMES | st.just(STDIN),
    line=st.integers(1, 9),
    column=st.integers(1, 9),
    members=st.lists(ANY_TEXT, max_size=2).map(tuple),
    excerpt=st.none(),
)
RUNS = st.lists(FINDINGS | st.builds(Checked, NAMES) | st.builds(Unread, NAMES, MESSAGES), max_size=5)


def written(name, events, *, strict=False):
    return b"".join(REPORTERS[name](iter(events), strict))


def findings_in(events):
    return [event for event in events if isinstance(event, Finding)]


@given(RUNS)
def test_text_is_a_line_a_finding_without_control_characters(events):
    lines = written("text", events).decode().splitlines()
    found = findings_in(events)
    assert len(lines) == len(found)
    for line, finding in zip(lines, found, strict=True):
        assert f":{finding.line}:{finding.column}: {finding.severity} {finding.code} " in line
        assert not re.search("[\x00-\x1f\x7f-\x9f]", line)


def test_text_shows_the_faulty_line_below_the_finding():
    finding = Finding("ASN002", "a comma", source="a.json", line=3, column=2, excerpt="],\n ^")
    assert (
        written("text", [finding]).decode()
        == "a.json:3:2: error ASN002 a comma; remove the comma\n  | ],\n  |  ^\n"
    )


def test_text_leaves_out_what_is_not_known():
    finding = Finding("ASN403", "'a.fits' is present", source="a.json")
    assert written("text", [finding]) == b"a.json: note ASN403 'a.fits' is present\n"


@given(RUNS)
def test_jsonl_is_an_object_a_finding(events):
    records = [json.loads(line) for line in written("jsonl", events).splitlines()]
    for record, finding in zip(records, findings_in(events), strict=True):
        assert record["source"] == finding.source
        assert (record["line"], record["column"]) == (finding.line, finding.column)
        assert (record["severity"], record["code"]) == (finding.severity, finding.code)
        assert record["message"] == finding.message
        assert record["path"] == json_path(finding.path)
        assert record["hint"] == (finding.advice or None)
        assert record["members"] == list(finding.members)


COMMAND = re.compile(r"::(error|warning|notice) ((?:\w+=[^,:]*,?)+)::(.*)")


def unescaped(text):
    for code, char in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, char)
    return text


@given(RUNS)
def test_github_is_a_workflow_command_for_what_is_found_and_for_what_is_not_read(events):
    lines = written("github", events).decode().split("\n")
    assert lines.pop() == ""
    told = [event for event in events if not isinstance(event, Checked)]
    for line, event in zip(lines, told, strict=True):
        level, written_properties, _ = COMMAND.fullmatch(line).groups()
        properties = dict(pair.split("=", 1) for pair in written_properties.split(","))
        assert ("file" in properties) == (event.source != STDIN)
        if isinstance(event, Unread):
            assert (level, properties["title"]) == ("error", "unread")
            continue
        assert level == {ERROR: "error", WARNING: "warning", NOTE: "notice"}[event.severity]
        assert (properties["line"], properties["col"]) == (str(event.line), str(event.column))
        assert properties["title"] == event.code


@pytest.mark.parametrize("name", ["text", "github"])
def test_what_a_file_holds_or_is_called_is_no_command_of_a_workflow(name):
    finding = Finding(
        "ASN001",
        "':' where a document should start\n::add-mask::x",
        source="::error file=x::pwned",
        line=1,
        column=1,
        excerpt="::error file=x::pwned\n^",
    )
    own = "::error file=%3A%3Aerror file=x%3A%3Apwned,"
    commands = [
        line for line in written(name, [finding]).decode().split("\n") if line.lstrip().startswith("::")
    ]
    assert [line[: len(own)] for line in commands] == ([own] if name == "github" else [])


def test_github_escapes_names_and_messages():
    finding = Finding("ASN201", "50%,\nor: 100%", source="a,b:c%.json", line=1, column=2, hint="")
    (line,) = written("github", [finding]).decode().splitlines()
    assert line == "::error file=a%2Cb%3Ac%25.json,line=1,col=2,title=ASN201::50%25,%0Aor: 100%25"
    assert unescaped(line.rpartition("::")[2]) == finding.message


@given(RUNS)
def test_sarif_is_what_its_specification_requires(events):
    log = json.loads(written("sarif", events))
    Draft202012Validator(SARIF).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [*CODES, "unread"]
    reported = [event for event in events if not isinstance(event, Checked)]
    for result, event in zip(run["results"], reported, strict=True):
        code = event.code if isinstance(event, Finding) else "unread"
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == code
        assert result["level"] == rules[result["ruleIndex"]]["defaultConfiguration"]["level"]
        assert event.message in result["message"]["text"]


def test_sarif_names_files_by_uris():
    finding = Finding("ASN201", "x", source="sub dir/50%é.json", line=1, column=1)
    (result,) = json.loads(written("sarif", [finding]))["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "sub%20dir/50%25%C3%A9.json"
    assert unquote(uri) == finding.source


@given(RUNS, st.booleans())
def test_junit_is_xml_with_a_case_a_file(events, strict):
    root = ET.fromstring(written("junit", events, strict=strict))
    cases = list(root.iter("testcase"))
    assert len(cases) == len({event.source for event in events}) == int(root.attrib["tests"])
    unread = {event.source for event in events if isinstance(event, Unread)}
    failed = {finding.source for finding in findings_in(events) if finding.fails(strict=strict)} - unread
    assert len(list(root.iter("failure"))) == len(failed) == int(root.attrib["failures"])
    assert len(list(root.iter("error"))) == len(unread) == int(root.attrib["errors"])
    said = "".join(root.itertext())
    for finding in findings_in(events):
        assert f" {finding.severity} {finding.code} " in said


@pytest.mark.parametrize("strict", [False, True])
def test_junit_counts_warnings_as_failures_under_strict(strict):
    events = [
        Finding("ASN217", "a folder", source="a.json", line=1, column=1),
        Checked("a.json"),
        Checked("b.json"),
    ]
    root = ET.fromstring(written("junit", events, strict=strict))
    assert root.attrib == {"tests": "2", "failures": str(int(strict)), "errors": "0"}
    assert [case.attrib["name"] for case in root.iter("testcase")] == ["a.json", "b.json"]
    assert (root.find(".//system-out") is None) is strict


@pytest.mark.parametrize("name", REPORTERS)
def test_a_run_without_findings_is_well_formed(name):
    output = written(name, [Checked("a.json")])
    if name == "sarif":
        assert json.loads(output)["runs"][0]["results"] == []
    elif name == "junit":
        assert ET.fromstring(output).find(".//testcase").attrib["name"] == "a.json"
    else:
        assert output == b""


@pytest.mark.parametrize("name", [name for name in REPORTERS if name != "junit"])
def test_findings_are_passed_on_at_once(name):
    taken = []

    def events():
        for line in range(1, 100):
            taken.append(line)
            yield Finding("ASN201", "x", source="a.json", line=line, column=1)

    chunks = REPORTERS[name](events(), False)
    for _ in range(5):
        next(chunks)
    assert len(taken) <= 5
