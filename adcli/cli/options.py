"""Options that several commands share, each defined once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import click

from adcli.ad.derivatives import MODES
from adcli.cli.terminal import choose_color
from adcli.engines.choose import ENGINES
from adcli.errors import UsageError

FORMATS = ("table", "json", "csv", "plain")
EXTENSIONS = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
}
"""How the name of an output ends -> the format. Parquet is for rows, and told by the name alone."""

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def together(*decorators: Decorator) -> Decorator:
    """Several options as one decorator, in the order in which --help shows them."""

    def apply(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def given_options() -> list[click.Parameter]:
    """The options and arguments that the command line gives."""
    context = click.get_current_context()
    source = context.get_parameter_source
    given = click.core.ParameterSource.COMMANDLINE
    return [each for each in context.command.params if source(each.name or "") is given]


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


OUTPUTS = ("output", "save", "plot", "trace", "animate", "checkpoint")
"""Options that name a file to write."""


def check_outputs(parsed: Mapping[str, Any]) -> None:
    """Raise UsageError for an output without a name, and for two of one name."""
    found: dict[str, str] = {}
    for option in OUTPUTS:
        name = parsed.get(option)
        if name is None or name == "-" or name.startswith("/dev/"):
            continue
        if not name:
            raise UsageError(f"the name that --{option} gives is empty", "name a file")
        other = found.setdefault(os.path.abspath(name), option)
        if other != option:
            raise UsageError(f"--{other} and --{option} name the same file", "give each its own")


def format_of(output: str | None, formats: Mapping[str, str] = EXTENSIONS) -> str | None:
    """The format that the name of an output tells, if it tells one."""
    return formats.get(os.path.splitext(output or "")[1].lower())


def by_extension(
    formats: Mapping[str, str], default: str
) -> Callable[[click.Context, click.Parameter, str | None], str]:
    """The callback of an option of formats: as asked for, or by the name of the output."""

    def choose(ctx: click.Context, _: click.Parameter, value: str | None) -> str:
        return value or format_of(ctx.params.get("output"), formats) or default  # given ones first

    return choose


def output_as(*extra: str) -> Decorator:
    """How results are written; `extra` formats come after the usual ones."""
    others = "".join(f"; {name}" for name in extra)
    return together(
        click.option(
            "--format",
            "form",
            type=click.Choice([*FORMATS, *extra]),
            callback=by_extension({k: v for k, v in EXTENSIONS.items() if v in FORMATS}, "table"),
            help="table for people; json (an object a line), csv and plain for scripts"
            + others
            + ". The default goes by the name of -o FILE, else it is table.",
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
        type=click.Choice(ENGINES),
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
