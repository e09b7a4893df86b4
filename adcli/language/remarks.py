"""What a program may not have been meant to say, although it is one."""

from __future__ import annotations

import re

from adcli.errors import LanguageError, Span
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, MULTIPLY, POWER, PRIMITIVES, VARIABLE
from adcli.graph.program import Program
from adcli.graph.shapes import infer_shapes

MOST_TEXT = 2_000
"""Characters of a text that somebody typed; longer ones are not looked through."""

_ABS = PRIMITIVES["abs"]

_COMMENT = r"#[^\n]*"
_DECIMAL_COMMA = r"(?<![\w.,])(\d+|\d{1,3}(?:\.\d{3})+),(\d+)(?![\w.]*,)"
_WITHIN = r"[(\[]([^()\[\]]*)[)\]]"
_PRODUCT = (
    r"\s*(?P<number>(?>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))"
    r"[^\S\n]*(?=(?!(?:and|or|then|else)\b)[^\W\d]|\()"
)
_DIVISOR = "/" + _PRODUCT
_EXPONENT = r"(?:\^|\*\*)\s*[-−+]?" + _PRODUCT


def remarks(text: str, at_terminal: bool) -> list[LanguageError]:
    """The remarks on a program, each with its place and what to write instead.

    `3,5*x` is two results. `1/3x` divides by 3x, and `x^2y` has the exponent 2y: rules of the
    language that somebody `at_terminal` may not know. Patterns are compiled only where their sign
    occurs: starting up must cost nothing.
    """
    if len(text) > MOST_TEXT:
        return []
    program = re.sub(_COMMENT, lambda comment: " " * len(comment[0]), text)
    found = []
    for match in re.finditer(_DECIMAL_COMMA, program) if "," in program else ():
        what = _separated(program, match.start())
        if what:
            hint = (
                f"a decimal number is written with a point: {match[1].replace('.', '')}.{match[2]}"
            )
            if len(match[2]) == 3 and "." not in match[1]:
                hint += f"; thousands go without a sign: {match[1]}{match[2]}"
            found.append(_remark(text, match.span(), f"a comma separates {what}", hint))
            if what != "results":
                break
    for match in re.finditer(_DIVISOR, program) if at_terminal and "/" in program else ():
        number = match["number"]
        what = f"the divisor is the product that starts with {number}"
        hint = f"(1/{number}) in brackets is a factor"
        found.append(_remark(text, (match.start("number"), match.end() + 1), what, hint))
    is_power = at_terminal and ("^" in program or "**" in program)
    for match in re.finditer(_EXPONENT, program) if is_power else ():
        number = match["number"]
        what = f"the exponent is the product that starts with {number}"
        hint = f"a factor goes behind *: x^{number}*y"
        found.append(_remark(text, (match.start("number"), match.end() + 1), what, hint))
    return found


def _separated(program: str, place: int) -> str:
    """What the comma without a blank at a place separates that may be part of a number.

    Within brackets it is so taken only beside others that have one: (1,5, 2,5), but not (1,5).
    """
    before = program[:place]
    if all(before.count(a) == before.count(b) for a, b in ("()", "[]")):
        return "results"
    for group in re.finditer(_WITHIN, program):
        if group.start() < place < group.end():
            parts = re.split(r",\s", group[1])
            is_of_numbers = all(re.fullmatch(r"\s*[-+]?\d+(?:,\d+)?\s*", part) for part in parts)
            if len(parts) > 1 and is_of_numbers:
                return "elements" if group[0][0] == "[" else "arguments"
    return ""


def product_of_arrays(program: Program, shapes: dict[str, Shape]) -> LanguageError | None:
    """A remark on the first v·w of two arrays, or v × w of two vectors of three elements."""
    graph, text = program.graph, program.text
    signs = {i: text[slice(*graph.span(i))] for i in program.order if graph.ops[i] is MULTIPLY}
    products = [i for i, sign in signs.items() if sign in ("·", "⋅", "×")]
    if not products:
        return None
    found = infer_shapes(graph, program.order, shapes, text)
    for i in products:
        left, right = (found[a] for a in graph.args[i])
        what = f"'{signs[i]}' of arrays multiplies each element"
        if signs[i] != "×" and left and right:
            return _remark(text, graph.span(i), what, "the dot product is v @ w")
        if left == right == (3,):
            hint = "the cross product is [v[1]*w[2] - v[2]*w[1], v[2]*w[0] - v[0]*w[2], ...]"
            return _remark(text, graph.span(i), what, hint)
    return None


def size_of_vector(program: Program, shapes: dict[str, Shape]) -> LanguageError | None:
    """A remark on the first ||v|| of an array: the absolute values of its elements."""
    graph, text = program.graph, program.text
    doubled = [
        i
        for i in program.order
        if graph.ops[i] is _ABS
        and graph.ops[graph.args[i][0]] is _ABS
        and text.startswith("||", graph.span(i)[0])
    ]
    if not doubled or infer_shapes(graph, program.order, shapes, text)[doubled[0]] == ():
        return None
    what = "bars around an array give the absolute value of each element"
    return _remark(text, graph.span(doubled[0]), what, "the Euclidean norm is norm(v)")


def reciprocal_of_matrix(program: Program, shapes: dict[str, Shape]) -> LanguageError | None:
    """A remark on the first A^-1 of a square matrix A: the reciprocals of its elements."""
    graph = program.graph
    powers = [
        i for i in program.order if graph.ops[i] is POWER and _is_minus_one(graph, graph.args[i][1])
    ]
    if not powers:
        return None
    found = infer_shapes(graph, program.order, shapes, program.text)
    for i in powers:
        rows, *columns = found[graph.args[i][0]] or (0,)
        if rows > 1 and columns == [rows]:
            what = "a power of a matrix is that of each element"
            base = graph.args[i][0]
            name = graph.attrs[base] if graph.ops[base] is VARIABLE else "A"
            hint = f"the inverse of the matrix is inv({name})"
            return _remark(program.text, graph.span(i), what, hint)
    return None


def _is_minus_one(graph: Graph, node: int) -> bool:
    return graph.ops[node] is CONSTANT and float(graph.attrs[node]) == -1


def _remark(text: str, span: Span, message: str, hint: str) -> LanguageError:
    return LanguageError(message, hint, span=span, text=text)
