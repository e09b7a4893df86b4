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
    reader = _Reader(text)
    initialiser, shape, settings = reader.initialiser, *reader.arguments()
    generator = np.random.default_rng([seed, *name.encode()])
    value = initialiser.draw(generator, shape, **settings)
    return value if shape else float(value)


class _Reader:
    """Reads the text of an initialiser; what it raises names the place in the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        name, bracket, rest = text.partition("(")
        place = self._trimmed(0, len(name))
        self.word = word = text[slice(*place)]
        if word not in INITIALISERS:
            hint = did_you_mean(word, INITIALISERS) or f"there are {', '.join(INITIALISERS)}"
            if not bracket and word:
                hint += "; a value goes to --start"
            raise self._error(f"'{word}' is not an initialiser", place, hint)
        self.initialiser = INITIALISERS[word]
        if not bracket or not rest.rstrip().endswith(")"):
            raise self._error(f"{word} needs its sizes in brackets", place, self._usage())
        self.inside = len(text) - len(rest), text.rindex(")")

    def arguments(self) -> tuple[Shape, dict[str, float]]:
        """The arguments in the brackets: sizes, then settings by name."""
        known = self.initialiser.settings
        shape: list[int] = []
        settings: dict[str, float] = {}
        for place in self._split():
            part = self.text[slice(*place)]
            key, equals, _ = part.partition("=")
            if not part and not self.text[slice(*self.inside)].strip():
                break
            if not equals:
                if settings:
                    raise self._error("the sizes come before the settings", place, self._usage())
                shape.append(self._size(place))
                continue
            value = place[0] + len(key) + 1, place[1]
            key = key.strip()
            if key not in known or key in settings:
                problem = "is set twice" if key in settings else f"is not a setting of {self.word}"
                raise self._error(f"'{key}' {problem}", place, self._usage())
            settings[key] = self._number(value)
        try:
            refuse_giant(tuple(shape))
        except GiantError as error:
            raise self._error(str(error), self.inside, None) from None
        for key, default in known.items():
            if default is None and key not in settings:
                raise self._error(f"{self.word} needs its {key}", self.inside, self._usage())
        settings = {**{key: x for key, x in known.items() if x is not None}, **settings}
        if not 0 <= settings.get("high", 0.0) - settings.get("low", 0.0) < math.inf:
            problem = f"{self.word} goes from its low up to its high"
            raise self._error(problem, self.inside, self._usage())
        return tuple(shape), settings

    def _size(self, place: Span) -> int:
        size = self._number(place)
        if size != int(size) or size < 1:
            problem = f"the size of an axis is a whole number, not {size:g}"
            raise self._error(problem, place, self._usage())
        return int(size)

    def _number(self, place: Span) -> float:
        """The value of the constant expression at a place."""
        start, end = self._trimmed(*place)
        part = self.text[start:end]
        if not part:
            raise self._error("a number is missing", (start, max(end, start + 1)), None)
        try:
            value = function(part).value({})
        except AdcliError as error:
            low, high = error.span or (0, len(part))
            hint = "write a number, or an expression of numbers such as 28*28"
            raise self._error(error.message, (start + low, start + high), hint) from None
        if not isinstance(value, float):
            raise self._error("that is not a number", (start, end), "write one number")
        return value

    def _split(self) -> list[Span]:
        """The places between commas that stand in no further bracket."""
        start, end = self.inside
        places, depth = [], 0
        for k in range(start, end):
            depth += (self.text[k] in "([") - (self.text[k] in ")]")
            if self.text[k] == "," and depth == 0:
                places.append(self._trimmed(start, k))
                start = k + 1
        return [*places, self._trimmed(start, end)]

    def _trimmed(self, start: int, end: int) -> Span:
        part = self.text[start:end]
        return start + len(part) - len(part.lstrip()), max(start, start + len(part.rstrip()))

    def _usage(self) -> str:
        examples = {"value": "0.5", "scale": "0.05", "low": "-0.1", "high": "0.1"}
        settings = [
            f"{key}={examples.get(key, f'{value:g}' if value is not None else '1')}"
            for key, value in self.initialiser.settings.items()
        ]
        return f"write {self.word}({', '.join(['784', '128', *settings])})"

    def _error(self, message: str, place: Span, hint: str | None) -> LanguageError:
        return LanguageError(message, hint, span=place, text=self.text)
