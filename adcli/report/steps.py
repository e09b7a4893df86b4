"""Formulas and rules of a program's operations, in the names of its steps."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import NamedTuple

from adcli.ad.algebra import NOWHERE
from adcli.ad.evaluate import Run
from adcli.function import Function
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    CONSTANT,
    ELEMENTWISE,
    LEAF,
    LINEAR,
    MATRIX,
    MULTILINEAR,
    MULTIPLY,
    NAMED,
    REDUCTION,
    SELECT,
    STATIC,
    VARIABLE,
    WHERE,
    minus_one,
    one,
)
from adcli.graph.structure import INDEX, MATMUL, STACK, SUM, usual_call
from adcli.graph.symbols import Expression, Symbols
from adcli.language.text import key_text, name_text, to_text
from adcli.report.step_names import MACRON, Spelling, name_steps
from adcli.report.sums_and_products import is_bracketed, is_loose, joined

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_WORD = re.compile(r"[^\W\d_₀-₉]+")
PrintNode = Callable[[Graph, int, Mapping[int, str]], str]
"""A node of a graph as text, with names for some nodes."""


class Notation(NamedTuple):
    """How names and rules are written: as text or in LaTeX.

    An adjoint's mark is put on a name as often as the second argument of `adjoint` says;
    `derivative` writes one of a name by a name, of a function of several variables if the third
    argument says so.
    """

    spelling: Spelling
    tangent: Callable[[str], str]
    adjoint: Callable[[str, int], str]
    times: str
    derivative: Callable[[str, str, bool], str]
    only_where: str
    transposed: str
    product: str
    call: str
    at: str
    printer: PrintNode


def _barred(name: str, bars: int) -> str:
    """A name with a bar on the last letter of its first word: w̄1, x̄_max."""
    barred, found = _WORD.subn(lambda word: word[0] + MACRON * bars, name, count=1)
    return unicodedata.normalize("NFC", barred if found else name + MACRON * bars)


TEXT = Notation(
    spelling=Spelling(
        step="{}{}",
        own=lambda names: {name: name_text(name) for name in names},
        version=lambda name, number: name + str(number).translate(_SUBSCRIPTS),
        call=lambda name, arguments: f"{name}({', '.join(arguments)})",
        leaf=lambda f, node: to_text(f.graph, node),
    ),
    tangent=lambda name: f"{name}'",
    adjoint=_barred,
    times="·",
    derivative=lambda of, by, is_partial: f"∂{of}/∂{by}" if is_partial else f"d{of}/d{by}",
    only_where="[{}]",
    transposed="{}ᵀ",
    product="{} @ {}",
    call="{}({})",
    at="{} at [{}]",
    printer=lambda graph, node, names: to_text(graph, node, names=names),
)


class Steps:
    """The inputs of a program and its operations in order, with the names of `name_steps`.

    Constants have no name, formulas hold them as they are written, but where the program gives one.
    `run` is the evaluation at a point; without one, rules are those that hold at every point. With
    `own_names` inputs go by their own names, whatever else is named. `shapes` are those of nodes
    where there is no run.
    """

    def __init__(
        self,
        f: Function,
        run: Run | None = None,
        notation: Notation = TEXT,
        *,
        own_names: bool = False,
        shapes: Mapping[int, Shape] | None = None,
    ) -> None:
        self.graph = graph = f.graph
        self.outputs = f.outputs
        self.run = run
        self.notation = notation
        used, named = {*f.order}, [i for _, i in f.labels.bound if i in f.labels.numbers]
        nodes = [
            *f.inputs.values(),
            *[i for i in named if i in used],
            *[i for i in f.order if graph.ops[i].kind != LEAF],
            *[i for i in sorted({*f.outputs}) if graph.ops[i] in (CONSTANT, NAMED)],
        ]
        self.nodes = list(dict.fromkeys(nodes))
        self.naming = name_steps(f, f.labels, self.nodes, notation.spelling, own_names)
        self.names = self.naming.names
        self._shapes = shapes
        self.is_partial = len(f.inputs) > 1 or any(map(self.shape, f.inputs.values()))

    def shape(self, node: int) -> Shape:
        """The shape of a node's value; a number where neither a run nor shapes say more."""
        if self.run is not None:
            found: Shape = self.run.algebra.shape(self.run.values[node])
            return found
        return () if self._shapes is None else self._shapes[node]

    @property
    def has_shapes(self) -> bool:
        """Whether the shapes of values are known."""
        return self.run is not None or self._shapes is not None

    def derivative(self, of: str, by: str) -> str:
        """The derivative of a value by a variable: `∂f/∂x`, and of one variable `df/dx`."""
        return self.notation.derivative(of, by, self.is_partial)

    def partial(self, node: int, j: int) -> str:
        """The name of an operation's derivative by its input j: `∂w3/∂w1`; where nothing else
        varies in the operation and in the program `dw2/dw1`."""
        inputs = self.graph.args[node]
        others = {j for j in inputs if self.graph.varying[j]}
        is_partial = self.is_partial or len(others) > 1
        return self.notation.derivative(self.names[node], self.names[j], is_partial)

    def operands(self, node: int) -> list[tuple[int, int]]:
        """The inputs of a node that have a name of their own: (place, node)."""
        graph = self.graph
        _, shown = usual_call(graph.ops[node], graph.args[node], graph.attrs[node])
        return [(k, j) for k, j in enumerate(shown) if j in self.names]

    def formula(self, node: int) -> str:
        """The operation in the names of its inputs: `w1*w2`; an input's own name."""
        names = {j: self.names[j] for _, j in self.operands(node)}
        return self.notation.printer(self.graph, node, names)

    def definition(self, node: int) -> str:
        """What a step stands for: `f(x) = w1 + 1`, with its other names before its formula; "" for
        an input that goes by its own name."""
        is_named = node in self.naming.own and self.graph.ops[node] is VARIABLE
        formula = [] if is_named else [self.formula(node)]
        return " = ".join([*self.naming.aliases.get(node, ()), *formula])

    def tangent(self, node: int) -> str:
        """The name of a node's tangent: `w3'`."""
        return self.notation.tangent(self.names[node])

    def adjoint(self, node: int) -> str:
        """The name of a node's adjoint: `w̄3`."""
        return self.notation.adjoint(self.names[node], self.naming.bars)

    def tangent_rule(self, node: int, active: bytearray) -> str:
        """How a tangent comes from those of the inputs: `w1'·w2 + w1·w2'`; "0" where none flows."""
        kind = self.graph.ops[node].kind
        operands = [(k, j) for k, j in self.operands(node) if active[j] and self._flows(node, k)]
        if not operands:
            return "0"
        if kind == LINEAR:
            return self._with_tangents(node, {k for k, _ in operands})
        if kind == MULTILINEAR:
            return " + ".join([self._with_tangents(node, {k}) for k, _ in operands])
        if kind == MATRIX and self.has_shapes:
            parts = [self._matrix_rule(node, k, self.tangent(j)) for k, j in operands]
            return joined([part for part in parts if part]) or "0"
        terms = []
        for k, j in operands:
            factor = self.factor(node, k)
            if factor is None:
                continue
            times, t = self.notation.times, self.tangent(j)
            if kind == REDUCTION:
                terms.append(self.notation.call.format("sum", f"{t}{times}{factor}"))
            elif self.graph.ops[node] is MULTIPLY and k == 0:
                terms.append(f"{t}{times}{factor}")
            else:
                terms.append(t if factor == "" else f"{factor}{times}{t}")
                terms[-1] = terms[-1].replace(f"-{times}", "-")
        return joined(terms) or "0"

    def contribution_rule(self, node: int, k: int) -> str:
        """What the adjoint of operand k gets from the node: `w̄3·w2`."""
        op, g = self.graph.ops[node], self.adjoint(node)
        if op is MATMUL:
            other = self.notation.transposed.format(self._shown(node, 1 - k))
            if self.has_shapes and not self.shape(node):
                return f"{g}{self.notation.times}{self._shown(node, 1 - k)}"
            return self.notation.product.format(*((other, g) if k else (g, other)))
        if op in (SUM, STACK, INDEX):
            return self._spread(node, k)
        if op.kind in (LINEAR, MULTILINEAR) and self.has_shapes:
            return self._transposed(node, k)
        if op.kind == MATRIX and self.has_shapes:
            return self._matrix_rule(node, k, g, backwards=True)
        factor = self.factor(node, k) or ""
        written = f"{g}{self.notation.times}{factor}" if factor else g
        if factor == "-":
            written = f"-{g}"
        is_broadcast = self._is_broadcast(node, k)
        return self.notation.call.format("sum", written) if is_broadcast else written

    def factor(self, node: int, k: int) -> str | None:
        """The partial derivative in operand k, in brackets where a product needs them.

        "" for 1, "-" for -1, None where nothing flows.
        """
        op = self.graph.ops[node]
        if op.kind == ELEMENTWISE:
            rule = op.partials[k]
            if rule is None:
                return None
            if rule in (one, minus_one):
                return "" if rule is one else "-"
            m, xs, out, names = self._scratch(node)
            partial = m.expression(rule(m, *xs, out))
            if m.constant_value(partial) == 1:
                return ""
            text = self.notation.printer(m.graph, partial.node, names)
            return f"({text})" if is_loose(m.graph, partial.node, text) else text
        if op.kind == SELECT:
            return self._selected(node, k)
        j = self.graph.args[node][k]
        return self.partial(node, j) if j in self.names else "0"

    def partial_formula(self, node: int, k: int) -> str | None:
        """The partial derivative as a formula of its own; None where nothing flows."""
        op = self.graph.ops[node]
        factor = None if op.kind == STATIC else self.factor(node, k)
        if factor is None or op.kind != ELEMENTWISE:
            return factor if factor != "" else "1"
        if factor in ("", "-"):
            return factor + "1"
        return factor[1:-1] if is_bracketed(factor) else factor

    def _selected(self, node: int, k: int) -> str | None:
        """What passes to operand k: all, a share, or the places where a condition holds."""
        op, names = self.graph.ops[node], self.names
        shown = [self._shown(node, place) for place in range(len(self.graph.args[node]))]
        if op is WHERE:
            if k == 0:
                return None
            condition = shown[0] if k == 1 else f"{shown[0]} = 0"
        else:
            condition = f"{shown[k]} = {names[node]}"
        where = self.notation.only_where.format(condition)
        if self.run is None:
            return where
        assert op.rule is not None
        graph, values, algebra = self.run.graph, self.run.values, self.run.algebra
        inputs, out = graph.args[node], values[node]
        xs = algebra.align([values[j] for j in inputs], out)
        free = tuple([bool(graph.varying[j]) for j in inputs])
        chosen, weight = op.rule(algebra.m, k, xs, out, free)
        mask = algebra.both(None, chosen)
        if mask is NOWHERE:
            return None
        if algebra.shape(out):
            return "" if mask is None and bool((1 - weight == 0 * out).all()) else where
        share = float(
            weight if isinstance(weight, (int, float)) else algebra.unpack(weight + 0 * out)
        )
        return "" if share == 1 else f"{share:.6g}"

    def _shown(self, node: int, k: int) -> str:
        """The name of operand k, or the constant itself."""
        j = self.graph.args[node][k]
        return self.names[j] if j in self.names else self.notation.printer(self.graph, j, {})

    def _spread(self, node: int, k: int) -> str:
        """The transposes that a word says better than the calls that the engine makes."""
        op, g = self.graph.ops[node], self.adjoint(node)
        if op is SUM:
            return self.notation.call.format("broadcast", g)
        if op is STACK:
            axis = self.graph.attrs[node]
            around = [":"] * axis if axis >= 0 else ["..."]
            return f"{g}[{', '.join([*around, str(k), *[':'] * (-axis - 1)])}]"
        return self.notation.at.format(g, key_text(self.graph.attrs[node]))

    def _scratch(self, node: int) -> tuple[Symbols, list[Expression], Expression, dict[int, str]]:
        """A graph with the node's inputs and output as variables, for its rule to run on."""
        graph, m = self.graph, Symbols(Graph())
        xs, names = [], {}
        for k, j in enumerate(graph.args[node]):
            if graph.ops[j] is CONSTANT:
                x = m.graph.constant(graph.attrs[j])
            elif j in self.names:
                x = m.graph.variable(f"x{k}")
            else:
                x = m.graph.node(graph.ops[j], (), graph.attrs[j])
            if j in self.names:
                names[x] = self.names[j]
            xs.append(Expression(m, x))
        out = m.graph.variable("out")
        names[out] = self.names[node]
        return m, xs, Expression(m, out), names

    def _with_tangents(self, node: int, places: set[int]) -> str:
        """A linear operation on the tangents of some operands and the values of the others."""
        graph = self.graph
        m, xs, _, names = self._scratch(node)
        args = []
        for k, (x, j) in enumerate(zip(xs, graph.args[node], strict=True)):
            if k in places:
                names[x.node] = self.tangent(j)
            # In a linear operation what does not depend on the seed has tangent 0.
            is_linear = graph.ops[node].kind == LINEAR and self._flows(node, k)
            is_zero = is_linear and k not in places
            args.append(m.graph.constant(0.0) if is_zero else x.node)
        made = m.graph.node(graph.ops[node], tuple(args), graph.attrs[node])
        return self.notation.printer(m.graph, made, names)

    def _flows(self, node: int, k: int) -> bool:
        """Whether operand k of a node is none of the places that a linear one takes."""
        flows = self.graph.ops[node].flows
        return flows is None or k < flows

    def _transposed(self, node: int, k: int) -> str:
        """The transpose of a linear operation applied to the node's adjoint."""
        graph = self.graph
        m, xs, _, names = self._scratch(node)
        g = m.graph.variable("g")
        names[g] = self.adjoint(node)
        rule = graph.ops[node].rule
        assert rule is not None
        shapes = list(map(self.shape, graph.args[node]))
        made = rule(m, Expression(m, g), k, graph.attrs[node], shapes, xs)
        return self.notation.printer(m.graph, m.expression(made).node, names)

    def _matrix_rule(self, node: int, k: int, name: str, backwards: bool = False) -> str:
        """What the tangent `name` of operand k adds to a function of matrices, or `backwards` what
        operand k gets from the adjoint `name`."""
        graph = self.graph
        op, attr = graph.ops[node], graph.attrs[node]
        m, xs, out, names = self._scratch(node)
        t = m.graph.variable("t")
        names[t] = name
        shapes = list(map(self.shape, graph.args[node]))
        rule = op.rule if backwards else op.tangent
        assert rule is not None
        made = rule(m, Expression(m, t), k, attr, shapes, xs, out)
        return "" if made is None else self.notation.printer(m.graph, made.node, names)

    def _is_broadcast(self, node: int, k: int) -> bool:
        if self.graph.ops[node].kind == REDUCTION:
            return False
        return self.shape(node) != self.shape(self.graph.args[node][k])
