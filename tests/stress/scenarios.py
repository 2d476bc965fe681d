"""Command lines that write files, and what they find: what faults.py tries."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from injections import Injection

POOL = Path(__file__).parent.parent / "data" / "pool.csv"
SECONDS = 60
"""How long a run may take, however busy the machine is."""
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


class Scenario(NamedTuple):
    """A command line, and the files that it finds and makes."""

    command: str
    arguments: list[str]
    prepare: Callable[[Path], None]
    files: tuple[str, ...]  # those that are to be changed or made
    again: list[list[str]]  # what then makes the files new, or gives each a keyword "again"
    output: str | None = None  # the file that is standard output
    is_set: bool = True  # the files are made all or none


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


def _shared(folder: Path) -> None:
    _pretty(folder)
    os.chown(folder / "asn.json", -1, -1 if os.geteuid() else 1)
    (folder / "asn.json").chmod(0o664)
    with suppress(OSError, AttributeError):  # where the file system, or the system, has such
        os.setxattr(folder / "asn.json", "user.note", b"kept")


def _with_files(folder: Path) -> None:
    _pretty(folder)
    for member in OLD["products"][0]["members"][:3]:  # type: ignore[index]
        (folder / member["expname"]).write_text("SIMPLE")


def _pooled(folder: Path) -> None:
    shutil.copyfile(POOL, folder / "pool.csv")


def _groups(folder: Path) -> None:
    (folder / "groups").write_bytes(_made_groups())


def _built(folder: Path) -> None:
    _groups(folder)
    asns = folder / "asns"
    asns.mkdir()
    for name in _names("build", "groups"):
        (asns / name).write_text("older\n")


def _run_for(files: Callable[[Path], None], folder: Path, line: str, output: str | None = None) -> None:
    command, *arguments = line.split()
    files(folder)
    status, told = run(command, arguments, folder, output=output)
    assert status == 0, told


@cache
def _made_groups() -> bytes:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _run_for(_pooled, folder, "pool pool.csv", "exposures")
        _run_for(_pooled, folder, "match --rule image3 exposures", "groups")
        groups = (folder / "groups").read_bytes()
    assert groups, "there are no groups to build from"
    return groups


@cache
def _names(command: str, arguments: str) -> tuple[str, ...]:
    """Return the names of the files that a command makes in a folder."""
    prepare = {"build": _groups, "generate": _pooled, "edit": _pretty}[command]
    with tempfile.TemporaryDirectory() as place:
        _run_for(prepare, Path(place), f"{command} {arguments} --outdir asns")
        return tuple(sorted(os.listdir(Path(place, "asns"))))


_EDIT = ["add-member", "asn.json", "--expname", "x_cal.fits", "--exptype", "science"]
# An unfinished backup is another name of the file itself, which the run after the next sweeps.
_SET = [["edit", "set", "-i", f"again:={number}", "asn.json"] for number in (1, 2)]


def scenarios() -> dict[str, Scenario]:
    """Return the scenarios by name."""
    edit = [*_EDIT, "-i"]
    backed = [*edit, "--backup", ".bak"]
    repair = ["--repair", "-i", "asn.json"]
    found = {
        "asn-edit -i": Scenario("edit", edit, _pretty, ("asn.json",), _SET),
        "asn-edit -i, shared file": Scenario("edit", edit, _shared, ("asn.json",), _SET),
        "asn-edit -i --backup": Scenario("edit", backed, _backed_up, ("asn.json",), _SET),
        "asn-edit -i, symbolic link": Scenario("edit", edit, _linked, ("deep/asn.json",), _SET),
        "asn-edit -i, hard link": Scenario("edit", edit, _hard, ("asn.json",), _SET),
        "asn-fmt -i": Scenario("fmt", ["-i", "asn.json"], _ugly, ("asn.json",), _SET),
        "asn-fmt --repair -i": Scenario("fmt", repair, _broken, ("asn.json",), [["fmt", *repair], *_SET]),
        "asn-pool --to csv": _to_output("pool", ["--to", "csv", "pool.csv"]),
        "asn-pool --sort": _to_output("pool", ["--sort", "pool.csv"]),
    }
    build = ["--outdir", "asns", "groups"]
    found["asn-build --outdir"] = _to_folder("build", build, _groups)
    found["asn-build --outdir --force"] = _to_folder("build", [*build, "--force"], _built)
    generate = ["--outdir", "asns", "--rule", "image3", "pool.csv"]
    found["asn-generate --outdir"] = _to_folder("generate", generate, _pooled)
    found["asn-edit --outdir"] = _to_folder("edit", ["set", "a=b", "asn.json", "--outdir", "asns"], _pretty)
    line = [*_EDIT, "-o", "new.json"]
    found["asn-edit -o"] = Scenario("edit", line, _pretty, ("new.json",), [["edit", *line, "--force"]])
    line = ["gather", "--missing-ok", "there", "asn.json"]
    sweep = ["edit", "set", "-i", "again:=1", "there/asn.json"]
    made = [f"there/{member['expname']}" for member in OLD["products"][0]["members"][:3]]  # type: ignore[index]
    found["asn-edit gather"] = Scenario(
        "edit", line, _with_files, (*made, "there/asn.json"), [["edit", *line], sweep], is_set=False
    )
    return found


def _to_folder(command: str, arguments: list[str], prepare: Callable[[Path], None]) -> Scenario:
    others = " ".join(word for word in arguments if word not in ("--outdir", "asns", "--force"))
    made = tuple(f"asns/{name}" for name in _names(command, others))
    return Scenario(command, arguments, prepare, made, [[command, *arguments, "--force"]])


def _to_output(command: str, arguments: list[str]) -> Scenario:
    return Scenario(command, arguments, _pooled, ("out",), [[command, *arguments]], output="out")


def run(
    command: str,
    arguments: list[str],
    folder: Path,
    injection: Injection | None = None,
    output: str | None = None,
) -> tuple[int, str]:
    """Run a command in a process of its own; return its status, negative for a signal, and what it says."""
    injection = injection or Injection()
    main = import_module(f"asntools.{command}.cli").main
    with tempfile.TemporaryFile() as told:
        child = os.fork()
        if child == 0:
            status = 98
            try:
                signal.alarm(SECONDS)
                os.chdir(folder)
                os.environ.update(LANGUAGE="C", COLUMNS="80")  # which argparse looks for at each option
                os.dup2(told.fileno(), 2)
                if output is not None:
                    os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
                sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - of this process alone
                sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
                import_module("asntools.common.staging")._swept.clear()
                # Let --sort use its temporary file from the first exposure on.
                import_module("asntools.pool.sorting").by_program.__defaults__ = (0,)
                injection.begin()
                status = main(arguments)
            finally:
                os._exit(status)
        injection.watch(child)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        told.seek(0)
        return status, told.read().decode()
