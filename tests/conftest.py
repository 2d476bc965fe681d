"""What the tests share."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path

import pytest

# Commands that tests run in this process leave it its own way of being interrupted.
_interrupted = signal.getsignal(signal.SIGINT)
import asntools.commands  # noqa: E402, F401

signal.signal(signal.SIGINT, _interrupted)

# Commands that tests start as processes are the ones of the environment that runs the tests; where the
# machine has no jq, the stand-in comes last.
os.environ["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), os.environ["PATH"], str(Path(__file__).parent / "bin")]
)


def pytest_addoption(parser):
    parser.addoption("--update-cases", action="store_true", help="write what came out as what is expected")


@pytest.fixture(autouse=True)
def collector():
    """Undo what a command that runs in this process does to the collection of garbage."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
