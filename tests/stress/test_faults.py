"""A fault at each system call: one error each in every run of the tests, every error in the long one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("faults", Path(__file__).parent / "faults.py")
faults = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(faults)

SCENARIOS = [
    *("asn-edit -i", "asn-edit -i --backup", "asn-edit -i, symbolic link", "asn-edit -i, hard link"),
    *("asn-fmt -i", "asn-fmt --repair -i", "asn-build --outdir", "asn-build --outdir --force"),
]


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["turns", "every"])
def test_no_failing_call_harms_a_file(name, every):
    outcomes = list(faults.trials(faults.scenarios()[name], every=every))
    assert [outcome for outcome in outcomes if outcome[3] is not None] == []
    kinds = {call for call, *_ in outcomes}
    assert {"open", "write", "fsync", "close", "any"} <= kinds
    assert kinds & {"replace", "link"}


def test_all_scenarios_are_tried():
    assert list(faults.scenarios()) == SCENARIOS
