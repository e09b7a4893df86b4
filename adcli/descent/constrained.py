"""Minimisation under constraints: SciPy's methods go there, Newton steps on the KKT conditions
finish, and the verdict is on the conditions themselves.

SLSQP ends where values no longer change, which says little of the point. From where a method ends,
Newton steps on the active constraints go on; where the conditions do not hold after them, the
method begins again, in the units that the point suggests.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np

from adcli.descent.constraints import Constraints
from adcli.descent.feasible import restored
from adcli.descent.kkt import Balance, KktPoint, Measures
from adcli.descent.lengths import vector_norm
from adcli.descent.monitor import Watcher
from adcli.descent.problem import Problem, blame
from adcli.descent.rules import Vector
from adcli.descent.scipy_constrained import SMALL, Stage, default_method
from adcli.descent.stopping import DEPTH, Ended, Iterate, Limits, Outcome, Status

TRIALS = 10
"""How often a method begins, at most."""

IDLE, GAIN = 3, 1e-8
"""After so many starts that lower the value by no more than this part of it there is none."""

SADDLE = "this may be a saddle point: the Lagrangian curves down along the constraints"

PROBE = 20
"""In problems of more variables, Newton steps are tried after so many iterations of a method, and
then ever more seldom: which constraints are active is known long before its last digits."""

ENOUGH = 1e-8
"""Where multipliers leave so little of the gradient's terms, Newton steps follow."""

REFINEMENTS = 30
"""Newton steps at most."""

_NEARS = (1e-7, 1e-5, 1e-3)
"""How near to its border an inequality is taken to be active, in parts of its terms."""


class _Enough(Exception):
    """Ends one start of SciPy's that has come near enough."""


class ConstrainedDescent:
    """One descent of a problem under constraints. `run` says how it ended, `place` is where."""

    def __init__(
        self,
        problem: Problem,
        constraints: Constraints,
        method: str | None,
        limits: Limits,
        watchers: Sequence[Watcher],
        interrupted: Callable[[], bool],
    ) -> None:
        import scipy.optimize  # noqa: F401 - before the clock runs

        self.problem, self.constraints, self.limits = problem, constraints, limits
        self.measures = Measures(problem, constraints)
        self.method = method or default_method(problem, constraints)
        self.watchers, self.interrupted = list(watchers), interrupted
        self.iteration = -1
        self.place = self.measures.start
        self.last: Iterate | None = None
        self._begin = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._begin

    def run(self) -> Outcome:
        """Minimise; the outcome."""
        try:
            self.see(self.measures.start)
            return self._run()
        except Ended as end:
            status, reason = end.outcome
            if status in (Status.MAX_ITERATIONS, Status.INTERRUPTED):
                reason += self._violated("; ")
            return Outcome(status, reason)

    def _run(self) -> Outcome:
        start, scaled = self.measures.start, False
        tried: list[Vector] = []
        last, idle = math.inf, 0
        for trial in range(TRIALS):
            self._stage(start, scaled, self._method_of(trial))
            place, evidence, way = self._refined(self.place)
            if (
                evidence
                and way is not None
                and not any(np.array_equal(place.point, t) for t in tried)
            ):
                tried.append(place.point)
                start = self._beside(place, way)
                if start is not place:
                    continue
            if evidence:
                saddle = "" if way is None else f"; {SADDLE}"
                return Outcome(Status.CONVERGED, f"the constraints hold, and {evidence}{saddle}")
            start, scaled = self.place, not scaled
            if not self.measures.is_feasible(start):
                found = self._restored(start, trial)
                if not self.measures.is_feasible(found) and trial >= 1:
                    self.place = found
                    break
                start = found
            else:
                value = self.place.value
                idle = 0 if last - value > GAIN * abs(value) or last == math.inf else idle + 1
                last = value
                if idle >= IDLE:
                    break
                if trial == 3:
                    start = self.measures.start
        return self._failed()

    def _restored(self, place: KktPoint, trial: int) -> KktPoint:
        """The best of the places to which violations alone lead, from the start and from `place`;
        that from the start, where another one is not clearly better."""
        m = self.measures
        best = restored(m, m.start, trial)
        for other in (restored(m, place, trial), self.place):
            if m.excess(other) < 0.99 * m.excess(best) and not m.is_feasible(best):
                best = other
        return best

    def _method_of(self, trial: int) -> str:
        other = "trust-constr" if self.method == "slsqp" else "slsqp"
        is_small = self.problem.size + self.constraints.size <= 2 * SMALL
        return other if trial in (4, 7) and is_small else self.method

    # ---- looking at places ----

    def see(self, place: KktPoint, balance: Balance | None = None) -> None:
        """Look at an iterate. Raises Ended where that was the last one."""
        last = self.last
        if last is not None and np.array_equal(place.point, last.point):
            return
        self.iteration += 1
        self._keep(place)
        balance = balance or self.measures.balance(place)
        it = Iterate(
            self.iteration,
            place.point,
            place.value,
            place.gradient,
            balance.norm,
            vector_norm(place.point - last.point) if last else 0.0,
            last.value if last else math.nan,
            self.measures.evaluations,
            last.point if last else None,
            self.measures.violation(place),
        )
        self.last = it
        for watcher in self.watchers:
            watcher.see(it)
        self._check(it, place)

    def _check(self, it: Iterate, place: KktPoint) -> None:
        """Raise Ended where a limit is reached, or a tolerance that was asked for is met."""
        limits, p = self.limits, self.problem
        where = f"at iteration {it.iteration:,}"
        feasible = self.measures.is_feasible(place)
        if feasible:
            shown = p.sign * it.value
            if limits.target is not None and it.value <= p.sign * limits.target:
                reason = f"the value {shown:.6g} reached the target {limits.target:g}"
                raise Ended(Status.CONVERGED, reason)
            asked = limits.gradient_tolerance
            if asked and it.norm <= asked:
                reason = f"the KKT residual {it.norm:.3g} is at most {asked:g}"
                raise Ended(Status.CONVERGED, reason)
            self._check_changes(it)
            if it.value < -DEPTH * max(1.0, abs(self.measures.start.value)):
                way = "rises" if p.maximize else "falls"
                raise Ended(
                    Status.DIVERGED,
                    f"the value {way} without end, and the constraints hold: {shown:.3g} {where}",
                )
        if it.iteration >= limits.max_iterations:
            reason = f"the limit of {limits.max_iterations:,} iterations is reached"
            raise Ended(Status.MAX_ITERATIONS, reason)
        if self.interrupted():
            raise Ended(Status.INTERRUPTED, f"stopped after iteration {it.iteration:,}")
        if limits.is_late(self.seconds):
            limit = f"the time limit of {limits.max_seconds:g} seconds"
            raise Ended(Status.MAX_ITERATIONS, f"{limit} is reached {where}")

    def _check_changes(self, it: Iterate) -> None:
        """Raise Ended where value or point changed by no more than was asked for."""
        if not it.iteration or not it.step:
            return
        value, point = self.limits.value_tolerance, self.limits.point_tolerance
        change = abs(it.value - it.before)
        if value and change <= value * abs(it.value):
            part = change / abs(it.value) if it.value else 0.0
            reason = f"the value changed by {part:.3g} of itself, at most {value:g}"
            raise Ended(Status.CONVERGED, reason)
        size = vector_norm(it.point)
        if point and it.step <= point * size:
            reason = f"the point moved by {it.step / size:.3g} of its norm, at most {point:g}"
            raise Ended(Status.CONVERGED, reason)

    def _keep(self, place: KktPoint) -> None:
        """Remember the best place: of those where the constraints hold the lowest, else the one
        where they are violated least."""
        if not place.is_finite:
            return
        new, old = self.measures.is_feasible(place), self.measures.is_feasible(self.place)
        if new and old:
            better = place.value <= self.place.value
        else:
            excess = self.measures.excess
            better = new or (not old and excess(place) <= excess(self.place))
        if better or not self.place.is_finite:
            self.place = place

    # ---- SciPy's methods ----

    def _stage(self, start: KktPoint, scaled: bool, method: str) -> None:
        """Minimise from a place by one of SciPy's methods."""
        stage = Stage(self.measures, start, scaled, self._see_stage)
        self._probe = self.iteration + PROBE
        with suppress(_Enough, ValueError, np.linalg.LinAlgError), np.errstate(all="ignore"):
            stage.run(method)

    def _see_stage(self, place: KktPoint) -> None:
        """Look at an iterate of SciPy's. Raises _Enough where Newton steps do the rest."""
        balance = self.measures.balance(place)
        self.see(place, balance)
        if balance.part <= ENOUGH and self.measures.is_feasible(place):
            raise _Enough
        if self.iteration >= self._probe:
            self._probe += max(PROBE, self._probe // 2)
            if self.problem.size > PROBE and self._refined(place, is_probe=True)[1]:
                raise _Enough

    # ---- the finish ----

    def _refined(
        self, place: KktPoint, is_probe: bool = False
    ) -> tuple[KktPoint, str, Vector | None]:
        """The place after Newton steps on the KKT conditions, and why they hold there; ""
        if they do not. Where the Lagrangian curves down, the way along which it does so. What a
        probe meets is seen if the conditions hold in the end."""
        m = self.measures
        path = self._newton(place)
        place = path[-1] if path else place
        balance = m.balance(place)
        step = m.newton(place, balance)
        evidence = m.evidence(place, balance, step)
        if self.limits.gradient_tolerance and evidence:
            evidence = ""  # see() would have ended it
        for at in path if evidence or not is_probe else ():
            self.see(at)
        if evidence:
            self.place = place
        return place, evidence, step.way if step is not None else None

    def _newton(self, place: KktPoint) -> list[KktPoint]:
        """The places that Newton steps from a place lead to, each of which halves what is amiss."""
        path: list[KktPoint] = []
        m = self.measures
        height = float((np.abs(place.gradient) * place.sizes).max(initial=0.0)) or 1.0

        def merit(at: KktPoint, balance: Balance) -> float:
            left = vector_norm(balance.left * place.sizes) / height
            return max(m.violated_part(at), left) if at.is_finite else math.inf

        for _ in range(REFINEMENTS):
            balance = m.balance(place)
            now = merit(place, balance)
            if now <= 1e-15:
                break
            found = None
            for near in _NEARS:
                wide = m.balance(place, near)
                step = m.newton(place, wide)
                if step is None or not step.is_minimum or not np.isfinite(step.change).all():
                    continue
                for length in (1.0, 0.25):
                    trial = m.place(place.point + length * step.change)
                    after = m.balance(trial)
                    if merit(trial, after) < 0.5 * now:
                        found = trial, after
                        break
                if found:
                    break
            if found is None:
                break
            place = found[0]
            path.append(place)
        return path

    def _beside(self, place: KktPoint, way: Vector) -> KktPoint:
        """A place along a way on which the Lagrangian curves down, where the value is lower."""
        m = self.measures
        multipliers = m.balance(place).multipliers
        way = way / np.abs(way / np.maximum(np.abs(place.point), 1.0)).max()
        for part in (1.0, 1e-1, 1e-2, 1e-3):
            for side in (1.0, -1.0):
                trial = m.place(place.point + side * part * way)
                if not trial.is_finite:
                    continue
                gain = trial.value - multipliers @ trial.residuals - place.value
                if gain < 0:
                    return trial
        return place

    def _violated(self, joint: str = "") -> str:
        """What is said of the constraint that is violated most; "" if all hold."""
        m, c = self.measures, self.constraints
        if m.is_feasible(self.place):
            return ""
        violations = self.place.violations(c.is_equation)
        if not np.isfinite(violations).all():
            return f"{joint}a constraint is not finite there"
        k = int(np.argmax(violations / np.where(self.place.scales > 0, self.place.scales, 1.0)))
        others = int((violations > 0).sum()) - 1
        more = f", and {others} more" if others else ""
        return f"{joint}'{c.labels[k]}' is violated by {violations[k]:.6g}{more}"

    def _failed(self) -> Outcome:
        """The outcome where the conditions do not hold."""
        violated = self._violated()
        if violated:
            cause = blame(self.problem, self.place.point)
            return Outcome(
                Status.STALLED,
                "no point was found where all constraints hold; where they are violated least, "
                f"{violated}; they may contradict each other, or another start may help"
                + (f"; {cause}" if cause else ""),
            )
        ray = self._endless()
        if ray:
            return Outcome(Status.DIVERGED, ray)
        balance = self.measures.balance(self.place)
        return Outcome(
            Status.STALLED,
            f"the constraints hold, but no multipliers balance the gradient: {balance.norm:.3g} of "
            "it is left, and the method cannot lower the value any further",
        )

    def _endless(self) -> str:
        """That the value falls without end on a line from the best place; "" if it does not."""
        m, p = self.measures, self.problem
        best = self.place
        ways = [best.point - m.start.point, -best.gradient]
        step = None
        for way in ways:
            size = float(np.abs(way / best.sizes).max(initial=0.0))
            if not 0 < size < math.inf:
                continue
            values = [best.value]
            for k in range(1, 13):
                trial = m.place(best.point + 10.0**k * way / size)
                if not (trial.is_finite and m.is_feasible(trial)) or trial.value >= values[-1]:
                    break
                values.append(trial.value)
                step = trial
            if len(values) == 13 and step is not None and values[-1] < -1e10 * abs(values[0] or 1):
                goes = "rises" if p.maximize else "falls"
                names = zip(p.first_labels(3), step.point.tolist(), strict=False)
                where = ", ".join(f"{name}={x:.3g}" for name, x in names)
                return (
                    f"the value {goes} without end, and the constraints hold: it is "
                    f"{p.sign * step.value:.3g} at {where}; another constraint, or --bounds, can "
                    "hold a variable"
                )
        return ""
