"""Methods side by side: what they give, what must be caught, what must not be an alarm."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from adcli.ad.jacobians import MODES
from adcli.comparison import compare as comparison
from adcli.comparison import methods
from adcli.comparison.allowances import magnitudes
from adcli.comparison.compare import GIVEN, Comparison, compare, error_of
from adcli.comparison.function_at_point import FunctionAtPoint
from adcli.comparison.sweep import geometric
from adcli.comparison.verdicts import TAYLOR_STEPS, significant, slope_of_remainders
from adcli.errors import DomainError, UsageError
from adcli.explain.cost import Counts
from adcli.function import function
from adcli.graph.primitives import PRIMITIVES
from tests.programs import Program, array_programs, scalar_programs

EXAMPLE = ("x1*x2 + sin(x1)", {"x1": 2.0, "x2": 3.0})
LEAST = ("sum((A@x - b)^2)", {"A": [[1.0, 2.0], [3.0, 4.0]], "x": [1.0, -1.0], "b": [0.5, 1.0]})


def run(program: str, point: dict[str, Any], **options: Any) -> Comparison:
    return compare(function(program), point, measure=False, **options)


def by_name(found: Comparison) -> dict[str, tuple[methods.MethodResult, float | None]]:
    return {m.name: (m, e) for m, e in zip(found.methods, found.errors, strict=True)}


# ---- methods ----


def test_the_methods_and_their_costs() -> None:
    found = by_name(run(*EXAMPLE))
    costs = {name: (m.evaluations, m.sweeps, m.besides) for name, (m, _) in found.items()}
    assert run(*EXAMPLE).evaluation.counts == Counts(1, 1, functions=1)
    assert costs == {  # besides x1*x2 + sin(x1)
        methods.SYMBOLIC: (1, 0, Counts(0, 1, functions=1)),  # x2 + cos(x1), x1
        methods.FORWARD_DIFFERENCES: (3, 0, Counts(2, 2 + 4, 2, functions=2)),
        methods.CENTRAL_DIFFERENCES: (4, 0, Counts(4, 4 + 6, 2, functions=4)),
        methods.COMPLEX_STEP: (2, 0, Counts(8, 8, 2, functions=2)),
        methods.FORWARD_AD: (1, 2, Counts(3, 1, functions=1)),
        methods.REVERSE_AD: (1, 1, Counts(3, 1, functions=1)),
    }
    limits = (1e-15, 1e-7, 1e-10, 1e-15, 1e-15, 1e-15)
    assert all(e < limit for (_, e), limit in zip(found.values(), limits, strict=True))


def test_forward_sweeps_grow_with_the_inputs_and_reverse_ones_do_not() -> None:
    costs = []
    for p in (1, 10, 100):
        program = f"v = reshape(x, {p}); exp(sin(sum(v*v)))"
        found = by_name(run(program, {"x": np.linspace(0.1, 0.2, p)}))
        forward, reverse = found[methods.FORWARD_AD][0], found[methods.REVERSE_AD][0]
        assert (forward.sweeps, reverse.sweeps) == (p, 1)
        costs.append([m.besides.multiplications / p for m in (forward, reverse)])
    assert costs[2][0] > 10 * costs[0][0]
    assert costs[2][1] < costs[0][1]


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        (methods.SYMBOLIC, "symbolic"),
        (methods.CENTRAL_DIFFERENCES, "finite"),
        (methods.FORWARD_AD, "forward"),
        (methods.REVERSE_AD, "reverse"),
    ],
)
@pytest.mark.parametrize("case", [EXAMPLE, LEAST], ids=["scalars", "arrays"])
def test_numbers_are_those_of_grad(case: Any, name: str, mode: str) -> None:
    assert mode in MODES
    _, gradient = function(case[0]).value_and_gradient(case[1], mode=mode)
    expected = [x for g in gradient.values() for x in np.ravel(g).tolist()]
    assert by_name(run(*case))[name][0].gradient == expected


@given(scalar_programs())
@settings(max_examples=30)
def test_random_programs_raise_no_alarm(program: Program) -> None:
    found = compare(function(program.text), program.point, measure=False)
    assert not found.wrong
    assert found.taylor is None or found.taylor.is_right is not False


@given(array_programs())
@settings(max_examples=15)
def test_random_array_programs_raise_no_alarm(program: Program) -> None:
    found = compare(function(program.text), program.point, measure=False)
    assert not found.wrong
    method, error = by_name(found)[methods.COMPLEX_STEP]
    assert method.obstacle is not None or error is None or math.isnan(error) or error < 1e-6


def test_the_complex_step_says_what_is_not_analytic() -> None:
    method, error = by_name(run("max(x, y)*y", {"x": 1.0, "y": 2.0}))[methods.COMPLEX_STEP]
    assert method.gradient is None
    assert error is None
    assert method.obstacle == ("max is not analytic", (0, 9))


# ---- gradients that are wrong ----

WRONG = [
    (EXAMPLE, {"x1": 2.6, "x2": 2.0}, {"x1"}),
    (EXAMPLE, {"x1": 2.5838531634528574, "x2": -2.0}, {"x2"}),
    (EXAMPLE, {"x1": 2.0, "x2": 2.5838531634528574}, {"x1", "x2"}),
    (("x^2 + 1e-9*y", {"x": 1.0, "y": 1.0}), {"x": 2.0, "y": 0.0}, {"y"}),
    (("x^2 + y", {"x": 0.0, "y": 1.0}), {"x": 1e-3, "y": 1.0}, {"x"}),
    (("sqrt(x)", {"x": 4.0}), {"x": 0.2500005}, {"x"}),
    (("sqrt(x)", {"x": 4.0}), {"x": math.nan}, {"x"}),
    (("1e-30*x^2", {"x": 1.0}), {"x": 2.1e-30}, {"x"}),
    (("1e30*x^2", {"x": 1.0}), {"x": 2.1e30}, {"x"}),
    (
        LEAST,
        {"A": [[-3.0, 3.0], [-4.0, 4.0]], "x": [-15.0, -22.0], "b": [3.0, 4.1]},
        {"b[1]"},
    ),
    (("1e12 + x", {"x": 1.0}), {"x": 1.0001}, {"x"}),
    (("abs(x)", {"x": 0.0}), {"x": 1.5}, {"x"}),
    (("max(x, 0)*y", {"x": 0.0, "y": 2.0}), {"x": -0.1, "y": 0.0}, {"x"}),
    (("where(x > 0, log(x), 0)", {"x": -1.0}), {"x": -1.0}, {"x"}),
]


@pytest.mark.parametrize(("case", "gradient", "components"), WRONG, ids=lambda v: str(v)[:40])
def test_a_wrong_gradient_is_caught(case: Any, gradient: Any, components: set[str]) -> None:
    found = run(*case, given=gradient)
    assert {w.component.label for w in found.wrong} == components
    assert {w.method for w in found.wrong} == {GIVEN}
    error = error_of(found)
    assert error is not None
    assert found.wrong[0].component.label in error.message


@pytest.mark.parametrize("size", [1e-5, 1e-3, 0.1, 2.0])
def test_the_taylor_remainder_tells_a_wrong_gradient(size: float) -> None:
    x = 2.5838531634528574
    right = run(*EXAMPLE, given={"x1": x, "x2": 2.0}).taylor
    wrong = run(*EXAMPLE, given={"x1": x * (1 + size), "x2": 2.0}).taylor
    assert right is not None
    assert wrong is not None
    assert right.is_right is True
    assert right.slope == pytest.approx(2, abs=0.01)
    assert wrong.is_right is False
    assert wrong.slope == pytest.approx(1, abs=0.1)


RIGHT = [
    (EXAMPLE, {"x1": 2.583853, "x2": 2}),
    (("x/3", {"x": 1.0}), {"x": 1 / 3}),
    (("x^2", {"x": 0.0}), {"x": 0.0}),
    (("abs(x)", {"x": 0.0}), {"x": 0.5}),
    (("abs(x)", {"x": 0.0}), {"x": -1.0}),
    (("max(x, 0)*y", {"x": 0.0, "y": 2.0}), {"x": 2.0, "y": 0.0}),
    (("(x + 1)^2 - x^2 - 2x", {"x": 0.3}), {"x": 0.0}),
]


@pytest.mark.parametrize(("case", "gradient"), RIGHT, ids=lambda v: str(v)[:40])
def test_a_right_gradient_passes(case: Any, gradient: Any) -> None:
    found = run(*case, given=gradient)
    assert error_of(found) is None
    assert found.taylor is None or found.taylor.is_right


@pytest.mark.parametrize(
    ("gradient", "message"),
    [
        ({"x1": 1.0}, "no derivative is given for 'x2'"),
        ({"x1": 1.0, "x2": [1.0, 2.0]}, "the derivative for 'x2' has not the shape of 'x2'"),
        ({"x1": 1.0, "x2": 1.0, "z": 0.0}, "a gradient is given for 'z'"),
    ],
)
def test_a_gradient_that_does_not_fit_is_refused(gradient: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        run(*EXAMPLE, given=gradient)
    assert caught.value.message == message
    assert caught.value.hint


def test_a_given_gradient_may_be_of_some_variables() -> None:
    assert not run(*EXAMPLE, wrt=["x2"], given={"x2": 2.0}).wrong


def test_the_tolerance_decides() -> None:
    gradient = {"x1": 2.6, "x2": 2.0}
    assert not run(*EXAMPLE, given=gradient, tolerance=0.01).wrong


@pytest.mark.parametrize(
    ("program", "x", "expected"),
    [
        ("x^2 - 3x", 1.5, 6.0),
        ("(sin(x) + 1)^2 - sin(x)^2 - 2sin(x)", 0.0, 4.0),
        ("sum([x, -x] * [2, 2])", 1.0, 4.0),
        ("where(x > 0, x, log(x))", 1.0, 1.0),
        ("dot([x, 1], [3, -1])", 1.0, 3.0),
    ],
)
def test_magnitudes_are_sums_over_paths(program: str, x: float, expected: float) -> None:
    assert magnitudes(FunctionAtPoint(function(program), {"x": x})) == pytest.approx([expected])


# ---- kinks ----

KINKS = [
    ("abs(x)", 0.0, "abs(0)", -1, 1),
    ("max(x, 0)", 0.0, "max(0, 0)", 0, 1),
    ("min(x, 2x)", 0.0, "min(0, 0)", 2, 1),
    ("abs(x - 0.1)", 0.1, "abs(0)", -1, 1),
    ("abs(10x - 1)", 0.1, "abs(0)", -10, 10),
    ("floor(x)", 2.0, "floor(2)", math.inf, 0),
    ("where(x > 1, 3x, x)", 1.0, "1 > 1", 1, math.inf),
    ("where(x, 1, 1 - x)", 0.0, "where(0, 1, 1)", 0, 0),
    ("where(tanh(x), x, 1)/max(x, 2)", 0.0, "where(0, 0, 1)", math.inf, -math.inf),
    ("clip(x, 0, 1)", 1.0, "min(1, 1) (in clip)", 1, 0),
    ("sum(abs([x, 2x]))", 0.0, None, -3, 3),
    ("sign(x)", 0.0, "sign(0)", math.inf, math.inf),
    ("x - 1e-20*sign(x)", 0.0, "sign(0)", -math.inf, -math.inf),
    ("1e20*x + 1e19*abs(x)", 0.0, "abs(0)", 9e19, 1.1e20),
]


@pytest.mark.parametrize(("program", "x", "operation", "left", "right"), KINKS)
def test_a_kink_has_two_sides_and_raises_no_alarm(
    program: str, x: float, operation: str | None, left: float, right: float
) -> None:
    found = run(program, {"x": x})
    assert not found.wrong
    assert found.taylor is None
    assert found.kink is not None
    assert operation in (None, found.kink.operation)
    assert found.kink.left == [pytest.approx(left, rel=1e-6)]
    assert found.kink.right == [pytest.approx(right, rel=1e-6)]
    assert found.exact == [run(program, {"x": x}).methods[-1].gradient[0]]


@pytest.mark.parametrize("program", ["x*abs(x)", "max(x, 0)^2", "where(x >= 0, x^3, x^2)"])
def test_a_kink_without_effect_is_smooth(program: str) -> None:
    found = run(program, {"x": 0.0})
    assert found.kink is not None
    assert found.kink.bent == []
    assert found.taylor is not None
    assert found.taylor.is_right
    assert not found.wrong


@pytest.mark.parametrize(
    ("program", "x"),
    [("abs(x + 0.2 - 0.3)", 0.1), ("abs(x + 0.7 - 0.1 - 0.7)", 0.1), ("max(3x, 0.3)", 0.1)],
)
def test_a_kink_within_rounding_is_no_alarm(program: str, x: float) -> None:
    found = run(program, {"x": x})
    assert not found.wrong
    assert found.taylor is None or found.taylor.is_right is not False


def test_a_kink_that_the_result_does_not_see_is_none() -> None:
    assert run("where(x > 1, abs(y), y)", {"x": 0.0, "y": 0.0}).kink is None


@pytest.mark.parametrize(
    ("program", "x", "convention", "side"),
    [
        ("relu(x) - relu(-x)", 0.0, 0, 1),
        ("max(x, 0) + min(x, 0)", 0.0, 0, 1),
        ("clip(0.25, x, x)", 0.25, 0.5, 1),
        ("2x*sign(x) - abs(x) + 3x", 0.0, 3, None),
    ],
)
def test_what_the_chain_rule_makes_of_kinks_is_a_convention(
    program: str, x: float, convention: float, side: float | None
) -> None:
    found = run(program, {"x": x})
    assert not found.wrong
    assert found.exact == [convention]
    assert found.kink is not None
    if side is not None:
        assert found.kink.bent == [0]
        assert found.kink.left == found.kink.right == [side]


# ---- rounding ----


def test_rounding_is_told_from_a_wrong_rule() -> None:
    found = run("(1 - cos(x))/x^2", {"x": 1e-6})
    assert {w.by_rounding for w in found.wrong} == {True}
    error = error_of(found)
    assert error is not None
    assert "float64 rounding" in str(error.hint)
    assert found.digits == [0.0]


TURNING = [
    # What turns within a step of 1e-30, and whether float64 holds the argument.
    ("sin(x)", 1e150, True),
    ("x*cos(x)", -1e60, True),
    ("tan(x) + log(x)", 1e300, True),
    ("1e200*sin(x)", 1e250, True),
    ("sin(1e30*x) + x", 1.1, False),
    ("sin(1e60*x + 1) + x", 1.1, False),
    ("log(sin(1e40*x + 1)) + x^2", 1.3, False),
    ("sec(1e150*x + 1)", 1.1, False),
    ("mod(1e100*x, e)*cos(1e100*x)", 1.3, False),
    ("mod(1e100*x, 1.5)*cos(1e100*x)", 1.3, False),  # a multiple of 1.5: at a jump
]


@pytest.mark.parametrize(("program", "x", "is_held"), TURNING)
def test_what_turns_within_every_step_is_no_alarm(program: str, x: float, is_held: bool) -> None:
    from mpmath import mpf

    f = function(program)
    right = f.value_and_gradient({"x": mpf(x)}, precision=500)[1]["x"]
    found = run(program, {"x": x})
    assert found.kink is None
    assert bool(found.wrong) != is_held
    assert {w.by_rounding for w in found.wrong} <= {True}
    if is_held:
        assert found.exact == pytest.approx([float(right)], rel=1e-14)


@pytest.mark.parametrize(
    ("program", "point"),
    [
        ("x^1.5", {"x": 0.0}),
        ("x^1.1", {"x": 0.0}),
        ("x^e + y", {"x": 0.0, "y": 1.0}),
        ("x^1.5 + y^2.5 + sin(z)", {"x": 0.0, "y": 0.0, "z": 1.0}),
        ("(asin(x)*3)^1.5", {"x": 0.0}),
        ("sum(v^1.5)", {"v": [0.0, 1.0, 0.0]}),
        ("floor((x - 0.5)^(x^2))", {"x": -3.0}),  # defined nowhere else
        ("where(cos(x) >= x^(-3), sin(x), exp(x))", {"x": 0.0}),  # jumps where x^(-3) does
        ("powlog(2, x, n)", {"x": 3.0, "n": 1.0}),
    ],
)
def test_the_end_of_a_domain_raises_no_alarm(program: str, point: dict[str, Any]) -> None:
    assert not run(program, point).wrong


def test_a_wrong_rule_is_caught_at_the_end_of_a_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PRIMITIVES["sin"], "partials", (lambda m, x, out: 1.001 * m.cos(x),))
    found = run("x^1.5 + sin(x)", {"x": 0.0})
    assert {w.by_rounding for w in found.wrong} == {False}


def test_a_wrong_rule_is_caught_where_it_turns_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    right = run("sin(x)", {"x": 1e150})
    monkeypatch.setattr(PRIMITIVES["sin"], "partials", (lambda m, x, out: 1.001 * m.cos(x),))
    found = run("sin(x)", {"x": 1e150})
    assert found.exact == pytest.approx(right.exact)
    assert {w.by_rounding for w in found.wrong} == {False}


def test_what_further_digits_change_cannot_be_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "FINER", ((60, "1e-20"), (70, "1e-20")))
    with pytest.raises(comparison.Disagreement, match="cannot be judged: 70 digits are too few"):
        run("sin(1e150*sqrt(x)) + x", {"x": 1.1})


@pytest.mark.parametrize(
    ("number", "exact", "digits"),
    [(1.0, 1, 16.0), (1.001, 1, 3.0), (-1.0, 1, 0.0), (0.0, 0, 16.0), (1e-9, 0, 0.0)],
)
def test_right_digits(number: float, exact: float, digits: float) -> None:
    from mpmath import mpf

    assert significant(number, mpf(exact)) == pytest.approx(digits, abs=0.01)


@pytest.mark.parametrize(
    ("name", "program"),
    [("sin", "x*y + sin(x)"), ("exp", "exp(x)*y"), ("sin", "sum(sin([x, y]))"), ("exp", "exp(x)")],
)
def test_a_wrong_rule_is_caught(name: str, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    point = {"x": 1.25, "y": 2.0} if "y" in program else {"x": 1.25}
    right = run(program, point)
    assert not right.wrong
    partial = PRIMITIVES[name].partials[0]
    assert partial is not None
    monkeypatch.setattr(PRIMITIVES[name], "partials", (lambda m, *xs: 1.001 * partial(m, *xs),))
    found = run(program, point)
    assert {w.method for w in found.wrong} == {
        methods.SYMBOLIC,
        methods.FORWARD_AD,
        methods.REVERSE_AD,
    }
    assert found.exact == pytest.approx(right.exact)
    error = error_of(found)
    assert error is not None
    assert "a rule is wrong" in str(error.hint)


@pytest.mark.parametrize(
    "program", ["x*detach(x)", "detach(sin(x))^2 + x", "norm([x, 2x])", "x^2 + slope(x^2, x)"]
)
def test_what_is_detached_is_a_constant(program: str) -> None:
    found = run(program, {"x": 1.5})
    assert not found.wrong
    assert found.taylor is not None
    assert found.taylor.is_right


# ---- the sweep ----


def test_the_sweep_has_its_best_epsilons_where_theory_says() -> None:
    found = run("exp(x)", {"x": 1.0}, epsilons=geometric(1e-1, 1e-16)).sweep
    assert found is not None
    forward, central = (found.best(kind) for kind in ("forward", "central"))
    assert forward is not None
    assert central is not None
    assert 1e-9 <= forward[0] <= 1e-7
    assert 1e-7 <= central[0] <= 1e-4
    assert found.errors["central"][1] == pytest.approx(0.01**2 / 6, rel=1e-3)
    assert found.errors["forward"][1] == pytest.approx(0.01 / 2, rel=1e-2)
    assert found.errors["forward"][-1] == pytest.approx(1)  # the step is lost


def test_the_sweep_has_the_estimates() -> None:
    program, point = "3*(x1^2 + x2*x3)", {"x1": 2.0, "x2": 3.0, "x3": 4.0}
    found = run(program, point, epsilons=[0.1, 0.01]).sweep
    assert found is not None
    assert found.exact == [12, 12, 9]
    assert found.estimates["forward"][1] == pytest.approx([12.06, 12, 9])
    assert found.estimates["central"][0] == pytest.approx([12, 12, 9])


USELESS = [("sin(1e9*x)", 1.0), ("1e12 + x", 1.0), ("(x - 1)^9 + 1e10*0*x + x*1e-12 + 1", 1.0)]


@pytest.mark.parametrize(("program", "x"), USELESS)
def test_where_finite_differences_are_useless_ad_is_not(program: str, x: float) -> None:
    found = by_name(run(program, {"x": x}))
    differences, ad = found[methods.FORWARD_DIFFERENCES][1], found[methods.REVERSE_AD][1]
    assert differences is not None
    assert ad is not None
    assert differences > 1e-6
    assert ad < 1e-7


def test_the_steps_are_relative_to_the_variable() -> None:
    small = run("x^2", {"x": 1e-200}, epsilons=[1e-3]).sweep
    large = run("x^2", {"x": 1e100}, epsilons=[1e-3]).sweep
    zero = run("exp(x)", {"x": 0.0}, epsilons=[1e-3]).sweep
    assert small is not None
    assert large is not None
    assert zero is not None
    assert large.errors["forward"] == pytest.approx([5e-4], rel=1e-3)
    assert zero.errors["forward"] == pytest.approx([5e-4], rel=1e-3)


@pytest.mark.parametrize(
    ("first", "last", "count"), [(1e-1, 1e-16, 1), (1e-16, 1e-1, 4), (1.0, 1.0, 1), (0.5, 0.4, 1)]
)
def test_epsilons_run_from_end_to_end(first: float, last: float, count: int) -> None:
    found = geometric(first, last, count)
    assert (found[0], found[-1]) == (first, last)
    assert found in (sorted(found), sorted(found, reverse=True))


@pytest.mark.parametrize("bad", [(0.0, 1.0, 1), (-1.0, 1.0, 1), (1.0, math.inf, 1), (1, 2, 0)])
def test_epsilons_are_positive(bad: Any) -> None:
    with pytest.raises(UsageError):
        geometric(*bad)


@pytest.mark.parametrize(("program", "point"), [("1 + 2", {}), ("sum(v)", {"v": []})])
def test_a_program_without_variables_is_refused(program: str, point: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="no variable"):
        run(program, point)


def test_a_step_that_leaves_the_domain_does_not_stop_the_others() -> None:
    found = run("log(x) + sqrt(x)", {"x": 1e-7})
    method, error = by_name(found)[methods.CENTRAL_DIFFERENCES]
    assert method.obstacle is not None
    assert method.obstacle[0] == methods.OUTSIDE
    assert error is None
    assert not found.wrong


@pytest.mark.parametrize(
    ("program", "x"), [("exp(x)", -800.0), ("x*1e-310", 1.0), ("exp(x)", 709.0), ("x^200", 1e-1)]
)
def test_the_ends_of_the_range_raise_no_alarm(program: str, x: float) -> None:
    assert not run(program, {"x": x}).wrong


@pytest.mark.parametrize(
    ("program", "point"),
    [
        ("1e-200*x + 1", {"x": 1.0}),
        ("exp(x*y)", {"x": 1e-150, "y": 2.0}),
        ("atan2(y, x)", {"x": 1e-150, "y": 2.0}),
        ("1e-300*x + 1e300*y", {"x": 1.0, "y": 1.0}),
        ("sum(v) + 1e-250*v[0]^2", {"v": [0.0, 2.0]}),
        ("cos(x)", {"x": 1e-160}),
    ],
)
def test_a_change_lost_beside_the_value_raises_no_alarm(program: str, point: Any) -> None:
    assert not run(program, point).wrong


def test_a_point_outside_the_domain_is_refused() -> None:
    with pytest.raises(DomainError):
        run("log(x)", {"x": -1.0})


@pytest.mark.parametrize("pair", [(0.0, 1e-3), (1e-3, 0.0), (math.inf, 1e-3), (1e-3, math.inf)])
def test_no_slope_is_taken_over_a_remainder_without_a_logarithm(pair: tuple[float, float]) -> None:
    falling = [step**2 for step in TAYLOR_STEPS]
    assert slope_of_remainders(falling, 0.0) == pytest.approx(2)
    slope = slope_of_remainders([*falling[:-2], *pair], 0.0)
    assert slope is not None
    assert math.isfinite(slope)
    assert slope_of_remainders([0.0] * len(TAYLOR_STEPS), 0.0) is None
