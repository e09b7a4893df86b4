"""Structural primitives that sum products: @ and einsum."""

from __future__ import annotations

from typing import Any

from adcli.graph.axes import Shape, ShapeError, broadcast_shapes, show_shape, show_shapes
from adcli.graph.primitives import MULTILINEAR, REQUIRED, structural


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


MATMUL = structural(
    "matmul",
    kind=MULTILINEAR,
    inputs="a b",
    shape=_matmul_shape,
    rule=_matmul_transpose,
    example=(None, ((2, 3), (3, 2))),
    symbol="@",
    trend="signs",
    summary="matrix product",
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


structural(
    "einsum",
    kind=MULTILINEAR,
    inputs="*xs",
    shape=_einsum_shape,
    rule=_einsum_transpose,
    drops=lambda spec, shapes: any(  # it takes a diagonal
        len(set(term)) < len(term) for term in einsum_terms(spec, len(shapes))[0]
    ),
    options={"spec": REQUIRED},
    example=("ij,j->i", ((2, 3), (3,))),
    numpy=_numpy_einsum,
    trend="signs",
    summary='sums of products by index letters: einsum("ij,j->i", A, x)',
)
