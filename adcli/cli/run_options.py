"""The options of eval, grad, jacobian and hessian."""

from __future__ import annotations

from typing import Any, Literal

from adcli.ad.jacobians import MODES
from adcli.cli.declare import Options
from adcli.cli.formats import ROWS
from adcli.cli.kinds import choice, count, flag, text, texts
from adcli.cli.needs import NO_WRT, Need, has, has_none, is_one
from adcli.cli.options import (
    STRICT,
    WRT,
    ArithmeticOptions,
    AtOptions,
    OutputOptions,
    ProgramOptions,
    file_format_option,
    format_option,
)
from adcli.cli.table_options import TableOptions


class ModelOptions(ProgramOptions):
    """The program, or a model that was fitted."""

    model: str | None = text("FILE.json", "Take the model that 'adcli fit --save' wrote, not EXPR.")


POINTS = Need("needs --points", has("points"))


class PointsOptions(AtOptions):
    """One point, or those of a file."""

    points: str | None = text(
        "FILE", "Points from a file, a column a variable ('-': standard input)."
    )
    points_format: str | None = file_format_option(POINTS)
    on_error: str = choice(
        ["stop", "null"],
        "At a point that fails: stop (default), or go on with nulls and exit 1 at the end.",
        Need(
            "null needs --points, or --format json",
            lambda parsed: parsed["points"] is not None or parsed["form"] == "json",
        ),
        default="stop",
    )
    threads: int | None = count(
        "Threads for the points of a file (default: one for each processor).", POINTS, least=1
    )
    explain_engine: bool = flag(
        "Say which engine would compute, why, and what a row takes, instead of computing.",
        Need(
            "writes text or JSON, not this kind of file",
            lambda parsed: parsed["output"] in (None, "-") or parsed["form"] in ("table", "json"),
            "leave -o out",
        ),
    )
    verbose: bool = flag(
        "Report the engine used, with compile and run times, on standard error.",
        Need("and --explain-engine exclude each other", has_none("explain_engine")),
    )


def mode_option(*extra: str, default: str = "reverse") -> Any:
    """The option --mode; `extra` modes come before the usual ones."""
    return choice([*extra, *MODES], f"How to differentiate (default {default}).", default=default)


class SweepOptions(Options):
    """How to differentiate."""

    mode: str = mode_option()
    wrt: str | None = WRT
    direction: tuple[str, ...] = texts(
        "x=1,y=0",
        "The derivative along a direction, by one forward sweep.",
        NO_WRT,
        Need(
            "takes a forward sweep, not --mode symbolic or --mode finite",
            is_one("mode", "reverse", "forward"),
            "leave --mode out",
        ),
    )
    strict: bool = STRICT


class RunOptions(
    ModelOptions, PointsOptions, TableOptions, SweepOptions, ArithmeticOptions, OutputOptions
):
    """All options, which grad has; the other commands do without some."""

    form: str = format_option(endings=ROWS)


class ValueOptions(RunOptions):
    """The options of a command that differentiates nothing."""

    mode: str = "reverse"
    wrt: None = None
    direction: tuple[()] = ()
    strict: bool = False


class MatrixOptions(RunOptions):
    """The options of a command that finds a matrix of derivatives."""

    model: None = None
    data: tuple[()] = ()
    data_format: None = None
    missing: Literal["error"] = "error"
    where: None = None
    direction: tuple[()] = ()
