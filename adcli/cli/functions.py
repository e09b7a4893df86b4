"""`adcli functions`."""

from __future__ import annotations

import click

from adcli.cli import options
from adcli.cli.formats import JSON, FormatOption
from adcli.cli.run import screen, write_text

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
def command(name: str | None, form: str, output: str | None) -> int:
    """The functions of the language, with the derivative rules that the sweeps use.

    With NAME (or the sign of an operator) only that function, in full.
    """
    from adcli.report.functions import describe_functions, records, table

    found = describe_functions(name)
    if form == "json":
        text = records(found)
    elif form == "plain":
        text = "".join(f"{f.name}\n" for f in found)
    else:
        text = table(found, *screen(output), in_full=name is not None)
    write_text(output, text)
    return 0
