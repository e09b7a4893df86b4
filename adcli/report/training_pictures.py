"""The losses of a training over its epochs: in the terminal, or as a file (matplotlib)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from adcli.report.charts import Curve, chart
from adcli.report.plots import PANEL, PictureFile, dress, figure_class, write_figure
from adcli.training.run import TrainingResult
from adcli.training.training_loop import TrainingWatcher


def loss_curves(result: TrainingResult) -> dict[str, Curve]:
    """The losses against the epoch, by name, as far as they are finite."""
    found = {
        "training loss": [(float(e.epoch), e.training_loss) for e in result.history],
        "validation loss": [(float(e.epoch), e.validation_loss) for e in result.history],
    }
    finite = {name: [p for p in curve if math.isfinite(p[1])] for name, curve in found.items()}
    return {name: curve for name, curve in finite.items() if curve}


class LossPlot(TrainingWatcher):
    """The losses in braille dots; upwards logarithmic, so that what is not positive is left out."""

    def __init__(self, write: Callable[[str], object], width: int) -> None:
        self.write = write
        self.width = width

    def draw(self, result: TrainingResult) -> None:
        """A chart for each loss, one below the other."""
        for name, curve in loss_curves(result).items():
            positive = [p for p in curve if p[1] > 0]
            if positive:
                self.write("\n".join(chart(name, positive, self.width, unit="epochs")) + "\n")


class LossPicture(PictureFile, TrainingWatcher):
    """A PNG, SVG or PDF with both losses."""

    def draw(self, result: TrainingResult) -> None:
        figure = figure_class()(figsize=PANEL, layout="constrained")
        axes: Any = figure.subplots()
        curves = loss_curves(result)
        for name, curve in curves.items():
            axes.plot(*zip(*curve, strict=True), ".-", label=name)
        if curves and min(y for curve in curves.values() for _, y in curve) > 0:
            axes.set_yscale("log")
        if result.best_epoch:
            axes.axvline(result.best_epoch, color="gray", linewidth=0.8, label="best")
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        dress(axes)
        write_figure(figure, self.path)
