#!/usr/bin/env python3
"""Feed the commands what chance makes of sound and of unsound input; each outcome must be an orderly one.

usage: fuzz.py [-n N] [--seed SEED] [--keep DIR] [KIND...]

For each kind of input the files of corpus/KIND are changed, half of them as bytes and half as what they
mean: rows and cells, trees of JSON or YAML, cards of a FITS header. A command then reads the file in this
process. It must end within a bounded time, with status 0, 1 or 2; say what is wrong in lines of its own,
without control characters; write records that are JSON, and nothing outside its folder; and what one filter
writes, the next one must take. Prints a table: tried, right, wrong. A find is shrunk, named by its seed and
number, and kept in DIR; it belongs into the corpus, whose files are all tried as they are, too.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import os
import random
import re
import resource
import shlex
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

CORPUS = Path(__file__).parent / "corpus"
DATA = Path(__file__).parent.parent / "data" / "pool.csv"
SECONDS = 20
"""How long a run may take; a sound one takes milliseconds."""

LINES = {
    "pools": [
        *("asn-pool x", "asn-pool x", "asn-pool --to csv x", "asn-pool --sort --target-tolerance 5 x"),
        "asn-pool --candidate background=1,2 --set target=m31:*nis* --set program=9:obs_num=1 x",
        *("asn-pool --where '.program != null' x", "asn-validate --pool x sound.json"),
    ],
    "tables": [
        "asn-pool --format ascii.ecsv x",
        "asn-pool --format votable x",
        "asn-pool --format ascii.csv x",
        "asn-pool --format fits x",
        "asn-pool x",
    ],
    "exposures": [
        *("asn-match x", "asn-match --orphans --discover x", "asn-match --rule level2 --all-candidates x"),
        *("asn-match --unsorted --candidate o001 -e x", "asn-pool x", "asn-pool --to csv x"),
    ],
    "groups": [
        *("asn-build x", "asn-build --merge --explain x", "asn-build --outdir made --force x"),
        "asn-build --product-name '{program}_{target}_{filter|band|instrume}' --version-id v1 x",
        "asn-build --outdir made x",
    ],
    "associations": [
        *("asn-fmt x", "asn-fmt --to jsonl x", "asn-fmt --to yaml x", "asn-fmt --check x", "asn-fmt -i x"),
        *(f"asn-fmt --to {form} x" for form in ("table", "csv", "tree", "mermaid", "dot")),
        *("asn-fmt --repair x", "asn-fmt --repair -i x", "asn-fmt -r --query '.products[].name' x"),
        *(f"asn-validate --format {form} x" for form in ("text", "github", "jsonl", "junit", "sarif")),
        *("asn-validate --strict --files x", "asn-validate --pool pool.csv x"),
        *("asn-edit dedupe x", "asn-edit relocate --prefix data x", "asn-edit merge --force sound.json x"),
        *("asn-edit split --outdir made x", "asn-edit split --by .exptype x", "asn-edit set -i a=b x"),
        "asn-edit add-member --all-products --expname n_cal.fits --exptype psf x",
        "asn-edit set-member weight:=1 --expname '*' -- x",
        *("asn-edit rename-product --name n x", "asn-edit rename-product --product-name '{program}' x"),
        *("asn-edit select --exptype science --dry-run x", "asn-edit gather --missing-ok made x"),
        *("asn-diff x sound.json", "asn-diff --all-keys --to jsonl sound.json x", "asn-diff --summary x x"),
    ],
    "rules": [
        "asn-match --no-default-rules --rules x exposures.jsonl",
        "asn-match --no-default-rules --rules x --orphans --rule '*image*' exposures.jsonl",
        "asn-match --no-default-rules --rules x --list-rules",
    ],
    "headers": [
        *("asn-pool x.fits", "asn-pool x.fits", "asn-pool --keyword TITLE --expname absolute x.fits y.fits"),
        "asn-pool --candidate group=* --set targ_ra=1.5 x.fits",
    ],
    "lists": ["asn-pool --files-from x", "asn-pool -0 --files-from x", "asn-edit create image3 --from x"],
}
LINES["yaml"] = LINES["associations"]
NEXT = {
    "asn-pool": "asn-match",
    "asn-match": "asn-build",
    "asn-build": "asn-fmt --to jsonl",
    "asn-edit": "asn-fmt --to jsonl",
}
"""What reads what a command wrote."""

WORDS = [
    *("null", "NULL", "true", "~", "NaN", "-0", "1e999", "1" * 5000, "", " ", "\0", "\x1b[2J", "\x9b2J"),
    *("\u202e", "\u200b", "\u2028", "\ufeff", "\r", "\n", "\r\n", "\t", "{", "}", "[", "]", ":", ",", "'"),
    *(
        '"',
        "\\",
        "\\u",
        "\\ud800",
        "#",
        "//",
        "/*",
        "---\n",
        "...\n",
        "|",
        "&a",
        "*a",
        "!!int x",
        "<<: ",
        ";",
    ),
    *("2001-13-45", "0x1f", "1_000", "=1+1", "@x", "::error::x", "../../x", "/etc/passwd", "C:\\x", "a/b"),
    *("file:///etc/passwd", "http://127.0.0.1:9/x", "*", "?", "[", "[!a]*", "*a*a*a*a*a*b", "a" * 3000),
    *("{program}", "%s", "$x", "science", "SCIENCE", "o001", "c1000", "image3", "expname", "products"),
    *(
        "[('o001', 'observation')]",
        "_cal.fits",
        "jw01523001001_02101_00001_nis_cal.fits",
        "é",
        "🔭",
        "e\u0301",
    ),
    *("END", "CONTINUE  'x&'", "HIERARCH A B = 1", "NAXIS   =  999999999", "XTENSION= 'IMAGE   '"),
]
VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        10**30,
        1.5,
        1e300,
        [],
        {},
        [[]],
        {"": ""},
        [None],
        "\ud800",
        {"a": {"b": []}},
    ),
    *WORDS,
]

Mutation = Callable[[bytes, list[bytes], random.Random], bytes]


def as_bytes(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Change bytes: drop, double, replace, insert, cut, splice."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((1, 1, 2, 8, 50, 400)))
        word = chance.choice(WORDS).encode("utf-8", "surrogatepass")
        other = chance.choice(others)
        data = chance.choice(
            [
                data[:start] + data[end:],
                data[:start] + word + data[start:],
                data[:start] + word + data[end:],
                data[:start] + bytes([chance.randrange(256)]) + data[start + 1 :],
                data[:end] + data[start:end] * chance.choice((1, 1, 3, 500)) + data[end:],
                data[:start],
                data[:start] + other[chance.randrange(len(other) + 1) :],
                data.replace(b"\n", chance.choice((b"\r", b"\r\n", b"\n\n", b" "))),
                data.replace(data[start:end], word, 3) if end > start else data,
            ]
        )
    return data


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield tree, key
        yield from _places(tree[key])


def _change_tree(tree: Any, chance: random.Random) -> None:
    places = list(_places(tree))
    if not places:
        return
    where, key = chance.choice(places)
    _, elsewhere = chance.choice(places)
    other, at = chance.choice(places)
    change = chance.randrange(8)
    if change == 0:
        del where[key]
    elif change == 1:
        where[key] = copy.deepcopy(chance.choice(VALUES))
    elif change == 2:
        alike = [each[one] for each, one in places if type(each[one]) is type(where[key])]
        where[key] = copy.deepcopy(chance.choice((other[at], *alike)))
    elif change == 3:
        where[key] = chance.choice(([where[key]], {"name": where[key]}, str(where[key])))
    elif change == 4 and isinstance(where, dict):
        name = chance.choice((str(elsewhere), chance.choice(WORDS), str(key)[:-1], str(key).upper()))
        where[name] = where.pop(key)
    elif change == 5 and isinstance(where, list):
        where.extend(copy.deepcopy(where[key]) for _ in range(chance.choice((1, 1, 200))))
    elif change == 6:
        for _ in range(chance.choice((1, 3, 600))):
            where[key] = [where[key]]
    elif isinstance(where[key], str):
        word = chance.choice(WORDS)
        cut = chance.randrange(len(where[key]) + 1)
        where[key] = where[key][:cut] + word + where[key][cut:]


def as_json(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Change the trees of JSON documents, one a line."""
    trees = [json.loads(line) for line in data.splitlines() if line.strip()]
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        _change_tree(trees, chance)
    indent = chance.choice((None, None, 2))
    ascii_only = chance.random() < 0.5
    lines = [json.dumps(tree, indent=indent, ensure_ascii=ascii_only) + "\n" for tree in trees]
    return "".join(lines).encode("utf-8", "surrogatepass")


def as_yaml(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Change the tree of a YAML document."""
    import yaml

    tree = yaml.load(data, yaml.CSafeLoader)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        _change_tree(tree, chance)
    flow = chance.choice((None, True, False))
    return yaml.dump(
        tree, Dumper=_Dumper, default_flow_style=flow, allow_unicode=True, sort_keys=False
    ).encode("utf-8", "surrogatepass")


def as_table(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Change the rows, columns and cells of a pool."""
    rows = [line.split("|") for line in data.decode().splitlines()]
    other = [
        line.split("|") for line in chance.choice(others).decode("utf-8", "replace").splitlines() or [""]
    ]
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        row = chance.choice(rows)
        column = chance.randrange(len(row))
        change = chance.randrange(8)
        if change == 0:
            rows.append(list(chance.choice(rows)))
        elif change == 1 and len(rows) > 1:
            rows.remove(row)
        elif change == 2:
            del row[column:]
            row.append("x")
        elif change == 3:
            for each in rows:
                each[column : column + 1] = [] if chance.random() < 0.9 and len(each) > 1 else ["x", "y"]
        elif change == 4:
            row[column] = chance.choice(chance.choice(other) or [""])
        else:
            row[column] = chance.choice((chance.choice(WORDS), row[column] + chance.choice(WORDS)))
    separator = chance.choice("||||,\t;")
    end = chance.choice(("\n", "\n", "\n", "\r\n", "\r"))
    return end.join(separator.join(row) for row in rows).encode("utf-8", "surrogatepass")


def as_cards(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Change the cards of a FITS file's headers."""
    cards = [data[at : at + 80] for at in range(0, len(data), 80)]
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        at = chance.randrange(len(cards))
        value = chance.choice((f"'{chance.choice(WORDS)}'", chance.choice(WORDS), "T", "-1", "1.5D400", ""))
        text = cards[at][:8].decode("latin-1") + chance.choice(("= ", "= ", "=", "  ")) + value
        cards[at : at + 1] = chance.choice(
            (
                [],
                [cards[at]] * 2,
                [text.encode("utf-8", "surrogatepass").ljust(80)[:80]],
                [cards[at], text.encode("utf-8", "surrogatepass").ljust(80)[:80]],
                [chance.choice(cards)],
                [chance.choice(WORDS).encode("utf-8", "surrogatepass").ljust(80)[:80]],
            )
        )
    data = b"".join(cards)
    return data + b" " * chance.choice((0, -len(data) % 2880))


STRUCTURE: dict[str, Mutation] = {
    "pools": as_table,
    "tables": as_bytes,
    "exposures": as_json,
    "groups": as_json,
    "associations": as_json,
    "yaml": as_yaml,
    "rules": as_yaml,
    "headers": as_cards,
    "lists": as_bytes,
}


class Outcome(NamedTuple):
    """How a command ended, and what it wrote."""

    status: int | None  # None where it took too long
    out: str
    told: str


class _TooLong(BaseException):
    pass


def _stop(*_: object) -> None:
    raise _TooLong


class _Stream(io.TextIOWrapper):
    def __init__(self, *, terminal: bool):
        super().__init__(io.BytesIO(), "utf-8", "surrogateescape", write_through=True)
        self._is_terminal = terminal

    def isatty(self) -> bool:
        return self._is_terminal

    @property
    def text(self) -> str:
        return self.buffer.getvalue().decode("utf-8", "surrogateescape")  # type: ignore[attr-defined]


def run(line: str, *, terminal: bool = False) -> Outcome:
    """Run a command line in this process, in this folder."""
    command, *arguments = shlex.split(line)
    main = import_module(f"asntools.{command.removeprefix('asn-')}.cli").main
    kept = sys.stdin, sys.stdout, sys.stderr
    stdin, stdout, stderr = (_Stream(terminal=each) for each in (False, terminal, False))
    sys.stdin, sys.stdout, sys.stderr = stdin, stdout, stderr
    before = signal.signal(signal.SIGALRM, _stop)
    signal.alarm(SECONDS)
    status: int | None
    try:
        status = main(arguments)
    except _TooLong:
        status = None
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        sys.stdin, sys.stdout, sys.stderr = kept
    return Outcome(status, stdout.text, stderr.text)


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_COLOUR = re.compile("\x1b\\[[0-9;]*m")  # our own; no input holds such
_JSON_LINES = re.compile(r"asn-(pool|match|build|edit)\b|.*--(to|format) jsonl")
_NOT_JSON = re.compile(r".*(--to csv|--list-rules|--dry-run|--outdir| -i )")


def wrong(line: str, end: Outcome, *, terminal: bool = False) -> str | None:
    """Return what is wrong with an outcome."""
    command = line.split(maxsplit=1)[0]
    if end.status is None:
        return f"takes more than {SECONDS} s"
    if end.status not in (0, 1, 2):
        return f"status {end.status}: {end.told}"
    for told in end.told.splitlines():
        if not told.startswith((f"{command}:", f"{command} ")) or "Traceback" in told:
            return f"a message that is not of {command}: {told!r}"
        if _CONTROL.search(told):
            return f"a control character in a message: {told!r}"
    if end.status == 2 and not end.told:
        return "status 2, and not a word"
    if terminal and _CONTROL.search(_COLOUR.sub("", end.out)):
        return "a control character for the terminal"
    if _JSON_LINES.match(line) and not _NOT_JSON.match(line):
        for number, text in enumerate(end.out.split("\n")[:-1], 1):
            try:
                json.loads(text)
            except ValueError:
                return f"line {number} of the output is not JSON"
    return None


SIDE = ("sound.json", "pool.csv", "exposures.jsonl", "y.fits")


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if "made" not in path.parts}


def outcome(kind: str, line: str, data: bytes, *, terminal: bool = False) -> str | None:
    """Let a command read `data` in this folder; return what is wrong with what comes of it."""
    name = "x.fits" if kind == "headers" else "x"
    Path(name).write_bytes(data)
    here = Path.cwd()
    before = _files(here.parent)
    end = run(line, terminal=terminal)
    found = wrong(line, end, terminal=terminal)
    if found is None and _files(here.parent) != before:
        found = f"other files: {sorted(_files(here.parent) ^ before)}"
    shutil.rmtree("made", ignore_errors=True)
    if found is None and not terminal:
        found = _wrong_next(line, end, name)
    return found


def _wrong_next(line: str, end: Outcome, name: str) -> str | None:
    # What was written counts, even beside faults: what reads it next has nothing to say of it.
    command = line.split(maxsplit=1)[0]
    if line.endswith(" -i x") and end.status == 0:
        return _disliked("asn-fmt --to jsonl", Path(name).read_text("utf-8", "surrogateescape"))
    if "made" in line or not end.out or end.status == 1:
        return None
    if line == "asn-pool --to csv x":
        if end.out.count("\n") == 1 or end.status == 2:  # no rows, or not all of a pool
            return None
        return _disliked("asn-pool --to csv", end.out, end.out)
    if line in ("asn-fmt x", "asn-fmt --to yaml x", "asn-fmt --to jsonl x"):
        return _disliked(line[:-2], end.out, end.out)
    if line == "asn-fmt --repair x":
        return _disliked("asn-fmt", end.out, end.out)
    if command == "asn-build":
        found = _disliked("asn-validate --select ASN225", end.out)
        if found:
            return found
    if command in NEXT and not _NOT_JSON.match(line) and "--orphans" not in line:
        return _disliked(NEXT[command], end.out)
    return None


def _disliked(line: str, text: str, want: str | None = None) -> str | None:
    # What is wrong when a command reads a text, which must give `want`.
    line += " next"
    Path("next").write_bytes(text.encode("utf-8", "surrogateescape"))
    end = run(line)
    Path("next").unlink()
    found = wrong(line, end)
    if found is None and end.status != 0:
        if "the header lacks" in end.told or "cannot be part of a product name" in end.told:
            return None
        found = f"status {end.status}: {end.told}"
    if found is None and want is not None and end.out != want:
        found = f"{end.out!r} from {want!r}"
    return f"then {line}: {found}" if found else None


def corpus(kind: str) -> list[bytes]:
    """Return the files of a kind, in the order of their names."""
    return [path.read_bytes() for path in sorted((CORPUS / kind).iterdir())]


def made(kind: str, seed: str, number: int) -> tuple[str, bytes, bool]:
    """Return a command line, what it reads, and whether a terminal shows what it writes."""
    chance = random.Random(f"{kind}-{seed}-{number}")
    files = corpus(kind)
    (data,) = chance.choices(files, [len(file) for file in files])  # the large ones are the sound ones
    mutate = chance.choice((as_bytes, STRUCTURE[kind], STRUCTURE[kind]))
    try:
        data = mutate(data, files, chance)
    except Exception:  # what is not sound has no structure
        data = as_bytes(data, files, chance)
    return chance.choice(LINES[kind]), data, chance.random() < 0.25


@contextmanager
def workplace() -> Iterator[None]:
    """Work in an empty folder that holds what the command lines read beside x."""
    old = Path.cwd()
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        folder = Path(place, "here")
        folder.mkdir()
        for name, source in SOURCES.items():
            shutil.copyfile(source, folder / name)
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(old)


SOURCES = {
    "sound.json": CORPUS / "associations" / "image3.jsonl",
    "pool.csv": DATA,
    "exposures.jsonl": CORPUS / "exposures" / "two-programs.jsonl",
    "y.fits": CORPUS / "headers" / "nis_rate.fits",
}


def trials(kind: str, seed: str, numbers: range) -> Iterator[tuple[int, str, bytes, bool, str | None]]:
    """Try inputs of a kind; give each one's number, command line, data and what is wrong."""
    for number in numbers:
        line, data, terminal = made(kind, seed, number)
        yield number, line, data, terminal, outcome(kind, line, data, terminal=terminal)


def shrunk(kind: str, line: str, data: bytes, *, terminal: bool) -> bytes:
    """Return a part of `data` that is wrong in the same way."""

    def sort_of(found: str | None) -> str | None:
        return found and re.sub(r"\d+|'[^']*'", "", found)[:60]

    want = sort_of(outcome(kind, line, data, terminal=terminal))
    size, budget = len(data) // 2, 400
    while size and budget > 0:
        at = 0
        while at < len(data) and budget > 0:
            less = data[:at] + data[at + size :]
            budget -= 1
            if sort_of(outcome(kind, line, less, terminal=terminal)) == want:
                data = less
            else:
                at += size
        size //= 2
    return data


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-n", type=int, default=300, help="inputs of each kind (default: 300)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first one")
    parser.add_argument("--seed", default="1", help="another seed makes other inputs")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep finds in this folder")
    parser.add_argument("kinds", metavar="KIND", nargs="*", help=f"{', '.join(LINES)}; none: all")
    options = parser.parse_args()
    keep = options.keep and options.keep.resolve()
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    print(f"{'':28}{'tried':>7}{'right':>7}{'wrong':>7}")
    bad = 0
    with workplace():
        for kind in options.kinds or LINES:
            count = 0
            for number, line, data, terminal, found in trials(
                kind, options.seed, range(options.first, options.first + options.n)
            ):
                if found is None:
                    continue
                count += 1
                small = shrunk(kind, line, data, terminal=terminal)
                shown = f"{kind} {options.seed} {number}: {line}: {found[:600]}\n    {small[:300]!r}"
                print(shown, file=sys.stderr, flush=True)
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{kind}-{options.seed}-{number}").write_bytes(small)
            print(f"{kind:28}{options.n:7}{options.n - count:7}{count:7}", flush=True)
            bad += count
    return 1 if bad else 0


def _dumper() -> Any:
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    return Dumper


_Dumper = _dumper()


if __name__ == "__main__":
    sys.exit(main())
