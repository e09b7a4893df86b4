"""Conditions without variables as indices."""

import numpy as np
import pytest

import adcli
from adcli.errors import LanguageError

V = np.arange(6.0) * 10

CHOSEN = {
    "range(6) > 3": V > 30,
    "[1, 0, 0, 1, 0, 0] == 1": [True, False, False, True, False, False],
    "mod(range(6), 2) == 0 and range(6) < 4": [True, False, True, False, False, False],
    "0 < range(6) <= 2": [False, True, True, False, False, False],
    "not (range(6) == 1 or -range(6) + 6 < 3)": [True, False, True, True, False, False],
    "range(6) > 9": [False] * 6,
}


@pytest.mark.parametrize("text", CHOSEN)
def test_elements_that_meet_a_condition(text: str) -> None:
    mask = np.array(CHOSEN[text])
    f = adcli.function(f"sum(v[{text}]^2)")
    value, gradient = f.value_and_gradient({"v": V})
    assert value == np.sum(V[mask] ** 2)
    np.testing.assert_array_equal(gradient["v"], 2 * V * mask)


@pytest.mark.parametrize(
    "text",
    ["x > 1", "v > 1", "2 > 1", "range(4) > range(5)", "range(10^9) > 1", "mod(range(3), 0) > inf"],
)
def test_others_are_refused(text: str) -> None:
    with pytest.raises(LanguageError, match="a condition is not an index"):
        adcli.function(f"v[{text}]")
