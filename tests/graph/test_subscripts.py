"""The subscripts of einsum give what NumPy's give."""

from __future__ import annotations

import numpy as np
import pytest

import adcli

SHAPES = {
    "s": (),
    "v": (3,),
    "A": (2, 3),
    "T": (5, 2, 3),
    "U": (1, 3, 4),
    "V": (4, 1, 3, 2),
    "Q": (4, 2, 2),
}

CASES = (
    ("...ij,...jk->...ik", "TU"),
    ("...ij,...jk->...ik", "TV"),
    ("...ii", "Q"),
    ("...ii->...i", "Q"),
    ("i...->...i", "T"),
    ("i...->...", "T"),
    ("i...j->j...", "T"),
    ("ba...", "T"),
    ("...,...", "Av"),
    ("...i,j", "Av"),
    ("i,...i", "vA"),
    ("...i,...i,...", "TAs"),
    ("ij->...ij", "A"),
    ("...->...", "s"),
    (" a ... , ab -> b ... ", "AA"),
)


@pytest.mark.parametrize(("spec", "names"), CASES)
def test_ellipsis(spec: str, names: str) -> None:
    random = np.random.default_rng(7)
    arrays = {name: random.normal(size=shape) for name, shape in SHAPES.items()}
    expected = np.einsum(spec, *[arrays[name] for name in names])
    point = {name: arrays[name] for name in set(names)}
    found = adcli.function(f'einsum("{spec}", {", ".join(names)})').value(point)
    assert np.shape(found) == expected.shape
    assert np.allclose(found, expected, rtol=1e-14, atol=1e-14)
