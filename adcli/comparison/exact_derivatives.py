"""What others are measured against: derivatives of the program that float64 runs, in many digits.

Its distance to what a method gives is the fault of the method and of its rounding alone: see
adcli.algebras.digits.
"""

from __future__ import annotations

from typing import Any

from mpmath import mp, mpf

from adcli.ad.evaluate import Run
from adcli.graph.primitives import MULTIPLY, PRIMITIVES, SLOPE, SUBTRACT

EXACT_DIGITS = 50


def frozen(run: Run, output: int) -> tuple[Run, int]:
    """The run, and its output, with what `detach` makes constant as constants, and `slope` as a
    straight line.

    Only then do differences of the output tell about the derivative.
    """
    graph, algebra = run.graph, run.algebra
    slopes = {i: graph.args[i] for i in run.order if graph.ops[i] is SLOPE}
    nodes = [i for i in run.order if graph.ops[i] is _DETACH]
    nodes += {j for args in slopes.values() for j in args}
    if not nodes:
        return run, output
    constants = {i: graph.variable(f"constant {i}", graph.span(i)) for i in nodes}
    replaced = {i: constants[i] for i in nodes if graph.ops[i] is _DETACH}
    for i, (x, w) in slopes.items():
        away = graph.node(SUBTRACT, (x, constants[x]), None, graph.span(i))
        replaced[i] = graph.node(MULTIPLY, (away, constants[w]), None, graph.span(i))
    root = graph.substitute(output, graph.affected(output, replaced), replaced)
    inputs = {**run.inputs, **{constants[i]: run.values[i] for i in nodes}}
    with algebra.context():
        return Run.at(graph, graph.reach([root]), inputs, algebra, 1), root


_DETACH = PRIMITIVES["detach"]


def significant(found: float, exact: Any) -> float:
    """How many decimal digits of a float64 are right, from 0 to 16.

    16 is a number that no float64 is closer to than half a unit in the last place.
    """
    if found == exact:
        return 16.0
    if exact == 0 or not mp.isfinite(found):
        return 0.0
    error = abs(mpf(found) - exact) / abs(exact)
    return float(min(max(-mp.log10(error), 0), 16))
