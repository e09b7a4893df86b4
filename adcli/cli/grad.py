"""`adcli grad`."""

from __future__ import annotations

from adcli.cli.declare import as_command
from adcli.cli.kinds import text
from adcli.cli.needs import Need, has, has_none
from adcli.cli.run import run
from adcli.cli.run_options import RunOptions

EXAMPLES = """\b
Examples:
  adcli grad 'x1*x2 + sin(x1)' --at x1=2,x2=3
  adcli grad 'x1*x2 + sin(x1)' --at x1=2,x2=3 --mode forward --format json
  adcli grad 'sum((A@x - b)^2)' --at 'A=[[1,2],[3,4]],x=[1,1],b=[0,1]' --wrt x
  adcli grad 'x^2*y' --at x=1,y=2 --direction x=1,y=0
  adcli grad '1 - betainc(df/2, 1/2, df/(df + t^2))/2' --at t=2,df=5
  adcli grad --model decay.json --at t=2
  printf 'x,y\\n1,2\\n3,4\\n' | adcli grad 'x^y' --points - --points-format csv --format csv
  adcli grad --at x=2 -- '-x^2'

The examples of adcli fit make decay.json."""


class GradOptions(RunOptions):
    """How to find gradients, and whether to keep a record."""

    record: str | None = text(
        "FILE.json",
        "Keep a record of the run, for 'adcli replay FILE.json'.",
        Need("needs --points or --data", has("points", "data")),
        Need("and --explain-engine exclude each other", has_none("explain_engine")),
    )


@as_command("grad", EXAMPLES)
def command(options: GradOptions) -> int:
    """The value and the gradient of EXPR at each point."""
    return run("gradient", options)
