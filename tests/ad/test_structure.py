"""Every structural primitive: its transpose against differences of 50 digits, by every mode."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adcli
from adcli.graph.primitives import LINEAR, MULTILINEAR, PRIMITIVES, REDUCTION, STATIC
from tests.ways import ways

POINT: dict[str, Any] = {
    "x": 0.75,
    "v": [0.5, -1.25, 2.0],
    "w": [1.5, 0.25, -0.5],
    "W": [[0.5, 1.0, -0.25], [2.0, -1.5, 0.125]],
    "S": [[0.5, 1.0, -0.25], [2.0, -1.5, 0.125], [0.75, 0.375, 1.25]],
}

PROGRAMS = (
    # each makes an array, of which the test takes a weighted sum
    "sum(W, axis=0)*v",
    "sum(W, axis=-1)",
    "sum(sin(x)*W)*W",
    "x + v*W",
    "prod(W, axis=1)",
    "prod(S, axis=-2)",
    "prod(W*(W > 0))",
    "max(W, axis=0) + min(W, axis=0)",
    "max(S)*v",
    "cumsum(W, axis=1)",
    "cumsum(W, axis=0)^2",
    "cumsum(W)",
    "cumprod(W, axis=1)*cumprod(W, axis=-2, backwards=1)",
    "cumprod(S*(S > 0))",
    "recurrence(W, W^2, axis=1, backwards=1)",
    "quantile(W, 0.7*x, axis=1)",
    "[median(S), quantile(S*w, 0.3), quantile(v, x)]",
    "sort(S, axis=0)^2*sort(v)",
    "reorder(S, S + v, axis=0)*reorder(S, S*w, back=1)",
    "reshape(W, 3, -1) @ W",
    "transpose(W) @ W",
    "transpose(reshape(outer(v, w), [3, 1, 3]), axes=[2, 0, 1])*v",
    "transpose(stack(W, W^2), axes=[1, 2, 0])[1]",
    "W[::-1, 1:]",
    "W[-1]*v[::2][0]",
    "S[2:0:-1, -2]",
    "W[:, 0] + W[:, -1]",
    "v[1:1]",
    "concat(W, S, axis=0)[1:4]",
    "concat(W, sin(W), axis=-1)",
    "concat(v, w, v)^2",
    "stack(v, w, axis=-1) @ [x, 1]",
    "stack(v, w, axis=0)*W",
    "[[x, 1], [x^2, x^3]] @ [x, 2]",
    "diag(v) @ w",
    "diag(W)*diag(S)[1:]",
    "tril(S) + tril(S, k=-1)*tril(W @ S, k=1)[0]",
    "trace(S)*S",
    "triu(S)*triu(W @ S, k=-1)[0] + eye(3)",
    "inv(S) @ v + det(S)*w + solve(S, W[0])*logdet(S @ transpose(S))",
    "solve(S, transpose(W), lower=1, transposed=1) + cofactors(S, outer(v, w))[:, :2]",
    "cholesky(S @ transpose(S) + x*eye(3)) @ eigvecsh(S) + eigvalsh(S)",
    "outer(v, w)",
    "W @ v",
    "v @ S",
    "v @ w*v",
    "S @ S @ v",
    "stack(S, S^2) @ v",
    "v @ stack(S, S^2)",
    "stack(S, S^2) @ S",
    "W @ stack(S, S^2)",
    "stack(S, S^2, S^3)[:, :2] @ reshape(v, [1, 3, 1])",
    "reshape(S, [1, 3, 3]) @ stack(S, S + 1)",
    "dot(W, v)",
    "einsum('ij,kj->ik', W, S)",
    "einsum('ii->i', S)",
    "einsum('ii,ij->j', S, S)",
    "einsum('i,i,i->i', v, w, v)",
    "einsum('ij->', W)*v",
    "einsum('ij,k->kj', W, v)",
    "einsum('iij->j', stack(S, S^2, v*S))",
    "einsum('ij,jk,k', W, S, v)",
    "einsum('...ij,...jk->...ik', stack(W, 2W), reshape(S, 1, 1, 3, 3))",
    "einsum('...ii', stack(S, S^2)) + einsum('i...->...', S)[:2]",
    "einsum('...,...', W, v) + einsum('i,...i', v, W)[0]",
    "einsum('i...i->...', stack(S, S^2, v*S)*x)",
    "mean(W, axis=0) - var(W, axis=0)",
    "std(S, axis=1)*norm(S, axis=0)",
    "softmax(W) + softmax(W, axis=0)",
    "logsumexp(S, axis=1) + logsumexp(v)",
    "range(3)*v + ones(3)*w + zeros(3)",
    "linspace(x, x^2, 3)*v",
    "where(v > 0, w, x)*W",
    "where([1, 0, 1], S, w)",
    "where(x > 1, 0, prod(W, axis=1)*sum(where(v > 0, S, 1)))",
    "prod(where(x < 1, exp(prod(S, axis=1)), v))",
    "where([[0], [1]], prod(S, axis=0), sum(S))*W",
    "where(v > 0, prod(exp(S), axis=0), v)[:2]",
    # places that are data; those in floor are numbers of a variable
    "v[[2, 0, 2, 2]]",
    "v[[-1, 0]]*x",
    "v[floor(x)]*w",
    "W[[1, 1, 0], :]*W[[0, 1, 1]]",
    "W[:, floor(w + 0.6)]",
    "S[floor(w + 0.6), [2, 1, 0]]^2",
    "S[[[0], [2]], [1, 0, 1]]*v",
    "S[range(3) != 1, :]*W",
    "(sin(S)*S)[1:, [2, 2]]",
    "stack(S, S^2)[:, floor(w + 0.6)[1:], 0]",
    "scatter(v*w, zeros(2)[[1, 0, 1]]) + W[:, 0]",
    "scatter(W^2, zeros(4, 3)[[3, 3], :])",
    "scatter(S*S, zeros(3, 2)[:, floor(w[:3] + 0.2)*0 + [1, 1, 0]])",
)


def loss(program: str) -> str:
    """A number that every element of the program's result enters with another weight."""
    return f"r = {program}\nsum(cos(r + 0.5)*r) + sum(r)^2"


def expected(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The point with the program's variables, and the gradient by differences of 50 digits."""
    f = adcli.function(text)
    point = {name: POINT[name] for name in f.variables}
    _, gradient = f.value_and_gradient(point, mode="finite", precision=50)
    return point, {name: np.asarray(g, dtype=float) for name, g in gradient.items()}


@pytest.mark.parametrize("program", PROGRAMS)
def test_gradient_of_a_structural_program(program: str) -> None:
    text = loss(program)
    point, exact = expected(text)
    f = adcli.function(text)
    for way in ways(f, point):
        _, gradient = f.value_and_gradient(point, **way)
        for name, g in gradient.items():
            assert np.shape(g) == np.shape(point[name])
            difference = np.abs(np.asarray(g, dtype=float) - exact[name])
            assert np.max(difference) <= 1e-13 * max(1.0, np.max(np.abs(exact[name]))), (way, name)


@pytest.mark.parametrize("program", PROGRAMS[::3])
def test_hessian_of_a_structural_program(program: str) -> None:
    f = adcli.function(loss(program))
    point = {name: POINT[name] for name in f.variables}
    _, reverse = f.hessian(point)
    _, forward = f.hessian(point, mode="forward")
    _, exact = f.hessian(point, mode="finite", precision=40)
    for a in reverse:
        for b in reverse:
            assert np.allclose(reverse[a][b], forward[a][b], rtol=1e-11, atol=1e-11)
            assert np.allclose(
                reverse[a][b], np.asarray(exact[a][b], dtype=float), rtol=1e-10, atol=1e-10
            )


def test_every_structural_primitive_is_among_them() -> None:
    used = set()
    for program in PROGRAMS:
        f = adcli.function(loss(program))
        f.hessian({name: POINT[name] for name in f.variables})
        used |= {op.name for op in f.graph.ops}
    kinds = (LINEAR, MULTILINEAR, REDUCTION, STATIC)
    assert {p.name for p in PRIMITIVES.values() if p.kind in kinds} <= used
