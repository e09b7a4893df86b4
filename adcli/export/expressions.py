"""Nodes of the graph as expressions of a target language."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any

from adcli.errors import LanguageError
from adcli.export.definitions import DEFINITIONS, dependencies
from adcli.export.engine_functions import MODULES, EngineFunctions
from adcli.export.targets import Target
from adcli.graph.axes import Shape
from adcli.graph.gathering import numpy_places
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    COMPARISONS,
    CONSTANT,
    DIVIDE,
    ELEMENTWISE,
    MAXIMUM,
    MINIMUM,
    NAMED,
    NEGATIVE,
    POWER,
    SELECT,
    VARIABLE,
    WHERE,
    Primitive,
)
from adcli.graph.structure import GATHER, INDEX, usual_word
from adcli.language.printing import (
    ANY,
    ATOM,
    OPERATORS,
    PRODUCT,
    UNARY,
    Printer,
    Spelled,
    SpelledPart,
    fill,
    listed,
)
from adcli.language.text import key_text


class Expressions(Printer):
    """Prints nodes for a target, and notes which functions must be defined.

    `shapes` are those of the nodes, for NumPy; `taken` are names that no function may get;
    `program` is the text that errors show.
    """

    def __init__(
        self,
        graph: Graph,
        names: dict[int, str],
        target: Target,
        shapes: Mapping[int, Shape],
        taken: Collection[str],
        program: str | None,
    ) -> None:
        super().__init__(graph, names)
        self.target = target
        self.shapes = shapes
        self.program = program
        self.helpers = DEFINITIONS[target.name]
        self.used: set[str] = set()
        self.engine = EngineFunctions(target.name, taken) if target.name in MODULES else None

    def definitions(self) -> list[str]:
        """The functions that are used and are not a library's."""
        written = self.engine.definitions() if self.engine else []
        return written + [self.helpers[n] for n in dependencies(self.helpers, self.used)]

    def text(self, node: int) -> str:
        """One node as an expression."""
        text = super().text(node)
        for helper in self.helpers:
            if helper in text and re.search(rf"\b{helper}\b", text):
                self.used.add(helper)
        return text

    def leaf(self, node: int) -> Spelled:
        op, attr = self.graph.ops[node], self.graph.attrs[node]
        if op is NAMED:
            return ATOM, [self.target.constants[attr]]
        if op is not CONSTANT:
            raise self._unsayable(node, f"the variable '{attr}' without a value")
        text = repr(attr)
        if text.endswith(("inf", "nan")):
            text = text.replace(text[-3:], self.target.constants[text[-3:]])
        elif not re.search(r"[.e]", text):
            text += ".0"  # a Literal such as 12345678901234567890
        return (UNARY if text[0] == "-" else ATOM), [text]

    def operation(self, node: int) -> Spelled:
        op, args, attr = self.graph.ops[node], self.graph.args[node], self.graph.attrs[node]
        has_arrays = self.target.name == "numpy"
        if op is POWER:
            return self._power(node, *args)
        if op is WHERE:
            condition = self.condition(args[0], " != 0.0")
            return ATOM, fill(self.target.choice, [condition, args[1], args[2]])
        if op is DIVIDE and self._divides_by_zero(*args):
            return ATOM, self._function(node, op, args, attr)
        if op.name in OPERATORS and (op.kind == ELEMENTWISE or has_arrays):
            if op.name in COMPARISONS:
                return self._mask(node)
            return self.infix(node, op.symbol if op.symbol in ("*", "/") else f" {op.symbol} ")
        if op is INDEX and has_arrays:
            return ATOM, [(args[0], ATOM), f"[{key_text(attr)}]"]
        if op is GATHER and has_arrays:
            places = f"[{numpy_places(attr, self.shapes[args[0]])}]"
            return ATOM, [(args[0], ATOM), *fill(places, list(args))]
        return ATOM, self._function(node, op, args, attr)

    def _power(self, node: int, x: int, y: int) -> Spelled:
        graph = self.graph
        exponent = graph.attrs[y] if graph.ops[y] is CONSTANT else None
        base = self.names.get(x)
        if exponent in (2.0, 3.0) and base is not None:
            return PRODUCT, ["*".join([base] * int(exponent))]
        if exponent == 2.0 and self.target.name == "numpy":
            return ATOM, ["np.square(", (x, ANY), ")"]
        return ATOM, self._function(node, POWER, (x, y), None)

    def _divides_by_zero(self, x: int, y: int) -> bool:
        """Whether the target's x/y may raise: Python's floats, and NumPy's where both are such."""
        graph = self.graph
        if self.target.name == "numpy":
            return not (graph.varying[x] or graph.varying[y])
        is_safe = graph.ops[y] is NAMED or (graph.ops[y] is CONSTANT and graph.attrs[y] != 0)
        return self.target.name == "python" and not is_safe

    def _is_finite(self, node: int) -> bool:
        """Whether a node is finite wherever the variables are, as far as can be seen at once."""
        graph = self.graph
        while graph.ops[node] is NEGATIVE:
            (node,) = graph.args[node]
        is_number = graph.ops[node] is CONSTANT and isfinite(graph.attrs[node])
        return is_number or graph.ops[node] is VARIABLE

    def _mask(self, node: int) -> Spelled:
        before, after = self.target.mask.split("#1")
        level = UNARY if before.startswith("(") else ATOM
        return level, [before, *self.relation(node), after]

    def _function(
        self, node: int, op: Primitive, args: tuple[int, ...], attr: Any
    ) -> list[SpelledPart]:
        is_number = op.kind in (ELEMENTWISE, SELECT)
        template = op.spelling.get(self.target.name)
        if callable(template) and not is_number:
            template = template(attr, [self.shapes[a] for a in args])
            if template is not None:
                return fill(template, list(args))
        if self.engine and is_number and not (template and all(map(self._is_finite, args))):
            template = self.engine.call(op.name)
        if not template or not is_number:
            raise self._unsayable(node, f"'{usual_word(op)}'")
        if op in (MAXIMUM, MINIMUM) and self.target.name == "c":
            parts: list[SpelledPart] = [(args[0], ANY)]
            for a in args[1:]:
                parts = [f"{template}(", *parts, ", ", (a, ANY), ")"]
            return parts
        if "#" not in template:
            return [f"{template}(", *listed(args), ")"]
        return fill(template, list(args))

    def _unsayable(self, node: int, what: str) -> LanguageError:
        hints = {
            "python": "--as numpy has arrays and more functions",
            "c": "--as numpy has arrays and more functions",
            "numpy": "--as text can say everything",
        }
        return LanguageError(
            f"{self.target.title} has no spelling for {what}",
            hints[self.target.name],
            span=self.graph.span(node),
            text=self.program,
        )
