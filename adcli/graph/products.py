"""Structural primitives that sum products: @ and einsum."""

from __future__ import annotations

from typing import Any

from adcli.graph.axes import Shape, ShapeError, broadcast_shapes, show_shapes
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


def _einsum_shape(shapes: list[Shape], spec: str) -> Shape:
    from adcli.graph.subscripts import plain_subscripts

    plain = plain_subscripts(spec, tuple(shapes))
    return tuple(plain.sizes[letter] for letter in plain.output)


def _einsum_transpose(m: Any, g: Any, k: int, spec: str, shapes: list[Shape], xs: Any) -> Any:
    """The einsum of g and all other inputs onto input k.

    A letter that only input k has is filled by ones; a letter that it repeats (a diagonal) by a
    unit matrix.
    """
    from adcli.graph.subscripts import LETTERS, plain_subscripts

    terms, output, cores, sizes = plain_subscripts(spec, tuple(shapes))
    others = [i for i in range(len(terms)) if i != k]
    inputs = [terms[i] for i in others]
    values = [_core(m, xs[i], shapes[i], cores[i]) for i in others]
    inputs.append(output)
    values.append(g)
    target = ""
    spare = iter(c for c in LETTERS if c not in sizes)
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
    result = m.einsum(",".join(inputs) + "->" + target, *values)
    return _core(m, result, cores[k], shapes[k])


def _core(m: Any, x: Any, shape: Shape, core: Shape) -> Any:
    """x without the axes that are broadcast, or with them again."""
    return x if shape == core else m.reshape(core, x)


def _numpy_einsum(spec: str, shapes: list[Shape]) -> str:
    from adcli.graph.subscripts import subscripts

    return f'np.einsum("{subscripts(spec, len(shapes)).spec()}", #*)'


def _takes_diagonal(spec: str, shapes: list[Shape]) -> bool:
    from adcli.graph.subscripts import subscripts

    return any(len(set(term)) < len(term) for term in subscripts(spec, len(shapes)).terms)


structural(
    "einsum",
    kind=MULTILINEAR,
    inputs="*xs",
    shape=_einsum_shape,
    rule=_einsum_transpose,
    drops=_takes_diagonal,
    options={"spec": REQUIRED},
    example=("ij,j->i", ((2, 3), (3,))),
    numpy=_numpy_einsum,
    trend="signs",
    summary='sums of products by index letters, ... for other axes: einsum("ij,j->i", A, x)',
)
