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
however it came about. A *matrix* function states its tangent and its adjoints: see
`adcli.graph.matrices`.

A rule is right only if it is right when it is differentiated again, to any order:

* A guard states the value that the guarded form has, as a form whose derivatives are right as
  well. `where(y == 0, 0, y*x^(y-1))` is not: at y = 0 the derivative in y is 1/x, not that of 0.
* A form that does not cancel may do so once differentiated: x/hypot(x, y) gives 1/r - x^2/r^3
  instead of y^2/r^3. A function that occurs in partials, and has a partial that keeps its
  digits while that of its composition does not, earns a row of its own (`unit`, `sqdiff`, `sech`);
  the row states the value as that composition.

`registry` says what a row is; the rows are in files by family, in whose order people see them. The
families that few programs need are loaded when the first of their names is met.
"""

from __future__ import annotations

from adcli.graph.primitives import (  # noqa: F401
    arithmetic,
    circular,
    kinks,
    logarithms,
    special,
)
from adcli.graph.primitives.arithmetic import ADD as ADD
from adcli.graph.primitives.arithmetic import DIVIDE as DIVIDE
from adcli.graph.primitives.arithmetic import MULTIPLY as MULTIPLY
from adcli.graph.primitives.arithmetic import NEGATIVE as NEGATIVE
from adcli.graph.primitives.arithmetic import POWER as POWER
from adcli.graph.primitives.arithmetic import SUBTRACT as SUBTRACT
from adcli.graph.primitives.kinks import COMPARISONS as COMPARISONS
from adcli.graph.primitives.kinks import HOLDS as HOLDS
from adcli.graph.primitives.kinks import MAXIMUM as MAXIMUM
from adcli.graph.primitives.kinks import MINIMUM as MINIMUM
from adcli.graph.primitives.kinks import WHERE as WHERE
from adcli.graph.primitives.registry import COMPOUND as COMPOUND
from adcli.graph.primitives.registry import CONSTANT as CONSTANT
from adcli.graph.primitives.registry import ELEMENTWISE as ELEMENTWISE
from adcli.graph.primitives.registry import LEAF as LEAF
from adcli.graph.primitives.registry import LINEAR as LINEAR
from adcli.graph.primitives.registry import MATRIX as MATRIX
from adcli.graph.primitives.registry import MULTILINEAR as MULTILINEAR
from adcli.graph.primitives.registry import NAMED as NAMED
from adcli.graph.primitives.registry import PARAMETER as PARAMETER
from adcli.graph.primitives.registry import PRIMITIVES as PRIMITIVES
from adcli.graph.primitives.registry import REDUCTION as REDUCTION
from adcli.graph.primitives.registry import REQUIRED as REQUIRED
from adcli.graph.primitives.registry import SELECT as SELECT
from adcli.graph.primitives.registry import STATIC as STATIC
from adcli.graph.primitives.registry import VARIABLE as VARIABLE
from adcli.graph.primitives.registry import Primitive as Primitive
from adcli.graph.primitives.registry import RowsByName as RowsByName
from adcli.graph.primitives.registry import elementwise as elementwise
from adcli.graph.primitives.registry import function_of_row as function_of_row
from adcli.graph.primitives.registry import load_later as load_later
from adcli.graph.primitives.registry import minus_one as minus_one
from adcli.graph.primitives.registry import no_derivative as no_derivative
from adcli.graph.primitives.registry import one as one
from adcli.graph.primitives.registry import see_rows as see_rows
from adcli.graph.primitives.registry import structural as structural
from adcli.graph.primitives.special import SLOPE as SLOPE

load_later(
    "adcli.graph.primitives.error_functions",
    "adcli.graph.primitives.incomplete_functions",
    "adcli.graph.primitives.bessels",
    "adcli.graph.primitives.deviance",
    "adcli.graph.primitives.locations",
    "adcli.graph.primitives.lifetimes",
    "adcli.graph.primitives.counts",
)
