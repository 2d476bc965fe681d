#!/usr/bin/env python3
"""Time the commands on simulated pools, beside `jq -c .`, and print a table in Markdown.

usage: benchmark.py [SIZE]...

Sizes are in exposures, by default 1,000, 10,000 and 100,000. The commands take turns, so that what else goes
on strikes them alike, and the least of some runs is shown: wall time, CPU time of all processes, and the
memory of the largest. Run it with nothing else going on, with the commands and jq in the path.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
SIZES = (1_000, 10_000, 100_000)


class Cost(NamedTuple):
    """What a run takes, in seconds and megabytes."""

    wall: float
    cpu: float
    peak: float


def cost(line: str) -> Cost:
    """Run a shell's command line and return what it took."""
    start = time.perf_counter()
    process = subprocess.Popen(["bash", "-o", "pipefail", "-c", line])
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"failed: {line}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


def lines(pool: str, exposures: str, groups: str) -> dict[str, str]:
    """Return the command lines by their names."""
    return {
        "asn-pool": f"asn-pool {pool}",
        "asn-match": f"asn-match {exposures}",
        "asn-build": f"asn-build {groups}",
        "the pipe": f"asn-pool {pool} | asn-match | asn-build",
        "asn-generate": f"asn-generate {pool}",
        "asn-generate --jobs 2": f"asn-generate --jobs 2 {pool}",
        "jq -c .": f"jq -c . {exposures}",
    }


def main() -> None:
    """Run the benchmark."""
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n")
    print("| exposures | command | wall s | CPU s | µs CPU each | peak MB |\n|---|---|---|---|---|---|")
    for size in map(int, sys.argv[1:] or SIZES):
        with tempfile.TemporaryDirectory() as folder:
            pool, exposures, groups = (f"{folder}/{name}" for name in ("pool.csv", "exposures", "groups"))
            with open(pool, "wb") as stream:
                subprocess.run(
                    [sys.executable, HERE / "simulate_pool.py", str(size)], stdout=stream, check=True
                )
            with open(pool, "rb") as stream:
                count = sum(1 for _ in stream) - 1
            subprocess.run(
                f"asn-pool {pool} > {exposures}; asn-match {exposures} > {groups}", shell=True, check=True
            )
            best: dict[str, Cost] = {}
            for _ in range(3 if size < 50_000 else 2):
                for name, line in lines(pool, exposures, groups).items():
                    took = cost(f"{{ {line}; }} > /dev/null 2>&1")
                    best[name] = Cost(*map(min, zip(took, best.get(name, took), strict=True)))
            for name, (wall, cpu, peak) in best.items():
                print(f"| {count} | {name} | {wall:.2f} | {cpu:.2f} | {1e6 * cpu / count:.0f} | {peak:.0f} |")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
