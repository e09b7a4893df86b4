"""What a negative log-likelihood tells of its parameters at its minimum.

With H its Hessian there, from exact second derivatives, the covariance of the parameters is H^-1,
the inverse of the observed information. The robust one is H^-1 S H^-1, where S adds up the outer
products of the scores, the gradients of what single rows (or groups of rows) add to the loss: it
holds where the likelihood is not that of the data. Sources: Efron & Hinkley (1978); White (1982);
Cameron & Miller (2015) for groups.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adcli.algebras.matrices.blas_threads import products_alone
from adcli.data.array_columns import check_arrays
from adcli.descent.information import Information, sum_of_scores
from adcli.descent.problem import Problem
from adcli.descent.stopping import Minimum, Status
from adcli.errors import DomainError, LanguageError, UsageError
from adcli.given import check_choice, check_number
from adcli.graph.row_wise import mean_in, row_sums

KINDS = ("hessian", "robust")
"""Whence a covariance comes."""

MOST_PARAMETERS = 5_000
"""The Hessian of more parameters than these would take minutes, and most of a memory."""

NO_ROWS = "the number of rows is not known: the loss takes no data"


@dataclass(frozen=True)
class Estimate:
    """One number that was estimated; what cannot be computed is None, and `reason` says why.

    z                    the value over its standard error
    p_value              of a z as far from 0, or farther, if the number were 0
    confidence_interval  (low, high), by the normal distribution
    """

    value: float
    standard_error: float | None = None
    z: float | None = None
    p_value: float | None = None
    confidence_interval: tuple[float, float] | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Inference:
    """Estimates by label (`b`, `v[0]`), in the order of `covariance` and `correlation` (nan where
    there is none), and what the likelihood says of the model.

    errors           hessian, or robust
    log_likelihood   the negative loss, as it is given: constants that it leaves out are missing
    aic, bic         2 k - 2 log L, k log(rows) - 2 log L, for the k numbers that vary
    rows, clusters   None where there are no data, or no groups
    reasons          why figures are None, by name
    """

    errors: str
    confidence: float
    parameters: dict[str, Estimate]
    covariance: Any = field(repr=False)
    correlation: Any = field(repr=False)
    log_likelihood: float | None
    aic: float | None
    bic: float | None
    rows: int | None
    clusters: int | None
    reasons: dict[str, str]


class ErrorSettings:
    """Which standard errors are asked for: `errors` is one of KINDS, or True for the first.

    `cluster_by` gives the group of each row, or names the column that has it. Raises UsageError.
    """

    def __init__(
        self,
        errors: str | bool,
        cluster_by: Any = None,
        confidence: float = 0.95,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self.kind = KINDS[0] if errors is True else str(errors)
        check_choice(self.kind, KINDS, "kind of errors")
        check_number(confidence, "'confidence'")
        if not 0 < confidence < 1:
            raise UsageError(f"the confidence is {confidence:g}", "it is between 0 and 1")
        self.confidence = float(confidence)
        self.groups: Any = None
        if cluster_by is None:
            return
        if self.kind != "robust":
            raise UsageError("groups of rows need robust errors", "errors='robust'")
        name = cluster_by if isinstance(cluster_by, str) else "groups"
        given = data or {} if isinstance(cluster_by, str) else {name: cluster_by}
        coded = f"codes({name})"
        columns = check_arrays(given, [coded])
        self.groups = columns[coded].astype(int)
        if len(columns.levels[coded]) < 2:
            raise UsageError(
                f"all rows are of one group of '{name}'", "robust errors compare two or more"
            )

    def check(self, problem: Problem) -> None:
        """Raise UsageError or LanguageError for a loss that cannot be a negative log-likelihood, or
        whose rows are not known apart, where that is needed."""
        if problem.decay:
            raise UsageError(
                "a loss with weight decay is no likelihood, so it gives no standard errors",
                "leave --weight-decay out, or add a prior to the loss",
            )
        if problem.size > MOST_PARAMETERS:
            raise UsageError(
                f"{problem.size:,} parameters are too many for standard errors",
                f"the Hessian is for {MOST_PARAMETERS:,} at most; --fix holds some",
            )
        f = problem.function
        mean = mean_in(f.graph, f.outputs[0], problem.nodes)
        if mean is not None:
            raise LanguageError(
                "standard errors take the loss for a negative log-likelihood, which is a sum over "
                "rows, and this is a mean",
                "write sum(...) for mean(...)",
                span=f.graph.span(mean),
                text=f.text,
            )
        if self.kind == "robust":
            if not problem.data:
                raise UsageError(
                    "robust errors need the rows of a table: of arrays in the program it is not "
                    "known which numbers belong to one observation",
                    "--data FILE gives the rows, or take --errors hessian",
                )
            self._row_node(problem)
        rows = _rows(problem)
        if self.groups is not None and len(self.groups) != rows:
            raise UsageError(f"there are {len(self.groups):,} groups for {rows:,} rows")

    def _row_node(self, problem: Problem) -> int:
        """The node of what each row adds to the loss."""
        f = problem.function
        columns = {f.inputs[name] for name in problem.data}
        found = row_sums(f.graph, problem.target, columns, problem.input_shapes, problem.nodes)
        place = found if isinstance(found, int) else next(iter(found.rest), None)
        if isinstance(found, int) or place is not None or found.each is None:
            raise LanguageError(
                "robust errors need a loss that is a sum over rows, and this part of it is none: "
                "what one row adds is not known",
                "write it within the sum, or take --errors hessian",
                span=f.graph.span(problem.target if place is None else place),
                text=f.text,
            )
        return found.each

    def infer(self, problem: Problem, result: Minimum) -> Inference:
        """What the end of a descent tells of its parameters."""
        if result.status is not Status.CONVERGED:
            why = f"the descent did not converge ({str(result.status).replace('_', ' ')})"
            return self._inference(problem, result, why, None)
        exact = Problem(
            problem.function.twice,
            {name: result.point[name] for name in problem.free},
            fixed=problem.fixed,
            data=problem.data,
            maximize=problem.maximize,
            engine="numpy" if problem.engine == "llvm" else problem.engine,
        )
        vector = exact.start
        held = np.zeros(exact.size, dtype=bool)
        if problem.lower is not None and problem.upper is not None:
            held = (vector <= problem.lower) | (vector >= problem.upper)
        try:
            with products_alone():
                information = Information.of(exact, vector, np.flatnonzero(~held), problem.labels)
                if self.kind == "robust" and information.factor is not None:
                    scores = sum_of_scores(exact, vector, self._row_node(exact), self.groups)
                    information = information.robust(scores)
        except DomainError as error:
            return self._inference(problem, result, error.message, None)
        return self._inference(problem, result, "", information)

    def _inference(
        self, problem: Problem, result: Minimum, why: str, information: Information | None
    ) -> Inference:
        """The figures; `why` there is none of them."""
        size = problem.size
        covariance = np.full((size, size), np.nan)
        reasons: dict[int, str] = {}
        if information is not None:
            covariance, reasons = information.covariance, information.reasons
        values = problem.flatten(result.point)
        estimates = {
            label: self._estimate(float(values[k]), float(covariance[k, k]), why or reasons.get(k))
            for k, label in enumerate(problem.labels)
        }
        deviations = np.sqrt(np.diag(covariance))
        with np.errstate(all="ignore"):
            correlation = covariance / np.outer(deviations, deviations)
        np.fill_diagonal(correlation, np.where(np.isnan(deviations), np.nan, 1.0))
        rows = _rows(problem)
        likelihood = None if why else 0.0 - problem.sign * result.value
        missing = dict.fromkeys(("log_likelihood", "aic", "bic"), why) if why else {}
        if not why and rows is None:
            missing = {"bic": NO_ROWS}
        return Inference(
            self.kind,
            self.confidence,
            estimates,
            covariance,
            correlation,
            likelihood,
            None if likelihood is None else 2 * size - 2 * likelihood,
            None if likelihood is None or rows is None else size * math.log(rows) - 2 * likelihood,
            rows,
            None if self.groups is None else int(self.groups.max()) + 1,
            missing,
        )

    def _estimate(self, value: float, variance: float, reason: str | None) -> Estimate:
        if reason:
            return Estimate(value, reason=reason)
        if not 0 < variance < math.inf:
            return Estimate(value, reason="its variance is not a positive number of float64")
        from scipy.special import ndtri

        error = math.sqrt(variance)
        z = value / error
        reach = float(ndtri(0.5 + self.confidence / 2)) * error
        p = math.erfc(abs(z) / math.sqrt(2.0))
        return Estimate(value, error, z, p, (value - reach, value + reach))


def _rows(problem: Problem) -> int | None:
    return len(next(iter(problem.data.values()))) if problem.data else None
