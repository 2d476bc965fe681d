"""A graph of associations in the languages of Mermaid and of Graphviz: roles in colour and by shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

from asntools.common.faults import printable
from asntools.fmt.graph import Graph, Node, Role, role_of

# Fill and outline, which are told apart by people who see red and green alike too (Okabe and Ito's palette).
COLOURS: dict[Role, tuple[str, str]] = {
    "science": ("#d5f0e6", "#009e73"),
    "background": ("#d6eaf8", "#0072b2"),
    "psf": ("#f6e1ee", "#cc79a7"),
    "other": ("#fdf0d0", "#e69f00"),
}
MISSING = "#d55e00"
_MERMAID = {'"': "#quot;", "#": "#35;", "&": "#amp;", "<": "#lt;", ">": "#gt;", "`": "#96;"}
_SHAPES: dict[Role, tuple[str, str, str]] = {  # what stands around a node in Mermaid; its shape to Graphviz
    "science": ("[", "]", "box"),
    "background": ("{{", "}}", "hexagon"),
    "psf": ("[[", "]]", "component"),
    "other": ("[/", "/]", "parallelogram"),
}


def mermaid(graph: Graph) -> Iterator[str]:
    """Draw a graph as a flowchart of Mermaid; give lines without their ends, control characters escaped."""
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
    for role, (fill, line) in COLOURS.items():
        members = [f"n{index}" for index, node in enumerate(graph.nodes) if node.roles and node.role == role]
        if members:
            yield f"    classDef {role} fill:{fill},stroke:{line},color:#000"
            yield f"    class {','.join(members)} {role}"
    missing = [f"n{index}" for index, node in enumerate(graph.nodes) if node.is_missing]
    if missing:
        yield f"    classDef missing stroke:{MISSING},stroke-width:3px,stroke-dasharray:5 5"
        yield f"    class {','.join(missing)} missing"


def _mermaid_node(number: int, node: Node) -> str:
    opener, closer = ("([", "])") if node.is_product else _SHAPES[node.role][:2]
    return f"n{number}{opener}{_mermaid_text(_name(node))}{closer}"


def _mermaid_text(text: str) -> str:
    escaped = re.sub('["#&<>`]', lambda match: _MERMAID[match.group()], printable(text))
    return f'"{escaped}"'


def dot(graph: Graph) -> Iterator[str]:
    """Draw a graph in the language of Graphviz; give lines without their ends, control characters escaped."""
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
        label, colour = _dot_text(edge.exptype), COLOURS[role][1]
        yield f'    n{edge.member} -> n{edge.product} [label={label}, color="{colour}"{style}]'
    yield "}"


def _dot_node(number: int, node: Node) -> str:
    shape = "box" if node.is_product else _SHAPES[node.role][2]
    styles = ["filled", *["rounded"] * node.is_product, *["dashed"] * node.is_missing]
    fill, line = COLOURS[node.role] if node.roles else ("white", "black")
    line = MISSING if node.is_missing else line
    looks = f'shape={shape}, style="{",".join(styles)}", fillcolor="{fill}", color="{line}"'
    return f"n{number} [label={_dot_text(_name(node))}, {looks}]"


def _dot_text(text: str) -> str:
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _name(node: Node) -> str:
    return f"{node.name} (missing)" if node.is_missing else node.name
