"""Taylor coefficients as a record (JSON), rows (CSV), numbers (plain) or a table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from adcli.ad.radius import Radius, suggested_radius
from adcli.engines.power_series import Expansion
from adcli.report.numbers import exact, short
from adcli.report.rendering import Report

if TYPE_CHECKING:
    from adcli.report.drawn_tables import Tables


@dataclass(frozen=True)
class SeriesReport(Report):
    """A series at a point; `along` is the variable, or the direction of the line."""

    point: Mapping[str, Any]
    along: str | Mapping[str, Any]
    found: Expansion
    precision: int | None

    @property
    def coefficients(self) -> list[Any]:
        """The coefficients by order."""
        return self.found.coefficients

    @cached_property
    def radius(self) -> Radius:
        """The radius of convergence; none at a kink, where there need not be a power series."""
        return suggested_radius(self.coefficients) if self.found.kink is None else Radius(None)

    @property
    def derivatives(self) -> list[Any]:
        """k! c_k; inf where that is beyond float64."""
        return [c * math.factorial(k) for k, c in enumerate(self.coefficients)]

    def record(self) -> dict[str, Any]:
        """{"point": ..., "wrt": ..., "coefficients": [...], "derivatives": [...], ...}."""
        radius = self.radius
        return {
            "point": self.point,
            "wrt" if isinstance(self.along, str) else "direction": self.along,
            "coefficients": self.coefficients,
            "derivatives": self.derivatives,
            "radius": {
                "estimate": "inf" if radius.estimate == math.inf else radius.estimate,
                "spread": radius.spread if radius.angle is not None else None,
                "angle_degrees": radius.angle,
                "root_test": radius.root_test,
                "remark": _sentence(self),
            },
        }

    def rows(self) -> Iterator[Sequence[str]]:
        """A header, and a row for each order."""
        yield "order", "coefficient", "derivative"
        for k, (c, d) in enumerate(zip(self.coefficients, self.derivatives, strict=True)):
            derivative = exact(d, self.precision) if math.isfinite(d) else ""
            yield str(k), exact(c, self.precision), derivative

    def plain(self) -> Iterator[Sequence[str]]:
        yield [exact(c, self.precision) for c in self.coefficients]

    def draw(self, tables: Tables, digits: int) -> None:
        """A table by order, and what the coefficients suggest about the radius."""
        if isinstance(self.along, str):
            centre = _centre(self)
            power = f"({self.along} - {short(centre, digits)})" if centre else self.along
        else:
            power = "t"
            tables.heading("f(point + t direction)")
        headers = ["k", f"coefficient of {power}^k", "derivative of order k"]
        rows = [
            (str(k), short(c, digits, self.precision), short(d, digits, self.precision))
            for k, (c, d) in enumerate(zip(self.coefficients, self.derivatives, strict=True))
        ]
        tables.rows(headers, rows, limit=None)
        tables.sentence(f"radius of convergence: {_sentence(self)}")


def _centre(report: SeriesReport) -> float:
    """Where the variable of the series begins: the point's number, or t = 0."""
    return float(report.point[report.along]) if isinstance(report.along, str) else 0.0


def _sentence(report: SeriesReport) -> str:
    """The radius in words."""
    radius = report.radius
    if report.found.kink is not None:
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
