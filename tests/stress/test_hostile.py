"""Input that means harm: to a terminal, a log, a spreadsheet, a folder, memory, time or descriptors."""

from __future__ import annotations

import csv
import importlib
import io
import json
import os
import pkgutil
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import fuzz
import jsonschema
import pytest

import asntools

EVIL = [
    *("\x1b]0;title\x07\x1b[2J", "\x9b2J", "a\rb", "a\nb", "\u202egnp.exe", "\u2066x\u2069", "sci\u200bence"),
    *("\ufeffx", "\u2028x", "\u00adx", "\U000e0041", "\x7f", "::error file=x::pwned", "]]><x/>", "&x;", "\0"),
]
ASN = json.loads(fuzz.SOURCES["sound.json"].read_bytes())
SHOWN = [
    *fuzz.LINES["associations"],
    "asn-diff --all-keys sound.json x",
    "asn-fmt -r --query '..|strings?' x",
]


def spoiled(tree, word):
    """Return a tree with a word in each key that is not one of an association's, and in each text."""
    if isinstance(tree, dict):
        return {key: spoiled(value, word) for key, value in tree.items()} | {f"x_{word}": word}
    if isinstance(tree, list):
        return [spoiled(value, word) for value in tree]
    return f"{tree}{word}" if isinstance(tree, str) else tree


# All of them in one input, and each by itself.
some_words = pytest.mark.parametrize(
    "words",
    [pytest.param(EVIL, id="all"), *(pytest.param([w], id=ascii(w), marks=pytest.mark.slow) for w in EVIL)],
)


@some_words
@pytest.mark.parametrize("form", ["json", "raw", "yaml"])
def test_no_text_of_an_association_reaches_a_terminal_as_it_is(words, form):
    import yaml

    trees = [spoiled(ASN, word) | {"asn_type": "image3"} for word in words]
    data = {
        "json": lambda: "".join(json.dumps(tree) + "\n" for tree in trees),
        "raw": lambda: "\n".join(json.dumps(tree, ensure_ascii=False, indent=1) for tree in trees),
        "yaml": lambda: yaml.safe_dump_all(trees),
    }[form]().encode()
    with fuzz.workplace():
        for line in SHOWN:
            assert fuzz.outcome("associations", line, data, terminal=True) is None, line
            assert fuzz.outcome("associations", line, data) is None, line


@some_words
def test_no_text_of_an_exposure_reaches_a_terminal_as_it_is(words):
    exposures = [json.loads(line) for line in fuzz.SOURCES["exposures.jsonl"].read_text().splitlines()]
    with fuzz.workplace():
        for key in ("filename", "target", "filter", "pntgtype", "asn_candidate", "exp_type", "asn_pool"):
            records = [
                {**record, key: f"{record.get(key) or ''}{word}"} for word in words for record in exposures
            ]
            data = "".join(json.dumps(record) + "\n" for record in records).encode()
            for line in fuzz.LINES["exposures"]:
                assert fuzz.outcome("exposures", line, data, terminal=True) is None, (key, line)
                assert fuzz.outcome("exposures", line, data) is None, (key, line)


@pytest.mark.parametrize("word", EVIL[:11], ids=ascii)
def test_no_name_of_a_file_reaches_a_terminal_as_it_is(word):
    name = word.replace("\0", "") + ".json"
    with fuzz.workplace():
        tree = spoiled(ASN, "")
        del tree["products"][0]["members"][0]["exptype"]
        fuzz.Path(name).write_text(json.dumps(tree))
        os.mkdir("folder")
        fuzz.Path("folder", name).write_text(json.dumps(ASN))
        for line in (
            "asn-fmt --check",
            "asn-validate",
            "asn-validate --format github",
            "asn-pool",
            "asn-edit dedupe",
        ):
            command = [*line.split(), name]
            end = fuzz.run(fuzz.shlex.join(command), terminal=True)
            assert fuzz.wrong(line, end, terminal=True) is None, line
        for line in ("asn-diff folder sound.json", "asn-validate folder", "asn-pool -r folder"):
            end = fuzz.run(line, terminal=True)
            assert fuzz.wrong(line, end, terminal=True) is None, line


@pytest.mark.parametrize("word", EVIL, ids=ascii)
def test_reports_are_well_formed_whatever_names_hold(word):
    tree = spoiled(ASN, word)
    tree["asn_type"] = "image3"
    with fuzz.workplace():
        fuzz.Path("x").write_text(json.dumps(tree))
        found = [json.loads(line) for line in fuzz.run("asn-validate --format jsonl x").out.splitlines()]
        assert found
        ET.fromstring(fuzz.run("asn-validate --format junit x").out)
        log = json.loads(fuzz.run("asn-validate --format sarif x").out)
        assert len(log["runs"][0]["results"]) == len(found)
        if "SARIF_SCHEMA" in os.environ:  # sarif-2.1.0-rtm.5.json of the npm package @microsoft/jest-sarif
            jsonschema.validate(log, json.loads(fuzz.Path(os.environ["SARIF_SCHEMA"]).read_bytes()))
        commands = fuzz.run("asn-validate --format github x").out.splitlines()
        assert len(commands) == len(found)
        assert all(re.match("::(error|warning|notice) file=x,line=", command) for command in commands)


@pytest.mark.parametrize("formula", ["=1+1", "@SUM(A1)", "+cmd'!A0", "-1+cmd", '=HYPERLINK("x")'])
def test_a_spreadsheet_runs_no_cell(formula):
    tree = spoiled(ASN, "")
    tree["products"][0]["name"] = formula
    tree["products"][0]["members"][0]["expname"] = f"{formula}.fits"
    row = "x_uncal.fits|1|miri|mir_image|1|" + formula
    with fuzz.workplace():
        fuzz.Path("x").write_text(json.dumps(tree))
        table = fuzz.run("asn-fmt --to csv x").out
        fuzz.Path("x").write_text(f"filename|program|instrume|exp_type|obs_num|note\n{row}\n")
        pool = fuzz.run("asn-pool --to csv x").out
        told = fuzz.run("asn-pool --to csv x").told
    cells = [cell for line in csv.reader(io.StringIO(table)) for cell in line]
    assert {f"'{formula}", f"'{formula}.fits"} <= set(cells)
    assert not [cell for cell in cells if cell[:1] in tuple("=@+-")]
    # A pool is to be read back as it was, and so the formula is reported instead.
    assert formula[:5].lower() in pool
    assert "is a formula to a spreadsheet" in told


@pytest.mark.parametrize(
    "name", ["../x", "/tmp/x", "a/b", "a\\b", "..", "x\0y", "x" * 300, "a\nb", "\u202ex"]
)
@pytest.mark.parametrize("key", ["program", "asn_id", "asn_type", "version_id"])
def test_no_file_is_written_under_a_name_that_leads_elsewhere(name, key):
    with fuzz.workplace():
        fuzz.Path("x").write_text(json.dumps({**ASN, key: name}))
        before = fuzz._files(fuzz.Path.cwd().parent)
        end = fuzz.run("asn-edit split --outdir made x")
        assert fuzz.wrong("asn-edit split --outdir made x", end) is None
        assert fuzz._files(fuzz.Path.cwd().parent) == before
        for path in fuzz.Path("made").rglob("*"):
            assert path.parent.name == "made"
            assert "\\" not in path.name
            assert path.name.isprintable()


# Time and memory


def bomb(levels, name):
    lines = [f"a0: &a0 [{', '.join(['x'] * 9)}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join([*lines, f"{name}: *a{levels - 1}"]).encode()


@pytest.mark.parametrize(
    ("kind", "line", "name"),
    [
        *(("yaml", line, "products") for line in fuzz.LINES["yaml"] if "sound.json x" not in line),
        *(("rules", line, "rules") for line in fuzz.LINES["rules"]),
    ],
)
def test_aliases_of_yaml_do_not_multiply(kind, line, name, monkeypatch):
    monkeypatch.setattr(fuzz, "SECONDS", 10)
    with fuzz.workplace():
        assert fuzz.outcome(kind, line, bomb(12, name)) is None


GLOB = "*a" * 40 + "*b"
LONG = "a" * 3000


@pytest.mark.parametrize(
    "line",
    [
        f"asn-edit remove-member --expname '{GLOB}' -- x",
        f"asn-edit select --product '{GLOB}' --exptype science x",
        f"asn-pool --set 'target=x:{GLOB}' pool",
        f"asn-match --rule '{GLOB}' exposures.jsonl",
        "asn-match --no-default-rules --rules rules records",
    ],
)
def test_patterns_end(line, monkeypatch):
    monkeypatch.setattr(fuzz, "SECONDS", 10)
    with fuzz.workplace():
        tree = spoiled(ASN, "")
        tree["products"][0]["name"] = LONG
        tree["products"][0]["members"][0]["expname"] = f"{LONG}.fits"
        fuzz.Path("x").write_text(json.dumps(tree))
        fuzz.Path("pool").write_text(
            f"filename|program|instrume|exp_type|obs_num\n{LONG}_uncal.fits|1|miri|mir_image|1\n"
        )
        rule = {"stage": 2, "asn_type": "image2", "where": {"exp_type": [GLOB, "mir_image"], "filter": GLOB}}
        fuzz.Path("rules").write_text(json.dumps({"rules": {"Asn_Mine": rule}}))
        fuzz.Path("records").write_text(
            json.dumps({"filename": "x", "program": "1", "exp_type": LONG, "filter": LONG})
        )
        assert fuzz.wrong(line, fuzz.run(line)) is None


def patterns():
    for module in pkgutil.walk_packages(asntools.__path__, "asntools."):
        if module.name.rpartition(".")[2] != "commands":
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, re.Pattern):
                    yield pytest.param(value, id=f"{module.name}.{name}")


PUMPS = [
    "a",
    " ",
    "\n",
    "0",
    '"',
    "\\",
    "{",
    "}",
    "{}",
    "a ",
    '"a',
    '\\"',
    "_",
    "-",
    ".",
    "1.",
    "#\n",
    "'",
    ",",
    "(",
    "*",
]


@pytest.mark.parametrize("pattern", list(patterns()))
def test_no_regular_expression_takes_for_ever(pattern):
    def stop(*_):
        raise AssertionError(f"{pattern.pattern!r} takes more than 10 s")

    before = fuzz.signal.signal(fuzz.signal.SIGALRM, stop)
    fuzz.signal.alarm(10)
    try:
        for pump in PUMPS:
            for start in ("", '"', "{", "jw", "-", "1"):
                text = start + pump * 150 + "\x01"
                for subject in (
                    (text, text.encode()) if isinstance(pattern.pattern, str) else (text.encode(),)
                ):
                    if isinstance(subject, type(pattern.pattern)):
                        pattern.search(subject)
                        pattern.fullmatch(subject)
    finally:
        fuzz.signal.alarm(0)
        fuzz.signal.signal(fuzz.signal.SIGALRM, before)


def members(count):
    list_ = [{"expname": f"jw01234001001_{n:06d}_cal.fits", "exptype": "science"} for n in range(count)]
    return json.dumps({**ASN, "products": [{"name": "mosaic", "members": list_}]})


def products(count):
    list_ = [
        {"name": f"p{n}", "members": [{"expname": f"p{n}_rate.fits", "exptype": "science"}]}
        for n in range(count)
    ]
    return json.dumps({**ASN, "asn_type": "image2", "products": list_})


def lines_of(count):
    return (json.dumps(ASN) + "\n") * count


def documents(count):
    text = "asn_type: image3\nproducts:\n- name: x\n  members:\n  - {expname: a_cal.fits, exptype: science}\n"
    return "---\n".join([text] * count)


def broken(count):
    return '{"products": [\n' * count


def steps(line):
    """Return how many functions a command calls."""
    count = 0

    def call(_frame, event, _argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(call)
    try:
        end = fuzz.run(line)
    finally:
        sys.setprofile(None)
    assert fuzz.wrong(line, end) is None
    return count


@pytest.mark.parametrize("make", [members, products, lines_of, documents, broken])
@pytest.mark.parametrize(
    "line",
    [
        *(
            "asn-fmt x",
            "asn-fmt --to tree x",
            "asn-fmt --to dot x",
            "asn-fmt --repair x",
            "asn-fmt --to yaml x",
        ),
        *(
            "asn-validate x",
            "asn-edit dedupe x",
            "asn-edit relocate --prefix d x",
            "asn-edit merge --force x",
        ),
        "asn-diff x x",
    ],
)
def test_work_grows_no_faster_than_the_input(make, line):
    with fuzz.workplace():
        work = {}
        for count in (1, 20, 80, 160):  # the first one loads what is needed
            fuzz.Path("x").write_text(make(count))
            work[count] = steps(line)
    assert work[160] - work[80] < 2 * (work[80] - work[20]) + 1000, work


LARGE = [
    *(
        "asn-fmt x",
        "asn-fmt --to tree x",
        "asn-fmt --to table x",
        "asn-fmt --to html x",
        "asn-fmt --repair x",
    ),
    *(
        "asn-validate x",
        "asn-validate --format sarif x",
        "asn-edit dedupe x",
        "asn-edit split --by .exptype x",
    ),
    *("asn-edit relocate --prefix d x", "asn-edit remove-member --expname '*5_cal*' --force -- x"),
    *("asn-diff x x", "asn-diff x sound.json"),
]


@pytest.mark.slow
@pytest.mark.parametrize("make", [members, products])
@pytest.mark.parametrize("line", LARGE)
def test_time_grows_with_the_input(make, line):
    def seconds(count):
        fuzz.Path("x").write_text(make(count))
        start = time.process_time()
        assert fuzz.wrong(line, fuzz.run(line)) is None
        return time.process_time() - start

    with fuzz.workplace():
        seconds(10)  # loads what is needed
        few, many = (min(seconds(count) for _ in range(2)) for count in (2_000, 12_000))
    assert many < 18 * few, (few, many)  # 6 times as long, but for the machine; 36 times with the square


@pytest.mark.slow
def test_100_000_members(monkeypatch):
    monkeypatch.setattr(fuzz, "SECONDS", 120)
    with fuzz.workplace():
        fuzz.Path("x").write_text(members(100_000))
        for line in LARGE:
            end = fuzz.run(line)
            assert fuzz.wrong(line, end) is None, line
            assert end.status in (0, 1), end.told


# Runs of a command whose module is loaded, each within limits of its own, and each when it is asked for.
HOG = """
import json, os, resource, signal, sys
from importlib import import_module
main = import_module(f"asntools.{sys.argv[1].removeprefix('asn-')}.cli").main
for (megabytes, descriptors), _ in zip(json.loads(sys.argv[2]), sys.stdin):
    if os.fork() == 0:
        for stream, name in enumerate((os.devnull, "../out", "../err")):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC), stream)
        os.closerange(3, 256)
        signal.alarm(120)
        if megabytes:
            size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (size + megabytes * 1_000_000,) * 2)
        if descriptors:
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
        sys.exit(main(sys.argv[3:]))
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


def hogs(line, folder, limits):
    """Run a command in a folder with each of some limits, megabytes and descriptors; 0 is none."""
    command, *arguments = fuzz.shlex.split(line)
    line = [sys.executable, "-c", HOG, command, json.dumps(limits), *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(line, cwd=folder, stdin=pipe, stdout=pipe, text=True, bufsize=1) as process:
        for _ in limits:
            process.stdin.write("\n")
            status = int(process.stdout.readline())
            yield fuzz.Outcome(
                status, *(fuzz.Path(folder, "..", name).read_text() for name in ("out", "err"))
            )


COMMANDS = [
    *("asn-pool {0}", "asn-match {0}", "asn-match --rules {0} e", "asn-build {0}", "asn-validate {0}"),
    *(
        "asn-edit dedupe {0}",
        "asn-edit dedupe -i {0}",
        "asn-fmt {0}",
        "asn-fmt --to tree {0}",
        "asn-diff {0} {0}",
    ),
]


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="the size of a process is not known")
@pytest.mark.parametrize("line", COMMANDS)
@pytest.mark.parametrize("what", ["text", "brackets"])
def test_a_line_of_many_megabytes(line, what, tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    text = {"text": '{"asn_type": "' + "x" * 10_000_000 + '"}', "brackets": "[" * 10_000_000}[what]
    (folder / "x").write_text(text)
    line = line.format("x")
    free, limited = hogs(line, folder, [(0, 0), (7, 0)])
    assert fuzz.wrong(line, free) is None
    assert max(map(len, free.told.splitlines()), default=0) < 1000
    assert limited == (2, "", f"{line.split(maxsplit=1)[0]}: out of memory\n")
    assert (folder / "x").stat().st_size == len(text)
    assert os.listdir(folder) == ["x"]


NEEDY = [
    *("asn-pool pool.csv", "asn-pool y.fits", "asn-pool --where true pool.csv", "asn-match exposures.jsonl"),
    *(
        "asn-build --outdir made groups",
        "asn-edit dedupe -i sound.json",
        "asn-edit gather --missing-ok made sound.json",
    ),
    *("asn-validate --pool pool.csv sound.json", "asn-fmt -i sound.json", "asn-fmt --query . sound.json"),
    *("asn-diff sound.json sound.json", "asn-edit split --outdir made sound.json"),
]


@pytest.mark.parametrize("line", NEEDY)
def test_without_descriptors(line):
    ends = []
    with fuzz.workplace():
        fuzz.shutil.copyfile(fuzz.CORPUS / "groups" / "images.jsonl", "groups")
        for end in hogs(line, ".", [(0, descriptors) for descriptors in (3, 4, 5, 6)]):
            assert fuzz.wrong(line, end) is None
            ends.append(end.status)
            assert not [name for name in fuzz._files(fuzz.Path.cwd()) if ".asntools-" in name]
            fuzz.shutil.rmtree("made", ignore_errors=True)
    assert 2 in ends


# Locale and terminal

LOCALES = [
    {"LANG": "C", "LC_ALL": "C"},
    {"LC_ALL": "POSIX", "PYTHONUTF8": "0"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"PYTHONIOENCODING": "ascii", "TERM": "dumb"},
]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "asn-pool pool.csv",
            "asn-fmt asn.json",
            "asn-fmt --to tree asn.json",
            "asn-fmt --to csv asn.json",
        ),
        *(
            "asn-fmt --to table asn.json",
            "asn-edit set target=m31 asn.json",
            "asn-validate asn.json",
        ),
        *(
            "asn-diff --all-keys asn.json old.json",
            "asn-fmt missing",
            "asn-fmt --query .note asn.json",
        ),
    ],
)
def test_what_comes_out_is_utf8_in_any_locale(line, tmp_path):
    asn = {**ASN, "note": "\u661f \U0001f52d e\u0301"}
    asn["products"] = [{**ASN["products"][0], "name": "\u661f"}]
    (tmp_path / "asn.json").write_text(json.dumps(asn, ensure_ascii=False), "utf-8")
    (tmp_path / "old.json").write_text(json.dumps(ASN), "utf-8")
    (tmp_path / "pool.csv").write_bytes(
        "filename|program|instrume|exp_type|obs_num|note\nx_uncal.fits|1|miri|mir_image|1|\u661f\n".encode()
    )
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "PYTHON"))}
    outcomes = []
    for variables in ({"LC_ALL": "C.UTF-8"}, *LOCALES):
        done = subprocess.run(
            [os.fsencode(word) for word in fuzz.shlex.split(line)],
            cwd=tmp_path,
            env=plain | variables,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert b"Traceback" not in done.stderr
        outcomes.append((done.returncode, done.stdout))
    for variables, outcome in zip(LOCALES, outcomes[1:], strict=True):
        assert outcome == outcomes[0], variables
    assert outcomes[0][0] in (0, 1, 2)


@pytest.mark.parametrize("width", [1, 20, 80, 400])
@pytest.mark.parametrize("term", ["dumb", "xterm-256color"])
def test_any_width_of_a_terminal(width, term, monkeypatch):
    from asntools.fmt.columns import width_of

    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", term)
    tree = spoiled(ASN, "")
    tree["products"][0]["name"] = "\u661f\u661f\u661f e\u0301\U0001f52d" * 3
    with fuzz.workplace():
        fuzz.Path("x").write_text(json.dumps(tree))
        for form in ("table", "tree", "csv", "json"):
            end = fuzz.run(f"asn-fmt --to {form} x", terminal=True)
            assert (end.status, end.told) == (0, "")
            assert fuzz.wrong("asn-fmt", end, terminal=True) is None
            if form == "table" and width >= 80:
                lines = fuzz._COLOUR.sub("", end.out).splitlines()
                assert max(map(width_of, lines)) <= width
