from __future__ import annotations

import fcntl
import os
import resource
import signal
import socket
import stat
import threading
from contextlib import contextmanager

import pytest

from asntools.common import files
from asntools.common.faults import Fault
from asntools.common.files import editing, replace_file, write_files

OLD, NEW = b"old\n", b"new\n"


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "asn.json"
    path.write_bytes(OLD)
    return path


@contextmanager
def small_files():
    """Let no file of this process grow beyond 64 bytes, as on a full disk.

    No fixture: pytest reports on a test, perhaps into a file, before it ends the test's fixtures.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# New files


def test_new_files_are_written_and_their_folder_made(tmp_path):
    folder = tmp_path / "a" / "b"
    assert write_files({"x": NEW, "y": OLD}, folder) == [folder / "x", folder / "y"]
    assert ((folder / "x").read_bytes(), (folder / "y").read_bytes()) == (NEW, OLD)
    assert names(folder) == ["x", "y"]


def test_new_files_have_the_mode_that_the_umask_asks_for(tmp_path):
    before = os.umask(0o027)
    try:
        write_files({"x": NEW}, tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_one_file_that_exists_keeps_all_from_being_written(old):
    with pytest.raises(Fault, match=r"asn\.json: exists already, and nothing is written"):
        write_files({"other": NEW, "asn.json": NEW}, old.parent)
    assert names(old.parent) == ["asn.json"]
    assert old.read_bytes() == OLD


def test_a_link_to_nowhere_exists_too(tmp_path):
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(Fault, match="exists already"):
        write_files({"link": NEW}, tmp_path)
    assert not (tmp_path / "nowhere").exists()


def test_force_replaces_files_but_no_folders(old):
    (old.parent / "folder").mkdir()
    write_files({"asn.json": NEW}, old.parent, force=True)
    assert old.read_bytes() == NEW
    with pytest.raises(Fault, match="is a folder"):
        write_files({"asn.json": OLD, "folder": NEW}, old.parent, force=True)
    assert old.read_bytes() == NEW


def test_force_replaces_a_link_and_not_what_it_points_to(old):
    (old.parent / "link").symlink_to("asn.json")
    write_files({"link": NEW}, old.parent, force=True)
    assert (old.read_bytes(), (old.parent / "link").read_bytes()) == (OLD, NEW)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/x", "a/b", "a\0b"])
def test_nothing_is_written_outside_the_folder(tmp_path, name):
    with pytest.raises(Fault, match="outside the folder"):
        write_files({"good": NEW, name: NEW}, tmp_path / "in", force=True)
    assert names(tmp_path) == []


def test_a_file_that_cannot_be_written_takes_the_others_away(tmp_path):
    with pytest.raises(Fault, match="name too long"):
        write_files({"x": NEW, "n" * 300: NEW}, tmp_path)
    assert names(tmp_path) == []


def test_a_file_that_appears_meanwhile_is_left_alone(tmp_path, monkeypatch):
    sync = os.fsync

    def somebody_else_writes(descriptor):
        (tmp_path / "y").write_bytes(OLD)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", somebody_else_writes)
    with pytest.raises(Fault, match=r"y: exists already, and nothing is written"):
        write_files({"x": NEW, "y": NEW}, tmp_path)
    assert names(tmp_path) == ["y"]
    assert (tmp_path / "y").read_bytes() == OLD


def test_a_file_system_without_links_will_do(tmp_path, monkeypatch):
    def no_links(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    write_files({"x": NEW}, tmp_path)
    assert names(tmp_path) == ["x"]
    assert (tmp_path / "x").read_bytes() == NEW


def test_a_full_disk_leaves_no_new_file(tmp_path):
    with small_files(), pytest.raises(Fault, match="cannot write: file too large"):
        write_files({"small": NEW, "large": NEW * 100}, tmp_path)
    assert names(tmp_path) == []


def test_a_folder_that_is_a_file_is_refused(old):
    with pytest.raises(Fault, match="is a file, not a folder"):
        write_files({"x": NEW}, old)
    assert old.read_bytes() == OLD


# Edits in place


def test_a_file_is_replaced_and_nothing_left_beside_it(old):
    replace_file(old, NEW)
    assert old.read_bytes() == NEW
    assert names(old.parent) == ["asn.json"]


def test_what_is_expected_must_be_there(old):
    with pytest.raises(Fault, match="was changed meanwhile"):
        replace_file(old, NEW, expected=b"something else")
    assert old.read_bytes() == OLD
    replace_file(old, NEW, expected=OLD)
    assert old.read_bytes() == NEW


def test_a_missing_file_is_not_made(tmp_path):
    with pytest.raises(Fault, match="cannot edit: no such file or directory"):
        replace_file(tmp_path / "new.json", NEW)
    assert names(tmp_path) == []


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o755])
def test_mode_is_kept(old, mode):
    old.chmod(mode)
    replace_file(old, NEW)
    assert stat.S_IMODE(old.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_owner_is_kept(old):
    os.chown(old, 4321, 1234)
    old.chmod(0o640)
    replace_file(old, NEW)
    assert (old.stat().st_uid, old.stat().st_gid) == (4321, 1234)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640


def test_an_owner_that_cannot_be_kept_does_no_harm(old, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    replace_file(old, NEW)
    assert old.read_bytes() == NEW


def test_time_goes_on(old):
    os.utime(old, (1, 1))
    replace_file(old, NEW)
    assert old.stat().st_mtime > 1


def test_links_stay_links(old):
    (old.parent / "deep").mkdir()
    first, second = old.parent / "first", old.parent / "deep" / "second"
    first.symlink_to("deep/second")
    second.symlink_to("../asn.json")
    replace_file(first, NEW)
    assert (first.is_symlink(), second.is_symlink(), old.is_symlink()) == (True, True, False)
    assert old.read_bytes() == NEW
    assert names(old.parent) == ["asn.json", "deep", "first"]


def test_backup_keeps_what_was_there_with_its_mode(old):
    old.chmod(0o600)
    (old.parent / "asn.json.bak").write_bytes(b"older")
    replace_file(old, NEW, backup_suffix=".bak")
    backup = old.parent / "asn.json.bak"
    assert (old.read_bytes(), backup.read_bytes()) == (NEW, OLD)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert names(old.parent) == ["asn.json", "asn.json.bak"]


def test_backup_that_cannot_be_made_keeps_the_file(old):
    (old.parent / "asn.json.bak").mkdir()
    with pytest.raises(Fault, match="cannot write: is a directory"):
        replace_file(old, NEW, backup_suffix=".bak")
    assert old.read_bytes() == OLD
    assert names(old.parent) == ["asn.json", "asn.json.bak"]


def test_folders_fifos_sockets_and_devices_are_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket"))
        for name, kind in {
            tmp_path / "folder": "a folder",
            tmp_path / "fifo": "a FIFO",
            tmp_path / "socket": "a socket",
            "/dev/null": "a device",
        }.items():
            with pytest.raises(Fault, match=f"is {kind}; only ordinary files"):
                replace_file(name, NEW)
    assert names(tmp_path) == ["fifo", "folder", "socket"]


def test_read_only_files_are_refused(old):
    old.chmod(0o444)
    with pytest.raises(Fault, match=r"asn\.json: is read-only; 'chmod u\+w'"):
        replace_file(old, NEW)
    assert old.read_bytes() == OLD


def test_read_only_folders_are_refused(old):
    old.parent.chmod(0o555)
    try:
        with pytest.raises(Fault, match="is in a read-only folder"):
            replace_file(old, NEW)
    finally:
        old.parent.chmod(0o755)
    assert old.read_bytes() == OLD


def test_links_in_a_circle_and_null_characters_are_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(Fault, match="cannot edit: too many levels of symbolic links"):
        replace_file(tmp_path / "a", NEW)
    with pytest.raises(Fault, match="null character"), editing("a\0b"):
        pass


def test_a_full_disk_keeps_the_old_file(old):
    with small_files(), pytest.raises(Fault, match="cannot write: file too large"):
        replace_file(old, NEW * 100, backup_suffix=".bak")
    assert old.read_bytes() == OLD
    assert [name for name in names(old.parent) if not name.endswith(".bak")] == ["asn.json"]


def test_another_program_that_writes_meanwhile_wins(old):
    with editing(old) as edit:
        old.write_bytes(b"by an editor that knows no lock")
        with pytest.raises(Fault, match="was changed by another program meanwhile; nothing is written"):
            edit.write(NEW)
    assert old.read_bytes() == b"by an editor that knows no lock"
    assert names(old.parent) == ["asn.json"]


def test_what_a_killed_edit_left_is_swept_away(old):
    with editing(old) as edit:
        left = edit._target.with_name(".asn.json.asn-new")
        left.write_bytes(b"half a fi")
        edit.write(NEW)
    assert old.read_bytes() == NEW
    assert names(old.parent) == ["asn.json"]


def test_one_edit_waits_for_the_other(old):
    def append(word):
        with editing(old) as edit:
            edit.write(edit.data + word)

    words = [b"%d\n" % number for number in range(10)]
    threads = [threading.Thread(target=append, args=(word,)) for word in words]
    with editing(old):
        for thread in threads:
            thread.start()
        assert old.read_bytes() == OLD
    for thread in threads:
        thread.join()
    assert sorted(old.read_bytes().splitlines(keepends=True)) == sorted([OLD, *words])


def test_an_edit_does_not_wait_for_ever(old, monkeypatch):
    monkeypatch.setattr(files, "PATIENCE", 0.05)
    with open(old, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Fault, match="is being edited by another program; try again later"):
            replace_file(old, NEW)
    assert old.read_bytes() == OLD
