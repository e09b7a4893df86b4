"""From the options of a fit to the problem: model, rows, starts, weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from adcli.cli.descent_inputs import bound_pairs
from adcli.cli.fit_options import FitOptions
from adcli.cli.inputs import (
    assignments,
    constant,
    file_levels,
    file_values,
    is_whole_point,
    values_of,
)
from adcli.cli.table_options import check_columns, columns_in, filter_of, open_data
from adcli.cli.terminal import remark
from adcli.data.column_layout import listed
from adcli.errors import DomainError, UsageError, did_you_mean
from adcli.function import Function, function
from adcli.graph.constants import MEANINGS, USUAL_PARAMETERS
from adcli.language.messages import safe

if TYPE_CHECKING:
    from adcli.data.levels import CodedColumns
    from adcli.data.table import Table
    from adcli.fitting.regression import Regression


def regression_of(options: FitOptions) -> Regression:
    """The problem that the options describe. Raises UsageError where they describe none."""
    make, data = problem_and_rows(options)
    return make(data)


def problem_and_rows(options: FitOptions) -> tuple[Callable[[Any], Regression], CodedColumns]:
    """The problem that the options describe as a function of rows, and all rows, with the codes of
    the group columns. Raises UsageError where they describe none."""
    from adcli.data.table_columns import read_columns
    from adcli.fitting.losses import Loss
    from adcli.fitting.model import read_model, tied
    from adcli.fitting.quantities import read_quantities
    from adcli.fitting.regression import Regression

    if options.expression is None and options.source is None:
        raise UsageError("there is no model", "for example: adcli fit 'y ~ a*x + b' --data FILE")
    if not options.data:
        raise UsageError("a fit needs data", "--data FILE has a column for each variable")
    model = tied(read_model(options.text), read_quantities(options.set, "--set"))
    start = _start(options.start, model.prediction)
    used = [Function(model.graph, [*model.response.outputs, *model.prediction.outputs], model.text)]
    used += [function(text) for text in (options.weights, options.sigma) if text]
    with open_data(options) as table:
        assert table is not None
        check_columns(used[0], table, start, complete=False)
        for f in used[1:]:
            f.refuse_constants(table.layout.names, table.name)
        names = [name for f in used for name in columns_in(f, table)]
        for name in options.group_columns:
            _check_group(name, table)
            names.append(f"codes({name})")
        where = filter_of(table, options)
        _name_constants(used)
        table.know(file_levels(options.start, used[0]))
        data = read_columns(table, names, missing=options.missing, where=where)
        known = table.layout.columns
    make = partial(
        Regression,
        model,
        start=start,
        fix=assignments(options.fix, "--fix", None),
        bounds=bound_pairs(options.bounds),
        weights=options.weights,
        sigma=options.sigma,
        loss=Loss(options.loss, options.loss_scale),
        engine=options.engine,
        known=known,
        derive=options.derive,
    )
    return make, data


def _check_group(name: str, table: Table) -> None:
    """Raise UsageError for a group column that is none, or that is an array."""
    group = table.layout.find(name)
    if group is None:
        hint = did_you_mean(name, table.layout.columns) or listed(table.layout.columns)
        raise UsageError(f"--by names '{safe(name)}', which is not a column", hint)
    if group.shape:
        raise UsageError(f"--by: '{safe(name)}' is not one value a row", "name another column")


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
    from adcli.fitting.starts import AUTO

    if AUTO in texts:
        raise UsageError("--start: 'auto' names no parameter", "as in --start a=auto,b=auto")
    files = [text for text in texts if is_whole_point(text)]
    found = {name: x for file in files for name, x in file_values(file, f).items()}
    others = [text for text in texts if text not in files]
    given: dict[str, Any] = values_of(others, "--start", _started)
    return {**found, **given}


def _started(_: str, text: str) -> Any:
    """A value, `auto`, or an array of which some elements are `auto`."""
    from adcli.fitting.starts import AUTO

    if text == AUTO:
        return AUTO
    if AUTO not in text:
        return constant(text, None)
    import numpy as np

    f = function(text)
    if list(f.inputs) != [AUTO]:
        return constant(text, None)
    with suppress(DomainError):  # [auto, 1] has a value wherever auto stands: nan is none of ours
        low, high = (np.asarray(f.value({AUTO: x})) for x in (0.0, 1.0))
        is_auto = low != high
        if low.ndim and (low[is_auto] == 0).all() and (high[is_auto] == 1).all():
            return np.where(is_auto, AUTO, low.astype(object))
    raise UsageError(f"'{AUTO}' stands alone in '{safe(text)}'", "as in v=[auto, auto, 1]")
