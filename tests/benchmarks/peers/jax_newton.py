"""The chained Rosenbrock function by SciPy's trust-krylov with JAX's products: `VARIABLES`."""

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize

from tests.benchmarks.many_variables import standard_start

jax.config.update("jax_enable_x64", True)
LATE = 300


def chained(x):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


value_and_gradient = jax.jit(jax.value_and_grad(chained))
product = jax.jit(lambda x, d: jax.jvp(jax.grad(chained), (x,), (d,))[1])
start = standard_start(int(sys.argv[1]))
jax.block_until_ready((value_and_gradient(start), product(start, start)))
begin, best, iterations = time.perf_counter(), np.inf, 0


def evaluate(x):
    global best
    value, gradient = value_and_gradient(x)
    best = min(best, float(value))
    return float(value), np.asarray(gradient)


def count(x):
    global iterations
    iterations += 1
    if best <= 1e-12 or time.perf_counter() - begin > LATE:
        raise StopIteration


minimize(
    evaluate,
    start,
    jac=True,
    hessp=lambda x, d: np.asarray(product(x, d)),
    method="trust-krylov",
    callback=count,
    options={"gtol": 0.0, "maxiter": 10**7},
)
took = time.perf_counter() - begin
print(json.dumps({"seconds": took, "value": best, "iterations": iterations}))
