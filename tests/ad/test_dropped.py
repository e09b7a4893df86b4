"""What nothing takes has no derivative: an element that is dropped leaks no NaN, in any mode.

Every program below has square roots of -1 (and of 0, where only the derivative is infinite) that
nothing takes.
"""

import math
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.engines.plan.loss_plan import LossPlan
from tests.ways import MODES

ROOTS = {
    "sqrt(v)[0]": [0.25, 0, 0, 0],
    "sum(sqrt(v)[:1])^2": [1, 0, 0, 0],
    "sqrt(v[1:])[2] + sqrt(v)[0]": [0.25, 0, 0, 0.5],
    "exp(log(v))[3]*sqrt(v)[0]": [0.25, 0, 0, 2],
    "[v[0], sqrt(v[1])][0]": [1, 0, 0, 0],
    "concat(sqrt(v[:2]), v[1:])[::2] @ [1, 2, 1]": [0.25, 2, 0, 1],
    "stack([v[0], sqrt(v[2])], [v[3], sqrt(v[0])])[:, 0] @ [1, 3]": [1, 0, 0, 3],
    "sum(diag(sqrt(reshape(v, 2, 2))))": [0.25, 0, 0, 0.5],
    "trace(sqrt(reshape(v, 2, 2)))": [0.25, 0, 0, 0.5],
    'einsum("ii,i->", sqrt(reshape(v, 2, 2)), [2, 3])': [0.5, 0, 0, 1.5],
    "sum(tril(sqrt([[v[0], v[1]], [v[3], 4]])))": [0.25, 0, 0, 0.5],
    "sum(cumsum(sqrt(v))[:1])": [0.25, 0, 0, 0],
    "max(sqrt(v)[0], 1)": [0.25, 0, 0, 0],
    "where(v > 0, sqrt(v), 0)[0]": [0.25, 0, 0, 0],
    "where(v[0] > 0, sqrt(v), log(v))[3]": [0, 0, 0, 0.5],
    "(reshape(sqrt(v), 2, 2) + 1)[0, 0]^2": [1.5, 0, 0, 0],
    "transpose(sqrt(reshape(v, 2, 2)))[1, 1]": [0, 0, 0, 0.5],
    "sum(expand(sqrt(v), 1)[::3])": [0.25, 0, 0, 0.5],
    "norm(sqrt(v)[::3])^2": [1, 0, 0, 1],
    "sum(sqrt(v)[[3, 0, 3]])": [0.25, 0, 0, 1],
    "sum(sqrt(reshape(v, 2, 2))[[0, 1], [0, 1]])^2": [1.5, 0, 0, 3],
    "sqrt(v)[floor(v[3] - 0.5)]": [0.25, 0, 0, 0],
    "sum(where(v > 0, sqrt(v), 0)[[0, 1, 0]])": [0.5, 0, 0, 0],
}
"""Programs of v, and their gradients at each of POINTS."""
POINTS = {"outside": [4.0, -1.0, -1.0, 1.0], "at the end": [4.0, 0.0, 0.0, 1.0]}
each_program = pytest.mark.parametrize("text", ROOTS)


def check(gradient, text):
    np.testing.assert_allclose(np.array(gradient, float), ROOTS[text], rtol=1e-12, atol=1e-12)


@each_program
@pytest.mark.parametrize("place", POINTS)
def test_in_every_mode(text, place):
    f = adcli.function(text)
    point = {"v": POINTS[place]}
    for mode in MODES:
        check(f.value_and_gradient(point, mode=mode)[1]["v"], text)
        check(f.jacobian(point, mode=mode)[1]["v"], text)
    check(f.value_and_gradient(point, precision=30)[1]["v"], text)


@each_program
def test_in_rows_and_losses(text):
    f = adcli.function(text)
    point = np.array(POINTS["outside"])
    for mode in MODES:
        for engine in ("numpy", "llvm"):
            found = f.map({"v": np.tile(point, (3, 1))}, mode=mode, engine=engine)
            for gradient in found.gradients["v"]:
                check(gradient, text)
    check(LossPlan(f, ["v"]).value_and_gradient({"v": point})[1]["v"], text)


@each_program
def test_second_derivatives(text):
    f = adcli.function(text)
    point = {"v": POINTS["outside"]}
    step = 1e-6
    for mode in ("reverse", "forward"):
        second = np.array(f.hessian(point, mode=mode)[1]["v"]["v"], float)
        for k in (0, 3):
            ends = []
            for h in (step, -step):
                moved = list(point["v"])
                moved[k] += h
                ends.append(f.value_and_gradient({"v": moved})[1]["v"])
            np.testing.assert_allclose(second[k], (ends[0] - ends[1]) / (2 * step), atol=1e-8)


@each_program
def test_derivatives_as_text(text):
    f = adcli.function(text)
    derivative = f.derivative("v", {"v": (4,)})
    again = adcli.function(str(derivative))
    check(again.value({"v": POINTS["outside"]}), text)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("sqrt(v)[0]", [0.0, 1.0, 1.0, 1.0]),
        ("0*sqrt(v)[0]", [0.0, 1.0, 1.0, 1.0]),
        ("sum(sqrt(v)[:2])", [1.0, 0.0, 1.0, 1.0]),
        ("trace(sqrt(reshape(v, 2, 2)))", [1.0, 1.0, 1.0, 0.0]),
        ("[1, 0, 0, 0] @ sqrt(v)", [1.0, 0.0, 1.0, 1.0]),
    ],
)
def test_what_is_taken_is_an_error_still(text, point):
    f = adcli.function(text)
    for mode in MODES:
        with pytest.raises(adcli.DomainError, match=r"sqrt\(0\)"):
            f.value_and_gradient({"v": point}, mode=mode)


def test_scalars_of_a_vector_written_out():
    f = adcli.function("[x, sqrt(y)][0]*y")
    assert f.value_and_gradient({"x": 2.0, "y": -1.0})[1] == {"x": -1.0, "y": 2.0}
    assert math.isclose(f.map({"x": [2.0], "y": [-1.0]}).gradients["y"][0], 2.0)


@pytest.mark.parametrize("mode", MODES)
def test_a_product_of_a_diagonal_meets_only_what_is_taken(mode: str) -> None:
    # More numbers than are differentiated by in the other direction where a result is not finite.
    f = adcli.function('einsum("ii,j->ij", A, 1/w)[0, 0]')
    weights = np.array([1.0, 1, 1, 0, 1, 1])
    found = f.value_and_gradient({"A": np.eye(6), "w": weights}, mode=mode)[1]
    corner = np.outer(np.eye(6)[0], np.eye(6)[0])
    np.testing.assert_array_equal(found["A"], corner)
    np.testing.assert_array_equal(found["w"], -corner[0])


TWICE = [
    # Products that meet elements nobody takes, whose first or second derivative is infinite.
    ("(v@sqrt(W))[1]", {"v": [1.0, 2.0], "W": [[1.0, 4.0], [0.0, 1.0]]}),
    ("(v@unit(W, W))[1]", {"v": [1.0, 2.0], "W": [[1.0, 4.0], [0.0, 1.0]]}),
    ("(sqrt(W)@v)[0]", {"v": [1.0, 2.0], "W": [[1.0, 4.0], [0.0, 1.0]]}),
    ("(W@cbrt(W))[0, 1]", {"W": [[1.0, 4.0], [8.0, 1.0]]}),
    ('einsum("ij,j->i", sqrt(W), v)[0]*v[1]', {"v": [1.0, 2.0], "W": [[1.0, 4.0], [0.0, 1.0]]}),
    *(
        (f"exp(-{taken})", {"u": [2.0, 1.5, 0.0]})
        for taken in (
            *("quantile(u^(-2), 0.3)", "median(u^(-2))", "sort(u^(-2))[0]", "min(u^(-2))"),
            *("cumsum(u^(-2))[1]", "outer(u^(-2), u)[1, 0]", "concat(u^(-2), u)[1]"),
            *("flip(u^(-2))[2]", "(u^(-2))[[0, 1]]@[1, 2]", "trace(diag(u^(-2))[:2, :2])"),
        )
    ),
]


@pytest.mark.parametrize(("text", "point"), TWICE, ids=[text for text, _ in TWICE])
def test_products_leak_no_infinity_of_second_order(text: str, point: dict[str, Any]) -> None:
    f = adcli.function(text)
    inside = {name: np.where(np.equal(x, 0), 0.25, x) for name, x in point.items()}
    expected = f.hessian(inside)[1]
    for ways in [{"mode": m} for m in MODES] + [{"precision": 30}]:
        found = f.hessian(point, **ways)[1]
        for a in point:
            for b in point:
                exact = np.array(expected[a][b], dtype=float)
                got = np.array(found[a][b], dtype=float)
                # What differs between the points is taken by nobody: no derivative there.
                np.testing.assert_allclose(got, exact, rtol=1e-14, atol=0)
