"""Propagation of distributions by drawing from them: the check of the first order.

Source: JCGM 101:2008 (GUM supplement 1): distributions from what is known (clause 6.4), the trials
and their summary (7.2 to 7.7), the adaptive procedure (7.9), validation of the law of propagation
(8). Correlated quantities are jointly normal, or have a joint t distribution where their degrees of
freedom are the same (JCGM 102:2011, 5.3.2).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from adcli.ad.evaluate import Run
from adcli.ad.tasks import Task
from adcli.algebras.arrays import Arrays
from adcli.engines.columns import Column
from adcli.engines.rows import compute_rows
from adcli.errors import DomainError, UsageError
from adcli.function import Function
from adcli.uncertainty.budget import Uncertain
from adcli.uncertainty.measured_point import MeasuredPoint
from adcli.uncertainty.propagation import Propagation
from adcli.uncertainty.sampled import MonteCarlo, Sampled, Sampling

BLOCK_NUMBERS = 1 << 21
"""Numbers that are drawn at once."""
KEPT = 10_000_000
"""Values that are sorted together; of more the summaries of parts are averaged."""
BATCH = 10_000
"""Trials of a step of the adaptive procedure, at least."""
MOST_ADAPTIVE = 10_000_000
SIGNIFICANT = 2
"""Digits of a standard uncertainty that count: half a unit of the last is the tolerance."""
BINS = 100


class _BatchSummary(NamedTuple):
    """Of a batch: the number of trials, the means (m,), the covariance (m, m), the ends of the
    intervals (m, 2) and their standard errors (m, 2)."""

    trials: int
    mean: Any
    covariance: Any
    ends: Any
    errors: Any

    @property
    def figures(self) -> Any:
        """(4, m): mean, standard deviation, both ends."""
        return np.vstack([self.mean, np.sqrt(np.diag(self.covariance)), self.ends.T])


def draw_trials(f: Function, found: Propagation, sampling: Sampling) -> MonteCarlo:
    """Draws from the distributions of the inputs, and what becomes of them.

    Raises UsageError where nothing is uncertain, DomainError where hardly a trial has a value.
    """
    with np.errstate(all="ignore"):
        return _drawn(f, found, sampling)


def _drawn(f: Function, found: Propagation, sampling: Sampling) -> MonteCarlo:
    point, results = found.point, found.results
    if not point.labels:
        raise UsageError("--monte-carlo: no quantity has an uncertainty", "--at 'x=2±0.1' has one")
    rng = np.random.default_rng(sampling.seed)
    batches = _Trials(f, point, results, sampling.interval)
    is_stable = True
    summaries: list[_BatchSummary] = []
    if sampling.trials is None:
        summaries, values, is_stable = _adaptive(batches, rng)
        if values.size <= KEPT:
            summaries = [batches.summary(values)]
    else:
        size = max(BATCH, KEPT // len(results))
        for start in range(0, sampling.trials, size):
            values = batches.values(rng, min(size, sampling.trials - start), sampling.trials)
            summaries.append(batches.summary(values))
    whole = _joined(summaries)
    if not np.isfinite(whole.figures).all():
        hint = "a scale keeps them in range: another unit, for example"
        raise DomainError("the results of the draws are beyond float64 (1.8e308)", hint)
    sampled = [
        _sampled(x, figures, whole.errors[k], values[:, k])
        for k, (x, figures) in enumerate(zip(results, whole.figures.T, strict=True))
    ]
    return MonteCarlo(
        sampled,
        whole.covariance,
        whole.trials + batches.failed,
        batches.failed,
        sampling,
        is_stable,
    )


def _adaptive(batches: _Trials, rng: Any) -> tuple[list[_BatchSummary], Any, bool]:
    """Batches of trials until the figures of all results stay within a fifth of the tolerance
    (JCGM 101:2008, 7.9.4 and 8.2)."""
    least = max(1 - x.level for x in batches.results)
    size = max(BATCH, math.ceil(100 / min(least, 1.0)) if least > 0 else BATCH)
    summaries: list[_BatchSummary] = []
    values = []
    for _ in range(max(2, MOST_ADAPTIVE // size // len(batches.results))):
        values.append(batches.values(rng, size, MOST_ADAPTIVE))
        summaries.append(batches.summary(values[-1]))
        if len(summaries) > 1:
            figures = np.array([summary.figures for summary in summaries])
            errors = figures.std(axis=0, ddof=1) / math.sqrt(len(figures))
            limits = np.array([tolerance(u) / 5 for u in figures[:, 1].mean(axis=0)])
            if (2 * errors <= limits).all():
                return summaries, np.concatenate(values), True
    return summaries, np.concatenate(values), False


class _Trials:
    """Trials of a program, batch by batch."""

    def __init__(
        self, f: Function, point: MeasuredPoint, results: Sequence[Uncertain], interval: str
    ) -> None:
        self.f, self.point, self.results, self.interval = f, point, results, interval
        self.failed = 0
        self._draw = Draws(point)

    def values(self, rng: Any, trials: int, in_all: int) -> Any:
        """(trials, m): the results, without trials that have no finite value."""
        step = max(1, BLOCK_NUMBERS // max(len(self.point.labels), len(self.results)))
        found = np.empty((trials, len(self.results)))
        done = 0
        for start in range(0, trials, step):
            rows = min(step, trials - start)
            values = _evaluated(self.f, self._columns(self._draw(rng, rows)), rows, in_all)
            finite = np.isfinite(values).all(axis=1)
            if not finite.all():
                values = values[finite]
            found[done : done + len(values)] = values
            done += len(values)
        self.failed += trials - done
        if done < max(trials // 2, 2):
            raise DomainError(
                f"{trials - done:,} of {trials:,} trials have no finite value",
                "the distributions of the inputs reach beyond the domain of the program",
            )
        return found[:done]

    def _columns(self, draws: Any) -> dict[str, Column]:
        """The variables over trials."""
        columns = {name: Column(value, False) for name, value in self.point.values.items()}
        for name, where in self.point.places.items():
            part = np.ascontiguousarray(draws[:, where])
            columns[name] = Column(part.reshape(-1, *np.shape(columns[name].values)), True)
        return columns

    def summary(self, values: Any) -> _BatchSummary:
        """The figures of a batch (trials, m)."""
        mean = values.mean(axis=0)
        centred = values - mean
        covariance = centred.T @ centred / max(len(values) - 1, 1)
        ends, errors = [], []
        for x, column in zip(self.results, values.T, strict=True):
            ordered = np.sort(column)
            ends.append(coverage_interval(ordered, x.level, self.interval))
            errors.append([_error_of(ordered, end) for end in ends[-1]])
        return _BatchSummary(len(values), mean, covariance, np.array(ends), np.array(errors))


class Draws:
    """Draws of the elements of a point."""

    def __init__(self, point: MeasuredPoint) -> None:
        self.point = point
        values, vectors = np.linalg.eigh(point.correlation)
        self._root = vectors * np.sqrt(np.maximum(values, 0.0))

    def __call__(self, rng: Any, rows: int) -> Any:
        """(rows, n)"""
        point = self.point
        found = np.zeros((rows, len(point.labels)))
        alone = np.setdiff1d(np.flatnonzero(point.deviations > 0), point.linked)
        for k in alone.tolist():
            found[:, k] = _standard(rng, point.kinds[k], float(point.freedom[k]), rows)
        if len(point.linked):
            together = rng.standard_normal((rows, len(point.linked))) @ self._root.T
            found[:, point.linked] = together
            for group in point.groups:
                (freedom, *others) = np.unique(point.freedom[group])
                if math.isfinite(freedom) and not others:
                    found[:, group] /= np.sqrt(rng.chisquare(freedom, (rows, 1)) / freedom)
        found *= point.deviations
        found += point.estimates
        return found


def _standard(rng: Any, kind: str, freedom: float, rows: int) -> Any:
    """Draws (rows,) about 0, of standard uncertainty 1: Student's t where the degrees of freedom of
    a normal one are finite, whose scale is 1 (JCGM 101:2008, 6.4.9)."""
    if kind == "uniform":
        return rng.uniform(-math.sqrt(3), math.sqrt(3), rows)
    if kind == "triangular":
        return math.sqrt(6) * (rng.random(rows) - rng.random(rows))
    if kind == "arcsine":
        return math.sqrt(2) * np.sin(rng.uniform(-math.pi, math.pi, rows))
    return rng.standard_t(freedom, rows) if math.isfinite(freedom) else rng.standard_normal(rows)


def _evaluated(f: Function, columns: dict[str, Column], rows: int, in_all: int) -> Any:
    """(rows, m): the results of a program over rows; not finite where it has no value."""
    with suppress(DomainError):
        found = compute_rows(f, columns, rows, Task("value"), stop=True, in_all=in_all)
        return np.reshape(np.asarray(found.fields["value",], dtype=float), (rows, -1))
    algebra = Arrays()
    parts = []
    step = max(1, BLOCK_NUMBERS // len(f.order))
    for start in range(0, rows, step):
        count = min(step, rows - start)
        packed = {
            f.inputs[name]: c.values[start : start + count]
            if c.per_row
            else np.asarray(c.values, dtype=float)[np.newaxis]
            for name, c in columns.items()
        }
        with algebra.context():
            run = Run.at(f.graph, f.order, packed, algebra, count)
            values = [run.values[o] for o in f.outputs]
            whole = [np.broadcast_to(x, (count, *np.shape(x)[1:])) for x in values]
        parts.append(np.concatenate([np.reshape(x, (count, -1)) for x in whole], axis=1))
    return np.concatenate(parts)


def coverage_interval(ordered: Any, level: float, kind: str) -> tuple[float, float]:
    """The ends of the interval that holds a part `level` of values in their order: as many below
    as above it, or the shortest one (JCGM 101:2008, 7.7)."""
    count = len(ordered)
    inside = min(max(round(level * count), 1), count - 1)
    if kind == "symmetric":
        low = (count - inside) // 2
    else:
        low = int(np.argmin(ordered[inside:] - ordered[: count - inside]))
    return float(ordered[low]), float(ordered[min(low + inside, count - 1)])


def _error_of(ordered: Any, end: float) -> float:
    """The standard error of a quantile, from the values whose ranks are as likely."""
    count = len(ordered)
    place = int(np.searchsorted(ordered, end))
    part = min(max(place / count, 1 / count), 1 - 1 / count)
    reach = max(1, round(math.sqrt(count * part * (1 - part))))
    low, high = max(place - reach, 0), min(place + reach, count - 1)
    return float(ordered[high] - ordered[low]) / 2


def tolerance(u: float) -> float:
    """Half a unit in the last of the significant digits of a standard uncertainty (clause 7.9.2).

    >>> tolerance(0.0123), tolerance(35.0)
    (0.0005, 0.5)
    """
    if not (u > 0 and math.isfinite(u)):
        return 0.0
    exponent = int(f"{u:.{SIGNIFICANT - 1}e}".partition("e")[2])
    return float(f"0.5e{exponent - SIGNIFICANT + 1}")


def _joined(summaries: Sequence[_BatchSummary]) -> _BatchSummary:
    """Of all batches: means and ends averaged, the covariance pooled."""
    counts = np.array([x.trials for x in summaries], dtype=float)
    weights = counts / counts.sum()
    mean = np.einsum("b,bm->m", weights, [x.mean for x in summaries])
    within = np.einsum("b,bmn->mn", weights, [x.covariance for x in summaries])
    apart = np.array([x.mean - mean for x in summaries])
    covariance = within + np.einsum("b,bm,bn->mn", weights, apart, apart)
    ends = np.einsum("b,bme->me", weights, [x.ends for x in summaries])
    errors = np.sqrt(np.einsum("b,bme->me", weights**2, [x.errors**2 for x in summaries]))
    return _BatchSummary(int(counts.sum()), mean, covariance, ends, errors)


def _sampled(x: Uncertain, figures: Any, errors: Any, values: Any) -> Sampled:
    mean, u, low, high = map(float, figures)
    differences = tuple(abs(a - b) for a, b in zip(x.interval, (low, high), strict=True))
    span = _span(values)
    counts, edges = np.histogram(values, BINS, span)
    return Sampled(
        x.name,
        mean,
        u,
        (low, high),
        tolerance(x.standard_uncertainty),
        (differences[0], differences[1]),
        (float(errors[0]), float(errors[1])),
        (counts, edges),
    )


def _span(values: Any) -> tuple[float, float]:
    """Where nearly all values are."""
    low, high = np.quantile(values, [0.0005, 0.9995]).tolist()
    size = max(abs(low), abs(high))
    margin = max((high - low) / 20, float(BINS * np.spacing(size))) if size else 1.0
    return low - margin, high + margin


def drawn_otherwise(point: MeasuredPoint) -> Iterator[str]:
    """What is not drawn as it was said."""
    for group in point.groups:
        freedom, names = point.freedom[group], [point.labels[k] for k in group.tolist()]
        is_mixed = len(np.unique(freedom)) > 1
        if is_mixed or any(point.kinds[k] != "normal" for k in group.tolist()):
            yield f"{', '.join(names)} vary together, and are drawn as jointly normal"
