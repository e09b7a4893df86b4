"""The steps of both passes: what each computes, in names and in numbers.

Rules are those of the trace, numbers those that its sweeps computed. Between them stands the rule
with numbers in the places of names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from adcli.explain.trace import Seed
from adcli.graph.primitives import VARIABLE
from adcli.language.messages import counted
from adcli.report.graph import Drawing, DrawnEdge, lines_of
from adcli.report.in_words import TraceWords
from adcli.report.numbers import bracketed, shape_of
from adcli.report.page.on_demand import Made, OnDemand
from adcli.report.steps import Steps
from adcli.report.trace import MAX_TERMS, TraceReport, shown, sum_of

PLAYED_STEPS = 100
"""Steps of a pass: of a longer program the first and the last half of so many."""
PLAYED_SEEDS = 4
"""Seeds of forward mode that have a pass."""
MAX_TEXT = 160
"""Characters of a rule, or of its numbers, in a step."""
TITLES = {"value": "Forward pass", "tangent": "Forward mode", "adjoint": "Backward pass"}
MAX_LISTED = 6
"""Names, or local partials, that a step lists."""


@dataclass(frozen=True)
class LessonStep:
    """A step of a pass: `node` is what it computes; None where a pass begins, ends or goes on
    beyond what is shown.

    `words` is a sentence, `lines` are the edges that it uses, `equation` has the parts that are
    equal, from the name to the number, and `partials` those of each local partial in it.
    """

    words: str
    node: int | None = None
    lines: Sequence[DrawnEdge] = ()
    equation: Sequence[str] = ()
    partials: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class LessonPass:
    """A walk over the graph: `kind` is value, tangent or adjoint, `label` names a seed.

    `names` and `numbers` are the texts of what it computes, by node; `brief` are the numbers with
    few digits. What no step computes is zero, and known from the start.
    """

    kind: str
    steps: Sequence[LessonStep]
    names: Mapping[int, str]
    numbers: Mapping[int, str]
    brief: Mapping[int, str]
    label: str = ""

    @property
    def title(self) -> str:
        """What a reader calls it."""
        return f"{TITLES[self.kind]}, seed {self.label}" if self.label else TITLES[self.kind]

    @property
    def column(self) -> str:
        """The key of its column in the table."""
        return f"{self.kind} {self.label}".strip()


def drawing_of_steps(report: TraceReport, digits: int) -> Drawing:
    """The graph of the trace; its edges have few digits."""
    steps, few = report.steps, None if report.precision is None else digits
    lines = OnDemand(steps.names, lambda node: lines_of(steps, node, digits, few))
    return Drawing(steps, lines, report.trace.values, digits, few)


def passes_of(
    report: TraceReport, drawn: Drawing, digits: int, said: TraceWords | None = None
) -> list[LessonPass]:
    """The passes of a trace in the order of a lecture: values, tangents of each seed, adjoints.

    Of many seeds the first are there. `said` explains each derivative.
    """
    writer = _Writer(report, drawn, digits, said)
    found = [writer.values()]
    found += [writer.tangents(seed) for seed in report.trace.seeds[:PLAYED_SEEDS]]
    if report.is_reverse:
        found.append(writer.adjoints())
    return found


class _InNumbers(Steps):
    """Steps that say numbers in the places of names: of values, and of tangents or adjoints."""

    def __init__(
        self, steps: Steps, values: Mapping[int, str], derivatives: Mapping[int, str]
    ) -> None:
        vars(self).update(vars(steps))
        self.names = OnDemand(steps.names, lambda node: bracketed(values[node]))
        self.derivatives = derivatives

    def tangent(self, node: int) -> str:
        return bracketed(self.derivatives[node])

    adjoint = tangent


class _Writer:
    """Says the steps of a trace."""

    def __init__(
        self, report: TraceReport, drawn: Drawing, digits: int, said: TraceWords | None
    ) -> None:
        self.said = said
        self.report, self.steps, self.drawn, self.digits = report, report.steps, drawn, digits
        self.value, self.brief_value = self.texts(report.trace.values.__getitem__)

    def text(self, value: Any) -> str:
        """A number, or an array, as in the tables of the trace."""
        return shown(value, self.digits, self.report.precision)

    def texts(self, number: Callable[[int], Any]) -> tuple[OnDemand[str], OnDemand[str]]:
        """The numbers of nodes as texts, and with few digits."""
        few = None if self.report.precision is None else self.digits
        full = OnDemand(self.steps.names, lambda n: self.text(number(n)))
        return full, OnDemand(self.steps.names, lambda n: shown(number(n), self.digits, few))

    def values(self) -> LessonPass:
        """The value of each node, inputs first."""
        steps, names = self.steps, self.steps.names
        numbers = _InNumbers(steps, self.value, {})
        start = "The forward pass computes the value of each node from those of its inputs."
        ends = [f"{names[node]} = {self.value[node]}" for node in steps.outputs]

        def step(node: int) -> LessonStep:
            lines = self.drawn.lines[node]
            words = f"Computed from {_listed([names[line.target] for line in lines])}."
            if not lines:
                is_input = steps.graph.ops[node] is VARIABLE
                words = "An input: its value is given." if is_input else "A constant."
            formula, replaced = steps.formula(node), _legible(numbers.formula(node))
            replaced = "" if replaced == formula else replaced
            parts = [names[node], steps.definition(node), replaced, self.value[node]]
            words += self.kink(node)
            return LessonStep(words, node, lines, _chain(parts), self.partials(lines))

        found = _around(start, steps.nodes, step, f"The result: {_listed(ends)}.")
        return LessonPass("value", found, names, self.value, self.brief_value)

    def tangents(self, seed: Seed) -> LessonPass:
        """The tangent of each node that depends on a seed."""
        report, steps, label = self.report, self.steps, self.report.seed_label(seed)
        found, few = self.texts(lambda node: report.tangent(seed, node))
        numbers = _InNumbers(steps, self.value, found)
        letters = steps.naming.letters
        start = (
            f"Forward mode: the tangent {steps.notation.tangent(letters)} is the derivative of "
            f"{letters} with respect to {label}. The seed is 1 for {label}; what does not depend "
            f"on {label} has the tangent 0."
        )
        ends = [f"{steps.tangent(node)} = {found[node]}" for node in steps.outputs]

        def step(node: int) -> LessonStep:
            if node == seed.node:
                words = f"The seed: {label} changes at the rate 1."
                return LessonStep(words, node, (), [steps.tangent(node), found[node]])
            lines = [
                line for line in self.drawn.lines[node] if line.flows and report.active[line.target]
            ]
            words = "The tangent of the input times the local partial derivative."
            if len(lines) > 1:
                words = "The tangent of each input times the local partial derivative, added up."
            replaced = _legible(numbers.tangent_rule(node, report.active))
            parts = [steps.tangent(node), report.tangent_rule(node), replaced, found[node]]
            meaning = self.said.tangent(seed, node) if self.said else ""
            words = " ".join(filter(None, [words + self.kink(node), meaning]))
            return LessonStep(words, node, lines, _chain(parts), self.partials(lines))

        reached = [node for node in steps.nodes if node in seed.tangents]
        end = f"The derivative with respect to {label}: {_listed(ends)}."
        names = OnDemand(steps.names, steps.tangent)
        return LessonPass("tangent", _around(start, reached, step, end), names, found, few, label)

    def adjoints(self) -> LessonPass:
        """The adjoint of each node in the order of the sweep."""
        report, steps = self.report, self.steps
        found, few = self.texts(report.adjoint)
        numbers = _InNumbers(steps, self.value, found)
        letters = steps.naming.letters
        adjoint = steps.notation.adjoint(letters, steps.naming.bars)
        start = (
            f"The backward pass goes from the result to the inputs: the adjoint {adjoint} is the "
            f"derivative of the result with respect to {letters}."
        )
        of, by = steps.naming.result, steps.graph.attrs
        ends = [f"{steps.derivative(of, by[node])} = {found[node]}" for node in report.inputs]

        def step(node: int) -> LessonStep:
            name, given = steps.adjoint(node), report.contributions(node)
            if not given:
                words = "The seed: the result changes with itself at the rate 1."
                return LessonStep(words, node, (), [name, found[node]])
            users = _listed([steps.names[c.source] for c in given])
            words = f"{steps.names[node]} is used by {users}: the adjoint of "
            words += f"{users if len(given) == 1 else 'each'} times the local partial derivative"
            words += "." if len(given) == 1 else ", added up."
            replaced = sum_of(
                given, lambda c: numbers.contribution_rule(c.source, c.operand), MAX_TERMS
            )
            parts = [name, report.adjoint_rule(node, MAX_TERMS), _legible(replaced)]
            if len(given) > 1:
                parts.append(_legible(sum_of(given, lambda c: self.text(c.value), MAX_TERMS)))
            lines = [
                line
                for source in dict.fromkeys(c.source for c in given)
                for line in self.drawn.lines[source]
                if line.target == node and line.flows
            ]
            meaning = self.said.adjoint(node) if self.said else ""
            words = " ".join(filter(None, [words, meaning]))
            equation = _chain([*parts, found[node]])
            return LessonStep(words, node, lines, equation, self.partials(lines))

        end = f"The gradient: {_listed(ends) or 0}."
        visited = {*report.visited}
        names = OnDemand(visited, steps.adjoint)
        found_steps = _around(start, report.visited, step, end)
        return LessonPass("adjoint", found_steps, names, found, few)

    def kink(self, node: int) -> str:
        """A further sentence where the derivative is a convention."""
        return " At a kink: its derivative is a convention." if node in self.report.kinks else ""

    def partials(self, lines: Iterable[DrawnEdge]) -> list[list[str]]:
        """`∂w5/∂w3`, `w2`, `3` of each edge along which derivatives flow."""
        flowing = [line for line in lines if line.flows]
        found = [self.partial(line) for line in flowing[:MAX_LISTED]]
        more = len(flowing) - len(found)
        return found + [[f"and {more:,} more"]] * (more > 0)

    def partial(self, line: DrawnEdge) -> list[str]:
        """A local partial; of an array that is not written out, the shape."""
        name = self.steps.partial(line.source, line.target)
        is_array = line.partial is None or bool(shape_of(line.partial))
        if not is_array or line.label.startswith("["):
            return _chain([name, line.rule if line.rule != name else "", line.label])
        return (
            [f"{name}: {line.label}"]
            if line.rule == name
            else [name, f"{line.rule} ({line.label})"]
        )


def _around(
    start: str, nodes: list[int], step: Callable[[int], LessonStep], end: str
) -> list[LessonStep]:
    """The steps of nodes between sentences."""

    def gap(more: int) -> LessonStep:
        return LessonStep(f"... and {counted(more, 'step')} more, which are not shown.")

    return [LessonStep(start), *bounded(nodes, step, gap), LessonStep(end)]


Given = TypeVar("Given")


def bounded(
    items: Sequence[Given], make: Callable[[Given], Made], gap: Callable[[int], Made]
) -> list[Made]:
    """What is made of the items; of many that of the first and the last, and of their number."""
    more = len(items) - PLAYED_STEPS
    if more <= 0:
        return [*map(make, items)]
    half = PLAYED_STEPS // 2
    return [*map(make, items[:half]), gap(more), *map(make, items[-half:])]


def _chain(parts: Iterable[str]) -> list[str]:
    """Parts that are equal, each once, without those that cannot be read."""
    found: list[str] = []
    for part in parts:
        is_between = bool(found) and (len(part) > MAX_TEXT or not part)
        if not is_between and part not in found[-1:]:
            found.append(part)
    return found


def _legible(text: str) -> str:
    """Numbers, or a rule in numbers; "" where they are not written out, or a partial is named."""
    text = re.sub(r"(^|\(|, )\((-[^()]*)\)(?=[,)]|$)", r"\1\2", text)  # f((-2)) is f(-2)
    return "" if ": " in text or "∂" in text else text


def _listed(texts: Iterable[str]) -> str:
    """`w1, w2 and w3`, each text once."""
    found = [*dict.fromkeys(texts)]
    if len(found) > MAX_LISTED:
        found[MAX_LISTED - 1 :] = [f"{len(found) - MAX_LISTED + 1:,} more"]
    return " and ".join([", ".join(found[:-1]), *found[-1:]][len(found) < 2 :])
