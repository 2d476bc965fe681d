"""Pairing the associations of two sets: by content, whatever their numbers and files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from asntools.asn.products import exptype_of, name_of, walk, walk_members
from asntools.diff.changes import IGNORED, Change, compare, frozen, keyword, pairs, product_content
from asntools.jwst.suffixes import exposure_root


class Entry(NamedTuple):
    """An association and where it comes from."""

    asn: Mapping[str, Any]
    source: str = ""
    line: int | None = None


class Difference(NamedTuple):
    """An association in both sets, with its changes, or in only one of them; the other is then None."""

    old: Entry | None
    new: Entry | None
    changes: list[Change]


def differences(
    old: Iterable[Entry], new: Iterable[Entry], ignored: Collection[str] = IGNORED
) -> Iterator[Difference]:
    """Pair two sets of associations, and yield every pair and every association without a partner.

    Pairing goes in steps, each with what the steps before have left: the same content; the same products with
    the same members, whether under the same candidate or another; the same products by name; and the most
    exposures in common. Equal associations are pairs too, without changes. The time grows linearly with the
    sets. The order is that of the old set; associations that are only in the new one come last.
    """
    before, after = list(old), list(new)
    for one, other in pairs(before, after, _keys(ignored), _exposures):
        changes = compare(one.asn, other.asn, ignored) if one is not None and other is not None else []
        yield Difference(one, other, changes)


def _keys(ignored: Collection[str]) -> Sequence[Callable[[Entry], Hashable]]:
    def content(entry: Entry) -> Hashable:
        values = (
            (key, frozen(keyword(entry.asn, key)))
            for key in entry.asn
            if key not in ignored and key != "products"
        )
        products = Counter(product_content(product, ignored) for _, product in walk(entry.asn))
        return frozenset(each for each in values if each[1] is not None), frozenset(products.items())

    def kind(entry: Entry, *keys: str) -> Hashable:
        return tuple(frozen(entry.asn.get(key)) for key in ("asn_type", "program", *keys))

    return (
        content,
        lambda entry: (kind(entry, "asn_id"), _membership(entry)),
        lambda entry: (kind(entry), _membership(entry)),
        lambda entry: (kind(entry, "asn_id"), _product_names(entry)),
        lambda entry: (kind(entry), _product_names(entry)),
    )


def _membership(entry: Entry) -> Hashable:
    return frozenset((str(each.get("expname")), exptype_of(each)) for _, each in walk_members(entry.asn))


def _product_names(entry: Entry) -> Hashable:
    return tuple(sorted(name_of(product) for _, product in walk(entry.asn)))


def _exposures(entry: Entry) -> set[str]:
    # With the type, so that an image's Stage 3 association is never the pair of its Stage 2 association.
    kind = entry.asn.get("asn_type")
    return {f"{kind} {exposure_root(str(each.get('expname')))}" for _, each in walk_members(entry.asn)}
