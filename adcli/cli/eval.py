"""`adcli eval`."""

from __future__ import annotations

from adcli.cli.declare import as_command
from adcli.cli.run import run
from adcli.cli.run_options import ValueOptions

EXAMPLES = """\b
Examples:
  adcli eval 'sqrt(x^2 + y^2)' --at x=3,y=4
  adcli eval 'r = norm(v); v/r' --at 'v=[3, 4]' --format json
  adcli eval '1/3' --precision 40 --format plain
  adcli eval 'mean((a*x - y)^2)' --at a=2 --data rows.csv
  adcli eval 'norm(U)' --at network.npz
  adcli eval 'gamma_logpdf(y, 2, 3)' --at y=-1 --format json
  adcli eval --model decay.json --points later.csv --format csv
  printf 'x\\n1\\n2\\n' | adcli eval 'x^2' --points - --points-format csv --format csv

Outside its support a log density is -inf: null in json, with the reason in "error", and no failure.
rows.csv has columns x and y, later.csv has t. The examples of adcli fit make decay.json; those of
adcli descend make network.npz."""


@as_command("eval", EXAMPLES)
def command(options: ValueOptions) -> int:
    """The value of EXPR at each point."""
    return run("value", options)
