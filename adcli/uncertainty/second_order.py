"""What the curvature of a program adds to the uncertainty: terms of the next order.

With g, H and T the first, second and third derivatives at the estimates, and V the covariance of
inputs that are jointly normal, the mean of the result is f + tr(HV)/2, and its variance g'Vg +
tr(HVHV)/2 + sum over i, j, k of (Vg)_i T_ijk V_jk. Without correlations these are the terms of the
note to GUM 5.1.2. For an input that is alone and not normal the excess kurtosis e of its
distribution adds e u^4 (H_ii^2/4 + g_i T_iii/3).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from adcli.ad.symbolic import tangent_nodes
from adcli.ad.tasks import Task
from adcli.errors import DomainError
from adcli.fitting.model import constant_node
from adcli.function import Function
from adcli.graph.structure import INDEX
from adcli.uncertainty.measured_point import MeasuredPoint

AFFORDABLE = 50_000
"""Nodes times elements times elements up to which terms are computed that nobody asked for."""


class HigherTerms(NamedTuple):
    """What is beyond the first order.

    shift     the mean of the result less its value at the estimates
    variance  what is added to the variance of first order; it may be negative
    """

    shift: float
    variance: float


def is_affordable(f: Function, point: MeasuredPoint, results: int) -> bool:
    """Whether the terms take a second or so, for all results."""
    return len(f.order) * len(point.labels) ** 2 * results <= AFFORDABLE


def higher_terms(
    f: Function, point: MeasuredPoint, place: tuple[int, tuple[int, ...]], slopes: Any
) -> HigherTerms:
    """The terms of one result: output and index are its `place`, `slopes` (n,) its gradient.

    Raises DomainError for a second or third derivative that is not finite.
    """
    with np.errstate(all="ignore"):
        found = _terms(f, point, place, slopes)
    if not (math.isfinite(found.shift) and math.isfinite(found.variance)):
        raise DomainError("the terms beyond the first order are beyond float64")
    return found


def _terms(
    f: Function, point: MeasuredPoint, place: tuple[int, tuple[int, ...]], slopes: Any
) -> HigherTerms:
    base = f.twice
    output, index = place
    node = base.outputs[output]
    if index:
        node = base.graph.node(INDEX, (node,), index, base.graph.span(node))
    one = Function(base.graph, [node], base.text, base.inputs.values())
    covariance = point.covariance
    curvature = _hessian(one, point)
    spread = curvature @ covariance
    variance = 0.5 * float(np.sum(spread * spread.T))
    turned = covariance @ slopes
    if np.any(turned):
        third = _hessian(_tangent(one, point, turned), point)
        variance += float(np.sum(third * covariance))
    for k in np.flatnonzero(point.excess).tolist():
        u, excess = float(point.deviations[k]), float(point.excess[k])
        variance += excess * u**4 * curvature[k, k] ** 2 / 4
        if slopes[k]:
            alone = np.zeros(len(slopes))
            alone[k] = 1.0
            rise = _hessian(_tangent(one, point, alone), point)[k, k]
            variance += excess * u**4 * slopes[k] * rise / 3
    return HigherTerms(0.5 * float(np.trace(spread)), variance)


def _parts(point: MeasuredPoint, numbers: Any) -> Mapping[str, Any]:
    """A number for each element as values of the uncertain variables."""
    return {
        name: numbers[where].reshape(np.shape(point.values[name]))
        for name, where in point.places.items()
    }


def _tangent(f: Function, point: MeasuredPoint, direction: Any) -> Function:
    """The derivative of a function along a direction (n,)."""
    graph = f.graph
    seeds = {
        f.inputs[name]: constant_node(graph, x) for name, x in _parts(point, direction).items()
    }
    shapes = {name: np.shape(x) for name, x in point.values.items()}
    nodes = tangent_nodes(graph, f.order, f.outputs, seeds, shapes)
    return Function(graph, nodes, f.text, f.inputs.values())


def _hessian(f: Function, point: MeasuredPoint) -> Any:
    """(n, n): the second derivatives of a function with one number as its result."""
    found = f.at(dict(point.values), Task("hessian", wrt=point.uncertain)).by_path
    sizes = {name: max(np.size(point.values[name]), 1) for name in point.uncertain}
    return np.block(
        [
            [np.reshape(found["hessian", a, b][0], (sizes[a], sizes[b])) for b in point.uncertain]
            for a in point.uncertain
        ]
    )
