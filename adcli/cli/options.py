"""Options that several commands share, each defined once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from adcli.ad.jacobians import MODES
from adcli.cli.declare import Options, argument, option
from adcli.cli.formats import RECORD, ROWS, Endings, FormatOption
from adcli.cli.inputs import assignments, file_values, is_whole_point, program_text
from adcli.cli.needs import A_TABLE, NO_WRT, Need, has, has_none, is_one
from adcli.cli.terminal import choose_color
from adcli.engines.choose import ENGINES, SWEEP_ENGINES

if TYPE_CHECKING:
    from adcli.function import Function

FORMATS = ("table", "json", "csv", "plain")

MPMATH_DIGITS = 50
"""Decimal digits of `--engine mpmath` where --precision does not say."""


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


class ProgramOptions(Options):
    """The program, as EXPR or in a file."""

    expression: str | None = argument(metavar="EXPR", required=False)
    source: str | None = option(
        *("-f", "--file"),
        metavar="FILE",
        help="Read the program from FILE instead of EXPR ('-': standard input).",
    )

    @property
    def text(self) -> str:
        """Its text. Raises UsageError where none is given, or two are."""
        return program_text(self.expression, self.source)

    @property
    def is_from_stdin(self) -> bool:
        """Whether it is read from standard input."""
        return "-" in (self.source, self.expression)


class AtOptions(Options):
    """The point."""

    at: tuple[str, ...] = option(
        metavar="x=2,y=3",
        multiple=True,
        help="The point; values are constant expressions: x=pi/4,v=[1,2,3]. Repeatable.",
    )

    def values(self, f: Function, precision: int | None) -> tuple[dict[str, Any], set[str]]:
        """The values that are given, and the names of those that files gave.

        The latter are too large to be repeated in results.
        """
        files = [text for text in self.at if is_whole_point(text)]
        given = assignments(tuple(t for t in self.at if t not in files), "--at", precision)
        found = {k: v for name in files for k, v in file_values(name, f).items()}
        return {**found, **given}, set(found) - set(given)


def file_format_option(need: Need) -> Any:
    """An option for the format of a file to read, and what it needs."""
    return option(
        needs=[need],
        metavar="FORMAT",
        help="csv, tsv, jsonl or parquet, where the file's name does not say.",
    )


POINTS = Need("needs --points", has("points"))


class PointsOptions(AtOptions):
    """One point, or those of a file."""

    points: str | None = option(
        metavar="FILE", help="Points from a file, a column a variable ('-': standard input)."
    )
    points_format: str | None = file_format_option(POINTS)
    on_error: str = option(
        needs=[
            Need(
                "null needs --points, or --format json",
                lambda parsed: parsed["points"] is not None or parsed["form"] == "json",
            )
        ],
        type=click.Choice(["stop", "null"]),
        default="stop",
        help="At a point that fails: stop (default), or go on with nulls and exit 1 at the end.",
    )
    threads: int | None = option(
        needs=[POINTS],
        type=click.IntRange(1),
        metavar="N",
        help="Threads for the points of a file (default: one for each processor).",
    )
    explain_engine: bool = option(
        needs=[
            Need(
                "writes text or JSON, not this kind of file",
                lambda parsed: (
                    parsed["output"] in (None, "-") or parsed["form"] in ("table", "json")
                ),
                "leave -o out",
            )
        ],
        is_flag=True,
        help="Say which engine would compute, why, and what a row takes, instead of computing.",
    )
    verbose: bool = option(
        needs=[Need("and --explain-engine exclude each other", has_none("explain_engine"))],
        is_flag=True,
        help="Report the engine used, with compile and run times, on standard error.",
    )


def mode_option(*extra: str, default: str = "reverse") -> Any:
    """The option --mode; `extra` modes come before the usual ones."""
    return option(
        type=click.Choice([*extra, *MODES]),
        default=default,
        help=f"How to differentiate (default {default}).",
    )


WRT = option(metavar="x,y", help="Differentiate with respect to these variables (default: all).")
STRICT = option(
    is_flag=True,
    help="A kink is an error; without it the subgradient of least norm is taken.",
)


class WrtOptions(Options):
    """The variables to differentiate by."""

    wrt: str | None = WRT


class GradientOptions(Options):
    """How to differentiate a number."""

    mode: str = mode_option()
    wrt: str | None = WRT
    direction: tuple[str, ...] = option(
        needs=[
            NO_WRT,
            Need(
                "takes a forward sweep, not --mode symbolic or --mode finite",
                is_one("mode", "reverse", "forward"),
                "leave --mode out",
            ),
        ],
        metavar="x=1,y=0",
        multiple=True,
        help="The derivative along a direction, by one forward sweep.",
    )
    strict: bool = STRICT


class MatrixOptions(GradientOptions):
    """How to find a matrix of derivatives."""

    direction: tuple[str, ...] = ()


class PrecisionOptions(Options):
    """With how many digits to compute."""

    precision: int | None = option(
        type=click.IntRange(1, 100_000),
        metavar="DIGITS",
        help="Compute with that many decimal digits.",
    )

    @property
    def decimal_digits(self) -> int | None:
        """Decimal digits; None is float64."""
        return self.precision

    def context(self) -> AbstractContextManager[None]:
        """What to hold while numbers are read, computed and shown."""
        if self.decimal_digits is None:
            return nullcontext()
        from adcli.algebras.digits import precision

        return precision(self.decimal_digits)


def engine_option(engines: Sequence[str]) -> Any:
    """The option --engine, for some engines."""
    return option(
        type=click.Choice(engines),
        default="auto",
        help="How the program is executed; auto chooses.",
    )


class ArithmeticOptions(PrecisionOptions):
    """With how many digits to compute, and by which engine."""

    engine: str = engine_option(ENGINES)

    @property
    def decimal_digits(self) -> int | None:
        """Decimal digits; None is float64."""
        return self.precision or (MPMATH_DIGITS if self.engine == "mpmath" else None)


class SweepArithmeticOptions(ArithmeticOptions):
    """With how many digits to compute, and by which of the engines that run a single sweep."""

    engine: str = engine_option(SWEEP_ENGINES)


OUTPUT = option(
    *("-o", "--output"), metavar="FILE", help="Write to FILE; it appears when complete."
)
COLOR = option(
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    callback=lambda ctx, param, value: choose_color(value),
    help="Colour: auto looks at the terminal and NO_COLOR.",
)


def digits_option(need: Need) -> Any:
    """The option --digits, and what it needs."""
    return option(
        needs=[need],
        type=click.IntRange(1, 17),
        default=6,
        metavar="N",
        help="Significant digits in tables (default 6).",
    )


def format_option(
    *extra: str, endings: Endings = RECORD, cls: type[FormatOption] = FormatOption
) -> Any:
    """The option --format; `extra` formats come after the usual ones."""
    others = "".join(f"; {name}" for name in extra)
    return option(
        "--format",
        type=click.Choice([*FORMATS, *extra]),
        cls=cls,
        endings=endings,
        fallback="table",
        help="table for people; json (an object a line), csv and plain for scripts"
        + others
        + ". The default goes by the name of -o FILE, else it is table.",
    )


class OutputOptions(Options):
    """How and where results are written."""

    form: str = format_option()
    output: str | None = OUTPUT
    digits: int = digits_option(A_TABLE)
    color: None = COLOR


class RowsOutputOptions(OutputOptions):
    """How and where results of many points are written."""

    form: str = format_option(endings=ROWS)
