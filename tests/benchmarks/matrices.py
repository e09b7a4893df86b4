"""Functions of large matrices."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from statistics import median

from tests.benchmarks.registry import Row, Settings, benchmark, has, skipped
from tests.benchmarks.runner import python
from tests.benchmarks.turns import in_turns, matrix, take_turns

PROGRAM = "logdet(A) + b @ solve(A, b)"
ROWS = 1000
MAX_TIME = 1.0
STEPS = 3


@benchmark("matrices")
def measure_matrices(settings: Settings) -> Iterator[Row]:
    """logdet and solve of 1000 rows with their gradient against jax.jit, in turns."""
    for kind in ("symmetric", "general"):
        what = f"{kind}: time / jax"
        if not has("jax"):
            yield skipped(what, "jax", MAX_TIME)
            continue
        arguments = (kind, str(settings.size(ROWS)))
        commands = {
            "adcli": python("-m", "tests.benchmarks.matrices", *arguments),
            "jax": python("-m", "tests.benchmarks.peers.jax_matrices", *arguments),
        }
        answers = in_turns(commands, settings.runs, STEPS)
        times = {name: [median(a["seconds"]) for a in found] for name, found in answers.items()}
        ratio = median(a / b for a, b in zip(times["adcli"], times["jax"], strict=True))
        note = ", ".join(f"{name} {1000 * median(t):.0f} ms" for name, t in times.items())
        yield Row(what, ratio, limit=None if settings.quick else MAX_TIME, note=note)
        values = [answers[name][-1]["losses"][-1] for name in commands]
        yield Row(f"{kind}: difference", abs(values[0] / values[1] - 1), "", 1e-10)


if __name__ == "__main__":
    import adcli

    A, b = matrix(sys.argv[1], int(sys.argv[2]))
    f = adcli.function(PROGRAM)
    take_turns(lambda: f.value_and_gradient({"A": A, "b": b})[0])
