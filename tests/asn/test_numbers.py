from __future__ import annotations

import copy
import io
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asntools import dump_asn, load_asn
from asntools.asn.documents import read_documents
from asntools.asn.formats import FORMATS, JSON, JSON_LINES, YAML, Format, dump_documents
from asntools.asn.products import copied

SPELLINGS = [
    "1.5e-5",
    "1.50",
    "1E5",
    "2.0e+22",
    "-0",
    "-0.0",
    "0.1000000000000000055511151231257827",
    "1e-999",
]


def read(text: str, source: str = "asn.json"):
    return next(iter(read_documents(io.BytesIO(text.encode()), source, pytest.fail)))


def written(value: object, form: Format) -> str:
    return b"".join(dump_documents([value], form)).decode()


@pytest.mark.parametrize("digits", SPELLINGS)
@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_keeps_the_digits_of_numbers(digits, form):
    value = read(f'{{"a": [{digits}, {{"b": {digits}}}]}}').value
    assert value == json.loads(f'{{"a": [{digits}, {{"b": {digits}}}]}}')
    for same in (value, copied(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert written(same, FORMATS[form]).count(digits) == 2


@pytest.mark.parametrize("digits", ["1.50", "+7", "-0", ".5", "5.", "1.5e-5", "-1.50", "+1.5"])
def test_yaml_keeps_the_digits_of_numbers(digits):
    text = f"weight: {digits}\n"
    assert written(read(text, "asn.yaml").value, YAML) == text


@pytest.mark.parametrize(
    ("digits", "as_json"), [("+7", "7"), (".5", "0.5"), ("5.", "5.0"), ("1.50", "1.50"), ("-.5", "-0.5")]
)
def test_digits_that_only_yaml_has_are_written_as_json_has_them(digits, as_json):
    value = read(f"weight: {digits}\n", "asn.yaml").value
    assert written(value, JSON_LINES) == f'{{"weight":{as_json}}}\n'
    assert f'"weight": {as_json}\n' in written(value, JSON)


@pytest.mark.parametrize("digits", SPELLINGS)
def test_digits_of_json_are_a_number_to_every_reader_of_yaml(digits):
    import yaml

    text = written(read(f'{{"weight": {digits}}}').value, YAML)
    assert yaml.safe_load(text) == {"weight": float(digits)}
    assert "!!" not in text


def test_numbers_with_digits_of_their_own_are_numbers():
    value = read('{"a": 1.50, "b": -0}').value
    assert (value["a"] + 1, value["b"] + 1) == (2.5, 1)
    assert json.dumps(value) == '{"a": 1.5, "b": 0}'


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_numbers_as_python_writes_them_are_plain_ones(number):
    ((found,),) = [read(json.dumps({"a": number})).value.values()]
    assert type(found) in (int, float)
    assert repr(found) == repr(number)


@pytest.mark.parametrize("form", ["json", "jsonl", "yaml"])
def test_scripts_keep_the_digits_of_numbers(form, tmp_path):
    (tmp_path / "asn.json").write_text('{"scale": 1.5e-5, "products": []}')
    dump_asn(load_asn(tmp_path / "asn.json", validate=False), tmp_path / "copy", format=form, validate=False)
    assert "1.5e-5" in (tmp_path / "copy").read_text()
