"""Ties between parameters and what is derived from them: `set` and `derive` of a fit."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import adcli
from adcli.errors import AdcliError
from tests.terminal import run_here

T = np.linspace(0.0, 5.0, 12)
DATA = {"t": T, "y": 2.5 * np.exp(-0.8 * T) + 0.3 + 0.02 * np.cos(7 * T), "u": T**2}
MODEL, START = "y ~ a*exp(-k*t) + c", {"a": 1.0, "k": 1.0, "c": 0.0}


@pytest.fixture(scope="module")
def plain():
    return adcli.fit(MODEL, DATA, START)


def derived(derive, **settings):
    return adcli.fit(MODEL, DATA, START, derive=derive, **settings).derived


DERIVED = [
    # (expression, value of it, its derivatives by a, k, c)
    ("log(2)/k", lambda a, k, c: math.log(2) / k, lambda a, k, c: (0, -math.log(2) / k**2, 0)),
    ("a*k + c^2", lambda a, k, c: a * k + c**2, lambda a, k, c: (k, a, 2 * c)),
    ("sum([a, c]*[k, 2])", lambda a, k, c: a * k + 2 * c, lambda a, k, c: (k, a, 2)),
    ("logdet([[a, c], [c, k]])", lambda a, k, c: math.log(a * k - c * c), None),
    ("if k > 0 then exp(-k) else 0", lambda a, k, c: math.exp(-k), None),
]


@pytest.mark.parametrize(("expression", "value", "slopes"), DERIVED, ids=[d[0] for d in DERIVED])
def test_delta_method(plain, expression, value, slopes):
    point = [plain.point[name] for name in "akc"]
    found = derived({"q": expression})["q"]
    if slopes is None:  # by central differences of 4th order
        h = 1e-3
        ways = [(1, 8), (-1, -8), (2, -1), (-2, 1)]
        gradient = [
            sum(w * value(*(p + s * h * (j == k) for j, p in enumerate(point))) for s, w in ways)
            / (12 * h)
            for k in range(3)
        ]
    else:
        gradient = slopes(*point)
    error = math.sqrt(np.array(gradient) @ plain.covariance @ gradient)
    assert found.value == pytest.approx(value(*point), rel=1e-12)
    assert found.standard_error == pytest.approx(error, rel=1e-12 if slopes else 1e-7)
    a = plain.parameters["a"]
    width = (a.confidence_interval[1] - a.value) / a.standard_error
    assert found.confidence_interval == pytest.approx(
        (found.value - width * error, found.value + width * error), rel=1e-7
    )


def test_quantities_follow_from_one_another_and_from_what_is_held():
    found = adcli.fit(
        MODEL,
        DATA,
        {"a": 1.0, "k": 1.0},
        fix={"c": 0.3},
        derive=["half = log(2)/k", "v = [half, 2half]", "m = [v, c*v]", "w = 2c"],
    ).derived
    half = found["half"]
    assert list(found)[1:7] == ["v[0]", "v[1]", "m[0,0]", "m[0,1]", "m[1,0]", "m[1,1]"]
    assert found["m[1,1]"].standard_error == pytest.approx(0.6 * half.standard_error, rel=1e-12)
    assert (found["w"].value, found["w"].standard_error) == (0.6, 0.0)


NONE = [
    ("sqrt(-k)", None, "nan"),
    ("sqrt(k - k)", 0.0, "derivative"),
    ("0*k", 0.0, "its derivatives by the parameters are 0 here"),
]


@pytest.mark.parametrize(("expression", "value", "reason"), NONE)
def test_a_quantity_without_an_error_says_why(expression, value, reason):
    fit = adcli.fit(MODEL, DATA, START, derive={"q": expression})
    found = fit.derived["q"]
    assert found.standard_error is None
    assert reason in found.reason
    assert math.isnan(found.value) if value is None else found.value == value
    assert any("of q: " in text for text in fit.warnings)


def test_a_parameter_at_its_bound_counts_as_given_and_one_without_an_error_spoils():
    held = adcli.fit(MODEL, DATA, START, bounds={"c": (0.5, 1)}, derive={"p": "c + k"})
    assert held.derived["p"].standard_error == held.parameters["k"].standard_error
    alone = adcli.fit(MODEL, DATA, START, bounds={"c": (0.5, 1)}, derive={"p": "2c"}).derived["p"]
    assert (alone.value, alone.standard_error) == (1.0, None)
    assert alone.reason == "c has no standard error: it is at its bound"
    lost = adcli.fit("y ~ a*b*t", DATA, {"a": 1.0, "b": 1.0}, derive={"q": "a", "p": "a*b"})
    assert "a has no standard error" in lost.derived["q"].reason


TIES = [
    # (model, ties, the same model without ties, what is tied)
    (MODEL, {"c": "a/10"}, "y ~ a*exp(-k*t) + a/10", {"c": lambda p: p["a"] / 10}),
    (MODEL, ["c = d/2", "d = a/5"], "y ~ a*exp(-k*t) + a/10", {"c": lambda p: p["a"] / 10}),
    ("y ~ a*exp(-k*t)", {"k": "exp(q)"}, "y ~ a*exp(-exp(q)*t)", {"k": lambda p: math.exp(p["q"])}),
    (
        "y ~ v[0] + v[1]*exp(-k*t)",
        {"v": "[a/10, a]  # a comment"},
        "y ~ a/10 + a*exp(-k*t)",
        {"v[1]": lambda p: p["a"]},
    ),
]


@pytest.mark.parametrize(("model", "ties", "other", "tied"), TIES)
def test_a_tie_is_the_model_with_the_expression_in_place(model, ties, other, tied):
    start = {"a": 2.0, "k": 1.0} if "q)" not in other else {"a": 2.0, "q": 0.0}
    expected = adcli.fit(other, DATA, start)
    found = adcli.fit(model, DATA, start, set=ties)
    for label, x in expected.parameters.items():
        assert found.parameters[label].value == pytest.approx(x.value, rel=1e-9)
        assert found.parameters[label].standard_error == pytest.approx(x.standard_error, rel=1e-6)
    for label, value in tied.items():
        assert found.tied[label].value == pytest.approx(value(expected.point), rel=1e-9)
        assert found.tied[label].standard_error is not None
    rows = {"t": [0.5, 1.5]}
    assert found.predict(rows).prediction == pytest.approx(expected.predict(rows).prediction)


def test_the_error_of_a_tied_parameter_is_what_it_would_be_had_it_been_fitted():
    rate = adcli.fit("y ~ a*exp(-k*t)", DATA, {"a": 2.0, "k": 1.0})
    log_rate = adcli.fit("y ~ a*exp(-k*t)", DATA, {"a": 2.0, "q": 0.0}, set={"k": "exp(q)"})
    error = rate.parameters["k"].standard_error
    assert log_rate.tied["k"].standard_error == pytest.approx(error, rel=1e-6)


WRONG = [
    ({"derive": {"k": "2a"}}, "'k' is a parameter"),
    ({"derive": {"t": "2a"}}, "'t' is a column"),
    ({"derive": {"q": "2u"}}, "'u', which is a column"),
    ({"derive": {"q": "2kk"}}, "did you mean 'k'"),
    ({"derive": ["q = a", "q = k"]}, "'q' twice"),
    ({"derive": ["q = p", "p = a"]}, "'p', which is not a parameter"),
    ({"derive": "q"}, "not one statement NAME = EXPR"),
    ({"derive": "q = a; p = 2q"}, "not one statement"),
    ({"derive": {"q": "q + 1"}}, "defined by itself"),
    ({"derive": ["pi = a"]}, "constant"),
    ({"derive": ["q = a +"]}, "a value is missing"),
    ({"derive": [3]}, "is a text, not int"),
    ({"derive": 3}, "not int"),
    ({"set": {"c": "c + a"}}, "defined by itself"),
    ({"set": ["a = c", "c = a"]}, "defined by one another"),
    ({"set": {"d": "2a"}}, "'d', which the model does not have"),
    ({"set": {"zzzz": "2k"}}, "which the model does not have; its names are y, a, k, t, c\n"),
    ({"set": {"c": "2u"}, "start": {"a": 1, "k": 1}}, "'u', which is a column"),
    ({"set": {"c": "2a"}}, "'c' is tied to other parameters; the start cannot name it"),
    ({"set": {"c": "2a"}, "start": {"a": 1, "k": 1}, "fix": {"c": 1}}, "fix cannot name it"),
    ({"set": {"c": "2a"}, "start": {"a": 1, "k": 1}, "bounds": {"c": (0, 1)}}, "bounds cannot"),
    ({"set": "v[1] = 2a"}, "an array is given as a whole"),
    ({"set": {"t": "a"}}, "'t' is a column"),
]


@pytest.mark.parametrize(("settings", "message"), WRONG, ids=[m for _, m in WRONG])
def test_what_is_wrong_is_said(settings, message):
    with pytest.raises(AdcliError) as error:
        adcli.fit(MODEL, DATA, **{"start": START, **settings})
    assert message in f"{error.value.message}; {error.value.hint}\n"


def test_all_outputs_and_the_saved_model_have_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = zip(DATA["t"].tolist(), DATA["y"].tolist(), strict=True)
    (tmp_path / "d.csv").write_text("t,y\n" + "".join(f"{t},{y}\n" for t, y in rows))
    asked = ["fit", MODEL, "--data", "d.csv", "--start", "a=1,k=1", "--set", "c = a/10"]
    asked += ["--derive", "half = log(2)/k", "--save", "m.json"]
    outputs = {f: run_here([*asked, "--format", f])[1] for f in ("json", "csv", "plain", "html")}
    record = json.loads(outputs["json"])
    half = record["derived"]["half"]
    assert half["expression"] == "log(2)/k"
    assert record["tied"]["c"]["standard_error"] > 0
    assert record["reduced_chi_square"] == pytest.approx(record["rss"] / 10)
    assert f"half,{half['value']},{half['standard_error']}," in outputs["csv"]
    assert f"{half['value']} {half['standard_error']}\n" in outputs["plain"]
    assert "derived quantities" in outputs["html"]
    assert "c (tied)" in outputs["html"]
    saved = adcli.load_model("m.json")
    assert saved.derived["half"].confidence_interval == tuple(half["confidence_interval"])
    assert saved.predict({"t": [0.0]}).prediction == pytest.approx(1.1 * record["point"]["a"])
