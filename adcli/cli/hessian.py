"""`adcli hessian`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from adcli.ad.tasks import Task
from adcli.cli.declare import as_command
from adcli.cli.formats import ROWS
from adcli.cli.kinds import flag
from adcli.cli.needs import Need, has_none, is_one
from adcli.cli.options import format_option
from adcli.cli.run import run
from adcli.cli.run_options import RunOptions
from adcli.cli.show import show, write_text
from adcli.errors import UsageError
from adcli.function import Function
from adcli.report.numbers import shape_of

EXAMPLES = """\b
Examples:
  adcli hessian '(1 - x)^2 + 100(y - x^2)^2' --at x=1,y=1
  adcli hessian 'exp(x*y)' --at x=1,y=2 --wrt y --format json
  adcli hessian 'logsumexp(v)' --at 'v=[1,2,3]'
  printf 'x,y\\n-1,9\\n0,1\\n1,3\\n2,6\\n' | adcli hessian 'sum((y - a*exp(b*x))^2)' --data - \\
    --at a=1,b=1
  adcli hessian 'sum((x[1:] - x[:-1]^2)^2)' --at 'x=zeros(1000)' --sparse --format csv"""

ALONE = ("points", "precision", "strict", "explain_engine", "verbose")
"""Options that --sparse goes without."""


class HessianOptions(RunOptions):
    """How to find a Hessian, of a loss over the rows of a table too."""

    model: None = None
    direction: tuple[()] = ()
    form: str = format_option("mtx", endings={**ROWS, ".mtx": "mtx"})
    sparse: bool = flag(
        "Coordinates and values of the elements that may not be 0, as the graph says: for many "
        "variables. With -o NAME.mtx in the Matrix Market format.",
        Need(
            "takes one point in float64, without --points, --precision, --strict, "
            "--explain-engine or --verbose",
            has_none(*ALONE),
        ),
        Need("takes products of the Hessian and directions", is_one("mode", "reverse")),
        Need("computes by the numpy engine", is_one("engine", "auto", "numpy")),
    )


@as_command("hessian", EXAMPLES)
def command(options: HessianOptions) -> int:
    """The matrix of second derivatives of EXPR at each point.

    The gradient is built as a graph by a reverse sweep; sweeps of --mode differentiate it again.
    With --data the columns of a table are vectors of EXPR, and are not differentiated for.
    """
    if options.sparse:
        return run("hessian", options, _show_sparse)
    if options.form == "mtx":
        raise UsageError("the Matrix Market format is for sparse matrices", "--sparse makes it one")
    return run("hessian", options)


def _show_sparse(
    f: Function, task: Task, point: dict[str, Any], held: Collection[str], options: HessianOptions
) -> int:
    from adcli.engines.sparse.at_point import labels
    from adcli.report.sparse_matrix import SparseReport

    value, matrix = f.sparse_hessian(point, wrt=task.wrt)
    shapes = {name: shape_of(point[name]) for name in task.wrt}
    report = SparseReport(point, value, list(labels(shapes)), matrix, held)
    if options.form == "mtx":
        write_text(options.output, report.market())
    else:
        show(report, options.form, options.output, options.digits)
    return 0
