"""Random programs: every mode and engine agrees with differences in 50 digits."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from mpmath import mp

import adcli
from adcli.ad.derivatives import Run
from adcli.ad.evaluate import evaluate
from adcli.ad.reverse import reverse_sweep
from adcli.ad.symbolic import gradient_nodes
from adcli.engines.numpy import Arrays
from tests.programs import Program, array_programs, scalar_programs

MODES = ("reverse", "forward", "symbolic")
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
        run = Run.at(f.graph, f.order, f.pack(program.point, algebra), algebra, 1)
        names = list(f.inputs)
        nodes = gradient_nodes(
            f.graph, f.order, f.outputs[0], [f.inputs[name] for name in names], run.shapes()
        )
        order = f.graph.reach(nodes)
        values = evaluate(f.graph, order, run.inputs, algebra)
        for name, node in zip(names, nodes, strict=True):
            (seed,) = algebra.basis(values[node], 1)
            adjoints = reverse_sweep(f.graph, order, values, {node: seed}, f.graph.varying, algebra)
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
