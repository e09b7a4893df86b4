"""A program and its gradient as generated Python or NumPy code, run at a point."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from adcli.ad.formulas import derivative_formulas
from adcli.errors import LanguageError, UsageError
from adcli.export.source_code import Sketch, to_code
from adcli.function import Function
from adcli.graph.simplify import simplify


def run_code(f: Function, where: dict[str, Any], target: str) -> tuple[Any, dict[str, Any]] | None:
    """What the function returns: the value, and the gradient by name; None for a program that the
    target cannot say. Whatever the code raises is a fault."""
    shapes = {name: np.shape(x) for name, x in where.items() if np.shape(x)}
    try:
        formulas = derivative_formulas(
            f.graph, f.outputs, f.inputs, list(f.inputs), 1, shapes, f.text
        )
        (value,) = simplify(f.graph, f.outputs, shapes)
        sketch = Sketch(f.graph, f.inputs, value, formulas.derivatives[0], shapes, f.text)
        code = to_code(sketch, target)
    except (LanguageError, UsageError):
        return None
    space: dict[str, Any] = {}
    exec(compile(code, "<generated>", "exec"), space)  # ours, not what anyone wrote
    values = [np.array(x) if np.shape(x) else x for x in where.values()]
    given = dict(zip(where, values, strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        value, found = space["f"](*[given[name] for name in f.inputs])
    return value, dict(zip(f.inputs, found, strict=True))
