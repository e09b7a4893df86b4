"""`adcli compare`."""

from __future__ import annotations

from functools import partial
from typing import Any

from adcli.cli.compare_options import EXAMPLES, CompareOptions
from adcli.cli.declare import as_command
from adcli.cli.inputs import assignments, wrt_names
from adcli.cli.show import show
from adcli.cli.terminal import Stages
from adcli.comparison.compare import error_of
from adcli.comparison.large import compare_by_size
from adcli.function import function
from adcli.report.comparison import CompareReport
from adcli.report.comparison_picture import draw_sweep


@as_command("compare", EXAMPLES)
def command(options: CompareOptions) -> int:
    """All methods of differentiation side by side, and verdicts on the gradient at a point.

    Errors are against the symbolic derivative, in 50 digits, of the program that float64 runs;
    those of second derivatives are against differences of its values in 150 digits, which use no
    rule of differentiation. The exit code is 1 if AD and the symbolic derivative disagree, or if a
    given gradient is wrong.
    """
    if options.growth:
        return _grow(options)
    f = function(options.text)
    point, _ = options.values_at(f, None)
    asked = (f, point, wrt_names(options.wrt, f))
    with Stages("compare") as stages:
        told: Any = {"tolerance": options.tolerance, "measure": not options.no_times}
        told["say"] = stages.say
        if options.order == 2:
            from adcli.comparison.second import compare_second

            found = compare_second(*asked, **told)
        else:
            given = options.gradient
            own = assignments(given, "--gradient", None, f) if given else None
            found = compare_by_size(*asked, **told, epsilons=options.steps, given=own)
    if options.plot:
        draw_sweep(options.plot, f, point, found)
    name = f.labels.name_of(f.outputs[0])
    report = CompareReport(point, found, not options.no_times, name)
    show(report, options.form, options.output, options.digits)
    error = error_of(found)
    if error is not None:
        raise error
    return 0


def _grow(options: CompareOptions) -> int:
    """What each method costs, for one size after another."""
    from adcli.cli.growth_inputs import GrowingProgram, sizes_of
    from adcli.comparison.growth import grow
    from adcli.report.growth import GrowthReport

    name, sizes = sizes_of(options.growth or "")
    text = options.text
    program = GrowingProgram(text, name, options.at, options.shape)
    with Stages("compare") as stages:
        wrt = partial(wrt_names, options.wrt)
        found = grow(program, sizes, wrt, measure=not options.no_times, say=stages.say)
    report = GrowthReport(name, found, not options.no_times)
    if options.plot:
        from adcli.report.growth_picture import draw_growth

        draw_growth(options.plot, text, report)
    show(report, options.form, options.output, options.digits)
    return 0
