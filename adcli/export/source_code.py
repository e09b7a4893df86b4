"""The graph as a complete function of value and derivatives, in Python, NumPy or C.

A generated function gives the engine's numbers, to rounding. Nothing raises and nothing loops for
ever: outside a domain the result is nan, at a pole nan or an infinity, as the engine computes it
before it calls it an error. Python and NumPy get the engine's own functions
(`adcli.export.engine_functions`), C those of math.h and `adcli.export.c_functions`.

What occurs more than once is computed once, in a temporary; long expressions are cut into
temporaries too, so that no compiler runs out of stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from adcli.export.definitions import DEFINITIONS
from adcli.export.engine_functions import MODULES, EngineFunctions
from adcli.export.expressions import Expressions
from adcli.export.targets import TARGETS, Target, identifiers
from adcli.graph.axes import Shape
from adcli.graph.expand import expanded
from adcli.graph.graph import Graph
from adcli.graph.primitives import Primitive
from adcli.graph.shapes import infer_shapes
from adcli.language.printing import fresh_names, shared_nodes

MAX_OPERATIONS = 24
"""Operations in one expression; a longer one is cut."""
LINE_COLUMNS = 90
"""A longer result has a line for each derivative."""


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
    writer = _CodeWriter(sketch, TARGETS[target], name)
    return writer.c_function() if target == "c" else writer.python_function()


def derivative_label(wrt: Sequence[str], name: str = "f", d: str = "d") -> str:
    """How a derivative is called: df/dx, d2f/dx2, d3f/dx2 dy; with another sign for `d`.

    >>> derivative_label(["x"]), derivative_label(["x", "x", "y"])
    ('df/dx', 'd3f/dx2 dy')
    """
    parts = []
    for v in dict.fromkeys(wrt):
        count = list(wrt).count(v)
        parts.append(f"{d}{v}{count if count > 1 else ''}")
    order = str(len(wrt)) if len(wrt) > 1 else ""
    return f"{d}{order}{name}/{' '.join(parts)}"


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


class _CodeWriter:
    def __init__(self, sketch: Sketch, target: Target, name: str) -> None:
        sketch = _sayable(sketch, target.name)
        self.sketch = sketch
        self.graph = sketch.graph
        self.target = target
        self.order = self.graph.reach(sketch.outputs)
        reserved = {*target.reserved, *DEFINITIONS[target.name], "gradient"}
        self.name = identifiers([name], reserved)[name]
        self.arguments = identifiers(
            sketch.variables, {*reserved, self.name}, ascii_only=target.name == "c"
        )
        self.names = {node: self.arguments[v] for v, node in sketch.variables.items()}
        shapes: dict[int, Shape] = {}
        if target.name == "numpy":
            shapes = infer_shapes(self.graph, self.order, sketch.shapes, sketch.text)
        taken = {*reserved, self.name, *self.arguments.values()}
        self.fresh = fresh_names(taken)
        self.expressions = Expressions(self.graph, self.names, target, shapes, taken, sketch.text)

    # ---- whole functions ----

    def python_function(self) -> str:
        statements = [f"{name} = {text}" for name, text in self.temporaries()]
        value = self.expressions.text(self.sketch.value)
        gradient = [self.expressions.text(node) for node in self.sketch.derivatives.values()]
        inside = ", ".join(gradient) + ("," if len(gradient) == 1 else "")
        result = f"return {value}, ({inside})"
        if len(result) <= LINE_COLUMNS:
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
        definitions = self.expressions.definitions()
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
            statements.append(f"gradient[{k}] = {self.expressions.text(node)};")
        statements.append(f"return {self.expressions.text(self.sketch.value)};")
        body = "\n".join(statements)
        unused = [n for n in self.arguments.values() if not re.search(rf"\b{n}\b", body)]
        if not self.sketch.derivatives:
            unused.append("gradient")
        statements[:0] = [f"(void){n};" for n in unused]
        lines = ["#include <math.h>", ""]
        for definition in self.expressions.definitions():
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
            lines.append((name, self.expressions.text(i)))
            self.names[i] = name
            sizes[i] = 0
        return lines


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]
