"""All methods at a point, and what is wrong with any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from mpmath import mpf

from adcli.ad.jacobians import jacobian_blocks
from adcli.comparison.allowances import allowed_errors
from adcli.comparison.function_at_point import Component, FunctionAtPoint, Pair
from adcli.comparison.kinks import (
    KINK_DIGITS,
    Kink,
    between,
    by_convention,
    kink_near,
    kink_of,
    sides_confirm,
)
from adcli.comparison.methods import (
    FORWARD_AD,
    REVERSE_AD,
    SYMBOLIC,
    Evaluation,
    MethodResult,
    compare_methods,
)
from adcli.comparison.sweep import Sweep, relative_error, sweep
from adcli.comparison.verdicts import (
    EXACT_DIGITS,
    TINY,
    Taylor,
    is_derivative,
    significant,
    taylor,
)
from adcli.errors import AdcliError, DomainError, UsageError
from adcli.function import Function

TOLERANCE = 1e-6
"""How much a component may differ from the exact one, relative to it."""
FINER = ((400, "1e-170"), (1000, "1e-330"))
"""Digits and relative steps for what turns within the usual step, such as sin(x) at 1e150, and for
a derivative near 1e-308 beside a value near 1e308."""
GIVEN = "the gradient given"


class Disagreement(AdcliError):
    """Methods that must agree do not."""


@dataclass(frozen=True)
class Wrong:
    """A component of a method's gradient that is further from the exact one than allowed."""

    method: str
    component: Component | Pair
    found: float
    exact: float
    by_rounding: bool | None
    """Whether the rules are right and float64 is to blame; None where nobody knows."""


class Along(NamedTuple):
    """The slope along one direction: a quotient of values, what the gradient says, and how large
    the terms of the latter are."""

    quotient: float
    slope: float
    size: float

    @property
    def difference(self) -> float:
        """How far the two are apart, relative to the terms."""
        return abs(self.quotient - self.slope) / (self.size or 1.0)


@dataclass(frozen=True)
class Comparison:
    """Everything that was found, about the gradient or (`order` 2) about the Hessian.

    value, components  of the function in float64 at the point
    exact              the gradient in many digits by the symbolic derivative, rounded; the Hessian
                       by differences of values in many digits
    evaluation         what one takes
    methods            with `errors`, the error of each (None where it does not apply)
    given              the user's own gradient, None if there is none, with `given_error`
    digits             right digits of each component of the given or the reverse gradient, None
                       for one that need not be the convention's: any subgradient is right
    taylor             of the same gradient; None at a kink
    kink, sweep        None if there is none, or none was asked for
    sample             the numbers of the components that stand for all of many; else None
    along              the slope along a direction, where errors are against the symbolic
                       derivative in float64 (adcli.comparison.large); else None
    wrong              what disagrees; empty if all is well
    """

    value: float
    components: Sequence[Component | Pair]
    exact: list[float]
    evaluation: Evaluation
    methods: list[MethodResult]
    errors: list[float | None]
    digits: list[float | None]
    kink: Kink | None
    tolerance: float
    wrong: list[Wrong]
    given: list[float] | None = None
    given_error: float | None = None
    taylor: Taylor | None = None
    sweep: Sweep | None = None
    order: int = 1
    sample: Sequence[int] | None = None
    along: Along | None = None
    remarks: Sequence[str] = ()

    @property
    def looked_at(self) -> Sequence[int]:
        """The numbers of the components that all methods were run for."""
        return range(len(self.components)) if self.sample is None else self.sample

    def by_component(self, method: MethodResult) -> Sequence[float | None]:
        """What a method gives for each component, None for those that are not in its sample."""
        assert method.gradient is not None
        if not method.is_sampled:
            return method.gradient
        numbers: list[float | None] = [None] * len(self.components)
        for k, x in zip(self.looked_at, method.gradient, strict=True):
            numbers[k] = x
        return numbers


def compare(
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
    """Differentiate by every method at a point and judge the results.

    `epsilons` asks for the sweep of finite differences, `given` has a gradient to check, a value
    in the variable's shape for each variable of `wrt`; `say` is told what comes next. Raises what
    `Function.value_and_gradient` raises, and UsageError for a gradient that does not fit.

    >>> from adcli.function import function
    >>> found = compare(function("x*y"), {"x": 2.0, "y": 3.0}, given={"x": 3.0, "y": 4.0})
    >>> [(w.method, w.component.label, w.exact) for w in found.wrong]
    [('the gradient given', 'y', 2.0)]
    """
    problem = FunctionAtPoint(function, point, wrt)
    own = None if given is None else own_gradient(problem, given)
    say(f"the gradient in {EXACT_DIGITS} digits")
    exact, reverse = _exact_gradients(problem.exactly(EXACT_DIGITS))
    evaluation, methods = compare_methods(problem, measure, say)
    symbolic = gradient_of(methods, SYMBOLIC)
    allowed = allowed_errors(problem, exact, tolerance)
    say("the sides of the point")
    still = problem.exactly(KINK_DIGITS).still()
    kink = kink_of(problem, still)
    if kink is None and wrong_components(SYMBOLIC, problem.components, symbolic, exact, allowed):
        kink = kink_near(still)
    is_bent = kink is not None and bool(kink.bent)
    rules_hold = is_bent or is_derivative(still, exact, allowed, TINY)
    if kink is not None and not rules_hold:
        differ = enumerate(zip(exact, kink.left, allowed, strict=True))
        kink = replace(kink, chained=[k for k, (g, side, s) in differ if abs(g - side) > s])
        is_bent = rules_hold = bool(kink.bent)
    rules_hold = rules_hold or bool(sides_confirm(still, exact, allowed, mpf(TINY)))
    if not rules_hold:
        rules_hold, exact, reverse, still = _looked_at_closely(problem, tolerance)
        allowed = allowed_errors(problem, exact, tolerance)
    if kink is not None and not kink.is_exact:
        exact, reverse = [by_convention(kink, found, symbolic) for found in (exact, reverse)]
    if not rules_hold:
        exact = reverse = still.quotients(mpf(FINER[-1][1]), "both")
    judged = gradient_of(methods, REVERSE_AD) if own is None else own
    components = problem.components
    wrong = [
        found
        for m in methods
        if m.name in (SYMBOLIC, FORWARD_AD, REVERSE_AD) and m.gradient is not None
        for found in wrong_components(
            m.name, components, m.gradient, exact, allowed, by_rounding=rules_hold
        )
    ]
    if own is not None:
        wrong += wrong_components(GIVEN, components, own, exact, allowed, kink)
    remainder = None
    if not is_bent:
        say("the Taylor remainder")
        remainder = taylor(still, judged, allowed)
        if remainder.is_right is False and not wrong:
            remainder = replace(remainder, is_bent=True)
    return Comparison(
        problem.value,
        problem.components,
        [float(g) for g in exact],
        evaluation,
        methods,
        [None if m.gradient is None else relative_error(m.gradient, exact) for m in methods],
        [
            None if own is not None and kink is not None and k in kink.bent else significant(g, e)
            for k, (g, e) in enumerate(zip(judged, reverse, strict=True))
        ],
        kink,
        tolerance,
        wrong,
        own,
        None if own is None else relative_error(own, exact),
        remainder,
        sweep(problem, exact, epsilons) if epsilons else None,
    )


def unjudged(digits: int) -> Disagreement:
    """The error where further digits still change the derivative that others are judged by."""
    return Disagreement(
        f"the derivative cannot be judged: {digits:,} digits are too few to compute it",
        "the function turns too fast at this point, as sin(x) does at a huge x",
    )


def gradient_of(methods: Sequence[MethodResult], name: str) -> list[float]:
    """The numbers that one of the methods which always apply has found."""
    return next(m.gradient for m in methods if m.name == name and m.gradient is not None)


def own_gradient(problem: FunctionAtPoint, given: Mapping[str, Any]) -> list[float]:
    """The components of a gradient given by variable, in the variables' shapes."""
    problem.function.refuse_constants(given)
    for name in given:
        if name not in problem.names:
            raise UsageError(
                f"a gradient is given for '{name}'", "it is not differentiated for; see --wrt"
            )
    algebra = problem.run.algebra
    values = []
    for name, node in zip(problem.names, problem.nodes, strict=True):
        if name not in given:
            raise UsageError(
                f"no derivative is given for '{name}'",
                f"give one, or --wrt {','.join(given)} checks the others alone",
            )
        try:
            value = algebra.pack(given[name])
        except (TypeError, ValueError):
            raise _no_shape(name) from None
        if algebra.shape(value) != algebra.shape(problem.run.inputs[node]):
            raise _no_shape(name)
        values.append(value)
    return [float(x) for x in problem.numbers(values)]


def _no_shape(name: str) -> UsageError:
    return UsageError(
        f"the derivative for '{name}' has not the shape of '{name}'",
        "a derivative for each number: a vector's is [1, 2, 3]",
    )


def _exact_gradients(problem: FunctionAtPoint) -> list[list[Any]]:
    """The gradient by the symbolic derivative and by a reverse sweep, in the digits of the run."""
    run, gradients = problem.run, []
    with run.algebra.context():
        for mode in ("symbolic", "reverse"):
            blocks = jacobian_blocks(run, [problem.output], problem.nodes, mode)
            found = [blocks[problem.output, node] for node in problem.nodes]
            if not all(run.algebra.is_finite(value) for value in found):
                raise DomainError("the derivative is not finite in many digits")
            gradients.append(problem.numbers(found))
    return gradients


def _looked_at_closely(
    problem: FunctionAtPoint, tolerance: float
) -> tuple[bool, list[Any], list[Any], FunctionAtPoint]:
    """Whether the rules stand the test of more digits and smaller steps; the gradients by formula
    and by a reverse sweep, and the function, in these digits.

    What has no limit on either side refutes no rule: a jump that float64 does not see. Raises
    Disagreement if the digits change the gradient: there is nothing to judge by.
    """
    found = []
    for digits, step in FINER:
        closer = problem.exactly(digits)
        exact, reverse = _exact_gradients(closer)
        allowed = allowed_errors(problem, exact, tolerance)
        still = closer.still()
        if is_derivative(still, exact, allowed, mpf(step)):
            return True, exact, reverse, still
        found.append(exact)
    if any(abs(a - b) > s for a, b, s in zip(*found, allowed, strict=True)):
        raise unjudged(digits)
    holds = sides_confirm(still, exact, allowed, mpf(step)) is not False
    return holds, exact, reverse, still


def wrong_components(
    name: str,
    components: Sequence[Component | Pair],
    found: Sequence[float],
    exact: Sequence[Any],
    allowed: Sequence[float],
    kink: Kink | None = None,
    by_rounding: bool | None = False,
) -> list[Wrong]:
    """The components of a method that are further from the exact ones than allowed.

    With a kink any subgradient is right.
    """
    result = []
    for k, (component, g, e) in enumerate(zip(components, found, exact, strict=True)):
        if abs(g - e) <= allowed[k] or (kink is not None and between(kink, k, g, allowed[k])):
            continue
        result.append(Wrong(name, component, g, float(e), by_rounding))
    return result


def error_of(comparison: Comparison) -> Disagreement | None:
    """The error to end with if something is wrong: the first wrong component by name."""
    if not comparison.wrong:
        return None
    first = comparison.wrong[0]
    others = len({w.component for w in comparison.wrong if w.method == first.method}) - 1
    more = f" (and {others} more components)" if others > 1 else " (and 1 more)" * others
    label = first.component.label
    message = (
        f"{first.method} is wrong in '{label}': {first.found!r}, the exact derivative is "
        f"{first.exact!r}{more}"
    )
    hint = f"the tolerance is {comparison.tolerance:g}; --tolerance sets it"
    if first.method != GIVEN and first.by_rounding:
        hint = (
            "the rules are right in many digits: float64 rounding destroys this derivative here; "
            "write the function without cancellation, or use --precision"
        )
    elif first.method != GIVEN and first.by_rounding is None:
        hint = (
            "rounding in float64 or a wrong rule: --wrt with fewer inputs, or smaller arrays, are "
            "compared in many digits"
        )
    elif first.method != GIVEN:
        hint = "a rule is wrong: this is a defect of adcli, please report it"
    return Disagreement(message, hint)
