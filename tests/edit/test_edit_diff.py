"""The diffs of asn-edit --dry-run: they turn the old text into the new one, and take little work."""

from __future__ import annotations

import difflib
import json
import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asntools.edit import set_exptype
from asntools.edit.diff import differences

HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@\n")
NO_NEWLINE = "\n\\ No newline at end of file\n"


def diff(old, new):
    return "".join(differences("a.json", old.encode(), new.encode()))


def applied(patch, old):
    """Apply a unified diff, every line of which must stand where its hunk says."""
    lines = patch.replace(NO_NEWLINE, "\0").splitlines(keepends=True)
    # A line without its newline ends with a NUL, and so ends there.
    lines = [one for line in lines for one in re.findall(r"[^\0]*\0|[^\0]+", line)]
    old_lines = old.splitlines(keepends=True)
    new_lines, at, left = [], 0, (0, 0)
    if lines:
        assert lines[:2] == ["--- a.json\n", "+++ a.json\n"]
    for line in lines[2:]:
        hunk = HUNK.fullmatch(line)
        if hunk:
            assert left == (0, 0)
            old_start, old_count, new_start, new_count = (int(group or 1) for group in hunk.groups("1"))
            start = old_start - (old_count > 0)
            new_lines += old_lines[at:start]
            at, left = start, (old_count, new_count)
            assert len(new_lines) == new_start - (new_count > 0)
            continue
        sign, content = line[0], line[1:].removesuffix("\0")
        if sign in " -":
            assert old_lines[at] == content
            at += 1
        if sign in " +":
            new_lines.append(content)
        left = left[0] - (sign in " -"), left[1] - (sign in " +")
    assert left == (0, 0)
    return "".join(new_lines + old_lines[at:])


texts = st.lists(st.sampled_from("{}ab"), max_size=30).map("\n".join) | st.lists(
    st.sampled_from("{}ab"), max_size=30
).map(lambda lines: "".join(f"{line}\n" for line in lines))


@given(texts, texts, st.sampled_from([0, 2000]))
def test_a_diff_makes_the_new_text_of_the_old_one(old, new, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("asntools.edit.diff._MOST_FOR_DIFFLIB", most)
        assert applied(diff(old, new), old) == new


@pytest.mark.skipif(shutil.which("patch") is None, reason="there is no patch command")
@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("most", [0, 2000])
def test_patch_applies_a_diff(tmp_path, monkeypatch, end, most):
    monkeypatch.setattr("asntools.edit.diff._MOST_FOR_DIFFLIB", most)
    old = "\n".join(map(str, range(60))) + end
    for name, new in {
        "changed": old.replace("\n5\n", "\nfive\n").replace("\n40\n", "\nforty\n"),
        "longer": old.replace("\n5\n", "\n5\n5.5\n").replace("\n40\n", "\nforty\n"),
        "shorter": old.replace("\n5\n", "\n").replace("\n40\n", "\n"),
        "ended": old.removesuffix("\n") if end else f"{old}\n",
        "empty": "",
    }.items():
        (tmp_path / "a.json").write_text(old)
        subprocess.run(["patch", "-s"], cwd=tmp_path, input=diff(old, new), text=True, check=True)
        there = (tmp_path / "a.json").read_text() if (tmp_path / "a.json").exists() else ""
        assert there == new, name


def test_changes_far_apart_have_three_lines_of_context_each():
    old = "".join(f"{number}\n" for number in range(30))
    for new in (old.replace("\n8\n", "\nb\n").replace("\n15\n", "\nc\n"), old.replace("\n8\n", "\n8\nb\n")):
        expected = difflib.unified_diff(
            old.splitlines(keepends=True), new.splitlines(keepends=True), "a.json", "a.json"
        )
        assert diff(old, new) == "".join(expected)
    assert diff(old, old) == ""


def members(count):
    return {
        "products": [{"members": [{"expname": f"{n}_cal.fits", "exptype": "science"} for n in range(count)]}]
    }


@pytest.mark.parametrize(
    ("shown", "largest"),
    [
        (lambda asn: set_exptype(asn, ["*_cal.fits"], "background", force=True), 0),
        (lambda asn: {"products": [{"members": asn["products"][0]["members"][:2] * 2}]}, 0),
        (lambda asn: {**asn, "asn_id": "o001"}, 2000),
        (lambda asn: {"products": [{"members": asn["products"][0]["members"][1:]}], "program": "1"}, 10),
    ],
)
def test_difflib_never_gets_many_lines(monkeypatch, shown, largest):
    sizes = [0]
    matcher = difflib.SequenceMatcher

    def counted(junk, old, new):
        sizes.append(len(old) + len(new))
        return matcher(junk, old, new)

    monkeypatch.setattr(difflib, "SequenceMatcher", counted)
    asn = members(5000)
    old, new = (json.dumps(one, indent=2) for one in (asn, shown(asn)))
    assert applied(diff(old, new), old) == new
    assert max(sizes) <= largest


@pytest.mark.parametrize("keep", [lambda n: n not in (3, 2990), lambda n: n % 2, lambda n: n % 100])
def test_members_that_go_are_all_that_is_shown(keep):
    asn = members(3000)
    some = [one for number, one in enumerate(asn["products"][0]["members"]) if keep(number)]
    old, new = (json.dumps(one, indent=2) + "\n" for one in (asn, {"products": [{"members": some}]}))
    patch = diff(old, new)
    lines = patch.splitlines()[2:]
    assert applied(patch, old) == new
    assert sum(line[0] == "-" for line in lines) == 4 * (3000 - len(some)) + 1 - bool(keep(2999))
    assert sum(line[0] == "+" for line in lines) == 1 - bool(keep(2999))


def test_a_member_that_moves_leaves_the_others_alone():
    asn = members(3000)
    moved = asn["products"][0]["members"]
    old = json.dumps(asn, indent=2) + "\n"
    moved.insert(0, moved.pop(1500))
    patch = diff(old, json.dumps(asn, indent=2) + "\n")
    assert sum(line[0] in "+-" for line in patch.splitlines()[2:]) == 8
