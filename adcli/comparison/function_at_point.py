"""A function, a point and the components to differentiate for: what is compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from adcli.ad.evaluate import Run
from adcli.ad.tasks import Task
from adcli.engines.point import PointResults
from adcli.errors import UsageError
from adcli.function import Function
from adcli.graph.axes import index_label


@dataclass(frozen=True)
class Component:
    """One number of the gradient: the variable, the index in it, the point's number."""

    name: str
    index: tuple[int, ...]
    at: float

    @property
    def label(self) -> str:
        """`x`, or `A[0,1]`."""
        return self.name + index_label(self.index)

    @property
    def derivative(self) -> str:
        """`df/dx`."""
        return f"df/d{self.label}"


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
        """`d2f/dxdy`."""
        return f"d2f/d{self.first.label}d{self.second.label}"


class FunctionAtPoint:
    """A function at a point, evaluated in float64.

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
        self.components = [
            Component(name, index, at)
            for name, node in zip(self.names, self.nodes, strict=True)
            for index, at in zip(
                product(*map(range, self.run.algebra.shape(self.run.inputs[node]))),
                self.numbers([self.run.inputs[node]]),
                strict=True,
            )
        ]
        if not self.components:
            raise UsageError("there is no variable to differentiate for", "for example 'x^2'")

    def results(self, mode: str) -> PointResults:
        """What `adcli grad --mode MODE` computes."""
        return self.function.swept(self.point, Task("gradient", mode, self.names))

    def gradient(self, mode: str) -> list[float]:
        """The gradient's components, as `adcli grad --mode MODE` gives them."""
        found = self.results(mode).by_path
        return self.numbers([found["gradient", name][0] for name in self.names])

    def ordered(self, gradient: Mapping[int, Any]) -> list[Any]:
        """The components of a gradient by node."""
        return self.numbers([gradient[node] for node in self.nodes])

    def numbers(self, values: Iterable[Any]) -> list[Any]:
        """The numbers of several values, one after the other."""
        return [
            x
            for value in values
            for x in (value.reshape(-1).tolist() if hasattr(value, "reshape") else [value])
        ]
