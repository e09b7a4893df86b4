"""Predictions by the delta method, and models in files."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

import adcli
from adcli.errors import DataError, DomainError, UsageError

RNG = np.random.default_rng(8)
X = np.linspace(0, 5, 40)
Y = 2.5 * np.exp(-0.8 * X) + 0.3 + 0.05 * RNG.standard_normal(40)
DECAY = "y ~ a*exp(-k*x) + c"
START = {"a": "auto", "k": 1.0, "c": "auto"}
NEW = np.array([0.0, 1.3, 7.0])


@pytest.fixture(scope="module")
def decay() -> adcli.Fit:
    return adcli.fit(DECAY, {"x": X, "y": Y}, START)


def test_standard_errors_follow_the_delta_method(decay: adcli.Fit) -> None:
    a, k, c = (decay.point[name] for name in ("a", "k", "c"))
    found = decay.predict({"x": NEW})
    assert found.prediction == pytest.approx(a * np.exp(-k * NEW) + c, rel=1e-14)
    g = np.column_stack([np.exp(-k * NEW), -a * NEW * np.exp(-k * NEW), np.ones(3)])
    variance = np.einsum("ij,jk,ik->i", g, decay.covariance, g)
    assert found.standard_error == pytest.approx(np.sqrt(variance), rel=1e-9)
    reach = stats.t.ppf(0.975, 37) * np.sqrt(variance + decay.rss / 37)
    assert found.upper == pytest.approx(found.prediction + reach, rel=1e-9)
    assert found.lower == pytest.approx(found.prediction - reach, rel=1e-9)


def test_a_line_has_the_textbook_prediction_interval() -> None:
    found = adcli.fit("y ~ a + b*x", {"x": X, "y": Y}, {"a": 0.0, "b": 0.0})
    got = found.predict({"x": [2.0]})
    s = found.residual_standard_deviation
    share = 1 / 40 + (2.0 - X.mean()) ** 2 / np.sum((X - X.mean()) ** 2)
    assert got.standard_error == pytest.approx([s * np.sqrt(share)], rel=1e-12)
    reach = stats.t.ppf(0.975, 38) * s * np.sqrt(1 + share)
    assert got.upper - got.prediction == pytest.approx([reach], rel=1e-12)


@pytest.mark.parametrize("far", [1e200, 1e300, -1e305, 1e-200])
def test_lengths_of_far_predictions_do_not_overflow(far: float) -> None:
    found = adcli.fit("y ~ a + b*x", {"x": X, "y": Y}, {"a": 0.0, "b": 0.0})
    got = found.predict({"x": [far, 0.0]})
    b, a = found.parameters["b"].standard_error, found.parameters["a"].standard_error
    s, t = found.residual_standard_deviation, stats.t.ppf(0.975, 38)
    error = max(abs(far) * b, a)
    assert got.standard_error == pytest.approx([error, a], rel=1e-12)
    assert got.upper - got.prediction == pytest.approx(t * np.hypot([error, a], s), rel=1e-10)


def test_what_is_beyond_float64_is_unknown() -> None:
    got = adcli.fit("y ~ a + 1e-9*b*x", {"x": X, "y": Y}, {"a": 0.0, "b": 0.0}).predict(
        {"x": [1e308]}
    )
    assert np.isfinite(got.prediction).all()
    assert np.isfinite(got.standard_error).all()
    wide = adcli.fit("y ~ a + 0*x + c*1e-300*x", {"x": X, "y": Y}, {"a": 0.0, "c": 0.0}).predict(
        {"x": [1e10]}
    )
    for found in (*got[1:], *wide[1:]):
        assert not np.isinf(found).any()


def test_prediction_intervals_hold_new_observations() -> None:
    random = np.random.default_rng(4)
    inside = 0
    for _ in range(200):
        y = 2.5 * np.exp(-0.8 * X) + 0.1 * random.standard_normal(40)
        found = adcli.fit("y ~ a*exp(-k*x)", {"x": X, "y": y}, {"a": 1.0, "k": 1.0})
        got = found.predict({"x": [1.0]})
        new = 2.5 * np.exp(-0.8) + 0.1 * random.standard_normal()
        inside += got.lower[0] <= new <= got.upper[0]
    assert 178 <= inside <= 200


def test_weights_leave_the_variance_of_a_new_observation_open() -> None:
    found = adcli.fit(DECAY, {"x": X, "y": Y}, START, weights=1 + X)
    got = found.predict({"x": NEW})
    assert np.isfinite(got.standard_error).all()
    assert np.isnan(got.lower).all()


def test_fixed_and_bounded_parameters_bring_no_error() -> None:
    fixed = adcli.fit(DECAY, {"x": X, "y": Y}, {"a": 1.0, "k": 1.0}, fix={"c": 0.25})
    bounded = adcli.fit(
        DECAY, {"x": X, "y": Y}, {"k": 1.0, "a": 1.0, "c": 0.0}, bounds={"c": (-1.0, 0.25)}
    )
    a, b = fixed.predict({"x": NEW}), bounded.predict({"x": NEW})
    assert a.prediction == pytest.approx(b.prediction, rel=1e-9)
    ratio = np.sqrt(38 / 37)
    assert b.standard_error == pytest.approx(ratio * a.standard_error, rel=1e-6)


def test_undetermined_parameters_leave_no_standard_error() -> None:
    found = adcli.fit("y ~ a*x + b*x + c", {"x": X, "y": Y}, {"a": 1.0, "b": 1.0, "c": 1.0})
    got = found.predict({"x": [0.0, 1.0]})
    assert np.isfinite(got.prediction).all()
    assert np.isfinite(got.standard_error[0])  # at x = 0 neither a nor b counts
    assert np.isnan(got.standard_error[1])


def test_a_model_that_mixes_rows_predicts_no_others() -> None:
    found = adcli.fit("y ~ a + b*(x - mean(x))", {"x": X, "y": Y}, {"a": 1.0, "b": 1.0})
    assert found.r_squared > 0.5
    with pytest.raises(UsageError, match="rows depend on one another"):
        found.predict({"x": NEW})


def test_matrix_columns_predict() -> None:
    design = RNG.standard_normal((30, 3))
    y = design @ [1.0, 2.0, 3.0] + 0.1 * RNG.standard_normal(30)
    found = adcli.fit("y ~ X @ b", {"X": design, "y": y}, {"b": np.zeros(3)})
    got = found.predict({"X": design[:2]})
    assert got.prediction == pytest.approx(found.fitted[:2])
    variance = np.einsum("ij,jk,ik->i", design[:2], found.covariance, design[:2])
    assert got.standard_error == pytest.approx(np.sqrt(variance))


def test_bad_rows_are_named(decay: adcli.Fit) -> None:
    with pytest.raises(DataError, match="no column 'x'"):
        decay.predict({"t": NEW})
    with pytest.raises(DataError, match="row 2: column 'x': the value is nan"):
        decay.predict({"x": [1.0, np.nan]})
    with pytest.raises(DomainError, match=r"row 2: exp\(.*\) is inf"):
        decay.predict({"x": [1.0, -1e4]})


# ---- files ----


def test_a_saved_model_predicts_the_same(decay: adcli.Fit, tmp_path) -> None:
    decay.save(tmp_path / "decay.json")
    loaded = adcli.load_model(tmp_path / "decay.json")
    for a, b in zip(loaded.predict({"x": NEW}), decay.predict({"x": NEW}), strict=True):
        assert a.tolist() == b.tolist()
    assert loaded.function.variables == ("x",)
    assert loaded.function.value({"x": 1.3}) == pytest.approx(
        decay.predict({"x": [1.3]}).prediction[0], rel=1e-15
    )


@pytest.mark.parametrize(
    ("model", "data", "start", "options"),
    [
        ("y ~ X @ b", {"X": np.column_stack([X, X**2]), "y": Y}, {"b": [0.0, 0.0]}, {}),
        (DECAY, {"x": X, "y": Y}, {"a": 1.0, "k": 1.0}, {"fix": {"c": 0.3}}),
        (DECAY, {"x": X, "y": Y}, START, {"sigma": 0.1 + X, "absolute_sigma": True}),
        ("y ~ a*x + b*x", {"x": X, "y": Y}, {"a": 1.0, "b": 1.0}, {}),
        ("y ~ c", {"y": Y}, {"c": 1.0}, {}),
        ("y ~ a*`my x` + `b c`", {"my x": X, "y": Y}, {"a": "auto", "b c": 1.0}, {}),
        ("g(u) = u^2\ny ~ a*g(x)", {"x": X, "y": Y}, {"a": 1.0}, {}),
    ],
)
def test_files_keep_all_of_a_model(model, data, start, options, tmp_path) -> None:
    found = adcli.fit(model, data, start, **options)
    found.save(tmp_path / "m.json")
    loaded = adcli.load_model(tmp_path / "m.json")
    for a, b in zip(loaded.predict(data), found.predict(data), strict=True):
        assert np.array_equal(a, b, equal_nan=True)
    for part in ("text", "variance", "freedom", "confidence", "row_wise"):
        assert getattr(loaded, part) == getattr(found.fitted_model, part)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "adcli model 99"}, "not a model of this version"),
        ({"model": "y ~ a*exp(-k*x"}, "is damaged"),
        ({"parameters": {"a": 1.0, "k": 1.0}}, "not a matrix of 2 rows"),
        ({"parameters": {"a": 1.0, "k": 1.0, "q": 1.0}}, "its program has no 'q'"),
        ({"parameters": {"a": None, "k": 1.0, "c": 1.0}}, "the parameter .a. is not finite"),
        ({"parameters": "none"}, "is damaged"),
        ({"covariance": [[1.0, 2.0], [3.0]]}, "is damaged"),
        ({"covariance": [[-1.0, 0, 0], [0, 1, 0], [0, 0, 1]]}, "the covariance is none"),
        ({"covariance": [[1.0, 0.5, 0], [0, 1, 0], [0, 0, 1]]}, "the covariance is none"),
        ({"confidence": 2.0}, "not between 0 and 1"),
        ({"variance": -1.0}, "'variance' is -1.0, not a finite number from 0 on"),
        ({"variance": float("nan")}, "'variance' is nan, not a finite number"),
        ({"degrees_of_freedom": "many"}, "'degrees_of_freedom' is 'many', not a whole number"),
        ({"degrees_of_freedom": 1.5}, "'degrees_of_freedom' is 1.5, not a whole number"),
        ({"parameters": {"a": "\x1b"}}, r"'parameters.a' is '\\x1b', not a number or an array"),
        ({"row_wise": 1}, "'row_wise' is 1, not true or false"),
        ({"more": 1}, "'more' is not part of it"),
    ],
)
def test_damaged_files_are_refused(decay: adcli.Fit, tmp_path, change, message) -> None:
    path = tmp_path / "m.json"
    decay.save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(DataError, match=message):
        adcli.load_model(path)


@pytest.mark.parametrize("text", ["", "{", "[1]", "x,y\n1,2\n", "[" * 100_000, "nan"])
def test_other_files_are_no_models(text: str, tmp_path) -> None:
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(DataError, match="is not a model"):
        adcli.load_model(tmp_path / "m.json")
