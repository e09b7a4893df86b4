"""The graph as presentation MathML, which browsers set and screen readers read.

The layout is that of LaTeX: what that writes of one operation, with places for its operands, is set
here. So a function of the table needs no notation of its own for this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from typing import NamedTuple

from adcli.graph.expand import expanded
from adcli.graph.graph import Graph
from adcli.graph.primitives import VARIABLE
from adcli.language.latex import LatexPrinter, latex_name, latex_names
from adcli.language.printing import Spelled, SpelledPart, fresh_names

Place = int
"""The place of an operand, from 0."""

OPERAND, OPERATOR, WORD, LETTER, BRACKET = range(5)
"""Kinds of what stands in a row; what stands between two of them depends on their kinds."""

APPLIED, TIMES = "<mo>\u2061</mo>", '<mo lspace=".2em">\u2062</mo>'
"""A function is applied; factors stand side by side."""
APART = '<mspace width=".2em"/>'
EQUALS = "<mo>=</mo>"
_COMMANDS = {
    **{"cdot": "·", "times": "×", "le": "≤", "ge": "≥", "ne": "≠", "mid": "∣", "vdots": "⋮"},
    **{"ldots": "…", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", ",": TIMES},
    **{"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "zeta": "ζ"},
    **{"eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν"},
    **{"xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "ϕ"},
    **{"backslash": "\\", "wedge": "^", "sim": "~"},
    **{"varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ"},
    **{"Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ"},
    **{"Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "infty": "∞", "partial": "∂"},
}
_TOKEN = re.compile(r"\\[A-Za-z]+ ?|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_WITH_WORDS = ("\\mathrm", "\\operatorname", "\\text", "\\mathbf", "\\mathsf", "\\begin", "\\end")
_IN_BRACES = re.compile(r"\{((?:\\text\{-\}|\\.|[^{}\\])*)\}", re.DOTALL)
_RAW = re.compile(r"\\backslash |\\wedge |\\sim |\\text\{-\}|\\.", re.DOTALL)
_ESCAPED = {"\\backslash ": "\\", "\\wedge ": "^", "\\sim ": "~", "\\text{-}": "-"}
_BOLD = {ord("0") + k: chr(0x1D7CE + k) for k in range(10)}


def to_mathml(
    graph: Graph,
    nodes: int | Iterable[int],
    *,
    names: Mapping[int, str] | None = None,
    share: bool = False,
    labels: Sequence[str] | None = None,
) -> str:
    """Nodes as the content of a `math` element, several separated by commas. `names`, of nodes
    that have a name, and `labels`, left sides, are MathML.

    With `share` an operation that occurs more than once is an equation of its own; equations are
    lines.

    >>> from adcli.language import parse
    >>> program = parse("x1^2/2")
    >>> to_mathml(program.graph, program.outputs, names={program.inputs["x1"]: "<mi>u</mi>"})
    '<mfrac><msup><mi>u</mi><mn>2</mn></msup><mn>2</mn></mfrac>'
    """
    known = dict(names or {})
    printer = _MathML(graph, known)
    outputs = [nodes] if isinstance(nodes, int) else list(nodes)
    outputs = expanded(graph, outputs, lambda op: "latex" in op.spelling, known)
    lines: list[str] = []
    if share:
        taken = printer.written.values()
        fresh = (name for name in map(mathml_name, fresh_names(())) if name not in taken)
        lines += [line.replace(" = ", EQUALS, 1) for line in printer.bindings(outputs, fresh)]
    texts = [bare(printer.text(node)) for node in outputs]
    if labels is None:
        lines.append("<mo>,</mo>".join(texts))
    else:
        lines += [f"{label}{EQUALS}{text}" for label, text in zip(labels, texts, strict=True)]
    return "\n".join(map(bare, lines))


def mathml_names(graph: Graph) -> dict[str, str]:
    """How each variable is written: no two alike, and none like a constant."""
    return {name: _set(written) for name, written in latex_names(graph).items()}


def mathml_name(name: str) -> str:
    """A variable's name: Greek letters, digits at the end as an index, long names upright.

    >>> mathml_name("x12"), mathml_name("beta"), mathml_name("a<b")
    ('<msub><mi>x</mi><mn>12</mn></msub>', '<mi>β</mi>', '<mi>a&lt;b</mi>')
    """
    return _set(latex_name(name))


def from_latex(written: str) -> str:
    """What a writer of this package wrote in LaTeX: a name, the sign of a derivative, or a formula
    that is not deep."""
    return _set(written)


def bare(mathml: str) -> str:
    """Without the rows of only one element."""
    return _ALONE.sub(r"\1", mathml)


_ALONE = re.compile(r"<mrow>(<(mi|mn|mo|mtext)>[^<]*</\2>)</mrow>")


class _MathML(LatexPrinter):
    brackets = ("<mrow><mo>(</mo>", "<mo>)</mo></mrow>")

    def __init__(self, graph: Graph, names: dict[int, str]) -> None:
        super().__init__(graph, names)
        self.written = {name: _set(text) for name, text in self.variables.items()}

    def lay_out(self, node: int) -> Spelled:
        name = self.names.get(node)
        op, attr = self.graph.ops[node], self.graph.attrs[node]
        if name is None and op is VARIABLE:
            name = self.written[attr]
        level, parts = super().lay_out(node)
        if name is not None:
            return level, [name]
        operands = [part for part in parts if not isinstance(part, str)]
        places = iter(range(len(operands)))
        sketch = tuple([part if isinstance(part, str) else next(places) for part in parts])
        found: list[SpelledPart] = []
        for piece in _elements(sketch):
            found.append(piece if isinstance(piece, str) else operands[piece])
        return level, found


def _set(written: str) -> str:
    """LaTeX without operands as MathML."""
    return bare("".join(map(str, _elements((written,)))))


@cache
def _elements(sketch: tuple[str | Place, ...]) -> tuple[str | Place, ...]:
    """What is written of one operation, in LaTeX with the places of its operands, as MathML with
    these places."""
    tokens: list[str | Place] = []
    for part in sketch:
        tokens += [part] if isinstance(part, int) else _tokens(part)
    return tuple(_Setter(tokens).row())


def _tokens(text: str) -> list[str]:
    """The tokens of LaTeX; a command with words in braces is one: `\\mathrmrate`."""
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None
        token, at = match[0], match.end()
        token = token.strip() or " " if token != "\\ " else token
        if token in _WITH_WORDS:
            inside = _IN_BRACES.match(text, at)
            assert inside is not None, text
            token, at = token + inside[1], inside.end()
        found.append(token)
    return found


class _InRow(NamedTuple):
    kind: int
    pieces: list[str | Place]


class _Setter:
    """Sets tokens of LaTeX as elements. It recurses as deep as the notation of one operation."""

    def __init__(self, tokens: Sequence[str | Place]) -> None:
        self.tokens = tokens
        self.at = 0

    def row(self, *ends: str) -> list[str | Place]:
        """Elements up to one of the `ends`, which is taken, or to the end."""
        items: list[_InRow] = []
        while self.at < len(self.tokens):
            token = self._next()
            if token in ends:
                break
            if token in ("^", "_", "'") and items:
                kind, base = items.pop()
                index = self._group() if token != "'" else ["<mo>′</mo>"]
                name = "msub" if token == "_" else "msup"
                items.append(_InRow(kind, _element(name, base, index)))
            elif token != " ":
                is_first = not items or items[-1].kind == OPERATOR
                items.append(self._item(token, is_first))
        return _together(items)

    def _next(self) -> str | Place:
        self.at += 1
        return self.tokens[self.at - 1]

    def _group(self) -> list[str | Place]:
        """What stands in braces, or one sign without them."""
        token = self._next()
        return self.row("}") if token == "{" else self._item(token, True).pieces

    def _item(self, token: str | Place, is_first: bool) -> _InRow:
        if isinstance(token, int):
            return _InRow(OPERAND, [token])
        if token == "{":
            return _InRow(OPERAND, self.row("}"))
        if token == "(" and ")" in self.tokens[self.at :]:
            return _InRow(BRACKET, ["<mrow><mo>(</mo>", *self.row(")"), "<mo>)</mo></mrow>"])
        if token[0] != "\\":
            return _plain(token, is_first)
        command = token[1:]
        if command in _COMMANDS:
            return _plain(_COMMANDS[command], is_first)
        if command == "frac":
            return _InRow(OPERAND, _element("mfrac", self._group(), self._group()))
        if command == "sqrt":
            return _InRow(OPERAND, self._root())
        if command == "left":
            return self._bracketed()
        if token.startswith("\\begin"):
            return self._table(command.removeprefix("begin"))
        return _word(token)

    def _root(self) -> list[str | Place]:
        if self.tokens[self.at] != "[":
            return _element("msqrt", self._group())
        self.at += 1
        degree = self.row("]")
        return _element("mroot", self._group(), degree)

    def _bracketed(self) -> _InRow:
        left = self._bracket("prefix")
        inside = self.row("\\right")
        return _InRow(BRACKET, ["<mrow>", left, *inside, self._bracket("postfix"), "</mrow>"])

    def _bracket(self, form: str) -> str:
        sign = str(self._next())
        if sign == "|":
            return f'<mo form="{form}" stretchy="true">|</mo>'
        return f"<mo>{_COMMANDS.get(sign[1:], sign)}</mo>"

    def _table(self, name: str) -> _InRow:
        """Cases, or a matrix."""
        end = f"\\end{name}"
        rows: list[str | Place] = []
        cells: list[str | Place] = []
        while self.tokens[self.at - 1] != end:
            cells += _element("mtd", self.row("&", "\\\\", end))
            if self.tokens[self.at - 1] != "&":
                rows += ["<mtr>", *cells, "</mtr>"]
                cells = []
        if name == "cases":
            looks = '<mrow><mo>{</mo><mtable columnalign="left">'
            return _InRow(OPERAND, [looks, *rows, "</mtable></mrow>"])
        return _InRow(BRACKET, ["<mrow><mo>(</mo><mtable>", *rows, "</mtable><mo>)</mo></mrow>"])


def _element(name: str, *children: Sequence[str | Place]) -> list[str | Place]:
    """An element; of several children each is a row."""
    if len(children) == 1:
        return [f"<{name}>", *children[0], f"</{name}>"]
    rows = [piece for child in children for piece in ("<mrow>", *child, "</mrow>")]
    return [f"<{name}>", *rows, f"</{name}>"]


def _plain(sign: str, is_first: bool) -> _InRow:
    """A number, a letter, or an operator."""
    if sign[0].isdecimal():
        return _InRow(OPERAND, [f"<mn>{sign}</mn>"])
    if sign.isalpha() or sign in "∞∂":
        return _InRow(LETTER, [_identifier(sign)])
    if sign == TIMES:
        return _InRow(OPERATOR, [TIMES])
    if sign == "-":
        return _InRow(OPERATOR, ['<mo form="prefix">−</mo>' if is_first else "<mo>−</mo>"])
    return _InRow(OPERATOR, [f"<mo>{escape(sign, quote=False)}</mo>"])


def _identifier(word: str) -> str:
    return f"<mi>{escape(word, quote=False)}</mi>"


def _word(token: str) -> _InRow:
    """Upright words: of a text, a long name, a function."""
    command = next((c for c in _WITH_WORDS if token.startswith(c)), "")
    if not command:
        return _InRow(WORD, [_identifier(token[1:])])
    word = _RAW.sub(lambda found: _ESCAPED.get(found[0], found[0][-1]), token[len(command) :])
    if command == "\\text":
        spaced = escape(word, quote=False).replace(" ", "\u00a0")
        return _InRow(OPERATOR, [f"<mtext>{spaced}</mtext>"])
    if command == "\\mathbf":
        return _InRow(OPERAND, [f"<mn>{word.translate(_BOLD)}</mn>"])
    shown = _identifier(word)
    if len(word) == 1:
        shown = shown.replace("<mi>", '<mi mathvariant="normal">')
    return _InRow(WORD if command == "\\operatorname" else LETTER, [shown])


def _together(items: Iterable[_InRow]) -> list[str | Place]:
    """Items side by side: a function is applied to what stands in brackets, and apart from other
    factors."""
    found: list[str | Place] = []
    before = OPERATOR
    for kind, pieces in items:
        if kind == BRACKET and before in (WORD, LETTER):
            found.append(APPLIED)
        elif OPERATOR not in (kind, before) and WORD in (kind, before):
            found.append(TIMES if before != WORD else APART)
        found += pieces
        before = kind
    return found
