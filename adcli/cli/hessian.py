"""`adcli hessian`."""

from __future__ import annotations

from typing import Any

from adcli.cli import options
from adcli.cli.run import run

EXAMPLES = """\b
Examples:
  adcli hessian '(1 - x)^2 + 100(y - x^2)^2' --at x=1,y=1
  adcli hessian 'exp(x*y)' --at x=1,y=2 --wrt y --format json
  adcli hessian 'logsumexp(v)' --at 'v=[1,2,3]'"""


@options.command("hessian", EXAMPLES)
@options.expression
@options.point
@options.mode()
@options.wrt
@options.strict
@options.arithmetic
@options.rows_output
def command(**parsed: Any) -> int:
    """The matrix of second derivatives of EXPR at each point.

    The gradient is built as a graph by a reverse sweep; sweeps of --mode differentiate it again.
    """
    return run("hessian", **parsed)
