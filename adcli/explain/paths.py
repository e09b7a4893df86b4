"""Paths from a result to a variable: the local partials, the products along paths, their sum.

The derivative of a result with respect to a variable is the sum over all paths between them of the
product of the local partials on the path (Bauer 1974). Paths are counted without being listed, and
the largest are found without looking at the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from heapq import heappop, heappush
from itertools import count
from math import inf, log2, prod
from typing import Any, NamedTuple

from adcli.ad.evaluate import Run
from adcli.ad.reverse import contributions, reverse_sweep
from adcli.explain.trace import operands_of

MAX_JACOBIAN = 1000
"""Numbers of a local partial between arrays that are computed."""
MAX_LISTED = 1000
"""So many paths are all listed; of more, the largest `MAX_LARGEST`."""
MAX_LARGEST = 20
MAX_SEARCH = 2_000_000
"""Steps of the search for the largest paths."""


class Edge(NamedTuple):
    """A use: node `source` has node `target` as its operand number `operand`.

    `partial` is the local partial derivative: a number, or an array shaped (*source, *target);
    None for an array that is too large.
    """

    source: int
    operand: int
    target: int
    partial: Any


class Path(NamedTuple):
    """A path from the result on, and the product along it, shaped like the variable."""

    edges: tuple[Edge, ...]
    product: Any


class Factor(NamedTuple):
    """A local partial above 1, and the share of the sensitivity that goes through it (0 to 1)."""

    edge: Edge
    share: float


@dataclass(frozen=True)
class Paths:
    """All paths from a result to a variable.

    count      how many there are, exactly
    listed     the paths, the largest product first; not all where there are too many
    total      the sum over all paths: the adjoint of the variable by the reverse sweep
    magnitude  the sum of the magnitudes of all products (None for arrays)
    factors    what makes the sensitivity large, the most important first
    is_exact   whether the listed ones are known to be the largest
    """

    count: int
    listed: list[Path]
    total: Any
    magnitude: Any
    factors: list[Factor]
    is_exact: bool

    @property
    def is_complete(self) -> bool:
        """Whether all paths are listed."""
        return len(self.listed) == self.count


def local_partials(run: Run, node: int, active: bytearray) -> list[Edge]:
    """The edges of a node along which derivatives flow at this point, with their partials.

    They are the engine's own contributions for the seeds 1 of the node's components.
    """
    graph, algebra, values = run.graph, run.algebra, run.values
    inputs = graph.args[node]
    found: dict[int, list[Any]] = {}
    size = prod(algebra.shape(values[node]))
    is_small = size * max((prod(algebra.shape(values[j])) for j in inputs), default=0)
    seeds = algebra.basis(values[node], 1) if is_small <= MAX_JACOBIAN else [_ones(run, node)]
    for batch, seed in enumerate(seeds):
        given = contributions(run, node, seed, None, active)
        places = operands_of(graph, node, [j for j, _, _ in given])
        for k, (_, c, _) in zip(places, given, strict=True):
            found.setdefault(k, [None] * batch).append(c)
        for columns in found.values():
            columns += [None] * (batch + 1 - len(columns))
    edges = []
    for k, columns in sorted(found.items()):
        j = inputs[k]
        partial = None
        if is_small <= MAX_JACOBIAN:
            collected = algebra.collect(columns, values[node], values[j], 1)
            partial = algebra.unpack(collected)
        edges.append(Edge(node, k, j, partial))
    return edges


def _ones(run: Run, node: int) -> Any:
    algebra, value = run.algebra, run.values[node]
    return algebra.spread(algebra.one(value), value)


def find_paths(
    run: Run,
    output: int,
    variable: int,
    most: int = MAX_LISTED,
    search: int = MAX_SEARCH,
) -> Paths:
    """All paths from a scalar node to a variable; of more than `most` the largest, as far as a
    search of so many steps finds them."""
    graph, algebra = run.graph, run.algebra
    order = graph.reach([output])
    active = graph.dependents(order, [variable])
    edges = {i: local_partials(run, i, active) for i in order if active[i] and graph.args[i]}
    number = count_paths(order, edges, output, variable)
    (one,) = algebra.basis(run.values[output], 1)
    adjoint = reverse_sweep(replace(run, order=order), {output: one}, active)[variable]
    zero = algebra.zero(run.values[variable])
    total = algebra.unpack(zero if adjoint is None else adjoint)
    wanted = number if number <= most else min(most, MAX_LARGEST)
    if algebra.shaped:
        found = list(_array_paths(run, edges, active, output, variable, wanted, search))
        found.sort(key=lambda path: -_norm(path.product))
        return Paths(number, found, total, None, [], len(found) == number)
    listed = list(_largest(edges, order, output, variable, algebra.one(one), wanted, search))
    magnitude, factors = _factors(edges, order, output, variable)
    return Paths(number, listed, total, magnitude, factors, len(listed) == wanted)


Edges = dict[int, list[Edge]]


def count_paths(order: list[int], edges: Edges, output: int, variable: int) -> int:
    """The number of paths, by dynamic programming; counts that nobody needs again are let go."""
    waiting = dict.fromkeys(order, 0)
    for outgoing in edges.values():
        for edge in outgoing:
            waiting[edge.target] += 1
    counts = {variable: 1}
    for i in order:
        if i == variable:
            continue
        paths = 0
        for edge in edges.get(i, ()):
            paths += counts.get(edge.target, 0)
            waiting[edge.target] -= 1
            if not waiting[edge.target]:
                counts.pop(edge.target, None)
        if paths:
            counts[i] = paths
    return counts.get(output, 0)


LinkedPath = tuple[Edge, Any] | None
"""A path as a linked list, the last edge first."""


def _largest(
    edges: Edges, order: list[int], output: int, variable: int, one: Any, wanted: int, search: int
) -> Iterator[Path]:
    """Paths by magnitude of their products, the largest first: A* with the exact remainder.

    The logarithm of the largest product from each node on is known beforehand, so that the search
    never leaves the paths that it is going to list.
    """
    remainder = {variable: 0.0}
    for i in order:
        reached = [e for e in edges.get(i, ()) if e.target in remainder]
        if reached and i != variable:
            remainder[i] = max(_log(e.partial) + remainder[e.target] for e in reached)
    ticket = count()
    queue: list[tuple[float, int, float, int, LinkedPath]] = []
    if output in remainder:
        queue.append((-remainder[output], next(ticket), 0.0, output, None))
    for _ in range(search):
        if not queue or not wanted:
            return
        _, _, size, node, chain = heappop(queue)
        if node == variable:
            wanted -= 1
            path = edges_along(chain)
            yield Path(path, reduce(lambda product, edge: product * edge.partial, path, one))
            continue
        for edge in edges.get(node, ()):
            if edge.target in remainder:
                grown = size + _log(edge.partial)
                bound = -(grown + remainder[edge.target])
                heappush(queue, (bound, -next(ticket), grown, edge.target, (edge, chain)))


def edges_along(chain: LinkedPath) -> tuple[Edge, ...]:
    """The edges of a path, the first one first."""
    found = []
    while chain is not None:
        edge, chain = chain
        found.append(edge)
    return tuple(reversed(found))


def _log(x: Any) -> float:
    """The binary logarithm of a magnitude; -inf for 0."""
    if isinstance(x, (int, float)):
        return log2(abs(x)) if x else -inf
    from mpmath import mp

    return float(mp.log(abs(x), 2)) if x else -inf


def _array_paths(
    run: Run,
    edges: Edges,
    active: bytearray,
    output: int,
    variable: int,
    wanted: int,
    search: int,
) -> Iterator[Path]:
    """Paths of a program with arrays: the adjoint is carried along each path by itself."""
    graph, algebra = run.graph, run.algebra
    ticket = count()
    (one,) = algebra.basis(run.values[output], 1)
    leads = {variable}
    for i in sorted(edges):
        if any(e.target in leads for e in edges[i]):
            leads.add(i)
    queue: list[tuple[float, int, int, Any, Any, LinkedPath]] = []
    if output in leads:
        queue.append((0.0, next(ticket), output, one, None, None))
    for _ in range(search):
        if not queue or not wanted:
            return
        _, _, node, g, mask, chain = heappop(queue)
        if node == variable:
            wanted -= 1
            yield Path(edges_along(chain), algebra.unpack(g))
            continue
        given = contributions(run, node, g, mask, active)
        places = operands_of(graph, node, [j for j, _, _ in given])
        reached = {k: (c, live) for k, (_, c, live) in zip(places, given, strict=True)}
        for edge in edges[node]:
            if edge.target not in leads:
                continue
            c, live = reached.get(edge.operand, (algebra.zero(run.values[edge.target]), None))
            entry = (-_norm(algebra.unpack(c)), -next(ticket), edge.target, c, live, (edge, chain))
            heappush(queue, entry)


def _norm(x: Any) -> float:
    """The largest magnitude of a number or an array."""
    if hasattr(x, "reshape"):
        return max((abs(float(v)) for v in x.reshape(-1)), default=0.0)
    return abs(float(x))


def _factors(
    edges: Edges, order: list[int], output: int, variable: int
) -> tuple[Any, list[Factor]]:
    """The sum of the magnitudes of all products, and the factors above 1 by their importance.

    Importance is the logarithm of the factor times the share of the magnitudes through it.
    """
    below: dict[int, Any] = {variable: 1.0}
    for i in order:
        if i != variable and i in edges:
            total = sum(abs(e.partial) * below[e.target] for e in edges[i] if e.target in below)
            if total:
                below[i] = total
    magnitude = below.get(output, 0.0)
    if not magnitude or magnitude == inf:
        return magnitude, []
    above: dict[int, Any] = {output: 1.0}
    found = []
    for i in reversed(order):
        weight = above.get(i)
        if weight is None or i == variable:
            continue
        for edge in edges.get(i, ()):
            size = abs(edge.partial)
            if not size or edge.target not in below:
                continue
            above[edge.target] = above.get(edge.target, 0.0) + weight * size
            if size > 1:
                share = float(weight * size * below[edge.target] / magnitude)
                found.append(Factor(edge, min(1.0, share)))
    found.sort(key=lambda factor: -factor.share * _log(factor.edge.partial))
    return magnitude, found
