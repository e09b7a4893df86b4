"""Random programs: every mode and engine agrees with differences in 50 digits."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from mpmath import mp

import adcli
from adcli.ad.evaluate import Run
from adcli.ad.reverse import reverse_sweep
from adcli.ad.symbolic import gradient_nodes
from adcli.algebras.arrays import Arrays
from adcli.engines.point import pack
from tests.programs import Program, array_programs, scalar_programs
from tests.ways import MODES

thorough = settings(max_examples=3 * settings.default.max_examples)
EPS = 2.0**-52
Gradient = dict[str, Any]


def exact_gradient(f: adcli.Function, program: Program) -> Gradient:
    """The gradient by central differences in 50 digits, which know no rule: good to 35 digits."""
    _, gradient = f.value_and_gradient(program.point, mode="finite", precision=50)
    return {name: np.asarray(g, dtype=object) for name, g in gradient.items()}


def rounding(f: adcli.Function, program: Program) -> dict[str, Any]:
    """The sum over all operations of |their value times its effect on the gradient|.

    One relative error of eps in each operation of the gradient's program moves the gradient by at
    most eps times this, to first order: the absolute path contributions.
    """
    algebra = Arrays()
    bounds = {}
    with algebra.context():
        run = Run.at(f.graph, f.order, pack(f, program.point, algebra), algebra, 1)
        names = list(f.inputs)
        nodes = gradient_nodes(
            f.graph, f.order, f.outputs[0], [f.inputs[name] for name in names], run.shapes()
        )
        order = f.graph.reach(nodes)
        second = Run.at(f.graph, order, run.inputs, algebra, 1)
        values = second.values
        for name, node in zip(names, nodes, strict=True):
            (seed,) = algebra.basis(values[node], 1)
            adjoints = reverse_sweep(second, {node: seed}, f.graph.varying)
            total = np.zeros(len(seed))
            for i in order:
                if adjoints[i] is not None:
                    effect = np.abs(np.nan_to_num(adjoints[i] * values[i]))
                    total = total + effect.sum(axis=tuple(range(1, effect.ndim)))
            bounds[name] = total.reshape(values[node].shape[1:])
    return bounds


def distance(a: Any, b: Any) -> Any:
    """|a - b| by elements, rounded once."""
    with mp.workdps(60):
        return np.asarray(np.abs(np.asarray(a, dtype=object) - b), dtype=float)


def check_gradient(f: adcli.Function, program: Program, found: Gradient, exact: Gradient) -> None:
    """To 1e-12 relative; more only where one ulp or so in each operation explains it."""
    off = {name: distance(g, exact[name]) for name, g in found.items()}
    size = {name: distance(exact[name], 0) for name in found}
    if all(np.all(off[name] <= 1e-12 * size[name]) for name in found):
        return
    bound = rounding(f, program)
    for name in found:
        allowed = 1e-12 * size[name] + 8 * EPS * bound[name]
        assert np.all(off[name] <= allowed), (name, found[name], exact[name], program)


def check_program(program: Program, engines: tuple[str, ...]) -> None:
    f = adcli.function(program.text)
    exact = exact_gradient(f, program)
    assert set(exact) == set(program.point)
    for engine in engines:
        for mode in MODES:
            value, gradient = f.value_and_gradient(program.point, mode=mode, engine=engine)
            assert abs(value - program.value) <= 1e-9 * max(1.0, abs(program.value)), program
            check_gradient(f, program, gradient, exact)
    for mode in MODES:
        _, gradient = f.value_and_gradient(program.point, mode=mode, precision=50)
        for name, g in gradient.items():
            limit = 1e-28 * (1 + distance(exact[name], 0))
            assert np.all(distance(g, exact[name]) <= limit), (name, mode, program)


@thorough
@given(scalar_programs())
def test_scalar_programs(program: Program) -> None:
    check_program(program, ("python", "numpy"))


@thorough
@given(array_programs())
def test_array_programs(program: Program) -> None:
    check_program(program, ("numpy",))


def blocks_agree(a: Any, b: Any, scale: float = 1.0) -> bool:
    """Equal to 1e-10 of the largest of all numbers: cancellation may take digits of one of them."""
    size = max(scale, float(np.max(np.abs(np.asarray(a, dtype=float)), initial=0.0)))
    return bool(np.allclose(a, b, rtol=1e-10, atol=1e-12 * size))


@given(array_programs())
def test_jacobians(program: Program) -> None:
    """Forward = reverse = symbolic = differences; <J t, a> = <t, J' a>."""
    f = adcli.function(program.array_text)
    point = {name: program.point[name] for name in f.variables}
    assume(point)
    value, forward = f.jacobian(point, mode="forward", engine="numpy")
    assert np.allclose(value, program.last_value, rtol=1e-9, atol=1e-9)
    _, exact = f.jacobian(point, mode="finite", precision=50)
    for name, x in point.items():
        assert np.shape(forward[name]) == np.shape(program.last_value) + np.shape(x)
        assert blocks_agree(forward[name], np.asarray(exact[name], dtype=float)), program
    for mode in ("reverse", "symbolic"):
        _, other = f.jacobian(point, mode=mode, engine="numpy")
        assert all(blocks_agree(forward[name], other[name]) for name in point), (mode, program)
    generator = np.random.default_rng(1)
    tangents = {name: generator.normal(size=np.shape(x)) for name, x in point.items()}
    _, pushed = f.directional(point, tangents, engine="numpy")
    weights = generator.normal(size=np.shape(program.last_value))
    result = f"({program.last})*weights_of_the_result"
    pulled = adcli.function("\n".join((*program.statements, f"sum({result})")))
    _, adjoints = pulled.value_and_gradient(
        {**point, "weights_of_the_result": weights}, wrt=list(point)
    )
    left = float(np.sum(pushed * weights))
    products = [np.sum(tangents[name] * adjoints[name]) for name in point]
    assert abs(left - sum(products)) <= 1e-10 * max([1.0, *map(abs, products)]), program


@given(scalar_programs() | array_programs())
def test_hessians(program: Program) -> None:
    """Symmetric; forward = reverse over the gradient's graph = differences of 50 digits."""
    f = adcli.function(program.text)
    _, reverse = f.hessian(program.point, engine="numpy")
    _, forward = f.hessian(program.point, mode="forward", engine="numpy")
    _, exact = f.hessian(program.point, mode="finite", precision=50)
    scale = max(float(np.max(np.abs(block))) for row in reverse.values() for block in row.values())
    for a, x in program.point.items():
        for b, y in program.point.items():
            rows = np.reshape(reverse[a][b], (np.size(x), np.size(y)))
            columns = np.reshape(reverse[b][a], (np.size(y), np.size(x)))
            assert blocks_agree(rows, columns.T, scale), program
            assert blocks_agree(reverse[a][b], forward[a][b], scale), program
            difference = np.asarray(exact[a][b], dtype=float)
            assert blocks_agree(reverse[a][b], difference, scale), program


@given(scalar_programs())
def test_derivatives_are_functions_again(program: Program) -> None:
    f = adcli.function(program.text)
    _, gradient = f.value_and_gradient(program.point)
    _, hessian = f.hessian(program.point)
    for name in program.point:
        slope = f.derivative(name)
        point = program.point
        assert blocks_agree(slope.value(point), gradient[name])
        _, second = slope.value_and_gradient(point)
        for other, curvature in second.items():
            assert blocks_agree(curvature, hessian[name][other]), program


@given(scalar_programs() | array_programs())
def test_float_differences_are_near(program: Program) -> None:
    """A sanity check of mode "finite" itself, away from steep places."""
    f = adcli.function(program.text)
    _, gradient = f.value_and_gradient(program.point, engine="numpy")
    _, finite = f.value_and_gradient(program.point, mode="finite", engine="numpy")
    scale = max(1.0, *(float(np.max(np.abs(g))) for g in gradient.values()))
    _, hessian = f.hessian(program.point, engine="numpy")
    bend = max(float(np.max(np.abs(b))) for row in hessian.values() for b in row.values())
    for name, g in gradient.items():
        assert np.allclose(g, finite[name], rtol=1e-4, atol=1e-5 * max(scale, bend)), program


@given(scalar_programs() | array_programs())
def test_many_rows_are_the_same_as_one_by_one(program: Program) -> None:
    f = adcli.function(program.text)
    generator = np.random.default_rng(1)
    count = 5
    columns = {
        name: np.asarray(x) + 1e-4 * generator.integers(-2, 3, size=(count, *np.shape(x)))
        for name, x in program.point.items()
    }
    batch = f.map(columns, on_error="null")
    for row in range(count):
        try:
            value, gradient = f.value_and_gradient({n: c[row] for n, c in columns.items()})
        except adcli.DomainError:
            assert row in batch.errors, program
            continue
        assert row not in batch.errors, program
        assert blocks_agree(batch.values[row], value), program
        for name, g in gradient.items():
            assert blocks_agree(batch.gradients[name][row], g), (name, program)
