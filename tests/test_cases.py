"""Golden cases: every folder under tests/cases/<command>/ is a test.

A case holds ``cmd`` (a command line) and may hold ``stdin``, ``stdout``, ``stderr`` (empty where absent),
``status`` (0 where absent), further input files, and ``after/``: files as they must be once the command
has run. It runs in a copy of its folder. ``pytest --update-cases`` writes what came out as what is expected.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path.parent for path in CASES.glob("*/*/cmd"))
OUTPUTS = ("stdout", "stderr", "status")


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


@pytest.mark.parametrize("case", FOLDERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_case(case, tmp_path, script_runner, request):
    here = tmp_path / "case"
    shutil.copytree(case, here, ignore=shutil.ignore_patterns("after", *OUTPUTS))
    stdin = (case / "stdin").read_text() if (case / "stdin").exists() else ""
    got = dict(
        zip(
            OUTPUTS,
            map(steady, run(script_runner, here, (case / "cmd").read_text().strip(), stdin)),
            strict=True,
        )
    )
    after = case / "after"
    changed = {path.relative_to(after) for path in after.rglob("*") if path.is_file()}
    if request.config.getoption("--update-cases"):
        for name, text in got.items():
            (case / name).unlink(missing_ok=True)
            if text not in ("", "0\n"):
                (case / name).write_text(text)
        for path in changed:
            shutil.copyfile(here / path, after / path)
        return
    empty = {"stdout": "", "stderr": "", "status": "0\n"}
    want = {name: (case / name).read_text() if (case / name).exists() else empty[name] for name in OUTPUTS}
    assert got == want
    for path in changed:
        assert steady((here / path).read_text()) == (after / path).read_text(), path


def test_there_are_cases():
    assert FOLDERS
