"""What people and scripts see of estimates: standard errors, z values, intervals, correlation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from adcli.descent.minimise import Result
from adcli.graph.axes import element_labels
from adcli.language.messages import counted
from adcli.report.drawn_tables import Tables
from adcli.report.numbers import exact, flat, shape_of, short

if TYPE_CHECKING:
    from adcli.descent.inference import Estimate, Inference

CORRELATED = 12
"""Most parameters whose correlation is shown as a table."""

MOST_LINES = 8
"""Reasons that are told one by one."""

HEADERS = ("parameter", "value", "standard_error", "lower", "upper", "z", "p_value")


def inference_fields(found: Inference) -> dict[str, Any]:
    """The fields that standard errors add to the object of a descent."""
    optional = ("log_likelihood", "aic", "bic", "rows")
    return {
        "errors": found.errors,
        "parameters": {label: _fields(x) for label, x in found.parameters.items()},
        **{name: getattr(found, name) for name in optional},
        **({} if found.clusters is None else {"clusters": found.clusters}),
        **({"reasons": found.reasons} if found.reasons else {}),
        "covariance": _matrix(found, found.covariance),
        "correlation": _matrix(found, found.correlation),
        "confidence": found.confidence,
    }


def _fields(x: Estimate) -> dict[str, Any]:
    return {name: value for name, value in vars(x).items() if name != "reason" or value}


def _matrix(found: Inference, matrix: Any) -> dict[str, dict[str, float]]:
    labels = list(found.parameters)
    pairs = zip(labels, matrix, strict=True)
    return {a: dict(zip(labels, row.tolist(), strict=True)) for a, row in pairs}


def estimate_rows(result: Result) -> Iterator[Sequence[str]]:
    """A header and a row for each number that varies; what cannot be computed is empty."""
    if result.inference is None:
        yield HEADERS[:2]
        yield from ((label, exact(x)) for label, x in _numbers(result))
        return
    yield HEADERS
    for label, x in result.inference.parameters.items():
        low, high = x.confidence_interval or (None, None)
        numbers = (x.value, x.standard_error, low, high, x.z, x.p_value)
        yield label, *["" if n is None else exact(n) for n in numbers]


def plain_estimates(result: Result) -> Iterator[Sequence[str]]:
    """The value of each number that varies and, where asked for, its standard error."""
    if result.inference is None:
        yield from ((exact(x),) for _, x in _numbers(result))
        return
    for x in result.inference.parameters.values():
        yield exact(x.value), exact(math.nan if x.standard_error is None else x.standard_error)


def _numbers(result: Result) -> Iterator[tuple[str, float]]:
    for name, value in result.parameters.items():
        labels = element_labels(name, shape_of(value), result.names.get(name))
        yield from zip(labels, flat(value), strict=True)


def draw_estimates(tables: Tables, found: Inference, fixed: Mapping[str, Any], digits: int) -> None:
    """The table of estimates, those that are `fixed` too, and their correlation."""
    percent = f"{100 * found.confidence:.6g}%"
    headers = ["parameter", "value", "std error", f"{percent} from", "to", "z", "p"]
    rows = []
    for label, x in found.parameters.items():
        low, high = x.confidence_interval or (None, None)
        numbers = [_cell(n, digits) for n in (x.value, x.standard_error)]
        ends = [_cell(n, digits) for n in (low, high)]
        rows.append([label, *numbers, *ends, _cell(x.z, 3), _cell(x.p_value, 2)])
    for name, value in fixed.items():
        shown = short(value, digits) if isinstance(value, float) else "[...]"
        rows.append([name, shown, "fixed", *"----"])
    tables.rows(headers, rows)
    draw_correlation(tables, found.parameters, found.correlation, _cell)


def draw_correlation(
    tables: Tables,
    parameters: Mapping[str, Any],
    correlation: Any,
    cell: Callable[[float, int], str],
) -> None:
    """The correlation of the parameters that have standard errors, unless they are many."""
    labels = list(parameters)
    known = [k for k, x in enumerate(parameters.values()) if x.standard_error is not None]
    if 1 < len(known) <= CORRELATED:
        names = [labels[k] for k in known]
        cells = [[cell(float(correlation[a, b]), 3) for b in known] for a in known]
        tables.heading("correlation of the parameters")
        tables.matrix(names, names, cells)


def inference_lines(found: Inference, digits: int) -> list[str]:
    """The lines of the panel: the likelihood, and whence the errors come."""
    rows = "" if found.rows is None else f", {counted(found.rows, 'row')}"
    figures = [("log-likelihood", found.log_likelihood), ("AIC", found.aic), ("BIC", found.bic)]
    shown = ", ".join(f"{name} {_cell(x, digits)}" for name, x in figures)
    how = "standard errors from the inverse of the exact Hessian"
    if found.errors == "robust":
        groups = "" if found.clusters is None else f" by {counted(found.clusters, 'group')} of rows"
        how = f"robust standard errors (sandwich){groups}"
    lines = [f"{shown}, {counted(len(found.parameters), 'parameter')}{rows}"]
    if found.log_likelihood is None:
        return []
    if any(x.standard_error is not None for x in found.parameters.values()):
        lines.append(f"{how}: the loss is taken for the negative log-likelihood")
    return lines


def inference_warnings(found: Inference) -> list[str]:
    """Why numbers have no standard error, by reason."""
    by_reason: dict[str, list[str]] = {}
    for label, x in found.parameters.items():
        if x.reason:
            by_reason.setdefault(x.reason, []).append(label)
    told = []
    for reason, labels in by_reason.items():
        named = ", ".join(labels[:5]) + (f" and {len(labels) - 5:,} more" if labels[5:] else "")
        told.append(f"no standard error of {named}: {reason}")
    more = len(told) - MOST_LINES
    return told[:MOST_LINES] + (
        [f"... and {more:,} more reasons; --format json"] if more > 0 else []
    )


def _cell(value: float | None, digits: int) -> str:
    return "-" if value is None or not math.isfinite(value) else short(value, digits)
