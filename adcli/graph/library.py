"""The functions of the language: primitives under their names, and compound functions.

A compound function is a stable composition of primitives, written over the namespace `m` of graph
nodes; it has no derivative rule of its own. Static options (axis, shape) are plain Python values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adcli.graph.axes import WHOLE, ShapeError
from adcli.graph.constants import CONSTANTS
from adcli.graph.primitives import (
    COMPOUND,
    ELEMENTWISE,
    PRIMITIVES,
    REQUIRED,
    SELECT,
    VARIABLE,
    Primitive,
    RowsByName,
    see_rows,
)
from adcli.graph.reserved import RESERVED
from adcli.graph.shapes import MAX_AXES
from adcli.graph.structure import FULL, GATHER, INDEX, STACK

LIBRARY = RowsByName()
"""All functions of the language by name: rows of the table, and compound ones."""

ALIASES: dict[str, str] = {}
"""Other names of functions: ln -> log."""

_STRUCTURAL: set[str] = set()
"""The structural rows that are functions of the language."""


def called(name: str) -> Primitive | None:
    """The function of the language that is called by a name; None if there is none."""
    row: Primitive | None = LIBRARY.get(ALIASES.get(name, name))
    return row


def is_function(name: str) -> bool:
    """Whether the language has a function of this name."""
    return called(name) is not None


def is_taken(name: str) -> bool:
    """Whether a program cannot give a name to something else: a variable's goes in backticks."""
    return name in CONSTANTS or name in RESERVED


def _add_row(row: Primitive) -> None:
    """Make a row of the table a function of the language, unless it is written as an operator, or
    as a compound function of another name."""
    is_of_numbers = row.kind in (ELEMENTWISE, SELECT) and not row.symbol and row.word == row.name
    if is_of_numbers or row.name in _STRUCTURAL:
        LIBRARY[row.word] = row
        ALIASES.update(dict.fromkeys(row.aliases, row.word))


def compound(
    inputs: str, summary: str, **options: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a compound function under the decorated function's name (less a final `_`)."""

    def add(build: Callable[..., Any]) -> Callable[..., Any]:
        name = build.__name__.removesuffix("_")
        LIBRARY[name] = Primitive(
            name, COMPOUND, tuple(inputs.split()), value=build, options=options, summary=summary
        )
        return build

    return add


def of_rows(*names: str) -> None:
    """Make rows of structural primitives functions of the language, also those loaded later."""
    _STRUCTURAL.update(names)
    for name in names:
        if name in PRIMITIVES.present():
            _add_row(PRIMITIVES[name])


see_rows(_add_row)

# ---- elementwise compositions ----


@compound("x", "1/cos(x)")
def sec(m: Any, x: Any) -> Any:
    return m.divide(1, m.cos(x))


@compound("x", "1/sin(x)")
def csc(m: Any, x: Any) -> Any:
    return m.divide(1, m.sin(x))


@compound("x", "max(x, 0); the derivative at 0 is 0")
def relu(m: Any, x: Any) -> Any:
    return m.maximum(x, 0)


@compound("x", "x*normcdf(x), the exact one")
def gelu(m: Any, x: Any) -> Any:
    return x * m.normcdf(x)


@compound("x", "x*sigmoid(x), also called swish")
def silu(m: Any, x: Any) -> Any:
    return x * m.sigmoid(x)


@compound("x", "log(sigmoid(x)) without underflow")
def logsigmoid(m: Any, x: Any) -> Any:
    return -m.softplus(-x)


@compound("x y", "x^y")
def pow_(m: Any, x: Any, y: Any) -> Any:
    return m.power(x, y)


@compound("x low high", "min(max(x, low), high); the derivative at constant ends is 0")
def clip(m: Any, x: Any, low: Any, high: Any) -> Any:
    return m.minimum(m.maximum(x, low), high)


# ---- reductions ----


of_rows("sum", "prod")


@compound("x", "mean of all elements or along an axis", axis=None)
def mean(m: Any, x: Any, axis: int | None) -> Any:
    return m.divide(m.sum(axis, x), m.size(axis, x))


def _extremum(m: Any, name: str, xs: tuple[Any, ...], axis: int | None) -> Any:
    if len(xs) > 1:
        if axis is not None:
            raise ShapeError(f"axis goes with {name} of one array, not of several values")
        return getattr(m, name + "imum")(*xs)
    elements = m.scalars(xs[0]) if axis is None else None
    if elements is not None:  # max([x, 0]) is max(x, 0), at the kink too
        return getattr(m, name + "imum")(*elements)
    return getattr(m, "reduce_" + name)(axis, xs[0])


@compound("*xs", "smallest of several values, or of one array (along an axis)", axis=None)
def min_(m: Any, *xs: Any, axis: int | None) -> Any:
    return _extremum(m, "min", xs, axis)


@compound("*xs", "largest of several values, or of one array (along an axis)", axis=None)
def max_(m: Any, *xs: Any, axis: int | None) -> Any:
    return _extremum(m, "max", xs, axis)


def along(m: Any, axis: int | None, x: Any) -> Any:
    """A result reduced over an axis, in a shape that broadcasts against the operand."""
    return x if axis is None else m.expand(axis, x)


@compound("x", "variance (divided by n) of all elements or along an axis", axis=None)
def var(m: Any, x: Any, axis: int | None) -> Any:
    center = mean(m, x, axis)
    square = m.power(x - along(m, axis, center), 2)
    return m.divide(m.sum(axis, square), m.size(axis, x))


@compound("x", "standard deviation (divided by n) of all elements or along an axis", axis=None)
def std(m: Any, x: Any, axis: int | None) -> Any:
    """norm(deviations)/sqrt(n): squares may leave the range. Equal numbers have deviations of
    exactly 0, however their mean is rounded."""
    center = mean(m, x, axis)
    largest, least = m.reduce_max(axis, x), m.reduce_min(axis, x)
    rounding = m.detach(m.where(m.equal(largest, least), largest - center, 0))
    deviations = x - along(m, axis, center + rounding)
    return m.divide(norm(m, deviations, axis), m.sqrt(m.size(axis, x)))


def finite(m: Any, x: Any, instead: float) -> Any:
    return m.where(m.less(m.abs(x), m.inf), x, instead)


@compound("x", "Euclidean norm of all elements or along an axis, safe at 1e200", axis=None)
def norm(m: Any, x: Any, axis: int | None) -> Any:
    """root sqrt(sum((x/root^2) x)) with root^2, a power of four, near the largest element.

    Products of a scaled and a plain element do not underflow beside a large one, as the squares of
    scaled ones would: first of all in a tangent. What lies at an end of float64's range is brought
    inside by another power of two. Only the sum and the square root round.
    """
    largest = m.detach(m.reduce_max(axis, m.abs(x)))
    largest = m.where(m.greater(largest, 0), finite(m, largest, 1), 1)
    is_tiny = m.less(largest, 2.0**-500)
    inside = m.where(m.greater(largest, 2.0**1000), 2.0**-50, m.where(is_tiny, 2.0**600, 1))
    inside = m.detach(inside)
    exponent = m.floor(m.divide(m.log2(largest * inside), 2)) + 30 * is_tiny  # 1/largest overflows
    root = m.detach(m.exp2(exponent))
    x = x * along(m, axis, inside)
    scaled = m.divide(m.divide(x, along(m, axis, root)), along(m, axis, root))
    return m.divide(root * m.radius(m.sum(axis, scaled * x)), inside)


def below_largest(m: Any, x: Any, axis: int | None) -> tuple[Any, Any]:
    """x less its largest element, if that is finite, and this element, held constant."""
    largest = m.detach(finite(m, m.reduce_max(axis, x), 0))
    return x - along(m, axis, largest), largest


@compound("x", "log(sum(exp(x))) without overflow", axis=None)
def logsumexp(m: Any, x: Any, axis: int | None) -> Any:
    """max + log1p(sum of the others' exponentials): digits survive where the result is near 0."""
    difference, largest = below_largest(m, x, axis)
    is_largest = m.detach(m.equal(difference, 0))
    terms = m.where(is_largest, m.expm1(difference), m.exp(difference))
    ties = m.sum(axis, is_largest)
    # Every largest term counts 0 instead of 1; one of them is the 1 of log1p.
    return largest + m.log1p(m.sum(axis, terms) + (ties - 1))


@compound("x", "exp(x)/sum(exp(x)) without overflow", axis=-1)
def softmax(m: Any, x: Any, axis: int | None) -> Any:
    e = m.exp(below_largest(m, x, axis)[0])
    return m.divide(e, along(m, axis, m.sum(axis, e)))


@compound("x", "log(softmax(x)) without underflow", axis=-1)
def log_softmax(m: Any, x: Any, axis: int | None) -> Any:
    """Differences from the largest element, less log1p(sum of the others' exponentials).

    The largest is its own reference only in what the others differ by: its share, 1 less what they
    sum up to, is never formed, so that its derivative keeps the digits of their sum.
    """
    largest = m.detach(m.reduce_max(axis, x))
    is_top = m.detach(m.equal(x, along(m, axis, largest)))
    is_top = m.detach(is_top * m.equal(m.cumsum((axis, False), is_top), 1))  # the first of several
    top = m.sum(axis, m.where(is_top, x, 0))
    difference = x - along(m, axis, top)
    rest = m.log1p(m.sum(axis, m.exp(m.where(is_top, -m.inf, difference))))
    return m.where(is_top, 0, difference) - along(m, axis, rest)


of_rows("cumsum", "cumprod", "recurrence", "reduce_max", "reduce_min", "size", "reorder")


# ---- in order ----


@compound("x", "elements in increasing order along an axis", axis=-1)
def sort(m: Any, x: Any, axis: int) -> Any:
    ordered = m.reorder((axis, 0), x, x)
    elements = m.scalars(x)
    if elements is None:
        return ordered
    # As in max([x, 0]), a number that ties holds what it ties with.
    numbers = [0 if m.graph.varying[e.node] else 1 for e in elements]
    holds = m.reorder((axis, 0), m.stack(0, *numbers), x)
    return m.where(holds, m.detach(ordered), ordered)


@compound(
    "x q",
    "what a share q of the elements is below, interpolated: quantile(v, [0.1, 0.9])",
    axis=None,
)
def quantile(m: Any, x: Any, q: Any, axis: int | None) -> Any:
    """That of several shares, written out as a vector, is a vector."""
    if m.graph.ops[q.node] is STACK:
        found = [quantile(m, x, m.of(node), axis) for node in m.graph.args[q.node]]
        return m.stack(0, *found)
    elements, share = m.scalars(x), m.constant_value(q)
    if elements is None or share is None or not 0 <= share <= 1:
        return m.quantile(axis, x, q)
    ordered, place = sort(m, x, 0), share * (len(elements) - 1)  # a number holds what it ties with
    low, rest = int(place), place % 1
    element = m.index((low,), ordered)
    return (1 - rest) * element + rest * m.index((low + 1,), ordered) if rest else element


@compound("x", "middle element, or mean of the two in the middle, along an axis", axis=None)
def median(m: Any, x: Any, axis: int | None) -> Any:
    return quantile(m, x, m.expression(0.5), axis)


@compound("column", "a column of texts as an index, its levels in sorted order: a[codes(region)]")
def codes(m: Any, column: Any) -> Any:
    """A variable of its own, which tables and models give its numbers: see adcli.graph.coded."""
    graph = m.graph
    if graph.ops[column.node] is not VARIABLE:
        raise ShapeError("codes takes the name of a column")
    return m.of(graph.variable(f"codes({graph.attrs[column.node]})", m.span))


# ---- linear algebra and shapes ----


@compound("x y", "x @ y")
def dot(m: Any, x: Any, y: Any) -> Any:
    return m.matmul(None, x, y)


@compound("x y", "the matrix of all products of two vectors")
def outer(m: Any, x: Any, y: Any) -> Any:
    return m.einsum("i,j->ij", x, y)


of_rows("transpose")


@compound("x", "elements in reverse order along an axis", axis=0)
def flip(m: Any, x: Any, axis: int) -> Any:
    if axis < 0:
        raise ShapeError("flip counts axes from the first, 0")
    if axis >= MAX_AXES:
        raise ShapeError(f"an array has at most {MAX_AXES} axes")
    return m.index(((WHOLE,) * axis) + ((None, None, -1),), x)


@compound("x", "sum of the diagonal of a matrix")
def trace(m: Any, x: Any) -> Any:
    return m.einsum("ii->", x)


of_rows("diag", "tril", "triu", "reshape", "expand", "broadcast", "sum_to")


@compound("x place", "zeros with x at an index: scatter(x, zeros(5)[1:3])")
def scatter(m: Any, x: Any, place: Any) -> Any:
    """The transpose of the index. `place` is read, not evaluated."""
    graph = m.graph
    op, attr = graph.ops[place.node], graph.attrs[place.node]
    if op in (INDEX, GATHER):
        zeros, *places = graph.args[place.node]
        if graph.ops[zeros] is FULL and graph.attrs[zeros][0] == 0:
            add = m.scatter if op is INDEX else m.scatter_add
            return add((attr, graph.attrs[zeros][1]), x, *[m.of(node) for node in places])
    raise ShapeError("scatter takes its place as an index of zeros: scatter(x, zeros(5)[1:3])")


of_rows("on_diagonal", "concat", "stack", "einsum")


@compound("", "whole numbers from start (0) to before stop: range(5), range(2, 5)", bounds=REQUIRED)
def range_(m: Any, bounds: tuple[int, ...]) -> Any:
    start, stop, step = (0, *bounds, 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    if step == 0:
        raise ShapeError("a range needs a step other than 0")
    return m.structural(PRIMITIVES["range"], (start, stop, step))


of_rows("linspace")


@compound("", "an array of zeros: zeros(3), zeros(2, 3)", shape=REQUIRED)
def zeros(m: Any, shape: tuple[int, ...]) -> Any:
    return m.full(0.0, shape)


@compound("x", "an array of one number: full(2.5, 3)", shape=())
def full(m: Any, x: Any, shape: tuple[int, ...]) -> Any:
    number = m.constant_value(x)
    return m.broadcast(shape, x) if number is None else m.full(number, shape)


@compound("", "an array of ones: ones(3), ones(2, 3)", shape=REQUIRED)
def ones(m: Any, shape: tuple[int, ...]) -> Any:
    return m.full(1.0, shape)


# ---- matrix functions ----


of_rows("eye", "det", "logdet", "inv", "solve", "cholesky", "eigvalsh", "eigvecsh")
of_rows("cofactors", "eigen_gaps", "eigen_part")


@compound("y mu Sigma", "log-density of a normal vector y, or of each row of a matrix y")
def multivariate_normal_logpdf(m: Any, y: Any, mu: Any, sigma: Any) -> Any:
    """-(z'z + n log(2 pi))/2 - sum(log(diag(L))) with Sigma = L L' and L z = y - mu."""
    factor = m.cholesky(None, sigma)
    z = m.solve((1, 0), factor, m.transpose(None, y - mu))  # a column for each row of y
    logs = m.sum(None, m.log(m.diag(None, factor)))
    constant = m.size(0, factor) * m.log(2 * m.pi)
    return -0.5 * (m.sum(0, z * z) + constant) - logs
