"""The algebra that counts: any other algebra, with a tally of what is done to derivatives.

The sweeps run on it as on any algebra. Only tangents and adjoints are counted numbers, so that the
tally has the multiplications and additions of the chain rule and not those of the program or of its
partial derivatives, which both modes share.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from adcli.explain.cost import structural
from adcli.graph.axes import Shape
from adcli.graph.primitives import Primitive


@dataclass
class Tally:
    """Operations on numbers; an array of n numbers counts n times."""

    multiplications: int = 0
    additions: int = 0


class Counted:
    """A tangent or an adjoint: a value of another algebra that counts what is done to it."""

    __slots__ = ("tally", "value")
    __array_ufunc__ = None  # NumPy leaves `array * counted` to us

    def __init__(self, value: Any, tally: Tally) -> None:
        self.value = value
        self.tally = tally

    def __mul__(self, other: Any) -> Counted:
        result = self.value * plain(other)
        self.tally.multiplications += _size(result)
        return Counted(result, self.tally)

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Counted:
        result = self.value + plain(other)
        self.tally.additions += _size(result)
        return Counted(result, self.tally)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Counted:
        return self.__add__(-plain(other))

    def __neg__(self) -> Counted:
        return Counted(-self.value, self.tally)


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
    """An algebra around another: `counted` wraps seeds, `plain` unwraps what sweeps return."""

    def __init__(self, algebra: Any) -> None:
        self.inner = algebra
        self.tally = Tally()
        self.shaped: bool = algebra.shaped
        self.m = _CountingFunctions(self)

    def counted(self, value: Any) -> Counted:
        """A value that counts from now on."""
        return Counted(value, self.tally)

    def like(self, value: Any, *sources: Any) -> Any:
        """The value, counted if one of the sources is."""
        return self.counted(value) if any(isinstance(s, Counted) for s in sources) else value

    def structural(self, op: Primitive, attr: Any, xs: list[Any]) -> Any:
        """The value of a structural primitive."""
        values = [plain(x) for x in xs]
        result = self.inner.structural(op, attr, values)
        return self.like(self._charged(op.name, attr, values, result), *xs)

    def align(self, xs: list[Any], out: Any) -> list[Any]:
        """Operands with as many axes as the output."""
        aligned = self.inner.align([plain(x) for x in xs], plain(out))
        return [self.like(a, x) for a, x in zip(aligned, xs, strict=True)]

    def shape(self, x: Any) -> Shape:
        """The shape of a value."""
        shape: Shape = self.inner.shape(plain(x))
        return shape

    def fit(self, g: Any, x: Any, out: Any) -> Any:
        """Summed over what was broadcast."""
        result = self.inner.fit(plain(g), plain(x), plain(out))
        if isinstance(g, Counted):
            self.tally.additions += max(0, _size(g.value) - _size(result))
        return self.like(result, g)

    def spread(self, t: Any, out: Any) -> Any:
        """Broadcast to out's shape."""
        return self.like(self.inner.spread(plain(t), plain(out)), t)

    def zero(self, x: Any) -> Any:
        """Zero in the shape of x."""
        return self.inner.zero(plain(x))

    def both(self, live: Any, chosen: Any) -> Any:
        """Masks joined by "and"."""
        return self.inner.both(live, chosen)

    def either(self, a: Any, b: Any) -> Any:
        """Masks joined by "or"."""
        return self.inner.either(a, b)

    def keep(self, mask: Any, value: Any) -> Any:
        """The value where the mask means it, else 0."""
        return self.like(self.inner.keep(mask, plain(value)), value)

    def _charged(self, name: str, attr: Any, values: list[Any], result: Any) -> Any:
        done = structural(name, attr, [_shape(x) for x in values], _shape(result))
        points = _size(result) // max(prod(_shape(result)), 1)
        self.tally.multiplications += points * done.multiplications
        self.tally.additions += points * done.additions
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
            if not any(isinstance(x, Counted) for x in xs):
                return function(*xs)
            values = [plain(x) for x in xs]
            result = function(*values)
            if name in _ELEMENTWISE_PRODUCTS:
                counting.tally.multiplications += _size(result)
            else:
                counting._charged(name, values[0], values[1:], result)
            return counting.counted(result)

        setattr(self, name, call)
        return call


_ELEMENTWISE_PRODUCTS = {"multiply", "divide"}
