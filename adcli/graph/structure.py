"""The structural primitives: with this module the table is complete.

Linear and multilinear primitives state their transpose in input k: given the adjoint `g` of the
output, the adjoint of that input, `(m, g, k, attr, shapes, inputs)`. They live by kind in
reductions, movement and products; what depends on shapes alone is here.
"""

from __future__ import annotations

from math import prod

from adcli.graph.axes import (
    Shape,
    reduced_shape,
)
from adcli.graph.movement import INDEX as INDEX
from adcli.graph.movement import RESHAPE as RESHAPE
from adcli.graph.movement import STACK as STACK
from adcli.graph.primitives import (
    STATIC,
    structural,
)
from adcli.graph.products import MATMUL as MATMUL
from adcli.graph.products import einsum_terms as einsum_terms
from adcli.graph.reductions import SUM as SUM


def _size_shape(shapes: list[Shape], axis: int | None) -> Shape:
    reduced_shape(shapes, axis)
    return ()


def _numpy_size(axis: int | None, shapes: list[Shape]) -> str:
    return f"{float(prod(shapes[0] if axis is None else (shapes[0][axis],)))!r}"


structural(
    "size",
    STATIC,
    "x",
    shape=_size_shape,
    options=lambda axis: {"axis": axis},
    example=(None, ((2, 3),)),
    spelling={"numpy": _numpy_size},
    summary="number of elements, of all or along an axis",
)
FULL = structural(
    "full",
    STATIC,
    "",
    shape=lambda shapes, attr: attr[1],
    options=lambda attr: {"value": attr[0], "shape": attr[1]},
    example=((2.0, (3,)), ()),
    spelling={"numpy": lambda attr, shapes: f"np.full({attr[1]}, float('{attr[0]!r}'))"},
    summary="a constant array",
)
structural(
    "range",
    STATIC,
    "",
    shape=lambda shapes, attr: (len(range(*attr)),),
    options=lambda bounds: {"bounds": bounds},
    example=((0, 3, 1), ()),
    spelling={
        "numpy": lambda attr, shapes: f"np.arange({attr[0]}, {attr[1]}, {attr[2]}, dtype=float)"
    },
    summary="whole numbers from start to before stop",
)
