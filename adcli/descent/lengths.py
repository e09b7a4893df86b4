"""Euclidean lengths of vectors of any size: their squares may leave the range of float64."""

from __future__ import annotations

import math

import numpy as np

from adcli.algebras.matrices.blas_threads import vectors_alone
from adcli.descent.rules import Vector

SHORT = 64
"""Vectors of fewer numbers are quicker by Python."""


def dot(a: Vector, b: Vector) -> float:
    """The inner product."""
    with vectors_alone(len(a)):
        return float(a @ b)


def vector_norm(vector: Vector) -> float:
    """The Euclidean length, without overflow of the squares."""
    if len(vector) < SHORT:
        return math.hypot(*vector.tolist())
    largest = max(float(vector.max(initial=0.0)), -float(vector.min(initial=0.0)))
    if not 1e-140 < largest < 1e140:
        if largest == 0 or not math.isfinite(largest):
            return largest
        return largest * vector_norm(vector / largest)
    return math.sqrt(dot(vector, vector))


def vector_norms(vectors: Vector) -> Vector:
    """The lengths of the rows of (vectors, numbers)."""
    if vectors.shape[1] < SHORT:
        return np.array([math.hypot(*x) for x in vectors.tolist()])
    return np.array([vector_norm(x) for x in vectors])
