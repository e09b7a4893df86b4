"""Descents and Hessians of many variables, on the chained Rosenbrock function."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from time import perf_counter, process_time
from typing import Any

from tests.benchmarks.registry import Row, Settings, benchmark, has, skipped
from tests.benchmarks.runner import alternate, answer, python, seconds

CHAINED = "sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)"
VARIABLES, ITERATIONS, MAX_OF_SCIPY = 100_000, 100, 0.5
CHAIN, MAX_SECONDS, MAX_OF_JAX = 10_000, 60.0, 1.0
MAX_HESSIAN = 2.0
MILLION, MAX_MILLION = 1_000_000, 1600.0


def standard_start(n: int) -> Any:
    """-1.2, 1, -1.2, ..."""
    import numpy as np

    return np.tile([-1.2, 1.0], n // 2)


def _took(run: Callable[[], Any]) -> float:
    begin = perf_counter()
    run()
    return perf_counter() - begin


@benchmark("lbfgs-of-many")
def lbfgs_of_many(settings: Settings) -> Iterator[Row]:
    """L-BFGS against SciPy's L-BFGS-B by the same gradient, with a history of 20, in turns."""
    from scipy.optimize import minimize

    import adcli
    from adcli.descent.problem import Problem

    n = settings.size(VARIABLES)
    start = standard_start(n)
    problem = Problem(adcli.function(CHAINED), {"x": start})
    options = {"maxiter": ITERATIONS, "maxcor": 20, "maxfun": 10**6, "ftol": 0, "gtol": 0}
    ours = partial(adcli.descend, CHAINED, {"x": start}, max_iterations=ITERATIONS)
    scipys = partial(
        *(minimize, problem.value_and_gradient, start),
        jac=True,
        method="L-BFGS-B",
        options=options,
    )
    ours()
    pairs = [(_took(ours), _took(scipys)) for _ in range(min(settings.runs, 3))]
    ratio = median(a / b for a, b in pairs)
    note = ", ".join(f"{a:.2f} s, SciPy {b:.2f} s" for a, b in pairs[:1])
    yield Row(f"{ITERATIONS} iterations of {n:,}: time / SciPy", ratio, "x", MAX_OF_SCIPY, note)
    n = settings.size(MILLION)
    command = python("-m", "tests.benchmarks.many_variables", "lbfgs", str(n), "20")
    memory = answer(command)["megabytes"]
    yield Row(f"{n:,} variables: memory", memory, "MB", MAX_MILLION)


@benchmark("newton-cg")
def newton_cg(settings: Settings) -> Iterator[Row]:
    """The chain from its standard start to 1e-12, and SciPy's trust-krylov with JAX's products."""
    n = settings.size(CHAIN)
    command = python("-m", "tests.benchmarks.many_variables", "newton-cg", str(n), "1000000")
    found = answer(command)
    assert found["value"] <= 1e-12
    note = f"{found['iterations']:,} iterations, {found['processor']:.0f} s of processor time"
    yield Row(f"{n:,} variables", found["seconds"], "s", MAX_SECONDS, note)
    if not has("jax"):
        yield skipped("time / trust-krylov with JAX", "jax", MAX_OF_JAX)
        return
    peer = answer(python("-m", "tests.benchmarks.peers.jax_newton", str(n)))
    note = f"{peer['iterations']:,} iterations, value {peer['value']:.3g}"
    ratio = found["seconds"] / peer["seconds"]
    yield Row("time / trust-krylov with JAX", ratio, "x", MAX_OF_JAX, note)


@benchmark("sparse-hessian")
def sparse_hessian(settings: Settings) -> Iterator[Row]:
    """The whole command for a tridiagonal Hessian."""
    n = settings.size(CHAIN)
    at = ("--at", f"x=zeros({n})")
    command = python("-m", "adcli", "hessian", CHAINED, *at, "--sparse", "--format", "csv")
    found = alternate({"hessian": command}, min(settings.runs, 3))["hessian"]
    yield Row(f"{n:,} variables", seconds(found), "s", MAX_HESSIAN)


if __name__ == "__main__":
    import json
    import resource

    import adcli

    method, n, limit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    point = {"x": standard_start(n)}
    begin, used = perf_counter(), process_time()
    result = adcli.descend(CHAINED, point, method=method, max_iterations=limit)
    found = {
        "seconds": perf_counter() - begin,
        "processor": process_time() - used,
        "value": result.value,
        "iterations": result.iterations,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))
