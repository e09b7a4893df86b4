"""Functions of matrices: values and derivatives to the second order by every way."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.errors import AdcliError, DomainError
from tests.ways import MODES, failure, ways

AT = {"a": 2.5, "b": -0.75, "c": 1.25, "d": 1.5}
M, S = "[[a, b], [c, d]]", "[[a, b], [b, d]]"
DET = "(a*d - b*c)"
ROOT = "hypot((a - d)/2, b)"

CLOSED_FORMS = {
    f"det({M})": DET,
    f"logdet({M})": f"log{DET}",
    f"sum(inv({M})*[[1, 2], [3, 4]])": f"(d - 2b - 3c + 4a)/{DET}",
    f"solve({M}, [1, c])[0]": f"(d - b*c)/{DET}",
    f"solve({M}, [[1, c], [a, 2]], transposed=1)[1, 0]": f"(a^2 - b)/{DET}",
    f"solve({M}, [d, a], lower=1)[1]": "(a - c*d/a)/d",
    f"solve({M}, [d, a], lower=1, transposed=1)[0]": "(d - c*a/d)/a",
    f"sum(cholesky({S})*[[1, 2], [3, 4]])": "sqrt(a) + 3b/sqrt(a) + 4sqrt(d - b^2/a)",
    f"cholesky({M})[1, 0]": "(b + c)/2/sqrt(a)",
    f"eigvalsh({S})[0]": f"(a + d)/2 - {ROOT}",
    f"eigvalsh({S})[1]^2": f"((a + d)/2 + {ROOT})^2",
    f"eigvecsh({S})[0, 1]^2": f"1/2 + (a - d)/4/{ROOT}",
    f"sum(cofactors({M})*[[1, 2], [3, 4]])": "d - 2c - 3b + 4a",
    f"sum(cofactors({M}, [[a, 1], [d, b]])*[[1, 2], [3, 4]])": "b - 2d - 3 + 4a",
    "det([[a, b, 1], [c, d, 2], [b, 3, a]])": "a*(d*a - 6) - b*(c*a - 2b) + 3c - d*b",
    f"multivariate_normal_logpdf([a, 1], [b, c], {S})": (
        "-log(2pi) - log(a*d - b^2)/2"
        " - (d*(a - b)^2 - 2b*(a - b)*(1 - c) + a*(1 - c)^2)/(a*d - b^2)/2"
    ),
    f"sum(triu({M}, k=1) @ {M}) + sum(eye(2)*{M})": "b*c + b*d + a + d",
    "det([[a]]) + logdet([[b^2]]) + sum(inv([[c]])) + sum(cholesky([[d]]))": (
        "a + log(b^2) + 1/c + sqrt(d)"
    ),
    "sum(eigvalsh([[a]])) + sum(solve([[b]], [c]))": "a + c/b",
}


def at(f: adcli.Function) -> dict[str, float]:
    return {x: AT[x] for x in f.variables}


@pytest.mark.parametrize("text", CLOSED_FORMS)
def test_values_and_derivatives_are_those_of_closed_forms(text: str) -> None:
    f, exact = adcli.function(text), adcli.function(CLOSED_FORMS[text])
    value, gradient = exact.value_and_gradient(at(exact), precision=50)
    _, hessian = exact.hessian(at(exact), precision=50)
    for way in ways(f, at(f)):
        found, slopes = f.value_and_gradient(at(f), **way)
        _, curvatures = f.hessian(at(f), **way)
        pairs = [(found, value)]
        pairs += [(slopes[x], gradient.get(x, 0)) for x in slopes]
        pairs += [
            (row[y], hessian.get(x, {}).get(y, 0)) for x, row in curvatures.items() for y in row
        ]
        for ours, theirs in pairs:
            assert abs(ours - theirs) <= 2e-14 * max(1, abs(theirs)), (way, ours, theirs)


@pytest.mark.parametrize("text", CLOSED_FORMS)
def test_taylor_series_are_those_of_closed_forms(text: str) -> None:
    f, exact = adcli.function(text), adcli.function(CLOSED_FORMS[text])
    found, wanted = (
        g.taylor(at(g), {x: 1.0 + "abcd".index(x) for x in g.variables}, order=5)
        for g in (f, exact)
    )
    np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-11)


# ---- JAX's conventions ----

JAX = json.loads((Path(__file__).parent / "jax_matrices.json").read_text("utf-8"))
"""Values and gradients by JAX: see make_jax_matrices.py."""


@pytest.mark.parametrize("text", JAX["cases"])
def test_gradients_are_those_of_jax(text: str) -> None:
    f = adcli.function(text)
    point = {x: JAX["point"][x] for x in f.variables}
    value, gradient = f.value_and_gradient(point)
    case = JAX["cases"][text]
    np.testing.assert_allclose(value, case["value"], rtol=1e-13)
    for name, found in gradient.items():
        np.testing.assert_allclose(found, case["gradient"][name], rtol=1e-12, atol=1e-13)
    _, hessian = f.hessian(point, wrt=["A"])
    np.testing.assert_allclose(hessian["A"]["A"], case["hessian"], rtol=1e-11, atol=1e-12)


# ---- singular matrices ----


def exact_minor(a: list[list[Fraction]], rows: tuple[int, ...], columns: tuple[int, ...]) -> Any:
    """The determinant without some rows and columns, with its sign (Leibniz's formula)."""
    kept = [i for i in range(len(a)) if i not in rows]
    total = Fraction(0)
    for order in permutations(j for j in range(len(a)) if j not in columns):
        product = Fraction(_sign(order) * (-1) ** (sum(rows) + sum(columns)))
        for i, j in zip(kept, order, strict=True):
            product *= a[i][j]
        total += product
    return total


def _sign(order: tuple[int, ...]) -> int:
    inversions = sum(x > y for k, x in enumerate(order) for y in order[k + 1 :])
    return -1 if inversions % 2 else 1


def of_rank(rank: int, n: int) -> Any:
    rng = np.random.default_rng(rank)
    return (rng.integers(-4, 5, (n, rank)) @ rng.integers(-4, 5, (rank, n))).astype(float)


HARD = {
    **{f"rank {rank} of 4": of_rank(rank, 4) for rank in range(5)},
    "one number": np.zeros((1, 1)),
    "tiny": 2.0**-230 * of_rank(3, 4),
    "rows of all sizes": np.array([[1, 2, 0], [3, 4, 5], [6, 8, 1]])
    * [[2.0**-300], [1], [2.0**300]],
    "nearly singular": np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9 + 2.0**-40]]),
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("precision", [None, 30])
def test_derivatives_of_a_determinant_are_minors(name: str, precision: int | None) -> None:
    """Whatever the rank; relative to what the lengths of the rows allow (Hadamard's bound)."""
    matrix = HARD[name]
    exact, n = [[Fraction(x) for x in row] for row in matrix.tolist()], len(matrix)
    f = adcli.function("det(A)")
    _, hessian = f.hessian({"A": matrix}, precision=precision)
    value, gradient = f.value_and_gradient({"A": matrix}, precision=precision)
    minors = [[float(exact_minor(exact, (i,), (j,))) for j in range(n)] for i in range(n)]
    rtol = 1e-12 if name == "nearly singular" else 2e-14
    lengths = np.linalg.norm(matrix, axis=1)
    lengths[lengths == 0] = 1
    allowed = rtol * lengths.prod() / lengths
    assert (np.abs(np.array(gradient["A"], float) - minors) <= allowed[:, np.newaxis]).all()
    assert (
        abs(float(value) - float(exact_minor(exact, (), ()))) <= rtol * abs(matrix * minors).max()
    )
    found = np.array(hessian["A"]["A"], float)
    for i, j, k, m in np.ndindex(n, n, n, n):
        second = 0.0
        if i != k and j != m:
            swaps = (-1) ** ((i > k) + (j > m))
            second = swaps * float(exact_minor(exact, (i, k), (j, m)))
        assert abs(found[i, j, k, m] - second) <= allowed[i] / lengths[k], (i, j, k, m)


def test_logarithms_of_determinants_keep_their_range() -> None:
    f = adcli.function("logdet(A)")
    rng = np.random.default_rng(1)
    wide = rng.normal(size=(500, 500)) + 30 * np.eye(500)
    for scale in (1e-200, 1.0, 1e200):
        value, gradient = f.value_and_gradient({"A": scale * wide})
        exact = np.linalg.slogdet(wide)[1]
        assert value == pytest.approx(exact + 500 * np.log(scale), rel=1e-13)
        np.testing.assert_allclose(gradient["A"] * scale @ wide.T, np.eye(500), atol=1e-12)
    f = adcli.function("sum(cholesky(A)) + sum(solve(A, b))")
    for scale in (1e-280, 1e280):
        point = {"A": scale * np.array([[4.0, 2], [2, 5]]), "b": scale * np.ones(2)}
        value, gradient = f.value_and_gradient(point)
        assert value == pytest.approx(5 * scale**0.5 + 0.3125, rel=1e-14)
        assert np.isfinite(gradient["A"]).all()


# ---- ties ----


def test_a_derivative_at_equal_eigenvalues_is_that_of_what_treats_them_alike() -> None:
    eye = {"A": np.eye(3)}
    for mode in MODES:
        _, gradient = adcli.function("sum(eigvalsh(A)^3)").value_and_gradient(eye, mode=mode)
        np.testing.assert_allclose(gradient["A"], 3 * np.eye(3), atol=1e-14)
    turned = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    point = {"A": turned @ np.diag([1.0, 1.0, 2.0]) @ turned.T}
    _, gradient = adcli.function("eigvalsh(A)[2]").value_and_gradient(point)
    np.testing.assert_allclose(gradient["A"], np.outer(turned[:, 2], turned[:, 2]), atol=1e-14)


# ---- errors ----

FAULTS = [
    (
        "x + sum(cholesky(A))",
        {"x": 1.0, "A": [[1, 2], [2, 1]]},
        "cholesky of a 2x2 matrix that is not positive definite: pivot 2 of 2 is -3",
        "cholesky(A)",
    ),
    (
        "logdet(A)",
        {"A": [[4, 2], [2, 1]]},
        "logdet of a 2x2 matrix that is singular: pivot 2 of 2 is 0",
        "logdet(A)",
    ),
    (
        "logdet(A)",
        {"A": [[1, 2], [2, 1]]},
        "logdet of a 2x2 matrix with the determinant -3: pivot 2 of 2 is -3",
        "logdet(A)",
    ),
    (
        "sum(inv(A))",
        {"A": [[0, 0], [0, 1]]},
        "inv of a 2x2 matrix that is singular: pivot 1 of 2 is 0",
        "inv(A)",
    ),
    (
        "sum(solve(A, [1, 2]))",
        {"A": [[1, 2], [2, 4]]},
        "solve of a 2x2 matrix that is singular: pivot 2 of 2 is 0",
        "solve(A, [1, 2])",
    ),
    (
        "sum(solve(A, [1, 2], lower=1))",
        {"A": [[0, 2], [2, 4]]},
        "solve of a 2x2 matrix that is singular: pivot 1 of 2 is 0",
        "solve(A, [1, 2], lower=1)",
    ),
    (
        "eigvalsh(A)[0]",
        {"A": [[2, 0], [0, 2]]},
        "there is no derivative of eigvalsh of a 2x2 matrix with equal eigenvalues: "
        "numbers 1 and 2 of 2 are 2",
        "eigvalsh(A)",
    ),
    (
        "multivariate_normal_logpdf([1, 2], 0, A)",
        {"A": [[1, 2], [2, 1]]},
        "cholesky of a 2x2 matrix that is not positive definite: pivot 2 of 2 is -3 "
        "(in multivariate_normal_logpdf)",
        "multivariate_normal_logpdf([1, 2], 0, A)",
    ),
]


@pytest.mark.parametrize(("text", "point", "message", "place"), FAULTS)
@pytest.mark.parametrize("options", [{}, {"precision": 30}, {"mode": "forward"}])
def test_errors_name_the_place_the_size_and_the_pivot(
    text: str, point: Any, message: str, place: str, options: Any
) -> None:
    with pytest.raises(DomainError) as error:
        adcli.function(text).value_and_gradient(point, **options)
    assert failure(error.value) == (message, place)
    assert error.value.hint is not None


@pytest.mark.parametrize("call", ["sum(inv(A))", "sum(solve(A, [1, 2]))", "logdet(A)"])
def test_an_elimination_beyond_the_range_of_numbers_is_told(call: str) -> None:
    with pytest.raises(DomainError, match="its elimination is beyond float64's range"):
        adcli.function(call).value_and_gradient({"A": [[1, 1.7e308], [-1, 1.7e308]]})


def test_a_matrix_that_rounding_alone_makes_regular_is_singular() -> None:
    a = np.array([[0.7, 0.6], [0.5, 0.3], [0.3, 0.1]]) @ [[0.1, 0.1, 0.2], [0.7, 0.6, 0.8]]
    with pytest.raises(DomainError, match="singular but for rounding: pivot 3 of 3 is"):
        adcli.function("sum(inv(A))").value({"A": a})
    scaled = np.diag([1e-200, 1, 1e200])  # which is far from singular
    np.testing.assert_allclose(
        adcli.function("inv(A) @ A").value({"A": scaled + np.eye(3, k=1)}), np.eye(3), atol=1e-15
    )


@pytest.mark.parametrize("text", ["det(x)", "inv([1, 2])", "eigvalsh([[1, 2, 3]])", "logdet(v)"])
def test_only_square_matrices_are_taken(text: str) -> None:
    f = adcli.function(text)
    with pytest.raises(AdcliError, match="takes a square matrix, not the shape"):
        f.value({x: [1.0, 2.0] if x == "v" else 1.0 for x in f.variables})


# ---- what only some elements of an input are read for ----


def test_what_is_not_read_has_no_derivative() -> None:
    f = adcli.function("sum(solve([[2, sqrt(x)], [x, 3]], [1, 1], lower=1))")
    for mode in MODES:
        _, gradient = f.value_and_gradient({"x": 0.0}, mode=mode)
        assert gradient["x"] == pytest.approx(-1 / 6)


# ---- rows ----


def test_a_matrix_in_each_row() -> None:
    rng = np.random.default_rng(5)
    a = rng.normal(size=(20, 3, 3))
    a = a @ a.transpose(0, 2, 1) + np.eye(3)
    columns = {"A": a, "b": rng.normal(size=(20, 3)), "s": rng.normal(size=20)}
    f = adcli.function(
        "logdet(A) + b @ solve(A, b*s) + sum(cholesky(A)) + det(A) + sum(eigvalsh(A)^2)"
        " + sum(b*solve(cholesky(eye(3) + 0.1*[[1, 2, 0], [2, 1, 1], [0, 1, 0]]), b, lower=1))"
    )
    batch = f.map(columns)
    for row in range(20):
        value, gradient = f.value_and_gradient({name: x[row] for name, x in columns.items()})
        assert batch.values[row] == pytest.approx(value, rel=1e-13)
        for name, g in gradient.items():
            np.testing.assert_allclose(batch.gradients[name][row], g, rtol=1e-10, atol=1e-12)
    a[7] = -a[7]
    with pytest.raises(DomainError) as error:
        f.map({**columns, "A": a})
    assert error.value.row == 7
    assert "3x3 matrix" in error.value.message


# ---- one factorisation ----


@pytest.mark.parametrize("n", [4, 300])
def test_one_factorisation_serves_value_and_gradient(
    n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By sweeps (small) and by plans (large), again and again."""
    from adcli.algebras.matrices import lapack

    calls = []
    for name in ("factors", "cholesky", "eigen"):
        real = getattr(lapack, name)
        monkeypatch.setattr(
            lapack, name, lambda a, real=real, name=name: calls.append(name) or real(a)
        )
    rng = np.random.default_rng(2)
    x, b = rng.normal(size=(n, n)), rng.normal(size=n)
    f = adcli.function("logdet(A) + b @ solve(A, b) + sum(inv(A))")
    for k in range(1, 3):
        a = x @ x.T + k * np.eye(n)
        value, _ = f.value_and_gradient({"A": a, "b": b})
        assert calls == ["factors"] * k
        assert value == pytest.approx(
            np.linalg.slogdet(a)[1] + b @ np.linalg.solve(a, b) + np.linalg.inv(a).sum()
        )
    calls.clear()
    adcli.function("sum(cholesky(A)) + eigvalsh(A)[0]").value_and_gradient({"A": a})
    assert sorted(calls) == ["cholesky", "eigen"]


def test_rows_whose_eigenvalues_are_nan_are_errors() -> None:
    f = adcli.function("max(eigvalsh(log(W)))")
    matrices = np.array([[[3.0, 1.0], [1.0, 3.0]], [[-1.0, 1.0], [1.0, 3.0]]])
    with pytest.raises(adcli.DomainError, match=r"log\(-1\)"):
        f.map({"W": matrices})


def test_a_share_that_is_none_is_an_error_over_rows() -> None:
    with pytest.raises(adcli.DomainError, match="quantile"):
        adcli.function("x + quantile(2, 2)").map({"x": np.ones(3)})
