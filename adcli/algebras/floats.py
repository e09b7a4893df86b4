"""The python engine: floats, one point, scalars. Imports nothing heavy."""

from __future__ import annotations

from contextlib import nullcontext
from math import isfinite
from typing import Any

from adcli.ad.algebra import Scalars
from adcli.algebras.functions import float_functions


class Floats(Scalars):
    """Python floats."""

    m = float_functions

    def context(self) -> Any:
        """What to hold while computing: nothing."""
        return nullcontext()

    def pack(self, value: Any) -> float:
        """An input as a float."""
        return float(value)

    def unpack(self, value: float) -> float:
        """A result as callers get it."""
        return value

    def is_finite(self, value: float) -> bool:
        """Neither infinite nor nan."""
        return isfinite(value)

    def epsilon(self) -> float:
        """The relative spacing of numbers."""
        return 2.0**-52

    def constant(self, value: float) -> float:
        """The float64 of a number."""
        return float(value)

    def named(self, name: str) -> float:
        """pi, e, tau or inf."""
        value: float = getattr(float_functions, name)
        return value
