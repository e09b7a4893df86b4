"""A function, a point and the components to differentiate for: what is compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import accumulate, product
from math import prod
from typing import Any

from adcli.ad.evaluate import Run, evaluate
from adcli.ad.tasks import Task
from adcli.algebras.digits import exactly
from adcli.engines.point import PointResults
from adcli.errors import UsageError
from adcli.function import Function
from adcli.graph.axes import index_label
from adcli.graph.primitives import MULTIPLY, PRIMITIVES, SLOPE, SUBTRACT

SIDES = {"right": (1, 0), "left": (0, -1), "both": (1, -1)}
"""Where difference quotients take the function, in steps."""

SEED_NUMBERS = 1 << 20
"""How many numbers the seeds of one sweep may hold."""

_DETACH = PRIMITIVES["detach"]


@dataclass(frozen=True)
class Component:
    """One number of the gradient: the variable, the index in it, the point's number, and whether
    the gradient has more numbers."""

    name: str
    index: tuple[int, ...]
    at: float
    is_partial: bool = False

    @property
    def size(self) -> float:
        """What steps and changes are relative to: |x|, or 1 where that is 0."""
        return abs(self.at) or 1.0

    @property
    def label(self) -> str:
        """`x`, or `A[0,1]`."""
        return self.name + index_label(self.index)

    @property
    def derivative(self) -> str:
        """`df/dx`, in files."""
        return f"df/d{self.label}"

    @property
    def shown(self) -> str:
        """`df/dx`, and of a function of several variables `∂f/∂x`."""
        return f"∂f/∂{self.label}" if self.is_partial else self.derivative


@dataclass(frozen=True)
class Pair:
    """One number of the Hessian: the derivative by `second` of the gradient's `first`."""

    first: Component
    second: Component

    @property
    def label(self) -> str:
        """`x,y`."""
        return f"{self.first.label},{self.second.label}"

    @property
    def derivative(self) -> str:
        """`d2f/dxdy`, in files."""
        return f"d2f/d{self.first.label}d{self.second.label}"

    @property
    def shown(self) -> str:
        """`d²f/dx²`, and of a function of several variables `∂²f/∂x∂y`."""
        d, x, y = "∂" if self.first.is_partial else "d", self.first.label, self.second.label
        return f"{d}²f/{d}{x}²" if x == y else f"{d}²f/{d}{x}{d}{y}"


class FunctionAtPoint:
    """A function at a point, evaluated in float64, or in more digits.

    Raises what `Function.value_and_gradient` raises, and UsageError without any variable.
    """

    def __init__(
        self, function: Function, point: Mapping[str, Any], wrt: Iterable[str] | None = None
    ) -> None:
        self.function = function
        self.point = point
        self.names = function.names(wrt)
        results = self.results("reverse")
        self.run: Run = results.run
        (self.output,) = function.outputs
        self.nodes = [function.inputs[name] for name in self.names]
        self.value: float = results.by_path["value",][0]
        shape = self.run.algebra.shape
        inputs = [self.run.inputs[node] for node in function.inputs.values()]
        is_partial = len(inputs) > 1 or any(map(shape, inputs))
        self.components = [
            Component(name, index, at, is_partial)
            for name, node in zip(self.names, self.nodes, strict=True)
            for index, at in zip(
                product(*map(range, shape(self.run.inputs[node]))),
                self.numbers([self.run.inputs[node]]),
                strict=True,
            )
        ]
        sizes = [prod(shape(self.run.inputs[node])) for node in self.nodes]
        self.starts = dict(zip(self.nodes, accumulate(sizes, initial=0), strict=False))
        """The number of the first component of each variable's node."""
        if not self.components:
            raise UsageError("there is no variable to differentiate for", "for example 'x^2'")
        self.sample: list[int] | None = None
        """The numbers of the components that costly methods are run for, in order; None is all."""

    @property
    def work(self) -> int:
        """How many numbers an evaluation computes."""
        return sum(prod(self.run.algebra.shape(self.run.values[i])) for i in self.run.order)

    def results(self, mode: str) -> PointResults:
        """Value and gradient, as `adcli grad --mode MODE` computes them."""
        return self.function.swept(self.point, Task("gradient", mode, self.names))

    def evaluate(self) -> PointResults:
        """The value, as `adcli eval` computes it."""
        return self.function.swept(self.point, Task("value"))

    def gradient(self, mode: str) -> list[float]:
        """The gradient's components, as `adcli grad --mode MODE` gives them."""
        found = self.results(mode).by_path
        return self.numbers([found["gradient", name][0] for name in self.names])

    def exactly(self, digits: int) -> FunctionAtPoint:
        """The function that float64 runs, in many digits (adcli.algebras.digits); value and
        components stay as they are."""
        other = copy(self)
        other.run = exactly(self.run, digits)
        return other

    def still(self) -> FunctionAtPoint:
        """The function with what `detach` makes constant as constants, and `slope` as a straight
        line: only then do differences of values tell about the derivative."""
        other = copy(self)
        other.run, other.output = _still(self.run, self.output)
        return other

    def at(self, direction: Sequence[Any], t: Any) -> Any:
        """The output at x + t d, in the digits of the run, whose context is on; t is one of its
        numbers."""
        run, inputs = self.run, dict(self.run.inputs)
        for node in self.nodes:
            x, start = run.inputs[node], self.starts[node]
            if not hasattr(x, "reshape"):
                inputs[node] = x + t * direction[start]
                continue
            part = [t * d for d in direction[start : start + x.size]]
            change = x.reshape(-1) + part if part else x.reshape(-1)
            inputs[node] = change.reshape(x.shape)
        return evaluate(run.graph, run.order, inputs, run.algebra)[self.output]

    def quotients(self, epsilon: Any, side: str, floor: float = 0.0) -> list[Any]:
        """(f(x + a h) - f(x + b h)) / (a - b) h for each component, (a, b) by SIDES.

        The step h is epsilon times max(|x|, floor), and epsilon itself where that is 0. The
        denominator is the distance between the two places as rounded; a step that rounding loses
        gives 0. One evaluation more than there are components, or twice as many for "both".
        """
        run, output = self.run, self.output
        algebra, m = run.algebra, run.algebra.m
        gradient = []
        with algebra.context():
            for v in self.nodes:
                x = run.inputs[v]
                size = m.maximum(m.abs(x), floor * algebra.one(x))
                h = epsilon * m.where(m.equal(size, 0), algebra.one(x), size)
                for seed in self.seeds(v, x, algebra):
                    ends = [x + factor * h * seed if factor else x for factor in SIDES[side]]
                    high, low = (
                        evaluate(run.graph, run.order, {**run.inputs, v: end}, algebra)[output]
                        if factor
                        else run.values[output]
                        for factor, end in zip(SIDES[side], ends, strict=True)
                    )
                    distance = algebra.total(ends[0] - ends[1])
                    lost = m.equal(distance, 0)
                    divisor = m.where(lost, 1 + 0 * distance, distance)
                    found = m.where(lost, 0 * distance, m.divide(high - low, divisor))
                    gradient += per_seed(found, seed)
            return gradient

    def seeds(self, node: int, x: Any, algebra: Any) -> Iterator[Any]:
        """The seeds of a variable's components, or of those in the sample, some side by side.

        `x` is the variable's value in the algebra.
        """
        if self.sample is None:
            yield from algebra.basis(x, 1)
            return
        first, size = self.starts[node], prod(algebra.shape(x))
        places = [k - first for k in self.sample if first <= k < first + size]
        if not algebra.shaped:
            yield from [algebra.one(x)] * len(places)
            return
        step = max(1, SEED_NUMBERS // max(size, 1))
        for start in range(0, len(places), step):
            yield algebra.seeds(x, places[start : start + step])

    def numbers(self, values: Iterable[Any]) -> list[Any]:
        """The numbers of several values, one after the other."""
        return [
            x
            for value in values
            for x in (value.reshape(-1).tolist() if hasattr(value, "reshape") else [value])
        ]


def per_seed(found: Any, seed: Any) -> list[Any]:
    """The numbers of a result for each of the seeds that lie side by side."""
    numbers = found.reshape(-1).tolist() if hasattr(found, "reshape") else [found]
    return numbers if len(numbers) > 1 or not hasattr(seed, "shape") else numbers * len(seed)


def _still(run: Run, output: int) -> tuple[Run, int]:
    """A run, and its output, with constants for what does not move when a derivative is taken."""
    graph, algebra = run.graph, run.algebra
    slopes = {i: graph.args[i] for i in run.order if graph.ops[i] is SLOPE}
    nodes = [i for i in run.order if graph.ops[i] is _DETACH]
    nodes += {j for args in slopes.values() for j in args}
    if not nodes:
        return run, output
    constants = {i: graph.variable(f"constant {i}", graph.span(i)) for i in nodes}
    replaced = {i: constants[i] for i in nodes if graph.ops[i] is _DETACH}
    for i, (x, w) in slopes.items():
        away = graph.node(SUBTRACT, (x, constants[x]), None, graph.span(i))
        replaced[i] = graph.node(MULTIPLY, (away, constants[w]), None, graph.span(i))
    root = graph.substitute(output, graph.affected(output, replaced), replaced)
    inputs = {**run.inputs, **{constants[i]: run.values[i] for i in nodes}}
    with algebra.context():
        return Run.at(graph, graph.reach([root]), inputs, algebra, 1), root
