"""The structural primitives: with this module the table is complete.

Linear and multilinear primitives state their transpose in input k: given the adjoint `g` of the
output, the adjoint of that input, `(m, g, k, attr, shapes, inputs)`. Those that move elements are
in movement, those that sum products in products, functions of matrices in matrices; here are those
that reduce or run along an axis (the sweeps do the summing and the spreading, a reduction states
the weight of each element), and those that depend on shapes alone.
"""

from __future__ import annotations

from math import prod
from typing import Any

from adcli.graph.axes import (
    Shape,
    ShapeError,
    kept_shape,
    normal_axis,
    reduced_shape,
    show_shapes,
)
from adcli.graph.gathering import GATHER as GATHER
from adcli.graph.gathering import SCATTER_ADD as SCATTER_ADD
from adcli.graph.movement import INDEX as INDEX
from adcli.graph.movement import RESHAPE as RESHAPE
from adcli.graph.movement import STACK as STACK
from adcli.graph.ordering import REORDER as REORDER
from adcli.graph.primitives import (
    REDUCTION,
    REQUIRED,
    STATIC,
    Primitive,
    load_later,
    structural,
)
from adcli.graph.products import MATMUL as MATMUL
from adcli.graph.running import shifted

load_later("adcli.graph.matrices")

Args = tuple[int, ...]
"""The operands of a node."""


def _numpy_reduction(function: str) -> Any:
    return lambda axis, shapes: f"{function}(#1{'' if axis is None else f', axis={axis}'})"


def _nonempty_shape(shapes: list[Shape], axis: int | None) -> Shape:
    result = reduced_shape(shapes, axis)
    if prod(shapes[0] if axis is None else (shapes[0][axis],)) == 0:
        raise ShapeError("an empty vector has no smallest or largest element")
    return result


SUM = structural(
    "sum",
    shape=reduced_shape,
    rule=lambda m, g, k, axis, shapes, _: m.broadcast(
        shapes[0], m.reshape(kept_shape(shapes[0], axis), g)
    ),
    options={"axis": None},
    example=(None, ((2, 3),)),
    numpy=_numpy_reduction("np.sum"),
    trend="adds",
    summary="sum of all elements or along an axis",
)


def _extremum_weights(m: Any, x: Any, out: Any, axis: int | None, shape: Shape) -> Any:
    ties = m.equal(x, out)
    count = m.reshape(kept_shape(shape, axis), m.sum(axis, ties))
    return ties, m.divide(ties, count)


# Unlike `max([x, 0])`, which is max(x, 0), where the constant holds a tie: here all elements are
# equal, and those that tie share the derivative.
for _name, _summary in (("max", "largest element"), ("min", "smallest element")):
    structural(
        f"reduce_{_name}",
        kind=REDUCTION,
        shape=_nonempty_shape,
        rule=_extremum_weights,
        kink=lambda m, x, out, axis: m.greater(m.sum(axis, m.equal(x, out)), 1),
        word=f"a{_name}",
        numpy=_numpy_reduction(f"np.{_name}"),
        options={"axis": None},
        example=(None, ((3,),)),
        trend="keeps",
        summary=f"{_summary} of an array; of numbers written out too",
    )

SHORT_WORDS = {"amax": "max", "amin": "min"}
"""The names that people use, wherever they mean the same."""


def usual_word(op: Primitive) -> str:
    """What people call a function, for messages."""
    return SHORT_WORDS.get(op.word, op.word)


def usual_call(op: Primitive, args: Args, attr: Any) -> tuple[str, Args]:
    """What people call a function of these operands, and the operands that they write."""
    if op is REORDER and args[0] == args[1] and not attr[1]:
        return "sort", args[:1]
    return op.word, args


def _product_weights(m: Any, x: Any, out: Any, axis: int | None, shape: Shape) -> Any:
    if axis is None:
        flat: Shape = (prod(shape),)
        _, weights = _product_weights(m, m.reshape(flat, x), out, 0, flat)
        return None, m.reshape(shape, weights)
    axis = normal_axis(axis, len(shape))
    if shape[axis] == 0:
        return None, x
    runs = (axis, 0), (axis, 1)
    before, behind = (shifted(m, m.cumprod(run, x), shape, run, 1.0) for run in runs)
    return None, before * behind


structural(
    "prod",
    kind=REDUCTION,
    shape=reduced_shape,
    rule=_product_weights,
    options={"axis": None},
    example=(None, ((2,),)),
    numpy=_numpy_reduction("np.prod"),
    trend="signs",
    summary="product of all elements or along an axis",
)


def _size_shape(shapes: list[Shape], axis: int | None) -> Shape:
    reduced_shape(shapes, axis)
    return ()


structural(
    "size",
    kind=STATIC,
    shape=_size_shape,
    options={"axis": None},
    example=(None, ((2, 3),)),
    numpy=lambda axis, shapes: repr(
        float(shapes[0][axis] if axis is not None else prod(shapes[0]))
    ),
    summary="number of elements, of all or along an axis",
)
FULL = structural(
    "full",
    kind=STATIC,
    inputs="",
    shape=lambda shapes, attr: attr[1],
    options={"value": REQUIRED, "shape": REQUIRED},
    example=((2.0, (3,)), ()),
    numpy=lambda attr, shapes: f"np.full({attr[1]}, float('{attr[0]!r}'))",
    latex=lambda attr: rf"\mathbf{{{attr[0]:g}}}_{{" + r" \times ".join(map(str, attr[1])) + "}",
    summary="a constant array",
)
structural(
    "range",
    kind=STATIC,
    inputs="",
    shape=lambda shapes, attr: (len(range(*attr)),),
    options={"bounds": REQUIRED},
    example=((0, 3, 1), ()),
    numpy=lambda attr, shapes: f"np.arange({attr[0]}, {attr[1]}, {attr[2]}, dtype=float)",
    summary="whole numbers from start to before stop",
)


def _linspace_shape(shapes: list[Shape], n: int) -> Shape:
    if n < 2:
        raise ShapeError("linspace takes 2 numbers or more")
    if any(shapes):
        found = show_shapes(shapes)
        raise ShapeError(f"linspace goes from a number to a number, not between {found}")
    return (n,)


def shares(m: Any, n: int, k: int) -> Any:
    """What each of n numbers in equal steps has of the last one (k = 1), or of the first."""
    of_last = m.divide(m.range((0, n, 1)), n - 1.0)
    return of_last if k else 1 - of_last


structural(
    "linspace",
    inputs="x y",
    shape=_linspace_shape,
    rule=lambda m, g, k, n, shapes, _: m.sum(None, g * shares(m, n, k)),
    options={"n": REQUIRED},
    example=(3, ((), ())),
    numpy=lambda n, shapes: f"np.linspace(#1, #2, {n})",
    trend="keeps",
    summary="n numbers from x to y in equal steps",
)


def _eye_shape(shapes: list[Shape], attr: Shape) -> Shape:
    if len(attr) not in (1, 2):
        raise ShapeError("eye takes the number of rows, and that of columns where it differs")
    return (attr[0], attr[-1])


structural(
    "eye",
    kind=STATIC,
    inputs="",
    shape=_eye_shape,
    options={"shape": REQUIRED},
    example=((3,), ()),
    numpy=lambda attr, shapes: f"np.eye{(attr[0], attr[-1])}",
    latex=lambda attr: "I_{" + r" \times ".join(map(str, attr)) + "}",
    summary="the unit matrix: eye(3), eye(2, 3)",
)
