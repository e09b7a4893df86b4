"""`converged` is said where it is true: at any scale, at bounds, and of what is minimised."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.descent.problem import Problem
from adcli.descent.stationary import Stationarity
from adcli.descent.stopping import Status
from adcli.errors import UsageError
from adcli.function import function
from tests.descent.classics import CLASSICS, Classic

SEARCHING = ("lbfgs", "newton", "newton-cg", "cg", "gd")
BOUNDED = ("lbfgs", "cg", "gd")


# ---- scale ----


def rescaled(problem: Classic, height: float, unit: float) -> tuple[str, dict[str, Any]]:
    """`height` times the function of variables that are measured in 1/`unit`."""
    at = max(problem.program.rfind("\n"), problem.program.rfind(";")) + 1
    program = f"{problem.program[:at]}{height!r}*({problem.program[at:].strip()})"
    for name in problem.start:
        program = re.sub(rf"\b{name}\b", f"({name}/{unit!r})", program)
    return program, {name: np.asarray(x) * unit for name, x in problem.start.items()}


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("first", "height", "unit"),
    [(0, 1e-12, 1.0), (1, 1e12, 1.0), (2, 1.0, 1e-9), (3, 1.0, 1e9)],
    ids=str,
)
def test_a_classic_at_any_scale_converges_to_its_minimum(
    first: int, height: float, unit: float, every: int
) -> None:
    for problem in CLASSICS[first % every :: every]:
        program, start = rescaled(problem, height, unit)
        result = adcli.descend(program, {n: x if x.shape else float(x) for n, x in start.items()})
        assert result.status is Status.CONVERGED, (problem.name, result)
        errors = [abs(result.value / height - known) / (known or 1e-2) for known in problem.minima]
        assert min(errors) <= 1e-5, (problem.name, result)


@pytest.mark.parametrize("method", SEARCHING)
@pytest.mark.parametrize(
    ("text", "start", "found"),
    [
        ("(C - 4.7e-12)^2", {"C": 1e-12}, {"C": 4.7e-12}),
        ("3 + (C/1e-12 - 4.7)^2", {"C": 1e-12}, {"C": 4.7e-12}),
        ("1e-30*(x - 3)^4", {"x": 1.0}, {"x": 3.0}),
        ("1e10*(x - 1)^2 + 1e-10*(y - 2)^2", {"x": 0.0, "y": 0.0}, {"x": 1.0, "y": 2.0}),
        ("1e10*(x - 1)^2 + 1e-10*(y - 2)^2", {"x": 1.0, "y": 2e-20}, {"x": 1.0, "y": 2.0}),
        ("(x - 1)^2 + (C - 4.7e-12)^2", {"x": 0.0, "C": 1e-12}, {"x": 1.0, "C": 4.7e-12}),
        ("1e-13*(cosh(x - 2) + (y/30 - 1)^2)", {"x": 0.0, "y": 1.0}, {"x": 2.0, "y": 30.0}),
    ],
)
def test_small_numbers_are_no_small_gradients(
    method: str, text: str, start: dict[str, float], found: dict[str, float]
) -> None:
    result = adcli.descend(text, start, method=method)
    assert result.status is Status.CONVERGED, result
    quartic = "^4" in text
    assert result.point == pytest.approx(found, rel=1e-2 if quartic else 1e-4)


@pytest.mark.parametrize("height", [1e-20, 1.0, 1e20])
@pytest.mark.parametrize("rule", ["gd", "momentum", "nesterov"])
def test_rules_at_a_rate_know_the_scale_too(rule: str, height: float) -> None:
    text = f"{height!r}*((x - 3)^2 + 2(y + 1)^2)"
    result = adcli.descend(text, {"x": 0.0, "y": 0.0}, method=rule, rate=0.02 / height)
    assert result.status is Status.CONVERGED, result
    assert result.point == pytest.approx({"x": 3.0, "y": -1.0}, rel=1e-7)


def test_a_tolerance_that_is_given_is_an_absolute_number() -> None:
    text, start = "(C - 4.7e-12)^2", {"C": 1e-12}
    loose = adcli.descend(text, start, gradient_tolerance=1e-8)
    assert (loose.status, loose.iterations) == (Status.CONVERGED, 0)
    assert loose.reason == "the gradient norm 7.4e-12 is at most 1e-08"
    text, start = "1e10*(exp(x) - 3x)", {"x": 1.0}
    for method in SEARCHING:
        strict = adcli.descend(text, start, gradient_tolerance=1e-12, method=method)
        assert strict.status is Status.STALLED, strict
        assert "not 1e-12 or less" in strict.reason
        result = adcli.descend(text, start, method=method)
        assert result.status is Status.CONVERGED, result
        assert result.point["x"] == pytest.approx(np.log(3), rel=1e-15)


def test_the_reason_says_what_is_small_beside_what() -> None:
    small = adcli.descend("(x - 1)^2 + (x - 1)^4", {"x": 3.0}, method="gd", rate=0.01)
    assert "a Newton step would move no variable by more than 1e-08 of its size" in small.reason
    assert "is at most 1e-08" in small.reason


# ---- bounds ----


@pytest.mark.parametrize("method", BOUNDED)
@pytest.mark.parametrize(
    ("text", "start", "bounds", "found"),
    [
        ("(x/1e-9 - 0.7)^2", {"x": 1e-10}, {"x": (0, 1e-9)}, {"x": 7e-10}),
        ("(x - 2)^2", {"x": 1e-12}, {"x": (0, 1e-9)}, {"x": 1e-9}),
        ("(x - 1e-9)^2 + (y - 3)^2", {"x": 1.0, "y": 0.0}, {"y": (0, 1)}, {"x": 1e-9, "y": 1.0}),
        ("x^0.1", {"x": 1.0}, {"x": (0, 2)}, {"x": 0.0}),
        ("sqrt(x) + (y - 1)^2", {"x": 1.0, "y": 0.0}, {"x": (0, 2)}, {"x": 0.0, "y": 1.0}),
    ],
)
def test_only_a_variable_at_its_bound_is_held(
    method: str, text: str, start: dict[str, float], bounds: Any, found: dict[str, float]
) -> None:
    result = adcli.descend(text, start, bounds=bounds, method=method)
    assert result.status is Status.CONVERGED, result
    assert result.point == pytest.approx(found, rel=1e-6, abs=1e-15)


@pytest.mark.parametrize("method", [*BOUNDED, "adam"])
@pytest.mark.parametrize("text", ["log(x) + x", "0-1/x", "sum(log([x, 2x]))"])
def test_no_bottom_at_a_bound_is_no_minimum(method: str, text: str) -> None:
    result = adcli.descend(text, {"x": 1.0}, bounds={"x": (0, 2)}, method=method)
    assert result.status is Status.DIVERGED, result
    assert "-inf" in result.reason or "falls without end" in result.reason
    assert result.evaluations < 3000


@pytest.mark.parametrize("method", BOUNDED)
@pytest.mark.parametrize("text", ["sqrt(x)", "x^0.3", "log(x + 1)^3 + sqrt(x)"])
def test_the_edge_of_the_domain_ends_a_descent_soon(method: str, text: str) -> None:
    result = adcli.descend(text, {"x": 1.0}, method=method)
    assert result.status is Status.STALLED, result
    assert "not finite" in result.reason
    assert result.evaluations < 3000


# ---- weight decay ----


@pytest.mark.parametrize("method", ["gd", "momentum", "nesterov", "adam", "amsgrad", "nadam"])
@pytest.mark.parametrize("text", ["(1 - x)^2", "(1 - x)^2 + sum([x])*0"])
def test_weight_decay_is_part_of_what_is_minimised(method: str, text: str) -> None:
    options = {"method": method, "rate": 0.01, "weight_decay": 0.1, "max_iterations": 100_000}
    result = adcli.descend(text, {"x": 0.0}, **options)
    assert result.status is Status.CONVERGED, result
    assert result.point["x"] == pytest.approx(20 / 21, rel=1e-7)
    assert result.value == pytest.approx(1 / 21, rel=1e-12)
    assert result.penalty == pytest.approx(0.05 * (20 / 21) ** 2)
    up = adcli.descend(f"0 - ({text})", {"x": 0.0}, maximize=True, **options)
    assert (up.value, up.penalty) == (-result.value, -result.penalty)


def test_decoupled_decay_keeps_the_last_point() -> None:
    options: dict[str, Any] = {"method": "adamw", "rate": 0.1, "max_iterations": 50}
    result = adcli.descend("(1 - x)^2", {"x": 3.0}, weight_decay=0.5, **options)
    assert result.point["x"] == result.history[-1].point[0]
    assert result.value > min(it.value for it in result.history)
    assert result.penalty == 0
    default = adcli.descend("(1 - x)^2", {"x": 3.0}, **options)
    assert (
        default.point == adcli.descend("(1 - x)^2", {"x": 3.0}, weight_decay=0.01, **options).point
    )
    with pytest.raises(UsageError, match="takes no weight decay"):
        adcli.descend("x^2", {"x": 3.0}, weight_decay=0.1)


@pytest.mark.parametrize(("method", "decay"), [("gd", 0.5), ("momentum", 0.5), ("adamw", 0.5)])
def test_a_training_is_judged_by_what_it_minimises(method: str, decay: float) -> None:
    x = np.linspace(-1, 1, 40)
    options = {"method": method, "rate": 0.05, "epochs": 150, "batch_size": 40}
    result = adcli.train(
        "mean((y - a*x)^2)", {"a": 5.0}, data={"x": x, "y": 2 * x}, weight_decay=decay, **options
    )
    square = float(np.mean(x**2))
    best = 2 * square / (square + decay / 2)
    if method == "adamw":
        assert result.best_epoch == result.epochs
        return
    assert result.point["a"] == pytest.approx(best, rel=1e-2)
    floor = square * (2 - best) ** 2 + decay / 2 * best**2
    assert result.value == pytest.approx(floor, rel=1e-3)


# ---- rounding ----


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("(x + 1e10) - 1e10", {"x": 0.3}),
        ("sum(exp(v)*v) - sum(v^3)", {"v": np.linspace(-3, 4, 50)}),
        ("logsumexp(A@v) - dot(v, v[::-1])", {"v": np.linspace(-1, 1, 4), "A": np.eye(4)}),
        ("(1 - cos(x))/x^2", {"x": 1e-3}),
        ("max(v) + std(v) + relu(v[0] - 1) + norm(v)*prod(v)", {"v": np.linspace(1, 2, 5)}),
        (
            "dot(v, solve(A, cos(v))) + logdet(A)",
            {"v": np.linspace(1, 2, 3), "A": np.array([[3.0, 7, 1], [1, 5, 60], [0, 0, 4]])},
        ),
    ],
)
def test_rounding_errors_are_bounded_by_the_terms(text: str, start: dict[str, Any]) -> None:
    """Against the exact value and gradient, in 60 digits."""
    f = function(text)
    fixed = {"A": start.pop("A")} if "A" in start else {}
    problem = Problem(f, start, fixed=fixed)
    value, gradient = problem.value_and_gradient(problem.start)
    found = Stationarity(problem, value, gradient, True).rounding(problem.start)
    assert found is not None
    point = {**start, **fixed}
    exact, slopes = f.value_and_gradient(point, engine="mpmath", precision=60)
    errors = [float(abs(e)) for e in np.ravel(gradient - problem.flatten(slopes))]
    assert abs(value - float(exact)) <= found.value
    assert (np.array(errors) <= found.gradient).all()
    size = abs(value) + max(1e10 if "1e10" in text else 1e3, float(np.abs(gradient).max()))
    assert found.value <= 1e-10 * size


# ---- flat starts, and numbers out of range ----

STEPS, FLAT = "is 0 wherever there is one", "near the start, only further away"


@pytest.mark.parametrize("method", ["lbfgs", "newton", "cg", "gd", "adam"])
@pytest.mark.parametrize(
    ("text", "start", "says"),
    [
        ("floor(x)^2", {"x": 5.0}, STEPS),
        ("round(x)^2 + sign(x)", {"x": 5.3}, STEPS),
        ("(x > 2)*3", {"x": 5.0}, STEPS),
        ("where(x < 2, 1, 3) + (y - 1)^2", {"x": 5.0, "y": 0.0}, STEPS),
        ("sum(ceil(v)) + (y - 1)^2", {"v": [0.2, 0.3], "y": 0.0}, STEPS),
        ("relu(x - 1) - 2relu(x - 3)", {"x": -3.0}, FLAT),
        ("relu(v[0] - 1)*(v[0] - 4) + (v[1] - 2)^2", {"v": [0.0, 0.0]}, FLAT),
        ("clip(x, 0, 1)^2", {"x": 5.0}, FLAT),
        ("max(x - 2, 0)*(x - 5) + y^2", {"x": 0.0, "y": 1.0}, FLAT),
        ("3 + 0*x", {"x": 1.0}, "the value does not depend on x"),
    ],
)
def test_a_flat_start_is_no_minimum(method: str, text: str, start: Any, says: str) -> None:
    result = adcli.descend(text, start, method=method)
    assert result.status is Status.STALLED, result
    assert says in result.reason


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("(x - 3)^2 + (y + 1)^4", {"x": 3.0, "y": -1.0}),
        ("abs(x) + max(y, -y)", {"x": 0.0, "y": 0.0}),
        ("(x - 3)^2 + 0*y", {"x": 0.0, "y": 1.0}),
        ("1e10 + (x - 3)^2", {"x": 3.0}),
        ("sum((W@tanh(v))^2)", {"W": np.zeros((2, 2)), "v": np.zeros(2)}),
        ("sum(relu(1 - v))", {"v": [0.0, 0.0]}),
    ],
)
def test_a_start_at_a_minimum_is_one(text: str, start: dict[str, Any]) -> None:
    result = adcli.descend(text, start)
    assert result.status is Status.CONVERGED, result


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", ["gd", "momentum", "adam", "adamw", "lion", "adagrad"])
@pytest.mark.parametrize("text", ["softplus(z)", "z^2", "exp(z)", "cosh(z)", "-z^2", "tanh(z) + z"])
@pytest.mark.parametrize("rate", [1e160, 1e300, 1e-300])
def test_huge_rates_end_in_words(method: str, text: str, rate: float) -> None:
    options: dict[str, Any] = {"method": method, "rate": rate, "max_iterations": 50}
    result = adcli.descend(text, {"z": -1.3}, **options)
    assert result.reason
    if method != "adamw":
        adcli.descend(text, {"z": -1.3}, weight_decay=0.1, **options)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", SEARCHING)
@pytest.mark.parametrize("unit", [1e-300, 1e-160, 1e160, 1e300])
def test_units_at_the_ends_of_the_range(method: str, unit: float) -> None:
    for text in (f"(x/{unit!r} - 2)^2", f"{unit!r}*cosh(x - 2)", f"exp(-x/{unit!r}) + x/{unit!r}"):
        start = unit if "x/" in text else 1.0
        result = adcli.descend(text, {"x": start}, method=method, max_iterations=300)
        assert result.reason


# ---- rounding of large sums ----


@pytest.mark.parametrize("method", ["lbfgs", "newton", "newton-cg", "cg"])
def test_a_poisson_regression_reaches_its_digits(method: str) -> None:
    """Rounding hides differences of the value long before it hides the gradient."""
    generator = np.random.default_rng(7)
    x = np.column_stack([np.ones(5000), generator.normal(size=(5000, 5))])
    y = generator.poisson(np.exp(x @ [1.0, 0.5, -0.3, 0.2, 0.1, -0.4])).astype(float)
    text = "z = x@b; sum(exp(z) - y*z + lgamma(y + 1)) + 1e6"
    result = adcli.descend(text, {"b": np.zeros(6)}, data={"x": x, "y": y}, method=method)
    assert result.status is Status.CONVERGED, result
    expected = np.zeros(6)
    for _ in range(50):
        mean = np.exp(x @ expected)
        expected -= np.linalg.solve((x.T * mean) @ x, x.T @ (mean - y))
    np.testing.assert_allclose(result.point["b"], expected, rtol=1e-10)


@pytest.mark.parametrize("method", ["lbfgs", "newton", "newton-cg", "cg"])
def test_minima_at_rounding_level_are_found_soon(method: str) -> None:
    arwhead = "sum(-4*x[:-1] + 3) + sum((x[:-1]^2 + x[-1]^2)^2)"
    result = adcli.descend(arwhead, {"x": np.ones(1000)}, method=method)
    assert result.status is Status.CONVERGED, result
    assert abs(result.value) <= 1e-10
    n = 500
    trigonometric = (
        f"n = {n}; i = range(n) + 1; c = cos(x)\nsum((n + i*(1 - c) - sin(x) - sum(c))^2)"
    )
    result = adcli.descend(trigonometric, {"x": np.full(n, 1 / n)}, method=method)
    assert result.status is Status.CONVERGED, result
    assert result.evaluations < 1500


# ---- cliffs and poles ----


@pytest.mark.parametrize("method", ["lbfgs", "cg", "gd", "newton", "newton-cg"])
@pytest.mark.parametrize(
    ("text", "start", "least"),
    [
        ("exp(x^2)", {"x": 20.0}, 1.0),
        ("exp(100*x) - x", {"x": 5.0}, (1 + np.log(100)) / 100),
        ("exp(1e3*x) - x", {"x": 0.5}, (1 + np.log(1000)) / 1000),
        ("sum(exp(v^2))", {"v": [20.0, 3.0]}, 2.0),
        ("cosh(x)", {"x": 500.0}, 1.0),
        ("exp(x) - log(x)", {"x": 700.0}, 2.330366124761681),
        ("x^20 + y^2", {"x": 1e10, "y": 1.0}, 0.0),
    ],
)
def test_a_descent_from_a_cliff_reaches_the_bottom(
    method: str, text: str, start: Any, least: float
) -> None:
    result = adcli.descend(text, start, method=method)
    assert result.status is Status.CONVERGED, result
    assert result.value == pytest.approx(least, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("method", ["lbfgs", "cg", "gd", "newton", "newton-cg"])
@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("tan(x)", {"x": 0.0}),
        ("-1/abs(x - pi)", {"x": 3.0}),
        ("log(abs(x - pi))", {"x": 0.0}),
        ("tan(x) + (y - 1)^2", {"x": 0.0, "y": 0.0}),
    ],
)
def test_a_pole_is_no_minimum(method: str, text: str, start: Any) -> None:
    result = adcli.descend(text, start, method=method)
    assert result.status in (Status.STALLED, Status.DIVERGED), result


@pytest.mark.parametrize(
    ("text", "start", "bounds"),
    [("x", 0.5, (0, 1)), ("(x + 1)^2", 0.5, (0, 1)), ("-log(x)", 1.0, (0, 5))],
)
def test_a_search_ends_where_bounds_end_it(text: str, start: float, bounds: Any) -> None:
    result = adcli.descend(text, {"x": start}, bounds={"x": bounds}, method="cg")
    assert result.status is Status.CONVERGED
    assert result.evaluations <= 10


AWAY = "but a Newton step would still move"


@pytest.mark.parametrize("method", ["lbfgs", "cg", "newton", "newton-cg"])
@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("exp(-x)", {"x": 0.0}),
        ("1/x", {"x": 1.0}),
        ("sigmoid(x)", {"x": 0.0}),
        ("1/(1 + x^2)", {"x": 1.0}),
        ("exp(x) + y^2", {"x": 0.0, "y": 3.0}),
        ("sum(softplus(-a*[1, 2, 3] + b*[1, -1, 1]))", {"a": 0.0, "b": 0.0}),
    ],
)
def test_a_minimum_at_infinity_is_not_without_a_word(method: str, text: str, start: Any) -> None:
    result = adcli.descend(text, start, method=method)
    assert AWAY in result.reason or result.status is not Status.CONVERGED, result


def test_separable_classes_are_not_without_a_word() -> None:
    x = np.random.default_rng(0).normal(size=200)
    data = {"x": x, "z": (x > 0) * 1.0}
    text = "mean(softplus(a*x + b) - z*(a*x + b))"
    assert AWAY in adcli.descend(text, {"a": 0.0, "b": 0.0}, data=data).reason


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("x^4", {"x": 1.3}),
        ("(x + y - 1)^2", {"x": 5.0, "y": 2.0}),
        ("x^2*y^2", {"x": 5.0, "y": 2.0}),
        ("(1 - x)^2 + 100*(y - x^2)^2", {"x": -1.2, "y": 1.0}),
        ("1e16 + (x - 1)^2", {"x": 0.3}),
    ],
)
def test_a_minimum_at_hand_needs_no_word(text: str, start: Any) -> None:
    for method in ("lbfgs", "cg", "newton", "newton-cg"):
        assert AWAY not in adcli.descend(text, start, method=method).reason


@pytest.mark.parametrize("size", ["1e-130", "1e-100", "1e100", "1e120"])
def test_conjugate_gradients_know_no_unit_of_the_value(size: str) -> None:
    text = f"{size}*((1 - x)^2 + 100*(y - x^2)^2)"
    result = adcli.descend(text, {"x": -1.2, "y": 1.0}, method="cg")
    assert result.status is Status.CONVERGED
    assert result.evaluations < 250
    assert result.point == pytest.approx({"x": 1.0, "y": 1.0}, rel=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_a_gradient_that_fell_far_in_a_valley_makes_no_minimum(seed: int) -> None:
    meyer = next(c for c in CLASSICS if c.name == "Meyer")
    generator = np.random.default_rng(seed + 10 * meyer.number)
    start = {
        name: x * (1 + 0.3 * generator.normal()) + 0.1 * generator.normal()
        for name, x in meyer.start.items()
    }
    result = adcli.descend(meyer.program, start, method="cg", max_iterations=1000)
    at_minimum = result.value <= 1.0001 * meyer.minima[0]
    assert at_minimum == (result.status is Status.CONVERGED), result


@pytest.mark.parametrize("method", ["lbfgs", "cg", "newton", "adam"])
@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("x^3", {"x": 0.0}),
        ("-x^4", {"x": 0.0}),
        ("1 - x^4", {"x": 0.0}),
        ("x^3 + (y - 1)^2", {"x": 0.0, "y": 1.0}),
        ("x*y*z", {"x": 0.0, "y": 0.0, "z": 0.0}),
        ("sum(v^3)", {"v": [0.0, 0.0]}),
        ("-exp(-x^2)", {"x": 30.0}),
    ],
)
def test_a_flat_point_from_which_the_value_falls_is_no_minimum(
    method: str, text: str, start: Any
) -> None:
    assert "this is not a minimum" in adcli.descend(text, start, method=method).reason
    upwards = adcli.descend(f"-({text})", start, method=method, maximize=True)
    assert "this is not a maximum" in upwards.reason


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("x^4", {"x": 0.0}),
        ("abs(x) - x^2", {"x": 0.0}),
        ("1e10*(x - 1)^2 - 1e10*(x - 1)^2 + (y - 1)^2", {"x": 3.3, "y": 1.0}),
        ("1 - cos(1e3*x)/2 - x^2/1e3", {"x": 0.0}),
        ("(x - 3)^2 + (y + 1)^4", {"x": 3.0, "y": -1.0}),
    ],
)
def test_a_flat_minimum_is_one(text: str, start: Any) -> None:
    assert "not a minimum" not in adcli.descend(text, start).reason


@pytest.mark.parametrize("method", ["lbfgs", "cg", "gd", "adam"])
def test_bounds_without_room_leave_nothing_to_depend_on(method: str) -> None:
    result = adcli.descend("x^2", {"x": 1.0}, bounds={"x": (0, 0)}, method=method)
    assert result.status is Status.CONVERGED, result
