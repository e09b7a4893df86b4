"""`adcli.descend`: from what people ask for to one descent or many."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from adcli.data.array_columns import check_arrays, names_in
from adcli.data.checkpoint import check_identity
from adcli.data.levels import has_column
from adcli.descent.checkpoint import Saving, read_descent, same_start
from adcli.descent.minimise import Result, minimise
from adcli.descent.monitor import Watcher
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.descent.settings import Settings, canonical_text
from adcli.descent.stopping import Limits, Status
from adcli.errors import DomainError, UsageError
from adcli.function import Function, as_function
from adcli.given import check_kinds, real_value, sort_options
from adcli.graph.axes import Shape

MOST_STARTS, MOST_NUMBERS = 100_000, 50_000_000
"""Descents from many points, and the numbers of all points that they find: more take hours, and
more memory than they are worth."""


def descend(
    f: Function | str,
    start: Mapping[str, Any] | None = None,
    *,
    fix: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    bounds: Mapping[str, tuple[Any, Any]] | None = None,
    constraints: Sequence[str] = (),
    maximize: bool = False,
    engine: str = "auto",
    starts: int = 1,
    seed: int = 0,
    rates: Sequence[float] = (),
    errors: bool | str | None = None,
    cluster_by: Any = None,
    confidence: float = 0.95,
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
    result's `moved` says so), `starts` descends from many points around the start, `rates` at each
    of several learning rates. `data` has columns, arrays of as many rows each: a vector (rows,) in
    the program, or (rows, k); only those that it names are used. `constraints` are comparisons
    that the point must meet, such as "x + y <= 1"; the result is then a ConstrainedResult. `engine`
    is auto, python (numbers alone), numpy or llvm. `errors` asks for standard errors, of a loss
    that is a negative log-likelihood: "hessian" (or True), or "robust", with `cluster_by`, the
    group of each row or the name of a column; the result's `inference` has them, with intervals of
    the `confidence`. `watchers` see the iterates of one descent, of many the problem alone;
    `interrupted()` says whether to end.

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
    given = data
    if data is not None:
        f.refuse_constants(names_in(data), "the data")
        data = check_arrays(data, [name for name in f.inputs if has_column(data, name)])
    program = None
    chosen.check_constrained(bool(constraints))
    if constraints:
        from adcli.descent.constraints import read_constraints

        if checkpoint is not None or resume is not None:
            raise UsageError("a descent under constraints has no checkpoints", "leave them out")
        if len(rates):
            raise UsageError("a descent under constraints has no rates", "leave them out")
        if errors:
            raise UsageError(
                "standard errors of a descent hold where no constraint does", "leave them out"
            )
        program = read_constraints(f, constraints, {**(start or {}), **(fix or {})}, data)
        f = program.function
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
    problem.check_start()
    inferring = None
    if errors:
        from adcli.descent.inference import ErrorSettings

        inferring = ErrorSettings(errors, cluster_by, confidence, given)
        inferring.check(problem)
    elif cluster_by is not None:
        raise UsageError("groups of rows are for standard errors", "errors='robust'")
    saving = Saving(checkpoint, checkpoint_every, resume or "", body)

    def one(
        problem: Problem, saving: Saving, watchers: Sequence[Watcher], settings: Settings = chosen
    ) -> Result:
        if program is None:
            return minimise(problem, settings, limits, saving, watchers, interrupted)
        from adcli.descent.constrained_result import minimise_constrained

        return minimise_constrained(problem, program, chosen, limits, watchers, interrupted)

    if len(rates):
        from adcli.descent.rate_sweep import sweep_rates

        if starts != 1 or checkpoint is not None or resume is not None or chosen.rate is not None:
            raise UsageError(
                "rates are for one start, without checkpoints and another rate", "leave these out"
            )
        tried = [replace(chosen, rate=real_value(rate, "a rate")) for rate in rates]
        result = sweep_rates(
            [settings.rate_used for settings in tried],
            lambda rate: one(
                problem.starting(problem.start), Saving(), (), replace(chosen, rate=rate)
            ),
            limits,
            problem.sign,
        )
    elif starts == 1:
        result = one(problem, saving, watchers)
    elif checkpoint is not None or resume is not None:
        raise UsageError("checkpoints are for one start", "leave --starts out")
    else:
        for watcher in watchers:
            watcher.begin(problem)
        result = descend_many(problem, one, limits, int(starts), int(seed), interrupted)
    inference = inferring.infer(problem, result) if inferring else None
    return replace(
        result,
        moved=problem.moved,
        levels=problem.levels,
        names=problem.names,
        inference=inference,
    )


def random_start(shapes: Mapping[str, Shape], seed: int) -> dict[str, Any]:
    """A standard normal number, or array, for each variable, in the order given."""
    generator = np.random.default_rng(seed)
    start: dict[str, Any] = {}
    for name, shape in shapes.items():
        values = generator.standard_normal(shape)
        start[name] = values if shape else float(values)
    return start


def scattered(problem: Problem, number: int, seed: int) -> Vector:
    """Start `number` of many: the given one (0), then points around it.

    Uniform between bounds where both are finite; else normal around the start, as wide as it is
    large (at least 1), but inside the range of float64. Number and seed alone decide.
    """
    if number == 0:
        return problem.start
    generator = np.random.default_rng([seed, number])
    normal = generator.standard_normal(problem.size)
    uniform = generator.random(problem.size)
    with np.errstate(over="ignore"):
        point = problem.start + np.maximum(1.0, np.abs(problem.start)) * normal
    point = np.clip(point, -sys.float_info.max, sys.float_info.max)
    if problem.lower is not None and problem.upper is not None:
        boxed = np.isfinite(problem.lower) & np.isfinite(problem.upper)
        low, high = np.where(boxed, problem.lower, 0.0), np.where(boxed, problem.upper, 1.0)
        point = np.where(boxed, low + (high - low) * uniform, point)
    return problem.project(point)


def descend_many(
    problem: Problem,
    one: Callable[[Problem, Saving, Sequence[Watcher]], Result],
    limits: Limits,
    count: int,
    seed: int,
    interrupted: Callable[[], bool],
) -> Result:
    """The best of `count` descents by `one`, which has all of them, best first, in `starts`.

    Only the best keeps its history: memory holds a result of all others. A start where the function
    is not finite is passed over. After `max_seconds` no further descent begins; the reason
    says so. Raises UsageError for more than MOST_STARTS, or MOST_NUMBERS.
    """
    if count < 1:
        raise UsageError(f"{count} starts", "it must be 1 or more")
    most = max(1, min(MOST_STARTS, MOST_NUMBERS // problem.size))
    if count > most:
        raise UsageError(
            f"{count:,} starts are too many",
            f"the most are {most:,} of {problem.size:,} numbers: each is a whole descent",
        )
    if seed < 0:
        raise UsageError(f"the seed is {seed}", "a seed is 0 or more")

    def rank(result: Result) -> float:
        usable = result.is_feasible and math.isfinite(result.value)
        return problem.sign * result.value if usable else math.inf

    best, results = None, []
    cut_short = ""
    seconds = math.inf if limits.max_seconds is None else limits.max_seconds
    deadline = time.perf_counter() + seconds
    for number in range(count):
        if best is not None and time.perf_counter() >= deadline:
            cut_short = (
                f"; the time limit of {seconds:g} seconds left {count - number:,} starts out"
            )
            break
        begun = problem.starting(scattered(problem, number, seed))
        try:
            begun.check_start()
        except DomainError:
            if interrupted():
                break
            continue
        result = one(begun, Saving(), ())
        results.append(replace(result, history=[], labels=[]))
        if best is None or rank(result) < rank(best):
            best = result
        if result.status is Status.INTERRUPTED:
            break
    assert best is not None, "the first start is the one that was checked"
    return replace(best, starts=sorted(results, key=rank), reason=best.reason + cut_short)
