from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import termios
import threading

import inprocess
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import ASN, ASSOCIATIONS, LINE, PRETTY, STAGE2_EXAMPLE

from asntools.asn.documents import read_documents
from asntools.asn.formats import FORMATS, dump_documents
from asntools.asn.key_order import GENERATOR_KEYWORDS, in_order
from asntools.asn.products import copied
from asntools.common.words import is_formula
from asntools.fmt.layout import formatted
from asntools.fmt.rendering import RENDERINGS, comma_separated, diagram, fitted, rendered, table, tree
from asntools.jwst.asn_keys import KEYWORDS

pytestmark = pytest.mark.usefixtures("at_once")
NASTY = "a\x1b[31m\tb\n\x9bc\u202ed"


def asn_named(expname: str, exptype: str = "science", product: str = "p") -> dict:
    return {"products": [{"name": product, "members": [{"expname": expname, "exptype": exptype}]}]}


def documents(data: bytes, source: str = "asn.json"):
    return list(read_documents(io.BytesIO(data), source, pytest.fail))


def shuffled(value, order):
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: shuffled(value[key], order) for key in keys}
    return [shuffled(one, order) for one in value] if isinstance(value, list) else value


# Keys


def test_keys_stand_in_the_order_of_the_specification():
    asn = {
        "mine": 1,
        "products": [
            {"members": [{"exposerr": None, "z": 1, "exptype": "science", "expname": "a"}], "name": "p"}
        ],
        "target": "1",
        "asn_id": "o001",
        "asn_type": "image3",
        "other": 2,
    }
    ordered = in_order(asn)
    assert list(ordered) == ["asn_type", "asn_id", "target", "mine", "other", "products"]
    assert list(ordered["products"][0]) == ["name", "members"]
    assert list(ordered["products"][0]["members"][0]) == ["expname", "exptype", "exposerr", "z"]
    assert ordered == asn
    assert asn["products"][0]["members"][0] is not ordered["products"][0]["members"][0]


@pytest.mark.parametrize("asn", [{}, {"products": 1}, {"products": [1, {"members": "x"}, {"members": [2]}]}])
def test_keys_of_malformed_associations_are_put_in_order_too(asn):
    assert in_order({**asn, "asn_type": 1}) == {"asn_type": 1, **asn}


@given(ASSOCIATIONS, st.randoms())
def test_keys_stand_in_one_of_two_orders(asn, order):
    once = in_order(asn)
    mixed = in_order(shuffled(asn, order))
    assert once == asn == mixed
    for found in (once, mixed):
        known = [key for key in found if key in KEYWORDS]
        assert known in (
            [key for key in KEYWORDS if key in asn],
            [key for key in GENERATOR_KEYWORDS if key in asn],
        )
    assert list(mixed)[-1] == "products"


# Formatting


@given(
    st.lists(ASSOCIATIONS, min_size=1, max_size=3),
    st.sampled_from([*FORMATS, None]),
    st.sampled_from([{"indent": 2}, {"separators": (",", ":")}, {"indent": "\t", "ensure_ascii": False}, {}]),
)
def test_formatting_twice_changes_nothing(asns, to, options):
    data = "\n".join(json.dumps(asn, **options) for asn in asns).encode()
    once = formatted(data, documents(data, "<stdin>"), to)
    again = formatted(once.data, documents(once.data, "<stdin>"), to)
    assert again.data == once.data
    assert again.reasons == ()
    assert [document.value for document in documents(once.data, "<stdin>")] == asns


@pytest.mark.parametrize(
    ("data", "source", "form"),
    [
        (PRETTY, "asn.json", "json"),
        (LINE, "asn.json", "json"),
        (LINE, "<stdin>", "json"),
        (LINE, "asn.jsonl", "jsonl"),
        (f"{LINE}\n{LINE}", "<stdin>", "jsonl"),
        (f"{LINE}\n{PRETTY}", "<stdin>", "json"),
        ("products: []\n", "asn.yaml", "yaml"),
    ],
)
def test_a_file_keeps_its_kind(data, source, form):
    raw = data.encode()
    found = documents(raw, source)
    expected = b"".join(dump_documents([in_order(document.value) for document in found], FORMATS[form]))
    assert formatted(raw, found).data == expected


@pytest.mark.parametrize(
    ("text", "reasons", "line"),
    [
        ('{\n    "asn_id": "a",\n    "asn_type": "b"\n}\n', ("key order",), 2),
        ('{\n  "asn_type": "b"\n}\n', ("layout",), 2),
        ('{\n  "asn_id": "a",\n  "asn_type": "b"\n}\n', ("key order", "layout"), 2),
        ('{\n    "asn_type": "b"\n}', (), 4),
        ('{\n  "asn_type": "b"\n}', ("layout",), 2),
        ('{\n    "asn_id": "a",\n    "target": "b",\n    "asn_pool": "c"\n}\n', (), 6),
        ('{\n    "asn_id": "a",\n    "asn_pool": "b",\n    "target": "c"\n}', (), 6),
        ('{\n    "target": "b",\n    "asn_id": "a",\n    "asn_pool": "c"\n}\n', ("key order",), 2),
        ('{\n    "asn_id": "a",\n    "asn_type": "b"\n}', ("key order",), 2),
        ('{\n    "asn_type": "b"\n}\n', (), 4),
        ("\n", (), 2),
    ],
)
def test_what_formatting_changes_is_told(text, reasons, line):
    data = text.encode()
    found = formatted(data, documents(data))
    assert (found.reasons, found.line) == (reasons, line)


# Renderings


def test_a_table_has_a_line_a_member():
    lines = list(table([STAGE2_EXAMPLE, ASN]))
    assert lines[0] == "asn_type\tasn_id\tproduct\texptype\texpname"
    assert lines[1] == "image2\t\ttest_lrs1\tSCIENCE\ttest_lrs1_rate.fits"
    assert lines[-1] == "image3\to001\tjw1_é\tscience\ta_cal.fits"
    assert len(lines) == 1 + 5 + 1
    assert list(table([])) == []


def test_a_table_on_a_terminal_fits():
    long = "jw01234001001_02101_00001_nrcalong_with_more_cal.fits"
    lines = list(fitted(table([asn_named(long), asn_named("short.fits")]), 60, colour=False))
    assert max(map(len, lines)) <= 60
    assert len({line.index("science") for line in lines[1:]}) == 1
    assert "…" in lines[1]
    assert lines[1].startswith(" ")
    assert lines[1].endswith("_cal.fits")
    assert lines[2].endswith("short.fits")
    (_, wide, _) = fitted(table([asn_named(long), asn_named("short.fits")]), 200, colour=False)
    assert long in wide
    assert list(fitted([], 80, colour=True)) == []


def test_a_tree_shows_products_and_members():
    asn = {**STAGE2_EXAMPLE, "products": copied(STAGE2_EXAMPLE["products"][:2])}
    asn["products"][1]["members"].append({"expname": "b_rate.fits", "exptype": "SCIENCE"})
    assert list(tree(asn)) == [
        "image2 Asn_Lv2Image",
        "├── test_lrs1",
        "│   └── SCIENCE (1)",
        "│       └── test_lrs1_rate.fits",
        "└── test_lrs2bkg",
        "    ├── SCIENCE (2)",
        "    │   ├── test_lrs2bkg_rate.fits",
        "    │   └── b_rate.fits",
        "    └── BACKGROUND (1)",
        "        └── test_lrs1_rate.fits",
    ]
    assert list(tree({"products": []})) == ["association"]


def harmless(cell):
    """Return a cell as a spreadsheet does not run it."""
    return f"'{cell}" if is_formula(cell) else cell


@given(st.lists(ASSOCIATIONS, max_size=3))
def test_csv_reads_back(asns):
    rows = list(csv.DictReader(io.StringIO("".join(comma_separated(asns)), newline="")))
    members = [
        (
            harmless(asn.get("program", "")),
            harmless(product["name"]),
            harmless(member["expname"]),
            member["exptype"],
            harmless(member.get("exposerr") or ""),
        )
        for asn in asns
        for product in asn["products"]
        for member in product["members"]
    ]
    found = [
        (row["program"], row["product"], row["expname"], row["exptype"], row["exposerr"]) for row in rows
    ]
    assert found == members


def test_a_member_does_not_stand_for_the_association():
    asn = asn_named("a")
    asn["products"][0]["members"][0].update(asn_id="wrong", product="wrong")
    (row,) = csv.DictReader(io.StringIO("".join(comma_separated([asn]))))
    assert (row["asn_id"], row["product"]) == ("", "p")


@pytest.mark.parametrize("language", ["mermaid", "dot"])
@pytest.mark.parametrize("name", ['say "hi"', "#quot;", "a<b>&c", "`x`", NASTY, "x]", "%% no comment", "a\\"])
def test_a_diagram_escapes_names(name, language):
    for line in diagram([asn_named(name, name, name)], language):
        if line.strip().startswith(("classDef", "class ")):
            continue
        labels = re.findall(r'"(?:[^"\\]|\\.)*"' if language == "dot" else r'"[^"]*"', line)
        outside = line
        for label in labels:
            outside = outside.replace(label, "", 1)
        assert re.fullmatch(r"[\w \[\]()|>.,={}/-]*", outside), line
        if language == "mermaid":
            assert not any(re.search(r"[<>`]|#(?!quot;|amp;|lt;|gt;|\d+;)", label) for label in labels)
        assert not any(ord(char) < 32 or char in "\x9b\u202e" for char in line)


@pytest.mark.parametrize("to", RENDERINGS)
def test_control_characters_never_reach_a_terminal(to, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    asn = {**asn_named(NASTY, NASTY, NASTY), "asn_id": NASTY, "asn_type": NASTY}
    text = "".join(rendered([asn], to, terminal=True))
    colours = re.sub(r"\x1b\[\d+m", "", text.replace("\\x1b[31m", ""))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", colours)
    assert "\\x9b" in text


# The command


def run_on_terminal(folder, *arguments: str, width: int = 80, **environment: str) -> str:
    """Return what a command prints on a terminal of that width."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    clean = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "TERM")}
    with subprocess.Popen(
        ["asn-fmt", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=writer,
        cwd=folder,
        env={**clean, "TERM": "xterm", **environment},
    ) as process:
        os.close(writer)
        printed = b""
        while True:
            try:
                piece = os.read(reader, 65536)
            except OSError:
                break
            if not piece:
                break
            printed += piece
    os.close(reader)
    assert process.returncode == 0, printed
    return printed.decode().replace("\r\n", "\n")


@pytest.fixture
def nasty_file(tmp_path):
    path = tmp_path / "asn.json"
    path.write_text(json.dumps(asn_named("x" * 100 + "\x9b31m\u202e", "science")))
    return path


def test_a_terminal_gets_colours_and_fitted_columns(nasty_file):
    shown = run_on_terminal(nasty_file.parent, "--to", "table", "asn.json", width=70)
    assert "\x1b[32mscience\x1b[0m" in shown
    plain = re.sub(r"\x1b\[\d+m", "", shown)
    assert max(map(len, plain.splitlines())) == 70
    assert "\x1b[1m" in run_on_terminal(nasty_file.parent, "--to", "tree", "asn.json")


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colours_gets_none(nasty_file, environment):
    for to in RENDERINGS:
        assert "\x1b" not in run_on_terminal(nasty_file.parent, "--to", to, "asn.json", **environment)


@pytest.mark.parametrize("to", FORMATS)
def test_documents_on_a_terminal_are_escaped_and_still_the_same(nasty_file, to):
    shown = run_on_terminal(nasty_file.parent, "--to", to, "asn.json")
    assert "\x9b" not in shown
    assert "\u202e" not in shown
    (document,) = documents(shown.encode(), f"asn.{to}" if to != "yaml" else "asn.yaml")
    assert document.value == json.loads(nasty_file.read_text())


def test_a_pipe_gets_names_as_they_are(nasty_file):
    out = inprocess.run("asn-fmt", "--to", "csv", str(nasty_file)).out
    assert "\x9b31m\u202e" in out
    assert "\x1b" not in out


def test_in_place_touches_no_file_that_it_could_not_read(tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    good, bad, same = folder / "good.json", folder / "bad.jsonl", folder / "same.json"
    good.write_text("{'products': [],}")
    bad.write_text("{'products': [],}\n{'asn_id': \n{'products': []}\n")
    same.write_text('{\n    "products": []\n}\n')
    before = same.stat()
    status, _, told = inprocess.run("asn-fmt", "-i", "--repair", str(good), str(bad), str(same))
    assert status == 2
    assert "good.json:1: repair: a trailing comma" in told
    assert "bad.jsonl:1" not in told
    assert "bad.jsonl: nothing is written" in told
    assert good.read_text() == same.read_text()
    assert bad.read_text() == "{'products': [],}\n{'asn_id': \n{'products': []}\n"
    assert same.stat().st_mtime_ns == before.st_mtime_ns
    assert same.stat().st_ino == before.st_ino
    assert sorted(path.name for path in folder.iterdir()) == ["bad.jsonl", "good.json", "same.json"]


def test_in_place_keeps_a_link(tmp_path):
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text(LINE)
    link.symlink_to(target)
    assert inprocess.run("asn-fmt", "-i", str(link)).status == 0
    assert link.is_symlink()
    assert json.loads(target.read_text()) == ASN
    assert target.read_text().count("\n") > 10


def test_check_writes_nothing(tmp_path):
    path = tmp_path / "asn.json"
    path.write_text(LINE)
    assert inprocess.run("asn-fmt", "--check", str(path))[:2] == (1, "")
    assert path.read_text() == LINE


def test_lines_are_written_as_they_come():
    line = json.dumps({"products": [], "pad": "x" * 1000}).encode() + b"\n"
    seen = threading.Event()
    with subprocess.Popen(
        ["asn-fmt", "--to", "jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:

        def feed():
            for _ in range(100):
                process.stdin.write(line)
            process.stdin.flush()
            seen.wait(60)
            process.stdin.close()

        feeder = threading.Thread(target=feed)
        feeder.start()
        assert b"pad" in process.stdout.readline()
        seen.set()
        assert process.stdout.read().count(b"\n") == 99
        feeder.join()
        assert process.stderr.read() == b""
