"""The options of `adcli diff`."""

from __future__ import annotations

from adcli.cli.declare import option
from adcli.cli.formats import HTML
from adcli.cli.kinds import count, flag, format_choice
from adcli.cli.needs import Need, has_none, is_one
from adcli.cli.options import COLOR, OUTPUT, WRT, ProgramOptions, ShapeOptions, shape_option

EXAMPLES = """\b
Examples:
  adcli diff 'x1*x2 + sin(x1)'
  adcli diff 'x^3*log(x)' --wrt x --order 2
  adcli diff 'sum((A@x - b)^2)' --wrt x --shape A=3x2,x=2,b=3
  adcli diff 'exp(-x^2/2)*y' --as latex
  adcli diff 'exp(-x^2/2)*y' -o f.c
  adcli diff 'x^2*sin(x)' --steps
  adcli diff 'x^2*sin(x)' --steps -o steps.html
  adcli diff 'exp(sin(x))' --at x=1 --order 20 --taylor"""

FORMULA_ENDINGS = {".tex": "latex", ".py": "python", ".c": "c", ".json": "json", **HTML}


class DiffOptions(ProgramOptions, ShapeOptions):
    """All options of the command."""

    wrt: str | None = WRT
    order: int = count(
        "The order of the derivative; several variables give all mixed ones.",
        least=1,
        most=100,
        default=1,
    )
    shape: tuple[str, ...] = shape_option()
    kind: str = format_choice(
        "--as",
        ["text", "latex", "mathml", "html", "python", "numpy", "c", "json"],
        FORMULA_ENDINGS,
        "A formula of this language, LaTeX, MathML for a web page or such a page, or a complete"
        " function of the value and the derivatives.",
    )
    share: bool | None = option(
        "--share/--no-share",
        needs=[
            Need("needs --as text, latex or mathml", is_one("kind", "text", "latex", "mathml")),
            Need("and --steps exclude each other", has_none("steps"), "leave one out"),
        ],
        default=None,
        help="Give operations that occur more than once a name"
        " (text, latex, mathml; default: in long ones).",
    )
    steps: bool = flag(
        "Derive line by line, with the names of the rules, and show what simplification does.",
        Need(
            "needs --as text, latex, html or json", is_one("kind", "text", "latex", "html", "json")
        ),
    )
    taylor: bool = flag(
        "Numbers at a point instead, to any order: the command taylor, with its options."
    )
    output: str | None = OUTPUT
    color: None = COLOR
