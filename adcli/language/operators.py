"""What the signs, words and numbers between brackets and names mean: rules of the grammar."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from adcli.errors import Span
from adcli.graph.graph import Graph, Literal
from adcli.graph.primitives import (
    ADD,
    COMPARISONS,
    DIVIDE,
    MAXIMUM,
    MULTIPLY,
    NEGATIVE,
    POWER,
    PRIMITIVES,
    SUBTRACT,
    WHERE,
    Primitive,
)
from adcli.graph.structure import MATMUL
from adcli.language.names import Chain, Scope

COMPARISON_SIGNS = {sign: name for name, sign in COMPARISONS.items()}
COMPARISON_SIGNS |= {"≤": "less_equal", "≥": "greater_equal", "≠": "not_equal"}
ROOTS = {"√": "sqrt", "∛": "cbrt"}
"""The root that a sign means."""

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")

FRACTION_SLASH = "⁄"
"""What stands between the numbers of ½ in its compatibility form."""

MAX_EXACT_DIGITS = 15
"""A decimal number with no more digits is what the shortest text of its float64 says."""


def _between(op: Primitive) -> Callable[[Operators, Any, Span, Any], int]:
    """The method for an operator between its two operands."""
    return lambda builder, a, span, b: builder.operation(op, a, b, span)


class Operators(Scope):
    """The part of the builder that makes numbers and operations."""

    def __init__(self, text: str, graph: Graph, form: str = "value") -> None:
        super().__init__(text, graph, form)
        self._numbers: dict[str, int] = {}
        self._truths: set[int] = set()  # nodes that are 0 or 1

    def operation(self, op: Primitive, a: Any, b: Any, span: Span) -> int:
        if type(a) is not int:
            a = self.resolve(a)
        if type(b) is not int:
            b = self.resolve(b)
        return self.graph.node(op, (a, b), None, span)

    add = _between(ADD)
    subtract = _between(SUBTRACT)
    multiply = _between(MULTIPLY)
    divide = _between(DIVIDE)
    matmul = _between(MATMUL)
    power = _between(POWER)

    def raised(self, base: Any, digits: Span) -> int:
        return self.operation(POWER, base, self._raised_number(digits), digits)

    def _raised_number(self, span: Span) -> int:
        digits = self.text[span[0] : span[1]].translate(_RAISED)
        node = self._number(digits.lstrip("+-"), span)
        return self.negative(span, node) if digits[0] == "-" else node

    def root(self, sign: Span, a: Any) -> int:
        name = ROOTS[self.text[sign[0] : sign[1]]]
        return self.graph.node(PRIMITIVES[name], (self.resolve(a),), None, sign)

    def factorial(self, a: Any, sign: Span) -> int:
        if self.text[sign[0] - 1] == "!":
            hint = "write (n!)! for the factorial of a factorial"
            raise self.error("'!!' can mean two things", (sign[0] - 1, sign[1]), hint)
        next_one = self.operation(ADD, a, self.graph.constant(1.0, sign), sign)
        return self.graph.node(PRIMITIVES["gamma"], (next_one,), None, sign)

    def absolute(self, left: Span, a: Any, right: Span) -> int:
        span = (left[0], right[1])
        return self.graph.node(PRIMITIVES["abs"], (self.resolve(a),), None, span)

    # ---- comparisons and choices ----

    def compare(self, a: Any, span: Span, b: Any) -> Chain:
        op = PRIMITIVES[COMPARISON_SIGNS[self.text[span[0] : span[1]]]]
        a, b = self.resolve(a), self.resolve(b)
        return Chain(self.operation(op, a, b, span), b)

    def compare_on(self, chain: Chain, span: Span, b: Any) -> Chain:
        link = self.compare(chain.last, span, b)
        return Chain(self._of_truths(MULTIPLY, chain.node, span, link.node), link.last)

    def close_chain(self, chain: Chain) -> int:
        return chain.node

    def both(self, a: Any, span: Span, b: Any) -> int:
        return self._of_truths(MULTIPLY, a, span, b)

    def either(self, a: Any, span: Span, b: Any) -> int:
        return self._of_truths(MAXIMUM, a, span, b)

    def contrary(self, span: Span, a: Any) -> int:
        return self.operation(PRIMITIVES["equal"], a, self.graph.constant(0.0, span), span)

    def _of_truths(self, op: Primitive, a: Any, span: Span, b: Any) -> int:
        node = self.operation(op, self._truth(a, span), self._truth(b, span), span)
        self._truths.add(node)
        return node

    def is_truth(self, node: int) -> bool:
        """Whether a node is a condition: a comparison, or some joined by `and`, `or`, `not`."""
        return self.graph.ops[node].name in COMPARISONS or node in self._truths

    def _truth(self, a: Any, span: Span) -> int:
        """1 where a number is not 0, else 0; what is 1 or 0 already stays as it is."""
        node = self.resolve(a)
        if self.is_truth(node):
            return node
        return self.operation(PRIMITIVES["not_equal"], node, self.graph.constant(0.0, span), span)

    def choice(self, word: Span, condition: Any, _: Span, a: Any, __: Span, b: Any) -> int:
        nodes = tuple([self.resolve(value) for value in (condition, a, b)])
        return self.graph.node(WHERE, nodes, None, word)

    # ---- signs before a value ----

    def coefficient(self, number: Span, factor: Any) -> int:
        return self.operation(MULTIPLY, self.number(number), factor, number)

    def negative(self, span: Span, a: Any) -> int:
        return self.graph.node(NEGATIVE, (self.resolve(a),), None, span)

    def positive(self, _: Span, a: Any) -> int:
        return self.resolve(a)

    def group(self, _: Span, a: Any, __: Span) -> int:
        # Resolved here, so that `(x) = 1` and f((x)) = 1 are not definitions.
        return self.resolve(a)

    # ---- numbers, vectors, indices ----

    def number(self, span: Span) -> int:
        return self._number(self.text[span[0] : span[1]], span)

    def _number(self, text: str, span: Span) -> int:
        node = self._numbers.get(text)
        if node is None:
            if text == "∞":
                return self.graph.named("inf", span)
            if not text.isascii():
                return self._fraction(text, span)
            digits = text.replace("_", "")
            value = float(digits)
            if value == float("inf"):
                raise self.error(
                    f"the number {text} is too large for float64", span, "infinity is written inf"
                )
            mantissa = digits.lower().partition("e")[0].replace(".", "").lstrip("0")
            if len(mantissa) > MAX_EXACT_DIGITS and float(repr(value)) == value:
                value = Literal(digits)
            node = self._numbers[text] = self.graph.constant(value, span)
        return node

    def _fraction(self, text: str, span: Span) -> int:
        """The number that a character such as ½ means."""
        top, bottom = map(int, unicodedata.normalize("NFKC", text).split(FRACTION_SLASH))
        if (top << 3) % bottom == 0:
            return self.graph.constant(top / bottom, span)
        parts = self.graph.constant(float(top), span), self.graph.constant(float(bottom), span)
        return self.graph.node(DIVIDE, parts, None, span)
