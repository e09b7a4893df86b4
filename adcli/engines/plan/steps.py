"""What computes a node of an array program: NumPy's functions, told where to write.

A node is either a *view* of another one's memory (a transpose, a broadcast, a slice), which costs
nothing, or the result of a *step*. A step's result is stored without the axes that it is broadcast
along: its `core` is the smallest shape that broadcasts to the node's, with as many axes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from adcli.algebras.arrays import Arrays
from adcli.algebras.functions import array_functions
from adcli.algebras.special.array_pieces import largest, smallest
from adcli.algebras.structural import STRUCTURAL
from adcli.graph.axes import Shape, broadcast_shapes, key_of, normal_axis
from adcli.graph.graph import Graph
from adcli.graph.primitives import COMPARISONS, CONSTANT, ELEMENTWISE, NAMED, SELECT, VARIABLE
from adcli.graph.structure import einsum_terms

Array = Any
View = Callable[[Array], Array]


@dataclass(frozen=True)
class Operand:
    """A stored array as a step sees it.

    root    the node that owns the memory
    views   what leads from there to the operand, in order
    core    the operand's shape
    rows    whether a range of the root's first axis gives the same range of the operand's
    plain   whether it is contiguous, as stored
    """

    root: int
    core: Shape
    views: tuple[View, ...] = ()
    rows: bool = True
    plain: bool = True

    def seen(self, view: View, core: Shape, rows: bool = False, plain: bool = False) -> Operand:
        """The operand through one more view."""
        rows, plain = self.rows and rows, self.plain and plain
        return Operand(self.root, core, (*self.views, view), rows, plain)


@dataclass
class Step:
    """One operation.

    call       `(*operands, out)` where it `writes`, else `(*operands) -> array`
    dtype      of the result: the program's, or bool for a comparison
    sliced     for each operand, whether a row of the result needs only the same row of it (True),
               or all of it (False); empty if the step does not go row by row
    join       a reduction over rows: the ufunc that joins the results for parts of the rows
    in_place   whether the result may lie where an operand of the same core was
    """

    node: int
    core: Shape
    dtype: Any
    call: Callable[..., Any]
    operands: list[Operand]
    writes: bool = True
    sliced: tuple[bool, ...] = ()
    join: Any = None
    in_place: bool = False

    @property
    def rows(self) -> int:
        """The length of the axis that the step can be cut along (0: it cannot)."""
        if not self.sliced:
            return 0
        return self.operands[0].core[0] if self.join else self.core[0]

    @property
    def size(self) -> int:
        """Numbers in the result."""
        return prod(self.core)

    @property
    def bytes(self) -> int:
        """The size of the result in memory."""
        return self.size * int(self.dtype.itemsize)


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
            _VIEWS[op.name](self, i, attr, self._argument(i))
        elif op.name in _REDUCTIONS:
            self._reduction(i)
        else:
            self._structural(i)

    def _constant(self, i: int, value: float, core: Shape) -> None:
        self.fixed[i] = np.full(core, value, self.dtype)
        self.operands[i] = Operand(i, core)

    def _argument(self, i: int) -> Operand:
        (a,) = self.graph.args[i]
        return self.operands[a]

    def _kind(self, operand: Operand) -> Any:
        return self._kinds.get(operand.root, self.dtype)

    def _is_truth(self, operand: Operand) -> bool:
        return bool(self._kind(operand).kind == "b")

    def full(self, node: int) -> Operand:
        """The operand in the node's whole shape."""
        operand, shape = self.operands[node], self.shapes[node]
        if operand.core == shape:
            return operand
        if node not in self._full:
            self._full[node] = operand.seen(lambda x: np.broadcast_to(x, shape), shape)
        return self._full[node]

    def step(self, step: Step) -> None:
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
        self.step(Step(i, core, dtype, call, xs, sliced=sliced, in_place=in_place))

    def _ufunc(self, i: int, xs: list[Operand]) -> tuple[Callable[..., Any], bool, list[Operand]]:
        """What computes an elementwise node into `out`, whether in place, and from what."""
        name = self.graph.ops[i].name
        flags = [self._is_truth(x) for x in xs]
        if name == "where":
            return self._where(xs, flags), False, xs
        if name == "power" and not flags[0]:
            exponent = self.fixed.get(xs[1].root)
            if exponent is not None and exponent.ndim == 0 and float(exponent) in _POWERS:
                return _POWERS[float(exponent)], float(exponent) in (2.0, -1.0), xs[:1]
        if name in COMPARISONS:
            return getattr(np, name), False, xs
        if name in ("maximum", "minimum"):
            return _extremum(_EXTREMA[name], self.dtype), len(xs) == 2, xs
        function = getattr(array_functions, name)
        if not isinstance(function, np.ufunc):
            return _writing(function, self.dtype), False, xs
        return (_of_numbers(function, self.dtype) if any(flags) else function), True, xs

    def _where(self, xs: list[Operand], flags: list[bool]) -> Callable[..., None]:
        if flags[1] or flags[2]:
            call: Callable[..., None] = _copying
        elif self._is_zero(xs[2]):
            call = _first_or_zero(self.dtype)
        elif self._is_zero(xs[1]):
            call = _zero_or_second(self.dtype)
        else:
            call = _choosing(self.dtype)
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
            core = tuple(x.core[k] for k in kept)
        if not axes:
            self.operands[i] = x
            return
        ufunc = _REDUCTIONS[op.name]
        repeats = prod(whole[k] for k in axes if x.core[k] != whole[k])
        if repeats != 1 and op.name == "prod":
            x, repeats = self.full(a), 1
        call = _reducing(ufunc, axes, tuple(x.core[k] for k in kept), float(repeats), self.dtype)
        over_rows = 0 in axes
        sliced: tuple[bool, ...] = ()
        if over_rows or (core and len(x.core) > 0):
            sliced = (x.core[0] == whole[0],)
        join = ufunc if over_rows else None
        self.step(Step(i, core, self.dtype, call, [x], sliced=sliced, join=join))

    # ---- structural ----

    def _structural(self, i: int) -> None:
        op, attr, args = self.graph.ops[i], self.graph.attrs[i], self.graph.args[i]
        xs = [self.full(a) for a in args]
        convert = any(self._is_truth(x) for x in xs)
        if op.name == "matmul" and not convert:
            self.step(Step(i, self.shapes[i], self.dtype, np.matmul, xs))
            return
        if op.name == "einsum":
            call = _einsum(attr, [x.core for x in xs])
        else:
            call = _one_point(op.name, attr)
        call = _converted(call, self.dtype)
        self.step(Step(i, self.shapes[i], self.dtype, call, xs, writes=False))

    def copied(self, i: int, call: View, x: Operand) -> None:
        """A view that would be none: a step that copies."""
        self.step(Step(i, self.shapes[i], self._kind(x), call, [x], writes=False))

    def seen(self, i: int, operand: Operand) -> None:
        """A node that is a view."""
        self.operands[i] = operand
        if operand.root in self.fixed:
            value = seen(operand, self.fixed[operand.root])
            self.fixed[i] = value
            self._kinds[i] = value.dtype
            self.operands[i] = Operand(i, operand.core, plain=value.flags.c_contiguous)


def seen(operand: Operand, x: Array) -> Array:
    """The array of an operand, from its root's."""
    for view in operand.views:
        x = view(x)
    return x


def needed(steps: list[Step], outputs: list[Operand]) -> list[Step]:
    """The steps that an output depends on (not only on the shape of their results)."""
    wanted = {x.root for x in outputs}
    found = []
    for step in reversed(steps):
        if step.node in wanted:
            found.append(step)
            wanted |= {x.root for x in step.operands}
    return found[::-1]


# ---- elementwise functions that write ----


def _is_sliced(x: Operand, core: Shape) -> bool:
    return len(x.core) == len(core) and x.core[0] == core[0]


# A choice among random places costs a processor several times as much by branches as by bits, so a
# truth value becomes a mask of all bits or none.


def _copying(c: Array, a: Array, b: Array, out: Array) -> None:
    np.copyto(out, b)
    np.copyto(out, a, where=c)


def _choosing(dtype: Any) -> Callable[..., None]:
    bits = np.dtype(f"i{dtype.itemsize}")

    def call(c: Array, a: Array, b: Array, out: Array) -> None:
        a, b, out = a.view(bits), b.view(bits), out.view(bits)
        different = np.bitwise_xor(a, b)
        np.negative(c.view(np.int8), out, dtype=bits)
        np.bitwise_and(out, different, out)
        np.bitwise_xor(out, b, out)

    return call


def _first_or_zero(dtype: Any) -> Callable[..., None]:
    bits = np.dtype(f"i{dtype.itemsize}")

    def call(c: Array, a: Array, b: Array, out: Array) -> None:
        out = out.view(bits)
        np.negative(c.view(np.int8), out, dtype=bits)
        np.bitwise_and(out, a.view(bits), out)

    return call


def _zero_or_second(dtype: Any) -> Callable[..., None]:
    bits = np.dtype(f"i{dtype.itemsize}")

    def call(c: Array, a: Array, b: Array, out: Array) -> None:
        out = out.view(bits)
        np.subtract(c.view(np.int8), 1, out, dtype=bits)
        np.bitwise_and(out, b.view(bits), out)

    return call


def _cube(x: Array, out: Array) -> None:
    np.multiply(x, x, out)
    np.multiply(out, x, out)


def _fourth(x: Array, out: Array) -> None:
    np.multiply(x, x, out)
    np.multiply(out, out, out)


_POWERS: dict[float, Any] = {2.0: np.square, 3.0: _cube, 4.0: _fourth, -1.0: np.reciprocal}
"""Powers that multiplication gives, several times faster."""


def _of_numbers(function: Any, dtype: Any) -> Callable[..., Any]:
    """A ufunc that takes truth values for 0 and 1."""
    return lambda *xs: function(*xs, dtype=dtype)


_EXTREMA = {"maximum": largest, "minimum": smallest}


def _extremum(function: Any, dtype: Any) -> Callable[..., None]:
    """The largest or the smallest of two or more."""

    def call(*xs: Array) -> None:
        first, *rest, out = xs
        for x in rest:
            function(first, x, out=out, dtype=dtype)
            first = out

    return call


def _writing(function: Callable[..., Array], dtype: Any) -> Callable[..., None]:
    """A function that makes an array as one that writes it."""

    def call(*xs: Array) -> None:
        *operands, out = xs
        out[...] = function(*[x.astype(dtype) if x.dtype == bool else x for x in operands])

    return call


# ---- reductions ----

_REDUCTIONS: dict[str, Any] = {
    "sum": np.add,
    "sum_to": np.add,
    "prod": np.multiply,
    "reduce_max": np.maximum,
    "reduce_min": np.minimum,
}


def _reducing(
    ufunc: Any, axes: tuple[int, ...], reduced: Shape, repeats: float, dtype: Any
) -> Callable[[Array, Array], None]:
    """A reduction into `out`, whose shape may have axes of length 1 besides `reduced`."""
    scaled = repeats != 1 and ufunc is np.add

    def call(x: Array, out: Array) -> None:
        shape = out.shape[:1] + reduced[1:] if 0 not in axes and reduced else reduced
        ufunc.reduce(x, axes, dtype, out.reshape(shape))
        if scaled:
            np.multiply(out, repeats, out)
        elif ufunc is not np.add:
            np.add(out, 0.0, out)  # no -0, which the order of the elements would decide

    return call


# ---- structural functions ----


def _one_point(name: str, attr: Any) -> Callable[..., Array]:
    """A structural operation of the numpy engine, whose first axis runs over points."""
    function = STRUCTURAL[name]
    return lambda *xs: function(_ARRAYS, attr, *[x[np.newaxis] for x in xs])[0]


_ARRAYS = Arrays()


def _einsum(spec: str, shapes: list[Shape]) -> Callable[..., Array]:
    terms, output = einsum_terms(spec, len(shapes))
    spec = ",".join(terms) + "->" + output
    path = np.einsum_path(spec, *[np.broadcast_to(0.0, shape) for shape in shapes])[0]
    return lambda *xs: np.array(np.einsum(spec, *xs, optimize=path))


def _converted(call: Callable[..., Array], dtype: Any) -> Callable[..., Array]:
    """A function of numbers that takes truth values too, and gives the dtype."""

    def converted(*xs: Array) -> Array:
        return np.asarray(call(*[np.asarray(x, dtype) for x in xs]), dtype)

    return converted


# ---- views ----


def _reshape(operations: Operations, i: int, attr: Any, x: Operand) -> None:
    (a,) = operations.graph.args[i]
    old, new = operations.shapes[a], operations.shapes[i]
    if old == new:
        operations.operands[i] = x
    elif prod(x.core) == 1 < prod(new):
        core = (1,) * len(new)
        operations.seen(i, x.seen(lambda x: x.reshape(core), core))
    elif x.core == old and x.plain:
        rows = bool(old and new) and old[0] == new[0]
        rest = new[1:]
        if rows:  # of some rows too
            operations.seen(i, x.seen(lambda x: x.reshape(len(x), *rest), new, True, True))
        else:
            operations.seen(i, x.seen(lambda x: x.reshape(new), new, False, True))
    else:
        operations.copied(i, lambda x: x.copy().reshape(new), operations.full(a))


def _broadcast(operations: Operations, i: int, attr: Any, x: Operand) -> None:
    (a,) = operations.graph.args[i]
    extra = len(operations.shapes[i]) - len(operations.shapes[a])
    if extra == 0:
        operations.operands[i] = x
        return
    core = (1,) * extra + x.core
    operations.seen(i, x.seen(lambda x: x.reshape(core), core, plain=True))


def _expand(operations: Operations, i: int, axis: int, x: Operand) -> None:
    axis = normal_axis(axis, len(x.core) + 1)
    core = (*x.core[:axis], 1, *x.core[axis:])
    operations.seen(i, x.seen(lambda x: np.expand_dims(x, axis), core, axis > 0, True))


def _transpose(operations: Operations, i: int, axes: Any, x: Operand) -> None:
    ndim = len(x.core)
    order = tuple(range(ndim))[::-1] if axes is None else tuple(a % ndim for a in axes)
    if order == tuple(range(ndim)):
        operations.operands[i] = x
        return
    core = tuple(x.core[a] for a in order)
    operations.seen(i, x.seen(lambda x: x.transpose(order), core, order[0] == 0))


def _index(operations: Operations, i: int, key: Any, x: Operand) -> None:
    (a,) = operations.graph.args[i]
    x, place = operations.full(a), key_of(key)
    rows = place[0] == slice(None) if place else True
    operations.seen(i, x.seen(lambda x: x[(*place, ...)], operations.shapes[i], rows))


def _diag(operations: Operations, i: int, attr: Any, x: Operand) -> None:
    (a,) = operations.graph.args[i]
    if len(operations.shapes[a]) == 1:
        call = _one_point("diag", None)
        operations.copied(i, call, operations.full(a))
        return
    x = operations.full(a)
    operations.seen(i, x.seen(np.diagonal, operations.shapes[i]))


_VIEWS: dict[str, Callable[[Operations, int, Any, Operand], None]] = {
    "reshape": _reshape,
    "broadcast": _broadcast,
    "expand": _expand,
    "transpose": _transpose,
    "index": _index,
    "diag": _diag,
}
