"""`adcli taylor`."""

from __future__ import annotations

from typing import Any

from adcli.cli.declare import Options, as_command
from adcli.cli.inputs import assignments, wrt_names
from adcli.cli.kinds import count, text, texts
from adcli.cli.needs import NO_WRT
from adcli.cli.options import STRICT, AtOptions, OutputOptions, PrecisionOptions, ProgramOptions
from adcli.cli.show import show
from adcli.cli.terminal import remark
from adcli.engines.power_series import expand
from adcli.errors import UsageError
from adcli.function import Function, function
from adcli.report.taylor import SeriesReport

EXAMPLES = """\b
Examples:
  adcli taylor 'exp(sin(x))' --at x=1 --order 20
  adcli taylor 'atan(x)' --at x=0.3 --format json
  adcli taylor 'x^y' --at x=1,y=2 --wrt x --order 5
  adcli taylor 'log(x^2 + y^2)' --at x=3,y=4 --direction x=1,y=1 --precision 30"""


class SeriesOptions(Options):
    """Which series."""

    order: int = count("The highest order (default 10).", least=1, most=100, default=10)
    wrt: str | None = text("x", "The variable to expand in, where there are several.")
    direction: tuple[str, ...] = texts(
        "x=1,y=2", "Expand f(point + t direction) in t instead.", NO_WRT
    )
    strict: bool = STRICT


class TaylorOptions(ProgramOptions, AtOptions, SeriesOptions, PrecisionOptions, OutputOptions):
    """All options of the command."""


@as_command("taylor", EXAMPLES)
def command(options: TaylorOptions) -> int:
    """The Taylor series of EXPR at a point: coefficients and derivatives of high order.

    One sweep gives all orders; order N takes N² operations for each operation of the program, not
    2^N. The coefficients are right to the last digit, even where float64 alone would lose digits. A
    series that takes more than a million products is computed in float64 alone, and a note says so.
    The radius of convergence is an estimate: a finite number of coefficients proves nothing.
    """
    digits = options.decimal_digits
    with options.context():
        f = function(options.text)
        point, _ = options.values_at(f, digits)
        along = _line(options, f, digits)
        found = expand(f, point, along, options.order, digits, options.strict)
        if found.kink is not None:
            remark(f"note: {found.kink.message}; the series takes the subgradient of least norm\n")
        if not found.is_exact:
            remark(
                "note: computed in float64 alone: the program is long; --precision 30 is exact\n"
            )
        report = SeriesReport(point, along or f.variables[0], found, digits)
        show(report, options.form, options.output, options.digits)
    return 0


def _line(options: TaylorOptions, f: Function, digits: int | None) -> str | dict[str, Any] | None:
    """The variable or the direction to expand along; None is the only variable."""
    if options.direction:
        return assignments(options.direction, "--direction", digits, f)
    if options.wrt is None:
        return None
    variable, *more = wrt_names(options.wrt, f) or []
    if more:
        raise UsageError("--wrt names several variables", "--direction x=1,y=1 is a line")
    return variable
