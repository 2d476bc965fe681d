"""A fault at each system call: one error each for some commands, every error for all in the slow run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import faults
import pytest
from injections import Outside, can_trace
from scenarios import scenarios

QUICK = ["asn-edit -i --backup", "asn-edit -i, symbolic link", "asn-fmt --repair -i", "asn-build --outdir"]
SLOW = [
    "asn-edit -i",
    "asn-edit -i, hard link",
    "asn-edit -i, shared file",
    "asn-edit --outdir",
    "asn-edit -o",
    "asn-edit gather",
    "asn-build --outdir --force",
    "asn-fmt -i",
    "asn-generate --outdir",
]
PRINTING = ["asn-pool --to csv", "asn-pool --sort"]  # which `os` does not do
slow = pytest.mark.slow


# In a process of its own: of one as large as that of the tests, a trial's three copies take twice as long.
TRIALS = """
import json, sys, faults, scenarios
name, every = sys.argv[1], sys.argv[2] == "True"
print(json.dumps(list(faults.trials(scenarios.scenarios()[name], every=every))))
"""


@pytest.mark.parametrize(
    ("name", "every"),
    [
        *((name, False) for name in QUICK),
        *(pytest.param(name, True, marks=slow) for name in QUICK + SLOW),
    ],
)
def test_no_failing_call_harms_a_file(name, every):
    done = subprocess.run(
        [sys.executable, "-c", TRIALS, name, str(every)],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        check=True,
    )
    outcomes = json.loads(done.stdout)
    assert [outcome for outcome in outcomes if outcome[3] is not None] == []
    kinds = {call for call, *_ in outcomes}
    assert {"open", "write", "fsync", "close", "any"} <= kinds
    assert kinds & {"replace", "link"}


@slow
@pytest.mark.skipif(not can_trace(), reason="strace is not there, or may not trace")
@pytest.mark.parametrize("name", ["asn-edit -i", "asn-build --outdir", *PRINTING])
def test_no_failing_system_call_harms_a_file(name):
    outcomes = list(faults.trials(scenarios()[name], every=False, way=Outside))
    assert [outcome for outcome in outcomes if outcome[3] is not None] == []
    assert {"openat", "read", "write", "close"} <= {call for call, *_ in outcomes}
    assert {"kill", "term"} < {failure for _, failure, *_ in outcomes}


def test_all_scenarios_are_tried():
    assert sorted(scenarios()) == sorted(QUICK + SLOW + PRINTING)
