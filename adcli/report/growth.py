"""What `adcli compare --growth` shows: costs against size, and the laws behind them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from adcli.comparison.growth import CostsAtSize, Growth, law
from adcli.comparison.methods import (
    CENTRAL_DIFFERENCES,
    COMPLEX_STEP,
    FORWARD_AD,
    FORWARD_DIFFERENCES,
    REVERSE_AD,
    MethodResult,
)
from adcli.explain.cost import Counts
from adcli.report.drawn_tables import Tables
from adcli.report.numbers import duration, exact
from adcli.report.rendering import Report

EVALUATION = "evaluation"


@dataclass(frozen=True)
class GrowthReport(Report):
    """The costs at sizes of `name`, smallest first; `times` says whether times were measured."""

    name: str
    growth: Growth
    times: bool
    separator = "\t"

    @property
    def found(self) -> Sequence[CostsAtSize]:
        """The sizes with what was measured."""
        return self.growth.sizes

    def numbers(self, of: Callable[[MethodResult], Any]) -> dict[str, list[Any]]:
        """Something of each method that applies at all sizes, by name."""
        return {
            method.name: [of(at.methods[k]) for at in self.found]
            for k, method in enumerate(self.found[0].methods)
            if all(at.methods[k].gradient is not None for at in self.found)
        }

    def multiplications(self) -> dict[str, list[int]]:
        """Those of an evaluation, and those that each method takes besides."""
        own = [_products(at.evaluation.counts) for at in self.found]
        return {EVALUATION: own, **self.numbers(lambda m: _products(m.besides))}

    def laws(self) -> dict[str, str]:
        """How multiplications grow."""
        probes = self.growth.probes
        found = {EVALUATION: self.law([_products(at.evaluation) for at in probes])}
        for name in self.numbers(_evaluations):
            found[name] = self.law([_products(at.besides[name]) for at in probes])
        return found

    def law(self, values: Sequence[float]) -> str:
        """How something grows that is known at the sizes that were counted."""
        return law([at.size for at in self.growth.probes], values, self.name)

    def seconds(self) -> dict[str, list[float]]:
        """Those of an evaluation and of each method."""
        return {
            EVALUATION: [at.evaluation.seconds or math.nan for at in self.found],
            **self.numbers(lambda m: m.seconds),
        }

    def record(self) -> dict[str, Any]:
        return {
            "growth": self.name,
            "inputs": self.law([at.inputs for at in self.growth.probes]),
            "multiplications": self.laws(),
            "sizes": [_size_record(at, self.times) for at in self.found],
        }

    def rows(self) -> Iterator[list[str]]:
        """A row for each size and method; the operations are all that it takes."""
        head = [self.name, "inputs", "method", "evaluations", "sweeps", *Counts._fields, "sampled"]
        yield [*head, *["seconds"] * self.times]
        for at in self.found:
            for m in at.methods:
                if m.gradient is not None:
                    whole = at.evaluation.counts.plus(m.besides)
                    cells = [at.size, at.inputs, m.name, m.evaluations, m.sweeps, *whole]
                    row = [*map(str, cells), str(int(m.is_sampled))]
                    yield [*row, *[exact(m.seconds or math.nan)] * self.times]

    def plain(self) -> Iterator[list[str]]:
        rows = self.rows()
        next(rows)
        return rows

    def draw(self, tables: Tables, digits: int) -> None:
        """Tables of multiplications and of time, a row a method; then what grows."""
        heads = [f"{self.name} = {at.size:,}" for at in self.found]
        inputs = ["inputs p", self.law([at.inputs for at in self.growth.probes])]
        inputs += [f"{at.inputs:,}" for at in self.found]
        laws = self.laws()
        rows = [
            [name, laws[name], *[f"{x:,}" for x in row]]
            for name, row in self.multiplications().items()
        ]
        tables.rows(["multiplications", "grow as", *heads], [inputs, *rows], texts=2)
        if self.times:
            sampled = self.numbers(lambda m: m.is_sampled)
            rows = []
            for name, row in self.seconds().items():
                marks = sampled.get(name, [False] * len(row))
                cells = [duration(x, mark) for x, mark in zip(row, marks, strict=True)]
                sizes = [at.size for at in self.found]
                rows.append([name, law(sizes[-2:], row[-2:], self.name), *cells])
            tables.rows(["time", "grows as", *heads], rows, texts=2)
        for line in self.sentences():
            tables.sentence(line)

    def sentences(self) -> Iterator[str]:
        """What grows with the number of inputs, and what does not."""
        yield (
            "evaluation: what one takes; methods: what they take besides it; divisions and powers "
            "count as multiplications"
        )
        if self.times and any(m.is_sampled for at in self.found for m in at.methods):
            yield "≈ before a time: extrapolated from a sample of the inputs"
        for method in self.found[0].methods:
            if method.obstacle is not None:
                yield f"{method.name} does not apply: {method.obstacle[0]}"
        effort = self.efforts()
        for name, why in (
            (FORWARD_DIFFERENCES, "p + 1 evaluations, one for each input and one more: k·(p + 1)"),
            (CENTRAL_DIFFERENCES, "2p evaluations, two for each input: k·2p"),
            (COMPLEX_STEP, "p evaluations of complex numbers, one for each input: k·p"),
        ):
            if name in effort:
                yield f"{name}: {why}"
        each = [x / at.inputs for x, at in zip(effort[FORWARD_AD], self.found, strict=True)]
        yield (
            f"{FORWARD_AD}: p sweeps, one for each input, each with the operations of "
            f"{_between(each)}: k·p"
        )
        yield (
            f"{REVERSE_AD}: 1 sweep, whatever p is, with the operations of "
            f"{_between(effort[REVERSE_AD])}: k + p"
        )
        yield "k: the operations of an evaluation, p: the inputs"

    def efforts(self) -> dict[str, list[float]]:
        """The operations of each method, of all kinds, in evaluations."""
        units = [sum(at.evaluation.counts) or 1 for at in self.found]
        return {
            name: [sum(x) / unit for x, unit in zip(row, units, strict=True)]
            for name, row in self.numbers(lambda m: m.besides).items()
        }


def _evaluations(method: MethodResult) -> int:
    return method.evaluations


def _products(counts: Counts) -> int:
    """Multiplications, and what is about as much work."""
    return counts.multiplications + counts.divisions + counts.powers


def _between(values: Sequence[float]) -> str:
    """`1.5 to 2.1 evaluations`, or one number where they are the same."""
    low, high = (f"{x:.2g}" for x in (min(values), max(values)))
    if low == high:
        return f"{low} evaluation" + "s" * (low != "1")
    return f"{low} to {high} evaluations"


def _size_record(at: CostsAtSize, times: bool) -> dict[str, Any]:
    evaluation: dict[str, Any] = at.evaluation.counts._asdict()
    if times:
        evaluation["seconds"] = at.evaluation.seconds
    methods = []
    for m in at.methods:
        if m.gradient is None:
            methods.append({"method": m.name, "applies": False})
            continue
        record: dict[str, Any] = {"method": m.name, "applies": True, "evaluations": m.evaluations}
        record |= {"sweeps": m.sweeps, "sampled": m.is_sampled}
        record["besides_evaluation"] = m.besides._asdict()
        methods.append({**record, "seconds": m.seconds} if times else record)
    return {"size": at.size, "inputs": at.inputs, "evaluation": evaluation, "methods": methods}
