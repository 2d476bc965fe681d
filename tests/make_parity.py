#!/usr/bin/env python3
"""Make a folder of pools and the associations that the reference generator makes of them.

usage: make_parity.py OUTDIR POOL...

Run it with a Python in which `jwst` is installed. OUTDIR then holds what tests/test_parity.py reads:
pools/NAME.csv and expected/MODE/NAME.jsonl, an association a line with its file name under "_file", for the
modes default, all-candidates, discover and merge. A pool on which the generator fails is named and left out.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

MODES = {
    "default": [],
    "all-candidates": ["--all-candidates"],
    "discover": ["--discover"],
    "merge": ["--merge"],
}


def generate(pool: Path, options: list[str]) -> list[str]:
    """Return the reference's associations as JSON lines."""
    from jwst.associations.main import Main

    lines = []
    for asn in Main.cli([str(pool), "--dry-run", *options]).associations:
        name, text = asn.dump()
        document = json.loads(text)
        document.pop("constraints", None)
        document.pop("code_version", None)
        lines.append(json.dumps({**document, "_file": name}) + "\n")
    return lines


def main() -> int:
    """Run the script."""
    if len(sys.argv) < 3:
        print(__doc__.strip().splitlines()[2], file=sys.stderr)
        return 2
    outdir, *pools = map(Path, sys.argv[1:])
    failed = 0
    (outdir / "pools").mkdir(parents=True, exist_ok=True)
    for pool in pools:
        try:
            made = {mode: generate(pool, options) for mode, options in MODES.items()}
        except Exception as error:  # whatever the reference stumbles over
            print(f"make_parity.py: {pool}: {type(error).__name__}: {error}", file=sys.stderr)
            failed += 1
            continue
        kept = outdir / "pools" / pool.name
        if not (kept.exists() and kept.samefile(pool)):
            shutil.copyfile(pool, kept)
        for mode, lines in made.items():
            (outdir / "expected" / mode).mkdir(parents=True, exist_ok=True)
            (outdir / "expected" / mode / f"{pool.stem}.jsonl").write_text("".join(lines))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
