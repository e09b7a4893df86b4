"""Which method, and how it is set: checked when built, and what identifies a run in checkpoints."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from adcli.data.array_columns import digest_of
from adcli.descent.limited_memory import LimitedMemory
from adcli.descent.monitor import Method
from adcli.descent.problem import Problem
from adcli.descent.rules import RULES
from adcli.descent.schedules import SCHEDULES, Schedule
from adcli.descent.scipy_methods import Library
from adcli.descent.searches import SEARCHES
from adcli.descent.searching import Searching
from adcli.descent.stepper import Stepper
from adcli.descent.stepping import Stepping
from adcli.descent.trust_region import TruncatedNewton
from adcli.errors import UsageError
from adcli.function import Function
from adcli.given import check_choice, check_numbers

METHODS = (*RULES, "cg", "lbfgs", "newton", "newton-cg")
CONSTRAINED = ("slsqp", "trust-constr")
"""Methods that heed constraints."""

MANY = 1000
"""Variables from which `lbfgs` is our own: SciPy's iterations cost more than a gradient there."""

LINE_SEARCHES = ("none", *SEARCHES)

WHAT_THEY_DO = {
    "gd": "gradient descent with a line search",
    "cg": "nonlinear conjugate gradients with a line search",
    "lbfgs": "L-BFGS, a quasi-Newton method that learns from the last 20 gradients",
    "newton": "trust-region Newton of SciPy with exact Hessian-vector products; within bounds"
    " newton-cg",
    "newton-cg": "Newton's method in a trust region by conjugate gradients, for many variables",
    "slsqp": "sequential quadratic programming of SciPy, then Newton steps on the KKT conditions",
    "trust-constr": "trust-region interior points of SciPy with exact Hessian-vector products, then"
    " Newton steps on the KKT conditions",
}
"""Methods that find their own step lengths."""


@dataclass(frozen=True)
class Settings:
    """How to descend. None is the default: L-BFGS, or gradient descent where a rate is given.

    `weight_decay` D adds D/2 times the sum of squares of what varies to what is minimised, and so
    to all values on the way; the best point is that of the least sum. Rules whose decay is
    decoupled (adamw, by default with 0.01, and lion) shrink the point itself instead: what they
    come to minimises no function, so that none of their points is the best, and the last is kept.
    """

    method: str | None = None
    rate: float | None = None
    line_search: str | None = None
    schedule: str = "constant"
    schedule_every: float = 1000.0
    schedule_factor: float = 0.5
    warmup: float = 0.0
    final_rate: float = 0.0
    clip_value: float | None = None
    clip_norm: float | None = None
    weight_decay: float | None = None

    def __post_init__(self) -> None:
        check_numbers(self)
        check_choice(self.name, (*METHODS, *CONSTRAINED), "method")
        check_choice(self.schedule, SCHEDULES, "schedule")
        if self.rate is not None and not 0 < self.rate < math.inf:
            raise UsageError(f"the rate is {self.rate:g}", "a rate is a positive number")
        if self.line_search is not None:
            self._check_search(self.line_search)
        for name in ("clip_value", "clip_norm"):
            limit = getattr(self, name)
            if limit is not None and not limit > 0:
                raise UsageError(f"the {name.replace('_', ' ')} is {limit:g}", "it must be above 0")
        if self.weight_decay is not None and not 0 <= self.weight_decay < math.inf:
            raise UsageError(f"the weight decay is {self.weight_decay:g}", "it must be 0 or more")
        if self.searches:
            self._check_free_of_rate()
        else:
            self._schedule()

    @property
    def name(self) -> str:
        """The method's name."""
        return self.method or ("lbfgs" if self.rate is None else "gd")

    @property
    def rate_used(self) -> float:
        """The learning rate of a method that takes one."""
        return self._schedule().rate

    @property
    def searches(self) -> bool:
        """Whether the method finds its own step lengths."""
        if self.name == "gd":
            return self.rate is None and self.line_search != "none"
        return self.name not in RULES

    @property
    def decay(self) -> float:
        """The weight decay."""
        if self.weight_decay is not None or self.searches:
            return self.weight_decay or 0.0
        return RULES[self.name](np).decay

    @property
    def shrinks(self) -> bool:
        """Whether weight decay shrinks the point itself, and is not part of what is minimised."""
        return self.decay > 0 and RULES[self.name](np).decoupled

    def _check_search(self, search: str) -> None:
        check_choice(search, LINE_SEARCHES, "line search")
        if search == "none" and self.name not in RULES:
            raise UsageError(f"{self.name} needs its line search", "leave --line-search out")
        if search != "none" and self.name not in ("gd", "cg"):
            raise UsageError(f"{self.name} takes no line search", "gd and cg do")
        if search != "none" and self.rate is not None:
            raise UsageError("a rate and a line search exclude each other", "leave one out")

    def _check_free_of_rate(self) -> None:
        given = {
            "rate": self.rate is not None,
            "schedule": self.schedule != "constant" or self.warmup > 0,
            "clipping": self.clip_value is not None or self.clip_norm is not None,
            "weight decay": bool(self.weight_decay),
        }
        for what, is_given in given.items():
            if is_given:
                raise UsageError(
                    f"{self.name} finds its own steps and takes no {what}",
                    "methods with a rate are " + ", ".join(RULES) + " (gd with --rate)",
                )

    def _schedule(self) -> Schedule:
        return Schedule(
            RULES[self.name](np).rate if self.rate is None else self.rate,
            self.schedule,
            self.schedule_every,
            self.schedule_factor,
            self.warmup,
            self.final_rate,
        )

    def stepper(self, problem: Problem) -> Stepper | None:
        """How the method steps at its rate; None for one that searches."""
        if self.searches:
            return None
        decay = 0.0 if problem.decay else self.decay  # which the problem's gradient has
        clips = self.clip_value, self.clip_norm
        return Stepper(self.name, self._schedule(), *clips, decay, problem.lower, problem.upper)

    def build(self, problem: Problem) -> Method:
        """The method, ready to run."""
        stepper = self.stepper(problem)
        if stepper is not None:
            return Stepping(problem, stepper)
        if self.name == "lbfgs" and problem.size >= MANY:
            return LimitedMemory(problem)
        is_bounded = problem.lower is not None  # which SciPy's Newton does not take
        if self.name == "lbfgs" or (self.name == "newton" and not is_bounded):
            return Library(problem, self.name)
        if self.name in ("newton", "newton-cg"):
            return TruncatedNewton(problem)
        search = self.line_search or ("wolfe" if self.name == "cg" else "armijo")
        return Searching(problem, self.name, search)

    def check_constrained(self, has_constraints: bool) -> None:
        """Raise UsageError for a method that does not fit the presence, or lack, of constraints."""
        takers = " and ".join(CONSTRAINED)
        if has_constraints and (self.rate is not None or self.method not in (None, *CONSTRAINED)):
            raise UsageError(
                f"{self.name} takes no constraints", f"{takers} do; leave the method out"
            )
        if not has_constraints and self.method in CONSTRAINED:
            raise UsageError(
                f"{self.method} is for constraints", "give --subject-to, or leave the method out"
            )

    def describe(self, has_constraints: bool = False) -> str:
        """The method in words."""
        if has_constraints and self.method is None:
            return f"slsqp: {WHAT_THEY_DO['slsqp']} (of large problems trust-constr)"
        if self.searches:
            return f"{self.name}: {WHAT_THEY_DO[self.name]}"
        rate = self.rate_used
        how = "" if self.schedule == "constant" else f", {self.schedule} schedule"
        decay = f", weight decay {self.decay:g}" if self.decay else ""
        where = " (the last point is kept)" if self.shrinks else " (part of the value)"
        return f"{self.name} at the rate {rate:g}{how}" + (decay + where if decay else "")

    def identity(self, problem: Problem) -> dict[str, Any]:
        """What the checkpoint of a descent must agree with, by what messages call it."""
        held = {name: np.asarray(value, float).tolist() for name, value in problem.fixed.items()}
        sides = (problem.lower, problem.upper)
        method = {k: v for k, v in asdict(self).items() if k != "method"}
        return {
            "expression": canonical_text(problem.function),
            "method": self.name,
            "settings": method,
            "set of fixed variables": held,
            "set of data": digest_of([problem.data]) if problem.data else None,
            "bounds": [None if s is None else [repr(x) for x in s.tolist()] for s in sides],
            "direction": "up" if problem.maximize else "down",
        }


def canonical_text(f: Function) -> str:
    """The program as the graph prints it: spaces and names of parts do not matter."""
    from adcli.language.text import to_text

    return to_text(f.graph, f.outputs, share=True)
