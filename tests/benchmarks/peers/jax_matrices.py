"""logdet(A) + b'solve(A, b) and its gradient in JAX: `KIND ROWS`, turns on standard input."""

import sys

import jax
import jax.numpy as jnp

from tests.benchmarks.turns import matrix, take_turns

jax.config.update("jax_enable_x64", True)
A, b = map(jnp.array, matrix(sys.argv[1], int(sys.argv[2])))
f = jax.jit(
    jax.value_and_grad(
        lambda A, b: jnp.linalg.slogdet(A)[1] + b @ jnp.linalg.solve(A, b), argnums=(0, 1)
    )
)
take_turns(lambda: float(jax.block_until_ready(f(A, b))[0]))
