"""The python engine: floats, one point, scalars. Imports nothing heavy."""

from __future__ import annotations

from typing import Any

from adcli.ad.algebra import NOWHERE
from adcli.engines import floats
from adcli.graph.primitives import Primitive
from adcli.graph.structure import Shape


class Scalars:
    """The algebra of numbers without a shape; `m` decides which numbers (floats, digits)."""

    shaped = False
    m: Any

    def function(self, op: Primitive) -> Any:
        """The namespace's function of an elementwise or select primitive."""
        return getattr(self.m, op.name)

    def structural(self, op: Primitive, attr: Any, xs: list[Any]) -> Any:
        """There are no shapes here; the choice of the engine sees to it."""
        raise TypeError(f"{op.name} needs arrays")

    def align(self, xs: list[Any], out: Any) -> list[Any]:
        """Numbers are aligned."""
        return xs

    def shape(self, x: Any) -> Shape:
        """Every value is a scalar."""
        return ()

    def fit(self, g: Any, x: Any, out: Any) -> Any:
        """Nothing was broadcast."""
        return g

    def spread(self, t: Any, out: Any) -> Any:
        """Nothing to broadcast."""
        return t

    def zero(self, x: Any) -> Any:
        """The number 0."""
        return x * 0

    def both(self, live: Any, chosen: Any) -> Any:
        """Everywhere if chosen, else nowhere: a number is one place."""
        return None if chosen else NOWHERE

    def either(self, a: Any, b: Any) -> Any:
        """Masks of numbers are None (everywhere)."""
        return None

    def keep(self, mask: Any, value: Any) -> Any:
        """All of it: the mask is None."""
        return value


class Floats(Scalars):
    """Python floats."""

    m = floats

    def constant(self, value: float) -> float:
        """The float64 of a number."""
        return float(value)

    def named(self, name: str) -> float:
        """pi, e, tau or inf."""
        value: float = getattr(floats, name)
        return value
