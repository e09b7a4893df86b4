"""LLVM's intermediate representation of nodes: a line for each operation, in any number of lanes.

The text is built from a checked graph; no text of the user gets into it. Operations are IEEE-754
without contraction (x*y - x*y stays 0), so lanes give what single numbers give.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from typing import Any

from adcli.engines import floats
from adcli.engines.llvm.machine import Machine
from adcli.engines.llvm.vector_math import written_out
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, NAMED, PRIMITIVES

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


class Code:
    """Lines of a function in the making, and what its module must declare.

    real, mask   the types of a number and of a truth value in all lanes
    rare         None: functions that are written out are called. A list: they are written in place,
                 and the list gets the masks of the lanes in which their results are not right
    """

    def __init__(self, machine: Machine, lanes: int) -> None:
        self.machine = machine
        self.lanes = lanes
        self.real = f"<{lanes} x double>" if lanes > 1 else "double"
        self.mask = f"<{lanes} x i1>" if lanes > 1 else "i1"
        self.lines: list[str] = []
        self.declarations: dict[str, str] = {}
        self.symbols: set[str] = set()
        self.rare: list[str] | None = None
        self._found: dict[tuple[str, str], str] = {}

    def emit(self, operation: str) -> str:
        """Append an operation; the name of its result."""
        name = f"%t{len(self.lines)}"
        self.lines.append(f"{name} = {operation}")
        return name

    def rename(self, operand: str, name: str) -> None:
        """Give the result of the last line a name that an earlier line refers to."""
        line = self.lines[-1]
        assert line.startswith(f"{operand} = ")
        self.lines[-1] = name + line.removeprefix(operand)

    def narrow(self, lanes: int) -> Code:
        """Code in fewer lanes that goes on with the same lines."""
        part = copy(self)
        part.lanes = lanes
        part.real = f"<{lanes} x double>" if lanes > 1 else "double"
        part.mask = f"<{lanes} x i1>" if lanes > 1 else "i1"
        return part

    def number(self, value: float) -> str:
        """A number, the same in all lanes."""
        digits = f"0x{struct.unpack('>Q', struct.pack('>d', value))[0]:016X}"
        if self.lanes == 1:
            return digits
        return "<" + ", ".join([f"double {digits}"] * self.lanes) + ">"

    def spread(self, scalar: str) -> str:
        """A `double` in all lanes."""
        if self.lanes == 1:
            return scalar
        first = self.emit(f"insertelement {self.real} poison, double {scalar}, i32 0")
        zeros = f"<{self.lanes} x i32> zeroinitializer"
        return self.emit(f"shufflevector {self.real} {first}, {self.real} poison, {zeros}")

    def arithmetic(self, operation: str, x: str, y: str) -> str:
        """fadd, fsub, fmul, fdiv or frem."""
        return self.emit(f"{operation} {self.real} {x}, {y}")

    def compare(self, predicate: str, x: str, y: str) -> str:
        """A mask."""
        return self.emit(f"fcmp {predicate} {self.real} {x}, {y}")

    def choose(self, mask: str, x: str, y: str) -> str:
        """x where the mask is set, else y."""
        return self.emit(f"select {self.mask} {mask}, {self.real} {x}, {self.real} {y}")

    def intrinsic(self, function: str, *xs: str) -> str:
        """An operation that LLVM knows by name."""
        suffix = f"v{self.lanes}f64" if self.lanes > 1 else "f64"
        if self.machine.c_function(function):
            self.symbols.add(function)  # for machines without the instruction
        return self._call(f"llvm.{function}.{suffix}", xs)

    def function(self, name: str, *xs: str) -> str:
        """A function: written out, or of the C library."""
        if len(xs) == 1:
            found = self._found.get((name, xs[0]))
            if found is not None:
                return found
            together = written_out(self, name, xs[0])
            if together is not None:
                self._found.update({(each, xs[0]): y for each, y in together.items()})
                return together[name]
        return self.library(name, *xs)

    def library(self, name: str, *xs: str) -> str:
        """A function of the C library: of whole vectors where there is one, else lane by lane."""
        symbol = None
        if self.lanes == self.machine.lanes:
            symbol = self.machine.vector_function(name, len(xs))
        if symbol is None:
            symbol = self.machine.c_function(name)
            if symbol is None:
                raise MissingFunctionError(name)
            self.symbols.add(symbol)
            if self.lanes > 1:
                symbol = self._lane_by_lane(symbol, len(xs))
        else:
            self.symbols.add(symbol)
        return self._call(symbol, xs)

    def _call(self, symbol: str, xs: Iterable[str]) -> str:
        xs = list(xs)
        types = ", ".join([self.real] * len(xs))
        self.declarations.setdefault(symbol, f"declare {self.real} @{symbol}({types})")
        arguments = ", ".join(f"{self.real} {x}" for x in xs)
        return self.emit(f"call {self.real} @{symbol}({arguments})")

    def _lane_by_lane(self, symbol: str, count: int) -> str:
        """The function that calls a function of numbers for each lane."""
        name = f"lanes.{symbol}"
        if name in self.declarations:
            return name
        self.declarations[symbol] = f"declare double @{symbol}({', '.join(['double'] * count)})"
        inside = Code(self.machine, self.lanes)
        inputs = [f"%x{k}" for k in range(count)]
        result = "poison"
        for lane in range(self.lanes):
            parts = [inside.emit(f"extractelement {self.real} {x}, i32 {lane}") for x in inputs]
            one = inside.emit(f"call double @{symbol}({', '.join('double ' + p for p in parts)})")
            result = inside.emit(f"insertelement {self.real} {result}, double {one}, i32 {lane}")
        head = ", ".join(f"{self.real} {x}" for x in inputs)
        self.declarations[name] = "\n".join(
            [
                f"define internal {self.real} @{name}({head}) noinline #0 {{",
                *inside.lines,
                f"ret {self.real} {result}",
                "}",
            ]
        )
        return name


class MissingFunctionError(Exception):
    """The machine's libraries have no such function."""


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
            self.known[node] = code.number(getattr(floats, graph.attrs[node]))
        elif name in PREDICATES:
            self.masks[node] = code.compare(PREDICATES[name], self[args[0]], self[args[1]])
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
    return special(code, *xs) if special else code.function(_c_name(name), *xs)


def _c_name(name: str) -> str:
    row = PRIMITIVES.get(name)
    return row.spelling["c"] if row and row.libraries else _C_NAMES.get(name, name)


def _negative(code: Code, x: str) -> str:
    return code.emit(f"fneg {code.real} {x}")


def _maximum(code: Code, x: str, y: str) -> str:
    return _extremum(code, "oge", x, y, code.arithmetic("fadd", x, y))


def _minimum(code: Code, x: str, y: str) -> str:
    zero = _negative(code, code.arithmetic("fsub", _negative(code, x), y))
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
        "olt", code.arithmetic("fmul", rest, code.intrinsic("copysign", code.number(1.0), y)), zero
    )
    moved = code.choose(below, code.arithmetic("fadd", rest, y), rest)
    signed_zero = code.intrinsic("copysign", zero, y)
    return code.choose(code.compare("oeq", rest, zero), signed_zero, moved)


_SPECIAL: dict[str, Any] = {
    "negative": _negative,
    "maximum": _maximum,
    "minimum": _minimum,
    "mod": _mod,
}
