"""Value and gradient at many points, a loss over many rows, many steps: against compiled peers."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from statistics import median

from tests.benchmarks.kernel_programs import POINTS, PROGRAMS, Program
from tests.benchmarks.registry import Row, Settings, benchmark, has, skipped
from tests.benchmarks.runner import (
    ROOT,
    Failed,
    adcli,
    alternate,
    inside,
    peer,
    ratio,
    seconds,
)
from tests.benchmarks.turns import IDLE

PEERS = ("heyoka", "jax", "torch", "casadi", "numexpr", "numpy")
MAX_OF_PEER: dict[str, dict[str, float]] = {
    "mixed": {"heyoka": 0.6, "jax": 0.15},
    "product": {"heyoka": 1.0, "copy": 1.5},
    "Rosenbrock": dict.fromkeys(PEERS, 1.0),
    "mixture": dict.fromkeys(PEERS, 1.0),
    "loss": {"jax": 0.4},
}
"""Program -> peer -> the limit of the ratio of times."""
MAX_COMPILE = {"loss": 0.05, "2,000 nodes": 1.0}
CALLS, LONG = 5, 0.2
"""Calls a run: a peer that has slept needs one or two to be fast again, unless one takes LONG."""
STEPS = 1_000_000
RATE = "0.00001"
"""So small that no step is lost in rounding: a point that stays the same would end the run."""
MAX_STEP, MAX_OF_JAX = 0.1, 0.6
AGREEMENT = 1e-9
"""Sums over all points may differ by that much, relative to the largest."""


class _Worker:
    """A peer in a process of its own, which computes when it is asked to."""

    def __init__(self, name: str, program: str, rows: int) -> None:
        self._process = subprocess.Popen(
            peer("kernel", name, program, str(rows)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        ready = json.loads(self._line())
        self.prepared: float = ready["seconds"]
        self.sums: list[float] = ready["sums"]

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Failed(self._process.communicate()[1].strip())
        return line

    def once(self) -> float:
        """The seconds of the quickest of a few calls."""
        found = []
        for _ in range(CALLS):
            assert self._process.stdin is not None
            self._process.stdin.write("\n")
            self._process.stdin.flush()
            found.append(float(self._line()))
            if found[-1] > LONG:
                break
        return min(found)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def _measure(name: str, settings: Settings) -> Iterator[Row]:
    """Our time, and its ratio to each peer's, in turns."""
    program, rows = PROGRAMS[name], settings.size(POINTS)
    limits = MAX_OF_PEER[name]
    peers = [p for p in (*PEERS, *limits) if _can(p, program) and (p in PEERS or p == "copy")]
    workers: dict[str, _Worker] = {}
    try:
        for p in ("adcli", *dict.fromkeys(peers)):
            if p in ("adcli", "numpy", "copy") or has(p):
                workers[p] = _Worker(p, name, rows)
        times: dict[str, list[float]] = {p: [] for p in workers}
        for _ in range(settings.runs):
            for p, worker in workers.items():
                time.sleep(IDLE)
                times[p].append(worker.once())
        for p, worker in workers.items():
            if p != "copy":
                _check(name, p, worker.sums, workers["numpy"].sums)
    finally:
        for worker in workers.values():
            worker.close()
    yield Row(f"{rows:,} points", 1000 * median(times["adcli"]), "ms")
    for p in dict.fromkeys(peers):
        limit = None if settings.quick else limits.get(p)
        what = "copying as many bytes" if p == "copy" else p
        if p not in times:
            yield skipped(f"time / {what}", p, limit)
            continue
        value = median(times["adcli"]) / median(times[p])
        note = f"{1000 * median(times[p]):.3g} ms"
        yield Row(f"time / {what}", value, limit=limit, note=note)


def _can(name: str, program: Program) -> bool:
    if name == "numexpr":
        return bool(program.numexpr)
    return name != "casadi" or program.parameters is None


def _check(name: str, p: str, sums: list[float], wanted: list[float]) -> None:
    largest = max(map(abs, wanted))
    if any(abs(a - b) > AGREEMENT * largest for a, b in zip(sums, wanted, strict=True)):
        raise Failed(f"{p} computes something else for '{name}': {sums} for {wanted}")


@benchmark("kernel-mixed")
def mixed(settings: Settings) -> Iterator[Row]:
    """exp(sin(x*y))*log(x+y^2)+tanh(x/y) and its gradient, arrays to arrays."""
    yield from _measure("mixed", settings)


@benchmark("kernel-product")
def product(settings: Settings) -> Iterator[Row]:
    """x*y+sin(x): as fast as memory allows."""
    yield from _measure("product", settings)


@benchmark("kernel-rosenbrock")
def rosenbrock(settings: Settings) -> Iterator[Row]:
    """Rosenbrock's function in 10 variables."""
    yield from _measure("Rosenbrock", settings)


@benchmark("kernel-mixture")
def mixture(settings: Settings) -> Iterator[Row]:
    """20 terms of erf, powers and atan2."""
    yield from _measure("mixture", settings)


@benchmark("kernel-loss")
def loss(settings: Settings) -> Iterator[Row]:
    """mean((y-(a*exp(-b*x)+c))^2) over all rows, and its gradient in a, b, c."""
    yield from _measure("loss", settings)


@benchmark("compile")
def compile_times(settings: Settings) -> Iterator[Row]:
    """The time to compile."""
    for what, found in inside("compile_seconds").items():
        yield Row(what, found, "s", MAX_COMPILE[what])


@benchmark("steps")
def steps(settings: Settings) -> Iterator[Row]:
    """A million fixed-rate steps on Rosenbrock's function, whole commands and inside."""
    count = settings.size(STEPS)
    # No tolerance is met, so the exit code is that of the iteration limit.
    descend = adcli(
        *("descend", "(1-x)^2 + 100(y-x^2)^2", "--start", "x=-1.2,y=1", "--method", "gd"),
        *("--rate", RATE, "--max-iterations", str(count), "--format", "json"),
        *("--gradient-tolerance", "0", "--value-tolerance", "0", "--point-tolerance", "0"),
    )
    commands = {"adcli": ["sh", "-c", '"$@"; test $? -eq 3', "sh", *descend]}
    if has("jax"):
        commands["jax"] = peer("jax_descent", str(count), RATE)
    usages = alternate(commands, settings.runs)
    limit = None if settings.quick else MAX_OF_JAX
    if has("jax"):
        yield Row(
            "command / jax with its start", ratio(usages["adcli"], usages["jax"]), limit=limit
        )
        done = subprocess.run(commands["jax"], capture_output=True, text=True)
        inner = float(done.stdout.split()[-1])
        yield Row("jax, a step", 1e6 * inner / count, "us")
    else:
        yield skipped("command / jax with its start", "jax", limit)
    yield Row("command", seconds(usages["adcli"]), "s")
    best = min(inside("step_seconds", count) for _ in range(min(settings.runs, 3)))
    yield Row("a step", 1e6 * best / count, "us", None if settings.quick else MAX_STEP)
