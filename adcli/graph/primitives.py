"""The table of primitives: each with its rule, once.

Every rule is written for any algebra. `m` is the algebra's namespace of functions (floats, arrays,
many-digit numbers or graph nodes); `x`, `y` are the inputs and `out` is the output. `+ - *` work on
the values themselves; division and powers go through `m`, because they must not raise.

An *elementwise* primitive states one partial derivative per input. `None` is a derivative that is
zero wherever it exists, so that nothing flows (`floor`, comparisons). A *select* primitive
(`where`, `max`) passes one of its inputs on; for input k it states who is chosen and with what
weight. What is not chosen is no zero to multiply with: a NaN behind it never leaks. A *reduction*
(`prod`, `max` over an axis) states the weight of every element. A *linear* or *multilinear*
primitive (`sum`, `@`) states its transpose in each input: see `adcli.graph.structure`. One that
*drops* elements (an index, a diagonal) is like a choice: what nothing takes has no derivative,
however it came about.

A rule is right only if it is right when it is differentiated again, to any order:

* A guard states the value that the guarded form has, as a form whose derivatives are right as
  well. `where(y == 0, 0, y*x^(y-1))` is not: at y = 0 the derivative in y is 1/x, not that of 0.
* A form that does not cancel may do so once differentiated: x/hypot(x, y) gives 1/r - x^2/r^3
  where y^2/r^3 is meant. A function that occurs in partials, and has a partial that keeps its
  digits while that of its composition does not, earns a row of its own (`unit`, `sqdiff`, `sech`);
  the row states the value as that composition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any

from adcli.graph.pairs import pair_product, two_product

Rule = Callable[..., Any]

LEAF = "leaf"
ELEMENTWISE = "elementwise"
SELECT = "select"
REDUCTION = "reduction"
LINEAR = "linear"
MULTILINEAR = "multilinear"
STATIC = "static"


class Primitive:
    """One row of the table.

    name      the function's name in the language and in every algebra's namespace
    kind      ELEMENTWISE, SELECT, REDUCTION, LINEAR, MULTILINEAR, STATIC (depends on shapes only)
              or LEAF
    inputs    names of the inputs; a last name `*xs` takes any number from one
    partials  elementwise: a rule `(m, *inputs, out)` per input, None where nothing flows
    value     elementwise: `(m, *inputs)`, the value said by other functions, where they say it
              accurately; None where each engine has a function of its own
    libraries where engines have neither: the function's name in libraries, by algebra:
              `{"numpy": "scipy.special.j0", "mpmath": "mpmath.j0"}`; C's is its spelling
    rule      select: `(m, k, inputs, out, free) -> (chosen, weight)`; reduction:
              `(m, x, out, axis, shape) -> (chosen or None, weight)`; linear and multilinear: the
              transpose `(m, g, k, attr, shapes, inputs)`
    shape     structural primitives: `(shapes, attr) -> shape`, raises ShapeError
    kink      `(m, *inputs)`: nonzero where the derivative is a convention
    domain    where the value is defined, for people
    remedy    a safe way to write it, for messages
    sample    an interval per input on which tests draw arguments
    summary   one line for people
    symbol    how an operator is written
    word      the language's name of the function where it differs from `name`
    options   structural: `attr -> {option: value}`, the attribute as the language's call gives it
    spelling  how targets of code write a function (see `spelled`); structural ones for NumPy:
              `(attr, shapes of the inputs) -> template`
    drops     linear and multilinear: `(attr, shapes of the inputs)`, whether elements of an input
              may have no part in the output
    example   structural: `(attr, shapes)`, an attribute and shapes of inputs that go with it
    """

    __slots__ = (
        "aliases",
        "domain",
        "drops",
        "example",
        "inputs",
        "kind",
        "kink",
        "libraries",
        "name",
        "options",
        "partials",
        "remedy",
        "rule",
        "sample",
        "shape",
        "spelling",
        "summary",
        "symbol",
        "value",
        "word",
    )

    def __init__(
        self,
        name: str,
        kind: str,
        inputs: tuple[str, ...] = (),
        *,
        partials: tuple[Rule | None, ...] = (),
        value: Rule | None = None,
        libraries: Mapping[str, str] | None = None,
        rule: Rule | None = None,
        shape: Rule | None = None,
        kink: Rule | None = None,
        domain: str = "all numbers",
        remedy: str = "",
        sample: tuple[tuple[float, float], ...] = (),
        summary: str = "",
        symbol: str = "",
        word: str = "",
        spelling: dict[str, Any] | None = None,
        aliases: tuple[str, ...] = (),
        options: Rule | None = None,
        drops: Rule | None = None,
        example: tuple[Any, tuple[tuple[int, ...], ...]] = (None, ()),
    ) -> None:
        self.name = name
        self.kind = kind
        self.inputs = inputs
        self.partials = partials
        self.value = value
        self.libraries = libraries or {}
        self.rule = rule
        self.shape = shape
        self.kink = kink
        self.domain = domain
        self.remedy = remedy
        self.sample = sample
        self.summary = summary
        self.symbol = symbol
        self.word = word or name
        self.spelling = spelling or {}
        self.aliases = aliases
        self.options = options
        self.drops = drops
        self.example = example

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    @property
    def variadic(self) -> bool:
        """Whether the primitive takes any number of inputs."""
        return bool(self.inputs) and self.inputs[-1].startswith("*")


VARIABLE = Primitive("variable", LEAF)
CONSTANT = Primitive("constant", LEAF)
NAMED = Primitive("named", LEAF)
PARAMETER = Primitive("parameter", LEAF)
"""An input of a user's function; calls replace it."""

PRIMITIVES: dict[str, Primitive] = {}
"""All primitives with inputs, by name."""

_WATCHERS: list[Callable[[Primitive], None]] = []


def register(primitive: Primitive) -> Primitive:
    """Put a primitive into the table; names are taken once."""
    if primitive.name in PRIMITIVES:
        raise ValueError(f"{primitive.name} is in the table already")
    PRIMITIVES[primitive.name] = primitive
    for see in _WATCHERS:
        see(primitive)
    return primitive


def see_rows(see: Callable[[Primitive], None]) -> None:
    """Show every row to `see`, those that come later as well."""
    _WATCHERS.append(see)
    for primitive in PRIMITIVES.values():
        see(primitive)


def elementwise(name: str, /, *partials: Rule | None, inputs: str = "", **row: Any) -> Primitive:
    """A row for a function of numbers: `elementwise("exp", lambda m, x, out: out)`."""
    names = tuple(inputs.split()) or ("x", "y", "z")[: len(partials)]
    row.setdefault("sample", ((-3.0, 3.0),) * len(names))
    return register(Primitive(name, ELEMENTWISE, names, partials=partials, **row))


def select(name: str, rule: Rule, inputs: str, **row: Any) -> Primitive:
    """A row for a function that passes one of its inputs on."""
    return register(Primitive(name, SELECT, tuple(inputs.split()), rule=rule, **row))


def spelled(
    name: str,
    *,
    python: str = "",
    c: str | None = None,
    latex: str | None = None,
) -> dict[str, Any]:
    """How a function is written in each target: what differs from `NAME` in C and an upright NAME.

    A template has `#1`, `#2` for the arguments, each in a place that needs no brackets (`#+1` is
    the right operand of a sum); without them it is the name of a function. C functions that are
    not in math.h have a definition in adcli.export.definitions; "" is a function that C does not
    get. Python and NumPy get the engine's own function; `python` is written instead where all
    arguments are finite.
    """
    return {
        "python": python,
        "c": name if c is None else c,
        "latex": rf"\operatorname{{{name}}}" if latex is None else latex,
    }


def spelled_in_latex(template: str) -> dict[str, Any]:
    """The spelling of a function that code writes as its row states the value."""
    return {"latex": template}


def function_of_row(m: Any, name: str, library: str = "") -> Rule:
    """The function that a row gives the algebra `m`: its stated value, or that of a library.

    The `__getattr__` of every namespace ends here, so that no engine spells such a function again.
    `library` is the algebra's key in the row's `libraries`. Raises AttributeError for other names.
    """
    row = PRIMITIVES.get(name)
    if row is not None and row.value is not None:
        return partial(row.value, m)
    if row is None or library not in row.libraries:
        raise AttributeError(f"there is no function {name!r}")
    module, _, function = row.libraries[library].rpartition(".")
    found: Rule = getattr(import_module(module), function)
    return found


def one(m: Any, *_: Any) -> float:
    """The partial derivative 1; the sweeps know it and do not multiply."""
    return 1.0


def minus_one(m: Any, *_: Any) -> float:
    """The partial derivative -1."""
    return -1.0


# ---- arithmetic ----

ADD = elementwise("add", one, one, symbol="+", summary="sum")
SUBTRACT = elementwise("subtract", one, minus_one, symbol="-", summary="difference")
MULTIPLY = elementwise(
    "multiply",
    lambda m, x, y, out: y,
    lambda m, x, y, out: x,
    symbol="*",
    summary="product",
)
DIVIDE = elementwise(
    "divide",
    lambda m, x, y, out: m.divide(1, y),
    lambda m, x, y, out: -m.divide(out, y),
    symbol="/",
    domain="y != 0",
    remedy="where(y != 0, x/y, 0) gives 0 there",
    sample=((-3.0, 3.0), (0.5, 3.0)),
    summary="quotient",
)
NEGATIVE = elementwise("negative", minus_one, symbol="-", summary="minus x")


def _power_y(m: Any, x: Any, y: Any, out: Any) -> Any:
    # 0^y is 0 for every y > 0, and so is its derivative; out*log(x) would be 0*(-inf).
    return m.where(m.equal(x, 0) * m.greater(y, 0), m.powlog(x, y, 1), out * m.log(x))


POWER = elementwise(
    "power",
    lambda m, x, y, out: m.power_slope(x, y),  # y*x^(y-1), and 0 where y = 0
    _power_y,
    symbol="^",
    spelling={"c": "pow"},
    domain="x > 0, or y an integer (x != 0 if y < 0)",
    remedy="where(x > 0, x^y, 0) gives 0 elsewhere; cbrt(x) is the real cube root",
    sample=((0.2, 3.0), (-2.0, 2.0)),
    summary="x to the power y; with a constant y never touches log(x)",
)


def _powlog(m: Any, x: Any, y: Any, n: Any) -> Any:
    product = m.power(x, y) * m.power(m.log(x), n)
    return m.where(m.equal(x, 0) * m.greater(y, 0), 0.0, product)


def _powlog_x(m: Any, x: Any, y: Any, n: Any, out: Any) -> Any:
    inner = m.where(m.greater(n, 0), n * m.powlog(x, y - 1, n - 1), 0)
    return y * m.powlog(x, y - 1, n) + inner


elementwise(
    "powlog",
    _powlog_x,
    lambda m, x, y, n, out: m.powlog(x, y, n + 1),
    None,
    inputs="x y n",
    value=_powlog,
    domain="x > 0, or x = 0 and y > 0; n = 0, 1, 2, ...",
    remedy="where(x > 0, powlog(x, y, n), 0) gives 0 elsewhere",
    sample=((0.2, 3.0), (-2.0, 2.0), (1.0, 1.0)),
    spelling=spelled_in_latex(r"#1^{#2} \log\left(#1\right)^{#3}"),
    summary="x^y log(x)^n, the n-th derivative of x^y in y; 0 at x = 0 for y > 0",
)

# ---- exponentials and logarithms ----

elementwise("exp", lambda m, x, out: out, spelling=spelled("exp", latex=r"e^{#1}"), summary="e^x")
elementwise(
    "exp2",
    lambda m, x, out: out * m.log(2),
    spelling=spelled("exp2", latex=r"2^{#1}"),
    summary="2^x",
)
elementwise(
    "expm1",
    lambda m, x, out: m.exp(x),
    spelling=spelled("expm1", latex=r"\left(e^{#1} - 1\right)"),
    summary="e^x - 1, exact near 0",
)
elementwise(
    "log",
    lambda m, x, out: m.divide(1, x),
    domain="x > 0",
    remedy="where(x > 0, log(x), 0) gives 0 elsewhere; log1p(x) is log(1 + x)",
    sample=((0.1, 5.0),),
    spelling=spelled("log", latex=r"\log"),
    summary="natural logarithm",
    aliases=("ln",),
)
elementwise(
    "log2",
    lambda m, x, out: m.divide(1, x * m.log(2)),
    domain="x > 0",
    remedy="where(x > 0, log2(x), 0) gives 0 elsewhere",
    sample=((0.1, 5.0),),
    spelling=spelled("log2", latex=r"\log_{2}"),
    summary="logarithm to base 2",
)
elementwise(
    "log10",
    lambda m, x, out: m.divide(m.divide(1, x), m.log(10)),  # x*log(10) could overflow
    domain="x > 0",
    remedy="where(x > 0, log10(x), 0) gives 0 elsewhere",
    sample=((0.1, 5.0),),
    spelling=spelled("log10", latex=r"\log_{10}"),
    summary="logarithm to base 10",
)
elementwise(
    "log1p",
    lambda m, x, out: m.divide(1, 1 + x),
    domain="x > -1",
    remedy="where(x > -1, log1p(x), 0) gives 0 elsewhere",
    sample=((-0.9, 5.0),),
    spelling=spelled("log1p", latex=r"\log\left(1 + #+1\right)"),
    summary="log(1 + x), exact near 0",
)
elementwise(
    "sqrt",
    lambda m, x, out: m.divide(0.5, out),
    domain="x >= 0; the derivative is infinite at 0",
    remedy="where(x > 0, sqrt(x), 0) has the derivative 0 there; sqrt(x + 1e-12) is smooth",
    sample=((0.1, 5.0),),
    spelling=spelled("sqrt", latex=r"\sqrt{#1}"),
    summary="square root",
)
elementwise(
    "cbrt",
    lambda m, x, out: m.divide(m.divide(out, x), 3),  # 1/(3 out^2) doubles the error of out
    domain="all numbers; the derivative is infinite at 0",
    remedy="where(x != 0, cbrt(x), 0) has the derivative 0 there",
    sample=((0.1, 5.0),),
    spelling=spelled("cbrt", latex=r"\sqrt[3]{#1}"),
    summary="real cube root",
)

# ---- trigonometry ----

elementwise(
    "sin",
    lambda m, x, out: m.cos(x),
    spelling=spelled("sin", python="math.sin", latex=r"\sin"),
    summary="sine (radians)",
)
elementwise(
    "cos",
    lambda m, x, out: -m.sin(x),
    spelling=spelled("cos", python="math.cos", latex=r"\cos"),
    summary="cosine (radians)",
)
elementwise(
    "tan",
    lambda m, x, out: 1 + out * out,
    sample=((-1.4, 1.4),),
    spelling=spelled("tan", python="math.tan", latex=r"\tan"),
    summary="tangent",
)
elementwise(
    "cot",
    lambda m, x, out: -(1 + out * out),
    value=lambda m, x: m.divide(1, m.tan(x)),
    domain="x != 0, pi, -pi, ...",
    remedy="where(sin(x) != 0, cot(x), 0) gives 0 there",
    sample=((0.2, 2.9),),
    spelling=spelled_in_latex(r"\cot"),
    summary="cotangent, 1/tan(x)",
)
elementwise(
    "asin",
    lambda m, x, out: m.divide(1, m.sqrt(m.sqdiff(1, x))),
    domain="-1 <= x <= 1; the derivative is infinite at the ends",
    remedy="asin(clip(x, -1, 1)) is defined everywhere",
    sample=((-0.95, 0.95),),
    spelling=spelled("asin", latex=r"\arcsin"),
    summary="inverse sine",
    aliases=("arcsin",),
)
elementwise(
    "acos",
    lambda m, x, out: -m.divide(1, m.sqrt(m.sqdiff(1, x))),
    domain="-1 <= x <= 1; the derivative is infinite at the ends",
    remedy="acos(clip(x, -1, 1)) is defined everywhere",
    sample=((-0.95, 0.95),),
    spelling=spelled("acos", latex=r"\arccos"),
    summary="inverse cosine",
    aliases=("arccos",),
)


def _atan_x(m: Any, x: Any, out: Any) -> Any:
    secant = m.divide(1, m.hypot(1, x))  # x*x would overflow
    return secant * secant


elementwise(
    "atan",
    _atan_x,
    spelling=spelled("atan", latex=r"\arctan"),
    summary="inverse tangent",
    aliases=("arctan",),
)


elementwise(
    "atan2",
    lambda m, y, x, out: m.inversion(x, y),
    lambda m, y, x, out: -m.inversion(y, x),
    inputs="y x",
    domain="all numbers; no derivative at (0, 0)",
    remedy="where(x^2 + y^2 > 0, atan2(y, x), 0) gives 0 there",
    sample=((0.2, 3.0), (0.2, 3.0)),
    spelling=spelled("atan2"),
    summary="angle of the point (x, y)",
    aliases=("arctan2",),
)

# ---- hyperbolic functions ----

elementwise(
    "sinh",
    lambda m, x, out: m.cosh(x),
    spelling=spelled("sinh", latex=r"\sinh"),
    summary="hyperbolic sine",
)
elementwise(
    "cosh",
    lambda m, x, out: m.sinh(x),
    spelling=spelled("cosh", latex=r"\cosh"),
    summary="hyperbolic cosine",
)


def _tanh_x(m: Any, x: Any, out: Any) -> Any:
    secant = m.sech(x)  # 1 - out*out is 0 from x = 19 on
    return secant * secant


elementwise("tanh", _tanh_x, spelling=spelled("tanh", latex=r"\tanh"), summary="hyperbolic tangent")


def _sech(m: Any, x: Any) -> Any:
    e = m.exp(-m.abs(x))  # cosh(x) overflows before 1/cosh(x) vanishes
    return m.divide(2 * e, 1 + e * e)


elementwise(
    "sech",
    lambda m, x, out: -(out * m.tanh(x)),
    value=_sech,
    spelling=spelled_in_latex(r"\operatorname{sech}"),
    summary="hyperbolic secant, 1/cosh(x)",
)
elementwise(
    "asinh",
    lambda m, x, out: m.divide(1, m.hypot(1, x)),
    spelling=spelled("asinh"),
    summary="inverse hyperbolic sine",
    aliases=("arcsinh",),
)
elementwise(
    "acosh",
    lambda m, x, out: m.divide(m.divide(1, m.sqrt(x - 1)), m.sqrt(x + 1)),
    domain="x >= 1; the derivative is infinite at 1",
    remedy="acosh(max(x, 1)) is defined everywhere",
    sample=((1.1, 5.0),),
    spelling=spelled("acosh"),
    summary="inverse hyperbolic cosine",
    aliases=("arccosh",),
)
elementwise(
    "atanh",
    lambda m, x, out: m.divide(1, m.sqdiff(1, x)),
    domain="-1 < x < 1",
    remedy="atanh(clip(x, -0.999999, 0.999999)) is defined everywhere",
    sample=((-0.95, 0.95),),
    spelling=spelled("atanh"),
    summary="inverse hyperbolic tangent",
    aliases=("arctanh",),
)

# ---- steps and kinks ----

elementwise(
    "abs",
    lambda m, x, out: m.sign(x),
    kink=lambda m, x: m.equal(x, 0),
    spelling=spelled("abs", c="fabs", latex=r"\left|#1\right|"),
    summary="absolute value; the derivative at 0 is 0",
)
elementwise(
    "sign",
    None,
    inputs="x",
    kink=lambda m, x: m.equal(x, 0),
    spelling=spelled("sign", c="sign_of"),
    summary="-1, 0 or 1",
)
for _name, _summary in (
    ("floor", "largest integer that is not above x"),
    ("ceil", "smallest integer that is not below x"),
):
    elementwise(
        _name,
        None,
        inputs="x",
        kink=lambda m, x: m.equal(x, m.floor(x)),
        spelling=spelled(_name, latex=rf"\left\l{_name} #1 \right\r{_name}"),
        summary=_summary,
    )
elementwise(
    "round",
    None,
    inputs="x",
    kink=lambda m, x: m.equal(x - m.floor(x), 0.5),
    spelling=spelled("round", c="nearbyint"),
    summary="nearest integer, halves to even",
)
elementwise(
    "mod",
    one,
    lambda m, x, y, out: m.round(m.divide(out - x, y)),
    kink=lambda m, x, y: m.equal(m.mod(x, y), 0),
    domain="y != 0",
    remedy="where(y != 0, mod(x, y), 0) gives 0 there",
    sample=((-3.0, 3.0), (0.5, 3.0)),
    spelling=spelled("mod", c="modulo"),
    summary="remainder with the sign of y",
)


def _extremum(m: Any, k: int, xs: tuple[Any, ...], out: Any, free: tuple[bool, ...]) -> Any:
    """Who is the maximum, and its weight: the subgradient of least norm at a tie.

    Variables that tie share equally. A constant that ties holds the value on one side, so that 0
    is among the subgradients: max(x, 0) has the derivative 0 at 0.
    """
    ties = [m.equal(x, out) for x in xs]
    count: Any = 0
    held: Any = 0
    for tie, is_free in zip(ties, free, strict=True):
        count = count + tie
        if not is_free:
            held = held + tie
    weight = 1.0 if sum(free) == 1 else m.divide(1, count)
    return ties[k], weight if all(free) else m.where(held, 0, weight)


def _tie(m: Any, *xs: Any) -> Any:
    out = m.maximum(*xs)
    count: Any = 0
    for x in xs:
        count = count + m.equal(x, out)
    return m.greater(count, 1)


def _low_tie(m: Any, *xs: Any) -> Any:
    return _tie(m, *[-x for x in xs])


MAXIMUM = select(
    "maximum",
    _extremum,
    "*xs",
    word="max",
    kink=_tie,
    sample=((-3.0, 3.0), (-3.0, 3.0)),
    spelling=spelled("max", c="maximum", latex=r"\max"),
    summary="largest input, 0 above -0; variables that tie share the derivative",
)
MINIMUM = select(
    "minimum",
    _extremum,
    "*xs",
    word="min",
    kink=_low_tie,
    sample=((-3.0, 3.0), (-3.0, 3.0)),
    spelling=spelled("min", c="minimum", latex=r"\min"),
    summary="smallest input, -0 below 0; variables that tie share the derivative",
)


def _branch(m: Any, k: int, xs: tuple[Any, ...], out: Any, free: tuple[bool, ...]) -> Any:
    chosen = (None, m.not_equal(xs[0], 0), m.equal(xs[0], 0))[k]
    return chosen, 1.0


WHERE = select(
    "where",
    _branch,
    "c a b",
    sample=((-1.0, 1.0), (-3.0, 3.0), (-3.0, 3.0)),
    summary="a where c is not 0, else b; nothing leaks from the branch not taken",
)
COMPARISONS = {
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}
"""Comparisons by name, as they are written."""
for _name, _symbol in COMPARISONS.items():
    elementwise(
        _name,
        None,
        None,
        inputs="x y",
        symbol=_symbol,
        kink=lambda m, x, y: m.equal(x, y),
        summary=f"1 where x {_symbol} y, else 0",
    )
elementwise(
    "detach",
    None,
    inputs="x",
    summary="x as a constant: no derivative flows through",
)

# ---- distances, probability, special functions ----

elementwise(
    "hypot",
    lambda m, x, y, out: m.unit(x, y),
    lambda m, x, y, out: m.unit(y, x),
    kink=lambda m, x, y: m.equal(m.maximum(m.abs(x), m.abs(y)), 0),
    remedy="sqrt(x^2 + y^2 + 1e-12) is smooth",
    sample=((0.2, 3.0), (0.2, 3.0)),
    spelling=spelled("hypot"),
    summary="sqrt(x^2 + y^2) without overflow; the derivative at (0, 0) is 0",
)


def _unit(m: Any, x: Any, y: Any) -> Any:
    r = m.hypot(x, y)
    return m.where(m.equal(r, 0), x, m.divide(x, r))


def _unit_x(m: Any, x: Any, y: Any, out: Any) -> Any:
    other = m.unit(y, x)
    return other * m.divide(other, m.hypot(x, y))  # 1/r - x*x/r^3 would cancel


elementwise(
    "unit",
    _unit_x,
    lambda m, x, y, out: -(out * m.divide(m.unit(y, x), m.hypot(x, y))),
    value=_unit,
    domain="all numbers; no derivative at (0, 0)",
    remedy="x/sqrt(x^2 + y^2 + 1e-12) is smooth",
    sample=((0.2, 3.0), (0.2, 3.0)),
    spelling=spelled_in_latex(r"\frac{#1}{\operatorname{hypot}\left(#1, #2\right)}"),
    summary="x/hypot(x, y), the cosine of the angle of (x, y); 0 at (0, 0)",
)


def _inversion(m: Any, x: Any, y: Any) -> Any:
    r = m.hypot(x, y)
    return m.divide(m.divide(x, r), r)  # r*r would leave the range


def _inversion_x(m: Any, x: Any, y: Any, out: Any) -> Any:
    """(y^2 - x^2)/r^4, where a power of two keeps the squares inside the range."""
    r = m.hypot(x, y)
    scale = m.detach(m.exp2(-m.floor(m.log2(r))))
    inside = m.divide(m.divide(m.sqdiff(scale * y, scale * x), scale * r), scale * r)
    return m.divide(m.divide(inside, r), r)


elementwise(
    "inversion",
    _inversion_x,
    lambda m, x, y, out: -2 * out * m.inversion(y, x),
    value=_inversion,
    domain="(x, y) != (0, 0)",
    remedy="where(x^2 + y^2 > 0, inversion(x, y), 0) gives 0 there",
    sample=((0.2, 3.0), (0.3, 3.0)),
    summary="x/(x^2 + y^2), the real part of 1/(x + iy) without overflow",
)


def _radius_x(m: Any, x: Any, out: Any) -> Any:
    # unit(x, 0) is 1 but for 0 at 0, where it has no derivative: nor has this one.
    return m.divide(0.5 * m.unit(x, 0), m.where(m.equal(out, 0), 1, out))


elementwise(
    "radius",
    _radius_x,
    inputs="x",
    value=lambda m, x: m.sqrt(x),
    kink=lambda m, x: m.equal(x, 0),
    domain="x >= 0",
    remedy="sqrt(x + 1e-12) is smooth",
    sample=((0.1, 5.0),),
    spelling=spelled_in_latex(r"\sqrt{#1}"),
    summary="sqrt(x) for a sum of squares x: the length has the derivative 0 at 0",
)
SLOPE = elementwise(
    "slope",
    lambda m, x, w, out: w,
    None,
    inputs="x w",
    value=lambda m, x, w: m.where(m.equal(x, x) * m.equal(w, w), 0.0, x * w),
    spelling=spelled_in_latex(r"\operatorname{slope}\left(#1, #2\right)"),
    summary="0 with the derivative w in x: f + slope(x, w) states it apart from the value f",
)
elementwise(
    "sqdiff",
    lambda m, x, y, out: 2 * x,
    lambda m, x, y, out: -2 * y,
    value=lambda m, x, y: (x - y) * (x + y),
    summary="x^2 - y^2, exact where x is near y: (x - y)*(x + y)",
)
elementwise(
    "erf",
    lambda m, x, out: m.divide(2, m.sqrt(m.pi)) * m.gauss(x),
    spelling=spelled("erf"),
    summary="error function (DLMF 7.2.1)",
)
elementwise(
    "erfc",
    lambda m, x, out: -m.divide(2, m.sqrt(m.pi)) * m.gauss(x),
    spelling=spelled("erfc"),
    summary="1 - erf(x), exact in the tail (DLMF 7.2.2)",
)


def _bell(m: Any, x: Any, limit: float, half: float) -> Any:
    """exp(-half x^2) from the exact square, which keeps the digits of the tail; beyond the limit
    it is 0."""
    cut = m.minimum(m.maximum(x, -limit), limit)
    high, low = two_product(cut, cut)
    value = m.exp(-half * high)
    return value - value * (half * low)


elementwise(
    "gauss",
    lambda m, x, out: -2 * (x * out),  # 2*x could overflow
    value=lambda m, x: _bell(m, x, 30.0, 1.0),
    spelling=spelled("gauss", latex=r"e^{-\left(#1\right)^{2}}"),
    summary="exp(-x^2)",
)
elementwise(
    "normpdf",
    lambda m, x, out: -x * out,
    value=lambda m, x: 0.3989422804014327 * _bell(m, x, 40.0, 0.5),
    spelling=spelled("normpdf", latex=r"\varphi"),
    summary="standard normal density",
)


def _normcdf(m: Any, x: Any) -> Any:
    """erfc(-x / sqrt 2) / 2. The rounding error d of t = -x / sqrt 2 would cost 2 t^2 ulp in the
    tail; it is added back to first order with erfc'(t) = -2 exp(-t^2) / sqrt pi (DLMF 7.2.2)."""
    cut = m.minimum(m.maximum(x, -40.0), 40.0)
    high, low = pair_product((-cut, 0.0), (0.7071067811865476, -4.833646656726457e-17))
    return 0.5 * (m.erfc(high) - low * 1.1283791670955126 * m.exp(-high * high))


elementwise(
    "normcdf",
    lambda m, x, out: m.normpdf(x),
    value=_normcdf,
    spelling=spelled("normcdf", latex=r"\Phi"),
    summary="standard normal distribution, exact in the tail",
)
elementwise(
    "gamma",
    lambda m, x, out: out * m.digamma(x),
    domain="x != 0, -1, -2, ...",
    remedy="lgamma(x) does not overflow",
    sample=((0.2, 5.0),),
    spelling=spelled("gamma", c="tgamma", latex=r"\Gamma"),
    summary="gamma function (DLMF 5.2.1)",
)
elementwise(
    "lgamma",
    lambda m, x, out: m.digamma(x),
    domain="x != 0, -1, -2, ...",
    remedy="where(x > 0, lgamma(x), 0) gives 0 elsewhere",
    sample=((0.2, 5.0),),
    spelling=spelled("lgamma", latex=r"\log\left(\left|\Gamma\left(#1\right)\right|\right)"),
    summary="log |gamma(x)|",
)
elementwise(
    "digamma",
    lambda m, x, out: m.polygamma(1, x),
    domain="x != 0, -1, -2, ...",
    remedy="where(x > 0, digamma(x), 0) gives 0 elsewhere",
    sample=((0.2, 5.0),),
    spelling=spelled("digamma", c="digamma", latex=r"\psi"),
    summary="derivative of lgamma (DLMF 5.2.2)",
)
elementwise(
    "polygamma",
    None,
    lambda m, n, x, out: m.polygamma(n + 1, x),
    inputs="n x",
    domain="n = 0, 1, 2, ...; x != 0, -1, -2, ...",
    remedy="where(x > 0, polygamma(n, x), 0) gives 0 elsewhere",
    sample=((1.0, 1.0), (0.5, 5.0)),
    spelling=spelled(
        "polygamma",
        latex=r"\psi^{(#1)}\left(#2\right)",
    ),
    summary="n-th derivative of digamma (DLMF 5.15)",
)


def _sigmoid(m: Any, x: Any) -> Any:
    e = m.exp(-m.abs(x))  # the exponential that cannot overflow
    return m.divide(m.where(m.greater_equal(x, 0), 1, e), 1 + e)


elementwise(
    "sigmoid",
    lambda m, x, out: m.logisticpdf(x),  # out*(1 - out) is 0 from x = 37 on
    value=_sigmoid,
    spelling=spelled_in_latex(r"\sigma"),
    summary="1/(1 + exp(-x))",
)


def _logisticpdf(m: Any, x: Any) -> Any:
    e = m.exp(-m.abs(x))
    return m.divide(e, (1 + e) * (1 + e))


elementwise(
    "logisticpdf",
    lambda m, x, out: -(out * m.tanh(0.5 * x)),  # sigmoid(-x) - sigmoid(x) would cancel near 0
    value=_logisticpdf,
    spelling=spelled_in_latex(r"\sigma'\left(#1\right)"),
    summary="logistic density, sigmoid(x)*sigmoid(-x)",
)


def _logit(m: Any, x: Any) -> Any:
    near = m.less_equal(m.abs(x - 0.5), 0.25)  # where 2x - 1 is exact
    return m.where(near, 2 * m.atanh(2 * x - 1), m.log(m.divide(x, 1 - x)))


elementwise(
    "logit",
    lambda m, x, out: m.divide(m.divide(1, x), 1 - x),
    value=_logit,
    domain="0 < x < 1",
    remedy="logit(clip(x, 1e-12, 1 - 1e-12)) is defined everywhere",
    sample=((0.05, 0.95),),
    spelling=spelled_in_latex(r"\operatorname{logit}"),
    summary="log(x/(1 - x))",
)
elementwise(
    "softplus",
    lambda m, x, out: m.sigmoid(x),
    value=lambda m, x: m.where(m.greater_equal(x, 0), x, 0) + m.log1p(m.exp(-m.abs(x))),
    spelling=spelled_in_latex(r"\operatorname{softplus}"),
    summary="log(1 + exp(x))",
)
