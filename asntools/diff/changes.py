"""What changed from one association to another: keywords, products and members."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from asntools.asn.products import Member, Product, exptype_of, members_of, name_of, walk
from asntools.jwst.asn_types import rule_name
from asntools.jwst.suffixes import exposure_root

T = TypeVar("T")

IGNORED = frozenset(("asn_pool", "code_version", "constraints", "version_id"))
"""The keywords that say how and when an association was made, not what is in it."""

NOTHING = "null"
"""The text that the reference generator writes if a pool has no value."""


class Change(NamedTuple):
    """One difference between two associations.

    `what` is ``keyword``, ``product`` (renamed), ``product-added``, ``product-removed``, ``member-added``,
    ``member-removed``, ``role`` (of a member), ``file`` (another file of a member's exposure) or ``value``
    (another value of a member). `old` and `new` are values, names, exptypes or expnames.
    """

    what: str
    product: str | None  # its name, the new one if it was renamed
    name: str  # of the keyword or product, or the expname
    old: Any = None
    new: Any = None
    key: str | None = None  # which value of a member changed


def compare(
    old: Mapping[str, Any], new: Mapping[str, Any], ignored: Collection[str] = IGNORED
) -> list[Change]:
    """Return what changed; the order of keys, products and members does not count, and null is no value.

    Anything that is not shaped like an association is compared as a value. Keys that are `ignored` are left
    out, including those of members.
    """
    return [] if old == new else [*_keywords(old, new, ignored), *_products(old, new, ignored)]


def frozen(value: Any) -> Hashable:
    """Return a JSON value in a form that can be compared and hashed; the word null is not a value either."""
    if type(value) is str:
        return None if value == NOTHING else value
    if isinstance(value, dict):
        return frozenset((key, frozen(one)) for key, one in value.items())
    if isinstance(value, list):
        return tuple(map(frozen, value))
    return cast(Hashable, value)


def keyword(asn: Mapping[str, Any], key: str) -> Any:
    """Return the value of a keyword; a rule without the prefix of the reference generator."""
    value = asn.get(key)
    return rule_name(value) if key == "asn_rule" and isinstance(value, str) else value


def _keywords(old: Mapping[str, Any], new: Mapping[str, Any], ignored: Collection[str]) -> Iterator[Change]:
    for key in dict.fromkeys([*old, *new]):
        before, after = keyword(old, key), keyword(new, key)
        if key != "products" and key not in ignored and frozen(before) != frozen(after):
            yield Change("keyword", None, key, before, after)


def _products(old: Mapping[str, Any], new: Mapping[str, Any], ignored: Collection[str]) -> Iterator[Change]:
    gone, come = [product for _, product in walk(old)], [product for _, product in walk(new)]
    keys = (lambda product: product_content(product, ignored), name_of)
    for before, after in pairs(gone, come, keys, _exposures):
        if before is None:
            yield Change("product-added", name_of(after), name_of(after), new=_count(after))
        elif after is None:
            yield Change("product-removed", name_of(before), name_of(before), old=_count(before))
        else:
            if name_of(before) != name_of(after):
                yield Change("product", name_of(after), name_of(after), name_of(before), name_of(after))
            yield from _members(before, after, ignored)


def product_content(product: Product, ignored: Collection[str]) -> Hashable:
    """Return the content of a product, in a form that can be compared and hashed."""
    passed = {"exptype", *ignored}
    members = Counter(_member_content(member, passed) for _, member in members_of(product))
    return name_of(product), frozenset(members.items())


def _member_content(member: Member, passed: Collection[str]) -> Hashable:
    # What it says, but for some keys.
    values = [(key, frozen(value)) for key, value in member.items() if key not in passed]
    return exptype_of(member), frozenset([each for each in values if each[1] is not None])


def _count(product: Product) -> int:
    return sum(1 for _ in members_of(product))


def _exposures(product: Product) -> set[str]:
    return {exposure_root(_expname(member)) for _, member in members_of(product)}


def _expname(member: Member) -> str:
    return str(member.get("expname"))


def _members(old: Product, new: Product, ignored: Collection[str]) -> Iterator[Change]:
    if old == new:
        return
    product = name_of(new)
    passed = {"exptype", *ignored}
    gone, come = [member for _, member in members_of(old)], [member for _, member in members_of(new)]
    keys: tuple[Callable[[Member], Hashable], ...] = (
        lambda member: _member_content(member, passed),
        lambda member: (_expname(member), exptype_of(member)),
        _expname,
        lambda member: (exposure_root(_expname(member)), exptype_of(member)),
    )
    for before, after in pairs(gone, come, keys):
        if before is None:
            yield Change("member-added", product, _expname(after), new=exptype_of(after))
            continue
        if after is None:
            yield Change("member-removed", product, _expname(before), old=exptype_of(before))
            continue
        name = _expname(after)
        if _expname(before) != name:
            yield Change("file", product, name, _expname(before), name)
        if exptype_of(before) != exptype_of(after):
            yield Change("role", product, name, exptype_of(before), exptype_of(after))
        for key in dict.fromkeys([*before, *after]):
            if key in passed or key == "expname":
                continue
            if frozen(before.get(key)) != frozen(after.get(key)):
                yield Change("value", product, name, before.get(key), after.get(key), key)


def pairs(
    old: Sequence[T],
    new: Sequence[T],
    keys: Iterable[Callable[[T], Hashable]],
    names: Callable[[T], set[str]] | None = None,
) -> Iterator[tuple[T | Any, T | Any]]:
    """Pair the items of two lists: by equal keys, one key after another, then by names in common.

    Each of the `keys` is tried on the items that those before it left over. Of the rest, those with the most
    `names` in common become pairs; names that very many items have say nothing and are ignored, so that the
    time grows linearly with the lists. The pairs come in the order of `old`, with None for a missing partner;
    items that are only in `new` come last.
    """
    partner: dict[int, int] = {}
    left, come = list(range(len(old))), list(range(len(new)))
    for key in keys:
        if not left or not come:
            break
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for position in come:
            waiting[key(new[position])].append(position)
        for position in left:
            if same := waiting.get(key(old[position])):
                partner[position] = same.popleft()
        taken = set(partner.values())
        left = [position for position in left if position not in partner]
        come = [position for position in come if position not in taken]
    if names is not None and left and come:
        partner.update(_most_alike({at: names(old[at]) for at in left}, {at: names(new[at]) for at in come}))
    for position, one in enumerate(old):
        yield one, new[partner[position]] if position in partner else None
    taken = set(partner.values())
    yield from ((None, other) for position, other in enumerate(new) if position not in taken)


_COMMON = 50


def _most_alike(old: Mapping[int, set[str]], new: Mapping[int, set[str]]) -> dict[int, int]:
    where = defaultdict(list)
    for position, names in new.items():
        for name in names:
            where[name].append(position)
    shared = [
        (-count, one, other)
        for one, names in old.items()
        for other, count in Counter(
            position
            for name in names
            if len(where.get(name, ())) <= _COMMON
            for position in where.get(name, ())
        ).items()
    ]
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for _, one, other in sorted(shared):
        if one not in partner and other not in taken:
            partner[one] = other
            taken.add(other)
    return partner
