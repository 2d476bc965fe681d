"""What the tests share."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path

import pytest
import warm
from hypothesis import HealthCheck, settings

# How many examples hypothesis tries; CI asks for the second by --hypothesis-profile. CI tries the same ones
# each time, so that it shows what a change did and nothing else; tests run by hand try others. How fast
# examples come depends on the machine and on luck.
_always = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize="CI" in os.environ)
settings.register_profile("quick", _always, max_examples=15)
settings.register_profile("thorough", _always, max_examples=100)
settings.load_profile("quick")

# What runs in the background, or after nohup, ignores these, and so would all that the tests start.
for _number, _usual in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)

# Commands that tests run in this process leave it its own way of being interrupted.
_interrupted = signal.getsignal(signal.SIGINT)
import asntools.commands  # noqa: E402, F401

signal.signal(signal.SIGINT, _interrupted)
from asntools.match import rule_files  # noqa: E402


def _once(make, is_default):
    """Return `make` as a function that makes what is of the default rules once, by its first argument."""
    made = {}

    def made_once(first, *others, **named):
        if not is_default(first, named):
            return make(first, *others, **named)
        if first not in made:
            made[first] = make(first, *others, **named)
        return made[first]

    return made_once


# A thousand tests match by the default rules.
rule_files.read_rule_file = _once(
    rule_files.read_rule_file, lambda file, _: file in rule_files.DEFAULT_RULE_FILES
)
rule_files.compile_rule = _once(rule_files.compile_rule, lambda _, named: named["default"])

# Commands that tests start as processes are the ones of the environment that runs the tests; where the
# machine has no jq, the stand-in comes last.
os.environ["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), os.environ["PATH"], str(Path(__file__).parent / "bin")]
)
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # with it, each of them would compile all that it imports


def pytest_addoption(parser):
    parser.addoption("--update-cases", action="store_true", help="write what came out as what is expected")


@pytest.fixture(autouse=True)
def collector():
    """Undo what a command that runs in this process does to the collection of garbage."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.fixture(scope="session")
def launchers(tmp_path_factory):
    """Return the folder of commands that start at once."""
    folder = tmp_path_factory.mktemp("warm") / "bin"
    with warm.launchers(folder):
        yield folder


@pytest.fixture
def at_once(request, monkeypatch):
    """Let commands start at once (see warm.py), but in a test that is marked cold."""
    if hasattr(os, "pidfd_open") and not request.node.get_closest_marker("cold"):
        folder = request.getfixturevalue("launchers")
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def pytest_collection_finish():
    """Leave what is there by now, all the tests, out of the collection of garbage, and of what forks copy."""
    gc.collect()
    gc.freeze()
