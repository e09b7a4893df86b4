"""`adcli.propagate`: from a program and measured values to uncertain results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from adcli.errors import UsageError
from adcli.fitting.fitted_model import FittedModel, load_model
from adcli.fitting.result import Fit
from adcli.function import Function, as_function, function
from adcli.given import check_kinds, is_path
from adcli.uncertainty.covariance import CovarianceMatrix, as_covariance
from adcli.uncertainty.coverage import LEVEL, Coverage
from adcli.uncertainty.from_fit import known_by, with_parameters
from adcli.uncertainty.measured import Measured, read_measured
from adcli.uncertainty.measured_point import Pairs, measured_point
from adcli.uncertainty.observations import observed
from adcli.uncertainty.propagation import Propagation, propagation
from adcli.uncertainty.sampled import sampling
from adcli.uncertainty.uncertain_rows import UncertainRows, propagate_columns


def propagate(
    f: Function | str | None,
    at: Mapping[str, Any] | None = None,
    *,
    uncertainty: Mapping[str, Any] | None = None,
    degrees_of_freedom: Mapping[str, Any] | None = None,
    correlation: Pairs | None = None,
    covariance: Any = None,
    observations: Mapping[str, Any] | None = None,
    model: FittedModel | Fit | str | None = None,
    level: float = LEVEL,
    coverage: float | None = None,
    order: int | None = None,
    monte_carlo: int | float | str | None = None,
    seed: int = 0,
    interval: str = "symmetric",
    strict: bool = False,
) -> Propagation:
    """The uncertainty of a program's results from the uncertainties of its variables.

    at                  a value for each variable: a number or an array, `Measured`, or a text such
                        as "1.000±0.002", "1.000(2)", "2±0.5%", "2±0.1 uniform"
    uncertainty         standard uncertainties of those that `at` gives as numbers or arrays
    degrees_of_freedom  of these uncertainties, where they are few
    correlation         {("L", "T"): 0.3}; an element of a vector is "v[0]"
    covariance          of several variables, in place of uncertainties: (names, matrix),
                        {"L": {"L": 1e-6, ...}, ...}, or the name of a file of CSV or JSON
    observations        repeated ones: arrays by name, whose rows were made together; their means
                        have the covariance and the degrees of freedom that these tell
    model               a fit, or what it saved: its parameters with their covariance; without a
                        program its prediction is the result
    level, coverage     the probability of intervals, or the coverage factor instead
    order               1: by the gradient alone; 2: with the terms of the next order, as None takes
                        where the gradient is 0
    monte_carlo         so many trials to check it with (JCGM 101:2008); "auto" draws until the
                        figures are stable; `seed` says which, `interval` is "symmetric" in
                        probability, or the "shortest"
    strict              a kink is an error

    Source: JCGM 100:2008 (GUM), 5.1.2, 5.2.2, 6.2 and G.4. Raises UsageError for what does not fit
    together, DomainError for a value or derivative that is not finite.

    >>> result = propagate("L*(1 + a*T)", {"L": "1.000±0.002", "a": 1e-5, "T": "20.0(5)"})
    >>> round(result.standard_uncertainty, 6), result.results[0].budget[0].quantity
    (0.002, 'L')
    """
    intervals = Coverage(level, coverage)
    asked = None if monte_carlo is None else sampling(monte_carlo, seed, interval)
    if order not in (None, 1, 2):
        raise UsageError(f"the order is {order!r}", "it is 1 or 2")
    values = measured_values(at or {}, uncertainty or {}, degrees_of_freedom or {})
    f, values, matrices = known_inputs(f, values, covariance, model, observations)
    point = measured_point(f, values, correlation, matrices)
    found = propagation(f, point, intervals, order, strict)
    if asked is None:
        return found
    from adcli.uncertainty.monte_carlo import draw_trials

    return replace(found, monte_carlo=draw_trials(f, found, asked))


def propagate_rows(
    f: Function | str | None,
    points: Mapping[str, Any],
    at: Mapping[str, Any] | None = None,
    *,
    correlation: Pairs | None = None,
    covariance: Any = None,
    observations: Mapping[str, Any] | None = None,
    model: FittedModel | Fit | str | None = None,
    level: float = LEVEL,
    coverage: float | None = None,
    engine: str = "auto",
    strict: bool = False,
) -> UncertainRows:
    """The uncertainty of a program's results at many points, to first order.

    `points` are columns, arrays (rows, *variable); that of the standard uncertainties of x is named
    "u(x)", and may be one number for all rows. `at` gives the variables that are the same in all of
    them; the rest is as in `propagate`. Raises as that does; a DomainError has the `row`, from 0.

    >>> found = propagate_rows("x^2", {"x": [1.0, 2.0], "u(x)": [0.1, 0.2]})
    >>> found.standard_uncertainties[:, 0].round(12).tolist()
    [0.2, 0.8]
    """
    intervals = Coverage(level, coverage)
    values = measured_values(at or {}, {}, {})
    f, values, matrices = known_inputs(f, values, covariance, model, observations)
    return propagate_columns(f, points, values, correlation, matrices, intervals, engine, strict)


def known_inputs(
    f: Function | str | None,
    values: dict[str, Any],
    covariance: Any,
    model: FittedModel | Fit | str | None,
    observations: Mapping[str, Any] | None,
) -> tuple[Function, dict[str, Any], list[CovarianceMatrix]]:
    """The program, all values that are known, and what varies together among them."""
    matrices = [] if covariance is None else [as_covariance(covariance)]
    if model is not None:
        fitted = as_model(model)
        f = with_parameters(fitted, None if f is None else as_function(f))
        known, matrix = known_by(fitted, f, values)
        values = {**values, **known}
        matrices += matrix
    if f is None:
        raise UsageError("there is no program", "propagate('x^2', {'x': '2±0.1'})")
    f = as_function(f)
    if observations is not None:
        check_kinds(observations=observations)
        means, found = observed(f, observations, values)
        values = {**values, **means}
        matrices.append(found)
    return f, values, matrices


def as_model(model: FittedModel | Fit | str) -> FittedModel:
    """The model of a fit, or of a file."""
    if isinstance(model, Fit):
        return model.fitted_model
    if isinstance(model, FittedModel):
        return model
    if not is_path(model):
        raise UsageError("'model' is not a fit, nor the file of one", "adcli.fit(...).save(path)")
    return load_model(model)


def measured_values(
    at: Mapping[str, Any],
    uncertainty: Mapping[str, Any],
    freedom: Mapping[str, Any],
) -> dict[str, Any]:
    """The values by name, with what is said of their uncertainties apart."""
    check_kinds(at=at, uncertainty=uncertainty, degrees_of_freedom=freedom)
    found = {}
    for name, x in at.items():
        try:
            found[name] = read_measured(x, _constant) if isinstance(x, str) else x
        except UsageError as error:
            error.message = f"'{name}': {error.message}"
            raise
    _refuse_others(uncertainty, found, "uncertainty")
    for name, u in uncertainty.items():
        if isinstance(found[name], Measured):
            raise UsageError(f"the uncertainty of '{name}' is given twice", "take one away")
        found[name] = Measured(found[name], u)
    _refuse_others(freedom, found, "degrees of freedom")
    for name, n in freedom.items():
        x = found[name]
        if not isinstance(x, Measured):
            raise UsageError(f"'{name}' has degrees of freedom, and no uncertainty", "give it one")
        found[name] = Measured(x.value, x.uncertainty, n, x.distribution)
    return found


def _refuse_others(names: Iterable[str], values: Mapping[str, Any], what: str) -> None:
    for name in names:
        if name not in values:
            raise UsageError(f"'{name}' has {what}, and no value", "'at' gives values")


def _constant(text: str) -> Any:
    """The value of a constant expression."""
    f = function(text)
    if f.variables or len(f.outputs) > 1:
        raise UsageError(f"'{text}' is not a number", "as in 1.000±0.002")
    return f.value({})
