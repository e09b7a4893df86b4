"""`adcli propagate`."""

from __future__ import annotations

from adcli.cli.declare import as_command
from adcli.cli.propagate_options import EXAMPLES, PropagateOptions
from adcli.cli.show import SHOWN_ELSEWHERE, show, write_text
from adcli.cli.terminal import remark
from adcli.errors import UsageError
from adcli.language.messages import render_note, safe


@as_command("propagate", EXAMPLES)
def command(options: PropagateOptions) -> int:
    """The uncertainty of EXPR from the uncertainties of its variables, with its budget.

    Sensitivity coefficients are exact derivatives. Contributions are combined by the law of
    propagation of uncertainty, correlations included.
    """
    from adcli.cli.propagate_inputs import correlations, measured_at, observations, program_of
    from adcli.report.propagation import PropagationReport
    from adcli.uncertainty.run import propagate

    if options.points is not None:
        from adcli.cli.propagate_rows import propagate_rows

        return propagate_rows(options)
    if options.form == "parquet":
        raise UsageError("Parquet is for the rows of a file", "--points FILE")
    f, model = program_of(options)
    found = propagate(
        f,
        measured_at(options, f),
        correlation=correlations(options.correlation),
        covariance=options.covariance,
        observations=observations(options, f),
        model=model,
        level=options.probability,
        coverage=options.coverage,
        order=None if options.order == "auto" else int(options.order),
        monte_carlo=options.monte_carlo,
        seed=options.seed,
        interval=options.interval,
        strict=options.strict,
    )
    if options.plot:
        from adcli.report.budget_picture import draw_budget

        draw_budget(found, options.digits, options.plot)
    if options.form == "html":
        from adcli.report.page.uncertainty_page import uncertainty_page

        settings = options.chosen(*SHOWN_ELSEWHERE)
        write_text(options.output, uncertainty_page(found, settings, options.digits))
    else:
        show(PropagationReport(found), options.form, options.output, options.digits)
    if found.monte_carlo is not None:
        from adcli.uncertainty.monte_carlo import drawn_otherwise

        for words in drawn_otherwise(found.point):
            remark(f"note: {safe(words)}\n")
    if found.kink is not None:
        found.kink.message += f"; the {found.kink.taken} is taken"
        found.kink.hint = "the law of propagation holds where the program is smooth"
        remark(render_note(found.kink))
    return 0
