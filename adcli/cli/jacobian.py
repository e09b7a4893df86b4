"""`adcli jacobian`."""

from __future__ import annotations

from adcli.cli.declare import as_command
from adcli.cli.run import run
from adcli.cli.run_options import MatrixOptions, mode_option

EXAMPLES = """\b
Examples:
  adcli jacobian 'r*cos(t), r*sin(t)' --at r=2,t=pi/6
  adcli jacobian 'A@x' --at 'A=[[1,2],[3,4]],x=[5,6]' --wrt x
  adcli jacobian 'softmax(v)' --at 'v=[1,2,3]' --mode forward --format json"""


class JacobianOptions(MatrixOptions):
    """How to find a Jacobian."""

    mode: str = mode_option("auto", default="auto")


@as_command("jacobian", EXAMPLES)
def command(options: JacobianOptions) -> int:
    """The matrix of first derivatives of EXPR, a row a result, at each point.

    Several results are separated by commas; an array is one result per element. --mode auto sweeps
    forward where there are fewer variables than results, else in reverse.
    """
    return run("jacobian", options)
