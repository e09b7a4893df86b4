"""A training step of a network, and losses over many rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from statistics import median
from time import perf_counter
from typing import Any

from tests.benchmarks.registry import Row, Settings, benchmark, has, skipped
from tests.benchmarks.runner import inside, python
from tests.benchmarks.turns import SIZES, in_turns, network, take_turns

PROGRAM = """
h = relu(x @ W1 + b1)
h2 = relu(h @ W2 + b2)
z = h2 @ W3 + b3
mean(logsumexp(z, axis=1) - sum(z*y, axis=1))
"""
MAX_TIME = {"torch": 1.3, "torch fused": None}
MAX_MEMORY = 1.5
STEPS = 5
"""Steps in a turn; the quickest counts."""
ROWS = 1_000_000
MAX_BY_HAND = 1.3
MAX_LINEAR = 0.7
MAX_GROUPS = 1.0


@benchmark("network")
def measure_network(settings: Settings) -> Iterator[Row]:
    """A step of adam on the 784-1024-1024-10 network, batch 256, against PyTorch, in turns."""
    if not has("torch"):
        yield skipped("time / torch", "torch", MAX_TIME["torch"])
        return
    width = 32 if settings.quick else SIZES[1]
    for dtype in ("float64", "float32"):
        theirs = python("-m", "tests.benchmarks.peers.torch_network", dtype, str(width))
        commands = {
            "adcli": python("-m", "tests.benchmarks.network", dtype, str(width)),
            "torch": [*theirs, "plain"],
            "torch fused": [*theirs, "fused"],
        }
        answers = in_turns(commands, settings.runs, STEPS)
        best = {name: [min(a["seconds"]) for a in found] for name, found in answers.items()}
        memory = {name: found[-1]["mib"] for name, found in answers.items()}
        note = ", ".join(f"{name} {1000 * median(times):.1f} ms" for name, times in best.items())
        for name, limit in MAX_TIME.items():
            ratio = median(a / b for a, b in zip(best["adcli"], best[name], strict=True))
            yield Row(f"{dtype}: time / {name}", ratio, limit=limit, note=note)
            note = ""
        note = ", ".join(f"{name} {mib:.0f} MiB" for name, mib in memory.items())
        least = memory["adcli"] / min(memory["torch"], memory["torch fused"])
        yield Row(f"{dtype}: memory / torch", least, limit=MAX_MEMORY, note=note)
        off = _difference(answers["adcli"][-1]["losses"], answers["torch"][-1]["losses"])
        yield Row(
            f"{dtype}: difference of the losses", off, "", 1e-6 if dtype == "float64" else 0.1
        )
    for part, seconds in inside("prepare_network", width).items():
        yield Row(f"inside: {part}", seconds, "s")


def _difference(a: list[float], b: list[float]) -> float:
    return max(abs(x - y) / abs(y) for x, y in zip(a, b, strict=True))


@benchmark("row-loss")
def row_loss(settings: Settings) -> Iterator[Row]:
    """mean((y-(a*exp(-b*x)+c))^2) and its gradient, numpy engine against NumPy by hand."""
    yield from _against_numpy("row_loss", settings, MAX_BY_HAND)


@benchmark("linear-loss")
def linear_loss(settings: Settings) -> Iterator[Row]:
    """mean(softplus(-y*(X@v+b))) over 8 columns and its gradient, against NumPy by hand."""
    limit = None if settings.quick else MAX_LINEAR
    yield from _against_numpy("linear_loss", settings, limit)


@benchmark("group-loss")
def group_loss(settings: Settings) -> Iterator[Row]:
    """sum((y - a[g])^2) of 1,000 groups and its gradient, against NumPy by hand."""
    limit = None if settings.quick else MAX_GROUPS
    yield from _against_numpy("group_loss", settings, limit)


def _against_numpy(function: str, settings: Settings, limit: float | None) -> Iterator[Row]:
    rows = settings.size(ROWS)
    found = inside(function, rows)
    yield Row(f"time / numpy by hand, {rows:,} rows", found["ratio"], limit=limit)
    yield Row("a value and gradient", 1000 * found["seconds"], "ms")


def prepare(arrays: dict[str, Any], dtype: str) -> tuple[Any, Any, Any]:
    """The loss, what it is given, and a function that makes one training step."""
    import numpy as np

    import adcli
    from adcli.descent.blockwise import BlockwiseUpdate
    from adcli.descent.schedules import Schedule
    from adcli.descent.stepper import Stepper
    from adcli.descent.vector_layout import VectorLayout
    from adcli.engines.plan.loss_plan import LossPlan

    names = [name for name in arrays if name not in ("x", "y")]
    layout = VectorLayout({name: arrays[name].shape for name in names})
    parameters = layout.flatten(arrays, dtype)
    gradient = np.empty_like(parameters)
    slopes = layout.views(gradient)
    inputs = {"x": arrays["x"], "y": arrays["y"], **layout.views(parameters)}
    loss = LossPlan(adcli.function(PROGRAM), names, dtype)
    update = BlockwiseUpdate(Stepper("adam", Schedule(1e-3)), parameters)
    states = [update.init(parameters)]
    count = iter(range(sys.maxsize))

    def step() -> float:
        value, _ = loss.value_and_gradient(inputs, slopes)
        states[0] = update(parameters, gradient, states[0], next(count))
        return value

    return loss, inputs, step


def prepare_network(width: int) -> dict[str, float]:
    """Seconds from the text to the first gradient, and those of the second."""
    import adcli  # noqa: F401 - its import is not counted

    begin = perf_counter()
    loss, inputs, _ = prepare(network("float64", width)[0], "float64")
    times = [perf_counter() - begin]
    for _ in range(2):
        begin = perf_counter()
        loss.value_and_gradient(inputs)
        times.append(perf_counter() - begin)
    names = ("data, text to graph", "first gradient", "second gradient")
    return dict(zip(names, times, strict=True))


if __name__ == "__main__":
    take_turns(prepare(network(sys.argv[1], int(sys.argv[2]))[0], sys.argv[1])[2])
