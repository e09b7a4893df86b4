"""Command lines: every command, with all options that it has, and values right and wrong."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import click

import adcli
from adcli.cli.app import COMMANDS
from adcli.errors import AdcliError
from tests.fuzz import given
from tests.fuzz.choices import Choices
from tests.fuzz.outcomes import check_command
from tests.fuzz.programs import MATRIX, NUMBER, VECTOR, Writer, point

WEIGHTS = {"eval": 20, "grad": 30, "descend": 20, "fit": 15, "functions": 1, "completion": 1}
"""How often a command's turn comes, 10 for the others; tables of all functions take their time."""

NUMBERS = (
    *("1", "2", "0", "0.1", "3", "-1", "1e-3", "10", "nan", "inf", "-inf", "1e400", "1e-400", ""),
    *(
        "-0",
        "1_0",
        "0x10",
        "abc",
        " 1",
        "1,2",
        "１",
        "٣",
        "1e308",
        "-1e308",
        "99999999999999999999",
    ),
    *("1.5", "--", "\x1b[31m", "1e-320", "True"),
)
COUNTS = (
    "1",
    "2",
    "3",
    "5",
    "0",
    "-1",
    "1.5",
    "",
    "nan",
    "1e3",
    "abc",
    "９",
    "-0",
    "1_0",
    "0x2",
    "9" * 20,
)
"""Small where the work grows with the number."""

FILES = (
    *given.NAMES,
    *("nothing.csv", "nothing", "", ".", "/dev/null", "/", "-", "*.csv", "[.csv", "a\x1bb.csv"),
    *("/dev/full", "~", "rows.csv.gz", "\udcff.csv"),
)
OUTPUTS = (
    *("out.csv", "out.json", "out.jsonl", "out.parquet", "out.txt", "out", "-", "/dev/null", ""),
    *(
        ".",
        "no/out.csv",
        "/dev/full",
        "out.svg",
        "out.html",
        "out.npz",
        "out.safetensors",
        "out.tex",
    ),
    *("out.CSV", "out.csv.gz", "ö.csv", "/proc/nothing/out.csv", "out.c", "out.xlsx"),
)
TEXTS = (
    *(
        "x",
        "x,y",
        "",
        "y",
        "v",
        "W",
        "x=1",
        "x=1,y=2",
        "x=",
        "=1",
        "z=1",
        "x=y",
        "v=[1,2,3]",
        "x=0:1",
    ),
    *(
        "x=:",
        "x=1:0",
        "x=nan",
        "x=inf:",
        "`u`",
        "x=1e400",
        "random:7",
        "random:",
        "x=auto",
        "W=3x3",
    ),
    *("W=0x3", "v=3", "x > 0", "x >", "adam", "gd", "lbfgs", "newton", "lion", "cosine", "armijo"),
    *("csv", "json", "parquet", "sum", "1e-1:1e-8", "1e-8:1e-1", "0:1", "x=1±0.1", "W=he(3,3)"),
    *("v=zeros(3)", "a", "w", "\x1b[2J", "\u202e", "x;y", "pi=1", "e", "0.5", "x=[1,2", "x=1,x=2"),
    *("x" * 300, "v[0]=1", "x=[[1],[2,3]]", "local:2", "x+y <= 1"),
)
OWN: dict[str, tuple[str, ...]] = {
    "max_iterations": ("5", "1", "50", "0", "-1", "1e3", ""),
    "max_seconds": ("0.05", "0", "-1", "nan", "1e-9", "0.1", "inf"),
    "starts": ("2", "1", "3", "0", "-1"),
    "precision": ("30", "1", "3", "17", "50", "0", "-1", "100001", "nan"),
    "order": ("1", "2", "3", "0", "-1"),
    "epochs": ("1", "2", "0", "-1"),
    "animate": ("", "out.txt", "."),
    "monte_carlo": ("1000", "100", "2e3", "0", "-1", "nan", "abc", "1e99", "1.5"),
    "color": ("auto", "never", "always", "x"),
    "form": ("table", "json", "csv", "plain", "x", ""),
}
"""Values of options, where those of its kind do not do."""

RIGHT: dict[str, tuple[str, ...]] = {
    "where": ("x > 0", "x + y < 9", "z == z"),
    "wrt": ("x", "y", "x,y", "v", "W"),
    "correlation": ("x,y=0.3", "x,y=-1", "v[0],v[1]=0.5", "x,v[0]=0.1"),
    "observations": ("few.csv", "uncertain.csv"),
    "covariance": ("covariance.csv", "few.csv"),
    "monte_carlo": ("1000", "100"),
    "level": ("0.9", "0.99"),
    "coverage": ("2", "1"),
    "direction": ("x=1", "x=1,y=0", "v=[1,0,0]", "x=1,y=2,v=[0,1,0]"),
    "gradient": ("x=1", "x=1,y=2", "v=[1,2,3]"),
    "epsilons": ("1e-1:1e-8", "1e-2:1e-3"),
    "paths": ("x", "y", "v[0]"),
    "start": ("x=1", "x=1,y=2", "random:7", "parameters.npz", "v=[1,2,3]"),
    "param": (
        "v=zeros(3)",
        "x=constant(2)",
        "W=normal(3,3,scale=0.1)",
        "W=he(3,3)",
        "v=uniform(3)",
    ),
    "shape": ("v=3", "W=3x3"),
    "fix": ("x=1", "a=1", "b=0", "y=2"),
    "bounds": ("x=0:1", "x=0:", "a=0:2", "b=:1", "x=-1:3,y=0:2"),
    "method": ("lbfgs", "newton", "cg", "gd", "adam", "adamw", "lion", "rmsprop", "momentum"),
    "line_search": ("armijo", "wolfe"),
    "schedule": ("cosine", "step", "exponential"),
    "weights": ("1", "x + 1", "1/y", "z^2"),
    "sigma": ("0.1", "y/10", "1"),
    "points_format": ("csv", "jsonl", "parquet"),
    "data_format": ("csv", "jsonl", "parquet"),
    "predict_format": ("csv", "jsonl", "parquet"),
    "output": ("out.csv", "out.jsonl", "out.parquet", "out.txt"),
    "points": ("rows.csv", "rows.jsonl", "rows.parquet"),
    "data": ("rows.csv", "rows.jsonl", "rows.parquet"),
    "predict": ("rows.csv", "few.csv", "rows.parquet"),
    "subject_to": ("x + y <= 1", "x >= 0", "x^2 + y^2 == 2", "sum(v) == 1", "0 <= x <= 1"),
    "rates": ("1e-3:1:3", "0.01:1", "1e-300:1e300:3"),
    "errors": ("", "robust"),
    "cluster_by": ("x", "z"),
    "growth": ("n=1,3", "n=2"),
    "set": ("b = 2a", "a = b^2 + 1", "c = 1"),
    "derive": ("s = a + b", "half = log(2)/b", "r = sqrt(a)/(b - 1)"),
    "by": ("z", "y", "x", "x,z"),
}
"""Values of options that mostly do."""

TARGETS = (
    *(
        "(1 - x)^2 + 100(y - x^2)^2",
        "sum((v - [1, 2, 3])^2)",
        "x^2 + y^2 + x*y - x",
        "abs(x) + y^2",
    ),
    *("logsumexp(v) + norm(v)", "exp(x) - 2x", "softplus(x) + relu(-x)", "x^4", "-gauss(x)", "1/x"),
    *("sum((W - 1)^2) + norm(W@v)", "mean((y - x)^2)", "log(x) + x", "max(x, -2x)", "floor(x)^2"),
)
"""What may be minimised."""

RARE = ("animate", "source", "model", "data", "data_format", "points_format")
"""Options that take their time, or seldom go together with others."""

PLOTS = ("-", "-", "-", "-", "", "out.xyz", "no/out.svg", *["-"] * 25, "out.svg", "out.png")
READS = (
    "source",
    "covariance",
    "observations",
    "model",
    "points",
    "data",
    "validation",
    "resume",
    "predict",
    "record",
)
WRITES = ("output", "save", "trace", "checkpoint")


def commands(c: Choices) -> str:
    """A command line, its standard input, and what comes of it."""
    name = c.of(_names())
    arguments, stdin = command_line(c, name)
    c.case = f"{arguments} < {stdin!r}"
    return check_command(arguments, stdin, given.prepare())


@cache
def _names() -> list[str]:
    return [name for name in COMMANDS for _ in range(WEIGHTS.get(name, 10))]


@cache
def parameters(name: str) -> list[click.Option]:
    """The options of a command."""
    command = import_module(COMMANDS[name][0]).command
    return [p for p in command.params if isinstance(p, click.Option)]


def command_line(c: Choices, name: str) -> tuple[list[str], bytes]:
    """The arguments and the standard input of a command, mostly such that it does something."""
    arguments, text, stdin = [name], None, b""
    options = [o for o in parameters(name) if o.name not in RARE or c.once_in(20)]
    for option in c.some(options, c.of((1, 1, 2, 4))) if options and c.below(4) else []:
        arguments += _option(c, option)
    if name in ("functions", "completion"):
        arguments += c.of(([], ["sin"], ["bash"], ["x"], [""]))
    elif name == "fit":
        more, text = _fit(c)
        arguments += more
    else:
        writer = Writer(c, arrays=not c.below(2), loose=c.once_in(2))
        number = name not in ("eval", "jacobian", "diff", "graph") and not c.once_in(12)
        text = writer.program(NUMBER if number else c.of((NUMBER, NUMBER, VECTOR, MATRIX)))
        if name == "descend" and c.below(2):
            text = c.of(TARGETS)
        arguments += _where(c, name, text)
    if "--no-times" not in arguments and name == "compare":
        arguments.append("--no-times")
    if name == "descend" and not any(o.startswith("--max-") for o in arguments):
        arguments += ["--max-iterations", "20"]
    if "-" in arguments:
        stdin = c.of(
            (b"x,y\n1,2\n3,4\n", b"", b'{"x": 1, "y": 2}\n', b"x^2", b"\xff\x00", b"x\nz\n")
        )
    if text is not None and not c.once_in(40):
        arguments += ["--", text]
    return arguments, stdin


def _option(c: Choices, option: click.Option) -> list[str]:
    opt = option.opts[-1]
    if option.is_flag:
        return [opt]
    values = _values(option)
    if c.below(5):  # such as mostly do
        short = values[:-2] if isinstance(option.type, click.Choice) else values[:2]
        values = RIGHT.get(option.name or "", short)
    if opt == "--plot" and option.name == "plot" and option._flag_needs_value and c.once_in(2):
        return [opt]
    return [f"{opt}={c.of(values)}"] if c.once_in(3) else [opt, c.of(values)]


def _values(option: click.Option) -> tuple[str, ...]:
    """Values that an option may be given."""
    name, kind = option.name or "", option.type
    if isinstance(kind, click.Choice):
        return (*kind.choices, "x", "")
    if name in OWN:
        return OWN[name]
    if name == "plot":
        return PLOTS
    if name in READS:
        return FILES
    if name in WRITES:
        return OUTPUTS
    if isinstance(kind, (click.IntRange, click.types.IntParamType)):
        return COUNTS
    if isinstance(kind, (click.FloatRange, click.types.FloatParamType)):
        return NUMBERS
    return TEXTS


def _variables(text: str) -> tuple[str, ...]:
    try:
        return adcli.function(text).variables
    except AdcliError:
        return ("x",)


def _where(c: Choices, name: str, text: str) -> list[str]:
    """Options that give the variables of a program their values."""
    if name == "diff" or c.once_in(10):
        return []
    values: dict[str, Any] = point(c, _variables(text))
    if name in ("eval", "grad", "jacobian", "hessian") and c.once_in(4):
        return ["--points", c.of(("rows.csv", "rows.jsonl", "rows.parquet", "-"))]
    option = "--start" if name == "descend" else "--at"
    if name == "propagate" and not c.once_in(8):
        if c.once_in(4):
            return ["--points", c.of(("uncertain.csv", "rows.csv", "rows.parquet"))]
        spread = {n: c.of(SPREADS) for n in values}
        return [part for n, x in values.items() for part in ("--at", f"{n}={x}{spread[n]}")]
    return [part for n, x in values.items() for part in (option, f"{n}={x}".replace(" ", ""))]


SPREADS = (
    *("±0.1", "+-1%", " ± 0.2 uniform", "±0.1 df=4", "±1 k=2", "", "(1)", "±0", "±1e-3 arcsine"),
    *("±", "±-1", "±inf", "±[0.1,0.2,0.3]", "±0.1 mm", "±1e300", "±1±1", "±x", "±1e-320", " k=2"),
)
"""What may stand behind a value that was measured; the last ones mostly may not."""

FITS = (
    *(("log(y) ~ a + b*x", "a=0,b=0"), ("y ~ a*exp(-b*x)", "a=1,b=500"), ("y ~ a", "a=0")),
    *(("y ~ A*exp(B*x + D)", "A=1,B=0,D=1"), ("y ~ a*sin(b*x + c)", "a=1,b=1,c=0")),
    *(("y ~ c/(1 + exp(-b*(x - a)))", "a=2,b=1,c=9"), ("y ~ max(a*x, b) + c*z", "a=1,b=1,c=0")),
    *(("y ~ p[0]*x + p[1]", "p=[1,1]"), ("y ~ p@[x, z]", "p=[1,1]"), ("z^2 ~ a*x", "a=auto")),
    *(("y ~ a*x^b*z", "a=1,b=1e10"), ("y ~ 1e300*a*x + b", "a=1,b=1"), ("y ~ a*x/z", "a=1")),
    *(("y ~ a*x + b", "a=1,b=1"), ("y ~ a*x + b", "a=auto,b=0"), ("y ~ a*exp(b*x)", "a=1,b=0.1")),
    *(
        ("y ~ a*x", "a=1"),
        ("y ~ a*x^b + c", "a=1,b=1,c=auto"),
        ("y ~ where(x < a, 1, b)", "a=2,b=1"),
    ),
    *(("y ~ sqrt(a)*x", "a=-1"), ("y ~ a*x + a*b", "a=1,b=1"), ("a*x", "a=1"), ("y ~ ", "")),
)
"""Models and starts; the last ones are none."""


def _fit(c: Choices) -> tuple[list[str], str]:
    text, start = c.of(FITS)
    data = c.of(("rows.csv", "rows.jsonl", "rows.parquet", "few.csv"))
    if c.once_in(12):
        start = c.of(TEXTS)
    return (["--data", data, "--start", start] if not c.once_in(20) else []), text
