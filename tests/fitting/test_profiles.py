"""Intervals by profile likelihood, against lmfit, R and what can be said by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

import adcli
from adcli.errors import AdcliError
from tests.terminal import run_here

LMFIT = json.loads((Path(__file__).parent / "profile_intervals.json").read_text())["problems"]
CASES = [(name, sigma) for name, p in LMFIT.items() for sigma in p["intervals"]]


def profiled(model, data, start, **settings):
    return adcli.fit(model, data, start, intervals="profile", **settings)


@pytest.mark.parametrize(("name", "sigma"), CASES)
def test_lmfit(name, sigma):
    p = LMFIT[name]
    fit = profiled(
        f"y ~ {p['model']}",
        p["data"],
        p["start"],
        sigma="w" if "w" in p["data"] else None,
        confidence=math.erf(int(sigma) / math.sqrt(2)),
    )
    for label, ends in p["intervals"][sigma].items():
        assert fit.parameters[label].confidence_interval == pytest.approx(ends, rel=2e-5)


def test_r_confint_of_puromycin():
    """R's documented confint(nls); it interpolates its profile by splines."""
    p = LMFIT["Puromycin"]
    fit = profiled("y ~ Vm*s/(K + s)", p["data"], p["start"])
    known = {"Vm": (197.30212848, 229.29006490), "K": (0.04692517, 0.08615995)}
    for label, ends in known.items():
        assert fit.parameters[label].confidence_interval == pytest.approx(ends, rel=2e-4)


X = np.arange(8.0)
LINE = {"x": X, "y": 1 + 2 * X + np.array([0.3, -0.1, 0.2, -0.4, 0.1, 0.3, -0.2, -0.2]), "s": X + 1}


@pytest.mark.parametrize(
    "settings",
    [{}, {"sigma": "s"}, {"sigma": "s", "absolute_sigma": True}, {"weights": "s"}],
    ids=["plain", "sigma", "absolute", "weights"],
)
def test_a_linear_model_has_symmetric_intervals(settings):
    found = profiled("y ~ a + b*x", LINE, {"a": 0.0, "b": 0.0}, **settings)
    plain = adcli.fit("y ~ a + b*x", LINE, {"a": 0.0, "b": 0.0}, **settings)
    for label, x in plain.parameters.items():
        assert found.parameters[label].confidence_interval == pytest.approx(x.confidence_interval)
        roots = [(v - x.value) / x.standard_error for v in found.profiles[label].values]
        assert found.profiles[label].roots == pytest.approx(roots, abs=1e-6)


@pytest.mark.parametrize("loss", ["huber", "soft_l1", "cauchy"])
def test_a_robust_loss_is_profiled_in_its_own_units(loss):
    """Where no residual is beyond the scale, a robust loss is the sum of squares; else the interval
    of a location is about the symmetric one."""
    small = profiled("y ~ a + b*x", LINE, {"a": 0.0, "b": 0.0}, loss=loss, loss_scale=1e4)
    plain = adcli.fit("y ~ a + b*x", LINE, {"a": 0.0, "b": 0.0})
    for label, x in plain.parameters.items():
        # Huber's variance has a factor n/(n-p) of its own: the same for psi' = 1
        assert small.parameters[label].confidence_interval == pytest.approx(
            x.confidence_interval, rel=1e-5
        )
    y = np.concatenate([np.random.default_rng(0).standard_normal(400), [40.0, -70.0, 55.0]])
    found = profiled("y ~ m", {"y": y}, {"m": 0.0}, loss=loss).parameters["m"]
    wald = adcli.fit("y ~ m", {"y": y}, {"m": 0.0}, loss=loss).parameters["m"]
    width = found.confidence_interval[1] - found.confidence_interval[0]
    assert width == pytest.approx(
        wald.confidence_interval[1] - wald.confidence_interval[0], rel=0.02
    )


FLAT = {"t": np.arange(6.0), "y": [2.0, 1.2, 0.9, 1.1, 0.95, 1.02]}
DECAY, START = "y ~ a*exp(-k*t) + c", {"a": 1.0, "k": 1.0, "c": 1.0}
ENDS = [
    # (model, start, settings, parameter, side, reason)
    (DECAY, START, {}, "k", 1, "its profile is flat"),
    (DECAY, START, {"bounds": {"k": (1.0, None)}}, "k", 0, "its bound 1 comes first"),
    (DECAY, START, {"bounds": {"c": (1.05, None)}}, "c", 0, "its bound 1.05 comes first"),
    ("y ~ a*b + 0*t", {"a": 1.0, "b": 1.0}, {}, "a", 1, "its profile"),
    ("y ~ c + 0.1*sqrt(k - t)", {"c": 0.5, "k": 5.5}, {}, "k", 0, "not finite beyond 5"),
]


@pytest.mark.parametrize(("model", "start", "settings", "label", "side", "reason"), ENDS)
def test_an_end_that_does_not_exist_is_said(model, start, settings, label, side, reason):
    fit = profiled(model, FLAT, start, **settings)
    interval = fit.parameters[label].confidence_interval
    assert interval is None or interval[side] is None
    assert reason in fit.profiles[label].reasons[side]
    assert any(f"end of the interval of {label}: " in text for text in fit.warnings)


def test_a_parameter_at_its_bound_has_the_other_end():
    fit = profiled(DECAY, FLAT, START, bounds={"c": (1.05, None)})
    low, high = fit.parameters["c"].confidence_interval
    assert (low, fit.parameters["c"].standard_error) == (None, None)
    others = adcli.fit("y ~ a*exp(-k*t) + c", FLAT, {"a": 1.0, "k": 1.0}, fix={"c": high})
    unit = fit.reduced_chi_square
    assert math.sqrt((others.rss - fit.rss) / unit) == pytest.approx(3.182446, rel=1e-5)


def test_other_parameters_stay_within_their_bounds():
    free = profiled(DECAY, FLAT, START)
    bounded = profiled(DECAY, FLAT, START, bounds={"c": (0.98, 1.0)})
    low, high = (bounded.parameters["k"].confidence_interval, free.parameters["k"])
    assert low[0] > high.confidence_interval[0]


def test_a_lower_minimum_is_told_not_passed_over():
    x = np.linspace(0, 1, 40)
    fit = profiled(
        "y ~ sin(w*x)",
        {"x": x, "y": np.sin(20 * x) + 0.05 * np.cos(90 * x)},
        {"w": 33.0},
        max_iterations=0,
    )
    assert fit.parameters["w"].confidence_interval in (
        None,
        fit.parameters["w"].confidence_interval,
    )
    assert any("a lower minimum" in text for text in fit.warnings)


def test_a_perfect_fit_has_no_profile():
    fit = profiled("y ~ a + b*x", {"x": X, "y": 1 + 2 * X}, {"a": 0.0, "b": 0.0})
    assert fit.profiles == {}
    assert fit.parameters["a"].confidence_interval is None


def test_an_unknown_kind_of_intervals():
    with pytest.raises(AdcliError, match="unknown kind of intervals 'profil'"):
        adcli.fit("y ~ a", LINE, {"a": 1.0}, intervals="profil")


DECAY_LINE = ["fit", DECAY, "--data", "d.csv", "--start", "a=1,k=1,c=1", "--intervals", "profile"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = zip(FLAT["t"], FLAT["y"], strict=True)
    Path("d.csv").write_text("t,y\n" + "".join(f"{t},{y}\n" for t, y in rows))
    return tmp_path


def test_outputs(folder):
    code, out, told = run_here([*DECAY_LINE, "--format", "json"])
    record = json.loads(out)
    low, high = record["parameters"]["k"]["confidence_interval"]
    assert (code, high) == (0, None)
    assert low == record["profiles"]["k"]["ends"][0]
    assert "flat" in record["profiles"]["k"]["reasons"][1]
    assert "no upper end of the interval of k" in told
    assert f",{low},,1.0\n" in run_here([*DECAY_LINE, "--format", "csv"])[1]
    assert "Profile of k" in run_here([*DECAY_LINE, "--format", "html"])[1]


@pytest.mark.slow
def test_a_picture_has_the_profiles(folder):
    run_here([*DECAY_LINE, "--plot", "p.svg"])
    assert (folder / "p.svg").read_text().count('<g id="axes_') == 5
