"""Derivations as people read them: lines with the rules' names, and what simplification did."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from adcli.ad.formulas import size_of
from adcli.explain.derivation import REORDERED, Derived, derivations
from adcli.explain.derivative_rules import CONSTANT
from adcli.explain.rewriting import SHAPES
from adcli.export.source_code import derivative_label
from adcli.function import Function
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import ELEMENTWISE, LEAF
from adcli.graph.structure import usual_word
from adcli.language.text import name_text, to_text
from adcli.report.formulas import FormulaReport, is_shared, result_letter, size_record, sizes

if TYPE_CHECKING:
    from adcli.report.drawn_tables import Tables

LONG = 50
"""Operations, written out, from which a derivation goes part by part, and parts have names."""
MOST_WRITTEN = 1000
"""Operations of a gradient that is written out."""
SHOWN_LINES, SHOWN_REWRITES = 40, 20
"""Lines, and rewrites, of a derivation that people are shown."""
SHOWN_ALIKE = 6
"""Constants on one line."""
MOST_RECORDED = 1000
"""As many that scripts get."""


class DerivationNotation(NamedTuple):
    """How a derivation is written: as text, in LaTeX or in MathML."""

    printer: Callable[[Graph, int, Mapping[int, str]], str]
    name: Callable[[Graph, str], str]
    derivative: str
    partial: str
    differential: str
    of_variable: str
    part: str
    own: Callable[[str], str]
    equals: str = " = "
    more: str = "..."


TEXT = DerivationNotation(
    printer=lambda graph, node, names: to_text(graph, node, names=names),
    name=lambda graph, name: name_text(name),
    derivative="d/d{x}[{u}]",
    partial="∂/∂{x}[{u}]",
    differential="d[{u}]",
    of_variable="d{x}",
    part="{}{}",
    own=name_text,
)


_LETTERS = ("u", "v", "p", "q", *("u" * n for n in range(2, 100)))
"""Of names of parts."""


class WrittenStep(NamedTuple):
    """`left` = `right` by a rule; without a left side it goes on from the line before."""

    left: str
    right: str
    rule: str


class WrittenRewrite(NamedTuple):
    """A part of a formula before and after, and why they are equal."""

    before: str
    after: str
    reason: str


class Wording:
    """The texts of one derivation.

    start     what is differentiated, as the derivative that is left
    gradient  by an array: what multiplies its `differential`
    """

    def __init__(
        self,
        derived: Derived,
        notation: DerivationNotation,
        several: bool,
        bound: Sequence[tuple[str, int]] = (),
    ) -> None:
        """`bound` are the program's own names of nodes."""
        self.derived, self.notation = derived, notation
        found = self._found = derived.derivation
        self._graph = found.graph
        name = notation.name(self._graph, derived.by[-1])
        mark = notation.partial if several else notation.derivative
        if found.rules.by_array:
            mark = notation.differential
        self._named: dict[int, str] = {}
        if self._is_long():
            every = {*found.applied, *self._graph.reach([found.start])}
            operations = sorted(i for i in every if self._graph.ops[i].kind != LEAF)
            self._named = self._part_names(operations, bound)
        self._names = dict(self._named)
        self._mark, self._by = mark, name
        is_free = f"d{derived.by[-1]}" not in self._graph.variables()
        remains = notation.of_variable if is_free else mark
        self.differential = remains.format(x=name, u=name)
        if found.rules.by_array:
            self._names[found.rules.derivative(found.rules.variable).node] = self.differential
        self._name_marks([found.start] if self._named else found.marks().values())
        self.start = self._text(found.formula(0))
        self._alike = list(self._grouped())
        self.count = len(self._alike) if self._named else len(found.steps)

    def _part_names(
        self, operations: list[int], bound: Sequence[tuple[str, int]]
    ) -> dict[int, str]:
        """Names of operations: the program's own, each for what it names first, else u1, u2, ...
        or others that are no names of the program."""
        notation, variables = self.notation, self._graph.variables()
        known = {name: node for name, node in reversed(bound) if name not in variables}
        own = {node: name for name, node in reversed(known.items())}
        taken = [*variables, *known]
        letters = next(c for c in _LETTERS if not any(re.fullmatch(rf"{c}_?\d+", t) for t in taken))
        return {
            i: notation.own(own[i]) if i in own else notation.part.format(letters, k)
            for k, i in enumerate(operations, 1)
        }

    def _is_long(self) -> bool:
        found = self._found
        end = found.formula(len(found.steps)) if found.rules.by_array else self.derived.raw
        ends = (found.start, end)
        return any(size_of(self._graph, [node]).tree > LONG for node in ends)

    def _name_marks(self, nodes: Iterable[int]) -> None:
        """Write the derivatives of nodes that are left: of a long derivation those that a line
        shows."""
        for u in nodes:
            node = self._found.rules.derivative(u).node
            if node not in self._names:
                text = self.notation.printer(self._graph, u, self._named)
                self._names[node] = self._mark.format(x=self._by, u=text)

    def _text(self, node: int) -> str:
        return self.notation.printer(self._graph, node, self._names)

    @property
    def part_count(self) -> int:
        """The number of operations that have names; 0 for a short derivation."""
        return len(self._named)

    @property
    def gradient(self) -> str:
        """By an array, the gradient before simplification; else ""."""
        raw = self.derived.raw
        if not self._found.rules.by_array:
            return ""
        if size_of(self._graph, [raw]).tree > MOST_WRITTEN:
            return f"a formula of {sizes(size_of(self._graph, [raw]))}"
        return self.notation.printer(self._graph, raw, self._named)

    def parts(self, limit: int) -> list[tuple[str, str]]:
        """The first named operations, and their texts."""
        shown = list(self._named.items())[:limit]
        return [(name, self._own_text(node)) for node, name in shown]

    def _own_text(self, node: int) -> str:
        others = {i: name for i, name in self._named.items() if i != node}
        return self.notation.printer(self._graph, node, others)

    def line(self, k: int) -> WrittenStep:
        """Line number k, from 0."""
        if not self._named:
            return WrittenStep(
                "", self._text(self._found.formula(k + 1)), self._found.steps[k].rule
            )
        rule, nodes = self._alike[k]
        applied = self._found.applied[nodes[0]]
        self._name_marks([*nodes[:SHOWN_ALIKE], *applied.left])
        marks = [self._names[self._found.rules.derivative(i).node] for i in nodes[:SHOWN_ALIKE]]
        more = [self.notation.more] * (len(nodes) > len(marks))
        left = self.notation.equals.join([*marks, *more])
        return WrittenStep(left, self._text(applied.result), rule)

    def _grouped(self) -> Iterator[tuple[str, list[int]]]:
        """The rules one by one, each with its nodes: several where all are constant."""
        for rule, nodes in self._found.steps:
            if rule != CONSTANT:
                yield from ((rule, [i]) for i in nodes)
                continue
            found: dict[int, list[int]] = {}
            for i in nodes:
                found.setdefault(self._found.applied[i].result, []).append(i)
            yield from ((rule, alike) for alike in found.values())

    def lines(self, limit: int) -> tuple[list[WrittenStep], int, list[WrittenStep]]:
        """The first lines, how many are left out, and the last ones."""
        if self.count <= limit:
            return [self.line(k) for k in range(self.count)], 0, []
        last = limit // 4
        first = [self.line(k) for k in range(limit - last)]
        return first, self.count - limit, [self.line(self.count - last + k) for k in range(last)]

    def rewrites(self, limit: int) -> list[WrittenRewrite]:
        """What simplification did, without long formulas and without what only has to do with
        shapes."""
        found: list[WrittenRewrite] = []
        for before, after, reason in self.derived.rewrites:
            if len(found) == limit:
                break
            if reason != SHAPES and size_of(self._graph, [before, after]).tree <= LONG:
                found.append(WrittenRewrite(self._plain(before), self._plain(after), reason))
        return found

    def _plain(self, node: int) -> str:
        return self.notation.printer(self._graph, node, {})


@dataclass(frozen=True)
class DerivationReport(FormulaReport):
    """The derivatives of an order with the way to each, from the first order on.

    `several`: whether the program has several variables; `bound` are its own names of nodes.
    """

    derived: list[Derived]
    several: bool
    bound: Sequence[tuple[str, int]] = ()

    def label(self, derived: Derived, d: str = "d", f: str = "f") -> str:
        """What the formula is: df/dx, d2f1/dx2, with another sign for `d`, another letter for f."""
        count = len(self.found.outputs)
        name = f"{f}{derived.result + 1}" if count > 1 else f
        return derivative_label([name_text(v) for v in derived.by], name, d)

    def wording(self, derived: Derived, notation: DerivationNotation) -> Wording:
        """The texts of a derivation."""
        return Wording(derived, notation, self.several, self.bound)

    def record(self) -> dict[str, Any]:
        """The formulas as without derivations, and every derivation."""
        return {**super().record(), "steps": [self._recorded(derived) for derived in self.derived]}

    def _recorded(self, derived: Derived) -> dict[str, Any]:
        wording = self.wording(derived, TEXT)
        first, left_out, last = wording.lines(MOST_RECORDED)
        parts, rewrites = wording.parts(MOST_RECORDED), wording.rewrites(MOST_RECORDED)
        return {
            "derivative": self.label(derived),
            "start": wording.start,
            "parts": dict(parts),
            "lines": [line._asdict() for line in (*first, *last)],
            "lines_left_out": left_out,
            **({"gradient": wording.gradient} if wording.gradient else {}),
            "simplification": [rewrite._asdict() for rewrite in rewrites],
            "rewrites_left_out": len(derived.rewrites) - len(rewrites),
            "size": size_record(*derived.sizes),
            "notes": notes(derived),
            "formula": formula_of(derived),
        }

    def draw(self, tables: Tables, digits: int) -> None:
        """For each derivation its lines, the rewrites, the sizes, and the formula."""
        for number, derived in enumerate(self.derived):
            tables.lines(*[""] * bool(number))
            self._draw(derived, tables)

    def _draw(self, derived: Derived, tables: Tables) -> None:
        wording = self.wording(derived, TEXT)
        letter = result_letter(self.found.graph)
        label = self.label(derived, "∂" if self.several else "d", letter)
        tables.heading(f"{label}, rule by rule")
        parts = wording.parts(SHOWN_LINES)
        if parts:
            tables.words(["part", "operation"], parts)
            tables.more(wording.part_count - len(parts), "part")
        first, left_out, last = wording.lines(SHOWN_LINES)
        gap = [("...", f"{left_out:,} more")] if left_out else []
        begin = [] if parts else [(wording.start, "")]
        rows = [*begin, *map(_row, first), *gap, *map(_row, last)]
        tables.words(["formula", "rule"], rows)
        if derived.derivation.rules.by_array:
            tables.sentence(GRADIENT.format(wording.differential))
        rewrites = wording.rewrites(SHOWN_REWRITES)
        if rewrites:
            tables.heading("Simplification")
            tables.words(["from", "to", "by"], rewrites)
            every = sum(rewrite.reason != SHAPES for rewrite in derived.rewrites)
            tables.more(every - len(rewrites), "rewrite")
        for line in (*notes(derived), size_sentence(derived)):
            tables.sentence(line)
        *shared, formula = formula_of(derived).split("\n")
        tables.lines(*shared, f"{label} = {formula}")


def derivation_report(
    f: Function, wrt: Sequence[str], order: int, shapes: Mapping[str, Shape]
) -> DerivationReport:
    """How the derivatives of a program by each of `wrt` come about, up to an order.

    `shapes` are those of the variables that are arrays. Raises UsageError and ShapeError as
    `adcli diff` does.
    """
    from adcli.language import labels_of

    found, derived = derivations(f, wrt, order, shapes)
    bound = labels_of(f.text, form="shown").bound if "=" in f.text else []
    return DerivationReport(found, order, derived, len(f.variables) > 1, bound)


GRADIENT = (
    "the gradient G is what multiplies {0}: each step transposed, the last line is sum(G*{0})"
)


def _row(line: WrittenStep) -> tuple[str, str]:
    left = f"{line.left} = " if line.left else "= "
    return left + line.right, line.rule


def formula_of(derived: Derived) -> str:
    """The formula as `adcli diff` writes it."""
    graph, size = derived.derivation.graph, derived.sizes[1]
    return to_text(graph, derived.formula, share=is_shared(size, None))


def size_sentence(derived: Derived) -> str:
    """How large the formula was, how large it is, and by which rewrites."""
    before, after = derived.sizes
    counts = Counter(rewrite.reason for rewrite in derived.rewrites)
    counts.pop(REORDERED, None)
    if not counts:
        return f"size in operations: {sizes(before)}; there is nothing to simplify"
    by = ", ".join(f"{reason} ({n:,})" for reason, n in counts.most_common())
    return f"size in operations: {sizes(before)}; simplified {sizes(after)}, by {by}"


def notes(derived: Derived) -> list[str]:
    """A sentence for each function with a kink that was differentiated."""
    found = derived.derivation
    ops = dict.fromkeys(found.graph.ops[i] for i in found.applied if found.rules.moves(i))
    return [
        f"{usual_word(op)} has a kink: there its derivative is a convention, the subgradient of"
        " least norm"
        for op in ops
        if op.kink and (op.kind != ELEMENTWISE or any(op.partials))
    ]
