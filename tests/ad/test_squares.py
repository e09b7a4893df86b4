"""Even functions of lengths are smooth where the length itself has a kink."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adcli
from adcli.errors import DomainError
from tests.ways import ways

NUMBERS = {"x": 0.0, "y": 0.0}
IDENTITY = np.eye(2)
DEVIATIONS = (np.eye(3) - 1 / 3) * 2 / 3
"""The second derivatives of the variance of three numbers."""

AT_KINKS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("0.5*norm(v)^2", {"v": [0, 0]}, {"v": IDENTITY}),
    ("norm(y - r)^2", {"y": [1, 2], "r": [1, 2]}, {"y": 2 * IDENTITY, "r": 2 * IDENTITY}),
    ("norm(v)**2/2", {"v": [0, 0]}, {"v": IDENTITY}),
    ("(3*norm(v))^2", {"v": [0, 0]}, {"v": 18 * IDENTITY}),
    ("(-norm(v)/s)^2 + s", {"v": [0, 0], "s": 2}, {"v": IDENTITY / 2, "s": 0}),
    ("norm(v)*norm(v)", {"v": [0, 0]}, {"v": 2 * IDENTITY}),
    ("0.5*norm(v)*norm(v)", {"v": [0, 0]}, {"v": IDENTITY}),
    ("q(a) = a^2; q(norm(v))", {"v": [0, 0]}, {"v": 2 * IDENTITY}),
    ("norm(v)^3", {"v": [0, 0]}, {"v": 0 * IDENTITY}),
    ("norm(v)^4", {"v": [0, 0]}, {"v": 0 * IDENTITY}),
    ("(2*norm(v))^2.5", {"v": [0, 0]}, {"v": 0 * IDENTITY}),
    ("norm([x, y])^2", NUMBERS, {"x": 2, "y": 2}),
    ("hypot(x, y)^2", NUMBERS, {"x": 2, "y": 2}),
    ("hypot(x, y)^5", NUMBERS, {"x": 0, "y": 0}),
    ("std(v)^2", {"v": [2, 2, 2]}, {"v": DEVIATIONS}),
    ("var(v) + std(v)*std(v)", {"v": [2, 2, 2]}, {"v": 2 * DEVIATIONS}),
    ("abs(x)^2", {"x": 0}, {"x": 2}),
    ("abs(x)*abs(x)*3", {"x": 0}, {"x": 6}),
    ("cos(abs(x))", {"x": 0}, {"x": -1}),
    ("hypot(abs(x), y)", {"x": 0, "y": 2}, {"x": 0.5, "y": 0}),
    ("sum(abs(v)^2)", {"v": [0, 1]}, {"v": 2 * IDENTITY}),
    ("sum(norm(v, axis=1)^2)", {"v": [[0, 0]]}, {"v": 2 * IDENTITY.reshape(1, 2, 1, 2)}),
]
"""Programs, points, and the blocks on the diagonal of the Hessian."""


@pytest.mark.parametrize(("text", "point", "blocks"), AT_KINKS, ids=[row[0] for row in AT_KINKS])
def test_hessians_at_kinks(text: str, point: dict[str, Any], blocks: dict[str, Any]) -> None:
    f = adcli.function(text)
    point = {name: np.array(value, float).tolist() for name, value in point.items()}
    for way in ways(f, point):
        value, hessian = f.hessian(point, **way)
        assert float(value) == f.value(point)
        for name, block in blocks.items():
            found = np.asarray(hessian[name][name], dtype=float)
            np.testing.assert_allclose(found, block, rtol=1e-15, atol=1e-15, err_msg=str(way))


def test_gradients_over_rows_at_a_kink() -> None:
    f = adcli.function("hypot(x, y)^2").derivative("x")
    for engine in ("numpy", "llvm"):
        batch = f.map({"x": np.zeros(3), "y": np.zeros(3)}, engine=engine)
        assert np.array_equal(batch.gradients["x"], [2.0, 2.0, 2.0])


@pytest.mark.parametrize(
    ("text", "value"),
    [("(norm(v)/s)^2", 25.0), ("norm(v)/s*(norm(v)/s)", 25.0), ("(norm(v)*(1/s))^4", 625.0)],
)
@pytest.mark.parametrize("s", [1e200, 1e-200, 1e-155, 1.0])
def test_a_square_leaves_the_range_only_where_the_program_does(
    text: str, value: float, s: float
) -> None:
    f, point = adcli.function(text), {"v": [3 * s, 4 * s], "s": s}
    assert f.twice.value(point) == pytest.approx(value, rel=1e-14)
    if s >= 1:
        power = 4 if value > 100 else 2
        right = power * (power + 1) * value / s / s
        assert f.hessian(point, wrt="s")[1]["s"]["s"] == pytest.approx(right, rel=1e-13)


def test_a_kink_that_remains_is_an_error() -> None:
    for text in ("norm(v)", "norm(v)^1.5", "norm(v)*norm(v + 1)"):
        with pytest.raises(DomainError, match="is not finite"):
            adcli.function(text).hessian({"v": [0.0, 0.0]})
