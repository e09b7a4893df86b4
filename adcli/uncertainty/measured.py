"""Measured values, and how people write them: `1.000±0.002`, `1.000(2)`, `2.01±0.5%`.

1.000±0.002           a value and its standard uncertainty; +- and +/- are ±, and 1.000(2) is this
100±0.1 k=2           an expanded uncertainty, of which the standard one is a half
0±0.05 uniform        a half-width: the value is anywhere within the limits (GUM 4.3.7)
12.3±0.2 df=9         with the degrees of freedom of the standard uncertainty
[1±0.1, 2(3)], v±1%   arrays, element by element or with one uncertainty for all
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from adcli.errors import UsageError, did_you_mean
from adcli.given import check_choice, real_value
from adcli.graph.axes import show_shape


class Distribution(NamedTuple):
    """A distribution about 0: its standard deviation where its half-width is 1, and its excess
    kurtosis, E(x^4)/E(x^2)^2 - 3."""

    deviation: float
    kurtosis: float


DISTRIBUTIONS = {
    "normal": Distribution(1.0, 0.0),
    "uniform": Distribution(1 / math.sqrt(3), -1.2),
    "triangular": Distribution(1 / math.sqrt(6), -0.6),
    "arcsine": Distribution(1 / math.sqrt(2), -1.5),
}
"""What may be known of a quantity: GUM 4.3.7 and 4.3.9, JCGM 101:2008, 6.4. The half-width of a
normal distribution stands for its standard deviation."""
_SYNONYMS = {"rectangular": "uniform", "gaussian": "normal", "u-shaped": "arcsine"}

_SIGN = re.compile(r"±|\+/-|\+-")
_NUMBER = r"[0-9]+\.?[0-9]*|\.[0-9]+"
_POWER = r"\s*(?:[eE]|[*·×]\s*(?:1[eE]|10\^|10\*\*))\s*([+-]?[0-9]{1,3})"
_BRACKETS = re.compile(rf"([+-]?)\s*({_NUMBER})\s*\(({_NUMBER})\)(?:{_POWER})?")
_SCALED = re.compile(rf"\((.*)\){_POWER}", re.DOTALL)
_WORD = re.compile(
    rf"\s+(?:(k|df)(?:\s*=\s*|\s+)((?:{_NUMBER})(?:[eE][+-]?[0-9]+)?)|([A-Za-z][A-Za-z-]+))\s*\Z"
)
WRITTEN = "as in 1.000±0.002, 1.000(2), 2±0.5%, 2±0.1 uniform, 2±0.1 df=9"


@dataclass(frozen=True)
class Measured:
    """A value, a number or an array, that is known with a standard uncertainty.

    The other fields are one for all elements, or an array in the shape of the value.

    uncertainty         the standard uncertainty, whatever the distribution
    degrees_of_freedom  of the uncertainty; infinite where it is known well
    distribution        one of DISTRIBUTIONS
    """

    value: Any
    uncertainty: Any = 0.0
    degrees_of_freedom: Any = math.inf
    distribution: Any = "normal"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return np.shape(self.value)


def checked(measured: Measured) -> Measured:
    """The same with arrays of float64 in the shape of the value, () for a number.

    Raises UsageError for what is not a number, a negative uncertainty, or another shape.
    """
    value = np.asarray(real_value(measured.value, "the value"))
    u = _spread(real_value(measured.uncertainty, "the uncertainty"), value, "uncertainty")
    freedom = _spread(
        real_value(measured.degrees_of_freedom, "the degrees of freedom"), value, "freedom"
    )
    kinds = _spread(np.asarray(measured.distribution, dtype=object), value, "distribution")
    for x in value[~np.isfinite(value)][:1].flat:
        raise UsageError(f"the value {x:g} is not finite", "a measured value is a finite number")
    for x in u[~(np.isfinite(u) & (u >= 0))][:1].flat:
        hint = "a standard uncertainty is 0 or more, and finite"
        raise UsageError(f"the uncertainty is {x:g}", hint)
    for x in freedom[~(freedom > 0)][:1].flat:
        raise UsageError(f"the degrees of freedom are {x:g}", "they are above 0, as in df=9")
    for name in kinds.flat:
        check_choice(name, DISTRIBUTIONS, "distribution")
    return Measured(value, u, freedom, kinds)


def _spread(given: Any, value: Any, what: str) -> Any:
    """One number for each element of a value."""
    try:
        return np.broadcast_to(given, value.shape)
    except ValueError:
        raise UsageError(
            f"the {what} has the shape {show_shape(np.shape(given))}, the value "
            f"{show_shape(value.shape)}",
            "one number holds for all elements",
        ) from None


def read_measured(text: str, number: Callable[[str], Any]) -> Measured:
    """What a text says; `number` makes a number, or an array, of a constant expression.

    Raises UsageError for a text that is none of what can be written.
    """
    text = text.strip()
    found = _SCALED.fullmatch(text)
    if found and _signs(found[1]):
        inner, power = read_measured(found[1], number), float(f"1e{found[2]}")
        freedom, kind = inner.degrees_of_freedom, inner.distribution
        return checked(Measured(inner.value * power, inner.uncertainty * power, freedom, kind))
    rest, words = _split_words(text)
    places = _signs(rest)
    if len(places) > 1:
        raise UsageError(f"'{text}' has several ±", "a value has one uncertainty: 1.000±0.002")
    bracketed = _BRACKETS.fullmatch(rest)
    if places:
        (place,) = places
        value = number(rest[: place.start()].strip() or "0")
        u = _width(rest[place.end() :].strip(), value, number)
    elif bracketed:
        value, u = _in_brackets(*bracketed.groups())
    elif words:
        hint = WRITTEN if text[-1] != "%" else None
        raise UsageError(f"'{text}' has no uncertainty to describe", hint)
    elif rest.startswith("[") and rest.endswith("]") and _is_measured(rest):
        return _stacked([read_measured(part, number) for part in split_elements(rest[1:-1])])
    elif _SIGN.search(rest) and "±" in rest:
        raise UsageError(f"in '{text}' the ± is within brackets", WRITTEN)
    else:
        return checked(Measured(number(rest)))
    kind = words.get("distribution", "normal")
    if "k" in words and kind != "normal":
        raise UsageError(
            f"'{text}' has both a coverage factor and limits",
            "k=2 is for an expanded uncertainty, uniform for the half-width of limits",
        )
    if "k" in words and not words["k"] > 0:
        raise UsageError("the coverage factor is 0", "it is above 0, as in k=2")
    u = np.asarray(u) * DISTRIBUTIONS[kind].deviation / words.get("k", 1.0)
    return checked(Measured(value, u, words.get("df", math.inf), kind))


def _split_words(text: str) -> tuple[str, dict[str, Any]]:
    """A text without the words behind it, and these: the distribution, k, df."""
    words: dict[str, Any] = {}
    while found := _WORD.search(text):
        name, value, word = found.groups()
        if word is not None:
            kind = _SYNONYMS.get(word.lower(), word.lower())
            if kind not in DISTRIBUTIONS:
                hint = did_you_mean(kind, [*DISTRIBUTIONS, *_SYNONYMS])
                if hint is None and not _signs(text):
                    break  # a constant expression, which its reader judges
                hint = hint or f"there are {', '.join(DISTRIBUTIONS)}; units are left out"
                raise UsageError(f"'{word}' is not a distribution", hint)
            name, value = "distribution", kind
        if name in words:
            raise UsageError(f"'{name}' is said twice", "take one away")
        words[name] = value if word is not None else float(value)
        text = text[: found.start()]
    return text, words


def _signs(text: str) -> list[re.Match[str]]:
    """The ± outside brackets."""
    shown, depth = [], 0
    for c in text:
        depth += (c in "([") - (c in ")]")
        shown.append(" " if depth > 0 else c)
    return list(_SIGN.finditer("".join(shown)))


def _is_measured(text: str) -> bool:
    """Whether an element of a list has an uncertainty: a ±, or digits in brackets."""
    return bool(_SIGN.search(text) or re.search(rf"[\[,]\s*[+-]?(?:{_NUMBER})\([0-9.]+\)", text))


def split_elements(text: str) -> list[str]:
    """The parts between commas outside brackets."""
    parts, depth, start = [], 0, 0
    for k, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            parts.append(text[start:k])
            start = k + 1
    return [*parts, text[start:]]


def _width(text: str, value: Any, number: Callable[[str], Any]) -> Any:
    """What stands behind ±: a number, or a part of the value in percent."""
    if not text:
        raise UsageError("there is no uncertainty behind ±", WRITTEN)
    if not text.endswith("%"):
        return number(text)
    share = np.asarray(number(text[:-1].strip())) / 100
    if not np.all(value) and np.any(share):
        raise UsageError(
            f"{text} of 0 is no uncertainty", "say how much it is in the unit of the value"
        )
    return np.abs(value) * share


def _in_brackets(sign: str, digits: str, spread: str, power: str | None) -> tuple[float, float]:
    """`1.000(2)`: the digits in brackets count in the last place; `1.0(0.2)` is in full."""
    places = len(digits.partition(".")[2]) if "." not in spread else 0
    exponent = int(power or 0)
    return float(f"{sign}{digits}e{exponent}"), float(f"{spread}e{exponent - places}")


def _stacked(parts: list[Measured]) -> Measured:
    """An array of elements. Raises UsageError for elements of different shapes."""
    shapes = {part.shape for part in parts}
    if len(shapes) > 1:
        raise UsageError("the elements of the list have different shapes", "as in [1±0.1, 2±0.2]")
    fields = ("value", "uncertainty", "degrees_of_freedom", "distribution")
    return Measured(*(np.stack([getattr(part, name) for part in parts]) for name in fields))
