"""max and min of zeros: 0 is above -0 in every engine, and the extremum of an array is never -0."""

import math
from itertools import product

import numpy as np
import pytest

import adcli
from adcli.engines.plan.loss_plan import LossPlan
from adcli.export.source_code import to_code
from tests.export.test_source_code import call_c, compile_c, run_python, sketch_of

ZEROS = (0.0, -0.0)
PAIRS = list(product(ZEROS, ZEROS))
SIGNS = {
    "max": [1.0, 1.0, 1.0, -1.0],
    "min": [1.0, -1.0, -1.0, -1.0],
}
"""The sign of the result at each of PAIRS (IEEE 754-2019, maximum and minimum)."""


def signs(values):
    return [math.copysign(1.0, float(value)) for value in values]


@pytest.mark.parametrize("name", SIGNS)
def test_two_zeros(name):
    f = adcli.function(f"{name}(x, y)")
    assert signs(f.value({"x": x, "y": y}, engine="python") for x, y in PAIRS) == SIGNS[name]
    assert signs(f.value({"x": x, "y": y}, engine="numpy") for x, y in PAIRS) == SIGNS[name]
    many = np.array(PAIRS * 33)
    for engine in ("numpy", "llvm"):
        found = f.map({"x": many[:, 0], "y": many[:, 1]}, engine=engine, wrt=())
        assert signs(found.values) == SIGNS[name] * 33, engine


@pytest.mark.parametrize("name", SIGNS)
def test_a_zero_written_out(name):
    for zero in ZEROS:
        f = adcli.function(f"{name}(x, {zero})")
        wanted = [
            sign for (_, y), sign in zip(PAIRS, SIGNS[name], strict=True) if str(y) == str(zero)
        ]
        x = np.array(ZEROS * 40)
        for engine in ("numpy", "llvm"):
            assert signs(f.map({"x": x}, engine=engine, wrt=()).values) == wanted * 40, engine
        assert signs(f.value({"x": x}) for x in ZEROS) == wanted


@pytest.mark.parametrize("name", SIGNS)
def test_exported_code(name, tmp_path):
    _, sketch = sketch_of(f"{name}(x, y)")
    python, numpy = (run_python(to_code(sketch, target)) for target in ("python", "numpy"))
    library = compile_c(tmp_path, [to_code(sketch, "c")])
    assert signs(python(x, y)[0] for x, y in PAIRS) == SIGNS[name]
    assert signs(numpy(*np.array(PAIRS).T)[0]) == SIGNS[name]
    assert signs(call_c(library.f, {"x": x, "y": y}, 2)[0] for x, y in PAIRS) == SIGNS[name]


@pytest.mark.parametrize("name", ["max", "min"])
def test_reductions(name):
    f = adcli.function(f"{name}(v) + {name}(W, axis=0)[1]")
    for zeros in product(ZEROS, repeat=4):
        point = {"v": np.tile(zeros, 9), "W": np.tile(zeros, (3, 1))}
        values = [f.value(point, engine=engine) for engine in ("numpy", "auto")]
        values.append(LossPlan(f, ["v"]).value(point))
        assert signs(values) == [1.0] * 3
    losses = adcli.function(f"{name}(v*a)")
    for engine in ("numpy", "llvm"):
        point = {"v": np.array([-0.0] * 100), "a": 1.0}
        assert signs([losses.value(point, engine=engine)]) == [1.0], engine


def test_values_beside_zeros_are_as_before():
    rng = np.random.default_rng(3)
    x, y = (rng.choice([0.0, -0.0, 1.0, -1.0, np.nan, np.inf], 500) for _ in range(2))
    for name, function in (("max", np.maximum), ("min", np.minimum)):
        f = adcli.function(f"{name}(x, y)")
        for engine in ("numpy", "llvm"):
            found = f.map({"x": x, "y": y}, engine=engine, wrt=(), on_error="null").values
            wanted = function(x, y)
            finite = np.isfinite(wanted)
            np.testing.assert_array_equal(found[finite], wanted[finite])


@pytest.mark.parametrize(
    ("text", "shown"), [("v - v", "v - v"), ("0*v + w - w", "0*v + w - w"), ("2*v - v", "v")]
)
def test_the_text_of_a_function_keeps_the_shape(text, shown):
    f = adcli.function(text)
    assert str(f) == shown
    point = {name: [1.0, 2.0] for name in f.variables}
    again = adcli.function(str(f))
    assert np.shape(again.value(point)) == np.shape(f.value(point)) == (2,)
