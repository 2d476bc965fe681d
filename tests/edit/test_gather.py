"""asn-edit gather: everything that associations name in one folder, and nothing anywhere else."""

from __future__ import annotations

import json
import os
import random
import signal

import pytest

from asntools.edit import gather, gathering

CONTENT = random.Random(1).randbytes(1 << 20) + b"more than a chunk"


def association(*names):
    return json.dumps(
        {"products": [{"name": "p", "members": [{"expname": name, "exptype": "science"} for name in names]}]}
    )


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.fits").write_bytes(CONTENT)
    (tmp_path / "data" / "b.fits").write_bytes(b"b")
    (tmp_path / "asn.json").write_text(association("data/a.fits", "data/b.fits"))
    return tmp_path


def gathered(*files, **settings):
    faults = []
    gather(files or ["asn.json"], "out", report=faults.append, **settings)
    return [str(fault) for fault in faults]


def test_what_is_gathered_goes_on_after_a_break_and_changes_nothing_twice(here):
    (here / "out").mkdir()
    (here / "out" / "a.fits").write_bytes(CONTENT)
    before = os.stat(here / "out" / "a.fits")
    assert gathered() == []
    assert sorted(os.listdir("out")) == ["a.fits", "asn.json", "b.fits"]
    assert os.path.samestat(before, os.stat("out/a.fits"))
    assert json.loads((here / "out" / "asn.json").read_text()) == json.loads(association("a.fits", "b.fits"))
    times = {name: os.stat(f"out/{name}").st_mtime_ns for name in os.listdir("out")}
    assert gathered() == []
    assert times == {name: os.stat(f"out/{name}").st_mtime_ns for name in os.listdir("out")}
    assert os.stat("out/b.fits").st_mtime_ns == os.stat("data/b.fits").st_mtime_ns


@pytest.mark.parametrize("cut", [CONTENT[:-1], CONTENT[:-1] + b"?", b""], ids=["shorter", "other", "empty"])
def test_a_file_of_another_content_is_replaced_by_force_alone(here, cut):
    (here / "out").mkdir()
    (here / "out" / "a.fits").write_bytes(cut)
    assert gathered() == [
        "asn.json: 'out/a.fits' already exists with different content; use --force to replace it"
    ]
    assert (here / "out" / "a.fits").read_bytes() == cut
    assert not (here / "out" / "asn.json").exists()
    assert gathered(force=True) == []
    assert (here / "out" / "a.fits").read_bytes() == CONTENT


def test_a_link_out_of_the_folder_is_not_followed(here):
    (here / "out").mkdir()
    (here / "victim").write_text("untouched")
    (here / "out" / "b.fits").symlink_to("../victim")
    assert len(gathered()) == 1
    assert gathered(force=True) == []
    assert (here / "victim").read_text() == "untouched"
    assert not (here / "out" / "b.fits").is_symlink()


@pytest.mark.parametrize("name", ["..", "data/..", "data/", ".", "\0"])
def test_names_that_are_not_those_of_files_put_nothing_anywhere(here, name):
    (here / "asn.json").write_text(association(name))
    before = sorted(here.rglob("*"))
    assert len(gathered()) == 1
    assert sorted(here.rglob("*")) == before


def test_links_point_to_the_files_and_copies_do_not(here):
    assert gathered(link=True) == []
    assert os.readlink("out/a.fits") == str(here / "data" / "a.fits")
    assert gathered(link=True) == gathered() == []


def test_a_file_that_cannot_be_copied_is_reported_and_the_others_are_copied(here):
    (here / "asn.json").write_text(association("data/a.fits", "data/none.fits", "data", "data/b.fits"))
    os.mkfifo(here / "data" / "pipe")
    (here / "two.json").write_text(association("data/pipe", "data/b.fits"))
    assert gathered("asn.json", "two.json", "none.json") == [
        "asn.json: no file 'data/none.fits'",
        "asn.json: no file 'data'",
        "two.json: no file 'data/pipe'",
        "none.json: cannot open: no such file or directory",
    ]
    assert sorted(os.listdir("out")) == ["a.fits", "b.fits"]


def test_files_of_one_name_are_refused_across_associations(here):
    (here / "c").mkdir()
    (here / "c" / "b.fits").write_bytes(b"b")
    (here / "two.json").write_text(association("c/b.fits"))
    assert gathered("asn.json", "two.json") == [
        "two.json: 'data/b.fits' and 'c/b.fits' would both be 'out/b.fits'"
    ]
    assert sorted(os.listdir("out")) == ["a.fits", "asn.json", "b.fits"]


def test_a_signal_ends_a_copy_and_leaves_nothing(here):
    child = os.fork()
    if child == 0:
        must_end = gathering.must_end

        def end():
            os.kill(os.getpid(), signal.SIGTERM)
            return must_end()

        gathering.must_end = end
        try:
            gathered()
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
    assert os.listdir("out") == []


def test_what_cannot_be_looked_at_is_not_missing(here):
    (here / "data" / "b.fits").unlink()
    (here / "data" / "b.fits").symlink_to("b.fits")
    (told,) = gathered(missing_ok=True)
    assert told.startswith("asn.json: cannot put 'data/b.fits' into 'out': too many levels of symbolic links")
    assert os.listdir("out") == ["a.fits"]
