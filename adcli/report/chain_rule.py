"""The chain rule in formulas that are not multiplied out: f1'(f2(x))·f2'(x)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from adcli.ad.formulas import derivative_formulas, size_of
from adcli.explain.chain_rule import MAX_TERMS, Terms, WrittenOut, chain_terms
from adcli.function import Function
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import COMPARISONS, NEGATIVE, Primitive
from adcli.graph.program import Program
from adcli.language import whole_program
from adcli.language.labels import Labels
from adcli.language.messages import columns
from adcli.language.whole_calls import WholeProgram
from adcli.report.step_names import name_steps
from adcli.report.steps import Notation
from adcli.report.sums_and_products import is_loose, joined

MAX_OPERATIONS = 60
"""Operations of a formula that is shown."""

MAX_SLOPES = 12
"""Derivatives of functions that people are shown."""
MAX_PROGRAM = 10_000
"""Nodes of a program that is looked at."""
LARGE = (
    f"The chain rule is not written out here: more than {MAX_TERMS} paths, or {MAX_OPERATIONS}"
    " operations. Step by step it is above."
)
ARRAYS = "With arrays the factors of the chain rule have an order and transposes: they are above."
"""Why factors are not written out."""


@dataclass(frozen=True)
class ChainRule:
    """The derivative by a variable; None for what is too long to be read.

    whole       with the program's functions and their derivatives as one factor each, if it has any
    slopes      what these derivatives are: ("f1'(u)", "cos(u)")
    written     with all factors written out, in the names of the program
    simplified  as `adcli diff` shows it
    left_out    why there are no factors
    """

    whole: str | None
    slopes: list[tuple[str, str]]
    written: str | None
    simplified: str | None
    left_out: str = ""

    def record(self) -> dict[str, Any]:
        """What there is, by name."""
        functions = {} if self.whole is None else {"functions": dict(self.slopes)}
        calls = {} if self.whole is None else {"calls": self.whole}
        return {**calls, "factors": self.written, "simplified": self.simplified, **functions}

    @property
    def forms(self) -> list[str]:
        """The different forms, from the least written out on."""
        return list(dict.fromkeys([x for x in (self.whole, self.written, self.simplified) if x]))

    def lines(self, derivative: str) -> list[str]:
        """Equations, one below the other."""
        heads = [derivative, *[" " * columns(derivative)] * (len(self.forms) - 1)]
        return [f"{head} = {form}" for head, form in zip(heads, self.forms, strict=False)]


def left_out(chains: Iterable[ChainRule]) -> list[str]:
    """Sentences that say why factors are not there, each once."""
    return list(dict.fromkeys([chain.left_out for chain in chains if chain.left_out]))


def shown_slopes(chains: Iterable[ChainRule]) -> list[tuple[str, str]]:
    """What the derivatives of functions are, each once: as many as people are shown."""
    return list(dict.fromkeys([slope for chain in chains for slope in chain.slopes]))[:MAX_SLOPES]


class ChainRules:
    """The chain rule of a program by each of its variables.

    Programs with arrays have only the simplified formula, for the `shapes` of their variables.
    """

    def __init__(
        self, f: Function, notation: Notation, shapes: Mapping[str, Shape] | None = None
    ) -> None:
        self.f = f
        self.notation = notation
        self.shapes = shapes or {}

    @cached_property
    def _program(self) -> WholeProgram | None:
        """The program with its calls left whole; None for a large one, or one with arrays."""
        is_short = self.f.is_written and len(self.f.order) <= MAX_PROGRAM
        is_of_numbers = is_short and not self.shapes and self.f.is_scalar
        found: WholeProgram | None = whole_program(self.f.text) if is_of_numbers else None
        return found

    @cached_property
    def _names(self) -> dict[int, str]:
        """The names that the program itself gives nodes of it."""
        program = self._program
        assert program is not None
        read, labels = self._read, Labels(program.bound, [], [])
        nodes = [*read.inputs.values(), *[i for i in read.order if read.graph.args[i]]]
        naming = name_steps(read, labels, nodes, self.notation.spelling, True)
        return {i: naming.names[i] for i in naming.own}

    @cached_property
    def _read(self) -> Program:
        assert self._program is not None
        return Program(self._program.graph, self._program.outputs, self.f.text)

    @cached_property
    def _writer(self) -> WrittenOut:
        assert self._program is not None
        return WrittenOut(self._program)

    def by(self, name: str) -> ChainRule:
        """The derivative of the only result by a variable."""
        return replace(self.in_factors(name), simplified=self._simplified(name))

    def in_factors(self, name: str) -> ChainRule:
        """The derivative by a variable without the simplified formula."""
        if self._program is None:
            return ChainRule(None, [], None, None, LARGE if self.f.is_scalar else ARRAYS)
        read, writer = self._read, self._writer
        terms: Terms | None = []
        if name in read.inputs:
            terms = chain_terms(read.graph, read.outputs[0], read.inputs[name])
        if terms is None:
            return ChainRule(None, [], None, None, LARGE)
        slopes = writer.used(terms)
        whole = _ProductTexts(read.graph, self._names, self.notation)
        names = {writer.node(i): text for i, text in self._names.items()}
        written = _ProductTexts(read.graph, names, self.notation).text(writer.terms(terms))
        return ChainRule(
            whole.text(terms) if slopes else None,
            [self._slope(row) for row in slopes],
            written,
            None,
            LARGE if written is None else "",
        )

    def _slope(self, row: Primitive) -> tuple[str, str]:
        """A derivative of a function of its parameters, and its sum in them."""
        function, terms = self._writer.slopes[row]
        user, graph = function.user, self._writer.graph
        written = self.notation.spelling.own(user.names)
        names = {i: written[u] for i, u in zip(user.parameters, user.names, strict=True)}
        head = graph.node(row, tuple(user.parameters))
        products = _ProductTexts(graph, names, self.notation)
        return self.notation.printer(graph, head, names), products.text(terms) or "..."

    def _simplified(self, name: str) -> str | None:
        """The formula of `adcli diff`; None for a long one."""
        shown = self.f.shown
        if size_of(shown.graph, shown.outputs).tree > MAX_OPERATIONS:
            return None
        found = derivative_formulas(shown, [name], 1, self.shapes, to_read=True)
        if found.after.tree > MAX_OPERATIONS:
            return None
        return self.notation.printer(found.graph, found.nodes[0], {})


class _ProductTexts:
    """Sums of products as text; `names` are those of nodes."""

    def __init__(self, graph: Graph, names: Mapping[int, str], notation: Notation) -> None:
        self.graph = graph
        self.names = names
        self.notation = notation

    def text(self, terms: Terms) -> str | None:
        """The sum, without terms that have a factor 0; None for a long one."""
        factors = [factor for product in terms for factor in product]
        if size_of(self.graph, factors).tree > MAX_OPERATIONS:
            return None
        return joined([text for text in map(self._product, terms) if text is not None]) or "0"

    def _product(self, factors: list[int]) -> str | None:
        """A product without its factors 1; the sign of factors -1 stands before it. None for one
        with a factor 0."""
        texts = [(i, self.notation.printer(self.graph, i, self.names)) for i in factors]
        if any(text == "0" for _, text in texts):
            return None
        sign = "-" * ([text for _, text in texts].count("-1") % 2)
        texts = [(i, text) for i, text in texts if text not in ("1", "-1")]
        is_alone = len(texts) == 1 and not sign and not self._is_comparison(texts[0][0])
        written = []
        for k, (i, text) in enumerate(texts):
            is_first = k == 0 and not sign and self.graph.ops[i] is NEGATIVE
            is_free = is_alone or is_first or not is_loose(self.graph, i, text)
            written.append(text if is_free else f"({text})")
        return sign + (self.notation.times.join(written) or "1")

    def _is_comparison(self, node: int) -> bool:
        """Whether a sum needs brackets around this factor."""
        return self.graph.ops[node].name in COMPARISONS
