"""Pools: what golden cases cannot say, because it is large, binary or holds for any value."""

from __future__ import annotations

import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asntools.common.faults import Fault
from asntools.common.schemas import validator
from asntools.jwst.exposures import UNSPECIFIED
from asntools.pool import pool_lines, read_exposures
from asntools.pool.cli import main
from asntools.pool.tables import NEEDED

HEADER = "filename|program|instrume|exp_type|asn_candidate"
ROW = "a_uncal.fits|1523|nircam|nrc_image|[('o001', 'observation')]"
EXPOSURE = dict(zip(HEADER.split("|"), ROW.split("|"), strict=True)) | {"asn_pool": "pool.csv"}


@pytest.fixture
def asn_pool(tmp_path, monkeypatch, capfdbinary):
    """Return a function that runs the command on files and gives its status, exposures and messages."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, **files):
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (tmp_path / name.replace("_", ".")).write_bytes(data)
        status = main(arguments)
        out, err = capfdbinary.readouterr()
        return status, [json.loads(line) for line in out.splitlines()], err.decode()

    return run


def table(*rows, header=HEADER):
    return "".join(f"{line}\n" for line in (header, *rows))


def read(text, **options):
    faults = []
    exposures = list(read_exposures(io.BytesIO(text.encode()), "pool.csv", faults.append, **options))
    return exposures, [str(fault) for fault in faults]


# Text


def test_the_sample_pool_passes_the_schema():
    exposures, faults = read(table(ROW, ROW.replace("nircam", "NULL").replace("a_", "B_")))
    assert exposures == [EXPOSURE, {**EXPOSURE, "filename": "B_uncal.fits", "instrume": None}]
    assert faults == []
    for exposure in exposures:
        validator("exposure").validate(exposure)


@pytest.mark.parametrize("value", ["x" * 1_000_000, '"' + "|" * 1_000_000 + '"'], ids=["plain", "quoted"])
def test_a_long_field(asn_pool, value):
    status, [exposure], err = asn_pool("pool.csv", pool_csv=table(f"{ROW}|{value}", header=f"{HEADER}|note"))
    assert (status, err) == (0, "")
    assert exposure == {**EXPOSURE, "note": value.strip('"')}


@pytest.mark.parametrize("delimiter", "|\t;,")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiters_line_ends_and_marks(delimiter, end, mark):
    candidates = "[('o001', 'observation'), ('c1000', 'mosaic')]"
    rows = ["filename;program;instrume;exp_type;asn_candidate", f'a;1;miri;mir_image;"{candidates}"', ""]
    exposures, faults = read(mark + end.join(rows).replace(";", delimiter))
    assert faults == []
    assert exposures == [
        {
            "filename": "a",
            "program": "1",
            "instrume": "miri",
            "exp_type": "mir_image",
            "asn_candidate": candidates,
            "asn_pool": "pool.csv",
        }
    ]


def test_candidates_are_never_evaluated(asn_pool, tmp_path):
    touch = f"__import__('pathlib').Path({str(tmp_path / 'evaluated')!r}).touch()"
    rows = [
        ROW.replace("[('o001', 'observation')]", text) for text in (touch, f"[{touch}]", f"[('o1', {touch})]")
    ]
    status, exposures, err = asn_pool("pool.csv", pool_csv=table(*rows))
    assert (status, exposures, err.count("asn_candidate cannot be read")) == (2, [], 3)
    assert not (tmp_path / "evaluated").exists()


def test_memory_does_not_hold_the_pool():
    # The first exposures come out before the last rows are read.
    def endless():
        yield f"{HEADER}\n".encode()
        for number in range(10**9):
            yield ROW.replace("a_", f"{number}_").encode() + b"\n"

    exposures = read_exposures(endless(), "pool.csv", pytest.fail)
    assert [next(exposures)["filename"] for _ in range(3)] == [f"{number}_uncal.fits" for number in range(3)]


# Tables that astropy reads


@pytest.fixture
def astropy_table():
    numpy = pytest.importorskip("numpy")
    from astropy.table import MaskedColumn, Table

    return Table(
        {
            "FILENAME": ["A_uncal.fits", "B_uncal.fits"],
            "program": [1523, 1524],
            "instrume": numpy.array([b"NIRCAM", b"MIRI"]),
            "exp_type": ["NRC_IMAGE", "MIR_IMAGE"],
            "obs_num": MaskedColumn([1, 2], mask=[False, True]),
            "exptime": [1.5, numpy.nan],
            "is_psf": [True, False],
            "filter": MaskedColumn(["F1", "F2"], mask=[True, False]),
        }
    )


@pytest.mark.parametrize("name", ["ascii.ecsv", "fits", "votable"])
def test_tables_of_astropy(asn_pool, astropy_table, tmp_path, name):
    if name == "ascii.ecsv":
        astropy_table["instrume"] = astropy_table["instrume"].astype(str)
    astropy_table.write(tmp_path / "pool", format=name)
    assert asn_pool("--format", name, "pool") == (
        0,
        [
            {
                "filename": "A_uncal.fits",
                "program": "1523",
                "instrume": "nircam",
                "exp_type": "nrc_image",
                "obs_num": "1",
                "exptime": "1.5",
                "is_psf": "t",
                "filter": None,
                "asn_candidate": "[('o001', 'observation')]",
                "asn_pool": "pool",
            },
            {
                "filename": "B_uncal.fits",
                "program": "1524",
                "instrume": "miri",
                "exp_type": "mir_image",
                "obs_num": None,
                "exptime": None,
                "is_psf": "f",
                "filter": "f2",
                "asn_candidate": None,
                "asn_pool": "pool",
            },
        ],
        "",
    )


def test_column_of_arrays(asn_pool, astropy_table, tmp_path):
    astropy_table["pixels"] = [[1, 2], [3, 4]]
    astropy_table.write(tmp_path / "pool", format="fits")
    status, exposures, err = asn_pool("--format", "fits", "pool")
    assert (status, exposures) == (2, [])
    assert err == (
        "asn-pool:pool:1: pixels is an array, not a plain value; the exposure is left out\n"
        "asn-pool:pool:2: the same\n"
    )


def test_table_without_rows(asn_pool, astropy_table, tmp_path):
    astropy_table[:0].write(tmp_path / "pool", format="fits")
    assert asn_pool("--format", "fits", "pool") == (0, [], "asn-pool:pool: has a header, but no exposures\n")


@pytest.mark.parametrize(("name", "what"), [("ascii.ecsv", "ECSV"), ("votable", "a VOTable")])
def test_a_table_that_needs_format(asn_pool, astropy_table, tmp_path, name, what):
    if name == "ascii.ecsv":
        astropy_table["instrume"] = astropy_table["instrume"].astype(str)
    astropy_table.write(tmp_path / "pool", format=name)
    message = f"asn-pool:pool: is {what}; asn-pool --format {name} reads such tables\n"
    assert asn_pool("pool") == (2, [], message)
    (tmp_path / "pool.gz").write_bytes(gzip.compress((tmp_path / "pool").read_bytes()))
    message = "asn-pool:pool.gz: is compressed by gzip; gunzip -c FILE | asn-pool reads it\n"
    assert asn_pool("pool.gz") == (2, [], message)


def test_ecsv_that_looks_like_a_pool_needs_format():
    with pytest.raises(Fault, match="is ECSV; asn-pool --format ascii"):
        read(table("# ---", HEADER, ROW, header="# %ECSV 1.0").replace("|", ","))


def test_other_xml_is_no_votable():
    with pytest.raises(Fault, match="the header lacks filename") as lacking:
        read('<?xml version="1.0"?>\n<html/>\n')
    assert lacking.value.line == 1


def test_a_flag_that_a_fits_table_leaves_undefined_is_no_value(asn_pool, tmp_path):
    fits = pytest.importorskip("astropy.io.fits")
    columns = [
        fits.Column("filename", "12A", array=["a_uncal.fits", "b_uncal.fits", "c_uncal.fits"]),
        *(
            fits.Column(name, "9A", array=["1"] * 3)
            for name in ("program", "instrume", "exp_type", "obs_num")
        ),
        fits.Column("bkgdtarg", "L", array=[True, False, True]),
    ]
    unit = fits.BinTableHDU.from_columns(columns)
    unit.writeto(tmp_path / "pool")
    data = bytearray((tmp_path / "pool").read_bytes())
    at = data.index(b"c_uncal.fits") + unit.header["NAXIS1"] - 1
    assert data[at : at + 1] == b"T"
    data[at] = 0
    (tmp_path / "pool").write_bytes(data)
    status, exposures, err = asn_pool("pool")
    assert (status, err) == (0, "")
    assert [exposure["bkgdtarg"] for exposure in exposures] == ["t", "f", None]


@pytest.mark.parametrize("name", ["fits", "votable", "ascii.ecsv"])
@pytest.mark.parametrize(
    "content", [table(ROW).encode(), b"\xff\xfe\x00", b"{}"], ids=["text", "bytes", "json"]
)
def test_wrong_format(asn_pool, name, content):
    status, exposures, err = asn_pool("--format", name, "pool.csv", pool_csv=content)
    assert (status, exposures, err.count("\n")) == (2, [], 1)
    assert err.startswith(f"asn-pool:pool.csv: not a table in format {name}: ")


# --where


ROWS = (
    ROW,
    ROW.replace("a_", "b_").replace("nircam", "miri"),
    ROW.replace("a_", "c_").replace("nircam", "null"),
)


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ('.instrume == "miri"', ["b"]),
        (".instrume", ["a", "b"]),
        ("true", ["a", "b", "c"]),
        ("0", ["a", "b", "c"]),
        ("false", []),
        ("null", []),
        ("empty", []),
        ("false, true", []),
        ('.asn_pool == "pool.csv"', ["a", "b", "c"]),
        ("any(.[]; . == null)", ["c"]),
    ],
)
def test_where(asn_pool, where, kept):
    status, exposures, err = asn_pool("--where", where, "pool.csv", pool_csv=table(*ROWS))
    assert (status, [each["filename"][0] for each in exposures]) == (0, kept)
    assert err == ("" if kept else f"asn-pool: --where {where!r}: keeps no exposure\n")


def test_where_that_fails_on_one_exposure(asn_pool):
    where = 'if .instrume == "miri" then error("no such") else true end'
    status, exposures, err = asn_pool("--where", where, "pool.csv", pool_csv=table(*ROWS))
    assert (status, [each["filename"][0] for each in exposures]) == (2, ["a", "c"])
    assert err == f"asn-pool: exposure 'b_uncal.fits': jq program {where!r} fails: no such\n"


@pytest.mark.parametrize("where", ["]", ".instrume ==", "nosuch", ""])
def test_where_that_is_not_jq(asn_pool, where):
    status, exposures, err = asn_pool("--where", where, "missing.csv")
    assert err.startswith(f"asn-pool: not a jq program: {where!r}: ")
    assert err.count("\n") == 1
    assert (status, exposures) == (2, [])


# There and back


def normalised(text):
    return None if text.strip().lower() in UNSPECIFIED else text.strip().lower()


anything = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\n\r")
    | st.sampled_from(list("|\t;,\"'# \\\ufeff\x1c\x85\u2028")),
    max_size=12,
)
values = anything.map(normalised)
seen = st.text(
    st.characters(exclude_categories=["C", "Zl", "Zp", "Zs"], exclude_characters="\\")
    | st.sampled_from(list("|;,\"'# ")),
    min_size=1,
    max_size=12,
)
names = st.sampled_from(["x", "two words", "a|b", "a,b,c,d,e,f,g", 'say "x"', "#number", "é", "a;b", "a\tb"])
exposures_of_any_kind = st.lists(
    st.fixed_dictionaries(
        {
            "filename": seen.map(str.strip).filter(normalised),
            "program": st.integers(0, 99999).map(str),
            "instrume": values,
            "exp_type": values,
            "asn_candidate": st.sampled_from([None, "[]", '[("o001", "observation")]', "[('o001','c|d')]"]),
            "asn_pool": anything.map(str.strip).filter(normalised),
        },
    ).flatmap(lambda fixed: st.dictionaries(names, values).map(lambda more: {**more, **fixed})),
    min_size=1,
    max_size=4,
    unique_by=lambda exposure: (exposure["program"], exposure["filename"]),
)


def is_header(exposure):
    return all(normalised(exposure[name] or "") == name for name in NEEDED if name != "filename")


@given(exposures_of_any_kind.filter(lambda exposures: not any(map(is_header, exposures))))
def test_to_csv_and_back_loses_nothing(exposures):
    columns = dict.fromkeys(name for exposure in exposures for name in exposure)
    faults = []
    text = b"".join(pool_lines(exposures, faults.append))
    back = list(read_exposures(io.BytesIO(text), "pool.csv", faults.append))
    assert back == [{name: exposure.get(name) for name in columns} for exposure in exposures]
    assert not any(fault.serious for fault in faults)  # a formula is a warning
    assert b"".join(pool_lines(back, faults.append)) == text


def test_key_in_two_cases(asn_pool):
    record = '{"FILENAME":"a.fits","filename":"b.fits","program":"1"}\n'
    status, exposures, err = asn_pool("pool", pool=record)
    assert (status, exposures) == (2, [])
    assert err == "asn-pool:pool:1: filename is given twice, in different case; the exposure is left out\n"


def test_whole_floats_are_integers(asn_pool):
    status, [exposure], err = asn_pool(
        "pool", pool='{"filename":"a.fits","program":1.0,"obs_num":2.0,"x":0.5}'
    )
    assert (status, err) == (0, "")
    assert [exposure[name] for name in ("program", "asn_candidate", "x")] == [
        "1",
        "[('o002', 'observation')]",
        "0.5",
    ]
