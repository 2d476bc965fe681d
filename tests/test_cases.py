"""Golden cases (see golden.py): each runs, and all that comes out is compared.

``pytest --update-cases`` writes what came out as what is expected.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import inprocess
import pytest
from golden import CASES, OUTPUTS, cases, read_case

pytestmark = pytest.mark.usefixtures("at_once")


def pipelines(script: str) -> list[list[list[str]]] | None:
    """Return the commands of each pipeline of a script; None where it asks more of a shell."""
    if re.search(r"[&;<>$`*]", re.sub("'[^']*'", "", script)):
        return None
    lexer = shlex.shlex(script, posix=True, punctuation_chars="|\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
    found: list[list[list[str]]] = [[[]]]
    for word in lexer:
        if word == "\n":
            found.append([[]])
        elif word.strip() == "|":
            found[-1].append([])
        else:
            found[-1][-1].append(word)
    return found if all(re.match("asn-|jq$", command[0]) for each in found for command in each) else None


def run(folder: Path, script: str, stdin: str) -> tuple[str, str, str]:
    """Run pipelines in this process, one command after the other, and other scripts in a shell."""
    found = pipelines(script)
    if found is None:
        done = subprocess.run(
            ["bash", "-c", script], cwd=folder, input=stdin.encode(), capture_output=True, check=False
        )
        return done.stdout.decode(), done.stderr.decode(), f"{done.returncode}\n"
    out = err = ""
    for commands in found:
        status, written, told = inprocess.pipe(*commands, stdin=stdin, folder=folder)
        out, err, stdin = out + written, err + told, ""
    return out, err, f"{status}\n"


def steady(text: str) -> str:
    """Replace what changes from one version to the next."""
    return re.sub(r'"code_version":\s?"[^"]*"', '"code_version":"VERSION"', text)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_case(case, tmp_path, request):
    here = tmp_path / "case"
    here.mkdir()
    case.lay(here)
    got = dict(zip(OUTPUTS, map(steady, run(here, case.command, case.stdin)), strict=True))
    if request.config.getoption("--update-cases"):
        case.update(got, {name: (here / name).read_bytes() for name in case.after})
        return
    assert got == case.expected
    for name, text in case.after.items():
        assert steady((here / name).read_text()) == text, name


def test_every_file_is_of_a_case():
    known = {case.path for case in cases()}
    for path in CASES.rglob("*"):
        if path.is_file() and path.parent.name != "inputs":
            assert known & {path, *path.parents}, path


def test_a_case_is_written_as_it_is_read(tmp_path):
    for case in cases():
        if case.path.is_file():
            before = case.path.read_bytes()
            case.path = tmp_path / "copy.case"
            case.write()
            assert case.path.read_bytes() == before
            copy = read_case(case.path)
            assert (copy.command, copy.files, copy.remark) == (case.command, case.files, case.remark)
