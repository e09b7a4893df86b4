"""The row of a primitive, and the table that rows are put into."""

from __future__ import annotations

from _thread import RLock
from collections.abc import Callable, Iterator, KeysView, Mapping
from functools import partial
from importlib import import_module
from typing import Any

Rule = Callable[..., Any]
Limit = tuple[str, Rule]
"""What must hold of `{0}`, for people, and `(m, *values)`: nonzero where it does not."""

LEAF = "leaf"
ELEMENTWISE = "elementwise"
SELECT = "select"
REDUCTION = "reduction"
LINEAR = "linear"
MULTILINEAR = "multilinear"
MATRIX = "matrix"
STATIC = "static"
COMPOUND = "compound"

REQUIRED = object()
"""The default of an option that must be given."""


_NOTHING: Mapping[str, Any] = {}


class Primitive:
    """One row of the table. (A dataclass would take most of a millisecond of every start.)

    name      the function's name in the language and in every algebra's namespace
    kind      ELEMENTWISE, SELECT, REDUCTION, LINEAR, MULTILINEAR, MATRIX (another function of
              arrays), STATIC (depends on shapes only), LEAF, or COMPOUND (made of others, without a
              rule: see adcli.graph.library)
    inputs    names of the inputs; a last name `*xs` takes any number from one
    partials  elementwise: a rule `(m, *inputs, out)` per input, None where nothing flows,
              `no_derivative` where there is none to be had
    scaled    elementwise: a rule `(m, g, *inputs, out)` per input, its partial times g, where the
              partial leaves the range sooner than the product, as 1/y^2 does
    value     elementwise: `(m, *inputs)`, the value said by other functions, where they say it
              accurately; None where each engine has a function of its own; compound:
              `(m, *inputs, **options)`
    twice     compound: `value` for programs that are differentiated twice: see adcli.graph.twice
    shown     in formulas that are read, elementwise: a partial per input as textbooks state it,
              None where that is in `partials`; compound: the row of the function as one node, with
              the textbook's rule: see adcli.graph.textbook
    libraries where engines have neither: the function's name in libraries, by algebra:
              `{"numpy": "scipy.special.j0", "mpmath": "mpmath.j0"}`; C's is its spelling;
              "shared" is one of our own for floats and arrays, `(m, *inputs)`
    rule      select: `(m, k, inputs, out, free) -> (chosen, weight)`; reduction:
              `(m, x, out, axis, shape) -> (chosen or None, weight)`; linear and multilinear: the
              transpose `(m, g, k, attr, shapes, inputs)`; matrix: the adjoint of input k,
              `(m, g, k, attr, shapes, inputs, out)`, None where nothing flows
    tangent   matrix: what the tangent t of input k adds, `(m, t, k, attr, shapes, inputs, out)`
    taken     matrix: `(m, k, attr, shapes, inputs, live)`, 1 for the elements of input k that are
              read for the live elements of the output (None: all), 0 for others; None for all
    shape     structural primitives: `(shapes, attr) -> shape`, raises ShapeError
    kink      `(m, *inputs)`, reductions `(m, x, out, axis)`, other structural primitives
              `(m, attr, shapes, inputs, whether each changes)`: nonzero where the derivative is a
              convention
    support   of a log density: what its first input must be, of all inputs; otherwise the value is
              -inf, as it should be
    parameters  of a log density: what others of its inputs must be
    domain    where the value is defined, for people
    remedy    a safe way to write it, for messages
    sample    an interval per input on which tests draw arguments
    summary   one line for people
    trend     between which numbers its values lie: "rises" or "falls" with x, for `even` functions
              with the size of x; it "keeps" elements of its inputs, "pads" them with zeros, "adds"
              them up, keeps "signs" (makes no negative number without one), or "flags" by 0 and 1
    even      whether f(-x) is f(x)
    symbol    how an operator is written
    word      the language's name of the function where it differs from `name`
    options   the options of the language's call with their defaults, in order, after the inputs;
              the attribute of a structural one is the value of the only one, or a tuple of all
    spelling  how targets of code write a function: see `elementwise` and `structural`
    most_order  of a function that is a derivative of the orders among its inputs, those that have
              no derivative: up to which order in all it is known
    flows     linear: derivatives flow to so many of the inputs, the first ones (None: to all); the
              others are places, which it takes as they are
    drops     linear and multilinear: `(attr, shapes of the inputs)`, whether elements of an input
              may have no part in the output
    example   structural: `(attr, shapes)`, an attribute and shapes of inputs that go with it
    """

    name: str
    kind: str
    inputs: tuple[str, ...] = ()
    partials: tuple[Rule | None, ...] = ()
    scaled: tuple[Rule, ...] = ()
    value: Rule | None = None
    twice: Rule | None = None
    shown: Any = None
    libraries: Mapping[str, str] = _NOTHING
    rule: Rule | None = None
    tangent: Rule | None = None
    taken: Rule | None = None
    shape: Rule | None = None
    kink: Rule | None = None
    support: Limit | None = None
    parameters: Mapping[str, Limit] = _NOTHING
    domain: str = "all numbers"
    remedy: str = ""
    sample: tuple[tuple[float, float], ...] = ()
    summary: str = ""
    trend: str = ""
    even: bool = False
    symbol: str = ""
    word: str = ""
    spelling: Mapping[str, Any] = _NOTHING
    aliases: tuple[str, ...] = ()
    options: Mapping[str, Any] = _NOTHING
    most_order: int | None = None
    flows: int | None = None
    drops: Rule | None = None
    example: tuple[Any, tuple[tuple[int, ...], ...]] = (None, ())

    def __init__(self, name: str, kind: str, inputs: tuple[str, ...] = (), **stated: Any) -> None:
        """A row of what is stated; the rest is as the class has it. Raises TypeError for others."""
        if not stated.keys() <= type(self).__annotations__.keys():
            raise TypeError(f"a row does not state {stated.keys() - type(self).__annotations__}")
        self.name, self.kind, self.inputs = name, kind, inputs
        self.__dict__.update(stated)
        self.word = self.word or name

    def signature(self) -> str:
        """How a call is written: `sum(x, axis=all)`."""
        parts = ["x, y, ..." if name.startswith("*") else name for name in self.inputs]
        for name, default in self.options.items():
            value = "all" if default is None else default
            shown = _SPELLINGS.get(name, name if default is REQUIRED else f"{name}={value}")
            parts.insert(0 if name == "spec" else len(parts), shown)
        return f"{self.word}({', '.join(parts)})"

    def options_of(self, attr: Any) -> dict[str, Any]:
        """An attribute as the options of a call."""
        return dict(zip(self.options, attr if len(self.options) > 1 else (attr,), strict=False))

    def attribute(self, options: Mapping[str, Any]) -> Any:
        """The attribute that the options of a call make; None without options."""
        values = tuple([options[name] for name in self.options])
        return values if len(values) > 1 else next(iter(values), None)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    @property
    def positive_input(self) -> int | None:
        """The place of the input x of a function that asks for x > 0; None for others."""
        return self.inputs.index("x") if self.domain == "x > 0" else None

    @property
    def variadic(self) -> bool:
        """Whether the primitive takes any number of inputs."""
        return bool(self.inputs) and self.inputs[-1].startswith("*")


_SPELLINGS = {"shape": "n, m, ...", "bounds": "start, stop, step", "spec": '"ij,j->i"'}
"""How options are written that are not written `name=value`."""

VARIABLE = Primitive("variable", LEAF)
CONSTANT = Primitive("constant", LEAF)
NAMED = Primitive("named", LEAF)
PARAMETER = Primitive("parameter", LEAF)
"""An input of a user's function; calls replace it."""

_LATER: list[str] = []
_LOADING = RLock()


def load_later(*modules: str) -> None:
    """Put off the modules of rows that few programs need.

    A table of rows loads them all when it is asked for a name that it lacks, or for all its names.
    """
    _LATER.extend(modules)


def _load() -> None:
    with _LOADING:
        modules, _LATER[:] = _LATER[:], []
        try:
            for module in modules:
                import_module(module)
        except BaseException:  # an interrupt: the next look-up goes on
            _LATER[:] = modules
            raise


class RowsByName(dict[str, Primitive]):
    """A table of rows. It seems to have those of `load_later` from the start."""

    def __missing__(self, name: str) -> Primitive:
        _load()
        if name in self.present():
            return self[name]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        if name not in self.present():
            _load()
        return name in self.present()

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[str]:
        _load()
        return super().__iter__()

    def __len__(self) -> int:
        _load()
        return super().__len__()

    def keys(self) -> Any:
        _load()
        return super().keys()

    def values(self) -> Any:
        _load()
        return super().values()

    def items(self) -> Any:
        _load()
        return super().items()

    def present(self) -> KeysView[str]:
        """The names of the rows that are loaded."""
        return super().keys()


PRIMITIVES = RowsByName()
"""All primitives with inputs, by name."""

_WATCHERS: list[Callable[[Primitive], None]] = []


def register(primitive: Primitive) -> Primitive:
    """Put a primitive into the table; names are taken once."""
    if primitive.name in PRIMITIVES.present():
        raise ValueError(f"{primitive.name} is in the table already")
    PRIMITIVES[primitive.name] = primitive
    for see in _WATCHERS:
        see(primitive)
    return primitive


def see_rows(see: Callable[[Primitive], None]) -> None:
    """Show every row to `see`, those that come later as well."""
    _WATCHERS.append(see)
    for name in tuple(PRIMITIVES.present()):
        see(PRIMITIVES[name])


def elementwise(
    name: str,
    /,
    *partials: Rule | None,
    inputs: str = "",
    latex: str | None = None,
    c: str | None = None,
    python: str = "",
    **row: Any,
) -> Primitive:
    """A row for a function of numbers: `elementwise("exp", lambda m, x, out: out)`.

    latex     the name in LaTeX, upright if it is not given; or a template with `#1`, `#2` for the
              arguments, each in a place that needs no brackets (`#+1` is the right operand of a
              sum)
    c         the name in C, for a function of `libraries` to be given; "" where C gets none; one
              that is not in math.h has a definition in adcli.export.definitions
    python    what Python and NumPy are given instead of the engine's own function where all
              arguments are finite

    Operators, and functions whose row states the value, have no spelling but those given: code
    writes the value.
    """
    _load()  # so that the name is not one of theirs
    names = tuple(inputs.split()) or ("x", "y", "z")[: len(partials)]
    row.setdefault("sample", ((-3.0, 3.0),) * len(names))
    spelling = {key: text for key, text in (("latex", latex), ("c", c)) if text is not None}
    if not ("value" in row or "symbol" in row):
        named = "" if "libraries" in row else name
        usual = {"python": python, "c": named, "latex": rf"\operatorname{{{name}}}"}
        spelling = usual | spelling
    return register(
        Primitive(name, ELEMENTWISE, names, partials=partials, spelling=spelling, **row)
    )


def select(name: str, rule: Rule, inputs: str, **row: Any) -> Primitive:
    """A row for a function that passes one of its inputs on."""
    return register(Primitive(name, SELECT, tuple(inputs.split()), rule=rule, **row))


def structural(
    name: str,
    *,
    kind: str = LINEAR,
    inputs: str = "x",
    numpy: Rule | None = None,
    latex: Rule | None = None,
    **row: Any,
) -> Primitive:
    """A row for a function of arrays, linear in its only input unless `kind` and `inputs` say what
    it is. `numpy` is its spelling, `(attr, shapes of the inputs) -> template` (None where there is
    none), `latex` that in LaTeX, `attr -> template`."""
    spelling = {key: rule for key, rule in (("numpy", numpy), ("latex", latex)) if rule}
    return register(Primitive(name, kind, tuple(inputs.split()), spelling=spelling, **row))


def function_of_row(m: Any, name: str, library: str = "") -> Rule:
    """The function that a row gives the algebra `m`: its stated value, or that of a library.

    The `__getattr__` of every namespace ends here, so that no engine spells such a function again.
    `library` is the algebra's key in the row's `libraries`, whose function is taken first. Raises
    AttributeError for other names.
    """
    row = PRIMITIVES.get(name)
    if row is not None and library in row.libraries:
        return _imported(row.libraries[library])
    if row is not None and row.value is not None:
        return partial(row.value, m)
    if row is None or library != "numpy" or "shared" not in row.libraries:
        raise AttributeError(f"there is no function {name!r}")
    return partial(_imported(row.libraries["shared"]), m)


def _imported(place: str) -> Rule:
    module, _, function = place.rpartition(".")
    found: Rule = getattr(import_module(module), function)
    return found


def one(m: Any, *_: Any) -> float:
    """The partial derivative 1; the sweeps know it and do not multiply."""
    return 1.0


def minus_one(m: Any, *_: Any) -> float:
    """The partial derivative -1."""
    return -1.0


def no_derivative(m: Any, *_: Any) -> Any:
    """The partial by what has none, such as a count: not a number, and an error says why."""
    return m.inf - m.inf
