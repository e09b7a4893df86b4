"""The player of a lesson: controls, the steps of the passes, the graph that they light."""

from __future__ import annotations

from collections.abc import Sequence

from adcli.language.messages import counted
from adcli.report.graph import Drawing
from adcli.report.page.lesson_graph import DRAWN_NODES, graph_markup
from adcli.report.page.lesson_steps import TITLES, LessonPass, LessonStep
from adcli.report.page.markup import Markup, join, tag
from adcli.report.page.player import announcement, moves

PAUSE = 2000
"""Milliseconds between two steps that are played."""


def stage_of(drawn: Drawing, passes: Sequence[LessonPass]) -> Markup:
    """Controls, the current step, and the graph."""
    is_small = len(drawn.nodes) <= DRAWN_NODES
    graph = graph_markup(drawn, passes) if is_small else None
    numbers = {id(line): str(k) for k, line in enumerate(drawn.edges())} if graph else {}
    places = {node: n for n, node in enumerate(drawn.nodes)}
    seen = [_pass(p, numbers, places) for p in passes]
    return tag(
        "section",
        _controls(passes),
        tag("div", *seen, class_="steps"),
        announcement(),
        _too_large(drawn) if graph is None else _picture(graph),
        class_="stage",
        aria_label="The passes, step by step",
    )


def _picture(graph: Markup) -> Markup:
    """The graph, and below it what a reader asks of a node."""
    hint = "Point at a node, or tab to it, for all its numbers; a click goes to its step."
    whole = tag("button", "Whole graph", type="button", id="whole", aria_pressed="false")
    return join(
        tag("div", graph, class_="graph scroll", tabindex=0, role="region", aria_label="graph"),
        tag("div", whole, tag("dl", tag("dt", hint), id="inspected"), class_="below scripted"),
    )


def _too_large(drawn: Drawing) -> Markup:
    words = f"The graph of {counted(len(drawn.nodes), 'node')} is too large to be drawn here; "
    return tag("p", words, tag("code", "adcli graph --as dot"), " is for graph viewers.")


def _controls(passes: Sequence[LessonPass]) -> Markup:
    """Buttons, slider and choices; without script there are none."""
    kinds = dict.fromkeys(p.kind for p in passes)
    seeds = [(k, p) for k, p in enumerate(passes) if p.kind == "tangent"]
    choices = [
        tag("button", TITLES[kind], type="button", data_passkind=kind, aria_pressed="false")
        for kind in kinds
    ]
    if len(seeds) > 1:
        options = [tag("option", p.label, value=k) for k, p in seeds]
        choices.append(
            tag("label", "seed ", tag("select", *options, id="seed"), id="seeds", hidden=True)
        )
    return tag(
        "div",
        tag("div", *choices, class_="passes", role="group", aria_label="pass"),
        moves(PAUSE),
        class_="controls scripted",
    )


def _pass(shown_pass: LessonPass, numbers: dict[int, str], places: dict[int, int]) -> Markup:
    """The steps of a pass as a list."""
    items = [_step(step, numbers, places) for step in shown_pass.steps]
    return tag(
        "section",
        tag("h2", shown_pass.title),
        tag("ol", *items),
        class_="pass",
        data_kind=shown_pass.kind,
        data_column=shown_pass.column,
    )


def _step(step: LessonStep, numbers: dict[int, str], places: dict[int, int]) -> Markup:
    """A step: its words, the equation, the local partial derivatives in it."""
    parts = [tag("p", step.words, class_="words")]
    if step.equation:
        parts.append(_equation(step.equation, "equation"))
    if step.partials:
        found = [tag("li", _equation(chain)) for chain in step.partials]
        parts.append(tag("ul", *found, class_="partials"))
    lines = " ".join([numbers[id(line)] for line in step.lines if id(line) in numbers])
    node = None if step.node is None else places[step.node]
    return tag("li", *parts, class_="step", data_node=node, data_lines=lines or None)


def _equation(chain: Sequence[str], kind: str | None = None) -> Markup:
    """Parts that are equal, each on a line of its own where they do not fit."""
    first, *others = chain
    parts = [tag("span", first), *[tag("span", f" = {part}") for part in others]]
    return tag("p", *parts, class_=kind)
