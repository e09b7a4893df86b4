"""How far a long fit is, on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from adcli.cli.interruption import interruption
from adcli.cli.terminal import PATIENCE, Stages

if TYPE_CHECKING:
    from adcli.fitting.regression import Regression

BREATH = 0.1
"""Seconds between two looks at a fit."""


@contextmanager
def watched(problem: Regression) -> Iterator[Callable[[], bool]]:
    """What a fit asks before each block of rows: whether it was interrupted. Meanwhile it says
    which time the rows are computed, how many of them are done, and the least cost so far."""
    with interruption() as interrupted, Stages("fit") as stages:
        due = time.monotonic() + PATIENCE

        def ask() -> bool:
            nonlocal due
            now = time.monotonic()
            if now >= due:
                due = now + BREATH
                stages.say(_stage(problem))
            return interrupted()

        yield ask


def _stage(problem: Regression) -> str:
    done, squares = problem.residuals.done, problem.problem
    told = f"pass {squares.evaluations} over {problem.rows:,} rows, {done / problem.rows:.0%} done"
    least = squares.least
    return told if least is None else f"{told}, cost {least:.5g}"
