"""Arrays of every layout and type give what a plain copy gives, in every engine and task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import adcli

ROWS = 5_001
"""Enough for narrow matrices of one column to be read by compiled kernels, and no whole vectors."""

WIDTHS = (1, 2)


def _numbers(width: int) -> Any:
    return np.random.default_rng(3).integers(1, 9, (ROWS, width)).astype(float) / 4


def _field(width: int) -> Any:
    record = np.zeros(ROWS, dtype=[("a", "f4"), ("v", "f8", (width,))])  # at 4 bytes, not aligned
    record["v"] = _numbers(width)
    return record["v"]


def _unaligned(width: int) -> Any:
    memory = np.zeros(8 * ROWS * width + 1, dtype="u1")[1:]
    found = memory.view("f8").reshape(ROWS, width)
    found[:] = _numbers(width)
    return found


def _spread(width: int) -> Any:
    wide = np.zeros((2 * ROWS, width + 3))
    wide[1::2, 2 : 2 + width] = _numbers(width)
    return wide[1::2, 2 : 2 + width]


def _read_only(width: int) -> Any:
    found = _numbers(width)
    found.flags.writeable = False
    return found


def _frame(width: int) -> Any:
    import polars as pl

    return pl.DataFrame({str(k): column for k, column in enumerate(_numbers(width).T)})


LAYOUTS: dict[str, Callable[[int], Any]] = {
    "C": _numbers,
    "Fortran": lambda width: np.asfortranarray(_numbers(width)),
    "transposed": lambda width: np.ascontiguousarray(_numbers(width).T).T,
    "slice": _spread,
    "backwards": lambda width: _numbers(width)[::-1],
    "columns backwards": lambda width: _numbers(width)[:, ::-1],
    "broadcast rows": lambda width: np.broadcast_to(_numbers(width)[:1], (ROWS, width)),
    "broadcast columns": lambda width: np.broadcast_to(_numbers(width)[:, :1], (ROWS, width)),
    "one number": lambda width: np.broadcast_to(1.5, (ROWS, width)),
    "field of a record": _field,
    "not aligned": _unaligned,
    "read-only": _read_only,
    "float32": lambda width: _numbers(width).astype("f4"),
    "big-endian": lambda width: _numbers(width).astype(">f8"),
    "int64": lambda width: (4 * _numbers(width)).astype("i8"),
    "uint8 slice": lambda width: (4 * _spread(width)).astype("u1")[::-1],
    "bool": lambda width: _numbers(width) > 1,
    "data frame": _frame,
    "lists": lambda width: _numbers(width).tolist(),
}

PROGRAMS = {
    "its first column": "sum((y - a*V[:,0])^2)",
    "its last column": "sum((y - a*V[:,-1] - V[:,0]^2)^2)",
    "a product": "sum((y - V @ w)^2) + a",
    "both": "sum(exp(-V @ w)*V[:,0]) + a*sum(V)",
    "the whole": "sum(a*V^2 + V) + sum(y)*w[0]",
    "transposed": "sum((transpose(V) @ y)^2)*a + w[0]",
}


@pytest.mark.parametrize("engine", ["numpy", "llvm"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_matrix_at_a_point(layout: str, engine: str) -> None:
    y = np.linspace(0, 1, ROWS)
    for width in WIDTHS:
        given = LAYOUTS[layout](width)
        plain = np.array(given, dtype=float, order="C")
        for text in PROGRAMS.values():
            f = adcli.function(text)
            rest = {n: x for n, x in (("y", y), ("w", np.ones(width))) if n in f.variables}
            point, wanted = ({"a": 0.5, "V": x, **rest} for x in (given, plain))
            wrt = [name for name in ("a", "w") if name in f.variables]
            direction = {"a": 2.0, "V": given}
            for task in (
                lambda p, f=f, e=engine: f.value(p, engine=e),
                lambda p, f=f, e=engine: f.value_and_gradient(p, engine=e),
                lambda p, f=f, w=wrt: f.jacobian(p, wrt=w, engine="auto"),
                lambda p, f=f, d=direction, e=engine: f.directional(p, d, engine=e),
            ):
                _assert_same(task(point), task(wanted))


@pytest.mark.parametrize("engine", ["python", "numpy", "llvm"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_columns_of_points(layout: str, engine: str) -> None:
    given = LAYOUTS[layout](2)
    plain = np.array(given, dtype=float, order="C")
    columns = plain[:, 0], plain[:, 1]
    if layout not in ("lists", "data frame"):
        columns = given[:, 0], given[:, 1]
    f = adcli.function("exp(-x)*y + x^2")
    wanted = f.map({"x": plain[:40, 0].copy(), "y": plain[:40, 1].copy()}, engine="numpy")
    found = f.map({"x": columns[0][:40], "y": columns[1][:40]}, engine=engine)
    _assert_same((found.values, found.gradients), (wanted.values, wanted.gradients))
    if engine != "python":
        g = adcli.function("sum(v)*v[0]")
        one, two = (g.map({"v": x[:40]}, engine="numpy") for x in (given, plain))
        _assert_same((one.values, one.gradients), (two.values, two.gradients))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_data_of_a_descent(layout: str) -> None:
    for width in WIDTHS:
        given = LAYOUTS[layout](width)
        plain = np.array(given, dtype=float, order="C")
        y = np.linspace(0, 1, ROWS)
        found, wanted = (
            adcli.descend(
                "mean((y - V @ w - a*V[:,0]^2)^2)",
                {"w": np.zeros(width), "a": 0.0},
                data={"V": x, "y": y},
                max_iterations=3,
                method="gd",
                rate=0.01,
            )
            for x in (given, plain)
        )
        _assert_same(found.point, wanted.point)


def _assert_same(found: Any, wanted: Any) -> None:
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys()
        for name, value in wanted.items():
            _assert_same(found[name], value)
    elif isinstance(wanted, tuple):
        for one, other in zip(found, wanted, strict=True):
            _assert_same(one, other)
    else:
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)
