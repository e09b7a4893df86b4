"""The radius of convergence that the first coefficients of a power series suggest.

A finite number of coefficients proves nothing about it. What looks like a singularity is found by
differential approximants: recurrences between two or three neighbouring coefficients, constant or
linear in k, that hold for functions such as (1 - t/z)^a. They are equations Q t f' + P f = 0; a
zero z of Q is a singularity with the exponent a = -P(z)/(z Q'(z)), or none, such as the 0 of
x exp(x). So it counts only where several runs of coefficients agree about it, and where the
coefficients fall as those of (1 - t/z)^a.

Sources: Hunter & Baker 1979, Phys. Rev. B 19, 3808 (approximants); Domb & Sykes 1957, Proc. R. Soc.
A 240, 214, of which the shortest recurrence is a form.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

RUNS, EQUATIONS = 3, 7
"""How many runs of coefficients must agree, and how many equations each gives."""
AGREEMENT = 0.01
"""How far the radii of the runs may be apart, relative to the last."""
EXACT = 1e-9
"""The relative residual up to which a shorter recurrence is taken for the function's own."""
FALL_TOLERANCE = 1.0
"""How far the logarithm of the fall over half of the coefficients may be from what z and a say."""
FAR = 1e3
"""A singularity this many times further away than |c_k|^(-1/k) is none: they fall too fast."""
NOISE, LAST_NOISE = 20.0, 28.0
"""How far log |c_k| is below its neighbours (the last below those before) where 0 was meant."""

MODELS = ((1, False), (2, False), (1, True), (2, True))
"""Recurrences, the shorter ones first: how far back they reach, whether they are linear in k."""


@dataclass(frozen=True)
class Radius:
    """What the coefficients suggest.

    estimate  inf where they end or fall faster than any geometric series, None where nothing shows
    spread    how far the runs of coefficients are apart, relative to the estimate
    angle     of the nearest singularity in the plane of t, in degrees from 0 to 180 (the half plane
              below holds its mirror image); None where there is none
    root_test |c_k|^(-1/k), the least of the last third; None without coefficients
    ends      the order of the last coefficient that is not 0, where the rest is; else None
    """

    estimate: float | None
    spread: float = 0.0
    angle: float | None = None
    root_test: float | None = None
    ends: int | None = None


def suggested_radius(coefficients: Sequence[Any]) -> Radius:
    """The radius that the coefficients c_0, c_1, ... suggest (floats or mpmath numbers).

    >>> suggested_radius([1.0] * 20).estimate
    1.0
    """
    sizes = [_log_size(c) for c in coefficients]
    order = len(sizes) - 1
    last = max((k for k in range(order + 1) if sizes[k] > -math.inf), default=0)
    if last <= order // 2 and (
        last == 0 or sizes[last] > -500
    ):  # smaller ones are followed by underflow
        return Radius(math.inf, ends=last)
    _without_noise(sizes)
    places = [k for k in range(1, order + 1) if sizes[k] > -math.inf]
    tests = [_exp(-sizes[k] / k) for k in places if k > order - max(order // 3, 2)]
    root_test = min(tests, default=None)
    if len(places) < 2 or root_test is None:
        return Radius(None, root_test=root_test)
    stride = math.gcd(*[b - a for a, b in pairwise(places)])
    signs = [1.0 if c > 0 else -1.0 for c in coefficients]
    kept = range(places[0] % stride, order + 1, stride)
    found = _singularity([(signs[k], sizes[k]) for k in kept])
    if found is None:
        return Radius(None, root_test=root_test)
    distance, spread, angle = found
    distance **= 1 / stride
    if distance > FAR * root_test:
        return Radius(math.inf, root_test=root_test)
    if spread / stride > AGREEMENT:
        return Radius(None, root_test=root_test)
    return Radius(distance, spread / stride, angle / stride, root_test)


def _log_size(c: Any) -> float:
    """log |c|, of numbers beyond the range of floats too."""
    size = float(abs(c))
    if c == 0 or 0.0 < size < math.inf:
        return math.log(size) if size else -math.inf
    from mpmath import mp

    return float(mp.log(abs(c)))


def _exp(x: float) -> float:
    """e^x, kept within the range of floats."""
    return math.exp(max(-700.0, min(x, 700.0)))


def _without_noise(sizes: list[float]) -> None:
    """Take for 0 what is rounding beside the coefficients before and behind it.

    They are compared as they would be with radius 1: those of log(x) at 1e6 fall by 1e6 each.
    """
    first, last = max(sizes[1:5], default=0.0), max(sizes[-4:])
    slope = (last - first) / (len(sizes) - 4) if len(sizes) > 8 and last > -math.inf else 0.0
    known = [size - slope * k for k, size in enumerate(sizes)]
    for k in range(1, len(sizes)):
        before, behind = known[max(k - 4, 0) : k], known[k + 1 : k + 5]
        floor = min(max(before), max(behind)) - NOISE if behind else max(before) - LAST_NOISE
        if known[k] < floor:
            sizes[k] = -math.inf


class _Zero(NamedTuple):
    """The nearest zero of a recurrence's leading polynomial, the exponent there, the residual."""

    place: complex
    exponent: float
    residual: float


def _singularity(series: list[tuple[float, float]]) -> tuple[float, float, float] | None:
    """Distance, spread and angle (degrees) of the singularity that several runs agree about.

    `series` are signs and logarithms of coefficients. The spread is inf where they do not fall so.
    """
    last = len(series) - 1
    for back, is_linear in MODELS:
        runs = [_nearest(series, last - r, back, is_linear) for r in range(RUNS)]
        found = [run for run in runs if run is not None]
        if len(found) < RUNS:
            return None  # too few coefficients for this recurrence and all longer ones
        if max(run.residual for run in found) > EXACT and (back, is_linear) != MODELS[-1]:
            continue
        distances = [abs(run.place) for run in found]
        if not all(map(math.isfinite, distances)):
            return math.inf, 0.0, 0.0
        nearest, distance = found[0], distances[0]
        spread = (max(distances) - min(distances)) / distance if distance else math.inf
        if spread < math.inf and not _falls(series, distance, nearest.exponent):
            spread = math.inf
        turn = math.atan2(nearest.place.imag, nearest.place.real)
        return distance, spread, abs(math.degrees(turn))
    return None


def _falls(series: list[tuple[float, float]], distance: float, exponent: float) -> bool:
    """Whether the coefficients fall as those of (1 - t/distance)^exponent.

    These are gamma(k - exponent)/k! distance^(-k), but for a constant.
    """
    last = len(series) - 1

    def beside(k: int) -> float:
        fall = math.lgamma(k - exponent) - math.lgamma(k + 1) - k * math.log(distance)
        return series[k][1] - fall

    try:
        middle = max(map(beside, range(last // 4 + 1, last // 2 + 1)))
        end = max(map(beside, range(last - last // 4, last + 1)))
    except ValueError:  # a pole of gamma: the coefficients would end
        return False
    return abs(end - middle) <= FALL_TOLERANCE


def _nearest(
    series: list[tuple[float, float]], last: int, back: int, is_linear: bool
) -> _Zero | None:
    """What the recurrence says that holds best for the coefficients up to `last`.

    None where they are too few.
    """
    import numpy as np

    first = max(back, last - EQUATIONS + 1)
    if last - first < (back + 1) * (1 + is_linear):
        return None
    near = [(k, s) for k, (_, s) in enumerate(series) if first - back <= k <= last and s > -1e300]
    if len(near) < 2:
        return None
    slope, height = np.polyfit([k for k, _ in near], [s for _, s in near], 1)

    def scaled(k: int) -> float:
        sign, size = series[k]
        return sign * _exp(size - slope * k - height)

    rows = []
    for k in range(first, last + 1):
        row = [scaled(k - j) for j in range(back + 1)]
        rows.append([*row, *[k / last * c for c in row]] if is_linear else row)
    _, sizes, vectors = np.linalg.svd(np.array(rows))
    vector, residual = vectors[-1], float(sizes[-1] / sizes[0])
    leading = vector[-(back + 1) :]  # by powers of t, upwards
    leading = np.where(np.abs(leading) > 1e-12 * np.abs(vector).max(), leading, 0.0)
    zeros = np.roots(leading[::-1])
    if not len(zeros):
        return _Zero(complex(math.inf), 0.0, residual)
    z = min(zeros, key=lambda z: (abs(z), -z.imag))
    exponent = -1.0
    if is_linear and z != 0:
        powers = np.arange(back + 1)
        rest = np.sum((vector[: back + 1] * last + powers * leading) * z**powers)
        exponent = float((-rest / np.sum(powers * leading * z**powers)).real)
    return _Zero(complex(z) * _exp(-slope), exponent, residual)
