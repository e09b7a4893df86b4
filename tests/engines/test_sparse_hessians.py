"""Sparse Hessians: patterns from the graph, colours, and values without a dense matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

import adcli
from adcli.engines.sparse.colouring import _apart, star_colouring
from adcli.engines.sparse.dependence import TooDenseError

RNG = np.random.default_rng(0)
CHAINED = "sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)"
GRID = "sum((U[1:,:] - U[:-1,:])^2) + sum((U[:,1:] - U[:,:-1])^4) + sum(exp(U))"

PROGRAMS: list[tuple[str, dict[str, Any], int]] = [
    (CHAINED, {"x": RNG.normal(size=40)}, 39 * 2 + 40),
    (GRID, {"U": RNG.normal(size=(5, 6))}, 30 + 2 * (4 * 6 + 5 * 5)),
    ("sum(sin(x*s)) + s^2*x[0]", {"x": RNG.normal(size=30), "s": 0.7}, 30 + 60 + 1),
    ("sum(x)^2 + sum(x^4)", {"x": RNG.normal(size=12)}, 144),
    ("x*y + y*z^2 + 3*x", {"x": 1.0, "y": 2.0, "z": 3.0}, 5),
    ("sum(x) + 3*y", {"x": RNG.normal(size=4), "y": 1.0}, 0),
    ("sum(where(x > 0, x^3, 2*x))", {"x": RNG.normal(size=9)}, 9),
    ("sum(x[::2]^3) + prod(x[3:6])", {"x": RNG.normal(size=9)}, 5 + 9 - 1),
    ("sum(reshape(x, 2, 3)^2 * transpose(reshape(x, 3, 2)))", {"x": RNG.normal(size=6)}, 14),
    ("sum(concat(x[1:], [y])^2 * x)", {"x": RNG.normal(size=5), "y": 1.0}, 15),
    ("sum(stack(x, x^2, axis=1)[:, 0]^3) + sum(diag(x)^2)", {"x": RNG.normal(size=4)}, 4),
    ("sum(flip(x)*x^2)", {"x": RNG.normal(size=5)}, 9),
    ('sum(einsum("ij,j->i", W, x)^2)', {"W": RNG.normal(size=(3, 4)), "x": RNG.normal(size=4)}, -1),
    ("sum((W @ x)^3)", {"W": RNG.normal(size=(3, 4)), "x": RNG.normal(size=4)}, -1),
    ("sum(exp(W @ V))", {"W": RNG.normal(size=(3, 2)), "V": RNG.normal(size=(2, 3))}, -1),
    ("logdet(W @ transpose(W) + eye(3))", {"W": RNG.normal(size=(3, 3))}, 81),
    ("sum(sort(x)[:2]^2) + sum(cumsum(x)[:3]^2)", {"x": RNG.normal(size=5)}, -1),
    ("max(x)*x[1] + norm(x[2:])", {"x": RNG.normal(size=6)}, -1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "point", "count"), PROGRAMS, ids=lambda x: str(x)[:30])
def test_a_sparse_hessian_is_the_hessian(text: str, point: dict[str, Any], count: int) -> None:
    f = adcli.function(text)
    value, matrix = f.sparse_hessian(point)
    known, blocks = f.hessian(point)
    assert value == pytest.approx(known, rel=1e-14)
    sizes = {name: np.size(x) for name, x in point.items()}
    dense = np.block(
        [[np.reshape(blocks[a][b], (sizes[a], sizes[b])) for b in f.variables] for a in f.variables]
    )
    scale = max(1.0, float(np.abs(dense).max()))
    np.testing.assert_allclose(matrix.toarray(), dense, atol=1e-13 * scale)
    assert (matrix != matrix.T).nnz == 0
    if count >= 0:
        assert matrix.nnz == count


@pytest.mark.parametrize(("text", "point"), [("3", {}), ("3 + sum(x^2)", {"x": np.zeros(0)})])
def test_no_variables_have_an_empty_hessian(text: str, point: dict[str, Any]) -> None:
    value, matrix = adcli.function(text).sparse_hessian(point)
    assert (value, matrix.shape, matrix.nnz) == (3.0, (0, 0), 0)


def test_a_constant_matrix_passes_on_its_zeros_and_an_index_its_places() -> None:
    rows = np.diff(np.eye(30), axis=0)
    f = adcli.function("sum((D @ x)^4) + sum(v[g]^2*y)")
    point = {"D": rows, "x": RNG.normal(size=30), "v": np.ones(5), "y": np.ones(8)}
    point["g"] = np.array([0, 1, 1, 4, 4, 4, 0, 0.0])
    _, matrix = f.sparse_hessian(point, wrt=["x", "v"])
    assert matrix.nnz == 30 + 2 * 29 + 3
    np.testing.assert_array_equal(matrix.diagonal()[30:], [6, 4, 0, 0, 6])


def patterns() -> list[Any]:
    """Random symmetric patterns with the diagonal: sparse, banded, with full rows, on a grid."""
    found = []
    for n, density in ((1, 1), (30, 0.05), (60, 0.1), (60, 0.3), (40, 1)):
        a = sparse.random(n, n, density, random_state=n, format="csr")
        found.append(a + a.T + sparse.identity(n))
    arrow = sparse.lil_matrix((400, 400))
    arrow[0, :], arrow[:, 0], arrow[7, :], arrow[:, 7] = 1, 1, 1, 1
    line = sparse.diags([1.0, 1.0, 1.0], [-1, 0, 1], shape=(12, 12))
    grid = sparse.kron(line, sparse.identity(12)) + sparse.kron(sparse.identity(12), line)
    return [*found, arrow + sparse.identity(400), line, grid]


@pytest.mark.parametrize("pattern", patterns(), ids=lambda p: f"{p.shape[0]}-{p.nnz}")
def test_each_element_stands_alone_in_one_of_two_places(pattern: Any) -> None:
    csr = sparse.csr_matrix(pattern)
    csr.sort_indices()
    starred = star_colouring(csr.indptr, csr.indices)
    for colours in (starred, _apart(csr.indptr, csr.indices)):
        cells = np.split(csr.indices, csr.indptr[1:-1])
        for i, row in enumerate(cells):
            counts = np.bincount(colours[row], minlength=max(colours) + 1)
            for j in row[counts[colours[row]] > 1]:
                assert np.count_nonzero(colours[cells[j]] == colours[i]) == 1
        assert set(colours) == set(range(max(colours) + 1))
    if csr.shape[0] == 400:
        assert max(starred) + 1 <= 3


def test_a_hessian_that_is_not_sparse_is_an_error_before_it_takes_memory() -> None:
    for text in ("sum(x)^2", "exp(mean(x))*x[0]", "norm(x)^3"):
        with pytest.raises(TooDenseError, match="not sparse"):
            adcli.function(text).sparse_hessian({"x": np.ones(20_000)})


def test_what_is_not_finite_is_named() -> None:
    with pytest.raises(adcli.DomainError, match="sqrt"):
        adcli.function("sum(sqrt(x))").sparse_hessian({"x": np.zeros(3)})
    with pytest.raises(adcli.DomainError):
        adcli.function("sum(abs(x)^1.5)").sparse_hessian({"x": np.zeros(3)})
    with pytest.raises(adcli.DomainError, match=r"by x\[0\] and x\[0\]"):
        adcli.function("sum(abs(x)^1.5)").sparse_hessian({"x": np.zeros(3000)})
    _, matrix = adcli.function("sum(where(x > 0, sqrt(x), x))").sparse_hessian(
        {"x": np.array([-1, 0, 4.0])}
    )
    np.testing.assert_allclose(matrix.diagonal(), [0, 0, -1 / 32])
