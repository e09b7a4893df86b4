"""The options of `adcli fit`, in the groups in which they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adcli.cli.declare import Options
from adcli.cli.formats import HTML, RECORD, ROWS, FormatOption, format_of
from adcli.cli.kinds import choice, count, flag, number, text, texts
from adcli.cli.needs import A_TABLE_OR_PAGE, Need, has, has_none
from adcli.cli.options import (
    OutputOptions,
    ProgramOptions,
    RecordOptions,
    digits_option,
    file_format_option,
    format_option,
)
from adcli.cli.table_options import TableOptions
from adcli.engines.choose import FIT_ENGINES
from adcli.errors import UsageError

EXAMPLES = """\b
Examples:
  adcli fit 'y ~ b1*(1 - exp(-b2*x))' --data growth.csv --start b1=200,b2=0.5
  adcli fit 'y ~ a*x + b' --data line.csv --start a=1,b=0 --loss soft_l1 --loss-scale 0.5
  adcli fit 'log(y) ~ a - k*t' --data decay.csv --start a=auto,k=auto --format json
  adcli fit 'y ~ a*exp(-k*t)' --data decay.csv --start k=1,a=auto --sigma s --plot decay.png
  adcli fit 'y ~ a*exp(-k*t)' --data decay.csv --start k=1,a=auto -o decay.html
  adcli fit 'y ~ a*exp(-k*t)' --data decay.csv --start a=auto,k=1 --derive 'half = log(2)/k'
  adcli fit 'y ~ a*exp(-k*t) + c' --data decay.csv --start k=1,a=auto --set 'c = a/10'
  adcli fit 'y ~ a*exp(-k*t) + c' --data decay.csv --start a=1,k=1,c=0 --subject-to 'c <= a/20'
  adcli fit 'y ~ a*exp(-k*t)' --data decay.csv --start a=1,k=1 --save decay.json
  adcli fit 'y ~ a*exp(-k*t)' --data decay.csv --start a=auto,k=1 --intervals profile
  adcli fit '[y, s] ~ [a*exp(-k*t), b*exp(-k*t)]' --data decay.csv --start k=1,a=auto,b=auto
  adcli fit 'y ~ a*exp(-k*t)' --data curves.csv --start a=auto,k=1 --by curve -o fits.csv
  adcli fit --model decay.json --predict later.csv -o predicted.csv
  adcli eval --model decay.json --at t=2

growth.csv and line.csv have columns x and y, decay.csv has t, y and s (the standard deviation of
y), later.csv has t, curves.csv has curve, t and y.

\b
Parameters are the names of the model that are not columns. Exit codes: 0 converged; 1 the work
failed, or bad data; 2 wrong usage or syntax; 3 iteration limit; 4 diverged; 5 stalled; 130
interrupted."""


class _FitFormat(FormatOption):
    """The format of the report; predictions, if there are any, go to -o in that of its name."""

    def chosen(self, parsed: Mapping[str, Any]) -> str:
        if parsed["by"] and parsed["predict"] is None:
            return self.first(parsed, format_of("-o", parsed["output"], ROWS))
        if parsed["predict"] is None:
            return super().chosen(parsed)
        told = format_of("-o", parsed["output"], ROWS)
        if parsed["model"]:
            return self.first(parsed, told)
        return self.first(parsed, None)


A_FIT = Need("is for a fit, but --model has been fitted", has_none("model"), in_help=False)


ONE_FIT = Need("is for one fit, and --by makes many", has_none("by"), in_help=False)


class FittingOptions(ProgramOptions, TableOptions, RecordOptions, needs=[A_FIT]):
    """The model, the rows, and how it is fitted to them."""

    start: tuple[str, ...] = texts(
        "a=1,b=2",
        "Where the parameters begin: values, auto for one in which the model is linear (vectors "
        "too: v=auto, v=[auto,1]), or a file that descend --save wrote. Repeatable.",
    )
    fix: tuple[str, ...] = texts("b=2", "Hold a parameter. Repeatable.")
    bounds: tuple[str, ...] = texts(
        "a=0:1", "Keep a parameter within bounds; a=0: and a=:1 too. Repeatable."
    )
    subject_to: tuple[str, ...] = texts(
        "'b >= a'",
        "A constraint on the parameters: <=, >=, == or a chain. Standard errors are then those "
        "along the active ones. Repeatable.",
    )
    set: tuple[str, ...] = texts(
        "'b = 2a'", "Tie a parameter to others: it is this expression of them. Repeatable."
    )
    derive: tuple[str, ...] = texts(
        "'half = log(2)/k'",
        "What follows from the parameters, with its standard error and interval. Repeatable.",
    )
    by: tuple[str, ...] = texts(
        "COLUMNS",
        "Fit each group of rows that agree in these columns, and write a row for each. Repeatable.",
    )
    on_error: str = choice(
        ["null", "stop"],
        "At a group that fails: go on with nulls and exit 1 at the end (null, default), or stop.",
        Need("needs --by", has("by")),
        default="null",
    )
    weights: str | None = text("EXPR", "Weights of the squares: a column, or 1/y.")
    sigma: str | None = text(
        "EXPR",
        "Standard deviations of the response: a column, or one number; '[s1, s2]' for several "
        "responses, which else have the same variance.",
    )
    absolute_sigma: bool = flag("Take the sigmas as they are; without it only their ratios count.")
    loss: str = choice(
        ["linear", "huber", "soft_l1", "cauchy"],
        "What a residual counts: its square (linear), or less for outliers.",
        default="linear",
    )
    loss_scale: float = number(
        "S",
        "The size from which a residual is an outlier (default 1).",
        Need(
            "needs --loss huber, soft_l1 or cauchy",
            # One that is not a scale is refused for that, with any loss.
            lambda parsed: parsed["loss"] != "linear" or not parsed["loss_scale"] > 0,
        ),
        default=1.0,
    )
    method: str | None = text(
        "NAME", "Levenberg-Marquardt and variable projection (default), or a method of descend."
    )
    rate: float | None = number(
        "R", "The learning rate.", Need("needs --method, one of descend's", has("method"))
    )
    max_iterations: int | None = count(
        "Iterations of each attempt (default 1000; 10000 for a --method)."
    )
    engine: str = choice(
        FIT_ENGINES, "What computes the model over the rows (auto: NumPy).", default="auto"
    )
    confidence: float = number(
        "P",
        "The probability of intervals (default 0.95).",
        Need(
            "needs --save, --plot, --predict, or another --format than plain",
            lambda parsed: parsed["form"] != "plain" or has("save", "plot", "predict")(parsed),
        ),
        default=0.95,
    )
    intervals: str = choice(
        ["symmetric", "profile"],
        "Intervals from standard errors (symmetric), or by profile likelihood: not symmetric, and "
        "right where the model is far from linear.",
        default="symmetric",
    )
    plot: str | None = text(
        "FILE",
        "Draw data, curve with confidence band, and residuals: .png, .svg or .pdf (matplotlib).",
        ONE_FIT,
    )
    save: str | None = text("FILE.json", "Save the fitted model, for --model.", ONE_FIT)


class PredictionOptions(Options):
    """What is predicted, and by which model."""

    predict: str | None = text(
        "FILE",
        "Predict for the rows of FILE, with standard errors and prediction intervals (by the fit "
        "of each row's group with --by); -o FILE takes them, else they go to standard output and "
        "the report is left out.",
    )
    predict_format: str | None = file_format_option(Need("needs --predict", has("predict")))
    model: str | None = text("FILE.json", "Predict by a saved model, without a fit.")


class FitOptions(FittingOptions, PredictionOptions, OutputOptions):
    """All options of the command."""

    form: str = format_option("html", endings={**RECORD, **HTML}, cls=_FitFormat)
    digits: int = digits_option(A_TABLE_OR_PAGE)

    def check(self) -> None:
        if self.form == "html" and self.predict:
            raise UsageError(
                "--format html is the report of a fit, and --predict writes rows",
                "leave one out: fit once for the page, -o fit.html, and once to predict",
            )
        if self.form == "html" and self.by:
            raise UsageError(
                "--format html is the report of one fit, and --by makes many",
                "-o fits.csv has a row for each of them",
            )
        format_of("--save", self.save, {".json": "json"}, texts=())
        if self.plot:
            from adcli.report.plots import picture_format

            picture_format(self.plot)

    @property
    def group_columns(self) -> list[str]:
        """The columns of --by. Raises UsageError for one that is given twice."""
        from adcli.fitting.group_fits import group_columns

        names = [name.strip() for text in self.by for name in text.split(",")]
        return group_columns(names) if names else []

    @property
    def passed_on(self) -> dict[str, Any]:
        """What the library is given under its own name, where the command line has it."""
        names = ("absolute_sigma", "confidence", "intervals", "method", "rate", "max_iterations")
        given = {name: x for name in names if (x := getattr(self, name)) is not None}
        return given | ({"constraints": self.subject_to} if self.subject_to else {})
