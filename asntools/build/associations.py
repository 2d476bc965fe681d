"""One group's associations: its members named, its steps done, its keywords written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from asntools.build.drafts import Draft
from asntools.build.finishing import FINISHES
from asntools.build.members import Group
from asntools.build.names import product_name, template_of
from asntools.common.version import __version__
from asntools.jwst.asn_names import file_name
from asntools.jwst.asn_types import DEGRADED, NOT_DEGRADED
from asntools.jwst.candidates import DISCOVERED
from asntools.jwst.exposures import UNSET
from asntools.jwst.exptypes import SCIENCE
from asntools.jwst.product_names import Values, target_name


class Built:
    """An association, and what else is known about it."""

    __slots__ = ("asn", "members", "product", "sequence", "stage", "styled", "values")

    def __init__(self, asn: dict[str, Any], stage: int, values: Values, *, styled: bool = True):
        self.asn = asn
        self.product: dict[str, Any] = asn["products"][0]  # the first product, the only one before merging
        self.members: list[dict[str, Any]] = self.product["members"]
        self.stage = stage
        self.values = values  # the attribute values that the members share
        # Whether the product has its name from a style of the observatory, not from a template.
        self.styled = styled
        # Its number among those of its program, candidate and type, from 1; 0 before it is given.
        self.sequence = 0

    @property
    def science(self) -> list[str]:
        """The files of its science."""
        return [each["expname"] for each in self.members if each["exptype"] == SCIENCE]

    @property
    def file_name(self) -> str:
        """The name of the association's file, in the observatory's convention."""
        return file_name(self.asn, self.sequence)


class Options(NamedTuple):
    """The options for building."""

    version_id: str | None = None  # stamped on each association
    # The template of the names of Stage 3 products, in place of the rules' own.
    product_name: str | None = None


Step = Callable[[str, Draft, list[Draft]], None]
"""What is called after each step of finishing: with its name, the draft, and the drafts after it."""


def associations_of(group: Group, options: Options, told: Step | None = None) -> list[Built]:
    """Make the associations of one group: usually one, several if nods are split, sometimes none.

    Raises a `Fault` if the template of a product's name asks for what the members do not share.
    """
    head = group.head
    template = template_of(head, options.product_name)
    drafts = [Draft(head, group.as_members())]
    for name in head.finish:
        step = FINISHES[name]
        after = [step(draft) for draft in drafts]
        if told is not None:
            for draft, made in zip(drafts, after, strict=True):
                told(name, draft, made)
        drafts = [draft for made in after for draft in made]
    target = target_name(head.values) if head.stage == 3 else group.members[0].exposure.get("targetid")
    return [
        Built(
            _association(draft, target, options.version_id, product_name(draft, template)),
            head.stage,
            head.values,
            styled=template is None,
        )
        for draft in drafts
    ]


def _association(draft: Draft, target: str | None, version_id: str | None, product: str) -> dict[str, Any]:
    head = draft.head
    members: list[dict[str, str | None]] = [
        {"expname": expname, "exptype": exptype, "exposerr": exposure.get("exposerr")}
        for expname, exptype, exposure in draft.members
    ]
    errors = {each["exposerr"] for each in members} - {None}
    degraded = any(error.lower() not in UNSET for error in errors if error is not None)
    if head.stage == 3:
        candidate = None if head.candidate.type == DISCOVERED else str(head.candidate)
        for member, (_, _, exposure) in zip(members, draft.members, strict=True):
            member["asn_candidate"] = candidate or exposure.get("asn_candidate")
    return {
        "asn_type": head.asn_type,
        "asn_rule": head.rule,
        "version_id": version_id,
        "code_version": __version__,
        "degraded_status": DEGRADED if degraded else NOT_DEGRADED,
        "program": head.program,
        "constraints": head.constraints,
        "asn_id": head.asn_id,
        "asn_pool": head.asn_pool,
        "target": target,
        "products": [{"name": product, "members": members}],
    }
