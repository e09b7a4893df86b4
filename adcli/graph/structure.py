"""Structural primitives: sums, products of matrices, indices and shapes.

A shape is a tuple of ints, () for a scalar; axes count from 0, negative ones from the end, as in
NumPy. Linear and multilinear primitives state their transpose in input k: given the adjoint `g` of
the output, the adjoint of that input, `(m, g, k, attr, shapes, inputs)`. Reductions state the
weight of each element; the sweeps do the summing and the spreading.
"""

from __future__ import annotations

from math import prod
from typing import Any

from adcli.graph.primitives import (
    LINEAR,
    MULTILINEAR,
    REDUCTION,
    STATIC,
    Primitive,
    register,
)

Shape = tuple[int, ...]
Key = tuple[Any, ...]
"""An index: per axis an int, or (start, stop, step) of a slice (None where absent)."""


class ShapeError(ValueError):
    """Shapes that do not fit an operation; whoever knows the place adds it."""


def broadcast_shapes(shapes: list[Shape]) -> Shape:
    """The common shape of elementwise operands by NumPy's rules."""
    result: list[int] = []
    for shape in shapes:
        if len(shape) > len(result):
            result = [1] * (len(shape) - len(result)) + result
        offset = len(result) - len(shape)
        for i, size in enumerate(shape):
            if result[offset + i] == 1:
                result[offset + i] = size
            elif size not in (1, result[offset + i]):
                raise ShapeError(f"shapes {show_shapes(shapes)} do not fit together")
    return tuple(result)


def show_shape(shape: Shape) -> str:
    """`2x3` for a matrix, `3` for a vector, `scalar`."""
    return "x".join(map(str, shape)) if shape else "scalar"


def show_shapes(shapes: list[Shape]) -> str:
    """Shapes in a message: `3 and 2x3`."""
    return " and ".join(show_shape(shape) for shape in shapes)


def normal_axis(axis: int, ndim: int, what: str = "axis") -> int:
    """The axis counted from 0. Raises ShapeError if there is no such axis."""
    if not -ndim <= axis < ndim:
        shape = "a scalar has none" if ndim == 0 else f"there are {ndim}"
        raise ShapeError(f"no {what} {axis}: {shape}")
    return axis % ndim


def kept_shape(shape: Shape, axis: int | None) -> Shape:
    """The shape after a reduction that keeps reduced axes with length 1."""
    if axis is None:
        return (1,) * len(shape)
    axis = normal_axis(axis, len(shape))
    return (*shape[:axis], 1, *shape[axis + 1 :])


def reduced_shape(shapes: list[Shape], axis: int | None) -> Shape:
    """The shape after a reduction over one axis, or over all (None)."""
    (shape,) = shapes
    if axis is None:
        return ()
    axis = normal_axis(axis, len(shape))
    return shape[:axis] + shape[axis + 1 :]


def _numpy_reduction(function: str) -> Any:
    """How NumPy writes a reduction."""

    def template(axis: int | None, shapes: list[Shape]) -> str:
        return f"{function}(#1)" if axis is None else f"{function}(#1, axis={axis})"

    return template


def _nonempty_shape(shapes: list[Shape], axis: int | None) -> Shape:
    result = reduced_shape(shapes, axis)
    if prod(shapes[0] if axis is None else (shapes[0][axis],)) == 0:
        raise ShapeError("an empty vector has no smallest or largest element")
    return result


# ---- reductions ----


def _sum_transpose(m: Any, g: Any, k: int, axis: int | None, shapes: list[Shape], _: Any) -> Any:
    return m.broadcast(shapes[0], m.reshape(kept_shape(shapes[0], axis), g))


SUM = register(
    Primitive(
        "sum",
        LINEAR,
        ("x",),
        shape=reduced_shape,
        rule=_sum_transpose,
        options=lambda axis: {"axis": axis},
        example=(None, ((2, 3),)),
        spelling={"numpy": _numpy_reduction("np.sum")},
        summary="sum over all elements or one axis",
    )
)


def _extremum_weights(m: Any, x: Any, out: Any, axis: int | None, shape: Shape) -> Any:
    ties = m.equal(x, out)
    count = m.reshape(kept_shape(shape, axis), m.sum(axis, ties))
    return ties, m.divide(ties, count)


for _name, _summary in (("max", "largest element"), ("min", "smallest element")):
    register(
        Primitive(
            f"reduce_{_name}",
            REDUCTION,
            ("x",),
            shape=_nonempty_shape,
            rule=_extremum_weights,
            kink=lambda m, x, out, axis: m.greater(m.sum(axis, m.equal(x, out)), 1),
            word=f"a{_name}",
            spelling={"numpy": _numpy_reduction(f"np.{_name}")},
            options=lambda axis: {"axis": axis},
            example=(None, ((3,),)),
            summary=f"{_summary}, of all or along an axis; ties share the derivative",
        )
    )


def _products_before(m: Any, x: Any, axis: int, shape: Shape, *, backwards: bool) -> Any:
    """At each place of `axis` the product of all elements before it (or after it).

    Doubling steps (Hillis and Steele 1986), so that no division meets a zero and no walk is long.
    """
    size = shape[axis]
    front: Key = ((None, None, None),) * axis
    ones = m.full(1.0, (*shape[:axis], 1, *shape[axis + 1 :]))

    def cut(x: Any, start: int, stop: int) -> Any:
        return m.index((*front, (start, stop, None)), x)

    if backwards:
        scan = m.concat(axis, cut(x, 1, size), ones) if size > 1 else ones
    else:
        scan = m.concat(axis, ones, cut(x, 0, size - 1)) if size > 1 else ones
    step = 1
    while step < size:
        if backwards:
            head = cut(scan, 0, size - step) * cut(scan, step, size)
            scan = m.concat(axis, head, cut(scan, size - step, size))
        else:
            tail = cut(scan, step, size) * cut(scan, 0, size - step)
            scan = m.concat(axis, cut(scan, 0, step), tail)
        step *= 2
    return scan


def _product_weights(m: Any, x: Any, out: Any, axis: int | None, shape: Shape) -> Any:
    if axis is None:
        flat: Shape = (prod(shape),)
        _, weights = _product_weights(m, m.reshape(flat, x), out, 0, flat)
        return None, m.reshape(shape, weights)
    axis = normal_axis(axis, len(shape))
    if shape[axis] == 0:
        return None, x
    before = _products_before(m, x, axis, shape, backwards=False)
    return None, before * _products_before(m, x, axis, shape, backwards=True)


register(
    Primitive(
        "prod",
        REDUCTION,
        ("x",),
        shape=reduced_shape,
        rule=_product_weights,
        options=lambda axis: {"axis": axis},
        example=(None, ((2,),)),
        spelling={"numpy": _numpy_reduction("np.prod")},
        summary="product of all elements or along an axis",
    )
)


def _cumsum_shape(shapes: list[Shape], attr: tuple[int | None, bool]) -> Shape:
    axis, _ = attr
    if axis is None:
        return (prod(shapes[0]),)
    normal_axis(axis, len(shapes[0]))
    return shapes[0]


def _numpy_cumsum(attr: tuple[int | None, bool], shapes: list[Shape]) -> str:
    axis, backwards = attr
    if not backwards:
        return f"np.cumsum(#1, axis={axis})"
    return f"np.flip(np.cumsum(np.flip(#1, {axis}), axis={axis}), {axis})"


register(
    Primitive(
        "cumsum",
        LINEAR,
        ("x",),
        shape=_cumsum_shape,
        rule=lambda m, g, k, attr, shapes, _: m.reshape(
            shapes[0], m.cumsum((0 if attr[0] is None else attr[0], not attr[1]), g)
        ),
        options=lambda attr: {"axis": attr[0], "backwards": int(attr[1])},
        example=((0, False), ((3,),)),
        spelling={"numpy": _numpy_cumsum},
        summary="running sum along an axis",
    )
)

# ---- shape, order and place ----


def _reshaped(shapes: list[Shape], shape: Shape) -> Shape:
    size = prod(shapes[0])
    if -1 in shape:
        known = prod(n for n in shape if n != -1)
        if shape.count(-1) > 1 or known == 0 or size % known:
            raise ShapeError(f"{size} elements cannot become {show_shape(shape)}")
        return tuple(size // known if n == -1 else n for n in shape)
    if prod(shape) != size:
        raise ShapeError(f"{size} elements cannot become {show_shape(shape)}")
    return shape


RESHAPE = register(
    Primitive(
        "reshape",
        LINEAR,
        ("x",),
        shape=_reshaped,
        rule=lambda m, g, k, attr, shapes, _: m.reshape(shapes[0], g),
        options=lambda shape: {"shape": shape},
        example=((6,), ((2, 3),)),
        spelling={"numpy": lambda shape, shapes: f"np.reshape(#1, {_reshaped(shapes, shape)})"},
        summary="the same elements in another shape",
    )
)


def _expanded(shapes: list[Shape], axis: int) -> Shape:
    axis = normal_axis(axis, len(shapes[0]) + 1)
    return (*shapes[0][:axis], 1, *shapes[0][axis:])


register(
    Primitive(
        "expand",
        LINEAR,
        ("x",),
        shape=_expanded,
        rule=lambda m, g, k, attr, shapes, _: m.reshape(shapes[0], g),
        options=lambda axis: {"axis": axis},
        example=(0, ((3,),)),
        spelling={"numpy": lambda axis, shapes: f"np.expand_dims(#1, {axis})"},
        summary="a new axis of length 1",
    )
)


def _permuted(shapes: list[Shape], axes: tuple[int, ...] | None) -> Shape:
    (shape,) = shapes
    if axes is None:
        return shape[::-1]
    if sorted(normal_axis(a, len(shape)) for a in axes) != list(range(len(shape))):
        raise ShapeError(f"axes {list(axes)} are no permutation of the {len(shape)} axes")
    return tuple(shape[a] for a in axes)


def _inverse(axes: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if axes is None:
        return None
    axes = tuple(a % len(axes) for a in axes)
    return tuple(axes.index(i) for i in range(len(axes)))


register(
    Primitive(
        "transpose",
        LINEAR,
        ("x",),
        shape=_permuted,
        rule=lambda m, g, k, attr, shapes, _: m.transpose(_inverse(attr), g),
        options=lambda axes: {"axes": axes},
        example=(None, ((2, 3),)),
        spelling={
            "numpy": lambda axes, shapes: (
                "np.transpose(#1)" if axes is None else f"np.transpose(#1, {axes})"
            )
        },
        summary="axes in reverse or a given order",
    )
)


def _broadcast_shape(shapes: list[Shape], shape: Shape) -> Shape:
    if broadcast_shapes([shapes[0], shape]) != shape:
        raise ShapeError(f"{show_shape(shapes[0])} does not broadcast to {show_shape(shape)}")
    return shape


register(
    Primitive(
        "broadcast",
        LINEAR,
        ("x",),
        shape=_broadcast_shape,
        rule=lambda m, g, k, attr, shapes, _: m.sum_to(shapes[0], g),
        options=lambda shape: {"shape": shape},
        example=((2, 3), ((3,),)),
        spelling={"numpy": lambda shape, shapes: f"np.broadcast_to(#1, {shape})"},
        summary="repeated to a larger shape",
    )
)


def _summed_shape(shapes: list[Shape], shape: Shape) -> Shape:
    if broadcast_shapes([shapes[0], shape]) != shapes[0]:
        raise ShapeError(f"{show_shape(shapes[0])} does not sum down to {show_shape(shape)}")
    return shape


register(
    Primitive(
        "sum_to",
        LINEAR,
        ("x",),
        shape=_summed_shape,
        rule=lambda m, g, k, attr, shapes, _: m.broadcast(shapes[0], g),
        options=lambda shape: {"shape": shape},
        example=((3,), ((2, 3),)),
        spelling={"numpy": lambda shape, shapes: f"_sum_to(#1, {shape})"},
        summary="sum over what was broadcast",
    )
)


def key_of(key: Key) -> tuple[Any, ...]:
    """The NumPy index of a hashable key."""
    return tuple(slice(*k) if isinstance(k, tuple) else k for k in key)


def _index_shape(shapes: list[Shape], key: Key) -> Shape:
    (shape,) = shapes
    if len(key) > len(shape):
        have = "is a scalar" if not shape else f"has the shape {show_shape(shape)}"
        raise ShapeError(f"{len(key)} indices for a value that {have}")
    result = []
    for axis, k in enumerate(key_of(key)):
        if isinstance(k, slice):
            result.append(len(range(*k.indices(shape[axis]))))
        elif not -shape[axis] <= k < shape[axis]:
            raise ShapeError(f"index {k} is outside of an axis of length {shape[axis]}")
    return (*result, *shape[len(key) :])


INDEX = register(
    Primitive(
        "index",
        LINEAR,
        ("x",),
        shape=_index_shape,
        rule=lambda m, g, k, attr, shapes, _: m.scatter((attr, shapes[0]), g),
        example=((1,), ((3,),)),
        summary="an element or a slice",
    )
)


def _scatter_shape(shapes: list[Shape], attr: tuple[Key, Shape]) -> Shape:
    key, shape = attr
    place = _index_shape([shape], key)
    if place != shapes[0]:
        raise ShapeError(f"{show_shape(shapes[0])} does not fit a place of {show_shape(place)}")
    return shape


register(
    Primitive(
        "scatter",
        LINEAR,
        ("x",),
        shape=_scatter_shape,
        rule=lambda m, g, k, attr, shapes, _: m.index(attr[0], g),
        example=(((1,), (3,)), ((),)),
        spelling={"numpy": lambda attr, shapes: f"_scatter(#1, {key_of(attr[0])}, {attr[1]})"},
        summary="zeros with x at an index",
    )
)


def _concat_shape(shapes: list[Shape], axis: int) -> Shape:
    first = shapes[0]
    axis = normal_axis(axis, len(first))
    for shape in shapes[1:]:
        same = shape[:axis] + shape[axis + 1 :] == first[:axis] + first[axis + 1 :]
        if len(shape) != len(first) or not same:
            raise ShapeError(f"shapes {show_shapes([first, shape])} do not join along axis {axis}")
    return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])


def _concat_transpose(m: Any, g: Any, k: int, axis: int, shapes: list[Shape], _: Any) -> Any:
    axis %= len(shapes[0])
    start = sum(shape[axis] for shape in shapes[:k])
    every = (None, None, None)
    return m.index(((every,) * axis) + ((start, start + shapes[k][axis], None),), g)


register(
    Primitive(
        "concat",
        LINEAR,
        ("*xs",),
        shape=_concat_shape,
        rule=_concat_transpose,
        options=lambda axis: {"axis": axis},
        example=(0, ((2,), (3,))),
        spelling={"numpy": lambda axis, shapes: f"np.concatenate([#*], axis={axis})"},
        summary="arrays one after the other along an axis",
    )
)


def _stack_shape(shapes: list[Shape], axis: int) -> Shape:
    first = shapes[0]
    for shape in shapes[1:]:
        if shape != first:
            raise ShapeError(
                f"the elements of a vector or matrix differ in shape: {show_shapes([first, shape])}"
            )
    axis = normal_axis(axis, len(first) + 1)
    return (*first[:axis], len(shapes), *first[axis:])


def _stack_transpose(m: Any, g: Any, k: int, axis: int, shapes: list[Shape], _: Any) -> Any:
    axis %= len(shapes[0]) + 1
    return m.index(((None, None, None),) * axis + (k,), g)


STACK = register(
    Primitive(
        "stack",
        LINEAR,
        ("*xs",),
        shape=_stack_shape,
        rule=_stack_transpose,
        options=lambda axis: {"axis": axis},
        example=(0, ((), ())),
        spelling={"numpy": lambda axis, shapes: f"np.stack([#*], axis={axis})"},
        summary="arrays of one shape along a new axis",
    )
)


def _diag_shape(shapes: list[Shape], _: Any) -> Shape:
    (shape,) = shapes
    if len(shape) == 1:
        return (shape[0], shape[0])
    if len(shape) == 2:
        return (min(shape),)
    raise ShapeError(f"diag takes a vector or a matrix, not the shape {show_shape(shape)}")


register(
    Primitive(
        "diag",
        LINEAR,
        ("x",),
        shape=_diag_shape,
        rule=lambda m, g, k, attr, shapes, _: (
            m.diag(None, g) if len(shapes[0]) == 1 else m.on_diagonal(shapes[0], g)
        ),
        example=(None, ((3,),)),
        spelling={"numpy": lambda attr, shapes: "np.diag(#1)"},
        summary="the diagonal of a matrix, or a matrix with this diagonal",
    )
)


def _on_diagonal_shape(shapes: list[Shape], shape: Shape) -> Shape:
    if len(shape) != 2 or shapes[0] != (min(shape),):
        raise ShapeError(f"{show_shape(shapes[0])} is no diagonal of {show_shape(shape)}")
    return shape


register(
    Primitive(
        "on_diagonal",
        LINEAR,
        ("x",),
        shape=_on_diagonal_shape,
        rule=lambda m, g, k, attr, shapes, _: m.diag(None, g),
        options=lambda shape: {"shape": shape},
        example=((2, 3), ((2,),)),
        spelling={"numpy": lambda shape, shapes: f"_on_diagonal(#1, {shape})"},
        summary="zeros with x on the diagonal",
    )
)


def _tril_shape(shapes: list[Shape], _: int) -> Shape:
    if len(shapes[0]) < 2:
        raise ShapeError(f"tril takes a matrix, not the shape {show_shape(shapes[0])}")
    return shapes[0]


register(
    Primitive(
        "tril",
        LINEAR,
        ("x",),
        shape=_tril_shape,
        rule=lambda m, g, k, attr, shapes, _: m.tril(attr, g),
        options=lambda k: {"k": k},
        example=(0, ((3, 3),)),
        spelling={"numpy": lambda k, shapes: f"np.tril(#1, {k})"},
        summary="lower triangle, zeros above diagonal k",
    )
)

# ---- products ----


def _matmul_shape(shapes: list[Shape], _: Any) -> Shape:
    a, b = shapes
    if not a or not b:
        raise ShapeError(f"@ takes vectors and matrices, not the shapes {show_shapes(shapes)}")
    inner = b[-2] if len(b) > 1 else b[0]
    if a[-1] != inner:
        raise ShapeError(
            f"shapes {show_shapes(shapes)} do not fit for @: {a[-1]} columns meet {inner} rows"
        )
    return (
        *broadcast_shapes([a[:-2], b[:-2]]),
        *(a[-2:-1] if len(a) > 1 else ()),
        *(b[-1:] if len(b) > 1 else ()),
    )


def _swap_last(m: Any, x: Any, ndim: int) -> Any:
    return m.transpose((*range(ndim - 2), ndim - 1, ndim - 2), x)


def _matmul_transpose(m: Any, g: Any, k: int, _: Any, shapes: list[Shape], xs: Any) -> Any:
    """With vectors read as a row (left) or a column (right): g b^T and a^T g."""
    a, b = shapes
    left = a if len(a) > 1 else (1, *a)
    right = b if len(b) > 1 else (*b, 1)
    out = (*broadcast_shapes([left[:-2], right[:-2]]), left[-2], right[-1])
    g = m.reshape(out, g)
    if k == 0:
        other = m.reshape(right, xs[1])
        result = m.matmul(None, g, _swap_last(m, other, len(right)))
        return m.reshape(a, m.sum_to(left, result))
    other = m.reshape(left, xs[0])
    result = m.matmul(None, _swap_last(m, other, len(left)), g)
    return m.reshape(b, m.sum_to(right, result))


MATMUL = register(
    Primitive(
        "matmul",
        MULTILINEAR,
        ("a", "b"),
        shape=_matmul_shape,
        rule=_matmul_transpose,
        example=(None, ((2, 3), (3, 2))),
        symbol="@",
        summary="matrix product",
    )
)


def einsum_terms(spec: str, count: int) -> tuple[list[str], str]:
    """Input and output subscripts of `spec`, the output made explicit as NumPy would.

    Raises ShapeError for a malformed specification.
    """
    inputs, arrow, output = spec.replace(" ", "").partition("->")
    terms = inputs.split(",")
    letters = "".join(terms)
    if any(not (c.isascii() and c.isalpha()) for c in letters + output):
        raise ShapeError(f"einsum takes letters, commas and '->', not {spec!r}")
    if len(terms) != count:
        raise ShapeError(f"einsum {spec!r} names {len(terms)} arrays, {count} are given")
    if not arrow:
        output = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    if len(set(output)) != len(output) or not set(output) <= set(letters):
        raise ShapeError(f"einsum {spec!r}: each output letter once, and from the inputs")
    return terms, output


def _einsum_sizes(terms: list[str], shapes: list[Shape], spec: str) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        if len(term) != len(shape):
            raise ShapeError(f"einsum {spec!r}: {term!r} for the shape {show_shape(shape)}")
        for letter, size in zip(term, shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                raise ShapeError(
                    f"einsum {spec!r}: {letter} is {sizes[letter]} in one place, {size} in another"
                )
    return sizes


def _einsum_shape(shapes: list[Shape], spec: str) -> Shape:
    terms, output = einsum_terms(spec, len(shapes))
    sizes = _einsum_sizes(terms, shapes, spec)
    return tuple(sizes[letter] for letter in output)


def _einsum_transpose(m: Any, g: Any, k: int, spec: str, shapes: list[Shape], xs: Any) -> Any:
    """The einsum of g and all other inputs onto input k.

    A letter that only input k has is filled by ones; a letter that it repeats (a diagonal) by a
    unit matrix.
    """
    terms, output = einsum_terms(spec, len(shapes))
    sizes = _einsum_sizes(terms, shapes, spec)
    others = [i for i in range(len(terms)) if i != k]
    inputs, values = [terms[i] for i in others], [xs[i] for i in others]
    inputs.append(output)
    values.append(g)
    target = ""
    spare = iter(sorted(set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") - set(sizes)))
    for letter in terms[k]:
        if letter in target:
            fresh = next(spare)
            inputs.append(letter + fresh)
            values.append(m.diag(None, m.full(1.0, (sizes[letter],))))
            target += fresh
        else:
            target += letter
    for letter in target:
        if not any(letter in term for term in inputs):
            inputs.append(letter)
            values.append(m.full(1.0, (sizes[letter],)))
    return m.einsum(",".join(inputs) + "->" + target, *values)


def _numpy_einsum(spec: str, shapes: list[Shape]) -> str:
    terms, output = einsum_terms(spec, len(shapes))
    return f'np.einsum("{",".join(terms)}->{output}", #*)'


register(
    Primitive(
        "einsum",
        MULTILINEAR,
        ("*xs",),
        shape=_einsum_shape,
        rule=_einsum_transpose,
        options=lambda spec: {"spec": spec},
        example=("ij,j->i", ((2, 3), (3,))),
        spelling={"numpy": _numpy_einsum},
        summary="sums of products by index letters",
    )
)

# ---- constants with a shape ----


def _size_shape(shapes: list[Shape], axis: int | None) -> Shape:
    reduced_shape(shapes, axis)
    return ()


def _numpy_size(axis: int | None, shapes: list[Shape]) -> str:
    return f"{float(prod(shapes[0] if axis is None else (shapes[0][axis],)))!r}"


register(
    Primitive(
        "size",
        STATIC,
        ("x",),
        shape=_size_shape,
        options=lambda axis: {"axis": axis},
        example=(None, ((2, 3),)),
        spelling={"numpy": _numpy_size},
        summary="number of elements, of all or along an axis",
    )
)
FULL = register(
    Primitive(
        "full",
        STATIC,
        (),
        shape=lambda shapes, attr: attr[1],
        options=lambda attr: {"value": attr[0], "shape": attr[1]},
        example=((2.0, (3,)), ()),
        spelling={"numpy": lambda attr, shapes: f"np.full({attr[1]}, float('{attr[0]!r}'))"},
        summary="a constant array",
    )
)
register(
    Primitive(
        "range",
        STATIC,
        (),
        shape=lambda shapes, attr: (len(range(*attr)),),
        options=lambda bounds: {"bounds": bounds},
        example=((0, 3, 1), ()),
        spelling={
            "numpy": lambda attr, shapes: f"np.arange({attr[0]}, {attr[1]}, {attr[2]}, dtype=float)"
        },
        summary="whole numbers from start to before stop",
    )
)
