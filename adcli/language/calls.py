"""Calls of library functions: inputs, and options that must be known before any input is."""

from __future__ import annotations

import re
from typing import Any

from adcli.errors import LanguageError, Span
from adcli.graph.axes import ShapeError
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    COMPOUND,
    CONSTANT,
    LINEAR,
    REQUIRED,
    Primitive,
)
from adcli.graph.structure import STACK
from adcli.graph.symbols import Expression, Symbols
from adcli.language.messages import counted
from adcli.language.names import Named, QuotedText, Scope


def static_value(graph: Graph, node: int) -> Any:
    """The exact number of a constant expression, a list for a vector written out, else None."""
    if graph.ops[node] is STACK:
        return [static_number(graph, a) for a in graph.args[node]]
    return static_number(graph, node)


def static_number(graph: Graph, node: int) -> float | None:
    """The exact number of a constant scalar expression: 3, -1, 2*3 - 1, floor(7/2); else None."""
    if graph.ops[node] is CONSTANT:
        return float(graph.attrs[node])
    if graph.varying[node]:
        return None
    from adcli.graph.simplify import simplify

    (simple,) = simplify(graph, [node])
    return float(graph.attrs[simple]) if graph.ops[simple] is CONSTANT else None


class LibraryCall:
    """The arguments of one call of a library function, sorted into inputs and static options."""

    def __init__(self, scope: Scope, function: Primitive, arguments: list[Any], span: Span) -> None:
        self.scope = scope
        self.function = function
        self.span = span
        self.inputs: list[int] = []
        self.options: dict[str, Any] = {}
        spare = self._positional([a for a in arguments if type(a) is not Named])
        self._static(spare)
        for argument in arguments:
            if type(argument) is Named:
                self._named(argument)
        self._complete()

    def error(self, message: str, span: Span | None = None) -> LanguageError:
        """A LanguageError that shows the function's signature."""
        hint = f"it is written {self.function.signature()}"
        return self.scope.error(message, span or self.span, hint)

    def _positional(self, arguments: list[Any]) -> list[Any]:
        """Take the inputs; what remains are static options by position."""
        function = self.function
        texts = [a for a in arguments if type(a) is QuotedText]
        if texts:
            if "spec" not in function.options or len(texts) > 1:
                raise self.scope.error("text in quotes is for einsum only", texts[0].span)
            self.options["spec"] = texts[0].value
            arguments = [a for a in arguments if type(a) is not QuotedText]
        self._given = len(arguments)
        count = len(arguments) if function.variadic else len(function.inputs)
        self.inputs = [self.scope.resolve(a) for a in arguments[:count]]
        return arguments[count:]

    def _static(self, spare: list[Any]) -> None:
        for option in self.function.options:
            if not spare or option in self.options:
                continue
            if option in ("shape", "bounds"):
                self.options[option] = self._numbers(spare)
                return
            self._set(option, spare.pop(0), self.span)
        if spare:
            raise self._too_many()

    def _too_many(self) -> LanguageError:
        """The error for more positional arguments than inputs and options."""
        function, wants = self.function, len(self.function.inputs)
        message = f"'{function.word}' takes {counted(wants, 'argument')}, not {self._given}"
        text = self.scope.text[slice(*self.span)]
        if wants == 1 and re.match(r"\w+\s*\(\s*\[", text):
            hint = f"rows of a matrix have brackets around them: {function.word}([[1, 2], [3, 4]])"
            return self.scope.error(message, self.span, hint)
        comma = re.search(r"(\d+),(\d+)", text)
        if comma is not None and self._given == 2 * wants:
            hint = f"a decimal number is written with a point: {comma[1]}.{comma[2]}"
            return self.scope.error(message, self.span, hint)
        if "axis" in function.options and wants == 1:
            hint = f"numbers go into a vector: {function.word}([1, 2, 3])"
            return self.scope.error(message, self.span, hint)
        return self.error(message)

    def _named(self, argument: Named) -> None:
        if argument.name not in self.function.options:
            raise self.error(
                f"'{self.function.word}' has no option '{argument.name}'", argument.span
            )
        if argument.name in self.options:
            raise self.error(f"the option '{argument.name}' is given twice", argument.span)
        self._set(argument.name, argument.value, argument.span)

    def _set(self, option: str, value: Any, span: Span) -> None:
        if option == "spec":
            if type(value) is not QuotedText:
                raise self.error("the subscripts of einsum are a text in quotes", span)
            self.options[option] = value.value
        elif option in ("shape", "bounds", "axes"):
            self.options[option] = self._numbers([value])
        else:
            self.options[option] = self._whole(value, option, span)

    def _whole(self, value: Any, option: str, span: Span) -> int:
        number = static_value(self.scope.graph, self.scope.resolve(value))
        if isinstance(number, float) and number.is_integer():
            return int(number)
        what = "whole number" if isinstance(number, float) else "number"
        raise self.error(f"'{option}' is a {what} that is known beforehand", span)

    def _numbers(self, values: list[Any]) -> tuple[int, ...]:
        numbers: list[Any] = []
        for value in values:
            number = static_value(self.scope.graph, self.scope.resolve(value))
            numbers += number if isinstance(number, list) else [number]
        if any(not isinstance(n, float) or not n.is_integer() for n in numbers):
            raise self.error("sizes are whole numbers that are known beforehand")
        return tuple(int(n) for n in numbers)

    def _complete(self) -> None:
        function = self.function
        if len(self.inputs) < len(function.inputs):
            wants = "at least " * function.variadic + counted(len(function.inputs), "argument")
            raise self.error(f"'{function.word}' takes {wants}, not {len(self.inputs)}")
        for option, default in function.options.items():
            if option not in self.options:
                if default is REQUIRED:
                    raise self.error(f"'{function.word}' needs its {option}")
                self.options[option] = default
        least = -1 if function.word == "reshape" else 0
        for option, low, high in (("shape", least, 10**9), ("bounds", -(2**53), 2**53)):
            if any(not low <= n <= high for n in self.options.get(option, ())):
                message = f"a size of '{function.word}' is out of range"
                raise self.scope.error(message, self.span, f"sizes go from {low} to {high:,}")
        if not 1 <= len(self.options.get("bounds", (0,))) <= 3:
            raise self.error(f"'{function.word}' takes 1 to 3 numbers")

    def build(self) -> int:
        """The node that the call means: of a row the node itself, whatever its inputs."""
        graph, function, inputs = self.scope.graph, self.function, tuple(self.inputs)
        written_out = len(inputs) == 1 and graph.ops[inputs[0]] is STACK
        if written_out and function.variadic and function.kind == LINEAR:
            inputs = graph.args[inputs[0]]  # concat([a, b]) means concat(a, b)
        form = self.scope.form
        if form == "shown" and function.kind == COMPOUND:
            function = function.shown or function
        if function is not self.function or function.kind != COMPOUND:
            return graph.node(function, inputs, function.attribute(self.options), self.span)
        m = Symbols(graph, self.span)
        build = (form == "twice" and function.twice) or function.value
        assert build is not None
        try:
            result: Expression = build(m, *[Expression(m, i) for i in inputs], **self.options)
        except ShapeError as error:
            raise self.error(str(error)) from None
        return result.node
