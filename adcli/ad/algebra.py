"""What an algebra must offer so that the sweeps can run on it."""

from __future__ import annotations

from typing import Any, Protocol

from adcli.graph.axes import Shape
from adcli.graph.primitives import Primitive


class _Nowhere:
    """The mask of an adjoint that nothing chose: no contribution at all."""

    def __repr__(self) -> str:
        return "NOWHERE"


NOWHERE = _Nowhere()


class Algebra(Protocol):
    """Values that flow through a graph: floats, arrays, many-digit numbers or nodes.

    Values have `+`, `-` and `*`. A mask is None for everything, NOWHERE where nothing
    is, else whatever the algebra's comparisons give.
    """

    @property
    def m(self) -> Any:
        """The namespace of functions for the rules."""

    @property
    def shaped(self) -> bool:
        """Whether values have shapes, so that operands are aligned and adjoints fitted."""

    def structural(self, op: Primitive, attr: Any, xs: list[Any]) -> Any:
        """The value of a structural primitive."""

    def align(self, xs: list[Any], out: Any) -> list[Any]:
        """Operands with as many axes as the output, so that `*` broadcasts as in the program."""

    def shape(self, x: Any) -> Shape:
        """The shape of a value as the program sees it."""

    def fit(self, g: Any, x: Any, out: Any) -> Any:
        """An adjoint of out's shape, summed over the axes along which operand x was broadcast."""

    def spread(self, t: Any, out: Any) -> Any:
        """A tangent broadcast to out's shape."""

    def zero(self, x: Any) -> Any:
        """Zero in the shape of x."""

    def both(self, live: Any, chosen: Any) -> Any:
        """The mask of places that are live and chosen."""

    def either(self, a: Any, b: Any) -> Any:
        """The mask of places that one of two masks means."""

    def keep(self, mask: Any, value: Any) -> Any:
        """The value where the mask means it and exact 0 elsewhere; mask is not NOWHERE."""


class Evaluator(Algebra, Protocol):
    """An algebra that a graph can be evaluated in: it knows numbers and functions."""

    def constant(self, value: float) -> Any:
        """The value of a number in the program."""

    def named(self, name: str) -> Any:
        """The value of pi, e, tau or inf."""

    def function(self, op: Primitive) -> Any:
        """The callable of an elementwise or select primitive."""
