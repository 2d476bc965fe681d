from __future__ import annotations

import io
import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import ASN, ASSOCIATIONS, PRETTY, TALL

from asntools.asn.documents import read_documents
from asntools.fmt.repair import read_repaired
from asntools.jwst.exptypes import current_exptype


def repaired(data: str | bytes, source: str = "asn.json"):
    faults = []
    raw = data.encode() if isinstance(data, str) else data
    found = list(read_repaired(raw, source, faults.append))
    return [one.document.value for one in found], [one.mends for one in found], faults


@pytest.mark.parametrize(
    ("text", "value", "mends"),
    [
        ('{"a": [1, 2,],}', {"a": [1, 2]}, ["a trailing comma, 2 times"]),
        (
            '{"a": [{"b": 1} {"c": 2}\n{"d": 3}]}',
            {"a": [{"b": 1}, {"c": 2}, {"d": 3}]},
            ["a missing comma, 2 times"],
        ),
        ('{"a": [{"b": 1}{"c": 2}]}', {"a": [{"b": 1}, {"c": 2}]}, ["a missing comma"]),
        ('{`a`: "x", "b": `y z`}', {"a": "x", "b": "y z"}, ["backticks, 2 times"]),
        ('```json\n{"a": 1}\n```\n', {"a": 1}, ["a line of ```json", "a line of ```"]),
        ('"""\n{"a": "```"}\n"""', {"a": "```"}, ['a line of """', 'a line of """']),
        ('{"a":\u00a0\u200b1}', {"a": 1}, [r"a blank that JSON does not have, '\xa0\u200b'"]),
        ('{"a": undefined}', {"a": None}, ["undefined, which is null in JSON"]),
        ('{"a": "x" "b": "y"}', {"a": "x", "b": "y"}, ["a missing comma"]),
        ('{"a": 1 b: 2}', {"a": 1, "b": 2}, ["a missing comma", "the key b without quotes"]),
        (
            "{'a': 'it\\'s \"x\"'}",
            {"a": 'it\'s "x"'},
            ["single quotes, 2 times"],
        ),
        ("{a: 1, $b-c: 2}", {"a": 1, "$b-c": 2}, ["the key a without quotes", "the key $b-c without quotes"]),
        ('{"a": None}', {"a": None}, ["None, which is null in JSON"]),
        (
            '{"a": [Null, NULL, TRUE, FALSE, none, NONE, true]}',
            {"a": [None, None, True, False, None, None, True]},
            [
                "Null, which is null in JSON",
                "NULL, which is null in JSON",
                "TRUE, which is true in JSON",
                "FALSE, which is false in JSON",
                "none, which is null in JSON",
                "NONE, which is null in JSON",
            ],
        ),
        ('{"a": Asn_Lv3",\n"b": 1}', {"a": "Asn_Lv3", "b": 1}, ["the missing quote before Asn_Lv3"]),
        (
            '{a": 1, b c": 2}',
            {"a": 1, "b c": 2},
            ["the missing quote before a", "the missing quote before b c"],
        ),
        (
            '{"a": [01234", 1", 12:30:01.5", NGC 42", null", x_cal.fits", (a)", don\'t" ]}',
            {"a": ["01234", "1", "12:30:01.5", "NGC 42", "null", "x_cal.fits", "(a)", "don't"]},
            [
                f"the missing quote before {text}"
                for text in ["01234", "1", "12:30:01.5", "NGC 42", "null", "x_cal.fits", "(a)", "don't"]
            ],
        ),
        ('// x\n{"a": "// y" /* z */}', {"a": "// y"}, ["a comment, // x", "a comment, /* z */"]),
        ('{"a": 1// x\n "b": 2}', {"a": 1, "b": 2}, ["a comment, // x", "a missing comma"]),
        ('{"a": 1} # the end', {"a": 1}, ["a comment, # the end"]),
        ('\ufeff{"a": 1}', {"a": 1}, ["a byte-order mark"]),
        ("{'a': 1}", {"a": 1}, ["single quotes"]),
        ('{"a": 1},', {"a": 1}, ["a comma after the association"]),
        ('{"a": 1}  , // the last', {"a": 1}, ["a comma after the association", "a comment, // the last"]),
        ('{"a": 1} // end\n,\n', {"a": 1}, ["a comment, // end", "a comma after the association"]),
        ('{"a": 1,, "b": [1,,,2]}', {"a": 1, "b": [1, 2]}, ["a doubled comma, 3 times"]),
        ('{"a": [1,,],,}', {"a": [1]}, ["a trailing comma, 2 times", "a doubled comma, 2 times"]),
        (
            '{, "a": [, {"b": [,]}]}',
            {"a": [{"b": []}]},
            ["a comma after '{'", "a comma after '[', 2 times"],
        ),
        ("{“a”: “it\u2019s”, \u2018b\u2019: ”c”}", {"a": "it\u2019s", "b": "c"}, ["curly quotes, 4 times"]),
        (
            "{“a”: “x” “b”: [“y” “z”]}",
            {"a": "x", "b": ["y", "z"]},
            ["curly quotes, 5 times", "a missing comma, 2 times"],
        ),
        ('{"a": "“x”", "b": "\u2018"}', {"a": "“x”", "b": "\u2018"}, []),
    ],
)
def test_mends(text, value, mends):
    values, ((*found,),), faults = repaired(text)
    assert values == [value]
    assert [what for _, what in found] == mends
    assert faults == []


def test_mends_tell_their_lines():
    text = "\n/* one\ntwo */ {\n 'a': 1,\n 'products': [{\n'members': [{'exptype': 'SCIENCE'}],}]}\n// end\n"
    values, (mends,), faults = repaired(text)
    assert faults == []
    assert values == [{"a": 1, "products": [{"members": [{"exptype": "science"}]}]}]
    assert [line for line, _ in mends] == [2, 4, 5, 6, 6, 6, 7]
    assert mends[3:6] == [
        (6, "single quotes, 3 times"),
        (6, "a trailing comma"),
        (6, "the exptype SCIENCE in capitals"),
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"a": "don"t"}', "unexpected"),
        ("{'a': 'don't'}", "single-quotes"),
        ("{'a': 'x, 'b': 'y'}", "single-quotes"),
        ('{"a": "x, "b": "y"}', "unexpected"),
        ('{"a": 1', "truncated"),
        ('{"a": "x\n"}', "unclosed-string"),
        ('{"a":, "b": 2}', "unexpected"),
        ('{"a",: 2}', "missing-colon"),
        (',{"a": 1}', "unexpected"),
        ('{"a": “x"}', "curly-quotes"),
        ('{"a": “x\u2019}', "curly-quotes"),
        ('{"a": “x “y” z”}', "curly-quotes"),
        ('{"a": \u2018it\u2019s\u2019}', "curly-quotes"),
        ('{"a": “x\\”}', "curly-quotes"),
        ('{"a": “x\n”}', "curly-quotes"),
        ('{"a": "x”}', "truncated"),
        ('{"a": x}', "unquoted-value"),
        ('{"a": x, y"}', "unquoted-value"),
        ('{"a": x\n"}', "unquoted-value"),
        ('{"a": x", y"}', "unquoted-key"),
        ('{"a": x" "b": "y"}', "unquoted-value"),
        ('{"a": x", "b": "y}', "truncated"),
        ('{"a": b": 1}', "unquoted-value"),
        ('{b"": 1}', "unquoted-key"),
        ('{"a": b""}', "unquoted-value"),
        ('{"a": NaN}', "nan"),
        ('{"a": 007}', "bad-number"),
        ('{"a" 1}', "missing-colon"),
        ('{"a": ["x""y"]}', "missing-comma"),
        ('{"a": 1, "a": 2,}', "duplicate-key"),
        ('[{"a": 1},]', "not-an-association"),
        ("// nothing", "comment"),
        ("{'a': '\\q'}", "single-quotes"),
        (b'{"a": "\xff",}', "not-utf-8"),
    ],
)
def test_what_has_no_sure_remedy_is_left_alone(text, kind):
    values, _, faults = repaired(text)
    assert values == []
    assert [fault.kind for fault in faults] == [kind]


def test_the_other_associations_of_a_file_are_repaired():
    values, mends, faults = repaired('{"a": 1,}\n{"b": }\n{"c": 2,}\n')
    assert values == [{"a": 1}, {"c": 2}]
    assert mends == [[(1, "a trailing comma")], [(3, "a trailing comma")]]
    assert [fault.line for fault in faults] == [2]
    values, _, faults = repaired('{"a": 1 2}\n[1]\n{"c": 2,}\n{"d": 3')
    assert values == [{"c": 2}]
    assert [fault.line for fault in faults] == [1, 2, 4]
    broken = PRETTY.replace(":", "", 1)
    values, _, faults = repaired(f"{PRETTY}\n{broken}\n{PRETTY}")
    assert values == [ASN, ASN]
    assert len(faults) == 1


def test_a_comma_after_the_last_association_only_is_mended():
    text = f"{PRETTY}\n\n{PRETTY},\n"
    values, mends, faults = repaired(text)
    assert values == [ASN, ASN]
    line = len(text.splitlines())
    assert mends == [[], [(line, "a comma after the association")]]
    assert faults == []
    values, _, faults = repaired(f"{PRETTY},\n{PRETTY},\n")
    assert values == [ASN, ASN]
    assert [fault.line for fault in faults] == [TALL]


@pytest.mark.parametrize("rest", [",,", ",]", ", 1", ',{"a": 2}'])
def test_other_text_after_an_association_is_not_mended(rest):
    values, mends, faults = repaired(f'{{"a": 1}}{rest}')
    assert values[0] == {"a": 1}
    assert mends[0] == []
    assert [fault.kind for fault in faults] == ["unexpected"]


def test_yaml_has_its_exptypes_mended():
    text = "products:\n- members:\n  - {expname: a, exptype: Science}\n"
    values, mends, faults = repaired(text, "asn.yaml")
    assert values == [{"products": [{"members": [{"expname": "a", "exptype": "science"}]}]}]
    assert mends == [[(3, "the exptype Science in capitals")]]
    assert faults == []


def test_sound_text_is_read_as_ever():
    text = f"{PRETTY}\n{json.dumps(ASN)}\n\n{PRETTY}"
    values, mends, faults = repaired(text)
    plain = [
        document.value for document in read_documents(io.BytesIO(text.encode()), "asn.json", pytest.fail)
    ]
    assert values == plain == [ASN] * 3
    assert mends == [[], [], []]
    assert faults == []


DAMAGES = {
    "trailing": lambda text: re.sub(r"(\n *[]}])", r",\1", text),
    "missing": lambda text: re.sub(r",\n", "\n", text),
    "comments": lambda text: re.sub(r"\n", " // it's, {a} comment\n", text) + " /* last */",
    "hash": lambda text: "# first\n" + text,
    "doubled": lambda text: re.sub(r",\n", " ,,\n", text),
    "opening": lambda text: re.sub(r"([\[{])\n", r"\1,\n", text),
    "curly": lambda text: re.sub(r'^( *)"([a-z]+)":', r"\1“\2” :", text, flags=re.MULTILINE),
    "keys": lambda text: re.sub(r'^( *)"([a-z]+)":', r"\1\2:", text, flags=re.MULTILINE),
    "bom": lambda text: "\ufeff" + text,
}


@given(ASSOCIATIONS, st.sets(st.sampled_from(sorted(DAMAGES)), min_size=1), st.randoms(), st.booleans())
def test_every_damage_is_undone(asn, damages, order, ends_with_comma):
    text = json.dumps(asn, indent=2)
    names = sorted(damages - {"bom"})
    order.shuffle(names)
    for name in [*names, *(damages & {"bom"})]:
        text = DAMAGES[name](text)
    text += ",\n" if ends_with_comma else ""
    for product in asn["products"]:
        for member in product["members"]:
            member["exptype"] = current_exptype(member["exptype"])
    values, _, faults = repaired(text)
    assert faults == []
    assert values == [asn]


@given(ASSOCIATIONS)
def test_what_python_prints_is_read(asn):
    values, _, faults = repaired(repr(asn))
    if faults:  # Python's escapes for characters that are not printed: JSON has not all of them
        assert re.search(r"\\[xU]|\\u(d[89a-f]|[0-9])", repr(asn))
        return
    for product in asn["products"]:
        for member in product["members"]:
            member["exptype"] = current_exptype(member["exptype"])
    assert values == [asn]


def test_a_large_file_is_repaired_quickly():
    count = 10_000
    members = "".join(f"{{expname: 'x{number}', exptype: \"PSF\",}} // no comma\n" for number in range(count))
    start = time.process_time()
    ((value,), (mends,), faults) = repaired(f"{{products: [{{members: [{members}]}}]}}")
    assert faults == []
    assert value["products"][0]["members"][-1] == {"expname": f"x{count - 1}", "exptype": "psf"}
    assert len(mends) > 5 * count
    assert time.process_time() - start < 6
