"""Options that several commands share, each defined once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import click

from adcli.ad.jacobians import MODES
from adcli.cli.formats import RECORD, ROWS, Endings, FormatOption, check_outputs
from adcli.cli.needs import check_needs, check_repeated, explained, needs_of
from adcli.cli.terminal import choose_color
from adcli.engines.choose import ENGINES, SWEEP_ENGINES
from adcli.errors import UsageError

FORMATS = ("table", "json", "csv", "plain")

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def together(*decorators: Decorator) -> Decorator:
    """Several options as one decorator, in the order in which --help shows them."""

    def apply(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


class _Command(click.Command):
    """A command whose options all have an effect, or it is not run."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        for option in self.params:
            if isinstance(option, click.Option):
                option.help = explained(option, needs_of(self.name, option.name))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            check_repeated(self.make_parser(ctx).parse_args(list(args))[2])
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        self._refuse_empty(ctx.params)
        check_outputs(ctx.params)
        for option in self.params:
            if isinstance(option, FormatOption):
                option.settle(ctx.params)
        check_needs(ctx)
        return super().invoke(ctx)

    def _refuse_empty(self, parsed: dict[str, Any]) -> None:
        """Raise UsageError for an option that is there and says nothing."""
        for option in self.params:
            if isinstance(option, click.Option):
                value = parsed.get(option.name or "")
                if "" in (value if isinstance(value, tuple) else (value,)):
                    name = option.opts[-1]
                    hint = f"leave {name} out, or fill it in"
                    raise UsageError(f"the value of {name} is empty", hint)


def command(name: str, examples: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A function as the command `name`, with examples behind its help."""
    return click.command(name, cls=_Command, epilog=examples)


class Number(click.types.FloatParamType):
    """A finite number, from `least` to `most` if there are such ends; no text that float64 makes
    an infinity or 0 of."""

    def __init__(self, least: float = -math.inf, most: float = math.inf) -> None:
        self.least, self.most = least, most

    @property
    def meant(self) -> str:
        """What it takes, in words."""
        ends = f"a number from {self.least:g} to {self.most:g}"
        return ends if math.isfinite(self.least) else "a finite number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number: float = super().convert(value, param, ctx)
        written = str(value).lower().partition("e")[0]
        underflows = number == 0 and any(c.isdigit() and c != "0" for c in written)
        if underflows or not math.isfinite(number) or not self.least <= number <= self.most:
            self.fail(f"'{value}' is not {self.meant}", param, ctx)
        return number


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


def output_as(
    *extra: str, endings: Endings = RECORD, kind: type[FormatOption] = FormatOption
) -> Decorator:
    """How results are written; `extra` formats come after the usual ones."""
    others = "".join(f"; {name}" for name in extra)
    return together(
        click.option(
            "--format",
            "form",
            type=click.Choice([*FORMATS, *extra]),
            cls=kind,
            endings=endings,
            fallback="table",
            help="table for people; json (an object a line), csv and plain for scripts"
            + others
            + ". The default goes by the name of -o FILE, else it is table.",
        ),
        file,
        digits,
        color,
    )


output = output_as()
rows_output = output_as(endings=ROWS)


def arithmetic_by(engines: Sequence[str]) -> Decorator:
    """With how many digits to compute, and by which of some engines."""
    return together(
        click.option(
            "--precision",
            type=click.IntRange(1, 100_000),
            metavar="DIGITS",
            help="Compute with that many decimal digits.",
        ),
        click.option(
            "--engine",
            type=click.Choice(engines),
            default="auto",
            help="How the program is executed; auto chooses.",
        ),
    )


arithmetic = arithmetic_by(ENGINES)
sweep_arithmetic = arithmetic_by(SWEEP_ENGINES)

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
