"""Each recipe of asn-recipes(7) makes what the observatory's notebook of that mode makes by hand."""

from __future__ import annotations

import json
import re
import subprocess

import make_docs
import pytest
from recipes import RECIPES, write
from test_manual import blocks, plain, sections

SECTION = sections(make_docs.MAN / "asn-recipes.7")["RECIPES"]
_, *PARTS = re.split(r'^\.SS "?([^"\n]*)"?\n', SECTION, flags=re.MULTILINE)
SCRIPTS = {plain(heading): blocks(text) for heading, text in zip(PARTS[::2], PARTS[1::2], strict=True)}

pytestmark = pytest.mark.usefixtures("at_once")


def test_every_recipe_is_tried():
    assert SCRIPTS.keys() == RECIPES.keys()


@pytest.mark.parametrize("name", RECIPES)
def test_recipe(name, tmp_path):
    recipe = RECIPES[name]
    write(recipe.files, tmp_path, *recipe.levels)
    [script] = SCRIPTS[name]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    made = [
        (asn["asn_type"], frozenset((member["exptype"], member["expname"]) for member in product["members"]))
        for asn in map(json.loads, done.stdout.splitlines())
        for product in asn["products"]
    ]
    wanted = list(recipe.expected(recipe.files))
    assert len(set(made)) == len(made)
    assert set(made) == set(wanted)
    valid = subprocess.run(
        ["asn-validate", "--strict"],
        input=done.stdout,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (valid.returncode, valid.stdout) == (0, "")
