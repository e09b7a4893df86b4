"""`adcli.fit`: from what people ask for to the least sum of squares and what it tells."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, overload

import numpy as np

from adcli.data.array_columns import names_in
from adcli.descent.stopping import Ended, RunLimits, Status
from adcli.errors import UsageError
from adcli.fitting.group_fits import (
    GroupFits,
    find_groups,
    fit_groups,
    group_columns,
    rows_in,
    take_rows,
)
from adcli.fitting.levenberg import MARQUARDT, Attempt
from adcli.fitting.linearise import LeastSquares
from adcli.fitting.losses import Loss, sum_of_squares
from adcli.fitting.model import Model, read_model, tied
from adcli.fitting.quantities import WrittenQuantities, read_quantities
from adcli.fitting.regression import Regression
from adcli.fitting.residuals import INTERRUPTED
from adcli.fitting.result import Fit
from adcli.fitting.row_values import Weights
from adcli.fitting.search import CHEAP_FIT, Search
from adcli.fitting.statistics import RESIDUAL_ROUNDING, total_squares
from adcli.fitting.summary import Summary
from adcli.given import check_choice, check_kinds, check_number

MAX_ITERATIONS = 1000

SYMMETRIC, PROFILE = INTERVALS = "symmetric", "profile"
"""Kinds of intervals: from standard errors, or by profile likelihood."""

SAMPLE, SAMPLE_PER_PARAMETER = 20_000, 100
"""Rows of a large table that say where its robust fit begins: so many, and for each parameter."""


@overload
def fit(
    model: str | Model,
    data: Mapping[str, Any],
    start: Mapping[str, Any] | None = None,
    *,
    by: None = None,
    **settings: Any,
) -> Fit: ...


@overload
def fit(
    model: str | Model,
    data: Mapping[str, Any],
    start: Mapping[str, Any] | None = None,
    *,
    by: str | Sequence[str],
    **settings: Any,
) -> GroupFits: ...


def fit(
    model: str | Model,
    data: Mapping[str, Any],
    start: Mapping[str, Any] | None = None,
    *,
    fix: Mapping[str, Any] | None = None,
    bounds: Mapping[str, tuple[Any, Any]] | None = None,
    weights: Weights | None = None,
    sigma: Weights | None = None,
    absolute_sigma: bool = False,
    loss: str = "linear",
    loss_scale: float = 1.0,
    confidence: float = 0.95,
    intervals: str = SYMMETRIC,
    method: str | None = None,
    max_iterations: int | None = None,
    engine: str = "auto",
    set: WrittenQuantities = None,
    derive: WrittenQuantities = None,
    constraints: Sequence[str] = (),
    by: str | Sequence[str] | None = None,
    interrupted: Callable[[], bool] = lambda: False,
    **options: Any,
) -> Fit | GroupFits:
    """Fit `response ~ model` to data by least squares.

    `data` has arrays (rows,) or (rows, k) by column, or is a data frame; those that the model takes
    by codes(column) are texts. A parameter in brackets with a column, a[g], is one for each group;
    a number begins all. Names of the model that
    are not columns are its parameters: `start` gives each a number or an array, or "auto" where the
    model is linear in it; `fix` holds some, `bounds` gives pairs (lower, upper). `weights` multiply
    the squares, `sigma` are standard deviations of the response: an expression of columns, or a
    number for each row. With `absolute_sigma` standard errors take them as they are; without, only
    their ratios count. `loss` is "linear", "huber", "soft_l1" or "cauchy", of residuals in units of
    `loss_scale`.

    `method` None is Levenberg-Marquardt with exact derivatives and what adcli.fitting.search adds;
    any other is one of adcli.descend's, which takes the `options`. `max_iterations` holds for each
    attempt. `engine` is auto, numpy or llvm.

    `intervals` "profile" takes those of the parameters from the profile likelihood, which need not
    be symmetric, and keeps the `profiles`.

    `set` ties parameters to others, {"b": "2*a"} or ["b = 2a"], and `derive` asks for quantities
    that follow from them, {"half": "log(2)/k"}: both come with standard errors, in `tied` and
    `derived`.

    `constraints` are comparisons of the parameters that must hold, such as "b >= a": the result has
    multipliers, and standard errors along those that are active.

    With `by`, a column or several, each group of rows that agree in it has a fit of its own; the
    groups of texts or numbers come in the order of the data. A group that fails has the reason.

    Raises UsageError, DataError and DomainError for what does not fit, see Regression.

    >>> x = [0.0, 1.0, 2.0, 3.0]
    >>> y = [1.0, 2.9, 5.1, 7.0]
    >>> found = fit("y ~ a*x + b", {"x": x, "y": y}, {"a": 1.0, "b": 0.0})
    >>> round(found.point["a"], 6), round(found.parameters["a"].standard_error, 6)
    (2.02, 0.042426)
    """
    check_kinds(start=start, fix=fix, bounds=bounds, interrupted=interrupted)
    names_in(data)
    read = read_model(model) if not isinstance(model, Model) else model
    problem = partial(
        Regression,
        tied(read, read_quantities(set, "set")),
        start=start or {},
        fix=fix,
        bounds=bounds,
        loss=Loss(loss, loss_scale),
        engine=engine,
        derive=derive,
    )
    settings: dict[str, Any] = {
        "absolute_sigma": absolute_sigma,
        "confidence": confidence,
        "intervals": intervals,
        "method": method,
        "max_iterations": max_iterations,
        "constraints": constraints,
        "interrupted": interrupted,
        **options,
    }
    if by is None:
        return solve(problem(data, weights=weights, sigma=sigma), **settings)

    def of_rows(rows: Any) -> Regression:
        return problem(
            take_rows(data, rows), weights=rows_in(weights, rows), sigma=rows_in(sigma, rows)
        )

    groups = find_groups(data, group_columns(by))
    return GroupFits(fit_groups(of_rows, groups, partial(solve, **settings)))


@np.errstate(all="ignore")  # what leaves the range is judged where it matters, in silence
def solve(
    problem: Regression,
    *,
    absolute_sigma: bool = False,
    confidence: float = 0.95,
    intervals: str = SYMMETRIC,
    method: str | None = None,
    max_iterations: int | None = None,
    constraints: Sequence[str] = (),
    interrupted: Callable[[], bool] = lambda: False,
    **options: Any,
) -> Fit:
    """The fit of a regression; see `fit`."""
    begun = time.perf_counter()
    check_number(confidence, "the confidence")
    check_choice(intervals, INTERVALS, "kind of intervals")
    RunLimits(max_iterations)  # checks it
    if not 0 < confidence < 1:
        raise UsageError(f"the confidence is {confidence:g}", "it is between 0 and 1, as in 0.95")
    if absolute_sigma and problem.weights is None:
        raise UsageError("absolute sigmas need sigma", "give the standard deviations by sigma")
    active = None
    if constraints:
        from adcli.fitting.constrained_fit import fit_constrained, refuse_with_constraints

        kinds = {"profile intervals": intervals == PROFILE, "such setting": bool(options)}
        refuse_with_constraints(kinds)
        limits = {} if max_iterations is None else {"max_iterations": max_iterations}
        problem.residuals.interrupted = interrupted
        near = _search(problem, MAX_ITERATIONS).point
        attempt, active = fit_constrained(problem, constraints, method, limits, near, interrupted)
    elif method is None or method == MARQUARDT:
        if options:
            name = next(iter(options))
            raise UsageError(
                f"{MARQUARDT} has no setting '{name}'", "methods of descend have some: --method"
            )
        limit = MAX_ITERATIONS if max_iterations is None else max_iterations
        problem.residuals.interrupted = interrupted
        attempt = _search(problem, limit)
        if attempt.status is Status.STALLED:
            attempt = attempt._replace(reason="; ".join([attempt.reason, *_why(problem, attempt)]))
    else:
        from adcli.fitting.descending import descend_to_minimum

        if max_iterations is not None:
            options["max_iterations"] = max_iterations
        attempt = descend_to_minimum(problem, method, options, interrupted)
    if attempt.status in (Status.CONVERGED, Status.STALLED) and problem.steps:
        names = ", ".join(problem.parameters.labels[k] for k in problem.steps)
        others = "for the others " if attempt.status is Status.CONVERGED else ""
        reason = f"no derivative leads to {names}; {others}{attempt.reason}"
        attempt = attempt._replace(status=Status.STALLED, reason=reason)
    try:
        if interrupted():  # other starts may have led to a better minimum
            raise Ended(*INTERRUPTED)
        found = Summary(problem, attempt, confidence, absolute_sigma, active).fit(begun)
        if intervals == PROFILE:
            from adcli.fitting.profiles import profiled

            return profiled(problem, found)
        return found
    except Ended as end:
        problem.residuals.interrupted = lambda: False
        attempt = attempt._replace(**end.outcome._asdict())
        return Summary(problem, attempt, confidence, absolute_sigma, active).fit(begun)


def _why(problem: Regression, attempt: Attempt) -> Iterator[str]:
    """Why an attempt stalled: what is beyond the edge of where the model is finite, at which it
    ended; the parameters that the data do not tell apart."""
    labels = problem.parameters.labels
    if attempt.refused is not None:
        names = ", ".join(labels[k] for k in attempt.blocked)
        what = f"{names} cannot go on" if names else "steps beyond are refused"
        fault = problem.fault(attempt.refused) or "the residuals are too large to be squared"
        yield f"{what}: {fault}"
    if attempt.loose:
        names = ", ".join(labels[k] for k in attempt.loose)
        yield f"the data hardly determine {names}, which may have no best value but infinity"


def _search(problem: Regression, limit: int) -> Attempt:
    start = problem.box.project(problem.start)
    with suppress(Ended):
        if not problem.problem.linearise(start).is_finite:
            raise problem.refusal(start)
    bounded = np.isfinite(problem.box.lower) | np.isfinite(problem.box.upper)
    # Variable projection knows no bounds of linear parameters.
    linear = [k for k in problem.linear if not bounded[k]]
    labels = problem.parameters.labels
    started = not any(labels[k] in problem.missing for k in linear)

    def search(squares: LeastSquares) -> Search:
        r, plain = squares.residuals, squares.loss.is_linear
        noise = RESIDUAL_ROUNDING * math.sqrt(sum_of_squares(r.weighted(r.response)))
        total = total_squares(r.response, r.weights) if plain else math.inf
        return Search(squares, start, problem.box, linear if plain else (), noise, total, limit)

    whole = problem.residuals
    if problem.loss.is_linear:
        return search(problem.problem).run(started=started)
    # A robust loss has more minima than the sum of squares: begin at that one's minimum, too.
    few = max(SAMPLE, SAMPLE_PER_PARAMETER * whole.size)
    sampled = problem.row_wise and whole.rows > 4 * few and whole.rows * whole.size > CHEAP_FIT
    rows = whole.sample(few) if sampled else whole
    squares = LeastSquares(rows, Loss())
    least = search(squares).run(started=started)
    if least.status is Status.STALLED and not least.linear.is_finite:
        raise problem.refusal(start)
    if sampled:
        least = search(LeastSquares(rows, problem.loss)).run(started=started, also=[least.point])
    else:
        problem.problem.evaluations += squares.evaluations
    return search(problem.problem).run(started=started and not sampled, also=[least.point])
