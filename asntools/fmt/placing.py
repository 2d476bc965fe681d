"""The places of a graph's nodes in a drawing: in layers from left to right, with few crossings.

The method is Sugiyama's: layers by the longest path, an order within each by the means of neighbours, then
places as near to the neighbours as the order allows. Its time grows as the graph does.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

Link: TypeAlias = tuple[int, int]

_GAP = 10  # between two nodes of a layer, one above the other
_APART = 34  # between parts of the graph that nothing joins
_SWEEPS = 8
# A link over more layers than this is drawn straight across, so that bends grow no faster than links do.
_LONGEST = 8


@dataclass
class Placing:
    """The places of nodes and links.

    A link over several layers bends in each layer between. `places` and `bends` count from the top.
    """

    layers: list[int]  # of each node, from 0 at the left
    places: list[float]  # of the middle of each node
    bends: dict[Link, list[float]]
    height: float


def place(heights: Sequence[float], links: Iterable[Link]) -> Placing:
    """Return the places of nodes with these heights; links are pairs of their numbers.

    Some links of a circle go backwards.
    """
    links = list(dict.fromkeys(link for link in links if link[0] != link[1]))
    layers = layers_of(len(heights), links)
    layout = _Layout(list(layers), list(heights))
    bends: dict[Link, range] = {}
    for start, end in links:
        between = range(layers[start] + 1, layers[end])
        if not 0 < len(between) < _LONGEST:
            layout.link(start, end)
            continue
        # Where a link passes through a layer, it has a node of its own there, without a height.
        bends[start, end] = range(len(layout.layers), len(layout.layers) + len(between))
        layout.add(between)
        path = [start, *bends[start, end], end]
        for step in pairwise(path):
            layout.link(*step)
    height = layout.place_all()
    through = {link: [layout.places[bend] for bend in found] for link, found in bends.items()}
    return Placing(layers, layout.places[: len(heights)], through, height)


def layers_of(count: int, links: Iterable[Link]) -> list[int]:
    """Return a layer for each node: after all nodes that go into it, except in circles.

    Nodes that nothing goes into are placed right before the first that they go into.
    """
    after: dict[int, list[int]] = defaultdict(list)
    waiting = [0] * count
    for start, end in links:
        after[start].append(end)
        waiting[end] += 1
    layers = [0] * count
    first = [number for number in range(count) if not waiting[number]]
    ready, done = deque(first), [False] * count
    for forced in range(count + 1):
        while ready:
            node = ready.popleft()
            if done[node]:
                continue
            done[node] = True
            for end in after[node]:
                if not done[end]:
                    layers[end] = max(layers[end], layers[node] + 1)
                    waiting[end] -= 1
                    if not waiting[end]:
                        ready.append(end)
        if forced < count and not done[forced]:  # all that is left is in a circle, or beyond one
            ready.append(forced)
    for node in first:
        if after[node]:
            layers[node] = min(layers[end] for end in after[node]) - 1
    return layers


class _Layout:
    def __init__(self, layers: list[int], heights: list[float]):
        self.layers = layers
        self.heights = heights
        self.places = [0.0] * len(layers)
        self.before: list[list[int]] = [[] for _ in layers]
        self.after: list[list[int]] = [[] for _ in layers]

    def add(self, layers: Iterable[int]) -> None:
        for layer in layers:
            self.layers.append(layer)
            self.heights.append(0.0)
            self.places.append(0.0)
            self.before.append([])
            self.after.append([])

    def link(self, start: int, end: int) -> None:
        self.after[start].append(end)
        self.before[end].append(start)

    def place_all(self) -> float:
        height = 0.0
        for part in self._parts():
            self._place(part)
            top = min(self.places[node] - self.heights[node] / 2 for node in part)
            for node in part:
                self.places[node] += height - top
            height = max(self.places[node] + self.heights[node] / 2 for node in part) + _APART
        return max(0.0, height - _APART)

    def _parts(self) -> Iterable[list[int]]:
        seen = [False] * len(self.layers)
        for root in range(len(self.layers)):
            if seen[root]:
                continue
            seen[root] = True
            part = [root]
            for node in part:  # which grows
                for other in (*self.before[node], *self.after[node]):
                    if not seen[other]:
                        seen[other] = True
                        part.append(other)
            yield part

    def _place(self, part: list[int]) -> None:
        columns: dict[int, list[int]] = defaultdict(list)
        for node in sorted(part):
            columns[self.layers[node]].append(node)
        order = [columns[layer] for layer in sorted(columns)]
        for column in order:
            self._stack(column, [0.0] * len(column))
        for sweep in range(_SWEEPS):
            for column in reversed(order) if sweep % 2 else order:
                wishes = self._wishes(column, [self.after if sweep % 2 else self.before])
                column.sort(key=wishes.__getitem__)
                self._stack(column, [wishes[node] for node in column])
        for sweep in range(_SWEEPS):
            for column in reversed(order) if sweep % 2 else order:
                wishes = self._wishes(column, [self.before, self.after])
                self._stack(column, [wishes[node] for node in column])

    def _wishes(self, column: list[int], neighbours: list[list[list[int]]]) -> dict[int, float]:
        # Where each would like to be: amid its neighbours, or where it is if it has none there.
        wishes = {}
        for node in column:
            near = [self.places[each] for side in neighbours for each in side[node]] or [self.places[node]]
            wishes[node] = sum(near) / len(near)
        return wishes

    def _stack(self, column: list[int], wishes: Sequence[float]) -> None:
        for node, at in zip(column, spread(wishes, [self.heights[node] for node in column]), strict=True):
            self.places[node] = at


def spread(wishes: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Return places in the given order, without overlap, whose squared distances to the wishes are least.

    A wish is where the middle of a thing should be; a gap comes between two things.
    """
    # With the least distances taken off, this is isotonic regression, by pooling adjacent violators.
    offsets, offset = [], 0.0
    for above, height in zip((0.0, *heights), heights, strict=False):
        offset += (above + height) / 2 + _GAP
        offsets.append(offset)
    pools: list[tuple[float, int]] = []  # sums of wishes, and of how many
    for wish, least in zip(wishes, offsets, strict=True):
        total, many = wish - least, 1
        while pools and pools[-1][0] * many >= total * pools[-1][1]:
            more, others = pools.pop()
            total, many = total + more, many + others
        pools.append((total, many))
    bases = (total / many for total, many in pools for _ in range(many))
    return [base + least for base, least in zip(bases, offsets, strict=True)]
