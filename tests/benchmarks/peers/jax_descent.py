"""Gradient descent on Rosenbrock's function in a loop of jax: `jax_descent.py STEPS RATE`."""

import sys
from time import perf_counter

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp  # noqa: E402


def value(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


slope = jax.grad(value)


steps, rate = int(sys.argv[1]), float(sys.argv[2])


@jax.jit
def run(start, steps):
    return jax.lax.fori_loop(0, steps, lambda _, p: p - rate * slope(p), start)


start = jnp.array([-1.2, 1.0])
print(run(start, steps).block_until_ready())
begin = perf_counter()
run(start, steps).block_until_ready()
print(perf_counter() - begin)
