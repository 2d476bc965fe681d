"""Tables from strangers: nothing is fetched, unpacked or run, and each fault is one line."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import subprocess
import sys
import zipfile

import pytest

from asntools.pool.cli import main

HEADER = "filename|program|instrume|exp_type|obs_num"
ROW = "secret_uncal.fits|1523|nircam|nrc_image|1"
FIELDS = "".join(
    f'<FIELD name="{name}" datatype="char" arraysize="*"/>'
    for name in ("filename", "program", "instrume", "exp_type", "obs_num")
)


def text_formats():
    pytest.importorskip("astropy")
    from astropy.io import registry
    from astropy.table import Table

    names = sorted(str(row["Format"]) for row in registry.get_formats(Table, "Read"))
    return [name for name in names if name.partition(".")[0] == "ascii"]


def votable(data, prolog="", fields=FIELDS, attributes=""):
    return (
        f'<?xml version="1.0"?>{prolog}<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">'
        f"<RESOURCE><TABLE {attributes}>{fields}<DATA>{data}</DATA></TABLE></RESOURCE></VOTABLE>"
    )


def tabledata(*values):
    return f"<TABLEDATA><TR>{''.join(f'<TD>{value}</TD>' for value in values)}</TR></TABLEDATA>"


@pytest.fixture
def opened(monkeypatch):
    """Return the files and addresses that are opened while a test runs."""
    names = []
    watching = [True]

    def note(event, arguments):
        if watching[0] and event in ("open", "socket.connect", "socket.getaddrinfo", "urllib.Request"):
            names.append(str(arguments[0] if event != "socket.connect" else arguments[1]))

    sys.addaudithook(note)
    yield names
    watching[0] = False


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Return a function that runs the command on one file and gives its status and both its outputs."""
    monkeypatch.chdir(tmp_path)

    def run(content, *arguments):
        (tmp_path / "pool").write_bytes(content.encode() if isinstance(content, str) else content)
        status = main([*arguments, "pool"])
        return status, *capfd.readouterr()

    return run


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r"])
def test_a_text_that_is_a_name_is_not_opened(run, tmp_path, opened, end):
    secret = tmp_path / "secret.csv"
    secret.write_text(f"{HEADER}\n{ROW}\n".replace("|", " "))
    formats = text_formats()
    assert len(formats) > 20
    for name in (f"file://{secret}", str(secret), "http://127.0.0.1:9/pool.csv", "ftp://127.0.0.1:9/p"):
        for table_format in formats:
            opened.clear()
            status, out, err = run(name + end, "--format", table_format)
            assert (status, out, err.count("\n")) == (2, "", 1), (table_format, err)
            assert not [each for each in opened if "secret" in each or "127.0.0.1" in each], table_format


@pytest.mark.parametrize(
    "kind", ["FITS extnum='1'", "BINARY", "BINARY2", "PARQUET type='VOTable-remote-file'"]
)
@pytest.mark.parametrize("scheme", ["http://127.0.0.1:9/", "file:///", "ftp://127.0.0.1:9/", ""])
def test_rows_of_a_votable_that_are_elsewhere(run, opened, kind, scheme):
    data = f"<{kind}><STREAM href='{scheme}secret'/></{kind.split()[0]}>"
    status, out, err = run(votable(data), "--format", "votable")
    assert (status, out) == (2, "")
    assert err == (
        "asn-pool:pool: not a table in format votable: "
        f"its rows are elsewhere, in '{scheme}secret', and asn-pool fetches nothing\n"
    )
    assert not [each for each in opened if "secret" in each or "127.0.0.1" in each]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (
            votable(
                tabledata("&b;", 1, 1, 1, 1), '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
            ),
            "it declares the entity 'a'; a VOTable needs none",
        ),
        (
            votable(tabledata("&x;", 1, 1, 1, 1), '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
            "it declares the entity 'x'; a VOTable needs none",
        ),
        (
            votable("<FITS><STREAM encoding='base64'>U0lN</STREAM></FITS>"),
            "its rows are in a FITS file within",
        ),
        (
            votable(tabledata(1, 1, 1, 1, 1), attributes='nrows="1000000000000"'),
            "nrows '1000000000000' is more than the file can hold",
        ),
        (
            votable(tabledata(1), fields='<FIELD name="x" datatype="char" arraysize="4x9999999999"/>'),
            "arraysize '4x9999999999' is more than the file can hold",
        ),
        ("<VOTABLE><RESOURCE>", "no element found"),
    ],
)
def test_votables_that_ask_for_much(run, table, reason):
    status, out, err = run(table, "--format", "votable")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"asn-pool:pool: not a table in format votable: {reason}")


@pytest.mark.parametrize(
    "header",
    [
        "# - !!python/object/apply:os.system ['touch made']",
        "# - {name: filename, datatype: string, x: !!python/name:os.system }",
        "# - &a [*a, *a]",
        "# - {name: filename, datatype: [&a [x], *a]}",
        "# - : : :",
    ],
)
def test_tags_and_aliases_of_ecsv(run, tmp_path, header):
    status, out, err = run(
        f"# %ECSV 1.0\n# ---\n# datatype:\n{header}\nfilename\na\n", "--format", "ascii.ecsv"
    )
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("asn-pool:pool: not a table in format ascii.ecsv: ")
    assert not (tmp_path / "made").exists()


def zipped(data, path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("pool.csv", data)
    return path.read_bytes()


@pytest.mark.parametrize(
    "options", [[], ["--format", "fits"], ["--format", "votable"], ["--format", "ascii.csv"]]
)
def test_compressed_tables_are_not_unpacked(run, tmp_path, options):
    data = f"{HEADER}\n{ROW}\n".encode()
    packed = [
        (gzip.compress(data), "is compressed by gzip; gunzip -c FILE | asn-pool{} reads it"),
        (bz2.compress(data), "is compressed by bzip2; bunzip2 -c FILE | asn-pool{} reads it"),
        (lzma.compress(data), "is compressed by xz; xz -dc FILE | asn-pool{} reads it"),
        (zipped(data, tmp_path / "zip"), "is a zip file or a workbook (.xlsx); save the sheet as CSV"),
    ]
    for content, message in packed:
        said = message.format("".join(f" {option}" for option in options))
        assert run(content, *options) == (2, "", f"asn-pool:pool: {said}\n")


def test_a_broken_configuration_of_astropy(tmp_path):
    pytest.importorskip("astropy")
    (tmp_path / "astropy").mkdir()
    (tmp_path / "astropy" / "astropy.cfg").write_text("[[[broken\n")
    (tmp_path / "pool").write_text("filename\na\n")
    program = "from asntools.pool.cli import main; raise SystemExit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, "--format", "ascii.csv", "pool"],
        cwd=tmp_path,
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("asn-pool:pool: astropy, which reads ascii.csv, cannot start: ")


@pytest.mark.parametrize("name", ["hdf5", "parquet", "ecsv", "pandas.csv", "ascii.nosuch"])
def test_formats_that_are_not_read(run, name):
    status, out, err = run("x", "--format", name)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"asn-pool:pool: no table format {name!r}; ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f'{HEADER}|"a"\rb\n{ROW}|c\n',
            "1: a carriage return within the line, where others end with a newline",
        ),
        (f'# made by hand\n{HEADER}|"a"\rb\n{ROW}|c\n', "2: a carriage return within the header"),
    ],
)
def test_a_carriage_return_in_a_quoted_header(run, text, message):
    status, out, err = run(text)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"asn-pool:pool:{message}")
