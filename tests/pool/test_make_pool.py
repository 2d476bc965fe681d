"""asn-pool beside the reference's asn_make_pool, on the same files: each difference is explained.

Runs where the environment variable ASN_JWST_PYTHON names a Python in which `jwst` is installed.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
from pathlib import Path

import pytest
from recipes import RECIPES, write

from asntools.build.cli import main as asn_build
from asntools.match.cli import main as asn_match
from asntools.pool import read_files, read_pool

REFERENCE = os.environ.get("ASN_JWST_PYTHON")

pytestmark = pytest.mark.skipif(
    REFERENCE is None, reason="ASN_JWST_PYTHON names no interpreter that has jwst"
)

# Why asn_make_pool of jwst 3.0.0 says otherwise.
EXPLAINED = {
    "filename": "has the folder in which the file was named",
    "files": "follows from filename",
    "i2d": "is not known to it",
    "asn_pool": "is the name of its pool",
    "targetid": "counts targets in the order in which files come, and A, B, A as 1, 2, 2",
    "dithptin": "is 1 for all files",
    "is_imprt": "is f for all files, whatever their headers say, so that leakcals become science",
    "s_region": "is in an extension, which it does not read",
    **dict.fromkeys(["bitpix", "extend", "naxis", "simple", "telescop"], "is a keyword that tells nothing"),
}


def reference_pool(folder: Path, files: list[str]) -> list[dict]:
    subprocess.run(
        [Path(str(REFERENCE)).parent / "asn_make_pool", "theirs", *files],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=600,
    )
    return read_pool(folder / "theirs")


@pytest.mark.parametrize("name", RECIPES)
def test_each_difference_is_explained(name, tmp_path, monkeypatch, capfdbinary):
    def associations(records):
        for command in (asn_match, asn_build):
            stdin = b"".join(json.dumps(record).encode() + b"\n" for record in records)
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            assert command([]) == 0
            records = list(map(json.loads, capfdbinary.readouterr().out.splitlines()))
        return records

    monkeypatch.chdir(tmp_path)
    recipe = RECIPES[name]
    write(recipe.files, tmp_path, recipe.levels[0])
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.fits"))
    ours = read_files(files)
    by_name = {Path(each["filename"]).name: each for each in reference_pool(tmp_path, files)}
    theirs = [by_name[each["filename"]] for each in ours]
    differing = {
        column
        for mine, its in zip(ours, theirs, strict=True)
        for column in mine.keys() | its.keys()
        if mine.get(column) != its.get(column)
    }
    assert differing <= EXPLAINED.keys()
    # With these as we have them, all is the same; of them all, is_imprt alone matters to associations.
    made = associations(ours)
    columns = differing & {"filename", "files", "asn_pool", "targetid"}
    like_ours = [
        {**its, **{column: mine[column] for column in columns}}
        for mine, its in zip(ours, theirs, strict=True)
    ]
    assert (associations(like_ours) == made) is ("is_imprt" not in differing)
    for mine, its in zip(ours, like_ours, strict=True):
        its["is_imprt"] = mine["is_imprt"]
    assert associations(like_ours) == made
