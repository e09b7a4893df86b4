"""The row of a primitive, and the table that rows are put into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any

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


def structural(name: str, kind: str, inputs: str, **row: Any) -> Primitive:
    """A row for a function of arrays that has more to it than the numbers of its elements."""
    return register(Primitive(name, kind, tuple(inputs.split()), **row))


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
