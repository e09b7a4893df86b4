"""What an algebra must offer so that the sweeps can run on it."""

from __future__ import annotations

from typing import Any, Protocol

from adcli.graph.axes import Shape
from adcli.graph.primitives import Primitive

NOWHERE: Any = object()
"""The mask of an adjoint that nothing chose: no contribution at all."""

Place = tuple[int, Any]
"""A node and the places of its value that are meant: a mask, None for everywhere."""


class Algebra(Protocol):
    """Values that flow through a graph: floats, arrays, many-digit numbers or nodes.

    Values have `+`, `-` and `*`. A mask is None for everything, NOWHERE where nothing
    is, else whatever the algebra's comparisons give.
    """

    m: Any
    """The namespace of functions for the rules."""
    shaped: bool
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


class Scalars:
    """An algebra of numbers: nothing has a shape, so nothing is broadcast, summed or aligned.

    `m` decides which numbers (floats, digits).
    """

    shaped = False
    m: Any

    def constant(self, value: float) -> Any:
        """The value of a number."""
        raise NotImplementedError

    def function(self, op: Primitive) -> Any:
        return getattr(self.m, op.name)

    def structural(self, op: Primitive, attr: Any, xs: list[Any]) -> Any:
        """There are no shapes here; the choice of the engine sees to it."""
        raise TypeError(f"{op.name} needs arrays")

    def align(self, xs: list[Any], out: Any) -> list[Any]:
        return xs

    def shape(self, x: Any) -> Shape:
        return ()

    def fit(self, g: Any, x: Any, out: Any) -> Any:
        return g

    def spread(self, t: Any, out: Any) -> Any:
        return t

    def zero(self, x: Any) -> Any:
        return self.constant(0.0)

    def one(self, x: Any) -> Any:
        return self.constant(1.0)

    def basis(self, x: Any, points: int) -> list[Any]:
        """The seeds of all components of x: the number 1."""
        return [self.one(x)]

    def collect(self, found: list[Any], seeded: Any, like: Any, points: int) -> Any:
        """The results of all seeds as one value: there is one, None where it is zero."""
        return self.zero(like) if found[0] is None else found[0]

    def collect_rows(self, found: list[Any], seeded: Any, like: Any) -> Any:
        """The values of all components as one value."""
        return found[0]

    def swap(self, block: Any, leading: Any) -> Any:
        """The block with the axes of `leading` last."""
        return block

    def mirror(self, block: Any, leading: Any) -> Any:
        """A square block whose part below the diagonal is the part above it: one number."""
        return block

    def total(self, x: Any) -> Any:
        """The sum over x's own axes."""
        return x

    def describe(self, value: Any) -> str:
        """The number in a message: 6 digits."""
        return f"{value:.6g}"

    def describe_at(self, xs: list[Any], out: Any, live: Any) -> list[str]:
        """The operands of `out` in a message, at the first live place: there is one place."""
        return [self.describe(x) for x in xs]

    def both(self, live: Any, chosen: Any) -> Any:
        """Everywhere if chosen, else nowhere: a number is one place."""
        return None if chosen else NOWHERE

    def either(self, a: Any, b: Any) -> Any:
        """Masks of numbers are None (everywhere)."""
        return None

    def keep(self, mask: Any, value: Any) -> Any:
        """All of it: the mask is None."""
        return value
