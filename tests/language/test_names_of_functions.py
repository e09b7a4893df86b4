"""A name that the language takes for a new function still means what a program says it means."""

from __future__ import annotations

import pytest

import adcli
from adcli.graph.library import ALIASES, LIBRARY
from adcli.graph.reserved import RESERVED


def test_reserved_names_are_those_of_functions() -> None:
    assert {*LIBRARY, *ALIASES} >= RESERVED


NEW = sorted({*LIBRARY, *ALIASES} - RESERVED)


@pytest.mark.parametrize("name", NEW)
def test_a_program_may_have_the_name_of_a_new_function(name: str) -> None:
    assert adcli.function(f"{name}(u, v) = u - 2v; {name}(x, 3)").value({"x": 7.0}) == 1.0
    assert adcli.function(f"{name} = 2x; {name}^2").value({"x": 3.0}) == 36.0
    f = adcli.function(f"{name}*x + `{name}`")
    assert f.value_and_gradient({name: 2.0, "x": 3.0})[1] == {name: 4.0, "x": 2.0}
    assert str(f.derivative("x")) == name


def test_a_new_function_that_is_not_called() -> None:
    with pytest.raises(adcli.UsageError) as found:
        adcli.function("2*normal_logpdf").value({})
    assert found.value.hint == "the function is called: normal_logpdf(y, mu, sigma)"


def test_the_first_functions_keep_their_names() -> None:
    for text in ("sin = 3", "sin(x) = 2x; sin(3)", "sin*2"):
        with pytest.raises(adcli.LanguageError, match="'sin' is a function"):
            adcli.function(text)
