"""Every path from the result to a variable without a point, with formulas for the partials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from adcli.ad.formulas import size_of
from adcli.explain.formula_paths import FormulaPaths, carried, formula_paths
from adcli.explain.paths import MAX_LARGEST, Edge
from adcli.function import Function
from adcli.graph.axes import Shape
from adcli.report.chain_rule import MAX_OPERATIONS, ChainRule, ChainRules, left_out, shown_slopes
from adcli.report.formula_trace import check_one_number, known_shapes
from adcli.report.paths import SeveralPaths, count_text, middle_out
from adcli.report.rendering import Report
from adcli.report.steps import TEXT, Steps
from adcli.report.sums_and_products import product_of

if TYPE_CHECKING:
    from adcli.report.drawn_tables import Tables


@dataclass(frozen=True)
class FormulaPathReport(Report):
    """The paths from the result to the variable `name`, and the chain rule.

    `factor` is the partial of an operation by one of its inputs (`Steps.factor`); `formulas` are
    the products along the listed paths of a program with arrays, where a product has an order.
    """

    steps: Steps
    paths: FormulaPaths
    name: str
    chain: ChainRule
    factor: Callable[[int, int], str | None]
    formulas: list[str] | None

    @property
    def derivative(self) -> str:
        """The name of what the paths sum up to: `∂f/∂x`."""
        (name,) = TEXT.spelling.own([self.name]).values()
        return self.steps.derivative(self.steps.naming.result, name)

    def stops(self, path: Sequence[Edge]) -> list[str]:
        """The names of the nodes on a path, the result first."""
        nodes = [self.steps.outputs[0], *[edge.target for edge in path]]
        return [self.steps.names[node] for node in nodes]

    def partial(self, edge: Edge) -> str:
        """The name of a partial; which use it is of an input that an operation has twice."""
        inputs = self.steps.graph.args[edge.source]
        uses = [k for k, j in enumerate(inputs) if j == edge.target]
        which = f" (use {uses.index(edge.operand) + 1})" if len(uses) > 1 else ""
        return self.steps.partial(edge.source, edge.target) + which

    def product(self, place: int, limit: bool) -> str:
        """The product along a listed path; with a `limit` a long one without its middle."""
        if self.formulas is not None:
            return self.formulas[place]
        path = self.paths.listed[place]
        if limit:
            factors = middle_out(path, lambda e: self.factor(e.source, e.operand) or "")
        else:
            factors = [self.factor(edge.source, edge.operand) or "" for edge in path]
        return product_of(factors, TEXT.times)

    def record(self) -> dict[str, Any]:
        """The number of paths, those listed, and the chain rule."""
        count = self.paths.number
        return {
            "result": self.steps.names[self.steps.outputs[0]],
            "variable": self.name,
            "count": count if count.bit_length() < MAX_BITS else count_text(count),
            "complete": self.paths.is_complete,
            "paths": [
                {
                    "nodes": self.stops(path),
                    "partials": list(map(self.partial, path)),
                    "product": self.product(place, False),
                }
                for place, path in enumerate(self.paths.listed)
            ],
            "derivative": self.derivative,
            "chain_rule": self.chain.record(),
        }

    def draw(self, tables: Tables, digits: int) -> None:
        """A table of the paths, and the chain rule."""
        paths, times = self.paths, self.steps.notation.times
        number = count_text(paths.number)
        result = self.steps.names[self.steps.outputs[0]]
        plural = "s" * (paths.number != 1)
        tables.heading(f"{number} path{plural} from {result} to {self.name}")
        rows = [
            [
                " → ".join(middle_out(self.stops(path), str)),
                times.join(middle_out(path, self.partial)) or "1",
                self.product(place, True),
            ]
            for place, path in enumerate(paths.listed)
        ]
        tables.rows(["path", "partials", "product"], rows, limit=None, texts=3)
        if not paths.is_complete:
            tables.note(f"The first {len(paths.listed)} of {number}")
        for line in self.chain.lines(self.derivative):
            tables.note(line)
        for slope, text in shown_slopes([self.chain]):
            tables.note(f"{slope} = {text}")
        for reason in left_out([self.chain]):
            tables.sentence(reason)


MAX_BITS = 10_000
"""Larger whole numbers are texts in a record: readers have limits."""


def formula_paths_to(
    f: Function, names: Sequence[str], shapes: Mapping[str, Shape]
) -> SeveralPaths:
    """The paths from the result to each variable; `shapes` are those of variables that are not
    numbers. Raises UsageError for a result that is not one number, LanguageError where shapes do
    not fit."""
    known = known_shapes(f, shapes)
    check_one_number(f, known, "paths start", "leave the others out")
    steps = Steps(f, None, own_names=True, shapes=known)
    rules, factor, reports = ChainRules(f, TEXT, shapes), cache(steps.factor), []
    for name in names:
        paths = formula_paths(f.graph, f.outputs[0], f.inputs[name])
        formulas = None if f.is_scalar else _formulas(f, paths, shapes)
        reports.append(FormulaPathReport(steps, paths, name, rules.by(name), factor, formulas))
    return SeveralPaths(reports)


def _formulas(f: Function, paths: FormulaPaths, shapes: Mapping[str, Shape]) -> list[str] | None:
    """What the partials along each path amount to; None for too many paths, or too long ones."""
    listed = [path for path in paths.listed if path]
    if len(listed) < len(paths.listed) or not 0 < len(listed) <= MAX_LARGEST:
        return None
    active = f.graph.dependents(f.order, [listed[0][-1].target])
    nodes = [carried(f.graph, path, shapes, active) for path in listed]
    if any(size_of(f.graph, [node]).tree > MAX_OPERATIONS for node in nodes):
        return None
    return [TEXT.printer(f.graph, node, {}) for node in nodes]
