"""The options of eval, grad, jacobian and hessian."""

from __future__ import annotations

from typing import NamedTuple

from adcli.cli.kinds import text
from adcli.cli.options import (
    ArithmeticOptions,
    GradientOptions,
    PointsOptions,
    ProgramOptions,
    RowsOutputOptions,
)
from adcli.cli.table_options import TableOptions


class ModelOptions(ProgramOptions):
    """The program, or a model that was fitted."""

    model: str | None = text("FILE.json", "Take the model that 'adcli fit --save' wrote, not EXPR.")


class Request(NamedTuple):
    """What one of these commands is asked for."""

    program: ProgramOptions
    points: PointsOptions
    arithmetic: ArithmeticOptions
    out: RowsOutputOptions
    sweep: GradientOptions = GradientOptions()
    table: TableOptions = TableOptions()
