"""Golden cases (see golden.py): each runs, and all that comes out is compared.

``pytest --update-cases`` writes what came out as what is expected.
"""

from __future__ import annotations

import io
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from golden import CASES, OUTPUTS, cases, read_case

pytestmark = pytest.mark.usefixtures("at_once")


def run(script_runner, folder: Path, line: str, stdin: str) -> tuple[str, str, str]:
    if re.search(r"[|&;<>$`*]", line):
        done = subprocess.run(
            ["bash", "-c", line], cwd=folder, input=stdin.encode(), capture_output=True, check=False
        )
        return done.stdout.decode(), done.stderr.decode(), f"{done.returncode}\n"
    result = script_runner.run(shlex.split(line), cwd=str(folder), stdin=io.StringIO(stdin))
    return result.stdout, result.stderr, f"{result.returncode}\n"


def steady(text: str) -> str:
    """Replace what changes from one version to the next."""
    return re.sub(r'"code_version":\s?"[^"]*"', '"code_version":"VERSION"', text)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_case(case, tmp_path, script_runner, request):
    here = tmp_path / "case"
    here.mkdir()
    case.lay(here)
    got = dict(zip(OUTPUTS, map(steady, run(script_runner, here, case.command, case.stdin)), strict=True))
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
