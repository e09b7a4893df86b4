"""Programs over arrays at one point, prepared once and run many times.

The graph of a value and its gradient becomes a list of steps on plain NumPy arrays in the program's
own shapes (no axis of points). What depends on no input is computed while preparing; every other
array is freed after its last use, so that memory stays near what the outputs need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from adcli.ad.symbolic import gradient_nodes
from adcli.engines import arrays
from adcli.engines.numpy import Arrays
from adcli.engines.structural import STRUCTURAL
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, ELEMENTWISE, NAMED, SELECT, VARIABLE

Array = Any
PREPARED = 8
"""Programs that a Loss keeps: one for each combination of shapes, the oldest makes room."""


class Loss:
    """A scalar function of arrays: its value and its gradient with respect to the variables `wrt`.

    `function` is an adcli.function.Function with one result; `dtype` is "float64" or "float32": all
    computation is done in it. Results are not checked for being finite.
    """

    def __init__(self, function: Any, wrt: Sequence[str], dtype: str = "float64") -> None:
        self._function = function
        self._wrt = list(wrt)
        self._dtype = np.dtype(dtype)
        self._programs: dict[Any, Program] = {}

    def value_and_gradient(
        self, inputs: Mapping[str, Any], out: Mapping[str, np.ndarray[Any, Any]] | None = None
    ) -> tuple[float, dict[str, np.ndarray[Any, Any]]]:
        """The value and the gradient of each variable of `wrt`, in its shape and the dtype.

        `inputs` has a number or an array for every variable; none is written to, and no array of
        the result is used again. `out` has an array of the right shape and dtype for every
        variable of `wrt` (views of one flat vector, say): the gradient is written there, and these
        arrays are returned.
        """
        value, *gradient = self._run(inputs, True)
        if out is not None:
            for name, g in zip(self._wrt, gradient, strict=True):
                out[name][...] = g
            return float(value), {name: out[name] for name in self._wrt}
        return float(value), dict(zip(self._wrt, gradient, strict=True))

    def value(self, inputs: Mapping[str, Any]) -> float:
        """The value alone."""
        (value,) = self._run(inputs, False)
        return float(value)

    def _run(self, inputs: Mapping[str, Any], with_gradient: bool) -> list[Array]:
        names = self._function.inputs
        given = {name: np.asarray(inputs[name], self._dtype) for name in names}
        key = (with_gradient, *(x.shape for x in given.values()))
        program = self._programs.pop(key, None)
        if program is None:
            program = self._prepare({n: x.shape for n, x in given.items()}, with_gradient)
            while len(self._programs) >= PREPARED:
                del self._programs[next(iter(self._programs))]
        self._programs[key] = program
        return program.run({names[name]: x for name, x in given.items()})

    def _prepare(self, shapes: dict[str, Shape], with_gradient: bool) -> Program:
        function = self._function
        graph = function.graph
        (output,) = function.outputs
        outputs = [output]
        if with_gradient:
            wrt = [function.inputs[name] for name in self._wrt]
            outputs += gradient_nodes(graph, function.order, output, wrt, shapes)
        return Program(graph, outputs, self._dtype)


class Program:
    """The nodes `outputs` as a function of the graph's variables, in one dtype."""

    def __init__(self, graph: Graph, outputs: Sequence[int], dtype: Any) -> None:
        self._outputs = list(outputs)
        order = graph.reach(outputs)
        self._fixed: dict[int, Array] = {}
        self._steps: list[tuple[int, Callable[..., Array], tuple[int, ...], list[int]]] = []
        varying = [i for i in order if graph.varying[i]]
        call = _Calls(graph, dtype)
        with arrays.quiet():
            for i in order:
                if not graph.varying[i]:
                    self._fixed[i] = call.of(i)(*[self._fixed[a] for a in graph.args[i]])
        last = {a: i for i in varying for a in graph.args[i] if graph.varying[a]}
        kept = set(outputs)
        dying: dict[int, list[int]] = {}
        for a, i in last.items():
            if a not in kept:
                dying.setdefault(i, []).append(a)
        self._steps = [
            (i, call.of(i), graph.args[i], dying.get(i, []))
            for i in varying
            if graph.ops[i] is not VARIABLE
        ]

    def run(self, inputs: Mapping[int, Array]) -> list[Array]:
        """The outputs' values, arrays of their own."""
        values = {**self._fixed, **inputs}
        with arrays.quiet():
            for i, call, args, dying in self._steps:
                values[i] = call(*[values[a] for a in args])
                for a in dying:
                    del values[a]
        return [np.array(values[o]) for o in self._outputs]


class _Calls:
    """What computes a node from its operands' arrays."""

    def __init__(self, graph: Graph, dtype: Any) -> None:
        self.graph = graph
        self.dtype = dtype
        self.algebra = Arrays()

    def of(self, i: int) -> Callable[..., Array]:
        """The callable of a node."""
        op, attr = self.graph.ops[i], self.graph.attrs[i]
        if op is CONSTANT:
            return lambda: np.asarray(float(attr), self.dtype)
        if op is NAMED:
            return lambda: np.asarray(getattr(arrays, attr), self.dtype)
        if op.kind in (ELEMENTWISE, SELECT):
            return partial(self._elementwise, getattr(arrays, op.name))
        return partial(self._structural, STRUCTURAL[op.name], attr)

    def _elementwise(self, function: Callable[..., Array], *xs: Array) -> Array:
        return np.asarray(function(*xs), self.dtype)

    def _structural(self, function: Callable[..., Array], attr: Any, *xs: Array) -> Array:
        """One point, so that the axis of points has length 1."""
        result = function(self.algebra, attr, *[x[np.newaxis] for x in xs])
        return np.asarray(result[0], self.dtype)
