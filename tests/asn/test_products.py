from __future__ import annotations

import pytest

from asntools.asn.products import members_of, walk, walk_members


def test_products_and_members_come_with_the_paths_to_them():
    first, second = {"name": "a", "members": [{"expname": "x"}]}, {"members": [{"expname": "y"}, {}]}
    asn = {"products": [first, second]}
    assert list(walk(asn)) == [(("products", 0), first), (("products", 1), second)]
    assert list(members_of(second, ("products", 1))) == [
        (("products", 1, "members", 0), {"expname": "y"}),
        (("products", 1, "members", 1), {}),
    ]
    assert [path for path, _ in walk_members(asn)] == [
        ("products", 0, "members", 0),
        ("products", 1, "members", 0),
        ("products", 1, "members", 1),
    ]
    assert next(walk_members(asn))[1] is first["members"][0]


@pytest.mark.parametrize("products", [None, "x", 1, {"members": [{}]}, [], ["x", None, []]])
def test_a_walk_passes_over_what_is_malformed(products):
    assert list(walk({"products": products})) == list(walk_members({"products": products})) == []
    assert list(walk_members({"products": [{"members": products}]})) == []


def test_a_walk_keeps_the_index_of_what_stands_beside_malformed_entries():
    asn = {"products": [1, {"members": ["x", {"expname": 3}]}]}
    assert list(walk_members(asn)) == [(("products", 1, "members", 1), {"expname": 3})]
