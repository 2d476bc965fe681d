from __future__ import annotations

import io
import json
import os
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from samples import ASN, ASSOCIATIONS, LINE, PRETTY, STAGE2_EXAMPLE, TALL

import asntools
from asntools import AssociationError, dump_asn, load_asn
from asntools.asn import json_writer
from asntools.asn.document import Document
from asntools.asn.documents import read_documents
from asntools.asn.formats import FORMATS, JSON, JSON_LINES, YAML, Format, dump_documents
from asntools.asn.json_scanner import Scanner
from asntools.asn.schema import STAGE2, STAGE3, wanted_schema
from asntools.common.faults import Fault
from asntools.common.schemas import load_schema, validator


def read(data: str | bytes, source: str = "<stdin>", **options: bool) -> tuple[list[Document], list[Fault]]:
    faults: list[Fault] = []
    raw = data.encode() if isinstance(data, str) else data
    return list(read_documents(io.BytesIO(raw), source, faults.append, **options)), faults


def told(faults: list[Fault]) -> list[tuple[str, int | None]]:
    return [(getattr(fault, "kind", fault.message), fault.line) for fault in faults]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (LINE, [1]),
        (f"{LINE}\n\n{LINE}\n", [1, 3]),
        (f"\n\n{PRETTY}\n", [3]),
        (f"{PRETTY}{PRETTY}\n\n{PRETTY}", [1, TALL, 2 * TALL + 1]),
        (f"{LINE}\n{PRETTY}\n{LINE}", [1, 2, 2 + TALL]),
        (f"{LINE} {LINE}\n{LINE}\n", [1, 1, 2]),
        (f"{PRETTY}\n{LINE}\n".replace("\n", "\r\n"), [1, 1 + TALL]),
        (f"---\n{LINE}\n---\nproducts: []\n", [2, 4]),
        ("", []),
        (" \n\n", []),
        ("# nothing but a comment\n", []),
    ],
)
def test_documents_are_read_in_every_form(data, lines):
    documents, faults = read(data)
    assert faults == []
    assert [document.line for document in documents] == lines
    assert [document.index for document in documents] == list(range(len(lines)))
    assert all(document.value in (ASN, {"products": []}) for document in documents)


@pytest.mark.parametrize(
    ("data", "count", "faults"),
    [
        (f"{LINE}\n{{'a': 1}}\n{LINE}\n", 2, [("single-quotes", 2)]),
        (f"{{'a': 1}}\n{LINE}\n", 1, [("single-quotes", 1)]),
        (f"{{'a': 1}}\n[1]\n{LINE}\n", 1, [("single-quotes", 1), ("not-an-association", 2)]),
        (f"{{ // note\n{PRETTY[1:]}\n{PRETTY}", 1, [("comment", 1)]),
        (f"{LINE}\n{LINE[:40]}\n{LINE}\n{LINE[:40]}", 2, [("truncated", 2), ("truncated", 4)]),
        (f"{LINE[:20]}\n{LINE}\n", 1, [("unclosed-string", 1)]),
        (f"{LINE}\n[{LINE}]\n7\n{LINE}", 2, [("not-an-association", 2), ("not-an-association", 3)]),
        (f"[{LINE},\n{LINE}]", 0, [("not-an-association", 1)]),
        (f"[\n{LINE},\n{LINE}\n]", 0, [("not-an-association", 1)]),
        (f"{PRETTY}\n{PRETTY.replace(':', '', 1)}\n{PRETTY}", 2, [("missing-colon", TALL + 2)]),
        (f"{PRETTY[:-10]}", 0, [("truncated", TALL - 3)]),
        (f"{LINE}\n".encode() + b'{"a": "\xff"}\n' + f"{LINE}\n".encode(), 2, [("not-utf-8", 2)]),
        (b'{\n"a": "\xff"}\n', 0, [("not-utf-8", 2)]),
        (f"\ufeff{LINE}", 0, [("bom", 1)]),
        (LINE.encode("utf-16"), 0, [("not-utf-8", 1)]),
        (f"// note\n{LINE}", 1, [("comment", 1)]),
        ("just text", 0, [("not-an-association", 1)]),
        ("products: []\n---\n- a\n---\nb: *c\n", 1, [("not-an-association", 3), ("alias", 5)]),
        ('{"a": 1,\n "a": 2}', 0, [("duplicate-key", 2)]),
        (f'{LINE}\n{{"a": {{"b": 1, "b": 2}}}}\n', 1, [("duplicate-key", 2)]),
        ("a: 1\na: 2\n", 0, [("duplicate-key", 2)]),
        (f"{LINE},\n{LINE}\n", 1, [("unexpected", 1)]),
        ('{"products": [\n{"members": [1,]},\n{"members": []}\n]}', 0, [("trailing-comma", 2)]),
    ],
)
def test_what_is_malformed_is_reported_and_the_rest_is_read(data, count, faults):
    documents, found = read(data)
    assert (len(documents), told(found)) == (count, faults)


def test_the_name_of_a_file_says_whether_it_is_yaml():
    assert read("{a: [b]}", "asn.yml")[0][0].value == {"a": ["b"]}
    assert told(read("{a: [b]}")[1]) == [("unquoted-key", 1)]
    assert told(read("products: []\n", "asn.json")[1]) == [("unquoted-value", 1)]
    assert read("products: []\n", "asn.yaml")[0][0].value == {"products": []}


def test_a_list_of_associations_is_told_apart():
    (fault,) = read(f"[{LINE}]")[1]
    assert fault.message == (
        "a list is not an association; write its associations one after another, without '[', ',' and ']'"
    )


def test_duplicates_can_be_let_through():
    (document,), faults = read('{"a": 1,\n "a": 2}', allow_duplicates=True)
    assert faults == []
    assert document.duplicates == [(("a",), 1, 10)]


def test_positions_are_those_of_the_file():
    documents, _ = read(f"\n{PRETTY}\n\n{LINE}\n")
    path = ("products", 0, "members", 0, "exptype")
    assert documents[0].position(path) == (11, 22)
    assert documents[1].position(path) == (TALL + 3, 1 + LINE.index('"science"'))
    (document,), _ = read("# top\n\nproducts:\n- members: []\n", "asn.yaml")
    assert document.position(("products", 0, "members")) == (4, 12)


class Lines:
    """An endless stream of JSON lines, which counts how many have been taken."""

    def __init__(self):
        self.taken = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.taken += 1
        return f"{LINE}\n".encode()


def test_json_lines_are_read_one_by_one():
    stream = Lines()
    documents = read_documents(stream, "<stdin>", pytest.fail)
    for number in range(1, 4):
        assert next(documents).index == number - 1
        assert stream.taken == number
    tracemalloc.start()
    for _ in range(2000):
        next(documents)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_failed_read_is_reported():
    class Broken(io.RawIOBase):
        def readinto(self, _):
            raise OSError(5, "Input/output error")

        def readable(self):
            return True

    faults: list[Fault] = []
    assert list(read_documents(io.BufferedReader(Broken()), "asn.json", faults.append)) == []
    assert [str(fault) for fault in faults] == ["asn.json: cannot read: input/output error"]


@pytest.mark.parametrize(
    "text",
    [
        PRETTY,
        f"{PRETTY}\n",
        f"{PRETTY}\n{PRETTY}\n",
        json.dumps(ASN, indent="\t") + "\n",
        json.dumps(ASN, indent=4, ensure_ascii=False).replace("\n", "\r\n") + "\r\n",
        json.dumps(ASN, indent=3, separators=(",", ":"), ensure_ascii=False),
        json.dumps(ASN, indent=0, ensure_ascii=False),
        f"{LINE}\n{LINE}\n",
        f"{LINE}\n{LINE}",
        json.dumps(ASN) + "\n",
        json.dumps(ASN, separators=(",", ":"), ensure_ascii=False) + "\n",
        "asn_id: 'o001'\nproducts: []\n".replace("'", ""),
        "a: 1\n---\na: 2\n",
    ],
)
def test_a_file_can_be_written_back_in_its_own_form(text):
    documents, faults = read(text)
    assert faults == []
    form = documents[-1].format
    assert b"".join(dump_documents([document.value for document in documents], form)).decode() == text


BY_HAND = """\
{"asn_type": "image3",
 "asn_rule": "a {\\"b\\"}",
 "products": [
     {"name": "m",
      "members": [
          {"expname": "a, {b", "exptype": "science"},
          {"expname": "c", "exptype": "science", "exposerr": null, "more": [1, 2]}
      ]}
]}
"""


@pytest.mark.parametrize(
    ("text", "indent", "separators", "member_separator"),
    [
        (BY_HAND, 1, (",", ": "), ", "),
        (BY_HAND.replace(": ", ":").replace(", ", ","), 1, (",", ":"), ","),
        (BY_HAND.replace('"a, {b", ', '"a, {b",\n'), 1, (",", ": "), None),
        (BY_HAND.replace("[1, 2]", '{"x": 1}'), 1, (",", ": "), None),
        ('{"a": 1,\n"b": [\n2]}', 4, (",", ": "), None),
        ('{"a": 1,\n"b": [\n   2,\n        3]}', 3, (",", ": "), None),
        ('{"a": 1,\n\t"b": [\n\t\t2]}', "\t", (",", ": "), None),
        ('{\n\n  "a": 1}', 2, (",", ": "), None),
        ('{\n"a": 1,\n"b": [\n  2\n]}', 2, (",", ": "), None),
        ('{\n"a": 1,\n"b": [\n2\n]}', 0, (",", ": "), None),
        ('{\n    "a": 1,\n     "b": 2}', 4, (",", ": "), None),
        ('{"a"\n:\n1}', 4, (",", ": "), None),
        ('{"products": [{"members": [\n{"expname": "a"}]}]}', 4, (",", ": "), ", "),
        ('{"a": 1,\r\n  "b": 2}', 2, (",", ": "), None),
    ],
)
def test_text_on_several_lines_tells_its_indent(text, indent, separators, member_separator):
    (document,), faults = read(text, "asn.json")
    form = document.format
    assert faults == []
    assert (form.kind, form.indent, form.separators) == ("json", indent, separators)
    assert form.member_separator == member_separator
    written = form.text(document.value)
    assert json.loads(written) == document.value
    assert len(written.splitlines()) > 1
    again = read(written, "asn.json")[0][0].format
    assert again.text(document.value) == written


def test_members_on_a_line_each_stay_so():
    (document,), _ = read(BY_HAND)
    assert document.format.text(document.value).splitlines()[6:11] == [
        '   "members": [',
        '    {"expname": "a, {b", "exptype": "science"},',
        '    {"expname": "c", "exptype": "science", "exposerr": null, "more": [1, 2]}',
        "   ]",
        "  }",
    ]


@given(ASSOCIATIONS, st.sampled_from([None, ", ", ","]), st.sampled_from([0, 2, "\t"]), st.booleans())
def test_the_lines_of_members_change_no_value(asn, separator, indent, ascii_only):
    form = Format(indent=indent, ascii=ascii_only, member_separator=separator)
    text = form.text(asn)
    assert json.dumps(json.loads(text)) == json.dumps(asn)
    (document,), _ = read(text, "asn.json")
    assert document.format.text(asn) == text


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("a: 1 # one\n", True),
        ("# one\na: 1\n", True),
        ("a:\n  # one\n  - b\n", True),
        ("a: 1\n---\n# one\nb: 2\n", True),
        ("a: |\n  b\n# one\n", True),
        ("a: é é\nb: 1 # one\n", True),
        ("a: b#1\n", False),
        ("a: 'b # 1'\n", False),
        ("a: 'é # 1'\nb: \"é # 2\"\n", False),
        ("a: |\n  # b\n  c\n", False),
        ("a: 1\n", False),
        ("a: 1\n---\nb: *c\n---\n[\n", False),
    ],
)
def test_comments_in_yaml_are_noticed(text, comments):
    assert read(text)[0][0].format.comments is comments


def test_documents_are_written_in_each_format():
    value = {"b": "007", "a": [1, None]}
    assert b"".join(dump_documents([value, value], JSON_LINES)) == b'{"b":"007","a":[1,null]}\n' * 2
    assert b"".join(dump_documents([value], JSON)).startswith(b'{\n    "b": "007",\n    "a": [\n        1,')
    assert (
        b"".join(dump_documents([value] * 2, YAML))
        == b"b: '007'\na:\n- 1\n- null\n---\nb: '007'\na:\n- 1\n- null\n"
    )
    assert b"".join(dump_documents([], YAML)) == b""
    large = {"a": 2**70}
    assert b"".join(dump_documents([large], JSON_LINES)) == b'{"a":1180591620717411303424}\n'


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def line_of(value: Any) -> bytes | str:
    try:
        return json_writer.json_line(value)
    except (TypeError, ValueError) as error:
        return type(error).__name__


@given(ANY_JSON, st.integers(0, 20))
def test_the_first_lines_are_written_as_the_later_ones(value, size):
    late = line_of(value)
    with (
        mock.patch.dict(sys.modules),
        mock.patch.object(json_writer, "_BEGINNING", json_writer._Beginning(size)),
    ):
        del sys.modules["orjson"]
        assert line_of(value) == late


@given(st.lists(ASSOCIATIONS, max_size=3), st.permutations(list(FORMATS)))
def test_associations_pass_through_every_format_unchanged(asns, kinds):
    values = asns
    for kind in kinds:
        data = b"".join(dump_documents(values, FORMATS[kind]))
        documents, faults = read(data)
        assert faults == []
        values = [document.value for document in documents]
    assert values == asns
    assert [json.dumps(value) for value in values] == [json.dumps(asn) for asn in asns]


# load_asn and dump_asn


@pytest.mark.parametrize("kind", FORMATS)
def test_what_dump_asn_writes_load_asn_reads(tmp_path, kind):
    path = tmp_path / f"asn.{kind}"
    dump_asn(ASN, path, format=kind)
    assert load_asn(path) == load_asn(str(path)) == ASN
    with path.open("rb") as binary, path.open(encoding="utf-8") as text:
        assert load_asn(binary) == load_asn(text) == ASN
    bytes_out, text_out = io.BytesIO(), io.StringIO()
    dump_asn(ASN, bytes_out, format=kind)
    dump_asn(ASN, text_out, format=kind)
    assert bytes_out.getvalue() == path.read_bytes() == text_out.getvalue().encode()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.json", "json"), ("a.jsonl", "jsonl"), ("a.yaml", "yaml"), ("a.yml", "yaml"), ("a", "json")],
)
def test_dump_asn_takes_its_format_from_the_name(tmp_path, name, kind):
    path, named, other = tmp_path / name, tmp_path / f"b{name}", tmp_path / f"c{name}"
    dump_asn(ASN, path)
    dump_asn(ASN, str(named))
    assert path.read_bytes() == named.read_bytes() == b"".join(dump_documents([ASN], FORMATS[kind]))
    assert load_asn(path) == ASN
    dump_asn(ASN, other, format="jsonl")
    assert other.read_bytes() == b"".join(dump_documents([ASN], JSON_LINES))


def test_dump_asn_writes_json_to_open_files(tmp_path):
    path = tmp_path / "asn.yaml"
    with path.open("wb") as file:
        dump_asn(ASN, file)
    assert path.read_bytes() == b"".join(dump_documents([ASN], JSON))


def test_dump_asn_replaces_no_device():
    with pytest.raises(AssociationError) as caught:
        dump_asn(ASN, "/dev/full")
    assert str(caught.value) == "/dev/full: is a device; only ordinary files can be replaced"


def test_load_asn_gives_a_plain_dict():
    asn = load_asn(io.StringIO(PRETTY))
    assert type(asn) is dict
    assert asn["products"][0]["members"][0]["expname"] == "a_cal.fits"
    assert asntools.load_asn is load_asn


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('{"products": [],}', "<file>:1: a comma before the end of the object; remove it"),
        ("", "<file>: holds no association: it is empty"),
        (f"{LINE}\n{LINE}", "<file>: holds 2 associations; expected one"),
        (f"[{LINE}]", "<file>:1: a list is not an association"),
        ('{\n"products": []}', "<file>:2: not valid: $.products: [] should be non-empty"),
        ('{"products": 1}', "<file>:1: not valid: $.products: 1 is not of type 'array'"),
        ("a: &x [*x]", "<file>:1: the alias *x"),
        ('{"a": "\\ud800"}', "<file>:1: \\ud800 is half a character"),
        ("\ud800", "<file>: cannot read: "),
    ],
)
def test_load_asn_raises_one_error(data, message):
    with pytest.raises(AssociationError) as caught:
        load_asn(io.StringIO(data))
    assert str(caught.value).startswith(message)
    assert isinstance(caught.value, ValueError)


def test_load_asn_does_not_validate_when_told_not_to():
    assert load_asn(io.StringIO('{"products": 1}'), validate=False) == {"products": 1}


@pytest.mark.parametrize("name", ["missing.json", ".", "a\0b"])
def test_load_asn_names_a_file_that_it_cannot_read(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssociationError, match="cannot read") as caught:
        load_asn(name)
    assert caught.value.source == name


@pytest.mark.parametrize(
    "asn",
    [
        {"products": []},
        [ASN],
        {**ASN, "note": float("nan")},
        {**ASN, "note": {1, 2}},
        {**ASN, "note": "\ud800"},
        {**ASN, "asn_type": "image3", "products": [{"members": ASN["products"][0]["members"]}]},
    ],
)
@pytest.mark.parametrize("kind", FORMATS)
def test_dump_asn_refuses_what_it_cannot_write_and_leaves_the_file(tmp_path, asn, kind):
    path = tmp_path / "asn.json"
    path.write_text("old")
    with pytest.raises(AssociationError):
        dump_asn(asn, path, format=kind)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["asn.json"]


def test_dump_asn_knows_its_formats(tmp_path):
    with pytest.raises(ValueError, match="json, jsonl, yaml"):
        dump_asn(ASN, tmp_path / "asn.json", format="toml")


def test_dump_asn_makes_no_folders(tmp_path):
    with pytest.raises(AssociationError, match="no such folder"):
        dump_asn(ASN, tmp_path / "missing" / "asn.json")
    assert list(tmp_path.iterdir()) == []


def test_dump_asn_keeps_a_link_and_the_mode(tmp_path):
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    dump_asn(ASN, link)
    assert link.is_symlink()
    assert load_asn(target) == ASN
    assert target.stat().st_mode & 0o777 == 0o640


# Schemas


@pytest.mark.parametrize("name", ["association", STAGE2, STAGE3])
def test_schemas_are_schemas(name):
    schema = load_schema(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_the_example_of_the_stage_2_specification_is_valid():
    assert wanted_schema(STAGE2_EXAMPLE) == STAGE2
    assert validator(STAGE2).is_valid(STAGE2_EXAMPLE)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda asn: asn.pop("products"), "$"),
        (lambda asn: asn.update(products={}), "$.products"),
        (lambda asn: asn.update(products=[]), "$.products"),
        (lambda asn: asn.update(program=1), "$.program"),
        (lambda asn: asn.update(asn_type=None), "$.asn_type"),
        (lambda asn: asn["products"][0].pop("members"), "$.products[0]"),
        (lambda asn: asn["products"][0].update(members=[]), "$.products[0].members"),
        (lambda asn: asn["products"][0].update(name=None), "$.products[0].name"),
        (lambda asn: asn["products"][0].update(members=["a.fits"]), "$.products[0].members[0]"),
        (lambda asn: asn["products"][0]["members"][0].pop("expname"), "$.products[0].members[0]"),
        (lambda asn: asn["products"][0]["members"][0].pop("exptype"), "$.products[0].members[0]"),
        (lambda asn: asn["products"][0]["members"][0].update(expname=""), "$.products[0].members[0].expname"),
        (lambda asn: asn["products"][0]["members"][0].update(exptype=1), "$.products[0].members[0].exptype"),
    ],
)
@pytest.mark.parametrize("name", ["association", STAGE2, STAGE3])
def test_schemas_refuse(name, change, path):
    asn = json.loads(LINE)
    assert list(validator(name).iter_errors(asn)) == []
    change(asn)
    assert [error.json_path for error in validator(name).iter_errors(asn)] == [path]


def test_only_stage_3_needs_names_of_products():
    asn = {"products": [{"members": ASN["products"][0]["members"]}]}
    assert validator(STAGE2).is_valid(asn)
    assert validator("association").is_valid(asn)
    assert [error.message for error in validator(STAGE3).iter_errors(asn)] == [
        "'name' is a required property"
    ]


def test_unknown_keywords_are_allowed():
    asn = json.loads(LINE)
    asn["mine"] = asn["products"][0]["mine"] = asn["products"][0]["members"][0]["mine"] = {"x": [1]}
    assert validator(STAGE3).is_valid(asn)


def test_the_schema_follows_the_stage():
    assert wanted_schema({"asn_type": "spec2"}) == STAGE2
    assert wanted_schema({"asn_rule": "candidate_Asn_Lv3Image"}) == STAGE3
    assert wanted_schema({}) == "association"


BROKEN = {
    "missing colon": PRETTY.replace(":", "", 1),
    "trailing comma": PRETTY.replace('"image3"', '"image3",'),
    "unended comment": PRETTY.replace('"image3"', '"image3" /*'),
    "no quotes": PRETTY.replace('"image3"', "image3"),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_the_work_of_broken_documents_grows_with_their_number(text, monkeypatch):
    # The decoder counts lines from the start of its text when it fails; the scanner reads token by token.
    work = 0

    def counted(function: Callable[..., Any], cost: Callable[..., int]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal work
            work += cost(*args)
            return function(*args, **kwargs)

        return call

    monkeypatch.setattr(
        json.JSONDecodeError, "__init__", counted(json.JSONDecodeError.__init__, lambda *args: args[3])
    )
    monkeypatch.setattr(Scanner, "_next", counted(Scanner._next, lambda _: 1))

    def work_of(count: int) -> int:
        nonlocal work
        work = 0
        documents, faults = read(f"{text}\n" * count)
        assert (len(documents), len(faults)) == (0, count)
        return work

    assert work_of(400) < 5 * work_of(100)


def test_yaml_is_searched_for_comments_once_a_file(monkeypatch):
    import yaml

    calls = []
    parse = yaml.parse
    monkeypatch.setattr(yaml, "parse", lambda *args, **kwargs: calls.append(1) or parse(*args, **kwargs))
    documents, faults = read("products: []\n---\n" * 50)
    assert faults == []
    assert {document.format for document in documents} == {Format("yaml", None)}
    assert len(calls) == 2
