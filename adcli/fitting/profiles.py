"""Intervals by profile likelihood: how the least cost rises when one parameter is held elsewhere.

A parameter is held at values on either side of its own, all others are fitted again, and the cost
C of these fits says how far a value is from the best: the signed root
sign(value - best) sqrt((C - C_best) / s^2), which for a linear model is the distance in standard
errors. The interval ends where the root is Student's t, or, where sigmas are absolute, the normal
quantile; so for t^2 it is an F test of one against all degrees of freedom. Source: Bates & Watts,
Nonlinear Regression Analysis (1988), 6.1; Seber & Wild, Nonlinear Regression (1989), 5.2.3.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from adcli.descent.stopping import Status
from adcli.fitting.levenberg import Box, Minimisation
from adcli.fitting.linearise import LeastSquares, Linearised
from adcli.fitting.model import Vector
from adcli.fitting.regression import Regression
from adcli.fitting.result import Fit, Profile
from adcli.fitting.statistics import half_width, is_perfect, known_variance, robust_variance

QUARTERS = 4
"""Steps in which the profile is followed as far as the symmetric interval reaches."""

STEPS = 40
"""Most steps in which the end of an interval is looked for beyond that."""

FAR = 1e12
"""The end is looked for up to so many times the symmetric interval's reach."""

FLAT, FLAT_STEPS = 1e-3, 4
"""A profile that rises by less than this part of what is asked for in so many steps, each twice as
far as the one before, is flat."""

LOWER = 1e-9
"""A cost below the best by more than this part of it is another minimum."""

REFIT_ITERATIONS = 200
QUICK = 2
"""Iterations of a refit that began near enough to its end."""

HALVINGS = 60
"""Most halvings of the way to where the model is not finite."""


class HeldParameter:
    """The least squares problem in the other parameters, with the one at `place` held."""

    def __init__(self, problem: LeastSquares, place: int, value: float) -> None:
        self.problem = problem
        self.place = place
        self.value = value
        self.size = problem.size - 1
        self.freedom = problem.freedom + 1

    def whole(self, point: Vector) -> Vector:
        """All parameters."""
        return np.insert(point, self.place, self.value)

    def cost(self, point: Vector) -> float:
        """What is minimised; not finite where the model is not."""
        return self.problem.cost(self.whole(point))

    def linearise(self, point: Vector) -> Linearised:
        """The linear problem in the other parameters: a column less."""
        local = self.problem.linearise(self.whole(point))
        return local._replace(triangle=np.delete(local.triangle, self.place, axis=1))


def profiled(problem: Regression, fit: Fit) -> Fit:
    """The fit with intervals by profile likelihood, and the profiles; as it is where the variance
    of its residuals is not known."""
    unit = _unit(problem, fit)
    freedom = None if fit.scaling == "absolute" else fit.degrees_of_freedom
    width = half_width(fit.confidence, freedom)
    if fit.status is Status.INTERRUPTED or unit is None or not unit > 0 or not math.isfinite(width):
        return fit
    best = problem.parameters.flatten(fit.point)
    profiler = Profiler(problem.problem, problem.box, best, unit, width)
    parameters, profiles, warnings = dict(fit.parameters), {}, list(fit.warnings)
    for place, (label, x) in enumerate(fit.parameters.items()):
        if place in problem.steps:
            continue
        profiles[label] = found = profiler.profile(place, x.standard_error)
        interval = None if found.ends == (None, None) else found.ends
        parameters[label] = replace(x, confidence_interval=interval)
        for end, why in zip(("lower", "upper"), found.reasons, strict=True):
            if why:
                warnings.append(f"no {end} end of the interval of {label}: {why}")
    return replace(
        fit,
        parameters=parameters,
        profiles=profiles,
        warnings=tuple(warnings),
        evaluations=problem.problem.evaluations,
    )


def _unit(problem: Regression, fit: Fit) -> float | None:
    """By what the cost rises at one standard error: s^2, times the mean of psi' for a robust loss,
    whose cost is not half as steep. Source: Hampel et al., Robust Statistics (1986), 7.2."""
    loss, r = problem.loss, fit.residuals
    counted = r if problem.weights is None else r[problem.weights > 0]
    slope = float(np.mean(loss.slopes(counted)[1]))
    if fit.scaling == "absolute":
        return known_variance(loss) * slope
    sizes = problem.residuals.weighted(np.abs(problem.response) + np.abs(fit.fitted))
    if is_perfect(r, sizes):
        return None
    if loss.is_linear:
        return fit.reduced_chi_square
    variance = robust_variance(loss, counted, len(fit.parameters))
    return None if variance is None else variance * slope


class Profiler:
    """Profiles around a minimum.

    `unit` is by what the cost rises at one standard error, `width` how many of these an interval
    reaches.
    """

    def __init__(
        self, problem: LeastSquares, box: Box, best: Vector, unit: float, width: float
    ) -> None:
        self.problem = problem
        self.box = box
        self.best = best
        self.unit = unit
        self.width = width
        self.local = problem.linearise(best)

    def profile(self, place: int, error: float | None) -> Profile:
        """The profile of the parameter at a place; `error` is its standard error, if it has one."""
        best = float(self.best[place])
        reach = self.width * error if error else max(abs(best), 1.0) * 0.01
        sides = [_Side(self, place, sign, reach) for sign in (-1.0, 1.0)]
        found = [side.end() for side in sides]
        known = {best: 0.0}
        for side in sides:
            known |= {best + side.sign * x: side.sign * root for x, root in side.known.items()}
        values = sorted(known)
        (low, why_low), (high, why_high) = found
        roots = [known[x] for x in values]
        return Profile(values, roots, (low, high), (why_low, why_high))


class _End(Exception):
    """Why an interval has no end on a side."""


class _Side:
    """One side of a profile: roots by the distance from the best value, refits warm-started along
    it."""

    def __init__(self, profiler: Profiler, place: int, sign: float, reach: float) -> None:
        self.profiler = profiler
        self.place = place
        self.sign = sign
        self.reach = reach
        self.best = float(profiler.best[place])
        side = profiler.box.lower if sign < 0 else profiler.box.upper
        self.limit = sign * (float(side[place]) - self.best)  # the distance of the bound
        others = [k for k in range(len(profiler.best)) if k != place]
        self.box = Box(profiler.box.lower[others], profiler.box.upper[others])
        self.known: dict[float, float] = {}
        # The distances so far, the other parameters there, and how these go on along the profile.
        columns = profiler.local.triangle
        slope = np.linalg.lstsq(columns[:, others], -columns[:, place], rcond=1e-12)[0]
        self.path = [(0.0, profiler.best[others], sign * slope)]

    def end(self) -> tuple[float | None, str | None]:
        """The end of the interval on this side; None and why, where there is none."""
        try:
            low, high = self._bracket()
        except _End as end:
            return None, str(end)
        from scipy.optimize import brentq

        width = self.profiler.width
        try:
            far = brentq(lambda x: self._root(x) - width, low, high, xtol=1e-13 * high, rtol=1e-11)
        except _End as end:
            return None, str(end)
        return self.best + self.sign * float(far), None

    def _bracket(self) -> tuple[float, float]:
        """Two distances, one with a root below the width and one above. Raises _End."""
        width, flat, low, last = self.profiler.width, 0, 0.0, 0.0
        for far in self._distances():
            if math.isclose(low, far) or low >= self.limit:
                break
            far, root = self._root_or_edge(low, min(far, self.limit))
            if root >= width:
                return low, far
            flat = flat + 1 if far > self.reach and root - last <= FLAT * width else 0
            if flat >= FLAT_STEPS:
                end = self.best + self.sign * far
                raise _End(
                    f"its profile is flat: at {end:.3g} it is at {root:.3g} and hardly rises, the "
                    f"end would be at {width:.3g}"
                )
            low, last = far, root
        if low >= self.limit:
            raise _End(f"its bound {self.best + self.sign * self.limit:g} comes first")
        raise _End("its profile does not rise far enough")

    def _distances(self) -> Iterator[float]:
        """Distances at which the end is looked for: to where a linear model's would be, then on."""
        for k in range(1, QUARTERS + 1):
            yield self.reach * k / QUARTERS
        far = self.reach
        for k in range(STEPS):
            far *= 1.25 if k < 4 else 2.0
            if far > FAR * self.reach:
                return
            yield far

    def _root_or_edge(self, low: float, far: float) -> tuple[float, float]:
        """The distance and the root there; where the model is not finite there, one before it that
        is far enough. Raises _End where there is none."""
        root = self._root(far)
        if math.isfinite(root):
            return far, root
        for _ in range(HALVINGS):
            middle = 0.5 * (low + far)
            if middle in (low, far) or far - low <= 1e-9 * far:
                break
            root = self._root(middle)
            if not math.isfinite(root):
                far = middle
            elif root >= self.profiler.width:
                return middle, root
            else:
                low = middle
        raise _End(f"the model is not finite beyond {self.best + self.sign * low:g}")

    def _root(self, far: float) -> float:
        """The root at a distance; nan where the model is not finite. Raises _End at a minimum that
        is lower than the best."""
        if far in self.known:
            return self.known[far]
        cost, rest = self._refit(far)
        least = self.profiler.local.cost
        if not math.isfinite(cost):
            return math.nan
        if cost < least * (1 - LOWER) and least - cost > LOWER * self.profiler.unit:
            value = self.best + self.sign * far
            raise _End(f"a lower minimum, {cost:.6g} beside {least:.6g}, is near {value:g}")
        root = math.sqrt(max(cost - least, 0.0) / self.profiler.unit)
        self.known[far] = root
        near, before, _ = self._nearest(far)
        insort(self.path, (far, rest, (rest - before) / (far - near)), key=lambda step: step[0])
        return root

    def _nearest(self, far: float) -> tuple[float, Vector, Vector]:
        """The step of the path before a distance: one beyond may lie in another valley."""
        return self.path[bisect_left(self.path, far, key=lambda step: step[0]) - 1]

    def _refit(self, far: float) -> tuple[float, Vector]:
        """The least cost at a distance, and the other parameters there; nan where there is none.

        From where the path leads to; where that takes iterations, also from where it was: an
        extrapolation may have gone too far, to where the others do not matter any more.
        """
        held = HeldParameter(self.profiler.problem, self.place, self.best + self.sign * far)
        near, rest, slope = self._nearest(far)
        cost, best = math.nan, rest
        for start in (rest + (far - near) * slope, rest, np.delete(self.profiler.best, self.place)):
            start = self.box.project(start)
            if not np.isfinite(start).all() or not held.linearise(start).is_finite:
                continue
            if not len(start):
                return held.cost(start), start
            found = Minimisation(held, start, self.box, REFIT_ITERATIONS).run()
            if found is None:
                continue
            second = math.isfinite(cost)
            if not cost <= found.linear.cost:
                cost, best = found.linear.cost, found.point
            if second or found.iterations <= QUICK:
                break
        return cost, best
