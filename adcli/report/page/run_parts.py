"""What the pages of descents, trainings and fits have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

from adcli.data.cells import shortened
from adcli.report.page.document import document
from adcli.report.page.html_tables import table, table_row
from adcli.report.page.markup import Markup, join, tag
from adcli.report.page.player import announcement, moves

SHOWN_PROGRAM = 2000
"""Characters of a program in a page."""
SHOWN_LINES, LONG = 6, {"class_": "long scroll", "tabindex": "0"}
"""Lines of a program that are seen at once, and what makes one of more lines scroll."""
SHOWN_STEPS, FIRST_STEPS = 150, 50
"""Steps of a run in a page, and how many of them are the first ones."""
SHOWN_SETTING = 300
"""Characters of a setting in a page."""
PAUSE = 400
"""Milliseconds between two steps that are played."""

Thinned = TypeVar("Thinned")
Setting = tuple[str, str]
"""An option as it is written, and its value."""


def run_page(command: str, program: str, *parts: str) -> str:
    """The whole page of a run, from its parts."""
    body = tag("div", *parts, class_="page")
    title = f"adcli {command}: {shortened(program.strip().replace(chr(10), ' '), 60)}"
    return document(title, body, ["charts.css"], ["player.js", "run.js"])


def header(
    command: str, program: str, status: str, reason: str, figures: Iterable[tuple[str, str]]
) -> Markup:
    """What was run, how it ended and why, and the figures of the end."""
    text = program.strip()
    is_long = text.count("\n") >= SHOWN_LINES
    badge = tag("span", status.replace("_", " "), class_="badge", data_status=status)
    return tag(
        "header",
        tag("p", f"adcli {command}", class_="kind"),
        tag("h1", tag("code", shortened(text, SHOWN_PROGRAM)), **(LONG if is_long else {})),
        tag("p", badge, tag("span", reason), class_="ending"),
        tag(
            "dl",
            *[tag("div", tag("dt", name), tag("dd", said)) for name, said in figures],
            class_="figures",
        ),
    )


def stage(*pictures: str) -> Markup:
    """The player, the numbers of the step that it shows, and pictures."""
    return tag(
        "section",
        moves(PAUSE),
        tag("dl", id="now", class_="figures scripted"),
        announcement(),
        *pictures,
        class_="stage",
        aria_label="The run, step by step",
    )


def steps_table(
    caption: str, headers: Sequence[str], rows: Sequence[Sequence[str]], note: str
) -> Markup:
    """The table of steps, along which the player goes."""
    made = [table_row(cells, 1, data_step=str(k)) for k, cells in enumerate(rows)]
    found = table(headers, made, caption=caption, id="run-table")
    return join(found, tag("p", note, class_="note") if note else "")


def settings_panel(settings: Sequence[Setting]) -> Markup:
    """A table of settings, each with its value."""
    rows = [table_row((name, shortened(said, SHOWN_SETTING)), 2) for name, said in settings]
    caption = "Settings; what is not listed has its default"
    return table(["option", "value"], rows, 2, caption=caption)


def key_help() -> Markup:
    """The keys, which only the script gives a meaning."""
    keys = "Keys: ← → one step, Home End first and last, space plays. "
    keys += "A click on a row, or into a picture, goes to that step."
    return tag("footer", tag("p", keys, class_="scripted"))


def thinned(steps: Sequence[Thinned]) -> list[Thinned]:
    """The first steps, then every n-th of the others, and the last: as many as a page shows."""
    if len(steps) <= SHOWN_STEPS:
        return list(steps)
    others = np.linspace(FIRST_STEPS, len(steps) - 1, SHOWN_STEPS - FIRST_STEPS)
    return [*steps[:FIRST_STEPS], *[steps[k] for k in others.round().astype(int).tolist()]]
