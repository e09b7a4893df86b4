"""The options of `adcli propagate`."""

from __future__ import annotations

from adcli.cli.declare import Options
from adcli.cli.formats import HTML, ROWS
from adcli.cli.kinds import choice, count, number, text, texts
from adcli.cli.needs import A_TABLE_OR_PAGE, Need, has, has_none
from adcli.cli.options import (
    STRICT,
    OutputOptions,
    ProgramOptions,
    file_format_option,
    format_option,
)
from adcli.engines.choose import ENGINES

INTERVALS = ("symmetric", "shortest")
LEVEL = 0.95
ROW_ENGINES = [name for name in ENGINES if name != "mpmath"]
EXAMPLES = """\b
Examples:
  adcli propagate 'V/I' --at 'V=4.999±0.0032, I=19.661e-3±9.5e-6' --correlation V,I=-0.36
  adcli propagate 'm*g*h' --at 'm=2.000(5), g=9.81, h=1.5±0.01 uniform' --format json
  adcli propagate 'R=V*cos(p)/I; X=V*sin(p)/I; R, X' --at 'V=5.0(1), I=0.02±1%, p=1.05±0.01'
  adcli propagate 'L*(1 + a*T)' --at 'L=50±0.1 k=2, a=11e-6, T=20±0.5 df=4' --level 0.99
  adcli propagate 'exp(-k*t)' --at 'k=2.0±0.3, t=1.0(2)' --monte-carlo 1e5 --interval shortest
  printf 'x,u(x)\\n2,0.1\\n3,0.2\\n' | \\
    adcli propagate 'k*x^2' --points - --points-format csv --at 'k=1.00(1)' --format csv
  printf 'V,I\\n5.007,19.663\\n4.994,19.639\\n5.005,19.640\\n' | \\
    adcli propagate '1000*V/I' --observations -
  adcli propagate 'log(2)/k' --model decay.json

The examples of adcli fit make decay.json; k is one of its parameters.

\b
A value is written 1.000±0.002 (or +-), 1.000(2) or 2±0.5%, and behind it there may be
  k=2       the uncertainty is an expanded one, twice the standard uncertainty
  uniform   it is the half-width of limits; also triangular, arcsine
  df=9      it has 9 degrees of freedom (Student's t, Welch and Satterthwaite)
Elements of a vector: v=[1±0.1, 2±0.2]. Sources: the GUM (JCGM 100:2008)."""


class QuantityOptions(Options):
    """What is known of the variables."""

    at: tuple[str, ...] = texts(
        "x=2±0.1,y=3(1)", "The values with their standard uncertainties. Repeatable."
    )
    correlation: tuple[str, ...] = texts(
        "x,y=0.3", "The correlation of two quantities; elements are v[0],v[1]=0.3. Repeatable."
    )
    covariance: str | None = text(
        "FILE", "The covariance matrix of several quantities: CSV or JSON, with their names."
    )
    observations: str | None = text(
        "FILE",
        "Columns of repeated observations: their means, with the covariance and the degrees of "
        "freedom that these tell.",
    )
    model: str | None = text(
        "FILE.json",
        "Parameters with their covariance from a fit that 'adcli fit --save' wrote; without EXPR "
        "the result is its prediction.",
    )


ROWS_ALONE = Need("is for --points", has("points"), "--points FILE has a row for each point")
A_POINT_ALONE = Need("is for one point, not for --points", has_none("points"))


class RowOptions(Options):
    """The rows of a file."""

    points: str | None = text(
        "FILE", "Rows with columns x and u(x) for a variable x ('-': standard input)."
    )
    points_format: str | None = file_format_option(ROWS_ALONE)
    on_error: str = choice(
        ["stop", "null"],
        "At a row that fails: stop (default), or go on with nulls and exit 1 at the end.",
        ROWS_ALONE,
        default="stop",
    )
    engine: str = choice(
        ROW_ENGINES,
        "How the program is executed over the rows; auto chooses.",
        ROWS_ALONE,
        default="auto",
    )


class IntervalOptions(Options):
    """Which intervals."""

    level: float | None = number(
        "P", "The probability of the interval (default 0.95).", least=0, most=1
    )
    coverage: float | None = number(
        "K",
        "The coverage factor of the interval, in place of --level.",
        Need("and --level exclude each other", has_none("level")),
    )
    order: str = choice(
        ["auto", "1", "2"],
        "1: by first derivatives alone; 2: with the terms of the next order, from second and third "
        "ones; auto (default): 2 where the first are 0.",
        A_POINT_ALONE,
        default="auto",
    )
    strict: bool = STRICT

    @property
    def probability(self) -> float:
        """The level."""
        return LEVEL if self.level is None else self.level


A_TRIAL = Need("needs --monte-carlo", has("monte_carlo"))


class TrialOptions(Options):
    """The check by draws."""

    monte_carlo: str | None = text(
        "N",
        "Check it with N draws from the distributions of the inputs, such as 1e6; auto draws "
        "until the figures are stable (JCGM 101:2008).",
        A_POINT_ALONE,
    )
    seed: int = count("The seed of the draws (default 0).", A_TRIAL, default=0)
    interval: str = choice(
        INTERVALS,
        "Of the draws: as many below as above (symmetric, default), or the shortest.",
        A_TRIAL,
        default="symmetric",
    )


class BudgetPictureOptions(Options):
    """A picture beside the results."""

    plot: str | None = text(
        "FILE",
        "Draw the budget, and the draws with both intervals: .png, .svg or .pdf (matplotlib).",
        A_POINT_ALONE,
    )


class PropagateOptions(
    ProgramOptions,
    QuantityOptions,
    RowOptions,
    IntervalOptions,
    TrialOptions,
    BudgetPictureOptions,
    OutputOptions,
):
    """All options of the command."""

    form: str = format_option("html", endings={**ROWS, **HTML})
    digits: int = count(
        "Significant digits of uncertainties in tables (default 2); values have the same places.",
        A_TABLE_OR_PAGE,
        A_POINT_ALONE,
        least=1,
        most=15,
        default=2,
    )

    def check(self) -> None:
        if self.plot:
            from adcli.report.plots import PictureFile

            PictureFile(self.plot)
