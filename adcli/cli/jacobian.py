"""`adcli jacobian`."""

from __future__ import annotations

from typing import Any

from adcli.cli import options
from adcli.cli.run import run

EXAMPLES = """\b
Examples:
  adcli jacobian 'r*cos(t), r*sin(t)' --at r=2,t=pi/6
  adcli jacobian 'A@x' --at 'A=[[1,2],[3,4]],x=[5,6]' --wrt x
  adcli jacobian 'softmax(v)' --at 'v=[1,2,3]' --mode forward --format json"""


@options.command("jacobian", EXAMPLES)
@options.expression
@options.point
@options.mode("auto", default="auto")
@options.wrt
@options.strict
@options.arithmetic
@options.rows_output
def command(**parsed: Any) -> int:
    """The matrix of first derivatives of EXPR, a row a result, at each point.

    Several results are separated by commas; an array is one result per element. --mode auto sweeps
    forward where there are fewer variables than results, else in reverse.
    """
    return run("jacobian", **parsed)
