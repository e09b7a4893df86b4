"""One peer, one function, many points: `kernel.py PEER PROGRAM ROWS`.

Prints a JSON object when it is ready (seconds to prepare, sums of all results). Then, for each line
of standard input, it computes once and prints the seconds. Everything is compiled and warm, works
on NumPy arrays of float64 and gives NumPy arrays or what costs the peer nothing to see as one.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

import numpy as np

from tests.benchmarks.kernel_programs import PROGRAMS, Program, columns_of

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
Run = Callable[[], Any]
"""Computes once: the value and the gradient, in the order of the variables."""


def adcli(program: Program, columns: dict[str, Any]) -> Run:
    import adcli

    f = adcli.function(program.text)
    if program.parameters is None:
        names = list(columns)

        def points() -> list[Any]:
            found = f.map(columns, engine="llvm")
            return [found.values, *(found.gradients[name] for name in names)]

        return points
    parameters = program.parameters

    def loss() -> list[Any]:
        wrt = list(parameters)
        value, slopes = f.value_and_gradient({**columns, **parameters}, wrt=wrt, engine="llvm")
        return [value, *slopes.values()]

    return loss


def numpy(program: Program, columns: dict[str, Any]) -> Run:
    parameters = (program.parameters or {}).values()
    return lambda: program.by_hand(*columns.values(), *parameters)


def copy(program: Program, columns: dict[str, Any]) -> Run:
    """Reads every column and writes as many numbers as there are results: the memory's limit."""
    results = [np.empty_like(next(iter(columns.values()))) for _ in range(1 + len(columns))]

    def once() -> list[Any]:
        for target, source in zip(results, columns.values(), strict=False):
            np.copyto(target, source)
        results[-1].fill(0.0)
        return results

    return once


def numexpr(program: Program, columns: dict[str, Any]) -> Run:
    import numexpr as ne

    ne.set_num_threads(CORES)
    values = {**columns, **(program.parameters or {})}
    rows = len(next(iter(columns.values())))

    def once() -> list[Any]:
        found = [ne.evaluate(text, values) for text in program.numexpr]
        return found if program.parameters is None else [x / rows for x in found]

    return once


def heyoka(program: Program, columns: dict[str, Any]) -> Run:
    import heyoka as hy

    names = [*columns, *(program.parameters or {})]
    variables = dict(zip(names, hy.make_vars(*names), strict=True))
    value = program.value(hy, *variables.values())
    wrt = list(program.parameters or columns)
    tensors = hy.diff_tensors([value], diff_args=[variables[n] for n in wrt], diff_order=1)
    order = [[0, *(int(k == i) for k in range(len(wrt)))] for i in range(len(wrt))]
    outputs = [value, *(tensors[index] for index in order)]
    inputs = np.array(list(columns.values()))
    results = np.empty((len(outputs), inputs.shape[1]))
    if program.parameters is None:
        compiled = hy.cfunc(outputs, [variables[n] for n in names])
        return lambda: compiled(inputs, outputs=results)
    numbers = {variables[n]: hy.par[k] for k, n in enumerate(program.parameters)}
    outputs = hy.subs(outputs, numbers)
    compiled = hy.cfunc(outputs, [variables[n] for n in columns])
    pars = np.repeat(np.array(list(program.parameters.values()))[:, None], inputs.shape[1], axis=1)

    def loss() -> Any:
        return compiled(inputs, outputs=results, pars=pars).mean(axis=1)

    return loss


def jax(program: Program, columns: dict[str, Any]) -> Run:
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp
    from jax.scipy.special import erf

    m = SimpleNamespace(
        exp=jnp.exp, log=jnp.log, sin=jnp.sin, tanh=jnp.tanh, erf=erf, atan2=jnp.arctan2
    )
    given = [jax.device_put(x) for x in columns.values()]
    if program.parameters is None:
        each = jax.value_and_grad(lambda *x: program.value(m, *x), tuple(range(len(given))))
        run = jax.jit(jax.vmap(each))

        def points() -> list[Any]:
            value, slopes = jax.block_until_ready(run(*given))
            return [value, *slopes]

        return points
    places = tuple(range(len(given), len(given) + len(program.parameters)))
    total = jax.jit(jax.value_and_grad(lambda *x: jnp.mean(program.value(m, *x)), places))
    numbers = list(program.parameters.values())

    def loss() -> list[Any]:
        value, slopes = jax.block_until_ready(total(*given, *numbers))
        return [value, *slopes]

    return loss


def torch(program: Program, columns: dict[str, Any]) -> Run:
    import torch

    torch.set_num_threads(CORES)
    m = SimpleNamespace(
        **{name: getattr(torch, name) for name in ("exp", "log", "sin", "tanh", "erf", "atan2")}
    )
    given = [torch.from_numpy(x) for x in columns.values()]
    numbers = [torch.tensor(x, dtype=torch.float64) for x in (program.parameters or {}).values()]
    wrt = numbers or given
    for x in wrt:
        x.requires_grad_(True)

    def once() -> list[Any]:
        value = program.value(m, *given, *numbers)
        slopes = torch.autograd.grad(value.mean() if numbers else value.sum(), wrt)
        value = value.detach().mean() if numbers else value.detach()
        return [value.numpy(), *(x.numpy() for x in slopes)]

    return once


def casadi(program: Program, columns: dict[str, Any]) -> Run:
    import casadi as ca

    x = [ca.SX.sym(name) for name in columns]
    value = program.value(ca, *x)
    point = ca.Function("point", x, [value, *(ca.gradient(value, v) for v in x)])
    rows = len(next(iter(columns.values())))
    whole = point.map(rows, "thread", CORES)
    buffer, run = whole.buffer()
    results = [np.empty(rows) for _ in range(1 + len(x))]
    for k, column in enumerate(columns.values()):
        buffer.set_arg(k, memoryview(column))
    for k, result in enumerate(results):
        buffer.set_res(k, memoryview(result))

    def once(alive: Any = (buffer, whole)) -> list[Any]:  # they die while `run` needs them
        run()
        return results

    return once


PEERS = {x.__name__: x for x in (adcli, numpy, copy, numexpr, heyoka, jax, torch, casadi)}


def main(peer: str, name: str, rows: int) -> None:
    program = PROGRAMS[name]
    columns = columns_of(program, rows)
    begin = perf_counter()
    run = PEERS[peer](program, columns)
    results = run()
    seconds = perf_counter() - begin
    sums = [float(np.sum(np.asarray(x))) for x in results]
    del results
    run()
    print(json.dumps({"seconds": seconds, "sums": sums}), flush=True)
    for _ in sys.stdin:
        begin = perf_counter()
        results = run()
        print(perf_counter() - begin, flush=True)
        del results


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
