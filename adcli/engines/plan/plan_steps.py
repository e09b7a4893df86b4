"""The nodes of a program over arrays as views and steps: NumPy's functions, told where to write.

A node is either a *view* of another one's memory (a transpose, a broadcast, a slice), which costs
nothing, or the result of a *step*. A step's result is stored without the axes that it is broadcast
along: its `core` is the smallest shape that broadcasts to the node's, with as many axes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

import numpy as np

from adcli.algebras.functions import array_functions
from adcli.engines.plan import gather_steps, writing
from adcli.engines.plan.operand import Array, Operand, Step, View, seen
from adcli.graph.axes import Shape, broadcast_shapes, key_of, normal_axis
from adcli.graph.gathering import axes_of
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    COMPARISONS,
    CONSTANT,
    ELEMENTWISE,
    MATRIX,
    NAMED,
    SELECT,
    VARIABLE,
)
from adcli.graph.structure import GATHER, SCATTER_ADD

FIRST_HELPER = -(1 << 40)
"""The steps of no node are numbered from here on, downwards."""


@dataclass
class Operations:
    """The nodes of `order` as steps (in order), views and constants.

    `held` has the values of variables that never change. What is computed from these and from
    numbers alone is in `fixed`, all else in `steps`. The nodes `given` are inputs like variables.
    """

    graph: Graph
    order: list[int]
    shapes: Mapping[int, Shape]
    dtype: Any
    held: Mapping[int, Array]
    given: Collection[int] = ()
    steps: list[Step] = field(default_factory=list)
    fixed: dict[int, Array] = field(default_factory=dict)
    operands: dict[int, Operand] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._kinds: dict[int, Any] = {}
        self._full: dict[int, Operand] = {}
        self._helpers: dict[Any, int] = {}
        with array_functions.quiet():
            for i in self.order:
                self._add(i)

    def _add(self, i: int) -> None:
        op, attr = self.graph.ops[i], self.graph.attrs[i]
        if op is CONSTANT or op is NAMED or i in self.held:
            if i in self.held:
                value = self.held[i]
            else:
                value = float(attr) if op is CONSTANT else getattr(array_functions, attr)
            self.fixed[i] = np.asarray(value, self.dtype)
            self.operands[i] = Operand(i, self.shapes[i])
        elif op is VARIABLE or i in self.given:
            self.operands[i] = Operand(i, self.shapes[i])
        elif op.kind in (ELEMENTWISE, SELECT):
            self._elementwise(i)
        elif op.name == "size":
            (a,) = self.graph.args[i]
            shape = self.shapes[a]
            self._constant(i, float(prod(shape) if attr is None else shape[attr]), ())
        elif op.name == "full":
            self._constant(i, attr[0], (1,) * len(attr[1]))
        elif op.name in _VIEWS:
            self._view(i)
        elif op.name in _REDUCTIONS:
            self._reduction(i)
        elif op.kind == MATRIX:
            self._matrix(i)
        elif op in (GATHER, SCATTER_ADD) and self._at_places(i):
            pass
        else:
            self._structural(i)

    def _constant(self, i: int, value: float, core: Shape) -> None:
        self.fixed[i] = np.full(core, value, self.dtype)
        self.operands[i] = Operand(i, core)

    def _kind(self, operand: Operand) -> Any:
        return self._kinds.get(operand.root, self.dtype)

    def _is_truth(self, operand: Operand) -> bool:
        return bool(self._kind(operand).kind == "b")

    def _whole(self, node: int) -> Operand:
        """The operand in the node's whole shape."""
        operand, shape = self.operands[node], self.shapes[node]
        if operand.core == shape:
            return operand
        if node not in self._full:
            self._full[node] = operand.seen(lambda x: np.broadcast_to(x, shape), shape)
        return self._full[node]

    def _step(self, step: Step) -> None:
        """Add a step, or do it now if nothing that it needs varies."""
        i = step.node
        self.operands[i] = Operand(i, step.core)
        self._kinds[i] = step.dtype
        if all(x.root in self.fixed for x in step.operands):
            xs = [seen(x, self.fixed[x.root]) for x in step.operands]
            if step.writes:
                result = np.empty(step.core, step.dtype)
                step.call(*xs, result)
            else:
                result = step.call(*xs)
            self.fixed[i] = result
        else:
            self.steps.append(step)

    # ---- elementwise ----

    def _elementwise(self, i: int) -> None:
        graph = self.graph
        op, args = graph.ops[i], graph.args[i]
        xs = [self.operands[a] for a in args]
        if op.name == "detach" or (len(xs) == 1 and op.name in ("maximum", "minimum")):
            self.operands[i] = xs[0]
            return
        core = broadcast_shapes([x.core for x in xs])
        call, in_place, xs = self._ufunc(i, xs)
        dtype = np.dtype(bool) if op.name in COMPARISONS else self.dtype
        sliced = tuple([_is_sliced(x, core) for x in xs]) if core else ()
        self._step(Step(i, core, dtype, call, xs, sliced=sliced, in_place=in_place))

    def _ufunc(self, i: int, xs: list[Operand]) -> tuple[Callable[..., Any], bool, list[Operand]]:
        """What computes an elementwise node into `out`, whether in place, and from what."""
        name = self.graph.ops[i].name
        flags = [self._is_truth(x) for x in xs]
        if name == "where":
            return self._where(xs, flags), False, xs
        if name == "power" and not flags[0]:
            exponent = self.fixed.get(xs[1].root)
            if exponent is not None and exponent.ndim == 0 and float(exponent) in writing.POWERS:
                return writing.POWERS[float(exponent)], float(exponent) in (2.0, -1.0), xs[:1]
        if name in COMPARISONS:
            return getattr(np, name), False, xs
        if name in ("maximum", "minimum"):
            return writing.extremum(writing.EXTREMA[name], self.dtype), len(xs) == 2, xs
        function = getattr(array_functions, name)
        if not isinstance(function, np.ufunc):
            return writing.into(function, self.dtype), False, xs
        return (writing.of_numbers(function, self.dtype) if any(flags) else function), True, xs

    def _where(self, xs: list[Operand], flags: list[bool]) -> Callable[..., None]:
        if flags[1] or flags[2]:
            call: Callable[..., None] = writing.copying
        elif self._is_zero(xs[2]):
            call = writing.first_or_zero(self.dtype)
        elif self._is_zero(xs[1]):
            call = writing.zero_or_second(self.dtype)
        else:
            call = writing.choosing(self.dtype)
        return call if flags[0] else lambda c, *rest: call(np.not_equal(c, 0), *rest)

    def _is_zero(self, x: Operand) -> bool:
        """Whether an operand is the number 0, all bits of it."""
        value = self.fixed.get(x.root)
        return value is not None and value.ndim == 0 and not (value or np.signbit(value))

    # ---- reductions ----

    def _reduction(self, i: int) -> None:
        op, attr, shape = self.graph.ops[i], self.graph.attrs[i], self.shapes[i]
        (a,) = self.graph.args[i]
        x, whole = self.operands[a], self.shapes[a]
        if op.name == "sum_to":
            extra = len(whole) - len(shape)
            axes = tuple(k for k in range(len(whole)) if k < extra or shape[k - extra] != whole[k])
            kept = [k for k in range(len(whole)) if k not in axes]
            core = tuple(1 if k + extra in axes else x.core[k + extra] for k in range(len(shape)))
        else:
            axes = tuple(range(len(whole))) if attr is None else (normal_axis(attr, len(whole)),)
            kept = [k for k in range(len(whole)) if k not in axes]
            if op.name == "prod" and any(x.core[k] != whole[k] for k in axes):
                x = self._whole(a)
            core = tuple(x.core[k] for k in kept)
        if not axes:
            self.operands[i] = x
            return
        ufunc = _REDUCTIONS[op.name]
        repeats = prod(whole[k] for k in axes if x.core[k] != whole[k])
        call = writing.reducing(
            ufunc, axes, tuple(x.core[k] for k in kept), float(repeats), self.dtype
        )
        over_rows = 0 in axes
        sliced: tuple[bool, ...] = ()
        if over_rows or (core and len(x.core) > 0):
            sliced = (x.core[0] == whole[0],)
        join = ufunc if over_rows else None
        self._step(Step(i, core, self.dtype, call, [x], sliced=sliced, join=join))

    # ---- places that are data ----

    def _at_places(self, i: int) -> bool:
        """Add the steps of a node that takes or adds rows at places; False where it does not."""
        op, attr = self.graph.ops[i], self.graph.attrs[i]
        x, *places = self.graph.args[i]
        pattern, shape = (attr, self.shapes[x]) if op is GATHER else attr
        if not gather_steps.is_by_rows(pattern, [self.shapes[a] for a in places]):
            return False
        _, count = axes_of(pattern)
        sizes, rest = shape[:count], shape[count:]
        index = self._helper(
            ("index", sizes, pattern[1], *places),
            lambda node: gather_steps.index_step(
                node, [self._whole(a) for a in places], sizes, pattern[1]
            ),
        )
        if op is GATHER:
            padded = self._helper(
                ("padded", count, x),
                lambda node: gather_steps.padded_step(
                    node, self._whole(x), prod(sizes), rest, self.dtype
                ),
            )
            self._step(gather_steps.gather_step(i, padded, index, self.dtype))
        else:
            values = self._whole(x)
            self._step(gather_steps.scatter_step(i, values, index, shape, rest, self.dtype))
        return True

    def _helper(self, key: Any, make: Callable[[int], Step]) -> Operand:
        """The result of a step that no node of the program stands for."""
        if key not in self._helpers:
            node = self._helpers[key] = FIRST_HELPER - len(self._helpers)
            self._step(make(node))
        return self.operands[self._helpers[key]]

    # ---- structural ----

    def _structural(self, i: int) -> None:
        op, attr, args = self.graph.ops[i], self.graph.attrs[i], self.graph.args[i]
        xs = [self._whole(a) for a in args]
        convert = any(self._is_truth(x) for x in xs)
        if op.name == "matmul" and not convert:
            self._step(Step(i, self.shapes[i], self.dtype, np.matmul, xs))
            return
        if op.name == "einsum":
            call = writing.einsum(attr, [x.core for x in xs])
        else:
            call = writing.one_point(op.name, attr)
        call = writing.converted(call, self.dtype)
        self._step(Step(i, self.shapes[i], self.dtype, call, xs, writes=False))

    def _matrix(self, i: int) -> None:
        """A function of matrices takes the first as an array of one point, the same for all that
        take it: so that its factors are found once a run. The matrix itself stays beside it."""
        op, attr, args = self.graph.ops[i], self.graph.attrs[i], self.graph.args[i]
        first, *others = [self._whole(a) for a in args]
        core, dtype = (1, *self.shapes[args[0]]), np.dtype(float)
        alone = self._helper(
            ("at one point", first.root, first.views),
            lambda node: Step(node, core, dtype, writing.at_one_point, [first], writes=False),
        )
        call = writing.of_matrix(op.name, attr, self.dtype)
        xs = [alone, first, *others]
        self._step(Step(i, self.shapes[i], self.dtype, call, xs, writes=False))

    # ---- views ----

    def _view(self, i: int) -> None:
        op, attr = self.graph.ops[i], self.graph.attrs[i]
        (a,) = self.graph.args[i]
        x, old, new = self.operands[a], self.shapes[a], self.shapes[i]
        found = _VIEWS[op.name](x, self._whole(a), old, new, attr)
        if isinstance(found, _Copy):
            call, x = found
            self._step(Step(i, new, self._kind(x), call, [x], writes=False))
            return
        self.operands[i] = found
        if found is not x and found.root in self.fixed:
            value = seen(found, self.fixed[found.root])
            self.fixed[i] = value
            self._kinds[i] = value.dtype
            self.operands[i] = Operand(i, found.core, plain=value.flags.c_contiguous)


def _is_sliced(x: Operand, core: Shape) -> bool:
    return len(x.core) == len(core) and x.core[0] == core[0]


_REDUCTIONS: dict[str, Any] = {
    "sum": np.add,
    "sum_to": np.add,
    "prod": np.multiply,
    "reduce_max": np.maximum,
    "reduce_min": np.minimum,
}


class _Copy(NamedTuple):
    """What `call` makes of an operand."""

    call: View
    operand: Operand


def _reshape(x: Operand, full: Operand, old: Shape, new: Shape, attr: Any) -> Operand | _Copy:
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
    return _Copy(lambda x: x.copy().reshape(new), full)


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


def _diag(x: Operand, full: Operand, old: Shape, new: Shape, attr: Any) -> Operand | _Copy:
    if len(old) == 1:
        return _Copy(writing.one_point("diag", None), full)
    return full.seen(np.diagonal, new)


_VIEWS: dict[str, Callable[[Operand, Operand, Shape, Shape, Any], Operand | _Copy]] = {
    "reshape": _reshape,
    "broadcast": _broadcast,
    "expand": _expand,
    "transpose": _transpose,
    "index": _index,
    "diag": _diag,
}
"""Operations that only look at an array in another way: `(x, full, old, new, attr)`, where x is the
operand, `full` the same in its whole shape `old`, `new` the shape of the result, and `attr` the
node's attribute. They give an operand, or a copy where no view will do."""
