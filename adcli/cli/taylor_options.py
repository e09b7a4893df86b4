"""The options of `adcli taylor`."""

from __future__ import annotations

from typing import Any

from adcli.cli.declare import Options
from adcli.cli.inputs import assignments, wrt_names
from adcli.cli.kinds import count, text, texts
from adcli.cli.needs import NO_WRT
from adcli.cli.options import STRICT, AtOptions, OutputOptions, PrecisionOptions, ProgramOptions
from adcli.errors import UsageError
from adcli.function import Function

EXAMPLES = """\b
Examples:
  adcli taylor 'exp(sin(x))' --at x=1 --order 20
  adcli taylor 'atan(x)' --at x=0.3 --format json
  adcli taylor 'x^y' --at x=1,y=2 --wrt x --order 5
  adcli taylor 'log(x^2 + y^2)' --at x=3,y=4 --direction x=1,y=1 --precision 30"""


class SeriesOptions(Options):
    """Which series."""

    order: int = count("The highest order (default 10).", least=1, most=100, default=10)
    wrt: str | None = text("x", "The variable to expand in, where there are several.")
    direction: tuple[str, ...] = texts(
        "x=1,y=2", "Expand f(point + t direction) in t instead.", NO_WRT
    )
    strict: bool = STRICT


class TaylorOptions(ProgramOptions, AtOptions, SeriesOptions, PrecisionOptions, OutputOptions):
    """All options of the command."""

    def along(self, f: Function) -> str | dict[str, Any] | None:
        """The variable or the direction to expand along; None is the only variable."""
        if self.direction:
            return assignments(self.direction, "--direction", self.decimal_digits, f)
        if self.wrt is None:
            return None
        variable, *more = wrt_names(self.wrt, f) or []
        if more:
            raise UsageError("--wrt names several variables", "--direction x=1,y=1 is a line")
        return variable
