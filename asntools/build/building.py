"""Building: groups in, associations out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from asntools.asn.file_names import file_name
from asntools.build.drafts import Draft, Member
from asntools.build.finishing import FINISHES
from asntools.build.names import NAMING_ATTRIBUTES, keeps_integrations, member_name, product_name, target_name
from asntools.common.records import Record
from asntools.common.version import __version__
from asntools.jwst.asn_types import DEGRADED, NOT_DEGRADED
from asntools.jwst.candidates import DISCOVERED, Candidate
from asntools.jwst.exposures import UNSET, attributes_of


class Built:
    """An association and what is known of it beside its text.

    Attributes
    ----------
    asn : dict
        The association.
    stage : int
    sequence : int
        Its number among those of its program, candidate and type, from 1; 0 before it is given.
    """

    __slots__ = ("asn", "sequence", "stage")

    def __init__(self, asn: dict[str, Any], stage: int):
        self.asn = asn
        self.stage = stage
        self.sequence = 0

    @property
    def members(self) -> list[dict[str, Any]]:
        """The members of the first product, the only one before merging."""
        members: list[dict[str, Any]] = self.asn["products"][0]["members"]
        return members

    @property
    def file_name(self) -> str:
        """The name of the association's file, in the observatory's convention."""
        return file_name(self.asn, self.sequence)


def build(groups: Iterable[Record], *, version_id: str | None = None, merge: bool = False) -> Iterator[Built]:
    """Make associations of groups.

    Programs are independent; within one the duplicates among its associations are dropped and the
    associations numbered, which needs all its groups, so that all are read first.

    Parameters
    ----------
    groups : iterable of dict
        Group records, sound ones (`check_group`).
    version_id : str, optional
        Stamped on each association.
    merge : bool
        Put the Stage 2 associations of one candidate and type into one association.

    Yields
    ------
    Built
        Program by program, Stage 2 before Stage 3, by candidate, type and sequence.
    """
    programs: dict[str, list[Built]] = defaultdict(list)
    for group in groups:
        programs[f"{group['program']:0>5s}"] += associations_of(group, version_id)
    for built in programs.values():
        stages = [number(prune([each for each in built if each.stage == stage])) for stage in (2, 3)]
        if merge:
            stages[0] = merge_products(stages[0])
        for stage in stages:
            yield from sorted(
                stage, key=lambda each: (each.asn["asn_id"], each.asn["asn_type"], each.sequence)
            )


def associations_of(group: Record, version_id: str | None = None) -> list[Built]:
    """Make the associations of one group: mostly one, several where nods are split, sometimes none."""
    drafts = [Draft(group, tuple(_members(group)))]
    for name in group["finish"]:
        drafts = [after for draft in drafts for after in FINISHES[name](draft)]
    return [Built(_association(draft, version_id), group["stage"]) for draft in drafts]


def _members(group: Record) -> Iterator[Member]:
    stage: int = group["stage"]
    candidate = group["candidate"]
    asn_candidate = (
        None if candidate["type"] == DISCOVERED else str(Candidate(candidate["id"], candidate["type"]))
    )
    averaging = bool(group.get("average_integrations"))
    time_series = False
    for member in group["members"]:
        exposure = member["exposure"]
        attributes = attributes_of({name: exposure.get(name) for name in NAMING_ATTRIBUTES})
        # At Stage 2 a visit's time series goes on: what joins one is named as part of it.
        time_series = time_series or (stage == 2 and attributes.get("tsovisit") == "t")
        exptype = member["exptype"].lower()
        integrations = keeps_integrations(attributes, time_series=time_series, averaging=averaging)
        yield Member(
            expname=member_name(exposure["filename"], stage, exptype, attributes, integrations=integrations),
            exptype=exptype,
            exposerr=exposure.get("exposerr"),
            asn_candidate=None if stage == 2 else asn_candidate or exposure.get("asn_candidate"),
            exposure=exposure,
        )


def _association(draft: Draft, version_id: str | None) -> dict[str, Any]:
    group = draft.group
    members = [_member_text(each, group["stage"]) for each in draft.members]
    degraded = any(each["exposerr"] is not None and each["exposerr"].lower() not in UNSET for each in members)
    if group["stage"] == 3:
        target = target_name(draft.values)
    else:
        target = group["members"][0]["exposure"].get("targetid")
    return {
        "asn_type": group["asn_type"].lower(),
        "asn_rule": group["rule"],
        "version_id": version_id,
        "code_version": __version__,
        "degraded_status": DEGRADED if degraded else NOT_DEGRADED,
        "program": f"{group['program']:0>5s}",
        "constraints": _constraints(draft.values),
        "asn_id": group["candidate"]["id"].lower(),
        "asn_pool": group["asn_pool"],
        "target": target,
        "products": [{"name": product_name(draft), "members": members}],
    }


def _member_text(member: Member, stage: int) -> dict[str, Any]:
    text: dict[str, Any] = {
        "expname": member.expname,
        "exptype": member.exptype,
        "exposerr": member.exposerr,
    }
    if stage == 3:
        text["asn_candidate"] = member.asn_candidate
    return text


def _constraints(values: dict[str, str | list[str]]) -> str:
    return "\n".join(
        f"{name}: {value if isinstance(value, str) else ', '.join(value)}" for name, value in values.items()
    )


def prune(built: list[Built]) -> list[Built]:
    """Drop duplicates.

    Of associations with the same members that of the lowest candidate is kept; of those that make the same
    product, the larger one.

    Candidates rank observation (``o...``) below those that planners define (``c...``) below discovered ones
    (``a...``), which their ids' order says backwards. Within a candidate the last one made is kept. What is
    left comes in the order in which it is numbered: the last one made first.
    """
    by_members: dict[object, Built] = {}
    for each in sorted(built, key=lambda each: each.asn["asn_id"])[::-1]:
        by_members.setdefault(_membership(each), each)
    kept = list(by_members.values())
    by_product: dict[str, list[Built]] = defaultdict(list)
    for each in sorted(kept, key=lambda each: each.asn["asn_id"]):
        by_product[each.asn["products"][0]["name"]].append(each)
    dropped = {id(each) for same in by_product.values() if len(same) > 1 for each in _smaller(same)}
    return [each for each in kept if id(each) not in dropped]


def _membership(built: Built) -> object:
    members = frozenset((each["expname"], each["exptype"]) for each in built.members)
    if len({name for name, _ in members}) < len(built.members):
        return id(built)  # with a member twice it equals no other
    return members


def _smaller(same_product: list[Built]) -> Iterator[Built]:
    # Where two associations make one product and no exposure has different exptypes in them, the one with
    # fewer members goes.
    roles = {
        id(each): {member["expname"]: member["exptype"] for member in each.members} for each in same_product
    }
    kept = [each for each in same_product if len(roles[id(each)]) == len(each.members)]
    for each in list(kept):
        if each not in kept:
            continue
        largest = each
        for other in list(kept):
            if len(other.members) == len(largest.members):
                continue
            mine, theirs = roles[id(largest)], roles[id(other)]
            if any(mine[name] != theirs[name] for name in mine.keys() & theirs.keys()):
                continue
            smaller, largest = sorted((largest, other), key=lambda one: len(one.members))
            kept.remove(smaller)
            yield smaller


def number(built: list[Built]) -> list[Built]:
    """Give sequence numbers, from 1 within a candidate and type, in the order of the list."""
    counts: Counter[tuple[str, str]] = Counter()
    for each in built:
        key = (each.asn["asn_id"], each.asn["asn_type"])
        counts[key] += 1
        each.sequence = counts[key]
    return built


def merge_products(built: list[Built]) -> list[Built]:
    """Put the associations of one candidate and type into the first of them, as products of their own.

    Of a product that several make, the members are put together.
    """
    merged: dict[tuple[str, str], Built] = {}
    for each in built:
        key = (each.asn["asn_type"], each.asn["asn_id"])
        first = merged.setdefault(key, each)
        if first is each:
            continue
        products = {product["name"]: product for product in first.asn["products"]}
        for product in each.asn["products"]:
            if product["name"] in products:
                members = products[product["name"]]["members"]
                known = {member["expname"] for member in members}
                members += [member for member in product["members"] if member["expname"] not in known]
            else:
                first.asn["products"].append(product)
        if each.asn["degraded_status"] == DEGRADED:
            first.asn["degraded_status"] = DEGRADED
    return list(merged.values())
