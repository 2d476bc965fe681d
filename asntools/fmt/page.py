"""Associations as a page for a browser: one file that has everything it needs, and fetches nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib import resources
from typing import Any, get_args

from asntools.asn.products import exptype_of, products_of
from asntools.common.faults import printable
from asntools.common.version import __version__
from asntools.fmt.columns import cell
from asntools.fmt.footprints import Footprints
from asntools.fmt.graph import Graph, Made, Role, graph_of, role_of

_KEYWORDS = "program asn_id asn_type asn_rule target asn_pool degraded_status constraints".split()
_LEFT_OUT = frozenset(("filename", "files", "s_region", "asn_pool"))
"""What of an exposure is no fact to read."""
_ROLES: tuple[Role, ...] = get_args(Role)
_PRODUCT, _MISSING = 1, 2


def page(
    asns: Iterable[Mapping[str, Any]], folder: str | None = None, footprints: Footprints | None = None
) -> str:
    """Return the page of well-formed associations; members that are not in `folder` are marked."""
    asns = list(asns)
    style = _part("page.css")
    script = '"use strict";\n' + "".join(map(_part, ("page_graph.js", "page_drawing.js", "page.js")))
    parts = {
        "policy": (
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
            "base-uri 'none'; form-action 'none'"
        ),
        "version": __version__,
        "style": style,
        "script": script,
        "data": _embedded(_data(asns, graph_of(asns, folder), folder is not None, footprints)),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _part("page.html")).rstrip("\n")


def _part(name: str) -> str:
    return resources.files("asntools.fmt").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _embedded(value: Any) -> str:
    # Beyond ASCII all is escaped; without '<' nothing ends the script or begins a comment.
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


class _Texts:
    """Each text once, since names are repeated by the thousand."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, value: object) -> int:
        lines = "\n".join(map(printable, cell(value).split("\n")))
        return self._numbers.setdefault(lines, len(self._numbers))

    def facts(self, values: Mapping[str, Any], left_out: Collection[str]) -> list[int]:
        return [
            self.number(each)
            for key, value in values.items()
            if value is not None and key not in left_out
            for each in (key, value)
        ]

    def all(self) -> list[str]:
        return list(self._numbers)


def _data(
    asns: Sequence[Mapping[str, Any]], graph: Graph, looked: bool, footprints: Footprints | None
) -> dict[str, Any]:
    texts = _Texts()
    nodes = [
        (
            texts.number(node.name),
            _PRODUCT * node.is_product | _MISSING * node.is_missing,
            _ROLES.index(node.role) if node.roles else -1,
        )
        for node in graph.nodes
    ]
    rows = [
        [
            *(texts.number(asn.get(key)) for key in _KEYWORDS),
            [
                [made.product, texts.number(product.get("name")), _members(product["members"], made, texts)]
                for product, made in zip(products_of(dict(asn)), mades, strict=True)
            ],
        ]
        for asn, mades in zip(asns, graph.made, strict=True)
    ]
    known = _known(graph, footprints, texts)
    return {"looked": looked, "nodes": nodes, "asns": rows, **known, "texts": texts.all()}


def _known(graph: Graph, footprints: Footprints | None, texts: _Texts) -> dict[str, Any]:
    facts: dict[int, list[int]] = {}
    shapes: dict[int, list[list[float]]] = {}
    if footprints is None:
        return {"facts": facts, "shapes": shapes}
    for index, node in enumerate(graph.nodes):
        footprint = footprints.footprint(node.name)
        if footprint is not None:
            # A corner is known to a tenth of a pixel, and a point is a shape of one corner.
            corners = footprint.shapes or [[footprint.centre]]
            shapes[index] = [[round(number, 6) for place in shape for number in place] for shape in corners]
        facts[index] = texts.facts(footprints.exposure(node.name) or {}, _LEFT_OUT)
    return {"facts": facts, "shapes": shapes}


def _members(members: Iterable[Mapping[str, Any]], made: Made, texts: _Texts) -> list[list[int]]:
    found = []
    for member, node, is_missing in zip(members, made.members, made.missing, strict=True):
        facts = texts.facts(member, ("expname", "exptype"))
        role = _ROLES.index(role_of(exptype_of(dict(member))))
        names = texts.number(member["expname"]), texts.number(member.get("exptype"))
        found.append([node, *names, role, int(is_missing), *facts])
    return found
