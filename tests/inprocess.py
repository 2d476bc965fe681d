"""Command lines that run in this process, where the start of another is not what is tested."""

from __future__ import annotations

import io
import runpy
import sys
from collections.abc import Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import NamedTuple
from unittest import mock

_jq = runpy.run_path(str(Path(__file__).parent / "bin" / "jq"))["main"]


class Done(NamedTuple):
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


def run(name: str, *arguments: str, stdin: str = "", folder: Path = Path()) -> Done:
    """Run a command, or jq, in a folder."""
    main = _jq if name == "jq" else import_module(f"asntools.{name.removeprefix('asn-')}.cli").main
    read, out, err = (_stream(text) for text in (stdin, "", ""))
    with chdir(folder), mock.patch.object(sys, "stdin", read), redirect_stdout(out), redirect_stderr(err):
        status = main(arguments)
    return Done(
        status, *(stream.buffer.getvalue().decode("utf-8", "surrogateescape") for stream in (out, err))
    )


def pipe(*commands: Sequence[str], stdin: str = "", folder: Path = Path()) -> Done:
    """Run commands one after the other, each on what the one before it wrote."""
    done, told = Done(0, stdin, ""), ""
    for command in commands:
        done = run(*command, stdin=done.out, folder=folder)
        told += done.err
    return done._replace(err=told)


def _stream(text: str) -> io.TextIOWrapper:
    data = io.BytesIO(text.encode("utf-8", "surrogateescape"))
    return io.TextIOWrapper(data, "utf-8", "surrogateescape", write_through=True)
