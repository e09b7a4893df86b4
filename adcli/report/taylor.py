"""Taylor coefficients as a record (JSON), rows (CSV), numbers (plain) or a table."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adcli.ad.radius import Radius
from adcli.data.nulls import finite
from adcli.report.numbers import exact, nested, short, to_json
from adcli.report.tables import Tables


@dataclass(frozen=True)
class SeriesReport:
    """The coefficients at a point, by order.

    `along` is the variable, or the direction of the line. `radius` means nothing at a kink
    (`is_kinked`), where the function need not be a power series. `precision` is the
    number of digits that was asked for, if any.
    """

    point: Mapping[str, Any]
    along: str | Mapping[str, Any]
    coefficients: Sequence[Any]
    radius: Radius
    precision: int | None
    is_kinked: bool = False

    @property
    def derivatives(self) -> list[Any]:
        """k! c_k; inf where that is beyond float64."""
        return [c * math.factorial(k) for k, c in enumerate(self.coefficients)]


def json_record(report: SeriesReport) -> str:
    """One line: {"point": ..., "wrt": ..., "coefficients": [...], "derivatives": [...], ...}."""
    if isinstance(report.along, str):
        along: dict[str, Any] = {"wrt": report.along}
    else:
        along = {"direction": {name: nested(d) for name, d in report.along.items()}}
    radius = report.radius
    estimate = "inf" if radius.estimate == math.inf else radius.estimate
    record = {
        "point": {name: finite(nested(value)) for name, value in report.point.items()},
        **along,
        "coefficients": list(report.coefficients),
        "derivatives": [finite(d) for d in report.derivatives],
        "radius": {
            "estimate": estimate,
            "spread": radius.spread if radius.angle is not None else None,
            "angle_degrees": radius.angle,
            "root_test": radius.root_test,
            "remark": _sentence(report),
        },
    }
    return to_json(record, report.precision) + "\n"


def csv_lines(report: SeriesReport) -> str:
    """A header, and a row for each order."""
    rows = zip(report.coefficients, report.derivatives, strict=True)
    lines = [
        f"{k},{exact(c, report.precision)},{_exact(d, report.precision)}\n"
        for k, (c, d) in enumerate(rows)
    ]
    return "order,coefficient,derivative\n" + "".join(lines)


def _exact(number: Any, precision: int | None) -> str:
    return exact(number, precision) if math.isfinite(number) else ""


def plain_line(report: SeriesReport) -> str:
    """The coefficients, separated by spaces."""
    return " ".join([exact(c, report.precision) for c in report.coefficients]) + "\n"


def table_text(report: SeriesReport, digits: int, width: int, color: bool) -> str:
    """A table by order, and what the coefficients suggest about the radius."""
    tables = Tables(width, color)
    variable = report.along if isinstance(report.along, str) else "t"
    rows = [
        (str(k), short(c, digits, report.precision), short(d, digits, report.precision))
        for k, (c, d) in enumerate(zip(report.coefficients, report.derivatives, strict=True))
    ]
    centre = _centre(report)
    if isinstance(report.along, str):
        at = "" if centre == 0 else f"({variable} - {short(centre, digits)})"
        power = f"{at or variable}^k"
    else:
        power = "t^k"
        tables.heading("f(point + t direction)")
    tables.rows(["k", f"coefficient of {power}", "derivative of order k"], rows, limit=None)
    words = f"radius of convergence: {_sentence(report)}"
    lines = textwrap.wrap(words, max(width, 20), subsequent_indent="  ", break_on_hyphens=False)
    return tables.text() + "".join(line + "\n" for line in lines)


def _centre(report: SeriesReport) -> float:
    """Where the variable of the series begins: the point's number, or t = 0."""
    return float(report.point[report.along]) if isinstance(report.along, str) else 0.0


def _sentence(report: SeriesReport) -> str:
    """The radius in words."""
    radius = report.radius
    if report.is_kinked:
        return "not estimated at a kink, where the function need not be a power series"
    if radius.ends is not None:
        return f"the coefficients end at order {radius.ends}, as those of a polynomial"
    if radius.root_test is None:
        return "too few coefficients to say anything"
    root = f"|c_k|^(-1/k) is {radius.root_test:.3g} near the end"
    if radius.estimate is None:
        order = len(report.coefficients) - 1
        return (
            f"nothing clear up to order {order}, a higher one may show more; {root} (it grows "
            "without limit for an entire function)"
        )
    if radius.estimate == math.inf:
        return f"they fall as those of an entire function, no singularity shows; {root}"
    assert radius.angle is not None
    digits = 6 if radius.spread < 1e-6 else max(2, min(6, math.floor(-math.log10(radius.spread))))
    about = f"about {radius.estimate:.{digits}g}"
    turn = math.radians(radius.angle)
    real = _centre(report) + radius.estimate * math.cos(turn)
    imaginary = radius.estimate * math.sin(turn)
    small = 10.0 ** (1 - digits) * radius.estimate
    name = report.along if isinstance(report.along, str) else "t"
    real = 0.0 if abs(real) < small else real
    place = f"{real:.{digits}g}"
    if imaginary > small:
        place = (place if real else "") + f" ± {imaginary:.{digits}g}i"
    return f"{about}, suggested by a singularity near {name} = {place.strip()}; {root}"
