"""From the text of a program to its graph."""

from __future__ import annotations

from adcli.errors import LanguageError
from adcli.graph.program import Program
from adcli.language.builder import Builder, ModelBuilder
from adcli.language.parser import Parser
from adcli.language.values import StatementValue


def build_program(
    parser: Parser, text: str, *, model: bool = False, twice: bool = False
) -> Program:
    """Parse a text; with `model` its last statement is `response ~ model`, and these its outputs.

    With `twice` its derivatives keep their digits when they are differentiated again.

    Raises LanguageError, with the place, where it is not a program.
    """
    if twice:
        import adcli.graph.twice  # noqa: F401 - registers the forms
        from adcli.graph.squares import smooth

    builder = (ModelBuilder if model else Builder)(text, twice=twice)
    results: StatementValue = parser.parse(text, builder)
    if not results.nodes or (model and results.bound):
        end = len(text.rstrip())
        raise LanguageError(
            "the program ends without a result",
            "the last line is y ~ MODEL, with '~' and not '='"
            if model
            else "add a last line with the expression that is the result",
            span=(end, end + 1),
            text=text,
        )
    nodes = smooth(builder.graph, results.nodes) if twice else results.nodes
    return Program(builder.graph, nodes, text)
