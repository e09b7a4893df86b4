"""The layered drawing: edges go down, nothing overlaps, at any size."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from adcli.report.layout import GAP, Item, Layout, isotonic, lay_out


def random_graph(
    random: Random, count: int
) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    nodes = [(random.uniform(20, 200), random.choice([29.0, 46.0])) for _ in range(count)]
    edges = []
    for lower in range(2, count):
        for _ in range(random.choice([1, 2, 2, 3])):
            upper = random.randrange(max(0, lower - 12), lower)
            edges.append((upper, lower))
    return nodes, edges


def check(layout: Layout, edges: list[tuple[int, int]]) -> None:
    rows: dict[int, list[Item]] = {}
    for item in {id(i): i for route in layout.routes for i in route}.values():
        rows.setdefault(item.row, []).append(item)
    for row in rows.values():
        row.sort(key=lambda item: item.x)
        for left, right in pairwise(row):
            distance = right.x - right.width / 2 - left.x - left.width / 2
            assert distance >= GAP - 1e-6
    tops = {row: min(i.y - i.height / 2 for i in items) for row, items in rows.items()}
    bottoms = {row: max(i.y + i.height / 2 for i in items) for row, items in rows.items()}
    for upper, lower in pairwise(sorted(rows)):
        assert bottoms[upper] < tops[lower]
    for (upper, lower), route, label in zip(edges, layout.routes, layout.labels, strict=True):
        assert route[0] is layout.nodes[upper]
        assert route[-1] is layout.nodes[lower]
        assert label in route[1:-1]
        assert [item.row for item in route] == list(range(route[0].row, route[-1].row + 1))
    for items in rows.values():
        for item in items:
            assert item.x - item.width / 2 >= 0
            assert item.x + item.width / 2 <= layout.width
            assert item.y + item.height / 2 <= layout.height


@pytest.mark.parametrize("count", [2, 5, 20, 50, 120])
@pytest.mark.parametrize("seed", range(4))
def test_nothing_overlaps(seed: int, count: int) -> None:
    nodes, edges = random_graph(Random(seed), count)
    check(lay_out(nodes, edges, [(40.0, 14.0)] * len(edges)), edges)


def test_a_node_alone_and_none() -> None:
    assert len(lay_out([(10, 10)], [], []).nodes) == 1
    assert lay_out([], [], []).nodes == []


def test_crossings_that_can_be_avoided_are_avoided() -> None:
    # Two chains that a careless order would twist.
    edges = [(0, 3), (1, 2), (2, 5), (3, 4), (4, 6), (5, 7)]
    layout = lay_out([(40.0, 30.0)] * 8, edges, [(10.0, 14.0)] * len(edges))
    left = layout.nodes[0].x < layout.nodes[1].x
    for a, b in [(3, 2), (4, 5), (6, 7)]:
        assert (layout.nodes[a].x < layout.nodes[b].x) == left


def test_isotonic_regression() -> None:
    assert isotonic([1.0, 2.0, 3.0], [1.0] * 3) == [1.0, 2.0, 3.0]
    assert isotonic([3.0, 1.0], [1.0, 3.0]) == [1.5, 1.5]
    assert isotonic([], []) == []
