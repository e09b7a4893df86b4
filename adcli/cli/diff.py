"""`adcli diff`."""

from __future__ import annotations

from collections.abc import Mapping

from adcli.ad.formulas import Formulas, derivative_formulas
from adcli.cli.declare import as_command
from adcli.cli.diff_options import EXAMPLES, DiffOptions
from adcli.cli.inputs import wrt_names
from adcli.cli.show import show, write_text
from adcli.cli.terminal import remark
from adcli.errors import LanguageError, UsageError
from adcli.function import Function, function
from adcli.graph.axes import Shape
from adcli.report.formulas import (
    FormulaReport,
    condition_notes,
    formula_code,
    formula_latex,
    formula_text,
    size_note,
)


@as_command("diff", EXAMPLES)
def command(options: DiffOptions) -> int:
    """The derivative of EXPR as a formula, simplified.

    Text, LaTeX and MathML are to be read: short, and in the forms of textbooks, such as
    1 - tanh(x)^2, which loses its digits far out. Code (--as python, numpy, c) computes what `adcli
    grad` does, at any scale. Text is a program again; several derivatives are several results.
    Standard error has the size of the formulas, written out and with shared parts once, and a note
    where a simplified one is defined and the program is not. --steps shows how each comes about,
    order by order; by an array in differentials, as d[A @ x] = A @ dx.
    """
    f = function(options.text)
    shapes = options.shapes(f)
    wrt, order, kind = f.names(wrt_names(options.wrt, f)), options.order, options.kind
    if not wrt:
        raise UsageError("the program has no variables to differentiate by", "such as x in 'x^2'")
    to_read = kind in ("text", "latex", "mathml", "html", "json")
    if to_read:
        f = f.shown
    elif order > 1:
        f = f.twice
    try:
        if options.steps:
            return _derive(f, wrt, shapes, options)
        found = derivative_formulas(f, wrt, order, shapes, to_read=to_read)
    except LanguageError as error:
        if not f.is_scalar and not shapes:
            error.hint = "--shape x=3,A=3x2 says which variables are vectors and matrices"
        raise
    if kind == "json":
        show(FormulaReport(found, order), kind, options.output)
        _remark_conditions(found)
        return 0
    if kind in ("mathml", "html"):
        from adcli.report.page.set_formulas import formula_mathml, formula_page

        is_page = kind == "html"
        text = formula_page(f, found) if is_page else formula_mathml(found, options.share)
    elif kind in ("text", "latex"):
        write = formula_latex if kind == "latex" else formula_text
        text = write(found, options.share)
    else:
        text = formula_code(f, found, shapes, kind)
    write_text(options.output, text)
    _remark_conditions(found)
    remark(size_note(found.before, found.after) + "\n")
    return 0


def _derive(f: Function, wrt: list[str], shapes: Mapping[str, Shape], options: DiffOptions) -> int:
    """Write how each derivative comes about, up to the order that is asked for."""
    from adcli.report.derivation import derivation_report

    report = derivation_report(f, wrt, options.order, shapes)
    if options.kind == "latex":
        from adcli.report.derivation_latex import derivation_latex

        write_text(options.output, derivation_latex(report))
    elif options.kind == "html":
        from adcli.report.page.set_formulas import derivation_page

        write_text(options.output, derivation_page(f, report))
    else:
        form = "table" if options.kind == "text" else options.kind
        show(report, form, options.output)
    _remark_conditions(report.found)
    return 0


def _remark_conditions(found: Formulas) -> None:
    for line in condition_notes(found):
        remark(line + "\n")
