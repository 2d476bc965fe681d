"""Associations checked against the pool that they are made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from asntools.common.command import open_input
from asntools.common.faults import Fault, Report
from asntools.common.records import Record
from asntools.jwst.asn_types import stage_of
from asntools.jwst.exposures import attributes_of
from asntools.jwst.exptypes import OF_DIRECT_IMAGE
from asntools.jwst.levels import may_be
from asntools.jwst.suffixes import exposure_root, stem, without_candidate
from asntools.pool import read_exposures
from asntools.validate.findings import Finding
from asntools.validate.products import Member, Product


def exposures_of_pool(name: str, report: Report) -> Iterator[Record]:
    """Read the exposures of a pool, a table or exposure records; rows that cannot be read are reported.

    Raises a `Fault` if the file cannot be opened or is not a pool.
    """
    with open_input(name) as stream:
        try:
            yield from read_exposures(stream, name, report)
        except Fault as fault:
            if fault.serious:
                raise  # a warning says that it holds none, and PoolCheck says that too


class PoolCheck:
    """A check of associations against the exposures of one pool; raises a `Fault` if there are none."""

    def __init__(self, name: str, exposures: Iterable[Record]):
        self._name = name.rsplit("/", 1)[-1]
        self._kinds: dict[str, str] = {}
        for exposure in exposures:
            kind = attributes_of(exposure)["kind"]
            self._kinds[exposure_root(str(exposure.get("filename")))] = kind
        if not self._kinds:
            raise Fault("holds no exposures to check against", name)

    def check(self, asn: Mapping[str, Any], products: Iterable[Product]) -> Iterator[Finding]:
        """Check that the members of one association are in the pool and agree with it."""
        asn_pool = asn.get("asn_pool")
        if isinstance(asn_pool, str) and asn_pool.lower() != "none" and _stem(asn_pool) != _stem(self._name):
            message = f"the association is from pool {asn_pool!r}, not {self._name!r}"
            yield Finding("ASN413", message, ("asn_pool",))
        stage = stage_of(asn)
        for product in products:
            for member in product.members:
                yield from self._check_member(member, stage, str(asn.get("asn_type")))

    def _check_member(self, member: Member, stage: int | None, asn_type: str) -> Iterator[Finding]:
        if member.role in OF_DIRECT_IMAGE:  # which Stage 3 makes, and no pool has
            return
        root = exposure_root(member.expname)
        kind = self._kinds.get(root) or self._kinds.get(without_candidate(root))
        if kind is None:
            message = f"{member.expname!r} is not in {self._name!r}"
            yield Finding("ASN411", message, (*member.path, "expname"), members=(member.expname,))
        elif not may_be(member.role, kind, stage, asn_type):
            message = f"{member.expname!r} is {member.role} here, but {kind} according to the pool"
            yield Finding("ASN412", message, (*member.path, "exptype"), members=(member.expname,))


def _stem(name: str) -> str:
    return stem(name).lower()
