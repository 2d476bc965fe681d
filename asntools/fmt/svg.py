"""A graph of associations as an SVG picture: layers from left to right, a colour and shape for each role."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from xml.sax.saxutils import escape

from asntools.common.faults import printable
from asntools.fmt.columns import cut, width_of
from asntools.fmt.diagrams import LOOKS, MISSING
from asntools.fmt.graph import Graph, Node, role_of
from asntools.fmt.placing import place

_WIDEST = 58  # characters of a name; a tooltip has all of a longer one
_CHARACTER = 6.7
_GAP = 130  # between two layers
_MARGIN = 16
_LEGEND = 40
_HEIGHTS = {True: 38.0, False: 24.0}  # of a product, which has its associations below its name; of a file
_SLANT = 9

_STYLE = f"""
svg {{ background: #fff; font: 11px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace }}
text {{ fill: #1b1f24; dominant-baseline: central; text-anchor: middle }}
.small {{ font-size: 9px; fill: #59636e }} .start {{ text-anchor: start }}
.role {{ stroke: #fff; stroke-width: 3; paint-order: stroke }}
.box {{ stroke-width: 1.3 }} .none {{ fill: #fff; stroke: #59636e }}
.line {{ fill: none !important; stroke-width: 1.1 }} .dashed {{ stroke-dasharray: 5 3 }}
{"".join(f".{role} {{ fill: {look.fill}; stroke: {look.line} }} " for role, look in LOOKS.items())}
@media (prefers-color-scheme: dark) {{
svg {{ background: #0d1117 }} text {{ fill: #e6edf3 }} .small {{ fill: #9198a1 }}
.none {{ fill: #0d1117 }} .role {{ stroke: #0d1117 }}
{"".join(f".{role} {{ fill: {look.dark} }} " for role, look in LOOKS.items())}
}}
.missing {{ stroke: {MISSING}; stroke-width: 2.4; stroke-dasharray: 3 3 }}
"""
# What XML has no way to write, and `printable` lets through.
_NOT_XML = re.compile("[\ufffe\uffff]")


def svg(graph: Graph) -> Iterator[str]:
    """Draw a graph as SVG; lines have no newlines, and control characters are escaped."""
    drawing = _Drawing(graph)
    products = sum(node.is_product for node in graph.nodes)
    files = len(graph.nodes) - products
    width, height = f"{drawing.width:.0f}", f"{drawing.height:.0f}"
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="what">'
    )
    yield f'<title id="what">From {files} files to {products} products</title>'
    yield f"<style>{_STYLE}</style>"
    yield "<defs>"
    for role, look in LOOKS.items():
        yield (
            f'<marker id="{role}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="6" markerHeight="6" '
            f'orient="auto"><path fill="{look.line}" d="M0 0 8 4 0 8z"/></marker>'
        )
    yield "</defs>"
    yield from drawing.legend()
    yield from drawing.edges()
    yield from drawing.nodes()
    yield "</svg>"


class _Drawing:
    def __init__(self, graph: Graph):
        self._graph = graph
        self._names = [cut(printable(node.name), _WIDEST) for node in graph.nodes]
        self._makers = {
            product: printable("; ".join(group.titles))
            for group in graph.groups
            for product in group.products
        }
        heights = [_HEIGHTS[node.is_product] for node in graph.nodes]
        self._placing = place(heights, [(edge.member, edge.product) for edge in graph.edges])
        widest: dict[int, float] = defaultdict(float)
        for index, layer in enumerate(self._placing.layers):
            widest[layer] = max(widest[layer], self._width(index))
        self._columns: dict[int, tuple[float, float]] = {}  # where each layer is, and how wide
        left = float(_MARGIN)
        for layer in range(max(widest, default=0) + 1):
            self._columns[layer] = (left, widest[layer])
            left += widest[layer] + _GAP
        self.width = max(left - _GAP + _MARGIN, 480)
        self.height = self._placing.height + 2 * _MARGIN + _LEGEND

    def _width(self, index: int) -> float:
        below = min(len(self._makers.get(index, "")), _WIDEST) * 0.82
        return 30 + _CHARACTER * max(width_of(self._names[index]), below)

    def _top(self, place: float) -> float:
        return place + _MARGIN + _LEGEND

    def legend(self) -> Iterator[str]:
        """Explain the shapes that there are."""
        nodes = self._graph.nodes
        roles = [role for role in LOOKS if any(role in node.roles for node in nodes)]
        entries: list[tuple[str, Node]] = [
            *((role, Node(role, is_product=False, roles=[role])) for role in roles),
            *[("product", Node("product", is_product=True))] * any(node.is_product for node in nodes),
            *[("missing", Node("missing", is_product=False, is_missing=True))]
            * any(node.is_missing for node in nodes),
        ]
        left = float(_MARGIN)
        for word, node in entries:
            yield _shape(node, left, _MARGIN, 34, 18)
            yield f'<text class="start" x="{left + 42:.0f}" y="{_MARGIN + 9}">{word}</text>'
            left += 62 + _CHARACTER * len(word)
        if not entries:
            yield f'<text class="start" x="{_MARGIN}" y="{_MARGIN + 9}">no associations</text>'

    def nodes(self) -> Iterator[str]:
        """Draw the products and files, over the lines."""
        for index, node in enumerate(self._graph.nodes):
            left, wide = self._columns[self._placing.layers[index]]
            middle = self._top(self._placing.places[index])
            high = _HEIGHTS[node.is_product]
            centre = f'x="{left + wide / 2:.1f}"'
            maker = self._makers.get(index)
            full = [printable(node.name), *([maker] if maker else []), *["missing"] * node.is_missing]
            yield f"<g><title>{_text(', '.join(full))}</title>"
            yield _shape(node, left, middle - high / 2, wide, high)
            name = f'{centre} y="{middle - (7 if maker else 0):.1f}"'
            yield f"<text {name}>{_text(self._names[index])}</text>"
            if maker:
                yield f'<text class="small" {centre} y="{middle + 9:.1f}">{_text(cut(maker, _WIDEST))}</text>'
            yield "</g>"

    def edges(self) -> Iterator[str]:
        """Draw what goes into what, and say in which roles a node does where that is not science alone."""
        roles: dict[int, dict[str, None]] = defaultdict(dict)
        for edge in self._graph.edges:
            roles[edge.member][edge.exptype] = None
            role = role_of(edge.exptype)
            dashed = "" if role == "science" else " dashed"
            path = self._path(edge.member, edge.product)
            yield f'<path class="line {role}{dashed}" marker-end="url(#{role})" d="{path}"/>'
        for member, exptypes in roles.items():
            if any(role_of(exptype) != "science" for exptype in exptypes):
                left, wide = self._columns[self._placing.layers[member]]
                above = self._top(self._placing.places[member]) - 7
                words = _text(cut(printable(", ".join(exptypes)), 24))
                place = f'x="{left + wide + 4:.1f}" y="{above:.1f}"'
                yield f'<text class="small start role" {place}>{words}</text>'

    def _path(self, member: int, product: int) -> str:
        start, end = self._placing.layers[member], self._placing.layers[product]
        left, wide = self._columns[start]
        x, y = left + wide, self._top(self._placing.places[member])
        parts = [f"M{x:.1f} {y:.1f}"]
        bends = self._placing.bends.get((member, product), ())
        for layer, bend in enumerate(bends, start + 1):
            left, wide = self._columns[layer]
            parts.append(f"{_curve(x, y, left, self._top(bend))}H{left + wide:.1f}")
            x, y = left + wide, self._top(bend)
        parts.append(_curve(x, y, self._columns[end][0], self._top(self._placing.places[product])))
        return "".join(parts)


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    reach = max(_GAP / 2, abs(to_x - x) / 2)
    return f"C{x + reach:.1f} {y:.1f} {to_x - reach:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"


def _shape(node: Node, x: float, y: float, wide: float, high: float) -> str:
    look = f'class="box {node.role if node.roles else "none"}{" missing" * node.is_missing}"'
    box = f'<rect {look} x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}"'
    if node.is_product:
        return f'{box} rx="{high / 2:.1f}"/>'
    if node.role == "psf":
        inner = f'x="{x + 4:.1f}" y="{y:.1f}" width="{wide - 8:.1f}" height="{high:.1f}"'
        return f"{box}/><rect {look} {inner}/>"
    if node.role == "science":
        return f"{box}/>"
    right, bottom, slant = x + wide, y + high, _SLANT
    if node.role == "background":
        middle = y + high / 2
        corners = [
            *((x, middle), (x + slant, y), (right - slant, y)),
            *((right, middle), (right - slant, bottom), (x + slant, bottom)),
        ]
    else:
        corners = [(x + slant, y), (right, y), (right - slant, bottom), (x, bottom)]
    points = " ".join(f"{across:.1f},{down:.1f}" for across, down in corners)
    return f'<polygon {look} points="{points}"/>'


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))
