"""The recipes of asn-scale(7) for batch systems, run on pieces, and what they make."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import make_docs
import pytest
from test_manual import blocks, sections

pytestmark = pytest.mark.slow

PAGE = sections(make_docs.MAN / "asn-scale.7")
SCRIPT, PARALLEL, SLURM, CONDOR = blocks(PAGE["BATCH SYSTEMS"])
[CUT] = blocks(PAGE["EXAMPLES"])
SIMULATE = Path(__file__).parents[2] / "benchmarks" / "simulate_pool.py"


def run(script, folder, **more):
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", **more}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    """Return a folder with a pool cut into pieces, and what is to be made of it."""
    here = tmp_path_factory.mktemp("pieces")
    run(f"{sys.executable} {SIMULATE} 300 --seed 7 > pool.csv", here)
    run("asn-generate --version-id 20260101t000000 --outdir want pool.csv", here)
    cut = CUT.partition("printf '%s\\0'")[0].replace("size=2000000", "size=80000")
    run(cut, here)
    assert len(list(here.glob("piece-*.jsonl"))) > 2
    return here


@pytest.fixture
def here(pieces, tmp_path):
    """Return a folder with these pieces and the script that does one."""
    shutil.copytree(pieces, tmp_path, dirs_exist_ok=True)
    run(SCRIPT, tmp_path)
    return tmp_path


def put(folder, name, text):
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.mark.skipif(shutil.which("parallel") is None, reason="needs GNU parallel")
def test_parallel(here):
    lost = here / "piece-00001.jsonl"
    lost.rename(here / "lost")
    lost.touch(mode=0)
    put(here, "asn-generate", f'#!/bin/sh\n[ -s "$5" ] || exit 2\nexec {shutil.which("asn-generate")} "$@"\n')
    with pytest.raises(AssertionError):
        run(PARALLEL, here)
    (here / "lost").rename(lost)
    before = (here / "log").read_text().splitlines()
    run(PARALLEL, here)
    assert len((here / "log").read_text().splitlines()) == len(before) + 1
    assert files_of(here / "asns") == files_of(here / "want")


# In place of the batch systems stand scripts that run what these are asked to, one task after another.
SBATCH = r"""#!/bin/bash
set -euo pipefail
[[ $# = 3 && $1 =~ ^--array=0-([0-9]+)$ && $2 = --wrap ]]
bash -n -c "$3"
for ((SLURM_ARRAY_TASK_ID = 0; SLURM_ARRAY_TASK_ID <= BASH_REMATCH[1]; SLURM_ARRAY_TASK_ID++)); do
    export SLURM_ARRAY_TASK_ID
    sh -ec "$3"
done
"""
CONDOR_SUBMIT = r"""#!/bin/bash
set -euo pipefail
[[ $(<"$1") =~ ^executable\ =\ (.*)$'\n'arguments\ =\ \$\(piece\)$'\n'queue\ piece\ matching\ (.*)$ ]]
bash -n "${BASH_REMATCH[1]}"
for piece in ${BASH_REMATCH[2]}; do
    "./${BASH_REMATCH[1]}" "$piece"
done
"""


@pytest.mark.parametrize(
    ("script", "command", "text"),
    [(SLURM, "sbatch", SBATCH), (CONDOR, "condor_submit", CONDOR_SUBMIT)],
    ids=["slurm", "htcondor"],
)
def test_batch_systems(script, command, text, here):
    subprocess.run(["bash", "-n", "-c", script], check=True)
    put(here, command, text)
    run(script, here)
    assert files_of(here / "asns") == files_of(here / "want")
