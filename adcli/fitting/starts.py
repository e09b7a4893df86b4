"""Where parameters begin: numbers, arrays, and `auto` for those in which the model is linear.

Those follow from the others; an array of them may be said by its elements, [auto, auto, 1], or as a
whole, where the model tells its shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

import numpy as np

from adcli.errors import LanguageError, UsageError
from adcli.fitting.model import Model, check_shape
from adcli.given import real_value
from adcli.graph.axes import Shape
from adcli.graph.structure import INDEX, STACK

AUTO = "auto"
"""The start of a parameter in which the model is linear: it follows from the others."""

UNSTARTED = 1.0
"""Where such a parameter stands before."""

TRIALS = 500
"""Most combinations of shapes that are tried."""


def automatic_parts(start: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The starts with UNSTARTED in place of `auto`, and by name masks of where that is."""
    values, masks = {}, {}
    for name, value in start.items():
        values[name] = value
        if isinstance(value, str):
            mask = np.array(value == AUTO)
        elif isinstance(value, (list, tuple, np.ndarray)) and AUTO in _elements(value):
            elements = np.array(value, dtype=object)
            mask, value = elements == AUTO, elements
        else:
            continue
        if mask.any():
            masks[name] = mask
            values[name] = np.where(mask, UNSTARTED, value) if mask.ndim else UNSTARTED
    return values, masks


def _elements(value: Any) -> Iterator[Any]:
    """The elements of nested lists that are texts."""
    if isinstance(value, np.ndarray):
        value = value.tolist() if value.dtype.kind in "OUS" else ()
    for x in value if isinstance(value, (list, tuple)) else (value,):
        if isinstance(x, str):
            yield x
        elif isinstance(x, (list, tuple, np.ndarray)):
            yield from _elements(x)


def told_shapes(
    model: Model, names: Sequence[str], shapes: Mapping[str, Shape], rows: int
) -> dict[str, Shape]:
    """The shapes of parameters with which the model has one number for each of `rows`: numbers, if
    it can; else vectors that are as long as indices, columns of arrays and lists in it suggest.

    `shapes` are those of all other names. Where nothing fits, all are numbers.
    """
    lengths = _lengths(model, shapes)
    choices = [[(), *[(n,) for n in sorted(lengths | _indexed(model, name))]] for name in names]
    for chosen in islice(product(*choices), TRIALS):
        tried = dict(zip(names, chosen, strict=True))
        try:
            check_shape(model, {**shapes, **tried}, rows)
        except LanguageError:
            continue
        return tried
    return dict.fromkeys(names, ())


def _lengths(model: Model, shapes: Mapping[str, Shape]) -> set[int]:
    graph, order = model.graph, model.prediction.order
    stacks = {len(graph.args[i]) for i in order if graph.ops[i] is STACK}
    return stacks | {shape[-1] for shape in shapes.values() if len(shape) > 1}


def _indexed(model: Model, name: str) -> set[int]:
    """The length that the places at which a variable is taken ask for."""
    graph, node = model.graph, model.prediction.inputs[name]
    first = last = 0  # v[0] and v[-1] are two
    for i in model.prediction.order:
        if (
            graph.ops[i] is INDEX
            and graph.args[i][0] == node
            and isinstance(graph.attrs[i][0], int)
        ):
            place = graph.attrs[i][0]
            first, last = max(first, place + 1), max(last, -place)
    return {max(first + last, 1)}


def finite_numbers(values: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Finite numbers and arrays by name."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found[name] = real_value(value, f"the value of '{name}'")
        if not np.size(found[name]):
            raise UsageError(f"{what}: the value of '{name}' has no numbers", "give one or more")
        if not np.isfinite(found[name]).all():
            raise UsageError(f"{what}: the value of '{name}' is not finite", "give a number")
    return found
