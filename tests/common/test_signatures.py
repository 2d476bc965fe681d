"""What scripts give to the functions of the rooms: a wrong type is answered with what is wanted."""

from __future__ import annotations

import contextlib
import inspect
import pickle
import re
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from samples import ASN

from asntools import AssociationError
from asntools.api import edit
from asntools.edit import add_members, remove_members
from asntools.fmt import table, tree
from asntools.match import explain
from asntools.match import match as grouped
from asntools.validate import check_association

ROOMS = ("pool", "match", "build", "edit", "validate", "fmt", "diff", "generate")
FACES = [
    (f"{room}.{name}", function)
    for room in ROOMS
    for name in import_module(f"asntools.{room}").__all__
    if inspect.isfunction(function := getattr(import_module(f"asntools.{room}"), name))
]


@pytest.mark.parametrize(("name", "function"), FACES)
@pytest.mark.parametrize(
    "wrong", [None, "asn.json", Path("asn.json"), [ASN], 42, b"x", [42], ["a"], object()]
)
def test_a_wrong_type_is_an_association_error(name, function, wrong):
    parameters = inspect.signature(function).parameters.values()
    for parameter in parameters:
        given = {each.name: [] for each in parameters if each.default is each.empty}
        if parameter.name in ("report", "force"):
            continue
        with contextlib.suppress(ValueError, RuntimeError), warnings.catch_warnings(action="ignore"):
            made = function(**{**given, parameter.name: wrong})
            list(made) if isinstance(made, Iterator) else None


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: add_members(None, [], "psf"), "add_members: association must be a dict, not None"),
        (
            lambda: add_members([ASN], [], "psf"),
            "add_members: association must be a dict, not a list of dict",
        ),
        (lambda: add_members(ASN, [3], "psf"), "a text, a path or a list of these, not a list of int"),
        (lambda: add_members("a.json", [], "psf"), "must be a dict, not 'a.json'; read the file first"),
        (lambda: edit(ASN, add_members, "x.fits", exptype=None), "exptype must be a text, not None"),
        (lambda: grouped("pool.csv"), "match: exposures must be a list of dicts, not 'pool.csv'; read the f"),
        (
            lambda: grouped([], rules=["image3"]),
            "match: rules must be a list of Rules or None, not a list of",
        ),
        (lambda: explain([], names="x.fits"), "explain: names must be a list of texts or None, not 'x.fits'"),
        (lambda: tree([ASN]), "tree: asn must be a dict, not a list of dict"),
        (lambda: table(ASN), "table: asns must be a list of dicts, not a dict"),
        (lambda: check_association(42), "check_association: asn must be a dict, not 42"),
    ],
)
def test_a_wrong_type_is_answered_with_what_is_wanted(call, told):
    with pytest.raises(AssociationError, match=re.escape(told)):
        call()


def test_paths_are_names_too_and_edits_go_to_other_processes():
    added = add_members(ASN, Path("x_cal.fits"), "background")
    assert remove_members(added, [Path("x_cal.fits")]) == ASN
    assert pickle.loads(pickle.dumps(add_members)) is add_members
