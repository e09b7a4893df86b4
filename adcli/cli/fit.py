"""`adcli fit`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from adcli.cli.declare import as_command
from adcli.cli.fit_inputs import regression_of
from adcli.cli.fit_options import (
    EXAMPLES,
    FitOptions,
    FitOutputOptions,
    FitProgramOptions,
    FitTableOptions,
    PredictionOptions,
)
from adcli.cli.formats import format_of
from adcli.cli.interruption import interruption
from adcli.cli.show import show
from adcli.cli.terminal import is_terminal, remark
from adcli.errors import UsageError
from adcli.language.messages import safe

if TYPE_CHECKING:
    from adcli.fitting.regression import Regression
    from adcli.fitting.result import Fit


@as_command("fit", EXAMPLES)
def command(
    program: FitProgramOptions,
    rows: FitTableOptions,
    fit: FitOptions,
    wanted: PredictionOptions,
    out: FitOutputOptions,
) -> int:
    """Fit a model, EXPR = 'RESPONSE ~ MODEL', to the rows of a table by least squares.

    The parameters come with standard errors, confidence intervals and their correlation.
    """
    if wanted.model:
        return _predict_alone(wanted.model, wanted, out)
    from adcli.fitting.run import solve
    from adcli.report.plots import picture_format

    format_of("--save", fit.save, {".json": "json"}, texts=())
    if fit.plot:
        picture_format(fit.plot)  # a file of another kind shows now, not after the fit
    if wanted.predict:
        from adcli.cli.predictions import check_rows

        check_rows(wanted.predict, wanted.predict_format)
    problem = regression_of(program, rows, fit)
    for text in problem.moved:
        remark(safe(text) + "\n")
    rate = {} if fit.rate is None else {"rate": fit.rate}
    with interruption() as interrupted:
        result = solve(
            problem,
            absolute_sigma=fit.absolute_sigma,
            confidence=fit.confidence,
            method=fit.method,
            max_iterations=fit.max_iterations,
            interrupted=interrupted,
            **rate,
        )
    if fit.save:
        result.save(fit.save)
    _write(problem, result, fit.plot, wanted, out)
    return result.status.exit_code


def _write(
    problem: Regression,
    result: Fit,
    plot: str | None,
    wanted: PredictionOptions,
    out: FitOutputOptions,
) -> None:
    """Write the picture, the predictions, the report and the warnings, as far as they are wanted.

    An interrupted fit is reported, but nothing is made of it. Predictions take the place of the
    report where both would go to standard output, and -o names the file of the predictions.
    """
    from adcli.descent.stopping import Status
    from adcli.report.fit import FitReport

    whole = result.status is not Status.INTERRUPTED
    if plot and whole:
        from adcli.report.fit_pictures import draw

        draw(problem, result, plot)
    if wanted.predict and whole:
        from adcli.cli.predictions import write_predictions

        write_predictions(result.fitted_model, wanted.predict, wanted.predict_format, out)
    apart = wanted.predict is not None
    if not (apart and whole) or out.output not in (None, "-"):
        output = None if apart else out.output
        timed = output is None and is_terminal(sys.stdout)
        show(FitReport(result, timed), out.form, output, out.digits)
    if apart or out.form != "table":
        for warning in result.warnings:
            remark(f"warning: {safe(warning)}\n")


def _predict_alone(model: str, wanted: PredictionOptions, out: FitOutputOptions) -> int:
    """Predictions by a saved model."""
    from adcli.cli.predictions import write_predictions
    from adcli.fitting.model_file import load_model

    if not wanted.predict:
        raise UsageError(
            "--model is for --predict FILE", "adcli eval --model evaluates it at a point"
        )
    write_predictions(load_model(model), wanted.predict, wanted.predict_format, out)
    return 0
