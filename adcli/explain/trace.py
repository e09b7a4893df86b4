"""The evaluation trace: what either sweep computes at a point, node by node.

The sweeps are those of every other command; nothing is computed a second time for show. See
Griewank & Walther, Evaluating Derivatives, 2nd ed., 2.1 (forward) and 2.2 (reverse).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import Any, NamedTuple

from adcli.ad.evaluate import Run
from adcli.ad.forward import forward_sweep
from adcli.ad.reverse import reverse_steps, reverse_sweep
from adcli.explain.cost import Counting, Counts, evaluation, partials, plain
from adcli.graph.graph import Graph
from adcli.graph.primitives import WHERE

Index = tuple[int, ...]


class Seed(NamedTuple):
    """A forward sweep: the variable, the component that is seeded with 1 (`()` for a number)."""

    node: int
    component: Index
    tangents: dict[int, Any]
    """The tangent of each node that is not exactly zero; empty for a seed that is not kept."""


class Contribution(NamedTuple):
    """What the adjoint of a node's input gets from it: `operand` is the input's place."""

    source: int
    operand: int
    value: Any


@dataclass(eq=False, repr=False)
class Trace:
    """Both sweeps at a point, as far as they were asked for.

    values         of every node
    seeds          forward: the sweeps, a component of a variable each
    visited        reverse: the nodes in the order in which their adjoints are complete
    adjoints       of the visited nodes
    contributions  to the adjoint of a node, in the order in which they are added
    tallies        operations: "evaluation" of the program, "partials" that both modes need once, of
                   the sweeps "forward" on tangents and "reverse" on adjoints
    """

    values: dict[int, Any]
    seeds: list[Seed] = field(default_factory=list)
    visited: list[int] = field(default_factory=list)
    adjoints: dict[int, Any] = field(default_factory=dict)
    contributions: dict[int, list[Contribution]] = field(default_factory=dict)
    tallies: dict[str, Counts] = field(default_factory=dict)


def trace(run: Run, output: int | None, wrt: list[int], kept: int | None = None) -> Trace:
    """The trace of a run.

    With an `output`, a node whose value is a number, the reverse sweep from it; `wrt` are the
    variables to differentiate for. The tangents of the first `kept` seeds are stored (None: all).
    """
    result = Trace({i: run.algebra.unpack(run.values[i]) for i in run.order})
    shapes = {i: run.algebra.shape(run.values[i]) for i in run.order}
    active = run.graph.dependents(run.order, wrt)
    result.tallies["evaluation"] = evaluation(run.graph, run.order, shapes)
    result.tallies["partials"] = partials(run.graph, run.order, shapes, active)
    if output is not None:
        _reverse(run, output, wrt, result)
    if kept is None or kept > 0:
        _forward(run, wrt, result, kept)
    return result


def _forward(run: Run, wrt: list[int], result: Trace, kept: int | None) -> None:
    counting = Counting(run.algebra)
    counted = replace(run, algebra=counting)
    for v in wrt:
        indices = product(*map(range, run.algebra.shape(run.values[v])))
        for seeds in run.algebra.basis(run.values[v], run.points):
            seed = {v: counting.counted(seeds)}
            tangents = forward_sweep(counted, seed)
            reached = [i for i in run.order if tangents[i] is not None]
            for k, index in enumerate(islice(indices, _count(run, seeds))):
                is_kept = kept is None or len(result.seeds) < kept
                known = {i: _part(run, tangents[i], k) for i in reached} if is_kept else {}
                result.seeds.append(Seed(v, index, known))
    result.tallies["forward"] = counting.tally


def _count(run: Run, seeds: Any) -> int:
    """The number of seeds that lie side by side in one array."""
    return seeds.shape[0] if run.algebra.shaped else 1


def _part(run: Run, tangent: Any, k: int) -> Any:
    """The tangent of seed number k of a batch of seeds."""
    value = plain(tangent)
    if run.algebra.shaped and value.shape[0] > 1:
        value = value[k : k + 1]
    return run.algebra.unpack(value)


def _reverse(run: Run, output: int, wrt: list[int], result: Trace) -> None:
    graph, unpack = run.graph, run.algebra.unpack
    active = graph.dependents(run.order, wrt)
    (one,) = run.algebra.basis(run.values[output], run.points)
    counting = Counting(run.algebra)
    seed = {output: counting.counted(one)}
    adjoints = reverse_sweep(replace(run, algebra=counting), seed, active)
    for i, _, found in reverse_steps(run, {output: one}, active):
        result.visited.append(i)
        result.adjoints[i] = unpack(plain(adjoints[i]))
        operands = operands_of(graph, i, [j for j, _, _ in found])
        for operand, (j, c, _) in zip(operands, found, strict=True):
            contribution = Contribution(i, operand, unpack(c))
            result.contributions.setdefault(j, []).append(contribution)
    result.tallies["reverse"] = counting.tally


def operands_of(graph: Graph, node: int, receivers: list[int]) -> list[int]:
    """The places among a node's inputs that its contributions go to; both are in order."""
    inputs = graph.args[node]
    found = []
    k = 1 if graph.ops[node] is WHERE else 0  # nothing flows to a condition
    for j in receivers:
        while inputs[k] != j:
            k += 1
        found.append(k)
        k += 1
    return found
