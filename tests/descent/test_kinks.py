"""Minima that gradients do not tell: flat ones, kinks, and bounds that intervals prove."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adcli
from adcli.ad.evaluate import Run
from adcli.ad.ranges import value_range
from adcli.descent.stopping import Status
from adcli.engines.choose import choose_algebra
from adcli.engines.point import pack
from adcli.function import function

INF = float("inf")


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("relu(x - 1)", {"x": -3.0}),
        ("max(0, x - 1)^2", {"x": 0.0}),
        ("relu(x) + relu(-x - 4)", {"x": -2.0}),
        ("sqrt(1 + relu(x - 1)) - 3", {"x": 0.0}),
        ("mean(max(0, 1 - [1, 2, 3]*w))", {"w": 2.0}),
        ("sum(relu(v)) + norm(relu(v))", {"v": [-1.0, -2.0]}),
        ("floor(x)^2", {"x": 0.5}),
        ("-min(x, 0)*exp(y)", {"x": 1.0, "y": 0.0}),
    ],
)
def test_a_flat_start_at_the_least_value_that_there_is_has_converged(
    text: str, start: dict[str, Any]
) -> None:
    result = adcli.descend(text, start)
    assert result.status is Status.CONVERGED, result
    assert "no value of the formula is below this one" in result.reason


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("floor(x)^2", {"x": 5.0}),
        ("relu(x - 1) - 2*relu(x - 5)", {"x": 0.0}),
        ("relu(x) - 1 + where(x < -7, x, 0)", {"x": -3.0}),
        ("cos(relu(x))", {"x": -1.0}),
    ],
)
def test_a_flat_start_that_is_no_minimum_is_none(text: str, start: dict[str, Any]) -> None:
    assert adcli.descend(text, start).status is Status.STALLED


@pytest.mark.parametrize("method", ["lbfgs", "newton", "newton-cg", "cg", "gd"])
@pytest.mark.parametrize(
    ("text", "start", "least"),
    [
        ("max(x, -2x)", {"x": 3.0}, 0.0),
        ("1 + max(3x - 6, 4 - 2x)", {"x": 5.0}, 1.0),
        ("max(x, -2x) + (y - 1)^2", {"x": 3.0, "y": 0.0}, 0.0),
        ("1e-9*max(x, -2x)", {"x": 1e9}, 0.0),
    ],
)
def test_a_minimum_at_a_kink_is_told_from_a_stop(
    method: str, text: str, start: dict[str, float], least: float
) -> None:
    result = adcli.descend(text, start, method=method)
    if result.status is Status.CONVERGED:
        assert result.value == pytest.approx(least, abs=1e-7)
    else:
        assert "at a kink of max" in result.reason
    if len(start) == 1:
        assert result.status is Status.CONVERGED, result


@pytest.mark.parametrize(
    "text", ["max(x, -2x) - y^2 + y^4", "min(x, -2x) + x^2", "max(x, -2x) - abs(y) + y^2"]
)
def test_a_kink_from_which_the_value_falls_is_no_minimum(text: str) -> None:
    start = {"x": 0.0, "y": 0.0} if "y" in text else {"x": 0.0}
    result = adcli.descend(text, start)
    assert result.status is not Status.CONVERGED or result.value < -0.2, result


def test_a_descent_along_a_kink_ends_soon() -> None:
    for x, y in [(1.515929727227629, 2.8872335113551317), (-0.0456491290, -0.5050893521)]:
        for text in ("abs(x) + abs(y - x)", "abs(x) + abs(y - x) + 0.1x^2"):
            result = adcli.descend(text, {"x": x, "y": y})
            assert result.status is Status.CONVERGED, result
            assert result.evaluations < 20_000


def test_a_bad_unit_of_one_variable_is_no_end_of_line_searches() -> None:
    text = "0.25(x/1e9)^4 - 0.5(x/1e9)^2 + 0.1x + 0.5y^2"
    result = adcli.descend(text, {"x": 1e9, "y": 1e9})
    assert result.status is Status.CONVERGED
    assert result.value == pytest.approx(-34812023973.997, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("x - x^2", {"x": 1.0}, (-INF, INF)),
        ("exp(-x^2)", {"x": 1.0}, (0.0, 1.0)),
        ("1/(1 + x^2)", {"x": 1.0}, (0.0, 1.0)),
        ("x/y", {"x": 1.0, "y": 2.0}, (-INF, INF)),
        ("abs(x)^-1.5", {"x": 1.0}, (0.0, INF)),
        ("erfc(relu(x))*3", {"x": 1.0}, (0.0, 3.0)),
        ("min(x, 2) + max(y, 3)", {"x": 1.0, "y": 2.0}, (-INF, INF)),
        ("max(cos(x), -0.5)", {"x": 1.0}, (-0.5, 1.0)),
        ("sum(v^2 + 1)", {"v": np.ones(3)}, (3.0, INF)),
        ("dot(v, v)", {"v": np.ones(3)}, (0.0, INF)),
        ("sum(abs(v)*[1, 2, 3])", {"v": np.ones(3)}, (0.0, INF)),
        ("norm(v) - 2", {"v": np.ones(3)}, (-2.0, INF)),
        ("sigmoid(x) + softplus(y)", {"x": 0.0, "y": 0.0}, (0.0, INF)),
        ("x^3 + hypot(x, y)", {"x": 0.0, "y": 0.0}, (-INF, INF)),
        ("(x < y) + sqrt(x)", {"x": 1.0, "y": 0.0}, (0.0, INF)),
    ],
)
def test_ranges(text: str, values: dict[str, Any], expected: tuple[float, float]) -> None:
    f, algebra = function(text), choose_algebra(False, "numpy")
    with algebra.context():
        run = Run.at(f.graph, f.order, pack(f, values, algebra), algebra, 1)
    free = dict.fromkeys(f.inputs.values(), (-INF, INF))
    assert value_range(run, f.outputs[0], free) == expected


@pytest.mark.parametrize(
    ("bounds", "found"),
    [((0, None), 1.0), ((2, None), 2.0), ((None, 0.5), 0.5), ((None, None), 1.0)],
)
def test_none_is_no_bound(bounds: Any, found: float) -> None:
    assert adcli.descend("(x - 1)^2", {"x": 3.0}, bounds={"x": bounds}).point["x"] == found
    data = {"t": [1.0, 2.0, 3.0], "y": [0.5, 1.5, 2.5]}
    fitted = adcli.fit("y ~ a*t", data, {"a": 3.0}, bounds={"a": bounds})
    low, high = (-INF if bounds[0] is None else bounds[0]), (bounds[1] or INF)
    assert fitted.point["a"] == pytest.approx(min(max(11 / 14, low), high))


@pytest.mark.parametrize("unit", [1e-12, 1e-9, 1.0, 1e9])
@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("(x/U)^2 - (y/U)^2 + (y/U)^4", {"x": 1.0, "y": 0.0}),
        ("(x/U)^2 + (y/U)^3", {"x": 1.0, "y": 0.0}),
        ("(x/U)^4*(1 - (x/U)) - (y/U)^4 + (y/U)^6 + (x/U)^2", {"x": 0.1, "y": 0.0}),
    ],
)
def test_what_is_no_minimum_is_told_in_all_units(
    unit: float, text: str, start: dict[str, float]
) -> None:
    start = {name: x * unit for name, x in start.items()}
    result = adcli.descend(text.replace("U", repr(unit)), start)
    assert "this is a saddle point" in result.reason or "this is not a minimum" in result.reason


@pytest.mark.parametrize("method", ["lbfgs", "newton", "newton-cg", "cg", "gd"])
@pytest.mark.parametrize(
    ("text", "start", "least"),
    [
        ("1e-12*cosh(x - 1e6)", {"x": 999995.0}, 1e-12),
        ("cosh(x/1e9 - 1e6)", {"x": 999995e9}, 1.0),
        ("x/1e9 - 1e-10*log(x/1e9)", {"x": 1e9}, 1e-10 + 1e-9 * np.log(10.0)),
        ("(x/1e12 - 3)^2 + 1", {"x": 1e12}, 1.0),
        ("exp(x/1e15) - 2x/1e15", {"x": 3e15}, 2 - 2 * np.log(2.0)),
    ],
)
def test_a_large_variable_is_known_as_well_as_its_function(
    method: str, text: str, start: dict[str, float], least: float
) -> None:
    result = adcli.descend(text, start, method=method)
    assert result.status is Status.CONVERGED or "log" in text, result
    if result.status is Status.CONVERGED:
        assert result.value == pytest.approx(least, rel=1e-9)


def test_a_loose_tolerance_is_no_fall_along_another_variable() -> None:
    text, start = "3 + (x - 1)^2 + 2(y + 2)^4", {"x": 0.0, "y": 0.0}
    result = adcli.descend(text, start, method="newton", gradient_tolerance=1e-3)
    assert result.status is Status.CONVERGED
    assert "not a minimum" not in result.reason


def test_the_best_point_counts_however_steep_it_is() -> None:
    """At gradients of 1e300, whose squares leave the range; and nothing is said but the result."""
    start = {"W": [[0.75, 0.125, -2.25], [3.0, 0.5, 0.25], [0.25, 0.75, 2.0]], "v": [-1e300, 1, 1]}
    found = adcli.descend("sum((W - 1)^2) + norm(W@v)", start, max_iterations=20)
    assert found.value == min(it.value for it in found.history) < found.history[0].value


def test_gradients_beyond_the_range_of_float64_are_weighed() -> None:
    start = {"u": [-1.0, -1e300, 2.0], "v": [1e16, -2.25, 2.0]}
    found = adcli.descend('abs(einsum("i,i->", u, v))', start, max_iterations=20)
    assert found.value <= found.history[0].value


@pytest.mark.parametrize("text", ["csc(y)", "y*exp(-y)", "abs(y)*1e10", "tanh(y) + y^2"])
@pytest.mark.parametrize("start", [1.7e308, -1e300, 1e160])
def test_numbers_at_the_edge_of_float64_are_no_warning(text: str, start: float) -> None:
    """Warnings are errors in tests."""
    try:
        found = adcli.descend(text, {"y": start}, max_iterations=20)
    except adcli.DomainError:
        return
    assert np.isfinite(found.value)
