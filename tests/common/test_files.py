from __future__ import annotations

import errno
import fcntl
import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from asntools.common import in_place, staging
from asntools.common.faults import Fault
from asntools.common.files import write_files
from asntools.common.in_place import editing

OLD, NEW = b"old\n", b"new\n"


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "asn.json"
    path.write_bytes(OLD)
    return path


@pytest.fixture(autouse=True)
def of_a_new_run():
    """Let each test sweep its folders anew."""
    staging._swept.clear()


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


def replace_file(path, data, *, backup_suffix=None):
    """Replace what a file holds; return what is reported."""
    told = []
    with editing(path, told.append) as edit:
        edit.write(data, backup_suffix=backup_suffix)
    return [str(fault) for fault in told]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# New files


def test_new_files_are_written_and_their_folder_made(tmp_path):
    folder = tmp_path / "a" / "b"
    assert write_files({"x": NEW, "y": OLD}, folder, [].append) == [folder / "x", folder / "y"]
    assert ((folder / "x").read_bytes(), (folder / "y").read_bytes()) == (NEW, OLD)
    assert names(folder) == ["x", "y"]


def test_files_are_written_as_they_come_and_get_their_names_at_the_end(tmp_path):
    folder = tmp_path / "a" / "b"

    def contents():
        for count, name in enumerate("xyz"):
            [staged] = folder.iterdir()
            assert len(names(staged)) == 1 + count  # the lock, and what came before
            yield name, NEW

    write_files(contents(), folder, [].append)
    assert names(folder) == ["x", "y", "z"]


@pytest.mark.parametrize("error", [Fault("the input is faulty"), FileExistsError(errno.EEXIST, "not ours")])
def test_what_ends_the_contents_leaves_neither_files_nor_folders(error, tmp_path):
    def contents():
        yield "x", NEW
        raise error

    with pytest.raises(type(error)) as raised:
        write_files(contents(), tmp_path / "a" / "b", [].append)
    assert raised.value is error
    assert names(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_contents_are_awaited_leaves_nothing_behind(number, tmp_path):
    code = f"""
import os, signal, time
from pathlib import Path
from asntools.common.files import write_files
def contents():
    yield "x", b"1"
    if os.fork() == 0:  # a copy is ended, and does not clean up
        os.kill(os.getpid(), {number})
        time.sleep(60)
    assert os.waitstatus_to_exitcode(os.wait()[1]) == -{number}
    [staged] = Path("a").iterdir()
    assert sorted(os.listdir(staged)) == [".lock", "x"]
    os.kill(os.getpid(), {number})
    time.sleep(60)
signal.signal(signal.SIGINT, signal.SIG_DFL)
write_files(contents(), Path("a"), print)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False, timeout=50)
    assert done.returncode == -number
    assert names(tmp_path) == []


def test_new_files_have_the_mode_that_the_umask_asks_for(tmp_path):
    before = os.umask(0o027)
    try:
        write_files({"x": NEW}, tmp_path, [].append)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_one_file_that_exists_keeps_all_from_being_written(old):
    with pytest.raises(Fault, match=r"asn\.json: already exists, and nothing is written"):
        write_files({"other": NEW, "asn.json": NEW}, old.parent, [].append)
    assert names(old.parent) == ["asn.json"]
    assert old.read_bytes() == OLD


def test_a_link_to_nowhere_exists_too(tmp_path):
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(Fault, match="already exists"):
        write_files({"link": NEW}, tmp_path, [].append)
    assert not (tmp_path / "nowhere").exists()


def test_force_replaces_files_but_no_folders(old):
    (old.parent / "folder").mkdir()
    write_files({"asn.json": NEW}, old.parent, [].append, force=True)
    assert old.read_bytes() == NEW
    with pytest.raises(Fault, match="is a folder"):
        write_files({"asn.json": OLD, "folder": NEW}, old.parent, [].append, force=True)
    assert old.read_bytes() == NEW


def test_force_replaces_a_link_and_not_what_it_points_to(old):
    (old.parent / "link").symlink_to("asn.json")
    write_files({"link": NEW}, old.parent, [].append, force=True)
    assert (old.read_bytes(), (old.parent / "link").read_bytes()) == (OLD, NEW)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/x", "a/b", "a\0b"])
def test_nothing_is_written_outside_the_folder(tmp_path, name):
    with pytest.raises(Fault, match="outside the folder"):
        write_files({"good": NEW, name: NEW}, tmp_path / "in", [].append, force=True)
    assert names(tmp_path) == []


def test_a_file_that_cannot_be_written_takes_the_others_away(tmp_path):
    with pytest.raises(Fault, match="name too long"):
        write_files({"x": NEW, "n" * 300: NEW}, tmp_path, [].append)
    assert names(tmp_path) == []


def test_a_file_that_appears_meanwhile_is_left_alone(tmp_path, monkeypatch):
    sync = os.fsync

    def somebody_else_writes(descriptor):
        (tmp_path / "y").write_bytes(OLD)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", somebody_else_writes)
    with pytest.raises(Fault, match=r"y: already exists, and nothing is written"):
        write_files({"x": NEW, "y": NEW}, tmp_path, [].append)
    assert names(tmp_path) == ["y"]
    assert (tmp_path / "y").read_bytes() == OLD


def test_a_file_system_without_links_will_do(tmp_path, monkeypatch):
    def no_links(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    write_files({"x": NEW}, tmp_path, [].append)
    assert names(tmp_path) == ["x"]
    assert (tmp_path / "x").read_bytes() == NEW


def test_a_full_disk_leaves_no_new_file(tmp_path):
    with small_files(), pytest.raises(Fault, match="cannot write: file too large"):
        write_files({"small": NEW, "large": NEW * 100}, tmp_path, [].append)
    assert names(tmp_path) == []


def test_a_folder_that_is_a_file_is_refused(old):
    with pytest.raises(Fault, match="is a file, not a folder"):
        write_files({"x": NEW}, old, [].append)
    assert old.read_bytes() == OLD


def test_of_two_runs_that_write_the_same_files_one_succeeds(tmp_path):
    contents = {f"{number}": NEW for number in range(50)}
    outcomes = []

    def write():
        try:
            outcomes.append(write_files(contents, tmp_path, [].append))
        except Fault as fault:
            outcomes.append(str(fault))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [done] = [outcome for outcome in outcomes if isinstance(outcome, list)]
    assert len(done) == 50
    assert len(outcomes) == 4
    assert len(names(tmp_path)) == 50


def failing_at(call, name, monkeypatch):
    right = getattr(os, call)

    def fail(source, target, **folders):
        if target == name:
            raise OSError(errno.EIO, "Input/output error")
        return right(source, target, **folders)

    monkeypatch.setattr(os, call, fail)


def test_a_set_that_fails_midway_is_taken_away(tmp_path, monkeypatch):
    failing_at("link", "y", monkeypatch)
    with pytest.raises(Fault, match="y: cannot write: input/output error"):
        write_files({"x": NEW, "y": NEW}, tmp_path, [].append)
    assert names(tmp_path) == []


def test_what_cannot_be_taken_away_is_named(tmp_path, monkeypatch):
    def fail(name, **_):
        if name == "x":
            raise OSError(errno.EIO, "Input/output error")
        unlink(name, **_)

    unlink = os.unlink
    failing_at("link", "y", monkeypatch)
    monkeypatch.setattr(os, "unlink", fail)
    told = []
    with pytest.raises(Fault, match="y: cannot write"):
        write_files({"x": NEW, "y": NEW}, tmp_path, told.append)
    [fault] = told
    assert str(fault) == (
        f"{tmp_path}/x: written, unlike others, and cannot be removed: input/output error; remove it by hand"
    )


def test_what_is_not_replaced_is_named(tmp_path, monkeypatch):
    for name in "xyz":
        (tmp_path / name).write_bytes(OLD)
    failing_at("replace", "y", monkeypatch)
    told = []
    with pytest.raises(Fault, match="y: cannot write: input/output error"):
        write_files({"x": NEW, "y": NEW, "z": NEW}, tmp_path, told.append, force=True)
    assert [fault.source for fault in told] == [f"{tmp_path}/y", f"{tmp_path}/z"]
    assert told[0].message == "not written, unlike 1 others; run the command again to finish"
    assert [(tmp_path / name).read_bytes() for name in "xyz"] == [NEW, OLD, OLD]
    assert names(tmp_path) == ["x", "y", "z"]


def test_what_fails_after_the_names_are_given_is_told(tmp_path, monkeypatch):
    right = os.fsync

    def fail(descriptor):
        right(descriptor)
        if (tmp_path / "x").exists():
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Fault, match="written, but may not survive a power cut: input/output error"):
        write_files({"x": NEW}, tmp_path, [].append)
    assert names(tmp_path) == ["x"]


def test_names_and_folders_that_the_system_refuses_are_faults(tmp_path):
    for folder, name in ((tmp_path / ("n" * 300), "x"), (tmp_path, "n" * 300)):
        with pytest.raises(Fault, match="cannot write: file name too long"):
            write_files({name: NEW}, folder, [].append)
    with pytest.raises(Fault, match="cannot edit: file name too long"):
        replace_file(tmp_path / ("n" * 300), NEW)


# Edits in place


def test_a_file_is_replaced_and_nothing_left_beside_it(old):
    replace_file(old, NEW)
    assert old.read_bytes() == NEW
    assert names(old.parent) == ["asn.json"]


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(
    ("before", "after"), [(0o660, 0o600), (0o664, 0o644), (0o6770, 0o700), (0o646, 0o646), (0o604, 0o604)]
)
def test_a_group_that_cannot_be_kept_opens_the_file_to_no_other(old, before, after, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    os.chown(old, 4321, 1234)
    old.chmod(before)
    monkeypatch.setattr(os, "fchown", refuse)
    assert replace_file(old, NEW) == [f"{old}: cannot keep its owner and its group"]
    assert old.read_bytes() == NEW
    assert stat.S_IMODE(old.stat().st_mode) == after


def test_a_temporary_name_that_is_made_to_point_elsewhere_does_no_harm(old, tmp_path_factory, monkeypatch):
    secret = tmp_path_factory.mktemp("root") / "secret"
    secret.write_bytes(b"secret")
    secret.chmod(0o600)
    old.chmod(0o666)
    change = os.fchmod

    def swap(descriptor, mode):
        [name] = set(names(old.parent)) - {"asn.json"}
        (old.parent / name).unlink()
        (old.parent / name).symlink_to(secret)
        change(descriptor, mode)

    monkeypatch.setattr(os, "fchmod", swap)
    replace_file(old, NEW)
    assert (secret.read_bytes(), stat.S_IMODE(secret.stat().st_mode)) == (b"secret", 0o600)


def has_attributes(folder):
    try:
        os.setxattr(folder, "user.test", b"1")
    except OSError:
        return False
    return True


def test_attributes_are_kept(old):
    if not has_attributes(old):
        pytest.skip("this file system has no attributes of users")
    replace_file(old, NEW)
    assert os.getxattr(old, "user.test") == b"1"


def test_other_names_of_a_file_are_told_of(old):
    os.link(old, old.parent / "other.json")
    assert replace_file(old, NEW) == [f"{old}: had 2 names (hard links); the others keep the old content"]
    assert (old.read_bytes(), (old.parent / "other.json").read_bytes()) == (NEW, OLD)


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


@pytest.mark.parametrize("before", [b"older", None])
@pytest.mark.parametrize("has_links", [True, False])
def test_without_an_edit_the_old_backup_stays(old, before, has_links, monkeypatch):
    backup = old.parent / "asn.json.bak"
    if before is not None:
        backup.write_bytes(before)
    rename = os.replace

    def fail(source, target, **folders):
        if target == "asn.json":
            raise OSError(errno.EIO, "Input/output error")
        rename(source, target, **folders)

    def no_links(*_, **__):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "replace", fail)
    if not has_links:
        monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(Fault, match=r"asn\.json: cannot write: input/output error"):
        replace_file(old, NEW, backup_suffix=".bak")
    assert old.read_bytes() == OLD
    assert (backup.read_bytes() if backup.exists() else None) == before
    assert names(old.parent) == ["asn.json", *(["asn.json.bak"] if before else [])]


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
    with pytest.raises(Fault, match="null character"), editing("a\0b", [].append):
        pass


def test_a_full_disk_keeps_the_old_file(old):
    with small_files(), pytest.raises(Fault, match="cannot write: file too large"):
        replace_file(old, NEW * 100, backup_suffix=".bak")
    assert old.read_bytes() == OLD
    assert [name for name in names(old.parent) if not name.endswith(".bak")] == ["asn.json"]


@pytest.mark.parametrize("call", ["fsync", "close"])
def test_what_fails_after_the_rename_is_told(old, call, monkeypatch):
    right = getattr(os, call)

    def fail(descriptor):
        right(descriptor)
        if old.read_bytes() == NEW:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, call, fail)
    told = r"asn\.json: written, but may not survive a power cut: input/output error"
    with pytest.raises(Fault, match=told):
        replace_file(old, NEW)
    assert old.read_bytes() == NEW
    assert names(old.parent) == ["asn.json"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("write", ["edit", "set"])
def test_a_signal_leaves_nothing_behind(old, number, write, monkeypatch):
    child = os.fork()
    if child == 0:
        try:
            signal.signal(number, signal.SIG_DFL)
            sync = os.fsync

            def end(descriptor):
                os.kill(os.getpid(), number)
                sync(descriptor)

            os.fsync = end
            if write == "edit":
                replace_file(old, NEW)
            else:
                write_files({"x": NEW, "y": NEW}, old.parent, [].append)
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -number
    assert old.read_bytes() == (NEW if write == "edit" else OLD)
    assert names(old.parent) == ["asn.json"]


def test_another_program_that_writes_meanwhile_wins(old):
    with editing(old, [].append) as edit:
        old.write_bytes(b"by an editor that knows no lock")
        with pytest.raises(Fault, match="was changed by another program meanwhile; nothing is written"):
            edit.write(NEW)
    assert old.read_bytes() == b"by an editor that knows no lock"
    assert names(old.parent) == ["asn.json"]


def test_what_a_killed_edit_left_is_swept_away(old):
    (old.parent / ".asntools-0123456789abcdef.tmp").write_bytes(b"half a fi")
    folder = old.parent / ".asntools-00000000000000ff.tmp"
    folder.mkdir()
    (folder / ".lock").touch()
    (folder / "x").write_bytes(b"half a fi")
    (old.parent / ".asntools-0000000000000000.tmp").mkdir()
    (old.parent / ".asntools-mine.tmp").touch()
    replace_file(old, NEW)
    assert old.read_bytes() == NEW
    assert names(old.parent) == [".asntools-mine.tmp", "asn.json"]


def test_what_is_in_use_is_not_swept_away(old):
    with (
        staging.open_folder(old.parent) as folder,
        staging.staged_file(folder) as (name, _),
        staging.staging_folder(folder) as inside,
    ):
        before = os.listdir(inside)
        staging._swept.clear()
        replace_file(old, NEW)
        assert name in os.listdir(folder)
        assert os.listdir(inside) == before
    assert names(old.parent) == ["asn.json"]


def test_nothing_is_swept_through_a_link(old, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "x").touch()
    (old.parent / ".asntools-0000000000000001.tmp").symlink_to(elsewhere)
    (old.parent / ".asntools-0000000000000002.tmp").symlink_to(elsewhere / "x")
    replace_file(old, NEW)
    assert names(elsewhere) == ["x"]


def test_one_edit_waits_for_the_other(old):
    def append(word):
        with editing(old, [].append) as edit:
            edit.write(edit.data + word)

    words = [b"%d\n" % number for number in range(10)]
    threads = [threading.Thread(target=append, args=(word,)) for word in words]
    with editing(old, [].append):
        for thread in threads:
            thread.start()
        assert old.read_bytes() == OLD
    for thread in threads:
        thread.join()
    assert sorted(old.read_bytes().splitlines(keepends=True)) == sorted([OLD, *words])


def test_the_lock_is_one_that_network_file_systems_give(old, monkeypatch):
    def nfs(descriptor, _):
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", nfs)
    assert replace_file(old, NEW) == []
    write_files({"x": NEW}, old.parent, [].append)
    assert (old.read_bytes(), names(old.parent)) == (NEW, ["asn.json", "x"])


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_without_locks_an_edit_is_still_safe(old, number, monkeypatch):
    def no_locks(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    monkeypatch.setattr(in_place, "_told_of_locks", False)
    [told] = replace_file(old, NEW)
    assert told.startswith("files cannot be locked here")
    assert replace_file(old, OLD) == []
    with editing(old, [].append) as edit:
        old.write_bytes(b"by another edit")
        with pytest.raises(Fault, match="was changed by another program meanwhile"):
            edit.write(NEW)
    write_files({"x": NEW}, old.parent, [].append)
    assert names(old.parent) == ["asn.json", "x"]


def test_an_edit_does_not_wait_for_ever(old, monkeypatch):
    monkeypatch.setattr(in_place, "PATIENCE", 0.05)
    with open(old, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Fault, match="is being edited by another program; try again later"):
            replace_file(old, NEW)
    assert old.read_bytes() == OLD
