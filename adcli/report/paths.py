"""Every path from the result to a variable, as a table or a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from adcli.ad.tasks import Task
from adcli.explain.paths import Edge, Factor, Path, Paths, find_paths
from adcli.function import Function
from adcli.report.graph import partial_text
from adcli.report.numbers import bracketed
from adcli.report.rendering import Report
from adcli.report.steps import Steps
from adcli.report.trace import is_finite, shown

if TYPE_CHECKING:
    from adcli.report.drawn_tables import Tables

T = TypeVar("T")
MAX_STOPS = 8
"""Nodes of one path that a table shows."""
MAX_FACTORS = 5
COUNT_DIGITS = 30
"""Digits of a number of paths that are written out for people."""
MAX_JSON_DIGITS = 4000
"""Larger whole numbers are texts in a record: readers have limits."""
CANCELLATION = 10
"""How many times the sum must be exceeded by the sum of magnitudes to be worth a word."""


@dataclass(frozen=True)
class PathReport(Report):
    """The paths from the result to the variable `name`."""

    steps: Steps
    paths: Paths
    name: str
    precision: int | None = None

    def stops(self, path: Path) -> list[str]:
        """The names of the nodes on a path, the result first."""
        nodes = [self.steps.outputs[0], *[edge.target for edge in path.edges]]
        return [self.steps.names[node] for node in nodes]

    def label(self, edge: Edge, digits: int) -> str:
        """The local partial of an edge, a negative one in brackets."""
        return bracketed(partial_text(edge, self.steps, digits, self.precision))

    def record(self) -> dict[str, Any]:
        """The number of paths, those listed, their sum, the important factors."""
        paths, names = self.paths, self.steps.names
        count: int | str = paths.count
        if paths.count.bit_length() > 3 * MAX_JSON_DIGITS:
            count = f"{Decimal(paths.count):f}"
        record: dict[str, Any] = {
            "result": names[self.steps.outputs[0]],
            "variable": self.name,
            "count": count,
            "complete": paths.is_complete,
            "paths": [
                {
                    "nodes": self.stops(path),
                    "partials": [edge.partial for edge in path.edges],
                    "product": path.product,
                }
                for path in paths.listed
            ],
            "sum": paths.total,
        }
        if paths.magnitude is not None:
            record["magnitude"] = paths.magnitude
            record["factors"] = [
                {
                    "from": names[factor.edge.source],
                    "to": names[factor.edge.target],
                    "partial": factor.edge.partial,
                    "share": factor.share,
                }
                for factor in paths.factors
            ]
        return record

    def draw(self, tables: Tables, digits: int) -> None:
        """A table of the paths with their sum, and what makes the sensitivity large."""
        paths = self.paths
        text = partial(shown, digits=digits, precision=self.precision)
        result = self.steps.names[self.steps.outputs[0]]
        number = count_text(paths.count)
        plural = "s" * (paths.count != 1)
        tables.heading(f"{number} path{plural} from {result} to {self.name}")
        rows = []
        for path in paths.listed:
            stops = " → ".join(middle_out(self.stops(path), str))
            factors = " · ".join(middle_out(path.edges, lambda e: self.label(e, digits)))
            rows.append((stops, factors or "1", text(path.product)))
        total = text(paths.total)
        if paths.is_complete:
            rows.append(("sum", "", total))
        tables.rows(["path", "partials", "product"], rows, limit=None, texts=2)
        if not paths.is_complete:
            word = (
                "The largest" if paths.is_exact else "The first that a search for the largest found"
            )
            tables.note(f"{word} {len(paths.listed)} of {number}; the sum over all is {total}")
        derivative = self.steps.derivative(self.steps.naming.result, self.name)
        tables.heading(f"{derivative} = {total}")
        for line in _sensitivity(self, text):
            tables.note(line)


@dataclass(frozen=True)
class SeveralPaths(Report):
    """The paths to several variables, one after the other."""

    reports: Sequence[Report]
    precision: int | None = None

    def records(self) -> Iterable[Mapping[str, Any]]:
        """An object for each variable."""
        return [report.record() for report in self.reports]

    def draw(self, tables: Tables, digits: int) -> None:
        """What is drawn for each variable."""
        for report in self.reports:
            report.draw(tables, digits)


def paths_to(
    f: Function,
    names: Sequence[str],
    point: dict[str, Any],
    engine: str = "auto",
    precision: int | None = None,
) -> SeveralPaths:
    """The paths from the result to each variable, in the run of `adcli grad`, checked as there."""
    results = f.swept(point, Task("gradient", "reverse", list(names)), engine, precision)
    steps = Steps(f, results.run, own_names=True)
    with results.algebra.context():
        found = [find_paths(results.run, f.outputs[0], f.inputs[name]) for name in names]
    reports = [PathReport(steps, *each, precision) for each in zip(found, names, strict=True)]
    return SeveralPaths(reports, precision)


def count_text(count: int) -> str:
    """A number of paths: exactly, or its size where it has too many digits."""
    digits = f"{Decimal(count):,f}" if count.bit_length() < 4 * COUNT_DIGITS else ""
    if digits:
        return digits
    return "about " + f"{Decimal(count):.3e}".replace("e+", "e")


def middle_out(parts: Sequence[T], text: Callable[[T], str]) -> list[str]:
    """The texts of a list; of a long one without its middle, which is counted."""
    if len(parts) <= MAX_STOPS:
        return list(map(text, parts))
    half = MAX_STOPS // 2
    more = f"({len(parts) - 2 * half:,} more)"
    return [*map(text, parts[:half]), more, *map(text, parts[-half:])]


def _sensitivity(report: PathReport, text: Any) -> list[str]:
    """Which factors make the derivative large, and whether paths cancel."""
    paths = report.paths
    if paths.magnitude is None or not paths.count:
        return []
    if not is_finite(paths.magnitude):
        return ["Paths cancel: the sum of their magnitudes is beyond float64."]
    lines = [_factor_line(report, factor, text) for factor in paths.factors[:MAX_FACTORS]]
    if lines:
        lines.insert(0, "What makes it large: partials above 1, and how much passes through them")
        more = len(paths.factors) - MAX_FACTORS
        if more > 0:
            lines.append(f"  ... and {more:,} more")
    else:
        lines.append("No partial on these paths exceeds 1 in magnitude.")
    if paths.count > 1 and paths.magnitude > CANCELLATION * abs(paths.total):
        lines.append(f"Paths cancel: without their signs they sum to {text(paths.magnitude)}.")
    return lines


def _factor_line(report: PathReport, factor: Factor, text: Any) -> str:
    steps, edge = report.steps, factor.edge
    place = f"{steps.names[edge.source]} = {steps.formula(edge.source)}"
    partial = steps.partial(edge.source, edge.target)
    return f"  {partial} = {text(edge.partial)} in {place}: {factor.share:.0%}"
