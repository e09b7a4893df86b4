"""A program in which a call of one of its functions is one operation, as the chain rule has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from adcli.errors import Span
from adcli.graph.graph import Graph
from adcli.graph.primitives import ELEMENTWISE, VARIABLE, Primitive
from adcli.language.labels import LabellingBuilder
from adcli.language.latex import latex_name
from adcli.language.names import Signature, StatementValue, UserFunction
from adcli.language.parser import Parser


class WholeFunction(NamedTuple):
    """A function of the program: its row as an operation, the rows of its partial derivatives, and
    the function itself, which calls others as whole ones."""

    row: Primitive
    slopes: list[Primitive]
    user: UserFunction


class WholeProgram(NamedTuple):
    """A graph with such operations, its results, names of values, and functions in their order."""

    graph: Graph
    outputs: list[int]
    bound: list[tuple[str, int]]
    functions: list[WholeFunction]


def whole_calls(parser: Parser, text: str) -> WholeProgram:
    """The program of a text that is known to be one, its calls left whole.

    Calls are written out of functions whose bodies use variables beside their parameters, and where
    no argument depends on a variable.
    """
    builder = _WholeBuilder(text)
    last: StatementValue = parser.parse(text, builder)
    nodes = last.nodes
    if last.defined is not None:
        nodes = [builder.program_of(*last.defined)[0]]
    return WholeProgram(builder.graph, nodes, builder.given, list(builder.uncut.values()))


class _WholeBuilder(LabellingBuilder):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.uncut: dict[str, WholeFunction] = {}

    def define(self, signature: Signature, _: Span, value: Any) -> StatementValue:
        statement = super().define(signature, _, value)
        name, user = signature.name, self.functions[signature.name]
        inside = self.graph.reach([user.body])
        if user.parameters and not any(self.graph.ops[i] is VARIABLE for i in inside):
            self.uncut[name] = _whole(name, user)
        return statement

    def _call_user(self, name: str, user: UserFunction, arguments: list[Any], span: Span) -> int:
        values = tuple([self.resolve(a) for a in arguments])
        if name not in self.uncut or not any(self.graph.varying[v] for v in values):
            return super()._call_user(name, user, arguments, span)
        return self.graph.node(self.uncut[name].row, values, None, span)


def _whole(name: str, user: UserFunction) -> WholeFunction:
    """The rows of a function; none has the name of one in the table."""
    inputs, latex = tuple(user.names), latex_name(name)
    if len(inputs) == 1:
        slopes = [_row(f"{name}'", f"{latex}'", inputs)]
    else:
        slopes = [_row(f"∂{name}/∂{u}", _partial_in_latex(latex, u), inputs) for u in inputs]
    return WholeFunction(_row(name, latex, inputs, tuple(map(_slope, slopes))), slopes, user)


def _partial_in_latex(function: str, parameter: str) -> str:
    return rf"\frac{{\partial {function}}}{{\partial {latex_name(parameter)}}}"


def _row(
    word: str, latex: str, inputs: tuple[str, ...], partials: tuple[Any, ...] = ()
) -> Primitive:
    partials, spelling = partials or (None,) * len(inputs), {"latex": latex}
    name = f"{word}()"
    return Primitive(name, ELEMENTWISE, inputs, partials=partials, word=word, spelling=spelling)


def _slope(row: Primitive) -> Callable[..., Any]:
    """The partial derivative that is a row of its own."""
    return lambda m, *xs: m.apply(row, *xs[:-1])
