"""Parts of adcli timed within a process of their own: `python -m tests.benchmarks.inside NAME ...`.

Each function prints one JSON object.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from time import perf_counter, process_time
from typing import Any

HEAVY = ("numpy", "scipy", "llvmlite", "mpmath", "polars", "lark", "sympy")


def wide_text(n: int) -> str:
    """x0^2*sin(x0)+x1^2*sin(x1)+..."""
    return "+".join(f"x{i}^2*sin(x{i})" for i in range(n))


def wide_point(n: int) -> dict[str, float]:
    """A point of that function."""
    return {f"x{i}": 0.5 + i / n for i in range(n)}


def imports(form: str) -> list[str]:
    """The heavy modules that `adcli grad` imports at one point; rich counts for json alone."""
    from adcli.cli import execute

    heavy = (*HEAVY, "rich") if form == "json" else HEAVY
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        execute(["grad", "x1*x2+sin(x1)", "--at", "x1=2,x2=3", "--format", form])
    return [name for name in heavy if name in sys.modules]


def phases(n: int) -> dict[str, float]:
    """Seconds that parsing, evaluation and the reverse sweep of the wide function take."""
    import adcli
    from adcli.ad.tasks import Task

    text, point = wide_text(n), wide_point(n)
    times = [perf_counter()]
    f = adcli.function(text)
    times.append(perf_counter())
    f.at(point, Task("value"))
    times.append(perf_counter())
    f.value_and_gradient(point)
    times.append(perf_counter())
    parse, value, gradient = (b - a for a, b in pairwise(times))
    return {"parse": parse, "value": value, "value and gradient": gradient}


def reverse_cost(n: int, engine: str, rows: int) -> float:
    """Value and reverse gradient against the evaluation alone, for n inputs."""
    import adcli
    from adcli.ad.evaluate import Run, evaluate
    from adcli.ad.reverse import reverse_sweep
    from adcli.engines.choose import choose_algebra
    from adcli.engines.point import pack

    f = adcli.function(wide_text(n))
    algebra = choose_algebra(True, engine, None)
    inputs = pack(f, wide_point(n), algebra)
    if rows > 1:
        import numpy as np

        inputs = {node: x + np.linspace(0.0, 1.0, rows) for node, x in inputs.items()}
    graph, order, (output,) = f.graph, f.order, f.outputs

    def value() -> list[Any]:
        return evaluate(graph, order, inputs, algebra)

    def value_and_gradient() -> list[Any]:
        run = Run.at(graph, order, inputs, algebra, rows)
        seeds = {output: algebra.one(run.values[output])}
        adjoints = reverse_sweep(run, seeds, graph.varying)
        return [adjoints[node] for node in inputs]

    with algebra.context():
        runs = max(9, 100_000 // (n * rows))
        return _ratio(value_and_gradient, value, runs, process_time)


def many(rows: int) -> dict[str, float]:
    """`Function.map` at many points: its time, and against the same by hand in NumPy."""
    import numpy as np

    import adcli

    x = np.linspace(-1.0, 1.0, rows)
    y = np.linspace(1.0, 2.0, rows)
    f = adcli.function("exp(sin(x*y))*log(x + y^2) + tanh(x/y)")

    def ours() -> Any:
        return f.map({"x": x, "y": y}, on_error="null")

    def by_hand() -> Any:
        with np.errstate(all="ignore"):
            s, c = np.sin(x * y), np.cos(x * y)
            e, u = np.exp(s), x + y * y
            logarithm, t = np.log(u), np.tanh(x / y)
            slope = 1 - t * t
            value = e * logarithm + t
            by_x = e * c * y * logarithm + e / u + slope / y
            by_y = e * c * x * logarithm + e * 2 * y / u - slope * x / (y * y)
            return value, by_x, by_y

    return _timed(ours, by_hand, 9)


def row_loss(rows: int) -> dict[str, float]:
    """A loss over many rows, value and gradient, against the same by hand in NumPy."""
    import numpy as np

    import adcli
    from adcli.engines.plan.loss_plan import LossPlan

    x = np.linspace(0.0, 4.0, rows)
    y = 2.5 * np.exp(-1.3 * x) + 0.5 + 0.01 * np.sin(37.0 * x)
    f = adcli.function("mean((y - (a*exp(-b*x) + c))^2)")
    loss = LossPlan(f, ("a", "b", "c"), held={"x": x, "y": y})
    a, b, c = 2.0, 1.0, 0.4

    def ours() -> Any:
        return loss.value_and_gradient({"a": a, "b": b, "c": c})

    def by_hand() -> Any:
        e = np.exp(-b * x)
        r = a * e + c - y
        slope = 2.0 / rows * r
        by_a = slope * e
        gradient = {"a": np.sum(by_a), "b": -a * np.sum(by_a * x), "c": np.sum(slope)}
        return np.mean(r * r), gradient

    (value, gradient), (expected, slopes) = ours(), by_hand()
    assert abs(value - expected) <= 1e-12 * expected
    assert all(abs(gradient[name] - g) <= 1e-9 * abs(g) for name, g in slopes.items())
    return _timed(ours, by_hand, 15)


def linear_loss(rows: int) -> dict[str, float]:
    """A logistic loss over a narrow matrix, value and gradient, against NumPy by hand."""
    import numpy as np

    import adcli

    draw = np.random.default_rng(1)
    X, y = draw.normal(size=(rows, 8)), np.sign(draw.normal(size=rows))
    f = adcli.function("mean(softplus(-y*(X@v + b)))")
    point = {"X": X, "y": y, "v": np.linspace(-1.0, 1.0, 8), "b": 0.3}

    def ours() -> Any:
        return f.value_and_gradient(point, wrt=["v", "b"])

    def by_hand() -> Any:
        odds = np.exp(-y * (X @ point["v"] + point["b"]))
        slope = -y * odds / (1.0 + odds) / rows
        return np.mean(np.log1p(odds)), {"v": X.T @ slope, "b": np.sum(slope)}

    (value, gradient), (expected, slopes) = ours(), by_hand()
    assert abs(value - expected) <= 1e-12 * expected
    for name, g in slopes.items():
        assert np.allclose(gradient[name], g, rtol=1e-9, atol=1e-12)
    return _timed(ours, by_hand, 15)


def group_loss(rows: int) -> dict[str, float]:
    """A sum of squares with a parameter for each of 1,000 groups, value and gradient, against the
    best of NumPy by hand: arrays that stay, whole numbers, and bincount."""
    import numpy as np

    import adcli

    draw = np.random.default_rng(1)
    g, y, a = draw.integers(0, 1000, rows), draw.normal(size=rows), draw.normal(size=1000)
    f = adcli.function("sum((y - a[g])^2)")
    point = {"y": y, "g": g.astype(float), "a": a}
    r = np.empty(rows)

    def ours() -> Any:
        return f.value_and_gradient(point, wrt=["a"])

    def by_hand() -> Any:
        np.take(a, g, out=r, mode="clip")  # which checks nothing
        np.subtract(y, r, out=r)
        return r @ r, -2.0 * np.bincount(g, r, len(a))

    (value, gradient), (expected, slopes) = ours(), by_hand()
    assert abs(value - expected) <= 1e-12 * expected
    assert np.allclose(gradient["a"], slopes, rtol=1e-12, atol=1e-12 * np.max(np.abs(slopes)))
    return _timed(ours, by_hand, 15)


def prepare_network(width: int) -> dict[str, float]:
    """Seconds that preparing the network of tests/benchmarks/network.py takes."""
    from tests.benchmarks import network

    return network.prepare_network(width)


def compile_seconds() -> dict[str, float]:
    """The time to compile the gradient of a loss, and of a long program."""
    import numpy as np

    import adcli
    from adcli.ad.tasks import Task
    from adcli.engines.columns import Column
    from adcli.explain.engine import explain_point, explain_rows
    from tests.benchmarks.kernel_programs import PROGRAMS

    program = PROGRAMS["loss"]
    numbers = np.linspace(0.0, 1.0, 1_000_000)
    loss = adcli.function(program.text)
    point = {"x": numbers, "y": numbers, **(program.parameters or {})}
    small = explain_point(loss, point, Task("gradient", wrt=["a", "b", "c"]), "llvm")
    long = adcli.function(" + ".join(f"sin({k}*x)*exp(y/{k})" for k in range(1, 287)))
    columns = {name: Column(numbers, True) for name in long.variables}
    large = explain_rows(long, columns, 1_000_000, Task("gradient", wrt=long.variables), "llvm")
    assert small.compile_seconds is not None, small.choice.reason
    assert large.compile_seconds is not None, large.choice.reason
    return {"loss": small.compile_seconds, "2,000 nodes": large.compile_seconds}


def step_seconds(count: int) -> float:
    """The time of so many steps at a fixed rate, compiling included, imports left out."""
    from tests.benchmarks.descent import run_steps

    run_steps("gd", 100)
    return run_steps("gd", count)


def _timed(ours: Callable[[], Any], by_hand: Callable[[], Any], runs: int) -> dict[str, float]:
    """The seconds of a call, and the ratio to the same by hand."""
    begin = perf_counter()
    ours()
    return {"seconds": perf_counter() - begin, "ratio": _ratio(ours, by_hand, runs, perf_counter)}


def _ratio(
    ours: Callable[[], Any], theirs: Callable[[], Any], runs: int, clock: Callable[[], float]
) -> float:
    """The median ratio of times in turns.

    What takes milliseconds on one thread is timed by the processor's clock: on a busy machine the
    longer of the two would be interrupted more often, and the ratio would say how busy it is.
    """
    ratios = []
    for _ in range(runs + 1):
        begin = clock()
        theirs()
        middle = clock()
        ours()
        ratios.append((clock() - middle) / (middle - begin))
    return median(ratios[1:])


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "imports": imports,
    "phases": lambda n: phases(int(n)),
    "reverse_cost": lambda n, engine, rows: reverse_cost(int(n), engine, int(rows)),
    "many": lambda rows: many(int(rows)),
    "compile_seconds": compile_seconds,
    "step_seconds": lambda count: step_seconds(int(count)),
    "row_loss": lambda rows: row_loss(int(rows)),
    "linear_loss": lambda rows: linear_loss(int(rows)),
    "group_loss": lambda rows: group_loss(int(rows)),
    "prepare_network": lambda width: prepare_network(int(width)),
}

if __name__ == "__main__":
    print(json.dumps(FUNCTIONS[sys.argv[1]](*sys.argv[2:])))
