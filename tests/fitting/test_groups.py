"""Parameters for each group of rows: in fits, descents and trainings, with the levels' names."""

from __future__ import annotations

import numpy as np
import pytest

import adcli
from adcli.errors import AdcliError, DataError, DomainError, UsageError
from adcli.fitting.fitted_model import load_model

REGIONS = np.array(["north", "south", "east"] * 40)
EFFECT = {"north": 1.0, "south": -2.0, "east": 0.5}
X = np.linspace(0.0, 3.0, len(REGIONS))
NOISE = 0.1 * np.random.default_rng(1).standard_normal(len(X))
Y = np.array([EFFECT[r] for r in REGIONS]) + 0.7 * X + NOISE
DATA = {"region": REGIONS, "x": X, "y": Y}
LEVELS = ["east", "north", "south"]
MODEL = "y ~ a[codes(region)] + b*x"


def ordinary():
    """The estimates and standard errors of dummy variables, by the normal equations."""
    design = np.column_stack([*[level == REGIONS for level in LEVELS], X]).astype(float)
    found = np.linalg.lstsq(design, Y, rcond=None)[0]
    variance = np.sum((Y - design @ found) ** 2) / (len(Y) - design.shape[1])
    return found, np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))


@pytest.mark.parametrize(
    "start", [{"a": 0.0, "b": 0.0}, {"a": [0.0] * 3, "b": 1.0}, {"a": "auto", "b": "auto"}]
)
def test_a_fit_has_a_standard_error_for_each_level(start):
    fit = adcli.fit(MODEL, DATA, start)
    assert list(fit.parameters) == ["a[east]", "a[north]", "a[south]", "b"]
    values, errors = ordinary()
    np.testing.assert_allclose([p.value for p in fit.parameters.values()], values, rtol=1e-9)
    found = [p.standard_error for p in fit.parameters.values()]
    np.testing.assert_allclose(found, errors, rtol=1e-9)


def test_two_columns_of_groups_and_one_of_numbers():
    groups = np.arange(len(X)) % 4
    data = {**DATA, "g": groups, "y": Y + groups**2}
    fit = adcli.fit("y ~ T[codes(region), g] + b*x", data, {"T": 0.0, "b": 0.0})
    assert fit.point["T"].shape == (3, 4)
    assert list(fit.parameters)[:2] == ["T[east,0]", "T[east,1]"]
    table = [[EFFECT[level] + g**2 for g in range(4)] for level in LEVELS]
    np.testing.assert_allclose(fit.point["T"], table, atol=0.2)


def test_an_empty_group_is_undetermined_by_its_name():
    data = {"g": [0, 2, 2, 0, 2], "y": [1.0, 2.0, 3.0, 1.5, 2.0]}
    fit = adcli.fit("y ~ a[g]", data, {"a": 0.0})
    assert fit.parameters["a[1]"].standard_error is None
    assert fit.parameters["a[2]"].standard_error is not None
    assert any("a[1]: the data do not determine" in text for text in fit.warnings)


def test_predictions_keep_the_levels(tmp_path):
    fit = adcli.fit(MODEL, DATA, {"a": 0.0, "b": 0.0})
    fit.save(tmp_path / "model.json")
    new = {"region": ["south", "south", "north"], "x": [0.0, 1.0, 0.0]}
    expected = [fit.point["a"][2], fit.point["a"][2] + fit.point["b"], fit.point["a"][1]]
    for model in (fit, load_model(tmp_path / "model.json")):
        np.testing.assert_allclose(model.predict(new).prediction, expected, rtol=1e-12)
        with pytest.raises(DataError, match="row 1: column 'region': 'west' is a new level"):
            model.predict({"region": ["west"], "x": [0.0]})


def test_blocks_of_rows_make_no_difference(monkeypatch):
    whole = adcli.fit(MODEL, DATA, {"a": 0.0, "b": 0.0})
    assert whole.fitted_model.row_wise
    monkeypatch.setattr("adcli.fitting.residuals.BLOCK_ROWS", 7)
    np.testing.assert_allclose(
        adcli.fit(MODEL, DATA, {"a": 0.0, "b": 0.0}).point["a"], whole.point["a"], rtol=1e-9
    )


LOSS = "mean((y - a[codes(region)] - b*x)^2)"


@pytest.mark.parametrize("engine", ["auto", "numpy", "llvm"])
def test_a_descent(engine):
    result = adcli.descend(LOSS, {"a": 0.0, "b": 0.0}, data=DATA, engine=engine)
    values, _ = ordinary()
    np.testing.assert_allclose([*result.point["a"], result.point["b"]], values, rtol=1e-6)
    assert result.levels == {"codes(region)": LEVELS}
    assert result.labels == ["a[east]", "a[north]", "a[south]", "b"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_training(dtype):
    result = adcli.train(
        LOSS,
        {"a": 0.0, "b": 0.0},
        data=DATA,
        validation={**DATA, "y": Y + 0.01},
        rate=0.05,
        batch_size=16,
        epochs=60,
        shuffle=True,
        dtype=dtype,
    )
    values, _ = ordinary()
    np.testing.assert_allclose([*result.point["a"], result.point["b"]], values, atol=0.1)
    assert result.levels == {"codes(region)": LEVELS}


def test_lengths_are_those_of_all_batches():
    data = {"g": [0] * 10 + [3] * 10, "y": [1.0] * 10 + [2.0] * 10}
    result = adcli.train("mean((y - a[g])^2)", {"a": 0.0}, data=data, batch_size=5, epochs=1)
    assert result.point["a"].shape == (4,)
    data["h"] = [0] * 15 + [5] * 5
    text, start = "mean((y - a[g] - b[h])^2)", {"a": 0.0, "b": 0.0}
    result = adcli.train(text, start, data=data, batch_size=5, epochs=1)
    assert [len(result.point[name]) for name in start] == [4, 6]
    result = adcli.train(text, {"a": 0.0}, fix={"b": 0}, data=data, batch_size=5, epochs=1)
    assert [len(result.point[name]) for name in start] == [4, 6]


def test_an_embedding():
    draw = np.random.default_rng(0)
    data = {"g": np.arange(200) % 5, "y": (np.arange(200) % 5 > 2) * 1.0}
    start = {"W": draw.normal(size=(5, 2)), "v": draw.normal(size=2)}
    result = adcli.train("mean((y - W[g, :]@v)^2)", start, data=data, rate=0.05, epochs=80)
    assert result.value < 1e-3


WRONG = [
    (
        {"g": [0, 1, 5], "y": [1.0] * 3},
        {"a": [0.0, 0.0]},
        "the index g = 5 is outside .* length 2",
        3,
    ),
    ({"g": [0, 1.5, 1], "y": [1.0] * 3}, {"a": [0.0, 0.0]}, "the index g = 1.5 is not a whole", 2),
    ({"g": [-1, 1, 1], "y": [1.0] * 3}, {"a": [0.0, 0.0]}, "the index g = -1 is outside", 1),
]


@pytest.mark.parametrize(("data", "start", "message", "row"), WRONG)
def test_a_wrong_index_is_named_with_its_row(data, start, message, row):
    with pytest.raises(DomainError, match=f"row {row}: {message}"):
        adcli.fit("y ~ a[g]", data, start)
    with pytest.raises(DomainError, match=f"{message}.*, in row {row} of 3"):
        adcli.descend("mean((y - a[g])^2)", start, data=data)
    with pytest.raises(AdcliError, match=f"{message}.*, in row {row} of 3"):
        adcli.train("mean((y - a[g])^2)", start, data=data)


def test_an_index_is_no_parameter():
    for call in (
        lambda: adcli.fit("y ~ a[g]", {"y": [1.0, 2.0]}, {"a": [0.0], "g": 0.0}),
        lambda: adcli.descend("(a[g] - 1)^2", {"a": [0.0, 1.0], "g": 0.0}),
    ):
        with pytest.raises(UsageError, match="'g' is an index: there is no derivative by it"):
            call()


def test_codes_are_no_numbers_to_differentiate_by():
    f = adcli.function("v[codes(r)] + codes(r)*b")
    _, gradient = f.value_and_gradient({"v": [1.0, 2.0], "codes(r)": 1.0, "b": 3.0})
    assert list(gradient) == ["v", "b"]
    with pytest.raises(UsageError, match="codes"):
        f.value_and_gradient({"v": [1.0, 2.0], "codes(r)": 1.0, "b": 3.0}, wrt=["codes(r)"])
