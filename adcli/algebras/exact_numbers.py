"""The program that float64 runs, in many digits.

Inputs and numbers in the program are taken as the float64 nearest to what is written, so that the
distance to what float64 gives is the fault of rounding alone, and so that a kink that float64 meets
is a kink here, too.
"""

from __future__ import annotations

from typing import Any

from mpmath import mpf

from adcli.ad.jacobians import Run
from adcli.algebras.digits import DigitArrays, Digits


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
    inputs = {node: exactly_this(value, algebra) for node, value in run.inputs.items()}
    with algebra.context():
        return Run.at(run.graph, run.order, inputs, algebra, 1)


def exactly_this(value: Any, algebra: Any) -> Any:
    """A float64 value as one of these algebras."""
    if not algebra.shaped:
        return mpf(value)
    import numpy as np

    return np.frompyfunc(mpf, 1, 1)(value)
