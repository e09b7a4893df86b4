"""What people and scripts see of uncertain results: budgets as tables, JSON, CSV, plain numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from adcli.language.messages import counted
from adcli.report.drawn_tables import Tables
from adcli.report.numbers import exact
from adcli.report.rendering import Report
from adcli.report.shorthand import in_digits, rounded, shorthand
from adcli.uncertainty.budget import SECOND, Uncertain, signed_root
from adcli.uncertainty.propagation import FAILED, Propagation
from adcli.uncertainty.sampled import VERDICTS, MonteCarlo, Sampled

FEW = 8
"""Most results whose budgets are shown as tables."""
CORRELATED = 12
"""Most results whose correlation is shown as a table."""
MANY = 1e4
"""Degrees of freedom from which on they make no difference."""
MUCH = 0.05
"""A part of the variance that is worth a sentence."""
FULL = 6
"""Digits of sensitivity coefficients in tables."""


@dataclass(frozen=True)
class PropagationReport(Report):
    """Uncertain results."""

    found: Propagation

    def record(self) -> dict[str, Any]:
        """One result's figures, or "results" with those of each; degrees of freedom that are
        infinite are null."""
        found, point = self.found, self.found.point
        records = [_record(result) for result in found.results]
        trials = found.monte_carlo
        if trials is not None:
            for record, x in zip(records, trials.results, strict=True):
                record["monte_carlo"] = _sampled_record(trials, x)
        fields = {"point": dict(point.values)}
        if len(records) == 1:
            return {**fields, **records[0]}
        names = [result.name for result in found.results]
        return {
            **fields,
            "results": records,
            "names": names,
            "covariance": found.covariance,
            "correlation": found.correlation,
            **({} if trials is None else {"monte_carlo_covariance": trials.covariance}),
        }

    def rows(self) -> Iterator[Sequence[str]]:
        """A header, and for each result a row of its own and the rows of its budget."""
        yield (
            *("result", "quantity", "value", "standard_uncertainty", "sensitivity"),
            *("contribution", "percent", "degrees_of_freedom"),
        )
        for x in self.found.results:
            own = [x.value, x.standard_uncertainty, None, x.standard_uncertainty, None]
            yield x.name, "", *map(_text, own), _text(x.degrees_of_freedom)
            for line in x.budget:
                yield x.name, line.quantity, *map(_text, line[1:])
            for term in x.correlations:
                root = signed_root(term.variance)
                cells = [None, None, None, root, term.percent, None]
                yield x.name, " ".join(term.quantities), *map(_text, cells)
            if x.order == 2 and x.higher is not None:
                cells = [signed_root(x.higher.variance), 100 * x.higher_share, None]
                yield x.name, SECOND, "", "", "", *map(_text, cells)

    def plain(self) -> Iterator[Sequence[str]]:
        """The value of each result and its standard uncertainty."""
        for x in self.found.results:
            yield exact(x.value), exact(x.standard_uncertainty)

    def draw(self, tables: Tables, digits: int) -> None:
        """The results with their budgets; of many the results alone."""
        results = self.found.results
        if len(results) > FEW:
            trials = self.found.monte_carlo
            rows = (
                (
                    x.name,
                    rounded(x.value, x.standard_uncertainty, digits),
                    *_spread(x, digits),
                    *([] if trials is None else [VERDICTS[trials.results[k].validates]]),
                )
                for k, x in enumerate(results)
            )
            headers = ["result", "value", "uncertainty", "expanded"]
            headers += [] if trials is None else ["by trials"]
            tables.rows(headers, rows, total=len(results))
            level = f"{100 * results[0].level:.4g}%"
            tables.sentence(f"expanded to {level}; --format json has the budget of each result")
        else:
            for k, x in enumerate(results):
                _draw_budget(tables, x, digits, len(results) == 1)
                trials = self.found.monte_carlo
                told = _words(x, digits, trials is None)
                for words in told if x.budget else ():
                    tables.sentence(words)
                for words in () if trials is None else _verdict(trials, k, x, digits):
                    tables.sentence(words)
        if 1 < len(results) <= CORRELATED:
            names = [x.name for x in results]
            cells = [[_cell(r) for r in row] for row in self.found.correlation.tolist()]
            tables.heading("correlation of the results")
            tables.matrix(names, names, cells)


def _record(x: Uncertain) -> dict[str, Any]:
    budget = [line._asdict() for line in x.budget]
    low, high = x.interval
    return {
        "name": x.name,
        "value": x.value,
        "standard_uncertainty": x.standard_uncertainty,
        "degrees_of_freedom": x.degrees_of_freedom,
        "coverage_factor": x.coverage_factor,
        "level": x.level,
        "expanded_uncertainty": x.expanded_uncertainty,
        "interval": [low, high],
        "order": x.order,
        **_higher_fields(x),
        "budget": budget,
        "correlations": [
            {**term._asdict(), "quantities": list(term.quantities)} for term in x.correlations
        ],
    }


def _sampled_record(trials: MonteCarlo, x: Sampled) -> dict[str, Any]:
    return {
        "trials": trials.trials,
        "failed": trials.failed,
        "seed": trials.sampling.seed,
        "stable": trials.is_stable,
        "mean": x.mean,
        "standard_uncertainty": x.standard_uncertainty,
        "interval": list(x.interval),
        "interval_kind": trials.sampling.interval,
        "tolerance": x.tolerance,
        "differences": list(x.differences),
        "end_errors": list(x.end_errors),
        "validated": x.validates,
    }


def _verdict(trials: MonteCarlo, k: int, x: Uncertain, digits: int) -> Iterator[str]:
    """What the trials say of a result, and whether they confirm the law of propagation."""
    found = trials.results[k]
    u = found.standard_uncertainty
    low, high = (rounded(end, u, digits) for end in found.interval)
    yield (
        f"Monte Carlo, {trials.trials:,} trials: {shorthand(found.mean, u, digits)}, "
        f"{100 * x.level:.4g}% from {low} to {high} ({trials.sampling.interval})"
    )
    ends = " and ".join(in_digits(d, digits) for d in found.differences)
    if found.validates:
        yield f"validated: the ends differ by {ends}, at most {found.tolerance:g}"
    elif found.validates is None:
        errors = " and ".join(in_digits(d, 1) for d in found.end_errors)
        yield (
            f"undecided: the ends differ by {ends}, where {found.tolerance:g} is allowed, and are "
            f"known to {errors} only; more trials decide"
        )
    else:
        yield (
            f"not validated: the ends differ by {ends}, more than {found.tolerance:g}; the "
            "figures of the trials are to be used"
        )
    if trials.failed:
        yield (
            f"{counted(trials.failed, 'trial')} had no finite value and were left out: the inputs "
            "reach beyond the domain of the program"
        )
    if not trials.is_stable:
        yield "the figures of the trials are not stable yet: the tails are heavy"


def _higher_fields(x: Uncertain) -> dict[str, Any]:
    """What is known beyond the first order."""
    if x.higher is None:
        return {} if x.reason is None else {"no_second_order": x.reason}
    second = {
        "standard_uncertainty": x.second_order,
        "mean_shift": x.higher.shift,
        "variance": x.higher.variance,
        "percent": 100 * x.higher_share,
    }
    return {"first_order": x.first_order, "second_order": second}


def _text(x: float | None) -> str:
    return "" if x is None or not math.isfinite(x) else exact(x)


def _cell(x: float) -> str:
    return f"{x:.3g}" if math.isfinite(x) else "-"


def _spread(x: Uncertain, digits: int) -> tuple[str, str]:
    return in_digits(x.standard_uncertainty, digits), in_digits(x.expanded_uncertainty, digits)


def _draw_budget(tables: Tables, x: Uncertain, digits: int, alone: bool) -> None:
    """One result: its value, the table of its inputs (of several results those that it depends on),
    the interval."""
    tables.heading(f"{x.name} = {shorthand(x.value, x.standard_uncertainty, digits)}")
    rows: list[tuple[float, list[str]]] = []
    for line in x.budget:
        if not (alone or line.contribution or not x.first_order):
            continue
        u = line.standard_uncertainty
        cells = [
            line.quantity,
            rounded(line.value, u, digits),
            in_digits(u, digits),
            f"{line.sensitivity + 0.0:.{FULL}g}",
            in_digits(abs(line.contribution), digits),
            percent(line.percent),
        ]
        rows.append((abs(line.contribution), cells))
    for term in x.correlations:
        root = signed_root(term.variance)
        if not root:
            continue
        name = f"{', '.join(term.quantities)}: r = {term.correlation:.3g}"
        rows.append((abs(root), [name, "", "", "", in_digits(root, digits), percent(term.percent)]))
    if x.order == 2 and x.higher is not None:
        root = signed_root(x.higher.variance)
        cells = [SECOND, "", "", "", in_digits(root, digits), percent(100 * x.higher_share)]
        rows.append((abs(root), cells))
    rows.sort(key=lambda row: -row[0])
    if x.budget:
        headers = ["quantity", "value", "u", "sensitivity c", "c u", "percent"]
        tables.rows(headers, [cells for _, cells in rows])
    else:
        tables.sentence("no quantity has an uncertainty: write one as in --at 'x=2±0.1'")


def percent(part: float | None) -> str:
    """A part of the variance: two digits.

    >>> percent(12.34), percent(0.123), percent(-250.0), percent(None)
    ('12%', '0.12%', '-250%', '-')
    """
    if part is None:
        return "-"
    return f"{part + 0.0:.0f}%" if abs(part) >= 9.95 else f"{part + 0.0:.2g}%"


def _factor(x: Uncertain) -> str:
    """The coverage factor in words."""
    freedom = x.degrees_of_freedom
    plural = "" if freedom == 1 else "s"
    why = "" if freedom >= MANY else f" ({freedom:.3g} degree{plural} of freedom)"
    return f"k = {x.coverage_factor:.3g}{why}"


def _words(x: Uncertain, digits: int, is_unchecked: bool) -> Iterator[str]:
    """The uncertainty and the interval in words; what would check them where nothing has."""
    spread = in_digits(x.standard_uncertainty, digits)
    relative = x.standard_uncertainty / abs(x.value) if x.value else math.inf
    part = f" ({percent(100 * relative)} of the value)" if relative < 1e3 else ""
    yield f"combined standard uncertainty {spread}{part}"
    low, high = (rounded(end, x.expanded_uncertainty, digits) for end in x.interval)
    expanded = in_digits(x.expanded_uncertainty, digits)
    yield f"{100 * x.level:.4g}% from {low} to {high}: ± {expanded} with {_factor(x)}"
    yield from _about_order(x, digits, "; --monte-carlo 1e6 checks it" if is_unchecked else "")


def _about_order(x: Uncertain, digits: int, check: str) -> Iterator[str]:
    """What the terms beyond the first order do, where that is much, or was asked for; and what can
    `check` it."""
    if x.reason is not None and not x.first_order:
        yield f"to first order there is no uncertainty, and no second order: {x.reason}{check}"
    if (
        x.higher is not None
        and x.higher.variance == 0
        and not any(b.contribution for b in x.budget)
    ):
        yield f"no input changes the result, to first and second order{check}"
    if x.higher is None or (x.order == 1 and abs(x.higher_share) < MUCH):
        return
    share = f"{percent(100 * x.higher_share)} of the variance"
    mean = f"the mean is {rounded(x.value + x.higher.shift, x.standard_uncertainty, digits)}"
    if x.second_order is None:
        yield (f"the terms beyond the first order are larger than it is, and negative{check}")
    elif x.order == 1:
        yield (
            f"terms beyond the first order are {share}: with them (--order 2) it is "
            f"{in_digits(x.second_order, digits)}, and {mean}{check}"
        )
    elif x.higher_share > FAILED:
        yield f"to second order, as the first has next to no uncertainty; {mean}"
    else:
        first = in_digits(x.first_order, digits)
        yield f"to second order: {share} is beyond the first order, which gives {first}; {mean}"
