"""The evaluation trace as tables, a record, CSV, plain lines or LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from adcli.explain.trace import Contribution, Seed, Trace
from adcli.graph.axes import index_label
from adcli.language.messages import counted
from adcli.report.numbers import exact, flat, nested, shape_of, short, to_json
from adcli.report.operation_counts import HEADERS, LEGEND, count_cells, in_words
from adcli.report.rendering import Report
from adcli.report.steps import Steps
from adcli.report.sums_and_products import joined

if TYPE_CHECKING:
    from adcli.report.drawn_tables import Tables

SHOWN_STEPS = 60
"""Steps in a table: of a longer program the first and the last half of so many."""
MAX_SEEDS = 8
"""Seeds with a column in a table."""
MAX_SEED_VECTORS = 4
"""Seeds that are written out."""
MAX_KINKS = 3
"""Kinks that are named."""
MAX_TERMS = 6
"""Contributions to one adjoint that a table shows."""
SHOWN_NUMBERS = 6
"""Numbers of an array that are shown."""
SHOWN_TEXT = 60
"""Characters of a formula that are shown."""


class Paragraph(NamedTuple):
    """A title and sentences."""

    title: str
    sentences: Sequence[str]


@dataclass(eq=False, repr=False)
class TraceReport(Report):
    """A trace with the names of its steps and what `adcli grad` says.

    `point` are the values of the variables, `value` that of the program (a list for several
    results), `gradient` by variable (empty without a reverse sweep); `active` flags the nodes that
    depend on the variables of interest, `kinks` are those of them whose derivative is a convention;
    `explanation` says it in words.
    """

    steps: Steps
    trace: Trace
    active: bytearray
    mode: str
    point: Mapping[str, Any]
    value: Any
    gradient: Mapping[str, Any]
    kinks: Sequence[int] = ()
    precision: int | None = None
    explanation: Sequence[Paragraph] = ()

    def seed_label(self, seed: Seed) -> str:
        """The component that is seeded: `x1`, `v[0]`."""
        return str(self.steps.graph.attrs[seed.node]) + index_label(seed.component)

    def seed_header(self, seed: Seed) -> str:
        """What the tangents of a seed are: `∂w/∂x1`, of one variable `dw/dx`."""
        return self.steps.derivative(self.steps.naming.letters, self.seed_label(seed))

    @property
    def is_forward(self) -> bool:
        """Whether there are tangents."""
        return self.mode != "reverse"

    @property
    def is_reverse(self) -> bool:
        """Whether there are adjoints."""
        return self.mode != "forward"

    @property
    def visited(self) -> list[int]:
        """The steps in the order in which the reverse sweep comes to them."""
        return [node for node in self.trace.visited if node in self.steps.names]

    @property
    def inputs(self) -> list[int]:
        """The variables to differentiate for."""
        graph = self.steps.graph
        return [n for n in self.steps.nodes if not graph.args[n] and self.active[n]]

    def tangent_rule(self, node: int) -> str:
        """The rule of a tangent with its name: `w3' = w1'·w2 + w1·w2'`."""
        if not self.steps.graph.args[node]:
            return ""
        return self.steps.tangent_rule(node, self.active)

    def tangent(self, seed: Seed, node: int) -> Any:
        """A tangent in the shape of the node's value."""
        return seed.tangents.get(node, _zero(self.trace.values[node]))

    def adjoint(self, node: int) -> Any:
        """An adjoint in the shape of the node's value."""
        return self.trace.adjoints.get(node, _zero(self.trace.values[node]))

    def contribution(self, c: Contribution) -> str:
        """The rule of a contribution: `w̄3·w2`."""
        return self.steps.contribution_rule(c.source, c.operand)

    def contributions(self, node: int) -> list[Contribution]:
        """The contributions to an adjoint in the order of the steps that they come from."""
        found = self.trace.contributions.get(node, [])
        return sorted(found, key=lambda c: (c.source, c.operand))

    def adjoint_rule(self, node: int, limit: int | None = None) -> str:
        """The sum of contributions: `w̄3·w2 + w̄4·cos(w1)`; "" for the seed."""
        return sum_of(self.contributions(node), self.contribution, limit)

    def record(self) -> dict[str, Any]:
        """Everything: steps with tangents, adjoints in order, counts."""
        record: dict[str, Any] = {"point": self.point, "value": self.value}
        if self.gradient:
            record["gradient"] = self.gradient
        record["mode"] = self.mode
        record["steps"] = [_step(self, node) for node in self.steps.nodes]
        if self.is_reverse:
            record["adjoints"] = [_adjoint(self, node) for node in self.visited]
        record["operations"] = operations(self)
        if self.explanation:
            record["explanation"] = [paragraph._asdict() for paragraph in self.explanation]
        return record

    def rows(self) -> Iterator[Sequence[str]]:
        """A header and a row a step; an array is a JSON list in one cell."""
        header = ["step", "formula", "value"]
        if self.is_forward:
            header += [
                "tangent_rule",
                *[f"d{self.steps.naming.letters}/d{self.seed_label(s)}" for s in self.trace.seeds],
            ]
        if self.is_reverse:
            header += ["adjoint_rule", "adjoint"]
        yield header
        for node in self.steps.nodes:
            yield _csv_row(self, node)

    def plain(self) -> Iterator[Sequence[str]]:
        """A line a step: its name, the value, the tangents, the adjoint."""
        for node in self.steps.nodes:
            values = [self.trace.values[node]]
            values += [self.tangent(seed, node) for seed in self.trace.seeds]
            if self.is_reverse:
                values.append(self.adjoint(node))
            numbers = [exact(n, self.precision) for value in values for n in flat(value)]
            yield self.steps.names[node].replace(" ", r"\u0020"), *numbers

    def draw(self, tables: Tables, digits: int) -> None:
        """The evaluation with its tangents, the adjoints in the order of the sweep, the counts,
        and the explanation."""
        text = partial(shown, digits=digits, precision=self.precision)
        _evaluation(self, tables, text)
        _kinks(self, tables)
        if self.is_reverse:
            _adjoints(self, tables, text)
        self.draw_cost(tables)
        for title, sentences in self.explanation:
            tables.heading(title)
            for sentence in sentences:
                tables.sentence(sentence)

    def draw_cost(self, tables: Tables) -> None:
        """What the sweeps cost."""
        _totals(self, tables)


def _zero(value: Any) -> Any:
    """Exact zero in the shape of a value."""
    shape = shape_of(value)
    if not shape:
        return 0.0
    import numpy as np

    return np.zeros(shape)


def sum_of(
    found: list[Contribution], text: Callable[[Contribution], str], limit: int | None
) -> str:
    """Contributions as a sum: all of them, or the first and how many more there are."""
    if limit is None or len(found) <= limit:
        return joined([text(c) for c in found])
    shown = joined([text(c) for c in found[: limit - 1]])
    return f"{shown} + ... ({len(found) - limit + 1:,} more)"


# ---- for scripts ----


def operations(report: TraceReport) -> dict[str, Any]:
    """What the evaluation takes, the local partials, and the sweeps of either mode."""
    record = {}
    for part, counts in report.trace.tallies.items():
        sweeps = {"forward": {"sweeps": len(report.trace.seeds)}, "reverse": {"sweeps": 1}}
        record[part] = {**sweeps.get(part, {}), **counts._asdict()}
    return record


def _step(report: TraceReport, node: int) -> dict[str, Any]:
    steps, trace = report.steps, report.trace
    value = trace.values[node]
    step: dict[str, Any] = {
        "name": steps.names[node],
        "formula": steps.formula(node),
        "value": value,
    }
    if node in steps.naming.aliases:
        step["also"] = steps.naming.aliases[node]
    bad = [x for x in flat(value) if not is_finite(x)]
    if bad:
        step["error"] = f"{step['formula']} is {float(bad[0])}"
    if node in report.kinks:
        step["kink"] = True
    if report.is_forward:
        step["tangent_rule"] = report.tangent_rule(node)
        step["tangents"] = {
            report.seed_label(seed): report.tangent(seed, node) for seed in trace.seeds
        }
    return step


def _adjoint(report: TraceReport, node: int) -> dict[str, Any]:
    return {
        "name": report.steps.names[node],
        "rule": report.adjoint_rule(node) or "1",
        "contributions": [
            {
                "from": report.steps.names[c.source],
                "rule": report.contribution(c),
                "value": c.value,
            }
            for c in report.trace.contributions.get(node, [])
        ],
        "value": report.trace.adjoints[node],
    }


def is_finite(value: Any) -> bool:
    """Whether a number, of float64 or of many digits, is neither infinite nor nan."""
    return bool(value - value == 0)


def _csv_row(report: TraceReport, node: int) -> list[str]:
    def cell(value: Any) -> str:
        if shape_of(value):
            return to_json(value, report.precision)
        return exact(value, report.precision)

    steps, trace = report.steps, report.trace
    row = [steps.names[node], steps.definition(node) or "input", cell(trace.values[node])]
    if report.is_forward:
        row.append(report.tangent_rule(node))
        row += [cell(report.tangent(seed, node)) for seed in trace.seeds]
    if report.is_reverse:
        rule = report.adjoint_rule(node) or ("1" if node in trace.adjoints else "0")
        row += [rule, cell(report.adjoint(node))]
    return row


# ---- for people ----


def shown(value: Any, digits: int, precision: int | None = None) -> str:
    """A number, a short array, or the shape and the first numbers of a longer one."""
    shape = shape_of(value)
    if not shape:
        return short(value, digits, precision)
    numbers = list(flat(value))
    if len(numbers) <= SHOWN_NUMBERS:
        return _bracketed(nested(value), lambda x: short(x, digits, precision))
    first = ", ".join([short(x, digits, precision) for x in numbers[:3]])
    return f"{'x'.join(map(str, shape))}: {first}, ..."


def _bracketed(value: Any, text: Callable[[Any], str]) -> str:
    if isinstance(value, list):
        return "[" + ", ".join([_bracketed(v, text) for v in value]) + "]"
    return text(value)


def cut(text: str) -> str:
    return text if len(text) <= SHOWN_TEXT else text[: SHOWN_TEXT - 4] + " ..."


def thinned(
    nodes: list[int], row: Callable[[int], list[str]], gap: tuple[str, str] = ("...", "{:,} more")
) -> list[list[str]]:
    """The rows of nodes; of many those of the first and the last, around a row that counts the
    others."""
    if len(nodes) <= SHOWN_STEPS:
        return [row(node) for node in nodes]
    half = SHOWN_STEPS // 2
    first, last = [[row(n) for n in part] for part in (nodes[:half], nodes[-half:])]
    between = [gap[0], gap[1].format(len(nodes) - SHOWN_STEPS), *[""] * (len(first[0]) - 2)]
    return [*first, between, *last]


def _evaluation(report: TraceReport, tables: Tables, text: Callable[[Any], str]) -> None:
    steps, trace = report.steps, report.trace
    seeds = trace.seeds[:MAX_SEEDS]
    headers = ["", "formula", "value"]
    if report.is_forward:
        tables.heading("Evaluation and forward mode: a column of tangents for each seed")
        headers = ["", "formula", "tangent", "value"]
        headers += [report.seed_header(seed) for seed in seeds]
    else:
        tables.heading("Evaluation")

    def cells(node: int) -> list[str]:
        row = [steps.names[node], cut(steps.definition(node)) or "input"]
        if report.is_forward:
            row.append(cut(report.tangent_rule(node)) or ("seed" if report.active[node] else "0"))
        row.append(text(trace.values[node]))
        return [*row, *[text(seed.tangents.get(node, 0.0)) for seed in seeds]]

    rows = thinned(steps.nodes, cells)
    tables.rows(headers, rows, limit=None, texts=3 if report.is_forward else 2)
    if len(trace.seeds) > len(seeds):
        tables.note(f"... and {len(trace.seeds) - len(seeds):,} more seeds; --format json has all")
    elif 1 < len(seeds) <= MAX_SEED_VECTORS:
        for k, seed in enumerate(seeds):
            unit = ", ".join(["1" if i == k else "0" for i in range(len(seeds))])
            tables.note(f"{report.seed_header(seed)}: seed ({unit})")


def _kinks(report: TraceReport, tables: Tables) -> None:
    """Where the derivative is a convention, and which."""
    steps = report.steps
    for node in report.kinks[:MAX_KINKS]:
        place = f"{steps.names[node]} = {cut(steps.formula(node))}"
        tables.note(f"{place} is at a kink: its derivative there is a convention")
    if len(report.kinks) > MAX_KINKS:
        tables.note(f"... and {len(report.kinks) - MAX_KINKS:,} more kinks")


def _adjoints(report: TraceReport, tables: Tables, text: Callable[[Any], str]) -> None:
    steps, trace = report.steps, report.trace
    tables.heading("Reverse mode: adjoints in the order in which they are computed")

    def cells(node: int) -> list[str]:
        found = report.contributions(node)
        numbers = cut(sum_of(found, lambda c: text(c.value), MAX_TERMS)) if len(found) > 1 else ""
        rule = cut(report.adjoint_rule(node, MAX_TERMS)) or "seed"
        return [steps.adjoint(node), rule, numbers, text(trace.adjoints[node])]

    headers, rows = ["", "contributions", "sum of", "adjoint"], thinned(report.visited, cells)
    if not any(row[2] for row in rows):
        headers, *rows = [[row[0], row[1], row[3]] for row in (headers, *rows)]
    tables.rows(headers, rows, limit=None, texts=2)
    for node in [n for n in report.inputs if n in trace.adjoints][:MAX_SEED_VECTORS]:
        name = steps.graph.attrs[node]
        derivative = steps.derivative(steps.naming.result, name)
        tables.note(f"{derivative} is {steps.adjoint(node)} = {text(trace.adjoints[node])}")


def _totals(report: TraceReport, tables: Tables) -> None:
    steps = sum(bool(report.steps.graph.args[node]) for node in report.steps.nodes)
    inputs = sum(len(list(flat(report.trace.values[node]))) for node in report.inputs)
    tables.heading(f"Operations on numbers: {counted(steps, 'step')}, {counted(inputs, 'input')}")
    tallies = dict(report.trace.tallies)
    shared = tallies.pop("partials")
    rows = [["evaluation", "", *count_cells(tallies.pop("evaluation"))]]
    rows += [
        [f"{mode} AD", f"{operations(report)[mode]['sweeps']:,}", *count_cells(shared.plus(sweeps))]
        for mode, sweeps in sorted(tallies.items())
    ]
    tables.rows(["", "sweeps", *HEADERS], rows)
    tables.sentence(
        f"AD: besides the evaluation; in either mode the local partials once ({in_words(shared)})"
    )
    tables.sentence(LEGEND)
