"""How many operations a value and its derivatives take.

Values and local partials are counted on the graph. What the sweeps do to tangents and adjoints is
counted by an algebra around another: only tangents and adjoints are counted numbers, so the tally
has the multiplications and additions of the chain rule, and not those of the program or of its
partial derivatives, which both modes share.

A count is of operations on numbers: a product of an m by k and a k by n matrix is m k n
multiplications. A subtraction counts as an addition, a change of sign as nothing, x^2 as a power
and its derivative 2x as a multiplication. `where` counts both of its branches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import prod
from typing import Any, NamedTuple

from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    CONSTANT,
    ELEMENTWISE,
    POWER,
    REDUCTION,
    SELECT,
    Primitive,
)
from adcli.graph.subscripts import plain_subscripts


class Counts(NamedTuple):
    """Multiplications, additions (or subtractions), divisions, powers, other functions."""

    multiplications: int = 0
    additions: int = 0
    divisions: int = 0
    powers: int = 0
    functions: int = 0

    def plus(self, other: Counts) -> Counts:
        """The sum of both counts."""
        return Counts(*[a + b for a, b in zip(self, other, strict=True)])

    def times(self, factor: int) -> Counts:
        """The counts of `factor` repetitions."""
        return Counts(*[factor * a for a in self])


NOTHING = Counts()
Shapes = Mapping[int, Shape]
"""Node -> shape, as `infer_shapes` gives it."""


def total(parts: Iterable[Counts]) -> Counts:
    """The sum of counts."""
    return Counts(*map(sum, zip(*parts, strict=True)))


def evaluation(graph: Graph, order: Iterable[int], shapes: Shapes) -> Counts:
    """The operations of one evaluation of the nodes of `order`."""
    return total(value(graph, i, shapes) for i in order)


KINDS = {
    "multiply": Counts(multiplications=1),
    **dict.fromkeys(("add", "subtract"), Counts(additions=1)),
    "divide": Counts(divisions=1),
    "power": Counts(powers=1),
    **dict.fromkeys(("negative", "detach"), NOTHING),
}
"""What elementwise primitives count as; the others are functions."""


def kind(name: str) -> Counts:
    """What one call of an elementwise function counts as."""
    return KINDS.get(name, Counts(functions=1))


def value(graph: Graph, i: int, shapes: Shapes) -> Counts:
    """The operations that compute node i from its inputs."""
    op, size = graph.ops[i], prod(shapes[i])
    if op.kind == ELEMENTWISE:
        return kind(op.name).times(size)
    if op.kind == SELECT:
        return Counts(functions=size)
    inputs = [shapes[j] for j in graph.args[i]]
    if op.kind == REDUCTION:
        joined = sum(map(prod, inputs)) - size
        if op.name == "prod":
            return Counts(multiplications=joined)
        return Counts(functions=joined)
    return structural(op.name, graph.attrs[i], inputs, shapes[i])


MATRIX_WORK = {
    **dict.fromkeys(("det", "logdet", "solve"), 1 / 3),
    **{"inv": 1.0, "cholesky": 1 / 6, "cofactors": 4.0, "eigvalsh": 2 / 3, "eigvecsh": 4.5},
}
"""Multiplications, and as many additions, for an n x n matrix, over n^3, each function alone; of
`cofactors` those of the singular values. Source: Golub & Van Loan, Matrix Computations, 4th ed."""


def structural(name: str, attr: Any, inputs: Sequence[Shape], out: Shape) -> Counts:
    """The operations of a structural primitive: those that multiply out and sum; others move
    numbers."""
    size = prod(out)
    if name == "matmul":
        terms = size * inputs[0][-1]
    elif name == "einsum":
        terms = prod(plain_subscripts(attr, tuple(inputs)).sizes.values())
    elif name == "scatter_add":
        return Counts(additions=prod(inputs[0]))
    elif name in MATRIX_WORK:
        rows = inputs[0][0]
        work = int(MATRIX_WORK[name] * rows**3)
        if name == "solve":
            of_each = rows**2 * (size // rows)
            work = of_each // 2 if attr[0] else work + of_each
        return Counts(work, work)
    elif name in ("sum", "sum_to"):
        return Counts(additions=max(prod(inputs[0]) - size, 0))
    elif name == "cumsum" and size:
        axis, _ = attr
        return Counts(additions=size - size // out[axis or 0])
    else:
        return NOTHING
    return Counts((len(inputs) - 1) * terms, max(terms - size, 0))


# ---- derivatives ----


def partials(graph: Graph, order: Iterable[int], shapes: Shapes, active: bytearray) -> Counts:
    """The operations that compute the local partials of the active inputs, each once."""
    return total(
        _local(graph, i, k).times(prod(shapes[i]))
        for i in order
        if graph.ops[i].kind == ELEMENTWISE
        for k, j in enumerate(graph.args[i])
        if active[j]
    )


def _local(graph: Graph, i: int, k: int) -> Counts:
    """The operations of the partial of node i in its input k, for one number."""
    op = graph.ops[i]
    if op is POWER and k == 0 and graph.ops[graph.args[i][1]] is CONSTANT:
        exponent = graph.attrs[graph.args[i][1]]
        return {0: NOTHING, 1: NOTHING, 2: Counts(1)}.get(exponent, Counts(1, powers=1))
    return partial(op, k)


class _Counter:
    """A namespace and a number at once: it counts what a rule does with it."""

    def __init__(self) -> None:
        self.done = NOTHING

    def __getattr__(self, name: str) -> Any:
        if name in ("pi", "e", "tau", "inf", "nan"):
            return self
        return lambda *_: self._count(name)

    def constant_value(self, _: Any) -> None:
        """Nothing is known of a number that is only counted."""

    def _count(self, name: str) -> _Counter:
        self.done = self.done.plus(kind(name))
        return self

    def __mul__(self, _: Any) -> _Counter:
        return self._count("multiply")

    def __add__(self, _: Any) -> _Counter:
        return self._count("add")

    def __neg__(self) -> _Counter:
        return self

    __rmul__, __radd__, __sub__, __rsub__ = __mul__, __add__, __add__, __add__


@cache
def partial(op: Primitive, k: int) -> Counts:
    """The operations of the rule for an elementwise primitive's partial in its input k.

    None where the row states the partial scaled: sweeps count those as they go. Of a power the rule
    counts as textbooks have it, without what keeps it right at 0.

    >>> from adcli.graph.primitives import PRIMITIVES
    >>> partial(PRIMITIVES["tan"], 0)  # 1 + out*out
    Counts(multiplications=1, additions=1, divisions=0, powers=0, functions=0)
    """
    rule = op.shown[k] if op is POWER else op.partials[k]
    if rule is None or op.scaled:
        return NOTHING
    counter = _Counter()
    rule(counter, *[counter for _ in op.inputs], counter)
    return counter.done


# ---- sweeps ----


class Counted:
    """A tangent or an adjoint: a value of another algebra; what is done to it is counted."""

    __slots__ = ("counting", "value")
    __array_ufunc__ = None  # NumPy leaves `array * counted` to us

    def __init__(self, value: Any, counting: Counting) -> None:
        self.value = value
        self.counting = counting

    def __mul__(self, other: Any) -> Counted:
        result = self.value * plain(other)
        return self.counting.charged(result, Counts(multiplications=_size(result)))

    def __add__(self, other: Any) -> Counted:
        result = self.value + plain(other)
        return self.counting.charged(result, Counts(additions=_size(result)))

    __rmul__, __radd__ = __mul__, __add__

    def __sub__(self, other: Any) -> Counted:
        return self.__add__(-plain(other))

    def __neg__(self) -> Counted:
        return self.counting.counted(-self.value)


def plain(value: Any) -> Any:
    """The value without its counter."""
    return value.value if isinstance(value, Counted) else value


def _size(value: Any) -> int:
    size: int = getattr(value, "size", 1)
    return size


def _shape(value: Any) -> Shape:
    """The shape at one point of an array over points."""
    shape: Shape = getattr(value, "shape", (1,))[1:]
    return shape


class Counting:
    """An algebra around another: `counted` wraps seeds, `plain` unwraps what sweeps return.

    The tally is of operations on numbers; one on an array of n numbers counts n times.
    """

    def __init__(self, algebra: Any) -> None:
        self.inner = algebra
        self.tally = NOTHING
        self.m = _CountingFunctions(self)

    def counted(self, value: Any) -> Counted:
        """A value that counts from now on."""
        return Counted(value, self)

    def charged(self, result: Any, done: Counts) -> Counted:
        """The result of operations, which are added to the tally."""
        self.tally = self.tally.plus(done)
        return self.counted(result)

    def like(self, value: Any, *sources: Any) -> Any:
        """The value, counted if one of the sources is."""
        return self.counted(value) if any(isinstance(s, Counted) for s in sources) else value

    def __getattr__(self, name: str) -> Any:
        """What the other algebra has; its methods give a counted value for one."""
        found = getattr(self.inner, name)
        if not callable(found):
            return found
        return lambda *xs: self.like(found(*map(plain, xs)), *xs)

    def structural(self, op: Primitive, attr: Any, xs: list[Any]) -> Any:
        values = [plain(x) for x in xs]
        result = self.inner.structural(op, attr, values)
        return self.like(self.moved(op.name, attr, values, result), *xs)

    def align(self, xs: list[Any], out: Any) -> list[Any]:
        aligned = self.inner.align([plain(x) for x in xs], plain(out))
        return [self.like(a, x) for a, x in zip(aligned, xs, strict=True)]

    def fit(self, g: Any, x: Any, out: Any) -> Any:
        """Summed over what was broadcast."""
        result = self.inner.fit(plain(g), x, out)
        if not isinstance(g, Counted):
            return result
        return self.charged(result, Counts(additions=max(0, _size(g.value) - _size(result))))

    def moved(self, name: str, attr: Any, values: Sequence[Any], result: Any) -> Any:
        """The result of a structural primitive, whose operations are added to the tally."""
        done = structural(name, attr, [_shape(x) for x in values], _shape(result))
        self.tally = self.tally.plus(done.times(_size(result) // max(prod(_shape(result)), 1)))
        return result


class _CountingFunctions:
    """The functions for rules; those that are given a counted number count."""

    def __init__(self, counting: Counting) -> None:
        self._counting = counting

    def __getattr__(self, name: str) -> Any:
        counting = self._counting
        function = getattr(counting.inner.m, name)
        if not callable(function):
            return function

        def call(*xs: Any) -> Any:
            values = [plain(x) for x in xs]
            result = function(*values)
            if not any(isinstance(x, Counted) for x in xs):
                return result
            if name in KINDS:
                return counting.charged(result, KINDS[name].times(_size(result)))
            return counting.counted(counting.moved(name, values[0], values[1:], result))

        setattr(self, name, call)
        return call
