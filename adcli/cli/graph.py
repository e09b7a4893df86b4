"""`adcli graph`."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import click

from adcli.ad.tasks import Task
from adcli.cli import options
from adcli.cli.formats import FormatOption
from adcli.cli.inputs import name_of
from adcli.cli.needs import Need, refuse_given
from adcli.cli.run import program_and_point
from adcli.cli.show import screen, show, write_text
from adcli.errors import UsageError
from adcli.explain.paths import find_paths
from adcli.report.graph import Drawing, dot_text, drawing, mermaid_text, tree_text
from adcli.report.paths import PathReport
from adcli.report.steps import Steps
from adcli.report.svg import svg_text

EXAMPLES = """\b
Examples:
  adcli graph '(x + y)*z'
  adcli graph '(x + y)*z' --at x=2,y=3,z=4
  adcli graph '3*(x1^2 + x2*x3)' --at x1=2,x2=3,x3=4 --paths x1
  adcli graph 'exp(x*y) + x' -o graph.svg
  adcli graph 'exp(x*y) + x' --at x=1,y=2 --as dot"""

ENDINGS = {".svg": "svg", ".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".json": "json"}
KINDS = ("tree", "dot", "mermaid", "svg", "json")

A_POINT = Need("needs a point", lambda _: False, "--at x=2 gives one")


@options.command("graph", EXAMPLES)
@options.expression
@options.at
@click.option(
    "--as",
    "kind",
    type=click.Choice(KINDS),
    cls=FormatOption,
    endings=ENDINGS,
    fallback="tree",
    help="How to draw it. The default goes by the name of -o FILE, else it is tree.",
)
@click.option(
    "--paths",
    metavar="x",
    help="List every path from the result to this variable; their sum is the derivative.",
)
@options.sweep_arithmetic
@options.file
@options.digits
@options.color
def command(**parsed: Any) -> int:
    """The computational graph of EXPR, its edges labelled with the local partial derivatives.

    With a point nodes have values and labels are numbers, else formulas. Equal sub-expressions are
    one node. With --paths (and a point): every path from the result to a variable, the product
    of the partials along it, and the sum of all products.
    """
    if parsed["paths"] is not None:
        _show_paths(parsed)
        return 0
    drawn, kind = make_drawing(**parsed), parsed["kind"]
    if drawn.values is None:
        refuse_given(click.get_current_context(), ("precision", "engine", "digits"), [A_POINT])
    if kind == "json":
        show(drawn, {**parsed, "form": kind})
    else:
        write_text(parsed["output"], _text(drawn, kind, screen(parsed["output"]).width))
    return 0


def make_drawing(**parsed: Any) -> Drawing:
    """The drawing of the program, at the point if one is given."""
    f, point = program_and_point(parsed)
    run, context = None, nullcontext()
    if point or not f.variables:
        results = f.swept(point, Task("value"), parsed["engine"], parsed["precision"])
        run, context = results.run, results.algebra.context()
    steps = Steps(f.graph, f.order, f.inputs.values(), f.outputs, run, own_names=True)
    with context:
        return drawing(steps, f.outputs, run, parsed["digits"], parsed["precision"])


def make_paths(**parsed: Any) -> PathReport:
    """The paths of the run that `adcli grad` does, checked as there."""
    f, point = program_and_point(parsed)
    (name,) = f.names([name_of(parsed["paths"])])
    task = Task("gradient", "reverse", [name])
    results = f.swept(point, task, parsed["engine"], parsed["precision"])
    run = results.run
    steps = Steps(f.graph, f.order, f.inputs.values(), f.outputs, run, own_names=True)
    with results.algebra.context():
        found = find_paths(run, f.outputs[0], f.inputs[name])
    return PathReport(steps, found, name, f.outputs[0], parsed["precision"])


def _text(drawn: Drawing, kind: str, width: int) -> str:
    if kind == "tree":
        return tree_text(drawn, width)
    return {"dot": dot_text, "mermaid": mermaid_text, "svg": svg_text}[kind](drawn)


def _show_paths(parsed: dict[str, Any]) -> None:
    if parsed["kind"] not in ("tree", "json"):
        raise UsageError(
            f"--paths is a list, it cannot be drawn as {parsed['kind']}",
            "leave --as out, or take --as json",
        )
    form = "json" if parsed["kind"] == "json" else "table"
    show(make_paths(**parsed), {**parsed, "form": form})
