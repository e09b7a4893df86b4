"""What each method costs as a program grows: operations and time for one size after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from math import isfinite, log
from typing import Any, NamedTuple

from adcli.comparison.function_at_point import FunctionAtPoint
from adcli.comparison.large import sample_of
from adcli.comparison.methods import Evaluation, MethodResult, compare_methods, operations
from adcli.errors import AdcliError, UsageError
from adcli.explain.cost import Counts
from adcli.function import Function
from adcli.language.messages import counted

DEGREE = 4
"""Powers up to which a law is looked for."""
PROBES = (2, 3, 4, 5, 6, 7)
"""Sizes at which operations are counted besides, so that a law is held to more than it needs."""


class CostsAtSize(NamedTuple):
    """A program at one size: the size, the numbers that it is differentiated for, the costs."""

    size: int
    inputs: int
    evaluation: Evaluation
    methods: Sequence[MethodResult]


class Probe(NamedTuple):
    """What is counted at one size: the inputs, an evaluation, what each method takes besides, which
    says nothing of a method that does not apply."""

    size: int
    inputs: int
    evaluation: Counts
    besides: Mapping[str, Counts]


class Growth(NamedTuple):
    """The sizes that were asked for, with what was measured, and all that were counted."""

    sizes: Sequence[CostsAtSize]
    probes: Sequence[Probe]


ProgramAt = Callable[[int], tuple[Function, Mapping[str, Any]]]
"""Size -> the program and the point."""


def grow(
    program: ProgramAt,
    sizes: Iterable[int],
    wrt: Callable[[Function], Iterable[str] | None] = lambda f: None,
    *,
    measure: bool = True,
    say: Callable[[str], None] = lambda what: None,
) -> Growth:
    """The costs of all methods for each size; of many inputs a sample is measured.

    `say` is told what comes next. Raises what `compare` raises, and UsageError where nothing is
    different at another size.
    """
    found, probes = [], []
    for size in sizes:
        f, point = program(size)
        problem = FunctionAtPoint(f, point, wrt(f))
        problem.sample = sample_of(problem)
        say(counted(len(problem.components), "input"))
        evaluation, methods = compare_methods(problem, measure, lambda method: None)
        found.append(CostsAtSize(size, len(problem.components), evaluation, methods))
        besides = {method.name: method.besides for method in methods}
        probes.append(Probe(size, len(problem.components), evaluation.counts, besides))
    if len({(at.inputs, at.evaluation) for at in probes}) == 1:
        raise UsageError(
            "nothing grows: inputs and operations are the same at all sizes",
            "use the name in the program, in --shape or in --at: --growth n=1,10,100 --shape x=n",
        )
    for size in PROBES:
        if all(at.size != size for at in probes):
            with suppress(AdcliError):  # a program may need more elements than that
                f, point = program(size)
                problem = FunctionAtPoint(f, point, wrt(f))
                probes.append(Probe(size, len(problem.components), *operations(problem)))
    return Growth(found, sorted(probes, key=lambda at: at.size))


def law(sizes: Sequence[int], values: Sequence[float], name: str = "n") -> str:
    """The polynomial with whole coefficients through all values, more than it has coefficients,
    or through all but that at size 1, where factors of 1 fall away; else the power between the
    last two.

    >>> law([1, 10, 100], [2, 11, 101])
    'n + 1'
    >>> law([1, 10, 100], [1.0, 40.0, 1600.0])
    '≈ n^1.6'
    """
    if found := _polynomial(sizes, values, name):
        return found
    if sizes[0] == 1 and (found := _polynomial(sizes[1:], values[1:], name)):
        return f"{found} ({name} > 1)"
    if len(sizes) < 2 or not all(isfinite(y) and y > 0 for y in values[-2:]):
        return ""
    slope = round(log(values[-1] / values[-2]) / log(sizes[-1] / sizes[-2]), 1)
    return f"≈ {name}^{slope:g}" if slope else "≈ constant"


def _polynomial(sizes: Sequence[int], values: Sequence[float], name: str) -> str:
    """The polynomial of least degree through all values; "" where there is none."""
    for degree in range(min(DEGREE, len(sizes) - 2) + 1):
        found = _through(sizes[: degree + 1], values[: degree + 1])
        if all(c.denominator == 1 for c in found) and all(
            sum(c * x**k for k, c in enumerate(found)) == y
            for x, y in zip(sizes, values, strict=True)
        ):
            return _written([int(c) for c in found], name)
    return ""


def _through(xs: Sequence[int], ys: Sequence[float]) -> list[Fraction]:
    """The coefficients of the polynomial through some points, lowest power first."""
    result = [Fraction(0)] * len(xs)
    for i, (x, y) in enumerate(zip(xs, ys, strict=True)):
        basis, divisor = [Fraction(y)], Fraction(1)
        for j, other in enumerate(xs):
            if j != i:
                divisor *= x - other
                shifted = [Fraction(0), *basis]
                basis = [a - other * b for a, b in zip(shifted, [*basis, Fraction(0)], strict=True)]
        result = [r + b / divisor for r, b in zip(result, basis, strict=True)]
    return result


def _written(coefficients: Sequence[int], name: str) -> str:
    """`3n^2 - n + 1`."""
    text = ""
    for power in reversed(range(len(coefficients))):
        c = coefficients[power]
        if c == 0:
            continue
        symbol = "" if power == 0 else name if power == 1 else f"{name}^{power}"
        size = "" if abs(c) == 1 and symbol else f"{abs(c):,}"
        sign = ("-" if c < 0 else "") if not text else (" - " if c < 0 else " + ")
        text += f"{sign}{size}{symbol}"
    return text or "0"
