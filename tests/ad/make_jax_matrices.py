"""Writes jax_matrices.json: values, gradients and Hessians of functions of matrices by JAX.

Run with a Python that has JAX: `python tests/ad/make_jax_matrices.py`.
"""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
rng = np.random.default_rng(11)
X, W, b = rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), rng.normal(size=4)
POINT = {"A": X @ X.T + 0.5 * np.eye(4), "G": X + 3 * np.eye(4), "W": W, "b": b}
solve_lower = jax.scipy.linalg.solve_triangular

CASES = {
    "sum(cholesky(A)*W)": lambda A, W: jnp.sum(jnp.linalg.cholesky(A) * W),
    "sum(eigvalsh(A)*b)": lambda A, b: jnp.sum(jnp.linalg.eigvalsh(A) * b),
    "sum(W*inv(A + W))": lambda A, W: jnp.sum(W * jnp.linalg.inv(A + W)),
    "logdet(A @ W @ transpose(W))": lambda A, W: jnp.linalg.slogdet(A @ W @ W.T)[1],
    "det(A)*det(W)": lambda A, W: jnp.linalg.det(A) * jnp.linalg.det(W),
    "b @ solve(A @ G, W @ b)": lambda A, G, W, b: b @ jnp.linalg.solve(A @ G, W @ b),
    "sum(b*solve(cholesky(A), b, lower=1))": lambda A, b: jnp.sum(
        b * solve_lower(jnp.linalg.cholesky(A), b, lower=True)
    ),
    "sum(W*solve(A, W, lower=1, transposed=1))": lambda A, W: jnp.sum(
        W * solve_lower(A, W, lower=True, trans=1)
    ),
    "multivariate_normal_logpdf(b, W[0], A)": lambda A, W, b: (
        jax.scipy.stats.multivariate_normal.logpdf(b, W[0], A)
    ),
    "sum(triu(A, k=1) @ W)": lambda A, W: jnp.sum(jnp.triu(A, k=1) @ W),
}


def main() -> None:
    found = {}
    for text, f in CASES.items():
        names = f.__code__.co_varnames[: f.__code__.co_argcount]
        point = [jnp.array(POINT[name]) for name in names]
        value, slopes = jax.value_and_grad(f, argnums=tuple(range(len(names))))(*point)
        found[text] = {
            "value": float(value),
            "gradient": {n: np.asarray(g).tolist() for n, g in zip(names, slopes, strict=True)},
            "hessian": np.asarray(jax.hessian(f)(*point)).tolist(),
        }
    record = {"point": {name: x.tolist() for name, x in POINT.items()}, "cases": found}
    (Path(__file__).parent / "jax_matrices.json").write_text(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
