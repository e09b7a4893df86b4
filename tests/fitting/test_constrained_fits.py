"""Fits under constraints: estimates, standard errors along what is active, true statuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adcli
from adcli.descent.stopping import Status
from adcli.errors import AdcliError, LanguageError, UsageError

X = np.linspace(-2, 2, 41)
NOISE = np.random.default_rng(5).normal(size=41)
LINE = {"x": X, "y": 2 * X + 0.5 + 0.1 * NOISE}
DECAY = {"t": X + 2, "y": 2 * np.exp(-1.2 * (X + 2)) + 0.3 + 0.02 * NOISE}


def line(*constraints: str, **options: Any) -> adcli.Fit:
    return adcli.fit("y ~ a*x + b", LINE, {"a": 1.0, "b": 0.0}, constraints=constraints, **options)


@pytest.mark.parametrize(
    ("constraint", "model"),
    [
        ("a + b == 3", "y - 3 ~ a*(x - 1)"),
        ("a + b >= 3", "y - 3 ~ a*(x - 1)"),
        ("b == 2a", "y ~ a*(x + 2)"),
        ("a <= 4b - 3", "y ~ (4b - 3)*x + b"),
    ],
)
def test_an_active_constraint_is_as_good_as_a_substitution(constraint: str, model: str) -> None:
    found = line(constraint)
    name = "b" if "4b" in model else "a"
    other = adcli.fit(model, LINE, {name: 1.0})
    assert found.status is Status.CONVERGED
    assert found.active == (constraint,)
    assert found.rss == pytest.approx(other.rss, rel=1e-10)
    assert found.degrees_of_freedom == other.degrees_of_freedom
    own, same = found.parameters[name], other.parameters[name]
    assert own.value == pytest.approx(same.value, rel=1e-8)
    assert own.standard_error == pytest.approx(same.standard_error, rel=1e-7)
    assert any(constraint in warning for warning in found.warnings)


def test_a_constraint_that_is_not_active_changes_nothing() -> None:
    free, found = adcli.fit("y ~ a*x + b", LINE, {"a": 1.0, "b": 0.0}), line("a >= b", "a <= 9")
    assert found.status is Status.CONVERGED
    assert (found.active, found.multipliers) == ((), {"a >= b": 0.0, "a <= 9": 0.0})
    for label, x in free.parameters.items():
        own = found.parameters[label]
        assert own.value == pytest.approx(x.value, rel=1e-9)
        assert own.standard_error == pytest.approx(x.standard_error, rel=1e-9)


def test_the_multiplier_is_the_slope_of_the_sum_of_squares() -> None:
    low, high = (line(f"a + b == {3 + h}").rss for h in (-1e-4, 1e-4))
    found = line("a + b == 3").multipliers["a + b == 3"]
    assert found == pytest.approx((high - low) / 2e-4, rel=1e-6)


def test_what_a_constraint_holds_has_no_standard_error() -> None:
    found = line("a == 1.5")
    assert found.parameters["a"].value == pytest.approx(1.5)
    assert found.parameters["a"].reason == "active constraints hold it"
    assert found.parameters["b"].standard_error is not None


def test_constraints_go_with_other_options() -> None:
    start: dict[str, Any] = {"a": "auto", "k": 1.0, "c": 0.0}
    found = adcli.fit("y ~ a*exp(-k*t) + c", DECAY, start, constraints=["c <= a/10", "0 <= k <= 5"])
    assert found.status is Status.CONVERGED
    assert found.active == ("c <= a/10",)
    assert found.point["c"] == pytest.approx(found.point["a"] / 10)
    robust = line("a <= 1.5", loss="huber", loss_scale=0.1, bounds={"b": (0.0, 0.3)})
    assert robust.point == pytest.approx({"a": 1.5, "b": 0.3})
    weighted = line("a <= 1.5", sigma="0.1 + 0*x", absolute_sigma=True, derive={"s": "1 + 2b"})
    error = weighted.parameters["b"].standard_error
    assert error is not None
    assert weighted.derived["s"].standard_error == pytest.approx(2 * error)
    assert np.isfinite(weighted.predict({"x": X}).standard_error).all()
    vector = adcli.fit(
        "y ~ v[0]*x + v[1]", LINE, {"v": [1.0, 0.0]}, constraints=["sum(v) == 3", "v >= 0"]
    )
    assert vector.active == ("sum(v) == 3",)
    assert vector.rss == pytest.approx(line("a + b == 3").rss)
    tied = adcli.fit("y ~ a*x + b", LINE, {"a": 1.0}, set={"b": "2a"}, constraints=["a + b <= 1"])
    assert tied.point["a"] == pytest.approx(1 / 3)


def test_what_cannot_be_met_is_no_success() -> None:
    found = line("a <= 1", "a >= 2")
    assert found.status is Status.STALLED
    assert "no point was found" in found.reason
    assert found.violated
    assert all(x.standard_error is None for x in found.parameters.values())


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"constraints": ["x <= 1"]}, UsageError, "a column of the data"),
        ({"constraints": ["q <= 1"]}, UsageError, "names 'q'"),
        ({"constraints": ["a + b"]}, LanguageError, "is a comparison"),
        ({"constraints": ["a <= 1"], "method": "adam"}, UsageError, "takes no constraints"),
        ({"constraints": ["a <= 1"], "intervals": "profile"}, UsageError, "no profile intervals"),
        ({"constraints": ["a <= 1"], "rate": 0.1}, UsageError, "no such setting"),
        ({"constraints": ["a <= 1"], "fix": {"a": 2.0}}, UsageError, "nothing to vary"),
    ],
)
def test_what_cannot_be_meant_is_an_error(
    options: dict[str, Any], kind: type[AdcliError], message: str
) -> None:
    start = {"b": 0.0} if "fix" in options else {"a": 1.0, "b": 0.0}
    with pytest.raises(kind, match=message):
        adcli.fit("y ~ a*x + b", LINE, start, **options)
