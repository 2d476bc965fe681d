#!/usr/bin/env python3
"""Time the commands beside `jq -c .`, on simulated pools and small files, and print tables in Markdown.

usage: benchmark.py [--compiled BIN] [SIZE]...

SIZEs are in exposures, by default 1,000, 10,000 and 100,000, which take ten minutes. BIN is the folder of the
commands of an installation with compiled modules, which are then timed, too. Commands take turns with jq,
so that what else goes on strikes all alike, and the least of some runs is shown. Run it with nothing else
going on, with the commands and jq in the path.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
SIZES = (1_000, 10_000, 100_000)
# The exposures of single programs, half as many and all; what they write grows with their square for two.
GROWTH = {
    "image": 10_000,
    "mosaic": 9_000,
    "discovered": 10_000,
    "filters": 10_000,
    "slitless": 4_000,
    "imprints": 4_000,
    "nods": 600,
    "background": 1_000,
}


class Cost(NamedTuple):
    """What a run takes, in seconds and megabytes."""

    wall: float
    cpu: float
    peak: float


def cost(line: str, path: str = "") -> Cost:
    """Run a shell's command line, with a folder before the path, and return what it took."""
    environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"}
    start = time.perf_counter()
    process = subprocess.Popen(
        ["bash", "-o", "pipefail", "-c", f"{{ {line}; }} > /dev/null 2>&1"], env=environment
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"failed: {line}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


def least(lines: dict[str, tuple[str, str]], beside: str, runs: int) -> tuple[dict[str, Cost], Cost]:
    """Return the least cost of each line (and the folder before its path), and of the one between them."""
    best: dict[str, Cost] = {}
    measure = Cost(math.inf, math.inf, math.inf)
    for _ in range(runs):
        for name, (line, path) in lines.items():
            measure = Cost(*map(min, zip(cost(beside), measure, strict=True)))
            took = cost(line, path)
            best[name] = Cost(*map(min, zip(took, best.get(name, took), strict=True)))
    return best, measure


def table(*heads: str) -> None:
    """Print the head of a table."""
    print(f"\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)


def simulate(file: str, *options: str) -> int:
    """Write a pool, and return how many exposures it has."""
    with open(file, "wb") as stream:
        subprocess.run([sys.executable, HERE / "simulate_pool.py", *options], stdout=stream, check=True)
    return count_lines(file) - 1


def count_lines(file: str) -> int:
    """Return how many lines a file has."""
    with open(file, "rb") as stream:
        return sum(1 for _ in stream)


def lines_on_pools(folder: str, compiled: str | None) -> Iterator[tuple[str, tuple[str, str]]]:
    """Return the command lines by their names, each with the folder of commands that it wants first."""
    pool, exposures, groups = (f"{folder}/{name}" for name in ("pool.csv", "exposures", "groups"))
    for jobs in ("", " --jobs 2"):
        if not jobs:
            yield "asn-pool", (f"asn-pool {pool}", "")
        yield f"asn-match{jobs}", (f"asn-match{jobs} {exposures}", "")
        yield f"asn-build{jobs}", (f"asn-build{jobs} {groups}", "")
        yield f"the pipe{jobs}", (f"asn-pool {pool} | asn-match{jobs} | asn-build{jobs}", "")
        yield f"asn-generate{jobs}", (f"asn-generate{jobs} {pool}", "")
    if compiled:
        yield "asn-match, compiled", (f"asn-match {exposures}", compiled)
        yield "asn-build, compiled", (f"asn-build {groups}", compiled)
        yield "the pipe, compiled", (f"asn-pool {pool} | asn-match | asn-build", compiled)
        yield "asn-generate --jobs 2, compiled", (f"asn-generate --jobs 2 {pool}", compiled)


def exponent(before: float, after: float, factor: float) -> float:
    """Return with which power of its input something grows, from its size before and after."""
    return math.log(after / before) / math.log(factor)


def on_pools(sizes: list[int], compiled: str | None) -> None:
    """Time the commands on pools of many programs."""
    table("exposures", "command", "wall s", "CPU s", "µs CPU each", "wall x jq", "peak MB")
    costs: list[tuple[int, dict[str, Cost]]] = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            count = simulate(f"{folder}/pool.csv", str(size))
            make = f"asn-pool {folder}/pool.csv > {folder}/exposures; asn-match {folder}/exposures"
            subprocess.run(f"{{ {make} > {folder}/groups; }} 2> /dev/null", shell=True, check=True)
            lines = dict(lines_on_pools(folder, compiled))
            best, jq = least(lines, f"jq -c . {folder}/exposures", 3 if size < 50_000 else 2)
        costs.append((count, best))
        for name, (wall, cpu, peak) in (*best.items(), ("jq -c .", jq)):
            each = f"{1e6 * cpu / count:.0f} | {wall / jq.wall:.2f}"
            print(f"| {count:,} | {name} | {wall:.2f} | {cpu:.2f} | {each} | {peak:.0f} |", flush=True)
    if len(costs) > 1:
        (few, before), (many, after) = costs[-2:]
        table("command", f"exponent of CPU from {few:,} to {many:,} exposures")
        for name in after:
            print(f"| {name} | {exponent(before[name].cpu, after[name].cpu, many / few):.2f} |")


def within_programs() -> None:
    """Time single programs of twice as many exposures."""
    table(
        "one program",
        "exposures",
        "members",
        "exponent",
        "match CPU s",
        "exponent",
        "build CPU s",
        "exponent",
    )
    for kind, size in GROWTH.items():
        found: list[list[float]] = []
        with tempfile.TemporaryDirectory() as folder:
            files = [f"{folder}/{half}" for half in "ab"]
            for file, count in zip(files, (size // 2, size), strict=True):
                simulate(f"{file}.csv", str(count), "--one", kind)
                make = f"asn-pool {file}.csv > {file}; asn-match {file} > {file}.groups"
                make += f"; asn-build {file}.groups | grep -o expname | wc -l"
                done = subprocess.run(f"{{ {make}; }} 2> /dev/null", shell=True, check=True, stdout=-1)
                lines = {"match": (f"asn-match {file}", ""), "build": (f"asn-build {file}.groups", "")}
                best, _ = least(lines, f"jq -c . {file}", 2)
                found.append([float(done.stdout), best["match"].cpu, best["build"].cpu])
        shown = [
            f"{after:,.2f} | {exponent(before, after, 2):.2f}" for before, after in zip(*found, strict=True)
        ]
        print(f"| {kind} | {size:,} | {' | '.join(shown).replace('.00 |', ' |', 1)} |", flush=True)


def on_small_input(compiled: str | None) -> None:
    """Time the start of each command."""
    with tempfile.TemporaryDirectory() as folder:
        simulate(f"{folder}/pool.csv", "3", "--mode", "niriss_image")
        make = "asn-pool pool.csv > e; asn-match e > g; asn-build g > all; head -1 all > a"
        subprocess.run(f"{{ {make}; }} 2> /dev/null", shell=True, check=True, cwd=folder)
        lines = {
            "asn-pool": "asn-pool pool.csv",
            "asn-match": "asn-match e",
            "asn-build": "asn-build g",
            "asn-generate": "asn-generate pool.csv",
            "asn-edit add-member": "asn-edit add-member --expname b_cal.fits --exptype science a",
            "asn-validate": "asn-validate a",
            "asn-fmt": "asn-fmt a",
            "asn-diff": "asn-diff a a",
        }
        python = "python3 -c 'import argparse, json'"
        for where in filter(None, ("installed", compiled and "compiled")):
            path = compiled or "" if where == "compiled" else ""
            wanted = {name: (f"cd {folder}; {line}", path) for name, line in lines.items()}
            best, measure = least(wanted, python, 11)
            table(f"one small input, {where}", "CPU ms", "x python3")
            print(f"| `{python}` | {1e3 * measure.cpu:.0f} | 1 |")
            for name, took in best.items():
                print(f"| {name} | {1e3 * took.cpu:.0f} | {took.cpu / measure.cpu:.1f} |")


def validation() -> None:
    """Time asn-validate on many associations, and on a large one."""
    table("asn-validate", "CPU s", "µs each", "CPU s of jq -c .")
    with tempfile.TemporaryDirectory() as folder:
        simulate(f"{folder}/pool.csv", "12000")
        many, one = f"{folder}/many", f"{folder}/one"
        make = f"asn-generate {folder}/pool.csv 2> /dev/null | head -10000 > {many}"
        subprocess.run(make, shell=True, check=True)
        simulate(f"{folder}/one.csv", "99999", "--one", "discovered")
        make = f"asn-generate --rule image3 {folder}/one.csv > {one} 2> /dev/null"
        subprocess.run(make, shell=True, check=True)
        for what, file, count in (
            ("10,000 associations", many, count_lines(many)),
            ("99,999 members in one", one, 99_999),
        ):
            line = {"": (f"asn-validate {file} || [ $? = 1 ]", "")}
            best, jq = least(line, f"jq -c . {file}", 2)
            cpu = best[""].cpu
            print(f"| {what} | {cpu:.2f} | {1e6 * cpu / count:.0f} | {jq.cpu:.2f} |", flush=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--compiled", metavar="BIN", help="commands of an installation with compiled modules")
    parser.add_argument("sizes", metavar="SIZE", nargs="*", type=int, default=SIZES)
    args = parser.parse_args()
    jq = subprocess.run(["jq", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    load = f"load average {os.getloadavg()[0]:.1f}"
    print(f"{os.cpu_count()} processors, {load}, Python {platform.python_version()}, {jq}")
    on_pools(list(args.sizes), args.compiled)
    within_programs()
    validation()
    on_small_input(args.compiled)


if __name__ == "__main__":
    main()
