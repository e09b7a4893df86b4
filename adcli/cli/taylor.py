"""`adcli taylor`."""

from __future__ import annotations

from typing import Any

import click

from adcli.ad.radius import Radius, suggested_radius
from adcli.cli import options
from adcli.cli.inputs import assignments, names
from adcli.cli.run import program_and_point
from adcli.cli.show import show
from adcli.cli.terminal import remark
from adcli.engines.power_series import expand
from adcli.errors import UsageError
from adcli.report.taylor import SeriesReport

EXAMPLES = """\b
Examples:
  adcli taylor 'exp(sin(x))' --at x=1 --order 20
  adcli taylor 'atan(x)' --at x=0.3 --format json
  adcli taylor 'x^y' --at x=1,y=2 --wrt x --order 5
  adcli taylor 'log(x^2 + y^2)' --at x=3,y=4 --direction x=1,y=1 --precision 30"""


@options.command("taylor", EXAMPLES)
@options.expression
@options.at
@click.option(
    "--order",
    type=click.IntRange(1, 100),
    default=10,
    metavar="N",
    help="The highest order (default 10).",
)
@click.option("--wrt", metavar="x", help="The variable to expand in, where there are several.")
@click.option(
    "--direction",
    metavar="x=1,y=2",
    multiple=True,
    help="Expand f(point + t direction) in t instead.",
)
@options.strict
@click.option(
    "--precision",
    type=click.IntRange(1, 100_000),
    metavar="DIGITS",
    help="Compute with that many decimal digits.",
)
@options.output
def command(**parsed: Any) -> int:
    """The Taylor series of EXPR at a point: coefficients and derivatives of high order.

    One sweep gives all orders; order N takes N² operations for each operation of the program, not
    2^N. The coefficients are right to the last digit, even where float64 alone would lose digits. A
    series that takes more than a million products is computed in float64 alone, and a note says so.
    The radius of convergence is an estimate: a finite number of coefficients proves nothing.
    """
    f, point = program_and_point({**parsed, "engine": "auto"})
    along: Any = parsed["wrt"]
    if parsed["direction"]:
        along = assignments(parsed["direction"], "--direction", parsed["precision"])
    elif along is not None:
        along, *more = names(along) or []
        if more:
            raise UsageError("--wrt names several variables", "--direction x=1,y=1 is a line")
    found = expand(f, point, along, parsed["order"], parsed["precision"], parsed["strict"])
    if found.kink is not None:
        remark(f"note: {found.kink.message}; the series takes the subgradient of least norm\n")
    if not found.is_exact:
        remark("note: computed in float64 alone: the program is long; --precision 30 is exact\n")
    report = SeriesReport(
        point,
        along or f.variables[0],
        found.coefficients,
        Radius(None) if found.kink is not None else suggested_radius(found.coefficients),
        parsed["precision"],
        found.kink is not None,
    )
    show(report, parsed)
    return 0
