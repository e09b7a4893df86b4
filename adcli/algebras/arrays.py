"""The numpy engine: arrays of any shape at many points at once.

A value is an array whose first axis runs over the points; it has length 1 where all points share
the value. What the program sees as the shape is the rest. So one point is a batch of one, and the
seeds of a Jacobian can run side by side on the same axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from adcli.ad.algebra import NOWHERE
from adcli.algebras.functions import array_functions
from adcli.algebras.point_axis import Array, of_equal_rank
from adcli.algebras.structural import STRUCTURAL, full, sum_to
from adcli.given import real
from adcli.graph.axes import Shape
from adcli.graph.primitives import Primitive

SEED_NUMBERS = 1 << 20
"""How many numbers the seeds of one sweep may hold: more sweeps cost less than lost memory."""


def _parts(size: int, points: int) -> Iterator[tuple[int, int]]:
    """Which components of a value are seeded by one sweep: several at one point, else one."""
    step = max(1, SEED_NUMBERS // max(size, 1)) if points == 1 else 1
    for start in range(0, size, step):
        yield start, min(size, start + step)


class Arrays:
    """The algebra of arrays over points."""

    shaped = True
    dtype: Any = np.float64
    elementwise: Any = array_functions

    def __init__(self) -> None:
        self.m = _RuleFunctions(self)

    def array(self, value: Any) -> Array:
        """A value that all points share: shape (1, *shape)."""
        return np.asarray(value, dtype=self.dtype)[np.newaxis]

    def constant(self, value: float) -> Array:
        """The float64 of a number, as an array of one point."""
        return self.array(float(value))

    def named(self, name: str) -> Array:
        """pi, e, tau or inf, as an array of one point."""
        return self.array(getattr(array_functions, name))

    def function(self, op: Primitive) -> Any:
        """The namespace's function, on operands of any shapes."""
        function = getattr(self.elementwise, op.name)

        def on_aligned(*xs: Array) -> Array:
            ndim = xs[0].ndim
            for x in xs:
                if x.ndim != ndim:
                    return function(*of_equal_rank(list(xs), max(x.ndim for x in xs)))
            return function(*xs)

        return on_aligned

    def structural(self, op: Primitive, attr: Any, xs: list[Array]) -> Array:
        return STRUCTURAL[op.name](self, attr, *xs)

    def align(self, xs: list[Any], out: Array) -> list[Any]:
        return of_equal_rank(xs, out.ndim)

    def shape(self, x: Array) -> Shape:
        """The shape without the axis of points."""
        return tuple(x.shape[1:])

    def fit(self, g: Array, x: Array, out: Array) -> Array:
        """Summed over what was broadcast, but never over points."""
        return g if g.shape[1:] == x.shape[1:] else sum_to(self, self.shape(x), g)

    def spread(self, t: Array, out: Array) -> Array:
        """Broadcast to out's shape at the tangent's own points."""
        if t.shape[1:] == out.shape[1:]:
            return t
        return np.broadcast_to(t, (max(t.shape[0], out.shape[0]), *out.shape[1:]))

    def zero(self, x: Array) -> Array:
        """Zeros in the shape of x, shared by all points."""
        return np.broadcast_to(self.array(0), (1, *x.shape[1:]))

    def one(self, x: Array) -> Array:
        """The number 1 for every point."""
        return self.constant(1.0).reshape((1,) * x.ndim)

    def epsilon(self) -> Array:
        return self.constant(2.0**-52)

    def basis(self, x: Array, points: int) -> Iterator[Array]:
        """The seeds of all components of x: side by side for one point, else one after another."""
        for start, stop in _parts(prod(x.shape[1:]), points):
            yield self.seeds(x, range(start, stop))

    def seeds(self, x: Array, places: Sequence[int]) -> Array:
        """The seeds of some components of x side by side."""
        shape, count = x.shape[1:], len(places)
        seeds = self.zero(np.empty((1, count, prod(shape))))[0].copy()
        seeds[np.arange(count), np.asarray(places)] = self.constant(1.0)[0]
        return seeds.reshape((count, *shape))

    def collect(self, found: list[Array | None], seeded: Array, like: Array, points: int) -> Array:
        """The results of all seeds of `seeded`, shaped (points, *seeded, *like)."""
        shape, inner = seeded.shape[1:], like.shape[1:]
        full = []
        for result, (start, stop) in zip(found, _parts(prod(shape), points), strict=True):
            count = stop - start if points == 1 else points
            result = self.zero(like) if result is None else result
            full.append(np.broadcast_to(result, (count, *inner)))
        if not full:
            return np.zeros((points, *shape, *inner), dtype=self.dtype)
        if points == 1:
            return np.concatenate(full).reshape((1, *shape, *inner))
        return np.stack(full, axis=1).reshape((points, *shape, *inner))

    def collect_rows(self, found: list[Array], seeded: Array, like: Array) -> Array:
        """The values of all components of `seeded`, shaped (points, *seeded, *like)."""
        shape, inner = seeded.shape[1:], like.shape[1:]
        points = max((r.shape[0] for r in found), default=1)
        full = [np.broadcast_to(r, (points, *inner)) for r in found]
        if not full:
            return np.zeros((points, *shape, *inner), dtype=self.dtype)
        return np.stack(full, axis=1).reshape((points, *shape, *inner))

    def swap(self, block: Array, leading: Array) -> Array:
        """The block with the axes of `leading` last."""
        lead = leading.ndim - 1
        axes = (0, *range(lead + 1, block.ndim), *range(1, lead + 1))
        return block.transpose(axes)

    def mirror(self, block: Array, leading: Array) -> Array:
        """A square block whose part below the diagonal is the part above it: twice the axes of
        `leading`."""
        size = prod(leading.shape[1:])
        square = block.reshape((len(block), size, size))
        rows, columns = np.triu_indices(size, 1)
        mirrored = square.copy()
        mirrored[:, columns, rows] = square[:, rows, columns]
        return mirrored.reshape(block.shape)

    def total(self, x: Array) -> Array:
        """The sum over x's own axes, one number a point."""
        return x.sum(axis=tuple(range(1, x.ndim)))

    def context(self) -> Any:
        """What to hold while computing: no floating-point warnings, the blame says it better."""
        return array_functions.quiet()

    def pack(self, value: Any) -> Array:
        """An input as an array of one point. Raises one of NOT_REAL."""
        return self.array(real(value))

    def unpack(self, value: Array) -> Any:
        """The only point's value: a float, or an array in the program's shape."""
        if value.ndim > 1:
            return value[0]
        return value[0] if self.dtype is object else float(value[0])

    def is_finite(self, value: Array) -> bool:
        """All elements are neither infinite nor nan."""
        return bool(np.isfinite(value).all())

    def show(self, number: Any) -> str:
        """A number in a message: 6 digits."""
        return f"{number:.6g}"

    def describe(self, value: Array) -> str:
        """The number in a message, or a short array, or how many numbers there are."""
        numbers = value.reshape(-1)
        if value.ndim == 1 and value.size == 1:
            return self.show(numbers[0])
        if value.size <= 4:
            return "[" + ", ".join(map(self.show, numbers)) + "]"
        return f"[{value.size} numbers]"

    def describe_at(self, xs: list[Array], out: Array, live: Any) -> list[str]:
        """The numbers in a message that the operands of `out` have at the first live place."""
        if out.size == 0:
            return [self.describe(x) for x in xs]
        place, shape = self._first(out, live)
        return [self.show(np.broadcast_to(x, shape)[place]) for x in self.align(xs, out)]

    def first(self, out: Array, live: Any) -> tuple[Shape, Shape]:
        """The index of the first live element of a value, and the shape, as the program sees it."""
        place, shape = self._first(out, live) if out.size else ((), ())
        return place[1:], shape[1:]

    def _first(self, out: Array, live: Any) -> tuple[Shape, Shape]:
        shape = np.broadcast_shapes(out.shape, np.shape(live))
        mask = np.ones(shape, dtype=bool) if live is None else np.broadcast_to(live != 0, shape)
        return tuple(map(int, np.unravel_index(int(mask.argmax()), shape))), shape

    def value_fault(self, op: Primitive, attr: Any, x: Array, out: Array, live: Any) -> str | None:
        """What a function of matrices finds wrong with its first one at the first live place:
        `a 2x2 matrix that is singular: ...`; None if nothing is."""
        from adcli.algebras.matrices.faults import value_fault

        point = self._first(out, live)[0][0]
        return value_fault(op.name, attr, x[point if len(x) > 1 else 0], self.show)

    def derivative_fault(self, op: Primitive, x: Array) -> str | None:
        """Why a function of matrices has no derivative at its first one; None if it is unknown."""
        from adcli.algebras.matrices.faults import derivative_fault

        faults = (derivative_fault(op.name, a, self.show) for a in x)
        return next((fault for fault in faults if fault), None)

    def both(self, live: Any, chosen: Any) -> Any:
        """Masks joined by "and"; NOWHERE if nothing is left."""
        mask = np.asarray(chosen != 0)
        if live is not None:
            mask = mask & (live != 0)
        if not mask.any():
            return NOWHERE
        return None if live is None and mask.all() else mask

    def either(self, a: Any, b: Any) -> Any:
        """Masks joined by "or"; None if nothing is left out."""
        mask = (a != 0) | (b != 0)
        return None if mask.all() else mask

    def keep(self, mask: Any, value: Array) -> Array:
        """The value where the mask means it, else 0."""
        return value if mask is None else np.where(mask != 0, value, self.array(0).reshape(())[()])


class _RuleFunctions:
    """The functions of rules: elementwise ones from the engine's module, and structural ones."""

    def __init__(self, algebra: Arrays) -> None:
        self._algebra = algebra

    def __getattr__(self, name: str) -> Any:
        algebra = self._algebra
        operation = STRUCTURAL.get(name)
        if operation is None:
            result = getattr(algebra.elementwise, name)
        else:

            def result(attr: Any, *xs: Array) -> Array:
                return operation(algebra, attr, *xs)

        setattr(self, name, result)
        return result

    def full(self, value: float, shape: Shape) -> Array:
        """A constant array."""
        return full(self._algebra, (value, shape))
