"""`adcli functions`."""

from __future__ import annotations

from typing import Any

import click

from adcli.cli import options
from adcli.cli.formats import JSON, FormatOption
from adcli.cli.show import show

EXAMPLES = """\b
Examples:
  adcli functions
  adcli functions tanh
  adcli functions --format json"""


@options.command("functions", EXAMPLES)
@click.argument("name", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "plain"]),
    cls=FormatOption,
    endings=JSON,
    fallback="table",
    help="table for people; json (an object a line); plain: the names. The default goes by the name"
    " of -o FILE, else it is table.",
)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE; it appears when complete.")
@options.color
def command(**parsed: Any) -> int:
    """The functions of the language, with the derivative rules that the sweeps use.

    With NAME (or the sign of an operator) only that function, in full.
    """
    from adcli.report.functions import FunctionsReport, describe_functions

    name = parsed["name"]
    show(FunctionsReport(describe_functions(name), in_full=name is not None), parsed)
    return 0
