"""Compound functions once more, for programs whose derivative is differentiated again.

Softmax has the derivative p (1 - p), the norm (1 - u^2)/r: where one element outweighs all others,
p or u^2 is 1 to the last digit. Here the sum over the elements is taken in units of that element:
what its derivative is proportional to is then the sum of the others, not a difference. Values are
the same; they cost about three times as much, so that gradients take the plain forms of
`adcli.graph.library`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adcli.graph.library import LIBRARY, along, finite, length_and_scales, var
from adcli.graph.squares import with_square


def twice(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the form of a compound function that keeps its digits when differentiated twice."""

    def add(build: Callable[..., Any]) -> Callable[..., Any]:
        LIBRARY[name].twice = build
        return build

    return add


def _is_alone(m: Any, axis: int | None, is_largest: Any, outweighs: Any) -> Any:
    """Whether one element is the largest, and outweighs all others together."""
    return m.detach(outweighs * m.equal(m.sum(axis, is_largest), 1))


@twice("norm")
def norm(m: Any, x: Any, axis: int | None) -> Any:
    """The length of x, with its square for even powers."""
    return with_square(m, _length(m, x, axis), m.sum(axis, m.power(x, 2)))


def _length(m: Any, x: Any, axis: int | None) -> Any:
    """sqrt(x_k^2 + the others' squares), in units of x_k where x_k^2 is more than the others'."""
    size = m.reduce_max(axis, m.abs(x))
    squares, largest, length = length_and_scales(m, x, axis, size)
    is_largest = m.detach(m.equal(m.abs(x), along(m, axis, largest)))
    most = m.sum(axis, m.where(is_largest, squares, 0))
    others = m.sum(axis, m.where(is_largest, 0, squares))
    alone = _is_alone(m, axis, is_largest, m.less(others, most))
    growth = m.where(alone, m.divide(size, largest), 1)  # 1, with the derivative of the largest
    apart = m.detach(most) + m.divide(m.divide(others, growth), growth)
    return growth * length(m.where(alone, apart, most + others))


@twice("std")
def std(m: Any, x: Any, axis: int | None) -> Any:
    """norm(deviations)/sqrt(n), where an element that outweighs all others has its own deviation.

    With m' the mean of the others the sum of squares is that of their deviations from m', and
    (n - 1)/n (x - m')^2. Deviations from the mean of all would all depend on x, and cancel. Numbers
    are counted from the least of the others, so that equal ones have deviations of exactly 0.
    """
    n, numbers = m.size(axis, x), x
    is_apart, is_alone = _outlier(m, axis, x, n)
    least = m.detach(m.reduce_min(axis, m.where(is_apart, m.inf, x)))
    x = x - along(m, axis, least)
    center = m.divide(m.sum(axis, m.where(is_apart, 0, x)), n - is_alone)
    deviations = x - along(m, axis, center)
    share = m.detach(m.sqrt(m.divide(n - 1, n)))
    deviations = m.where(is_apart, share * deviations, deviations)
    deviation = m.divide(_length(m, deviations, axis), m.sqrt(n))
    return with_square(m, deviation, var(m, numbers, axis))


def _outlier(m: Any, axis: int | None, x: Any, n: Any) -> tuple[Any, Any]:
    """Which element is farther from the mean than all others together, and whether there is one."""
    x = m.detach(x)
    distance = x - along(m, axis, m.divide(m.sum(axis, x), n))
    distance = m.maximum((1 + 2.0**-20) * distance, -distance)  # of two numbers one is farther
    farthest = m.reduce_max(axis, distance)
    squares = m.power(m.divide(distance, along(m, axis, farthest)), 2)
    is_farthest = m.equal(squares, 1)
    others = m.sum(axis, m.where(is_farthest, 0, squares))
    is_alone = _is_alone(m, axis, is_farthest, m.less(others, 1) * m.greater(n, 1))
    return m.detach(is_farthest * along(m, axis, is_alone)), is_alone


@twice("logsumexp")
def logsumexp(m: Any, x: Any, axis: int | None) -> Any:
    """max + log1p(sum of the others' exponentials)."""
    e = _Exponentials(m, x, axis)
    # Every largest term counts 0 instead of 1; one of them is the 1 of log1p.
    near = m.sum(axis, m.where(e.is_largest, m.expm1(e.difference), 0))
    among = near + e.others + (e.ties - 1)
    rest = m.where(e.alone, m.divide(e.others, e.growth), among)
    return e.largest + e.shift + m.log1p(rest)


@twice("softmax")
def softmax(m: Any, x: Any, axis: int | None) -> Any:
    """exp(x) by its sum; 1/(1 + others) where one element outweighs the others; of two elements the
    sigmoid of their difference, whose second derivative p (1 - p) (1 - 2p) keeps its digits at 1/2.
    """
    e = _Exponentials(m, x, axis)
    powers = m.exp(e.difference)
    total = m.where(e.alone, e.growth + e.others, m.sum(axis, powers))
    share = m.divide(1, 1 + m.divide(e.others, e.growth))
    is_alone = e.is_largest * along(m, axis, e.alone)
    shares = m.where(is_alone, along(m, axis, share), m.divide(powers, along(m, axis, total)))
    half = m.sum(axis, 0.5 * x)
    of_two = m.detach(m.equal(m.size(axis, x), 2) * m.less(m.abs(half), m.inf))
    return m.where(along(m, axis, of_two), m.sigmoid(2 * (x - along(m, axis, half))), shares)


class _Exponentials:
    """exp(x) in units of the largest, and how the units change with it.

    Where one element outweighs all others, `shift` is the largest less itself as a constant, 0, and
    `growth` is exp(shift), 1: they carry its derivative, so that 1 - p for its share p is the sum
    of the other shares. Elsewhere no share is near 1, and the unit is constant.
    """

    def __init__(self, m: Any, x: Any, axis: int | None) -> None:
        size = m.reduce_max(axis, x)
        self.largest = m.detach(finite(m, size, 0))
        self.difference = x - along(m, axis, self.largest)
        self.is_largest = m.detach(m.equal(self.difference, 0))
        self.ties = m.sum(axis, self.is_largest)
        self.others = m.sum(axis, m.where(self.is_largest, 0, m.exp(self.difference)))
        self.alone = _is_alone(m, axis, self.is_largest, m.less(self.others, 1))
        self.shift = m.where(self.alone, size - self.largest, 0)
        self.growth = m.exp(self.shift)
