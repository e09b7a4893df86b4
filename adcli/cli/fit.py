"""`adcli fit`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from adcli.cli import options
from adcli.cli.declare import as_command
from adcli.cli.descent_inputs import bound_pairs
from adcli.cli.fit_options import EXAMPLES, fit_options
from adcli.cli.formats import format_of
from adcli.cli.inputs import (
    assignments,
    file_values,
    is_whole_point,
    program_text,
    split_assignments,
)
from adcli.cli.interruption import interruption
from adcli.cli.show import show
from adcli.cli.tables import TableOptions, check_columns, columns_in, filter_of, open_data
from adcli.cli.terminal import is_terminal, remark
from adcli.errors import UsageError
from adcli.function import Function, function
from adcli.graph.constants import MEANINGS, USUAL_PARAMETERS
from adcli.language.messages import safe

if TYPE_CHECKING:
    from adcli.fitting.regression import Regression

SETTINGS = ("method", "rate", "max_iterations", "confidence", "absolute_sigma")
"""Options that go to the solver under their own names, if they are given."""


@as_command("fit", EXAMPLES)
@options.expression
@fit_options
def command(**parsed: Any) -> int:
    """Fit a model, EXPR = 'RESPONSE ~ MODEL', to the rows of a table by least squares.

    The parameters come with standard errors, confidence intervals and their correlation.
    """
    if parsed["model"]:
        return _predict_alone(parsed)
    from adcli.descent.stopping import Status
    from adcli.fitting.run import solve
    from adcli.report.fit import FitReport
    from adcli.report.plots import picture_format

    format_of("--save", parsed["save"], {".json": "json"}, texts=())
    if parsed["plot"]:
        picture_format(parsed["plot"])  # a file of another kind shows now, not after the fit
    problem = _regression(parsed)
    for text in problem.moved:
        remark(safe(text) + "\n")
    settings = {name: parsed[name] for name in SETTINGS if parsed[name] is not None}
    with interruption() as interrupted:
        result = solve(problem, interrupted=interrupted, **settings)
    if parsed["save"]:
        result.save(parsed["save"])
    whole = result.status is not Status.INTERRUPTED  # else it is told, and nothing made of it
    if parsed["plot"] and whole:
        from adcli.report.fit_pictures import draw

        draw(problem, result, parsed["plot"])
    if parsed["predict"] and whole:
        from adcli.cli.predictions import write_predictions

        write_predictions(result.fitted_model, parsed)
    apart = parsed["predict"] is not None  # then -o is for the predictions
    if not (apart and whole) or parsed["output"] not in (None, "-"):
        output = None if apart else parsed["output"]
        timed = output is None and is_terminal(sys.stdout)
        show(FitReport(result, timed), parsed["form"], output, parsed["digits"])
    if apart or parsed["form"] != "table":
        for warning in result.warnings:
            remark(f"warning: {safe(warning)}\n")
    return result.status.exit_code


def _predict_alone(parsed: dict[str, Any]) -> int:
    """Predictions by a saved model."""
    from adcli.cli.predictions import write_predictions
    from adcli.fitting.model_file import load_model

    if not parsed["predict"]:
        raise UsageError(
            "--model is for --predict FILE", "adcli eval --model evaluates it at a point"
        )
    write_predictions(load_model(parsed["model"]), parsed)
    return 0


def _regression(parsed: dict[str, Any]) -> Regression:
    """The problem that the options describe."""
    from adcli.data.columns import read_columns
    from adcli.fitting.losses import Loss
    from adcli.fitting.model import read_model
    from adcli.fitting.regression import Regression

    if parsed["expression"] is None and parsed["source"] is None:
        raise UsageError("there is no model", "for example: adcli fit 'y ~ a*x + b' --data FILE")
    if not parsed["data"]:
        raise UsageError("a fit needs data", "--data FILE has a column for each variable")
    model = read_model(program_text(parsed["expression"], parsed["source"]))
    start = _start(parsed["start"], model.prediction)
    used = [Function(model.graph, [*model.response.outputs, *model.prediction.outputs], model.text)]
    used += [function(parsed[name]) for name in ("weights", "sigma") if parsed[name]]
    with open_data(TableOptions.of(parsed)) as table:
        assert table is not None
        check_columns(used[0], table, start, complete=False)
        for f in used[1:]:
            f.refuse_constants(table.layout.names, table.name)
        names = [name for f in used for name in columns_in(f, table)]
        where = filter_of(table, TableOptions.of(parsed))
        _name_constants(used)
        data = read_columns(table, names, missing=parsed["missing"], where=where)
        known = table.columns
    return Regression(
        model,
        data,
        start,
        fix=assignments(parsed["fix"], "--fix", None),
        bounds=bound_pairs(parsed["bounds"]),
        weights=parsed["weights"],
        sigma=parsed["sigma"],
        loss=Loss(parsed["loss"], parsed["loss_scale"]),
        engine=parsed["engine"],
        known=known,
    )


def _name_constants(used: Sequence[Function]) -> None:
    """Say, once, which names are constants although they are usual for parameters or columns."""
    for name in USUAL_PARAMETERS:
        users = [k for k, f in enumerate(used) if name in f.graph.constants]
        if users:
            role = "a column" if users[0] else "a parameter"  # the first is the model
            remark(
                f"'{name}' means the constant {MEANINGS[name]}; "
                f"`{name}` in backticks would be {role}\n"
            )


def _start(texts: tuple[str, ...], f: Function) -> dict[str, Any]:
    """The starts: `a=1,b=auto`, or a file of parameters, whose values assignments replace."""
    from adcli.fitting.regression import AUTO

    found: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for text in texts:
        if is_whole_point(text):
            found.update(file_values(text, f))
            continue
        for name, value in split_assignments(text, "--start"):
            if name in given:
                raise UsageError(f"--start gives '{safe(name)}' twice", "take one away")
            if value == AUTO:
                given[name] = AUTO
            else:
                given.update(assignments((f"`{name}`={value}",), "--start", None))
    return {**found, **given}
