"""Generated NumPy holds the engine's numbers on arrays: every function of one, hard values."""

import random

import numpy as np
import pytest

import adcli
from adcli.export.source_code import to_code
from adcli.graph.library import LIBRARY
from adcli.graph.primitives import ELEMENTWISE, PRIMITIVES, SELECT
from tests.export.test_source_code import run_python, sketch_of

SHARES_CANCEL = {"softmax": 4e-15}
"""Whose gradients (log_softmax too) are differences of shares, with the rounding of those: 1."""

VALUES = (0.0, -0.0, 1.0, 1.0, -2.5, 3.0, 1e-200, -1e200, 1e150, -40.0, 800.0, 1e-9)


def programs():
    """Sums of each function of one array, and the same weighted, so that adjoints differ."""
    for name, function in sorted(LIBRARY.items()):
        if function.inputs not in (("x",), ("*xs",)) or function.kind in (ELEMENTWISE, SELECT):
            continue
        text = f"sum({name}(v)*{name}(v)) + sum({name}(v))"
        try:
            adcli.function(text).value({"v": [1.0, 2.0, 4.0]})
        except adcli.AdcliError:
            continue
        yield text


MORE = (
    "quantile(v, 0.3)*sum(quantile(v, [0.5, 0.9]))",
    "sum(recurrence(v, v - 1, backwards=1)^2)",
    "sum(sort(outer(v, [1, 2, 3]), axis=0)*v) + sum(cumprod(outer(v, [1, 2]), axis=1))",
    "sum(linspace(v[0], v[1], 3)*v)",
    'sum(einsum("...i,i...->...i", outer(v, v), v))',
)


@pytest.mark.parametrize("text", [*programs(), *MORE])
def test_every_function_of_an_array(text):
    f, sketch = sketch_of(text, {"v": (3,)})
    function = run_python(to_code(sketch, "numpy"))
    rng = random.Random(text)
    for _ in range(60):
        v = np.array(rng.choices(VALUES, k=3))
        value, (gradient,) = function(v)
        try:
            exact, slopes = f.value_and_gradient({"v": v})
        except adcli.DomainError:
            assert not np.isfinite([value, *gradient]).all(), v
            continue
        np.testing.assert_allclose(value, exact, rtol=1e-12, atol=1e-300, err_msg=str(v))
        scale = np.abs(slopes["v"]).max() * 1e-14 + 1e-300
        scale += sum(noise for name, noise in SHARES_CANCEL.items() if name in text)
        np.testing.assert_allclose(gradient, slopes["v"], rtol=1e-12, atol=scale, err_msg=str(v))


LIBRARY_ROWS = [p for p in PRIMITIVES.values() if p.kind == ELEMENTWISE and p.libraries]


@pytest.mark.parametrize("row", LIBRARY_ROWS, ids=lambda row: row.name)
def test_functions_that_libraries_compute_run_in_generated_numpy(row):
    f = adcli.function(f"{row.name}({', '.join(row.inputs)})")
    sketch = sketch_of(f.text, {})[1]
    function = run_python(to_code(sketch, "numpy"))
    for share in (0.25, 0.75):
        point = [low + share * (high - low) for low, high in row.sample]
        if row.inputs[0] == "n":
            point[0] = float(round(point[0]))
        value = function(*point)[0]
        exact = f.value(dict(zip(row.inputs, point, strict=True)))
        np.testing.assert_allclose(value, exact, rtol=1e-12)
