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

from asntools.common.faults import Fault
from asntools.generate.cluster import MANIFEST, Cluster, Task, version_id_of_run
from asntools.generate.pieces import Piece, pieces
from asntools.generate.storage import Storage
from asntools.generate.work import Recipe, Work
from asntools.pool import read_pool

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
    made = list(pieces(read_pool(pool), pytest.fail, size=20_000))
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
        results = cluster.results(Task(RECIPE, str(tmp_path), force=False), parts)
        made = [next(results)]
        os.kill(processes_of(scheduler)[0], signal.SIGKILL)
        made += results
    assert len(made) == len(parts)
    assert not any(isinstance(each, Fault) for each in made)
    assert files_of(tmp_path) == want


@pytest.mark.slow
def test_a_piece_that_raises_is_named_and_the_others_are_done(scheduler, parts, want, tmp_path):
    bad = Piece([parts[3].programs[0]._replace(name="99", exposures=b"no record\n")])
    mixed = [*parts[:3], bad, *parts[3:]]
    with closing(Cluster(scheduler.scheduler_address, 1, silent)) as cluster:
        made = list(cluster.results(Task(RECIPE, str(tmp_path), force=False), mixed))
    [fault] = [each for each in made if isinstance(each, Fault)]
    assert made.index(fault) == 3
    assert fault.message.startswith("program 99: JSONDecodeError: ")
    assert files_of(tmp_path) == want


@pytest.mark.slow
def test_a_stopped_run_goes_on_where_it_was(scheduler, parts, want, tmp_path):
    task = Task(RECIPE, str(tmp_path), force=False)
    with closing(Cluster(scheduler.scheduler_address, 1, silent)) as cluster:
        whole = list(cluster.results(task, parts[:4]))
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / MANIFEST).iterdir()}
        assert len(before) == 4
        assert len(files_of(tmp_path)) < len(want)
        again = list(cluster.results(Task(RECIPE, str(tmp_path), force=False), parts))
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
            results = cluster.results(Task(RECIPE, str(tmp_path), force=False), parts)
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
    with pytest.raises(Fault, match=r"a\.json: exists already, with other content; use --force"):
        storage.write({"a.json": b"3", "c.json": b"4"}, pytest.fail, force=False)
    assert (storage.read("a.json"), storage.read("c.json"), storage.read(".m/b.json")) == (b"1", None, b"2")
    storage.write({"a.json": b"3"}, pytest.fail, force=True)
    assert storage.read("a.json") == b"3"


def test_a_storage_that_nobody_knows():
    with pytest.raises(Fault, match="nothing://x"):
        Storage("nothing://x")


def test_a_task_names_a_piece_by_all_that_matters(parts, tmp_path):
    task = Task(RECIPE, str(tmp_path), force=False)
    assert task.key(parts[0]) == Task(Recipe(as_files=True), "elsewhere", force=True).key(parts[0])
    others = [task.key(parts[1]), Task(RECIPE._replace(merge=True), "x", force=False).key(parts[0])]
    assert task.key(parts[0]) not in others


def test_a_task_enters_a_piece_once_it_is_written(parts, tmp_path):
    task = Task(RECIPE, str(tmp_path), force=False)
    plain = task(parts[0], "k")
    assert json.loads((tmp_path / MANIFEST / "k.json").read_bytes()) == json.loads(json.dumps(plain))
    assert files_of(tmp_path) == dict(Work(RECIPE)(parts[0]).files)
    task.version = "0.0"
    with pytest.raises(Fault, match=r"the worker has asntools .* and 0\.0 is asked for"):
        task(parts[1], "l")
