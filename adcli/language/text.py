"""The graph as text of the language: what is printed here parses to the same nodes again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adcli.graph.axes import Key, kept_shape
from adcli.graph.gathering import PLACE, Pattern
from adcli.graph.graph import Graph
from adcli.graph.library import is_taken
from adcli.graph.primitives import (
    CONSTANT,
    ELEMENTWISE,
    LEAF,
    LINEAR,
    MATRIX,
    MULTILINEAR,
    NAMED,
    PRIMITIVES,
    REDUCTION,
    SELECT,
    STATIC,
    Primitive,
)
from adcli.graph.program import coded_column
from adcli.graph.simplify import simplify
from adcli.graph.structure import FULL, GATHER, INDEX, SCATTER_ADD, SHORT_WORDS, STACK, usual_call
from adcli.graph.symbols import Expression, Symbols
from adcli.language.messages import quoted
from adcli.language.operators import MAX_EXACT_DIGITS
from adcli.language.printing import (
    ANY,
    ATOM,
    OPERATORS,
    UNARY,
    Printer,
    Spelled,
    SpelledPart,
    fresh_names,
    listed,
)

_PLAIN = re.compile(r"[^\W\d][\w\u0300-\u036f]*")
_CONCAT = PRIMITIVES["concat"]
_SCATTER = PRIMITIVES["scatter"]
MAX_SHORT = 10.0**MAX_EXACT_DIGITS
_EINSUMS = {"i,j->ij": "outer", "ii->": "trace"}


def to_text(
    graph: Graph,
    nodes: int | Iterable[int],
    *,
    names: Mapping[int, str] | None = None,
    share: bool = False,
    labels: Sequence[str] | None = None,
) -> str:
    """Nodes as text of the language, several separated by commas.

    `names` gives nodes that are printed as a name. With `share` an operation that occurs more than
    once is bound to a name on a line of its own, so that the text grows like the graph; without it
    the text grows like the tree, which can be exponentially larger. `labels` are comments, each
    node then has a line. The text parses to the same nodes (if `names` names none).

    >>> from adcli.language import parse
    >>> program = parse("(-(x))^2 * y / (a - (b - c))")
    >>> to_text(program.graph, program.outputs)
    '(-x)^2*y/(a - (b - c))'
    """
    outputs = [nodes] if isinstance(nodes, int) else list(nodes)
    printer = _TextPrinter(graph, dict(names or {}))
    lines: list[str] = []
    if share:
        leaves = [i for i in graph.reach(outputs) if graph.ops[i].kind == LEAF]
        fresh = fresh_names([*(str(graph.attrs[i]) for i in leaves), *printer.names.values()])
        lines += printer.bindings(outputs, fresh)
    texts = [printer.text(node) for node in outputs]
    if labels is None:
        lines.append(", ".join(texts))
    else:
        marks = [*[","] * (len(texts) - 1), ""]
        lines += [f"{t}{m}  # {c}" for t, m, c in zip(texts, marks, labels, strict=True)]
    return "\n".join(lines)


def number_text(value: float) -> str:
    """A number as the language writes it: the shortest digits of a float64, all of a Literal.

    >>> number_text(2.0), number_text(1e-5), number_text(-0.0)
    ('2', '1e-05', '-0')
    """
    text = repr(value)
    if type(value) is float and abs(value) < MAX_SHORT:
        return text.removesuffix(".0")
    return text


def name_text(name: str) -> str:
    """A variable's name, in backticks where it would not be read as this variable.

    >>> name_text("x1"), name_text("my col"), name_text("pi")
    ('x1', '`my col`', '`pi`')
    """
    column = coded_column(name)
    if column is not None:
        return f"codes({name_text(column)})"
    plain = (
        _PLAIN.fullmatch(name)
        and name.replace("\u0302", "").isidentifier()
        and unicodedata.normalize("NFKC", name) == name
    )
    return name if plain and not is_taken(name) else quoted(name)


def key_text(key: Key) -> str:
    """An index without its brackets: `0, 1:3, ::2`."""
    return ", ".join(_slice_text(*k) if isinstance(k, tuple) else str(k) for k in key)


def places_text(pattern: Pattern, places: Sequence[int]) -> list[SpelledPart]:
    """An index by data without its brackets: `g, :`."""
    waiting = iter(places)
    parts = [[(next(waiting), ANY)] if k is PLACE else [_slice_text(*k)] for k in pattern[0]]
    return [part for k, one in enumerate(parts) for part in ([", "] if k else []) + one]


def _slice_text(start: int | None, stop: int | None, step: int | None) -> str:
    shown = ["" if bound is None else str(bound) for bound in (start, stop, step)]
    return ":".join(shown if step is not None else shown[:2])


class _TextPrinter(Printer):
    def leaf(self, node: int) -> Spelled:
        op, attr = self.graph.ops[node], self.graph.attrs[node]
        if op is CONSTANT:
            text = number_text(attr)
            return (UNARY if text[0] == "-" else ATOM), [text]
        if op is NAMED:
            return ATOM, [attr]
        return ATOM, [name_text(attr if isinstance(attr, str) else attr[-1])]

    def operation(self, node: int) -> Spelled:
        op, args, attr = self.graph.ops[node], self.graph.args[node], self.graph.attrs[node]
        if op.name in OPERATORS:
            return self.infix(node, op.symbol if op.symbol in ("*", "/", "^") else f" {op.symbol} ")
        if op is INDEX:
            return ATOM, [(args[0], ATOM), f"[{key_text(attr)}]"]
        if op is GATHER:
            return ATOM, [(args[0], ATOM), "[", *places_text(attr, args[1:]), "]"]
        if op is STACK and attr == 0:
            return ATOM, ["[", *listed(args), "]"]
        return ATOM, self._call(op, args, attr)

    def _call(self, op: Primitive, args: tuple[int, ...], attr: Any) -> list[SpelledPart]:
        if op is _SCATTER:
            key, shape = attr
            place = f"zeros({', '.join(map(str, shape))})[{key_text(key)}]"
            return ["scatter(", (args[0], ANY), f", {place})"]
        if op is SCATTER_ADD:
            pattern, shape = attr
            zeros = f"zeros({', '.join(map(str, shape))})"
            return [
                *("scatter(", (args[0], ANY), f", {zeros}["),
                *(*places_text(pattern, args[1:]), "])"),
            ]
        word, args = usual_call(op, args, attr)
        inputs = listed(args)
        if op in (STACK, _CONCAT) and len(args) == 1:  # a vector written out would be unpacked
            inputs = ["[", *inputs, "]"]
        if word in SHORT_WORDS and not (attr is None and self._has_numbers(args[0])):
            word = SHORT_WORDS[word]
        if op is FULL and attr[1] and repr(attr[0]) in ("0.0", "1.0"):
            return [f"{'ones' if attr[0] else 'zeros'}({', '.join(map(str, attr[1]))})"]
        options = _options_text(op, attr)
        if word == "einsum":
            fits = attr.count(",") + 1 == len(args)  # else an error of shapes, to be read as it is
            short = _EINSUMS.get(attr) if fits else None
            return [f"{short}(" if short else f"einsum({options[0]}, ", *inputs, ")"]
        between = [", "] if inputs and options else []
        return [f"{word}(", *inputs, *between, ", ".join(options), ")"]

    def _has_numbers(self, node: int) -> bool:
        """Whether max of this vector written out would be read as max of its elements."""
        graph = self.graph
        return graph.ops[node] is STACK and any(
            graph.ops[a] in (CONSTANT, NAMED) for a in graph.args[node]
        )


def _options_text(op: Primitive, attr: Any) -> list[str]:
    """The static options of a call, without those that have their default value."""
    shown = []
    for option, value in op.options_of(attr).items():
        if option == "value":
            shown.append(number_text(value))
        elif option == "spec":
            shown.append(f"'{value}'" if '"' in value else f'"{value}"')
        elif option == "bounds":
            start, stop, step = value
            kept = value if step != 1 else (start, stop) if start != 0 else (stop,)
            shown += map(str, kept)
        elif option == "shape":
            shown += map(str, value)
        elif value != op.options[option]:
            shown.append(f"{option}={list(value) if isinstance(value, tuple) else value}")
    return shown


# ---- rules as text ----


def rule_texts(primitive: Primitive) -> list[str]:
    """The partial derivative for each input, as text over the names of the inputs.

    The rule itself runs on graph nodes, simplified. Elementwise: the partial derivative ("0" where
    nothing flows). Select and reductions: the weight of an input (`*xs` counts as two, x and y).
    Linear and multilinear: the adjoint of the input from the adjoint `g` of the output, for the
    shapes of the row's example.

    >>> rule_texts(PRIMITIVES["sin"]), rule_texts(PRIMITIVES["multiply"])
    (['cos(x)'], ['y', 'x'])
    """
    if primitive.kind in (LEAF, STATIC):
        return ["0"] * len(primitive.inputs)
    m = Symbols(Graph())
    xs = [Expression(m, m.graph.variable(name)) for name in rule_inputs(primitive)]
    if primitive.kind == ELEMENTWISE:
        out = m.apply(primitive, *xs)
        partials = [partial and partial(m, *xs, out) for partial in primitive.partials]
    elif primitive.kind == SELECT:
        out = m.apply(primitive, *xs)
        free = (True,) * len(xs)
        rule = primitive.rule
        assert rule is not None
        partials = [_chosen(m, rule(m, k, xs, out, free)) for k in range(len(xs))]
    else:
        partials = _structural_partials(m, primitive, xs)
    nodes = [m.expression(0 if p is None else p).node for p in partials]
    shapes = dict(zip(rule_inputs(primitive), primitive.example[1], strict=False))
    if primitive.kind in (LINEAR, MATRIX, MULTILINEAR):
        assert primitive.shape is not None
        shapes["g"] = primitive.shape(list(primitive.example[1]), primitive.example[0])
    return [to_text(m.graph, node) for node in simplify(m.graph, nodes, shapes)]


def rule_inputs(primitive: Primitive) -> list[str]:
    """The names that `rule_texts` uses for the inputs."""
    if primitive.variadic:
        count = max(2, len(primitive.example[1]))
        return ["x", "y", "z"][:count]
    return list(primitive.inputs)


def _chosen(m: Symbols, rule: tuple[Any, Any]) -> Any:
    chosen, weight = rule
    if chosen is None:
        return None
    weight = m.expression(weight)
    return chosen if m.constant_value(weight) == 1 else m.where(chosen, weight, 0)


def _structural_partials(m: Symbols, primitive: Primitive, xs: list[Expression]) -> list[Any]:
    attr, shapes = primitive.example
    rule = primitive.rule
    assert rule is not None
    if primitive.kind == REDUCTION:
        out = m.reshape(kept_shape(shapes[0], attr), m.structural(primitive, attr, *xs))
        chosen, weight = rule(m, xs[0], out, attr, shapes[0])
        return [weight if chosen is None else _chosen(m, (chosen, weight))]
    g = Expression(m, m.graph.variable("g"))
    if primitive.kind == MATRIX:
        out = m.structural(primitive, attr, *xs)
        return [rule(m, g, k, attr, list(shapes), xs, out) for k in range(len(xs))]
    return [rule(m, g, k, attr, list(shapes), xs) for k in range(len(xs))]
