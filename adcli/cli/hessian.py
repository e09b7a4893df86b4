"""`adcli hessian`."""

from __future__ import annotations

from adcli.cli.declare import as_command
from adcli.cli.options import (
    ArithmeticOptions,
    MatrixOptions,
    PointsOptions,
    ProgramOptions,
    RowsOutputOptions,
)
from adcli.cli.request import Request
from adcli.cli.run import run

EXAMPLES = """\b
Examples:
  adcli hessian '(1 - x)^2 + 100(y - x^2)^2' --at x=1,y=1
  adcli hessian 'exp(x*y)' --at x=1,y=2 --wrt y --format json
  adcli hessian 'logsumexp(v)' --at 'v=[1,2,3]'"""


@as_command("hessian", EXAMPLES)
def command(
    program: ProgramOptions,
    points: PointsOptions,
    sweep: MatrixOptions,
    arithmetic: ArithmeticOptions,
    out: RowsOutputOptions,
) -> int:
    """The matrix of second derivatives of EXPR at each point.

    The gradient is built as a graph by a reverse sweep; sweeps of --mode differentiate it again.
    """
    return run("hessian", Request(program, points, arithmetic, out, sweep))
