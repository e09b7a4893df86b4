"""Coverage factors: from a level of confidence and degrees of freedom, and the other way round."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcli.errors import UsageError
from adcli.fitting.statistics import half_width
from adcli.given import check_number

LEVEL = 0.95


@dataclass(frozen=True)
class Coverage:
    """How intervals are made: to a `level`, or with a coverage `factor` where that is given."""

    level: float = LEVEL
    factor: float | None = None

    def __post_init__(self) -> None:
        check_number(self.level, "the level")
        if not 0 < self.level < 1:
            raise UsageError(f"the level is {self.level:g}", "it is between 0 and 1, as 0.95")
        if self.factor is not None:
            check_number(self.factor, "the coverage factor")
            if not 0 < self.factor < math.inf:
                raise UsageError(f"the coverage factor is {self.factor:g}", "it is above 0, as 2")


def counted_freedom(freedom: Any) -> Any:
    """Degrees of freedom, one or an array, as tables of Student's t have them: cut to whole numbers
    (GUM G.4.1)."""
    return np.where(np.less(freedom, 1), freedom, np.floor(np.multiply(freedom, 1 + 1e-12)))[()]


def coverage_factor(level: float, freedom: float) -> float:
    """How many standard uncertainties an interval of this level reaches to either side."""
    counted = counted_freedom(freedom)
    return half_width(level, None if math.isinf(counted) else counted)


def coverage_level(factor: float, freedom: float) -> float:
    """The probability within so many standard uncertainties."""
    from scipy import special

    counted = counted_freedom(freedom)
    if math.isinf(counted):
        return float(special.erf(factor / math.sqrt(2)))
    return float(2 * special.stdtr(counted, factor) - 1)


def density(z: Any, freedom: float) -> Any:
    """The density at z standard uncertainties of the distribution that intervals suppose."""
    from scipy import stats

    counted = counted_freedom(freedom)
    return stats.norm.pdf(z) if math.isinf(counted) else stats.t.pdf(z, counted)


def effective_freedom(variances: Any, freedom: Any) -> float:
    """The degrees of freedom of a sum of independent parts, by Welch and Satterthwaite (GUM G.4.1).

    `variances` (n,) are those of the parts, `freedom` (n,) their degrees of freedom.
    """
    variances = np.asarray(variances, dtype=float)
    total = variances.sum()
    if not total > 0:
        return math.inf
    doubt = float(np.sum((variances / total) ** 2 / freedom))
    return 1 / doubt if doubt > 0 else math.inf
