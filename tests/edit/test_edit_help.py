"""The help of asn-edit and of its verbs, and its man page: complete, and with examples that work."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from pathlib import Path

import pytest

from asntools.edit.cli import build_parser, main
from asntools.edit.verbs import VERBS

PAGE = Path(__file__).parents[2] / "man" / "asn-edit.1"


def science(*names):
    return [{"expname": name, "exptype": "science"} for name in names]


def association(asn_type, **products):
    return {
        "asn_type": asn_type,
        "program": "09999",
        "asn_id": "o001",
        "target": "t001",
        "products": [{"name": name, "members": members} for name, members in products.items()],
    }


SKY = {"expname": "bkg1_x1d.fits", "exptype": "background"}
FILES = {
    "asn.json": association(
        "image3", my_mosaic=[*science("a_cal.fits", "x_cal.fits", "jw01234001001_cal.fits"), SKY]
    ),
    "spec2_asn.json": association(
        "spec2",
        jw01234001001=science("jw01234001001_rate.fits"),
        jw01234002001=[*science("jw01234002001_rate.fits"), SKY],
    ),
    "o001_asn.json": association("image2", a=science("a_rate.fits")),
    "o002_asn.json": association("image2", b=science("b_rate.fits")),
    "o001_image3_00001_asn.json": association("image3", o001=science("a_cal.fits")),
    "o002_image3_00001_asn.json": association("image3", o002=science("b_cal.fits")),
}


@pytest.fixture
def folder(tmp_path):
    for name, value in FILES.items():
        (tmp_path / name).write_text(json.dumps(value, indent=4) + "\n")
    (tmp_path / "data").mkdir()
    members = (
        member for one in FILES.values() for product in one["products"] for member in product["members"]
    )
    for name in {member["expname"] for member in members}:
        (tmp_path / name).touch()
        (tmp_path / "data" / name).touch()
    (tmp_path / "companions.txt").write_text("# for all\nsky_rate.fits background\n")
    return tmp_path


def verb_parsers():
    [action] = [one for one in build_parser()._actions if isinstance(one, argparse._SubParsersAction)]
    return action.choices


def examples():
    helps = [build_parser().format_help(), *(one.format_help() for one in verb_parsers().values())]
    found = [line.strip() for text in helps for line in text.partition("\nexamples:\n")[2].splitlines()]
    blocks = re.findall(r"^\.EX\n(.*?)^\.EE$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [
        *found,
        *(line.replace("\\e", "\\").replace("\\-", "-") for block in blocks for line in block.splitlines()),
    ]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("line", dict.fromkeys(examples()))
def test_examples_work(folder, line):
    before = contents(folder)
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], cwd=folder, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout or contents(folder) != before


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_that_ends_in_examples(verb, capsys):
    assert main([verb, "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: asn-edit {verb} ")
    assert re.search(rf"\nexamples:\n(  asn-edit {verb} .*\n)+\Z", text)


def test_there_are_examples_in_the_man_page():
    assert PAGE.read_text().count(".EX\n") > 1


@pytest.mark.parametrize("verb", VERBS)
def test_the_man_page_has_every_option(verb):
    text = PAGE.read_text().replace("\\-", "-")
    [section] = re.findall(rf"^\.SS {verb}\n(.*?)(?=^\.S[SH] )", text, re.MULTILINE | re.DOTALL)
    [common] = re.findall(r"^\.SH OPTIONS\n(.*?)(?=^\.SH )", text, re.MULTILINE | re.DOTALL)
    for action in verb_parsers()[verb]._actions:
        for option in action.option_strings:
            if action.help != argparse.SUPPRESS:
                assert option in re.findall(r"--?[a-z][a-z-]*", section + common), option
