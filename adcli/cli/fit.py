"""`adcli fit`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from adcli.cli.declare import as_command
from adcli.cli.fit_inputs import regression_of
from adcli.cli.fit_options import EXAMPLES, FitOptions
from adcli.cli.fit_watch import watched
from adcli.cli.show import SHOWN_ELSEWHERE, show, write_text
from adcli.cli.terminal import is_terminal, remark
from adcli.language.messages import safe

if TYPE_CHECKING:
    from adcli.engines.choose import Choice
    from adcli.fitting.regression import Regression
    from adcli.fitting.result import Fit


@as_command("fit", EXAMPLES)
def command(options: FitOptions) -> int:
    """Fit a model, EXPR = 'RESPONSE ~ MODEL', to the rows of a table by least squares.

    The parameters come with standard errors, confidence intervals and their correlation.
    """
    if options.model:
        from adcli.cli.predictions import predict_alone

        predict_alone(options.model, options)
        return 0
    if options.by:
        from adcli.cli.fit_by import fit_by

        return fit_by(options)
    from adcli.fitting.run import solve

    if options.predict:
        from adcli.cli.predictions import check_rows

        check_rows(options.predict, options.predict_format)
    problem = regression_of(options)
    for text in problem.moved:
        remark(safe(text) + "\n")
    with watched(problem) as interrupted:
        result = solve(problem, interrupted=interrupted, **options.passed_on)
    if options.recorder is not None:
        options.recorder.keep(*_noted(problem, result))
    if options.save:
        result.save(options.save)
    _write(problem, result, options)
    return result.status.exit_code


def _noted(problem: Regression, result: Fit) -> tuple[Mapping[str, Any], Choice, dict[str, Any]]:
    """For a record: the results, the engine, and the method where none was asked for."""
    from adcli.engines.choose import Choice
    from adcli.report.fit import FitReport

    choice = Choice("numpy", "beside the factorisation of the Jacobian, compiling gains nothing")
    if problem.engine != "auto":
        choice = Choice(problem.engine, "it was asked for")
    return FitReport(result, False).record(), choice, {"method": result.method}


def _write(problem: Regression, result: Fit, options: FitOptions) -> None:
    """Write the picture, the predictions, the report and the warnings, as far as they are wanted.

    An interrupted fit is reported, but nothing is made of it. Predictions take the place of the
    report where both would go to standard output, and -o names the file of the predictions.
    """
    from adcli.descent.stopping import Status
    from adcli.report.fit import FitReport

    whole = result.status is not Status.INTERRUPTED
    if options.plot and whole:
        from adcli.report.fit_pictures import draw

        draw(problem, result, options.plot)
    if options.predict and whole:
        from adcli.cli.predictions import write_predictions

        write_predictions(result.fitted_model, options)
    apart = options.predict is not None
    if not (apart and whole) or options.output not in (None, "-"):
        output = None if apart else options.output
        if options.form == "html":
            from adcli.report.page.fit_page import fit_page

            settings = options.chosen(*SHOWN_ELSEWHERE)
            write_text(output, fit_page(problem, result, settings, options.digits))
        else:
            timed = output is None and is_terminal(sys.stdout)
            show(FitReport(result, timed), options.form, output, options.digits)
    if apart or options.form != "table":
        for warning in result.warnings:
            remark(f"warning: {safe(warning)}\n")
