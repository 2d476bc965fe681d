"""A graph of associations in the languages of Mermaid and Graphviz, with a colour and shape for each role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from asntools.common.faults import printable
from asntools.fmt.graph import Graph, Node, Role, role_of


class Look(NamedTuple):
    """How the members of a role look: colours, and the shapes in Mermaid and Graphviz."""

    fill: str
    line: str
    dark: str  # the fill on a dark ground
    mermaid: tuple[str, str]
    dot: str


# Distinguishable even with red-green colour blindness (Okabe and Ito's palette).
LOOKS: dict[Role, Look] = {
    "science": Look("#d5f0e6", "#009e73", "#0d3b2e", ("[", "]"), "box"),
    "background": Look("#d6eaf8", "#0072b2", "#12344d", ("{{", "}}"), "hexagon"),
    "psf": Look("#f6e1ee", "#cc79a7", "#472a3c", ("[[", "]]"), "component"),
    "other": Look("#fdf0d0", "#e69f00", "#4a3509", ("[/", "/]"), "parallelogram"),
}
MISSING = "#d55e00"
_MERMAID = {'"': "#quot;", "#": "#35;", "&": "#amp;", "<": "#lt;", ">": "#gt;", "`": "#96;"}


def mermaid(graph: Graph) -> Iterator[str]:
    """Draw a graph as a Mermaid flowchart; lines have no newlines, and control characters are escaped."""
    if not graph.nodes:
        return
    yield "flowchart LR"
    for number, group in enumerate(graph.groups, 1):
        yield f"    subgraph a{number}[{_mermaid_text('; '.join(group.titles))}]"
        for index in group.products:
            yield f"        {_mermaid_node(index, graph.nodes[index])}"
        yield "    end"
    for index, node in enumerate(graph.nodes):
        if not node.is_product:
            yield f"    {_mermaid_node(index, node)}"
    for edge in graph.edges:
        arrow = "-->" if role_of(edge.exptype) == "science" else "-.->"
        yield f"    n{edge.member} {arrow}|{_mermaid_text(edge.exptype)}| n{edge.product}"
    for role, look in LOOKS.items():
        members = [f"n{index}" for index, node in enumerate(graph.nodes) if node.roles and node.role == role]
        if members:
            yield f"    classDef {role} fill:{look.fill},stroke:{look.line},color:#000"
            yield f"    class {','.join(members)} {role}"
    missing = [f"n{index}" for index, node in enumerate(graph.nodes) if node.is_missing]
    if missing:
        yield f"    classDef missing stroke:{MISSING},stroke-width:3px,stroke-dasharray:5 5"
        yield f"    class {','.join(missing)} missing"


def _mermaid_node(number: int, node: Node) -> str:
    opener, closer = ("([", "])") if node.is_product else LOOKS[node.role].mermaid
    return f"n{number}{opener}{_mermaid_text(_name(node))}{closer}"


def _mermaid_text(text: str) -> str:
    escaped = re.sub('["#&<>`]', lambda match: _MERMAID[match.group()], printable(text))
    return f'"{escaped}"'


def dot(graph: Graph) -> Iterator[str]:
    """Draw a graph in the Graphviz language; lines have no newlines, and control characters are escaped."""
    if not graph.nodes:
        return
    yield "digraph associations {"
    yield "    rankdir=LR"
    yield "    node [style=filled, fillcolor=white]"
    for number, group in enumerate(graph.groups, 1):
        yield f"    subgraph cluster_a{number} {{"
        yield f"        label={_dot_text('; '.join(group.titles))}"
        for index in group.products:
            yield f"        {_dot_node(index, graph.nodes[index])}"
        yield "    }"
    for index, node in enumerate(graph.nodes):
        if not node.is_product:
            yield f"    {_dot_node(index, node)}"
    for edge in graph.edges:
        role = role_of(edge.exptype)
        style = "" if role == "science" else ", style=dashed"
        label, colour = _dot_text(edge.exptype), LOOKS[role].line
        yield f'    n{edge.member} -> n{edge.product} [label={label}, color="{colour}"{style}]'
    yield "}"


def _dot_node(number: int, node: Node) -> str:
    shape = "box" if node.is_product else LOOKS[node.role].dot
    styles = ["filled", *["rounded"] * node.is_product, *["dashed"] * node.is_missing]
    fill, line = LOOKS[node.role][:2] if node.roles else ("white", "black")
    line = MISSING if node.is_missing else line
    looks = f'shape={shape}, style="{",".join(styles)}", fillcolor="{fill}", color="{line}"'
    return f"n{number} [label={_dot_text(_name(node))}, {looks}]"


def _dot_text(text: str) -> str:
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _name(node: Node) -> str:
    return f"{node.name} (missing)" if node.is_missing else node.name
