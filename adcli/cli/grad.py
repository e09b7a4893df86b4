"""`adcli grad`."""

from __future__ import annotations

from typing import Any

import click

from adcli.cli import options
from adcli.cli.fit_options import fitted_model
from adcli.cli.run import run
from adcli.cli.tables import table_options

EXAMPLES = """\b
Examples:
  adcli grad 'x1*x2 + sin(x1)' --at x1=2,x2=3
  adcli grad 'x1*x2 + sin(x1)' --at x1=2,x2=3 --mode forward --format json
  adcli grad 'sum((A@x - b)^2)' --at 'A=[[1,2],[3,4]],x=[1,1],b=[0,1]' --wrt x
  adcli grad 'x^2*y' --at x=1,y=2 --direction x=1,y=0
  adcli grad --model decay.json --at t=2
  printf 'x,y\\n1,2\\n3,4\\n' | adcli grad 'x^y' --points - --points-format csv --format csv
  adcli grad --at x=2 -- '-x^2'"""


@options.command("grad", EXAMPLES)
@options.expression
@fitted_model
@options.point
@table_options
@options.mode()
@options.wrt
@click.option(
    "--direction",
    metavar="x=1,y=0",
    multiple=True,
    help="The derivative along a direction, by one forward sweep.",
)
@options.strict
@options.arithmetic
@options.rows_output
def command(**parsed: Any) -> int:
    """The value and the gradient of EXPR at each point."""
    return run("gradient", **parsed)
