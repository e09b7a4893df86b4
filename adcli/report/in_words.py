"""A trace in words: what tangents and adjoints mean, why factors are multiplied, what small changes
really do, and what either mode repeats or keeps. Every number is one of the program at the point.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from math import floor, inf, isfinite, log10
from typing import Any, NamedTuple

from adcli.errors import AdcliError
from adcli.explain.paths import Path, find_paths
from adcli.explain.trace import Seed
from adcli.function import Function
from adcli.graph.axes import index_label
from adcli.language.messages import counted
from adcli.report.numbers import bracketed, flat, shape_of
from adcli.report.operation_counts import in_words as count_words
from adcli.report.trace import MAX_KINKS, Paragraph, TraceReport, is_finite, shown

MOST_RATES = 4
"""Derivatives that have sentences of their own."""
MOST_PATHS, MOST_FACTORS = 3, 8
"""Paths of a derivative, and factors of a path, that are written out."""
PATH_STEPS, SEARCHED = 500, 2000
"""Steps of a program whose paths are looked for, and steps of that search."""
EXACT_STEPS, EXACT_NUMBERS, EXACT_DIGITS = 500, 100, 30
"""Up to this size a small change is computed in so many digits."""
MOST_COUNTED = 1_000_000
"""Inputs times steps of a program whose tangents are counted."""
ROUGH = 0.1
"""The share of a change by which it may differ from the derivative's before that is remarked."""


class Rate(NamedTuple):
    """The derivative of result number `result` by a component of a variable: of an array only the
    component where it is largest."""

    result: int
    node: int
    component: tuple[int, ...]
    value: Any


def rate_words(of: str, by: str, value: Any, text: str) -> str:
    """What a derivative says, for a number; `text` is its size.

    >>> rate_words("w7", "x1", 12.0, "12"), rate_words("f", "y", -1.0, "1")
    ('w7 changes 12 times as fast as x1', 'f falls as fast as y rises')
    """
    if not is_finite(value):
        return f"{of} has no derivative with respect to {by} here"
    if value == 0:
        return f"{of} does not change with {by}, to first order"
    times = "" if text == "1" else f"{text} times "
    if value < 0:
        return f"{of} falls {times}as fast as {by} rises"
    return f"{of} changes {times}as fast as {by}"


def in_words(f: Function, report: TraceReport, digits: int) -> list[Paragraph]:
    """The explanation of a trace of `f`, with so many significant digits."""
    assert report.steps.run is not None
    with report.steps.run.algebra.context():
        return TraceWords(f, report, digits).paragraphs()


class TraceWords:
    """Sentences about a trace, and about its steps one by one."""

    def __init__(self, f: Function, report: TraceReport, digits: int) -> None:
        self.f, self.report, self.digits = f, report, digits
        self.steps, self.trace = report.steps, report.trace
        self.rates = list(self._rates())

    def text(self, value: Any) -> str:
        """A number or an array with few digits, however many are computed with."""
        if not shape_of(value) and value != 0 and float(abs(value)) in (0.0, inf):
            from mpmath import nstr

            return str(nstr(value, self.digits))  # beyond the range of float64
        return shown(value, self.digits)

    def _factor(self, value: Any) -> str:
        return bracketed(self.text(value))

    # ---- one step ----

    def tangent(self, seed: Seed, node: int) -> str:
        """What a tangent says: "w3 changes 3 times as fast as x1."; "" for an array."""
        by = self.report.seed_label(seed)
        if not all(map(is_finite, flat(self.trace.values[node]))):
            return f"{self.steps.names[node]} has no value here."
        return self._sentence(self.steps.names[node], by, self.report.tangent(seed, node))

    def adjoint(self, node: int) -> str:
        """What an adjoint says: "w5 changes 2 times as fast as w3."; "" for an array."""
        of = self.steps.names[self.steps.outputs[0]]
        return self._sentence(of, self.steps.names[node], self.report.adjoint(node))

    def _sentence(self, of: str, by: str, value: Any) -> str:
        return "" if shape_of(value) else f"{self._rate(of, by, value)}."

    def _rate(self, of: str, by: str, value: Any) -> str:
        return rate_words(of, by, value, self.text(abs(value)))

    # ---- the whole ----

    def paragraphs(self) -> list[Paragraph]:
        """The explanation of the trace."""
        found = [
            Paragraph("What the numbers mean", list(self.meaning())),
            Paragraph("Why factors are multiplied", list(self.products())),
            Paragraph("What a small change does", list(self.changes())),
            Paragraph("What each mode does", list(self.modes())),
        ]
        return [paragraph for paragraph in found if paragraph.sentences]

    def meaning(self) -> Iterator[str]:
        """What the marks stand for, each at the example of a step."""
        report, steps = self.report, self.steps
        if report.is_forward and self.trace.seeds:
            node, seeds = steps.outputs[0], self.trace.seeds
            moving = [s for s in seeds if any(flat(s.tangents.get(node, 0.0)))]
            seed = (moving or seeds)[0]
            name, by = steps.names[node], report.seed_label(seed)
            yield (
                f"A tangent says how fast a step changes with the input that is seeded: for the "
                f"seed {by}, {steps.tangent(node)} = {self.text(report.tangent(seed, node))} is "
                f"the derivative of {name} with respect to {by}."
            )
            yield from filter(None, [self.tangent(seed, node)])
        if report.is_reverse:
            visited = report.visited
            inner = [n for n in visited[1:] if steps.graph.args[n]] or visited[1:]
            inner = [n for n in inner if any(True for _ in flat(report.adjoint(n)))]
            of = steps.names[steps.outputs[0]]
            for node in inner[-1:]:
                yield (
                    "An adjoint says how fast the result changes with a step: "
                    f"{steps.adjoint(node)} = {self.text(report.adjoint(node))} is the derivative "
                    f"of {of} with respect to {steps.names[node]}."
                )
                yield from filter(None, [self.adjoint(node)])

    def products(self) -> Iterator[str]:
        """Each derivative with the paths that it is made of."""
        if not self.rates:
            return
        yield (
            "On its way to the result a small change is multiplied by the local partial derivative "
            "of each step that it goes through. What arrives over several paths is added up. This "
            "is the chain rule."
        )
        for rate in self.rates[:MOST_RATES]:
            yield self._because(rate)
        yield from self._more(len(self.rates))

    def _more(self, count: int) -> list[str]:
        more = count - MOST_RATES
        return [f"The same holds for {counted(more, 'more derivative')}."] if more > 0 else []

    def _because(self, rate: Rate) -> str:
        steps, output = self.steps, self.steps.outputs[rate.result]
        label = self._label(rate)
        is_array = bool(shape_of(self.trace.values[output]))
        if is_array:
            said = f"The derivative of {steps.names[output]} with respect to {label} is "
            said += self.text(rate.value)
        else:
            said = self._rate(steps.names[output], label, rate.value)
        if is_array or len(steps.nodes) > PATH_STEPS or output == rate.node:
            return f"{said}."
        assert steps.run is not None
        paths = find_paths(steps.run, output, rate.node, MOST_PATHS, SEARCHED)
        if not paths.count:
            return f"{said}: no path leads there."
        routes = [self._route(path) for path in paths.listed[:MOST_PATHS]]
        if rate.component or shape_of(paths.total):
            where = f" ({routes[0]})" if paths.count == 1 and routes else ""
            return f"{said}: {counted(paths.count, 'path')} of array operations{where}."
        if paths.count == 1 and len(paths.listed[0].edges) == 1:
            return f"{said}: one step leads there ({routes[0]})."
        if paths.count == 1:
            return f"{said}, because {self._product(paths.listed[0])} ({routes[0]})."
        if paths.is_complete:
            total = " + ".join(map(self._product, paths.listed))
            return (
                f"{said}, because {total} = {self.text(paths.total)}: "
                f"{counted(paths.count, 'path')} add up ({'; '.join(routes)})."
            )
        largest = paths.listed[0]
        return (
            f"{said}: {paths.count:,} paths add up to {self.text(paths.total)}. The largest gives "
            f"{self._product(largest)} = {self.text(largest.product)} ({routes[0]})."
        )

    def _product(self, path: Path) -> str:
        """The local partials on a path, from the input on: `3·1·4`."""
        factors = [self._factor(edge.partial) for edge in reversed(path.edges)]
        more = len(factors) - MOST_FACTORS
        if more > 0:
            factors[MOST_FACTORS // 2 : -MOST_FACTORS // 2] = ["..."]
        return "·".join(factors)

    def _route(self, path: Path) -> str:
        """The steps on a path, from the input on."""
        names = [self.steps.names[edge.source] for edge in reversed(path.edges)]
        if len(names) > MOST_FACTORS:
            names[MOST_FACTORS // 2 : -MOST_FACTORS // 2] = ["..."]
        return " → ".join([str(self.steps.graph.attrs[path.edges[-1].target]), *names])

    def _label(self, rate: Rate) -> str:
        return str(self.steps.graph.attrs[rate.node]) + index_label(rate.component)

    def _rates(self) -> Iterator[Rate]:
        """Every derivative of a result, of the components of an array the largest."""
        report = self.report
        if not report.is_reverse:
            for seed in self.trace.seeds:
                for k, output in enumerate(self.steps.outputs):
                    if seed.tangents:
                        value = report.tangent(seed, output)
                        yield Rate(k, seed.node, seed.component, value)
            return
        for node in report.inputs:
            value = report.adjoint(node)
            if not shape_of(value):
                yield Rate(0, node, (), value)
            elif value.size:
                index = _unravelled(int(abs(value).argmax()), shape_of(value))
                yield Rate(0, node, index, value[index])

    # ---- small changes ----

    def changes(self) -> Iterator[str]:
        """For each derivative what it says of a small change, and what such a change really does;
        at a kink on both sides."""
        for rate in self.rates[:MOST_RATES]:
            moved = self.steps.graph.dependents(self.f.order, [rate.node])
            kinks = [node for node in self.report.kinks if moved[node]]
            for sign in (1, -1) if kinks else (1,):
                yield from self._change(rate, sign, bool(kinks))
            for node in kinks[:MAX_KINKS]:
                step = f"{self.steps.names[node]} = {self.steps.formula(node)}"
                yield f"{step} is at a kink or a jump: the derivative there is a convention."

    def _change(self, rate: Rate, sign: int, at_kink: bool) -> Iterator[str]:
        name, label = str(self.steps.graph.attrs[rate.node]), self._label(rate)
        old = self.report.point[name]
        x = float(old[rate.component] if rate.component else old)
        step = sign * _step(x)
        if not step:
            return
        linear = step * rate.value
        head = f"{label} {'up' if sign > 0 else 'down'} by {self.text(abs(step))}: "
        head += f"{self._result(rate.result)} {self._moved(linear, 'about ')}"
        try:
            first, last = self._ends(rate, step)
        except AdcliError:
            yield f"{head}; at {label} = {x + step:.12g} the program has no value."
            return
        really = last - first
        end = "" if shape_of(really) or not really else f", to {self.text(last)}"
        is_far = not at_kink and _is_rough(really, linear)
        remark = " The derivative speaks of smaller changes." if is_far else ""
        yield f"{head}; computed: {self._moved(really)}{end}.{remark}"

    def _moved(self, change: Any, about: str = "") -> str:
        """What a result does: "up by about 0.12"."""
        if shape_of(change):
            return f"changes by {about}{self.text(change)}"
        if change == 0:
            return "stays as it is" + (", to first order" if about else "")
        return f"{'up' if change > 0 else 'down'} by {about}{self.text(abs(change))}"

    def _result(self, k: int) -> str:
        naming = self.steps.naming
        return f"{naming.result}{k + 1}" if len(self.steps.outputs) > 1 else naming.result

    def _ends(self, rate: Rate, step: float) -> list[Any]:
        """A result before a step of one component and behind it. Raises AdcliError."""
        name = str(self.steps.graph.attrs[rate.node])
        point = self.report.point
        if rate.component:
            import numpy as np

            moved = np.array(point[name])
            moved[rate.component] += step
        else:
            moved = point[name] + step
        values = [self._here, self._value({**point, name: moved})]
        return [v[rate.result] if len(self.f.outputs) > 1 else v for v in values]

    @cached_property
    def _here(self) -> Any:
        """The program's value at the point."""
        return self._value(self.report.point)

    def _value(self, point: Mapping[str, Any]) -> Any:
        numbers = sum(len(list(flat(x))) for x in point.values())
        is_small = len(self.f.order) <= EXACT_STEPS and numbers <= EXACT_NUMBERS
        asked = self.report.precision or 0
        digits = max(EXACT_DIGITS, 2 * asked) if is_small or asked else None
        return self.f.value(point, precision=digits)

    # ---- modes ----

    def modes(self) -> Iterator[str]:
        """What forward mode does again and again, and what reverse mode keeps."""
        tallies = self.trace.tallies
        if self.report.is_forward:
            yield from self._forward()
        if self.report.is_reverse:
            kept = [n for n in self.steps.nodes if self.report.active[n]]
            numbers = sum(len(list(flat(self.trace.values[n]))) for n in kept)
            yield (
                "Reverse mode takes one sweep, however many inputs there are. Until the sweep "
                f"comes back to them, the values of {counted(len(kept), 'step')} are kept, "
                f"{counted(numbers, 'number')}."
            )
        if "forward" in tallies and "reverse" in tallies:
            forward, reverse = count_words(tallies["forward"]), count_words(tallies["reverse"])
            yield (
                "Besides the evaluation and the local partial derivatives, forward mode takes "
                f"{forward}, reverse mode {reverse}."
            )

    def _forward(self) -> Iterator[str]:
        sweeps = len(self.trace.seeds)
        if sweeps < 2:
            if sweeps:
                yield "Forward mode takes one sweep, since there is one input."
            return
        has_arrays = any(seed.component for seed in self.trace.seeds)
        number = "number among the inputs" if has_arrays else "input"
        said = f"Forward mode takes {sweeps:,} sweeps, one for each {number}."
        if len(self.report.inputs) * len(self.f.order) > MOST_COUNTED:
            yield said
            return
        uses = self._tangent_counts()
        repeated = sum(count > 1 for count in uses)
        again = "no step gets more than one."
        if repeated:
            again = f"{counted(repeated, 'step')} {'gets' if repeated == 1 else 'get'} one in more "
            again += "than one sweep, with the same local partial derivatives each time."
        done = f"{counted(sum(uses), 'tangent')} for {counted(len(uses), 'step')}"
        yield f"{said} Together they compute {done}; {again}"

    def _tangent_counts(self) -> list[int]:
        """For each operation that depends on inputs, how many sweeps give it a tangent."""
        graph, active = self.steps.graph, self.report.active
        operations = [n for n in self.steps.nodes if graph.args[n] and active[n]]
        counts = dict.fromkeys(operations, 0)
        seeds: dict[int, int] = {}
        for seed in self.trace.seeds:
            seeds[seed.node] = seeds.get(seed.node, 0) + 1
        order = self.f.order
        for node, number in seeds.items():
            reached = {node}
            for i in order:
                if any(a in reached for a in graph.moving(i)):
                    reached.add(i)
                    if i in counts:
                        counts[i] += number
        return list(counts.values())


def _step(x: float) -> float:
    """A power of ten that is at most a hundredth of x; 0.01 at 0."""
    return float(f"1e{floor(log10(abs(x))) - 2}") if x and isfinite(x) else 0.01


def _is_rough(really: Any, said: Any) -> bool:
    """Whether a change is far from what the derivative says, if that is any."""
    pairs: Iterable[tuple[Any, Any]] = zip(flat(really), flat(said), strict=True)
    return any(b and abs(a - b) > ROUGH * max(abs(a), abs(b)) for a, b in pairs)


def _unravelled(place: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index of the number at a place, the last axis fastest."""
    index: list[int] = []
    for n in reversed(shape):
        place, rest = divmod(place, n)
        index.insert(0, rest)
    return tuple(index)
