"""Descents at several learning rates side by side, and what they say of the rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from adcli.descent.minimise import Result
from adcli.descent.stopping import Status
from adcli.report.drawn_tables import Tables

COLUMNS = ("status", "value", "gradient_norm", "iterations", "evaluations")


def rate_records(result: Result) -> list[dict[str, Any]]:
    """Each rate with how its descent ended."""
    names = dict.fromkeys(COLUMNS)
    return [
        {"rate": rate, **{name: getattr(each, name) for name in names}}
        for rate, each in result.rates
    ]


def rate_rows(result: Result) -> Iterator[Sequence[str]]:
    """A header, and a row for each rate."""
    yield ["rate", *COLUMNS]
    for record in rate_records(result):
        yield [x if isinstance(x, str) else repr(x) for x in record.values()]


def draw_rates(tables: Tables, result: Result, digits: int) -> None:
    """A table of the rates, the best one marked, and where the others fail."""
    rows = [
        [
            f"{rate:.{digits}g}",
            str(each.status).replace("_", " "),
            f"{each.value:.{digits}g}",
            f"{each.gradient_norm:.{digits}g}",
            f"{each.iterations:,}",
            "best" if rate == result.rate and each.status is not Status.DIVERGED else "",
        ]
        for rate, each in result.rates
    ]
    heads = ["rate", "status", "value", "|gradient|", "iterations", ""]
    tables.rows(heads, rows, limit=None)
    for line in rate_lines(result):
        tables.sentence(line)


def rate_lines(result: Result) -> list[str]:
    """What the descents say: which rates are too large, which are too small, and whether a better
    one may be beyond those that were tried."""
    trials = sorted(result.rates, key=lambda trial: trial[0])
    if all(each.status is Status.DIVERGED for _, each in trials):
        return ["too large: it diverges at all of these rates; try smaller ones"]
    best = next(k for k, (rate, _) in enumerate(trials) if rate == result.rate)
    ends = (Status.DIVERGED, Status.MAX_ITERATIONS)
    lines = []
    for word, most, beyond, why in (
        ("large", "largest", trials[best + 1 :], "on it diverges or does not settle"),
        ("small", "smallest", trials[:best][::-1], "down the iterations do not suffice"),
    ):
        failed = [rate for rate, each in beyond if each.status in ends]
        if failed:
            lines.append(f"too {word}: from the rate {failed[0]:.6g} {why}")
        elif not beyond and len(trials) > 1:
            lines.append(f"the best rate is the {most} of those tried: there may be better ones")
    return lines
