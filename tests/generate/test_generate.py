"""asn-generate: the same associations as the pipe makes, however the work is cut."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from asntools.common.command import Console
from asntools.generate import generate
from asntools.generate.joining import Joining
from asntools.generate.pieces import pieces
from asntools.generate.work import Recipe, Work, as_plain, from_plain
from asntools.match.account import Account
from asntools.match.selection import Selection
from asntools.pool import read_pool

pytestmark = pytest.mark.usefixtures("at_once")
SIMULATE = Path(__file__).parents[2] / "benchmarks" / "simulate_pool.py"


def run(line, **options):
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], capture_output=True, check=False, timeout=120, **options
    )
    assert b"Traceback" not in done.stderr
    return done


def messages(done):
    """Return what is said, less which command says it and in which order."""
    lines = re.sub(r"^asn-(pool|match|build|generate)", "", done.stderr.decode(), flags=re.MULTILINE)
    return sorted(re.sub(r"<stdin>|<groups>|<exposures>", "<in>", lines).splitlines())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a pool of some programs, of many modes."""
    here = tmp_path_factory.mktemp("pools")
    made = run(f"{sys.executable} {SIMULATE} 300 --seed 7")
    (here / "pool.csv").write_bytes(made.stdout)
    return here


@pytest.fixture(scope="module")
def piped(folder):
    done = run("asn-pool pool.csv | asn-match | asn-build", cwd=folder)
    assert done.returncode == 0
    assert len({json.loads(line)["program"] for line in done.stdout.splitlines()}) > 5
    return done


@pytest.mark.parametrize("options", ["", "--jobs 2", "--jobs 3 --unsorted", "--sort", "--explain"])
def test_the_bytes_and_messages_of_the_pipe(options, folder, piped):
    done = run(f"asn-generate {options} pool.csv", cwd=folder)
    assert (done.returncode, done.stdout) == (0, piped.stdout)
    if options == "--explain":
        assert set(messages(piped)) < set(messages(done))
    else:
        assert messages(done) == messages(piped)


PARTS = [
    ("", "", "--merge"),
    ("", "--rule level3", "--product-name '{program}_{instrume}_{optics}' --version-id 2026"),
    ("--where '.instrume == \"nircam\"'", "--all-candidates", "--explain"),
    ("--candidate background=o001 --set bkgdtarg=t:*001_*", "", "--merge"),
    ("", "--discover --rule image3", ""),
    ("", "--candidate o001 --candidate o002 --candidate x99", ""),
    ("", "--no-default-rules --rules mine.yaml", ""),
]


@pytest.mark.parametrize(("pool", "match", "build"), PARTS)
def test_options_mean_what_they_mean_in_the_pipe(pool, match, build, folder):
    (folder / "mine.yaml").write_text(
        "rules:\n  My_Sky: {stage: 2, asn_type: image2, summary: sky, same: [obs_num, detector],"
        " members: [{as: background}]}\n"
        "  My_All: {stage: 3, asn_type: image3, summary: all, where: {instrume: nircam},"
        " same: [instrume, filter], members: [{as: science}]}\n"
    )
    want = run(f"asn-pool {pool} pool.csv | asn-match {match} | asn-build {build}", cwd=folder)
    for jobs in ("", "--jobs 2"):
        done = run(f"asn-generate {jobs} {pool} {match} {build} pool.csv", cwd=folder)
        assert (done.returncode, done.stdout) == (want.returncode, want.stdout)
        assert messages(done) == messages(want)
    assert want.stdout
    if "mine" in match:
        assert b"asn-match: My_Sky made no group" in want.stderr


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_files_of_the_pipe(folder, tmp_path):
    pool = folder / "pool.csv"
    assert run(f"asn-pool {pool} | asn-match | asn-build --outdir a", cwd=tmp_path).returncode == 0
    done = run(f"asn-generate --outdir b {pool} && asn-generate --jobs 2 --outdir c {pool}", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b") == files_of(tmp_path / "c") != {}
    again = run(f"asn-generate --outdir b {pool}", cwd=tmp_path)
    assert again.returncode == 2
    assert b"already exists, and nothing is written; use --force to replace it\n" in again.stderr
    assert run(f"asn-generate --force --outdir b {pool}", cwd=tmp_path).returncode == 0


def test_the_seed_of_hashes_does_not_matter(folder, piped):
    for seed in ("1", "2", "77"):
        done = run("asn-generate pool.csv", cwd=folder, env={**os.environ, "PYTHONHASHSEED": seed})
        assert done.stdout == piped.stdout
        assert messages(done) == messages(piped)


def by_program(records):
    records = sorted(records, key=lambda record: record["program"])
    return [list(group) for _, group in itertools.groupby(records, key=lambda record: record["program"])]


def dumped(associations):
    return sorted(json.dumps(asn) for asn in associations)


def quiet(fault):
    assert not fault.serious


def test_neither_the_order_of_programs_nor_how_they_are_cut_matters(folder, piped):
    want = dumped(json.loads(line) for line in piped.stdout.splitlines())
    programs = by_program(read_pool(folder / "pool.csv"))
    cut = [asn for program in programs for asn in generate(program, report=quiet)]
    assert dumped(cut) == want
    random.Random(3).shuffle(programs)
    mixed = [record for turn in itertools.zip_longest(*programs) for record in turn if record]
    for shuffled in (itertools.chain.from_iterable(programs), mixed):
        assert dumped(generate(shuffled, report=quiet)) == want


def said(capsys, exposures, size, selection, *, plain=False):
    recipe = Recipe(selection=selection)
    work, console = Work(recipe), Console("x")
    joining = Joining(Account(Work(recipe).matcher, selection), console.report)
    for piece in pieces(exposures, console.report, size=size):
        made = work(piece)
        joining.add(from_plain(json.loads(json.dumps(as_plain(made)))) if plain else made)
    joining.finish()
    console.finish()
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("columns", "selection"),
    [
        ({"targetid"}, Selection()),
        ({"expspcin", "numdthpt"}, Selection()),
        ({"exp_type"}, Selection()),
        ({"instrume"}, Selection()),
        (set(), Selection(ids=("o001", "z9"), discovered=False)),
    ],
    ids=lambda value: "-".join(sorted(value)) if isinstance(value, set) else "",
)
def test_the_account_of_pieces_is_that_of_the_whole(columns, selection, folder, capsys):
    exposures = [
        {name: value for name, value in record.items() if name not in columns}
        for record in read_pool(folder / "pool.csv")
    ]
    # A column that only some programs have is known from there on.
    for record in exposures[len(exposures) // 2 :]:
        record["late"] = "x"
    whole = said(capsys, exposures, 10**9, selection)
    assert "no exposure" in whole or "no groups" in whole or not columns
    assert said(capsys, exposures, 1, selection) == whole
    assert said(capsys, exposures, 30_000, selection, plain=True) == whole


def test_pieces_hold_whole_programs_and_all_exposures(folder):
    exposures = read_pool(folder / "pool.csv")
    small = list(pieces(exposures, pytest.fail, size=1))
    assert all(len(piece.programs) == 1 for piece in small)
    large = list(pieces(exposures, pytest.fail, size=20_000))
    assert 1 < len(large) < len(small)
    names = [program.name for piece in large for program in piece.programs]
    assert len(names) == len(set(names))
    for made in (small, large):
        held = [each for piece in made for program in piece.programs for each in program.exposures()]
        assert sorted(map(json.dumps, held)) == sorted(map(json.dumps, exposures))


def test_a_program_that_comes_back_names_both_exposures(folder):
    one, *others = by_program(read_pool(folder / "pool.csv"))
    faults = []
    made = list(pieces([*one, *itertools.chain(*others), one[0]], faults.append, held=30_000))
    assert sum(len(piece.programs) for piece in made) == len(others) + 1
    [fault] = faults
    assert str(fault).startswith(f"<exposures>:{len(one) + sum(map(len, others)) + 1}: program ")
    assert f"up to line {len(one)} were processed" in str(fault)


def test_status_of_no_match(folder):
    for jobs in ("", "--jobs 2"):
        done = run(f"asn-generate {jobs} -e --candidate c9999 pool.csv", cwd=folder)
        assert (done.returncode, done.stdout) == (1, b"")
        assert b"no exposure is in candidate 'c9999'" in done.stderr
        assert run(f"asn-generate {jobs} -e --rule image2 pool.csv", cwd=folder).returncode == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--candidate o001 --discover", "--discover cannot be combined with --candidate o001"),
        ("--candidate =o001", "'=o001'"),
        ("--jobs 0", "'0' is not a number from 1 to 64"),
        ("--force", "--force needs --outdir"),
        ("--no-default-rules", "there are no rules: --no-default-rules needs --rules FILE"),
        ("--rules -", "standard input cannot be both rules and exposures; name a FILE of exposures"),
    ],
)
def test_usage(options, told, folder):
    rules = b"rules: {A: {stage: 3, asn_type: image3, summary: a, members: [{as: science}]}}\n"
    done = run(f"asn-generate {options}", cwd=folder, input=rules)
    assert (done.returncode, done.stdout) == (2, b"")
    assert told in done.stderr.decode()
