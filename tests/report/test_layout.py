"""The layered drawing: edges go down, or right, and nothing overlaps, at any size."""

from __future__ import annotations

from itertools import combinations, pairwise
from random import Random

import pytest

from adcli.report.crossings import in_order
from adcli.report.layout import Layout, lay_out
from adcli.report.placing import isotonic
from adcli.report.routing import Area, Position, crossings, within


def random_graph(
    random: Random, count: int
) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    nodes = [(random.uniform(40, 200), random.choice([29.0, 46.0])) for _ in range(count)]
    edges = []
    for lower in range(2, count):
        for _ in range(random.choice([1, 2, 2, 3])):
            upper = random.randrange(max(0, lower - 12), lower)
            edges.append((upper, lower))
    return nodes, edges


def overlap(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def goes_through(path: list[Position], box: Area) -> bool:
    inner = (box[0] + 1e-6, box[1] + 1e-6, box[2] - 1e-6, box[3] - 1e-6)
    return any(within(segment, inner) for segment in pairwise(path))


def crossed(paths: list[list[Position]]) -> int:
    """How many pairs of edges cross."""
    return sum(crossings(one, other) > 0 for one, other in combinations(paths, 2))


def check(layout: Layout, edges: list[tuple[int, int]], *, rightwards: bool = False) -> None:
    boxes = [*layout.nodes, *layout.labels]
    for one, other in combinations(boxes, 2):
        assert not overlap(one, other)
    for left, top, right, bottom in boxes:
        assert left >= 0
        assert top >= 0
        assert right <= layout.width
        assert bottom <= layout.height
    for k, (path, (upper, lower)) in enumerate(zip(layout.paths, edges, strict=True)):
        assert not any(goes_through(path, box) for box in layout.nodes)
        assert [k for k, box in enumerate(layout.labels) if goes_through(path, box)] in ([], [k])
        way = [x if rightwards else y for x, y in path]
        assert way == sorted(way)
        first, last = (2, 0) if rightwards else (3, 1)
        assert way[0] == layout.nodes[upper][first]
        assert way[-1] == layout.nodes[lower][last]


@pytest.mark.parametrize("rightwards", [False, True], ids=["down", "right"])
@pytest.mark.parametrize("count", [2, 5, 20, 50])
@pytest.mark.parametrize("seed", range(3))
def test_nothing_overlaps(seed: int, count: int, rightwards: bool) -> None:
    nodes, edges = random_graph(Random(seed), count)
    found = lay_out(nodes, edges, [(40.0, 14.0)] * len(edges), rightwards=rightwards)
    check(found, edges, rightwards=rightwards)
    for path, (left, top, right, bottom) in zip(found.paths, found.labels, strict=True):
        assert goes_through(path, (left - 1, top - 1, right + 1, bottom + 1)), "off its edge"


def test_a_large_drawing_is_as_clear() -> None:
    nodes, edges = random_graph(Random(0), 150)
    check(lay_out(nodes, edges, [(40.0, 14.0)] * len(edges)), edges)


def test_a_node_alone_and_none() -> None:
    assert len(lay_out([(10, 10)], [], []).nodes) == 1
    assert lay_out([], [], []).nodes == []


@pytest.mark.parametrize(
    "edges",
    [
        [(0, 3), (1, 2), (2, 5), (3, 4), (4, 6), (5, 7)],  # chains that a careless order twists
        [(0, 2), (1, 2), (0, 3), (2, 4), (3, 4)],  # x1*x2 + sin(x1)
        [(0, 2), (1, 3), (0, 3), (2, 4), (3, 4)],
        [(0, 3), (1, 4), (2, 5), (0, 5), (4, 6), (5, 6), (3, 7), (6, 7)],
        [(0, 1), (0, 1), (1, 2), (0, 2)],
    ],
)
def test_crossings_that_can_be_avoided_are_avoided(edges: list[tuple[int, int]]) -> None:
    count = 1 + max(lower for _, lower in edges)
    layout = lay_out([(40.0, 30.0)] * count, edges, [(10.0, 14.0)] * len(edges))
    assert crossed(layout.paths) == 0


def test_the_order_is_the_best_one_of_small_levels() -> None:
    # Optima by integer programming: seeds of the graph below -> the least number of crossings.
    for seed, least in LEAST_CROSSINGS.items():
        random, levels, links = Random(seed), list[list[int]](), list[tuple[int, int]]()
        for _ in range(4):
            start = sum(map(len, levels))
            levels.append(list(range(start, start + random.randint(2, 6))))
        for upper, lower in pairwise(levels):
            links += [(a, b) for b in lower for a in random.sample(upper, min(len(upper), 2))]
        place = {n: k for level in in_order(levels, links)[0] for k, n in enumerate(level)}
        level_of = {n: k for k, level in enumerate(levels) for n in level}
        found = sum(
            level_of[a] == level_of[c] and (place[a] - place[c]) * (place[b] - place[d]) < 0
            for (a, b), (c, d) in combinations(links, 2)
        )
        assert found == least, seed


LEAST_CROSSINGS = {0: 8, 1: 15, 2: 8, 3: 16, 4: 15, 5: 12, 6: 12, 7: 8}


@pytest.mark.parametrize("rightwards", [False, True], ids=["down", "right"])
def test_edges_of_a_chain_are_straight(rightwards: bool) -> None:
    edges = [(0, 1), (1, 2), (2, 3)]
    sizes = [(40.0, 30.0), (90.0, 50.0), (60.0, 30.0), (130.0, 40.0)]
    found = lay_out(sizes, edges, [(50.0, 14.0)] * 3, rightwards=rightwards)
    for path in found.paths:
        (start, end) = path
        assert start[1 if rightwards else 0] == pytest.approx(end[1 if rightwards else 0])


def test_isotonic_regression() -> None:
    assert isotonic([1.0, 2.0, 3.0], [1.0] * 3) == [1.0, 2.0, 3.0]
    assert isotonic([3.0, 1.0], [1.0, 3.0]) == [1.5, 1.5]
    assert isotonic([], []) == []
