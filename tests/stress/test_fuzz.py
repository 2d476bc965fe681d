"""What chance makes of the files of the corpus: some of each kind in every run of the tests."""

from __future__ import annotations

import fuzz
import pytest

# How many inputs of each kind are tried.
counts = pytest.mark.parametrize("count", [25, pytest.param(200, marks=pytest.mark.slow)])


@pytest.mark.parametrize("kind", fuzz.LINES)
def test_the_corpus_as_it_is(kind):
    with fuzz.workplace():
        for path in sorted((fuzz.CORPUS / kind).iterdir()):
            for line in fuzz.LINES[kind]:
                for terminal in (False, True):
                    found = fuzz.outcome(kind, line, path.read_bytes(), terminal=terminal)
                    assert found is None, (path.name, line)


@counts
@pytest.mark.parametrize("kind", fuzz.LINES)
def test_changed_inputs_have_orderly_outcomes(kind, count, monkeypatch):
    statuses = set()
    right = fuzz.run

    def run(line, **named):
        end = right(line, **named)
        if not line.endswith(" next"):
            statuses.add(end.status)
        return end

    monkeypatch.setattr(fuzz, "run", run)
    with fuzz.workplace():
        finds = [trial for trial in fuzz.trials(kind, "tests", range(count)) if trial[-1] is not None]
    assert finds == []
    assert statuses >= {0, 2}, "they are all sound or all refused"


@pytest.mark.parametrize(
    ("line", "end", "found"),
    [
        ("asn-fmt x", (0, "", ""), None),
        ("asn-fmt x", (2, "", "asn-fmt:x:1: not JSON\n"), None),
        ("asn-fmt x", (2, "", ""), "status 2, and not a word"),
        ("asn-fmt x", (70, "", "asn-fmt: bug: x\n"), "status 70: asn-fmt: bug: x\n"),
        ("asn-fmt x", (None, "", ""), "takes more than 20 s"),
        ("asn-fmt x", (0, "", "Warning: x\n"), "a message that is not of asn-fmt: 'Warning: x'"),
        ("asn-fmt x", (0, "", "asn-fmt: \x1b[2J\n"), "a control character in a message: 'asn-fmt: \\x1b[2J'"),
        ("asn-fmt x", (0, "\x1b[2J", ""), "a control character for the terminal"),
        ("asn-fmt x", (0, "\u202e", ""), "a control character for the terminal"),
        ("asn-fmt --to tree x", (0, "\x1b[1mimage3\x1b[0m\n", ""), None),
        ("asn-pool x", (0, '{"a": 1}\n{"a"}\n', ""), "line 2 of the output is not JSON"),
        ("asn-pool --to csv x", (0, "a|b\n", ""), None),
    ],
)
def test_the_judge(line, end, found):
    assert fuzz.wrong(line, fuzz.Outcome(*end), terminal=True) == found


def test_what_a_filter_writes_is_what_the_next_one_takes(monkeypatch):
    with fuzz.workplace():
        data = fuzz.SOURCES["pool.csv"].read_bytes()
        assert fuzz.outcome("pools", "asn-pool x", data) is None
        right = fuzz.run
        torn = fuzz.Outcome(0, '{"filename": "x", "program": 1}\n', "")
        monkeypatch.setattr(fuzz, "run", lambda line, **named: torn if line == "asn-pool x" else right(line))
        assert fuzz.outcome("pools", "asn-pool x", data).startswith("then asn-match next: status 2: ")


def test_files_elsewhere_are_noticed(monkeypatch):
    def run(line, **named):
        fuzz.Path("../evil").write_text("")
        return fuzz.Outcome(0, "", "")

    with fuzz.workplace():
        monkeypatch.setattr(fuzz, "run", run)
        assert fuzz.outcome("groups", "asn-build --outdir made x", b"") == "other files: ['evil']"
