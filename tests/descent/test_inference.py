"""Standard errors of maximum likelihood agree with statsmodels; what has none says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.errors import AdcliError

CASES: dict[str, Any] = json.loads(
    Path(__file__).with_name("likelihood_data.json").read_text("utf-8")
)["cases"]
DIGITS = {"rtol": 1e-6}


def run(case: dict[str, Any], **settings: Any) -> Any:
    data = {name: np.array(x) for name, x in case["data"].items()}
    return adcli.descend(case["program"], case["start"], data=data, **{"errors": True, **settings})


@pytest.mark.parametrize("name", CASES)
def test_regressions_of_statsmodels(name: str) -> None:
    case = CASES[name]
    result = run(case)
    found = result.inference
    assert result.status == "converged"
    estimates = found.parameters.values()
    np.testing.assert_allclose([x.value for x in estimates], case["parameters"], **DIGITS)
    np.testing.assert_allclose([x.standard_error for x in estimates], case["errors"], **DIGITS)
    np.testing.assert_allclose(found.log_likelihood, case["log_likelihood"], rtol=1e-9)
    k, rows = len(case["parameters"]), found.rows
    assert found.aic == pytest.approx(2 * k - 2 * case["log_likelihood"])
    assert found.bic == pytest.approx(k * np.log(rows) - 2 * case["log_likelihood"])
    first = next(iter(estimates))
    low, high = first.confidence_interval
    assert high - low == pytest.approx(2 * 1.959963984540054 * first.standard_error)
    assert first.z == first.value / first.standard_error


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "robust" in case])
def test_sandwiches_of_statsmodels(name: str) -> None:
    case = CASES[name]
    found = run(case, errors="robust").inference
    errors = [x.standard_error for x in found.parameters.values()]
    np.testing.assert_allclose(errors, case["robust"], **DIGITS)
    found = run(case, errors="robust", cluster_by="g").inference
    groups = found.clusters
    errors = np.array([x.standard_error for x in found.parameters.values()])
    np.testing.assert_allclose(errors / np.sqrt(groups / (groups - 1)), case["clustered"], **DIGITS)


X = np.linspace(-1.0, 1.0, 40)
Y = 1.0 + 2.0 * X + np.cos(37 * X)
V = np.stack([np.ones(40), X, X**2], axis=1)
SQUARES = "sum((y - {})^2)/2"
SAME = {
    # The same model, said with vectors, matrices, groups, an ascent, a fixed number.
    "vector": ("V @ v", {"v": np.zeros(3)}, {}),
    "matrix": ("V @ M @ [1, 0]", {"M": np.zeros((3, 2))}, {}),
    "numbers": ("a + b*x + c*x^2", {"a": 0.0, "b": 0.0, "c": 0.0}, {}),
    "user function": ("line(a, b) + c*x^2", {"a": 0.0, "b": 0.0, "c": 0.0}, {}),
}


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("errors", ["hessian", "robust"])
def test_parameters_of_any_kind(name: str, errors: str) -> None:
    model, start, settings = SAME[name]
    program = "line(a, b) = a + b*x; " * (name == "user function") + SQUARES.format(model)
    data = {"x": X, "y": Y, "V": V}
    found = adcli.descend(program, start, data=data, errors=errors, **settings).inference
    inverse = np.linalg.inv(V.T @ V)
    residuals = Y - V @ (inverse @ V.T @ Y)
    scores = V * residuals[:, None]
    wanted = inverse if errors == "hessian" else inverse @ scores.T @ scores @ inverse
    errors_found = [x.standard_error for x in found.parameters.values()]
    if name == "matrix":  # the second column has no part in the loss
        assert errors_found[1::2] == [None] * 3
        assert "does not depend" in str(found.parameters["M[0,1]"].reason)
        errors_found = errors_found[::2]
    np.testing.assert_allclose(errors_found, np.sqrt(np.diag(wanted)), rtol=1e-8)


def test_ascent_and_blocks_of_rows() -> None:
    """Rows beyond one block; a likelihood that is climbed gives the same as its negative."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=40_000)
    y = rng.poisson(np.exp(0.3 + 0.5 * x)).astype(float)
    program, start, data = (
        "sum(poisson_logpmf(y, exp(a + b*x)))",
        {"a": 0.0, "b": 0.0},
        {"x": x, "y": y},
    )
    up = adcli.descend(program, start, data=data, maximize=True, errors="robust").inference
    down = adcli.descend(f"-{program}", start, data=data, errors="robust").inference
    np.testing.assert_allclose(up.covariance, down.covariance, rtol=1e-6)
    assert up.log_likelihood == pytest.approx(down.log_likelihood)
    mean = np.exp(up.parameters["a"].value + up.parameters["b"].value * x)
    design = np.stack([np.ones_like(x), x], axis=1)
    inverse = np.linalg.inv((design * mean[:, None]).T @ design)
    scores = design * (y - mean)[:, None]
    wanted = inverse @ (scores.T @ scores) @ inverse
    np.testing.assert_allclose(up.covariance, wanted, rtol=1e-6)


NONE = {
    # program, start, settings; parameters that have errors; part of the reason of the others
    "singular": ("sum((y - (a + b) - c*x)^2)", "abc", {}, ["c"], "apart from"),
    "product": ("sum((y - a*b*x)^2)", "ab", {}, [], "apart from"),
    "unused": ("sum((y - a - 0*b)^2)", "ab", {}, ["a"], "does not depend"),
    "kink": ("sum(abs(y - a) + a/80)", "a", {}, [], "kink"),
    "bound": ("sum((y - a - b*x)^2)", "ab", {"bounds": {"b": (0.0, 1.0)}}, ["a"], "at its bound"),
    "unfinished": ("sum(cosh(y - a - b*x))", "ab", {"max_iterations": 1}, [], "did not converge"),
    "all but one fixed": ("sum((y - a - b*x)^2)", "a", {"fix": {"b": 2.0}}, ["a"], ""),
}


@pytest.mark.parametrize("name", NONE)
@pytest.mark.parametrize("errors", ["hessian", "robust"])
def test_what_has_no_error_says_why(name: str, errors: str) -> None:
    program, names, settings, known, reason = NONE[name]
    start = dict.fromkeys(names, 0.7)
    found = adcli.descend(
        program, start, data={"x": X, "y": Y}, errors=errors, **settings
    ).inference
    for label, x in found.parameters.items():
        k = list(found.parameters).index(label)
        if label in known:
            assert x.standard_error > 0
            assert x.reason is None
            assert found.correlation[k, k] == 1.0
        else:
            assert x.standard_error is None
            assert reason in x.reason
            assert np.isnan(found.covariance[k]).all()


def test_a_loss_that_curves_down() -> None:
    """At a saddle where the descent was told to stop, nothing has an error."""
    found = adcli.descend("x^2 - y^2", {"x": 0.0, "y": 0.0}, errors=True, gradient_tolerance=1.0)
    assert "indefinite" in found.inference.parameters["x"].reason


def test_arrays_of_the_point() -> None:
    result = adcli.descend("sum((v - [1, 2, 4])^2)/2", {"v": [0.0, 0.0, 0.0]}, errors=True)
    np.testing.assert_allclose(result.inference.covariance, np.eye(3), atol=1e-12)
    assert result.inference.rows is result.inference.bic is None
    assert "number of rows" in result.inference.reasons["bic"]


DATA = {"x": X, "y": Y, "g": ["a", "b"] * 20, "one": ["a"] * 40}
WRONG = {
    "mean": ("mean((y - a*x)^2)", {}, "this is a mean"),
    "half a mean": ("1 + mean((y - a*x)^2)/2", {}, "this is a mean"),
    "variance": ("var(y - a*x)", {}, "this is a mean"),
    "decay": ("sum((y - a*x)^2)", {"method": "adam", "weight_decay": 0.1}, "no likelihood"),
    "penalty": ("sum((y - a*x)^2) + a^2", {"errors": "robust"}, "this part of it is none"),
    "mixed rows": ("sum(cumsum(y - a*x)^2)", {"errors": "robust"}, "this part of it is none"),
    "no rows": ("sum((a - [1, 2])^2)", {"errors": "robust", "data": None}, "need the rows"),
    "unknown kind": ("sum((y - a*x)^2)", {"errors": "HC3"}, "unknown kind of errors"),
    "groups alone": ("sum((y - a*x)^2)", {"cluster_by": "g"}, "need robust errors"),
    "no errors": ("sum((y - a*x)^2)", {"errors": None, "cluster_by": "g"}, "standard errors"),
    "no group": ("sum((y - a*x)^2)", {"errors": "robust", "cluster_by": "h"}, "no column"),
    "one group": ("sum((y - a*x)^2)", {"errors": "robust", "cluster_by": "one"}, "one group"),
    "few groups": ("sum((y - a*x)^2)", {"errors": "robust", "cluster_by": [1, 2]}, "2 groups"),
    "confidence": ("sum((y - a*x)^2)", {"confidence": 1.0}, "confidence is 1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use(name: str) -> None:
    program, settings, message = WRONG[name]
    settings = {"data": DATA, "errors": True, **settings}
    with pytest.raises(AdcliError, match=message):
        adcli.descend(program, {"a": 0.0}, **settings)


def test_hessians_over_many_rows() -> None:
    """One that is planned, in bounded memory, agrees with sweeps over all values."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(30_000, 2))
    point = {"x": x, "y": rng.poisson(2.0, 30_000).astype(float), "v": [0.3, -0.2], "c": 0.5}
    f = adcli.function("sum(exp(x@v + c) - y*(x@v + c)) + sum(v^4)*c")
    _, planned = f.hessian(point, wrt=["v", "c"])
    _, swept = f.hessian(point, wrt=["v", "c"], mode="forward")
    for a in ("v", "c"):
        for b in ("v", "c"):
            np.testing.assert_allclose(planned[a][b], swept[a][b], rtol=1e-12, atol=1e-8)
    assert (planned["v"]["v"] == planned["v"]["v"].T).all()
