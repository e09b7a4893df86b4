"""Verdicts of a comparison in words."""

from __future__ import annotations

import math

from adcli.comparison.compare import GIVEN, Along, Comparison
from adcli.comparison.methods import (
    FORWARD_AD,
    FORWARD_OVER_REVERSE,
    REVERSE_AD,
    REVERSE_OVER_REVERSE,
)
from adcli.comparison.verdicts import EXACT_DIGITS, Taylor
from adcli.language.messages import safe
from adcli.report.drawn_tables import MAX_ROWS
from adcli.report.numbers import short

JUDGED = {1: REVERSE_AD, 2: REVERSE_OVER_REVERSE}
FORWARD = {1: FORWARD_AD, 2: FORWARD_OVER_REVERSE}
"""Methods by the order of the derivatives."""
AGAINST = {1: f"{EXACT_DIGITS} digits", 2: "differences in 150 digits"}


def verdict_lines(found: Comparison, digits: int) -> list[str]:
    """What is right and what is wrong, a sentence each."""
    name = JUDGED[found.order] if found.given is None else GIVEN
    if found.along is not None:
        return [*_large_lines(found, found.along, name, digits), _agreement(found)]
    lines = []
    if found.kink is not None:
        lines += _kink_lines(found, digits)
    if found.taylor is not None:
        lines.append(_taylor_line(found.taylor, name, found))
    lines.append(_digits_line(found, name))
    return [*lines, _agreement(found)]


def _large_lines(found: Comparison, along: Along, name: str, digits: int) -> list[str]:
    """What was not done for each component, or in many digits."""
    lines = [*found.remarks]
    if found.sample is not None:
        ways = [m for m in found.methods if m.is_sampled]
        lines.append(
            f"sample: {', '.join(m.name for m in ways)} were run for {len(found.sample):,} of "
            f"{len(found.components):,} components, drawn at random; their times are extrapolated"
        )
    lines.append("errors are against the symbolic derivative in float64: 50 digits take too long")
    if math.isfinite(along.quotient):
        quotient, slope = short(along.quotient, digits), short(along.slope, digits)
        lines.append(
            f"along one direction through all components values rise by {quotient}, and {name} "
            f"says {slope}: {along.difference:.0e} apart, relative to its terms"
        )
    return lines


def _kink_lines(found: Comparison, digits: int) -> list[str]:
    kink = found.kink
    assert kink is not None
    where = f"{kink.operation} is at a kink" if kink.operation else "the point is at a kink"
    if not kink.bent:
        return [f"kink: {where}, but left and right derivatives agree"]
    if not kink.is_exact:
        where += " within rounding"
    lines = [f"kink: {where}; the derivative there is a convention"]
    for k in kink.bent[:MAX_ROWS]:
        left, right = (short(side[k], digits) for side in (kink.left, kink.right))
        label = safe(found.components[k].shown)
        taken = short(found.exact[k], digits)
        jump = " (a jump)" if math.isinf(kink.left[k]) or math.isinf(kink.right[k]) else ""
        lines.append(f"  {label}: left {left}, right {right}{jump}; convention {taken}")
    return lines


def _taylor_line(taylor: Taylor, name: str, found: Comparison) -> str:
    start = f"Taylor remainder of {name}: "
    if taylor.is_bent:
        return start + (
            f"slope {taylor.slope:.2f}, although the components are right: there is a kink, or a "
            f"turn, within {taylor.steps[-1]:.0e} of the point"
        )
    if taylor.is_right is None:
        return start + "no verdict, the function is not defined around the point"
    if taylor.slope is None:
        return start + (
            f"below the noise floor {taylor.floor:.1e} t everywhere, as of a linear function: "
            "the gradient is right"
        )
    verdict = "right" if taylor.is_right else "wrong"
    if not taylor.is_right and found.given is None:
        verdict = "wrong in float64"
    text = start + (
        f"slope {taylor.slope:.2f} ({'2' if taylor.is_right else '1'}: the gradient is {verdict}); "
        f"noise floor {taylor.floor:.1e} t, from the tolerance"
    )
    if taylor.hidden is not None:
        text += f"; float64 alone would see rounding from t = {taylor.hidden:.0e} on"
    return text


def _digits_line(found: Comparison, name: str) -> str:
    known = [(d, c) for d, c in zip(found.digits, found.components, strict=True) if d is not None]
    if not known:
        return f"right digits of {name}: any subgradient is right here"
    least, component = min(known, key=lambda pair: pair[0])
    return (
        f"right digits of {name}: {least:.1f} of 16 in the worst component "
        f"{safe(component.shown)} "
        f"(against {AGAINST[found.order]})"
    )


def _agreement(found: Comparison) -> str:
    if not found.wrong and found.sample is not None and found.given is None:
        return (
            f"{REVERSE_AD} and symbolic agree in all {len(found.components):,} components, "
            f"{FORWARD_AD} in the {len(found.sample):,} of the sample "
            f"(tolerance {found.tolerance:g})"
        )
    if not found.wrong:
        names = f"{JUDGED[found.order]}, {FORWARD[found.order]} and symbolic agree"
        if found.given is not None:
            other = "exact one" if found.along is None else "symbolic derivative"
            names = f"{GIVEN} agrees with the {other}"
        return f"{names} (tolerance {found.tolerance:g})"
    parts = []
    for w in found.wrong[:5]:
        parts.append(f"{w.method}: {safe(w.component.shown)} is {w.found:.6g}, not {w.exact:.6g}")
    more = len(found.wrong) - len(parts)
    return "wrong: " + "; ".join(parts) + (f"; and {more} more" if more else "")
