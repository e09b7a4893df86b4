"""The options of `adcli compare`."""

from __future__ import annotations

from adcli.cli.declare import Options
from adcli.cli.kinds import count, flag, number, text, texts
from adcli.cli.needs import Need, has, has_none, is_one
from adcli.cli.options import WRT, AtOptions, OutputOptions, ProgramOptions
from adcli.comparison.compare import TOLERANCE
from adcli.comparison.sweep import MAX_STEPS, geometric
from adcli.errors import UsageError
from adcli.language.messages import safe

DEFAULT_SWEEP = "1e-1:1e-16"

EXAMPLES = """\b
Examples:
  adcli compare 'x1*x2 + sin(x1)' --at x1=2,x2=3
  adcli compare 'exp(sin(x))' --at x=1 --epsilons 1e-1:1e-16
  adcli compare 'exp(sin(x))' --at x=1 --epsilons 1e-1:1e-16:4 --plot errors.svg
  adcli compare 'x^2*y' --at x=3,y=2 --gradient x=12,y=9
  adcli compare 'abs(x) + y^2' --at x=0,y=1
  adcli compare 'sum(x^2)' --growth n=1,10,100,1000 --shape x=n
  adcli compare 'exp(sum(sin(x)*x)/n)' --growth n=1,10,100 --at 'x=range(n)/n' --plot growth.svg
  adcli compare 'x^y' --at x=2,y=0 --order 2
  adcli compare 'sum((A@x - b)^2)' --at 'A=[[1,2],[3,4]],x=[1,1],b=[0,1]' --wrt x --format json

\b
Exit codes: 0 AD and the symbolic derivative agree (with --gradient: the gradient given is right);
1 they do not, or the point is outside the domain; 2 wrong usage or syntax."""


ONE_SIZE = Need("and --growth exclude each other", has_none("growth"), "leave one out")
GROWING = Need("is for --growth", has("growth"), "--at gives values, which have shapes")
FIRST_ORDER = Need("is for first derivatives", is_one("order", 1), "leave --order 2 out")


class ComparisonOptions(Options):
    """What to compare."""

    wrt: str | None = WRT
    gradient: tuple[str, ...] = texts(
        "x=1,y=2",
        "Check this gradient, a value for each variable (--wrt: for those alone).",
        FIRST_ORDER,
        ONE_SIZE,
    )
    tolerance: float = number(
        "T",
        f"How wrong a component may be, relative to the exact one (default {TOLERANCE:g}).",
        ONE_SIZE,
        least=0,
        most=1,
        default=TOLERANCE,
    )
    epsilons: str | None = text(
        "FROM:TO[:N]",
        "Sweep finite differences over steps relative to the variable, N a decade (default 1).",
        FIRST_ORDER,
        ONE_SIZE,
    )
    plot: str | None = text(
        "FILE",
        f"Draw the sweep (by default {DEFAULT_SWEEP}), errors and the estimates of the first "
        "component (--wrt chooses), or what --growth tabulates: .png, .svg or .pdf (matplotlib).",
        FIRST_ORDER,
    )
    order: int = count(
        "Compare first derivatives (1, the default) or second ones (2).", least=1, most=2, default=1
    )
    growth: str | None = text(
        "n=1,10,100",
        "Tabulate what each method costs at these sizes of n, a name for the program, --at and "
        "--shape.",
        FIRST_ORDER,
    )
    shape: tuple[str, ...] = texts(
        "x=n,W=3xn",
        "The shape of an array, which is filled with numbers between 0.5 and 1.5. Repeatable.",
        GROWING,
    )
    no_times: bool = flag("Do not measure times: the output is repeatable.")


class CompareOptions(ProgramOptions, AtOptions, ComparisonOptions, OutputOptions):
    """All options of the command."""

    def check(self) -> None:
        from adcli.report.plots import picture_format

        if self.plot:
            picture_format(self.plot)

    @property
    def steps(self) -> list[float]:
        """The epsilons: of `1e-1:1e-16` one a decade, of `1e-1:1e-16:4` four; none without a sweep.

        Raises UsageError for another text.
        """
        wanted = self.epsilons or (DEFAULT_SWEEP if self.plot and not self.growth else "")
        if not wanted:
            return []
        parts = wanted.split(":")
        try:
            first, last, count = parts if len(parts) != 2 else (*parts, "1")
            ends, per_decade = (float(first), float(last)), int(count)
        except ValueError:
            raise UsageError(
                f"--epsilons: '{safe(wanted)}' is not a range", f"write --epsilons {DEFAULT_SWEEP}"
            ) from None
        if per_decade > MAX_STEPS:
            raise UsageError(f"--epsilons: more than {MAX_STEPS:,} a decade", "ask for fewer")
        return geometric(*ends, per_decade)
