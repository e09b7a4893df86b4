"""Several responses with parameters in common, `[y1, y2] ~ [f1, f2]`: one below the other.

The rows of the table are repeated, once for each response, so that what is minimised is the sum
over all of them, and all that is told of one response holds for several: degrees of freedom,
standard errors, predictions. Without sigmas all responses are taken to have the same variance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcli.data.levels import CodedColumns
from adcli.errors import UsageError
from adcli.fitting.losses import sum_of_squares
from adcli.fitting.model import OBSERVED, WHICH, Model, Vector
from adcli.fitting.row_values import Weights, column_of, expression_of, weights_of
from adcli.fitting.statistics import total_squares
from adcli.function import Function
from adcli.graph.structure import STACK
from adcli.language.text import to_text


@dataclass(frozen=True)
class ResponseFit:
    """How well one of several responses is fitted, its residuals weighted as all of them are.

    `root_mean_square` is that of the residuals, `r_squared` None where the response is constant.
    """

    rows: int
    rss: float
    root_mean_square: float
    r_squared: float | None


def repeated(data: Mapping[str, Any], count: int, rows: int) -> dict[str, Any]:
    """The rows of columns once for each response, and WHICH says which."""
    found = {name: np.concatenate([x] * count) for name, x in data.items()}
    return {**found, WHICH: np.repeat(np.arange(float(count)), rows)}


def lengthened(model: Model, data: CodedColumns) -> tuple[CodedColumns, Vector]:
    """The columns for the long form of a model, and all responses. Raises as `column_of`."""
    parts = [column_of(f, data, "the response") for f in model.responses]
    response = np.concatenate(parts)
    columns = {**repeated(data, len(parts), len(parts[0])), OBSERVED: response}
    levels = {**data.levels, WHICH: response_names(model)}
    return CodedColumns(columns, levels), response


def response_names(model: Model) -> list[str]:
    """What the responses are called: their texts, numbered where they are the same."""
    texts = [to_text(model.graph, f.outputs) for f in model.responses]
    return [
        f"{text} ({texts[:k].count(text) + 1})" if texts.count(text) > 1 else text
        for k, text in enumerate(texts)
    ]


def weights_of_all(
    model: Model,
    weights: Weights | None,
    sigma: Weights | None,
    data: CodedColumns,
    rows: int,
    known: Sequence[str],
) -> Vector | None:
    """The weights of the squares of all responses: `[s1, s2]` has one for each, s one for all.

    Raises as `weights_of`, and UsageError for another number of them.
    """
    if weights is None and sigma is None:
        return None
    count = len(model.responses)
    parts = zip(
        _parts(weights, count, rows, "weights"), _parts(sigma, count, rows, "sigma"), strict=True
    )
    found: list[Any] = [weights_of(w, s, data, rows, known) for w, s in parts]
    return np.asarray(np.concatenate(found))


def _parts(given: Weights | None, count: int, rows: int, what: str) -> list[Any]:
    """What is given for each response."""
    f = expression_of(given, what)
    if f is not None:
        (node,) = f.outputs
        if f.graph.ops[node] is not STACK:
            return [f] * count
        parts: Any = [Function(f.graph, [i], f.text) for i in f.graph.args[node]]
    elif isinstance(given, list | tuple) and (len(given) != rows or any(map(np.ndim, given))):
        parts = given
    elif given is not None and np.ndim(given) > 1:
        parts = list(np.asarray(given))
    else:
        parts = [given] * count
    if len(parts) != count:
        raise UsageError(
            f"there are {count} responses, and {what} of {len(parts)}",
            f"one for each: '[s1, s2]', or one for all of them: '{what[0]}'",
        )
    return list(parts)


def response_fits(
    names: Sequence[str], r: Vector, response: Vector, weights: Vector | None
) -> dict[str, ResponseFit]:
    """The figures of each response, from the weighted residuals of all."""
    count = len(names)
    if not count:
        return {}
    pieces = [np.split(x, count) for x in (r, response)]
    scales = [None] * count if weights is None else np.split(weights, count)
    found = {}
    for name, own, y, w in zip(names, *pieces, scales, strict=True):
        counted = len(own) if w is None else int(np.count_nonzero(w))
        rss = sum_of_squares(own)
        total = total_squares(y, w) if counted else 0.0
        found[name] = ResponseFit(
            counted,
            rss,
            float(np.sqrt(rss / counted)) if counted else np.nan,
            1.0 - rss / total if total > 0 else None,
        )
    return found
