"""Generated functions hold the engine's accuracy: every function of the language, on a hard grid.

A function's value and its derivatives of first and second order, in each target, against the
engine at each point. A difference may be 1e-13 of the engine's number and four times what it
changes by when an argument moves by one ulp. Where the engine says that there is no number, the
generated function gives none: its value or one of its derivatives is nan or infinite.
"""

import math
from itertools import product, zip_longest

import numpy as np
import pytest

import adcli
from adcli.ad.formulas import derivative_formulas
from adcli.export.source_code import Sketch, to_code
from adcli.export.targets import TARGETS
from adcli.graph.library import LIBRARY
from adcli.graph.primitives import COMPARISONS, ELEMENTWISE, PRIMITIVES, SELECT, no_derivative
from adcli.graph.simplify import simplify
from tests.export.test_source_code import call_c, compile_c, run_python

_SIZES = (
    *(5e-324, 1e-310, 1e-200, 1e-100, 1e-20, 1e-10, 1e-5, 0.01, 0.25, 0.3, 0.49999, 0.5, 0.6, 0.75),
    *(0.99999, 1.0, 1.0000000001, 1.4616321449683622, 1.5, math.pi / 2, 2.0, 2.5, 3.0, math.pi),
    *(3.7, 3.9999999999, 5.5, 9.99, 12.0, 18.5, 19.5, 27.5, 30.5, 36.5, 40.0, 100.25, 170.5),
    *(171.7, 200.5, 355.0, 356.0, 709.5, 710.5, 745.5, 1e3, 12345.5, 1e8 + 0.5, 1e15 + 0.5, 1e16),
    *(1e100, 1e154, 1e200, 1e300, 1e307),
)
_NUMBERS = (0.0, -0.0, *_SIZES, *(-x for x in _SIZES), -0.5040830082644554)
_FEW = (0.0, -0.0, 1e-300, -1e-300, 1e-8, 0.5, -0.5, 1.0, -1.0, 2.0, -3.0, 3.3, 30.5, -1e5, 1e150)
_FEW += (1e300, -1e300)
_ORDERS = (0.0, 1.0, 2.0, 5.0, 17.0, 100.0, 150.0, 0.5, -1.0)


def calls():
    """A call of every function of numbers, as a text, and the grid of its arguments."""
    for name, function in sorted(LIBRARY.items()):
        count = max(2, len(function.inputs)) if function.variadic else len(function.inputs)
        names = ("x", "y", "z", "t", "u")[:count]
        text = f"{name}({', '.join(names)})"
        if function.kind in (ELEMENTWISE, SELECT) or (
            count and not set(function.options) - {"axis"}
        ):
            try:
                function = adcli.function(text)
            except adcli.LanguageError:
                continue
            if function.is_scalar and set(function.variables) == set(names):  # codes(x) has none
                yield text, names
    for name in ("add", "subtract", "multiply", "divide", "power", *COMPARISONS):
        yield f"x {PRIMITIVES[name].symbol} y", ("x", "y")


def word(text):
    """The function of a call."""
    return text.partition("(")[0]


def grid(text, names):
    """The points for a call."""
    if word(text) == "polygamma":
        return list(product(_ORDERS, _NUMBERS))
    if word(text) in ("dgammapdf", "dgammainc"):
        return list(product((1.0, 2.0), (0.3, 2.5, 40.0), (0.0, 0.5, 3.0, 45.0)))
    if word(text) in ("dbetapdf", "dbetainc"):
        return list(product((0.0, 1.0), (1.0,), (0.3, 40.0), (0.0, 2.5), (0.0, 0.3, 0.97, 1.0)))
    if word(text) in ("voigtre", "voigtim"):
        return list(product(_ORDERS[:3], (0.0, 0.5, -3.3, 30.5), (0.5, 3.0), (0.0, 0.1, 2.0)))
    if word(text) in ("ierfcx", "dsinc") or word(text).startswith("bessel"):
        return list(product(_ORDERS[:5], _NUMBERS[::3]))
    if word(text) == "polygammadiff":
        return list(product(_ORDERS[:3], _FEW, _FEW))
    sides = {1: _NUMBERS, 2: _FEW, 3: _FEW[4:12], 4: (0.5, 1.0, -3.0, 30.5)}
    return list(product(*[sides[len(names)]] * len(names)))


CALLS = dict(calls())
_ARRAYS_ALONE = {"erfcx", "ierfcx", "erfinv", "erfcinv", "norminv", "lognormcdf", "invmills"}
_ARRAYS_ALONE |= {"besselj", "bessely", "besseli", "besselk", "voigt", "voigtre", "voigtim"}
_ARRAYS_ALONE |= {
    "gammainc",
    "gammaincc",
    "gammapdf",
    "dgammapdf",
    "dgammainc",
    "betainc",
    "betapdf",
    "dbetapdf",
    "dbetainc",
}
UNSAYABLE = {
    "python": _ARRAYS_ALONE,
    "numpy": set(),
    "c": {*_ARRAYS_ALONE, "lbeta", "polygammadiff", "beta_logpdf", "sinc", "dsinc"},
}
"""Functions that a target has no spelling for, or for their derivatives."""


def differentiated(text):
    """The variables of a call that have a derivative: an order has none."""
    function = LIBRARY.get(word(text))
    rules = function.partials if function else ()
    return [
        name for name, rule in zip_longest(CALLS[text], rules) if name and rule is not no_derivative
    ]


def sketch_to_second_order(text):
    """A function, and the sketch of its value, first and second derivatives."""
    f = adcli.function(text)
    inputs = {name: f.inputs[name] for name in CALLS[text]}
    derivatives = {}
    for order in (1, 2):
        found = derivative_formulas(f, differentiated(text), order)
        derivatives |= found.derivatives[0]
    (value,) = simplify(f.graph, f.outputs)
    return f, Sketch(f.graph, inputs, value, derivatives, {}, text)


def engine_numbers(f, sketch, point):
    """The engine's value and derivatives; None where it says that there are none."""
    at = dict(zip(sketch.variables, point, strict=True))
    try:
        value, gradient = f.value_and_gradient(at, wrt=differentiated(f.text))
        second = f.hessian(at, wrt=differentiated(f.text))[1]
    except adcli.DomainError:
        return None
    found = [gradient[k[0]] if len(k) == 1 else second[k[0]][k[1]] for k in sketch.derivatives]
    return np.array([value, *found], dtype=float)


def slack(f, sketch, point, exact):
    """What is allowed beyond 1e-13: four times the change by one ulp of an argument."""
    widest = np.zeros_like(exact)
    for k, x in enumerate(point):
        for end in (-math.inf, math.inf):
            moved = engine_numbers(f, sketch, (*point[:k], math.nextafter(x, end), *point[k + 1 :]))
            if moved is None:
                return np.full_like(exact, math.inf)
            widest = np.maximum(widest, np.abs(moved - exact))
    return 4 * widest


@pytest.fixture(scope="module")
def engine():
    """Each call with its sketch, its points and the engine's numbers there."""
    found = {}
    for text, names in CALLS.items():
        f, sketch = sketch_to_second_order(text)
        points = grid(text, names)
        found[text] = f, sketch, points, [engine_numbers(f, sketch, p) for p in points]
    return found


@pytest.mark.parametrize("target", TARGETS)
def test_every_function_agrees_with_the_engine(engine, target, tmp_path):
    unsayable = UNSAYABLE[target]
    engine = {text: found for text, found in engine.items() if word(text) not in unsayable}
    codes = [
        to_code(sketch, target, f"f{k}") for k, (_, sketch, _, _) in enumerate(engine.values())
    ]
    library = compile_c(tmp_path, codes) if target == "c" else None
    compared, wrong = 0, []
    for k, (text, (f, sketch, points, numbers)) in enumerate(engine.items()):
        count = len(sketch.derivatives)
        function = getattr(library, f"f{k}") if library else run_python(codes[k], f"f{k}")
        for point, exact, got in zip(
            points, numbers, run(target, function, points, count), strict=True
        ):
            compared += 1
            if not agrees(f, sketch, point, exact, np.array(got)):
                wrong.append(f"{text} at {point}: {got}, the engine has {exact}")
    assert not wrong, "\n".join(wrong[:20])
    assert compared > 5000


@pytest.mark.parametrize("target", ["python", "c"])
def test_what_a_target_cannot_say_is_an_error(target):
    for text in CALLS:
        if word(text) in UNSAYABLE[target]:
            with pytest.raises(adcli.LanguageError, match="has no spelling for"):
                to_code(sketch_to_second_order(text)[1], target, "f")


def run(target, function, points, count):
    """The numbers of a generated function at each point: NumPy's takes all at once."""
    if target == "numpy":
        value, derivatives = function(*np.array(points).T)
        columns = [np.broadcast_to(x, len(points)) for x in (value, *derivatives)]
        return np.array(columns).T.tolist()
    if target == "python":
        found = [function(*point) for point in points]
    else:
        found = [call_c(function, dict(enumerate(point)), count) for point in points]
    return [[value, *derivatives] for value, derivatives in found]


def agrees(f, sketch, point, exact, got):
    """Whether generated numbers are the engine's, or both have none."""
    if exact is None:
        return not np.isfinite(got).all()
    allowed = 1e-13 * np.abs(exact) + 1e-307
    off = np.abs(got - exact)
    return (off <= allowed).all() or bool((off <= allowed + slack(f, sketch, point, exact)).all())
