"""The options of `adcli descend`, in the groups in which they are shown."""

from __future__ import annotations

from typing import Any

import click

from adcli.cli.formats import JSON, FormatOption
from adcli.cli.needs import FOR_TRAINING as FOR_TRAINING
from adcli.cli.needs import NOT_FOR_TRAINING as NOT_FOR_TRAINING
from adcli.cli.options import Decorator, Number, digits
from adcli.cli.tables import table_options
from adcli.engines.choose import DESCENT_ENGINES

EXAMPLES = """\b
Examples:
  adcli descend '(1 - x)^2 + 100(y - x^2)^2' --start x=-1.2,y=1
  adcli descend 'x^2 + 3y^2' --start x=4,y=2 --method gd --rate 0.1 --every 10
  adcli descend 'sum((A@v - [1, 2])^2)' --start v=[0,0] --fix 'A=[[1,2],[3,4]]' --method adam
  adcli descend 'x - log(x)' --start x=5 --bounds x=0.1: --format json
  adcli descend 'sin(3x) + x^2/10' --start x=4 --starts 20 --seed 1
  adcli descend 'x*exp(-x)' --start x=3 --maximize --plot
  adcli descend 'norm(W)^2' --start random:7 --shape W=3x2 --method adam --trace path.csv
  printf 'x,y\\n-1,9\\n0,1\\n1,3\\n2,6\\n' | adcli descend 'mean((y - (a*x + b))^2)' --data - \\
    --start a=0,b=0 --where 'x >= 0'

\b
Training, with --batch-size or --epochs: steps down the loss of a few rows of --data at a time, by
an update rule (default adam; with --rate alone gd). The loss is a mean over rows. The parameters
kept are those after the epoch with the least loss, over the rows of --validation if there are any.
A trace has a row an epoch, and --resume goes on in the middle of one.
  adcli descend 'mean((y - (a*x + b))^2)' --data rows.csv --start a=0,b=0 --epochs 20 --shuffle
  adcli descend 'mean((y - tanh(x@U + c)@v)^2)' --data rows.csv --param 'U=glorot(2,16)' \\
    --param 'c=zeros(16)' --param 'v=he(16)' --batch-size 32 --epochs 50 --shuffle \\
    --rate 0.01 --method adam --validation 0.1 --patience 5 --save network.npz
  adcli eval 'norm(U)' --at network.npz

\b
Exit codes: 0 converged, or all epochs are done; 1 the work failed; 2 wrong usage or syntax;
3 iteration or time limit; 4 diverged; 5 stalled; 130 interrupted.

\b
Methods: gd (with --rate, or with a line search), momentum, nesterov, adagrad, rmsprop, adadelta,
adam, adamw, nadam, amsgrad, lion; cg; lbfgs (the default) and newton, through SciPy."""

PASSED_ON = (
    *("method", "rate", "line_search", "schedule", "schedule_every", "schedule_factor"),
    *("warmup", "final_rate", "clip_value", "clip_norm", "weight_decay", "maximize", "starts"),
    *("seed", "max_iterations", "gradient_tolerance", "value_tolerance", "point_tolerance"),
    *("max_seconds", "target", "checkpoint", "checkpoint_every", "resume", "engine"),
)
"""Options that go to adcli.descend under their own name, if they are given."""


def _number(name: str, metavar: str, text: str) -> Any:
    return click.option(f"--{name}", type=Number(), metavar=metavar, help=text)


def _count(name: str, text: str, least: int = 0) -> Any:
    return click.option(f"--{name}", type=click.IntRange(least), metavar="N", help=text)


def _text(name: str, metavar: str, text: str, multiple: bool = False) -> Any:
    return click.option(f"--{name}", metavar=metavar, help=text, multiple=multiple)


PROBLEM = (
    _text(
        "start",
        "x=1,y=2",
        "Where to begin: values, random:SEED, or a file that --save wrote. Repeatable.",
        multiple=True,
    ),
    _text(
        "param",
        "'W=he(64,32)'",
        "Begin with an array: zeros(64,32), ones, constant(..., value=V), normal(..., scale=S), "
        "uniform(..., low=A, high=B), glorot or he. Repeatable.",
        multiple=True,
    ),
    _text("shape", "W=10x3", "The shape of an array. Repeatable.", True),
    _text("fix", "y=2", "Hold a variable. Repeatable.", True),
    _text(
        "bounds",
        "x=0:1",
        "Keep a variable within bounds; x=0: and x=:1 too. The gradient's norm is then that of"
        " the projected gradient. Repeatable.",
        True,
    ),
    click.option("--maximize", is_flag=True, default=None, help="Climb instead."),
    _count(
        "starts",
        "Descend from N points around the start, at most 100,000; the best result counts.",
        1,
    ),
    _count("seed", "The seed of what is drawn at random (default 0)."),
    table_options,
)
METHOD = (
    _text(
        "method",
        "NAME",
        "How to descend (default lbfgs, of a training adam; with --rate alone gd).",
    ),
    _number("rate", "R", "The learning rate."),
    _text("line-search", "NAME", "For gd and cg: none, armijo (default of gd) or wolfe (of cg)."),
    _text("schedule", "NAME", "The rate over time: constant, step, exponential, cosine, inverse."),
    _number("schedule-every", "N", "Iterations that the schedule counts in (default 1000)."),
    _number("schedule-factor", "F", "The factor over these (default 0.5)."),
    _number("warmup", "N", "Iterations over which the rate rises from 0."),
    _number("final-rate", "R", "The last rate (default 0)."),
    _number("clip-value", "C", "Limit every component of the gradient."),
    _number("clip-norm", "C", "Limit the length of the gradient."),
    _number(
        "weight-decay",
        "D",
        "Pull the parameters to 0: the value that is minimised and shown includes D/2 times their "
        "sum of squares. adamw (0.01 by default) and lion shrink the point itself instead, which "
        "minimises no function: they keep the last point, unless --validation or --patience "
        "chooses another.",
    ),
    click.option(
        "--engine",
        type=click.Choice(DESCENT_ENGINES),
        metavar="ENGINE",
        help="auto (default), python (numbers alone), numpy, or llvm (machine code).",
    ),
)
TRAINING = (
    _count("batch-size", "Train: step down the loss of N rows at a time (default 64).", 1),
    _count("epochs", "Train: passes over all rows (default 10).", 1),
    click.option("--shuffle", is_flag=True, default=None, help="Each epoch has its own order."),
    _text(
        "validation",
        "FILE|0.1",
        "Rows that are not trained on: a table, or a part of --data. The parameters with the least "
        "loss there are kept.",
    ),
    _count("patience", "End after N epochs without a better loss.", 1),
    click.option(
        "--dtype",
        type=click.Choice(["float64", "float32"]),
        help="What a training computes in (default float64).",
    ),
)
STOPPING = (
    _count("max-iterations", "Stop after N iterations (default 10000; a training: no limit)."),
    _number(
        "gradient-tolerance",
        "T",
        "Stop at this gradient norm, and at no other (0: never). By default at 1e-8 if the "
        "gradient is small on the problem's own scale, or where it is no more than rounding.",
    ),
    _number("value-tolerance", "T", "Stop when the value changes by this part of itself."),
    _number("point-tolerance", "T", "Stop when the point moves by this part of its norm."),
    _number("max-seconds", "S", "Stop after S seconds."),
    _number("target", "V", "Stop when the value reaches V."),
)
WATCHING = (
    click.option(
        "--format",
        "form",
        type=click.Choice(["table", "json"]),
        cls=FormatOption,
        endings=JSON,
        fallback="table",
        help="table for people; json, the final object alone, for scripts. The default goes by the "
        "name of -o FILE, else it is table.",
    ),
    click.option("-o", "--output", metavar="FILE", help="Write the result to FILE."),
    digits,
    _count("every", "A row for every N-th iteration or epoch (default: ever fewer).", 1),
    _text("trace", "FILE", "Write every iterate or epoch to a .csv, .jsonl or .parquet file."),
    click.option(
        "--plot",
        is_flag=False,
        flag_value="-",
        metavar="[FILE]",
        help="Draw the descent: in the terminal, or as .png or .svg (needs matplotlib).",
    ),
    _text("save", "FILE", "Save the parameters found as .npz, .safetensors or .json."),
    _text("animate", "FILE.gif", "Two variables: the path as a film (needs matplotlib)."),
)
SURVIVING = (
    _text("checkpoint", "FILE", "Save the run there, to go on with --resume FILE."),
    _count("checkpoint-every", "Iterations between two checkpoints (default 1000).", 1),
    _text("resume", "FILE", "Go on from a checkpoint, with the command that wrote it."),
)


def descent_options(function: Any) -> Any:
    """All of them."""
    decorators: list[Decorator] = [*PROBLEM, *METHOD, *TRAINING, *STOPPING, *WATCHING, *SURVIVING]
    for decorator in reversed(decorators):
        function = decorator(function)
    return function
