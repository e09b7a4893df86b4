"""The options of `adcli graph`."""

from __future__ import annotations

from adcli.cli.declare import Options
from adcli.cli.kinds import choice, format_choice, text
from adcli.cli.needs import Need, has
from adcli.cli.options import (
    COLOR,
    INSTEAD_OF_A_POINT,
    OUTPUT,
    AtOptions,
    ProgramOptions,
    ShapeOptions,
    SweepArithmeticOptions,
    digits_option,
    shape_option,
)
from adcli.report.graph import dot_text, mermaid_text
from adcli.report.graph_figure import pdf_bytes, png_bytes
from adcli.report.svg import svg_text

EXAMPLES = """\b
Examples:
  adcli graph '(x + y)*z'
  adcli graph '(x + y)*z' --at x=2,y=3,z=4
  adcli graph '3*(x1^2 + x2*x3)' --at x1=2,x2=3,x3=4 --paths x1
  adcli graph 'g(u) = u^2; sin(g(x))*y' --paths all
  adcli graph 'exp(x*y) + x' -o graph.svg
  adcli graph 'exp(x*y) + x' --at x=1,y=2 --flow right -o graph.pdf
  adcli graph 'exp(x*y) + x' --at x=1,y=2 --as dot"""

PICTURE_ENDINGS = {
    ".svg": "svg",
    ".png": "png",
    ".pdf": "pdf",
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".json": "json",
}
TEXT_WRITERS = {"dot": dot_text, "mermaid": mermaid_text, "svg": svg_text}
IMAGE_WRITERS = {"png": png_bytes, "pdf": pdf_bytes}
PICTURES = [*TEXT_WRITERS, *IMAGE_WRITERS]


class PictureOptions(Options):
    """What to show of the graph."""

    kind: str = format_choice(
        "--as", ["tree", *PICTURES, "json"], PICTURE_ENDINGS, "How to draw it."
    )
    flow: str = choice(
        ["down", "right"],
        "Where the way from the inputs to the result goes (default down).",
        Need("needs a picture", lambda parsed: parsed["kind"] in PICTURES, "--as svg makes one"),
        default="down",
    )
    paths: str | None = text(
        "x,y",
        "List every path from the result to these variables (all: to each); the sum over those to"
        " one is the derivative. Without a point in formulas.",
    )


class GraphOptions(ProgramOptions, AtOptions, PictureOptions, ShapeOptions, SweepArithmeticOptions):
    """All options of the command."""

    shape: tuple[str, ...] = shape_option(
        INSTEAD_OF_A_POINT, Need("needs --paths", has("paths"), "--paths all has those to each")
    )
    output: str | None = OUTPUT
    digits: int = digits_option(
        Need(
            "needs a drawing, or --paths as a table",
            lambda parsed: parsed["paths"] is None or parsed["kind"] != "json",
        )
    )
    color: None = COLOR
