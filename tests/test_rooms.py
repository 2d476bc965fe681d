"""The rooms of the house: who may import whom."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from asntools.jwst.asn_types import PIPELINE_TYPES
from asntools.jwst.exptypes import PIPELINE_EXPTYPES
from asntools.jwst.levels import LEVELS

PACKAGE = Path(__file__).parents[1] / "asntools"
FLOORS = (
    {"common"},
    {"jwst"},
    {"asn", "pool", "match"},
    {"build", "edit", "validate", "fmt", "diff"},
    {"generate"},
    {"api"},
    {"__init__", "commands"},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
FILTERS = {"pool", "match", "build", "edit", "validate", "fmt", "diff"}
# asn-validate --pool and asn-fmt --pool read what asn-pool reads; asn-generate, a floor above, is the three
# filters in one.
ALLOWED = {("validate", "pool"), ("fmt", "pool")}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(module: Path) -> str:
    first, *more = module.relative_to(PACKAGE).parts
    return first if more else module.stem


@cache
def nodes_of(module: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(module.read_text())))


def modules_imported(module: Path) -> Iterator[str]:
    """Give the dotted names, below the package, that a module imports anywhere in its text."""
    for node in nodes_of(module):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            package, _, below = name.partition(".")
            if package == "asntools":
                yield below or "__init__"


def rooms_imported(module: Path) -> set[str]:
    rooms = {name.split(".")[0] for name in modules_imported(module)}
    return {room if room in FLOOR else "__init__" for room in rooms}


def test_every_room_has_a_floor():
    assert {room_of(module) for module in MODULES} == set(FLOOR)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(module):
    room = room_of(module)
    for other in rooms_imported(module) - {room}:
        assert FLOOR[other] < FLOOR[room] or (room, other) in ALLOWED, f"{room} imports {other}"
        assert not {room, other} <= FILTERS or (room, other) in ALLOWED, f"{room} imports {other}"


INSTRUMENTS = {"fgs", "miri", "nircam", "niriss", "nirspec"}
FACTS = INSTRUMENTS | LEVELS | {*PIPELINE_TYPES} | {*PIPELINE_EXPTYPES}
EXP_TYPE, PREFIX = r"(fgs|mir|nis|nrc|nrs)_[a-z0-9-]+", r"jw(\W.*)?"


def texts_of(module: Path) -> Iterator[str]:
    """Give the texts that a module's code works with, docstrings aside."""
    said = {id(node.value) for node in nodes_of(module) if isinstance(node, ast.Expr)}
    for node in nodes_of(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


@pytest.mark.parametrize("room", sorted(FLOOR.keys() - {"jwst"}))
def test_facts_of_the_observatory_are_in_a_room_of_their_own(room):
    # In what colour and form asn-fmt draws each role is no fact of the observatory.
    facts = FACTS - {"science", "background", "psf"} if room == "fmt" else FACTS
    told = {
        (module.name, text)
        for module in MODULES
        if room_of(module) == room
        for text in texts_of(module)
        if text in facts or re.fullmatch(EXP_TYPE, text) or re.fullmatch(PREFIX, text)
    }
    assert told == set()


def test_matching_knows_nothing_of_explanations():
    who = {
        module.stem
        for module in (PACKAGE / "match").glob("*.py")
        if any(name.startswith("match.explaining") for name in modules_imported(module))
    }
    assert who == {"cli", "records"}


def test_no_module_imports_itself_by_way_of_others():
    files = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in MODULES}
    below = {
        name: {
            other
            for wanted in modules_imported(path)
            for other in (wanted, wanted.rpartition(".")[0])
            if other in files and other != name
        }
        for name, path in files.items()
    }
    done: set[str] = set()
    while ready := {name for name in below.keys() - done if below[name] <= done}:
        done |= ready
    assert below.keys() - done == set()
