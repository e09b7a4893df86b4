"""`adcli functions`."""

from __future__ import annotations

import click

from adcli.cli.declare import Options, argument, as_command, option
from adcli.cli.formats import JSON, FormatOption
from adcli.cli.options import COLOR, OUTPUT
from adcli.cli.show import show

EXAMPLES = """\b
Examples:
  adcli functions
  adcli functions tanh
  adcli functions --format json"""


class FunctionsOptions(Options):
    """Which functions, and how they are written."""

    name: str | None = argument(required=False)
    form: str = option(
        "--format",
        type=click.Choice(["table", "json", "plain"]),
        cls=FormatOption,
        endings=JSON,
        fallback="table",
        help="table for people; json (an object a line); plain: the names. The default goes by the"
        " name of -o FILE, else it is table.",
    )
    output: str | None = OUTPUT
    color: None = COLOR


@as_command("functions", EXAMPLES)
def command(options: FunctionsOptions) -> int:
    """The functions of the language, with the derivative rules that the sweeps use.

    With NAME (or the sign of an operator) only that function, in full.
    """
    from adcli.report.function_table import FunctionsReport, describe_functions

    name = options.name
    report = FunctionsReport(describe_functions(name), in_full=name is not None)
    show(report, options.form, options.output)
    return 0
