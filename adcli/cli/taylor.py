"""`adcli taylor`."""

from __future__ import annotations

from adcli.cli.declare import as_command
from adcli.cli.show import show
from adcli.cli.taylor_options import EXAMPLES, TaylorOptions
from adcli.cli.terminal import remark
from adcli.engines.power_series import expand
from adcli.function import function
from adcli.report.taylor import SeriesReport


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
        along = options.along(f)
        found = expand(f, point, along, options.order, digits, options.strict)
        report = SeriesReport(point, along or f.variables[0], found, digits)
        show(report, options.form, options.output, options.digits)
        if found.kink is not None:
            remark(f"note: {found.kink.message}; the series takes the {found.kink.taken}\n")
        if not found.is_exact:
            remark(
                "note: computed in float64 alone: the program is long; --precision 30 is exact\n"
            )
    return 0
