"""Functions of matrices in generated NumPy and LaTeX, and what C says instead."""

import numpy as np
import pytest

from adcli.errors import LanguageError
from adcli.export.source_code import to_code
from adcli.language import parse
from adcli.language.latex import to_latex
from tests.export.test_source_code import run_python, sketch_of

PROGRAMS = (
    "det(A)*sum(inv(A))",
    "logdet(A @ transpose(A)) + b @ solve(A, b)",
    "sum(solve(A, A @ A, lower=1, transposed=1) + eye(3))",
    "sum(cholesky(A @ transpose(A) + eye(3))*triu(A, k=-1))",
    "sum(eigvalsh(A)*b)",
    "sum(eigvecsh(A) @ b)",
    "sum(cofactors(A) @ b)",
    "det(A[:2, :2])*b[0] + det([[A[0, 0]]])",
    "sum(cofactors(concat(concat(A, expand(b, 1), axis=1), [[1, 2, 0, 3]])))",
    "multivariate_normal_logpdf(b, A[0], A @ transpose(A))",
)
A = np.array([[2.0, 0.5, -1.0], [0.25, 3.0, 0.5], [1.0, -0.75, 4.0]])


@pytest.mark.parametrize("text", PROGRAMS)
def test_generated_numpy_gives_the_engines_numbers(text):
    shapes = {"A": (3, 3), "b": (3,)} if "b" in text else {"A": (3, 3)}
    f, sketch = sketch_of(text, shapes)
    function = run_python(to_code(sketch, "numpy"))
    point = {
        name: x for name, x in {"A": A, "b": np.array([1.0, -2.0, 0.5])}.items() if name in shapes
    }
    value, gradient = function(*[point[name] for name in f.variables])
    exact, slopes = f.value_and_gradient(point)
    assert value == pytest.approx(exact, rel=1e-13)
    for found, name in zip(gradient, f.variables, strict=True):
        np.testing.assert_allclose(found, slopes[name], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    "text", ["sum(inv(A))", "logdet(A)", "sum(solve(A, A))", "sum(cholesky(A))"]
)
def test_generated_numpy_has_nan_where_the_engine_has_no_value(text):
    _, sketch = sketch_of(text, {"A": (3, 3)})
    value, (gradient,) = run_python(to_code(sketch, "numpy"))(np.diag([1.0, 0.0, -1.0]))
    assert np.isnan(value)
    assert np.isnan(gradient).all()


def test_latex_is_that_of_books():
    program = parse(
        "b @ solve(A, b) + logdet(A)/det(A), inv(A) + eye(2), solve(A, b, transposed=1)"
    )
    assert to_latex(program.graph, program.outputs) == (
        r"b \, \left(A^{-1} \, b\right) + \frac{\log\det\left(A\right)}{\det\left(A\right)}, "
        r"A^{-1} + I_{2}, A^{-\mathsf{T}} \, b"
    )


@pytest.mark.parametrize("target", ["c", "python"])
def test_what_a_target_cannot_say_is_named(target):
    _, sketch = sketch_of("x*det([[x, 1], [1, x]])")
    with pytest.raises(LanguageError, match="has no spelling for"):
        to_code(sketch, target)
