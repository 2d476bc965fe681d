"""Commands with --jobs: what they write and say is that of one process, and what the end of one means."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from asntools.common.programs import HELD

SIMULATE = Path(__file__).parents[1] / "benchmarks" / "simulate_pool.py"
FILTERS = ("asn-match", "asn-build")
MAKES = {"asn-match": "groups", "asn-build": "associations", "asn-generate": "associations"}


def run(line, cwd):
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], capture_output=True, check=False, timeout=120, cwd=cwd
    )
    assert b"Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with what each command reads, of some programs of many modes."""
    here = tmp_path_factory.mktemp("records")
    pool = f"{sys.executable} {SIMULATE} 1000 --seed 7 > asn-generate.in"
    assert run(f"{pool} && asn-pool asn-generate.in > asn-match.in", here).returncode == 0
    run("asn-match asn-match.in > asn-build.in", here)
    return here


def records(folder, command):
    return (folder / f"{command}.in").read_bytes().splitlines(keepends=True)


def shuffled(lines):
    random.Random(3).shuffle(lines)
    return lines


def faulty(lines):
    """Return lines, mixed, of which many are faulty in ways of their own: also the first of a program."""
    lines = shuffled(lines)
    chance = random.Random(5)
    ways = [
        lambda line: line[:-30] + b"\n",
        lambda line: line[:40] + b"\xff" + line[40:],
        lambda line: line.replace(b'"program":"', b'"program":"../'),
        lambda line: line.replace(b'"filename":"', b'"filename":"\\u0007'),
        lambda line: line.replace(b'"exp_type":"', b'"exp_type":0,"was":"'),
        lambda line: line.replace(b":", b" : ").replace(b'"program"', b'"\\u0070rogram"'),
        lambda line: line.replace(b"[('", b"[[('"),
        lambda line: b"[]\n",
        lambda line: b"\n",
        lambda line: b'{"products": []}\n',
    ]
    for at in chance.sample(range(len(lines)), len(lines) // 4):
        lines[at] = chance.choice(ways)(lines[at])
    return [*lines[:-1], lines[-1][:-20]]


def late(lines):
    """Return lines so long that programs are released before all of them have come, with faults between."""
    lines = lines[:500]
    note = b'"note":"%b","filename":' % (b"x" * (5 * HELD // 4 // b"".join(lines).count(b'"filename"')))
    long = [line.replace(b'"filename":', note) for line in lines]
    lines = [*long, *faulty(lines[::5])]
    return [lines[0], lines[-2], *lines[1:]]


INPUTS = {"plain": list, "shuffled": shuffled, "faulty": faulty, "late": late}
OPTIONS = [
    ("asn-match", "plain", ""),
    ("asn-match", "plain", "-e --rule Asn_Lv3NRCCoron"),
    ("asn-match", "plain", "-e --orphans-of 3 --rule image3"),
    ("asn-match", "plain", "--candidate o001 --candidate c9999"),
    ("asn-match", "shuffled", ""),
    ("asn-match", "shuffled", "--orphans"),
    ("asn-match", "faulty", "--discover"),
    ("asn-match", "late", "--rule level3 --all-candidates"),
    pytest.param("asn-match", "late", "--rule level3 --all-candidates --unsorted", marks=pytest.mark.slow),
    ("asn-build", "plain", ""),
    ("asn-build", "plain", "--merge --version-id 7"),
    ("asn-build", "shuffled", "--explain"),
    ("asn-build", "faulty", "--explain --product-name {program}_{instrume}_{obs_num}"),
    pytest.param("asn-build", "late", "--merge", marks=pytest.mark.slow),
    ("asn-build", "late", "--unsorted"),
]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("jobs", [2, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("command", "kind", "options"), OPTIONS)
def test_what_one_process_writes_and_says(command, kind, options, jobs, folder, tmp_path):
    (tmp_path / "a").write_bytes(b"".join(INPUTS[kind](records(folder, command))))
    (tmp_path / "b").write_bytes(b"".join(records(folder, command)[:9]))
    one, more = (
        run(f"{command} --jobs {number} {options} a missing - < b", tmp_path) for number in (1, jobs)
    )
    assert one.stdout
    assert one.returncode == 2  # for the file that is missing
    assert (b": program " in one.stderr and b"comes back" in one.stderr) == (
        kind == "late" and "--unsorted" not in options
    )
    assert one.stderr.count(b"\n") > 15 or kind not in ("faulty", "late")
    assert (more.returncode, more.stderr) == (one.returncode, one.stderr)
    assert more.stdout == one.stdout


@pytest.mark.parametrize(("options", "status"), [("--rule image2", 0), ("--candidate c9999", 1)])
def test_status_of_no_match(options, status, folder):
    for jobs in ("", "--jobs 2"):
        assert run(f"asn-match {jobs} -e {options} asn-match.in", folder).returncode == status


def test_the_files_of_one_process(folder, tmp_path):
    groups = records(folder, "asn-build")[:600]  # some pieces of work
    (tmp_path / "groups").write_bytes(b"".join(groups))
    line = "asn-build {} groups"
    one, two = (run(line.format(jobs), tmp_path) for jobs in ("--outdir a", "--jobs 2 --outdir b"))
    assert (one.returncode, one.stderr) == (two.returncode, two.stderr)
    files = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "ab"]
    assert files[0] == files[1] != {}
    again = run(line.format("--jobs 2 --outdir b"), tmp_path)
    assert again.returncode == 2
    assert b"already exists" in again.stderr
    (tmp_path / "faulty").write_bytes(b"".join(faulty(groups)))
    for jobs in ("", "--jobs 2"):
        done = run(f"asn-build {jobs} --outdir c faulty", tmp_path)
        assert done.returncode == 2
        assert b"the input is faulty, and nothing is written" in done.stderr
        assert not (tmp_path / "c").exists() or not list((tmp_path / "c").iterdir())


@pytest.mark.parametrize("command", FILTERS)
def test_a_closed_pipe_ends_all_processes_silently(command, folder):
    more = f"""for i in 1 2 3 4 5; do sed 's/"program":"/&'$i/ {command}.in; done"""
    done = run(f"{more} | {{ {command} --jobs 2; echo $? >&2; }} | head -1", folder)
    assert (done.stdout.count(b"\n"), done.stderr.splitlines()[-1]) == (1, b"141")


def is_running(process):
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


@pytest.fixture(params=MAKES)
def at_work(request, folder, tmp_path):
    """Return a command with two processes that wait for what is written to a pipe, the pipe, and they."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen(
        [request.param, "--jobs", "2", fifo],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        with open(fifo, "wb", buffering=0) as stream:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            yield request.param, process, stream, [int(child) for child in children]
        process.kill()


def test_a_process_that_is_killed_is_an_error_that_names_its_programs(at_work, folder):
    command, process, stream, workers = at_work
    assert len(workers) == 2
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    stream.write(b"".join(records(folder, command)))
    stream.close()
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, b"")
    assert re.fullmatch(
        rf"{command}: the process working on programs \d+, \d+, \d+\.\.\. \d+ \(\d+\) was killed by SIGKILL; "
        rf"their {MAKES[command]} and those of the programs after them are missing\n",
        err.decode(),
    )


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_the_command(how, at_work):
    _, process, _, workers = at_work
    process.send_signal(how)
    assert process.wait(timeout=30) == -how
    deadline = time.monotonic() + 30
    while any(map(is_running, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
