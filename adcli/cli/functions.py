"""`adcli functions`."""

from __future__ import annotations

from adcli.cli.declare import Options, argument, as_command
from adcli.cli.formats import JSON
from adcli.cli.kinds import format_choice
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
    form: str = format_choice(
        "--format",
        ["table", "json", "plain"],
        JSON,
        "table for people; json (an object a line); plain: the names.",
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
