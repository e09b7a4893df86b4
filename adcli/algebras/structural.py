"""The structural operations of the numpy engine: `(algebra, attr, *arrays) -> array`.

Arrays have the axis of points first (see adcli.algebras.arrays); axes, indices and shapes are those
of the program, which does not see it. `algebra` gives constants and zeros of the engine's numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcli.algebras.along_axis import ALONG_AXIS
from adcli.algebras.matrices.over_points import MATRIX_FUNCTIONS
from adcli.algebras.places import gather, scatter_add
from adcli.algebras.point_axis import Array, behind_points, of_equal_rank, same_points
from adcli.graph.axes import Key, Shape, key_of
from adcli.graph.structure import shares
from adcli.graph.subscripts import plain_subscripts


def _axes(x: Array, axis: int | None) -> Any:
    if axis is None:
        return tuple(range(1, x.ndim))
    return behind_points(axis)


def _reduction(function: Any) -> Any:
    def reduce(algebra: Any, axis: int | None, x: Array) -> Array:
        # With no axis left a reduction over () is the identity, as it must be for scalars.
        return function(x, axis=_axes(x, axis))

    return reduce


def _extreme(function: Any) -> Any:
    """np.max or np.min, nan where there is one: objects compare, and no comparison finds a nan."""

    def extreme(x: Array, axis: Any) -> Array:
        found = function(x, axis=axis) + 0
        if x.dtype != object:
            return found
        return np.where(np.any(x != x, axis=axis), np.sum(x, axis=axis), found)

    return extreme


def _reshape(algebra: Any, shape: Shape, x: Array) -> Array:
    return x.reshape((x.shape[0], *shape))


def _expand(algebra: Any, axis: int, x: Array) -> Array:
    return np.expand_dims(x, behind_points(axis))


def _transpose(algebra: Any, axes: tuple[int, ...] | None, x: Array) -> Array:
    if axes is None:
        axes = tuple(range(x.ndim - 2, -1, -1))
    return x.transpose((0, *(a % (x.ndim - 1) + 1 for a in axes)))


def _broadcast(algebra: Any, shape: Shape, x: Array) -> Array:
    (x,) = of_equal_rank([x], len(shape) + 1)
    return np.broadcast_to(x, (x.shape[0], *shape))


def sum_to(algebra: Any, shape: Shape, x: Array) -> Array:
    extra = x.ndim - 1 - len(shape)
    if extra:
        x = x.sum(axis=tuple(range(1, extra + 1)))
    axes = tuple(i + 1 for i, size in enumerate(shape) if size != x.shape[i + 1])
    return x.sum(axis=axes, keepdims=True) if axes else x


def _index(algebra: Any, key: Key, x: Array) -> Array:
    return x[(slice(None), *key_of(key))]


def _scatter(algebra: Any, attr: tuple[Key, Shape], x: Array) -> Array:
    key, shape = attr
    result = np.zeros((x.shape[0], *shape), dtype=x.dtype)
    if x.dtype == object:
        result[...] = algebra.array(0).reshape(())[()]
    result[(slice(None), *key_of(key))] = x
    return result


def _concat(algebra: Any, axis: int, *xs: Array) -> Array:
    return np.concatenate(same_points(*xs), axis=behind_points(axis))


def _stack(algebra: Any, axis: int, *xs: Array) -> Array:
    return np.stack(same_points(*xs), axis=behind_points(axis))


def _diag(algebra: Any, _: Any, x: Array) -> Array:
    if x.ndim == 3:
        return np.diagonal(x, axis1=1, axis2=2)
    return _on_diagonal(algebra, (x.shape[1], x.shape[1]), x)


def _on_diagonal(algebra: Any, shape: Shape, x: Array) -> Array:
    result = np.broadcast_to(algebra.zero(np.empty((1, *shape))), (x.shape[0], *shape)).copy()
    if x.dtype != object:
        result = result.astype(x.dtype)
    places = np.arange(x.shape[1])
    result[:, places, places] = x
    return result


def _tril(algebra: Any, k: int, x: Array) -> Array:
    mask = np.tri(x.shape[-2], x.shape[-1], k, dtype=bool)
    return algebra.keep(mask, x)


def _triu(algebra: Any, k: int, x: Array) -> Array:
    return algebra.keep(~np.tri(x.shape[-2], x.shape[-1], k - 1, dtype=bool), x)


def _eye(algebra: Any, shape: Shape) -> Array:
    ones = full(algebra, (1.0, (min(shape),)))
    return _on_diagonal(algebra, (shape[0], shape[-1]), ones)


def _products(left: Array, right: Array) -> Array:
    """Matrix products point by point; a matrix that all points share meets them in one product."""
    if left.ndim == 3 and left.shape[0] == 1 < right.shape[0]:
        points, inner, columns = right.shape
        flat = right.transpose(1, 0, 2).reshape(inner, points * columns)
        product = np.matmul(left[0], flat).reshape(left.shape[1], points, columns)
        return product.transpose(1, 0, 2)
    if left.ndim == 3 and right.shape[0] == 1 < left.shape[0]:
        points, rows, inner = left.shape
        product = np.matmul(left.reshape(points * rows, inner), right[0])
        return product.reshape(points, rows, right.shape[2])
    return np.matmul(left, right)


def _matmul(algebra: Any, _: Any, a: Array, b: Array) -> Array:
    # The axis of points must not be taken for a matrix axis.
    left = a[:, np.newaxis, :] if a.ndim == 2 else a
    right = b[:, :, np.newaxis] if b.ndim == 2 else b
    left, right = of_equal_rank([left, right], max(left.ndim, right.ndim))
    result = _products(left, right)
    if b.ndim == 2:
        result = result[..., 0]
    if a.ndim == 2:
        result = result[..., 0] if b.ndim == 2 else result[..., 0, :]
    return result


def _einsum(algebra: Any, spec: str, *xs: Array) -> Array:
    plain = plain_subscripts(spec, tuple([x.shape[1:] for x in xs]))
    xs = tuple([x.reshape((x.shape[0], *core)) for x, core in zip(xs, plain.cores, strict=True)])
    spec = ",".join("..." + term for term in plain.terms) + "->..." + plain.output
    return np.einsum(spec, *xs, optimize=len(xs) > 2 and xs[0].dtype != object)


def _size(algebra: Any, axis: int | None, x: Array) -> Array:
    size = int(np.prod(x.shape[1:])) if axis is None else x.shape[_axes(x, axis)]
    return algebra.constant(float(size))


def full(algebra: Any, attr: tuple[float, Shape]) -> Array:
    value, shape = attr
    return np.broadcast_to(algebra.constant(value).reshape((1,) * (len(shape) + 1)), (1, *shape))


def _range(algebra: Any, attr: tuple[int, int, int]) -> Array:
    if algebra.dtype is np.float64:  # bounds are whole numbers that it holds
        return np.arange(*attr, dtype=float)[np.newaxis]
    values = [algebra.constant(float(n)) for n in range(*attr)]
    return np.stack(values, axis=1) if values else np.zeros((1, 0), dtype=algebra.dtype)


def _linspace(algebra: Any, n: int, *ends: Array) -> Array:
    x, y = (shares(algebra.m, n, k) * end.reshape(-1, 1) for k, end in enumerate(ends))
    return x + y


STRUCTURAL: dict[str, Any] = {
    "sum": _reduction(np.sum),
    "prod": _reduction(np.prod),
    "reduce_max": _reduction(_extreme(np.max)),
    "reduce_min": _reduction(_extreme(np.min)),
    "reshape": _reshape,
    "expand": _expand,
    "transpose": _transpose,
    "broadcast": _broadcast,
    "sum_to": sum_to,
    "index": _index,
    "scatter": _scatter,
    "gather": gather,
    "scatter_add": scatter_add,
    "concat": _concat,
    "stack": _stack,
    "diag": _diag,
    "on_diagonal": _on_diagonal,
    "tril": _tril,
    "triu": _triu,
    "matmul": _matmul,
    "einsum": _einsum,
    "size": _size,
    "full": full,
    "range": _range,
    **ALONG_AXIS,
    "linspace": _linspace,
    "eye": _eye,
    **MATRIX_FUNCTIONS,
}
