"""Operations that only look at an array in another way.

Each is `(x, full, old, new, attr)`: the operand x, the same in its whole shape `old`, the shape of
the result, and the node's attribute. The result is an operand, or a copy where no view will do.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from adcli.engines.plan.operand import Operand, View
from adcli.engines.plan.writing import one_point
from adcli.graph.axes import Shape, key_of, normal_axis


class Copy(NamedTuple):
    """What `call` makes of an operand."""

    call: View
    operand: Operand


def _reshape(x: Operand, full: Operand, old: Shape, new: Shape, attr: Any) -> Operand | Copy:
    if old == new:
        return x
    if prod(x.core) == 1 < prod(new):
        core = (1,) * len(new)
        return x.seen(lambda x: x.reshape(core), core)
    if x.core == old and x.plain:
        rest = new[1:]
        if old and new and old[0] == new[0]:  # of some rows too
            return x.seen(lambda x: x.reshape(len(x), *rest), new, rows=True, plain=True)
        return x.seen(lambda x: x.reshape(new), new, plain=True)
    return Copy(lambda x: x.copy().reshape(new), full)


def _broadcast(x: Operand, full: Operand, old: Shape, new: Shape, attr: Any) -> Operand:
    extra = len(new) - len(old)
    if extra == 0:
        return x
    core = (1,) * extra + x.core
    return x.seen(lambda x: x.reshape(core), core, plain=True)


def _expand(x: Operand, full: Operand, old: Shape, new: Shape, axis: int) -> Operand:
    axis = normal_axis(axis, len(x.core) + 1)
    core = (*x.core[:axis], 1, *x.core[axis:])
    return x.seen(lambda x: np.expand_dims(x, axis), core, rows=axis > 0, plain=True)


def _transpose(x: Operand, full: Operand, old: Shape, new: Shape, axes: Any) -> Operand:
    ndim = len(x.core)
    order = tuple(range(ndim))[::-1] if axes is None else tuple(a % ndim for a in axes)
    if order == tuple(range(ndim)):
        return x
    core = tuple(x.core[a] for a in order)
    return x.seen(lambda x: x.transpose(order), core, rows=order[0] == 0)


def _index(x: Operand, full: Operand, old: Shape, new: Shape, key: Any) -> Operand:
    place = key_of(key)
    rows = place[0] == slice(None) if place else True
    return full.seen(lambda x: x[(*place, ...)], new, rows)


def _diag(x: Operand, full: Operand, old: Shape, new: Shape, attr: Any) -> Operand | Copy:
    if len(old) == 1:
        return Copy(one_point("diag", None), full)
    return full.seen(np.diagonal, new)


VIEWS: dict[str, Callable[[Operand, Operand, Shape, Shape, Any], Operand | Copy]] = {
    "reshape": _reshape,
    "broadcast": _broadcast,
    "expand": _expand,
    "transpose": _transpose,
    "index": _index,
    "diag": _diag,
}
