"""Comparison where many digits, or a run for each component, would take minutes.

Errors are against the symbolic derivative in float64. What works for each component anew
(differences, complex step, forward mode) is run for a sample of them, and its time is extrapolated.
A quotient of values along a direction through all components, which knows no rule, stands for the
Taylor remainder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from math import fsum
from random import Random
from typing import Any

from adcli.comparison.allowances import allowed_errors
from adcli.comparison.compare import (
    GIVEN,
    TOLERANCE,
    Along,
    Comparison,
    Wrong,
    compare,
    gradient_of,
    own_gradient,
    wrong_components,
)
from adcli.comparison.function_at_point import FunctionAtPoint
from adcli.comparison.kinks import operation_at_kink
from adcli.comparison.methods import (
    FORWARD_AD,
    REVERSE_AD,
    SYMBOLIC,
    MethodResult,
    compare_methods,
    counts_a_sample,
)
from adcli.comparison.sweep import relative_error, sweep
from adcli.comparison.verdicts import directions
from adcli.function import Function

LARGE_WORK = 50_000
"""Numbers of an evaluation from which on one in many digits takes seconds."""
LARGE_RUNS = 20_000_000
"""Numbers of an evaluation for each component from which on float64 takes seconds."""
LEAST, MOST = 5, 100
"""Components in a sample."""
SLOWER = 100
"""How much longer an operation on a number alone takes than on one of an array."""
LOOKED_AT = 1000
"""Components of a given gradient that are looked at on both sides of a kink."""
BESIDE = 1e-5
"""How far a difference quotient in float64 may be from a derivative, relative to it."""


def compare_by_size(
    function: Function,
    point: Mapping[str, Any],
    wrt: Iterable[str] | None = None,
    *,
    tolerance: float = TOLERANCE,
    epsilons: Sequence[float] = (),
    given: Mapping[str, Any] | None = None,
    measure: bool = True,
    say: Callable[[str], None] = lambda what: None,
) -> Comparison:
    """What `compare` finds, or for a large program what can be found at once.

    >>> from adcli.function import function
    >>> found = compare_by_size(function("sum(x^2)"), {"x": [0.5] * 60_000}, measure=False)
    >>> len(found.components), len(found.sample), found.wrong
    (60000, 100, [])
    """
    problem = FunctionAtPoint(function, point, wrt)
    if not is_large(problem):
        options: Any = {"tolerance": tolerance, "epsilons": epsilons, "given": given}
        return compare(function, point, wrt, measure=measure, say=say, **options)
    own = None if given is None else own_gradient(problem, given)
    say("the symbolic derivative")
    exact = problem.gradient("symbolic")
    allowed = allowed_errors(problem, exact, tolerance)
    problem.sample = sample_of(problem)
    evaluation, methods = compare_methods(problem, measure, say)
    whole = range(len(problem.components))
    operation, remarks = operation_at_kink(problem), []
    wrong = []
    for method in methods:
        if method.name in (FORWARD_AD, REVERSE_AD) and method.gradient is not None:
            chosen = problem.sample if method.is_sampled else whole
            wrong += _wrong(problem, method.name, method.gradient, exact, allowed, chosen or whole)
    if counts_a_sample(problem):
        remarks.append(f"operations of {FORWARD_AD} are extrapolated, too")
    if operation is not None:
        remarks.append(f"kink: {operation} is at a kink; the derivative there is a convention")
    if own is not None:
        found = _wrong(problem, GIVEN, own, exact, allowed, whole)
        wrong += found if operation is None else _beside_the_kink(problem, found)
    errors = [_error(problem, method, exact) for method in methods]
    judged = gradient_of(methods, REVERSE_AD) if own is None else own
    swept = None
    if epsilons:
        say("differences for each epsilon")
        swept = sweep(problem, [exact[k] for k in problem.sample or whole], epsilons)
    return Comparison(
        value=problem.value,
        components=problem.components,
        exact=exact,
        evaluation=evaluation,
        methods=methods,
        errors=errors,
        digits=[None] * len(whole),
        kink=None,
        tolerance=tolerance,
        wrong=wrong,
        given=own,
        given_error=None if own is None else relative_error(own, exact),
        sweep=swept,
        sample=problem.sample,
        along=_along(problem, judged),
        remarks=remarks,
    )


def is_large(problem: FunctionAtPoint) -> bool:
    """Whether 50 digits, or a run for each component, would take long."""
    work = problem.work
    return work > LARGE_WORK or len(problem.components) * work > LARGE_RUNS


def sample_of(problem: FunctionAtPoint) -> list[int] | None:
    """The components that stand for all of many, always the same ones; None is all."""
    each = problem.work * (1 if problem.run.algebra.shaped else SLOWER)
    number, runs = len(problem.components), LARGE_RUNS // max(each, 1)
    count = max(LEAST, min(MOST, runs))
    return None if count >= number else sorted(Random(0).sample(range(number), count))


def _error(problem: FunctionAtPoint, method: MethodResult, exact: Sequence[float]) -> float | None:
    if method.gradient is None or method.name == SYMBOLIC:
        return None
    if not method.is_sampled or problem.sample is None:
        return relative_error(method.gradient, exact)
    return relative_error(method.gradient, [exact[k] for k in problem.sample])


def _wrong(
    problem: FunctionAtPoint,
    name: str,
    found: Sequence[float],
    exact: Sequence[float],
    allowed: Sequence[float],
    chosen: Sequence[int],
) -> list[Wrong]:
    components = [problem.components[k] for k in chosen]
    exact, allowed = ([numbers[k] for k in chosen] for numbers in (exact, allowed))
    return wrong_components(name, components, found, exact, allowed, by_rounding=None)


def _beside_the_kink(problem: FunctionAtPoint, found: Sequence[Wrong]) -> list[Wrong]:
    """Those components that are not subgradients either, by quotients on both sides."""
    numbers: dict[Any, int] = {c: k for k, c in enumerate(problem.components)}
    looked_at, some = found[:LOOKED_AT], copy(problem)
    some.sample = [numbers[wrong.component] for wrong in looked_at]
    left, right = (some.quotients(2.0**-26, side, floor=1.0) for side in ("left", "right"))
    remaining = []
    for wrong, *sides in zip(looked_at, left, right, strict=True):
        slack = BESIDE * max(map(abs, sides))
        if not min(sides) - slack <= wrong.found <= max(sides) + slack:
            remaining.append(wrong)
    return [*remaining, *found[LOOKED_AT:]]


def _along(problem: FunctionAtPoint, gradient: Sequence[float]) -> Along:
    """The slope along a direction through all components, by values and by the gradient."""
    t, direction = 2.0**-17, directions(problem)
    with problem.run.algebra.context():
        ends = [problem.at(direction, step) for step in (t, -t)]
    high, low = problem.numbers(ends)
    slope = fsum(g * d for g, d in zip(gradient, direction, strict=True))
    size = fsum(abs(g * d) for g, d in zip(gradient, direction, strict=True))
    return Along((high - low) / (2 * t), slope, size)
