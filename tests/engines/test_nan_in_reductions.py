"""A nan among the elements is the result of a reduction, wherever it stands, in every engine."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.errors import DomainError

REDUCTIONS = (
    "max(W)",
    "min(W)",
    "amax(W)",
    "amin(W)",
    "sum(max(W, axis=0))",
    "sum(min(W, axis=1))",
)
WAYS: tuple[dict[str, Any], ...] = ({"precision": 40}, {"engine": "numpy"})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_no_reduction_loses_a_nan(reduction: str, way: dict[str, Any]) -> None:
    f = adcli.function(reduction.replace("W", "log(W)"))
    for numbers in permutations((-1.0, 0.5, 1.0, 2.0)):
        W = np.reshape(numbers, (2, 2))
        with pytest.raises(DomainError, match=r"log\(-1\) is nan"):
            f.value({"W": W}, **way)
        assert f.value({"W": np.abs(W)}, **way) is not None
