"""Taylor coefficients at a point, each right to the last digit of a float64 or of a precision.

The recurrences of a power series may amplify rounding: where a quotient has a removable singularity
at the distance r, like r^-k. So the float64 program is expanded in 40 digits beside float64, and in
80 where the two show that 40 might not do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adcli.ad.blame import remedy, written_out
from adcli.ad.evaluate import Run
from adcli.ad.tasks import Task
from adcli.ad.taylor import Series
from adcli.engines.columns import is_number
from adcli.engines.point import sweep_point
from adcli.errors import DomainError, KinkError, LanguageError, UsageError
from adcli.given import check_kinds, check_number
from adcli.graph.primitives import PRIMITIVES

if TYPE_CHECKING:
    from adcli.graph.program import Program

EXPANSION_DIGITS = (40, 80)
"""Digits of the expansions beside float64."""
SPARE = 20
"""Digits that each coefficient of those keeps at least."""
AFFORDABLE = 1_000_000
"""Products of numbers, roughly, up to which expansions in many digits take a second or two."""
_KNOWN_UP_TO = {
    "det": ("cofactors", 2),
    "gammainc": ("dgammainc", 4),
    "gammaincc": ("dgammainc", 4),
    "gammapdf": ("dgammapdf", 4),
    "betainc": ("dbetainc", 4),
}
"""Functions with derivatives up to an order, and the row whose remedy says so."""


@dataclass(frozen=True)
class Expansion:
    """The coefficients c_0 ... c_order of f(point + t direction).

    direction  of the line, by variable
    kink       what would be an error with `strict`, None at a smooth point
    is_exact   whether each coefficient is right to its last digit, or of float64 alone
    """

    coefficients: list[Any]
    direction: Mapping[str, Any]
    kink: KinkError | None
    is_exact: bool


def expand(
    program: Program,
    point: Mapping[str, Any],
    along: str | Mapping[str, Any] | None,
    order: int,
    digits: int | None = None,
    strict: bool = False,
) -> Expansion:
    """The power series of the only result along a variable or a direction.

    With `digits` the coefficients are mpmath numbers. Raises LanguageError unless the result is one
    number, and DomainError, naming the operation, for a coefficient that is not finite.
    """
    if not (along is None or isinstance(along, (str, Mapping))):
        raise UsageError("a series goes along a variable or a direction", "'x', or {'x': 1.0}")
    check_number(order, "the order", whole=True)
    check_kinds(point=point)
    direction = along if isinstance(along, Mapping) else {_name(program, point, along): 1.0}
    program.names(direction)
    if order < 0:
        raise UsageError(f"there are no coefficients of order {order}", "orders begin at 0")
    order = int(order)
    task = Task("directional", direction=direction, strict=strict)
    results = sweep_point(program, point, task, "auto", digits)
    run = results.run
    output = _one_number(program, run)
    with run.algebra.context():
        seeds = {program.inputs[name]: run.algebra.pack(d) for name, d in direction.items()}
        series = Series(run, output, seeds, order)
        found = [_number(c) for c in series.of(output, order)]
    size = max(math.prod(run.algebra.shape(run.values[i])) for i in run.order)
    is_affordable = len(series.coefficients) * order**2 / 2 * size <= AFFORDABLE
    if digits is None and is_affordable:
        found = _checked(run, output, seeds, order, found)
    for k, c in enumerate(found):
        if not _is_finite(c):
            raise _error(program, run, series, output, k, digits)
    return Expansion(found, direction, results.kink(direction), digits is not None or is_affordable)


def _name(program: Program, point: Mapping[str, Any], name: str | None) -> str:
    """A variable to go along: the one named, or the only one; it must be a number."""
    if name is None and len(program.inputs) != 1:
        raise UsageError(
            f"the program has {len(program.inputs)} variables, a series goes along a line",
            "--wrt x goes along one of them, --direction x=1,y=2 along all",
        )
    name = program.variables[0] if name is None else name
    if not is_number(point.get(name, 0.0)):
        raise UsageError(
            f"'{name}' is an array, a series goes along a line",
            f"--direction '{name}=[1, 0, ...]' says in which direction",
        )
    return name


def _one_number(program: Program, run: Run) -> int:
    if len(program.outputs) != 1:
        raise LanguageError(
            f"a Taylor series needs one result, the program has {len(program.outputs)}",
            "expand them one by one",
            span=program.graph.span(program.outputs[0]),
            text=program.text,
        )
    (output,) = program.outputs
    shape = run.algebra.shape(run.values[output])
    if shape:
        raise LanguageError(
            f"a Taylor series needs a number as the result, not an array of shape {list(shape)}",
            "an index such as [0] takes a number of it",
            span=program.graph.span(output),
            text=program.text,
        )
    return output


def _number(value: Any) -> Any:
    """The number in a value of any algebra."""
    return value.reshape(-1).tolist()[0] if hasattr(value, "reshape") else value


def _is_finite(c: Any) -> bool:
    return bool(c - c == 0)


def _checked(
    run: Run, output: int, seeds: dict[int, Any], order: int, floats: Sequence[float]
) -> list[float]:
    """The coefficients from many digits, rounded to float64.

    Where float64 is so far away that too few digits are left, what is below them is 0.
    """
    from adcli.algebras.digits import exactly, exactly_this

    found: list[Any] = []
    lost: list[bool] = []
    for digits in EXPANSION_DIGITS:
        exact = exactly(run, digits)
        with exact.algebra.context():
            seeds_here = {node: exactly_this(d, exact.algebra) for node, d in seeds.items()}
            series = Series(exact, output, seeds_here, order)
            found = [_number(c) for c in series.of(output, order)]
            limit = 10.0 ** (digits - 16 - SPARE)
            pairs = zip(found, floats, strict=True)
            lost = [math.isfinite(x) and c != 0 and abs(c - x) > limit * abs(c) for c, x in pairs]
        if not any(lost):
            break
    return [0.0 if is_lost else float(c) for c, is_lost in zip(found, lost, strict=True)]


def _error(
    program: Program, run: Run, series: Series, output: int, order: int, digits: int | None
) -> DomainError:
    """The error for a coefficient that is not finite: the operation whose inputs still are."""
    graph, node = program.graph, output

    def fails(a: int) -> bool:
        known = [c for c in series.coefficients.get(a, [])[: order + 1] if c is not None]
        return not all(map(run.algebra.is_finite, known))

    while worse := list(filter(fails, graph.args[node])):
        node = worse[0]
    written = written_out(run, (node, None), program.text)
    which = "the derivative" if order == 1 else f"the derivative of order {order}"
    hint = remedy(graph, node)
    row, known = _KNOWN_UP_TO.get(graph.ops[node].name, ("", order))
    if order > known:
        hint = PRIMITIVES[row].remedy
    elif digits is None and order > 1:
        hint = "it does not exist here, or is beyond float64: --precision 50 tells which"
    return DomainError(
        f"{which} of {written} is not finite", hint, span=graph.span(node), text=program.text
    )
