#!/usr/bin/env python3
"""Measure how fast asn-pool reads FITS files, beside a bare loop of astropy.io.fits.getheader.

usage: read_headers.py [FILES]

Makes FILES (10,000 by default) files with headers as long as those of real exposures and no data, in a
folder that is removed at the end. Prints, for each way of reading them, the files a second, by the clock and
by the time of the processor, and the peak of memory of the largest process. Each runs as a process of its
own, once to warm the cache and once to be measured.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

LOOP = """
import sys
from astropy.io import fits
for name in open(sys.argv[1]):
    fits.getheader(name.rstrip())
"""
MEASURED = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""
# How many cards the two headers of a _rate file have beside those that are read.
PRIMARY, SCI = 250, 90


def block(cards: list[str]) -> bytes:
    text = "".join(f"{card:80}" for card in [*cards, "END"])
    return text.encode().ljust(-(-len(text) // 2880) * 2880)


def content(number: int) -> bytes:
    """Return a file of MIRI: of 20 exposures at 4 dither points in each observation."""
    observation = 1 + number // 80
    values = {
        "TELESCOP": "'JWST    '",
        "PROGRAM": f"'{1 + observation // 999:05d}'",
        "OBSERVTN": f"'{1 + observation % 999:03d}'",
        "VISIT": "'001     '",
        "ACT_ID": "'01      '",
        "EXPOSURE": f"'{1 + number % 80:05d}'",
        "INSTRUME": "'MIRI    '",
        "DETECTOR": "'MIRIMAGE'",
        "EXP_TYPE": "'MIR_IMAGE'",
        "FILTER": f"'F{770 + number % 4 * 100}W   '",
        "SUBARRAY": "'FULL    '",
        "VISITYPE": "'PRIME_TARGETED_FIXED'",
        "TSOVISIT": "F",
        "BKGDTARG": "F",
        "TARGPROP": f"'TARGET-{observation}'",
        "EXPSTART": f"{59000 + number / 100}",
    }
    primary = [
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    0",
    ]
    primary += [f"{name:8}= {value:20} / what this keyword says" for name, value in values.items()]
    primary += [f"FILL{at:04d}= {at * 1.5:20} / [unit] one of many others" for at in range(PRIMARY)]
    sci = ["XTENSION= 'IMAGE   '", "BITPIX  =                  -32", "NAXIS   =                    0"]
    sci += ["PCOUNT  =                    0", "GCOUNT  =                    1", "EXTNAME = 'SCI     '"]
    sci += [f"FILL{at:04d}= {at * 1.5:20}" for at in range(SCI)]
    sci += [f"S_REGION= 'POLYGON ICRS {number} -72.1 5.7 -72.1'"]
    return block(primary) + block(sci)


def write(folder: Path, count: int) -> Path:
    names = folder / "names"
    with names.open("w") as listed:
        for number in range(count):
            observation = 1 + number // 80
            place = f"{1 + observation // 999:05d}{1 + observation % 999:03d}001"
            path = folder / f"jw{place}_02101_{1 + number % 80:05d}_mirimage_rate.fits"
            path.write_bytes(content(number))
            listed.write(f"{path}\n")
    return names


def measure(line: list[str]) -> list[float]:
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, *line], capture_output=True, text=True, check=True
        )
    return list(map(float, done.stdout.split()))


def main() -> None:
    """Run the benchmark."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        names = str(write(Path(folder), count))
        pipe = f"asn-pool --files-from {names} | asn-match --rule level2 | asn-build"
        runs = {
            "getheader": [sys.executable, "-c", LOOP, names],
            **{f"asn-pool --jobs {n}": ["asn-pool", "--jobs", n, "--files-from", names] for n in "124"},
            "files to associations": ["bash", "-o", "pipefail", "-c", pipe],
        }
        print(f"{count} files          files/s  files/s of processor  peak MB")
        for what, line in runs.items():
            clock, processor, megabytes = measure(line)
            print(f"{what:22} {count / clock:8.0f} {count / processor:14.0f} {megabytes:12.0f}", flush=True)


if __name__ == "__main__":
    main()
