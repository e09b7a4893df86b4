"""Second derivatives by every method at a point, against differences of values that know no rule.

The reference is [f(x + h_i + h_j) - f(x + h_i) - f(x + h_j) + f(x)]/(h_i h_j) in QUOTIENT_DIGITS
digits, to the right and to the left, with steps h of 1e-30 and, where these differ, of half of it.
It knows the values of functions and none of the rules for their derivatives, so that a rule that is
right at the first order and wrong at the second is found: one that is constant where it should
vary, for example. What two steps are apart is what truncation leaves uncertain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations_with_replacement, product
from typing import Any

from mpmath import mp, mpf

from adcli.ad.forward import forward_sweep
from adcli.ad.jacobians import hessian_blocks
from adcli.ad.reverse import reverse_sweep
from adcli.ad.symbolic import gradient_nodes
from adcli.ad.tasks import Task
from adcli.comparison.allowances import ALLOWED_ROUNDING, UNDERFLOW
from adcli.comparison.compare import (
    TOLERANCE,
    Comparison,
    gradient_of,
    unjudged,
    wrong_components,
)
from adcli.comparison.function_at_point import FunctionAtPoint, Pair
from adcli.comparison.kinks import Kink, kink_at_point
from adcli.comparison.methods import (
    FORWARD_OVER_REVERSE,
    GRADIENT_DIFFERENCES,
    REVERSE_OVER_REVERSE,
    SYMBOLIC,
    Evaluation,
    MethodResult,
    Way,
    results_of,
    sweep_counts,
    timed,
)
from adcli.comparison.sweep import relative_error
from adcli.comparison.verdicts import EXACT_DIGITS, significant
from adcli.errors import DomainError, UsageError
from adcli.explain import cost
from adcli.explain.cost import Counts
from adcli.function import Function
from adcli.graph.primitives import SLOPE
from adcli.graph.shapes import infer_shapes
from adcli.graph.structure import INDEX

QUOTIENT_DIGITS, STEP, NOISY_DIGITS = 150, "1e-30", 40
"""Digits of the values, the step relative to a variable, and how many digits rounding may take of
terms that cancel."""
SAME_QUOTIENT = 1e-15
"""How far quotients to the right and to the left may be apart, relative to them."""
FINER, SAME_CLOSELY = ((700, "1e-170"), (1100, "1e-330")), 1e-9
"""Digits and steps for what turns within the usual step, such as sin(x) at 1e150, and how far a
quotient may then be from the derivative, relative to it."""
MAX_VARIABLES = 20
"""Numbers in the variables: there are their square of second derivatives."""


def compare_second(
    function: Function,
    point: Mapping[str, Any],
    wrt: Iterable[str] | None = None,
    *,
    tolerance: float = TOLERANCE,
    measure: bool = True,
    say: Callable[[str], None] = lambda what: None,
) -> Comparison:
    """Second derivatives by every method at a point, and what is wrong with any of them.

    `say` is told what comes next. Raises what `Function.hessian` raises, and UsageError for more
    than MAX_VARIABLES numbers in the variables, and for a program with `slope`.

    >>> from adcli.function import function
    >>> found = compare_second(function("x^2*y"), {"x": 2.0, "y": 3.0})
    >>> [(pair.label, value) for pair, value in zip(found.components, found.exact)]
    [('x,x', 6.0), ('x,y', 4.0), ('y,x', 4.0), ('y,y', 0.0)]
    """
    problem = FunctionAtPoint(function.twice, point, wrt)
    pairs = [Pair(a, b) for a in problem.components for b in problem.components]
    if len(problem.components) > MAX_VARIABLES:
        raise UsageError(
            f"there are {len(pairs):,} second derivatives, "
            f"{MAX_VARIABLES}² are the most to compare",
            "--wrt chooses variables",
        )
    evaluation, methods = _methods(problem, measure, say)
    say(f"differences in {QUOTIENT_DIGITS} digits")
    by_rules = _by_rules(problem, EXACT_DIGITS)
    # Its value is not a form made for derivatives.
    written = FunctionAtPoint(function, point, wrt)
    if any(function.graph.ops[i] is SLOPE for i in function.order):
        raise UsageError(
            "slope has no value whose second differences are its second derivatives",
            "compare without --order",
        )
    still = written.exactly(QUOTIENT_DIGITS).still()
    place = kink_at_point(written, still)
    left, right, values, uncertain = _reference(still, by_rules, place is not None)
    kink = None if place is None else Kink(*place, left, right)
    bent = set(kink.bent) if kink is not None else set()
    exact = [by_rules[k] if k in bent else value for k, value in enumerate(values)]
    allowed = _allowed(problem, exact, uncertain, tolerance)
    defects = _defects(pairs, by_rules, exact, allowed)
    if defects and kink is not None:
        kink = replace(kink, chained=defects)
        exact, defects = list(by_rules), []
        allowed = _allowed(problem, exact, uncertain, tolerance)
    if defects and (closer := _looked_at_closely(problem, written, defects, by_rules)):
        exact, defects = [by_rules[k] if k in bent else x for k, x in enumerate(closer)], []
        allowed = _allowed(problem, exact, [0.0] * len(pairs), tolerance)
    by_defect = {pairs[k] for k in defects}
    wrong = [
        replace(found, by_rounding=found.component not in by_defect)
        for method in methods
        if method.name != GRADIENT_DIFFERENCES and method.gradient is not None
        for found in wrong_components(method.name, pairs, method.gradient, exact, allowed)
    ]
    judged = gradient_of(methods, REVERSE_OVER_REVERSE)
    return Comparison(
        value=problem.value,
        components=pairs,
        exact=[float(e) for e in exact],
        evaluation=evaluation,
        methods=methods,
        errors=[None if m.gradient is None else relative_error(m.gradient, exact) for m in methods],
        digits=[significant(g, e) for g, e in zip(judged, exact, strict=True)],
        kink=kink,
        tolerance=tolerance,
        wrong=wrong,
        order=2,
    )


def _defects(
    pairs: Sequence[Pair], by_rules: Sequence[Any], exact: Sequence[Any], allowed: Sequence[Any]
) -> list[int]:
    """The pairs in which the rules, or differences without a limit, are wrong, that with the
    largest derivative first."""
    wrong = {found.component for found in wrong_components("", pairs, by_rules, exact, allowed)}
    places = [k for k, p in enumerate(pairs) if p in wrong or not mp.isfinite(exact[k])]
    return sorted(places, key=lambda k: -abs(by_rules[k]))


def _looked_at_closely(
    problem: FunctionAtPoint,
    written: FunctionAtPoint,
    defects: Sequence[int],
    by_rules: Sequence[Any],
) -> list[Any] | None:
    """The derivatives by the rules in digits in which they stand the test of smaller steps for the
    first of the defects; None if they are wrong.

    Raises Disagreement if the digits change them: there is nothing to judge by.
    """
    k = defects[0]
    found = [by_rules]
    for digits, step in FINER:
        rules = _by_rules(problem, digits)
        still = written.exactly(digits).still()
        with still.run.algebra.context():
            right, left = (_differences(still, h, k)[k] for h in (mpf(step), -mpf(step)))
            if abs((right + left) / 2 - rules[k]) <= SAME_CLOSELY * abs(rules[k]):
                return rules
        found.append(rules)
    if abs(found[1][k] - found[2][k]) > SAME_CLOSELY * abs(found[2][k]):
        raise unjudged(digits)
    return None


# ---- the reference ----


def _reference(
    still: FunctionAtPoint, otherwise: Sequence[Any], has_kink: bool
) -> tuple[list[float], list[float], list[Any], list[float]]:
    """Second differences by pair at a point; `otherwise` stands where no side is in the domain.

    First to the left and to the right, equal where they are the same; a jump of the first
    derivative is an infinite second one. Then the one to the right in many digits, and how far
    truncation may leave it from the derivative.
    """
    found: tuple[list[float], list[float], list[Any], list[float]] = [], [], [], []
    with still.run.algebra.context():
        h = mpf(STEP)
        right, left = (_differences(still, t) for t in (h, -h))
        half: list[list[Any]] = []
        for k, rule in enumerate(otherwise):
            values, slack = [(right[k] + left[k]) / 2] * 2, abs(right[k] - left[k])
            apart = max(slack, abs(values[0] - rule))  # an even remainder is on both sides
            same = apart <= SAME_QUOTIENT * abs(values[0])
            if has_kink or not same:  # or a domain's end, or a zero
                half = half or [_differences(still, t) for t in (h / 2, -h / 2)]
                ends = ((right[k], half[0][k]), (left[k], half[1][k]))
                values, slack = _limits(ends, rule)
            with mp.workdps(EXACT_DIGITS):  # further ones are rounding
                value = +values[0] if abs(values[0]) > slack else mp.zero
            row = float(values[1]), float(values[0]), value, float(slack)
            for column, x in zip(found, row, strict=True):
                column.append(x)
    return found


def _limits(ends: Iterable[tuple[Any, Any]], otherwise: Any) -> tuple[list[Any], Any]:
    """The limits to the right and to the left, equal if they are the same, and how uncertain.

    `ends` are the quotients of either side with a step and with half of it; one that is not in the
    domain does not count.
    """
    sides = [_limit(whole, half) for whole, half in ends]
    inside = [side for side in sides if not mp.isnan(side[0])] or [(otherwise, mp.zero)]
    (right, first), (left, second) = inside[0], inside[-1]
    slack = 8 * (first + second)
    if abs(right - left) <= max(slack, SAME_QUOTIENT * abs(right)):
        left = right
    return [right, left], slack


def _limit(whole: Any, half: Any) -> tuple[Any, Any]:
    """The limit of quotients with a step and half of it, and how far they are apart.

    Quotients that grow as the step falls have no limit: the first derivative jumps.
    """
    if abs(half) > 1.5 * abs(whole) and abs(half) > 1e6:
        return mp.inf * mp.sign(half), mp.zero
    return 2 * half - whole, abs(half - whole)


def _differences(still: FunctionAtPoint, step: Any, only: int | None = None) -> list[Any]:
    """The quotients of second differences with steps of one sign, for all pairs, or for one.

    A sum below what rounding leaves of its terms is 0.
    """
    n = len(still.components)
    places = range(n) if only is None else sorted({*divmod(only, n)})
    sizes = [mpf(c.size) for c in still.components]

    def value(*places: int) -> Any:
        direction = [mp.zero] * n
        for k in places:
            direction[k] += sizes[k]
        return still.numbers([still.at(direction, step)])[0]

    base = still.numbers([still.run.values[still.output]])[0]
    noise = mpf(10) ** (NOISY_DIGITS - mp.dps)
    once = {i: value(i) for i in places}
    found = [mp.zero] * (n * n)
    for i, j in combinations_with_replacement(places, 2):
        terms = [value(i, j), -once[i], -once[j], base]
        rise = mp.fsum(terms)
        if abs(rise) > noise * max(map(abs, terms)):
            found[i * n + j] = found[j * n + i] = rise / (step * step * sizes[i] * sizes[j])
    return found


def _by_rules(problem: FunctionAtPoint, digits: int) -> list[Any]:
    """The second derivatives by the rules, reverse over reverse in so many digits."""
    run = problem.exactly(digits).run
    with run.algebra.context():
        _, _, blocks = hessian_blocks(run, problem.output, problem.nodes, "reverse")
        if not all(run.algebra.is_finite(block) for block in blocks.values()):
            raise DomainError(f"a second derivative is not finite in {digits} digits")
        return _matrix(problem, [[blocks[a, b] for b in problem.nodes] for a in problem.nodes])


def _matrix(problem: FunctionAtPoint, blocks: Sequence[Sequence[Any]]) -> list[Any]:
    """All numbers of a Hessian, row by row, from its blocks by variables."""
    found = []
    for row in blocks:
        parts = [problem.numbers([block]) for block in row]
        widths = [_size(problem, node) for node in problem.nodes]
        height = len(parts[0]) // widths[0] if widths[0] else 0
        for k in range(height):
            for part, width in zip(parts, widths, strict=True):
                found += part[k * width : (k + 1) * width]
    return found


def _size(problem: FunctionAtPoint, node: int) -> int:
    return math.prod(problem.run.algebra.shape(problem.run.inputs[node]))


def _allowed(
    problem: FunctionAtPoint, exact: Sequence[Any], uncertain: Sequence[float], tolerance: float
) -> list[Any]:
    """How far from the exact one each second derivative may be.

    The tolerance is relative to it; rounding to what a change of the variables by themselves
    changes at most: the function's value, its first or its second order.
    """
    at = [mpf(c.size) for c in problem.components]  # whose products may overflow
    sizes = [a * b for a in at for b in at]
    change = max(abs(g) * x for g, x in zip(problem.gradient("reverse"), at, strict=True))
    second = max(abs(e) * size for e, size in zip(exact, sizes, strict=True))
    largest = max(abs(problem.value), change, second)
    return [
        tolerance * abs(e) + ALLOWED_ROUNDING * largest / size + slack + UNDERFLOW
        for e, size, slack in zip(exact, sizes, uncertain, strict=True)
    ]


# ---- the methods ----


def _methods(
    problem: FunctionAtPoint, measure: bool, say: Callable[[str], None]
) -> tuple[Evaluation, list[MethodResult]]:
    n = len(problem.components)
    ways = {
        SYMBOLIC: Way(partial(_hessian, mode="symbolic"), 1, 0, may_leave=False),
        GRADIENT_DIFFERENCES: Way(partial(_hessian, mode="finite"), 2 * n, 2 * n),
        FORWARD_OVER_REVERSE: Way(partial(_hessian, mode="forward"), 1, n, may_leave=False),
        REVERSE_OVER_REVERSE: Way(partial(_hessian, mode="reverse"), 1, n, may_leave=False),
    }
    counts, besides = _operations(problem)
    _, seconds = timed(lambda problem: problem.gradient("reverse"), problem, measure)
    return Evaluation(counts, seconds), results_of(problem, ways, besides, measure, say)


def _hessian(problem: FunctionAtPoint, mode: str) -> list[float]:
    """The Hessian's numbers, row by row, as `adcli hessian --mode MODE` gives them."""
    task = Task("hessian", mode, problem.names)
    found = problem.function.swept(problem.point, task).by_path
    names = problem.names
    return _matrix(problem, [[found["hessian", a, b][0] for b in names] for a in names])


def _operations(problem: FunctionAtPoint) -> tuple[Counts, dict[str, Counts]]:
    """What value and gradient take, and what each method takes besides for the second derivatives;
    sweeps go over the gradient's graph."""
    run, n = problem.run, len(problem.components)
    graph, algebra = run.graph, run.algebra
    with algebra.context():
        second, rows, _ = hessian_blocks(run, problem.output, problem.nodes, "reverse")
    shapes = infer_shapes(graph, second.order, run.shapes())
    active = graph.dependents(second.order, problem.nodes)
    value = cost.evaluation(graph, second.order, shapes)
    partials = cost.partials(graph, second.order, shapes, active)
    seconds: list[int] = []
    for row in rows:
        for key in product(*map(range, shapes[row])):
            scalar = graph.node(INDEX, (row,), key, graph.span(row)) if key else row
            order = graph.reach([*second.order, scalar])
            seconds += gradient_nodes(graph, order, scalar, problem.nodes, run.shapes())
    known = set(second.order)
    whole = graph.reach([problem.output, *rows, *seconds])
    shapes = infer_shapes(graph, whole, run.shapes())
    reverse = partial(reverse_sweep, active=active)
    quotients = Counts(additions=n * n, divisions=n * n)
    return value, {
        SYMBOLIC: cost.evaluation(graph, [i for i in whole if i not in known], shapes),
        GRADIENT_DIFFERENCES: cost.total([value.times(2 * n), quotients, Counts(0, 2 * n)]),
        FORWARD_OVER_REVERSE: partials.plus(sweep_counts(second, problem.nodes, forward_sweep)),
        REVERSE_OVER_REVERSE: partials.plus(sweep_counts(second, rows, reverse)),
    }
