"""Compound functions once more, for formulas that are read: one node each, with textbooks' rules.

The graph that is computed has the norm as 30 operations that survive 1e200, and softmax without its
overflow. Here norm stays norm, and its derivative is x/norm(x). Formulas made of these rows are
printed, not evaluated: their text, read again, means the functions as they are computed. At kinks,
where the derivative is a convention, textbooks state none: x/norm(x) has no value at 0.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from adcli.graph.axes import Shape, kept_shape, normal_axis, reduced_shape
from adcli.graph.library import LIBRARY, along
from adcli.graph.primitives import COMPOUND, ELEMENTWISE, LINEAR, REDUCTION, Primitive


def _shown(name: str, kind: str, **stated: Any) -> Primitive:
    """Make a row what formulas to be read have for a compound function."""
    compound = LIBRARY[name]
    spelling = {"latex": rf"\operatorname{{{name}}}"} if kind == ELEMENTWISE else {}
    stated = {"options": compound.options, "spelling": spelling} | stated
    row = compound.shown = Primitive(name, kind, compound.inputs, **stated)
    return row


# ---- functions of numbers ----

_shown("relu", ELEMENTWISE, partials=(lambda m, x, out: m.greater(x, 0),), trend="rises")
_shown("logsigmoid", ELEMENTWISE, partials=(lambda m, x, out: 1 - m.sigmoid(x),))
_shown(
    "sec",
    ELEMENTWISE,
    partials=(lambda m, x, out: out * m.tan(x),),
    domain="cos(x) != 0",
    even=True,
    spelling={"latex": r"\sec"},
)
_shown(
    "csc",
    ELEMENTWISE,
    partials=(lambda m, x, out: -(out * m.cot(x)),),
    domain="sin(x) != 0",
    spelling={"latex": r"\csc"},
)

# ---- reductions ----


def _mean_transpose(m: Any, g: Any, k: int, axis: int | None, shapes: list[Shape], _: Any) -> Any:
    (shape,) = shapes
    spread = m.broadcast(shape, m.reshape(kept_shape(shape, axis), g))
    return m.divide(spread, _count(axis, shape))


_MEAN = _shown("mean", LINEAR, shape=reduced_shape, rule=_mean_transpose, trend="keeps")


def _count(axis: int | None, shape: Shape) -> int:
    """How many elements of an array go into one of its reduction over an axis."""
    return prod(shape) if axis is None else shape[axis]


def _deviations(m: Any, x: Any, axis: int | None, shape: Shape) -> Any:
    return x - m.reshape(kept_shape(shape, axis), m.structural(_MEAN, axis, x))


def _share(m: Any, x: Any, out: Any, axis: int | None, shape: Shape) -> Any:
    """The softmax of x, where `out` is its logsumexp."""
    if axis is None and len(shape) != 1:
        return m.exp(x - out)
    return m.structural(_SOFTMAX, -1 if axis is None else axis, x)


def _reduction(name: str, weight: Callable[..., Any]) -> Primitive:
    """A function of all elements whose derivative is `weight(m, x, out, axis, shape)`."""
    return _shown(name, REDUCTION, shape=reduced_shape, rule=lambda *given: (None, weight(*given)))


_reduction("norm", lambda m, x, out, axis, shape: m.divide(x, out))
_reduction("logsumexp", _share)
_reduction(
    "var",
    lambda m, x, out, axis, shape: m.divide(
        2 * _deviations(m, x, axis, shape), _count(axis, shape)
    ),
)
_reduction(
    "std",
    lambda m, x, out, axis, shape: m.divide(
        _deviations(m, x, axis, shape), _count(axis, shape) * out
    ),
)

# ---- arrays from arrays: the Jacobian, or its transpose, times v ----


def _softmax_product(m: Any, v: Any, x: Any, out: Any, axis: int, transposed: bool) -> Any:
    return out * (v - along(m, axis, m.sum(axis, out * v)))


def _log_softmax_product(m: Any, v: Any, x: Any, out: Any, axis: int, transposed: bool) -> Any:
    p = m.structural(_SOFTMAX, axis, x)
    if transposed:
        return v - p * along(m, axis, m.sum(axis, v))
    return v - along(m, axis, m.sum(axis, p * v))


def _own_shape(shapes: list[Shape], axis: int) -> Shape:
    (shape,) = shapes
    normal_axis(axis, len(shape))
    return shape


_SOFTMAX = _shown("softmax", COMPOUND, shape=_own_shape, rule=_softmax_product)
_shown("log_softmax", COMPOUND, shape=_own_shape, rule=_log_softmax_product)
