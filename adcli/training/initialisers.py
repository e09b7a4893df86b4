"""Where parameters begin: `normal(784, 128, scale=0.05)` and its like, as text.

The arguments are the sizes of the axes (none: a number), then settings by name; both may be
constant expressions. The numbers depend on the seed and the parameter's name alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcli.errors import AdcliError, LanguageError, Span, did_you_mean
from adcli.function import function
from adcli.graph.axes import Shape
from adcli.graph.shapes import GiantError, refuse_giant


@dataclass(frozen=True)
class Initialiser:
    """A way to begin: its settings with their defaults, and how to draw.

    `draw(generator, shape, **settings)` gives the array.
    """

    draw: Callable[..., Any]
    settings: Mapping[str, float | None]


def _normal(generator: np.random.Generator, shape: Shape, mean: float, scale: float) -> Any:
    return mean + scale * generator.standard_normal(shape)


def _uniform(generator: np.random.Generator, shape: Shape, low: float, high: float) -> Any:
    return low + (high - low) * generator.random(shape)


def _glorot(generator: np.random.Generator, shape: Shape, gain: float) -> Any:
    """Uniform within gain*sqrt(6/(fan_in + fan_out)). Source: Glorot & Bengio 2010, eq. 16."""
    limit = gain * math.sqrt(6.0 / max(1, sum(fans(shape))))
    return _uniform(generator, shape, -limit, limit)


def _he(generator: np.random.Generator, shape: Shape, gain: float) -> Any:
    """Normal with the scale gain*sqrt(2/fan_in). Source: He et al. 2015, eq. 10."""
    return _normal(generator, shape, 0.0, gain * math.sqrt(2.0 / max(1, fans(shape)[0])))


INITIALISERS = {
    "zeros": Initialiser(lambda _, shape: np.zeros(shape), {}),
    "ones": Initialiser(lambda _, shape: np.ones(shape), {}),
    "constant": Initialiser(lambda _, shape, value: np.full(shape, value), {"value": None}),
    "normal": Initialiser(_normal, {"mean": 0.0, "scale": 1.0}),
    "uniform": Initialiser(_uniform, {"low": 0.0, "high": 1.0}),
    "glorot": Initialiser(_glorot, {"gain": 1.0}),
    "he": Initialiser(_he, {"gain": 1.0}),
}
"""The ways by name; a setting without a default must be given."""


def fans(shape: Shape) -> tuple[int, int]:
    """Inputs and outputs of a layer `x @ W`: fan_in is the last axis but one, fan_out the last.

    A vector has one output, a number one of each; further axes count for both.

    >>> fans((784, 128)), fans((5,)), fans((3, 3, 16, 32))
    ((784, 128), (5, 1), (144, 288))
    """
    if len(shape) < 2:
        return (*shape, 1, 1)[0], 1
    field = math.prod(shape[:-2])
    return field * shape[-2], field * shape[-1]


def initial(name: str, text: str, seed: int) -> Any:
    """The first value of the parameter `name`: a float, or an array.

    Raises LanguageError, with the place in `text`, for a text that is not an initialiser.

    >>> initial("b", "zeros(3)", 0)
    array([0., 0., 0.])
    """
    initialiser, shape, settings = _read(text)
    generator = np.random.default_rng([seed, *name.encode()])
    value = initialiser.draw(generator, shape, **settings)
    return value if shape else float(value)


def _read(text: str) -> tuple[Initialiser, Shape, dict[str, float]]:
    """The initialiser, the shape and the settings that a text names."""
    known = ", ".join(INITIALISERS)
    word, bracket, rest = text.partition("(")
    start, end = _trimmed(text, 0, len(word))
    word = text[start:end]
    if word not in INITIALISERS:
        hint = did_you_mean(word, INITIALISERS) or f"there are {known}"
        if not bracket and word:
            hint += "; a value goes to --start"
        raise _error(f"'{word}' is not an initialiser", text, (start, end), hint)
    chosen = INITIALISERS[word]
    if not bracket or not rest.rstrip().endswith(")"):
        raise _error(f"{word} needs its sizes in brackets", text, (start, end), _usage(word))
    return chosen, *_arguments(word, chosen, text, len(text) - len(rest), text.rindex(")"))


def _arguments(
    word: str, chosen: Initialiser, text: str, start: int, end: int
) -> tuple[Shape, dict[str, float]]:
    """The arguments between two places: sizes, then settings by name."""
    shape: list[int] = []
    settings: dict[str, float] = {}
    for place in _split(text, start, end):
        part = text[slice(*place)]
        key, equals, _ = part.partition("=")
        if not part and not text[start:end].strip():
            break
        if not equals:
            if settings:
                raise _error("the sizes come before the settings", text, place, _usage(word))
            shape.append(_size(word, text, place))
            continue
        key = key.strip()
        if key not in chosen.settings or key in settings:
            problem = "is set twice" if key in settings else f"is not a setting of {word}"
            raise _error(f"'{key}' {problem}", text, place, _usage(word))
        settings[key] = _number(text, (place[0] + len(part.partition("=")[0]) + 1, place[1]))
    try:
        refuse_giant(tuple(shape))
    except GiantError as error:
        raise _error(str(error), text, (start, end), None) from None
    for key, default in chosen.settings.items():
        if default is None and key not in settings:
            raise _error(f"{word} needs its {key}", text, (start, end), _usage(word))
    defaults = {key: value for key, value in chosen.settings.items() if value is not None}
    settings = {**defaults, **settings}
    if not 0 <= settings.get("high", 0.0) - settings.get("low", 0.0) < math.inf:
        raise _error(f"{word} goes from its low up to its high", text, (start, end), _usage(word))
    return tuple(shape), settings


def _size(word: str, text: str, place: Span) -> int:
    size = _number(text, place)
    if size != int(size) or size < 1:
        raise _error(
            f"the size of an axis is a whole number, not {size:g}", text, place, _usage(word)
        )
    return int(size)


def _number(text: str, place: Span) -> float:
    """The value of the constant expression at a place."""
    start, end = _trimmed(text, *place)
    part = text[start:end]
    if not part:
        raise _error("a number is missing", text, (start, max(end, start + 1)), None)
    try:
        value = function(part).value({})
    except AdcliError as error:
        span = error.span or (0, len(part))
        raise _error(
            error.message, text, (start + span[0], start + span[1]), "numbers or such as 28*28"
        ) from None
    if not isinstance(value, float):
        raise _error("that is not a number", text, (start, end), "write one number")
    return value


def _split(text: str, start: int, end: int) -> list[Span]:
    """The places between commas that stand in no bracket."""
    places, depth, begin = [], 0, start
    for k in range(start, end):
        depth += (text[k] in "([") - (text[k] in ")]")
        if text[k] == "," and depth == 0:
            places.append(_trimmed(text, begin, k))
            begin = k + 1
    return [*places, _trimmed(text, begin, end)]


def _trimmed(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), max(start, start + len(part.rstrip()))


def _usage(word: str) -> str:
    examples = {"value": "0.5", "scale": "0.05", "low": "-0.1", "high": "0.1"}
    settings = [
        f"{key}={examples.get(key, f'{value:g}' if value is not None else '1')}"
        for key, value in INITIALISERS[word].settings.items()
    ]
    return f"write {word}({', '.join(['784', '128', *settings])})"


def _error(message: str, text: str, place: Span, hint: str | None) -> LanguageError:
    return LanguageError(message, hint, span=place, text=text)
