"""Gradient descent on Rosenbrock's function in a compiled loop of jax: `jax_descent.py STEPS`."""

import sys
from time import perf_counter

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp  # noqa: E402

RATE = 0.001


def value(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


slope = jax.grad(value)


@jax.jit
def run(start, steps):
    return jax.lax.fori_loop(0, steps, lambda _, p: p - RATE * slope(p), start)


steps = int(sys.argv[1])
start = jnp.array([-1.2, 1.0])
print(run(start, steps).block_until_ready())
begin = perf_counter()
run(start, steps).block_until_ready()
print(perf_counter() - begin)
