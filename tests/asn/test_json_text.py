from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import tries

from asntools.asn.document import Document
from asntools.asn.json_places import JsonPlaces
from asntools.asn.json_scanner import Scanner
from asntools.asn.json_text import decode_utf8
from asntools.asn.json_text import parse as parse_text
from asntools.asn.text import MAX_DEPTH, SyntaxFault, Text
from asntools.asn.yaml_text import parse_yaml
from asntools.asn.yaml_writer import dump_yaml

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)

# Text, kind of the fault, its line and its column.
FAULTS = [
    ('{"a": 1,}', "trailing-comma", 1, 8),
    ('{"a": [1,\n 2,\n]}', "trailing-comma", 2, 3),
    ('{"a": 1\n "b": 2}', "missing-comma", 1, 7),
    ('[{"a": 1}{"b": 2}]', "missing-comma", 1, 9),
    ('{"a": 1, // one\n "b": 2}', "comment", 1, 10),
    ('{"a": /* one */ 1}', "comment", 1, 7),
    ('{"a": 1}\n# done', "comment", 2, 1),
    ("{'a': 1}", "single-quotes", 1, 2),
    ("{\"a\": 'it's'}", "single-quotes", 1, 7),
    ("{a: 1}", "unquoted-key", 1, 2),
    ('{"a": image2}', "unquoted-value", 1, 7),
    ('{"a": NaN}', "nan", 1, 7),
    ('{"a": -Infinity}', "nan", 1, 7),
    ('{"a": None}', "literal", 1, 7),
    ('{"a": TRUE}', "literal", 1, 7),
    ('{"a": none}', "literal", 1, 7),
    ('{"a": b", "c": 1}', "missing-quote", 1, 7),
    ('{"a": 1, b": 1}', "missing-quote", 1, 10),
    ('{"a": ["b", c"]}', "missing-quote", 1, 13),
    ('\ufeff{"a": 1}', "bom", 1, 1),
    ('{"a": "x\ty"}', "control-character", 1, 9),
    ('{"a": "x\x00y"}', "control-character", 1, 9),
    ('{"a": "x\n"}', "unclosed-string", 1, 7),
    ('{"a": "\\d"}', "bad-escape", 1, 8),
    ('{"a": "\\u12"}', "bad-escape", 1, 8),
    ('{"a": "\\ud800"}', "lone-surrogate", 1, 8),
    ('{"a": 01}', "bad-number", 1, 7),
    ('{"a": +1}', "bad-number", 1, 7),
    ('{"a": .5}', "bad-number", 1, 7),
    ('{"a": 1.}', "bad-number", 1, 7),
    ('{"a": 0x1f}', "bad-number", 1, 7),
    ('{"a": 1e999}', "number-range", 1, 7),
    ('{"a": ' + "9" * 5000 + "}", "number-range", 1, 7),
    ('{"a" 1}', "missing-colon", 1, 6),
    ('{"a": [1}', "mismatched-bracket", 1, 9),
    ('{\n "a": [1', "truncated", 2, 8),
    ('{"a": "x', "truncated", 1, 7),
    ("{", "truncated", 1, 1),
    ('{"a": 1}}', "unexpected", 1, 9),
    ('{"a": 1},{"b": 2}', "unexpected", 1, 9),
    ('{"a": 1},\n', "unexpected", 1, 9),
    ('{"a": [,1]}', "unexpected", 1, 8),
    ('{,"a": 1}', "unexpected", 1, 2),
    ("{“a”: 1}", "curly-quotes", 1, 2),
    ('{"a": \u2018b\u2019}', "curly-quotes", 1, 7),
    ('{"a": `b`}', "single-quotes", 1, 7),
    ('{"a": """b"""}', "single-quotes", 1, 7),
    ('{"""a""": 1}', "single-quotes", 1, 2),
    ('""" {"a": 1} """', "single-quotes", 1, 1),
    ('"""\n{"a": 1}\n"""', "comment", 1, 1),
    ('```json\n{"a": 1}\n```', "comment", 1, 1),
    ('{"a": 1}\n```', "comment", 2, 1),
    ('{\u00a0"a": 1}', "unexpected", 1, 2),
    ('{"a": 1,, "b": 2}', "unexpected", 1, 9),
    ("[" * 100_000, "too-deep", 1, MAX_DEPTH + 1),
    ('{"a":' * 100_000, "too-deep", 1, MAX_DEPTH * 5 + 1),
    ("[" * 500 + "]" * 500, "too-deep", 1, MAX_DEPTH + 1),
    ("\u0660", "bad-number", 1, 1),
    ("<a>", "unexpected", 1, 1),
]


def parse(text: str, source: str = "asn.json", first_line: int = 1) -> Iterator[Document]:
    return parse_text(Text(text, source, first_line))


def fault_of(text: str) -> SyntaxFault:
    with pytest.raises(SyntaxFault) as caught:
        list(parse(text, "asn.json"))
    return caught.value


@pytest.mark.parametrize(("text", "kind", "line", "column"), FAULTS, ids=lambda value: str(value)[:20])
def test_faults_are_named_and_placed(text, kind, line, column):
    fault = fault_of(text)
    assert (fault.kind, fault.line, fault.column) == (kind, line, column)
    assert str(fault).startswith(f"asn.json:{line}: ")
    assert "\n" not in fault.message


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('{"a": (1, 2)}', "a list is written in '[' and ']'"),
        ('({"a": 1})', "remove it"),
        ('asn = {"a": 1}', "remove it"),
        ('asn = ["a"]', "an association is written in '{' and '}'"),
        ("<html>", "an association is written in '{' and '}'"),
        ('{"a": b}', "put text in double quotes"),
    ],
)
def test_a_fault_names_the_brackets_that_are_meant(text, hint):
    assert fault_of(text).hint == hint


def test_a_fault_says_what_would_be_right():
    fault = fault_of('{"a": 1,}')
    assert fault.hint == "remove it"
    assert fault.message == "a comma before the end of the object; remove it"
    assert fault_of('{"a": 1},\n').message == "a comma after a document; remove it"


def test_an_excerpt_has_a_caret_below_the_faulty_character():
    assert fault_of('{\n\t"a": 1,,\n}').excerpt() == ' "a": 1,,\n         ^'.replace(
        "         ^", "        ^"
    )
    assert fault_of('{"\x7f": 1,,}').excerpt() == '{"\\x7f": 1,,}\n           ^'
    long = fault_of('{"a": "' + "x" * 500 + '", b c}').excerpt().split("\n")
    assert len(long[0]) <= 100
    assert long[0][len(long[1]) - 1] == "b"


@pytest.mark.parametrize(
    ("data", "column", "sentence"),
    [
        (b'{"a": "\xe9"}', 8, "byte 0xe9 is not UTF-8"),
        ('{"é": "'.encode() + b"\xff", 8, "byte 0xff is not UTF-8"),
    ],
)
def test_other_encodings_are_told(data, column, sentence):
    with pytest.raises(SyntaxFault) as caught:
        decode_utf8(b"\n" + data, "asn.json")
    assert (caught.value.kind, caught.value.column, caught.value.sentence) == ("not-utf-8", column, sentence)
    assert caught.value.line == 2


def test_positions_of_values_and_keys():
    text = '{\n  "asn_id": "é",\n  "products": [\n    {"members": [{"expname": "x", "exptype": "y"}]}\n  ]\n}'
    (parsed,) = parse(text)
    path = ("products", 0, "members", 0, "exptype")
    assert parsed.position(path) == (4, 46)
    assert parsed.position(("asn_id",)) == (2, 13)
    assert parsed.position() == (1, 1)
    # What is not there is looked for at the nearest value around it.
    assert parsed.position(("products", 0, "name")) == (4, 5)
    assert parsed.position(("products", 7)) == (3, 15)


def test_values_follow_one_another():
    found = list(parse('{"a": 1}{"b": 2}\n\n  {"c": 3}\n', first_line=10))
    assert [parsed.value for parsed in found] == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert [parsed.position() for parsed in found] == [(10, 1), (10, 9), (12, 3)]
    assert list(parse(" \n\t")) == []


def test_values_before_a_fault_are_given():
    found = parse('{"a": 1}\n{"b": }')
    assert next(found).value == {"a": 1}
    with pytest.raises(SyntaxFault):
        next(found)


def test_duplicate_keys_are_found_in_every_object():
    (parsed,) = parse('{"a": 1,\n "b": [{"x": 1, "x": 2}],\n "a": 3}')
    assert parsed.has_duplicates
    assert parsed.value == {"a": 3, "b": [{"x": 2}]}
    where = parsed.text.position
    assert [(path, where(first), where(again)) for path, first, again in parsed.duplicates] == [
        (("b", 0, "x"), (2, 9), (2, 17)),
        (("a",), (1, 2), (3, 2)),
    ]
    (sound,) = parse('[{"a": 1}, {"a": 1}]')
    assert sound.duplicates == []


def test_whole_numbers_of_any_size_are_kept():
    (parsed,) = parse('{"a": 123456789012345678901234567890}')
    assert parsed.value == {"a": 123456789012345678901234567890}


@given(VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_the_scanner_and_the_decoder_agree_on_json(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    (parsed,) = parse(text)
    assert parsed.value == value
    scanner = Scanner(Text(text))
    assert scanner.run() == parsed.end == len(text)
    for path, place in scanner.places.items():
        inner = value
        for step in path:
            inner = inner[step]
        (found, _) = json.JSONDecoder().raw_decode(text, place)
        assert found == inner
    places = JsonPlaces(text, 0)
    assert {path: places.get(path) for path in scanner.places} == scanner.places
    assert places.get(("no such key", 7)) is None


@given(VALUES, st.data())
@settings(max_examples=tries(300))
def test_the_scanner_and_the_decoder_agree_on_damaged_json(value, data):
    text = json.dumps(value)
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 2))
    put = data.draw(st.text("{}[]\",:'0.e-+nul/*# \t\x00\\", max_size=2))
    damaged = text[:at] + put + text[at + cut :]
    try:
        expected = [json.loads(damaged)]
    except ValueError:
        expected = None
    fault = None
    found = []
    try:
        found = [parsed.value for parsed in parse(damaged)]
    except SyntaxFault as caught:
        fault = caught
    if fault is None:
        assert found == expected or (expected is None and len(found) != 1)
    else:
        assert expected is None or fault.kind in ("lone-surrogate", "number-range")
        assert not fault.sentence.startswith("not JSON: ")  # the scanner found the reason itself


def test_hostile_text_is_refused_quickly():
    start = time.process_time()
    assert fault_of('{"a":' + "[{}," * 200_000).kind == "too-deep"
    assert fault_of('{"a":[' + "{}," * 200_000).kind == "truncated"
    assert fault_of('"' + "\\" * 1_000_001).kind in ("bad-escape", "truncated")
    assert fault_of("'" + "\\'" * 100_000).kind == "single-quotes"
    assert time.process_time() - start < 10


def yaml_of(text: str) -> list[object]:
    return [parsed.value for parsed in parse_yaml(Text(text, "asn.yaml"))]


def test_yaml_says_what_json_can_say():
    text = "a: yes\nb: 007\nc: 1e3\nd: 2016-08-26\ne: ~\nf: 1.5\ng: &x [1]\nh: *x\n---\n{i: 'j'}\n"
    assert yaml_of(text) == [
        {"a": "yes", "b": "007", "c": "1e3", "d": "2016-08-26", "e": None, "f": 1.5, "g": [1], "h": [1]},
        {"i": "j"},
    ]


@pytest.mark.parametrize(
    "text",
    "01234 12:30:45 1:30.5 1_234 0x1f 0o17 0b11 01.5 1e3 yes No on OFF y tRue nULL = 2016-08-26".split(),
)
def test_plain_yaml_that_is_no_json_value_is_text_as_it_is_written(text):
    assert yaml_of(f"target: {text}\nnote: [{text}]\n{text}: 1\n") == [
        {"target": text, "note": [text], text: 1}
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234", 1234),
        ("-7", -7),
        ("+7", 7),
        ("0", 0),
        ("1.50", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1.5e-7", -1.5e-7),
        ("True", True),
        ("FALSE", False),
        ("Null", None),
        ("", None),
        ("!!int 012", 12),
        ("!!float 1", 1.0),
        ("!!str 1", "1"),
        ("! 1", "1"),
    ],
)
def test_plain_yaml_that_is_a_json_value_is_read_as_one(text, value):
    ((found,),) = [list(document.values()) for document in yaml_of(f"weight: {text}\n")]
    assert found == value
    assert isinstance(found, type(value))


@pytest.mark.parametrize(
    "text", ["1234", "0", "-7", "1.5", "+7", "-0", "1.50", "20160826141516", ".5", "5.", "1.0e+22"]
)
@pytest.mark.parametrize(
    "keyword", ["program", "asn_id", "target", "version_id", "asn_pool", "name", "expname"]
)
def test_a_number_where_text_is_wanted_is_written_as_it_stood(keyword, text):
    (value,) = yaml_of(f"{keyword}: {text}\n")
    assert dump_yaml(value) in (f"{keyword}: {text}\n", f"{keyword}: '{text}'\n")


def test_yaml_aliases_are_copies():
    (value,) = yaml_of("a: &x [1]\nb: *x\n")
    value["a"].append(2)
    assert value["b"] == [1]


@pytest.mark.parametrize(
    ("text", "kind", "line", "column"),
    [
        ("a: !!python/object:os.system x", "tag", 1, 4),
        ("a: !mine {}", "tag", 1, 4),
        ("a: &x {b: 1}\nc:\n  <<: *x", "merge-key", 3, 3),
        ("1: a", "not-a-string-key", 1, 1),
        ("? [a]\n: b", "not-a-string-key", 1, 3),
        ("a: .nan", "nan", 1, 4),
        ("a: -.inf", "nan", 1, 4),
        ("a: 1.0e+999", "nan", 1, 4),
        ("a: !!int abc", "bad-number", 1, 4),
        ("a: !!int 0x1f", "bad-number", 1, 4),
        ("a: !!int 1_0", "bad-number", 1, 4),
        ("a: !!bool yes", "bad-number", 1, 4),
        ("a: !!null x", "bad-number", 1, 4),
        ("a: 1" + "0" * 5000, "bad-number", 1, 4),
        ("a: &x [*x]", "alias", 1, 8),
        ("a: *x", "alias", 1, 4),
        ("a:\n\t- b", "yaml", 2, 1),
        ("a: 'b", "yaml", 1, 6),
        ("é: b: c", "yaml", 1, 5),
        ("a: \x00", "control-character", 1, 4),
        ("[" * 500, "too-deep", 1, MAX_DEPTH + 1),
        ("- " * 500, "too-deep", 1, 2 * MAX_DEPTH + 1),
    ],
)
def test_what_only_yaml_can_say_is_refused(text, kind, line, column):
    with pytest.raises(SyntaxFault) as caught:
        yaml_of(text)
    fault = caught.value
    assert (fault.kind, fault.line, fault.column) == (kind, line, column)


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "{a: " * 100_000])
def test_yaml_nested_so_deep_that_its_parser_gives_up_is_too_deep(text):
    # Newer parsers have a limit of their own: where they stop is up to them.
    with pytest.raises(SyntaxFault) as caught:
        yaml_of(text)
    assert caught.value.kind == "too-deep"


def test_an_alias_bomb_is_refused_quickly():
    text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for name, of in zip("bcdefghi", "abcdefgh", strict=True):
        text += f"{name}: &{name} [{','.join([f'*{of}'] * 9)}]\n"
    start = time.monotonic()
    with pytest.raises(SyntaxFault, match="aliases"):
        yaml_of(text)
    assert time.monotonic() - start < 5


def test_yaml_tells_positions_and_duplicates():
    (parsed,) = parse_yaml(Text("# top\nasn_id: é\nproducts:\n- {name: é, members: []}\nasn_id: b\n"))
    assert parsed.position(("products", 0, "members")) == (4, 22)
    where = parsed.text.position
    assert [(path, where(first), where(again)) for path, first, again in parsed.duplicates] == [
        (("asn_id",), (2, 1), (5, 1))
    ]


@given(VALUES)
def test_yaml_reads_back_what_was_written(value):
    assert yaml_of(dump_yaml(value)) == [value]


NUMBER_LIKE = st.text("0123456789.eE+-_:xobinfatruylNFY~", max_size=8)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none())
def test_what_is_no_text_stays_so_in_yaml_where_text_is_wanted(value):
    ((found,),) = [list(document.values()) for document in yaml_of(dump_yaml({"program": value}))]
    assert found == value
    assert isinstance(found, type(value))


@settings(max_examples=tries(500))
@given(NUMBER_LIKE, NUMBER_LIKE)
def test_text_like_a_number_stays_text_in_yaml(key, text):
    asn = {key: text, "program": text, "products": [text]}
    assert yaml_of(dump_yaml(asn)) == [asn]


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "no",
        "on",
        "y",
        "N",
        "007",
        "1e3",
        "null",
        "~",
        "0o7",
        "1_000",
        ".5",
        "2016-08-26",
        "1:30",
        "<<",
        "=",
        "",
    ],
)
def test_strings_that_look_like_something_else_are_quoted_in_yaml(text):
    assert dump_yaml({"a": text}) in (f"a: '{text}'\n", f'a: "{text}"\n')
