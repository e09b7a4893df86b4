"""Compound functions once more, for programs whose derivative is differentiated again.

Softmax has the derivative p (1 - p), the norm (1 - u^2)/r: where one element outweighs all others,
p or u^2 is 1 to the last digit. Here the first derivative is stated as a form whose own derivative
is proportional to the others, not a difference (`slope`), and which squares nothing that could
leave the range. Values are the same; they cost some times as much, so that gradients take the plain
forms of `adcli.graph.library`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adcli.graph import library
from adcli.graph.library import LIBRARY, along, below_largest, var
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
    """The length r, whose derivative is x/r, and unit(x_k, length of the others) for the largest.

    So the second derivative by x_k has the others' squares where 1 - (x_k/r)^2 would cancel.
    """
    size = m.abs(x)
    is_largest = m.equal(size, along(m, axis, m.reduce_max(axis, size)))
    is_alone = m.equal(m.sum(axis, is_largest), 1)
    is_largest = m.detach(is_largest * along(m, axis, is_alone))
    length, is_zero = _plain_length(m, x, axis)
    others, _ = _plain_length(m, m.where(is_largest, 0, x), axis)
    unit = m.unit(x, along(m, axis, others))
    weights = m.where(is_largest, unit, m.divide(x, along(m, axis, length)))
    at_zero = library.norm(m, x, axis)  # with its kink
    return m.where(is_zero, at_zero, m.detach(length) + m.sum(axis, m.slope(x, weights)))


def _plain_length(m: Any, x: Any, axis: int | None) -> tuple[Any, Any]:
    """The length r with the derivative x/r, and where it is 0: a constant, and no kink."""
    is_zero = m.detach(m.equal(m.reduce_max(axis, m.abs(x)), 0))
    x = m.where(along(m, axis, is_zero), 1, x)
    length = library.norm(m, x, axis)
    slopes = m.slope(x, m.divide(x, along(m, axis, length)))
    return m.where(is_zero, 0, m.detach(length) + m.sum(axis, slopes)), is_zero


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
    """The value, whose derivative is softmax(x)."""
    if axis is None:
        x, axis = m.reshape((-1,), x), 0
    value = m.detach(library.logsumexp(m, x, axis))
    return value + m.sum(axis, m.slope(x, softmax(m, x, axis)))


@twice("softmax")
def softmax(m: Any, x: Any, axis: int) -> Any:
    """The shares of exp(x) in its sum, with digits in the second derivative p (1 - p) (1 - 2p).

    Where the largest has about half, it is the sigmoid of its lead over the others' logsumexp, and
    the others divide what is left. So their second derivatives have that factor as a factor, too.
    """
    shares = _shares(m, x, axis)
    x, _ = below_largest(m, x, axis)
    is_top = m.equal(x, 0)
    is_top = m.detach(is_top * m.equal(m.cumsum((axis, 0), is_top), 1))  # the first of several
    others = m.where(is_top, -m.inf, x)
    rest = m.detach(library.logsumexp(m, others, axis))
    is_half = along(m, axis, m.greater(rest, -1))
    others = m.where(is_half, others, 0)
    divided = _shares(m, others, axis)
    rest = rest + m.sum(axis, m.slope(others, divided))
    lead = along(m, axis, m.sum(axis, m.where(is_top, x, 0)) - rest)
    halves = m.where(is_top, m.sigmoid(lead), m.sigmoid(-lead) * divided)
    return m.where(m.detach(is_half), halves, shares)


def _shares(m: Any, x: Any, axis: int) -> Any:
    """exp(x) by its sum; 1/(1 + others) where one element outweighs the others.

    There `growth` is exp(largest less itself as a constant), 1: it carries the derivative of the
    largest, so that 1 - p for its share p is the sum of the other shares.
    """
    difference, largest = below_largest(m, x, axis)
    is_largest = m.detach(m.equal(difference, 0))
    powers = m.exp(difference)
    others = m.sum(axis, m.where(is_largest, 0, powers))
    is_alone = _is_alone(m, axis, is_largest, m.less(others, 1))
    growth = m.exp(m.where(is_alone, m.reduce_max(axis, x) - largest, 0))
    total = m.where(is_alone, growth + others, m.sum(axis, powers))
    share = m.divide(1, 1 + m.divide(others, growth))
    shares = m.divide(powers, along(m, axis, total))
    return m.where(is_largest * along(m, axis, is_alone), along(m, axis, share), shares)
