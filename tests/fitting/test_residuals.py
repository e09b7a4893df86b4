"""Residuals and their Jacobian: against SymPy, and against the gradient row by row."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from adcli.errors import AdcliError
from adcli.fitting import residuals as residuals_module
from adcli.fitting.linearise import triangulate
from adcli.fitting.losses import LOSSES, Loss
from adcli.fitting.model import read_model
from adcli.fitting.regression import Regression
from adcli.function import function
from adcli.graph.row_wise import is_row_wise
from tests.programs import scalar_programs

RNG = np.random.default_rng(2)
X, Z = RNG.uniform(0.5, 3.0, 7), RNG.uniform(-1.0, 1.0, 7)

MODELS = [
    "a*exp(-b*x) + c",
    "a*x^b/(c + x^b)",
    "a*sin(b*x + c)*z",
    "atan(b/(x - c - 9))/pi + a*z",
    "(a + b*x)/(1 + c*x^2)",
    "a*erf((x - b)/c)",
    "log(a + b*x)^c",
]


def jacobian_of(problem: Regression, point: np.ndarray) -> np.ndarray:
    return np.vstack([rows[:, :-1] for rows in problem.residuals.blocks(point)])


@pytest.mark.parametrize("model", MODELS)
def test_compiled_models_are_the_same(model: str) -> None:
    start = {"a": 1.3, "b": 0.7, "c": 0.9}
    data = {"x": X, "z": Z, "y": np.zeros(7)}
    plain, compiled = (
        Regression(read_model(f"y ~ {model}"), data, start, engine=engine)
        for engine in ("numpy", "llvm")
    )
    rows = compiled.residuals.values(compiled.start)
    np.testing.assert_allclose(rows, plain.residuals.values(plain.start), rtol=1e-13)
    slopes = jacobian_of(compiled, compiled.start)
    np.testing.assert_allclose(slopes, jacobian_of(plain, plain.start), rtol=1e-12, atol=1e-15)


def test_an_unknown_engine() -> None:
    with pytest.raises(AdcliError, match="fit has no engine 'lvm'"):
        Regression(read_model("y ~ a*x"), {"x": X, "y": X}, {"a": 1.0}, engine="lvm")


@pytest.mark.parametrize("model", MODELS)
def test_the_jacobian_is_sympys(model: str) -> None:
    weights = RNG.uniform(0.5, 2.0, 7)
    start = {"a": 1.3, "b": 0.7, "c": 0.9}
    data = {"x": X, "z": Z, "y": np.zeros(7)}
    problem = Regression(read_model(f"y ~ {model}"), data, start, weights=weights)
    names = problem.parameters.labels
    symbols = sympy.symbols("a b c x z")
    formula = sympy.sympify(model.replace("^", "**"), {str(s): s for s in symbols})
    by_name = dict(zip("abcxz", symbols, strict=True))
    for k, name in enumerate(names):
        slope = sympy.lambdify(symbols, sympy.diff(formula, by_name[name]), ["scipy", "numpy"])
        expected = np.sqrt(weights) * slope(1.3, 0.7, 0.9, X, Z)
        computed = jacobian_of(problem, problem.parameters.flatten(start))[:, k]
        assert computed == pytest.approx(np.broadcast_to(expected, 7), rel=1e-12)


@given(scalar_programs(), st.data())
def test_random_models_have_the_gradient_of_each_row(program, data) -> None:
    scalars = sorted(n for n, v in program.point.items() if np.ndim(v) == 0)
    columns = data.draw(st.sets(st.sampled_from(scalars))) if scalars else set()
    free = [n for n in program.point if n not in columns]
    assume(free)
    rows = 3
    table = {n: np.full(rows, program.point[n]) for n in columns} | {"response": np.zeros(rows)}
    start = {n: program.point[n] for n in free}
    *statements, last = [*program.statements, program.scalar]
    text = "\n".join([*statements, f"response ~ {last}"])
    f = function(program.text)
    assume(set(f.variables) & set(free))
    try:
        used = {n: v for n, v in start.items() if n in f.variables}
        problem = Regression(read_model(text), table, used)
    except AdcliError:
        assume(False)  # the program does not take a vector in the place of a number
    point = {n: program.point[n] for n in f.variables}
    value, gradient = f.value_and_gradient(point, wrt=list(problem.parameters.shapes))
    r = problem.residuals.values(problem.start)
    assume(problem.row_wise)
    assert r == pytest.approx(np.full(rows, value), rel=1e-9, abs=1e-9)
    expected = np.concatenate([np.ravel(gradient[n]) for n in problem.parameters.shapes])
    jacobian = jacobian_of(problem, problem.start)
    size = 1e-9 * (1 + np.abs(expected).max())
    for row in jacobian:
        assert row == pytest.approx(expected, rel=1e-8, abs=size)


def test_blocks_of_rows_change_nothing(monkeypatch) -> None:
    monkeypatch.setattr(residuals_module, "BLOCK_ROWS", 3)
    data = {"x": X, "y": Z}
    start = {"a": 1.0, "b": 0.3}
    small = Regression(read_model("y ~ a*exp(b*x) + a"), data, start)
    assert len(list(small.residuals.blocks(small.start))) == 3
    monkeypatch.undo()
    whole = Regression(read_model("y ~ a*exp(b*x) + a"), data, start)
    assert small.residuals.values(small.start) == pytest.approx(
        whole.residuals.values(whole.start), rel=1e-15
    )
    a, b = small.problem.linearise(small.start), whole.problem.linearise(whole.start)
    assert np.abs(a.triangle) == pytest.approx(np.abs(b.triangle), rel=1e-13)
    assert a.cost == pytest.approx(b.cost, rel=1e-14)


ROW_WISE = {
    "a*x + b": True,
    "X @ v": True,
    "X[:, 0]*a + X[:, 1]*b": True,
    "sum(X*v, axis=1)": True,
    "norm(X*v, axis=1)": True,
    "tanh(X @ W) @ v": True,
    "a": True,
    "v[0] + v[1]*x": True,
    "a*(x - mean(x))": False,
    "a*x/sum(x)": False,
    "a*cumsum(x)": False,
    "a*x + x[0]": False,
    "sum(X*v)": False,
    "transpose(X) @ x": False,
    "a*max(x)": False,
    "a*x + u": True,
}


@pytest.mark.parametrize("text", ROW_WISE)
def test_which_models_keep_rows_apart(text: str) -> None:
    f = function(text)
    shapes = {"x": (5,), "X": (5, 2), "u": (5,), "v": (2,), "W": (2, 2)}
    shapes = {n: s for n, s in shapes.items() if n in f.inputs}
    columns = {f.inputs[n] for n in ("x", "X", "u") if n in f.inputs}
    assert is_row_wise(f.graph, f.outputs[0], columns, shapes) is ROW_WISE[text]


def test_a_parameter_as_long_as_the_table_is_not_row_wise() -> None:
    f = function("x + v")
    assert not is_row_wise(f.graph, f.outputs[0], {f.inputs["x"]}, {"x": (5,), "v": (5,)})


@pytest.mark.parametrize("name", LOSSES)
def test_losses_state_their_derivatives(name: str) -> None:
    loss = Loss(name, 0.7)
    r = np.array([-3.0, -0.71, -0.3, 0.0, 0.2, 0.69, 2.0, 9.0])
    h = 1e-6
    psi, slope = loss.slopes(r)
    for k, x in enumerate(r):
        rise = loss.cost(np.array([x + h])) - loss.cost(np.array([x - h]))
        assert psi[k] == pytest.approx(rise / (4 * h), rel=1e-8, abs=1e-9)
        rise = loss.slopes(np.array([x + h]))[0] - loss.slopes(np.array([x - h]))[0]
        assert slope[k] == pytest.approx(rise[0] / (2 * h), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("name", LOSSES)
def test_the_linear_problem_has_the_gradient_of_the_loss(name: str) -> None:
    data = {"x": X, "y": 3 * Z}
    problem = Regression(
        read_model("y ~ a*exp(b*x)"), data, {"a": 1.0, "b": 0.3}, loss=Loss(name, 0.5)
    )
    gradient = 2 * problem.problem.linearise(problem.start).gradient
    for k in range(2):
        step = np.zeros(2)
        step[k] = 1e-6
        cost = problem.problem.cost
        rise = cost(problem.start + step) - cost(problem.start - step)
        assert gradient[k] == pytest.approx(rise / 2e-6, rel=1e-7)


def test_fewer_rows_than_parameters_still_make_a_triangle() -> None:
    r, jacobian = np.array([1.0, 2.0]), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    found = triangulate([np.column_stack([jacobian, r])], 3, Loss())
    assert found.triangle.T @ found.triangle == pytest.approx(jacobian.T @ jacobian)
    assert found.gradient == pytest.approx(jacobian.T @ r)
    assert found.cost == 5.0


@pytest.mark.parametrize("columns", [1, 3, 9, 40])
@pytest.mark.parametrize("condition", [1e1, 1e10])
def test_many_rows_keep_the_digits_of_the_jacobian(columns: int, condition: float) -> None:
    """R of strips is that of all rows: normal equations would lose a condition number of 1e10."""
    random = np.random.default_rng(columns)
    basis = np.linalg.qr(random.standard_normal((30_000, columns)))[0]
    mixing = np.linalg.qr(random.standard_normal((columns, columns)))[0]
    jacobian = basis * np.geomspace(1, 1 / condition, columns) @ mixing
    rows = np.column_stack(
        [jacobian, jacobian.sum(axis=1) + 1e-12 * random.standard_normal(30_000)]
    )
    parts = np.split(rows, [20_000, 20_700, 20_710])
    found = triangulate([part.copy() for part in parts], columns, Loss())
    assert found.cost == pytest.approx(np.sum(rows[:, -1] ** 2), rel=1e-14)
    sizes = np.linalg.svd(found.triangle, compute_uv=False)
    assert sizes == pytest.approx(np.linalg.svd(jacobian, compute_uv=False), rel=1e-14 * condition)
    step = -np.linalg.solve(found.triangle, found.projected)
    expected = -np.linalg.lstsq(jacobian, rows[:, -1], rcond=None)[0]
    assert np.abs(step - expected).max() <= 1e-14 * condition * np.abs(expected).max()
