"""Euclidean lengths of vectors of any size: their squares may leave the range of float64."""

from __future__ import annotations

import math

import numpy as np

from adcli.descent.rules import Vector

SHORT = 64
"""Vectors of fewer numbers are quicker by Python."""


def vector_norm(vector: Vector) -> float:
    """The Euclidean length, without overflow of the squares."""
    if len(vector) < SHORT:
        return math.hypot(*vector.tolist())
    largest = float(np.abs(vector).max(initial=0.0))
    if not 1e-140 < largest < 1e140:
        if largest == 0 or not math.isfinite(largest):
            return largest
        return largest * float(np.linalg.norm(vector / largest))
    return float(np.linalg.norm(vector))


def vector_norms(vectors: Vector) -> Vector:
    """The lengths of the rows of (vectors, numbers)."""
    if vectors.shape[1] < SHORT:
        return np.array([math.hypot(*x) for x in vectors.tolist()])
    return np.array([vector_norm(x) for x in vectors])
