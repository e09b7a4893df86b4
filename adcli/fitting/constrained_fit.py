"""The least sum of squares under constraints on the parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from adcli.descent.constrained_result import ConstrainedResult, minimise_constrained
from adcli.descent.constraints import ConstrainedProgram, Constraints, check_names, constrained
from adcli.descent.problem import Problem
from adcli.descent.settings import Settings
from adcli.descent.stopping import Limits, Status
from adcli.errors import UsageError
from adcli.fitting.along_constraints import ActiveConstraints
from adcli.fitting.descending import mean_loss
from adcli.fitting.levenberg import Attempt
from adcli.fitting.linearise import Linearised
from adcli.fitting.model import Model, Vector
from adcli.fitting.regression import Regression
from adcli.function import Function


def fit_constrained(
    problem: Regression,
    texts: Sequence[str],
    method: str | None,
    limits: Mapping[str, Any],
    near: Vector,
    interrupted: Callable[[], bool],
) -> tuple[Attempt, ActiveConstraints]:
    """The best of descents from the start and from `near`, the minimum without constraints.

    Raises LanguageError and UsageError for constraints that cannot be meant.
    """
    settings, bounds = Settings(method=method), Limits(**limits)
    settings.check_constrained(True)
    read = constrained(problem.model.text, texts)
    text, graph = problem.model.text, read.function.graph
    response, prediction = (Function(graph, [o], text) for o in read.function.outputs)
    model = Model(text, response, prediction, problem.model.ties)
    check_names(model.prediction, read, (), problem.columns_known)
    model = model.long if problem.response_names else model
    f, data = mean_loss(problem, model)
    program = ConstrainedProgram(f, read.constraints)
    starts = [near] if problem.missing else [problem.start, near]
    best: ConstrainedResult | None = None
    for start in starts:
        found = _descent(problem, f, data, start)
        result = minimise_constrained(found, program, settings, bounds, interrupted=interrupted)
        problem.problem.evaluations += result.evaluations
        if best is None or _rank(result) < _rank(best):
            best = result
        if result.status is Status.INTERRUPTED:
            break
    assert best is not None, "there is a start"
    return _attempt(problem, best), _active(
        problem, _descent(problem, f, data, near), program, best
    )


def _rank(result: ConstrainedResult) -> tuple[bool, float]:
    return not result.is_feasible, result.value if result.is_feasible else result.violation


def _descent(problem: Regression, f: Function, data: Mapping[str, Any], start: Vector) -> Problem:
    p, sides = problem.parameters, (problem.box.lower, problem.box.upper)
    lower, upper = map(p.unflatten, sides)
    bounds = {name: (lower[name], upper[name]) for name in p.shapes}
    return Problem(
        f,
        p.unflatten(start),
        fixed=problem.fixed,
        data=data,
        bounds=bounds if np.isfinite(sides).any() else None,
    )


def _attempt(problem: Regression, result: ConstrainedResult) -> Attempt:
    point = problem.parameters.flatten(result.point)
    linear = Linearised.unknown(len(point))
    if result.status is not Status.INTERRUPTED:
        linear = problem.problem.linearise(point)
    ended = result.status, result.reason, result.iterations
    return Attempt(point, linear, *ended, method=result.method)


def _active(
    problem: Regression, descent: Problem, program: ConstrainedProgram, result: ConstrainedResult
) -> ActiveConstraints:
    constraints = Constraints(descent, program.constraints)
    _, jacobian = constraints.residuals_and_jacobian(descent.flatten(result.point))
    rows = [k for k, label in enumerate(constraints.labels) if label in result.active]
    p = problem.parameters
    normals = [p.flatten(descent.unflatten(jacobian[k])) for k in rows]
    multipliers = {text: np.asarray(x) * problem.rows for text, x in result.multipliers.items()}
    return ActiveConstraints(
        {text: x if x.shape else float(x) for text, x in multipliers.items()},
        tuple(constraints.labels[k] for k in rows),
        np.array(normals).reshape(len(rows), p.size),
        result.violated,
    )


def refuse_with_constraints(kinds: Mapping[str, bool]) -> None:
    """Raise UsageError for the kinds that are given: a fit under constraints does not take them."""
    for what, is_given in kinds.items():
        if is_given:
            raise UsageError(f"a fit under constraints has no {what}", "leave one of them out")
