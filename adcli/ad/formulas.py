"""Derivatives as formulas: the sweeps on nodes, simplified, to any order.

Differentiated n times and expanded, a product has 2^n terms. So a derivative of high order comes
from the sweep of power series, over nodes: its recurrences keep their sums as nodes that all orders
share, n^2 for each node of the program. Coefficients are derivatives here (D^k f instead of f_k),
so that the numbers in the formula are binomial coefficients, as in Leibniz's rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb
from typing import Any

from adcli.ad.evaluate import Run
from adcli.ad.symbolic import Nodes, NumberNodes, TextbookNodes, gradient_nodes, tangent_node
from adcli.ad.taylor import Series
from adcli.errors import LanguageError, UsageError
from adcli.graph.axes import Shape, show_shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import no_derivative
from adcli.graph.program import Program
from adcli.graph.readable import Conditions, still_lost, to_be_read
from adcli.graph.shapes import infer_shapes, is_scalar_program
from adcli.graph.simplify import simplify
from adcli.graph.structure import usual_word
from adcli.graph.symbols import Expression

_LARGE = 2**1000
MAX_FORMULAS = 1000
"""Mixed partial derivatives of a high order are many; more than this is a mistake."""

MAX_OPERATIONS, MOST_TIMES = 10_000, 20
"""Operations of formulas of high order: longer ones are of no use to anybody. At the second order
each formula may have that multiple of the program's, if it is more."""

SHORT, LOW = 100, 3
"""Operations up to which derivatives are differentiated again, and the order up to which they are
in any case: formulas that are short stay shorter so, longer ones double with each order."""


@dataclass(frozen=True)
class Size:
    """How large formulas are, in operations: written out (as trees), and with each one once."""

    tree: int
    graph: int


@dataclass(frozen=True)
class Formulas:
    """Derivatives of a program.

    derivatives  by output and the variables that it is differentiated by, in their order
    before       the size as the last sweep made them
    after        the size once simplified
    conditions   by output and variables, what formulas to be read no longer ask for (`to_be_read`)
    """

    graph: Graph
    outputs: list[int]
    derivatives: list[dict[tuple[str, ...], int]]
    before: Size
    after: Size
    conditions: list[dict[tuple[str, ...], Conditions]]

    @property
    def nodes(self) -> list[int]:
        """The nodes of all derivatives, in order."""
        return [node for found in self.derivatives for node in found.values()]


def size_of(graph: Graph, nodes: Iterable[int]) -> Size:
    """The size of nodes in operations. Trees are counted exactly: they may be of any size."""
    nodes = list(nodes)
    order = graph.reach(nodes)
    last_use: dict[int, int] | None = None
    counts: dict[int, int] = {}
    operations = 0
    for i in order:
        args = graph.args[i]
        if not args:
            counts[i] = 0
            continue
        operations += 1
        counts[i] = count = 1 + sum([counts[a] for a in args])
        if count > _LARGE:  # numbers of a million digits are not kept
            if last_use is None:
                last_use = {a: k for k in order for a in graph.args[k]}
                last_use.update(dict.fromkeys(nodes, -1))
            for a in args:
                if last_use[a] == i:
                    counts[a] = 0
    return Size(sum(counts[node] for node in nodes), operations)


def derivative_formulas(
    program: Program,
    wrt: Sequence[str],
    order: int = 1,
    shapes: Mapping[str, Shape] | None = None,
    *,
    to_read: bool = False,
) -> Formulas:
    """All partial derivatives of an order of each result of a program, by the variables `wrt`.

    `shapes` are those of variables that are not scalars. One scalar variable goes by a forward
    sweep (the result may be an array), several go by one reverse sweep. Each order is simplified
    before the next; where that makes long formulas, one of numbers by
    one variable comes from the recurrences of power series. Raises LanguageError where
    shapes do not fit or where a derivative would have more axes than a formula has, and UsageError
    for too many formulas or too long ones.

    Formulas `to_read` have the rules of textbooks and are as short as they get; others, to be
    computed, keep their digits and the range of float64.
    """
    graph, outputs, inputs = program.graph, program.outputs, program.inputs
    shapes = {name: shape for name, shape in (shapes or {}).items() if shape}
    count = comb(len(wrt) + order - 1, order) if wrt else 0
    if count * len(outputs) > MAX_FORMULAS:
        raise UsageError(
            f"there are {count * len(outputs):,} derivatives of order {order}",
            "choose variables with --wrt",
        )
    algebra = TextbookNodes if to_read else Nodes
    every = graph.reach(outputs)
    _refuse_no_derivative(program, every, wrt)
    scalars = not shapes and is_scalar_program(graph, every)
    known = {} if scalars else infer_shapes(graph, every, shapes, program.text)
    raw: list[int] = []
    found = []
    conditions = []
    for output in outputs:
        level: dict[tuple[str, ...], int] = {(): output}
        last: dict[tuple[str, ...], int] = {}
        lost: dict[tuple[str, ...], Conditions] = {}
        for k in range(order):
            _check(program, level.values(), known.get(output, ()), wrt, k, shapes)
            is_long = k >= LOW and size_of(graph, level.values()).graph > SHORT
            if is_long and scalars and len(wrt) == 1:
                last = {(*wrt,) * order: _by_recurrences(graph, output, inputs[wrt[0]], order)}
            else:
                last = _next_order(graph, level, inputs, wrt, shapes, algebra)
                _refuse_long(graph, output, last, k + 1)
            if to_read:
                simplified, new = to_be_read(graph, last.values(), shapes)
                lost = {
                    by: lost.get(by[:-1], set()) | conditions
                    for by, conditions in zip(last, new, strict=True)
                }
            else:
                simplified = simplify(graph, last.values(), shapes)
            level = dict(zip(last, simplified, strict=True))
            if len(next(iter(level), ())) == order:
                break
        raw += last.values()
        found.append(level)
        conditions.append({by: still_lost(graph, level[by], c, output) for by, c in lost.items()})
    nodes = [node for level in found for node in level.values()]
    _refuse_order(program, nodes)
    before, after = size_of(graph, raw), size_of(graph, nodes)
    return Formulas(graph, list(outputs), found, before, after, conditions)


def _refuse_no_derivative(program: Program, order: list[int], wrt: Sequence[str]) -> None:
    """Refuse a derivative by what has none: an order, a count."""
    graph = program.graph
    moves = graph.dependents(order, [program.inputs[name] for name in wrt])
    for i in order:
        op = graph.ops[i]
        for name, j, rule in zip(op.inputs, graph.args[i], op.partials, strict=False):
            if rule is no_derivative and moves[j]:
                raise LanguageError(
                    f"{usual_word(op)} has no derivative in {name}",
                    "--wrt names the variables to differentiate by",
                    span=graph.span(i),
                    text=program.text,
                )


def _refuse_order(program: Program, nodes: Iterable[int]) -> None:
    """Refuse formulas with a derivative of higher order than is known."""
    graph = program.graph
    for i in graph.reach(nodes):
        op = graph.ops[i]
        if op.most_order is None:
            continue
        pairs = zip(graph.args[i], op.partials, strict=True)
        orders = [graph.attrs[a] for a, rule in pairs if rule is no_derivative]
        if all(isinstance(n, float) for n in orders) and sum(orders) > op.most_order:
            raise LanguageError(
                f"there is no formula for {usual_word(op)} of order {sum(orders):.0f}",
                op.remedy,
                span=graph.span(i),
                text=program.text,
            )


def _check(
    program: Program,
    nodes: Iterable[int],
    shape: Shape,
    wrt: Sequence[str],
    done: int,
    shapes: Mapping[str, Shape],
) -> None:
    """Refuse what no sweep gives in one piece: the derivative of an array by an array."""
    arrays = [name for name in wrt if name in shapes]
    if arrays and (shape or done):
        node = next(iter(nodes))
        what = f"an array of shape {show_shape(shape)}" if shape else "a gradient"
        raise LanguageError(
            f"no formula of this language says the derivative of {what} by the array '{arrays[0]}'",
            "sum(...) makes a number of it; 'adcli jacobian' and 'adcli hessian' give its numbers",
            span=program.graph.span(node),
            text=program.text,
        )


def _by_recurrences(graph: Graph, output: int, variable: int, order: int) -> int:
    """The derivative of a high order of a program of numbers; UsageError if it is too long."""
    nodes = NumberNodes(graph)
    nodes.shaped = False  # no element is beside another, and `Series` knows every node's place
    reached = graph.reach([output, variable])
    seeds = {variable: nodes.m.expression(1.0)}
    found: Expression = _Derivatives(nodes.run(reached), output, seeds, order).of(output, order)[-1]
    return found.node


def _refuse_long(graph: Graph, output: int, found: Mapping[Any, int], order: int) -> None:
    """Raise UsageError for formulas of high order that are too long to simplify."""
    most = MAX_OPERATIONS
    if order == 2:
        most = max(most, MOST_TIMES * len(found) * size_of(graph, [output]).graph)
    if order > 1 and size_of(graph, found.values()).graph > most:
        raise _too_long(most, order)


def _too_long(most: int, order: int) -> UsageError:
    return UsageError(
        f"formulas of order {order} take more than {most:,} operations here",
        "'adcli taylor' gives numbers to any order at a point: --at x=1 --order 20",
    )


def _next_order(
    graph: Graph,
    level: Mapping[tuple[str, ...], int],
    inputs: Mapping[str, int],
    wrt: Sequence[str],
    shapes: Mapping[str, Shape],
    algebra: type[Nodes],
) -> dict[tuple[str, ...], int]:
    """The derivatives of one order more: each by the variables from its last one on."""
    rank = {name: k for k, name in enumerate(wrt)}
    found: dict[tuple[str, ...], int] = {}
    for by, node in level.items():
        names = [name for name in wrt if not by or rank[name] >= rank[by[-1]]]
        order = graph.reach([node, *(inputs[name] for name in names)])
        is_line = len(names) == 1 and not shapes.get(names[0])
        if is_line or infer_shapes(graph, order, shapes)[node]:
            nodes = [tangent_node(graph, order, node, inputs[n], shapes, algebra) for n in names]
        else:
            sources = [inputs[n] for n in names]
            nodes = gradient_nodes(graph, order, node, sources, shapes, algebra=algebra)
        found.update({(*by, name): n for name, n in zip(names, nodes, strict=True)})
    keys = list(combinations_with_replacement(wrt, len(next(iter(found), ()))))
    return {key: found[key] for key in keys}


class _Derivatives(Series):
    """The derivatives of every node, order by order, as expressions."""

    def __init__(self, run: Run, output: int, seeds: dict[int, Any], order: int) -> None:
        self._limit = len(run.graph) + MAX_OPERATIONS
        self._order = order
        super().__init__(run, output, seeds, order)

    def _extend(self, order: list[int]) -> None:
        self.values += [None] * (len(self.graph) - len(self.values))
        for i in order:
            self.values[i] = Expression(self.algebra.m, i)

    def _is_positive(self, node: int) -> bool:
        return True  # a base that is not has no derivative by the exponent

    def coefficient(self, i: int, k: int) -> Any:
        if len(self.graph) > self._limit:
            raise _too_long(MAX_OPERATIONS, self._order)
        self.algebra.m.span = self.graph.span(i)
        found = super().coefficient(i, k)
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
