"""The graph as a complete function of value and derivatives, in Python, NumPy or C.

A generated function gives the engine's numbers, to rounding. Nothing raises and nothing loops for
ever: outside a domain the result is nan, at a pole nan or an infinity, as the engine computes it
before it calls it an error. Python and NumPy get the engine's own functions
(`adcli.export.engine_functions`), C those of math.h and `adcli.export.c_functions`.

What occurs more than once is computed once, in a temporary; long expressions are cut into
temporaries too, so that no compiler runs out of stack.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from adcli.errors import LanguageError
from adcli.export.definitions import C_NAMES, DEFINITIONS, dependencies
from adcli.export.engine_functions import MODULES, EngineFunctions
from adcli.graph.axes import Shape
from adcli.graph.expand import expanded
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    CONSTANT,
    DIVIDE,
    ELEMENTWISE,
    LEAF,
    MAXIMUM,
    MINIMUM,
    NAMED,
    NEGATIVE,
    POWER,
    PRIMITIVES,
    SELECT,
    VARIABLE,
    WHERE,
    Primitive,
)
from adcli.graph.shapes import infer_shapes
from adcli.graph.structure import INDEX
from adcli.language.printing import (
    ANY,
    ATOM,
    OPERATORS,
    PRODUCT,
    UNARY,
    Layout,
    Part,
    fill,
    fresh_names,
    listed,
    shared_nodes,
    write,
)
from adcli.language.text import SHORT_WORDS, key_text

MAX_OPERATIONS = 24
"""Operations in one expression; a longer one is cut."""
MAX_COLUMNS = 90
"""A longer result has a line for each derivative."""

_DETACH = PRIMITIVES["detach"]
_NAMED = {"pi": "3.141592653589793", "tau": "6.283185307179586", "e": "2.718281828459045"}
_PYTHON = {name: f"math.{name}" for name in (*_NAMED, "inf", "nan")}
_NUMPY = {"pi": "np.pi", "tau": "(2.0*np.pi)", "e": "np.e", "inf": "np.inf", "nan": "np.nan"}


@dataclass(frozen=True)
class Target:
    """What differs between the languages.

    constants    spelling of pi, e, tau, inf and nan
    mask         a comparison as a number, with #1 for the comparison
    choice       where(c, a, b)
    reserved     names that variables must not have
    """

    name: str
    title: str
    constants: Mapping[str, str]
    mask: str
    choice: str
    reserved: frozenset[str]


TARGETS = {
    "python": Target(
        "python",
        "Python without NumPy",
        _PYTHON,
        "float(#1)",
        "(#2 if #1 else #3)",
        frozenset({*keyword.kwlist, *keyword.softkwlist, "math", "float"}),
    ),
    "numpy": Target(
        "numpy",
        "NumPy",
        _NUMPY,
        "np.where(#1, 1.0, 0.0)",
        "np.where(#1, #2, #3)",
        frozenset({*keyword.kwlist, *keyword.softkwlist, "math", "np", "float"}),
    ),
    "c": Target(
        "c",
        "C",
        {**_NAMED, "inf": "INFINITY", "nan": "NAN"},
        "(double)(#1)",
        "(#1 ? #2 : #3)",
        C_NAMES,
    ),
}


@dataclass(frozen=True)
class Sketch:
    """What a function is made of.

    variables    the function's arguments: name -> node, in order
    value        the node of its value
    derivatives  node by the variables that it is differentiated by: {("x",): ..., ("x", "y"): ...}
    shapes       of the variables that are not numbers
    text         the program, for messages
    """

    graph: Graph
    variables: Mapping[str, int]
    value: int
    derivatives: Mapping[tuple[str, ...], int]
    shapes: Mapping[str, Shape]
    text: str | None = None

    @property
    def outputs(self) -> list[int]:
        """The nodes of all results."""
        return [self.value, *self.derivatives.values()]


def to_code(sketch: Sketch, target: str, name: str = "f") -> str:
    """A complete function of value and derivatives for one of TARGETS.

    Python and NumPy: `def f(x, y)` returns the value and a tuple of derivatives. C:
    `double f(double x, double y, double *gradient)`. Raises LanguageError, with the place, for an
    operation that the target cannot say.
    """
    writer = _Writer(sketch, TARGETS[target], name)
    return writer.c_function() if target == "c" else writer.python_function()


def derivative_label(wrt: Sequence[str], name: str = "f") -> str:
    """How a derivative is called: df/dx, d2f/dx2, d3f/dx2 dy.

    >>> derivative_label(["x"]), derivative_label(["x", "x", "y"])
    ('df/dx', 'd3f/dx2 dy')
    """
    parts = []
    for v in dict.fromkeys(wrt):
        count = list(wrt).count(v)
        parts.append(f"d{v}{count if count > 1 else ''}")
    order = str(len(wrt)) if len(wrt) > 1 else ""
    return f"d{order}{name}/{' '.join(parts)}"


def identifiers(
    names: Iterable[str], reserved: Iterable[str], ascii_only: bool = False
) -> dict[str, str]:
    """An identifier for each name, as near to it as may be, all different.

    >>> identifiers(["x", "my col", "x′", "for"], ["for"])
    {'x': 'x', 'my col': 'my_col', 'x′': 'x_', 'for': 'for_'}
    """
    taken = set(reserved)
    found = {}
    for name in names:
        plain = "".join(_spelled_out(c) if ascii_only else c for c in name)
        plain = re.sub(r"\W", "_", unicodedata.normalize("NFKC", plain))
        if not plain.isidentifier():
            plain = f"_{plain}" if f"_{plain}".isidentifier() else "x_"
        while plain in taken:
            plain += "_"
        taken.add(plain)
        found[name] = plain
    return found


def _spelled_out(character: str) -> str:
    """α as alpha; other letters that are not ASCII by their number."""
    if character.isascii():
        return character
    words = unicodedata.name(character, "").split()
    if words[:1] == ["GREEK"] and len(words) >= 4 and words[2] == "LETTER":
        return words[3].title() if words[1] == "CAPITAL" else words[3].lower()
    return f"u{ord(character):x}"


def _sayable(sketch: Sketch, target: str) -> Sketch:
    """The sketch with functions that the target does not spell as their rows state the value."""
    value, *rest = expanded(sketch.graph, sketch.outputs, lambda op: _is_had(op, target))
    derivatives = dict(zip(sketch.derivatives, rest, strict=True))
    return replace(sketch, value=value, derivatives=derivatives)


def _is_had(op: Primitive, target: str) -> bool:
    """Whether a target has a function of its own for a row that states its value."""
    if target in MODULES:
        return EngineFunctions(target).call(op.name) is not None
    return target in op.spelling


class _Writer:
    def __init__(self, sketch: Sketch, target: Target, name: str) -> None:
        sketch = _sayable(sketch, target.name)
        self.sketch = sketch
        self.graph = sketch.graph
        self.target = target
        self.order = self.graph.reach(sketch.outputs)
        self.helpers = DEFINITIONS[target.name]
        reserved = {*target.reserved, *self.helpers, "gradient"}
        self.name = identifiers([name], reserved)[name]
        self.arguments = identifiers(
            sketch.variables, {*reserved, self.name}, ascii_only=target.name == "c"
        )
        self.names = {node: self.arguments[v] for v, node in sketch.variables.items()}
        self.shapes: dict[int, Shape] = {}
        if target.name == "numpy":
            self.shapes = infer_shapes(self.graph, self.order, sketch.shapes, sketch.text)
        self.used: set[str] = set()
        taken = {*reserved, self.name, *self.arguments.values()}
        self.fresh = fresh_names(taken)
        self.engine = EngineFunctions(target.name, taken) if target.name in MODULES else None

    # ---- whole functions ----

    def python_function(self) -> str:
        statements = [f"{name} = {text}" for name, text in self.temporaries()]
        value = self.text(self.sketch.value)
        gradient = [self.text(node) for node in self.sketch.derivatives.values()]
        inside = ", ".join(gradient) + ("," if len(gradient) == 1 else "")
        result = f"return {value}, ({inside})"
        if len(result) <= MAX_COLUMNS:
            statements.append(result)
        else:
            lines = [f"    {text}," for text in gradient]
            statements += [f"return {value}, (", *lines, ")"]
        if self.target.name == "numpy":
            asarray = [f"{n} = np.asarray({n}, dtype=float)" for n in self.arguments.values()]
            statements = [*asarray, 'with np.errstate(all="ignore"):', *_indented(statements)]
            imports = ["import numpy as np"]
        else:
            imports = []
        definitions = self._definitions()
        if any("math." in text for text in (*statements, *definitions)):
            imports.insert(0, "import math")
        blocks = ["\n".join(imports)] if imports else []
        blocks += definitions
        doc = f'    """The value and ({", ".join(self._labels())})."""'
        signature = f"def {self.name}({', '.join(self.arguments.values())}):"
        blocks.append("\n".join([signature, doc, *_indented(statements)]))
        return "\n\n\n".join(blocks) + "\n"

    def c_function(self) -> str:
        statements = [f"const double {name} = {text};" for name, text in self.temporaries()]
        for k, node in enumerate(self.sketch.derivatives.values()):
            statements.append(f"gradient[{k}] = {self.text(node)};")
        statements.append(f"return {self.text(self.sketch.value)};")
        body = "\n".join(statements)
        unused = [n for n in self.arguments.values() if not re.search(rf"\b{n}\b", body)]
        if not self.sketch.derivatives:
            unused.append("gradient")
        statements[:0] = [f"(void){n};" for n in unused]
        lines = ["#include <math.h>", ""]
        for definition in self._definitions():
            lines += [definition, ""]
        written = [f"gradient[{k}] = {label}" for k, label in enumerate(self._labels())]
        lines.append("/* Returns the value" + "".join(f"; {w}" for w in written) + ". */")
        arguments = [f"double {n}" for n in self.arguments.values()] + ["double *gradient"]
        lines += [f"double {self.name}({', '.join(arguments)})", "{", *_indented(statements), "}"]
        return "\n".join(lines) + "\n"

    def _labels(self) -> list[str]:
        """The derivatives' labels in the identifiers of the code."""
        return [
            derivative_label([self.arguments[v] for v in wrt], self.name)
            for wrt in self.sketch.derivatives
        ]

    def _definitions(self) -> list[str]:
        """The functions that are used and are not a library's."""
        written = self.engine.definitions() if self.engine else []
        return written + [self.helpers[n] for n in dependencies(self.helpers, self.used)]

    # ---- temporaries ----

    def temporaries(self) -> list[tuple[str, str]]:
        """Names and expressions, in the order of computation; nodes are names from then on."""
        graph = self.graph
        outputs = self.sketch.outputs
        wanted = set(shared_nodes(graph, outputs))
        sizes: dict[int, int] = {}
        lines = []
        for i in self.order:
            size = 1 + sum(sizes[a] for a in graph.args[i])
            is_cut = size > MAX_OPERATIONS and i not in outputs
            if i in self.names or not (i in wanted or is_cut):
                sizes[i] = 0 if i in self.names else size
                continue
            name = next(self.fresh)
            lines.append((name, self.text(i)))
            self.names[i] = name
            sizes[i] = 0
        return lines

    # ---- expressions ----

    def text(self, node: int) -> str:
        """One node as an expression."""
        text = write(self.lay_out, node)
        for helper in self.helpers:
            if helper in text and re.search(rf"\b{helper}\(", text):
                self.used.add(helper)
        return text

    def lay_out(self, node: int) -> Layout:
        """The level and the parts of a node."""
        graph = self.graph
        while graph.ops[node] is _DETACH and node not in self.names:
            (node,) = graph.args[node]
        name = self.names.get(node)
        if name is not None:
            return ATOM, [name]
        op, args, attr = graph.ops[node], graph.args[node], graph.attrs[node]
        if op.kind == LEAF:
            return self._leaf(node, op, attr)
        if op is NEGATIVE:
            return UNARY, ["-", (args[0], UNARY)]
        if op is POWER:
            return self._power(node, *args)
        if op is WHERE:
            return ATOM, fill(self.target.choice, [self._condition(args[0]), args[1], args[2]])
        levels = OPERATORS.get(op.name)
        if op is DIVIDE and self._divides_by_zero(*args):
            return ATOM, self._function(node, op, args, attr)
        if levels is not None and (op.kind == ELEMENTWISE or self.target.name == "numpy"):
            if op.partials == (None, None):
                return self._mask(op, args)
            level, left, right = levels
            spaced = op.symbol if op.symbol in ("*", "/") else f" {op.symbol} "
            return level, [(args[0], left), spaced, (args[1], right)]
        if op is INDEX and self.target.name == "numpy":
            return ATOM, [(args[0], ATOM), f"[{key_text(attr)}]"]
        return ATOM, self._function(node, op, args, attr)

    def _leaf(self, node: int, op: Primitive, attr: Any) -> Layout:
        if op is NAMED:
            return ATOM, [self.target.constants[attr]]
        if op is not CONSTANT:
            raise self._unsayable(node, f"the variable '{attr}' without a value")
        text = repr(attr)
        if text.endswith(("inf", "nan")):
            text = text.replace(text[-3:], self.target.constants[text[-3:]])
        elif not re.search(r"[.e]", text):
            text += ".0"  # a Literal such as 12345678901234567890
        return (UNARY if text[0] == "-" else ATOM), [text]

    def _power(self, node: int, x: int, y: int) -> Layout:
        graph = self.graph
        exponent = graph.attrs[y] if graph.ops[y] is CONSTANT else None
        base = self.names.get(x)
        if exponent in (2.0, 3.0) and base is not None:
            return PRODUCT, ["*".join([base] * int(exponent))]
        if exponent == 2.0 and self.target.name == "numpy":
            return ATOM, ["np.square(", (x, ANY), ")"]
        return ATOM, self._function(node, POWER, (x, y), None)

    def _divides_by_zero(self, x: int, y: int) -> bool:
        """Whether the target's x/y may raise: Python's floats, and NumPy's where both are such."""
        graph = self.graph
        if self.target.name == "numpy":
            return not (graph.varying[x] or graph.varying[y])
        is_safe = graph.ops[y] is NAMED or (graph.ops[y] is CONSTANT and graph.attrs[y] != 0)
        return self.target.name == "python" and not is_safe

    def _is_finite(self, node: int) -> bool:
        """Whether a node is finite wherever the variables are, as far as can be seen at once."""
        graph = self.graph
        while graph.ops[node] is NEGATIVE:
            (node,) = graph.args[node]
        is_number = graph.ops[node] is CONSTANT and isfinite(graph.attrs[node])
        return is_number or graph.ops[node] is VARIABLE

    def _mask(self, op: Primitive, args: tuple[int, ...]) -> Layout:
        parts = self._comparison(op, args)
        before, after = self.target.mask.split("#1")
        level = UNARY if before.startswith("(") else ATOM
        return level, [before, *parts, after]

    def _comparison(self, op: Primitive, args: tuple[int, ...]) -> list[Part]:
        _, left, right = OPERATORS[op.name]
        return [(args[0], left), f" {op.symbol} ", (args[1], right)]

    def _condition(self, node: int) -> list[Part] | int:
        """The condition of a choice: a bare comparison, or whether a number is not 0."""
        op = self.graph.ops[node]
        if node not in self.names and op.name in OPERATORS and op.partials == (None, None):
            return self._comparison(op, self.graph.args[node])
        return [(node, OPERATORS["not_equal"][1]), " != 0.0"]

    def _function(self, node: int, op: Primitive, args: tuple[int, ...], attr: Any) -> list[Part]:
        is_number = op.kind in (ELEMENTWISE, SELECT)
        template = op.spelling.get(self.target.name)
        if callable(template) and not is_number:
            return fill(template(attr, [self.shapes[a] for a in args]), list(args))
        if self.engine and is_number and not (template and all(map(self._is_finite, args))):
            template = self.engine.call(op.name)
        if not template or not is_number:
            raise self._unsayable(node, f"'{SHORT_WORDS.get(op.word, op.word)}'")
        if op in (MAXIMUM, MINIMUM) and self.target.name == "c":
            parts: list[Part] = [(args[0], ANY)]
            for a in args[1:]:
                parts = [f"{template}(", *parts, ", ", (a, ANY), ")"]
            return parts
        if "#" not in template:
            return [f"{template}(", *listed(args), ")"]
        return fill(template, list(args))

    def _unsayable(self, node: int, what: str) -> LanguageError:
        hints = {
            "python": "--as numpy has arrays and more functions",
            "c": "--as numpy has arrays and more functions",
            "numpy": "--as text can say everything",
        }
        return LanguageError(
            f"{self.target.title} has no spelling for {what}",
            hints[self.target.name],
            span=self.graph.span(node),
            text=self.sketch.text,
        )


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]
