"""`adcli graph`."""

from __future__ import annotations

import click

from adcli.cli.declare import as_command
from adcli.cli.graph_options import (
    A_POINT,
    EXAMPLES,
    IMAGE_WRITERS,
    TEXT_WRITERS,
    GraphOptions,
)
from adcli.cli.inputs import check_variables, name_of
from adcli.cli.needs import refuse_given
from adcli.cli.show import screen, show, write_bytes, write_text
from adcli.errors import UsageError
from adcli.function import function
from adcli.report.graph import drawing_of, tree_text
from adcli.report.paths import paths_to
from adcli.report.sum_nodes import with_sums


@as_command("graph", EXAMPLES)
def command(options: GraphOptions) -> int:
    """The computational graph of EXPR, its edges labelled with the local partial derivatives.

    With a point nodes have values and labels are numbers, else formulas. Equal sub-expressions are
    one node; nodes have the names that the program gives them, if it does. With --paths (and a
    point): every path from the result to a variable, the product of the partials along it, and the
    sum of all products.
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
            name = name_of(options.paths)
            check_variables([name], "--paths", f)
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
        elif kind in IMAGE_WRITERS:
            write_bytes(output, IMAGE_WRITERS[kind](with_sums(drawn), options.flow == "right"))
        else:
            write_text(output, TEXT_WRITERS[kind](with_sums(drawn), options.flow == "right"))
    return 0
