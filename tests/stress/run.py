#!/usr/bin/env python3
"""Try everything that could break the commands, and print a table: tried, right, wrong.

usage: run.py [--minutes N] [-n N]

Faults at each system call (faults.py), commands at once, hostile input, mutations of associations, and
changed input of each kind (fuzz.py), N of it. With --minutes fuzzing goes on, with new seeds, until the time
is up. The status is 1 where anything was wrong.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from tempfile import TemporaryDirectory

import faults
import fuzz

HERE = Path(__file__).parent
TESTS = {
    "at once": HERE / "test_at_once.py",
    "hostile input": HERE / "test_hostile.py",
    "hostile tables": HERE.parent / "pool" / "test_hostile_tables.py",
    "mutations": HERE.parent / "validate" / "test_mutations.py",
}


def row(title: str, tried: int, wrong: int) -> int:
    """Print a row of the table; return how many were wrong."""
    print(f"{title:40}{tried:9}{tried - wrong:9}{wrong:9}", flush=True)
    return wrong


def tests(path: Path, mutations: int) -> tuple[int, int]:
    """Run a file of tests; return how many there are, and how many fail."""
    with TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-m", "", f"--junitxml={report}", path],
            cwd=HERE.parent.parent,
            env={**os.environ, "ASNTOOLS_MUTATIONS": str(mutations)},
            stdout=sys.stderr,
            check=False,
        )
        suites = list(ET.parse(report).iter("testsuite"))
    count = {
        name: sum(int(suite.get(name, 0)) for suite in suites) for name in ("tests", "failures", "errors")
    }
    return count["tests"], count["failures"] + count["errors"]


def fuzzed(kind: str, seed: str, count: int) -> int:
    """Fuzz a kind of input; return how many outcomes were wrong, after naming them."""
    wrong = 0
    with fuzz.workplace():
        for number, line, _, _, found in fuzz.trials(kind, seed, range(count)):
            if found is not None:
                wrong += 1
                print(
                    f"  fuzz.py --seed {seed} --first {number} -n 1 {kind}: {line}: {found}", file=sys.stderr
                )
    return wrong


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=0, help="go on fuzzing for as long as this")
    parser.add_argument("-n", type=int, default=500, help="changed inputs of each kind, and mutations (500)")
    options = parser.parse_args()
    end = time.monotonic() + options.minutes * 60
    print(f"{'':40}{'tried':>9}{'right':>9}{'wrong':>9}")
    bad = 0
    for title, scenario in faults.scenarios().items():
        ways = [faults.Inside, *([faults.Outside] if options.minutes > 30 and faults.can_trace() else [])]
        every = options.minutes > 10
        for way in ways:
            tried, wrong = faults.counted(title, scenario, way, every=every)
            bad += row(f"{way.__name__.lower()}: {title}", tried, wrong)
    for title, path in TESTS.items():
        bad += row(f"tests: {title}", *tests(path, options.n))
    counts = {kind: [0, 0] for kind in fuzz.LINES}
    seed = 0
    while seed == 0 or time.monotonic() < end:
        for kind, count in counts.items():
            count[0] += options.n
            count[1] += fuzzed(kind, f"run-{seed}", options.n)
        seed += 1
    for kind, count in counts.items():
        bad += row(f"fuzz: {kind}", *count)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
