"""`adcli.propagate` and its kin from Python: what may be given, and errors for what may not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.errors import AdcliError, UsageError
from adcli.uncertainty.measured import Measured, read_measured


def number(text: str) -> Any:
    return adcli.function(text).value({})


WRITTEN = {
    "1.000±0.002": (1.0, 0.002),
    "1.000 +- 0.002": (1.0, 0.002),
    "1.000+/-0.002": (1.0, 0.002),
    "1.000(2)": (1.0, 0.002),
    "1.000 (2)": (1.0, 0.002),
    "12.34(56)": (12.34, 0.56),
    "12.3(1.2)": (12.3, 1.2),
    "1234(5)": (1234, 5),
    "-1.5(2)e-3": (-1.5e-3, 2e-4),
    "6.62607015(42)E-34": (6.62607015e-34, 4.2e-41),
    "(1.000±0.002)e-3": (1e-3, 2e-6),
    "(1.000 ± 0.002)×10^-3": (1e-3, 2e-6),
    "1.602176634(12)×10^-19": (1.602176634e-19, 1.2e-27),
    "1.5(2)*10**2": (150, 20),
    "(1.000±0.002)*1e3": (1000, 2),
    "(5±1%)·1e-3": (5e-3, 5e-5),
    "2.01±0.5%": (2.01, 0.01005),
    "-4±50%": (-4, 2),
    "pi/4±0.01": (math.pi / 4, 0.01),
    "2*(1+1)±1/4": (4, 0.25),
    "100±0.1 k=2": (100, 0.05),
    "100±0.1 k 2": (100, 0.05),
    "1±0.3 uniform": (1, 0.3 / math.sqrt(3)),
    "1±0.3 rectangular": (1, 0.3 / math.sqrt(3)),
    "1±0.3 Triangular df=5": (1, 0.3 / math.sqrt(6)),
    "1±0.3 df=5 arcsine": (1, 0.3 / math.sqrt(2)),
    "3": (3, 0),
    "±0.1": (0, 0.1),
    "[1±0.1, 2(3), 5]": ([1, 2, 5], [0.1, 3, 0]),
    "[1, 2]±0.1": ([1, 2], [0.1, 0.1]),
    "[1, 2]±[0.1, 0.2]": ([1, 2], [0.1, 0.2]),
    "[2, 4]±10%": ([2, 4], [0.2, 0.4]),
    "[[1±0.1, 2], [3, 4±1%]]": ([[1, 2], [3, 4]], [[0.1, 0], [0, 0.04]]),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_notation(text: str) -> None:
    found = read_measured(text, number)
    value, u = WRITTEN[text]
    np.testing.assert_allclose(found.value, value, rtol=1e-15)
    np.testing.assert_allclose(found.uncertainty, u, rtol=1e-14)
    assert np.all(found.degrees_of_freedom == (5 if "df" in text else math.inf))


@pytest.mark.parametrize(
    "text",
    [
        *("1±", "1±-1", "1±2±3", "1±x", "1±0.1 mm", "1±0.1 unifrom", "1 uniform", "1 df=3", "0±1%"),
        *(
            "(1±0.1",
            "1±0.1 k=0",
            "1±0.1 k=2 uniform",
            "1±0.1 df=0",
            "1±0.1 df=2 df=3",
            "±",
            "1±inf",
        ),
        *("[1±0.1, [2, 3]]", "[1, 2]±[1, 2, 3]", "1±[1, 2]", "inf±1", "1(2)(3)", "", "1±1%%"),
    ],
)
def test_what_is_no_measured_value(text: str) -> None:
    with pytest.raises(AdcliError) as caught:
        adcli.propagate("x", {"x": text})
    assert caught.value.message


SAME = [
    ({"x": "2±0.1", "y": "3(1)"}, {}),
    ({"x": Measured(2, 0.1), "y": Measured(3.0, np.float32(1))}, {}),
    ({"x": 2, "y": 3}, {"uncertainty": {"x": 0.1, "y": 1}}),
    ({"x": 2, "y": 3}, {"covariance": (["y", "x"], [[1, 0], [0, 0.01]])}),
    ({"x": 2, "y": "3±1"}, {"covariance": {"x": {"x": 0.01}}}),
    ({"x": "2±0.1", "y": "3±1"}, {"correlation": {("x", "y"): 0}}),
]


@pytest.mark.parametrize(("at", "options"), SAME)
def test_ways_to_say_the_same(at: dict[str, Any], options: dict[str, Any]) -> None:
    found = adcli.propagate("x*y", at, **options)
    assert found.value == 6
    assert found.standard_uncertainty == pytest.approx(math.hypot(0.3, 2), rel=1e-14)
    assert found.results[0].budget[0].quantity == "y"


BAD: list[tuple[Any, dict[str, Any]]] = [
    ({"x": "2±0.1"}, {"uncertainty": {"x": 0.2}}),
    ({"x": "2±0.1"}, {"uncertainty": {"y": 0.2}}),
    ({"x": 2}, {"degrees_of_freedom": {"x": 3}}),
    ({"x": "2±0.1"}, {"covariance": (["x"], [[1]])}),
    ({"x": 2}, {"covariance": (["x", "x"], [[1, 0], [0, 1]])}),
    ({"x": 2}, {"covariance": (["x"], [[1, 2]])}),
    ({"x": 2}, {"covariance": (["x"], [["a"]])}),
    ({"x": 2}, {"covariance": 3}),
    ({"x": 2}, {"covariance": {"x": {"y": 1}}}),
    ({"x": "2±0.1"}, {"correlation": {("x", "y"): 0.5}}),
    ({"x": "2±0.1"}, {"correlation": {"x": 0.5}}),
    ({"x": "2±0.1"}, {"correlation": {("x", "x"): 1.0}}),
    ({"x": "2±0.1"}, {"observations": {"x": [1, 2]}}),
    ({}, {"observations": {"x": [1]}}),
    ({}, {"observations": {"y": [1, 2]}}),
    ({}, {"observations": [1, 2]}),
    ({"x": "2±0.1"}, {"level": 1}),
    ({"x": "2±0.1"}, {"level": "0.9"}),
    ({"x": "2±0.1"}, {"coverage": 0}),
    ({"x": "2±0.1"}, {"order": 3}),
    ({"x": "2±0.1"}, {"model": 3}),
    ({"x": "2±0.1"}, {"monte_carlo": 1000, "interval": "long"}),
    ({"x": "2±0.1"}, {"monte_carlo": 1000, "seed": -1}),
    ({"x": "2±0.1", "y": 1}, {}),
    ({}, {}),
    ("x=2", {}),
    ({"x": "two"}, {}),
    ({"x": None}, {}),
    ({"x": 1j}, {}),
    ({"x": Measured(1, -1)}, {}),
    ({"x": Measured(1, 1, distribution="flat")}, {}),
    ({"x": Measured([1, 2], [1, 2, 3])}, {}),
]


@pytest.mark.parametrize(("at", "options"), BAD)
def test_what_may_not_be_given(at: Any, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        adcli.propagate("x", at, **options)


def test_contradictions() -> None:
    at = dict.fromkeys("xyz", "1±1")
    pairs = {("x", "y"): 1.0, ("y", "z"): 1.0, ("x", "z"): -1.0}
    with pytest.raises(UsageError, match="positive semidefinite"):
        adcli.propagate("x+y+z", at, correlation=pairs)
    matrix = [[1, 2, 0], [2, 1, 0], [0, 0, 1]]
    with pytest.raises(UsageError, match="correlation of 'x' and 'y' is 2"):
        adcli.propagate("x+y+z", dict.fromkeys("xyz", 1), covariance=("xyz", matrix))
    with pytest.raises(UsageError, match="not symmetric"):
        adcli.propagate("x+y", dict.fromkeys("xy", 1), covariance=("xy", [[1, 0.5], [0.4, 1]]))
    both: Any = {"covariance": ("xy", [[1, 0.5], [0.5, 1]]), "correlation": {("x", "y"): 0.1}}
    with pytest.raises(UsageError, match="given twice"):
        adcli.propagate("x+y", dict.fromkeys("xy", 1), **both)


def test_other_quantities_change_nothing() -> None:
    """A correlated quantity that the program does not depend on: elsewhere one was reported to
    spoil the difference of two masses."""
    at = {"p": Measured(1.672621898e-27, 2.1e-35), "n": Measured(1.674927471e-27, 2.1e-35)}
    two = adcli.propagate("n - p", at, correlation={("p", "n"): 0.9992})
    at["w"] = Measured(5.8789238e10, 3.4e4)
    pairs = {("p", "n"): 0.9992, ("p", "w"): -0.0004, ("n", "w"): -0.0004}
    three = adcli.propagate("n - p + 0*w", at, correlation=pairs)
    assert three.standard_uncertainty == two.standard_uncertainty
    assert two.standard_uncertainty == pytest.approx(2.1e-35 * math.sqrt(2 * 0.0008), rel=1e-9)


def test_degrees_of_freedom_of_what_varies_together() -> None:
    """Of parameters of one fit the result has the fit's degrees of freedom; and x + x is 2x."""
    at = {name: Measured(1.0, 0.1, 4) for name in "xy"}
    found = adcli.propagate("x + 2*y", at, correlation={("x", "y"): 0.5})
    assert found.results[0].degrees_of_freedom == pytest.approx(4, rel=1e-12)
    free = adcli.propagate("x + y", at).results[0].degrees_of_freedom
    assert free == pytest.approx(8, rel=1e-12)
    twice = adcli.propagate("x + x + 0*y", at).results[0].degrees_of_freedom
    assert twice == pytest.approx(4, rel=1e-12)


def test_what_cancels_is_zero() -> None:
    at = {"x": "3±0.1", "y": "3±0.1"}
    assert adcli.propagate("x - y", at, correlation={("x", "y"): 1.0}).standard_uncertainty == 0
    assert adcli.propagate("x/y", at, correlation={("x", "y"): 1.0}).standard_uncertainty == 0
    assert adcli.propagate("x - x", {"x": "3±0.1"}).standard_uncertainty == 0


def test_rows() -> None:
    columns = {
        "x": [1.0, 2.0],
        "u(x)": 0.1,
        "v": [[1.0, 2.0], [3.0, 4.0]],
        "u(v)": [[0, 1], [1, 0]],
    }
    found = adcli.propagate_rows("k*x + sum(v)", columns, {"k": "2±0.5"})
    assert found.values[:, 0].tolist() == [5.0, 11.0]
    expected = [math.sqrt(0.04 + 0.25 + 1), math.sqrt(0.04 + 1 + 1)]
    np.testing.assert_allclose(found.standard_uncertainties[:, 0], expected, rtol=1e-14)
    np.testing.assert_allclose(
        found.upper - found.values, 1.959963984540054 * found.standard_uncertainties
    )
    for columns in (
        {"x": 1.0},
        {"x": [1.0], "u(y)": [1.0]},
        {"x": [1.0], "u(x)": [-1.0]},
        {"x": [1], "u(x)": [1, 2]},
    ):
        with pytest.raises(UsageError):
            adcli.propagate_rows("x", columns)


def test_many_elements() -> None:
    """Of a vector of 20,000 elements: no matrix of their covariance is made."""
    v = np.linspace(1, 2, 20_000)
    found = adcli.propagate("sum(v^2)", {"v": Measured(v, 0.01 * v)})
    expected = math.sqrt(float(np.sum((2 * v * 0.01 * v) ** 2)))
    assert found.standard_uncertainty == pytest.approx(expected, rel=1e-12)
    assert len(found.results[0].budget) == 20_000
