"""The complex engine: complex arrays over points, for derivatives by the complex step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from adcli.algebras.arrays import Arrays
from adcli.algebras.functions import complex_functions
from adcli.graph.graph import Graph
from adcli.graph.primitives import ELEMENTWISE, MATRIX, SELECT, Primitive
from adcli.graph.structure import usual_word

STEP = 1e-40
"""The imaginary step relative to the variable: its square is far below rounding."""


class ComplexArrays(Arrays):
    """The algebra of complex arrays over points. It evaluates; no sweep runs on it.

    A function that is not analytic, or has no complex form here, is applied to the real parts: see
    `obstacle`.
    """

    dtype: Any = np.complex128
    elementwise: Any = complex_functions

    def function(self, op: Primitive) -> Any:
        if not _is_step(op) and _has_complex_form(op):
            return super().function(op)
        real = Arrays().function(op)
        return lambda *xs: real(*[x.real for x in xs]) + 0j

    def structural(self, op: Primitive, attr: Any, xs: list[Any]) -> Any:
        if _has_complex_form(op):
            return super().structural(op, attr, xs)
        return Arrays().structural(op, attr, [x.real for x in xs]) + 0j


def is_analytic(op: Primitive) -> bool:
    """Whether a primitive is analytic inside its domain, or but for single points (hypot)."""
    return op.kink is None or op.value is not None or op.name in vars(complex_functions)


def obstacle(graph: Graph, order: list[int], output: int, wrt: Iterable[int]) -> int | None:
    """The first node that keeps the complex step from working, None if it works.

    That is a node through which a derivative flows from `wrt` to `output` and whose primitive is
    not analytic or has no complex form here. Nothing flows through a comparison or a step: those
    decide by real parts.
    """
    active = graph.dependents(order, wrt)
    needed = bytearray(len(graph))
    needed[output] = 1
    found = None
    for i in reversed(order):
        op = graph.ops[i]
        if not (needed[i] and active[i]) or _is_step(op):
            continue
        if not _has_complex_form(op):
            found = i
        for j in graph.args[i]:
            needed[j] = 1
    return found


def _has_complex_form(op: Primitive) -> bool:
    """Whether a primitive is analytic and can be applied to complex arrays."""
    is_sum_of_products = op.kind == MATRIX and op.trend == "signs"
    is_for_any = op.kind not in (ELEMENTWISE, MATRIX, SELECT) or is_sum_of_products
    return is_analytic(op) and (is_for_any or hasattr(complex_functions, op.name))


def _is_step(op: Primitive) -> bool:
    return op.kind == ELEMENTWISE and not any(op.partials)


def why_not(op: Primitive) -> str:
    """What is wrong with an obstacle, as a clause: `abs is not analytic`."""
    if is_analytic(op):
        return f"there is no complex {usual_word(op)} here"
    return f"{usual_word(op)} is not analytic"
