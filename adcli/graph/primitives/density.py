"""What rows of log densities share: supports, limits of parameters, LaTeX.

Densities are those of y with the parameters of Stan (Stan Functions Reference, mc-stan.org). Each
is one row: its value, which keeps its digits in the tails and where parameters are large, and its
partials, which keep theirs when they are differentiated again. Outside the support the value is
-inf, by a part that is subtracted, so that nothing hides a nan or a parameter out of its limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adcli.graph.primitives.registry import Limit, Rule, elementwise, no_derivative

POSITIVE: Limit = ("{0} > 0", lambda m, x: m.less_equal(x, 0))
NOT_NEGATIVE: Limit = ("{0} >= 0", lambda m, x: m.less(x, 0))
SHARE: Limit = ("0 <= {0} <= 1", lambda m, x: m.less(x, 0) + m.greater(x, 1))


def is_no_count(m: Any, x: Any, *_: Any) -> Any:
    return m.less(x, 0) + m.greater(x - m.floor(x), 0)


COUNT: Limit = ("{0} = 0, 1, 2, ...", is_no_count)


def is_negative(m: Any, y: Any, *_: Any) -> Any:
    return m.less(y, 0)


def density(
    name: str,
    *partials: Rule | None,
    inputs: str,
    value: Rule,
    support: Limit | None = None,
    beyond: Rule | None = None,
    instead: float = 1.0,
    parameters: Mapping[str, Limit] | None = None,
    **row: Any,
) -> None:
    """A row for a log density of the first input.

    `support` takes all inputs. `value` is the log density, -inf outside the support but for numbers
    y that are `beyond` it (all others, if that is not given): it is never given these, but
    `instead`, a number that every support has. A partial that is left out is that of a count.
    """
    parameters = parameters or {}

    def whole(m: Any, y: Any, *others: Any) -> Any:
        assert support is not None
        outside = (beyond or support[1])(m, y, *others)
        inside = value(m, m.where(outside, instead, y), *others)
        return inside - m.where(outside, m.inf, 0)

    first, *others = inputs.split()
    limits = [text.format(name) for name, (text, _) in parameters.items()]
    if support is not None:
        limits.append(f"-inf unless {support[0].format(first)}")
    partials = (*(no_derivative,) * (1 + len(others) - len(partials)), *partials)
    elementwise(
        name,
        *partials,
        inputs=inputs,
        value=whole if support is not None else value,
        support=support,
        parameters=parameters,
        domain="; ".join(limits) or "all numbers",
        **row,
    )


def latex(name: str, *, given: int) -> str:
    parameters = ", ".join(f"#{k + 2}" for k in range(given))
    return rf"\log\operatorname{{{name}}}\left(#1 \mid {parameters}\right)"


def checked(m: Any, condition: Limit, x: Any) -> Any:
    """A parameter, nan where it may not be so: for values that would not be nan by themselves."""
    return m.where(condition[1](m, x), m.inf - m.inf, x)


def half_log_tau(m: Any) -> Any:
    return 0.5 * m.log(2 * m.pi)
