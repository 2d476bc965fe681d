"""The graph of exposures, the products that they go into, and the associations that use these."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from asntools.asn.products import exptype_of, name_of, products_of
from asntools.common.faults import printable
from asntools.jwst.suffixes import BEFORE_STAGE2, remove_suffix, stem, written_name

Role: TypeAlias = Literal["science", "background", "psf", "other"]
"""The roles that differ in colour and shape."""

_ROLES: dict[str, Role] = {"science": "science", "background": "background", "psf": "psf"}


def role_of(exptype: str) -> Role:
    """Return the role, as shown in the graph, of an exptype in any case."""
    return _ROLES.get(exptype.lower(), "other")


@dataclass
class Node:
    """A file that is a member, or a product, or a product that is a member of a later association."""

    name: str
    is_product: bool
    roles: list[Role] = field(default_factory=list)  # in which it takes part, each once
    is_missing: bool = False  # a file that should be there for it is not

    @property
    def role(self) -> Role:
        """The role in which to show it: science if it is that anywhere."""
        return "science" if "science" in self.roles or not self.roles else self.roles[0]


class Edge(NamedTuple):
    """A member that goes into a product, both by their numbers among the nodes, with its exptype."""

    member: int
    product: int
    exptype: str


@dataclass
class Group:
    """The products, by number, that one association or several make."""

    titles: list[str]
    products: list[int]


class Made(NamedTuple):
    """A product of an association and the product's members, by their numbers among the nodes.

    `missing` says for each member whether its file is missing.
    """

    product: int
    members: list[int]
    missing: list[bool]


@dataclass
class Graph:
    """All nodes, the edges between them, and what each association makes; `made` has a list for each."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    made: list[list[Made]] = field(default_factory=list)


def title(asn: Mapping[str, Any]) -> str:
    """Return a one-line title of an association: ``o001 image3 Asn_Lv3Image``."""
    known = [asn.get(key) for key in ("asn_id", "asn_type", "asn_rule")]
    return printable(" ".join(str(each) for each in known if each not in (None, ""))) or "association"


def graph_of(asns: Iterable[Mapping[str, Any]], folder: str | None = None) -> Graph:
    """Return the graph of associations; a product that is a member of a later one is a single node.

    A member counts as a product of another association if its name without the suffix is the same, unless its
    level is from before Stage 2. Members that are not in `folder` are marked.
    """
    asns = list(asns)
    graph = Graph()
    by_name: dict[str, int] = {}
    makers: dict[int, Group] = {}
    chosen: list[tuple[Mapping[str, Any], Made]] = []
    for asn in asns:
        group = Group([title(asn)], [])
        graph.made.append([])
        for product in products_of(dict(asn)):
            name = name_of(product)
            key = written_name(name)
            node = by_name.get(key) if name else None
            if node is None:
                node = len(graph.nodes)
                graph.nodes.append(Node(name or "(no name)", is_product=True))
                group.products.append(node)
                if name:
                    by_name[key] = node
            graph.made[-1].append(Made(node, [], []))
            chosen.append((product, graph.made[-1][-1]))
        if group.products:
            graph.groups.append(group)
            makers.update(dict.fromkeys(group.products, group))
        elif graph.made[-1]:
            titles = makers[graph.made[-1][-1].product].titles
            titles += [each for each in group.titles if each not in titles]
    files: dict[str, int] = {}
    edges: dict[Edge, None] = {}
    for each, (node, members, missing) in chosen:
        for member in each["members"]:
            source = _source(graph, member["expname"], node, by_name, files)
            members.append(source)
            missing.append(folder is not None and not os.path.isfile(os.path.join(folder, member["expname"])))
            graph.nodes[source].is_missing |= missing[-1]
            role = role_of(exptype_of(member))
            if role not in graph.nodes[source].roles:
                graph.nodes[source].roles.append(role)
            edges[Edge(source, node, str(member.get("exptype") or "(no exptype)"))] = None
    graph.edges = list(edges)
    return graph


def _source(graph: Graph, expname: str, product: int, products: dict[str, int], files: dict[str, int]) -> int:
    name = stem(expname)
    if name.rpartition("_")[2].lower() not in BEFORE_STAGE2:
        source = products.get(remove_suffix(name))
        if source is not None and source != product:
            return source
    if expname not in files:
        files[expname] = len(graph.nodes)
        graph.nodes.append(Node(expname, is_product=False))
    return files[expname]
