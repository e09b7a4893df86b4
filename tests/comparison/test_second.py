"""Second derivatives side by side: what the methods give, and what the reference must catch."""

from __future__ import annotations

import math
from typing import Any

import pytest

from adcli.comparison import methods, second
from adcli.comparison.compare import Comparison, Disagreement, error_of
from adcli.comparison.second import compare_second
from adcli.errors import DomainError, UsageError
from adcli.function import function
from adcli.graph.primitives import PRIMITIVES


def run(program: str, point: dict[str, Any], **options: Any) -> Comparison:
    return compare_second(function(program), point, measure=False, **options)


AGREEING = [
    # program, point, the Hessian row by row
    ("x1*x2 + sin(x1)", {"x1": 2.0, "x2": 3.0}, [-math.sin(2), 1, 1, 0]),
    ("x^3", {"x": 0.0}, [0]),
    ("x^4 - 2x", {"x": 0.0}, [0]),
    ("x^2.5", {"x": 0.0}, None),
    ("x^10", {"x": 0.0}, [0]),
    ("(x - y)^10", {"x": 1.0, "y": 1.0}, [0, 0, 0, 0]),
    ("cosh((x - 1)^4)*y", {"x": 1.0, "y": 2.0}, [0, 0, 0, 0]),
    ("5x + y", {"x": 1.0, "y": 1.0}, [0, 0, 0, 0]),
    ("1e200*x^2", {"x": 1e-100}, [2e200]),
    ("exp(x*y)", {"x": 1e-9, "y": 2.0}, None),
    ("sum(v^3)", {"v": [1.0, 2.0]}, [6, 0, 0, 12]),
    ("sum(A@x*x)", {"A": [[1.0, 2.0], [3.0, 4.0]], "x": [1.0, -1.0]}, None),
    ("logsumexp(v) + norm(v)", {"v": [1.0, 2.0, -0.5]}, None),
    ("where(x > 0, log(x), 0)*y", {"x": 2.0, "y": 3.0}, [-0.75, 0.5, 0.5, 0]),
    ("powlog(x, y, n)", {"x": 2.0, "y": 2.0, "n": 2.0}, None),
]


@pytest.mark.parametrize(("program", "point", "hessian"), AGREEING)
def test_what_agrees(program: str, point: dict[str, Any], hessian: list[float] | None) -> None:
    found = run(program, point)
    assert found.wrong == []
    assert found.kink is None
    assert error_of(found) is None
    if hessian is not None:
        assert found.exact == pytest.approx(hessian, rel=1e-15, abs=1e-28)


def test_the_methods_and_their_costs() -> None:
    found = run("x1*x2 + sin(x1)", {"x1": 2.0, "x2": 3.0})
    costs = {m.name: (m.evaluations, m.sweeps) for m in found.methods}
    assert costs == {
        methods.SYMBOLIC: (1, 0),
        methods.GRADIENT_DIFFERENCES: (4, 4),
        methods.FORWARD_OVER_REVERSE: (1, 2),
        methods.REVERSE_OVER_REVERSE: (1, 2),
    }
    assert [c.derivative for c in found.components][1] == "d2f/dx1dx2"


PLANTED = [
    # A rule that is right at the first order at the point, and wrong at the second.
    ("exp", lambda m, x, out: m.where(m.equal(x, 0), 1, out), "exp(x)", {"x": 0.0}),
    ("sin", lambda m, x, out: m.detach(m.cos(x)), "sin(x)*y", {"x": 1.0, "y": 1.0}),
    ("sqrt", lambda m, x, out: m.divide(0.5, m.sqrt(m.detach(x))), "sqrt(x)", {"x": 2.0}),
    ("log", lambda m, x, out: m.divide(1, m.round(x)), "log(x^2)", {"x": 1.0}),
]


@pytest.mark.parametrize(("name", "rule", "program", "point"), PLANTED)
def test_a_rule_that_is_wrong_at_the_second_order_alone_is_caught(
    name: str, rule: Any, program: str, point: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PRIMITIVES[name], "partials", (rule,))
    found = run(program, point)
    assert {w.method for w in found.wrong} == {
        methods.SYMBOLIC,
        methods.FORWARD_OVER_REVERSE,
        methods.REVERSE_OVER_REVERSE,
    }
    error = error_of(found)
    assert error is not None
    assert "a rule is wrong" in str(error.hint)


def test_rounding_is_told_from_wrong_rules() -> None:
    found = run("(1 - cos(x))/x^2", {"x": 1e-7})
    assert found.wrong
    error = error_of(found)
    assert error is not None
    assert "float64 rounding" in str(error.hint)


@pytest.mark.parametrize(
    ("program", "point", "is_held"),
    [
        ("sin(x)", {"x": 1e150}, True),
        ("1e20*cos(x)*y", {"x": -1e60, "y": 2.0}, True),
        ("1e-200*tan(x)", {"x": 1e250}, True),
        ("sin(1e150*x)", {"x": 1.3}, False),
        ("sin(1e40*x + y)", {"x": 1.3, "y": 1.0}, False),
        ("1e-100*sec(1e150*x + 1)", {"x": 1.1}, False),
    ],
)
def test_what_turns_within_every_step_is_no_alarm(
    program: str, point: dict[str, Any], is_held: bool
) -> None:
    found = run(program, point)
    assert bool(found.wrong) != is_held
    assert {w.by_rounding for w in found.wrong} <= {True}
    assert all(map(math.isfinite, found.exact))


def test_a_wrong_rule_is_caught_where_it_turns_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = (lambda m, x, out: m.detach(m.cos(x)),)
    monkeypatch.setattr(PRIMITIVES["sin"], "partials", rule)
    assert {w.by_rounding for w in run("sin(x)*x", {"x": 1e150}).wrong} == {False}


def test_what_further_digits_change_cannot_be_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second, "FINER", ((60, "1e-10"), (70, "1e-10")))
    with pytest.raises(Disagreement, match="cannot be judged: 70 digits are too few"):
        run("sin(1e150*sqrt(x))", {"x": 1.1})


@pytest.mark.parametrize(
    ("program", "point", "left", "right", "convention"),
    [
        ("relu(x)^2", {"x": 0.0}, 0, 2, 0),
        ("x*abs(x)", {"x": 0.0}, -2, 2, 0),
        ("x*(relu(x) - relu(-x))", {"x": 0.0}, 2, 2, 0),
        ("max(x^2, x)", {"x": 1.0}, 0, 2, 1),
    ],
)
def test_kinks(program: str, point: Any, left: float, right: float, convention: float) -> None:
    found = run(program, point)
    assert found.kink is not None
    assert found.wrong == []
    assert (found.kink.left, found.kink.right, found.exact) == ([left], [right], [convention])


def test_a_jump_of_the_gradient_beside_the_axes_is_a_kink() -> None:
    found = run("abs(x - y)", {"x": 1.0, "y": 1.0})
    assert found.wrong == []
    assert found.kink is not None
    assert found.kink.bent == [1, 2]
    assert found.exact == [0, 0, 0, 0]


def test_the_end_of_a_domain() -> None:
    found = run("x^2.5", {"x": 0.0})
    (outside,) = [m for m in found.methods if m.obstacle]
    assert outside.name == methods.GRADIENT_DIFFERENCES
    with pytest.raises(DomainError, match="not finite"):
        run("x^1.5", {"x": 0.0})


def test_too_many_numbers() -> None:
    with pytest.raises(UsageError, match="441 second derivatives"):
        run("sum(v^2)", {"v": [1.0] * 21})


@pytest.mark.parametrize("text", ["norm([x, y])", "logsumexp([x, y, 1])", "softmax([x, y])[0]"])
def test_the_reference_takes_values_of_the_program_as_written(text: str) -> None:
    found = compare_second(function(text), {"x": 1.0, "y": 2.0})
    assert not found.wrong
    assert min(found.digits) > 15


def test_a_slope_apart_from_the_value_has_no_second_differences() -> None:
    with pytest.raises(UsageError, match="slope has no value"):
        compare_second(function("x + slope(x, x^2)"), {"x": 1.0})
