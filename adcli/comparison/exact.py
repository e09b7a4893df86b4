"""The derivative that others are measured against: the program that float64 runs, in many digits.

Inputs and numbers in the program are taken as the float64 nearest to what is written, so that the
distance to this derivative is the fault of a method and of its rounding alone, and so that a kink
that float64 meets is a kink here, too.
"""

from __future__ import annotations

from typing import Any

from mpmath import mp, mpf

from adcli.ad.derivatives import Run
from adcli.engines.mpmath import DigitArrays, Digits
from adcli.graph.primitives import PRIMITIVES

DIGITS = 50


class ExactNumbers(Digits):
    """Many-digit numbers that start as float64."""

    def constant(self, value: float) -> Any:
        """The float64 of a number, exactly."""
        return mpf(float(value))

    def named(self, name: str) -> Any:
        """The float64 of pi, e, tau or inf, exactly."""
        return mpf(float(super().named(name)))


class ExactArrays(DigitArrays):
    """Arrays of many-digit numbers that start as float64."""

    def constant(self, value: float) -> Any:
        """The float64 of a number, exactly, as an array of one point."""
        return self.array(mpf(float(value)))

    def named(self, name: str) -> Any:
        """The float64 of pi, e, tau or inf, exactly, as an array of one point."""
        return self.array(mpf(float(super().named(name)[0])))


def exactly(run: Run, digits: int) -> Run:
    """The run with the same inputs, in many digits."""
    algebra: Any = ExactArrays(digits) if run.algebra.shaped else ExactNumbers(digits)
    inputs = {node: _exact(value, algebra) for node, value in run.inputs.items()}
    with algebra.context():
        return Run.at(run.graph, run.order, inputs, algebra, 1)


def _exact(value: Any, algebra: Any) -> Any:
    if not algebra.shaped:
        return mpf(value)
    import numpy as np

    return np.frompyfunc(mpf, 1, 1)(value)


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
