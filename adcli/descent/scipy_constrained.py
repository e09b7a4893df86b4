"""SciPy's methods for constraints: SLSQP for small problems, trust-constr for large ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from adcli.descent.constraints import Constraints
from adcli.descent.kkt import KktPoint, Measures
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector

SMALL = 200
"""Variables, and half the constraints, up to which SLSQP, a method of dense matrices, is the
default, and matrices of trust-constr are dense."""


def default_method(problem: Problem, constraints: Constraints) -> str:
    """The method for a problem."""
    is_small = problem.size <= SMALL and constraints.size <= 2 * SMALL
    return "slsqp" if is_small else "trust-constr"


class Stage:
    """One start of a method from a place, over z, where the point is z times units; `scaled` says
    that these are the sizes of the variables there, and that value and constraints are measured by
    their slopes. `see` is shown the iterates; what it raises ends the method."""

    def __init__(
        self,
        measures: Measures,
        start: KktPoint,
        scaled: bool,
        see: Callable[[KktPoint], None],
    ) -> None:
        self.measures, self.see = measures, see
        self.start = self.last = start
        self.worst = start.value if start.is_finite else 0.0
        self.units = units = np.ones(len(start.point))
        self.height, self.widths = 1.0, np.ones(len(start.residuals))
        if scaled and start.is_finite:
            self.units = units = np.where(start.point != 0, np.abs(start.point), 1.0)
            slope = float(np.abs(start.gradient * units).max(initial=0.0))
            self.height = 1.0 / slope if slope > 0 else 1.0
            lengths = np.abs(start.jacobian * units).max(axis=1, initial=0.0)
            self.widths = 1.0 / np.where(lengths > 0, lengths, 1.0)
        self.bounds = None
        if measures.problem.lower is not None:
            from scipy.optimize import Bounds

            self.bounds = Bounds(measures.lower / units, measures.upper / units)

    def run(self, method: str) -> None:
        """Minimise by a method until it ends."""
        (self.slsqp if method == "slsqp" else self.trust_constr)()

    def at(self, z: Vector) -> KktPoint:
        """The place of z; where it is not finite, one no better than the worst."""
        place = self.measures.place(z * self.units)
        if place.is_finite:
            self.last, self.worst = place, max(self.worst, place.value)
            return place
        worst = self.worst + 1.0 + abs(self.worst)
        return replace(self.last, value=worst, gradient=np.zeros(len(z)), is_finite=True)

    def value(self, z: Vector) -> tuple[float, Vector]:
        place = self.at(z)
        return self.height * place.value, self.height * place.gradient * self.units

    def residuals(self, z: Vector, mask: Any) -> Vector:
        return (self.at(z).residuals * self.widths)[mask]

    def jacobian(self, z: Vector, mask: Any) -> Any:
        return (self.at(z).jacobian * self.units * self.widths[:, None])[mask]

    def seen(self, z: Vector, *_: Any) -> None:
        self.see(self.measures.place(np.array(z) * self.units))

    def slsqp(self) -> None:
        from scipy.optimize import minimize

        equations = self.measures.constraints.is_equation
        parts = [
            {"type": kind, "fun": self.residuals, "jac": self.jacobian, "args": (mask,)}
            for kind, mask in (("eq", equations), ("ineq", ~equations))
            if mask.any()
        ]
        minimize(
            self.value,
            self.start.point / self.units,
            jac=True,
            method="SLSQP",
            bounds=self.bounds,
            constraints=parts,
            callback=self.seen,
            options={"maxiter": 100 + 20 * len(self.units), "ftol": 1e-15},
        )

    def trust_constr(self) -> None:
        from scipy.optimize import NonlinearConstraint, minimize
        from scipy.sparse.linalg import LinearOperator

        equations = self.measures.constraints.is_equation
        everything = np.ones(len(equations), dtype=bool)
        n = len(self.units)
        m, units, widths = self.measures, self.units, self.widths

        def hessian(z: Vector) -> Any:
            point = m.problem.project(z * units)

            def product(d: Vector) -> Vector:
                d = np.ravel(d)
                return self.height * units * m.problem.curvature(point, units * d)

            return LinearOperator((n, n), matvec=product, dtype=float)

        def bending(z: Vector, weights: Vector) -> Any:
            point = m.problem.project(z * units)

            def product(d: Vector) -> Vector:
                d = units * np.ravel(d)
                return units * m.constraints.curvature(point, widths * weights, d)

            return LinearOperator((n, n), matvec=product, dtype=float)

        def jacobian(z: Vector) -> Any:
            found = self.jacobian(z, everything)
            if n <= SMALL:
                return found
            from scipy.sparse import csr_array

            return csr_array(found)

        constraint = NonlinearConstraint(
            lambda z: self.residuals(z, everything),
            np.zeros(len(equations)),
            np.where(equations, 0.0, np.inf),
            jac=jacobian,
            hess=bending,
        )
        minimize(
            self.value,
            self.start.point / self.units,
            jac=True,
            hess=hessian,
            method="trust-constr",
            bounds=self.bounds,
            constraints=[constraint],
            callback=self.seen,
            options={"maxiter": 500, "gtol": 1e-10, "xtol": 1e-12, "barrier_tol": 1e-10},
        )
