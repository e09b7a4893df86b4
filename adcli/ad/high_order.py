"""A derivative of high order as a formula: the sweep of power series, over graph nodes.

Differentiated n times and expanded, a product has 2^n terms; the recurrences keep their sums as
nodes that all orders share, n^2 for each node of the program. Coefficients are derivatives here
(D^k f instead of f_k), so that the numbers in the formula are binomial coefficients, as in
Leibniz's rule.
"""

from __future__ import annotations

from math import comb
from typing import Any

from adcli.ad.evaluate import Run
from adcli.ad.symbolic import NumberNodes
from adcli.ad.taylor import Series
from adcli.graph.graph import Graph
from adcli.graph.symbols import Expression


class TooLong(Exception):
    """A formula takes more operations than are wanted."""


def derivative_node(graph: Graph, output: int, variable: int, order: int, most: int) -> int:
    """The node of a derivative of a program of numbers by one variable.

    Raises TooLong as soon as that takes more than `most` operations.
    """
    nodes = NumberNodes(graph)
    nodes.shaped = False  # no element is beside another, and `Series` knows every node's place
    reached = graph.reach([output, variable])
    found = _Derivatives(
        nodes.run(reached), output, {variable: nodes.m.expression(1.0)}, order, most
    )
    node: int = found.of(output, order)[order].node
    return node


class _Derivatives(Series):
    """The derivatives of every node, order by order, as expressions."""

    def __init__(self, run: Run, output: int, seeds: dict[int, Any], order: int, most: int) -> None:
        self._limit = len(run.graph) + most
        super().__init__(run, output, seeds, order)

    def _extend(self, order: list[int]) -> None:
        self.values += [None] * (len(self.graph) - len(self.values))
        for i in order:
            self.values[i] = Expression(self.algebra.m, i)

    def _is_positive(self, node: int) -> bool:
        return True  # a base that is not has no derivative by the exponent

    def _coefficient(self, i: int, k: int) -> Any:
        if len(self.graph) > self._limit:
            raise TooLong
        self.algebra.m.span = self.graph.span(i)
        found = super()._coefficient(i, k)
        return None if found is not None and self.algebra.m.constant_value(found) == 0 else found

    def _scale(self, coefficient: Any, k: int) -> Any:
        return coefficient

    def _derived(self, source: int, p: list[Any], k: int, out: int) -> Any:
        weights = [comb(k - 1, j - 1) for j in range(1, k + 1)]
        return _weighted_sum(self.coefficients[source], p, 1, k, weights)

    def _convolved(self, a: list[Any], b: list[Any], first: int, last: int, out: int) -> Any:
        weights = [comb(last, j) for j in range(first, last + 1)]
        return _weighted_sum(a, b, first, last, weights)


def _weighted_sum(a: list[Any], b: list[Any], first: int, last: int, weights: list[int]) -> Any:
    """The sum of weight a[j] b[last - j] over j = first..last, None for zero."""
    total = None
    for j, weight in zip(range(first, last + 1), weights, strict=True):
        x, y = a[j], b[last - j]
        if x is not None and y is not None:
            product = weight * (x * y)
            total = product if total is None else total + product
    return total
