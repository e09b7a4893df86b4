"""The methods: what each gives, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

from adcli.ad.evaluate import Run, evaluate
from adcli.ad.forward import forward_sweep
from adcli.ad.reverse import reverse_sweep
from adcli.ad.symbolic import gradient_nodes
from adcli.algebras.complexes import STEP, ComplexArrays, obstacle, why_not
from adcli.comparison.function_at_point import FunctionAtPoint
from adcli.errors import DomainError
from adcli.explain import cost
from adcli.graph.shapes import infer_shapes

SYMBOLIC = "symbolic"
FORWARD_DIFFERENCES = "forward differences"
CENTRAL_DIFFERENCES = "central differences"
COMPLEX_STEP = "complex step"
FORWARD_AD = "forward AD"
REVERSE_AD = "reverse AD"
GRADIENT_DIFFERENCES = "differences of gradients"
FORWARD_OVER_REVERSE = "forward over reverse"
REVERSE_OVER_REVERSE = "reverse over reverse"

OUTSIDE = "a step leaves the domain"
MEASURED_SECONDS = 0.02
"""How long a method is repeated; the shortest of its runs is its time."""


@dataclass(frozen=True)
class MethodResult:
    """What a method gives at the point, and what it costs.

    gradient         its components, None where the method does not apply
    evaluations      how often the function is evaluated
    sweeps           forward or reverse sweeps over the graph
    multiplications  of numbers, divisions included, counted on the graph; a product of complex
                     numbers is four
    seconds          measured, None where it was not asked for
    obstacle         why it does not apply: (clause, place in the text)
    """

    name: str
    gradient: list[float] | None
    evaluations: int = 0
    sweeps: int = 0
    multiplications: int = 0
    seconds: float | None = None
    obstacle: tuple[str, tuple[int, int]] | None = None


class Way(NamedTuple):
    """How a method computes, with how many evaluations and sweeps; `may_leave` says that it may
    evaluate outside of the domain."""

    compute: Callable[[FunctionAtPoint], list[float]]
    evaluations: int
    sweeps: int
    may_leave: bool = True


def compare_methods(problem: FunctionAtPoint, measure: bool) -> list[MethodResult]:
    """All methods, symbolic first. `measure` asks for times."""
    n = len(problem.components)
    ways = {
        SYMBOLIC: Way(lambda problem: problem.gradient("symbolic"), 1, 0),
        FORWARD_DIFFERENCES: Way(
            # the step is eps^(1/2) max(1, |x|), as in Nocedal & Wright, 8.1
            lambda problem: problem.quotients(2.0**-26, "right", floor=1.0),
            n + 1,
            0,
        ),
        CENTRAL_DIFFERENCES: Way(lambda problem: problem.gradient("finite"), 2 * n, 0),
        COMPLEX_STEP: Way(_complex_step, n, 0),
        FORWARD_AD: Way(lambda problem: problem.gradient("forward"), 1, n),
        REVERSE_AD: Way(lambda problem: problem.gradient("reverse"), 1, 1),
    }
    return results_of(problem, ways, _multiplications(problem), measure)


def results_of(
    problem: FunctionAtPoint, ways: Mapping[str, Way], works: Mapping[str, int], measure: bool
) -> list[MethodResult]:
    """What each method gives, with the multiplications `works`; `measure` asks for times."""
    methods = []
    for name, way in ways.items():
        reason = _obstacle(problem) if name == COMPLEX_STEP else None
        try:
            found = way.compute(problem) if reason is None else None
        except DomainError:  # the point itself is inside: it has been evaluated
            if not way.may_leave:
                raise
            found, reason = None, (OUTSIDE, (0, 0))
        if found is None:
            methods.append(MethodResult(name, None, obstacle=reason))
            continue
        seconds = seconds_of(way.compute, problem) if measure else None
        methods.append(MethodResult(name, found, way.evaluations, way.sweeps, works[name], seconds))
    return methods


def _complex_step(problem: FunctionAtPoint) -> list[float]:
    """Im f(x + ih) / h for each component: an evaluation each, and nothing to subtract."""
    import numpy as np

    run, algebra = problem.run, ComplexArrays()
    inputs = {node: algebra.array(x) for node, x in run.inputs.items()}
    if run.algebra.shaped:
        inputs = {node: x[0] for node, x in inputs.items()}  # they had the axis of points
    gradient = []
    with algebra.context():
        for v in problem.nodes:
            x = inputs[v]
            h = np.where(x == 0, STEP, STEP * np.abs(x.real))
            found = []
            for seed in algebra.basis(x, 1):
                moved = {**inputs, v: x + 1j * h * seed}
                value = evaluate(run.graph, run.order, moved, algebra)[problem.output]
                found.append(value.imag / algebra.total(h * seed.real))
            gradient.append(algebra.collect(found, x, np.zeros(1), 1).real)
    return problem.numbers(gradient)


def _obstacle(problem: FunctionAtPoint) -> tuple[str, tuple[int, int]] | None:
    run = problem.run
    node = obstacle(run.graph, run.order, problem.output, problem.nodes)
    return None if node is None else (why_not(run.graph.ops[node]), run.graph.span(node))


def seconds_of(compute: Callable[[FunctionAtPoint], Any], problem: FunctionAtPoint) -> float:
    """The time that a method takes: the shortest of some runs."""
    best = float("inf")
    spent = 0.0
    while spent < MEASURED_SECONDS:
        start = perf_counter()
        compute(problem)
        took = perf_counter() - start
        best, spent = min(best, took), spent + took
    return best


# ---- multiplications ----


def _multiplications(problem: FunctionAtPoint) -> dict[str, int]:
    """The multiplications of each method. Local partials count once in either mode of AD, the
    sweeps each."""
    run, n = problem.run, len(problem.components)
    graph, order = run.graph, run.order
    shapes = infer_shapes(graph, order, run.shapes())
    active = graph.dependents(order, problem.nodes)
    value = cost.evaluation(graph, order, shapes).multiplications
    partials = cost.partials(graph, order, shapes, active).multiplications
    nodes = gradient_nodes(graph, order, problem.output, problem.nodes, run.shapes())
    formula = graph.reach([problem.output, *nodes])
    shapes = infer_shapes(graph, formula, run.shapes())
    reverse = partial(reverse_sweep, active=active)
    return {
        SYMBOLIC: cost.evaluation(graph, formula, shapes).multiplications,
        FORWARD_DIFFERENCES: (n + 1) * value + n,
        CENTRAL_DIFFERENCES: 2 * n * value + n,
        COMPLEX_STEP: 4 * n * value + n,
        FORWARD_AD: value + partials + sweep_products(run, problem.nodes, forward_sweep),
        REVERSE_AD: value + partials + sweep_products(run, [problem.output], reverse),
    }


def sweep_products(run: Run, seeded: list[int], sweep: Callable[[Run, Any], Any]) -> int:
    """Products with tangents, or with adjoints, in sweeps from all components of nodes."""
    counting = cost.Counting(run.algebra)
    with run.algebra.context():
        for node in seeded:
            for seed in run.algebra.basis(run.values[node], 1):
                sweep(replace(run, algebra=counting), {node: counting.counted(seed)})
    return counting.tally.multiplications
