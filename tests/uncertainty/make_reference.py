"""Writes reference.json: values and covariances of results by the package `uncertainties`.

Run with a Python that has it: `python tests/uncertainty/make_reference.py`. It propagates to first
order, with derivatives that its author wrote by hand.
"""

from __future__ import annotations

import json
import random
from importlib.metadata import version
from pathlib import Path

import numpy as np
import uncertainties
from uncertainties import umath, unumpy

ONE = {
    **dict.fromkeys(("acosh",), (1.2, 3.0)),
    **dict.fromkeys(("acos", "asin", "atanh"), (-0.9, 0.9)),
    **dict.fromkeys(("asinh", "atan", "cos", "sin", "sinh", "cosh", "tanh", "exp"), (-3.0, 3.0)),
    **dict.fromkeys(("erf", "erfc", "expm1"), (-2.0, 2.0)),
    **dict.fromkeys(("tan",), (-1.4, 1.4)),
    **dict.fromkeys(("log", "log10", "sqrt"), (0.1, 50.0)),
    **dict.fromkeys(("log1p",), (-0.5, 5.0)),
}
"""Function of one number -> where it is taken."""

PROGRAMS = [
    *(
        "x + y*z",
        "x*y*z",
        "x/y - y/x",
        "(x - y)/(x + y)",
        "x^3 - 2*x*y^2",
        "2^x*y",
        "x^y",
        "x^(y*z)",
    ),
    *("hypot(x, y)*z", "atan2(y, x)", "exp(-x*y)*cos(z)", "sqrt(x^2 + y^2 + z^2)", "log(x/y)*z"),
    *("x*sin(y) + z*cos(y)", "1/(1/x + 1/y + 1/z)", "x*exp(-y/z)", "(x + y + z)/3", "x*x/x - y"),
    *("sinh(x - y)/cosh(z)", "log1p(x*y) - expm1(-z)", "erf(x/y) + erfc(z)", "x^0.5*y^-1.5*z^2"),
    *("x*(1 + y*(z - 20))", "asin(x/(1 + y + z))", "x/y/z", "abs(x - 3*y)*z", "-x + +y - -z"),
]
SEVERAL = [
    *("x*cos(y), x*sin(y)", "x + y, x - y, x*y", "x/y, y/z, z/x", "exp(x), exp(2*x), y*exp(x)"),
    *("x*y*z, log(x) + log(y) + log(z)", "sqrt(x*y), x^2, z"),
]
VECTORS = [
    *("sum(v)", "mean(v)", "dot(v, w)", "sum(v*w)/sum(w)", "sqrt(sum(v^2))", "prod(v)"),
    *("v*w", "v/w - w", "sum(v*x)", "[v[0]*w[1], v[1]*w[0]]", "sum(exp(-v/x)*w)"),
]
NAMES = {name: getattr(umath, name) for name in (*ONE, "hypot", "atan2")} | {"abs": abs}
ARRAYS = {
    **{"sum": lambda v: sum(v), "mean": lambda v: sum(v) / len(v), "prod": np.prod},
    **{"dot": lambda v, w: sum(v * w), "exp": unumpy.exp, "sqrt": umath.sqrt},
}


def case(program, at, u, correlation=None):
    """A program at a point: `at` and `u` by name, `correlation` of all numbers in order."""
    numbers = np.concatenate([np.ravel(at[name]) for name in at]).astype(float)
    spreads = np.concatenate([np.ravel(u[name]) for name in at]).astype(float)
    if correlation is None:
        known = [uncertainties.ufloat(x, s) for x, s in zip(numbers, spreads, strict=True)]
    else:
        pairs = list(zip(numbers, spreads, strict=True))
        known = list(uncertainties.correlated_values_norm(pairs, correlation))
    scope, left = {}, list(known)
    for name, value in at.items():
        if isinstance(value, list):
            scope[name] = np.array([left.pop(0) for _ in value])
        else:
            scope[name] = left.pop(0)
    functions = ARRAYS if any(isinstance(x, list) for x in at.values()) else NAMES
    found = eval(program.replace("^", "**"), {**functions, **scope})  # programs of this file
    found = list(found) if isinstance(found, (tuple, list, np.ndarray)) else [found]
    return {
        "program": program,
        "at": at,
        "u": u,
        "correlation": None if correlation is None else correlation.tolist(),
        "values": [x.n for x in found],
        "covariance": uncertainties.covariance_matrix(found),
    }


def correlation_of(rng, count):
    """A random correlation matrix, far from singular."""
    factor = rng.normal(size=(count, 2 * count))
    matrix = factor @ factor.T
    scale = np.sqrt(np.diag(matrix))
    return np.round(matrix / np.outer(scale, scale), 3)


def cases():
    draw, rng = random.Random(17), np.random.default_rng(17)
    for name, (low, high) in ONE.items():
        for _ in range(4):
            x = round(draw.uniform(low, high), 3)
            yield case(f"{name}(x)", {"x": x}, {"x": round(draw.uniform(0.001, 0.2), 4)})
    for program in [*PROGRAMS, *SEVERAL]:
        names = [name for name in "xyz" if name in program.replace("exp", "")]
        for k in range(4):
            at = {name: round(draw.uniform(0.3, 2.5), 4) for name in names}
            u = {name: round(draw.uniform(0.001, 0.3), 5) for name in names}
            yield case(program, at, u, correlation_of(rng, len(names)) if k % 2 else None)
    for program in VECTORS:
        for k in range(2):
            at, u = {}, {}
            for name in [name for name in "vwx" if name in program.replace("exp", "")]:
                size = 1 if name == "x" else 3
                numbers = [round(draw.uniform(0.3, 2.5), 4) for _ in range(size)]
                spread = [round(draw.uniform(0.001, 0.3), 5) for _ in range(size)]
                at[name] = numbers if size > 1 else numbers[0]
                u[name] = spread if size > 1 else spread[0]
            count = sum(np.size(x) for x in at.values())
            yield case(program, at, u, correlation_of(rng, count) if k else None)


def main():
    body = {"source": f"uncertainties {version('uncertainties')}", "cases": list(cases())}
    text = json.dumps(body).replace('{"program"', '\n{"program"')
    Path(__file__).with_name("reference.json").write_text(text + "\n", encoding="utf-8")
    print(len(body["cases"]))


if __name__ == "__main__":
    main()
