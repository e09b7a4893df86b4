"""First order: the package `uncertainties`, and the examples of the GUM to their printed digits."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.graph.axes import element_labels
from adcli.uncertainty.propagation import Propagation

CASES = json.loads(Path(__file__).with_name("reference.json").read_text("utf-8"))["cases"]


def propagated(case: Mapping[str, Any]) -> Propagation:
    """A case of the reference by us."""
    correlation = None
    if case["correlation"] is not None:
        labels = [n for name, x in case["at"].items() for n in element_labels(name, np.shape(x))]
        matrix = case["correlation"]
        correlation = {
            (a, b): matrix[i][j] for i, a in enumerate(labels) for j, b in enumerate(labels[:i])
        }
    return adcli.propagate(
        case["program"], case["at"], uncertainty=case["u"], correlation=correlation
    )


@pytest.mark.parametrize("program", dict.fromkeys(case["program"] for case in CASES))
def test_first_order_is_that_of_uncertainties(program: str) -> None:
    for case in CASES:
        if case["program"] == program:
            found = propagated(case)
            expected = np.array(case["covariance"])
            u = np.sqrt(np.diag(expected))
            np.testing.assert_allclose(np.ravel(found.value), case["values"], rtol=1e-13)
            np.testing.assert_allclose(np.ravel(found.standard_uncertainty), u, rtol=1e-12)
            off = np.abs(found.covariance - expected) / np.outer(u, u)
            assert off.max() < 1e-12


def test_the_reference_covers_much() -> None:
    assert len(CASES) > 200


def test_end_gauge() -> None:
    """GUM H.1: u_c = 32 nm, 16.7 degrees of freedom, U = 93 nm at 99 %."""
    found = adcli.propagate(
        "d = d0 + d1 + d2; l = ls + d - ls*(da*(t + delta) + as*dth); l",
        {
            "ls": adcli.Measured(50_000_623, 25, 18),
            "d0": adcli.Measured(215, 5.8, 24),
            "d1": adcli.Measured(0, 3.9, 5),
            "d2": adcli.Measured(0, 6.7, 8),
            "as": "11.5e-6±2e-6 uniform",
            "t": adcli.Measured(-0.1, 0.2),
            "delta": "0±0.5 arcsine",
            "da": "0±1e-6 uniform df=50",
            "dth": "0±0.05 uniform df=2",
        },
        level=0.99,
    )
    (result,) = found.results
    assert f"{result.value:.0f}" == "50000838"
    assert f"{result.standard_uncertainty:.0f}" == "32"
    assert math.floor(result.degrees_of_freedom) == 16
    assert f"{result.coverage_factor:.2f}" == "2.92"
    assert f"{result.expanded_uncertainty:.0f}" in ("92", "93")
    parts = {line.quantity: abs(line.contribution) for line in result.budget}
    printed = {"ls": "25", "dth": "17", "da": "3", "as": "0", "t": "0", "delta": "0"}
    assert {name: f"{parts[name]:.0f}" for name in printed} == printed
    comparator = math.sqrt(sum(parts[name] ** 2 for name in ("d0", "d1", "d2")))
    assert f"{comparator:.1f}" == "9.7"


IMPEDANCE = {
    "V": [5.007, 4.994, 5.005, 4.990, 4.999],
    "I": [19.663e-3, 19.639e-3, 19.640e-3, 19.685e-3, 19.678e-3],
    "p": [1.0456, 1.0438, 1.0468, 1.0428, 1.0433],
}
"""The five simultaneous observations of GUM, table H.2."""


def test_impedance() -> None:
    """GUM H.2: table H.4, and the correlations of the results.

    Only u(X) is not as printed: it is 0.29558, where the table has 0.295. That is what the second
    approach of H.2.4 gives, the mean of the five reactances (0.29549, cut), which has a row here.
    """
    rows = np.array(list(IMPEDANCE.values()))
    covariance = (list(IMPEDANCE), np.cov(rows) / 5)
    at = dict(zip(IMPEDANCE, rows.mean(axis=1), strict=True))
    found = adcli.propagate(
        "R = V*cos(p)/I; X = V*sin(p)/I; Z = V/I; R, X, Z", at, covariance=covariance
    )
    seen = adcli.propagate(
        "R = V*cos(p)/I; X = V*sin(p)/I; Z = V/I; R, X, Z", observations=IMPEDANCE
    )
    np.testing.assert_allclose(seen.covariance, found.covariance, rtol=1e-9)
    assert [round(x.degrees_of_freedom, 6) for x in seen.results] == [4, 4, 4]
    printed = {"R": ("127.732", "0.071"), "X": ("219.847", "0.296"), "Z": ("254.260", "0.236")}
    for result in found.results:
        shown = f"{result.value:.3f}", f"{result.standard_uncertainty:.3f}"
        assert shown == printed[result.name]
    r = found.correlation
    assert [f"{x:.3f}" for x in (r[0, 1], r[0, 2], r[1, 2])] == ["-0.588", "-0.485", "0.993"]
    each = adcli.function("V*sin(p)/I").map({name: np.array(x) for name, x in IMPEDANCE.items()})
    reactance = float(np.std(each.values, ddof=1)) / math.sqrt(5)
    assert found.results[1].standard_uncertainty == pytest.approx(reactance, rel=5e-4)


THERMOMETER = {
    "t": [21.521, 22.012, 22.512, 23.003, 23.507, 23.999, 24.513, 25.002, 25.503, 26.010, 26.511],
    "b": [
        *(-0.171, -0.169, -0.166, -0.159, -0.164, -0.165),
        *(-0.156, -0.157, -0.159, -0.161, -0.160),
    ],
}
"""GUM, table H.6: readings and corrections in degrees Celsius."""


def test_thermometer(tmp_path: Path) -> None:
    """GUM H.3: y1 = -0.1712(29), y2 = 0.00218(67), r = -0.930; b(30) = -0.1494(41)."""
    fit = adcli.fit("b ~ y1 + y2*(t - 20)", THERMOMETER, {"y1": "auto", "y2": "auto"})
    y1, y2 = fit.parameters["y1"], fit.parameters["y2"]
    assert (f"{y1.value:.4f}", f"{y1.standard_error:.4f}") == ("-0.1712", "0.0029")
    assert (f"{y2.value:.5f}", f"{y2.standard_error:.5f}") == ("0.00218", "0.00067")
    assert f"{fit.correlation[0, 1]:.3f}" == "-0.930"
    fit.save(tmp_path / "fit.json")
    for model in (fit, fit.fitted_model, tmp_path / "fit.json"):
        found = adcli.propagate(None, {"t": 30.0}, model=model)
        (result,) = found.results
        assert f"{result.value:.4f}" == "-0.1494"
        assert f"{result.standard_uncertainty:.4f}" == "0.0041"
        assert round(result.degrees_of_freedom, 6) == 9
    by_names = adcli.propagate("y1 + 10*y2", model=fit)
    assert by_names.standard_uncertainty == pytest.approx(found.standard_uncertainty, rel=1e-12)
