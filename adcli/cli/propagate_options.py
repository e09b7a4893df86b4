"""The options of `adcli propagate`."""

from __future__ import annotations

from adcli.cli.declare import Options
from adcli.cli.formats import RECORD
from adcli.cli.kinds import count, number, text, texts
from adcli.cli.needs import A_TABLE, Need
from adcli.cli.options import STRICT, OutputOptions, ProgramOptions, format_option

EXAMPLES = """\b
Examples:
  adcli propagate 'V/I' --at 'V=4.999±0.0032, I=19.661e-3±9.5e-6' --correlation V,I=-0.36
  adcli propagate 'm*g*h' --at 'm=2.000(5), g=9.81, h=1.5±0.01 uniform' --format json
  adcli propagate 'R=V*cos(p)/I; X=V*sin(p)/I; R, X' --at 'V=5.0(1), I=0.02±1%, p=1.05±0.01'
  adcli propagate 'L*(1 + a*T)' --at 'L=50±0.1 k=2, a=11e-6, T=20±0.5 df=4' --level 0.99
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
    model: str | None = text(
        "FILE.json",
        "Parameters with their covariance from a fit that 'adcli fit --save' wrote; without EXPR "
        "the result is its prediction.",
    )


class IntervalOptions(Options):
    """Which intervals."""

    level: float = number(
        "P", "The probability of the interval (default 0.95).", least=0, most=1, default=0.95
    )
    coverage: float | None = number(
        "K",
        "The coverage factor of the interval, in place of --level.",
        Need("and --level exclude each other", lambda parsed: parsed["level"] == 0.95),
    )
    strict: bool = STRICT


class PropagateOptions(ProgramOptions, QuantityOptions, IntervalOptions, OutputOptions):
    """All options of the command."""

    form: str = format_option(endings=RECORD)
    digits: int = count(
        "Significant digits of uncertainties in tables (default 2); values have the same places.",
        A_TABLE,
        least=1,
        most=15,
        default=2,
    )
