"""Options that several commands share, each defined once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from adcli.ad.derivatives import MODES
from adcli.cli.terminal import choose_color

FORMATS = ("table", "json", "csv", "plain")
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def together(*decorators: Decorator) -> Decorator:
    """Several options as one decorator, in the order in which --help shows them."""

    def apply(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


expression = together(
    click.argument("expression", metavar="EXPR", required=False),
    click.option(
        "-f",
        "--file",
        "source",
        metavar="FILE",
        help="Read the program from FILE instead of EXPR ('-': standard input).",
    ),
)

color = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    expose_value=False,
    callback=lambda ctx, param, value: choose_color(value),
    help="Colour: auto looks at the terminal and NO_COLOR.",
)

at = click.option(
    "--at",
    "at",
    metavar="x=2,y=3",
    multiple=True,
    help="The point; values are constant expressions: x=pi/4,v=[1,2,3]. Repeatable.",
)

point = together(
    at,
    click.option(
        "--points",
        metavar="FILE",
        help="Points from a file, a column a variable ('-': standard input).",
    ),
    click.option(
        "--points-format",
        metavar="FORMAT",
        help="csv, tsv, jsonl or parquet, where the file's name does not say.",
    ),
    click.option(
        "--on-error",
        type=click.Choice(["stop", "null"]),
        default="stop",
        help="At a point that fails: stop (default), or go on with nulls and exit 1 at the end.",
    ),
    click.option(
        "--threads",
        type=click.IntRange(1),
        metavar="N",
        help="Threads for the points of a file (default: one for each processor).",
    ),
    click.option(
        "--explain-engine",
        is_flag=True,
        help="Say which engine would compute, why, and what a row takes, instead of computing.",
    ),
    click.option(
        "--verbose",
        is_flag=True,
        help="Say so on standard error, with the time to compile and to run.",
    ),
)

file = click.option(
    "-o", "--output", metavar="FILE", help="Write to FILE; it appears when complete."
)
digits = click.option(
    "--digits",
    type=click.IntRange(1, 17),
    default=6,
    metavar="N",
    help="Significant digits in tables (default 6).",
)


def output_as(*extra: str) -> Decorator:
    """How results are written; `extra` formats come after the usual ones."""
    others = "".join(f"; {name}" for name in extra)
    return together(
        click.option(
            "--format",
            "form",
            type=click.Choice([*FORMATS, *extra]),
            default="table",
            help="table (default) for people; json (an object a line), csv and plain for scripts"
            + others
            + ".",
        ),
        file,
        digits,
        color,
    )


output = output_as()

arithmetic = together(
    click.option(
        "--precision",
        type=click.IntRange(1, 100_000),
        metavar="DIGITS",
        help="Compute with that many decimal digits.",
    ),
    click.option(
        "--engine",
        type=click.Choice(["auto", "python", "numpy", "llvm", "mpmath"]),
        default="auto",
        help="How the program is executed; auto chooses.",
    ),
)

wrt = click.option(
    "--wrt", metavar="x,y", help="Differentiate with respect to these variables (default: all)."
)
strict = click.option(
    "--strict",
    is_flag=True,
    help="A kink is an error; without it the subgradient of least norm is taken.",
)


def mode(*extra: str, default: str = "reverse") -> Decorator:
    """The option --mode; `extra` modes come before the usual ones."""
    return click.option(
        "--mode",
        type=click.Choice([*extra, *MODES]),
        default=default,
        help=f"How to differentiate (default {default}).",
    )
