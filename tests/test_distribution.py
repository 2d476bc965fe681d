"""The wheel and the sdist hold what they should, and work where nothing else of the checkout is.

Nothing is downloaded: the backend is the one of the environment that runs the tests, and so are the
dependencies, which the fresh virtual environments see through a .pth file.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import asntools
from asntools.edit.verbs import VERBS, add_verbs

ROOT = Path(__file__).parent.parent
VERSION = asntools.__version__
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
COMMANDS = sorted(PROJECT["project"]["scripts"])
NAME = f"asntools-{VERSION}"
PYTHON_VARIABLES = ("PYTHONHOME", "PYTHONPATH")


def run(*line, path=(), **options):
    # What the caller's variables add to Python's path would stand before what is installed.
    environment = {key: value for key, value in os.environ.items() if key not in PYTHON_VARIABLES}
    environment["PATH"] = os.pathsep.join([*map(str, path), environment["PATH"]])
    done = subprocess.run(
        [str(word) for word in line],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment,
        **options,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def hatch(source, target, folder):
    run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder, cwd=source)
    [made] = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    return hatch(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def unpacked(sdist, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return folder / NAME


@pytest.fixture(scope="module")
def wheels(unpacked, tmp_path_factory):
    """Return the wheel of the checkout, and that of the unpacked sdist."""
    return {
        "checkout": hatch(ROOT, "wheel", tmp_path_factory.mktemp("wheel")),
        "sdist": hatch(unpacked, "wheel", tmp_path_factory.mktemp("wheel-of-sdist")),
    }


@pytest.fixture(scope="module")
def installed(wheels, tmp_path_factory):
    """Return the folder of commands of a fresh environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python"]
    run(*pip, "install", "--no-deps", "--no-index", wheels["sdist"])
    [own] = folder.glob("lib/python*/site-packages")
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def files_of(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}


def under(folder, pattern):
    return {
        str(path.relative_to(folder)) for path in folder.rglob(pattern) if "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_package_and_its_data(wheels):
    files = files_of(wheels["checkout"])
    package = {name for name in files if name.startswith("asntools/")}
    assert package == {
        *(f"asntools/{name}" for name in under(ROOT / "asntools", "*.py")),
        *(f"asntools/{name}" for name in under(ROOT / "asntools", "*.yaml")),
        *(f"asntools/{name}" for name in under(ROOT / "asntools", "page*")),
        *(f"asntools/schemas/{name}" for name in under(ROOT / "schemas", "*.json")),
        "asntools/py.typed",
    }
    assert {name.split("/")[0] for name in files} == {"asntools", f"{NAME}.dist-info", f"{NAME}.data"}
    assert f"{NAME}.dist-info/licenses/LICENSE" in files


def test_the_wheel_holds_the_manual(wheels):
    pages = {name.rsplit("/", 1)[1] for name in files_of(wheels["checkout"]) if "/share/man/" in name}
    assert pages == {path.name for path in (ROOT / "man").iterdir()}
    assert {f"{command}.1" for command in COMMANDS} < pages


def test_the_wheel_holds_completions_where_shells_look(wheels):
    places = {
        name.split("/share/")[1]
        for name in files_of(wheels["checkout"])
        if "complet" in name or "zsh" in name
    }
    assert places == {
        *(f"bash-completion/completions/{command}" for command in COMMANDS),
        *(f"zsh/site-functions/_{command}" for command in COMMANDS),
        *(f"fish/vendor_completions.d/{command}.fish" for command in COMMANDS),
    }


@pytest.fixture(scope="module")
def completions(wheels, tmp_path_factory):
    folder = tmp_path_factory.mktemp("completions")
    with zipfile.ZipFile(wheels["checkout"]) as archive:
        archive.extractall(folder)
    return folder / f"{NAME}.data" / "data" / "share"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["asn-match", "--r"], {"--rule", "--rules"}),
        (["asn-match", "--rule", "Asn_Lv3WFSSN"], {"Asn_Lv3WFSSNIS", "Asn_Lv3WFSSNRC"}),
        (["asn-edit", "re"], {"relocate", "remove-member", "remove-product", "rename-product"}),
        (["asn-edit", "set-exptype", "--exptype", "s"], {"science", "segmap", "selfcal", "sourcecat"}),
        (["asn-fmt", "--to", "t"], {"table", "tree"}),
    ],
)
def test_bash_completes(words, wanted, completions):
    file = completions / "bash-completion" / "completions" / words[0]
    function = re.search(r"^complete .*-F (\w+)", file.read_text(), flags=re.MULTILINE)[1]
    script = (
        f"source {file}; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1};"
        f' {function}; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    assert {word.strip() for word in run("bash", "-c", script).splitlines()} == wanted


def test_bash_completes_the_options_of_every_verb(completions):
    file = completions / "bash-completion" / "completions" / "asn-edit"
    function = re.search(r"^complete .*-F (\w+)", file.read_text(), flags=re.MULTILINE)[1]
    script = (
        f"source {file}; COMP_CWORD=2; for verb in {' '.join(VERBS)}; do"
        f' COMP_WORDS=(asn-edit $verb --); {function}; echo "$verb ${{COMPREPLY[*]}}"; done'
    )
    parser = argparse.ArgumentParser()
    add_verbs(parser)
    [verbs] = (action.choices for action in parser._actions if action.choices)
    completed = {verb: set(words) for verb, *words in map(str.split, run("bash", "-c", script).splitlines())}
    assert completed == {
        verb: {
            option
            for action in one._actions
            for option in action.option_strings
            if option.startswith("--") and action.help != argparse.SUPPRESS
        }
        for verb, one in verbs.items()
    }


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_read_their_completions(shell, completions):
    if not shutil.which(shell):
        pytest.skip(f"there is no {shell} here")
    for file in completions.glob(f"{shell}/*/*asn-*"):
        run(shell, "-n", file)


def test_the_sdist_makes_the_same_wheel(wheels):
    checkout, sdist = (files_of(wheels[which]) for which in ("checkout", "sdist"))
    assert sdist == checkout


def test_the_sdist_holds_what_its_tests_need(unpacked):
    for name in ("tests/data/pool.csv", "tests/conftest.py", "bin/asn-pool", "README.md", "LICENSE"):
        assert (unpacked / name).read_bytes() == (ROOT / name).read_bytes()
    for command in COMMANDS:
        assert run(unpacked / "bin" / command, "--version") == f"{command} {VERSION}\n"
    assert under(unpacked / "tests", "cmd") == under(ROOT / "tests", "cmd")


@pytest.mark.parametrize("variable", PYTHON_VARIABLES)
def test_an_installation_does_not_see_the_python_of_the_caller(installed, tmp_path, monkeypatch, variable):
    (tmp_path / "asntools.py").write_text("raise SystemExit('this is the caller's')\n")
    monkeypatch.setenv(variable, str(tmp_path))
    assert run(installed / COMMANDS[0], "--version") == f"{COMMANDS[0]} {VERSION}\n"


def test_an_installation_works_elsewhere(installed, unpacked, tmp_path):
    where = run(installed / "python", "-c", "import asntools; print(asntools.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)
    for command in COMMANDS:
        assert run(installed / command, "--version", cwd=tmp_path) == f"{command} {VERSION}\n"
    line = 'asn-pool "$1" | asn-match | asn-build --outdir asns && asn-fmt --to jsonl asns/*'
    pool = unpacked / "tests" / "data" / "pool.csv"
    out = run("bash", "-o", "pipefail", "-c", line, "bash", pool, cwd=tmp_path, path=[installed])
    made = [json.loads(text) for text in out.splitlines()]
    assert {asn["asn_type"] for asn in made} >= {"image2", "image3"}
    assert {asn["code_version"] for asn in made} == {VERSION}
    assert len(list((tmp_path / "asns").iterdir())) == len(made) > 10
    run(installed / "asn-validate", *(tmp_path / "asns").iterdir(), cwd=tmp_path)
    line = "asn-edit add-member a.json --expname x_cal.fits --exptype BACKGROUND | asn-validate"
    image3 = next(asn for asn in made if asn["asn_type"] == "image3")
    (tmp_path / "a.json").write_text(json.dumps(image3))
    run("bash", "-o", "pipefail", "-c", line, cwd=tmp_path, path=[installed])
