"""NumPy's functions, told where to write; and those that return an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adcli.algebras.arrays import Arrays
from adcli.algebras.functions.array_functions import largest, smallest
from adcli.algebras.structural import STRUCTURAL
from adcli.engines.plan.operand import Array
from adcli.graph.axes import Shape
from adcli.graph.subscripts import plain_subscripts

# A choice among random places costs a processor several times as much by branches as by bits, so a
# truth value becomes a mask of all bits or none.


def copying(c: Array, a: Array, b: Array, out: Array) -> None:
    np.copyto(out, b)
    np.copyto(out, a, where=c)


def choosing(dtype: Any) -> Callable[..., None]:
    bits = np.dtype(f"i{dtype.itemsize}")

    def call(c: Array, a: Array, b: Array, out: Array) -> None:
        a, b, out = a.view(bits), b.view(bits), out.view(bits)
        different = np.bitwise_xor(a, b)
        np.negative(c.view(np.int8), out, dtype=bits)
        np.bitwise_and(out, different, out)
        np.bitwise_xor(out, b, out)

    return call


def first_or_zero(dtype: Any) -> Callable[..., None]:
    bits = np.dtype(f"i{dtype.itemsize}")

    def call(c: Array, a: Array, b: Array, out: Array) -> None:
        out = out.view(bits)
        np.negative(c.view(np.int8), out, dtype=bits)
        np.bitwise_and(out, a.view(bits), out)

    return call


def zero_or_second(dtype: Any) -> Callable[..., None]:
    bits = np.dtype(f"i{dtype.itemsize}")

    def call(c: Array, a: Array, b: Array, out: Array) -> None:
        out = out.view(bits)
        np.subtract(c.view(np.int8), 1, out, dtype=bits)
        np.bitwise_and(out, b.view(bits), out)

    return call


def _cube(x: Array, out: Array) -> None:
    np.multiply(x, x, out)
    np.multiply(out, x, out)


def _fourth(x: Array, out: Array) -> None:
    np.multiply(x, x, out)
    np.multiply(out, out, out)


POWERS: dict[float, Any] = {2.0: np.square, 3.0: _cube, 4.0: _fourth, -1.0: np.reciprocal}
"""Powers that multiplication gives, several times faster."""


def of_numbers(function: Any, dtype: Any) -> Callable[..., Any]:
    """A ufunc that takes truth values for 0 and 1."""
    return lambda *xs: function(*xs, dtype=dtype)


EXTREMA = {"maximum": largest, "minimum": smallest}


def extremum(function: Any, dtype: Any) -> Callable[..., None]:
    """The largest or the smallest of two or more."""

    def call(*xs: Array) -> None:
        first, *rest, out = xs
        for x in rest:
            function(first, x, out=out, dtype=dtype)
            first = out

    return call


def into(function: Callable[..., Array], dtype: Any) -> Callable[..., None]:
    """A function that makes an array as one that writes it."""

    def call(*xs: Array) -> None:
        *operands, out = xs
        out[...] = function(*[x.astype(dtype) if x.dtype == bool else x for x in operands])

    return call


def reducing(
    ufunc: Any, axes: tuple[int, ...], reduced: Shape, repeats: float, dtype: Any
) -> Callable[[Array, Array], None]:
    """A reduction into `out`, whose shape may have axes of length 1 besides `reduced`."""
    scaled = repeats != 1 and ufunc is np.add

    def call(x: Array, out: Array) -> None:
        shape = out.shape[:1] + reduced[1:] if 0 not in axes and reduced else reduced
        ufunc.reduce(x, axes, dtype, out.reshape(shape))
        if scaled:
            np.multiply(out, repeats, out)
        elif ufunc is not np.add:
            np.add(out, 0.0, out)  # no -0, which the order of the elements would decide

    return call


# ---- structural functions ----


def one_point(name: str, attr: Any) -> Callable[..., Array]:
    """A structural operation of the numpy engine, whose first axis runs over points."""
    function = STRUCTURAL[name]
    return lambda *xs: function(_ARRAYS, attr, *[x[np.newaxis] for x in xs])[0]


def at_one_point(x: Array) -> Array:
    """An array as one over points, of which there is one: a new object each time."""
    return np.asarray(x, float)[np.newaxis]


def of_matrix(name: str, attr: Any, dtype: Any) -> Callable[..., Array]:
    """A function of matrices: of the first as an array of one point, and again as it is."""
    function = STRUCTURAL[name]

    def call(first: Array, _: Array, *others: Array) -> Array:
        return np.asarray(function(_ARRAYS, attr, first, *map(at_one_point, others))[0], dtype)

    return call


_ARRAYS = Arrays()


def einsum(spec: str, shapes: list[Shape]) -> Callable[..., Array]:
    plain = plain_subscripts(spec, tuple(shapes))
    spec, cores = plain.spec(), plain.cores
    path = np.einsum_path(spec, *[np.broadcast_to(0.0, core) for core in cores])[0]

    def call(*xs: Array) -> Array:
        xs = tuple([x.reshape(core) for x, core in zip(xs, cores, strict=True)])
        found = np.einsum(spec, *xs, optimize=path)
        return found if found.base is None else found.copy()  # a diagonal is a view

    return call


def converted(call: Callable[..., Array], dtype: Any) -> Callable[..., Array]:
    """A function of numbers that takes truth values too, and gives the dtype."""

    def converted(*xs: Array) -> Array:
        return np.asarray(call(*[np.asarray(x, dtype) for x in xs]), dtype)

    return converted
