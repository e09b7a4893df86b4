"""Random programs of adcli's language, each with a point inside its domain and its value there.

A program grows step by step: a step applies one construction of the language to earlier results.
NumPy computes every result as it is written, so that a construction is taken only where its
operands are inside its domain, at some distance from its kinks. The value that comes along is thus
independent of adcli's parser, graph and engines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from scipy import special

MARGIN = 1 / 64
"""How far from kinks and ends of domains operands stay."""


@dataclass(frozen=True)
class Program:
    """Statements, the result of the last one, and a point.

    `text` has a number as its result, `array_text` whatever the last step gave.
    """

    statements: tuple[str, ...]
    scalar: str
    last: str
    point: dict[str, Any]
    value: float
    last_value: Any

    @property
    def text(self) -> str:
        """The program whose result is a number."""
        return "\n".join((*self.statements, self.scalar))

    @property
    def array_text(self) -> str:
        """The program whose result is the last step's, of any shape."""
        return "\n".join((*self.statements, self.last))


@dataclass(frozen=True)
class Expr:
    """A piece of program and its value."""

    text: str
    value: Any

    @property
    def operand(self) -> str:
        """The text, in parentheses unless it is a name."""
        return self.text if self.text.isidentifier() else f"({self.text})"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value, () for a number."""
        return tuple(np.shape(self.value))


def _everywhere(x: Any) -> Any:
    return np.abs(x) < 30


def _off_integers(x: Any) -> Any:
    return np.abs(x - np.round(x)) > MARGIN


def _off_halves(x: Any) -> Any:
    return np.abs(x - np.floor(x) - 0.5) > MARGIN


def _positive(x: Any) -> Any:
    return x > 1 / 8


def _off_zero(x: Any) -> Any:
    return np.abs(x) > 1 / 8


def _inside(x: Any) -> Any:
    return np.abs(x) < 7 / 8


UNARY: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    # name: (the function by NumPy or SciPy, where it may be used)
    "exp": (np.exp, lambda x: np.abs(x) < 3),
    "exp2": (np.exp2, lambda x: np.abs(x) < 4),
    "expm1": (np.expm1, lambda x: np.abs(x) < 3),
    "log": (np.log, _positive),
    "ln": (np.log, _positive),
    "log2": (np.log2, _positive),
    "log10": (np.log10, _positive),
    "log1p": (np.log1p, lambda x: x > -7 / 8),
    "sqrt": (np.sqrt, _positive),
    "cbrt": (np.cbrt, _off_zero),
    "sin": (np.sin, _everywhere),
    "cos": (np.cos, _everywhere),
    "tan": (np.tan, lambda x: np.abs(np.cos(x)) > 1 / 4),
    "sec": (lambda x: 1 / np.cos(x), lambda x: np.abs(np.cos(x)) > 1 / 4),
    "csc": (lambda x: 1 / np.sin(x), lambda x: np.abs(np.sin(x)) > 1 / 4),
    "cot": (lambda x: 1 / np.tan(x), lambda x: np.abs(np.sin(2 * x)) > 1 / 4),
    "asin": (np.arcsin, _inside),
    "arccos": (np.arccos, _inside),
    "atan": (np.arctan, _everywhere),
    "csch": (lambda x: 1 / np.sinh(x), lambda x: (np.abs(x) > 1 / 8) & (np.abs(x) < 9)),
    "coth": (lambda x: 1 / np.tanh(x), lambda x: (np.abs(x) > 1 / 8) & (np.abs(x) < 9)),
    "logcosh": (lambda x: np.log(np.cosh(x)), lambda x: (np.abs(x) > 1 / 8) & (np.abs(x) < 20)),
    "log1mexp": (lambda x: np.log(-np.expm1(-x)), lambda x: (x > 1 / 8) & (x < 5)),
    "silu": (lambda x: x * special.expit(x), lambda x: np.abs(x) < 20),
    "logsigmoid": (lambda x: -np.logaddexp(-x, 0), lambda x: np.abs(x) < 20),
    "trunc": (np.trunc, _off_integers),
    "sinh": (np.sinh, lambda x: np.abs(x) < 3),
    "cosh": (np.cosh, lambda x: np.abs(x) < 3),
    "tanh": (np.tanh, lambda x: np.abs(x) < 9),
    "asinh": (np.arcsinh, lambda x: np.abs(x) < 1e6),
    "acosh": (np.arccosh, lambda x: x > 9 / 8),
    "atanh": (np.arctanh, _inside),
    "abs": (np.abs, _off_zero),
    "sign": (np.sign, _off_zero),
    "floor": (np.floor, _off_integers),
    "ceil": (np.ceil, _off_integers),
    "round": (np.round, _off_halves),
    "relu": (lambda x: np.maximum(x, 0), _off_zero),
    "gelu": (lambda x: x * special.ndtr(x), lambda x: np.abs(x) < 5),
    "erf": (special.erf, lambda x: np.abs(x) < 4),
    "erfc": (special.erfc, lambda x: np.abs(x) < 4),
    "gauss": (lambda x: np.exp(-x * x), lambda x: np.abs(x) < 4),
    "normpdf": (lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi), lambda x: np.abs(x) < 5),
    "normcdf": (special.ndtr, lambda x: np.abs(x) < 5),
    "gamma": (special.gamma, lambda x: (x > 1 / 2) & (x < 5)),
    "lgamma": (special.gammaln, lambda x: (x > 1 / 2) & (x < 9)),
    "digamma": (special.psi, lambda x: (x > 1 / 2) & (x < 9)),
    "sigmoid": (special.expit, lambda x: np.abs(x) < 20),
    "logit": (special.logit, lambda x: (x > 1 / 16) & (x < 15 / 16)),
    "softplus": (lambda x: np.logaddexp(x, 0), lambda x: np.abs(x) < 20),
}

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}

FUNCTIONS = (
    # Programs may define these: parameters that shadow a variable, functions that call functions.
    "f(u, v) = u*tanh(v) + sin(u)",
    "g(x) = f(x, 2) - x^2/4",
    "h(u) = a_h*g(u)",
)


def _f(u: Any, v: Any) -> Any:
    return u * np.tanh(v) + np.sin(u)


def _g(x: Any) -> Any:
    return _f(x, 2.0) - x * x / 4


Step = Callable[["Writer"], "Expr | None"]
_SCALAR_STEPS: list[Step] = []
_ARRAY_STEPS: list[Step] = []


def step(kind: list[Step], weight: int = 1) -> Callable[[Step], Step]:
    """Register a construction; a step that does not fit the operands it drew returns None."""

    def add(function: Step) -> Step:
        kind.extend([function] * weight)
        return function

    return add


class Writer:
    """Writes one program with the choices of a hypothesis test."""

    def __init__(self, draw: Callable[[Any], Any], point: dict[str, Any]) -> None:
        self.draw = draw
        self.point = point
        self.statements: list[str] = []
        self.pool = [Expr(name, np.asarray(value)) for name, value in point.items()]
        self.names = 0
        self.has_functions = False

    def choose(self, options: Any) -> Any:
        """One of the options."""
        return self.draw(st.sampled_from(list(options)))

    def whole(self, low: int, high: int) -> int:
        """A whole number."""
        return int(self.draw(st.integers(low, high)))

    def constant(self) -> Expr:
        """A number that is exact in binary and in decimal."""
        value = self.whole(-24, 24) / 8
        return Expr(f"{value:g}", np.asarray(value))

    def operand(self, ndim: int | None = None) -> Expr | None:
        """An earlier result, of some number of axes if asked for; late ones more often."""
        fitting = [e for e in self.pool if ndim is None or len(e.shape) == ndim]
        if not fitting:
            return None
        return fitting[-1 - min(self.whole(0, len(fitting) - 1), self.whole(0, len(fitting) - 1))]

    def keep(self, made: Expr) -> None:
        """Make a result available to later steps, tamed if it is large, sometimes under a name."""
        if not np.all(np.abs(made.value) < 16):
            if not np.all(np.isfinite(made.value)):
                return
            made = Expr(f"asinh({made.text})", np.arcsinh(made.value))
        if len(made.text) > 60 or self.whole(0, 2) == 0:
            name = f"t{self.names}"
            self.names += 1
            self.statements.append(f"{name} = {made.text}")
            made = Expr(name, made.value)
        self.pool.append(made)

    def functions(self) -> None:
        """Define the user functions, once."""
        if not self.has_functions:
            self.has_functions = True
            self.statements += ["a_h = 1.5", *FUNCTIONS]


def _fits(*xs: Expr) -> bool:
    try:
        shape = np.broadcast_shapes(*[x.shape for x in xs])
    except ValueError:
        return False
    return len(shape) <= 3


def _pair(w: Writer) -> tuple[Expr, Expr] | None:
    a = w.operand()
    b = w.constant() if w.whole(0, 3) == 0 else w.operand()
    assert a is not None
    assert b is not None
    if not _fits(a, b):
        return None
    return (a, b) if w.whole(0, 1) else (b, a)


@step(_SCALAR_STEPS, 5)
def _unary(w: Writer) -> Expr | None:
    a = w.operand()
    assert a is not None
    name = w.choose(UNARY)
    function, domain = UNARY[name]
    return Expr(f"{name}({a.text})", function(a.value)) if np.all(domain(a.value)) else None


@step(_SCALAR_STEPS, 4)
def _arithmetic(w: Writer) -> Expr | None:
    pair = _pair(w)
    if pair is None:
        return None
    a, b = pair
    symbol = w.choose("+-*/")
    if symbol == "/":
        if not np.all(_off_zero(b.value)):
            return None
        return Expr(f"{a.operand} / {b.operand}", a.value / b.value)
    value = {"+": np.add, "-": np.subtract, "*": np.multiply}[symbol](a.value, b.value)
    return Expr(f"{a.operand} {symbol} {b.operand}", value)


@step(_SCALAR_STEPS)
def _coefficient(w: Writer) -> Expr | None:
    a = w.operand()
    assert a is not None
    number = w.choose(["2", "0.5", "1e-1", "3", "1_0"])
    return Expr(f"-{number}{a.operand}", -float(number) * a.value)


@step(_SCALAR_STEPS, 2)
def _power(w: Writer) -> Expr | None:
    a = w.operand()
    assert a is not None
    if np.all(_positive(a.value)):
        n = w.choose([0.5, -1.5, 2.25, 3.0, 0.25, -0.125])
    elif np.all(_off_zero(a.value)):
        n = w.choose([2.0, 3.0, -1.0, -2.0, 0.0])
    else:
        n = w.choose([1.0, 2.0, 3.0])
    return Expr(f"{a.operand}^{n:g}", a.value**n)


@step(_SCALAR_STEPS)
def _power_of_two(w: Writer) -> Expr | None:
    pair = _pair(w)
    if pair is None or not np.all(_positive(pair[0].value)) or np.any(np.abs(pair[1].value) > 3):
        return None
    a, b = pair
    return Expr(f"{a.operand} ** {b.operand}", a.value**b.value)


@step(_SCALAR_STEPS)
def _plane(w: Writer) -> Expr | None:
    pair = _pair(w)
    if pair is None or not np.all(_off_zero(pair[0].value)):
        return None
    a, b = pair
    name, function = w.choose([("hypot", np.hypot), ("atan2", np.arctan2)])
    return Expr(f"{name}({a.text}, {b.text})", function(a.value, b.value))


@step(_SCALAR_STEPS)
def _remainder(w: Writer) -> Expr | None:
    pair = _pair(w)
    if pair is None or not np.all(_off_zero(pair[1].value)):
        return None
    a, b = pair
    if not np.all(_off_integers(a.value / b.value)):
        return None
    return Expr(f"mod({a.text}, {b.text})", np.mod(a.value, b.value))


@step(_SCALAR_STEPS)
def _comparison(w: Writer) -> Expr | None:
    pair = _pair(w)
    if pair is None or not np.all(np.abs(pair[0].value - pair[1].value) > MARGIN):
        return None
    a, b = pair
    symbol = w.choose(COMPARISONS)
    return Expr(f"{a.operand} {symbol} {b.operand}", 1.0 * COMPARISONS[symbol](a.value, b.value))


@step(_SCALAR_STEPS, 2)
def _where(w: Writer) -> Expr | None:
    pair, branches = _pair(w), _pair(w)
    if pair is None or branches is None or not _fits(*pair, *branches):
        return None
    a, b = pair
    if not np.all(np.abs(a.value - b.value) > MARGIN):
        return None
    yes, no = branches
    text = f"where({a.operand} > {b.operand}, {yes.text}, {no.text})"
    return Expr(text, np.where(a.value > b.value, yes.value, no.value))


@step(_SCALAR_STEPS, 2)
def _guarded(w: Writer) -> Expr | None:
    """The branch not taken is undefined."""
    pair = _pair(w)
    if pair is None:
        return None
    a, b = pair
    if not np.all(_off_zero(a.value)):
        return None
    name, function = w.choose([("log", np.log), ("sqrt", np.sqrt)])
    with np.errstate(invalid="ignore"):
        value = np.where(a.value > 0, function(a.value), b.value)
    return Expr(f"where({a.operand} > 0, {name}({a.text}), {b.text})", value)


@step(_SCALAR_STEPS, 2)
def _extremum(w: Writer) -> Expr | None:
    pair, third = _pair(w), w.operand()
    assert third is not None
    if pair is None:
        return None
    xs = [*pair, third] if w.whole(0, 1) and _fits(*pair, third) else list(pair)
    values = np.sort(np.stack(np.broadcast_arrays(*[x.value for x in xs])), axis=0)
    name = w.choose(["max", "min"])
    gap = values[-1] - values[-2] if name == "max" else values[1] - values[0]
    if not np.all(gap > MARGIN):
        return None
    return Expr(f"{name}({', '.join(x.text for x in xs)})", values[-1 if name == "max" else 0])


@step(_SCALAR_STEPS)
def _clip(w: Writer) -> Expr | None:
    a = w.operand()
    assert a is not None
    low, high = w.choose([(-1.0, 1.0), (0.25, 2.0), (-0.5, 0.75)])
    if not np.all((np.abs(a.value - low) > MARGIN) & (np.abs(a.value - high) > MARGIN)):
        return None
    return Expr(f"clip({a.text}, {low:g}, {high:g})", np.clip(a.value, low, high))


@step(_SCALAR_STEPS, 2)
def _user_function(w: Writer) -> Expr | None:
    pair = _pair(w)
    if pair is None:
        return None
    a, b = pair
    w.functions()
    return w.choose(
        [
            Expr(f"f({a.text}, {b.text})", _f(a.value, b.value)),
            Expr(f"g({a.text})", _g(a.value)),
            Expr(f"h({b.text})", 1.5 * _g(b.value)),
        ]
    )


# ---- vectors and matrices ----


def _axis(w: Writer, x: Expr) -> int | None:
    """An axis from either end, or None for all."""
    ndim = len(x.shape)
    return w.choose([None, *range(-ndim, ndim)])


def _call(name: str, x: Expr, axis: int | None) -> str:
    return f"{name}({x.text})" if axis is None else f"{name}({x.text}, axis={axis})"


def _smooth_extremum(x: Any, axis: int | None, largest: bool) -> bool:
    values = np.sort(x, axis=axis)
    axis = -1 if axis is None else axis
    if values.shape[axis] < 2:
        return True
    ends = np.take(values, [-1, -2] if largest else [1, 0], axis=axis)
    return bool(
        np.all(np.diff(ends, axis=axis) != 0) and np.min(np.abs(np.diff(ends, axis=axis))) > MARGIN
    )


def _is_ordered(x: np.ndarray, axis: int | None, of_all: bool) -> bool:
    """Whether no two elements along an axis are so close that a derivative is a convention."""
    if axis is None:
        x, axis = (x.reshape(-1) if of_all else x), -1
    gaps = np.diff(np.sort(x, axis=axis), axis=axis)
    return bool(np.all(gaps > MARGIN))


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "min": np.min,
    "max": np.max,
    "var": np.var,
    "std": np.std,
    "norm": lambda x, axis: np.sqrt(np.sum(x * x, axis=axis)),
    "logsumexp": special.logsumexp,
    "softmax": lambda x, axis: special.softmax(x, axis=-1 if axis is None else axis),
    "cumsum": np.cumsum,
    "cumprod": np.cumprod,
    "sort": lambda x, axis: np.sort(x, axis=-1 if axis is None else axis),
    "median": np.median,
}


@step(_ARRAY_STEPS, 6)
def _reduction(w: Writer) -> Expr | None:
    x = w.operand(w.choose([1, 2, 2, 3]))
    if x is None:
        return None
    name, axis = w.choose(REDUCTIONS), _axis(w, x)
    if name in ("min", "max") and not _smooth_extremum(
        x.value.reshape(-1) if axis is None else x.value, axis, name == "max"
    ):
        return None
    if name in ("sort", "median") and not _is_ordered(x.value, axis, name == "median"):
        return None
    value = REDUCTIONS[name](x.value, axis=axis)
    if name in ("std", "norm") and not np.all(_off_zero(value)):
        return None
    return Expr(_call(name, x, axis), np.asarray(value))


@step(_ARRAY_STEPS)
def _product_with_a_zero(w: Writer) -> Expr | None:
    x = w.operand(1)
    if x is None:
        return None
    k = w.whole(-x.shape[0], x.shape[0] - 1)
    return Expr(f"prod({x.operand} - {x.operand}[{k}])", np.prod(x.value - x.value[k]))


@step(_ARRAY_STEPS, 4)
def _index(w: Writer) -> Expr | None:
    x = w.operand(w.choose([1, 2, 3]))
    if x is None:
        return None
    parts, key = [], []
    for size in x.shape[: w.whole(1, len(x.shape))]:
        if w.whole(0, 1):
            k = w.whole(-size, size - 1)
            parts.append(str(k))
            key.append(k)
            continue
        bounds = [w.choose([None, *range(-size, size + 1)]) for _ in range(2)]
        pace = w.choose([None, 1, 2, -1, -2])
        text = ":".join("" if b is None else str(b) for b in bounds)
        parts.append(text if pace is None else f"{text}:{pace}")
        key.append(slice(*bounds, pace))
    value = x.value[tuple(key)]
    return Expr(f"{x.operand}[{', '.join(parts)}]", value) if value.size else None


@step(_ARRAY_STEPS, 3)
def _gathered(w: Writer) -> Expr | None:
    x = w.operand(w.choose([1, 2, 2]))
    if x is None:
        return None
    axis = w.whole(0, len(x.shape) - 1)
    size = x.shape[axis]
    places = [w.whole(-size, size - 1) for _ in range(w.whole(1, 4))]
    front = ":, " * axis
    return Expr(f"{x.operand}[{front}{places}]", x.value.take(places, axis=axis))


@step(_ARRAY_STEPS, 2)
def _reshaped(w: Writer) -> Expr | None:
    x = w.operand(w.choose([1, 2, 3]))
    if x is None:
        return None
    size = x.value.size
    shapes = [(-1,), (size,), (1, size), *((k, size // k) for k in (2, 3) if size % k == 0)]
    shape = w.choose(shapes + [(-1, k) for k in (2, 3) if size % k == 0])
    how = w.choose([f"{list(shape)}", f"shape={list(shape)}", ", ".join(map(str, shape))])
    return Expr(f"reshape({x.text}, {how})", x.value.reshape(shape))


@step(_ARRAY_STEPS, 2)
def _transposed(w: Writer) -> Expr | None:
    x = w.operand(w.choose([2, 3]))
    if x is None:
        return None
    axes = w.draw(st.permutations(range(len(x.shape))))
    if w.whole(0, 1):
        return Expr(f"transpose({x.text})", x.value.T)
    return Expr(f"transpose({x.text}, axes={list(axes)})", x.value.transpose(axes))


@step(_ARRAY_STEPS, 3)
def _joined(w: Writer) -> Expr | None:
    ndim = w.choose([0, 1, 2])
    a, b = w.operand(ndim), w.operand(ndim)
    if a is None or b is None:
        return None
    name = w.choose(["concat", "stack"])
    axis = w.whole(-ndim, ndim - 1) if name == "concat" and ndim else w.whole(-ndim - 1, ndim)
    if ndim == 0:
        return Expr(f"[{a.text}, {b.text}, 0.5]", np.array([a.value, b.value, 0.5]))
    if name == "stack":
        if a.shape != b.shape:
            return None
        return Expr(f"stack({a.text}, {b.text}, axis={axis})", np.stack([a.value, b.value], axis))
    try:
        value = np.concatenate([a.value, b.value], axis)
    except ValueError:
        return None
    return Expr(f"concat({a.text}, {b.text}, axis={axis})", value)


@step(_ARRAY_STEPS)
def _literal_matrix(w: Writer) -> Expr | None:
    a, b = w.operand(0), w.operand(0)
    if a is None or b is None:
        return None
    value = np.array([[a.value, 2.0], [b.value, a.value * b.value]])
    return Expr(f"[[{a.text}, 2], [{b.text}, {a.operand}*{b.operand}]]", value)


@step(_ARRAY_STEPS, 2)
def _triangles(w: Writer) -> Expr | None:
    x = w.operand(w.choose([1, 2, 2]))
    if x is None or x.value.size > 12:
        return None
    if len(x.shape) == 1:
        return Expr(f"diag({x.text})", np.diag(x.value))
    k = w.whole(-1, 1)
    options = [
        Expr(f"diag({x.text})", np.diag(x.value)),
        Expr(f"tril({x.text}, k={k})", np.tril(x.value, k)),
        Expr(f"tril({x.text})", np.tril(x.value)),
    ]
    if x.shape[0] == x.shape[1]:
        options.append(Expr(f"trace({x.text})", np.trace(x.value)))
    return w.choose(options)


@step(_ARRAY_STEPS, 5)
def _matrix_product(w: Writer) -> Expr | None:
    a, b = w.operand(w.choose([1, 2, 2, 3])), w.operand(w.choose([1, 2, 2, 3]))
    if a is None or b is None:
        return None
    try:
        value = a.value @ b.value
    except ValueError:
        return None
    if len(np.shape(value)) > 3:
        return None
    written = w.choose([f"{a.operand} @ {b.operand}", f"dot({a.text}, {b.text})"])
    return Expr(written, value)


EINSUMS = ("ij->ji", "ij->i", "ii->i", "ii->", "ij,j->i", "i,i->", "ij,ij->", "i,j->ij", "i,i->i")
MORE_EINSUMS = ("ij,kj->ik", "ij,jk", "ij,ij->j", "ij,i", "i->", "ii,ij->j", "ij->", "ij,jk,k->i")


def _sizes(xs: list[Expr | None]) -> list[int]:
    return [size for x in xs if x for size in x.shape]


@step(_ARRAY_STEPS, 4)
def _einsum(w: Writer) -> Expr | None:
    spec = w.choose(EINSUMS + MORE_EINSUMS)
    xs = [w.operand(len(term)) for term in spec.partition("->")[0].split(",")]
    if any(x is None for x in xs):
        return None
    letters = zip("".join(spec.partition("->")[0].split(",")), _sizes(xs), strict=True)
    if len(set(letters)) > len(set(spec) - set(",->")):  # NumPy would broadcast a length of 1
        return None
    value = np.einsum(spec, *[x.value for x in xs if x])
    quote = w.choose("'\"")
    texts = ", ".join(x.text for x in xs if x)
    return Expr(f"einsum({quote}{spec}{quote}, {texts})", np.asarray(value))


@step(_ARRAY_STEPS)
def _outer(w: Writer) -> Expr | None:
    a, b = w.operand(1), w.operand(1)
    if a is None or b is None:
        return None
    return Expr(f"outer({a.text}, {b.text})", np.outer(a.value, b.value))


@step(_ARRAY_STEPS)
def _constant_array(w: Writer) -> Expr:
    n = w.whole(1, 3)
    return w.choose(
        [
            Expr(f"range({n})/4", np.arange(n) / 4),
            Expr(f"range({n}, -1, -1)", np.arange(n, -1.0, -1)),
            Expr(f"ones(2, {n})", np.ones((2, n))),
            Expr(f"zeros({n})", np.zeros(n)),
        ]
    )


# ---- whole programs ----


def _number(draw: Callable[[Any], Any]) -> float:
    return float(draw(st.integers(1, 96)) * draw(st.sampled_from([1, -1]))) / 32


def _array(draw: Callable[[Any], Any], shape: tuple[int, ...]) -> Any:
    return np.array([_number(draw) for _ in product(*map(range, shape))]).reshape(shape)


def _write(draw: Callable[[Any], Any], point: dict[str, Any], steps: list[Step]) -> Program:
    w = Writer(draw, point)
    for _ in range(w.whole(4, 12)):
        made = w.choose(steps)(w)
        if made is not None:
            w.keep(made)
    assume(len(w.pool) > len(point))
    return _program(w, list(_numbers(w)))


def _numbers(w: Writer) -> Iterator[Expr]:
    """What the result adds up: the last steps, and every variable that they may have left out."""
    for x in [*w.pool[: len(w.point)], *w.pool[-3:]]:
        if x.value.size == 0:
            continue
        yield x if x.shape == () else Expr(f"sum(sin({x.text}))", np.sum(np.sin(x.value)))


def _program(w: Writer, parts: list[Expr]) -> Program:
    last = w.pool[-1]
    scalar = " + ".join(f"{x.operand}*{y.operand}" for x, y in pairwise(parts))
    value = sum(x.value * y.value for x, y in pairwise(parts))
    assume(np.isfinite(value))
    return Program(
        tuple(w.statements), scalar, last.text, w.point, float(value), np.asarray(last.value)
    )


@st.composite
def scalar_programs(draw: Callable[[Any], Any]) -> Program:
    """Programs of numbers: elementwise functions, operators, where, bindings, user functions."""
    names = ("x", "y", "z")[: draw(st.integers(1, 3))]
    return _write(draw, {name: _number(draw) for name in names}, _SCALAR_STEPS)


@st.composite
def array_programs(draw: Callable[[Any], Any]) -> Program:
    """Programs of numbers, vectors and matrices: the whole language."""
    n, k = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    point = {"x": _number(draw), "v": _array(draw, (n,)), "W": _array(draw, (k, n))}
    return _write(draw, point, [*_SCALAR_STEPS, *_ARRAY_STEPS * 2])
