"""A training as a page that plays: the losses over the epochs, their table, the result."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from adcli.language.messages import counted
from adcli.report.numbers import short
from adcli.report.page.document import tabs
from adcli.report.page.html_tables import HtmlTables
from adcli.report.page.markup import Markup, tag
from adcli.report.page.run_charts import TALL, along_axis, shown_range
from adcli.report.page.run_parts import (
    Setting,
    header,
    key_help,
    run_page,
    settings_panel,
    stage,
    steps_table,
    thinned,
)
from adcli.report.page.scales import counting, fitting
from adcli.report.page.svg_chart import SvgChart, figures
from adcli.report.training import TrainingReport, heading
from adcli.training.run import TrainingResult
from adcli.training.state import Epoch
from adcli.training.training_loop import Training, TrainingWatcher


class TrainingPage(TrainingWatcher):
    """A watcher that knows the training, and makes the page of the result."""

    training: Training

    def begin(self, training: Training) -> None:
        self.training = training

    def text(self, result: TrainingResult, settings: Sequence[Setting], digits: int) -> str:
        """The page. `settings` are what was asked for, the first of them the method in words."""
        method, *others = settings
        described = heading(self.training, method[1]).split("\n")
        settings = [(method[0], described[0]), ("rows", described[1]), *others]
        epochs = thinned(result.history)
        program = self.training.problem.function.text
        panels = [("Result", _result(result, digits)), ("Settings", settings_panel(settings))]
        shown = tag("section", tag("p", "No epoch was completed."), class_="stage")
        if epochs:
            shown = stage(figures(_losses(result, epochs)), *_rates(epochs))
            panels.insert(0, ("Epochs", _table(result, epochs, digits)))
        return run_page(
            "descend",
            program,
            header("descend", program, result.status, result.reason, _figures(result, digits)),
            tag("main", shown, tabs("The training", panels)),
            key_help(),
        )


def _figures(result: TrainingResult, digits: int) -> list[tuple[str, str]]:
    losses = [("training loss", result.training_loss)]
    if result.validated:
        losses.insert(0, ("validation loss", result.validation_loss))
    return [
        *[(name, short(x, digits)) for name, x in losses if math.isfinite(x)],
        ("best epoch", f"{result.best_epoch:,}" if result.best_epoch else "none"),
        ("epochs", f"{result.epochs:,}"),
        ("iterations", f"{result.iterations:,}"),
        ("rows", f"{result.rows:,}"),
        ("method", result.method),
    ]


def _losses(result: TrainingResult, epochs: Sequence[Epoch]) -> SvgChart:
    """The losses against the epoch; a line where the parameters were best."""
    xs = [e.epoch for e in epochs]
    curves = {"training loss": np.array([e.training_loss for e in epochs])}
    if result.validated:
        curves["validation loss"] = np.array([e.validation_loss for e in epochs])
    up = fitting(shown_range(np.concatenate([*curves.values()])))
    ends = [f"the {name} from {y[0]:.6g} to {y[-1]:.6g}" for name, y in curves.items()]
    told = f"Against the epoch {' and '.join(ends)}, over {counted(xs[-1], 'epoch')}."
    across = counting(xs[-1])
    chart = SvgChart("losses", "The loss", told, across, up, ("epoch", "loss"), TALL)
    if result.best_epoch:
        chart.bars([result.best_epoch], [up.low], [up.high], "best thin")
    for k, (name, ys) in enumerate(curves.items()):
        chart.trail(xs, ys, f"series-{k}")
        chart.key(f"line series-{k}", name)
    if result.best_epoch:
        chart.key("line best", f"best: epoch {result.best_epoch:,}")
    return chart


def _rates(epochs: Sequence[Epoch]) -> list[Markup]:
    """The learning rate, where it changes."""
    rates = np.array([e.rate for e in epochs])
    if len(set(rates.tolist())) == 1:
        return []
    told = f"The learning rate against the epoch, from {rates[0]:.6g} to {rates[-1]:.6g}."
    names = ("epoch", "learning rate")
    xs = [e.epoch for e in epochs]
    return [figures(along_axis("rate", "The learning rate", told, xs, rates, names))]


def _table(result: TrainingResult, epochs: Sequence[Epoch], digits: int) -> Markup:
    """A row for each epoch."""
    losses = ["training loss", *["validation loss"] * result.validated]
    rows = []
    for e in epochs:
        numbers = [e.training_loss, e.validation_loss][: len(losses)]
        best = "best" if e.epoch == result.best_epoch else ""
        cells = [*[short(x, digits) for x in numbers], f"{e.iterations:,}", short(e.rate, digits)]
        rows.append([f"{e.epoch:,}", *cells, best])
    left_out = epochs[-1].epoch - len(epochs)
    note = f"{len(epochs)} of {epochs[-1].epoch:,} epochs are shown; --trace FILE writes all."
    headers = ["epoch", *losses, "iterations", "rate", ""]
    return steps_table("Epochs", headers, rows, note if left_out > 0 else "")


def _result(result: TrainingResult, digits: int) -> Markup:
    """How it ended, and the parameters."""
    tables = HtmlTables()
    TrainingReport(result).draw(tables, digits)
    return tables.markup()
