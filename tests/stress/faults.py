#!/usr/bin/env python3
"""Let each system call of a command that writes files fail, or kill it there; then look at the files.

usage: faults.py [--all] [--outside] [SCENARIO...]

For N = 1, 2, 3... until a run passes untouched, the N-th call of a kind fails, writes a part only, or is the
last thing that the command does. After each run a file must be the old one or the new one, whole; the status
and the messages must say which; and the command, run again, must work and leave nothing of its own behind.
Without --all the errors take turns, so that each call fails once. With --outside it is strace that lets the
calls fail, all that the command makes; otherwise those of Python's `os` that write. Prints a table: tried,
right, wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import fuzz
from injections import ERRORS, Injection, Inside, Outside, can_trace
from scenarios import SECONDS, Scenario, run, scenarios

UNSURE = "written, but may not survive a power cut"
LEFT = ".asntools-"


class Outcome(NamedTuple):
    """How a run ended, what it said, and what the folder then held."""

    status: int
    told: str
    files: dict[str, bytes]
    hit: str  # the call that failed


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def _wrong(scenario: Scenario, old: dict[str, bytes], new: dict[str, bytes], end: Outcome) -> str | None:
    """Return what is wrong with the files that a run left, given those before it and after a good one."""
    now = {name: data for name, data in end.files.items() if LEFT not in name}
    killed = end.status < 0
    if end.status == -signal.SIGALRM:
        return f"takes more than {SECONDS} s"
    if not killed and end.status not in {0, 2}:
        return f"status {end.status}: {end.told!r}"
    if end.status == 2 and not end.told and "write(2," not in end.hit:
        return "status 2, and not a word"
    if end.status == -signal.SIGTERM and len(now) < len(end.files):
        return f"left behind: {sorted(set(end.files) - set(now))}"
    if set(now) - set(old) - set(new):
        return f"other files: {sorted(set(now) - set(old) - set(new))}"
    if end.status == 2 and "--force" in scenario.arguments and ": cannot read: " in end.told:
        return None  # it is made of what could be read, as asked for
    are_new = set()
    for name in scenario.files:
        if now.get(name) == new[name]:
            are_new.add(name)
        elif name == scenario.output and new[name].startswith(now[name]):
            continue
        elif now.get(name) != old.get(name):
            return f"{name} is neither the old nor the new one"
    whole = len(are_new) == len(scenario.files)
    if not killed:
        says_new = end.status == 0 or UNSURE in end.told
        if says_new != whole and not (whole and scenario.output):
            return f"status {end.status} and {len(are_new)} of {len(scenario.files)} new: {end.told!r}"
        is_told = "not written, unlike" in end.told or "be removed" in end.told or not scenario.is_set
        if are_new and not whole and not is_told:
            return f"a part of a set, without a word: {end.told!r}"
    for name in set(old) - set(scenario.files):
        if not (now.get(name) == (new if whole else old)[name] or (killed and now.get(name) == new[name])):
            return f"{name} is not what goes with the file"
    return None


def trials(
    scenario: Scenario, *, every: bool, way: type[Inside | Outside] = Inside
) -> Iterator[tuple[str, str, int, str | None]]:
    """Run a scenario with each failure; give the call, the failure, its number and what is wrong."""
    old, new = _good(scenario)
    turn = 0
    for call in way.kinds(lambda injection: _trial(scenario, old, new, injection)):
        errors = () if call == "any" else ERRORS
        number, more = 0, True
        while more:
            number += 1
            turn += 1
            some = errors if every else errors[turn % len(ERRORS) :][:1]
            for failure in (*some, *way.failures(call)):
                more, wrong = _trial(scenario, old, new, way(call, failure, number))
                if not more:
                    break
                yield call, failure, number, wrong


def _good(scenario: Scenario) -> tuple[dict[str, bytes], dict[str, bytes]]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        scenario.prepare(folder)
        old = _files(folder)
        with contextlib.chdir(folder):  # first in this process, which then has loaded all that is needed
            fuzz.run(shlex.join([f"asn-{scenario.command}", *scenario.arguments]))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        scenario.prepare(folder)
        status, told = run(scenario.command, scenario.arguments, folder, output=scenario.output)
        assert status == 0, told
        new = _files(folder)
        assert all(new[name] != old.get(name) for name in scenario.files)
        return old, new


def _trial(
    scenario: Scenario, old: dict[str, bytes], new: dict[str, bytes], injection: Injection
) -> tuple[bool, str | None]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        scenario.prepare(folder)
        status, told = run(scenario.command, scenario.arguments, folder, injection, scenario.output)
        hit = injection.end()
        if not hit:
            return False, None
        wrong = _wrong(scenario, old, new, Outcome(status, told, _files(folder), hit))
        return True, wrong or _wrong_again(scenario, new, folder)


def _wrong_again(scenario: Scenario, new: dict[str, bytes], folder: Path) -> str | None:
    """Return what is wrong with another run, in which nothing fails."""
    for command, *arguments in scenario.again:
        status, told = run(command, arguments, folder, output=scenario.output)
        if status != 0:
            return f"the next run: status {status}: {told!r}"
    after = _files(folder)
    left = [path.name for path in folder.rglob(f"{LEFT}*")]
    if left:
        return f"the next run leaves {left}"
    if all(after[name] == new[name] or b'"again"' in after[name] for name in scenario.files):
        return None
    return "the next run does not make the new files"


def counted(title: str, scenario: Scenario, way: type[Inside | Outside], *, every: bool) -> tuple[int, int]:
    """Run a scenario with each failure, naming what is wrong; return how many were tried and were wrong."""
    counts: Counter[bool] = Counter()
    for call, failure, number, wrong in trials(scenario, every=every, way=way):
        counts[wrong is None] += 1
        if wrong is not None:
            print(f"  {title}: {failure} at {call} {number}: {wrong}", file=sys.stderr)
    return counts.total(), counts[False]


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every error at every call")
    parser.add_argument("--outside", action="store_true", help="let strace do it, to every system call")
    parser.add_argument("scenarios", metavar="SCENARIO", nargs="*", help="such as 'asn-fmt -i'; none: all")
    options = parser.parse_args()
    if options.outside and not can_trace():
        parser.error("--outside needs strace, and the right to trace")
    print(f"{'':28}{'tried':>7}{'right':>7}{'wrong':>7}")
    bad = 0
    for title, scenario in scenarios().items():
        if options.scenarios and title not in options.scenarios:
            continue
        way = Outside if options.outside else Inside
        tried, wrong = counted(title, scenario, way, every=options.all)
        print(f"{title:28}{tried:7}{tried - wrong:7}{wrong:7}", flush=True)
        bad += wrong
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
