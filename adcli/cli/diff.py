"""`adcli diff`."""

from __future__ import annotations

from adcli.ad.formulas import derivative_formulas
from adcli.cli.declare import as_command
from adcli.cli.diff_options import EXAMPLES, DiffOptions
from adcli.cli.inputs import wrt_names
from adcli.cli.show import show, write_text
from adcli.cli.terminal import remark
from adcli.errors import LanguageError, UsageError
from adcli.function import function
from adcli.report.formulas import (
    FormulaReport,
    formula_code,
    formula_latex,
    formula_text,
    size_note,
)


@as_command("diff", EXAMPLES)
def command(options: DiffOptions) -> int:
    """The derivative of EXPR as a formula, simplified.

    Text output is a program again: adcli reads it, several derivatives are several results. Text
    and code compute what `adcli grad` computes, at any scale; LaTeX is shorter, to be read. A note
    on the size of the formulas, written out and with shared parts once, goes to standard error.
    """
    f = function(options.text)
    f = f.twice if options.order > 1 else f
    shapes = options.shapes(f)
    wrt, order, kind = f.names(wrt_names(options.wrt, f)), options.order, options.kind
    if not wrt:
        raise UsageError("the program has no variables to differentiate by", "such as x in 'x^2'")
    to_read = kind == "latex"
    try:
        found = derivative_formulas(f, wrt, order, shapes, to_read=to_read)
    except LanguageError as error:
        if not f.is_scalar and not shapes:
            error.hint = "--shape x=3,A=3x2 says which variables are vectors and matrices"
        raise
    if kind == "json":
        show(FormulaReport(found, order), kind, options.output)
        return 0
    if kind in ("text", "latex"):
        write = formula_latex if kind == "latex" else formula_text
        text = write(found, options.share)
    else:
        text = formula_code(f, found, shapes, kind)
    write_text(options.output, text)
    remark(size_note(found.before, found.after) + "\n")
    return 0
