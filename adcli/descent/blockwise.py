"""Update rules in place: any rule of adcli.descent.rules over millions of parameters.

A rule evaluated on whole vectors makes a dozen arrays as long as the parameters and drags each of
them through memory. Here it runs over blocks whose arrays stay in the cache, on several threads,
and writes parameters and state where they are:

    update = BlockwiseUpdate(Stepper("adam", Schedule(0.001)))
    state = update.init(parameters)                      # parameters: a flat vector
    for iteration in range(steps):
        gradient = ...                                   # a flat vector of the same dtype
        state = update(parameters, gradient, state, iteration)

The dtype is that of the parameters, float64 or float32; the numbers of a state (powers of beta, for
one) are Python floats. Blocks do not depend on the number of threads, so neither do the results.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np

from adcli.descent.rules import State, Vector
from adcli.descent.step import Stepper

BLOCK_BYTES = 1 << 17
"""The size of a block of one vector: a rule has about eight at work, in a cache of a MiB or two."""


class BlockwiseUpdate:
    """The steps of a Stepper on a flat vector of parameters, in place.

    `threads` is how many blocks run at once (None: one for each core).
    """

    def __init__(self, stepper: Stepper, threads: int | None = None) -> None:
        self.stepper = stepper
        self._rule = stepper.rule(_NUMPY)
        self._threads = threads or len(os.sched_getaffinity(0))
        self._pool: ThreadPoolExecutor | None = None

    def init(self, parameters: Vector) -> State:
        """The state before the first step: vectors like the parameters, and numbers."""
        return self._rule.init(parameters)

    def __call__(self, parameters: Vector, gradient: Vector, state: State, iteration: int) -> State:
        """Make one step; `parameters` and the vectors of `state` are overwritten.

        Returns the next state, which has these vectors. Iterations count from 0.
        """
        step = max(1, BLOCK_BYTES // parameters.itemsize)
        blocks = [slice(k, k + step) for k in range(0, parameters.size, step)]
        length = None
        if self.stepper.clip_norm is not None:
            squares = self._each(blocks, lambda b: self._square(parameters[b], gradient[b]))
            length = sqrt(sum(squares))

        def advance(block: slice) -> State:
            old = tuple([_part(s, block) for s in state])
            point, new = self._of(block).advance(
                *(_NUMPY, parameters[block], gradient[block], old, float(iteration), length)
            )
            parameters[block] = point
            for target, source in zip(old, new, strict=True):
                if isinstance(target, np.ndarray):
                    target[...] = source
            return new

        found = self._each(blocks, advance)
        numbers = found[0] if found else state
        return tuple(
            [s if isinstance(s, np.ndarray) else n for s, n in zip(state, numbers, strict=True)]
        )

    def _square(self, point: Vector, gradient: Vector) -> float:
        """The squared norm of a part of the gradient, in float64."""
        limited = self.stepper.limited(_NUMPY, point, gradient)
        return float(np.square(limited, dtype=np.float64).sum())

    def _of(self, block: slice) -> Stepper:
        """The stepper for a part of the parameters."""
        lower, upper = self.stepper.lower, self.stepper.upper
        if lower is None and upper is None:
            return self.stepper
        return replace(self.stepper, lower=_part(lower, block), upper=_part(upper, block))

    def _each(self, blocks: list[slice], work: Callable[[slice], Any]) -> list[Any]:
        """The results of `work` for all blocks, in their order."""

        def quiet(block: slice) -> Any:
            with np.errstate(all="ignore"):
                return work(block)

        if self._threads == 1 or len(blocks) == 1:
            return [quiet(block) for block in blocks]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads)
        return list(self._pool.map(quiet, blocks))


def _part(vector: Any, block: slice) -> Any:
    return vector[block] if isinstance(vector, np.ndarray) else vector


class _Numpy:
    """NumPy's functions; of numbers they give Python's floats, which do not widen a float32."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = getattr(np, name)

        def weak(*operands: Any) -> Any:
            result = function(*operands)
            return result if result.ndim else float(result)

        setattr(self, name, weak)
        return weak


_NUMPY = _Numpy()
