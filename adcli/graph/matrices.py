"""Functions of matrices: determinants, inverses, solutions, factors and eigenvalues.

Each states the tangent of its output, a sum over its inputs, and the adjoint of each input; both
in functions of this table, so that they can be differentiated again. As a function of symmetric
matrices, `cholesky` and the eigenvalues are those of (A + A')/2: each of two opposite elements has
half of the derivative, as in JAX.

Sources: Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation (2008); Murray, Differentiation of the Cholesky decomposition (arXiv:1602.07527).
"""

from __future__ import annotations

from typing import Any

from adcli.graph.axes import Shape, ShapeError, show_shape, show_shapes
from adcli.graph.primitives import MATRIX, Primitive, structural

SQUARE = ((2, 2),)
_SYMMETRIC = "A may be any square matrix: (A + A')/2 is taken"


def _square(name: str, shape: Shape) -> Shape:
    if len(shape) != 2 or shape[0] != shape[1] or not shape[0]:
        raise ShapeError(f"{name} takes a square matrix, not the shape {show_shape(shape)}")
    return shape


def _matrix_function(name: str, **row: Any) -> Primitive:
    """A row for a function of a square matrix that gives one of its shape, if nothing else is
    said."""
    row = {
        "inputs": "A",
        "shape": lambda shapes, _: _square(name, shapes[0]),
        "example": (None, SQUARE),
        **row,
    }
    return structural(name, kind=MATRIX, **row)


def _t(m: Any, x: Any) -> Any:
    return m.transpose(None, x)


def _product(m: Any, *factors: Any) -> Any:
    first, *rest = factors
    for factor in rest:
        first = m.matmul(None, first, factor)
    return first


def _symmetric(m: Any, x: Any) -> Any:
    return 0.5 * (x + _t(m, x))


def _times_number(m: Any, shape: Shape, g: Any, x: Any) -> Any:
    return m.broadcast(shape, g) * x


# ---- determinants and inverses ----

DET = _matrix_function(
    "det",
    shape=lambda shapes, _: _square("det", shapes[0])[:0],
    tangent=lambda m, t, k, attr, shapes, xs, out: m.sum(None, m.cofactors(None, *xs) * t),
    rule=lambda m, g, k, attr, shapes, xs, out: _times_number(
        m, shapes[0], g, m.cofactors(None, *xs)
    ),
    numpy=lambda attr, shapes: "np.linalg.det(#1)",
    latex=lambda attr: r"\det\left(#1\right)",
    summary="determinant; its gradient is right for singular matrices, too",
)
_matrix_function(
    "logdet",
    shape=lambda shapes, _: _square("logdet", shapes[0])[:0],
    tangent=lambda m, t, k, attr, shapes, xs, out: m.sum(None, _t(m, m.inv(None, *xs)) * t),
    rule=lambda m, g, k, attr, shapes, xs, out: _times_number(
        m, shapes[0], g, _t(m, m.inv(None, *xs))
    ),
    domain="det(A) > 0",
    remedy="logdet(A + 1e-8*eye(n)) if A is singular; log(abs(det(A))) without overflow is "
    "0.5*logdet(A @ transpose(A))",
    numpy=lambda attr, shapes: "_logdet(#1)",
    latex=lambda attr: r"\log\det\left(#1\right)",
    summary="log(det(A)) without under- or overflow, for a positive determinant",
)
_matrix_function(
    "inv",
    tangent=lambda m, t, k, attr, shapes, xs, out: -_product(m, out, t, out),
    rule=lambda m, g, k, attr, shapes, xs, out: -_product(m, _t(m, out), g, _t(m, out)),
    domain="A is not singular",
    remedy="a small number on the diagonal makes it regular: inv(A + 1e-8*eye(n))",
    numpy=lambda attr, shapes: "_or_nan(np.linalg.inv, #1)",
    latex=lambda attr: "#1^{-1}",
    summary="inverse of a matrix; inv(A) @ b is better solve(A, b)",
)


def _cofactors_shape(shapes: list[Shape], _: Any) -> Shape:
    for shape in shapes:
        _square("cofactors", shape)
    if len(set(shapes)) > 1:
        raise ShapeError(f"cofactors takes matrices of one shape, not {show_shapes(shapes)}")
    return shapes[0]


def _cofactors_along(m: Any, k: int, x: Any, xs: Any) -> Any:
    """The derivative of order n of det is linear and symmetric in its n directions, so that tangent
    and adjoint are one: a further direction, or another one."""
    others = [*xs, x] if k == 0 else [*xs[:k], x, *xs[k + 1 :]]
    return m.cofactors(None, *others)


_matrix_function(
    "cofactors",
    inputs="*xs",
    shape=_cofactors_shape,
    example=(None, ((2, 2), (2, 2))),
    tangent=lambda m, t, k, attr, shapes, xs, out: _cofactors_along(m, k, t, xs),
    rule=lambda m, g, k, attr, shapes, xs, out: _cofactors_along(m, k, g, xs),
    numpy=lambda attr, shapes: "_or_nan(_cofactors, #*)" if len(shapes) < 3 else None,
    remedy="derivatives of det beyond the second one are known for regular matrices",
    summary="gradient of det(x); cofactors(x, y, ...): its derivative along y, ...",
)

# ---- linear equations ----


def _solve_shape(shapes: list[Shape], attr: tuple[int, int]) -> Shape:
    a, b = shapes
    _square("solve", a)
    if len(b) not in (1, 2) or b[0] != a[0]:
        raise ShapeError(
            f"shapes {show_shapes(shapes)} do not fit for solve: the right side has a number or a "
            f"row for each of {a[0]} rows"
        )
    return b


def _outer(m: Any, x: Any, y: Any, shape: Shape) -> Any:
    return m.einsum("i,j->ij", x, y) if len(shape) == 1 else m.matmul(None, x, _t(m, y))


def _solve_tangent(m: Any, t: Any, k: int, attr: Any, shapes: Any, xs: Any, out: Any) -> Any:
    lower, transposed = attr
    if k == 0:
        t = m.tril(0, t) if lower else t
        t = -m.matmul(None, _t(m, t) if transposed else t, out)
    return m.solve(attr, xs[0], t)


def _solve_adjoint(m: Any, g: Any, k: int, attr: Any, shapes: Any, xs: Any, out: Any) -> Any:
    lower, transposed = attr
    of_right = m.solve((lower, int(not transposed)), xs[0], g)
    if k == 1:
        return of_right
    found = _outer(m, *((out, of_right) if transposed else (of_right, out)), shapes[1])
    return -(m.tril(0, found) if lower else found)


def _numpy_solve(attr: tuple[int, int], shapes: list[Shape]) -> str:
    lower, transposed = attr
    matrix = "np.tril(#1)" if lower else "#1"
    matrix = f"np.transpose({matrix})" if transposed else matrix
    return f"_or_nan(np.linalg.solve, {matrix}, #2)"


def _latex_solve(attr: tuple[int, int]) -> str:
    lower, transposed = attr
    matrix = r"\operatorname{tril}\left(#1\right)" if lower else "#1"
    power = r"-\mathsf{T}" if transposed else "-1"
    return rf"{matrix}^{{{power}}} \, #2"


_matrix_function(
    "solve",
    inputs="A b",
    shape=_solve_shape,
    tangent=_solve_tangent,
    rule=_solve_adjoint,
    taken=lambda m, k, attr, shapes, xs, live: (
        m.tril(0, m.full(1.0, shapes[0])) if k == 0 and attr[0] else None
    ),
    options={"lower": 0, "transposed": 0},
    example=((0, 0), ((2, 2), (2,))),
    domain="A is not singular",
    remedy="a small number on the diagonal makes it regular: solve(A + 1e-8*eye(n), b)",
    numpy=_numpy_solve,
    latex=_latex_solve,
    summary="x with A @ x = b; lower=1: of A's lower triangle, transposed=1: of transpose(A)",
)

# ---- symmetric matrices ----


def _lower_half(m: Any, x: Any, n: int) -> Any:
    """The lower triangle with half of the diagonal."""
    return m.tril(0, (1 - 0.5 * m.eye((n,))) * x)


def _cholesky_tangent(m: Any, t: Any, k: int, attr: Any, shapes: Any, xs: Any, out: Any) -> Any:
    half = m.solve((1, 0), out, _symmetric(m, t))
    both = m.solve((1, 0), out, _t(m, half))
    return m.matmul(None, out, _lower_half(m, both, shapes[0][0]))


def _cholesky_adjoint(m: Any, g: Any, k: int, attr: Any, shapes: Any, xs: Any, out: Any) -> Any:
    middle = _lower_half(m, m.matmul(None, _t(m, out), g), shapes[0][0])
    half = m.solve((1, 1), out, middle)
    return _symmetric(m, m.solve((1, 1), out, _t(m, half)))


_matrix_function(
    "cholesky",
    tangent=_cholesky_tangent,
    rule=_cholesky_adjoint,
    domain="A is positive definite",
    remedy="a small number on the diagonal makes up for rounding: cholesky(A + 1e-8*eye(n))",
    numpy=lambda attr, shapes: "_or_nan(np.linalg.cholesky, _symmetric(#1))",
    summary=f"lower triangle L with L @ L' = A; {_SYMMETRIC}",
)


def _eigvalsh_tangent(m: Any, t: Any, k: int, attr: Any, shapes: Any, xs: Any, out: Any) -> Any:
    v = m.eigvecsh(None, *xs)
    return m.diag(None, m.eigen_part(None, out, _product(m, _t(m, v), _symmetric(m, t), v)))


def _eigvalsh_adjoint(m: Any, g: Any, k: int, attr: Any, shapes: Any, xs: Any, out: Any) -> Any:
    v = m.eigvecsh(None, *xs)
    return _product(m, v, m.eigen_part(None, out, m.diag(None, g)), _t(m, v))


_matrix_function(
    "eigvalsh",
    shape=lambda shapes, _: _square("eigvalsh", shapes[0])[:1],
    tangent=_eigvalsh_tangent,
    rule=_eigvalsh_adjoint,
    remedy="functions that treat equal eigenvalues alike have derivatives, as their sum has",
    numpy=lambda attr, shapes: "_eigvalsh(#1)",
    summary=f"eigenvalues of a symmetric matrix, rising; {_SYMMETRIC}",
)


def _eigvecsh_tangent(m: Any, t: Any, k: int, attr: Any, shapes: Any, xs: Any, out: Any) -> Any:
    gaps = m.eigen_gaps(None, m.eigvalsh(None, *xs))
    return m.matmul(None, out, gaps * _product(m, _t(m, out), _symmetric(m, t), out))


def _eigvecsh_adjoint(m: Any, g: Any, k: int, attr: Any, shapes: Any, xs: Any, out: Any) -> Any:
    middle = m.eigen_gaps(None, m.eigvalsh(None, *xs)) * m.matmul(None, _t(m, out), g)
    return _symmetric(m, _product(m, out, middle, _t(m, out)))


_matrix_function(
    "eigvecsh",
    tangent=_eigvecsh_tangent,
    rule=_eigvecsh_adjoint,
    numpy=lambda attr, shapes: "_or_nan(_eigvecsh, #1)",
    remedy="eigenvectors of equal eigenvalues are not determined, nor is their derivative",
    summary=f"eigenvectors of length 1 as columns, in the order of eigvalsh; {_SYMMETRIC}",
)


def _gaps_shape(shapes: list[Shape], _: Any) -> Shape:
    (shape,) = shapes
    if len(shape) != 1 or not shape[0]:
        raise ShapeError(f"eigen_gaps takes a vector, not the shape {show_shape(shape)}")
    return (shape[0], shape[0])


_matrix_function(
    "eigen_gaps",
    inputs="x",
    shape=_gaps_shape,
    tangent=lambda m, t, k, attr, shapes, xs, out: -(out * out) * (m.expand(0, t) - m.expand(1, t)),
    rule=lambda m, g, k, attr, shapes, xs, out: m.sum(1, out * out * g) - m.sum(0, out * out * g),
    example=(None, ((2,),)),
    numpy=lambda attr, shapes: "_eigen_gaps(#1)",
    summary="1/(x[j] - x[i]) at [i, j], inf where two are equal to rounding, 0 on the diagonal",
)


def _untied_shape(shapes: list[Shape], _: Any) -> Shape:
    x, matrix = shapes
    if _gaps_shape([x], None) != matrix:
        raise ShapeError(f"eigen_part takes a vector and a matrix, not {show_shapes(shapes)}")
    return matrix


# A linear map that is its own transpose: the projection onto what ties let through.
_matrix_function(
    "eigen_part",
    inputs="x A",
    shape=_untied_shape,
    tangent=lambda m, t, k, attr, shapes, xs, out: m.eigen_part(None, xs[0], t) if k else None,
    rule=lambda m, g, k, attr, shapes, xs, out: m.eigen_part(None, xs[0], g) if k else None,
    example=(None, ((2,), (2, 2))),
    numpy=lambda attr, shapes: "_eigen_part(#1, #2)",
    summary="A's diagonal as a matrix; where numbers of x are equal to rounding, nan unless A "
    "treats them alike",
)
