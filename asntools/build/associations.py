"""One group's associations: its members named, its steps done, its keywords written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from asntools.asn.file_names import file_name
from asntools.build.drafts import Draft, Member
from asntools.build.finishing import FINISHES
from asntools.build.names import (
    NAMING_ATTRIBUTES,
    five_digits,
    product_name,
    suffix_of,
    target_name,
    template_of,
)
from asntools.common.records import Record
from asntools.common.version import __version__
from asntools.jwst.asn_types import DEGRADED, NOT_DEGRADED
from asntools.jwst.candidates import DISCOVERED, Candidate
from asntools.jwst.exposures import UNSET
from asntools.jwst.suffixes import exposure_product, other_product, split_files


class Built:
    """An association and what is known of it beside its text.

    Attributes
    ----------
    asn : dict
        The association.
    stage : int
    values : dict
        The attribute values that the members share.
    styled : bool
        Whether the product has its name from a style of the observatory, not from a template.
    sequence : int
        Its number among those of its program, candidate and type, from 1; 0 before it is given.
    """

    __slots__ = ("asn", "sequence", "stage", "styled", "values")

    def __init__(
        self, asn: dict[str, Any], stage: int, values: dict[str, str | list[str]], *, styled: bool = True
    ):
        self.asn = asn
        self.stage = stage
        self.values = values
        self.styled = styled
        self.sequence = 0

    @property
    def product(self) -> dict[str, Any]:
        """The first product, the only one before merging."""
        product: dict[str, Any] = self.asn["products"][0]
        return product

    @property
    def members(self) -> list[dict[str, Any]]:
        """The members of the first product."""
        members: list[dict[str, Any]] = self.product["members"]
        return members

    @property
    def file_name(self) -> str:
        """The name of the association's file, in the observatory's convention."""
        return file_name(self.asn, self.sequence)


class Options(NamedTuple):
    """What is asked for beside the groups.

    Attributes
    ----------
    version_id : str, optional
        Stamped on each association.
    product_name : str, optional
        The template of the names of Stage 3 products, in place of the rules' own.
    """

    version_id: str | None = None
    product_name: str | None = None


Step = Callable[[str, Draft, list[Draft]], None]
"""What is called after each step of finishing: with its name, the draft, and the drafts after it."""


def associations_of(group: Record, options: Options, told: Step | None = None) -> list[Built]:
    """Make the associations of one group: mostly one, several where nods are split, sometimes none.

    Raises
    ------
    Fault
        The template of the product's name asks for what the members do not share.
    """
    template = template_of(group, options.product_name)
    drafts = [Draft(group, tuple(_members(group)))]
    for name in group["finish"]:
        step = FINISHES[name]
        after = [step(draft) for draft in drafts]
        if told is not None:
            for draft, made in zip(drafts, after, strict=True):
                told(name, draft, made)
        drafts = [draft for made in after for draft in made]
    return [
        Built(
            _association(draft, options.version_id, template),
            int(group["stage"]),
            draft.values,
            styled=template is None,
        )
        for draft in drafts
    ]


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
        try:
            naming = _naming(exposure)
        except KeyError:
            naming = tuple(map(exposure.get, NAMING_ATTRIBUTES))
        # At Stage 2 a visit's time series goes on: what joins one is named as part of it.
        if stage == 2 and not time_series and naming[-1]:
            time_series = naming[-1].lower() == "t"
        exptype = member["exptype"].lower()
        yield Member(
            _expname(
                exposure["filename"],
                exposure.get("files"),
                suffix_of(naming, stage, exptype, time_series, averaging),
            ),
            exptype,
            exposure.get("exposerr"),
            None if stage == 2 else asn_candidate or exposure.get("asn_candidate"),
            exposure,
        )


_naming = itemgetter(*NAMING_ATTRIBUTES)


# An exposure is in several groups, that stand near each other.
@lru_cache(maxsize=8192)
def _expname(filename: str, files: str | None, suffix: str) -> str:
    for name in split_files(files or ""):
        product = exposure_product(name)
        if product is not None and product[1] == suffix:
            return name
    return other_product(filename, suffix)


def _association(draft: Draft, version_id: str | None, template: str | None) -> dict[str, Any]:
    group = draft.group
    stage: int = group["stage"]
    if stage == 3:
        members: list[dict[str, Any]] = [
            {"expname": expname, "exptype": exptype, "exposerr": exposerr, "asn_candidate": asn_candidate}
            for expname, exptype, exposerr, asn_candidate, _ in draft.members
        ]
        target: str | None = target_name(draft.values)
    else:
        members = [
            {"expname": expname, "exptype": exptype, "exposerr": exposerr}
            for expname, exptype, exposerr, _, _ in draft.members
        ]
        target = group["members"][0]["exposure"].get("targetid")
    errors = {each.exposerr for each in draft.members}
    degraded = any(error is not None and error.lower() not in UNSET for error in errors)
    return {
        "asn_type": group["asn_type"].lower(),
        "asn_rule": group["rule"],
        "version_id": version_id,
        "code_version": __version__,
        "degraded_status": DEGRADED if degraded else NOT_DEGRADED,
        "program": five_digits(group["program"]),
        "constraints": _constraints(draft.values),
        "asn_id": group["candidate"]["id"].lower(),
        "asn_pool": group["asn_pool"],
        "target": target,
        "products": [{"name": product_name(draft, template), "members": members}],
    }


def _constraints(values: dict[str, str | list[str]]) -> str:
    return "\n".join(
        f"{name}: {value if isinstance(value, str) else ', '.join(value)}" for name, value in values.items()
    )
