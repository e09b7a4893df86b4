"""`adcli hessian`."""

from __future__ import annotations

from adcli.cli.declare import as_command
from adcli.cli.run import run
from adcli.cli.run_options import MatrixOptions

EXAMPLES = """\b
Examples:
  adcli hessian '(1 - x)^2 + 100(y - x^2)^2' --at x=1,y=1
  adcli hessian 'exp(x*y)' --at x=1,y=2 --wrt y --format json
  adcli hessian 'logsumexp(v)' --at 'v=[1,2,3]'"""


@as_command("hessian", EXAMPLES)
def command(options: MatrixOptions) -> int:
    """The matrix of second derivatives of EXPR at each point.

    The gradient is built as a graph by a reverse sweep; sweeps of --mode differentiate it again.
    """
    return run("hessian", options)
