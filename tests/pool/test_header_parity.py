"""The same exposures, described by a pool or by FITS headers, make the same associations.

For each pool that the folder of test_parity.py holds, each row becomes a FITS file. What a row says goes
over as the keyword of its column (fitsfiles.header_of). The observatory's headers have no keyword for some
columns; once they are written all the same, and once left out, so that asn-pool derives what it can. Beside
that:

- candidates other than that of the observation, notes, and what is wrong with an exposure go over by --set;
- targets go over by their names. Where the names that a pool has do not tell its targets apart, TARGPROP is
  made up from the number. The numbers are then compared one to one: planners number in another order;
- the old column subpxpns goes over as SUBPXPTS, which took its place; tilts are rounded as headers' are;
- a row that comes again, with other values, is left out, for a file has one header.
"""

from __future__ import annotations

import json
from collections import Counter

import pytest
from fitsfiles import BY_ATTRIBUTE, header_of, write_fits
from test_parity import FOLDER

from asntools.build import build
from asntools.match import load_rules, match
from asntools.pool.cli import main as asn_pool
from asntools.pool.exposures import observation_candidate
from asntools.pool.reading import read_exposures

RULES = load_rules()
POOLS = sorted((FOLDER / "pools").glob("*.csv"))
DERIVED = {keyword.attribute for keyword in BY_ATTRIBUTE.values() if keyword.path == "-"}
# Made-up pools, in which exposures of one activity have different places in the sequence.
WITH_PLACES = {"mega_pool", "pool_023_nirspec_msa_3nod"}

pytestmark = pytest.mark.skipif(not POOLS, reason=f"no parity folder at {FOLDER}")


def rows_of(pool):
    """Return the exposures of a pool as headers can say them."""
    with pool.open("rb") as stream:
        rows = list(read_exposures(stream, pool.name, lambda fault: None))
    for row in rows:
        row["asn_pool"] = "none"
        if row.get("bkgdtarg") == "y":
            row["bkgdtarg"] = "t"
        if row.get("subpxpts") is None and row.get("subpxpns") is not None:
            row["subpxpts"] = row["subpxpns"]
        for tilt in row.keys() & {"gwa_xtil", "gwa_ytil"}:
            row[tilt] = row[tilt] and str(round(float(row[tilt].rstrip("f")), 8))
    name_targets(rows)
    return list({(row["program"], row["filename"]): row for row in reversed(rows)}.values())[::-1]


def name_targets(rows):
    targets = {(row["program"], row.get("targprop") or row.get("targname"), row["targetid"]) for row in rows}
    named = all(name not in (None, "unknown") for _, name, _ in targets)
    names = Counter(target[:2] for target in targets)
    numbers = Counter(target[::2] for target in targets)
    if not named or max(names.values()) > 1 or max(numbers.values()) > 1:
        for row in rows:
            row["targprop"] = f"target {row['targetid']}"


def lay(rows, folder, *, left_out):
    """Write the FITS files; return what to give to asn-pool."""
    arguments = []
    paths = []
    for number, row in enumerate(rows):
        # Two programs of one pool may have files of one name.
        place = f"{number:04d}"
        said = {name: value for name, value in row.items() if name not in left_out}
        paths.append(write_fits(folder / place / row["filename"], header_of(said)))
        if row["asn_candidate"] != observation_candidate(row["obs_num"]):
            arguments += ["--set", f"asn_candidate={row['asn_candidate'] or ''}:*/{place}/*"]
        arguments += [
            f"--set={name}={row[name]}:*/{place}/*" for name in ("dms_note", "exposerr") if row.get(name)
        ]
    (folder / "names").write_text("".join(f"{path}\n" for path in paths))
    return [*arguments, "--files-from", str(folder / "names")]


def with_numbers_of(rows, exposures):
    """Return exposures with the rows' numbers of targets, which must be one to one to theirs."""
    pairs = {
        (row["program"], mine["targetid"], row["targetid"]) for mine, row in zip(exposures, rows, strict=True)
    }
    assert len({pair[:2] for pair in pairs}) == len(pairs) == len({pair[::2] for pair in pairs})
    theirs = {(program, mine): number for program, mine, number in pairs}
    return [{**each, "targetid": theirs[each["program"], each["targetid"]]} for each in exposures]


@pytest.mark.parametrize("pool", POOLS, ids=lambda path: path.stem)
def test_headers_make_the_associations_of_the_pool(pool, tmp_path, capfdbinary):
    def associations(mode, records):
        made = [each.asn for each in build(match(records, RULES, **mode, report=[].append))]
        for asn in made:
            del asn["constraints"]  # which tell the columns that were left out
        return made

    rows = rows_of(pool)
    modes = ({}, {"all_candidates": True}, {"discover": True})
    wanted = [associations(mode, rows) for mode in modes]
    said_all_the_same = {"expspcin"} if pool.stem in WITH_PLACES else set()
    for left_out in ({"targetid"}, DERIVED - said_all_the_same):
        assert asn_pool(lay(rows, tmp_path, left_out=left_out)) == 0
        exposures = list(map(json.loads, capfdbinary.readouterr().out.splitlines()))
        for mine, row in zip(exposures, rows, strict=True):
            said = {name for name, value in row.items() if value is not None} & BY_ATTRIBUTE.keys() - left_out
            assert {name: mine[name] for name in said} == {name: row[name] for name in said}
        exposures = with_numbers_of(rows, exposures)
        for mode, want in zip(modes, wanted, strict=True):
            made = associations(mode, exposures)
            assert made == want, (mode, left_out)
            assert made or "discover" in mode
