"""The options of `adcli descend`, in the groups in which they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adcli.cli.declare import Options, option
from adcli.cli.descent_needs import (
    CHECKPOINT,
    DRAWN,
    ONE_START,
    RANDOM_START,
    TRAINING,
    WHOLE,
    is_one_start,
    schedule_for,
)
from adcli.cli.formats import HTML, JSON, RECORD, FormatOption, format_of
from adcli.cli.kinds import choice, count, flag, format_choice, number, text, texts
from adcli.cli.needs import A_TABLE, A_TABLE_OR_PAGE, Need, has, has_none, is_one
from adcli.cli.options import COLOR, ProgramOptions, RecordOptions, digits_option
from adcli.cli.table_options import TableOptions
from adcli.engines.choose import DESCENT_ENGINES
from adcli.errors import UsageError
from adcli.language.messages import safe

EXAMPLES = """\b
Examples:
  adcli descend '(1 - x)^2 + 100(y - x^2)^2' --start x=-1.2,y=1
  adcli descend 'x^2 + 3y^2' --start x=4,y=2 --method gd --rate 0.1 --every 10
  adcli descend 'sum((A@v - [1, 2])^2)' --start v=[0,0] --fix 'A=[[1,2],[3,4]]' --method adam
  adcli descend 'x - log(x)' --start x=5 --bounds x=0.1: --format json
  adcli descend 'x*y' --start x=1,y=3 --subject-to 'x^2 + y^2 == 2' --subject-to 'x + y <= 1'
  adcli descend 'sin(3x) + x^2/10' --start x=4 --starts 20 --seed 1
  adcli descend 'x^2 + 10y^2' --start x=5,y=1 --method adam --rates 1e-3:1:7
  adcli descend 'x*exp(-x)' --start x=3 --maximize --plot
  adcli descend '(x - 1)^2 + 3y^2' --start x=4,y=2 --method momentum --explain
  adcli descend 'x^2 + 3y^2' --start x=4,y=2 --rate 0.1 -o run.html
  adcli descend 'sum(y*exp(-a - b*x) + a + b*x)' --data rows.csv --start a=0,b=0 --errors
  adcli descend 'norm(W)^2' --start random:7 --shape W=3x2 --method adam --trace path.csv
  printf 'x,y\\n-1,9\\n0,1\\n1,3\\n2,6\\n' | adcli descend 'mean((y - (a*x + b))^2)' --data - \\
    --start a=0,b=0 --where 'x >= 0'

\b
Training, with --batch-size or --epochs: steps down the loss of a few rows of --data at a time, by
an update rule (default adam; with --rate alone gd). The loss is a mean over rows. The parameters
kept are those after the epoch with the least loss, over the rows of --validation if there are any.
A trace has a row an epoch, and --resume goes on in the middle of one.
  adcli descend 'mean((y - (a*x + b))^2)' --data rows.csv --start a=0,b=0 --epochs 20 --shuffle
  adcli descend 'mean((y - tanh(x@U + c)@v)^2)' --data pairs.csv --param 'U=glorot(2,16)' \\
    --param 'c=zeros(16)' --param 'v=he(16)' --batch-size 32 --epochs 50 --shuffle \\
    --rate 0.01 --method adam --validation 0.1 --patience 5 --save network.npz
  adcli eval 'norm(U)' --at network.npz

rows.csv has columns x and y; pairs.csv has x[0] and x[1], which make a matrix x, and y.

\b
Exit codes: 0 converged, or all epochs are done; 1 the work failed; 2 wrong usage or syntax;
3 iteration or time limit; 4 diverged; 5 stalled, or no point meets the constraints;
130 interrupted.

\b
Methods: gd (with --rate, or with a line search), momentum, nesterov, adagrad, rmsprop, adadelta,
adam, adamw, nadam, amsgrad, lion; cg; lbfgs (the default; SciPy's below 1,000 variables); newton
(SciPy's); newton-cg, Newton steps by conjugate gradients, for one variable or 100,000. Under
constraints: slsqp (the default of small problems) or trust-constr (of large ones), through SciPy;
the multiplier of a constraint tells how fast the best value changes as its right side grows."""


class StartOptions(Options):
    """Where to begin, and within which bounds."""

    start: tuple[str, ...] = texts(
        "x=1,y=2", "Where to begin: values, random:SEED, or a file that --save wrote. Repeatable."
    )
    param: tuple[str, ...] = texts(
        "'W=he(64,32)'",
        "Begin with an array: zeros(64,32), ones, constant(..., value=V), normal(..., scale=S), "
        "uniform(..., low=A, high=B), glorot or he. Repeatable.",
    )
    shape: tuple[str, ...] = texts("W=10x3", "The shape of an array. Repeatable.", RANDOM_START)
    fix: tuple[str, ...] = texts("y=2", "Hold a variable. Repeatable.")
    bounds: tuple[str, ...] = texts(
        "x=0:1",
        "Keep a variable within bounds; x=0: and x=:1 too. The gradient's norm is then that of"
        " the projected gradient. Repeatable.",
    )


class AimOptions(Options):
    """What counts as best, and where it is looked for."""

    maximize: bool | None = flag("Climb instead.", default=None)
    starts: int | None = count(
        "Descend from N points around the start, at most 100,000; the best result counts.",
        WHOLE,
        least=1,
    )
    seed: int | None = count("The seed of what is drawn at random (default 0).", DRAWN)
    rates: str | None = text(
        "FROM:TO[:N]",
        "Descend at each of N learning rates (default 9), evenly spread on a logarithmic scale; "
        "the best counts.",
        WHOLE,
        Need("and --starts exclude each other", is_one_start, "leave one out"),
        Need("and --rate exclude each other", has_none("rate"), "leave one out"),
        Need("is not for a page", lambda parsed: parsed["form"] != "html", "--format csv has all"),
    )


class ConstraintOptions(Options, needs=[WHOLE]):
    """What the point must meet."""

    subject_to: tuple[str, ...] = texts(
        "'x + y <= 1'",
        "A constraint: <=, >=, == or a chain, of numbers or arrays; it sees what EXPR defines. "
        "Repeatable.",
    )


class SettingsOptions(Options):
    """How to descend: the fields of adcli.descent.settings.Settings."""

    method: str | None = text(
        "NAME", "How to descend (default lbfgs, of a training adam; with --rate alone gd)."
    )
    rate: float | None = number("R", "The learning rate.")
    line_search: str | None = text(
        "NAME", "For gd and cg: none, armijo (default of gd) or wolfe (of cg)."
    )
    schedule: str | None = text(
        "NAME", "The rate over time: constant, step, exponential, cosine, inverse."
    )
    schedule_every: float | None = number(
        "N",
        "Iterations that the schedule counts in (default 1000).",
        schedule_for("schedule_every"),
    )
    schedule_factor: float | None = number(
        "F", "The factor over these (default 0.5).", schedule_for("schedule_factor")
    )
    warmup: float | None = number("N", "Iterations over which the rate rises from 0.")
    final_rate: float | None = number("R", "The last rate (default 0).", schedule_for("final_rate"))
    clip_value: float | None = number("C", "Limit every component of the gradient.")
    clip_norm: float | None = number("C", "Limit the length of the gradient.")
    weight_decay: float | None = number(
        "D",
        "Pull the parameters to 0: the value that is minimised and shown includes D/2 times their "
        "sum of squares. adamw (0.01 by default) and lion shrink the point itself instead, which "
        "minimises no function: they keep the last point, unless --validation or --patience "
        "chooses another.",
    )


class EngineOptions(Options, needs=[WHOLE]):
    """What computes a descent."""

    engine: str | None = choice(
        DESCENT_ENGINES,
        "auto (default), python (numbers alone), numpy, or llvm (machine code).",
        metavar="ENGINE",
    )


class TrainingOptions(Options, needs=[TRAINING]):
    """What only a training takes; the first two ask for one."""

    batch_size: int | None = count(
        "Train: step down the loss of N rows at a time (default 64).", least=1
    )
    epochs: int | None = count("Train: passes over all rows (default 10).", least=1)
    shuffle: bool | None = flag("Each epoch has its own order.", default=None)
    validation: str | None = text(
        "FILE|0.1",
        "Rows that are not trained on: a table, or a part of --data. The parameters with the least "
        "loss there are kept.",
    )
    patience: int | None = count("End after N epochs without a better loss.", least=1)
    dtype: str | None = choice(
        ["float64", "float32"], "What a training computes in (default float64)."
    )

    @property
    def is_training(self) -> bool:
        """Whether mini-batches are asked for."""
        return self.batch_size is not None or self.epochs is not None


class StoppingOptions(Options):
    """When to end: the fields of adcli.descent.stopping.Limits."""

    max_iterations: int | None = count(
        "Stop after N iterations (default 10000; a training: no limit)."
    )
    gradient_tolerance: float | None = number(
        "T",
        "Stop at this gradient norm, and at no other (0: never). By default at 1e-8 if the "
        "gradient is small on the problem's own scale, or where it is no more than rounding.",
        WHOLE,
    )
    value_tolerance: float | None = number(
        "T", "Stop when the value changes by this part of itself.", WHOLE
    )
    point_tolerance: float | None = number(
        "T", "Stop when the point moves by this part of its norm.", WHOLE
    )
    max_seconds: float | None = number("S", "Stop after S seconds.")
    target: float | None = number("V", "Stop when the value reaches V.")


class ErrorOptions(Options, needs=[WHOLE]):
    """Standard errors of a loss that is a negative log-likelihood."""

    errors: str | None = option(
        is_flag=False,
        flag_value="hessian",
        metavar="[robust]",
        help="Standard errors, for a loss that is a negative log-likelihood, a sum over rows: from "
        "the inverse of its exact Hessian, or robust (sandwich).",
    )
    cluster_by: str | None = text(
        "COLUMN",
        "Rows of one value of a column belong together.",
        Need("needs --errors robust", is_one("errors", "robust")),
        Need("is for --data", has("data"), in_help=False),
    )
    confidence: float = number(
        "P",
        "The probability of intervals (default 0.95).",
        Need("needs --errors", has("errors")),
        Need(
            "needs --save, or another --format than plain",
            lambda parsed: parsed["form"] != "plain" or has("save")(parsed),
        ),
        default=0.95,
    )


class _ResultFormat(FormatOption):
    """The format of the result; that of a training has no parameters, which may be millions."""

    def chosen(self, parsed: Mapping[str, Any]) -> str:
        if not TRAINING.met(parsed):
            return super().chosen(parsed)
        return self.first(parsed, format_of("-o", parsed["output"], {**JSON, **HTML}))


class WatchingOptions(Options):
    """What is shown and written of the way and of its end."""

    form: str = format_choice(
        "--format",
        ["table", "json", "csv", "plain", "html"],
        {**RECORD, **HTML},
        "table for people; json, the final object alone, csv and plain, a parameter a line, for "
        "scripts; html, a page that plays.",
        _ResultFormat,
    )
    output: str | None = option("-o", "--output", metavar="FILE", help="Write the result to FILE.")
    digits: int = digits_option(A_TABLE_OR_PAGE)
    every: int | None = count(
        "A row for every N-th iteration or epoch (default: ever fewer).",
        A_TABLE,
        ONE_START,
        least=1,
    )
    explain: bool = flag(
        "Write the first steps out: the method's rule in symbols, then in numbers.",
        A_TABLE,
        ONE_START,
        WHOLE,
        Need("is not for constraints", has_none("subject_to"), "leave --explain out"),
    )
    trace: str | None = text(
        "FILE",
        "Write every iterate, with its gradient, or epoch to a .csv, .jsonl or .parquet file.",
        ONE_START,
    )
    plot: str | None = option(
        is_flag=False,
        flag_value="-",
        metavar="[FILE]",
        help="Draw the descent: in the terminal, there also while it runs, or as .png, .svg or "
        ".pdf (needs matplotlib).",
        needs=[ONE_START],
    )
    save: str | None = text("FILE", "Save the parameters found as .npz, .safetensors or .json.")
    animate: str | None = text(
        "FILE.gif", "One or two variables: the way as a film (needs matplotlib).", WHOLE, ONE_START
    )


class CheckpointOptions(Options):
    """How to go on later."""

    checkpoint: str | None = text("FILE", "Save the run there, to go on with --resume FILE.")
    checkpoint_every: int | None = count(
        "Iterations between two checkpoints (default 1000).", CHECKPOINT, least=1
    )
    resume: str | None = text("FILE", "Go on from a checkpoint, with the command that wrote it.")


class DescendOptions(
    ProgramOptions,
    StartOptions,
    ConstraintOptions,
    AimOptions,
    TableOptions,
    SettingsOptions,
    EngineOptions,
    TrainingOptions,
    StoppingOptions,
    ErrorOptions,
    WatchingOptions,
    CheckpointOptions,
    RecordOptions,
):
    """All options of the command."""

    color: None = COLOR

    def check(self) -> None:
        if self.errors not in (None, "hessian", "robust"):
            raise UsageError(
                f"--errors takes hessian (the default) or robust, not '{safe(str(self.errors))}'",
                "write --errors at the end, behind the expression",
            )
        if self.plot and not (self.expression or self.source):
            raise UsageError(
                f"there is no expression, for --plot takes '{safe(self.plot)}' for its file",
                "write --plot at the end, or --plot FILE.png",
            )
        if self.is_training and self.form in ("csv", "plain"):
            raise UsageError(
                f"--format {self.form} is not for a training",
                "--save FILE keeps the parameters, --trace FILE.csv the epochs",
            )
        if self.save:
            from adcli.data.parameters import check_savable

            check_savable(self.save)
        if self.trace:
            from adcli.data.iterates import trace_format

            trace_format(self.trace)
        if self.plot and self.plot != "-":
            from adcli.report.plots import picture_format

            picture_format(self.plot)
        if self.animate:
            from adcli.report.plots import film_format

            film_format(self.animate)

    @property
    def passed_on(self) -> dict[str, Any]:
        """What the library is given under its own name, where the command line has it."""
        groups = (AimOptions, SettingsOptions, EngineOptions, StoppingOptions, CheckpointOptions)
        errors = {"errors": self.errors, "confidence": self.confidence} if self.errors else {}
        rates = {"rates": self.rate_values} if self.rates else {}
        return {**self.given(*groups), **errors, **rates}

    @property
    def rate_values(self) -> list[float]:
        """The rates of a sweep."""
        from adcli.descent.rate_sweep import spread_rates

        parts = (self.rates or "").split(":")
        try:
            first, last, count = parts if len(parts) != 2 else (*parts, "9")
            ends, number = (float(first), float(last)), int(count)
        except ValueError:
            raise UsageError(
                f"--rates: '{safe(self.rates or '')}' is not a range", "write --rates 1e-4:1:9"
            ) from None
        return spread_rates(*ends, number)
