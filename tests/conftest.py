"""What the tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Commands that tests start as processes are the ones of the environment that runs the tests.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def pytest_addoption(parser):
    parser.addoption("--update-cases", action="store_true", help="write what came out as what is expected")
