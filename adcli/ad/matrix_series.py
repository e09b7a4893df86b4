"""Power series through functions of matrices: how the Taylor sweep takes them.

`solve` and `inv` have a formula each: the series of A X = B, coefficient by coefficient, with the
factors of the first matrix alone. The others go by their tangent, which is linear in that of the
input: with a node D in the place of the tangent, whose series is A', the tangent's coefficient
k - 1 is k times the function's coefficient k.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from adcli.ad.evaluate import extend
from adcli.graph.graph import Graph
from adcli.graph.matrices import DET
from adcli.graph.primitives import PARAMETER, PRIMITIVES
from adcli.graph.structure import MATMUL
from adcli.graph.symbols import Expression, Symbols

INV, SOLVE, EIGEN_PART = PRIMITIVES["inv"], PRIMITIVES["solve"], PRIMITIVES["eigen_part"]


class SeriesSweep(Protocol):
    """What is used of the Taylor sweep, `adcli.ad.taylor.Series`."""

    graph: Graph
    algebra: Any
    values: list[Any]
    moving: set[int]
    coefficients: dict[int, list[Any]]
    slopes: dict[int, Slope]

    def coefficient(self, i: int, k: int) -> Any:
        """Coefficient k of node i, None for one that is exactly zero."""

    def find_terms(self, i: int) -> None:
        """Find the contributions to a node of a tangent, whose value is known now."""


class Slope(NamedTuple):
    """The tangent of a function of matrices as a node.

    node     the tangent
    order    it, and what it depends on that depends on tangents of inputs, arguments first
    tangents the nodes that stand for the tangents of inputs: node -> input
    beside   what it takes that moves along the line and depends on no tangent
    """

    node: int
    order: list[int]
    tangents: dict[int, int]
    beside: list[int]


def slope(series: SeriesSweep, i: int, known: set[int]) -> tuple[Slope, list[int]]:
    """The tangent of node i, and the new nodes that depend on no tangent.

    `known` nodes have their values. Series of cofactors have tangents of tangents.
    """
    graph, algebra, values = series.graph, series.algebra, series.values
    op, args = graph.ops[i], graph.args[i]
    m = Symbols(graph, graph.span(i))
    xs, out = [Expression(m, a) for a in args], Expression(m, i)
    shapes = [algebra.shape(values[a]) for a in args]
    tangents = {graph.node(PARAMETER, (), ("tangent", a)): a for a in args if a in series.moving}
    total: Any = None
    for d, a in tangents.items():
        for k in [k for k, b in enumerate(args) if a == b]:
            t = Expression(m, d)
            if op is DET and _is_regular(series, args[0]):
                # The derivatives of the cofactors would need those of all orders.
                part = out * m.sum(None, m.transpose(None, m.inv(None, xs[0])) * t)
            else:
                assert op.tangent is not None
                part = op.tangent(m, t, k, graph.attrs[i], shapes, xs, out)
            if part is not None:
                total = part if total is None else total + part
    node = m.expression(0 if total is None else total).node
    every = {*tangents, *(d for other in series.slopes.values() for d in other.tangents)}
    new = graph.reach_up_to(known | every, node)
    depends = graph.dependents(new, every)
    order = [j for j in new if depends[j]]
    apart = [j for j in new if not depends[j]]
    taken = {a for j in order for a in graph.args[j] if not depends[a]}
    return Slope(node, order, tangents, sorted(taken)), apart


def _is_regular(series: SeriesSweep, node: int) -> bool:
    algebra, value = series.algebra, series.values[node]
    return bool(algebra.is_finite(algebra.structural(INV, None, [value])))


def slope_coefficient(series: SeriesSweep, i: int, k: int) -> Any:
    """Coefficient k of the tangent of node i, whose inputs are known to order k + 1."""
    found = series.slopes[i]
    coefficients, values = series.coefficients, series.values
    for d, a in found.tangents.items():
        known = coefficients.setdefault(d, [])
        if len(known) <= k:
            t = coefficients[a][k + 1]
            known.append(series.algebra.zero(values[a]) if t is None else (k + 1) * t)
            if k == 0:
                values += [None] * (len(series.graph) - len(values))
                values[d] = known[0]
    for j in found.order:
        known = coefficients.setdefault(j, [])
        if len(known) > k:
            continue
        if k == 0:
            extend(values, series.graph, [j], {}, series.algebra)
            series.find_terms(j)
            known.append(values[j])
        else:
            known.append(series.coefficient(j, k))
    return coefficients[found.node][k] if found.node in coefficients else None


def solve_coefficient(series: SeriesSweep, i: int, k: int) -> Any:
    """X_k = A_0^-1 (B_k - sum of A_j X_(k-j) over j = 1..k)."""
    (a, b), attr = series.graph.args[i], series.graph.attrs[i]
    m, algebra, known = series.algebra.m, series.algebra, series.coefficients
    lower, transposed = attr
    right = known[b][k] if b in known else None
    for j in range(1, k + 1):
        left, x = known[a][j] if a in known else None, known[i][k - j]
        if left is None or x is None:
            continue
        left = m.tril(0, left) if lower else left
        left = m.transpose(None, left) if transposed else left
        product = -algebra.structural(MATMUL, None, [left, x])
        right = product if right is None else right + product
    return None if right is None else algebra.structural(SOLVE, attr, [series.values[a], right])


def inv_coefficient(series: SeriesSweep, i: int, k: int) -> Any:
    """X_k = -X_0 (sum of A_j X_(k-j) over j = 1..k)."""
    (a,) = series.graph.args[i]
    algebra, known, total = series.algebra, series.coefficients, None
    for j in range(1, k + 1):
        left, x = known[a][j], known[i][k - j]
        if left is not None and x is not None:
            product = algebra.structural(MATMUL, None, [left, x])
            total = product if total is None else total + product
    return None if total is None else -algebra.structural(MATMUL, None, [known[i][0], total])


def part_coefficient(series: SeriesSweep, i: int, k: int) -> Any:
    """It is linear in the matrix; which numbers are equal is decided at the point."""
    x, a = series.graph.args[i]
    found = series.coefficients[a][k] if a in series.coefficients else None
    if found is None:
        return None
    return series.algebra.structural(EIGEN_PART, None, [series.values[x], found])


FORMULAS: dict[Any, Callable[[Any, int, int], Any]] = {
    SOLVE: solve_coefficient,
    INV: inv_coefficient,
    EIGEN_PART: part_coefficient,
}
"""`(series, i, k)`: coefficient k of node i."""
