"""`adcli hessian`."""

from __future__ import annotations

from adcli.cli.declare import as_command
from adcli.cli.run import run
from adcli.cli.run_options import RunOptions

EXAMPLES = """\b
Examples:
  adcli hessian '(1 - x)^2 + 100(y - x^2)^2' --at x=1,y=1
  adcli hessian 'exp(x*y)' --at x=1,y=2 --wrt y --format json
  adcli hessian 'logsumexp(v)' --at 'v=[1,2,3]'
  printf 'x,y\\n-1,9\\n0,1\\n1,3\\n2,6\\n' | adcli hessian 'sum((y - a*exp(b*x))^2)' --data - \\
    --at a=1,b=1"""


class HessianOptions(RunOptions):
    """How to find a Hessian, of a loss over the rows of a table too."""

    model: None = None
    direction: tuple[()] = ()


@as_command("hessian", EXAMPLES)
def command(options: HessianOptions) -> int:
    """The matrix of second derivatives of EXPR at each point.

    The gradient is built as a graph by a reverse sweep; sweeps of --mode differentiate it again.
    With --data the columns of a table are vectors of EXPR, and are not differentiated for.
    """
    return run("hessian", options)
