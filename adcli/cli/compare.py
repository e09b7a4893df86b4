"""`adcli compare`."""

from __future__ import annotations

from typing import Any

from adcli.cli.declare import Options, as_command
from adcli.cli.inputs import assignments, names
from adcli.cli.kinds import count, flag, number, text, texts
from adcli.cli.needs import Need, is_one
from adcli.cli.options import WRT, AtOptions, OutputOptions, ProgramOptions
from adcli.cli.show import show
from adcli.comparison.compare import TOLERANCE, compare, error_of
from adcli.comparison.sweep import MAX_STEPS, geometric
from adcli.errors import UsageError
from adcli.function import function
from adcli.language.messages import safe
from adcli.report.comparison import CompareReport
from adcli.report.comparison_picture import draw_sweep
from adcli.report.plots import picture_format

DEFAULT_SWEEP = "1e-1:1e-16"

EXAMPLES = """\b
Examples:
  adcli compare 'x1*x2 + sin(x1)' --at x1=2,x2=3
  adcli compare 'exp(sin(x))' --at x=1 --epsilons 1e-1:1e-16
  adcli compare 'exp(sin(x))' --at x=1 --epsilons 1e-1:1e-16:4 --plot errors.svg
  adcli compare 'x^2*y' --at x=3,y=2 --gradient x=12,y=9
  adcli compare 'abs(x) + y^2' --at x=0,y=1
  adcli compare 'x^y' --at x=2,y=0 --order 2
  adcli compare 'sum((A@x - b)^2)' --at 'A=[[1,2],[3,4]],x=[1,1],b=[0,1]' --wrt x --format json

\b
Exit codes: 0 AD and the symbolic derivative agree (with --gradient: the gradient given is right);
1 they do not, or the point is outside the domain; 2 wrong usage or syntax."""


FIRST_ORDER = Need("is for first derivatives", is_one("order", 1), "leave --order 2 out")


class ComparisonOptions(Options):
    """What to compare."""

    wrt: str | None = WRT
    gradient: tuple[str, ...] = texts(
        "x=1,y=2",
        "Check this gradient, a value for each variable (--wrt: for those alone).",
        FIRST_ORDER,
    )
    tolerance: float = number(
        "T",
        f"How wrong a component may be, relative to the exact one (default {TOLERANCE:g}).",
        least=0,
        most=1,
        default=TOLERANCE,
    )
    epsilons: str | None = text(
        "FROM:TO[:N]",
        "Sweep finite differences over steps relative to the variable, N a decade (default 1).",
        FIRST_ORDER,
    )
    plot: str | None = text(
        "FILE",
        f"Draw the sweep (by default {DEFAULT_SWEEP}) as .png or .svg; needs matplotlib.",
        FIRST_ORDER,
    )
    order: int = count(
        "Compare first derivatives (1, the default) or second ones (2).", least=1, most=2, default=1
    )
    no_times: bool = flag("Do not measure times: the output is repeatable.")


class CompareOptions(ProgramOptions, AtOptions, ComparisonOptions, OutputOptions):
    """All options of the command."""


@as_command("compare", EXAMPLES)
def command(options: CompareOptions) -> int:
    """All methods of differentiation side by side, and verdicts on the gradient at a point.

    Errors are against the symbolic derivative, in 50 digits, of the program that float64 runs;
    those of second derivatives are against differences of its values in 150 digits, which use no
    rule of differentiation. The exit code is 1 if AD and the symbolic derivative disagree, or if a
    given gradient is wrong.
    """
    f = function(options.text)
    point, _ = options.values_at(f, None)
    asked = (f, point, names(options.wrt))
    told: Any = {"tolerance": options.tolerance, "measure": not options.no_times}
    if options.order == 2:
        from adcli.comparison.second import compare_second

        found = compare_second(*asked, **told)
    else:
        given = options.gradient
        own = assignments(given, "--gradient", None) if given else None
        wanted = options.epsilons or (DEFAULT_SWEEP if options.plot else None)
        steps = _epsilons(wanted) if wanted else []
        if options.plot:
            picture_format(options.plot)  # a file of another kind shows now, not after the sweep
        found = compare(*asked, **told, epsilons=steps, given=own)
        if options.plot:
            draw_sweep(options.plot, f.text, found)
    report = CompareReport(point, found, not options.no_times)
    show(report, options.form, options.output, options.digits)
    error = error_of(found)
    if error is not None:
        raise error
    return 0


def _epsilons(text: str) -> list[float]:
    """`1e-1:1e-16`, or `1e-1:1e-16:4` for four a decade."""
    parts = text.split(":")
    try:
        first, last = float(parts[0]), float(parts[1])
        per_decade = int(parts[2]) if len(parts) > 2 else 1
        if len(parts) > 3:
            raise ValueError
    except (ValueError, IndexError):
        raise UsageError(
            f"--epsilons: '{safe(text)}' is not a range", f"write --epsilons {DEFAULT_SWEEP}"
        ) from None
    if per_decade > MAX_STEPS:
        raise UsageError(f"--epsilons: more than {MAX_STEPS:,} a decade", "ask for fewer")
    return geometric(first, last, per_decade)
