"""Options that several commands share, each defined once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from adcli.cli.declare import Options, argument, option
from adcli.cli.formats import RECORD, Endings, FormatOption
from adcli.cli.inputs import (
    SHAPE_HINT,
    assignments,
    check_point,
    check_variables,
    file_values,
    is_whole_point,
    program_text,
    shape,
    values_of,
)
from adcli.cli.kinds import choice, count, flag, format_choice, text, texts
from adcli.cli.needs import A_TABLE, Need, has_none
from adcli.cli.terminal import choose_color
from adcli.engines.choose import ENGINES, SWEEP_ENGINES

if TYPE_CHECKING:
    from adcli.function import Function
    from adcli.graph.axes import Shape

FORMATS = ("table", "json", "csv", "plain")

MPMATH_DIGITS = 50
"""Decimal digits of `--engine mpmath` where --precision does not say."""


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
        """The text of the program. Raises UsageError where none is given, or two are."""
        return program_text(self.expression, self.source)

    @property
    def is_from_stdin(self) -> bool:
        """Whether the program is read from standard input."""
        return "-" in (self.source, self.expression)


class RecordOptions(Options):
    """What is kept of a run, to do it again."""

    record: str | None = text(
        "FILE.json",
        "Keep a record of the run: program, settings, versions, checksums of the data, results. "
        "'adcli replay FILE.json' runs it again and compares.",
    )


class AtOptions(Options):
    """The point."""

    at: tuple[str, ...] = texts(
        "x=2,y=3", "The point; values are constant expressions: x=pi/4,v=[1,2,3]. Repeatable."
    )

    def values_at(self, f: Function, precision: int | None) -> tuple[dict[str, Any], set[str]]:
        """The values that are given, and the names of those that files gave.

        The latter are too large to be repeated in results.
        """
        files = [text for text in self.at if is_whole_point(text)]
        given = assignments(tuple(t for t in self.at if t not in files), "--at", precision)
        check_point(given, "--at", f)
        found = {k: v for name in files for k, v in file_values(name, f).items()}
        return {**found, **given}, set(found) - set(given)


class ShapeOptions(Options):
    """The shapes of variables."""

    shape: tuple[str, ...] = ()

    def shapes(self, f: Function) -> dict[str, Shape]:
        """The shapes of variables of the program. Raises UsageError for other names."""
        option = "--shape"

        def check(name: str) -> None:
            check_variables([name], option, f)

        return values_of(self.shape, option, shape, SHAPE_HINT, check)


def shape_option(*needs: Need) -> Any:
    """The option --shape, and what it needs."""
    help = "The shapes of variables that are vectors or matrices. Repeatable."
    return texts("A=3x2,x=2", help, *needs)


INSTEAD_OF_A_POINT = Need("is for formulas, and --at has values", has_none("at"), "leave one out")
"""What --shape needs where a point may be given."""
A_POINT = Need("needs a point", lambda _: False, "--at x=2 gives one")


def file_format_option(need: Need) -> Any:
    """An option for the format of a file to read, and what it needs."""
    return text("FORMAT", "csv, tsv, jsonl or parquet, where the file's name does not say.", need)


WRT = text("x,y", "Differentiate with respect to these variables (default: all).")
STRICT = flag("A kink is an error; without it the subgradient of least norm is taken.")


class PrecisionOptions(Options):
    """With how many digits to compute."""

    precision: int | None = count(
        "Compute with that many decimal digits.", least=1, most=100_000, metavar="DIGITS"
    )

    engine: str = "auto"

    @property
    def decimal_digits(self) -> int | None:
        """Decimal digits; None is float64."""
        return self.precision or (MPMATH_DIGITS if self.engine == "mpmath" else None)

    def context(self) -> AbstractContextManager[None]:
        """What to hold while numbers are read, computed and shown."""
        if self.decimal_digits is None:
            return nullcontext()
        from adcli.algebras.digits import precision

        return precision(self.decimal_digits)


def engine_option(engines: Sequence[str]) -> Any:
    """The option --engine, for some engines."""
    return choice(engines, "How the program is executed; auto chooses.", default="auto")


class ArithmeticOptions(PrecisionOptions):
    """With how many digits to compute, and by which engine."""

    engine: str = engine_option(ENGINES)


class SweepArithmeticOptions(ArithmeticOptions):
    """With how many digits to compute, and by which of the engines that run a single sweep."""

    engine: str = engine_option(SWEEP_ENGINES)


OUTPUT = option(
    *("-o", "--output"), metavar="FILE", help="Write to FILE; it appears when complete."
)
COLOR = choice(
    ["auto", "always", "never"],
    "Colour: auto looks at the terminal and NO_COLOR.",
    default="auto",
    callback=lambda ctx, param, value: choose_color(value),
)


def digits_option(need: Need) -> Any:
    """The option --digits, and what it needs."""
    return count("Significant digits in tables (default 6).", need, least=1, most=17, default=6)


def format_option(
    *extra: str, endings: Endings = RECORD, cls: type[FormatOption] = FormatOption
) -> Any:
    """The option --format; `extra` formats come after the usual ones."""
    others = "".join(f"; {name}" for name in extra)
    help = f"table for people; json (an object a line), csv and plain for scripts{others}."
    return format_choice("--format", [*FORMATS, *extra], endings, help, cls)


class OutputOptions(Options):
    """How and where results are written."""

    form: str = format_option()
    output: str | None = OUTPUT
    digits: int = digits_option(A_TABLE)
    color: None = COLOR
