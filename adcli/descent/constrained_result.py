"""A descent under constraints, from its problem to its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adcli.descent.constrained import ConstrainedDescent
from adcli.descent.constraints import ConstrainedProgram, Constraints
from adcli.descent.kkt import FEASIBLE, Balance, KktPoint, Measures
from adcli.descent.minimise import Result, as_asked
from adcli.descent.monitor import HISTORY_NUMBERS, History, Watcher
from adcli.descent.problem import Problem
from adcli.descent.settings import Settings
from adcli.descent.stopping import Limits


@dataclass(frozen=True)
class ConstrainedResult(Result):
    """How a descent under constraints ended, at the best point that was seen: of those where the
    constraints hold the one with the best value, else the one where they are violated least.

    `multipliers` are the multipliers of the constraints by their texts, numbers or arrays: how fast
    the best value changes as the right side grows. `bound_multipliers` are those of the bounds that
    hold variables, how fast it changes as the bound grows. `active` are the texts of the
    constraints that hold as equations, `violated` tells by how much others do not hold, `violation`
    is the largest violation, `kkt_residual` the norm of what the multipliers leave of the gradient.
    """

    multipliers: dict[str, Any] = field(default_factory=dict)
    bound_multipliers: dict[str, float] = field(default_factory=dict)
    active: tuple[str, ...] = ()
    violated: dict[str, float] = field(default_factory=dict)
    violation: float = 0.0
    kkt_residual: float = 0.0


@np.errstate(all="ignore")
def minimise_constrained(
    problem: Problem,
    program: ConstrainedProgram,
    settings: Settings,
    limits: Limits,
    watchers: Sequence[Watcher] = (),
    interrupted: Callable[[], bool] = lambda: False,
) -> ConstrainedResult:
    """Run one descent under the constraints of a program. Raises LanguageError for shapes that do
    not fit, DomainError for a constraint that is not finite at the start."""
    constraints = Constraints(problem, program.constraints)
    constraints.check_start()
    problem.is_constrained = True
    history = History()
    run = ConstrainedDescent(
        problem, constraints, settings.method, limits, [history, *watchers], interrupted
    )
    for watcher in watchers:
        watcher.begin(problem)
    outcome = run.run()
    m, place = run.measures, run.place
    balance = m.balance(place)
    sign = problem.sign
    steepness = m.problem.free_gradient(place.point, place.gradient)
    return ConstrainedResult(
        outcome.status,
        outcome.reason,
        max(run.iteration, 0),
        m.evaluations,
        sign * float(place.value),
        float(np.linalg.norm(steepness)),
        problem.point(place.point),
        problem.unflatten(sign * place.gradient),
        run.method,
        run.seconds,
        sign * problem.penalty(place.point),
        [as_asked(it, sign) for it in history.closed(run.last)],
        problem.first_labels(HISTORY_NUMBERS),
        multipliers=_by_text(constraints, sign * balance.multipliers * constraints.sense),
        bound_multipliers=_at_bounds(problem, sign * balance.at_bounds),
        active=tuple(_active(m, place, balance)),
        violated=_violated(m, place),
        violation=m.violation(place),
        kkt_residual=balance.norm,
        remarks=program.remarks,
        is_feasible=m.is_feasible(place),
    )


def _by_text(constraints: Constraints, multipliers: Any) -> dict[str, Any]:
    """The multipliers by texts; of equal texts the later ones are numbered."""
    found: dict[str, Any] = {}
    for part, numbers in zip(constraints.parts, constraints.split(multipliers + 0.0), strict=True):
        name, k = part.text, 1
        while name in found:
            k += 1
            name = f"{part.text} ({k})"
        found[name] = numbers
    return found


def _at_bounds(problem: Problem, multipliers: Any) -> dict[str, float]:
    return {problem.labels[k]: float(multipliers[k]) for k in np.flatnonzero(multipliers)}


def _violated(measures: Measures, place: KktPoint) -> dict[str, float]:
    c = measures.constraints
    violations = place.violations(c.is_equation)
    with np.errstate(all="ignore"):
        clear = ~(violations <= FEASIBLE * place.scales)
    return {c.labels[k]: float(violations[k]) for k in np.flatnonzero(clear)}


def _active(measures: Measures, place: KktPoint, balance: Balance) -> list[str]:
    """The texts of the constraints that hold as equations."""
    c = measures.constraints
    near = np.abs(place.residuals) <= 1e-7 * place.scales
    active = c.is_equation | near | (balance.multipliers != 0)
    return [c.labels[k] for k in np.flatnonzero(active)]
