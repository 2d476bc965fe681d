"""The quick check of structure says what the schemas say."""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys

import pytest

from asntools.asn.schema import ASSOCIATION, STAGE2, STAGE3, wanted_schema
from asntools.common.schemas import validator
from asntools.validate.structure import check_structure, fits

MEMBER = {
    "expname": "a_cal.fits",
    "exptype": "science",
    "exposerr": None,
    "asn_candidate": "x",
    "group_id": 1,
}
PRODUCT = {"name": "mosaic", "members": [MEMBER, {"expname": "b_cal.fits", "exptype": "psf"}]}
DOCUMENT = {
    "asn_type": "image3",
    "asn_rule": "my_rule",
    "version_id": None,
    "code_version": "1",
    "degraded_status": "none",
    "program": "01234",
    "constraints": {"a": 1},
    "asn_id": "o001",
    "asn_pool": "pool.csv",
    "target": "t001",
    "products": [PRODUCT, PRODUCT],
}
VALUES = [None, True, 0, 1.5, "", "x", [], {}, [1], {"members": []}, [{}], ["x"]]


def places(value):
    """Yield each list or object in a document with each of its keys."""
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    for step, inner in steps:
        yield value, step
        if isinstance(inner, (dict, list)):
            yield from places(inner)


def mutated(seed):
    chance = random.Random(seed)
    document = copy.deepcopy(DOCUMENT)
    document["asn_type"] = chance.choice(["image2", "image3", "photometry"])
    for _ in range(chance.choice([0, 1, 1, 2])):
        where, step = chance.choice(list(places(document)))
        if chance.random() < 0.3:
            del where[step]
        else:
            where[step] = copy.deepcopy(chance.choice(VALUES))
    return document


@pytest.mark.parametrize("count", [1000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_the_quick_check_says_what_the_schemas_say(count):
    seen = set()
    for seed in range(count):
        document = mutated(seed)
        schema = wanted_schema(document)
        valid = validator(schema).is_valid(document)
        assert fits(document, is_stage3=schema == STAGE3) is valid, document
        assert (not list(check_structure(document))) is valid
        seen.add((schema, valid))
    assert seen == {(schema, valid) for schema in (ASSOCIATION, STAGE2, STAGE3) for valid in (True, False)}


HEAVY = (
    "jsonschema",
    "referencing",
    "yaml",
    "astropy",
    "orjson",
    "importlib.metadata",
    "dataclasses",
    "difflib",
)


@pytest.mark.parametrize("asn_id", ["o001", "bad"])
def test_what_fits_needs_no_library_of_schemas(tmp_path, asn_id):
    path = tmp_path / "x_asn.json"
    path.write_text(json.dumps({**DOCUMENT, "asn_id": asn_id, "products": [PRODUCT]}, indent=4))
    code = "import sys; from asntools.validate.cli import main; main(sys.argv[1:]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()
    assert ("ASN240" in done.stdout) is (asn_id == "bad")
    assert not set(HEAVY) & set(loaded)
    assert "asntools.asn.json_scanner" not in loaded
    assert len(loaded) < 140  # as many as `python -c "import argparse, json"` has, and twice that
