"""Command lines that run in this process, where the start of another is not what is tested."""

from __future__ import annotations

import importlib.metadata
import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest_console_scripts

# It looks for each command among those of all packages, for which a third of the time of most would go.
pytest_console_scripts.importlib_metadata = SimpleNamespace(
    entry_points=cache(importlib.metadata.entry_points)
)
_JQ = str(Path(__file__).parent / "bin" / "jq")


class Done(NamedTuple):
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


def run(name: str, *arguments: str, stdin: str = "", folder: Path = Path()) -> Done:
    """Run a command, or jq, in a folder."""
    command = [_JQ if name == "jq" else name, *arguments]
    data = io.BytesIO(stdin.encode("utf-8", "surrogateescape"))
    done = pytest_console_scripts.ScriptRunner.run_inprocess(
        command, cwd=folder, stdin=io.TextIOWrapper(data, "utf-8", "surrogateescape"), print_result=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


def pipe(*commands: Sequence[str], stdin: str = "", folder: Path = Path()) -> Done:
    """Run commands one after the other, each on what the one before it wrote."""
    done, told = Done(0, stdin, ""), ""
    for command in commands:
        done = run(*command, stdin=done.out, folder=folder)
        told += done.err
    return done._replace(err=told)
