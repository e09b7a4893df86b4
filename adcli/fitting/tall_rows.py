"""The triangle of many rows: strips of them, which stay in the cache, one after another are
eliminated beneath the triangle of those before.

Source: Demmel, Grigori, Hoemmen & Langou, SIAM J. Sci. Comput. 34 (2012), sequential TSQR; LAPACK's
tpqrt takes the triangle as what it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import lapack

from adcli.algebras.matrices.blas_threads import strips_alone

STRIP = 1024
"""Rows of a strip."""

PANEL = 8
"""Columns that are eliminated together before the others follow."""


def absorbed(triangle: Any, rows: Any) -> Any:
    """R of the QR factorisation of a triangle above rows."""
    columns = rows.shape[1]
    found = np.zeros((columns, columns), order="F")
    found[: len(triangle)] = triangle
    with strips_alone():
        for k in range(0, len(rows), STRIP):
            strip = np.array(rows[k : k + STRIP], order="F")
            found, *_ = lapack.dtpqrt(
                0, min(PANEL, columns), found, strip, overwrite_a=1, overwrite_b=1
            )
    return found
