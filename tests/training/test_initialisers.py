"""First values: shapes and statistics, seeds, and what is said of texts that are none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adcli.errors import LanguageError
from adcli.training.initialisers import INITIALISERS, fans, initial

# text -> shape, mean, standard deviation, smallest and largest possible value
DRAWN = [
    ("zeros(3)", (3,), 0, 0, 0, 0),
    ("ones(2, 3)", (2, 3), 1, 0, 1, 1),
    ("constant(2, 2, 2, value=-pi)", (2, 2, 2), -math.pi, 0, -math.pi, -math.pi),
    ("normal(300, 200)", (300, 200), 0, 1, -6, 6),
    ("normal(300, 200, mean=2, scale=0.05)", (300, 200), 2, 0.05, 1.7, 2.3),
    ("uniform(60000)", (60000,), 0.5, math.sqrt(1 / 12), 0, 1),
    ("uniform(60000, low=-3, high=1)", (60000,), -1, 4 * math.sqrt(1 / 12), -3, 1),
    (
        "glorot(300, 200)",
        (300, 200),
        0,
        math.sqrt(2 / 500),
        *(math.sqrt(6 / 500) * k for k in (-1, 1)),
    ),
    ("glorot(300, 200, gain=3)", (300, 200), 0, 3 * math.sqrt(2 / 500), -math.inf, math.inf),
    ("he(300, 200)", (300, 200), 0, math.sqrt(2 / 300), -math.inf, math.inf),
    ("he(5*5, 10^3, gain=2)", (25, 1000), 0, 2 * math.sqrt(2 / 25), -math.inf, math.inf),
    ("  he( 60000 ,gain = 1 ) ", (60000,), 0, math.sqrt(2 / 60000), -math.inf, math.inf),
]


@pytest.mark.parametrize(("text", "shape", "mean", "deviation", "low", "high"), DRAWN)
def test_values_have_their_shape_and_distribution(
    text: str, shape: tuple[int, ...], mean: float, deviation: float, low: float, high: float
) -> None:
    value = initial("W", text, 1)
    assert value.shape == shape
    assert value.dtype == np.float64
    assert low <= value.min() <= value.max() <= high
    n = value.size
    assert value.mean() == pytest.approx(mean, abs=5 * deviation / math.sqrt(n) + 1e-15)
    assert value.std() == pytest.approx(deviation, rel=4 / math.sqrt(n), abs=1e-15)
    if deviation:
        assert len(np.unique(value)) > 0.99 * n


def test_every_initialiser_is_tried() -> None:
    assert {text.strip().partition("(")[0] for text, *_ in DRAWN} == set(INITIALISERS)


def test_no_size_is_a_number() -> None:
    assert initial("b", "constant(value=2.5)", 0) == 2.5
    assert type(initial("b", "normal()", 0)) is float
    assert initial("b", "zeros( )", 0) == 0.0


def test_name_and_seed_decide_alone() -> None:
    value = initial("W", "normal(3)", 5)
    assert (initial("W", "normal(3)", 5) == value).all()
    assert (initial("V", "normal(3)", 5) != value).all()
    assert (initial("W", "normal(3)", 6) != value).all()
    assert (initial("W₁", "normal(3)", 5) != value).all()


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((), (1, 1)), ((7,), (7, 1)), ((7, 5), (7, 5)), ((2, 3, 7, 5), (42, 30))],
)
def test_fans(shape: tuple[int, ...], expected: tuple[int, int]) -> None:
    assert fans(shape) == expected


# text, what is said, the part of the text that is pointed at
REFUSED = [
    ("zero(3)", "'zero' is not an initialiser", "zero"),
    ("", "'' is not an initialiser", ""),
    ("[0, 0]", "'[0, 0]' is not an initialiser", "[0, 0]"),
    ("normal", "normal needs its sizes in brackets", "normal"),
    ("normal(3", "normal needs its sizes in brackets", "normal"),
    ("normal(3)x", "normal needs its sizes in brackets", "normal"),
    ("normal(3.5)", "a whole number, not 3.5", "3.5"),
    ("normal(2, -2)", "a whole number, not -2", "-2"),
    ("normal(0)", "a whole number, not 0", "0"),
    ("uniform(3, low=1, high=0)", "from its low up to its high", "3, low=1, high=0"),
    ("uniform(low=2)", "from its low up to its high", "low=2"),
    ("uniform(3, low=-1e308, high=1e308)", "its high", "3, low=-1e308, high=1e308"),
    ("normal(n)", "no value for the variable 'n'", "n"),
    ("normal(4, 2*n)", "no value for the variable 'n'", "n"),
    ("normal([3])", "that is not a number", "[3]"),
    ("normal(1 + * 2)", "a value is missing before '*'", "*"),
    ("normal(3, scale=)", "a number is missing", ")"),
    ("normal(3,)", "a number is missing", ")"),
    ("normal(3, sd=1)", "'sd' is not a setting of normal", "sd=1"),
    ("zeros(3, scale=1)", "'scale' is not a setting of zeros", "scale=1"),
    ("normal(scale=1, 3)", "the sizes come before the settings", "3"),
    ("normal(3, scale=1, scale=2)", "'scale' is set twice", "scale=2"),
    ("normal(3, scale=log(0))", "log(0) is -inf", "log(0)"),
    ("constant(3)", "constant needs its value", "3"),
    ("normal(1e6, 1e6)", "1000000x1000000 numbers is too large", "1e6, 1e6"),
    ("zeros(1e9)", "1000000000 numbers is too large", "1e9"),
    ("ones(" + "1," * 32 + "1)", "at most 32 axes, not 33", "1," * 32 + "1"),
]


@pytest.mark.parametrize(("text", "message", "place"), REFUSED)
def test_a_text_that_is_none_is_pointed_at(text: str, message: str, place: str) -> None:
    with pytest.raises(LanguageError) as caught:
        initial("W", text, 0)
    assert message in caught.value.message
    assert caught.value.text == text
    assert caught.value.span is not None
    assert text[slice(*caught.value.span)] == place
