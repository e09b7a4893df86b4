"""`adcli.descend`: from what people ask for to one descent or many."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from adcli.data.array_columns import check_arrays, names_in
from adcli.data.checkpoint import check_identity
from adcli.descent.checkpoint import Saving, read_descent, same_start
from adcli.descent.minimise import Result, minimise
from adcli.descent.monitor import Watcher
from adcli.descent.problem import Problem
from adcli.descent.settings import Settings, canonical_text
from adcli.descent.starts import descend_many
from adcli.descent.stopping import Limits
from adcli.errors import UsageError
from adcli.function import Function, as_function
from adcli.given import check_kinds, sort_options


def descend(
    f: Function | str,
    start: Mapping[str, Any] | None = None,
    *,
    fix: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    bounds: Mapping[str, tuple[Any, Any]] | None = None,
    maximize: bool = False,
    engine: str = "auto",
    starts: int = 1,
    seed: int = 0,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int = 1000,
    resume: str | os.PathLike[str] | None = None,
    watchers: Sequence[Watcher] = (),
    interrupted: Callable[[], bool] = lambda: False,
    **options: Any,
) -> Result:
    """Minimise a scalar function from `start`, a number or an array for each variable.

    `options` are the fields of adcli.descent.settings.Settings (`method`, one of METHODS, `rate`,
    `schedule`, ...: without method and rate it is L-BFGS, with a rate gradient descent) and of
    adcli.descent.stopping.Limits (`max_iterations`, `gradient_tolerance`, ...). `fix` holds
    variables, `bounds` gives pairs (lower, upper), to which a start outside of them is moved (the
    result's `moved` says so), `starts` descends from many points around the
    start. `data` has columns, arrays of as many rows each: a vector (rows,) in the program, or
    (rows, k); only those that it names are used. `engine` is auto, python (numbers alone), numpy
    or llvm. `watchers` see the iterates, `interrupted()` says whether to end.

    Raises UsageError for what cannot be meant, DomainError where the function is not finite at the
    start, DataError for data that are not finite numbers, and for a
    checkpoint that cannot be read or written.

    >>> result = descend("(x - 1)^2 + 2(y + 3)^2", {"x": 0.0, "y": 0.0}, method="gd", rate=0.1)
    >>> str(result.status), round(result.point["x"], 6), round(result.point["y"], 6)
    ('converged', 1.0, -3.0)
    """
    settings, limits = sort_options(options, (Settings, Limits), "descend")
    chosen, limits = Settings(**settings), Limits(**limits)
    check_kinds(start=start, fix=fix, bounds=bounds, checkpoint=checkpoint, resume=resume)
    check_kinds(starts=starts, seed=seed, checkpoint_every=checkpoint_every)
    check_kinds(watchers=watchers, interrupted=interrupted)
    f = as_function(f)
    body = None
    if resume is not None:
        body = read_descent(resume)
        expression = {"expression": canonical_text(f)}
        check_identity(body["identity"], expression, os.fspath(resume))
        same_start(body, start or {})
        start = body["start"]
    if data is not None:
        f.refuse_constants(names_in(data), "the data")
        data = check_arrays(data, [name for name in f.inputs if name in data])
    problem = Problem(
        f,
        start or {},
        fixed=fix,
        data=data,
        bounds=bounds,
        maximize=maximize,
        decay=0.0 if chosen.shrinks else chosen.decay,
        engine=engine,
    )
    if starts == 1:
        saving = Saving(checkpoint, checkpoint_every, resume or "", body)
        result = minimise(problem, chosen, limits, saving, watchers, interrupted)
    elif checkpoint is not None or resume is not None:
        raise UsageError("checkpoints are for one start", "leave --starts out")
    else:
        result = descend_many(problem, chosen, limits, int(starts), int(seed), interrupted)
    return replace(result, moved=problem.moved)
