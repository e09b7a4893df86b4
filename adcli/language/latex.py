"""The graph as LaTeX, for a formula between dollar signs (amsmath for matrices and cases)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from adcli.graph.expand import expanded
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    COMPARISONS,
    CONSTANT,
    DIVIDE,
    ELEMENTWISE,
    MULTIPLY,
    NAMED,
    NEGATIVE,
    POWER,
    PRIMITIVES,
    SELECT,
    VARIABLE,
    WHERE,
    Primitive,
)
from adcli.graph.structure import GATHER, INDEX, MATMUL, STACK, SUM, usual_call
from adcli.language.messages import safe
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
    fresh_names,
    listed,
)
from adcli.language.printing import POWER as POWER_LEVEL
from adcli.language.text import key_text, number_text, places_text

_NAMED = {"pi": r"\pi", "tau": r"\tau", "e": "e", "inf": r"\infty"}
_GREEK = frozenset(
    {
        *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"),
        *("lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi"),
        *("omega", "pi", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon"),
        *("Phi", "Psi", "Omega"),
    }
)
_TRANSPOSE = PRIMITIVES["transpose"]
_EINSUM = PRIMITIVES["einsum"]
_ESCAPES = {
    **{c: f"\\{c}" for c in "{}$&#_% "},
    **{"\\": r"\backslash ", "^": r"\wedge ", "~": r"\sim ", "-": r"\text{-}"},
}


def to_latex(
    graph: Graph,
    nodes: int | Iterable[int],
    *,
    names: Mapping[int, str] | None = None,
    share: bool = False,
    labels: Sequence[str] | None = None,
) -> str:
    """Nodes as LaTeX, several separated by commas. `names` gives nodes that have a name.

    With `share` an operation that occurs more than once is an equation of its own, t_{1} = ...;
    `labels` are left sides, each node then has a line.

    >>> from adcli.language import parse
    >>> program = parse("x1^2/2 + sqrt(alpha)*exp(-x1)")
    >>> to_latex(program.graph, program.outputs)
    '\\\\frac{x_{1}^{2}}{2} + \\\\sqrt{\\\\alpha} \\\\, e^{-x_{1}}'
    """
    known = dict(names or {})
    printer = LatexPrinter(graph, known)
    outputs = [nodes] if isinstance(nodes, int) else list(nodes)
    outputs = expanded(graph, outputs, lambda op: "latex" in op.spelling, known)
    lines: list[str] = []
    if share:
        taken = printer.variables.values()
        fresh = (name for name in map(latex_name, fresh_names(())) if name not in taken)
        lines += printer.bindings(outputs, fresh)
    texts = [printer.text(node) for node in outputs]
    if labels is None:
        lines.append(", ".join(texts))
    else:
        lines += [f"{label} = {text}" for label, text in zip(labels, texts, strict=True)]
    return "\n".join(lines)


def latex_names(graph: Graph) -> dict[str, str]:
    r"""How each variable is written: no two alike, and none like a constant.

    >>> from adcli.language import parse
    >>> latex_names(parse("x1*x_1*`e`*alpha").graph)
    {'x1': 'x_{1}', 'x_1': '\\mathrm{x\\_1}', 'e': '\\mathrm{e}', 'alpha': '\\alpha'}
    """
    return distinct_names(graph.variables())


def distinct_names(names: Iterable[str]) -> dict[str, str]:
    """How names are written: no two alike, and none like a constant."""
    found: dict[str, str] = {}
    taken = set(_NAMED.values())
    for name in dict.fromkeys(names):
        text = latex_name(name)
        found[name] = _upright(safe(name)) if text in taken else text
        taken.add(found[name])
    return found


def numbered_name(written: str, number: int) -> str:
    r"""A name that is written in LaTeX, with a number as its last index.

    >>> numbered_name("a", 2), numbered_name("x_{1}", 2)
    ('a_{2}', 'x_{1,2}')
    """
    name, index = _parts(written)
    return f"{name}_{{{index[2:-1]},{number}}}" if index else f"{name}_{{{number}}}"


def accented_name(written: str, accent: str) -> str:
    r"""A name that is written in LaTeX, with an accent on it and not on its index.

    >>> accented_name("x_{1}", r"\dot"), accented_name(r"\mathrm{rate}", r"\bar")
    ('\\dot{x}_{1}', '\\overline{\\mathrm{rate}}')
    """
    name, index = _parts(written)
    if accent == r"\bar" and name.startswith(r"\mathrm"):
        accent = r"\overline"
    return f"{accent}{{{name}}}{index}"


def _parts(written: str) -> tuple[str, str]:
    """A name and its index."""
    match = re.fullmatch(r"(.*?)((?<!\\)_\{.*\})?", written)
    assert match is not None
    return match[1], match[2] or ""


def latex_name(name: str) -> str:
    r"""A variable's name: Greek letters, digits at the end as an index, long names upright.

    >>> latex_name("x12"), latex_name("beta1"), latex_name("rate"), latex_name("y_max")
    ('x_{12}', '\\beta_{1}', '\\mathrm{rate}', 'y_{\\mathrm{max}}')
    """
    name = safe(name)
    match = re.fullmatch(r"([^\W\d_]+)(?:_(\w+)|(\d+))", name)
    if match is None:
        return _word(name)
    index = match[3] or (match[2] if match[2].isdecimal() else _word(match[2]))
    return f"{_word(match[1])}_{{{index}}}"


def _word(word: str) -> str:
    words = unicodedata.name(word, "").split() if len(word) == 1 else []
    if words[:1] == ["GREEK"] and len(words) == 4:
        word = words[3].lower() if words[1] == "SMALL" else words[3].title()
    word = {"lamda": "lambda", "Lamda": "Lambda"}.get(word, word)
    if word in _GREEK:
        return f"\\{word}"
    return _escaped(word) if len(word) == 1 else _upright(word)


def _upright(word: str) -> str:
    return rf"\mathrm{{{_escaped(word)}}}"


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(c, c) for c in text)


def _number(text: str) -> str:
    if text.endswith("inf"):
        return text.replace("inf", r"\infty")
    mantissa, e, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else text


class LatexPrinter(Printer):
    """Writes nodes in LaTeX, with the names of `latex_names` for variables."""

    brackets = (r"\left(", r"\right)")
    relations: ClassVar = {"<=": r"\le", ">=": r"\ge", "==": "=", "!=": r"\ne"}

    def __init__(self, graph: Graph, names: dict[int, str]) -> None:
        super().__init__(graph, names)
        self.variables = latex_names(graph)

    def leaf(self, node: int) -> Spelled:
        op, attr = self.graph.ops[node], self.graph.attrs[node]
        if op is CONSTANT:
            text = _number(number_text(attr))
            level = PRODUCT if r"\cdot" in text else UNARY if text[0] == "-" else ATOM
            return level, [text]
        if op is NAMED:
            return ATOM, [_NAMED[attr]]
        return ATOM, [self.variables[attr] if op is VARIABLE else latex_name(attr[-1])]

    def operation(self, node: int) -> Spelled:
        op, args, attr = self.graph.ops[node], self.graph.args[node], self.graph.attrs[node]
        if op is DIVIDE:
            fraction = fill(r"\frac{#1}{#2}", [self._without_minus(args[0]), args[1]])
            return UNARY, ["-" * self._starts_with_minus(args[0]), *fraction]
        if op is POWER:
            return POWER_LEVEL, [(args[0], ATOM), "^{", (args[1], ANY), "}"]
        if op in (MULTIPLY, MATMUL):
            return self._product(*args)
        if op is WHERE:
            return ANY, self._where(*args)  # nothing closes it on the right
        if op.name in COMPARISONS:
            return ATOM, [r"\left[", *self.relation(node), r"\right]"]
        if op.name in OPERATORS:
            level, (left, sign, _) = self.infix(node, f" {op.symbol} ")
            return level, [left, sign, self._after_sign(args[1])]
        if op.kind in (ELEMENTWISE, SELECT):
            return self._function(op.spelling["latex"], args)
        return self._structural(op, args, attr)

    def _after_sign(self, node: int) -> SpelledPart:
        """The right operand of a sum: a + -b takes brackets."""
        return node, ATOM if self._starts_with_minus(node) else PRODUCT

    def _starts_with_minus(self, node: int) -> bool:
        graph = self.graph
        while node not in self.names and graph.ops[node] in (MULTIPLY, MATMUL, DIVIDE):
            node = graph.args[node][0]
        if node in self.names:
            return False
        is_number = graph.ops[node] is CONSTANT
        return graph.ops[node] is NEGATIVE or (
            is_number and number_text(graph.attrs[node])[0] == "-"
        )

    def _without_minus(self, node: int) -> int:
        """The node with the minus that it starts with taken away, if there is one."""
        graph, inside = self.graph, []
        if not self._starts_with_minus(node):
            return node
        while graph.ops[node] in (MULTIPLY, MATMUL, DIVIDE):
            inside.append(node)
            node = graph.args[node][0]
        if graph.ops[node] is NEGATIVE:
            (node,) = graph.args[node]
        else:
            node = graph.constant(-graph.attrs[node])
        for i in reversed(inside):
            node = graph.node(graph.ops[i], (node, graph.args[i][1]), graph.attrs[i])
        return node

    def _product(self, x: int, y: int) -> Spelled:
        graph = self.graph
        is_fraction = graph.ops[y] is DIVIDE and y not in self.names
        sign = r" \cdot " if is_fraction or self._starts_with_digit(y) else r" \, "
        is_bare = is_fraction and not self._starts_with_minus(y)
        return PRODUCT, [(x, PRODUCT), sign, (y, UNARY if is_bare else POWER_LEVEL)]

    def _starts_with_digit(self, node: int) -> bool:
        graph = self.graph
        while graph.ops[node] in (POWER, INDEX, GATHER) and node not in self.names:
            node = graph.args[node][0]
        template = graph.ops[node].spelling.get("latex", "")
        starts = not callable(template) and template[:1].isdecimal()
        is_number = graph.ops[node] is CONSTANT or starts
        return is_number and node not in self.names

    def _where(self, condition: int, a: int, b: int) -> list[SpelledPart]:
        head: list[SpelledPart] = [r"\begin{cases} ", (a, ANY), r" & \text{if } "]
        condition_parts = self.condition(condition, r" \ne 0")
        return [*head, *condition_parts, r" \\ ", (b, ANY), r" & \text{otherwise} \end{cases}"]

    def _function(self, template: str, args: tuple[int, ...]) -> Spelled:
        if "#" not in template:
            return ATOM, [template, r"\left(", *listed(args), r"\right)"]
        if "#+" in template:
            return ATOM, fill(template.replace("#+", "#"), [[self._after_sign(a)] for a in args])
        level = UNARY if template.startswith(r"\frac") else ATOM
        return (POWER_LEVEL if "^{" in template else level), fill(template, list(args))

    def _structural(self, op: Primitive, args: tuple[int, ...], attr: Any) -> Spelled:
        if "latex" in op.spelling:
            template = op.spelling["latex"](attr)
            level = PRODUCT if r"\, " in template else POWER_LEVEL if "^{" in template else ATOM
            inside = ANY if level == ATOM else ATOM
            return level, fill(template, [[(a, inside)] for a in args])
        if op is INDEX:
            return ATOM, ["{", (args[0], ATOM), f"}}_{{{key_text(attr)}}}"]
        if op is GATHER:
            return ATOM, ["{", (args[0], ATOM), "}_{", *places_text(attr, args[1:]), "}"]
        if op is STACK and attr == 0:
            return ATOM, self._matrix(args)
        if op is _TRANSPOSE and attr is None:
            return POWER_LEVEL, [(args[0], ATOM), r"^{\mathsf{T}}"]
        if op is _EINSUM and attr == "i,j->ij":
            return PRODUCT, [(args[0], PRODUCT), r" \, ", (args[1], ATOM), r"^{\mathsf{T}}"]
        if op is SUM and attr is None:
            return ATOM, [r"\operatorname{sum}\left(", (args[0], ANY), r"\right)"]
        word, args = usual_call(op, args, attr)
        options = list(op.options_of(attr).values())
        if word == "sort":
            options = [] if attr[0] == -1 else [attr[0]]
        shown = [_option(value) for value in options if value is not None]
        index = f"_{{{','.join(shown)}}}" if shown else ""
        head = rf"\operatorname{{{word.replace('_', ' ')}}}{index}"
        return ATOM, [head + r"\left(", *listed(args), r"\right)"]

    def _matrix(self, rows: tuple[int, ...]) -> list[SpelledPart]:
        graph = self.graph
        parts: list[SpelledPart] = []
        for row in rows:
            is_row = graph.ops[row] is STACK and graph.attrs[row] == 0 and row not in self.names
            cells = graph.args[row] if is_row else (row,)
            parts += [r" \\ "] if parts else []
            parts += listed(cells, separator=" & ")
        return [r"\begin{pmatrix} ", *parts, r" \end{pmatrix}"]


def _option(value: Any) -> str:
    if isinstance(value, str):
        return rf"\text{{{_escaped(value)}}}"
    return r" \times ".join(map(str, value)) if isinstance(value, tuple) else str(value)
