#!/usr/bin/env python3
"""Time the commands on simulated pools and print exposures per second.

usage: benchmark.py [SIZE]...

Sizes are in exposures, by default 1,000, 10,000 and 100,000. Each command is timed as a whole process, the
best of some runs; beside them stands `jq -c .`, which copies the same exposure records. Run it with nothing
else going on, with the commands and jq in the path.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
SIZES = (1_000, 10_000, 100_000)


def seconds(line: str, runs: int) -> float:
    """Return the least time that a shell command takes."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(["bash", "-o", "pipefail", "-c", line], check=True)
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    """Run the benchmark."""
    print(f"{'exposures':>9} {'command':10} {'seconds':>8} {'per second':>11} {'µs each':>8}")
    for size in map(int, sys.argv[1:] or SIZES):
        with tempfile.TemporaryDirectory() as folder:
            pool, exposures, groups = (f"{folder}/{name}" for name in ("pool.csv", "exposures", "groups"))
            with open(pool, "wb") as stream:
                subprocess.run(
                    [sys.executable, HERE / "simulate_pool.py", str(size)], stdout=stream, check=True
                )
            subprocess.run(
                f"asn-pool {pool} > {exposures}; asn-match {exposures} > {groups}", shell=True, check=True
            )
            with open(exposures, "rb") as stream:
                count = sum(1 for _ in stream)
            runs = 5 if size < 50_000 else 2
            for name, line in (
                ("asn-pool", f"asn-pool {pool} > /dev/null"),
                ("asn-match", f"asn-match {exposures} > /dev/null"),
                ("asn-build", f"asn-build {groups} > /dev/null"),
                ("all three", f"asn-pool {pool} | asn-match | asn-build > /dev/null"),
                ("jq -c .", f"jq -c . {exposures} > /dev/null"),
            ):
                took = seconds(line, runs)
                print(
                    f"{count:9} {name:10} {took:8.3f} {count / took:11.0f} {1e6 * took / count:8.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
