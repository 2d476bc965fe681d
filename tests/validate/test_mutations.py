"""Nothing wrong passes, and nothing right is refused: mutations made from the table of what pipelines read.

``ASNTOOLS_MUTATIONS=10000 pytest tests/validate/test_mutations.py`` makes as many of each kind.
"""

from __future__ import annotations

import copy
import os
from collections import Counter

import pytest
from mutations import BREAKING, HARMLESS, SLITLESS, Sample, tried

from asntools.jwst.levels import LEVELS, PIPELINES
from asntools.validate import ERROR, check_association

COUNT = int(os.environ.get("ASNTOOLS_MUTATIONS", "400"))


def errors(sample):
    found = check_association(copy.deepcopy(sample.asn), sample.file_name)
    return [finding for finding in found if finding.severity == ERROR]


def test_the_samples_are_valid():
    for seed in range(200):
        sample = Sample(seed)
        assert list(check_association(sample.asn, sample.file_name)) == []


FLAGGED = {"cal": "crf", "calints": "crfints"}  # what Stage 3 can start from again


@pytest.mark.parametrize("asn_type", PIPELINES)
def test_each_level_in_each_role(asn_type):
    for role, read in PIPELINES[asn_type].reads.items():
        if role in SLITLESS and asn_type != "spec2":  # which alone is of slitless spectra
            continue
        seeds = iter(range(1000))
        while not (member := (sample := Sample(next(seeds), asn_type)).any_member(role)):
            pass
        root, _, rest = member["expname"].rpartition("_")
        for level in LEVELS:
            member["expname"] = f"{root}_{level}.{rest.partition('.')[2]}"
            is_read = level in {*read, *(FLAGGED.get(each) for each in read)}
            assert bool(errors(sample)) is not is_read, (role, level)


@pytest.mark.parametrize(("mutations", "wrong"), [(BREAKING, False), (HARMLESS, True)])
def test_mutations(mutations, wrong, capsys):
    counts = Counter()
    faults = []
    for name, sample in tried(mutations, "seed", COUNT):
        found = errors(sample)
        counts[name] += 1
        if bool(found) is wrong:
            faults.append((name, sample.file_name, sample.asn, found))
    with capsys.disabled():
        if COUNT > 1000:
            kind = "harmless, refused" if wrong else "breaking, accepted"
            print(f"\n{sum(counts.values())} mutations of {len(counts)} kinds; {kind}: {len(faults)}")
    assert set(counts) == {mutate.__name__ for mutate in mutations}
    assert faults == [], f"{len(faults)} of {COUNT}: {Counter(fault[0] for fault in faults)}: {faults[0]}"
