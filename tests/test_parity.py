"""The pipeline makes of each pool the associations that the reference generator makes of it.

The folder named by ASN_PARITY_DIR, or ../shared/parity beside the checkout, holds pools and what the
reference made of them in each mode; tests/make_parity.py makes such a folder.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from asntools.build.cli import main as asn_build
from asntools.diff import Entry, differences
from asntools.match.cli import main as asn_match
from asntools.pool.cli import main as asn_pool

FOLDER = Path(os.environ.get("ASN_PARITY_DIR") or Path(__file__).parents[2] / "shared" / "parity")
EXPECTED = sorted((FOLDER / "expected").glob("*/*.jsonl"))
OPTIONS = {
    "default": ([], []),
    "all-candidates": (["--all-candidates"], []),
    "discover": (["--discover"], []),
    "merge": ([], ["--merge"]),
}
ALIKE = r"2 associations make this product \(Asn_Lv3WFSCMB"
LOST = r"several associations make it \(Asn_Lv3AMI and Asn_Lv3NRCCoron\), and the largest is kept"
UNCALIBRATED = "1 exposure that no Stage 2 association calibrates"
# What asn-build reports of these pools; of the others, nothing.
REPORTED = {
    "jw00632_dups": ALIKE,  # two visits
    "mega_pool": f"{LOST}|{UNCALIBRATED}",
    "pool_018_all_exptypes": "",
    "pool_duplicate": UNCALIBRATED,  # it has no candidate
}
LEFT_OUT = {"constraints", "code_version", "_file"}

pytestmark = pytest.mark.skipif(not EXPECTED, reason=f"no parity folder at {FOLDER}")


def plain(value):
    return None if isinstance(value, str) and value.lower() == "null" else value


def normal(asn):
    """Return what is compared: all but the constraints' wording and the code's version; null is nothing."""
    out = {key: value for key, value in asn.items() if key not in LEFT_OUT and plain(value) is not None}
    out["asn_rule"] = asn["asn_rule"].removeprefix("candidate_").removeprefix("discover_")
    out["products"] = [
        {
            "name": product["name"],
            "members": [
                {key: value for key, value in member.items() if plain(value) is not None}
                for member in product["members"]
            ],
        }
        for product in asn["products"]
    ]
    return out


def generate(pool, mode, folder, capfdbinary):
    match_options, build_options = OPTIONS[mode]
    exposures, groups = folder / "exposures.jsonl", folder / "groups.jsonl"
    assert asn_pool([str(pool)]) == 0
    exposures.write_bytes(capfdbinary.readouterr().out)
    assert asn_match([*match_options, str(exposures)]) == 0
    groups.write_bytes(capfdbinary.readouterr().out)
    assert asn_build([*build_options, "--outdir", str(folder / "asns"), str(groups)]) == 0
    out, err = capfdbinary.readouterr()
    assert out == b""
    for line in err.decode().splitlines():
        assert re.search(REPORTED.get(pool.stem, "nothing"), line), line
    return {path.name: json.loads(path.read_text()) for path in (folder / "asns").glob("*.json")}


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_parity(expected, tmp_path, capfdbinary):
    want = {asn["_file"]: normal(asn) for asn in map(json.loads, expected.read_text().splitlines())}
    pool = FOLDER / "pools" / f"{expected.stem}.csv"
    (tmp_path / "asns").mkdir()
    have = {
        name: normal(asn) for name, asn in generate(pool, expected.parent.name, tmp_path, capfdbinary).items()
    }
    if len({asn["program"] for asn in want.values()}) <= 1:
        assert have == want
    else:
        # The reference numbers the associations of several programs together, so that names differ.
        found = differences(
            map(Entry, want.values()), map(Entry, have.values()), ignored={"constraints", "code_version"}
        )
        assert [each for each in found if each.changes or None in (each.old, each.new)] == []
