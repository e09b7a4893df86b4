"""Where descents begin: at random, or from many points."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from adcli.descent.checkpoint import Saving
from adcli.descent.minimise import Result, minimise
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.descent.settings import Settings
from adcli.descent.stopping import Limits, Status
from adcli.errors import DomainError, UsageError
from adcli.graph.axes import Shape

MOST_STARTS, MOST_NUMBERS = 100_000, 50_000_000
"""Descents from many points, and the numbers of all points that they find: more take hours, and
more memory than they are worth."""


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
    large (at least 1). Number and seed alone decide.
    """
    if number == 0:
        return problem.start
    generator = np.random.default_rng([seed, number])
    normal = generator.standard_normal(problem.size)
    uniform = generator.random(problem.size)
    point = problem.start + np.maximum(1.0, np.abs(problem.start)) * normal
    if problem.lower is not None and problem.upper is not None:
        boxed = np.isfinite(problem.lower) & np.isfinite(problem.upper)
        low, high = np.where(boxed, problem.lower, 0.0), np.where(boxed, problem.upper, 1.0)
        point = np.where(boxed, low + (high - low) * uniform, point)
    return problem.project(point)


def descend_many(
    problem: Problem,
    settings: Settings,
    limits: Limits,
    count: int,
    seed: int,
    interrupted: Callable[[], bool],
) -> Result:
    """The best of `count` descents, which has all of them, best first, in `starts`.

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
        return problem.sign * result.value if math.isfinite(result.value) else math.inf

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
        result = minimise(begun, settings, limits, Saving(), interrupted=interrupted)
        results.append(replace(result, history=[], labels=[]))
        if best is None or rank(result) < rank(best):
            best = result
        if result.status is Status.INTERRUPTED:
            break
    assert best is not None, "the first start is the one that was checked"
    return replace(best, starts=sorted(results, key=rank), reason=best.reason + cut_short)
