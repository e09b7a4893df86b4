"""The drawing of a program and the paths through it, at a point."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from adcli.ad.jacobians import Run
from adcli.ad.tasks import Task
from adcli.explain.paths import find_paths
from adcli.function import Function
from adcli.report.graph import Drawing, drawing
from adcli.report.paths import PathReport
from adcli.report.steps import Steps


def drawing_of(
    f: Function,
    point: dict[str, Any],
    engine: str = "auto",
    precision: int | None = None,
    digits: int = 6,
) -> Drawing:
    """The drawing of a program: with the numbers at a point, else with formulas."""
    run, context = None, nullcontext()
    if point or not f.variables:
        results = f.swept(point, Task("value"), engine, precision)
        run, context = results.run, results.algebra.context()
    with context:
        return drawing(_steps(f, run), f.outputs, run, digits, precision)


def paths_to(
    f: Function,
    name: str,
    point: dict[str, Any],
    engine: str = "auto",
    precision: int | None = None,
) -> PathReport:
    """The paths from the result to a variable, in the run of `adcli grad`, checked as there."""
    results = f.swept(point, Task("gradient", "reverse", [name]), engine, precision)
    with results.algebra.context():
        found = find_paths(results.run, f.outputs[0], f.inputs[name])
    return PathReport(_steps(f, results.run), found, name, f.outputs[0], precision)


def _steps(f: Function, run: Run | None) -> Steps:
    return Steps(f.graph, f.order, f.inputs.values(), f.outputs, run, own_names=True)
