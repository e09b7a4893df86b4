"""The trace as a page that plays: the graph, the steps of both passes, paths and cost."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from adcli.function import Function
from adcli.report.graph import cut
from adcli.report.in_words import TraceWords
from adcli.report.numbers import shape_of
from adcli.report.page.document import document, tabs
from adcli.report.page.lesson_panels import (
    cost_panel,
    derivation_panel,
    paths_panel,
    table_panel,
    words_panel,
)
from adcli.report.page.lesson_stage import stage_of
from adcli.report.page.lesson_steps import drawing_of_steps, passes_of
from adcli.report.page.markup import Markup, tag
from adcli.report.trace import TraceReport, shown

SHOWN_PROGRAM = 2000
"""Characters of a program in a page."""
LONG_PROGRAM = 100
"""Characters of a program that is written smaller."""
LISTED_VARIABLES = 8
"""Variables whose values and derivatives are in the head of a page."""


def lesson_page(f: Function, report: TraceReport, digits: int) -> str:
    """The page of a trace."""
    assert report.steps.run is not None
    with report.steps.run.algebra.context():
        drawn = drawing_of_steps(report, digits)
        said = TraceWords(f, report, digits)
        passes = passes_of(report, drawn, digits, said)
        panels = [
            ("Table", table_panel(report, passes)),
            ("In words", words_panel(said.paragraphs())),
            ("Cost", cost_panel(report)),
        ]
        if len(f.outputs) == 1 and not shape_of(report.value):
            panels.insert(1, ("Paths", paths_panel(f, report, drawn, digits)))
        if report.inputs:
            panels.insert(-1, ("Derivation", derivation_panel(f, report)))
        stage = stage_of(drawn, passes)
    main = tag("main", stage, tabs("Results of the passes", panels))
    body = tag("div", _header(f, report, digits), main, _footer(), class_="page")
    title = f"adcli trace: {cut(f.text.replace(chr(10), ' '), 60)}"
    return document(title, body, ["lesson.css", "formulas.css"], ["player.js", "lesson.js"])


def _header(f: Function, report: TraceReport, digits: int) -> Markup:
    """The program, the point, the result."""
    text = partial(shown, digits=digits, precision=report.precision)
    program = f.text.strip()
    if len(program) > SHOWN_PROGRAM:
        program = f"{program[:SHOWN_PROGRAM]} ..."
    point = [f"{name} = {text(value)}" for name, value in report.point.items()]
    value = [report.value] if len(f.outputs) == 1 else report.value
    steps, result = report.steps, report.steps.naming.result
    results = [f"{result} = {', '.join(map(text, value))}"]
    for name, slope in report.gradient.items():
        results.append(f"{steps.derivative(result, name)} = {text(slope)}")
    return tag(
        "header",
        tag("h1", tag("code", program), class_="long" if len(program) > LONG_PROGRAM else None),
        tag("p", "at ", *_few(point), class_="point") if point else "",
        tag("p", *_few(results), class_="answer"),
    )


def _few(texts: Sequence[str]) -> list[Markup]:
    """Each text as an item of a line; the number of those left out."""
    found = [tag("span", text) for text in texts[:LISTED_VARIABLES]]
    more = len(texts) - len(found)
    return found + [tag("span", f"and {more:,} more")] * (more > 0)


def _footer() -> Markup:
    """The keys, which only the script gives a meaning."""
    keys = "Keys: ← → one step, Home End first and last, space plays, ↑ ↓ from node to node."
    made = tag("p", "Made by ", tag("code", "adcli trace"), "; the numbers are those of its run.")
    return tag("footer", tag("p", keys, class_="scripted"), made)
