"""Commands that change the same files at the same moment: nothing is lost, and nothing waits for ever."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from samples import ASN


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "asn.json").write_text(json.dumps(ASN))
    (tmp_path / "link.json").symlink_to("here/asn.json")
    (tmp_path / "folder").symlink_to("here")
    return tmp_path


def at_once(lines, cwd):
    """Start command lines at once; return their statuses and what they say."""
    processes = [
        subprocess.Popen(line, cwd=cwd, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in lines
    ]
    told = [process.communicate(timeout=120)[1] for process in processes]
    return [process.returncode for process in processes], told


@pytest.mark.parametrize("edits", [20, pytest.param(50, marks=pytest.mark.slow)])
def test_edits_by_different_paths_all_count(edits, folder):
    paths = ["here/asn.json", "link.json", "folder/asn.json", str(folder / "here" / "asn.json")]
    names = [f"x{number}_cal.fits" for number in range(edits)]
    script = (
        "import os, sys\n"
        "from asntools.edit.cli import main\n"
        "paths, names = sys.argv[1].split(','), sys.argv[2:]\n"
        "for number, name in enumerate(names):\n"
        "    if os.fork() == 0:\n"
        "        path = paths[number % len(paths)]\n"
        "        os._exit(main(['add-member', path, '-i', '--expname', name, '--exptype', 'science']))\n"
        "sys.exit(max(os.waitstatus_to_exitcode(os.wait()[1]) for _ in names))\n"
    )
    line = [sys.executable, "-c", script, ",".join(paths), *names]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    members = json.loads((folder / "here" / "asn.json").read_text())["products"][0]["members"]
    assert sorted(member["expname"] for member in members[1:]) == sorted(names)
    assert os.listdir(folder / "here") == ["asn.json"]
    assert (folder / "link.json").is_symlink()


def test_formatting_beside_editing_loses_no_edit(folder):
    edits = [
        ["asn-edit", "add-member", "-i", "link.json", "--expname", f"x{n}_cal.fits", "--exptype", "psf"]
        for n in range(6)
    ]
    formats = [["asn-fmt", "-i", "--to", form, "here/asn.json"] for form in ("json", "jsonl") * 3]
    statuses, told = at_once([line for both in zip(edits, formats, strict=True) for line in both], folder)
    assert statuses == [0] * 12, told
    members = json.loads((folder / "here" / "asn.json").read_text())["products"][0]["members"]
    assert sorted(member["expname"] for member in members[1:]) == [f"x{n}_cal.fits" for n in range(6)]
    assert os.listdir(folder / "here") == ["asn.json"]


def test_of_two_builds_into_one_folder_one_succeeds(tmp_path):
    data = os.path.join(os.path.dirname(__file__), "..", "data", "pool.csv")
    line = ["bash", "-o", "pipefail", "-c", 'asn-pool "$1" | asn-match --rule image3 > groups', "bash", data]
    subprocess.run(line, cwd=tmp_path, check=True)
    statuses, told = at_once([["asn-build", "--outdir", "asns", "groups"]] * 3, tmp_path)
    assert sorted(statuses) == [0, 2, 2], told
    assert all("already exists, and nothing is written" in text for text in told if text)
    made = sorted((tmp_path / "asns").iterdir())
    assert made
    assert all(json.loads(path.read_text())["products"] for path in made)
    subprocess.run(["asn-build", "--outdir", "again", "groups"], cwd=tmp_path, check=True)
    assert [path.name for path in made] == sorted(os.listdir(tmp_path / "again"))


def test_a_lock_ends_with_its_holder(folder):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\n"
            "from asntools.common.in_place import editing\n"
            "with editing('here/asn.json', print):\n"
            "    print('held', flush=True)\n"
            "    time.sleep(600)\n",
        ],
        cwd=folder,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout.readline() == b"held\n"
    waiting = subprocess.Popen(["asn-edit", "set", "-i", "asn_id=o002", "link.json"], cwd=folder)
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(timeout=0.5)
    holder.send_signal(signal.SIGKILL)
    assert waiting.wait(timeout=30) == 0
    holder.communicate()
    assert json.loads((folder / "here" / "asn.json").read_text())["asn_id"] == "o002"


def test_an_interrupt_ends_an_edit_whose_jq_program_does_not_end(folder):
    asn = folder / "here" / "asn.json"
    before = asn.read_bytes()
    line = ["asn-edit", "select", "-i", "--where", "last(range(1e12))", "link.json"]
    process = subprocess.Popen(
        line,
        cwd=folder,
        stderr=subprocess.PIPE,
    )
    try:
        while not is_locked(asn):
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(0.2)  # the program begins
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=5) == (None, b"")
        assert process.returncode == -signal.SIGINT
    finally:
        process.kill()
    assert asn.read_bytes() == before
    assert os.listdir(folder / "here") == ["asn.json"]
    assert subprocess.run(["asn-edit", "set", "-i", "asn_id=o002", asn], check=False).returncode == 0


def is_locked(path):
    with open(path, "r+b") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
