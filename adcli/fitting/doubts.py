"""What a fit warns of: figures that are right, and mean less than they seem to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from adcli.fitting.result import Parameter
from adcli.fitting.statistics import RESIDUAL_ROUNDING, Uncertainty

DWARFED = 1e4
"""Standard errors beyond this multiple of the value say that the data do not determine it."""

ZERO = 1e-12
"""A value below this part of its standard error is a zero, which no error is large beside."""

INFLATED = 1e7
"""The same of standard errors beside what they would be if the other parameters were known."""

OFF = 1e-3
"""The relative offset (adcli.fitting.statistics) up to which a point is as good as a minimum."""


def undetermined(parameters: Mapping[str, Parameter], found: Uncertainty) -> Iterator[str]:
    """Parameters without standard errors, and those whose errors dwarf their values."""
    labels = list(parameters)
    if found.loose:
        yield (
            f"no standard errors of {_listed([labels[k] for k in found.loose])}: the data do not "
            "determine them, the Jacobian is rank-deficient"
        )
    dwarfed = [label for label, x in parameters.items() if _is_dwarfed(x)]
    if dwarfed:
        yield (
            f"the data hardly determine {_listed(dwarfed)}: standard errors are more than "
            f"{DWARFED:,.0f} times the values"
        )
    inflated = [label for label, x in zip(labels, found.inflation, strict=True) if x > INFLATED]
    if inflated:
        worst = float(np.nanmax(found.inflation))
        yield (
            f"the data hardly determine {_listed(inflated)} apart from one another: standard "
            f"errors are up to {worst:.1e} times what they would be if the others were known"
        )


def _size(x: Parameter) -> float:
    """The size of a value, that of its start where it is a zero."""
    assert x.standard_error is not None
    return abs(x.value) if abs(x.value) > ZERO * x.standard_error else abs(x.start or 0.0)


def _is_dwarfed(x: Parameter) -> bool:
    return x.standard_error is not None and 0 < DWARFED * _size(x) < x.standard_error


def _listed(names: list[str]) -> str:
    return ", ".join(names[:8]) + ", ..." * (len(names) > 8)


def unfinished(offset: float) -> Iterator[str]:
    """Standard errors of a point that is not a minimum."""
    if offset > OFF:
        yield (
            "the standard errors are those of a minimum, and this is none: the relative offset is "
            f"{offset:.2g}"
        )


def unexplained(r_squared: float) -> Iterator[str]:
    """A model that leaves as much of the response as its mean does."""
    if r_squared < -RESIDUAL_ROUNDING:
        yield f"R squared is {r_squared:.2g}: the response's mean explains more than the model"
    elif r_squared <= RESIDUAL_ROUNDING:
        yield "R squared is 0: the model explains no more than the response's mean does"
