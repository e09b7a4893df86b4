"""Every engine and mode that can differentiate a program at a point."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import adcli
from adcli.errors import AdcliError

MODES = ("reverse", "forward", "symbolic")

Way = dict[str, Any]
"""The keyword arguments of one way: engine or precision, and mode."""


def engines(function: adcli.Function, point: dict[str, Any]) -> list[Way]:
    """The engines that run the function at this point, as keyword arguments."""
    scalars = function.is_scalar and all(isinstance(x, (int, float)) for x in point.values())
    return [{"engine": "python"}] * scalars + [{"engine": "numpy"}, {"precision": 30}]


def ways(function: adcli.Function, point: dict[str, Any]) -> Iterator[Way]:
    """Every engine with every exact mode."""
    for engine in engines(function, point):
        for mode in MODES:
            yield {**engine, "mode": mode}


def as_lists(gradient: dict[str, Any]) -> dict[str, Any]:
    """A gradient as floats and nested lists."""
    return {name: np.asarray(g, dtype=float).tolist() for name, g in gradient.items()}


def gradients(text: str, point: dict[str, Any], **options: Any) -> list[tuple[Way, dict[str, Any]]]:
    """The gradient by every way, each with its way."""
    function = adcli.function(text)
    return [
        (way, as_lists(function.value_and_gradient(point, **way, **options)[1]))
        for way in ways(function, point)
    ]


def failure(error: AdcliError) -> tuple[str, str]:
    """The message, and the text under the caret."""
    assert error.span is not None
    assert error.text is not None
    return error.message, error.text[slice(*error.span)]
