"""A Dask cluster makes the same associations, whatever dies on the way; real schedulers and processes do."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from fitsfiles import header_of, write_fits

from asntools.common.faults import Fault
from asntools.common.pieces import Piece
from asntools.generate import headers
from asntools.generate.cli import main
from asntools.generate.cluster import MANIFEST, Cluster, version_id_of_run
from asntools.generate.gathering import Gathering, Joined
from asntools.generate.headers import Headers, Reading
from asntools.generate.making import Making
from asntools.generate.pieces import pieces
from asntools.generate.storage import Storage
from asntools.generate.work import Recipe, Work
from asntools.pool import read_pool
from asntools.pool.inputs import Choices
from asntools.pool.sources import Source

SIMULATE = Path(__file__).parents[2] / "benchmarks" / "simulate_pool.py"
RECIPE = Recipe(as_files=True)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    path = tmp_path_factory.mktemp("pools") / "pool.csv"
    with path.open("wb") as stream:
        subprocess.run([sys.executable, SIMULATE, "500", "--seed", "7"], stdout=stream, check=True)
    return path


@pytest.fixture(scope="module")
def parts(pool):
    """Return some pieces of work."""
    made = list(pieces(read_pool(pool), pytest.fail, size=8_000))
    assert len(made) > 8
    return made


@pytest.fixture(scope="module")
def want(parts):
    """Return the files that are to come of them."""
    files = [file for part in parts for file in Work(RECIPE)(part).files]
    assert len(dict(files)) == len(files)
    return dict(files)


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def silent(_):
    pass


@pytest.fixture(scope="module")
def scheduler():
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local:
        yield local


def processes_of(local):
    return [worker.pid for worker in local.workers.values()]


@pytest.mark.slow
def test_a_worker_that_is_killed_midway(scheduler, parts, want, tmp_path):
    with closing(Cluster(scheduler.scheduler_address, 1, silent)) as cluster:
        results = cluster.results(Making(RECIPE, str(tmp_path), force=False), parts)
        made = [next(results)]
        os.kill(processes_of(scheduler)[0], signal.SIGKILL)
        made += results
    assert len(made) == len(parts)
    assert not any(isinstance(each, Fault) for each in made)
    assert files_of(tmp_path) == want


@pytest.mark.slow
def test_a_piece_that_raises_is_named_and_the_others_are_done(scheduler, parts, want, tmp_path):
    first = parts[3].programs[0]
    bad = Piece([first._replace(name="99", runs=[(first.runs[0][0], b"no record\n")])])
    mixed = [*parts[:3], bad, *parts[3:]]
    with closing(Cluster(scheduler.scheduler_address, 1, silent)) as cluster:
        made = list(cluster.results(Making(RECIPE, str(tmp_path), force=False), mixed))
    [fault] = [each for each in made if isinstance(each, Fault)]
    assert made.index(fault) == 3
    assert fault.message.startswith("program 99: JSONDecodeError: ")
    assert files_of(tmp_path) == want


@pytest.mark.slow
def test_a_stopped_run_goes_on_where_it_was(scheduler, parts, want, tmp_path):
    task = Making(RECIPE, str(tmp_path), force=False)
    with closing(Cluster(scheduler.scheduler_address, 1, silent)) as cluster:
        whole = list(cluster.results(task, parts[:4]))
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / MANIFEST).iterdir()}
        assert len(before) == 4
        assert len(files_of(tmp_path)) < len(want)
        again = list(cluster.results(Making(RECIPE, str(tmp_path), force=False), parts))
    assert again[:4] == whole
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert files_of(tmp_path) == want


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.slow
def test_a_scheduler_that_is_started_again(parts, want, tmp_path):
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"

    def begin():
        scheduler = start("dask_scheduler", "--port", str(port), "--no-dashboard")
        return [scheduler, start("dask_worker", address, "--no-dashboard", "--no-nanny", "--nthreads", "1")]

    running, said = begin(), []
    try:
        with closing(Cluster(address, 1, said.append)) as cluster:
            results = cluster.results(Making(RECIPE, str(tmp_path), force=False), parts)
            made = [next(results)]
            for process in running:
                process.kill()
            running += begin()
            made += results
    finally:
        for process in running:
            process.kill()
            process.wait()
    assert not any(isinstance(each, Fault) for each in made)
    assert len(made) == len(parts)
    assert files_of(tmp_path) == want
    assert "the scheduler is gone; waiting for it to come back" in said


@pytest.mark.slow
def test_the_command_writes_what_the_pipe_does(pool, tmp_path):
    def run(*line):
        return subprocess.run(
            list(map(str, line)), cwd=tmp_path, capture_output=True, check=False, timeout=200
        )

    want = run("asn-generate", "--outdir", "a", "--version-id", "x1", pool)
    done = run("asn-generate", "--dask", "local", "--jobs", 2, "--outdir", "b", "--version-id", "x1", pool)
    assert (done.returncode, done.stdout) == (0, b"")
    first, *told = done.stderr.splitlines()
    assert first.startswith(b"asn-generate: dashboard at ")
    assert told == want.stderr.splitlines()
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b") != {}


def test_one_version_id_for_a_run_that_goes_on(tmp_path):
    storage = Storage(str(tmp_path))
    assert version_id_of_run(storage, "20260101t000000", now=True) == "20260101t000000"
    assert version_id_of_run(storage, "20260202t000000", now=True) == "20260101t000000"
    assert version_id_of_run(storage, "mine", now=False) == "mine"


@pytest.mark.parametrize("where", ["folder", "memory://bucket/asns"])
def test_storage_writes_the_same_twice_and_nothing_else(where, tmp_path):
    storage = Storage(str(tmp_path / where) if where == "folder" else where)
    assert storage.read("a.json") is None
    storage.write({"a.json": b"1", ".m/b.json": b"2"}, pytest.fail, force=False)
    storage.write({"a.json": b"1"}, pytest.fail, force=False)
    with pytest.raises(Fault, match=r"a\.json: already exists with different content; use --force"):
        storage.write({"a.json": b"3", "c.json": b"4"}, pytest.fail, force=False)
    assert (storage.read("a.json"), storage.read("c.json"), storage.read(".m/b.json")) == (b"1", None, b"2")
    storage.write({"a.json": b"3"}, pytest.fail, force=True)
    assert storage.read("a.json") == b"3"


def test_a_storage_that_nobody_knows():
    with pytest.raises(Fault, match="nothing://x"):
        Storage("nothing://x")


def test_a_task_names_a_piece_by_all_that_matters(parts, tmp_path):
    task = Making(RECIPE, str(tmp_path), force=False)
    assert task.key(parts[0]) == Making(Recipe(as_files=True), "elsewhere", force=True).key(parts[0])
    others = [task.key(parts[1]), Making(RECIPE._replace(merge=True), "x", force=False).key(parts[0])]
    assert task.key(parts[0]) not in others


def test_a_task_enters_a_piece_once_it_is_written(parts, tmp_path):
    task = Making(RECIPE, str(tmp_path), force=False)
    plain = task(parts[0], "k")
    assert json.loads((tmp_path / MANIFEST / "k.json").read_bytes()) == json.loads(json.dumps(plain))
    assert files_of(tmp_path) == dict(Work(RECIPE)(parts[0]).files)
    task.version = "0.0"
    with pytest.raises(Fault, match=r"the worker has asntools .*, not 0\.0"):
        task(parts[1], "l")


# FITS files, whose headers the workers read


@pytest.fixture(scope="module")
def data(pool, tmp_path_factory):
    """Return a folder of FITS files, files of one program far apart, and some of them no exposures."""
    here = tmp_path_factory.mktemp("fits")
    for number, row in enumerate(read_pool(pool)[:150]):
        cards = header_of(row)
        if number % 2:
            cards["PROGRAM"] = cards["PROGRAM"].lstrip("0")
        write_fits(here / "data" / f"{number % 2}" / row["filename"].replace("_uncal", "_cal"), cards)
    for name in ("jw01001-o002_t001_nircam_f444w_i2d", "jw01001-o003_t001_nircam_f444w_i2d"):
        write_fits(here / "data" / f"{name}.fits", cards)
    twice = next((here / "data" / "1").iterdir())
    (here / "more").mkdir()
    (here / "more" / twice.name).symlink_to(twice)
    return here


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(headers, "BATCH", 20)
    monkeypatch.setattr(headers, "PIECE", 20_000)


def generated(capsys, *arguments):
    """Run the command; return its status and what it says, less where the dashboard is."""
    result = main([str(argument) for argument in arguments])
    said = capsys.readouterr().err.splitlines()
    return result, [line for line in said if not line.startswith("asn-generate: dashboard at ")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        ["--expname", "relative", "--where", '.instrume == "nircam" or .visit == "x"', "--set", "a=b:x*"],
        ["--merge", "--candidate", "background=o001", "--target-tolerance", "2", "--explain"],
        ["--where", '.instrume == "NIRCAM"', "-e"],
        ["--where", ".visit | error", "--force"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("small_batches")
def test_headers_read_by_workers_give_what_one_machine_makes(
    options, scheduler, data, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(data)
    line = [*options, "--version-id", "x1", "-r", "data", "more"]
    want = generated(capsys, "--outdir", tmp_path / "a", *line)
    assert want[1]
    address = scheduler.scheduler_address
    assert generated(capsys, "--dask", address, "--outdir", tmp_path / "b", *line) == want
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
    assert not list((tmp_path / "b" / MANIFEST).glob("*.jsonl"))


class Here:
    """In place of a cluster: all is done here, and noted."""

    def __init__(self):
        self.done = []

    def results(self, task, items):
        for item in items:
            self.done.append(item)
            yield task(item, task.key(item))


def files_in(folder):
    return [Source(str(path), found=True) for path in sorted(folder.rglob("*")) if path.is_file()]


def gathered(cluster, folder, where):
    """Read and gather FITS files; return what was said of the files, and the headers."""
    read, joined, faults = Headers(), Joined(None), []
    for some in read.read(cluster, Reading(Choices(), where), files_in(folder)):
        faults += some
    task = Gathering(Making(RECIPE, where, force=False), read.columns, Choices(), None)
    for made in cluster.results(task, read.pieces()):
        joined.add(made["remarks"])
    return list(map(str, [*faults, *joined.faults(read.unused)])), read


@pytest.mark.parametrize("scheme", ["", "file://", "memory://"])
@pytest.mark.usefixtures("small_batches")
def test_headers_wait_in_a_folder_or_an_object_store(scheme, data, tmp_path, capsys):
    where = f"{scheme}{tmp_path / 'b'}"
    said, read = gathered(Here(), data / "data", where)
    storage = Storage(where)
    status, want = generated(capsys, "--outdir", tmp_path / "a", "-r", data / "data")
    assert status == 0
    assert [f"asn-generate:{line}" for line in said] == [
        line.replace("generate: ", "generate:", 1) for line in want[:1]
    ]
    made = files_of(tmp_path / "a")
    assert made
    assert {name: storage.read(name) for name in made} == made
    first = read.batches[0]
    assert storage.read(headers.records_of(first))
    read.remove(storage)
    assert storage.read(headers.records_of(first)) is None


@pytest.mark.usefixtures("small_batches")
def test_a_run_that_goes_on_reads_the_other_headers_alone(data, tmp_path):
    here, where = Here(), str(tmp_path / "b")
    some = Headers().read(here, Reading(Choices(), where), files_in(data / "data"))
    assert [next(some) for _ in range(3)] == [[], [], []]
    entries = {path: path.stat().st_mtime_ns for path in (tmp_path / "b" / MANIFEST).iterdir()}
    assert len(entries) == 6
    gathered(here, data / "data", where)
    assert {path: path.stat().st_mtime_ns for path in entries} == entries


def test_a_batch_is_known_in_another_process_by_all_that_matters():
    code = """
from asntools.generate.headers import Batch, Reading
from asntools.pool.amendments import Amendments, Setting
from asntools.pool.inputs import Choices
from asntools.pool.sources import Source
def key(name="a", found=False, first=0, **more):
    by_hand = Amendments([Setting.parse(text) for text in more.pop("settings", "a=1 b=2 c=3 d=4").split()])
    task = Reading(Choices(amendments=by_hand, jobs=more.pop("jobs", 1), **more), more.get("folder", "x"))
    return task.key(Batch([Source(name, found), Source("\\udcff")], first))
print(key(), key(jobs=2))
print(key(name="b"), key(found=True), key(first=9))
print(key(keywords=("X",)), key(folder="y"), key(settings="a=1"))
"""
    keys = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for seed in "12"
    ]
    assert keys[0] == keys[1]
    assert keys[0][0] == keys[0][1]
    assert len({*keys[0]}) == 7


@pytest.mark.slow
@pytest.mark.usefixtures("small_batches")
def test_a_worker_that_is_killed_while_headers_are_read(scheduler, data, tmp_path, capsys):
    where = str(tmp_path / "b")
    killed = []

    class Killing(Cluster):
        def results(self, task, items):
            for number, done in enumerate(super().results(task, items)):
                if number == 1:
                    killed.append(processes_of(scheduler)[0])
                    os.kill(killed[-1], signal.SIGKILL)
                yield done

    with closing(Killing(scheduler.scheduler_address, 1, silent)) as cluster:
        gathered(cluster, data / "data", where)
    assert len(killed) == 2
    generated(capsys, "--outdir", tmp_path / "a", "-r", data / "data")
    assert files_of(tmp_path / "b") == files_of(tmp_path / "a") != {}


@pytest.mark.slow
@pytest.mark.usefixtures("small_batches")
def test_a_file_that_is_no_exposure_is_named_and_read_again_once_it_is_mended(
    scheduler, data, tmp_path, capsys
):
    folder = tmp_path / "data"
    folder.mkdir()
    for path in (data / "data" / "0").iterdir():
        (folder / path.name).symlink_to(path)
    broken = min(folder.iterdir())
    whole = broken.resolve()
    broken.unlink()
    broken.write_bytes(whole.read_bytes()[:3000])
    line = ["--dask", scheduler.scheduler_address, "--outdir", tmp_path / "b", "-r", folder]
    status, said = generated(capsys, *line)
    assert (status, files_of(tmp_path / "b")) == (2, {})
    assert said[0].startswith(f"asn-generate:{broken}: is cut short")
    assert "nothing is written; use --force" in said[1]
    broken.write_bytes(whole.read_bytes())
    assert generated(capsys, *line)[0] == 0
    assert generated(capsys, "--outdir", tmp_path / "a", "-r", folder)[0] == 0
    assert files_of(tmp_path / "b") == files_of(tmp_path / "a") != {}
