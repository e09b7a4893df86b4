"""How numbers are reduced to one: a row's with the next, those of lanes, those of an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from adcli.engines.llvm.code import Code
from adcli.engines.llvm.kernel import Array
from adcli.engines.llvm.operations import operation


class Reduction(NamedTuple):
    """How numbers are reduced: where one starts, how two are joined, and how an array is."""

    neutral: float
    join: Callable[[Code, str, str], str]
    total: Callable[[Array], float]


REDUCTIONS = {
    "sum": Reduction(0.0, lambda code, x, y: code.arithmetic("fadd", x, y), np.sum),
    "reduce_max": Reduction(-np.inf, operation("maximum"), lambda x: np.max(x) + 0.0),
    "reduce_min": Reduction(np.inf, operation("minimum"), lambda x: np.min(x) + 0.0),
}


def over_lanes(code: Code, vector: str, kind: Reduction) -> str:
    """The lanes joined in pairs, as a `double`."""
    if code.lanes == 1:
        return vector
    width = code.lanes
    while width > 1:
        whole = f"<{width} x double>"
        width //= 2
        part = code.narrow(width)
        halves = []
        for start in (0, width):
            places = ", ".join(f"i32 {start + k}" for k in range(width))
            mask = f"<{width} x i32> <{places}>"
            halves.append(code.emit(f"shufflevector {whole} {vector}, {whole} poison, {mask}"))
        if width == 1:
            halves = [code.emit(f"extractelement <1 x double> {h}, i32 0") for h in halves]
        vector = kind.join(part, *halves)
    return vector
