"""From reductions to the graph: what each rule of grammars/expression.lark means.

Methods are named like the grammar's aliases and get every child of the rule. The value of a token,
and so of a name that nothing has used yet, is its span; the value of an expression is its node.
"""

from __future__ import annotations

import re
from typing import Any

from adcli.errors import LanguageError, Span
from adcli.graph.axes import WHOLE, Key
from adcli.graph.constants import CONSTANTS
from adcli.graph.gathering import PLACE
from adcli.graph.graph import Graph
from adcli.graph.library import LIBRARY, called
from adcli.graph.primitives import CONSTANT, DIVIDE, ELEMENTWISE, PARAMETER, PRIMITIVES, SELECT
from adcli.graph.program import Program
from adcli.graph.shapes import infer_shapes
from adcli.graph.structure import GATHER, INDEX, STACK
from adcli.language.calls import LibraryCall, static_value
from adcli.language.messages import counted
from adcli.language.names import (
    Named,
    QuotedText,
    Signature,
    Slice,
    StatementValue,
    UserFunction,
)
from adcli.language.operators import Operators
from adcli.language.parser import Parser

MAX_EXPANSION = 2_000_000
"""Operations of a program whose functions are written out at every call; more fill the memory."""


class Builder(Operators):
    """Builds the graph of one program. `graph` may hold other programs' nodes already."""

    def __init__(self, text: str, graph: Graph | None = None, form: str = "value") -> None:
        super().__init__(text, Graph() if graph is None else graph, form)

    # ---- statements ----

    def program_after_separator(self, _: Span, lines: StatementValue) -> StatementValue:
        return lines

    def program_before_separator(self, lines: StatementValue, _: Span) -> StatementValue:
        return lines

    def program_between_separators(
        self, _: Span, lines: StatementValue, __: Span
    ) -> StatementValue:
        return lines

    def next_line(
        self, lines: StatementValue, separator: Span, statement: StatementValue
    ) -> StatementValue:
        if not lines.bound:
            node = lines.nodes[-1]
            raise self.error(
                "only the last statement is the result, and this one is not the last",
                self.graph.span(node),
                "bind it to a name, or separate several results by commas",
            )
        return statement

    def bind(self, name: Span, _: Span, value: Any) -> StatementValue:
        node = self.resolve(value)
        self.assign(name, node)
        return StatementValue([node], True)

    def result(self, nodes: list[Any]) -> StatementValue:
        return StatementValue([self.resolve(node) for node in nodes], False)

    def model(self, left: Any, tilde: Span, right: Any) -> StatementValue:
        raise self.error(
            "'~' belongs to 'adcli fit'", tilde, "write the loss, for example mean((y - (a*x))^2)"
        )

    def open_empty_signature(self, name: Span, _: Span, __: Span) -> Signature:
        return self.open_signature(name, _, [], __)

    def open_signature(self, name: Span, _: Span, arguments: list[Any], __: Span) -> Signature:
        written = self.defining = self.written(name)
        self.refuse_taken(written, name)
        parameters: dict[str, int] = {}
        hidden: dict[str, int | None] = {}
        for argument in arguments:
            if type(argument) is not tuple:
                raise self.error(
                    "the parameters of a function are plain names", name, "r(u, v) = u^2 + v^2"
                )
            parameter = self.written(argument)
            if parameter in parameters:
                raise self.error(
                    f"the parameter '{parameter}' is given twice", argument, "rename one of them"
                )
            if parameter in CONSTANTS:
                raise self.error(
                    f"'{parameter}' is a constant, not a parameter", argument, "choose another name"
                )
            # All functions share the nodes of their parameters: a call replaces them, so that
            # what two bodies have in common is one node, too.
            node = self.graph.node(PARAMETER, (), len(parameters), argument)
            parameters[parameter] = node
            for key in {parameter, self.text[argument[0] : argument[1]]}:
                hidden[key] = self.names.get(key)
                self.names[key] = node
        return Signature(written, parameters, hidden, arguments)

    def define(self, signature: Signature, _: Span, value: Any) -> StatementValue:
        body = self.resolve(value)
        for key, node in signature.hidden.items():
            if node is None:
                del self.names[key]
            else:
                self.names[key] = node
        self.defining = ""
        nodes = list(signature.parameters.values())
        affected = self.graph.affected(body, nodes)
        names = list(signature.parameters)
        function = UserFunction(names, nodes, body, affected)
        self.functions[signature.name] = function
        return StatementValue([], True, (function, signature.places))

    def program_of(self, function: UserFunction, places: list[Span]) -> tuple[int, list[int]]:
        """The result and the variables of a program that ends with the definition of a function:
        the function of variables that are named like its parameters."""
        variables = [
            self.graph.variable(name, place)
            for name, place in zip(function.names, places, strict=True)
        ]
        values = dict(zip(function.parameters, variables, strict=True))
        return self.graph.substitute(function.body, function.affected, values), variables

    # ---- vectors, indices ----

    def vector(self, left: Span, elements: list[Any], right: Span) -> int:
        nodes = tuple([self.resolve(e) for e in elements])
        return self.graph.node(STACK, nodes, 0, (left[0], right[1]))

    def first(self, element: Any) -> list[Any]:
        return [element]

    def append(self, elements: list[Any], _: Span, element: Any) -> list[Any]:
        elements.append(element)
        return elements

    first_argument = first
    append_argument = append

    def absent(self) -> None:
        return None

    def slice(self, start: Any, _: Span, stop: Any) -> Slice:
        return Slice((start, stop, None))

    def slice_step(self, start: Any, _: Span, stop: Any, __: Span, step: Any) -> Slice:
        return Slice((start, stop, step))

    def index(self, base: Any, left: Span, subscripts: list[Any], right: Span) -> int:
        span = (left[0], right[1])
        key: list[Any] = []
        places: list[int] = []
        for subscript in subscripts:
            if type(subscript) is Slice:
                key.append(
                    tuple(None if b is None else self.whole(b, span) for b in subscript.bounds)
                )
                if key[-1][2] == 0:
                    raise self.error(
                        "the step of a slice cannot be 0", span, "x[::2] is every second element"
                    )
                continue
            place = self._chosen(self.resolve(subscript), span)
            if self._is_data(place):
                places.append(place)
                key.append(PLACE)
            else:
                key.append(self.whole(place, span))
        if not places:
            return self.graph.node(INDEX, (self.resolve(base),), tuple(key), span)
        return self._gather(self.resolve(base), tuple(key), tuple(places), span)

    def _chosen(self, place: int, span: Span) -> int:
        """v[range(5) > 1] means the elements that meet it, not those numbered 0 and 1 by it."""
        if self.is_truth(place):
            from adcli.language.conditions import places_that_meet

            places = places_that_meet(self.graph, place)
            if places == []:
                return self.graph.node(PRIMITIVES["range"], (), (0, 0, 1), span)
            if places is not None:
                numbers = [self.graph.constant(float(k), span) for k in places]
                return self.graph.node(STACK, tuple(numbers), 0, span)
            inside = self.text[span[0] + 1 : span[1] - 1]
            inside = "c" if {",", ":"} & set(inside) else inside
            base = re.search(r"(?:\w+|`[^`]+`)\Z", self.text[max(0, span[0] - 200) : span[0]])
            x = base.group() if base else "x"
            raise self.error(
                "a condition is not an index: how many elements meet it depends on the data",
                span,
                f"where({inside}, {x}, 0) has 0 for the others, {x}[where({inside}, 1, 0)] takes "
                "element 1 or 0",
            )
        return place

    def _is_data(self, place: int) -> bool:
        """Whether an index is known only with the values of variables, or has several places."""
        graph = self.graph
        if graph.varying[place] or graph.ops[place] is STACK:
            return True
        return graph.ops[place] is not CONSTANT and self._is_list(place)

    def _is_list(self, place: int) -> bool:
        """Whether an expression without variables is an array."""
        shapes = infer_shapes(self.graph, self.graph.reach([place]), {}, self.text)
        return shapes[place] != ()

    def _gather(self, base: int, key: Key, places: tuple[int, ...], span: Span) -> int:
        """The elements at places that are data; other parts of the index come first."""
        graph = self.graph
        fixed = tuple([WHOLE if k is PLACE else k for k in key])
        if set(fixed) != {WHOLE}:
            base = graph.node(INDEX, (base,), fixed, span)
            key = tuple([k if k is PLACE else WHOLE for k in key if type(k) is not int])
        first = key.index(PLACE)
        if PLACE in key[first + len(places) :]:
            hint = "transpose(x, axes=[0, 2, 1]) brings axes together"
            raise self.error("indices by data stand side by side", span, hint)
        from_end = not any(map(graph.varying.__getitem__, places))
        return graph.node(GATHER, (base, *places), (key, from_end), span)

    # ---- calls ----

    def named(self, name: Span, _: Span, value: Any) -> Named:
        return Named(self.written(name), value, name)

    def string(self, span: Span) -> QuotedText:
        return QuotedText(self.text[span[0] + 1 : span[1] - 1], span)

    def call_empty(self, name: Span, left: Span, right: Span) -> int:
        return self.call(name, left, [], right)

    def call(self, name: Span, _: Span, arguments: list[Any], right: Span) -> int:
        written = self.text[name[0] : name[1]]
        function = None if written in self.functions else called(written)
        if (
            function is not None
            and function.kind in (ELEMENTWISE, SELECT)
            and len(arguments) == len(function.inputs) == 1
            and type(arguments[0]) in (int, tuple)
        ):
            argument = self.resolve(arguments[0])
            return self.graph.node(function, (argument,), None, (name[0], right[1]))
        written = self.written(name)
        span = (name[0], right[1])
        if self.text[name[0]] == "`":
            hint = f"write * to multiply: {self.text[name[0] : name[1]]}*(...)"
            raise self.error("a name in backticks is a variable, no function", name, hint)
        user = self.functions.get(written)
        if user is not None:
            return self._call_user(written, user, arguments, span)
        function = called(written)
        if function is LIBRARY["log"] and len(arguments) > 1:
            return self._log_to_base(arguments, span)
        if function is None:
            raise self.unknown_function(written, name, len(arguments))
        return LibraryCall(self, function, arguments, span).build()

    def _log_to_base(self, arguments: list[Any], span: Span) -> int:
        """log(x, b) is log(x)/log(b); log2 and log10 round once."""
        hint = "it is written log(x), or log(x, b) for the base b"
        for argument in arguments:
            if type(argument) is Named:
                raise self.error(f"'log' has no option '{argument.name}'", argument.span, hint)
        if len(arguments) > 2:
            raise self.error(f"'log' takes 1 or 2 arguments, not {len(arguments)}", span, hint)
        x, base = map(self.resolve, arguments)
        number = static_value(self.graph, base)
        if isinstance(number, float) and (number <= 0 or number == 1):
            hint = "a base is above 0 and not 1"
            raise self.error(f"there is no logarithm to base {number:g}", span, hint)
        if number in (2.0, 10.0):
            return self.graph.node(PRIMITIVES[f"log{number:.0f}"], (x,), None, span)
        logs = [self.graph.node(PRIMITIVES["log"], (a,), None, span) for a in (x, base)]
        return self.graph.node(DIVIDE, tuple(logs), None, span)

    def call_raised(
        self, name: Span, digits: Span, left: Span, arguments: list[Any], right: Span
    ) -> int:
        """sin²(x), the power of a value. A negative one would be read as the inverse by many."""
        written = self.text[name[0] : name[1]]
        if self.text[digits[0]] == "⁻":
            hint = self.inverse_hint(written)
            raise self.error(f"'{written}' has a negative power", digits, hint)
        return self.raised(self.call(name, left, arguments, right), digits)

    def _call_user(self, name: str, user: UserFunction, arguments: list[Any], span: Span) -> int:
        for argument in arguments:
            if type(argument) is Named:
                raise self.error(
                    f"'{name}' takes no named arguments", argument.span, "write the value alone"
                )
        if len(arguments) != len(user.parameters):
            wants = counted(len(user.parameters), "argument")
            hint = f"it is defined as {name}({', '.join(user.names)})"
            raise self.error(f"'{name}' takes {wants}, not {len(arguments)}", span, hint)
        if len(self.graph) > MAX_EXPANSION:
            raise self.error(
                f"the program grows beyond {MAX_EXPANSION:,} operations",
                span,
                "each call writes its function out: calls within calls multiply",
            )
        values = [self.resolve(a) for a in arguments]
        return self.graph.substitute(
            user.body, user.affected, dict(zip(user.parameters, values, strict=True))
        )

    # ---- static values ----

    def whole(self, value: Any, span: Span) -> int:
        """A whole number that is known before any input is."""
        number = static_value(self.graph, self.resolve(value))
        if isinstance(number, float) and number.is_integer():
            return int(number)
        raise self.error(
            "an index must be a whole number that is known beforehand",
            span,
            "indices count from 0: x[0], x[-1], x[1:3]",
        )


class ModelBuilder(Builder):
    """Builds the graph of a program that ends in `response ~ model`."""

    def result(self, nodes: list[Any]) -> StatementValue:
        node = self.resolve(nodes[0])
        raise self.error(
            "a fit needs a response and a model", self.graph.span(node), "write y ~ MODEL"
        )

    def model(self, left: Any, tilde: Span, right: Any) -> StatementValue:
        return StatementValue([self.resolve(left), self.resolve(right)], False)


def build_program(
    parser: Parser, text: str, *, model: bool = False, form: str = "value"
) -> Program:
    """Parse a text; with `model` its last statement is `response ~ model`, and these its outputs.

    `form` is what its calls take from the rows of compound functions: "value"; "twice", whose
    derivatives keep their digits when they are differentiated again; "shown", to be read.

    Raises LanguageError, with the place, where it is not a program.
    """
    if form == "shown":
        import adcli.graph.textbook
    if form == "twice":
        import adcli.graph.twice  # noqa: F401 - registers the forms
        from adcli.graph.squares import smooth

    builder = (ModelBuilder if model else Builder)(text, form=form)
    results: StatementValue = parser.parse(text, builder)
    nodes = results.nodes
    variables: list[int] = []
    if results.defined is not None and not model:
        result, variables = builder.program_of(*results.defined)
        nodes = [result]
    elif model and results.bound:
        end = len(text.rstrip())
        raise LanguageError(
            "the program ends without a result",
            "the last line is y ~ MODEL, with '~' and not '='",
            span=(end, end + 1),
            text=text,
        )
    if form == "twice":
        nodes = smooth(builder.graph, nodes)
    return Program(builder.graph, nodes, text, variables)
