"""The least sum of squares by a method of `adcli.descend`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from adcli.descent.run import descend
from adcli.descent.stopping import Status
from adcli.fitting.levenberg import Attempt
from adcli.fitting.linearise import Linearised
from adcli.fitting.losses import Loss
from adcli.fitting.model import Model
from adcli.fitting.regression import Regression
from adcli.fitting.separable import Separated
from adcli.function import Function
from adcli.graph.structure import SUM
from adcli.graph.symbols import Expression, Symbols

ROOT_WEIGHTS = "(root weights)"
"""The variable that holds the roots of the weights; no text can name it."""


def descend_to_minimum(
    problem: Regression,
    method: str,
    options: Mapping[str, Any],
    interrupted: Callable[[], bool],
) -> Attempt:
    """Minimise the mean of the losses by `method`: a rate does not depend on the rows' number."""
    start = problem.start
    if problem.missing:
        separated = Separated(problem.problem, problem.linear, start)
        found = separated.whole(start[separated.nonlinear])
        if found is None:
            raise problem.refusal(start)
        start = problem.box.project(found)
    f, data = mean_loss(problem, problem.model)
    p = problem.parameters
    sides = problem.box.lower, problem.box.upper
    lower, upper = map(p.unflatten, sides)
    bounds = {name: (lower[name], upper[name]) for name in p.shapes}
    result = descend(
        f,
        p.unflatten(start),
        fix=problem.fixed,
        data=data,
        bounds=bounds if np.isfinite(sides).any() else None,
        method=method,
        interrupted=interrupted,
        **options,
    )
    point = p.flatten(result.point)
    problem.problem.evaluations += result.evaluations
    if result.status is Status.INTERRUPTED:
        linear = Linearised.unknown(len(point))
    else:
        linear = problem.problem.linearise(point)
    ended = result.status, result.reason, result.iterations
    return Attempt(point, linear, *ended, method=result.method)


def mean_loss(problem: Regression, model: Model) -> tuple[Function, dict[str, Any]]:
    """The mean loss of a model as a function of parameters and data, and the data."""
    graph = model.graph
    m = Symbols(graph, graph.span(model.prediction.outputs[0]))
    (prediction,), (response,) = model.prediction.outputs, model.response.outputs
    r = Expression(m, prediction) - Expression(m, response)
    data = {name: problem.data[name] for name in model.names if name in problem.data}
    if problem.weights is not None:
        r = r * Expression(m, graph.variable(ROOT_WEIGHTS))
        data[ROOT_WEIGHTS] = np.sqrt(problem.weights)
    scale = problem.loss.scale
    z = m.multiply(r, r) if problem.loss.is_linear else m.multiply(r * (1 / scale), r * (1 / scale))
    each = _rho(m, problem.loss, z)
    mean = m.structural(SUM, None, each) * (1.0 / problem.rows)
    if not problem.loss.is_linear:
        mean = mean * scale**2
    return Function(graph, [mean.node], model.text), data


def _rho(m: Symbols, loss: Loss, z: Expression) -> Expression:
    """The loss of squared residuals, as adcli.fitting.losses defines it."""
    if loss.name == "huber":
        root = m.sqrt(m.maximum(z, 1.0))
        return m.where(m.less_equal(z, 1.0), z, root * 2.0 - 1.0)
    if loss.name == "soft_l1":
        return m.divide(z * 2.0, m.sqrt(z + 1.0) + 1.0)
    if loss.name == "cauchy":
        return m.log1p(z)
    return z
