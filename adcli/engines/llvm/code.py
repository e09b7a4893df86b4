"""Lines of LLVM's intermediate representation, in any number of lanes.

No text of the user gets into them. Operations are IEEE-754 without contraction (x*y - x*y stays 0),
so lanes give what single numbers give.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from copy import copy

from adcli.engines.llvm.machine import Machine


class Code:
    """Lines of a function in the making, and what its module must declare.

    real, mask, integers  the types of a number, a truth value and 64 bits in all lanes
    rare   None: functions that are written out are called. A list: they are written in place, and
           the list gets the masks of the lanes in which their results are not right
    found  the operands that hold functions which were written out, by name and argument
    """

    def __init__(self, machine: Machine, lanes: int) -> None:
        self.machine = machine
        self._take_lanes(lanes)
        self.lines: list[str] = []
        self.declarations: dict[str, str] = {}
        self.symbols: set[str] = set()
        self.rare: list[str] | None = None
        self.found: dict[tuple[str, str], str] = {}

    def _take_lanes(self, lanes: int) -> None:
        self.lanes = lanes
        self.real, self.mask, self.integers = (
            f"<{lanes} x {each}>" if lanes > 1 else each for each in ("double", "i1", "i64")
        )

    def emit(self, operation: str) -> str:
        """Append an operation; the name of its result."""
        name = f"%t{len(self.lines)}"
        self.lines.append(f"{name} = {operation}")
        return name

    def load(self, kind: str, table: str, place: int | str) -> str:
        """What is at a place of a table of numbers, integers or addresses."""
        where = self.emit(f"getelementptr {kind}, ptr %{table}, i64 {place}")
        return self.emit(f"load {kind}, ptr {where}")

    def rename(self, operand: str, name: str) -> None:
        """Give the result of the last line a name that an earlier line refers to."""
        line = self.lines[-1]
        assert line.startswith(f"{operand} = ")
        self.lines[-1] = name + line.removeprefix(operand)

    def narrow(self, lanes: int) -> Code:
        """Code in fewer lanes that goes on with the same lines."""
        part = copy(self)
        part._take_lanes(lanes)
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

    def add(self, x: str, y: str) -> str:
        return self.arithmetic("fadd", x, y)

    def subtract(self, x: str, y: str) -> str:
        return self.arithmetic("fsub", x, y)

    def multiply(self, x: str, y: str) -> str:
        return self.arithmetic("fmul", x, y)

    def negative(self, x: str) -> str:
        return self.emit(f"fneg {self.real} {x}")

    def fma(self, x: str, y: str, z: str) -> str:
        """x*y + z, rounded once."""
        return self.intrinsic("fma", x, y, z)

    def bits(self, x: str) -> str:
        """The representation of numbers as integers."""
        return self.emit(f"bitcast {self.real} {x} to {self.integers}")

    def from_bits(self, x: str) -> str:
        """The numbers that integers represent."""
        return self.emit(f"bitcast {self.integers} {x} to {self.real}")

    def integer(self, operation: str, x: str, value: int | str) -> str:
        """add, sub, shl, ashr, and, xor with an integer, the same in all lanes."""
        if isinstance(value, int):
            value = "<" + ", ".join([f"i64 {value}"] * self.lanes) + ">"
        return self.emit(f"{operation} {self.integers} {x}, {value}")

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
