"""Edits in place by the command: killed, at once, on a full disk. The counts are printed."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest

from asntools.edit.cli import main

PARALLEL = 20


def association(members):
    return {
        "asn_type": "image3",
        "edit": 0,
        "products": [
            {
                "name": "p",
                "members": [{"expname": f"jw{n:011}_cal.fits", "exptype": "science"} for n in range(members)],
            }
        ],
    }


@pytest.fixture
def asn(tmp_path):
    path = tmp_path / "asn.json"
    path.write_text(json.dumps(association(500), indent=4) + "\n")
    return path


def edited(data: bytes, number: int) -> bytes:
    """Return what setting `edit` to a number makes of a file."""
    return json.dumps({**json.loads(data), "edit": number}, indent=4).encode() + b"\n"


@contextmanager
def edit_in_child(path, number):
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = main(["set", "--in-place", f"edit:={number}", str(path)])
        finally:
            os._exit(code)
    yield child
    os.waitpid(child, 0)


def duration(path):
    """Return how long, in seconds, an edit takes from start to end: the median of some."""
    times = []
    for number in range(1, 10):
        start = time.perf_counter()
        with edit_in_child(path, number):
            pass
        times.append(time.perf_counter() - start)
    assert json.loads(path.read_bytes())["edit"] == 9
    return sorted(times)[len(times) // 2]


@pytest.mark.parametrize("kills", [50, pytest.param(1000, marks=pytest.mark.slow)])
def test_killed_edits_leave_an_old_or_a_new_file(asn, capsys, kills):
    whole = window = duration(asn)
    moment = random.Random(20260101)
    counts = {"old": 0, "new": 0, "neither": 0, "left something beside it": 0}
    for number in range(1000, 1000 + 20 * kills):
        if number >= 1000 + kills and counts["left something beside it"]:
            break  # some came while it was writing
        old = asn.read_bytes()
        with edit_in_child(asn, number) as child:
            time.sleep(moment.uniform(0, window))
            os.kill(child, signal.SIGKILL)
        now = asn.read_bytes()
        is_old, is_new = now == old, now == edited(old, number)
        counts["old" if is_old else "new" if is_new else "neither"] += 1
        # A busy machine takes longer: follow it, so that both outcomes stay likely.
        window *= 1.1 if is_old else 0.9
        counts["left something beside it"] += len(os.listdir(asn.parent)) > 1
        if not (is_old or is_new):
            asn.write_bytes(old)
    assert main(["set", "-i", "edit:=1", str(asn)]) == 0
    after = os.listdir(asn.parent)
    with capsys.disabled():
        told = ", ".join(f"{count} {what}" for what, count in counts.items())
        print(f"\nedits in place of {1000 * whole:.0f} ms, each killed at a random moment: {told}")
    assert counts["neither"] == 0
    # The moments were spread over the whole of an edit.
    assert counts["old"] > kills // 20
    assert counts["new"] > kills // 20
    assert counts["left something beside it"] > 0
    assert after == ["asn.json"]


def test_parallel_edits_are_all_applied_or_refused(asn, capsys):
    before = json.loads(asn.read_bytes())["products"][0]["members"]
    gate, opener = os.pipe()
    names = {}
    for number in range(PARALLEL):
        name = f"extra{number}_cal.fits"
        child = os.fork()
        if child == 0:
            code = 99
            try:
                os.close(opener)
                os.read(gate, 1)  # until the parent lets all of them go at once
                code = main(["add-member", "-i", "--expname", name, "--exptype", "science", str(asn)])
            finally:
                os._exit(code)
        names[child] = name
    os.close(opener)
    codes = {name: os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child, name in names.items()}
    os.close(gate)
    members = json.loads(asn.read_bytes())["products"][0]["members"]
    applied = [member["expname"] for member in members[len(before) :]]
    with capsys.disabled():
        refused = sum(code == 2 for code in codes.values())
        print(f"\n{PARALLEL} edits of one file at once: {len(applied)} applied, {refused} refused")
    assert members[: len(before)] == before
    assert set(codes.values()) <= {0, 2}
    assert sorted(applied) == sorted(name for name, code in codes.items() if code == 0)
    assert applied
    assert os.listdir(asn.parent) == ["asn.json"]


@pytest.mark.usefixtures("at_once")
def test_readers_always_see_a_whole_file(asn):
    seen = set()
    with subprocess.Popen(
        ["bash", "-c", f"for n in {{1..12}}; do asn-edit set -i edit:=$n '{asn}' || exit; done"]
    ) as edits:
        while edits.poll() is None:
            read = json.loads(asn.read_bytes())
            assert len(read["products"][0]["members"]) == 500
            seen.add(read["edit"])
    assert edits.returncode == 0
    assert json.loads(asn.read_bytes())["edit"] == 12
    assert len(seen) > 2


def limit_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


@pytest.mark.parametrize("backup", [[], ["--backup", ".bak"]], ids=["alone", "backup"])
def test_a_full_disk_keeps_the_old_file(asn, backup):
    old = asn.read_bytes()
    done = subprocess.run(
        ["asn-edit", "set", "-i", *backup, "edit:=1", str(asn)],
        preexec_fn=limit_files,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"asn-edit:{asn}: cannot write: file too large\n"
    assert asn.read_bytes() == old
    assert os.listdir(asn.parent) == ["asn.json"]


def can_mount(folder):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    return mounted.returncode == 0


def test_a_disk_that_is_really_full_keeps_the_old_file(asn, tmp_path_factory):
    disk = tmp_path_factory.mktemp("disk")
    if not can_mount(disk):
        pytest.skip("mounting is not permitted; the limit on the size of files stands for a full disk")
    try:
        path = disk / "asn.json"
        path.write_bytes(asn.read_bytes())
        old = path.read_bytes()
        assert len(old) > 48 * 1024
        done = subprocess.run(
            ["asn-edit", "set", "-i", "edit:=1", str(path)], capture_output=True, check=False
        )
        assert done.returncode == 2
        assert done.stderr.decode() == f"asn-edit:{path}: cannot write: no space left on device\n"
        assert path.read_bytes() == old
        assert os.listdir(disk) == ["asn.json"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_output_to_a_full_disk_is_told(asn):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            ["asn-edit", "set", "edit:=1", str(asn)], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr == b"asn-edit: cannot write standard output: no space left on device\n"


def test_what_cannot_be_edited_in_place_is_refused_and_the_others_are_edited(asn, capsys):
    folder = asn.parent
    os.mkfifo(folder / "fifo")
    (folder / "folder").mkdir()
    (folder / "fixed.json").write_bytes(asn.read_bytes())
    (folder / "fixed.json").chmod(0o444)
    (folder / "link.json").symlink_to("asn.json")
    files = [str(folder / name) for name in ("fifo", "folder", "fixed.json", "missing.json", "link.json")]
    assert main(["set", "-i", "edit:=7", *files]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"asn-edit:{files[0]}: is a FIFO; only ordinary files can be replaced",
        f"asn-edit:{files[1]}: is a folder; only ordinary files can be replaced",
        f"asn-edit:{files[2]}: is read-only; 'chmod u+w' makes it editable",
        f"asn-edit:{files[3]}: cannot edit: no such file or directory",
    ]
    assert (folder / "link.json").is_symlink()
    assert json.loads(asn.read_bytes())["edit"] == 7
    assert json.loads((folder / "fixed.json").read_bytes())["edit"] == 0
