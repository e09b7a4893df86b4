"""What others are measured against: derivatives of the program that float64 runs, in many digits.

Its distance to what a method gives is the fault of the method and of its rounding alone: see
adcli.engines.exact.
"""

from __future__ import annotations

from typing import Any

from mpmath import mp, mpf

from adcli.ad.derivatives import Run
from adcli.graph.primitives import PRIMITIVES

DIGITS = 50


def frozen(run: Run, output: int) -> tuple[Run, int]:
    """The run, and its output, with what `detach` makes constant as constants.

    Only then do differences of the output tell about the derivative.
    """
    graph, algebra = run.graph, run.algebra
    nodes = [i for i in run.order if graph.ops[i] is _DETACH]
    if not nodes:
        return run, output
    constants = {i: graph.variable(f"detach {i}", graph.span(i)) for i in nodes}
    root = graph.substitute(output, graph.affected(output, constants), constants)
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
