"""`adcli descend`."""

from __future__ import annotations

from adcli.cli.declare import as_command
from adcli.cli.descent_options import EXAMPLES, DescendOptions
from adcli.cli.descent_run import DescentRun
from adcli.function import function


@as_command("descend", EXAMPLES)
def command(options: DescendOptions) -> int:
    """Find the minimum of EXPR from a start.

    Without --method and --rate by L-BFGS, a quasi-Newton method that needs no settings; with a
    --rate by plain gradient descent. The point reported is the best one seen.
    """
    f = function(options.text)
    if options.is_training:
        from adcli.cli.training import TrainingRun

        return TrainingRun(f, options).run()
    return DescentRun(f, options).run()
