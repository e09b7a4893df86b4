"""`adcli graph`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from adcli.cli.declare import as_command
from adcli.cli.graph_options import (
    EXAMPLES,
    IMAGE_WRITERS,
    TEXT_WRITERS,
    GraphOptions,
)
from adcli.cli.inputs import wrt_names
from adcli.cli.needs import refuse_given
from adcli.cli.options import A_POINT
from adcli.cli.show import screen, show, write_bytes, write_text
from adcli.errors import UsageError
from adcli.function import function
from adcli.report.graph import drawing_of, tree_text
from adcli.report.paths import paths_to
from adcli.report.sum_nodes import with_sums

if TYPE_CHECKING:
    from adcli.function import Function
    from adcli.report.rendering import Report

NUMERIC = ("precision", "engine", "digits")
"""Options about numbers."""


@as_command("graph", EXAMPLES)
def command(options: GraphOptions) -> int:
    """The computational graph of EXPR, its edges labelled with the local partial derivatives.

    With a point nodes have values and labels are numbers, else formulas. Equal sub-expressions are
    one node; nodes have the names that the program gives them, if it does. With --paths: every path
    from the result to a variable, the product of the partials along it, and the sum of all
    products; without a point also the chain rule, not multiplied out.

    In pictures nodes have their adjoints, too, and a sum of several terms is one node: the label
    of each term is the partial of the whole sum, 1 or -1. json and tree keep the sums in between.
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
            form = "json" if kind == "json" else "table"
            show(_paths(options, f, point), form, output, digits)
            return 0
        drawn = drawing_of(f, point, options.engine, precision, digits)
        if drawn.values is None:
            refuse_given(click.get_current_context(), NUMERIC, A_POINT)
        if kind == "json":
            show(drawn, kind, output)
        elif kind == "tree":
            write_text(output, tree_text(drawn, screen(output).width))
        elif kind in IMAGE_WRITERS:
            write_bytes(output, IMAGE_WRITERS[kind](with_sums(drawn), options.flow == "right"))
        else:
            write_text(output, TEXT_WRITERS[kind](with_sums(drawn), options.flow == "right"))
    return 0


def _paths(options: GraphOptions, f: Function, point: dict[str, Any]) -> Report:
    """The paths to the variables that --paths names, in numbers at a point, else in formulas."""
    is_all = options.paths == "all" and "all" not in f.inputs
    names = f.names(None if is_all else wrt_names(options.paths, f, "--paths"))
    if not names:
        raise UsageError("the program has no variable for paths to lead to", "such as x in 'x^2'")
    if point or not f.variables:
        return paths_to(f, names, point, options.engine, options.decimal_digits)
    refuse_given(click.get_current_context(), NUMERIC, A_POINT)
    from adcli.report.formula_paths import formula_paths_to

    return formula_paths_to(f, names, options.shapes(f))
