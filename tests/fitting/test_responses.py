"""Several responses with parameters in common: [y1, y2] ~ [f1, f2]."""

from __future__ import annotations

import json

import numpy as np
import pytest

import adcli
from adcli.errors import AdcliError
from tests.terminal import run_here

RANDOM = np.random.default_rng(2)
T = np.linspace(0, 4, 15)
A = 2 * np.exp(-0.7 * T) + 0.02 * RANDOM.standard_normal(15)
B = 2 - 2 * np.exp(-0.7 * T) + 0.05 * RANDOM.standard_normal(15)
DATA = {"t": T, "A": A, "B": B, "s": 0.02 + 0.001 * T, "w": 0.05 + 0 * T}
MODEL = "[A, B] ~ [a*exp(-k*t), c - a*exp(-k*t)]"
START = {"a": 1.0, "k": 1.0, "c": 1.0}

LONG = {"t": np.r_[T, T], "y": np.r_[A, B], "b": np.r_[0 * T, 0 * T + 1]}
LONG_MODEL = "y ~ if b > 0 then c - a*exp(-k*t) else a*exp(-k*t)"

WEIGHINGS = [
    # (for responses, for the same rows one below the other)
    ({}, {}),
    ({"sigma": "[s, w]"}, {"sigma": np.r_[DATA["s"], DATA["w"]]}),
    ({"sigma": "[0.02, 0.05]"}, {"sigma": np.r_[0 * T + 0.02, 0 * T + 0.05]}),
    ({"sigma": [0.02, DATA["w"]]}, {"sigma": np.r_[0 * T + 0.02, 0 * T + 0.05]}),
    ({"sigma": np.array([DATA["s"], DATA["w"]])}, {"sigma": np.r_[DATA["s"], DATA["w"]]}),
    ({"sigma": "s"}, {"sigma": np.r_[DATA["s"], DATA["s"]]}),
    ({"sigma": 0.1, "absolute_sigma": True}, {"sigma": 0.1, "absolute_sigma": True}),
    (
        {"sigma": "[s, w]", "loss": "huber", "loss_scale": 1.5},
        {"sigma": np.r_[DATA["s"], DATA["w"]], "loss": "huber", "loss_scale": 1.5},
    ),
    ({"weights": "[1/s, t > 1]"}, {"weights": np.r_[1 / DATA["s"], T > 1]}),
]


@pytest.mark.parametrize(("own", "long"), WEIGHINGS)
def test_it_is_the_fit_of_all_rows_one_below_the_other(own, long):
    found = adcli.fit(MODEL, DATA, START, **own)
    expected = adcli.fit(LONG_MODEL, LONG, START, **long)
    assert found.degrees_of_freedom == expected.degrees_of_freedom
    assert found.rss == pytest.approx(expected.rss, rel=1e-7)
    assert sum(x.rss for x in found.responses.values()) == pytest.approx(found.rss)
    for label, x in expected.parameters.items():
        assert found.parameters[label].value == pytest.approx(x.value, rel=1e-7)
        assert found.parameters[label].standard_error == pytest.approx(x.standard_error, rel=1e-6)


def test_each_response_has_its_own_mean():
    found = adcli.fit(MODEL, DATA, START)
    total = sum(float(np.sum((y - y.mean()) ** 2)) for y in (A, B))
    assert found.r_squared == pytest.approx(1 - found.rss / total)
    own = found.responses["A"]
    assert own.r_squared == pytest.approx(1 - own.rss / float(np.sum((A - A.mean()) ** 2)))


def test_predictions_are_one_for_each_response():
    found = adcli.fit(MODEL, DATA, START)
    a, k, c = (found.point[name] for name in "akc")
    rows = {"t": np.array([0.5, 1.5, 9.0])}
    decay = a * np.exp(-k * rows["t"])
    prediction = found.predict(rows)
    assert prediction.prediction == pytest.approx(np.stack([decay, c - decay], axis=1))
    long = adcli.fit(LONG_MODEL, LONG, START)
    for b in (0, 1):
        expected = long.predict({**rows, "b": np.full(3, b)})
        for mine, other in zip(prediction, expected, strict=True):
            assert mine[:, b] == pytest.approx(other)


@pytest.mark.parametrize(
    "settings",
    [
        {"start": {"a": "auto", "k": 1.0, "c": "auto"}},
        {"method": "lbfgs"},
        {"engine": "llvm"},
        {"set": {"c": "a"}, "start": {"a": 1.0, "k": 1.0}, "derive": {"h": "log(2)/k"}},
        {"intervals": "profile"},
    ],
)
def test_what_other_fits_can_do(settings):
    given = {"start": START, **settings}
    found, long = adcli.fit(MODEL, DATA, **given), adcli.fit(LONG_MODEL, LONG, **given)
    for label, x in long.numbers.items():
        assert found.numbers[label].value == pytest.approx(x.value, rel=1e-6)
        assert found.numbers[label].confidence_interval == pytest.approx(
            x.confidence_interval, rel=1e-5
        )


def test_groups_and_three_responses():
    data = {"g": np.arange(15) % 2, "x": T, "p": 1 + T, "q": 2 + 3 * T, "r": 1 - T + 0.01 * A}
    model = "[p, q, r] ~ [a + b*x, 2a + 3b*x, a - b*x]"
    for x in adcli.fit(model, data, {"a": "auto", "b": "auto"}, by="g"):
        own = {name: column[data["g"] == x.group["g"]] for name, column in data.items()}
        alone = adcli.fit(model, own, {"a": "auto", "b": "auto"})
        assert x.fit.point == pytest.approx(alone.point, rel=1e-9)
        assert list(x.fit.responses) == ["p", "q", "r"]


def test_the_same_response_twice():
    found = adcli.fit("[A, A] ~ [a*exp(-k*t), b*exp(-k*t)]", DATA, {"a": 1.0, "b": 1.0, "k": 1.0})
    assert list(found.responses) == ["A (1)", "A (2)"]
    assert found.point["a"] == pytest.approx(found.point["b"])


WRONG = [
    ("[A, B] ~ a*exp(-k*t)", {}, "2 responses and one prediction"),
    ("[A, B] ~ [a, k, t]", {}, "2 responses and 3 predictions"),
    ("[A, B] ~ [a*exp(-k*t), mean(t)*a]", {}, "depend on one another"),
    ("[A, B] ~ [a*exp(-k*t), k]", {"sigma": "[s]"}, "2 responses, and sigma of 1"),
    ("[A, B] ~ [a*exp(-k*t), k]", {"sigma": [0.1, 0.2, 0.3]}, "2 responses, and sigma of 3"),
    ("[A, b] ~ [a*exp(-k*t), k]", {}, "'b', which is not a column"),
    ("[A, log(-B)] ~ [a*exp(-k*t), k]", {}, "log(-"),
]


@pytest.mark.parametrize(("model", "settings", "message"), WRONG, ids=[m for *_, m in WRONG])
def test_what_is_wrong_is_said(model, settings, message):
    with pytest.raises(AdcliError) as error:
        adcli.fit(model, DATA, {"a": 1.0, "k": 1.0}, **settings)
    assert message in error.value.message


def test_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = zip(T.tolist(), A.tolist(), B.tolist(), strict=True)
    (tmp_path / "d.csv").write_text("t,A,B\n" + "".join(f"{t},{a},{b}\n" for t, a, b in rows))
    asked = ["fit", MODEL, "--data", "d.csv", "--start", "a=1,k=1,c=1", "--save", "m.json"]
    record = json.loads(run_here([*asked, "--format", "json"])[1])
    assert list(record["responses"]) == ["A", "B"]
    assert record["responses"]["A"]["rows"] == 15
    table = run_here(asked)[1]
    assert "30 rows of 2 responses" in table
    found = run_here(["fit", "--model", "m.json", "--predict", "d.csv", "--format", "csv"])
    assert found.stdout.startswith("t,A,B,prediction[A],prediction[B],standard_error[A],")
    page = run_here([*asked, "--format", "html"])[1]
    assert "responses" in page
    assert "(response) =" not in page
