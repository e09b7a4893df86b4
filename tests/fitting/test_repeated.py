"""Fits of one model again and again: what is kept with the model changes no result."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from adcli.fitting.model import read_model
from adcli.fitting.run import fit

MODELS = {
    "y ~ a*exp(-k*x) + c": {"a": 2.0, "k": 1.0, "c": 0.0},
    "y ~ v[0]*exp(-v[1]*x) + v[2]": {"v": [2.0, 1.0, 0.0]},
    "y ~ a[g]*exp(-k*x) + c": {"a": 2.0, "k": 1.0, "c": 0.0},
}


def table(rows: int, seed: int) -> dict[str, np.ndarray]:
    x = np.linspace(0.0, 4.0, rows)
    noise = np.random.default_rng(seed).standard_normal(rows)
    return {"x": x, "y": 3 * np.exp(-1.5 * x) + 0.2 + 0.02 * noise, "g": np.arange(rows) % 2}


@pytest.mark.parametrize("model", MODELS)
def test_other_data_and_numbers_of_rows(model: str) -> None:
    start = MODELS[model]
    cases = [table(rows, seed) for seed, rows in enumerate([25, 40, 25, 1500, 7])]
    fresh = [fit(f"{model} # {k}", data, start) for k, data in enumerate(cases)]
    again = [fit(model, data, start) for data in [*cases, *cases]]
    for found, expected in zip(again, fresh * 2, strict=True):
        assert found.covariance.tolist() == expected.covariance.tolist()
        assert found.rss == expected.rss


@pytest.mark.parametrize("model", MODELS)
def test_one_model_in_many_threads(model: str) -> None:
    cases = [table(1200 + seed % 3, seed) for seed in range(24)]
    alone = [fit(model, data, MODELS[model]).rss for data in cases]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda data: fit(model, data, MODELS[model]).rss, cases))
    assert together == alone


def test_what_is_fixed_is_not_kept() -> None:
    data = table(30, 1)
    for c in (0.0, 0.2, [0.1] * 30):
        found = fit("y ~ a*exp(-k*x) + c", data, {"a": 2.0, "k": 1.0}, fix={"c": c})
        held = {**data, "d": np.full(30, c)}
        expected = fit("y ~ a*exp(-k*x) + d", held, {"a": 2.0, "k": 1.0})
        assert found.rss == pytest.approx(expected.rss, rel=1e-12)


def test_a_text_is_read_once() -> None:
    assert read_model("y ~ a*x") is read_model("y ~ a*x")
    assert read_model("y ~ a*x") is not read_model("y ~ a*x ")
