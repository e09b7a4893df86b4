"""Many points at once: machine code, arrays and floats agree row by row, failed rows included."""

from __future__ import annotations

from typing import Any

import numpy as np
from mpmath import mp

from adcli.errors import AdcliError, UsageError
from adcli.function import Function
from tests.fuzz.agreement import RELATIVE, Case, flat
from tests.fuzz.choices import Choices
from tests.fuzz.conditioning import DIGITS, Numbers
from tests.fuzz.programs import loss, point
from tests.ways import MODES

ENGINES = (("llvm", "numpy"), ("llvm", "python"), ("numpy", "python"))
MOST = 3
"""Rows in which engines differ that are computed in many digits."""


def rows(c: Choices) -> str:
    """A program over rows by two engines; where they differ, each against many digits."""
    f = loss(c)
    if f is None:
        return "refused"
    points = [point(c, f.variables) for _ in range(c.of((3, 1, 2, 9, 17, 40)))]
    engines, mode = c.of(ENGINES), c.of(MODES)
    c.case = f"rows of {f.text!r} at {points}"
    found = {}
    for engine in engines:
        try:
            found[engine] = _mapped(f, points, engine, mode)
        except UsageError:  # machine code has not all functions, floats no arrays
            continue
        except AdcliError:
            return "refused"
    if len(found) < 2:
        return "one engine"
    differing = [k for k, pair in enumerate(zip(*found.values(), strict=True)) if not _same(*pair)]
    with mp.workdps(DIGITS + 20):
        for k in differing[:MOST]:
            c.case = f"row {k} of {f.text!r} at {points[k]}, by {engines}"
            case = Case(f, points[k], "value_and_gradient", c)
            reference = case.result(f, {"precision": DIGITS})
            for engine, results in found.items():
                case.compare(results[k], reference, f"rows by {engine} {mode} differ", RELATIVE)
    return "agree" if not differing else "rounded"


def _mapped(
    f: Function, points: list[dict[str, Any]], engine: str, mode: str
) -> list[Numbers | str]:
    """The numbers of each row, or the kind of its error."""
    columns = {name: np.array([at[name] for at in points]) for name in f.variables}
    batch = f.map(columns, engine=engine, mode=mode, on_error="null")
    return [
        "DomainError"
        if k in batch.errors
        else flat((batch.values[k], {name: g[k] for name, g in batch.gradients.items()}))
        for k in range(len(points))
    ]


def _same(a: Numbers | str, b: Numbers | str) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return all(abs(x - y) <= RELATIVE * abs(y) for x, y in zip(a, b, strict=True))
