"""The edits as functions: what holds for every association, and what the reference makes of new ones."""

from __future__ import annotations

import copy
import io
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

import asntools.edit
from asntools import load_asn
from asntools.asn.formats import FORMATS, Format, dump_documents
from asntools.asn.products import ALL
from asntools.common.faults import Fault
from asntools.common.words import named
from asntools.edit import (
    add_members,
    add_product,
    create,
    dedupe,
    merge,
    mover,
    relocate,
    remove_members,
    remove_products,
    rename_product,
    select_members,
    set_exptype,
    set_keywords,
    set_members,
    split_members,
    split_products,
)
from asntools.edit.cli import main
from asntools.edit.creation import program_of, read_roles
from asntools.jwst.asn_keys import KEYWORDS
from asntools.jwst.exptypes import KNOWN_EXPTYPES

words = st.text(st.sampled_from("abcdefghij_-[]*?.é"), min_size=1, max_size=8)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from(["", "a", "É", "\u2028", '"\\']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=4,
)


def shuffled(entries):
    return st.permutations(list(entries.items())).map(dict)


@st.composite
def extended(draw, **entries):
    """Return a dict of entries and of unknown keys, in any order."""
    unknown = draw(st.dictionaries(words.map("x_{}".format), json_values, max_size=3))
    return draw(shuffled({**unknown, **entries}))


@st.composite
def products(draw, name):
    expnames = draw(st.lists(words.map("{}_cal.fits".format), min_size=1, max_size=4, unique=True))
    roles = ["science", *(draw(st.sampled_from(sorted(KNOWN_EXPTYPES))) for _ in expnames[1:])]
    members = [
        draw(extended(expname=expname, exptype=role)) for expname, role in zip(expnames, roles, strict=True)
    ]
    return draw(extended(name=name, members=members))


@st.composite
def associations(draw, max_products=3):
    names = draw(st.lists(words, min_size=1, max_size=max_products, unique=True))
    ours = [draw(products(name)) for name in names]
    return draw(extended(asn_type="spec2", program="01234", products=ours))


def text(value):
    """Return a value as JSON, in which the order of keys counts."""
    return json.dumps(value)


EDITS = {
    "add-member": lambda asn: add_members(asn, ["new.fits"], "IMPRINT", product=ALL),
    "remove-member": lambda asn: remove_members(
        add_members(asn, ["kept.fits"], "psf", product=ALL), ["*_cal.fits"], product=ALL, force=True
    ),
    "set-exptype": lambda asn: set_exptype(asn, ["*"], "Science", product=ALL),
    "add-product": lambda asn: add_product(asn, "new product", [("science", "new.fits")]),
    "remove-product": lambda asn: remove_products(asn, ALL, force=True),
    "rename-product": lambda asn: rename_product(asn, asn["products"][0]["name"], "new product"),
    "set": lambda asn: set_keywords(asn, {"program": "new", "new": 1}),
    "select": lambda asn: select_members(asn, lambda member: True, product=ALL),
    "merge": lambda asn: merge([asn, asn]),
    "dedupe": dedupe,
    "relocate": lambda asn: relocate(asn, mover(prefix="new")),
}
CHANGES = {
    "add-member": "members",
    "remove-member": "members",
    "set-exptype": "exptype",
    "relocate": "expname",
}


def without(asn, key):
    """Return an association less what an edit is to change."""
    if key == "members":
        return {**asn, "products": [{**one, "members": 0} for one in asn["products"]]}
    return {
        **asn,
        "products": [
            {**one, "members": [{**member, key: 0} for member in one["members"]]} for one in asn["products"]
        ],
    }


@given(asn=associations())
def test_an_edit_leaves_its_input_alone(asn):
    before = copy.deepcopy(asn)
    for verb, edit in EDITS.items():
        new = edit(asn)
        for product in new["products"]:
            product["members"].append("changed")
        new["products"].append("changed")
        assert text(asn) == text(before), verb


@given(asn=associations())
def test_an_edit_changes_nothing_but_what_it_is_for(asn):
    for verb, change in CHANGES.items():
        assert text(without(EDITS[verb](asn), change)) == text(without(asn, change)), verb


@given(asn=associations())
def test_unknown_keywords_and_the_order_of_keys_survive_edits_of_products(asn):
    for verb in ("add-product", "remove-product", "rename-product", "merge", "select", "dedupe"):
        new = EDITS[verb](asn)
        assert text({**new, "products": 0}) == text({**asn, "products": 0})
    renamed = EDITS["rename-product"](asn)["products"]
    assert [list(one) for one in renamed] == [list(one) for one in asn["products"]]
    assert text([{**one, "name": 0} for one in renamed]) == text(
        [{**one, "name": 0} for one in asn["products"]]
    )


@given(
    asn=associations(), names=st.lists(words.map("new_{}.fits".format), min_size=1, max_size=3, unique=True)
)
def test_add_then_remove_gives_back_the_same(asn, names):
    added = add_members(asn, names, "background", product=ALL, force=True)
    assert [len(one["members"]) for one in added["products"]] == [
        len(one["members"]) + len(names) for one in asn["products"]
    ]
    assert text(remove_members(added, names, product=ALL)) == text(asn)


@given(asn=associations())
def test_add_then_remove_product_gives_back_the_same(asn):
    added = add_product(asn, "new product", [("science", "new.fits")])
    assert text(added) != text(asn)
    assert text(remove_products(added, "new product")) == text(asn)


@given(asn=associations())
def test_rename_and_back_gives_back_the_same(asn):
    old = asn["products"][0]["name"]
    assert text(rename_product(rename_product(asn, old, "new product"), "new product", old)) == text(asn)


@given(asn=associations())
def test_split_then_merge_gives_back_the_same(asn):
    assert text(merge(split_products(asn))) == text(asn)


@given(asn=associations(max_products=4), data=st.data())
def test_merge_then_split_gives_back_the_parts(asn, data):
    cut = data.draw(st.integers(1, len(asn["products"])))
    parts = [{**asn, "products": some} for some in (asn["products"][:cut], asn["products"][cut:]) if some]
    assert [text(one) for one in split_products(merge(parts))] == [
        text(one) for part in parts for one in split_products(part)
    ]


@pytest.mark.parametrize("product", [None, "whole"])
def test_the_work_of_a_merge_grows_with_its_members_and_no_faster(product):
    class Counted(str):
        touched = 0

        def __hash__(self):
            Counted.touched += 1
            return super().__hash__()

        def __eq__(self, other):
            Counted.touched += 1
            return super().__eq__(other)

    def work(count):
        parts = [
            {
                "asn_id": Counted(number),
                "products": [
                    {
                        "name": "mosaic",
                        "members": [{"expname": Counted(f"{number}_cal.fits"), "exptype": "science"}],
                    }
                ],
            }
            for number in range(count)
        ]
        Counted.touched = 0
        whole = merge(parts, product=product)
        touched = Counted.touched
        assert len(whole["products"][0]["members"]) == count
        return touched

    assert 0 < work(400) < 2.5 * work(200)


def test_members_of_several_roles_are_found_across_associations():
    def part(*roles):
        members = [{"expname": "a_cal.fits", "exptype": role} for role in roles]
        return {"asn_id": 1, "products": [{"name": "mosaic", "members": members}]}

    parts = [part("science"), part("SCIENCE"), part("background"), part("science", "background")]
    with pytest.raises(Fault, match=r"'a_cal\.fits' is already in product 'mosaic', as science; use --force"):
        merge(parts)
    assert merge(parts, force=True) == part("science", "background")
    assert merge(parts[:2]) == part("science")


@given(asn=associations())
def test_split_by_a_key_loses_no_member(asn):
    parts = split_members(asn, lambda member: member["expname"][0], force=True)
    members = [text(member) for part in parts for one in part["products"] for member in one["members"]]
    assert sorted(members) == sorted(text(member) for one in asn["products"] for member in one["members"])
    for part in parts:
        assert len({member["expname"][0] for one in part["products"] for member in one["members"]}) == 1


@given(asn=associations(), folder=words.map("{}/sub".format))
def test_prefix_then_strip_gives_back_the_same(asn, folder):
    away = relocate(asn, mover(prefix=folder))
    assert all(m["expname"].startswith(f"{folder}/") for one in away["products"] for m in one["members"])
    assert text(relocate(away, mover(strip=True))) == text(asn)
    # Strip then prefix is what both options at once do.
    both = relocate(away, mover(strip=True, prefix=folder))
    assert text(both) == text(relocate(relocate(away, mover(strip=True)), mover(prefix=folder))) == text(away)


@given(asn=associations(), name=st.sampled_from(["x", "data/x", "../x", "a/../x"]))
def test_relative_and_absolute_name_the_same_file(asn, name):
    asn["products"] = [{"name": "p", "members": [{"expname": name, "exptype": "science"}]}]
    relative = relocate(asn, mover(relative_to="elsewhere/deep", base="here"))
    there = relative["products"][0]["members"][0]["expname"]
    absolute = relocate(asn, mover(absolute=True, base="here"))["products"][0]["members"][0]["expname"]
    assert (
        os.path.abspath(os.path.join("elsewhere/deep", there)) == absolute == os.path.abspath(f"here/{name}")
    )


@given(asn=associations(), value=json_values)
def test_set_and_set_back_gives_back_the_same(asn, value):
    changed = set_keywords(asn, {"program": value})
    assert changed["program"] == value
    assert text(set_keywords(changed, {"program": asn["program"]})) == text(asn)


@given(asn=associations())
def test_dedupe_takes_away_what_was_doubled(asn):
    doubled = copy.deepcopy(asn)
    for one in doubled["products"]:
        one["members"] += copy.deepcopy(one["members"])
    doubled["products"] += copy.deepcopy(asn["products"])
    assert text(dedupe(doubled)) == text(asn)
    assert text(dedupe(asn)) == text(asn)


@given(asn=associations())
def test_what_is_selected_and_what_is_not_make_the_whole(asn):
    def first_half(member):
        return member["expname"] < "f"

    kept = select_members(asn, first_half, product=ALL, force=True)
    rest = select_members(asn, lambda member: not first_half(member), product=ALL, force=True)
    count = sum(len(one["members"]) for part in (kept, rest) for one in part["products"])
    assert count == sum(len(one["members"]) for one in asn["products"])
    assert all(one["members"] for part in (kept, rest) for one in part["products"])


@given(exptype=st.sampled_from(sorted(KNOWN_EXPTYPES)), data=st.data())
def test_exptypes_are_taken_in_any_case_and_written_in_lower_case(exptype, data):
    written = "".join(data.draw(st.sampled_from((c.upper(), c))) for c in exptype)
    asn = {"products": [{"name": "p", "members": []}]}
    new = add_members(asn, ["a.fits"], written)
    assert new["products"][0]["members"] == [{"expname": "a.fits", "exptype": exptype}]


# In files

PRODUCT = {"name": "p", "members": [{"expname": "s.fits", "exptype": "science"}], "y": "'\"\\"}


@pytest.mark.parametrize(
    "form",
    [*FORMATS.values(), Format(indent=2), Format(indent="\t"), Format("jsonl", None, (", ", ": "))],
    ids=str,
)
@pytest.mark.parametrize("final_newline", [True, False])
@pytest.mark.parametrize("count", [1, 3])
def test_a_file_edited_and_edited_back_is_the_same_byte_for_byte(tmp_path, form, final_newline, count):
    if form == FORMATS["jsonl"] and not final_newline:
        form = Format("jsonl", None, (",", ":"), final_newline=False)
    form = form._replace(final_newline=final_newline)
    values = [{"asn_id": f"o00{n}", "x": [1, {"é": None}], "products": [PRODUCT]} for n in range(count)]
    path = tmp_path / ("asn.yaml" if form.kind == "yaml" else "asn.json")
    old = b"".join(dump_documents(values, form))
    path.write_bytes(old)
    assert main(["add-member", "-i", "--expname", "a.fits", "--exptype", "science", str(path)]) == 0
    assert path.read_bytes().count(b"a.fits") == count
    assert main(["remove-member", "-i", "--expname", "a.fits", "--", str(path)]) == 0
    assert path.read_bytes() == old


def test_a_member_that_yaml_shares_is_changed_in_one_product_only(tmp_path):
    path = tmp_path / "asn.yaml"
    path.write_text(
        "products:\n"
        "- name: p\n  members:\n"
        "  - &a {expname: a.fits, exptype: science}\n  - &b {expname: b.fits, exptype: psf}\n"
        "- name: q\n  members:\n  - *a\n  - *b\n"
    )
    command = [
        "set-exptype",
        "-i",
        "--product",
        "q",
        "--expname",
        "b.fits",
        "--exptype",
        "imprint",
        str(path),
    ]
    assert main(command) == 0
    assert [[one["exptype"] for one in product["members"]] for product in load_asn(path)["products"]] == [
        ["science", "psf"],
        ["science", "imprint"],
    ]


def test_windows_line_ends_and_escapes_survive(tmp_path):
    path = tmp_path / "asn.json"
    path.write_bytes(b'{\r\n  "x": "\\u00e9",\r\n  "products": []\r\n}\r\n')
    assert main(["set", "-i", "y=1", str(path)]) == 0
    assert path.read_bytes() == b'{\r\n  "x": "\\u00e9",\r\n  "y": "1",\r\n  "products": []\r\n}\r\n'


@pytest.mark.parametrize("arguments", [["-i"], ["--in-place"]])
def test_in_place_never_takes_a_file_for_its_suffix(tmp_path, arguments):
    path = tmp_path / "asn.json"
    path.write_text('{"products":[]}')
    assert main(["set", "y=1", *arguments, str(path)]) == 0
    assert path.read_text() == '{"y":"1","products":[]}'
    assert os.listdir(tmp_path) == ["asn.json"]


# Details


def test_a_name_that_is_there_is_no_glob():
    members = [{"expname": name, "exptype": "science"} for name in ("a[1].fits", "a1.fits", "a2.fits")]
    asn = {"products": [{"name": "p?", "members": members}, {"name": "pq", "members": members}]}
    once = remove_members(asn, ["a[1].fits"], product="p?")
    assert [len(one["members"]) for one in once["products"]] == [2, 3]
    twice = remove_members(once, ["a[1].fits"], product="p?")
    assert [member["expname"] for member in twice["products"][0]["members"]] == ["a2.fits"]


def test_names_for_messages_are_nearest_first_and_a_handful():
    names = [f"jw{n:05}" for n in range(20)]
    assert named(names, "jw00013").startswith("'jw00013', ")
    assert named(names, "jw00013").endswith(" and 15 more")
    assert named(["b", "a", "b"]) == "'b', 'a'"


@pytest.mark.parametrize(
    ("files", "program"),
    [
        (["jw01234001001_a.fits", "data/jw01234002001_b.fits"], "01234"),
        (["jw01234001001_a.fits", "jw01235002001_b.fits"], "noprogram"),
        (["jw01234001001_a.fits", "mine.fits"], "noprogram"),
        (["jw1234_a.fits"], "noprogram"),
        ([], "noprogram"),
    ],
)
def test_the_program_is_what_all_names_tell(files, program):
    assert program_of(files) == program


def test_lists_of_members_may_have_a_byte_order_mark_and_must_be_utf8():
    faults = []
    data = b"\xef\xbb\xbfa.fits science\r\nb\xff.fits science\n c#d e.fits\tPSF #comment\n#d.fits psf\n"
    roles = list(read_roles(io.BytesIO(data), "list", faults.append))
    assert roles == [("science", "a.fits"), ("psf", "c#d e.fits")]
    assert list(map(str, faults)) == ["list:2: not UTF-8: byte 0xff at column 2"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_lists_end_as_on_any_system(end):
    data = end.join(["a b.fits  science", "", "# sky", "b.fits\tLeakCal", ""]).encode()
    roles = list(read_roles(io.BytesIO(data), "list", pytest.fail))
    assert roles == [("science", "a b.fits"), ("imprint", "b.fits")]


@pytest.mark.parametrize(
    "name", ["a.fits\r", "\ta.fits", "a\t.fits", "a.fits ", "d\\a.fits", "d/", "a\x1b.fits"]
)
def test_names_that_only_look_like_those_of_files_need_force(name):
    with pytest.raises(Fault):
        create("image3", [("science", name)], product="p")
    forced = create("image3", [("science", name)], product="p", force=True)
    assert forced["products"][0]["members"][0]["expname"] == name


@pytest.mark.parametrize("role", sorted({*KNOWN_EXPTYPES} - {"selfcal"}))
def test_a_file_is_there_in_any_role_and_for_self_calibration(role):
    one = {"asn_type": "spec3", "products": [{"name": "p", "members": [{"expname": "a", "exptype": role}]}]}
    both = add_members(one, ["a"], "selfcal")
    roles = [member["exptype"] for member in both["products"][0]["members"]]
    assert roles == [role, "selfcal"]
    turned = add_members(set_exptype(one, ["a"], "selfcal", force=True), ["a"], role)
    assert [member["exptype"] for member in turned["products"][0]["members"]] == roles[::-1]
    for again in (role, "selfcal", "flat" if role == "dark" else "dark"):
        with pytest.raises(Fault, match="'a' is already in product 'p'"):
            add_members(both, ["a"], again)
    assert dedupe(both) == both == merge([one, both])
    assert select_members(both, lambda member: True) == both
    assert split_products(both) == [both]
    assert remove_members(both, ["a"], exptype="SelfCal") == one


def test_keys_of_members_are_set_and_nothing_else():
    members = [{"expname": "a_cal.fits", "exptype": "science"}, {"expname": "b_cal.fits", "exptype": "psf"}]
    asn = {"products": [{"name": "p", "members": members}]}
    new = set_members(asn, ["a_rate.fits"], {"group_id": 1, "exposerr": None}, ignore_suffix=True)
    assert new["products"][0]["members"] == [{**members[0], "group_id": 1, "exposerr": None}, members[1]]
    assert set_members(asn, ["*"], {"x": 1}, exptype="PSF")["products"][0]["members"][0] == members[0]
    for values in ({"expname": "c"}, {"exptype": "psf"}, {"exposer": None}):
        with pytest.raises(Fault, match=r"cannot be set|did you mean 'exposerr'"):
            set_members(asn, ["*"], values)


def test_the_room_offers_its_functions():
    assert set(dir(asntools.edit)) == set(asntools.edit.__all__)
    assert all(callable(getattr(asntools.edit, name)) for name in dir(asntools.edit))


def test_names_that_are_no_utf8_are_refused():
    with pytest.raises(Fault, match="is not UTF-8"):
        create("image3", [("science", os.fsdecode(b"\xff.fits"))], product="p")


def test_new_associations_have_their_keywords_in_the_one_order():
    assert list(create("image3", [("science", "a.fits")], product="p")) == [*KEYWORDS, "products"]


@pytest.mark.parametrize("stage", [2, 3])
@pytest.mark.parametrize("forced", [True, False])
def test_unknown_types_need_force(stage, forced):
    arguments = {"product": "p"} if stage == 3 else {}
    roles = [("science", "a_rate.fits")]
    if not forced:
        with pytest.raises(Fault, match=f"no pipeline takes the type 'new{stage}'"):
            create(f"new{stage}", roles, **arguments)
        return
    new = create(f"new{stage}", roles, force=True, **arguments)
    assert new["asn_rule"] == {2: "DMSLevel2bBase", 3: "DMS_Level3_Base"}[stage]
