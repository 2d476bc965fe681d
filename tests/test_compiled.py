"""The wheel with compiled modules makes, byte for byte, what the sources make."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from test_parity import FOLDER

ROOT = Path(__file__).parents[1]
SIMULATE = ROOT / "benchmarks" / "simulate_pool.py"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("cc") and Path(sysconfig.get_path("include"), "Python.h").exists()),
        reason="there is no C compiler here, or no headers of Python",
    ),
]


def run(*line, status=0, **environment):
    done = subprocess.run(
        [str(word) for word in line],
        capture_output=True,
        check=False,
        timeout=600,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    assert status is None or done.returncode == status, done.stderr.decode()
    return done


def make_wheel(folder):
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, ASNTOOLS_COMPILE="1")
    [wheel] = folder.iterdir()
    return wheel


def install(wheel, folder):
    """Install a wheel into a fresh environment, and return the folder of its commands."""
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    [own] = folder.glob("lib/python*/site-packages")
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def compiled_modules(line, bin_folder):
    """Return the modules of ours that a command loads, and those of them that are compiled."""
    command, *arguments = line.split()
    script = (
        f"import sys, atexit; from asntools.commands import {command} as main; sys.argv[0] = '{command}'\n"
        "atexit.register(lambda: print(*(f'{name}={module.__file__}' for name, module in "
        "sys.modules.items() if name.startswith('asntools')), file=sys.stderr))\nmain()"
    )
    done = run(bin_folder / "python", "-P", "-c", script, *arguments)
    modules = dict(word.split("=") for word in done.stderr.decode().split())
    return modules.keys(), {name for name, file in modules.items() if file.endswith(".so")}


def pools(folder):
    yield from sorted((FOLDER / "pools").glob("*.csv"))
    for seed in (1, 2):
        pool = folder / f"{seed}.csv"
        pool.write_bytes(run(sys.executable, SIMULATE, 800, "--seed", seed, "--shuffle").stdout)
        yield pool


LINES = [
    "asn-pool {pool} | asn-match | asn-build --explain",
    "asn-pool {pool} | asn-match --discover | asn-build --merge",
    "asn-pool {pool} | asn-match --orphans; asn-pool {pool} | asn-match --rule level3 --explain '*'",
    "asn-generate --jobs 2 --all-candidates {pool}",
]


# One test, so that one process makes the wheel.
def test_the_bytes_and_messages_of_the_sources(tmp_path):
    pytest.importorskip("mypyc")
    (tmp_path / "wheel").mkdir()
    wheel = make_wheel(tmp_path / "wheel")
    assert not wheel.name.endswith("-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    libraries = {f"{name.split('.')[0]}.py" for name in names if name.endswith(".so")}
    assert libraries - set(names) == {"asntools__mypyc.py"}
    bin_folder = install(wheel, tmp_path / "environment")

    _, compiled = compiled_modules("generate --rule image3 tests/data/pool.csv", bin_folder)
    names = "match.matching match.join build.associations build.building jwst.exposures".split()
    assert {f"asntools.{name}" for name in names} <= compiled
    one = tmp_path / "a.json"
    one.write_bytes(run(bin_folder / "asn-generate", "--rule", "image3", "tests/data/pool.csv").stdout)
    for line in ("edit dedupe", "validate", "fmt --to table"):
        modules, compiled = compiled_modules(f"{line} {one}", bin_folder)
        assert len(modules) > 20
        assert not compiled, "small commands are to load no library"

    path = os.environ["PATH"]
    for pool in pools(tmp_path):
        for line in LINES:
            want, made = (
                run("bash", "-c", line.format(pool=pool), status=None, PATH=where)
                for where in (path, f"{bin_folder}:{path}")
            )
            assert (made.stdout, made.stderr) == (want.stdout, want.stderr), (pool, line)
            assert made.returncode == want.returncode
        assert want.stdout
