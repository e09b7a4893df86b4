"""Write profile_intervals.json: intervals by lmfit.conf_interval at 1, 2 and 3 sigma.

`python tests/fitting/make_profile_intervals.py` with lmfit installed (the file says which version).
Data: Puromycin (Bates & Watts, Nonlinear Regression Analysis, 1988, table A1.3), BOD (the same,
table A1.4), the others by the formulas below.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lmfit
import numpy as np

T = np.array([0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5])
X = np.linspace(-2, 3, 26)
PROBLEMS: dict[str, dict[str, Any]] = {
    "Puromycin": {
        "model": "Vm*s/(K + s)",
        "data": {
            "s": [0.02, 0.02, 0.06, 0.06, 0.11, 0.11, 0.22, 0.22, 0.56, 0.56, 1.1, 1.1],
            "y": [76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200],
        },
        "start": {"Vm": 200, "K": 0.1},
    },
    "BOD": {
        "model": "A*(1 - exp(-k*t))",
        "data": {"t": [1, 2, 3, 4, 5, 7], "y": [8.3, 10.3, 19.0, 16.0, 15.6, 19.8]},
        "start": {"A": 19, "k": 0.5},
        "sigmas": [1, 2],
    },
    "decay": {
        "model": "a*exp(-k*t) + c",
        "data": {
            "t": T.tolist(),
            "y": [2.79, 2.01, 1.41, 1.09, 0.76, 0.67, 0.5, 0.42, 0.33],
            "w": [0.05, 0.05, 0.05, 0.1, 0.05, 0.1, 0.05, 0.1, 0.05],
        },
        "start": {"a": 2.5, "k": 0.8, "c": 0.3},
    },
    "peak": {
        "model": "h*exp(-(x - m)^2/(2*s^2)) + b",
        "data": {
            "x": X.tolist(),
            "y": (
                3 * np.exp(-((X - 0.4) ** 2) / (2 * 0.6**2)) + 0.2 + 0.1 * np.sin(17 * X)
            ).tolist(),
        },
        "start": {"h": 3, "m": 0.4, "s": 0.6, "b": 0.2},
    },
}


def intervals(problem: dict[str, Any]) -> dict[str, Any]:
    """(low, high) by sigma and parameter."""
    columns = {name: np.array(x, dtype=float) for name, x in problem["data"].items()}
    weight = columns.get("w", 1.0)
    code = compile(problem["model"].replace("^", "**"), "model", "eval")

    def residual(p: Any) -> Any:
        found = eval(code, {"exp": np.exp}, {**columns, **p.valuesdict()})
        return (found - columns["y"]) / weight

    p = lmfit.Parameters()
    for name, value in problem["start"].items():
        p.add(name, value)
    tight = {"xtol": 1e-13, "ftol": 1e-15, "gtol": 1e-15}
    fitter = lmfit.Minimizer(residual, p)
    found = fitter.minimize(method="leastsq", **tight)
    sigmas = problem.get("sigmas", [1, 2, 3])
    table = lmfit.conf_interval(fitter, found, sigmas=sigmas)
    count = len(sigmas)
    return {
        str(sigma): {
            name: [float(rows[count - 1 - k][1]), float(rows[count + 1 + k][1])]
            for name, rows in table.items()
        }
        for k, sigma in enumerate(sigmas)
    }


if __name__ == "__main__":
    body = {
        "source": f"lmfit {lmfit.__version__}, conf_interval",
        "problems": {n: {**p, "intervals": intervals(p)} for n, p in PROBLEMS.items()},
    }
    path = Path(__file__).parent / "profile_intervals.json"
    path.write_text(json.dumps(body, indent=1) + "\n")
