"""The algebra that counts: any other algebra, with a tally of what is done to derivatives.

The sweeps run on it as on any algebra. Only tangents and adjoints are counted numbers, so that the
tally has the multiplications and additions of the chain rule and not those of the program or of its
partial derivatives, which both modes share.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from adcli.explain.cost import NOTHING, Counts, structural
from adcli.graph.axes import Shape
from adcli.graph.primitives import Primitive


class Counted:
    """A tangent or an adjoint: a value of another algebra; what is done to it is counted."""

    __slots__ = ("counting", "value")
    __array_ufunc__ = None  # NumPy leaves `array * counted` to us

    def __init__(self, value: Any, counting: Counting) -> None:
        self.value = value
        self.counting = counting

    def __mul__(self, other: Any) -> Counted:
        result = self.value * plain(other)
        return self.counting.charged(result, Counts(multiplications=_size(result)))

    def __add__(self, other: Any) -> Counted:
        result = self.value + plain(other)
        return self.counting.charged(result, Counts(additions=_size(result)))

    __rmul__, __radd__ = __mul__, __add__

    def __sub__(self, other: Any) -> Counted:
        return self.__add__(-plain(other))

    def __neg__(self) -> Counted:
        return self.counting.counted(-self.value)


def plain(value: Any) -> Any:
    """The value without its counter."""
    return value.value if isinstance(value, Counted) else value


def _size(value: Any) -> int:
    size: int = getattr(value, "size", 1)
    return size


def _shape(value: Any) -> Shape:
    """The shape at one point of an array over points."""
    shape: Shape = getattr(value, "shape", (1,))[1:]
    return shape


class Counting:
    """An algebra around another: `counted` wraps seeds, `plain` unwraps what sweeps return.

    The tally is of operations on numbers; one on an array of n numbers counts n times.
    """

    def __init__(self, algebra: Any) -> None:
        self.inner = algebra
        self.tally = NOTHING
        self.m = _CountingFunctions(self)

    def counted(self, value: Any) -> Counted:
        """A value that counts from now on."""
        return Counted(value, self)

    def charged(self, result: Any, done: Counts) -> Counted:
        """The result of operations, which are added to the tally."""
        self.tally = self.tally.plus(done)
        return self.counted(result)

    def like(self, value: Any, *sources: Any) -> Any:
        """The value, counted if one of the sources is."""
        return self.counted(value) if any(isinstance(s, Counted) for s in sources) else value

    def __getattr__(self, name: str) -> Any:
        """What the other algebra has; its methods give a counted value for one."""
        found = getattr(self.inner, name)
        if not callable(found):
            return found
        return lambda *xs: self.like(found(*map(plain, xs)), *xs)

    def structural(self, op: Primitive, attr: Any, xs: list[Any]) -> Any:
        values = [plain(x) for x in xs]
        result = self.inner.structural(op, attr, values)
        return self.like(self.moved(op.name, attr, values, result), *xs)

    def align(self, xs: list[Any], out: Any) -> list[Any]:
        aligned = self.inner.align([plain(x) for x in xs], plain(out))
        return [self.like(a, x) for a, x in zip(aligned, xs, strict=True)]

    def fit(self, g: Any, x: Any, out: Any) -> Any:
        """Summed over what was broadcast."""
        result = self.inner.fit(plain(g), x, out)
        if not isinstance(g, Counted):
            return result
        return self.charged(result, Counts(additions=max(0, _size(g.value) - _size(result))))

    def moved(self, name: str, attr: Any, values: Sequence[Any], result: Any) -> Any:
        """The result of a structural primitive, whose operations are added to the tally."""
        done = structural(name, attr, [_shape(x) for x in values], _shape(result))
        self.tally = self.tally.plus(done.times(_size(result) // max(prod(_shape(result)), 1)))
        return result


class _CountingFunctions:
    """The functions for rules; those that are given a counted number count."""

    def __init__(self, counting: Counting) -> None:
        self._counting = counting

    def __getattr__(self, name: str) -> Any:
        counting = self._counting
        function = getattr(counting.inner.m, name)
        if not callable(function):
            return function

        def call(*xs: Any) -> Any:
            values = [plain(x) for x in xs]
            result = function(*values)
            if not any(isinstance(x, Counted) for x in xs):
                return result
            if name in ("multiply", "divide"):
                return counting.charged(result, Counts(multiplications=_size(result)))
            return counting.counted(counting.moved(name, values[0], values[1:], result))

        setattr(self, name, call)
        return call
