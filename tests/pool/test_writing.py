"""Pools that asn-pool writes: for terminals, for spreadsheets, for scripts."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import tty

import pytest

from asntools.common.faults import Fault
from asntools.pool import read_pool, write_pool
from asntools.pool.writing import pool_lines

EXPOSURE = {
    "filename": "a_uncal.fits",
    "program": "1523",
    "instrume": "miri",
    "exp_type": "mir_image",
    "asn_candidate": None,
    "asn_pool": "pool.csv",
}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("=1+1", "targname"),
        ("=cmd|' /c calc'!a0", "targname"),
        ("@sum(a1)", "targname"),
        ("+cmd", "targname"),
        ("-2+3", "targname"),
        ("-27d", "targname"),
    ],
)
def test_a_formula_stays_and_is_reported_once(value, name):
    faults = []
    exposures = [{**EXPOSURE, name: value}, {**EXPOSURE, "filename": "b.fits", name: value}]
    lines = b"".join(pool_lines(exposures, faults.append))
    assert [str(fault) for fault in faults] == [
        f"{name} {value!r} is a formula to a spreadsheet; open the pool as text only"
    ]
    assert not faults[0].serious
    assert read_pool(io.BytesIO(lines)) == exposures


@pytest.mark.parametrize("value", ["-64.5", "+1", "-1.5e-05", "a=b", "m31", None, ""])
def test_what_is_not_a_formula_is_not_reported(value):
    list(pool_lines([{**EXPOSURE, "targ_dec": value}], pytest.fail))


def test_a_terminal_is_left_as_it_is(tmp_path):
    (tmp_path / "pool.jsonl").write_text(
        '{"filename": "a.fits", "program": "1", "note": "\\u001b[2J\\u009b1m\\u202e", "x\\u0007": "1"}\n'
    )
    terminal, end = pty.openpty()
    tty.setraw(end)
    program = "from asntools.pool.cli import main; raise SystemExit(main())"
    command = [sys.executable, "-c", program, "--to", "csv", "pool.jsonl"]
    subprocess.run(command, cwd=tmp_path, stdout=end, check=True)
    os.close(end)
    shown = os.read(terminal, 4096)
    os.close(terminal)
    header, row = shown.decode().splitlines()
    assert header == "filename|program|note|x\\x07|asn_candidate|asn_pool"
    assert row == "a.fits|1|\\x1b[2j\\x9b1m\\u202e|1|null|pool.jsonl"


def test_there_and_back_by_name_and_by_stream(tmp_path):
    path = tmp_path / "pool.csv"
    exposures = [EXPOSURE, {**EXPOSURE, "filename": "b|c.fits"}]
    write_pool(exposures, path)
    assert read_pool(path) == read_pool(str(path)) == exposures
    write_pool(exposures[:1], path)
    with path.open("rb") as stream:
        assert read_pool(stream) == exposures[:1]
    buffer = io.BytesIO()
    write_pool(exposures, buffer)
    assert buffer.getvalue().count(b"\n") == 3


def test_what_is_wrong_is_raised_and_what_is_odd_is_a_warning(tmp_path):
    path = tmp_path / "pool.csv"
    path.write_text("filename|program|instrume|exp_type|obs_num\na.fits|abc|miri|mir_image|1\n")
    with pytest.raises(Fault, match=r"pool\.csv:2: program 'abc' is not a number") as fault:
        read_pool(path)
    assert isinstance(fault.value.line, int)
    path.write_text("filename|program|instrume|exp_type|obs_num\n")
    with pytest.warns(UserWarning, match="has a header, but no exposures"):
        assert read_pool(path) == []
    with pytest.raises(Fault, match="cannot open: no such file"):
        read_pool(tmp_path / "missing")
    with pytest.raises(Fault, match="line end in a value"):
        write_pool([{**EXPOSURE, "note": "a\nb"}], io.BytesIO())
