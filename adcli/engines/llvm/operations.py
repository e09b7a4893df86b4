"""Nodes of a graph as lines of LLVM's intermediate representation, and how numbers are reduced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from adcli.algebras.functions import float_functions
from adcli.engines.llvm.code import Code
from adcli.engines.llvm.place_code import gathered
from adcli.engines.llvm.vector_math import written_out
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, NAMED, PRIMITIVES
from adcli.graph.structure import GATHER

_INFIX = {"add": "fadd", "subtract": "fsub", "multiply": "fmul", "divide": "fdiv"}
PREDICATES = {
    "less": "olt",
    "less_equal": "ole",
    "greater": "ogt",
    "greater_equal": "oge",
    "equal": "oeq",
    "not_equal": "une",
}
"""What LLVM calls comparisons: false for nan, all but the last."""
_INTRINSICS = {"abs": "fabs", "sqrt": "sqrt", "floor": "floor", "ceil": "ceil", "round": "rint"}
"""Instructions on most machines; the C library's functions of these names on the others."""
_C_NAMES = {"power": "pow"}


class Values:
    """The operands that hold nodes of a graph, made in topological order.

    A comparison is kept as a mask, and becomes a number only where one is needed.
    """

    def __init__(self, code: Code, graph: Graph, known: Mapping[int, str]) -> None:
        self.code = code
        self.graph = graph
        self.known = dict(known)
        self.masks: dict[int, str] = {}

    def __getitem__(self, node: int) -> str:
        operand = self.known.get(node)
        if operand is None:
            code = self.code
            one, zero = code.number(1.0), code.number(0.0)
            operand = self.known[node] = code.choose(self.masks[node], one, zero)
        return operand

    def mask(self, node: int) -> str:
        """Where the number is not 0; nan counts as true."""
        mask = self.masks.get(node)
        if mask is None:
            mask = self.masks[node] = self.code.compare("une", self[node], self.code.number(0.0))
        return mask

    def make(self, node: int) -> None:
        """Compute a node from its inputs, which are known."""
        graph, code = self.graph, self.code
        if node in self.known or node in self.masks:
            return
        op, args = graph.ops[node], graph.args[node]
        name = op.name
        if op is CONSTANT:
            self.known[node] = code.number(float(graph.attrs[node]))
        elif op is NAMED:
            self.known[node] = code.number(getattr(float_functions, graph.attrs[node]))
        elif name in PREDICATES:
            self.masks[node] = code.compare(PREDICATES[name], self[args[0]], self[args[1]])
        elif op is GATHER:
            table, place = self.known[args[0]], self[args[1]]
            self.known[node] = gathered(code, table, place, graph.attrs[node])
        elif name == "where":
            self.known[node] = code.choose(self.mask(args[0]), self[args[1]], self[args[2]])
        else:
            self.known[node] = _operation(code, name, [self[a] for a in args])


def operation(name: str) -> Callable[..., str]:
    """The function `(code, *operands) -> operand` that appends a primitive."""
    return lambda code, *xs: _operation(code, name, list(xs))


def _operation(code: Code, name: str, xs: list[str]) -> str:
    if name in _INFIX:
        return code.arithmetic(_INFIX[name], *xs)
    if name in _INTRINSICS:
        return code.intrinsic(_INTRINSICS[name], *xs)
    special = _SPECIAL.get(name)
    return special(code, *xs) if special else _function(code, _c_name(name), *xs)


def _c_name(name: str) -> str:
    row = PRIMITIVES.get(name)
    return row.spelling["c"] if row and row.libraries else _C_NAMES.get(name, name)


def _function(code: Code, name: str, *xs: str) -> str:
    """A function: written out, or of the C library."""
    if len(xs) == 1:
        found = code.found.get((name, xs[0]))
        if found is not None:
            return found
        together = written_out(code, name, xs[0])
        if together is not None:
            code.found.update({(each, xs[0]): y for each, y in together.items()})
            return together[name]
    return code.library(name, *xs)


def _maximum(code: Code, x: str, y: str) -> str:
    return _extremum(code, "oge", x, y, code.add(x, y))


def _minimum(code: Code, x: str, y: str) -> str:
    zero = code.negative(code.subtract(code.negative(x), y))
    return _extremum(code, "ole", x, y, zero)


def _extremum(code: Code, predicate: str, x: str, y: str, zero: str) -> str:
    """x where it wins or is nan, else y, which may be nan as well; `zero` where zeros tie."""
    wins = code.compare(predicate, x, y)
    is_nan = code.compare("uno", x, x)
    found = code.choose(code.emit(f"or {code.mask} {wins}, {is_nan}"), x, y)
    none = code.number(0.0)
    both = code.emit(
        f"and {code.mask} {code.compare('oeq', x, none)}, {code.compare('oeq', y, none)}"
    )
    return code.choose(both, zero, found)


def _mod(code: Code, x: str, y: str) -> str:
    """The remainder of truncated division, moved to the sign of y; 0 gets that sign, too."""
    if code.machine.c_function("fmod"):
        code.symbols.add("fmod")
    rest, zero = code.arithmetic("frem", x, y), code.number(0.0)
    below = code.compare(
        "olt", code.multiply(rest, code.intrinsic("copysign", code.number(1.0), y)), zero
    )
    moved = code.choose(below, code.add(rest, y), rest)
    signed_zero = code.intrinsic("copysign", zero, y)
    return code.choose(code.compare("oeq", rest, zero), signed_zero, moved)


_SPECIAL: dict[str, Any] = {
    "negative": Code.negative,
    "maximum": _maximum,
    "minimum": _minimum,
    "mod": _mod,
}


class Reduction(NamedTuple):
    """How numbers are reduced: where one starts, how two are joined, and how an array is."""

    neutral: float
    join: Callable[[Code, str, str], str]
    total: Callable[[Any], float]


REDUCTIONS = {
    "sum": Reduction(0.0, Code.add, np.sum),
    "reduce_max": Reduction(-np.inf, operation("maximum"), lambda x: np.max(x) + 0.0),
    "reduce_min": Reduction(np.inf, operation("minimum"), lambda x: np.min(x) + 0.0),
}


def over_lanes(code: Code, vector: str, kind: Reduction) -> str:
    """The lanes joined in pairs, as a `double`."""
    if code.lanes == 1:
        return vector
    width = code.lanes
    while width > 1:
        whole = f"<{width} x double>"
        width //= 2
        part = code.narrow(width)
        halves = []
        for start in (0, width):
            places = ", ".join(f"i32 {start + k}" for k in range(width))
            mask = f"<{width} x i32> <{places}>"
            halves.append(code.emit(f"shufflevector {whole} {vector}, {whole} poison, {mask}"))
        if width == 1:
            halves = [code.emit(f"extractelement <1 x double> {h}, i32 0") for h in halves]
        vector = kind.join(part, *halves)
    return vector
