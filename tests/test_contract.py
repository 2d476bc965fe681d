"""What holds for every command: help, messages, exit statuses, signals, closed and full outputs."""

from __future__ import annotations

import importlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import asntools

ROOT = Path(__file__).parent.parent
VERSION = asntools.__version__
COMMANDS = (
    "asn-pool",
    "asn-match",
    "asn-build",
    "asn-generate",
    "asn-edit",
    "asn-validate",
    "asn-fmt",
    "asn-diff",
)
READ_POOLS = ("asn-pool", "asn-generate")
FILTERS = (*READ_POOLS, "asn-match", "asn-build")
# What a command line needs beside files.
ARGUMENTS = {"asn-edit": ["dedupe"], "asn-diff": ["/dev/null"]}
# Whether an association is sound is what asn-validate is asked: text that is none is an answer, no fault.
MALFORMED = dict.fromkeys(COMMANDS, 2) | {"asn-validate": 1}

pytestmark = pytest.mark.usefixtures("at_once")

every_command = pytest.mark.parametrize("command", COMMANDS)
# asn-diff has two inputs, which may be folders, and sound ones that differ give status 1.
every_command_of_files = pytest.mark.parametrize("command", [name for name in COMMANDS if name != "asn-diff"])


def line_of(command, *arguments):
    return [command, *ARGUMENTS.get(command, []), *map(str, arguments)]


def run(line, stdin=b"", **options):
    """Run a command line, or, if it is text, a shell's; nothing ever prints a traceback."""
    if isinstance(line, str):
        line = ["bash", "-c", line]
    done = subprocess.run(line, input=stdin, capture_output=True, check=False, timeout=60, **options)
    assert b"Traceback" not in done.stderr
    return done


def shell(command, rest, **options):
    return run(" ".join([*line_of(command), rest]), **options)


def main_of(command):
    return importlib.import_module(f"asntools.{command.removeprefix('asn-')}.cli").main


@pytest.fixture(scope="session")
def records():
    """Return sound input for each command."""
    exposures = run(["asn-pool", str(ROOT / "tests" / "data" / "pool.csv")]).stdout
    groups = run(["asn-match", "--rule", "image2"], exposures).stdout
    associations = run(["asn-build"], groups).stdout
    assert associations.count(b"\n") > 1
    return {
        "asn-pool": exposures,
        "asn-match": exposures,
        "asn-generate": exposures,
        "asn-build": groups,
        **dict.fromkeys(("asn-edit", "asn-validate", "asn-fmt", "asn-diff"), associations),
    }


@pytest.fixture
def wordy(records, tmp_path):
    """Return a function that gives a file for which a command writes more than a pipe holds."""

    def make(command):
        path = tmp_path / "wordy"
        [first, *_] = records[command].splitlines(keepends=True)
        if command in FILTERS:
            lines = (first.replace(b'"1523"', f'"{number}"'.encode()) for number in range(1000, 2000))
            path.write_bytes(b"".join(lines))
        else:
            path.write_bytes((b"{}\n" if command == "asn-validate" else first) * 2000)
        return path

    return make


# Help


@every_command
def test_help_ends_in_examples(command):
    done = run([command, "--help"])
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith(f"usage: {command} ")
    assert re.search(rf"\nexamples:\n(  .*\b{command}\b.*\n){{2,}}\Z", done.stdout.decode())


@every_command
def test_version(command):
    done = run([command, "--version"])
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, f"{command} {VERSION}\n", b"")


@every_command
@pytest.mark.parametrize("option", ["--bogus", "--vers", "-Z"])
def test_unknown_option(command, option):
    done = run(line_of(command, option))
    assert (done.returncode, done.stdout) == (2, b"")
    assert re.fullmatch(rf"{command}: .*{option}.*; see '{command}( dedupe)? --help'\n", done.stderr.decode())


# Input


@every_command
def test_empty_input(command):
    done = run(line_of(command))
    assert (done.returncode, done.stdout) == (0, b"")
    told = f"{command}:<stdin>: is empty; a pool has a header line with the names of its columns\n"
    assert done.stderr.decode() == (told if command in READ_POOLS else "")


@every_command
@pytest.mark.parametrize("bad", [b"{]\n", b'{"a": nope}\n', b'{"a":1'], ids=["bracket", "word", "cut"])
def test_bad_json(command, bad):
    done = run(line_of(command), bad)
    assert done.returncode == MALFORMED[command]
    assert b"<stdin>:1:" in (done.stdout if command == "asn-validate" else done.stderr)
    assert command == "asn-validate" or (done.stdout, done.stderr.count(b"\n")) == (b"", 1)


@every_command_of_files
def test_cut_input_counts_as_far_as_it_goes(command, records):
    sound = b"".join(records[command].splitlines(keepends=True)[:2])
    whole = run(line_of(command), sound)
    assert whole.returncode == 0
    cut = run(line_of(command), sound + sound[: sound.index(b"\n") // 2])
    assert cut.returncode == MALFORMED[command]
    if command != "asn-validate":
        assert cut.stdout == whole.stdout
        assert (cut.stderr.count(b"\n"), cut.stderr.count(b"<stdin>:3:")) == (1, 1)


KINDS = {"asn-pool": "an exposure record", "asn-build": "a group", "asn-fmt": "an association"}


@pytest.mark.parametrize("command", FILTERS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: KINDS[kind].split()[1])
def test_record_of_another_kind(command, kind, records):
    lines = records[kind].splitlines()
    if kind == command or (kind == "asn-pool" and command != "asn-build"):
        assert run([command], records[kind]).returncode == 0
        return
    done = run([command], records[kind])
    assert (done.returncode, done.stdout) == (2, b"")
    first, *rest = done.stderr.decode().splitlines()
    assert first.startswith(f"{command}:<stdin>:1: {KINDS[kind]}, not ")
    assert rest == [f"{command}:<stdin>:2: the same, down to line {len(lines)}"]


@pytest.mark.parametrize("command", ["asn-edit", "asn-validate", "asn-fmt"])
@pytest.mark.parametrize("kind", ["asn-pool", "asn-build"], ids=["exposure", "group"])
def test_record_that_is_no_association(command, kind, records):
    [first, *_] = records[kind].splitlines()
    arguments = ["--to", "table"] if command == "asn-fmt" else []
    done = run(line_of(command, *arguments), first)
    assert done.returncode == MALFORMED[command]
    told = done.stdout if command == "asn-validate" else done.stderr
    assert b"<stdin>:1" in told
    assert f"{KINDS[kind]} is not an association; asn-".encode() in told


@pytest.mark.parametrize("command", ["asn-match", "asn-build"])
def test_document_over_several_lines(command, records):
    text = json.dumps(json.loads(records["asn-fmt"].splitlines()[0]), indent=4)
    done = run([command], text.encode())
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == (
        f"{command}:<stdin>:1: a record must be on one line, but this one goes on; 'jq -c .' puts it on one\n"
    )


@pytest.mark.parametrize("command", ["asn-match", "asn-build"])
def test_lines_that_are_no_json_are_told_of_once(command, records):
    pool = (ROOT / "tests" / "data" / "pool.csv").read_bytes()
    done = run([command], pool + records[command] + b"log\n")
    assert done.returncode == 2
    assert done.stdout == run([command], records[command]).stdout
    rows, last = pool.count(b"\n"), pool.count(b"\n") + records[command].count(b"\n") + 1
    assert done.stderr.decode().splitlines() == [
        f"{command}:<stdin>:1: not JSON: a record starts with '{{'",
        f"{command}:<stdin>:2: the same, down to line {rows}",
        f"{command}:<stdin>:{last}: not JSON: a record starts with '{{'",
    ]


@every_command
def test_missing_file(command):
    done = run(line_of(command, "missing"))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"{command}:missing: cannot open: no such file or directory\n"


@every_command_of_files
def test_folder_as_file(command, tmp_path):
    done = run(line_of(command, tmp_path))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().partition(";")[0].strip() == f"{command}:{tmp_path}: is a folder, not a file"


@pytest.mark.cold
@every_command
def test_file_that_may_not_be_read(command, tmp_path):
    path = tmp_path / "secret"
    path.write_text("{}\n")
    path.chmod(0)
    powerless = []
    if os.geteuid() == 0:
        # Root may read everything, but for these two of its powers.
        powerless = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
        if not shutil.which("setpriv") or run([*powerless, "true"]).returncode:
            pytest.skip("permissions do not bind root, and its powers cannot be dropped here")
    done = run([*powerless, *line_of(command, path)])
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"{command}:{path}: cannot open: permission denied\n"


@every_command
def test_file_that_fails_while_it_is_read(command):
    done = run(line_of(command, "/proc/self/mem"))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"{command}:/proc/self/mem: cannot read: input/output error\n"


@every_command_of_files
def test_bad_file_among_good_ones(command, records, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(records[command])
    two.write_bytes(records[command].replace(b'1523"', b'1524"'))
    good = run(line_of(command, one, two))
    assert good.stdout or command == "asn-validate"
    done = run(line_of(command, one, tmp_path / "missing", two))
    assert (done.returncode, done.stdout) == (2, good.stdout)
    told = done.stderr.decode().replace(good.stderr.decode(), "")
    assert told == f"{command}:{tmp_path}/missing: cannot open: no such file or directory\n"


@every_command_of_files
def test_dash_is_standard_input(command, records, tmp_path):
    path = tmp_path / "one"
    path.write_bytes(records[command].replace(b'1523"', b'1524"'))
    named = tmp_path / "two"
    named.write_bytes(records[command])
    done = run(line_of(command, path, "-"), records[command])
    want = run(line_of(command, path, named)).stdout
    assert done.stdout.replace(b"<stdin>", os.fsencode(named)) == want
    assert done.returncode == 0


@every_command
def test_control_characters_in_names_are_escaped(command):
    done = run(line_of(command, "a\x1b[31m\nb\u202e"))
    assert done.returncode == 2
    assert done.stderr.decode() == (
        f"{command}:a\\x1b[31m\\nb\\u202e: cannot open: no such file or directory\n"
    )


@every_command_of_files
def test_name_that_is_not_utf8(command, records, tmp_path):
    name = os.path.join(os.fsencode(tmp_path), b"a\xe9")
    Path(os.fsdecode(name)).write_bytes(records[command])
    assert run([*line_of(command), name]).returncode == 0
    done = run([*line_of(command), name + b"b"])
    assert done.returncode == 2
    assert b"a\\udce9b: cannot open: no such file or directory\n" in done.stderr


@every_command
@pytest.mark.parametrize("before", [[], ["one"]], ids=["alone", "after another"])
def test_files_behind_two_dashes(command, before, records, tmp_path):
    if command == "asn-diff" and before:
        pytest.skip("asn-diff takes two files, and has the first already")
    (tmp_path / "one").write_bytes(records[command].replace(b'1523"', b'1524"'))
    (tmp_path / "-x.jsonl").write_bytes(records[command])
    done = run(line_of(command, *before, "--", "-x.jsonl"), cwd=tmp_path)
    want = run(line_of(command, *before, "./-x.jsonl"), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (want.returncode, want.stdout.replace(b"./-x", b"-x"))
    assert done.returncode == (1 if command == "asn-diff" else 0)
    assert b"unrecognized" not in done.stderr


# Output, standard streams, signals


@every_command
def test_closed_pipe_ends_a_command_by_its_signal(command, wordy):
    done = shell(command, f"{wordy(command)} | head -1; echo ${{PIPESTATUS[0]}}")
    assert done.stderr == b""
    first, status = done.stdout.decode().splitlines()
    assert first
    assert status == f"{128 + signal.SIGPIPE}"


@every_command
def test_closed_pipe_of_messages(command):
    done = run(
        f"{{ sleep 0.1; {' '.join(line_of(command))} missing; }} 2>&1 >&- | true; echo ${{PIPESTATUS[0]}}"
    )
    assert done.stdout.decode() in (f"{128 + signal.SIGPIPE}\n", "2\n")


@pytest.mark.cold
@every_command
def test_interrupt_ends_a_command_by_its_signal(command, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = subprocess.Popen(
        line_of(command, fifo),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with open(fifo, "wb"):  # which waits until the command has it open
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == (b"", b"")
    assert process.returncode == -signal.SIGINT


STARTING = """
import signal, sys

class Late:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Late())
from asntools.commands import {room} as main
sys.exit(main())
"""


@pytest.mark.parametrize("module", ["argparse", "asntools.{room}.cli", "asntools.common.faults", "orjson"])
@every_command
def test_interrupt_is_quiet_while_a_command_starts(command, module):
    room = command.removeprefix("asn-")
    code = STARTING.format(room=room, module=module.format(room=room))
    done = run([sys.executable, "-c", code, *line_of(command)[1:]], b"{}")
    if module == "orjson" and done.returncode in {0, 1, 2}:
        return  # which this one does not import
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


def test_an_interrupt_that_is_ignored_stays_so():
    code = "import signal, asntools.commands as _; print(signal.getsignal(signal.SIGINT).name)"
    assert run(f"trap '' INT; {sys.executable} -c '{code}'").stdout == b"SIG_IGN\n"


@pytest.mark.cold
def test_memory_that_runs_out_is_told():
    done = run("ulimit -v 300000; yes | asn-fmt")
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", b"asn-fmt: out of memory\n")


def test_what_the_system_refuses_is_no_bug(records):
    done = run(["asn-build", "--outdir", "n" * 300], records["asn-build"])
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"asn-build:{'n' * 300}: cannot write: file name too long\n"


FULL = "cannot write standard output: no space left on device\n"
CLOSED = "cannot write standard output: standard output is closed\n"


@every_command
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("what", ["little", "much", "help", "version"])
@pytest.mark.parametrize(("to", "why"), [("/dev/full", FULL), ("&-", CLOSED)], ids=["full", "closed"])
def test_output_that_cannot_be_written(command, unbuffered, what, to, why, wordy, tmp_path):
    if what == "little":
        path = tmp_path / "little"
        path.write_bytes(wordy(command).read_bytes().splitlines()[0])
    arguments = {"help": "--help", "version": "--version", "much": f"{tmp_path}/wordy"}
    if what == "much":
        wordy(command)
    start = [command] if what in ("help", "version") else line_of(command)
    done = run(
        f"{' '.join(start)} {arguments.get(what, tmp_path / 'little')} >{to}",
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    assert (done.returncode, done.stderr.decode()) == (2, f"{command}: {why}")


@pytest.mark.cold
@every_command_of_files
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_output_that_ends_within_a_file(command, unbuffered, records, tmp_path):
    record = json.loads(records[command].splitlines()[0])
    # Long enough to be cut in the one piece in which it is written, which is the last one too.
    (record["values"] if command == "asn-build" else record)["note"] = "x" * 3000
    path = tmp_path / "one"
    path.write_text("{}\n" * 50 if command == "asn-validate" else json.dumps(record))
    # 1024 bytes are written, and nothing after them.
    done = run(
        f"ulimit -f 1; {' '.join(line_of(command))} {path} >{tmp_path}/out",
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    assert (tmp_path / "out").stat().st_size <= 1024
    assert (done.returncode, done.stderr.decode()) == (
        2,
        f"{command}: cannot write standard output: file too large\n",
    )


@every_command
def test_closed_input(command):
    done = shell(command, "<&-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"{command}:<stdin>: standard input is closed\n"


@every_command_of_files
@pytest.mark.parametrize("to", ["&-", "/dev/full"], ids=["closed", "full"])
def test_messages_that_cannot_be_written(command, to, records, tmp_path):
    path = tmp_path / "one"
    path.write_bytes(records[command])
    done = shell(command, f"{path} missing 2>{to}")
    assert (done.returncode, done.stdout) == (2, run(line_of(command, path)).stdout)
    assert run(f"{command} --bogus 2>{to}").returncode == 2


@every_command
def test_all_streams_closed(command):
    assert shell(command, "<&- >&- 2>&-").returncode == 2


# Bugs


@every_command
@pytest.mark.parametrize("debug", [False, True])
def test_bug(command, debug, monkeypatch, capsys):
    def broken(*_):
        raise LookupError("no\nsuch")

    monkeypatch.setattr(sys.modules[main_of(command).__module__], "build_parser", broken)
    assert main_of(command)(["--debug"] if debug else []) == 70
    out, err = capsys.readouterr()
    message = f"{command}: bug: LookupError: no\\nsuch; please report it, with --debug\n"
    assert out == ""
    assert err.endswith(message)
    assert err.startswith("Traceback ") == debug
    assert debug or err == message


# Starting


HEAVY = {"astropy", "jq", "jsonschema", "numpy", "referencing", "shtab", "yaml"}
# What a run over sound records may import: rules are YAML, and checks use JSON Schema.
MAY_IMPORT = {"asn-match": {"yaml"}, "asn-generate": {"yaml"}, "asn-validate": {"jsonschema", "referencing"}}

PROBE = """
import sys
from asntools.{module}.cli import main
status = main({arguments!r})
print(status, *sorted({heavy!r} & set(sys.modules)), file=sys.stderr)
"""


def imported(command, arguments, stdin=b""):
    code = PROBE.format(module=command.removeprefix("asn-"), arguments=arguments, heavy=HEAVY)
    status, *names = run([sys.executable, "-c", code], stdin).stderr.decode().split()
    assert status == "0"
    return set(names)


@every_command
def test_help_imports_nothing_heavy(command):
    assert imported(command, ["--help"]) == set()


@every_command_of_files
def test_plain_run_imports_only_what_it_needs(command, records):
    used = imported(command, ARGUMENTS.get(command, []), records[command])
    assert used <= MAY_IMPORT.get(command, set())


# What costs tens of milliseconds and no small run needs.
SLOW = {"email", "hashlib", "importlib.metadata", "secrets", "subprocess", "tomllib", "zoneinfo"}
# A module more is about 0.3 ms; these are bounds for what creeps in.
MODULES = {
    "asn-build": 90,
    "asn-diff": 80,
    "asn-edit": 65,
    "asn-fmt": 60,
    "asn-generate": 185,
    "asn-match": 115,
    "asn-validate": 62,
}
COUNT = """
import argparse, json, sys
before = set(sys.modules)
from asntools.{module}.cli import main
status = main({arguments!r})
loaded = set(sys.modules) - before
print(status, len(loaded), *sorted({slow!r} & loaded), file=sys.stderr)
"""


@every_command
def test_a_small_run_loads_little(command, records):
    arguments = ["add-member", "--expname", "x.fits", "--exptype", "psf"] if command == "asn-edit" else []
    room = command.removeprefix("asn-")
    code = COUNT.format(module=room, arguments=arguments or ARGUMENTS.get(command, []), slow=SLOW)
    told = run([sys.executable, "-c", code], records[command].splitlines()[0]).stderr.decode()
    _, count, *slow = told.splitlines()[-1].split()
    assert slow == []
    assert int(count) <= MODULES.get(command, 120), told


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Return a copy of what a checkout has, of another version."""
    here = tmp_path_factory.mktemp("checkout")
    for name in ("asntools", "bin", "schemas"):
        shutil.copytree(ROOT / name, here / name, symlinks=True)
    (here / "asntools" / "common" / "version.py").write_text('__version__ = "99.9"\n')
    return here


@every_command
def test_launcher_works_from_any_folder_without_an_installation(command, checkout):
    launcher = checkout / "bin" / command
    assert launcher.read_text().startswith("#!/usr/bin/env python3\n")
    assert os.access(launcher, os.X_OK)
    # Without its site module, Python sees the dependencies but no editable installation of asntools.
    environment = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}
    done = run([sys.executable, "-S", str(launcher), "--version"], cwd="/", env=environment)
    assert (done.returncode, done.stdout.decode()) == (0, f"{command} 99.9\n")
    done = run([sys.executable, "-S", str(launcher), *ARGUMENTS.get(command, [])], cwd="/", env=environment)
    assert (done.returncode, done.stdout) == (0, b"")


@pytest.mark.parametrize("command", FILTERS)
def test_files_may_stand_around_options(command, records, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(records[command])
    option = {"asn-pool": "--to=jsonl", "asn-match": "-e"}.get(command, "--merge")
    apart = run([command, "one", option, "two"], cwd=tmp_path)
    together = run([command, option, "one", "two"], cwd=tmp_path)
    assert (apart.returncode, apart.stdout) == (together.returncode, together.stdout)
    assert apart.stdout


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_a_reader_that_does_not_wait_gets_it_all(unbuffered, wordy):
    path = wordy("asn-pool")
    want = run(["asn-pool", str(path)]).stdout
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with subprocess.Popen(
        ["asn-pool", str(path)], stdout=writer, env={**os.environ, "PYTHONUNBUFFERED": unbuffered}
    ) as process:
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            assert stream.read() == want
    assert process.returncode == 0


def test_a_terminal_gets_no_control_characters(tmp_path):
    record = {"filename": "a.fits", "program": "1", "title": "a\x9b2J\u202eb"}
    (tmp_path / "pool").write_text(json.dumps(record, ensure_ascii=False))
    (tmp_path / "rules.yaml").write_text(
        'rules: {Asn_Mine: {stage: 2, asn_type: image2, summary: "a\\e[2Jb"}}\n'
    )
    shown = b""
    for line in ("asn-pool pool", "asn-match --no-default-rules --rules rules.yaml --list-rules"):
        reader, writer = pty.openpty()
        subprocess.run(line.split(), cwd=tmp_path, stdout=writer, check=True)
        os.close(writer)
        shown += os.read(reader, 10000)
        os.close(reader)
    assert b"a\\u009b2j\\u202eb" in shown
    assert rb"a\x1b[2Jb" in shown
    assert not {"\x9b", "\x1b", "\u202e"} & set(shown.decode())
