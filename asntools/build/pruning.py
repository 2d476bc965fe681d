"""Which of a program's associations of one stage are dropped, and which products then have the same name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from asntools.build.associations import Built
from asntools.common.words import counted, listed, named
from asntools.jwst.suffixes import stem

Say = Callable[[str], None]
"""A function that takes one line for people."""


class Dropped(NamedTuple):
    """An association that is dropped for another, which has the same members or more of the same product."""

    built: Built
    kept: Built


def describe(built: Built) -> str:
    """Return a description of an association: its rule, candidate and product."""
    return f"{built.asn['asn_rule']} of {built.asn['asn_id']} ({built.product['name']})"


def drop_duplicates(built: list[Built]) -> tuple[list[Built], list[Dropped]]:
    """Drop all but one of the associations that have the same members and exptypes.

    The one with the lowest candidate is kept. Candidates rank observation (``o...``) below those that
    planners define (``c...``) below discovered ones (``a...``), the reverse of the order of their ids. Within
    a candidate the last one made is kept. The result is in the order of numbering: the last one made comes
    first.
    """
    by_members: dict[object, Built] = {}
    dropped = []
    for each in sorted(built, key=lambda each: each.asn["asn_id"])[::-1]:
        kept = by_members.setdefault(_membership(each), each)
        if kept is not each:
            dropped.append(Dropped(each, kept))
    return list(by_members.values()), dropped


def _membership(built: Built) -> object:
    members = frozenset([(each["expname"], each["exptype"]) for each in built.members])
    if len(members) < len(built.members):
        return id(built)  # with a member twice in one role it equals no other
    return members


def drop_smaller(built: list[Built]) -> tuple[list[Built], list[Dropped]]:
    """Drop the smaller of two associations that make the same product and overlap.

    They overlap if they share science, and no exposure has different exptypes in them. Two associations of
    different types compete for the product even if they share nothing.
    """
    by_product: dict[str, list[Built]] = defaultdict(list)
    for each in built:
        by_product[each.product["name"]].append(each)
    dropped = [
        pair
        for alike in by_product.values()
        if len(alike) > 1
        for pair in _smaller(sorted(alike, key=lambda each: each.asn["asn_id"]))
    ]
    gone = {id(pair.built) for pair in dropped}
    return [each for each in built if id(each) not in gone], dropped


def _smaller(alike: list[Built]) -> Iterator[Dropped]:
    roles: dict[int, dict[str, str]] = {}
    by_science: dict[str, list[int]] = defaultdict(list)
    by_type: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(alike):
        mine = {member["expname"]: member["exptype"] for member in each.members}
        if len(mine) < len(each.members):
            continue  # with a member twice it is compared with none
        roles[place] = mine
        by_type[each.asn["asn_type"]].append(place)
        for expname in each.science:
            by_science[expname].append(place)
    for place in list(roles):
        if place not in roles:
            continue
        rivals = {other for expname in alike[place].science for other in by_science[expname]}
        for asn_type, places in by_type.items():
            if asn_type != alike[place].asn["asn_type"]:
                rivals.update(places)
        largest = place
        for other in sorted(rivals):
            if other not in roles or len(roles[other]) == len(roles[largest]):
                continue
            mine, theirs = roles[largest], roles[other]
            if any(mine[name] != theirs[name] for name in mine.keys() & theirs.keys()):
                continue
            smaller, largest = sorted((largest, other), key=lambda each: len(roles[each]))
            del roles[smaller]
            yield Dropped(alike[smaller], alike[largest])


def tell_lost(dropped: Sequence[Dropped], kept: Sequence[Built], say: Say) -> None:
    """Report, on one line per product, science that only dropped associations of a product have."""
    if not dropped:
        return
    left: dict[str, set[str]] = defaultdict(set)
    for each in kept:
        left[each.product["name"]].update(each.science)
    lost: dict[str, dict[str, None]] = defaultdict(dict)
    rules: dict[str, dict[str, None]] = defaultdict(dict)
    for pair in dropped:
        product = pair.built.product["name"]
        for expname in sorted({*pair.built.science} - left[product]):
            lost[product][expname] = None
            rules[product][pair.built.asn["asn_rule"]] = None
            rules[product][pair.kept.asn["asn_rule"]] = None
    for product, expnames in lost.items():
        say(
            f"{product}: several associations make it ({listed(rules[product])}), and the largest is kept; "
            f"science that only a dropped one has: {named(expnames, limit=3)}; use "
            "--product-name or the rule to tell them apart"
        )


def tell_apart(built: Sequence[Built], say: Say) -> None:
    """Append the detector to equal names of products if that tells them apart; report those that are left.

    There is one line per product, or one for many Stage 2 products that the same rules and candidates make.
    """
    reported: dict[object, list[list[Built]]] = defaultdict(list)
    for alike in _alike(built):
        detectors = [each.values.get("detector") for each in alike]
        if (
            all(isinstance(detector, str) for detector in detectors)
            and len({*map(str, detectors)}) == len(alike)
            and all(each.styled for each in alike)
        ):
            for each, detector in zip(alike, detectors, strict=True):
                each.product["name"] += f"-{detector}".lower()
        else:
            first = alike[0]
            key = _makers(alike) if first.stage == 2 else first.product["name"]
            reported[key].append(alike)
    for several in reported.values():
        say(_alike_in_words(several[0], more=len(several) - 1))


def _makers(alike: list[Built]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{each.asn['asn_rule']} of {each.asn['asn_id']}" for each in alike))


def _alike(built: Sequence[Built]) -> Iterator[list[Built]]:
    # Different pipelines give products with the same name different suffixes, and so does Stage 2 for
    # an exposure with and without its integrations.
    by_name: dict[str, list[Built]] = defaultdict(list)
    for each in built:
        by_name[each.product["name"]].append(each)
    for namesakes in by_name.values():
        if len(namesakes) > 1:
            by_kind: dict[object, list[Built]] = defaultdict(list)
            for each in namesakes:
                levels = frozenset(map(_level, each.science)) if each.stage == 2 else None
                by_kind[each.asn["asn_type"], levels].append(each)
            yield from (alike for alike in by_kind.values() if len(alike) > 1)


def _level(expname: str) -> str:
    return stem(expname).rpartition("_")[2]


def _alike_in_words(alike: list[Built], more: int) -> str:
    first = alike[0]
    names = dict.fromkeys(name for each in alike for name in each.values)
    differ = [
        name for name in names if any(each.values.get(name) != first.values.get(name) for each in alike)
    ]
    if first.stage == 2:
        is_one = len({frozenset(each.science) for each in alike}) == 1
        remedy = "choose one of them with asn-match --candidate or --rule"
        remedy = remedy if is_one else "more attributes in the rule's product_name can tell them apart"
    elif differ:
        remedy = (
            f"they differ in {listed(differ[:4])}; put that into the name with --product-name or the rule"
        )
    else:
        remedy = "'asn-edit rename-product' can tell them apart"
    others = f" and {counted(more, 'more product')}" if more else ""
    return (
        f"{first.product['name']}{others}: {len(alike)} associations make this product "
        f"({listed(_makers(alike))}), and one would overwrite another; {remedy}"
    )
