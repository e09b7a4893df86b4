"""Scalar programs as straight-line Python: the quickest form of a graph without a heavy import.

The source is generated from a checked graph and holds generated names, numbers by `repr` and names
of `adcli.algebras.functions.float_functions` only; no text of the user gets into it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import CodeType
from typing import Any

from adcli.algebras.functions import float_functions
from adcli.graph.expand import expanded
from adcli.graph.graph import Graph
from adcli.graph.primitives import COMPARISONS, CONSTANT, NAMED

MAX_SOURCE_NODES = 20_000
"""Larger programs take longer to compile than to walk."""

MAX_INLINE = 90
"""Characters of an expression that is written into its only user; bounds the nesting, too."""

_INFIX = {"add": "+", "subtract": "-", "multiply": "*"}


def compile_function(
    graph: Graph, inputs: Sequence[int], outputs: Sequence[int]
) -> Callable[..., tuple[float, ...]]:
    """A Python function (floats, one per input node) -> values of the output nodes.

    Like the python engine it never raises: what is outside of a domain is nan.
    """
    names = {node: f"x{k}" for k, node in enumerate(inputs)}
    outputs = expanded(graph, outputs)
    source = StraightLine(graph, names, outputs)
    lines = [f"def compiled({', '.join(names.values())}):"]
    lines += [f"    {line}" for line in source.lines]
    lines.append(f"    return ({''.join(source.texts[o] + ', ' for o in outputs)})")
    function: Callable[..., tuple[float, ...]] = execute(lines)["compiled"]
    return function


def execute(lines: Sequence[str]) -> dict[str, Any]:
    """The namespace after running a source that defines a function: what it defines, and the
    functions of `floats` that it uses, of which some are loaded with this."""
    code = compile("\n".join(lines), "<compiled graph>", "exec")
    used = {name for part in code.co_consts if isinstance(part, CodeType) for name in part.co_names}
    namespace = {n: getattr(float_functions, n) for n in used if hasattr(float_functions, n)}
    namespace["root"] = math.sqrt  # sqrt without its guard
    exec(code, namespace)
    return namespace


class StraightLine:
    """Assignments that compute nodes of a graph.

    `names` gives the nodes that are inputs a Python name; `texts` has, for each of `outputs`, a
    name or a number. A node that is used once is written into its user while that stays short.
    """

    def __init__(self, graph: Graph, names: Mapping[int, str], outputs: Sequence[int]) -> None:
        self.graph = graph
        self.texts: dict[int, str] = dict(names)
        self.lines: list[str] = []
        order = graph.reach(outputs)
        self._uses = dict.fromkeys(order, 0)
        for i in order:
            for a in graph.args[i]:
                self._uses[a] += 1
        for output in outputs:
            self._uses[output] += 2  # outputs have a name
        for i in order:
            if i not in self.texts:
                self._write(i)

    def _write(self, i: int) -> None:
        graph = self.graph
        op = graph.ops[i]
        if op is CONSTANT:
            self.texts[i] = number_text(float(graph.attrs[i]))
            return
        if op is NAMED:
            self.texts[i] = number_text(getattr(float_functions, graph.attrs[i]))
            return
        text = self._expression(i, op.name)
        if self._uses[i] > 1 or len(text) > MAX_INLINE:
            text = self._assign(i, text)
        self.texts[i] = text

    def _assign(self, i: int, text: str) -> str:
        self.lines.append(f"v{i} = {text}")
        return f"v{i}"

    def _atom(self, i: int) -> str:
        """A text that may be repeated: a name or a number."""
        text = self.texts[i]
        if not (text.isidentifier() or self.graph.ops[i] in (CONSTANT, NAMED)):
            text = self.texts[i] = self._assign(i, text)
        return text

    def _expression(self, i: int, name: str) -> str:
        args = self.graph.args[i]
        if name in _INFIX:
            return f"({self.texts[args[0]]} {_INFIX[name]} {self.texts[args[1]]})"
        if name == "negative":
            return f"(-{self.texts[args[0]]})"
        if name == "divide":
            return self._quotient(*args)
        if name == "sqrt":
            x = self._atom(args[0])
            return f"(root({x}) if {x} >= 0.0 else nan)"
        if name == "power" and self.graph.ops[args[1]] is CONSTANT:
            exponent = float(self.graph.attrs[args[1]])
            if exponent in (2.0, 3.0):
                return f"({' * '.join([self._atom(args[0])] * int(exponent))})"
        if name in COMPARISONS:
            x, y = (self.texts[a] for a in args)
            return f"(1.0 if {x} {COMPARISONS[name]} {y} else 0.0)"
        if name == "where":
            c, a, b = (self.texts[x] for x in args)
            return f"({a} if {c} else {b})"
        return f"{name}({', '.join([self.texts[a] for a in args])})"

    def _quotient(self, x: int, y: int) -> str:
        if self.graph.ops[y] is CONSTANT and self.graph.attrs[y] != 0:
            return f"({self.texts[x]} / {self.texts[y]})"
        below = self._atom(y)
        above = self._atom(x)
        return f"({above} / {below} if {below} else divide({above}, {below}))"


def number_text(value: float) -> str:
    """A float as Python source; `inf` and `nan` are names of `floats`."""
    if math.isfinite(value):
        return repr(value) if value > 0 or repr(value) == "0.0" else f"({value!r})"
    return "nan" if value != value else "inf" if value > 0 else "(-inf)"
