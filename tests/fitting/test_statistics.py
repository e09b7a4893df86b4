"""Figures of a fit against independent computations: closed forms, SciPy, likelihoods."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from adcli.descent.stopping import Status
from adcli.errors import DataError, UsageError
from adcli.fitting.model import read_model
from adcli.fitting.regression import Regression
from adcli.fitting.run import fit

RNG = np.random.default_rng(5)
X = np.linspace(0.1, 5.0, 40)
Y = 2.5 * np.exp(-0.8 * X) + 0.3 + 0.05 * RNG.standard_normal(40)
SIGMA = RNG.uniform(0.02, 0.2, 40)
DECAY = "y ~ a*exp(-k*x) + c"
START = {"a": 1.0, "k": 1.0, "c": 0.0}


def decay(x, a, k, c):
    return a * np.exp(-k * x) + c


def values(found) -> list[float]:
    return [p.value for p in found.parameters.values()]


def errors(found) -> list[float]:
    return [p.standard_error for p in found.parameters.values()]


def test_a_line_has_the_textbook_figures() -> None:
    x, y = np.arange(8.0), np.array([1.2, 2.9, 5.3, 6.8, 9.1, 11.2, 12.7, 15.4])
    found = fit("y ~ a + b*x", {"x": x, "y": y}, {"a": 1.0, "b": 1.0})
    line = stats.linregress(x, y)
    assert values(found) == pytest.approx([line.intercept, line.slope], rel=1e-13)
    assert errors(found) == pytest.approx([line.intercept_stderr, line.stderr], rel=1e-13)
    assert found.r_squared == pytest.approx(line.rvalue**2, rel=1e-13)
    assert found.degrees_of_freedom == 6
    adjusted = 1 - (1 - line.rvalue**2) * 7 / 6
    assert found.adjusted_r_squared == pytest.approx(adjusted, rel=1e-13)
    t = stats.t.ppf(0.975, 6)
    low, high = found.parameters["b"].confidence_interval
    assert (low, high) == pytest.approx(
        (line.slope - t * line.stderr, line.slope + t * line.stderr), rel=1e-12
    )
    mean, spread = x.mean(), ((x - x.mean()) ** 2).sum()
    correlation = -mean / np.sqrt(spread / 8 + mean**2)
    assert found.correlation[0, 1] == pytest.approx(correlation, rel=1e-12)
    assert found.correlation[0, 0] == found.correlation[1, 1] == 1.0


@pytest.mark.parametrize(
    ("how", "absolute"),
    [("plain", False), *((how, a) for how in ("sigma", "weights") for a in (False, True))],
)
def test_errors_and_covariance_are_those_of_curve_fit(how: str, absolute: bool) -> None:
    data = {"x": X, "y": Y, "s": SIGMA}
    given = {"sigma": {"sigma": "s"}, "weights": {"weights": "1/s^2"}, "plain": {}}[how]
    found = fit(DECAY, data, START, absolute_sigma=absolute, **given)
    point, covariance = optimize.curve_fit(
        decay, X, Y, [2, 1, 0], None if how == "plain" else SIGMA, absolute, xtol=1e-15, ftol=1e-15
    )
    assert values(found) == pytest.approx(point, rel=1e-7)
    assert found.covariance == pytest.approx(covariance, rel=1e-5)
    assert errors(found) == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-5)


@pytest.mark.parametrize("sigma", ["0.3", 0.3])
def test_one_sigma_is_that_of_every_row(sigma: object) -> None:
    data = {"x": X, "y": Y}
    found = fit(DECAY, data, START, sigma=sigma, absolute_sigma=True)
    same = fit(DECAY, data, START, sigma=np.full(len(X), 0.3), absolute_sigma=True)
    assert errors(found) == errors(same)


def test_weights_may_be_numbers_and_zero_leaves_a_row_out() -> None:
    weights = np.ones(40)
    weights[:5] = 0.0
    found = fit(DECAY, {"x": X, "y": Y}, START, weights=weights)
    without = fit(DECAY, {"x": X[5:], "y": Y[5:]}, START)
    assert found.rows == without.rows == 35
    assert values(found) == pytest.approx(values(without), rel=1e-10)
    assert errors(found) == pytest.approx(errors(without), rel=1e-10)
    for name in ("rss", "r_squared", "aic", "bic", "residual_standard_deviation"):
        assert getattr(found, name) == pytest.approx(getattr(without, name), rel=1e-10)


def test_a_row_without_weight_is_predicted_like_others() -> None:
    y = Y.copy()
    y[7] = 50.0
    for loss in ("linear", "huber"):
        weights = np.where(np.arange(40) == 7, 0.0, 2.0)
        found = fit(DECAY, {"x": X, "y": y}, START, weights=weights, loss=loss)
        assert found.fitted == pytest.approx(found.predict({"x": X}).prediction, rel=1e-12)
        assert found.residuals[7] == 0


@pytest.mark.parametrize("weighted", [False, True])
def test_information_criteria_come_from_the_normal_likelihood(weighted: bool) -> None:
    found = fit(DECAY, {"x": X, "y": Y}, START, weights=1 / SIGMA**2 if weighted else None)
    w = 1 / SIGMA**2 if weighted else np.ones(40)
    scale = np.sqrt(found.rss / 40 / w)
    likelihood = stats.norm.logpdf(Y, decay(X, *values(found)), scale).sum()
    assert found.log_likelihood == pytest.approx(likelihood, rel=1e-12)
    assert found.aic == pytest.approx(2 * 4 - 2 * likelihood, rel=1e-12)
    assert found.bic == pytest.approx(4 * np.log(40) - 2 * likelihood, rel=1e-12)


def test_with_absolute_sigmas_the_likelihood_has_no_scale_to_estimate() -> None:
    found = fit(DECAY, {"x": X, "y": Y}, START, sigma=SIGMA, absolute_sigma=True)
    likelihood = stats.norm.logpdf(Y, decay(X, *values(found)), SIGMA).sum()
    assert found.log_likelihood == pytest.approx(likelihood, rel=1e-12)
    assert found.aic == pytest.approx(2 * 3 - 2 * likelihood, rel=1e-12)
    low, high = found.parameters["k"].confidence_interval
    assert (high - low) / 2 == pytest.approx(1.959963984540054 * errors(found)[1], rel=1e-12)


@pytest.mark.parametrize("loss", ["huber", "soft_l1", "cauchy"])
def test_robust_losses_are_those_of_scipy(loss: str) -> None:
    y = Y.copy()
    y[[3, 20, 31]] += [6.0, -4.0, 3.0]
    found = fit(DECAY, {"x": X, "y": y}, START, loss=loss, loss_scale=0.1)
    peer = optimize.least_squares(
        lambda p: decay(X, *p) - y, [2.5, 0.8, 0.3], loss=loss, f_scale=0.1, xtol=1e-15, ftol=1e-15
    )
    assert found.status is Status.CONVERGED
    assert values(found) == pytest.approx(peer.x, rel=1e-5)
    assert found.value == pytest.approx(2 * peer.cost, rel=1e-9)
    assert found.rss == pytest.approx(np.sum((decay(X, *values(found)) - y) ** 2), rel=1e-10)
    assert abs(found.point["a"] - 2.5) < 0.1, "the outliers do not count"
    assert found.aic is None, "a robust loss belongs to no normal likelihood"


def test_errors_of_a_robust_fit_follow_hubers_formula() -> None:
    y = Y.copy()
    y[[3, 20]] += 5.0
    found = fit("y ~ a + b*x", {"x": X, "y": y}, {"a": 0.0, "b": 0.0}, loss="huber")
    r = y - (found.point["a"] + found.point["b"] * X)
    psi, slope = np.clip(r, -1, 1), (np.abs(r) <= 1).astype(float)
    design = np.column_stack([np.ones(40), X])
    k = 1 + 2 / 40 * (1 - slope.mean()) / slope.mean()
    variance = k**2 * (psi @ psi) / 38 / slope.mean() ** 2
    expected = np.sqrt(np.diag(variance * np.linalg.inv(design.T @ design)))
    assert errors(found) == pytest.approx(expected, rel=1e-9)


STACKLOSS = """
80 27 89 42  80 27 88 37  75 25 90 37  62 24 87 28  62 22 87 18  62 23 87 18  62 24 93 19
62 24 93 20  58 23 87 15  58 18 80 14  58 18 89 14  58 17 88 13  58 18 82 11  58 19 93 12
50 18 89  8  50 18 86  7  50 19 72  8  50 19 79  8  50 20 80  9  56 20 82 15  70 20 91 15
"""
"""Air flow, water temperature, acid concentration, loss: Brownlee (1965), p. 454."""

PUBLISHED = {
    "statsmodels' RLM": ([9.792, 0.111, 0.303, 0.129], 5e-3),
    "R's rlm, which divides var(psi') by n - 1": ([9.8073, 0.1112, 0.3034, 0.1289], 2e-3),
}


def test_huber_on_the_stack_loss_data() -> None:
    """With Huber's k = 1.345 and the scale of the median of residuals, which R and others take."""
    table = np.array(STACKLOSS.split(), dtype=float).reshape(21, 4)
    data, start = dict(zip("uvwy", table.T, strict=True)), dict.fromkeys("abcd", 0.0)
    scale = 3.0
    for _ in range(20):
        found = fit("y ~ a + b*u + c*v + d*w", data, start, loss="huber", loss_scale=1.345 * scale)
        scale = np.median(np.abs(found.residuals)) / 0.6745
    assert values(found) == pytest.approx([-41.0265, 0.8294, 0.9261, -0.1278], abs=5e-5)
    for expected, digits in PUBLISHED.values():
        assert errors(found) == pytest.approx(expected, rel=digits)


@pytest.mark.parametrize("weights", [None, np.where(np.arange(40) % 4 == 0, 0.0, 2.0)])
@pytest.mark.parametrize(
    ("loss", "psi", "slope"),
    [
        ("huber", lambda u: np.clip(u, -1, 1), lambda u: (np.abs(u) <= 1).astype(float)),
        ("soft_l1", lambda u: u / np.sqrt(1 + u**2), lambda u: (1 + u**2) ** -1.5),
        ("cauchy", lambda u: u / (1 + u**2), lambda u: (1 - u**2) / (1 + u**2) ** 2),
    ],
)
def test_robust_errors_have_hubers_factor_for_small_samples(loss, psi, slope, weights) -> None:
    y = Y + 0.2 * RNG.standard_t(2, 40)
    found = fit(DECAY, {"x": X, "y": y}, START, loss=loss, loss_scale=0.2, weights=weights)
    w = np.ones(40) if weights is None else weights
    a, k, c = values(found)
    root = np.sqrt(w)
    u = (root * (y - decay(X, a, k, c)) / 0.2)[w > 0]
    n, p, mean = len(u), 3, slope(u).mean()
    factor = 1 + p / n * np.mean((slope(u) - mean) ** 2) / mean**2
    variance = factor**2 * 0.2**2 * np.sum(psi(u) ** 2) / (n - p) / mean**2
    columns = [np.exp(-k * X), -a * X * np.exp(-k * X), np.ones(40)]
    jacobian = root[:, None] * np.column_stack(columns)
    expected = np.sqrt(np.diag(variance * np.linalg.inv(jacobian.T @ jacobian)))
    assert errors(found) == pytest.approx(expected, rel=1e-8)


def test_a_robust_loss_costs_precision_where_the_sigmas_are_known() -> None:
    """Huber's with k = 1.345 has 95 percent of the efficiency of the sum of squares."""
    data = {"x": X, "y": Y}
    plain = fit("y ~ a + b*x", data, {"a": 1.0, "b": 0.0}, sigma=0.5, absolute_sigma=True)
    robust = fit(
        *("y ~ a + b*x", data, {"a": 1.0, "b": 0.0}),
        **{"sigma": 0.5, "absolute_sigma": True, "loss": "huber", "loss_scale": 1.345},
    )
    ratios = np.array(errors(plain)) / errors(robust)
    assert ratios**2 == pytest.approx(0.95, abs=5e-4)


def test_hubers_errors_cover_the_truth_as_often_as_they_should() -> None:
    random = np.random.default_rng(1)
    x = np.linspace(0, 1, 60)
    ratios = []
    for _ in range(150):
        y = 1 + 2 * x + 0.1 * random.standard_t(2, 60)
        found = fit(
            "y ~ a + b*x", {"x": x, "y": y}, {"a": 0.0, "b": 0.0}, loss="huber", loss_scale=0.15
        )
        ratios.append((found.point["b"] - 2) / found.parameters["b"].standard_error)
    assert 0.8 < np.std(ratios) < 1.25


# ---- what cannot be had ----


def test_what_the_data_do_not_determine_is_named() -> None:
    found = fit("y ~ a*x + b*x + c", {"x": X, "y": Y}, {"a": 1.0, "b": 2.0, "c": 0.0})
    a, b, c = found.parameters.values()
    assert a.standard_error is None
    assert b.standard_error is None
    assert "apart from b: the Jacobian is rank-deficient" in a.reason
    assert "apart from a: the Jacobian is rank-deficient" in b.reason
    assert c.standard_error is not None
    (warning,) = found.warnings
    assert warning.startswith("no standard errors of a, b: the data do not determine them")
    sum_of_both = fit("y ~ a*x + c", {"x": X, "y": Y}, {"a": 1.0, "c": 0.0})
    assert a.value + b.value == pytest.approx(sum_of_both.point["a"], rel=1e-9)
    assert c.standard_error == pytest.approx(sum_of_both.parameters["c"].standard_error, rel=0.02)


STEPS = {
    "y ~ where(x < c, a, b)": "c",
    "y ~ a*(x > c) + b": "c",
    "y ~ a*floor(c*x) + b": "c",
    "y ~ a*round(c + x) + b": "c",
    "y ~ a*sign(x - c) + b": "c",
    "y ~ a*ceil(x/c) + b": "c",
    "y ~ where(x < v[0], v[1], v[2])": "v[0]",
    "y ~ where((x < c)*(x > 0), a, b)": "c",
}


@pytest.mark.parametrize("method", [None, "lbfgs"])
@pytest.mark.parametrize("model", STEPS)
def test_a_parameter_that_only_moves_steps_is_not_fitted(model: str, method: str | None) -> None:
    """Its derivative is 0 by construction, which is not a sign of a minimum, nor of poor data."""
    start = {"v": [2.1, 1.0, 0.5]} if "v" in model else {"a": 1.0, "b": 0.5, "c": 2.1}
    found = fit(model, {"x": X, "y": np.where(X < 3, 2.0, 1.0) + 0.1 * Y}, start, method=method)
    label = STEPS[model]
    assert found.status is Status.STALLED
    assert f"no derivative leads to {label}; " in found.reason
    parameter = found.parameters[label]
    assert parameter.standard_error is None
    assert "only moves a step" in parameter.reason
    assert f"sigmoid((x - {label})/s)" in parameter.reason
    assert f"--fix {label}=" in parameter.reason
    assert not any("do not determine" in warning for warning in found.warnings)
    others = [p for name, p in found.parameters.items() if name != label]
    assert all(p.standard_error > 0 for p in others)


SMOOTH = ["y ~ where(x < 3, c, b)", "y ~ a*floor(x) + b*x", "y ~ max(a*x, b)", "y ~ b + mod(c, 2)"]
SMOOTH += ["y ~ b + where(x < c, 0, (x - c)^2)", "y ~ b + abs(x - c)", "y ~ clip(a*x, 0, 9)"]


@pytest.mark.parametrize("model", SMOOTH)
def test_a_parameter_beside_steps_is(model: str) -> None:
    start = {n: 1.5 for n in "abc" if n in model.replace("abs", "").replace("clip", "")}
    problem = Regression(read_model(model), {"x": X, "y": Y}, start)
    assert problem.steps == []


def test_a_step_has_no_automatic_start() -> None:
    with pytest.raises(UsageError, match="the start of 'c' does not follow"):
        fit("y ~ where(x < c, a, b)", {"x": X, "y": Y}, dict.fromkeys("abc", "auto"))


def test_a_parameter_without_influence_is_named() -> None:
    found = fit("y ~ a*x + 0*b", {"x": X, "y": Y}, {"a": 1.0, "b": 2.0})
    assert found.parameters["b"].standard_error is None
    assert "no residual depends on it" in found.parameters["b"].reason
    assert "b is still at its start" in found.warnings


COUNTED = {
    "rows": lambda rows: ({"x": X[:rows], "y": Y[:rows]}, {}),
    "weights": lambda rows: ({"x": X, "y": Y}, {"weights": (np.arange(40) < rows).astype(float)}),
}


@pytest.mark.parametrize("how", COUNTED)
def test_as_many_rows_as_parameters_leave_no_errors(how: str) -> None:
    data, options = COUNTED[how](3)
    found = fit("y ~ a*exp(b*x) + c", data, {"a": "auto", "b": -1.0, "c": "auto"}, **options)
    assert found.degrees_of_freedom == 0
    assert found.residual_standard_deviation is None
    for parameter in found.parameters.values():
        assert parameter.standard_error is None
        assert "no more rows than parameters (3 of each)" in parameter.reason


@pytest.mark.parametrize("method", [None, "lbfgs"])
@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("how", COUNTED)
@pytest.mark.parametrize(
    ("model", "start"),
    [
        ("y ~ a*exp(b*x) + c", {"a": "auto", "b": -1.0, "c": "auto"}),
        ("y ~ v[0]*exp(v[1]*x) + v[2]", {"v": np.ones(3)}),
    ],
)
def test_fewer_rows_than_parameters_are_an_error(how, rows, model, start, method) -> None:
    data, options = COUNTED[how](rows)
    with pytest.raises(DataError, match=f"{rows} row.* cannot determine 3 parameters"):
        fit(model, data, start, method=method, **options)


def test_fixed_parameters_need_no_rows() -> None:
    found = fit("y ~ a*x + b", {"x": X[1:3], "y": Y[1:3]}, {"a": 1.0}, fix={"b": 1.0})
    assert found.degrees_of_freedom == 1


def test_a_perfect_fit_is_flagged() -> None:
    found = fit("y ~ a*exp(-k*x)", {"x": X, "y": 2 * np.exp(-X)}, {"a": 1.0, "k": 0.5})
    assert found.status is Status.CONVERGED
    assert values(found) == pytest.approx([2, 1], rel=1e-12)
    assert found.r_squared == pytest.approx(1.0, abs=1e-15)
    assert found.aic is None
    for parameter in found.parameters.values():
        assert parameter.standard_error is None
        assert "perfect" in parameter.reason


PERFECT = {
    "y ~ C + A*exp(B*x + D)": ("A", "D"),
    "y ~ A*D*x + B*x^2 + C": ("A", "D"),
    "y ~ (A + D)*x + B*x^2 + C": ("A", "D"),
    "y ~ A*x^2 + B*x + C + 0*D": ("D",),
}


@pytest.mark.parametrize("loss", ["linear", "huber"])
@pytest.mark.parametrize("model", PERFECT)
def test_a_perfect_fit_hides_no_undetermined_parameters(model: str, loss: str) -> None:
    y = 1 + 2 * np.exp(0.5 * X) if "exp" in model else 1 + X - 0.5 * X**2
    start = {"A": 1.0, "B": 0.6, "C": 0.0, "D": 0.1}
    found = fit(model, {"x": X, "y": y}, start, loss=loss)
    for label, parameter in found.parameters.items():
        loose = label in PERFECT[model]
        assert ("do not determine it" if loose else "the fit is perfect") in parameter.reason
    names = ", ".join(PERFECT[model])
    assert any(w.startswith(f"no standard errors of {names}: the data") for w in found.warnings)


@pytest.mark.parametrize(
    ("model", "start", "warning"),
    [
        ("y ~ a*x^9", {"a": 1.0}, "R squared is -"),
        ("y ~ 100 + a*x", {"a": 0.0}, "R squared is -"),
        ("y ~ c", {"c": 1.0}, "R squared is 0"),
        ("y ~ a*exp(-b*x)", {"a": 1.0, "b": 1e5}, "R squared is -"),
    ],
)
@pytest.mark.parametrize("method", [None, "lbfgs"])
def test_a_model_that_explains_nothing_is_told(model, start, warning, method) -> None:
    found = fit(model, {"x": X, "y": Y}, start, method=method, max_iterations=3)
    if found.r_squared <= 1e-15:
        assert any(w.startswith(warning) for w in found.warnings)
    else:
        assert not any(w.startswith("R squared") for w in found.warnings)


def test_standard_errors_that_dwarf_values_are_told() -> None:
    x = np.linspace(0, 10, 40)
    y = np.where(x < 4.3, 1.0, 5.0) + np.random.default_rng(1).standard_normal(40)
    model = "y ~ a + b/(1 + exp(-k*(x - c)))"
    found = fit(model, {"x": x, "y": y}, {"a": 1.0, "b": 4.0, "k": 1.0, "c": 4.0})
    k = found.parameters["k"]
    assert k.standard_error is None or k.standard_error > 1e4 * abs(k.value)
    assert any(w.startswith("the data hardly determine") for w in found.warnings)


def test_nearly_collinear_columns_are_told() -> None:
    for gap, told in ((1e-9, True), (1e-4, False)):
        z = X + gap * np.cos(31 * X)
        found = fit("y ~ a*x + b*z + c", {"x": X, "y": Y, "z": z}, dict.fromkeys("abc", 0.0))
        warned = any("hardly determine a, b apart from one another" in w for w in found.warnings)
        assert warned is told


def test_a_zero_is_no_value_that_its_error_dwarfs() -> None:
    x = np.arange(-3.0, 4.0)
    found = fit("y ~ a + b*x", {"x": x, "y": 3 + x**2 - x}, {"a": 1.0, "b": 1.0})
    even = fit("y ~ a + b*x", {"x": x, "y": x**2}, {"a": 1.0, "b": 1.0})
    assert abs(even.point["b"]) < 1e-14
    assert found.warnings == even.warnings[:0]


@pytest.mark.parametrize(("iterations", "told"), [(1, True), (100, False)])
def test_errors_of_a_point_that_is_no_minimum_are_told(iterations: int, told: bool) -> None:
    found = fit(DECAY, {"x": X, "y": Y}, START, method="lbfgs", max_iterations=iterations)
    warned = any("those of a minimum, and this is none" in w for w in found.warnings)
    assert warned is told is (found.status is Status.MAX_ITERATIONS)


@pytest.mark.parametrize("power", [-290, -200, -155, -100, 100, 155, 200, 290])
@pytest.mark.parametrize("what", ["x", "y"])
def test_units_change_units_alone(what: str, power: int) -> None:
    """Columns of the Jacobian are of any size, and so are standard errors."""
    if what == "y" and abs(power) > 130:
        with pytest.raises(DataError, match="its squares leave the range of float64"):
            fit("y ~ a*x + b", {"x": X, "y": Y * 10.0**power}, {"a": 0.0, "b": 0.0})
        return
    unit = 10.0**power
    data = {"x": X * unit, "y": Y} if what == "x" else {"x": X, "y": Y * unit}
    size = {"a": 1.0, "k": 1 / unit, "c": 1.0} if what == "x" else {"a": unit, "k": 1.0, "c": unit}
    found = fit(DECAY, data, {name: START[name] * size[name] for name in START})
    usual = fit(DECAY, {"x": X, "y": Y}, START)
    for name, parameter in found.parameters.items():
        expected = usual.parameters[name]
        assert parameter.value / size[name] == pytest.approx(expected.value, rel=1e-6)
        assert parameter.standard_error / size[name] == pytest.approx(
            expected.standard_error, rel=1e-6
        )
    assert found.correlation == pytest.approx(usual.correlation, abs=1e-6)
    got, wanted = found.predict({"x": data["x"]}), usual.predict({"x": X})
    scale = unit if what == "y" else 1.0
    assert got.prediction / scale == pytest.approx(wanted.prediction, rel=1e-6)
    known = np.isfinite(got.standard_error)
    assert known.all() or abs(power) > 149, "unknown beyond, where float64 has no variances"
    assert got.standard_error[known] / scale == pytest.approx(
        wanted.standard_error[known], rel=1e-5
    )


def test_a_start_of_vanishing_columns_is_left_or_told() -> None:
    x = X + 0.5
    for b in (50.0, 500.0, 600.0):  # exp(-600*0.6) is 1e-157
        found = fit("y ~ a*exp(-b*x)", {"x": x, "y": 2 * np.exp(-x) + 0.01 * Y}, {"a": 1.0, "b": b})
        assert found.r_squared > 0.99 or any(w.startswith("R squared") for w in found.warnings)


def test_an_almost_perfect_fit_is_not() -> None:
    y = 2 * np.exp(-X) * (1 + 1e-12 * np.cos(10 * X))
    found = fit("y ~ a*exp(-k*x)", {"x": X, "y": y}, {"a": 1.0, "k": 0.5})
    assert found.parameters["a"].standard_error == pytest.approx(2.4e-13, rel=0.3)


def test_a_constant_response_has_no_r_squared() -> None:
    found = fit("y ~ a + b*x", {"x": X, "y": np.full(40, 0.1)}, {"a": 1.0, "b": 1.0})
    assert found.r_squared is None
    assert "the response is the same in all rows" in found.reasons["r_squared"]
    assert all(p.standard_error is None for p in found.parameters.values())


@pytest.mark.parametrize(
    ("rows", "options"),
    [
        (40, {}),
        (40, {"loss": "huber"}),
        (40, {"loss": "soft_l1"}),
        (3, {}),
        (3, {"sigma": np.ones(3), "absolute_sigma": True}),
        (40, {"sigma": np.ones(40), "absolute_sigma": True, "loss": "cauchy"}),
    ],
)
@pytest.mark.parametrize("response", [Y, np.full(40, 0.1), 2 * np.exp(-X)])
def test_figures_are_known_or_there_is_a_reason(rows, options, response) -> None:
    found = fit(DECAY, {"x": X[:rows], "y": response[:rows]}, START, **options)
    figures = ("residual_standard_deviation", "r_squared", "adjusted_r_squared")
    for name in (*figures, "log_likelihood", "aic", "bic"):
        assert (getattr(found, name) is None) is (name in found.reasons), name


def test_a_parameter_at_its_bound_counts_as_given() -> None:
    found = fit(DECAY, {"x": X, "y": Y}, START, bounds={"c": (-1.0, 0.0)})
    c = found.parameters["c"]
    assert (c.value, c.standard_error, c.reason) == (0.0, None, "it is at its bound")
    assert c.notes == ("at its upper bound 0",)
    assert "c is at its upper bound 0" in found.warnings
    without = fit("y ~ a*exp(-k*x)", {"x": X, "y": Y}, {"a": 1.0, "k": 1.0})
    assert values(found)[:2] == pytest.approx(values(without), rel=1e-9)
    ratio = np.sqrt(38 / 37)  # the parameter at its bound was free to leave it
    assert errors(found)[:2] == pytest.approx([ratio * e for e in errors(without)], rel=1e-6)
    assert found.gradient_norm < 1e-6 < abs(found.gradient["c"])


def test_a_fixed_parameter_is_no_parameter() -> None:
    found = fit(DECAY, {"x": X, "y": Y}, {"a": 1.0, "k": 1.0}, fix={"c": 0.3})
    assert list(found.parameters) == ["a", "k"]
    assert found.point["c"] == 0.3
    shifted = fit("y - 0.3 ~ a*exp(-k*x)", {"x": X, "y": Y}, {"a": 1.0, "k": 1.0})
    assert values(found) == pytest.approx(values(shifted), rel=1e-10)
    assert errors(found) == pytest.approx(errors(shifted), rel=1e-9)


def test_a_transformed_response_is_fitted_as_transformed() -> None:
    found = fit(
        "log(y) ~ a - k*x",
        {"x": X, "y": np.exp(1 - 0.5 * X + 0.01 * np.sin(9 * X))},
        {"a": 0.0, "k": 0.0},
    )
    slope, intercept = np.polyfit(X, 1 - 0.5 * X + 0.01 * np.sin(9 * X), 1)
    assert values(found) == pytest.approx([intercept, -slope], rel=1e-10)


def test_confidence_sets_the_width_of_intervals() -> None:
    found = fit(DECAY, {"x": X, "y": Y}, START, confidence=0.5)
    p = found.parameters["k"]
    t = stats.t.ppf(0.75, 37)
    assert p.confidence_interval == pytest.approx(
        (p.value - t * p.standard_error, p.value + t * p.standard_error), rel=1e-12
    )
