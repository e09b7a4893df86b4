"""Formulas of high order: as long as the square of the order, or refused at once."""

from __future__ import annotations

import math
from typing import Any

import pytest

from adcli.ad import formulas as ad_formulas
from adcli.ad.formulas import Formulas, derivative_formulas
from adcli.errors import UsageError
from adcli.function import function
from adcli.language.text import to_text


def formulas(text: str, order: int, *wrt: str) -> Formulas:
    return derivative_formulas(function(text), wrt, order)


@pytest.mark.parametrize(
    ("text", "order", "x", "most"),
    [
        ("x^x", 30, 1.3, 2000),
        ("exp(sin(x))", 20, 1.0, 500),
        ("exp(-x^2)", 60, 0.5, 300),
        ("tan(x)", 16, 0.5, 400),
        ("tan(x)*gamma(x)/(1 + x^x)", 12, 1.2, 2000),
        ("sin(x)^3*log(x)/x + sqrt(x)", 15, 1.5, 2000),
        ("where(x > 1, exp(x^2), x)*max(x^3, x)", 9, 1.5, 500),
        ("normcdf(x)/(1 + softplus(x))*atan2(x, 2)", 10, 0.7, 2000),
    ],
)
def test_formulas_are_short_and_right(text: str, order: int, x: float, most: int) -> None:
    found = formulas(text, order, "x")
    assert found.after.graph <= most
    printed = function(to_text(found.graph, found.nodes, share=True))
    value = printed.value({"x": x}) if printed.variables else printed.value({})
    exact = function(text).taylor({"x": x}, order=order)[order] * math.factorial(order)
    assert value == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "order", "wrt"),
    [
        ("tan(x)*gamma(x)/(1 + x^x)", 100, ["x"]),
        ("exp(sin(x*y)*z)/(x + y^z)", 9, ["x", "y", "z"]),
    ],
)
def test_what_is_too_long_is_refused(
    text: str, order: int, wrt: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ad_formulas, "MAX_OPERATIONS", 3000)
    with pytest.raises(UsageError) as found:
        formulas(text, order, *wrt)
    assert "more than 3,000 operations" in found.value.message
    assert "adcli taylor" in str(found.value.hint)


def test_the_bound_grows_with_the_program() -> None:
    lines = [f"t{k} = sin(t{k - 1})*t{k - 1} + {k}*x" for k in range(1, 300)]
    text = "\n".join(["t0 = x", *lines, "t299"])
    assert formulas(text, 2, "x").before.graph > 300


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [("sin(x)", 100, "sin(x)"), ("x^5", 5, "120"), ("x^5", 6, "0"), ("exp(2x)", 4, "16*exp(2*x)")],
)
def test_short_ones_stay_short(text: str, order: int, expected: Any) -> None:
    found = formulas(text, order, "x")
    assert to_text(found.graph, found.nodes) == expected
