"""`adcli graph`."""

from __future__ import annotations

import click

from adcli.cli.declare import Options, as_command
from adcli.cli.inputs import name_of
from adcli.cli.kinds import format_choice, text
from adcli.cli.needs import Need, refuse_given
from adcli.cli.options import (
    COLOR,
    OUTPUT,
    AtOptions,
    ProgramOptions,
    SweepArithmeticOptions,
    digits_option,
)
from adcli.cli.show import screen, show, write_text
from adcli.errors import UsageError
from adcli.function import function
from adcli.report.graph import dot_text, drawing_of, mermaid_text, tree_text
from adcli.report.paths import paths_to
from adcli.report.svg import svg_text

EXAMPLES = """\b
Examples:
  adcli graph '(x + y)*z'
  adcli graph '(x + y)*z' --at x=2,y=3,z=4
  adcli graph '3*(x1^2 + x2*x3)' --at x1=2,x2=3,x3=4 --paths x1
  adcli graph 'exp(x*y) + x' -o graph.svg
  adcli graph 'exp(x*y) + x' --at x=1,y=2 --as dot"""

PICTURE_ENDINGS = {".svg": "svg", ".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".json": "json"}
WRITERS = {"dot": dot_text, "mermaid": mermaid_text, "svg": svg_text}

A_POINT = Need("needs a point", lambda _: False, "--at x=2 gives one")


class PictureOptions(Options):
    """What to show of the graph."""

    kind: str = format_choice(
        "--as", ["tree", *WRITERS, "json"], PICTURE_ENDINGS, "How to draw it."
    )
    paths: str | None = text(
        "x", "List every path from the result to this variable; their sum is the derivative."
    )


class GraphOptions(ProgramOptions, AtOptions, PictureOptions, SweepArithmeticOptions):
    """All options of the command."""

    output: str | None = OUTPUT
    digits: int = digits_option(
        Need(
            "needs a drawing, or --paths as a table",
            lambda parsed: parsed["paths"] is None or parsed["kind"] != "json",
        )
    )
    color: None = COLOR


@as_command("graph", EXAMPLES)
def command(options: GraphOptions) -> int:
    """The computational graph of EXPR, its edges labelled with the local partial derivatives.

    With a point nodes have values and labels are numbers, else formulas. Equal sub-expressions are
    one node. With --paths (and a point): every path from the result to a variable, the product
    of the partials along it, and the sum of all products.
    """
    kind, output, digits = options.kind, options.output, options.digits
    with options.context():
        if options.paths is not None and kind not in ("tree", "json"):
            raise UsageError(
                f"--paths is a list, it cannot be drawn as {kind}",
                "leave --as out, or take --as json",
            )
        f, precision = function(options.text), options.decimal_digits
        point, _ = options.values_at(f, precision)
        if options.paths is not None:
            (name,) = f.names([name_of(options.paths)])
            report = paths_to(f, name, point, options.engine, precision)
            show(report, "json" if kind == "json" else "table", output, digits)
            return 0
        drawn = drawing_of(f, point, options.engine, precision, digits)
        if drawn.values is None:
            refuse_given(click.get_current_context(), ("precision", "engine", "digits"), A_POINT)
        if kind == "json":
            show(drawn, kind, output)
        elif kind == "tree":
            write_text(output, tree_text(drawn, screen(output).width))
        else:
            write_text(output, WRITERS[kind](drawn))
    return 0
