#!/usr/bin/env python3
"""Let each system call of a command that writes files fail, or kill it there; then look at the files.

usage: faults.py [--all] [SCENARIO...]

For N = 1, 2, 3... until a run passes untouched, the N-th call of a kind fails, writes a part only, or is the
last thing that the command does. After each run a file must be the old one or the new one, whole; the status
and the messages must say which; and the command, run again, must work and leave nothing of its own behind.
Without --all the errors take turns, so that each call fails once. Prints a table: tried, right, wrong.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

ERRORS = ("ENOSPC", "EIO", "EACCES", "EINTR", "EMFILE", "EDQUOT")
CALLS = (
    *("open", "write", "fsync", "close", "replace", "link", "unlink", "mkdir", "rmdir"),
    *("fchmod", "fchown", "setxattr"),
)
UNSURE = "written, but may not survive a power cut"
LEFT = ".asntools-"

OLD = {
    "asn_type": "image3",
    "asn_rule": "DMS_Level3_Base",
    "asn_id": "a3001",
    "program": "01234",
    "target": "t001",
    "asn_pool": "none",
    "products": [
        {
            "name": "jw01234-a3001_t001_nircam_f200w",
            "members": [{"expname": f"jw0123400100{n}_cal.fits", "exptype": "science"} for n in range(9)],
        }
    ],
}
GROUP = Path(__file__).parent.parent / "data" / "pool.csv"


class Scenario(NamedTuple):
    """A command line, and the files that it finds and makes."""

    command: str
    arguments: list[str]
    prepare: Callable[[Path], None]
    files: tuple[str, ...]  # those that are to be changed or made


class Outcome(NamedTuple):
    """How a run ended, what it said, and what the folder then held."""

    status: int
    told: str
    files: dict[str, bytes]


def _ugly(folder: Path) -> None:
    (folder / "asn.json").write_text(json.dumps(OLD))


def _pretty(folder: Path) -> None:
    (folder / "asn.json").write_text(json.dumps(OLD, indent=4) + "\n")


def _broken(folder: Path) -> None:
    (folder / "asn.json").write_text(json.dumps(OLD, indent=4)[:-2] + ",\n}\n")


def _linked(folder: Path) -> None:
    (folder / "deep").mkdir()
    _pretty(folder / "deep")
    (folder / "asn.json").symlink_to("deep/asn.json")


def _hard(folder: Path) -> None:
    _pretty(folder)
    os.link(folder / "asn.json", folder / "other.json")


def _backed_up(folder: Path) -> None:
    _pretty(folder)
    (folder / "asn.json.bak").write_text("older\n")


def _groups(folder: Path) -> None:
    shutil.copyfile(_grouped(), folder / "groups")


def _built(folder: Path) -> None:
    _groups(folder)
    asns = folder / "asns"
    asns.mkdir()
    for name in _names():
        (asns / name).write_text("older\n")


_EDIT = ["add-member", "asn.json", "--expname", "x_cal.fits", "--exptype", "science", "-i"]
_cache: dict[str, object] = {}


def scenarios() -> dict[str, Scenario]:
    """Return the scenarios by name."""
    made = tuple(f"asns/{name}" for name in _names())
    build = ["--outdir", "asns", "groups"]
    return {
        "asn-edit -i": Scenario("edit", _EDIT, _pretty, ("asn.json",)),
        "asn-edit -i --backup": Scenario("edit", [*_EDIT, "--backup", ".bak"], _backed_up, ("asn.json",)),
        "asn-edit -i, symbolic link": Scenario("edit", _EDIT, _linked, ("deep/asn.json",)),
        "asn-edit -i, hard link": Scenario("edit", _EDIT, _hard, ("asn.json",)),
        "asn-fmt -i": Scenario("fmt", ["-i", "asn.json"], _ugly, ("asn.json",)),
        "asn-fmt --repair -i": Scenario("fmt", ["--repair", "-i", "asn.json"], _broken, ("asn.json",)),
        "asn-build --outdir": Scenario("build", build, _groups, made),
        "asn-build --outdir --force": Scenario("build", [*build, "--force"], _built, made),
    }


def _grouped() -> Path:
    """Return a file of a few groups."""
    if "groups" not in _cache:
        folder = Path(tempfile.mkdtemp())
        with open(folder / "exposures", "wb") as stream:
            _run("pool", [str(GROUP)], folder, stdout=stream.fileno())
        with open(folder / "groups", "wb") as stream:
            _run("match", ["--rule", "image3", "exposures"], folder, stdout=stream.fileno())
        assert (folder / "groups").stat().st_size, "there are no groups to build from"
        _cache["groups"] = folder / "groups"
    return _cache["groups"]  # type: ignore[return-value]


def _names() -> list[str]:
    """Return the names of the files that asn-build makes of the groups."""
    if "names" not in _cache:
        folder = Path(tempfile.mkdtemp())
        _groups(folder)
        _run("build", ["--outdir", "asns", "groups"], folder)
        _cache["names"] = sorted(os.listdir(folder / "asns"))
        shutil.rmtree(folder)
    return _cache["names"]  # type: ignore[return-value]


def _run(
    room: str,
    arguments: list[str],
    folder: Path,
    spoil: Callable[[], None] = lambda: None,
    stdout: int | None = None,
) -> tuple[int, str]:
    """Run a command in a process of its own; return its status, negative for a signal, and what it says."""
    main = import_module(f"asntools.{room}.cli").main
    with tempfile.TemporaryFile() as told:
        child = os.fork()
        if child == 0:
            status = 98
            try:
                os.chdir(folder)
                os.dup2(told.fileno(), 2)
                if stdout is not None:
                    os.dup2(stdout, 1)
                sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - of this process alone
                sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
                import_module("asntools.common.staging")._swept.clear()
                spoil()
                status = main(arguments)
            finally:
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        told.seek(0)
        return status, told.read().decode()


def _spoiler(calls: tuple[str, ...], number: int, failure: str, hit: int) -> Callable[[], None]:
    """Return what makes the N-th call of one of these functions fail; that it did is written to `hit`."""

    def spoil() -> None:
        count = 0
        write = os.write

        def spoiled(name: str) -> Callable[..., object]:
            right = getattr(os, name)

            def call(*arguments: object, **named: object) -> object:
                nonlocal count
                count += 1
                if count != number:
                    return right(*arguments, **named)
                write(hit, b"!")
                if failure == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                if failure == "short":
                    descriptor, data = arguments
                    return right(descriptor, data[: max(1, len(data) // 2)])  # type: ignore[index]
                if name == "close":  # which gives the descriptor up even so
                    right(*arguments)
                code = getattr(errno, failure)
                raise OSError(code, os.strerror(code))

            return call

        for name in calls:
            setattr(os, name, spoiled(name))

    return spoil


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
    if not killed and end.status not in {0, 2}:
        return f"status {end.status}"
    if set(now) - set(old) - set(new):
        return f"other files: {sorted(set(now) - set(old) - set(new))}"
    are_new = set()
    for name in scenario.files:
        if now.get(name) == new[name]:
            are_new.add(name)
        elif now.get(name) != old.get(name):
            return f"{name} is neither the old nor the new one"
    whole = len(are_new) == len(scenario.files)
    if not killed:
        says_new = end.status == 0 or UNSURE in end.told
        if says_new != whole:
            return f"status {end.status} and {len(are_new)} of {len(scenario.files)} new: {end.told!r}"
        if are_new and not whole and "not written, unlike" not in end.told and "be removed" not in end.told:
            return f"a part of a set, without a word: {end.told!r}"
    for name in set(old) - set(scenario.files):
        if not (now.get(name) == (new if whole else old)[name] or (killed and now.get(name) == new[name])):
            return f"{name} is not what goes with the file"
    return None


def trials(scenario: Scenario, *, every: bool) -> Iterator[tuple[str, str, int, str | None]]:
    """Run a scenario with each failure; give the call, the failure, its number and what is wrong."""
    old, new = _good(scenario)
    kinds = [(name, (name,)) for name in CALLS if hasattr(os, name)]
    for name, calls in [*kinds, ("any", tuple(name for name, _ in kinds))]:
        number, more = 0, True
        while more:
            number += 1
            if name == "any":
                failures: tuple[str, ...] = ("kill",)
            else:
                failures = ERRORS if every else (ERRORS[number % len(ERRORS)],)
                failures += ("short",) * (name == "write")
            for failure in failures:
                more, wrong = _trial(scenario, old, new, _spoiler, (calls, number, failure))
                if not more:
                    break
                yield name, failure, number, wrong


def _good(scenario: Scenario) -> tuple[dict[str, bytes], dict[str, bytes]]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        scenario.prepare(folder)
        old = _files(folder)
        status, told = _run(scenario.command, scenario.arguments, folder)
        assert status == 0, told
        new = _files(folder)
        assert all(new[name] != old.get(name) for name in scenario.files)
        return old, new


def _trial(
    scenario: Scenario,
    old: dict[str, bytes],
    new: dict[str, bytes],
    spoiler: Callable[..., Callable[[], None]],
    spoiled: tuple[object, ...],
) -> tuple[bool, str | None]:
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryFile() as hit:
        folder = Path(place)
        scenario.prepare(folder)
        spoil = spoiler(*spoiled, hit.fileno())
        status, told = _run(scenario.command, scenario.arguments, folder, spoil)
        if not os.fstat(hit.fileno()).st_size:
            return False, None
        wrong = _wrong(scenario, old, new, Outcome(status, told, _files(folder)))
        if wrong is None:
            wrong = _wrong_again(scenario, new, folder)
        return True, wrong


def _wrong_again(scenario: Scenario, new: dict[str, bytes], folder: Path) -> str | None:
    """Return what is wrong with another run, in which nothing fails."""
    runs = {
        "build": [("build", [*scenario.arguments, "--force"])],
        # An unfinished backup is another name of the file itself, which the run after the next sweeps.
        "edit": [("edit", ["set", "-i", f"again:={number}", "asn.json"]) for number in (1, 2)],
        "fmt": [("fmt", scenario.arguments), ("edit", ["set", "-i", "again:=1", "asn.json"])],
    }
    for command, arguments in runs[scenario.command]:
        status, told = _run(command, arguments, folder)
        if status != 0:
            return f"the next run: status {status}: {told!r}"
    after = _files(folder)
    left = [path.name for path in folder.rglob(f"{LEFT}*")]
    if left:
        return f"the next run leaves {left}"
    if scenario.command == "build" and any(after[name] != new[name] for name in scenario.files):
        return "the next run does not make the new files"
    if scenario.command != "build" and b'"again"' not in after[scenario.files[0]]:
        return "the next run does not change the file"
    return None


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every error at every call")
    parser.add_argument("scenarios", metavar="SCENARIO", nargs="*", help="such as 'asn-fmt -i'; none: all")
    options = parser.parse_args()
    print(f"{'':28}{'tried':>7}{'right':>7}{'wrong':>7}")
    bad = 0
    for title, scenario in scenarios().items():
        if options.scenarios and title not in options.scenarios:
            continue
        counts: Counter[bool] = Counter()
        for name, failure, number, wrong in trials(scenario, every=options.all):
            counts[wrong is None] += 1
            if wrong is not None:
                print(f"  {title}: {failure} at {name} {number}: {wrong}", file=sys.stderr)
        print(f"{title:28}{counts.total():7}{counts[True]:7}{counts[False]:7}", flush=True)
        bad += counts[False]
    with suppress(KeyError):
        shutil.rmtree(Path(str(_cache["groups"])).parent)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
