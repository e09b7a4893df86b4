"""`adcli trace`."""

from __future__ import annotations

from dataclasses import replace

import click

from adcli.cli.declare import Options, as_command
from adcli.cli.formats import HTML, RECORD
from adcli.cli.inputs import wrt_names
from adcli.cli.kinds import choice, flag
from adcli.cli.needs import Need, is_one, refuse_given
from adcli.cli.options import (
    A_POINT,
    INSTEAD_OF_A_POINT,
    WRT,
    AtOptions,
    OutputOptions,
    ProgramOptions,
    ShapeOptions,
    SweepArithmeticOptions,
    digits_option,
    format_option,
    shape_option,
)
from adcli.cli.show import show, write_bytes, write_text
from adcli.errors import UsageError
from adcli.function import Function, function
from adcli.report.steps import TEXT
from adcli.report.traced import traced

EXAMPLES = """\b
Examples:
  adcli trace 'x1*x2 + sin(x1)' --at x1=2,x2=3
  adcli trace 'x1*x2 + sin(x1)' --at x1=2,x2=3 --mode reverse --format json
  adcli trace 'a = x + y; b = a*z; b' --at x=1,y=2,z=3
  adcli trace 'f(u) = sin(u); g(u) = u^2; f(g(x))*y'
  adcli trace 'exp(sin(x^2))' --at x=0.5 --mode forward --digits 10
  adcli trace 'sum((A@x - b)^2)' --at 'A=[[1,2],[3,4]],x=[1,1],b=[0,1]' --wrt x
  adcli trace 'x*y + log(x)' --at x=2,y=3 --format latex -o trace.tex
  adcli trace '3*(x1^2 + x2*x3)' --at x1=2,x2=3,x3=4 --explain
  adcli trace '3*(x1^2 + x2*x3)' --at x1=2,x2=3,x3=4 -o lesson.html
  adcli trace '3*(x1^2 + x2*x3)' --at x1=2,x2=3,x3=4 -o lesson.gif"""
ENDINGS = {**RECORD, ".tex": "latex", **HTML, ".gif": "gif"}
WRITTEN = ("table", "latex", "html", "gif")
"""Formats that show numbers to people."""


class SweepsOptions(Options):
    """Which sweeps to show."""

    mode: str = choice(
        ["both", "forward", "reverse"], "Which sweep to show (default both).", default="both"
    )
    wrt: str | None = WRT


class TraceOptions(
    ProgramOptions, AtOptions, ShapeOptions, SweepsOptions, SweepArithmeticOptions, OutputOptions
):
    """All options of the command."""

    shape: tuple[str, ...] = shape_option(INSTEAD_OF_A_POINT)
    explain: bool = flag(
        "Say in words what the numbers mean, why factors are multiplied, what a small change of"
        " each input really does, and what either mode repeats or keeps.",
        Need(
            "needs --format table or json",
            is_one("form", "table", "json"),
            "add that, or leave --explain out: a page has the words in any case",
        ),
    )
    form: str = format_option("latex", "html", "gif", endings=ENDINGS)
    digits: int = digits_option(
        Need("needs --format table, latex, html or gif", is_one("form", *WRITTEN))
    )


@as_command("trace", EXAMPLES)
def command(options: TraceOptions) -> int:
    """The evaluation trace of EXPR: each step with its tangents and its adjoint.

    Inputs are w1, w2, ..., operations follow; where the program names its steps, or calls its own
    functions, inputs and named steps go by their names. Forward mode has a tangent w' for each seed
    (a variable, or one of its components); reverse mode has an adjoint w̄, the sum of what each use
    contributes. The numbers are those of `adcli grad`. An HTML file plays both passes step by
    step; a GIF shows them as a film. Without a point all is in formulas, with the chain rule, not
    multiplied out.
    """
    with options.context():
        f, digits = function(options.text), options.decimal_digits
        point, _ = options.values_at(f, digits)
        wrt = f.names(wrt_names(options.wrt, f))
        if f.variables and not point:
            _show_formulas(options, f, wrt)
            return 0
        report = traced(f, point, wrt, options.mode, options.form, options.engine, digits)
        if options.explain:
            from adcli.report.in_words import in_words

            report = replace(report, explanation=in_words(f, report, options.digits))
        if options.form == "latex":
            from adcli.report.trace_latex import latex_text

            write_text(options.output, latex_text(report, options.digits))
        elif options.form == "html":
            from adcli.report.page.lesson import lesson_page

            write_text(options.output, lesson_page(f, report, options.digits))
        elif options.form == "gif":
            from adcli.report.lesson_film import film_bytes

            write_bytes(options.output, film_bytes(report, options.digits))
        else:
            show(report, options.form, options.output, options.digits)
    return 0


def _show_formulas(options: TraceOptions, f: Function, wrt: list[str]) -> None:
    """Show the trace without a point."""
    from adcli.report.formula_trace import formula_trace
    from adcli.report.trace_latex import LATEX, formula_latex

    refuse_given(click.get_current_context(), ("precision", "engine", "digits", "explain"), A_POINT)
    if options.form in ("html", "gif"):
        raise UsageError(f"--format {options.form} plays the numbers at a point", A_POINT.hint)
    shapes, is_latex = options.shapes(f), options.form == "latex"
    report = formula_trace(f, wrt, options.mode, shapes, LATEX if is_latex else TEXT)
    if is_latex:
        write_text(options.output, formula_latex(report))
    else:
        show(report, options.form, options.output)
