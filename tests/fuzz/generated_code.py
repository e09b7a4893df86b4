"""A program and its gradient as generated Python or NumPy code, run at a point."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from adcli.function import Function
from tests.terminal import run_here


def run_code(f: Function, where: dict[str, Any], target: str) -> tuple[Any, dict[str, Any]] | None:
    """What the function of `adcli diff` returns: the value, and the gradient by name; None for a
    program that the target cannot say. Whatever the code raises is a fault."""
    sizes = {name: "x".join(map(str, np.shape(x))) for name, x in where.items() if np.shape(x)}
    shapes = [part for name, size in sizes.items() for part in ("--shape", f"{name}={size}")]
    outcome = run_here(["diff", "--as", target, *shapes, "--", f.text], b"", {})
    if outcome.code:
        return None
    space: dict[str, Any] = {}
    exec(compile(outcome.stdout, "<generated>", "exec"), space)  # ours, not what anyone wrote
    given = {name: np.array(x) if np.shape(x) else x for name, x in where.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        value, found = space["f"](*[given[name] for name in f.inputs])
    return value, dict(zip(f.names(None), found, strict=True))  # indices have no derivative
