"""Processes that stay and step in turns: each waits for a line and answers with its time.

Two libraries in one process would share threads, and fight for them.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from tests.benchmarks.runner import ROOT, Failed

IDLE = 0.3
"""Seconds between turns, for the threads of the last one go on waiting for work for a while."""
SIZES = (784, 1024, 1024, 10)
ROWS = 256


def network(dtype: str, width: int) -> tuple[dict[str, Any], Any]:
    """Weights, biases, a batch x and labels as rows y of 0 and 1; and the labels as numbers.

    `width` is that of the two hidden layers.
    """
    import numpy as np

    random = np.random.default_rng(1)
    sizes = (SIZES[0], width, width, SIZES[-1])
    arrays = {}
    for k, shape in enumerate(pairwise(sizes), 1):
        arrays[f"W{k}"] = random.normal(size=shape) * np.sqrt(2 / shape[0])
        arrays[f"b{k}"] = np.zeros(shape[1])
    arrays["x"] = random.normal(size=(ROWS, sizes[0]))
    labels = random.integers(0, sizes[-1], ROWS)
    arrays["y"] = np.eye(sizes[-1])[labels]
    return {name: array.astype(dtype) for name, array in arrays.items()}, labels


def matrix(kind: str, rows: int) -> tuple[Any, Any]:
    """A matrix, "symmetric" and positive definite or "general", and a vector."""
    import numpy as np

    random = np.random.default_rng(1)
    x, b = random.normal(size=(rows, rows)), random.normal(size=rows)
    eye = np.eye(rows)
    return (x @ x.T / rows + eye if kind == "symmetric" else x + 3 * rows**0.5 * eye), b


def take_turns(step: Callable[[], float]) -> None:
    """For every line of input some steps; prints the seconds of each, losses and peak memory."""
    for line in sys.stdin:
        times, losses = [], []
        for _ in range(int(line)):
            begin = time.perf_counter()
            losses.append(step())
            times.append(time.perf_counter() - begin)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        mib = peak / 1024 if sys.platform != "darwin" else peak / 1024**2
        print(json.dumps({"seconds": times, "losses": losses, "mib": mib}), flush=True)


def in_turns(
    commands: Mapping[str, Sequence[str]], turns: int, steps: int
) -> dict[str, list[dict[str, Any]]]:
    """What each process answers in each of its turns, the first of which is not counted."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in commands}
    processes = {
        name: subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        for name, command in commands.items()
    }
    try:
        for _ in range(turns + 1):
            for name, process in processes.items():
                assert process.stdin
                assert process.stdout
                time.sleep(IDLE)
                process.stdin.write(f"{steps}\n")
                process.stdin.flush()
                line = process.stdout.readline()
                if not line:
                    raise Failed(f"{name} ended in the middle of its turns")
                found[name].append(json.loads(line))
    finally:
        for process in processes.values():
            process.kill()
            process.communicate()
    return {name: answers[1:] for name, answers in found.items()}
