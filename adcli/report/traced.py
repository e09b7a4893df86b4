"""The trace of a program at a point: the run of `adcli grad`, and what is reported of it."""

from __future__ import annotations

from math import prod
from typing import Any

from adcli.ad.evaluate import Run
from adcli.ad.kinks import find_kinks
from adcli.ad.tasks import Task
from adcli.errors import UsageError
from adcli.explain.trace import trace
from adcli.function import Function
from adcli.report.steps import TEXT, Steps
from adcli.report.trace import MAX_SEEDS, TraceReport

WRITTEN_NUMBERS = 10_000_000
"""Numbers that a trace may write."""


def traced(
    f: Function,
    point: dict[str, Any],
    wrt: list[str],
    mode: str,
    form: str,
    engine: str = "auto",
    precision: int | None = None,
) -> TraceReport:
    """Compute the gradient as `adcli grad` does, checked, and trace that run.

    `mode` is forward, reverse or both; `form` is the format of the report. Raises UsageError for
    several results, unless the mode is forward, and for more tangents than memory has room for.
    """
    is_forward = mode == "forward"
    if len(f.outputs) > 1 and not is_forward:
        raise UsageError(
            f"a reverse sweep starts at one result, the program has {len(f.outputs)}",
            "--mode forward traces all of them",
        )
    task = Task("jacobian", "forward", wrt) if is_forward else Task("gradient", "reverse", wrt)
    results = f.swept(point, task, engine, precision)
    value, rest = results.nested()
    run, nodes = results.run, [f.inputs[name] for name in wrt]
    output = None if is_forward else f.outputs[0]
    is_short = form in ("table", "latex", "html", "gif")
    kept = 0 if mode == "reverse" else MAX_SEEDS if is_short else None
    if kept is None:
        _refuse_too_many(run, nodes)
    notation = TEXT
    if form == "latex":
        from adcli.report.trace_latex import LATEX as notation
    active = f.graph.dependents(f.order, nodes)
    with results.algebra.context():
        found = trace(run, output, nodes, kept)
        kinks = find_kinks(run, f.outputs, active)
        at_kinks = sorted(node for node, _ in kinks)
    return TraceReport(
        Steps(f, run, notation),
        found,
        active,
        mode,
        point,
        value,
        rest.get("gradient", {}),
        at_kinks,
        precision,
    )


def _refuse_too_many(run: Run, nodes: list[int]) -> None:
    """Raise UsageError where the tangents of all seeds would not fit into memory."""
    sizes = {i: prod(run.algebra.shape(run.values[i])) for i in run.order}
    numbers = sum(sizes.values()) * sum(sizes[node] for node in nodes)
    if numbers > WRITTEN_NUMBERS:
        raise UsageError(
            f"the tangents of all seeds are {numbers:,} numbers",
            "--wrt names fewer variables, --mode reverse needs no seeds, a table shows the first",
        )
