"""`adcli trace`."""

from __future__ import annotations

from math import prod

from adcli.ad.jacobians import Run
from adcli.ad.kinks import find_kinks
from adcli.ad.tasks import Task
from adcli.cli.declare import Options, as_command
from adcli.cli.formats import RECORD
from adcli.cli.inputs import names
from adcli.cli.kinds import choice
from adcli.cli.needs import Need, is_one
from adcli.cli.options import (
    WRT,
    AtOptions,
    OutputOptions,
    ProgramOptions,
    SweepArithmeticOptions,
    digits_option,
    format_option,
)
from adcli.cli.show import show, write_text
from adcli.errors import UsageError
from adcli.explain.trace import trace
from adcli.function import function
from adcli.report.steps import TEXT, Notation, Steps
from adcli.report.trace import MAX_SEEDS, TraceReport

WRITTEN_NUMBERS = 10_000_000
"""Numbers that a trace may write."""
EXAMPLES = """\b
Examples:
  adcli trace 'x1*x2 + sin(x1)' --at x1=2,x2=3
  adcli trace 'x1*x2 + sin(x1)' --at x1=2,x2=3 --mode reverse --format json
  adcli trace 'exp(sin(x^2))' --at x=0.5 --mode forward --digits 10
  adcli trace 'sum((A@x - b)^2)' --at 'A=[[1,2],[3,4]],x=[1,1],b=[0,1]' --wrt x
  adcli trace 'x*y + log(x)' --at x=2,y=3 --format latex -o trace.tex"""


class SweepsOptions(Options):
    """Which sweeps to show."""

    mode: str = choice(
        ["both", "forward", "reverse"], "Which sweep to show (default both).", default="both"
    )
    wrt: str | None = WRT


class TraceOutputOptions(OutputOptions):
    """How and where the trace is written."""

    form: str = format_option("latex", endings={**RECORD, ".tex": "latex"})
    digits: int = digits_option(
        Need("needs --format table or latex", is_one("form", "table", "latex"))
    )


@as_command("trace", EXAMPLES)
def command(
    program: ProgramOptions,
    at: AtOptions,
    sweeps: SweepsOptions,
    arithmetic: SweepArithmeticOptions,
    out: TraceOutputOptions,
) -> int:
    """The evaluation trace of EXPR: each step with its tangents and its adjoint.

    Inputs are w1, w2, ..., operations follow. Forward mode has a tangent w' for each seed (a
    variable, or one of its components); reverse mode has an adjoint w̄, the sum of what each use
    contributes. The numbers are those of `adcli grad`.
    """
    with arithmetic.context():
        report = make_report(program, at, sweeps, arithmetic, out.form)
        if out.form == "latex":
            from adcli.report.trace_latex import latex_text

            write_text(out.output, latex_text(report, out.digits))
        else:
            show(report, out.form, out.output, out.digits)
    return 0


def make_report(
    program: ProgramOptions,
    at: AtOptions,
    sweeps: SweepsOptions,
    arithmetic: SweepArithmeticOptions,
    form: str,
) -> TraceReport:
    """Compute the gradient as `adcli grad` does, checked, and trace that run."""
    f, digits = function(program.text), arithmetic.decimal_digits
    point, _ = at.values(f, digits)
    mode, wrt = sweeps.mode, f.names(names(sweeps.wrt))
    is_forward = mode == "forward"
    if len(f.outputs) > 1 and not is_forward:
        raise UsageError(
            f"a reverse sweep starts at one result, the program has {len(f.outputs)}",
            "--mode forward traces all of them",
        )
    task = Task("jacobian", "forward", wrt) if is_forward else Task("gradient", "reverse", wrt)
    results = f.swept(point, task, arithmetic.engine, digits)
    value, rest = results.nested()
    run, nodes = results.run, [f.inputs[name] for name in wrt]
    output = None if is_forward else f.outputs[0]
    is_short = form in ("table", "latex")
    kept = 0 if mode == "reverse" else MAX_SEEDS if is_short else None
    if kept is None:
        _refuse_too_many(run, nodes)
    active = f.graph.dependents(f.order, nodes)
    with results.algebra.context():
        found = trace(run, output, nodes, kept)
        kinks = find_kinks(f.graph, f.order, run.values, f.outputs, active, run.algebra)
        at_kinks = sorted(node for node, _ in kinks)
    return TraceReport(
        Steps(f.graph, f.order, f.inputs.values(), f.outputs, run, _notation(form)),
        found,
        active,
        mode,
        point,
        value,
        rest.get("gradient", {}),
        at_kinks,
        digits,
    )


def _refuse_too_many(run: Run, nodes: list[int]) -> None:
    """Raise UsageError where the tangents of all seeds would not fit into memory."""
    sizes = {i: prod(run.algebra.shape(run.values[i])) for i in run.order}
    numbers = sum(sizes.values()) * sum(sizes[node] for node in nodes)
    if numbers > WRITTEN_NUMBERS:
        raise UsageError(
            f"the tangents of all seeds are {numbers:,} numbers",
            "--wrt names fewer variables, --mode reverse needs no seeds, a table shows the first",
        )


def _notation(form: str) -> Notation:
    if form == "latex":
        from adcli.report.trace_latex import LATEX

        return LATEX
    return TEXT
