from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asntools.fmt.placing import layers_of, place, spread

LINKS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)
FORWARD = LINKS.map(lambda links: [(min(link), max(link)) for link in links if link[0] != link[1]])


@given(st.lists(st.tuples(st.floats(-200, 200), st.floats(1, 40)), max_size=12))
def test_spread_keeps_the_order_and_a_gap(wanted):
    heights = [height for _, height in wanted]
    places = spread([wish for wish, _ in wanted], heights)
    for (above, below), (high, low) in zip(
        itertools.pairwise(places), itertools.pairwise(heights), strict=True
    ):
        assert below - above >= (high + low) / 2 + 10 - 1e-6


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=6), st.integers(0, 5), st.sampled_from([-0.5, 0.5]))
def test_spread_goes_no_further_from_the_wishes_than_it_must(wishes, which, step):
    heights = [4.0] * len(wishes)
    places = spread(wishes, heights)

    def cost(places):
        return sum((place - wish) ** 2 for place, wish in zip(places, wishes, strict=True))

    which %= len(wishes)
    moved = [place + step * (number >= which) for number, place in enumerate(places)]
    if all(low - high >= 14 for high, low in itertools.pairwise(moved)):
        assert cost(moved) >= cost(places) - 1e-6
    assert cost([place + step for place in places]) >= cost(places) - 1e-6


def test_what_has_room_is_where_it_wishes_to_be():
    assert spread([0, 100], [10, 10]) == [0, 100]
    assert spread([50, 50], [10, 10]) == [40, 60]


@given(FORWARD)
def test_links_go_to_a_later_layer(links):
    layers = layers_of(10, links)
    assert all(layers[start] < layers[end] for start, end in links)
    assert min(layers) == 0


@given(LINKS)
def test_nodes_of_a_layer_do_not_overlap_even_where_links_go_in_a_circle(links):
    heights = [10.0 + 5 * number for number in range(10)]
    placing = place(heights, links)
    for one, other in itertools.combinations(range(10), 2):
        if placing.layers[one] == placing.layers[other]:
            apart = abs(placing.places[one] - placing.places[other])
            assert apart >= (heights[one] + heights[other]) / 2 - 1e-6
    for node, height in enumerate(heights):
        assert placing.places[node] - height / 2 >= -1e-6
        assert placing.places[node] + height / 2 <= placing.height + 1e-6


def test_a_file_stands_right_before_what_it_goes_into():
    assert layers_of(5, [(0, 1), (1, 2), (3, 2), (3, 4), (2, 4)]) == [0, 1, 2, 1, 3]


def test_a_link_over_layers_bends_past_what_is_there():
    # 0 -> 1 -> 2 -> 3 and, past 1 and 2, 0 -> 3
    placing = place([20.0] * 4, [(0, 1), (1, 2), (2, 3), (0, 3)])
    bends = placing.bends[0, 3]
    assert len(bends) == 2
    for bend, node in zip(bends, (1, 2), strict=True):
        assert abs(bend - placing.places[node]) >= 20


def test_pairs_do_not_cross():
    placing = place([20.0] * 12, [(number, 6 + (number * 5) % 6) for number in range(6)])
    order = sorted(range(6), key=lambda number: placing.places[number])
    ends = [placing.places[6 + (number * 5) % 6] for number in order]
    assert ends == sorted(ends)
    assert ends == [placing.places[number] for number in order]


GRAPHS = {
    "chain": lambda count: [(number, number + 1) for number in range(count - 1)],
    "circle": lambda count: [(number, (number + 1) % count) for number in range(count)],
    "into one": lambda count: [(number, count - 1) for number in range(count - 1)],
    "chain into one": lambda count: [
        link for number in range(count - 2) for link in ((number, number + 1), (number, count - 1))
    ],
    "from one": lambda count: [(0, number) for number in range(1, count)],
    "apart": lambda count: [],
}


@pytest.mark.parametrize("count", [2_000, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("graph", GRAPHS)
def test_large_graphs_take_no_longer_than_they_are_large(graph, count):
    links = GRAPHS[graph](count)
    began = time.process_time()
    place([24.0] * count, links)
    assert time.process_time() - began < count / 2_000
