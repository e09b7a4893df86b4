"""How large the rounding errors are in what float64 computed: a running error analysis.

Every operation commits an error of up to half a unit in the last place of its result, and passes
the errors of its operands on, times its partial derivatives: one forward sweep in absolute values.
The errors are relative to the terms of a sum, not to what they cancel to. Source: Higham, Accuracy
and Stability of Numerical Algorithms, 2nd ed., 3.3; to first order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from adcli.ad.evaluate import Run
from adcli.ad.forward import reduction_tangent, select_tangent
from adcli.graph.primitives import ELEMENTWISE, LINEAR, MATRIX, MULTILINEAR, REDUCTION, SELECT

UNIT = 2.0**-53
"""Half a unit in the last place of 1."""


def rounding_errors(run: Run, outputs: list[int], inputs: Mapping[int, Any]) -> list[Any]:
    """A bound to first order of the error of each output, in its shape; 0 where it is exact.

    `run` evaluates on NumPy's arrays; `inputs` has the errors of variables (absent: none). What a
    function that is not finite at a place would do to an error there is left out.
    """
    graph, values = run.graph, run.values
    errors: list[Any] = [None] * len(graph)
    for node, error in inputs.items():
        errors[node] = error
    for i in run.order:
        rule = _RULES.get(graph.ops[i].kind)
        if rule is None:
            continue  # numbers, variables, and what depends on shapes alone
        own = UNIT * np.abs(values[i]) if graph.varying[i] else None
        passed = rule(run, i, errors)
        if passed is None:
            errors[i] = own
        else:
            passed = np.where(np.isfinite(passed), passed, 0.0)
            errors[i] = passed if own is None else passed + own
    found = [0.0 if errors[o] is None else errors[o] for o in outputs]
    return [np.broadcast_to(e, values[o].shape) for e, o in zip(found, outputs, strict=True)]


def _elementwise(run: Run, i: int, errors: list[Any]) -> Any:
    graph, algebra, out, xs = run.graph, run.algebra, run.values[i], run.operands(i)
    es = algebra.align([errors[j] for j in graph.args[i]], out)
    total = None
    for partial, e in zip(graph.ops[i].partials, es, strict=True):
        if e is not None and partial is not None:
            e = e * np.abs(partial(algebra.m, *xs, out))
            total = e if total is None else total + e
    return None if total is None else algebra.spread(total, out)


def _select(run: Run, i: int, errors: list[Any]) -> Any:
    return select_tangent(run, i, errors, np.abs)


def _reduction(run: Run, i: int, errors: list[Any]) -> Any:
    (j,) = run.graph.args[i]
    return None if errors[j] is None else reduction_tangent(run, i, errors, np.abs)


def _linear(run: Run, i: int, errors: list[Any]) -> Any:
    """Sums, and what moves numbers: the errors of the terms, and one of each partial sum."""
    graph, algebra = run.graph, run.algebra
    terms = [
        _error(run, j, errors) + (UNIT * np.abs(run.values[j]) if graph.varying[j] else 0.0)
        for j in graph.args[i][: graph.ops[i].flows]
    ]
    return algebra.structural(graph.ops[i], graph.attrs[i], terms + run.places(i))


def _multilinear(run: Run, i: int, errors: list[Any]) -> Any:
    graph, algebra = run.graph, run.algebra
    sizes = [np.abs(run.values[j]) for j in graph.args[i]]
    total = UNIT * algebra.structural(graph.ops[i], graph.attrs[i], sizes)
    for k, j in enumerate(graph.args[i]):
        if errors[j] is not None:
            factors = [*sizes[:k], errors[j], *sizes[k + 1 :]]
            total = total + algebra.structural(graph.ops[i], graph.attrs[i], factors)
    return total


def _matrix(run: Run, i: int, errors: list[Any]) -> Any:
    """The errors of the inputs, and n roundings of the largest element of each column: LAPACK's
    results are right for matrices that are so near (Higham, 9.3; elements that are 0 are not kept).
    The rule for tangents takes them in absolute values."""
    graph, algebra, total = run.graph, run.algebra, None
    op, args = graph.ops[i], graph.args[i]
    assert op.tangent is not None
    xs = [run.values[j] for j in args]
    shapes = [algebra.shape(x) for x in xs]
    for k, x in enumerate(xs):
        size = np.abs(x)
        if len(shapes[k]) == 2:
            size = size + np.max(size, axis=-2, keepdims=True, initial=0.0)
        error = _error(run, args[k], errors) + UNIT * max(shapes[k], default=1) * size
        m = _Sizes(algebra)
        passed = op.tangent(m, error, k, graph.attrs[i], shapes, xs, run.values[i])
        if passed is not None:
            total = np.abs(passed) if total is None else total + np.abs(passed)
    return total


class _Sizes:
    """The functions of a rule for tangents, in absolute values: the tangent is not negative."""

    def __init__(self, algebra: Any) -> None:
        self._m = algebra.m

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._m, name)
        return lambda attr, *xs: np.abs(function(attr, *xs))

    def matmul(self, attr: Any, x: Any, y: Any) -> Any:
        """Products of sizes."""
        return self._m.matmul(attr, np.abs(x), np.abs(y))

    def solve(self, attr: Any, a: Any, b: Any) -> Any:
        """The size of the inverse times that of the right side."""
        return self.matmul(None, self._m.solve(attr, a, self._m.eye(a.shape[1:])), b)

    def recurrence(self, attr: Any, a: Any, b: Any) -> Any:
        """All products of sizes."""
        return self._m.recurrence(attr, np.abs(a), np.abs(b))

    def eigen_part(self, attr: Any, x: Any, a: Any) -> Any:
        """All of it, whatever is equal."""
        return a


def _error(run: Run, j: int, errors: list[Any]) -> Any:
    return run.algebra.zero(run.values[j]) if errors[j] is None else errors[j]


_RULES: dict[str, Callable[[Run, int, list[Any]], Any]] = {
    ELEMENTWISE: _elementwise,
    SELECT: _select,
    REDUCTION: _reduction,
    LINEAR: _linear,
    MULTILINEAR: _multilinear,
    MATRIX: _matrix,
}
