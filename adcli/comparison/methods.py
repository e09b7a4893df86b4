"""The methods: what each gives, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from time import perf_counter
from typing import Any, NamedTuple

from adcli.ad.evaluate import Run, evaluate
from adcli.ad.forward import forward_sweep
from adcli.ad.reverse import reverse_sweep
from adcli.ad.symbolic import gradient_nodes
from adcli.algebras.complexes import STEP, ComplexArrays, obstacle, why_not
from adcli.comparison.function_at_point import FunctionAtPoint, per_seed
from adcli.errors import DomainError
from adcli.explain import cost
from adcli.explain.cost import Counts
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
COUNTED_SWEEPS = 500
"""Forward sweeps that are counted one by one, where each is from a variable of its own."""
MEASURED_SECONDS = 0.02
"""How long a method is repeated; the shortest of its runs is its time."""


@dataclass(frozen=True)
class MethodResult:
    """What a method gives at the point, and what it costs.

    gradient     its components, of a sample those of the sample; None where it does not apply
    evaluations  how often the function is evaluated
    sweeps       forward or reverse sweeps over the graph
    besides      the operations besides one evaluation, counted on the graph
    seconds      measured, of a sample extrapolated; None where it was not asked for
    obstacle     why it does not apply: (clause, place in the text)
    is_sampled   whether it was run for a sample of the components alone
    """

    name: str
    gradient: list[float] | None
    evaluations: int = 0
    sweeps: int = 0
    besides: Counts = cost.NOTHING
    seconds: float | None = None
    obstacle: tuple[str, tuple[int, int]] | None = None
    is_sampled: bool = False


class Evaluation(NamedTuple):
    """What one evaluation takes: operations, and seconds where these are measured."""

    counts: Counts
    seconds: float | None


class Way(NamedTuple):
    """How a method computes, with how many evaluations and sweeps.

    `may_leave` says that it may evaluate outside of the domain, `by_component` that it works for
    each component anew, so that a sample of them tells how long it takes.
    """

    compute: Callable[[FunctionAtPoint], list[float]]
    evaluations: int
    sweeps: int
    may_leave: bool = True
    by_component: bool = False


def compare_methods(
    problem: FunctionAtPoint, measure: bool, say: Callable[[str], None]
) -> tuple[Evaluation, list[MethodResult]]:
    """What an evaluation takes, and all methods, symbolic first.

    `measure` asks for times; `say` is told what comes next.
    """
    n = len(problem.components)
    ways = {
        SYMBOLIC: Way(lambda problem: problem.gradient("symbolic"), 1, 0),
        FORWARD_DIFFERENCES: Way(
            # the step is eps^(1/2) max(1, |x|), as in Nocedal & Wright, 8.1
            lambda problem: problem.quotients(2.0**-26, "right", floor=1.0),
            n + 1,
            0,
            by_component=True,
        ),
        CENTRAL_DIFFERENCES: Way(_central_differences, 2 * n, 0, by_component=True),
        COMPLEX_STEP: Way(_complex_step, n, 0, by_component=True),
        FORWARD_AD: Way(_forward_mode, 1, n, by_component=True),
        REVERSE_AD: Way(lambda problem: problem.gradient("reverse"), 1, 1),
    }
    counts, besides = operations(problem)
    _, seconds = timed(FunctionAtPoint.evaluate, problem, measure)
    return Evaluation(counts, seconds), results_of(problem, ways, besides, measure, say)


def results_of(
    problem: FunctionAtPoint,
    ways: Mapping[str, Way],
    besides: Mapping[str, Counts],
    measure: bool,
    say: Callable[[str], None],
) -> list[MethodResult]:
    """What each method gives and takes; `measure` asks for times."""
    methods = []
    for name, way in ways.items():
        say(name)
        reason = _obstacle(problem) if name == COMPLEX_STEP else None
        found, seconds = None, None
        try:
            if reason is None:
                found, seconds = timed(way.compute, problem, measure)
        except DomainError:  # the point itself is inside: it has been evaluated
            if not way.may_leave:
                raise
            reason = (OUTSIDE, (0, 0))
        if found is None:
            methods.append(MethodResult(name, None, obstacle=reason))
            continue
        is_sampled = way.by_component and problem.sample is not None
        if is_sampled and seconds is not None:
            seconds *= len(problem.components) / len(found)
        costs = (way.evaluations, way.sweeps, besides[name], seconds)
        methods.append(MethodResult(name, found, *costs, is_sampled=is_sampled))
    return methods


def _central_differences(problem: FunctionAtPoint) -> list[float]:
    """Those of `adcli grad --mode finite`; of a sample with the same steps."""
    if problem.sample is None:
        return problem.gradient("finite")
    return problem.quotients(2.0 ** (-52 / 3), "both", floor=1.0)


def _forward_mode(problem: FunctionAtPoint) -> list[float]:
    """Those of `adcli grad --mode forward`; of a sample by the same sweeps."""
    if problem.sample is None:
        return problem.gradient("forward")
    run, found = problem.run, []
    with run.algebra.context():
        for v in problem.nodes:
            for seed in problem.seeds(v, run.values[v], run.algebra):
                tangent = forward_sweep(run, {v: seed})[problem.output]
                zero = run.algebra.zero(run.values[problem.output])
                found += per_seed(zero if tangent is None else tangent, seed)
    return found


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
            for seed in problem.seeds(v, x, algebra):
                moved = {**inputs, v: x + 1j * h * seed}
                value = evaluate(run.graph, run.order, moved, algebra)[problem.output]
                gradient += per_seed(value.imag / algebra.total(h * seed.real), seed)
    return gradient


def _obstacle(problem: FunctionAtPoint) -> tuple[str, tuple[int, int]] | None:
    run = problem.run
    node = obstacle(run.graph, run.order, problem.output, problem.nodes)
    return None if node is None else (why_not(run.graph.ops[node]), run.graph.span(node))


def timed(
    compute: Callable[[FunctionAtPoint], Any], problem: FunctionAtPoint, measure: bool = True
) -> tuple[Any, float | None]:
    """What a method computes, and the shortest time of some runs, of one where that is long."""
    start = perf_counter()
    found = compute(problem)
    spent = best = perf_counter() - start
    if not measure:
        return found, None
    while spent < MEASURED_SECONDS:
        start = perf_counter()
        compute(problem)
        took = perf_counter() - start
        best, spent = min(best, took), spent + took
    return found, best


# ---- operations ----


def operations(problem: FunctionAtPoint) -> tuple[Counts, dict[str, Counts]]:
    """What an evaluation takes, and what each method takes besides one for the gradient.

    Local partials count once in either mode of AD, the sweeps each. What chooses the steps of
    differences does not count. The arithmetic of complex numbers is counted in real ones.
    """
    run, n = problem.run, len(problem.components)
    graph, order = run.graph, run.order
    shapes = infer_shapes(graph, order, run.shapes())
    active = graph.dependents(order, problem.nodes)
    value = cost.evaluation(graph, order, shapes)
    partials = cost.partials(graph, order, shapes, active)
    nodes = gradient_nodes(graph, order, problem.output, problem.nodes, run.shapes())
    known = set(order)
    formula = [i for i in graph.reach([problem.output, *nodes]) if i not in known]
    shapes = infer_shapes(graph, [*order, *formula], run.shapes())
    reverse = partial(reverse_sweep, active=active)
    quotients, steps = Counts(additions=n, divisions=n), Counts(additions=n)
    return value, {
        SYMBOLIC: cost.evaluation(graph, formula, shapes),
        FORWARD_DIFFERENCES: cost.total([value.times(n), quotients, steps]),
        CENTRAL_DIFFERENCES: cost.total([value.times(2 * n), quotients, steps.times(2)]),
        COMPLEX_STEP: _of_complex(value).times(n).plus(Counts(divisions=n)),
        FORWARD_AD: partials.plus(_forward_counts(problem)),
        REVERSE_AD: partials.plus(sweep_counts(run, [problem.output], reverse)),
    }


def _forward_counts(problem: FunctionAtPoint) -> Counts:
    """What forward sweeps take. Of very many variables a sample is counted, as it is measured."""
    run, nodes = problem.run, problem.nodes
    if not counts_a_sample(problem):
        return sweep_counts(run, nodes, forward_sweep)
    assert problem.sample is not None
    looked_at = [nodes[k] for k in problem.sample]
    found = sweep_counts(run, looked_at, forward_sweep)
    return Counts(*[round(x * len(nodes) / len(looked_at)) for x in found])


def counts_a_sample(problem: FunctionAtPoint) -> bool:
    """Whether there are so many variables, numbers each, that not all their sweeps are counted."""
    many = len(problem.nodes) > COUNTED_SWEEPS and not problem.run.algebra.shaped
    return many and problem.sample is not None


def _of_complex(counts: Counts) -> Counts:
    """Operations on complex numbers as such on real ones; a function is one all the same."""
    products, sums, divisions, *others = counts
    return Counts(
        4 * products + 6 * divisions, 2 * (products + sums) + 3 * divisions, 2 * divisions, *others
    )


def sweep_counts(run: Run, seeded: list[int], sweep: Callable[[Run, Any], Any]) -> Counts:
    """What is done to tangents, or to adjoints, in sweeps from all components of nodes: sweeps from
    the components of one node take the same."""
    found = []
    with run.algebra.context():
        for node in seeded:
            counting = cost.Counting(run.algebra)
            sweep(
                replace(run, algebra=counting), {node: counting.counted(0 * run.values[node] + 1)}
            )
            found.append(counting.tally.times(prod(run.algebra.shape(run.values[node]))))
    return cost.total(found)
