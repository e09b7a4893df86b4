"""The table of primitives: each with its rule, once.

Every rule is written for any algebra. `m` is the algebra's namespace of functions (floats, arrays,
many-digit numbers or graph nodes); `x`, `y` are the inputs and `out` is the output. `+ - *` work on
the values themselves; division and powers go through `m`, because they must not raise.

An *elementwise* primitive states one partial derivative per input. `None` is a derivative that is
zero wherever it exists, so that nothing flows (`floor`, comparisons). A *select* primitive
(`where`, `max`) passes one of its inputs on; for input k it states who is chosen and with what
weight. What is not chosen contributes nothing, so a NaN behind it never leaks. A *reduction*
(`prod`, `max` over an axis) states the weight of every element. A *linear* or *multilinear*
primitive (`sum`, `@`) states its transpose in each input: see `adcli.graph.structure`. One that
*drops* elements (an index, a diagonal) is like a choice: what nothing takes has no derivative,
however it came about.

A rule is right only if it is right when it is differentiated again, to any order:

* A guard states the value that the guarded form has, as a form whose derivatives are right as
  well. `where(y == 0, 0, y*x^(y-1))` is not: at y = 0 the derivative in y is 1/x, not that of 0.
* A form that does not cancel may do so once differentiated: x/hypot(x, y) gives 1/r - x^2/r^3
  instead of y^2/r^3. A function that occurs in partials, and has a partial that keeps its
  digits while that of its composition does not, earns a row of its own (`unit`, `sqdiff`, `sech`);
  the row states the value as that composition.

`row` says what a row is; the rows are in files by family, in whose order people see them.
"""

from __future__ import annotations

from adcli.graph.primitives import arithmetic, circular, kinks, special
from adcli.graph.primitives.arithmetic import ADD, DIVIDE, MULTIPLY, NEGATIVE, POWER, SUBTRACT
from adcli.graph.primitives.kinks import COMPARISONS, MAXIMUM, MINIMUM, WHERE
from adcli.graph.primitives.registry import (
    CONSTANT,
    ELEMENTWISE,
    LEAF,
    LINEAR,
    MULTILINEAR,
    NAMED,
    PARAMETER,
    PRIMITIVES,
    REDUCTION,
    SELECT,
    STATIC,
    VARIABLE,
    Primitive,
    elementwise,
    function_of_row,
    minus_one,
    one,
    see_rows,
    spelled,
    spelled_in_latex,
    structural,
)
from adcli.graph.primitives.special import SLOPE

__all__ = [
    "ADD",
    "COMPARISONS",
    "CONSTANT",
    "DIVIDE",
    "ELEMENTWISE",
    "LEAF",
    "LINEAR",
    "MAXIMUM",
    "MINIMUM",
    "MULTILINEAR",
    "MULTIPLY",
    "NAMED",
    "NEGATIVE",
    "PARAMETER",
    "POWER",
    "PRIMITIVES",
    "REDUCTION",
    "SELECT",
    "SLOPE",
    "STATIC",
    "SUBTRACT",
    "VARIABLE",
    "WHERE",
    "Primitive",
    "arithmetic",
    "circular",
    "elementwise",
    "function_of_row",
    "kinks",
    "minus_one",
    "one",
    "see_rows",
    "special",
    "spelled",
    "spelled_in_latex",
    "structural",
]
