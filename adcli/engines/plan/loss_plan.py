"""A scalar function of arrays, evaluated many times: values and gradients on NumPy's arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from threading import Lock
from typing import Any

import numpy as np

from adcli.ad.symbolic import gradient_nodes, tangent_nodes
from adcli.ad.tasks import Task
from adcli.algebras.functions.array_functions import are_finite
from adcli.engines.plan.arena import Arena
from adcli.engines.plan.plan import Plan
from adcli.engines.prepared import prepared
from adcli.errors import LanguageError
from adcli.graph.axes import Shape
from adcli.graph.primitives import REDUCTION, SELECT
from adcli.graph.program import Program
from adcli.graph.shapes import MAX_NUMBERS, infer_shapes

Array = np.ndarray[Any, Any]

NUMBERS_WORTH_PLANNING = 50_000
"""Numbers at one point from which a program is planned, instead of swept."""


class LossPlan:
    """A scalar function of arrays: its value and its gradient with respect to the variables `wrt`.

    `program` has one result; `dtype` is "float64" or "float32": all
    computation is done in it. `held` has the values of variables that are the same in every call:
    what depends on them alone is computed once. Long elementwise parts run on `threads` threads
    (None: one for each processor), which makes no difference to the results.

    Results are not checked for being finite. Calls share the memory of intermediate arrays, which
    stays reserved: several threads have to hold `lock`.
    """

    def __init__(
        self,
        program: Program,
        wrt: Sequence[str],
        dtype: str = "float64",
        held: Mapping[str, Any] | None = None,
        threads: int | None = None,
    ) -> None:
        # Not the program itself: what is kept for a program must not keep it alive.
        self._graph, self._order = program.graph, program.order
        self._nodes, self._outputs = program.inputs, program.outputs
        self._wrt = list(wrt)
        self._dtype = np.dtype(dtype)
        self._held = {name: np.asarray(x, self._dtype) for name, x in (held or {}).items()}
        self._names = [name for name in program.inputs if name not in self._held]
        self._arena = Arena()
        ops = {program.graph.ops[i] for i in program.order}
        self._chooses = any(op.kind in (SELECT, REDUCTION) or op.drops for op in ops)
        self._threads = threads
        self.lock = Lock()

    def value_and_gradient(
        self, inputs: Mapping[str, Any], out: Mapping[str, Array] | None = None
    ) -> tuple[float, dict[str, Array]]:
        """The value and the gradient of each variable of `wrt`, in its shape and the dtype.

        `inputs` has a number or an array for every variable that is not held; none is written to,
        and no array of the result is used again. `out` has an array of the right shape and dtype
        for every variable of `wrt` (views of one flat vector, say), apart from the inputs: the
        gradient is written there, and these arrays are returned.
        """
        given = self._given(inputs)
        results = None if out is None else [None, *(out[name] for name in self._wrt)]
        value, *gradient = self._run("fast", given, results)
        if self._chooses and not are_finite(gradient):
            value, *gradient = self._run("guarded", given, results)
        return float(value), dict(zip(self._wrt, gradient, strict=True))

    def value(self, inputs: Mapping[str, Any]) -> float:
        """The value alone."""
        (value,) = self._run("value", self._given(inputs), None)
        return float(value)

    def _given(self, inputs: Mapping[str, Any]) -> dict[str, Array]:
        return {name: np.asarray(inputs[name], self._dtype) for name in self._names}

    def _run(self, kind: str, given: dict[str, Array], results: Any) -> list[Array]:
        key = (kind, *(x.shape for x in given.values()))
        plan = prepared(self, key, lambda: self._plan(kind, {n: x.shape for n, x in given.items()}))
        return plan.run({self._nodes[name]: x for name, x in given.items()}, results)

    def _plan(self, kind: str, shapes: dict[str, Shape]) -> Plan:
        graph, nodes = self._graph, self._nodes
        shapes.update({name: x.shape for name, x in self._held.items()})
        (output,) = self._outputs
        outputs = [output]
        if kind != "value":
            wrt = [nodes[name] for name in self._wrt]
            outputs += gradient_nodes(
                *(graph, self._order, output, wrt, shapes), guarded=kind == "guarded"
            )
        held = {nodes[name]: x for name, x in self._held.items()}
        return Plan(graph, outputs, shapes, self._dtype, held, self._arena, self._threads)


def planned_point(
    program: Program, point: Mapping[str, Array], task: Task
) -> dict[tuple[str, ...], list[Any]] | None:
    """The value of a loss, its gradient and its Hessian, at one point by path, in less time and
    memory than by sweeps, which keep every value.

    None where sweeps have to do it: other tasks, small arrays, programs that are not a
    loss, and where a result is not finite.
    """
    by_mode = task.kind == "value" or task.mode == "reverse"
    by_mode = by_mode and task.kind in ("value", "gradient", "hessian")
    large = sum(x.size for x in point.values()) >= NUMBERS_WORTH_PLANNING
    if not (large and by_mode and not task.strict and len(program.outputs) == 1):
        return None
    try:
        shapes = {name: x.shape for name, x in point.items()}
        known = infer_shapes(program.graph, program.order, shapes, program.text)
    except LanguageError:
        return None
    if known[program.outputs[0]]:
        return None
    wrt = () if task.kind == "value" else tuple(task.wrt)
    if task.kind == "hessian" and sum(point[a].size for a in wrt) ** 2 > MAX_NUMBERS:
        return None
    loss = prepared(program, ("loss", wrt), lambda: LossPlan(program, wrt))
    with loss.lock:
        value, gradient = loss.value_and_gradient(point)
    if not (isfinite(value) and all(np.isfinite(g).all() for g in gradient.values())):
        return None
    found: dict[tuple[str, ...], list[Any]] = {("value",): [value]}
    found.update({("gradient", name): [g if g.ndim else float(g)] for name, g in gradient.items()})
    if task.kind == "hessian":
        blocks = _hessian_blocks(program, point, task.wrt)
        if not all(np.isfinite(x).all() for x in blocks.values()):
            return None
        pairs = [("hessian", a, b) for a in task.wrt for b in task.wrt]
        found.update({key: [x if x.ndim else float(x)] for key in pairs for x in [blocks[key[1:]]]})
    return found


def _hessian_blocks(
    program: Program, point: Mapping[str, Array], wrt: Sequence[str]
) -> dict[tuple[str, str], Array]:
    """The blocks of the Hessian of a loss, by its products with the unit vectors: the arrays of one
    product are in memory at a time. Symmetric to the last bit."""
    graph, nodes = program.graph, program.inputs
    (output,) = program.outputs
    shapes = {name: x.shape for name, x in point.items()}
    slopes = gradient_nodes(graph, program.order, output, [nodes[a] for a in wrt], shapes)
    directions = {a: graph.variable(f"change of `{a}`") for a in wrt}
    shapes |= {f"change of `{a}`": point[a].shape for a in wrt}
    order = graph.reach(slopes)
    seeds = {nodes[a]: directions[a] for a in wrt}
    held = {nodes[name]: x for name, x in point.items()}
    plan = Plan(graph, tangent_nodes(graph, order, slopes, seeds, shapes), shapes, held=held)
    changes = {a: np.zeros(point[a].shape) for a in wrt}
    given = {directions[a]: change for a, change in changes.items()}
    columns: dict[tuple[str, str], Array] = {
        (a, b): np.empty((point[b].size, point[a].size)) for a in wrt for b in wrt
    }
    for b, change in changes.items():
        for k, place in enumerate(np.ndindex(change.shape)):
            change[place] = 1.0
            for a, product in zip(wrt, plan.run(given), strict=True):
                columns[a, b][k] = product.reshape(-1)
            change[place] = 0.0
    whole = {(a, b): (columns[a, b].T + columns[b, a]) / 2 for a in wrt for b in wrt}
    return {(a, b): x.reshape(point[a].shape + point[b].shape) for (a, b), x in whole.items()}
