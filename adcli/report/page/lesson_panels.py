"""What stands beside the player of a lesson: the table, the paths, the cost."""

from __future__ import annotations

from collections.abc import Sequence

from adcli.explain.paths import Path, find_paths
from adcli.function import Function
from adcli.language.messages import counted
from adcli.report.chain_rule import ChainRules
from adcli.report.derivation import derivation_report
from adcli.report.graph import Drawing, cut
from adcli.report.numbers import shape_of
from adcli.report.page.html_tables import HtmlTables, scrolling
from adcli.report.page.lesson_graph import in_node
from adcli.report.page.lesson_steps import MAX_TEXT, PLAYED_SEEDS, LessonPass, bounded
from adcli.report.page.markup import Markup, join, tag
from adcli.report.page.set_formulas import chain_rule_markup, derivation_markup
from adcli.report.paths import PathReport
from adcli.report.trace import Paragraph, TraceReport
from adcli.report.trace_latex import LATEX

LONG_NUMBER = 24
"""Characters of a number that a cell may break."""
PATH_NODES = 500
"""Nodes of a program whose paths are in a page."""
LISTED_PATHS = 20
"""Paths to one variable in a page."""
SEARCHED = 2000
"""Steps of the search for the largest paths to one variable."""
LISTED_VARIABLES = 8
"""Variables whose paths are in a page."""
DERIVED_NODES, DERIVED_SIZE = 50, 50_000
"""Nodes of a program that is derived in a page, and characters of derivations from which further
variables are left out."""


def table_panel(report: TraceReport, passes: Sequence[LessonPass]) -> Markup:
    """A row a step: name, formula, value, a column for the tangents of each seed, the adjoint."""
    heads = [tag("th", "step", scope="col"), tag("th", "formula", scope="col")]
    for shown in passes:
        names = {"value": "value", "adjoint": "adjoint"}
        tangent = report.steps.derivative(report.steps.naming.letters, shown.label)
        said = names.get(shown.kind, tangent)
        heads.append(tag("th", said, scope="col", class_="number", data_column=shown.column))
    places = [*enumerate(report.steps.nodes)]
    rows = bounded(
        places,
        lambda place: _row(report, passes, *place),
        lambda more: tag("tr", tag("td", f"... {more:,} more", colspan=len(heads))),
    )
    body = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows), id="steps-table")
    more = len(report.trace.seeds) - PLAYED_SEEDS
    note = (
        f"and {counted(more, 'more seed')}, which are not played; adcli trace --format json has all"
    )
    return join(scrolling(body, "steps"), tag("p", note, class_="note") if more > 0 else "")


def _row(report: TraceReport, passes: Sequence[LessonPass], number: int, node: int) -> Markup:
    steps = report.steps
    cells = [
        tag("th", steps.names[node], scope="row"),
        tag("td", cut(steps.definition(node), MAX_TEXT)),
    ]
    for shown in passes:
        is_known = node in shown.names
        text = shown.numbers[node] if is_known else ""
        short = in_node(shown, node) if is_known else ""
        cells.append(
            tag(
                "td",
                text,
                class_="number long" if len(text) > LONG_NUMBER and " " not in text else "number",
                data_column=shown.column,
                data_name=shown.names[node] if is_known and shown.kind != "value" else None,
                data_short=short if short != text else None,
            )
        )
    return tag("tr", *cells, data_node=number)


def paths_panel(f: Function, report: TraceReport, drawn: Drawing, digits: int) -> Markup:
    """The paths from the result to each variable, the largest products first, and the chain rule
    in formulas."""
    tables = HtmlTables()
    if len(drawn.nodes) > PATH_NODES:
        count = counted(len(drawn.nodes), "node")
        tables.note(f"Paths through {count} are not listed here: adcli graph --paths x counts them")
        return tables.markup()
    run = report.steps.run
    assert run is not None
    lines = {id(line): str(k) for k, line in enumerate(drawn.edges())}
    shapes = {name: shape_of(value) for name, value in report.point.items()}
    rules = ChainRules(f, LATEX, {name: shape for name, shape in shapes.items() if shape})
    for node in report.inputs[:LISTED_VARIABLES]:
        paths = find_paths(run, report.steps.outputs[0], node, LISTED_PATHS, SEARCHED)
        for k, path in enumerate(paths.listed):
            tables.row_attributes[k] = {"data_path": " ".join(_lines(drawn, path, lines))}
        name = report.steps.graph.attrs[node]
        PathReport(report.steps, paths, name, report.precision).draw(tables, digits)
        tables.put(chain_rule_markup(rules, name, report.steps))
    more = len(report.inputs) - LISTED_VARIABLES
    if more > 0:
        tables.note(f"and {counted(more, 'more variable')}; adcli graph --paths shows each")
    return tables.markup()


def _lines(drawn: Drawing, path: Path, lines: dict[int, str]) -> list[str]:
    """The edges of a path by number."""
    found = []
    for edge in path.edges:
        operands = drawn.steps.operands(edge.source)
        for (k, _), line in zip(operands, drawn.lines[edge.source], strict=True):
            if k == edge.operand:
                found.append(lines[id(line)])
    return found


def derivation_panel(f: Function, report: TraceReport) -> Markup:
    """How the derivative by each variable comes about, rule by rule."""
    if len(report.steps.nodes) > DERIVED_NODES:
        count = counted(len(report.steps.nodes), "step")
        return _note(f"A derivation of {count} is not written here: adcli diff --steps has it")
    names = [str(report.steps.graph.attrs[node]) for node in report.inputs]
    shapes = {name: shape_of(value) for name, value in report.point.items()}
    found: list[Markup] = []
    for name in names:
        if sum(map(len, found)) > DERIVED_SIZE:
            break
        found.append(derivation_markup(derivation_report(f.shown, [name], 1, shapes)))
    more = len(names) - len(found)
    if more > 0:
        words = f"and {counted(more, 'more variable')}; adcli diff --steps derives by each"
        found.append(_note(words))
    return join(*found)


def _note(words: str) -> Markup:
    return tag("p", words, class_="note")


def words_panel(paragraphs: Sequence[Paragraph]) -> Markup:
    """The explanation of the trace."""
    found = []
    for title, sentences in paragraphs:
        found += [tag("h3", title), *[tag("p", sentence) for sentence in sentences]]
    return join(*found)


def cost_panel(report: TraceReport) -> Markup:
    """What both modes cost, as the trace says."""
    tables = HtmlTables()
    report.draw_cost(tables)
    return tables.markup()
