"""The first steps of a descent written out: the rule in symbols, then the numbers of each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from adcli.descent.lengths import vector_norm
from adcli.descent.limited_memory import LimitedMemory
from adcli.descent.monitor import Method, Watcher
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.descent.scipy_methods import Library
from adcli.descent.searches import DECREASE, SLOPE_LEFT
from adcli.descent.searching import Searching
from adcli.descent.stepping import Stepping
from adcli.descent.stopping import Iterate
from adcli.language.messages import counted, safe
from adcli.report.numbers import bracketed, short
from adcli.report.update_rules import WrittenRule

STEPS = 3
"""Steps that are written out."""
NUMBERS = 4
"""Numbers of the point that are written out in each."""
MEANINGS = {
    **dict.fromkeys(("momentum", "nesterov"), "b gathers gradients, older ones fade; 0 at first"),
    "adagrad": "s is the sum of the squares of g; 0 at first",
    "rmsprop": "s is a mean of the squares of g, older ones fade; 0 at first",
    "adadelta": "s and d are means of the squares of g and of the steps; 0 at first",
    **dict.fromkeys(
        ("adam", "adamw", "amsgrad", "nadam"),
        "m and v are means of g and of its squares, 0 at first; p and q make up for that",
    ),
    "lion": "m is a mean of g, older ones fade; 0 at first",
}
"""What a rule remembers."""
SAME = 1e-6
"""How far a direction may be from the one that a formula gives, relative to it."""


class FirstSteps(Watcher):
    """A watcher that keeps what the first steps did; `lines` says it afterwards."""

    def __init__(self, digits: int) -> None:
        self._show: Callable[[Any], str] = lambda x: short(float(x), digits)
        self._steps: list[list[str]] = []
        self._last: Iterate | None = None
        self.attends = False

    def attend(self, method: Method) -> None:
        self._method, self.attends = method, True

    def begin(self, problem: Problem) -> None:
        self._problem = problem
        self._labels = [safe(label) for label in problem.first_labels(NUMBERS)]
        self._teller = _teller(self._method, problem, self._labels, self._show)

    def next(self, iteration: int) -> int:
        """The iterates at the ends of the steps."""
        return iteration if len(self._steps) < STEPS else super().next(iteration)

    def see(self, it: Iterate) -> None:
        """Write the step down that led to an iterate."""
        if not self.attends:
            return
        last, self._last = self._last, it
        if last is None or len(self._steps) >= STEPS or it.iteration != last.iteration + 1:
            return
        sign = -1.0 if self._problem.maximize else 1.0
        before, after = (self._show(sign * x) for x in (last.value, it.value))
        head = f"step {it.iteration:,}: f goes from {before} to {after}"
        if not self._teller.is_at(it.iteration):
            steps = [f"{head} by a step of Newton's method, which ends the descent"]
        else:
            steps = [head, *self._teller.step(last, it)]
            more = self._problem.size - len(self._labels)
            if more:
                steps.append(f"  ... and {counted(more, 'more parameter')}")
        self._steps.append(steps)

    def lines(self) -> Iterator[str]:
        """The rule, and the steps."""
        if not self._steps:
            if self.attends:
                yield "No step to write out: the descent ends where it starts"
            return
        yield (
            f"The first {len(self._steps)} steps written out"
            if len(self._steps) > 1
            else ("The first step written out")
        )
        for line in self._teller.rule():
            yield f"  {line}"
        if self._problem.maximize:
            yield "  g is the gradient of -f, which goes down while f rises"
        if self._problem.decay:
            yield f"  g has {self._show(self._problem.decay)} times the parameter, weight decay"
        for step in self._steps:
            yield from step


def _teller(
    method: Method, problem: Problem, labels: Sequence[str], show: Callable[[Any], str]
) -> _Teller:
    if isinstance(method, Stepping):
        return _ByRule(method, problem, labels, show)
    if isinstance(method, Searching):
        return _BySearch(method, problem, labels, show)
    by_pairs = isinstance(method, LimitedMemory)
    if isinstance(method, Library):
        by_pairs = method.method == "lbfgs"
    kind = _ByPairs if by_pairs else _ByNewton
    return kind(method, problem, labels, show)


class _Teller:
    """Says what one kind of method does in a step."""

    def __init__(
        self, method: Any, problem: Problem, labels: Sequence[str], show: Callable[[Any], str]
    ) -> None:
        self.method, self.problem, self.labels, self.show = method, problem, labels, show

    def is_at(self, iteration: int) -> bool:
        """Whether the method itself has come to an iteration."""
        return bool(self.method.iteration >= iteration)

    def rule(self) -> list[str]:
        """The rule in symbols."""
        raise NotImplementedError

    def step(self, last: Iterate, it: Iterate) -> list[str]:
        """The rule in numbers."""
        raise NotImplementedError

    def factor(self, number: Any) -> str:
        """A number as a factor or a second term: a negative one in brackets."""
        return bracketed(self.show(number))

    def along(self, last: Iterate, it: Iterate, t: float, d: Vector) -> list[str]:
        """`x1 ← 2 + 0.5·(-12) = -4` for each number of the point."""
        return [
            f"  {label} ← {self.show(x)} + {self.show(t)}·{self.factor(by)} = "
            + self.there(new, x + t * by)
            for label, x, by, new in zip(self.labels, last.point, d, it.point, strict=False)
        ]

    def there(self, new: float, aimed: float) -> str:
        """Where a step has led, and why not to where it aimed."""
        low, high = self.problem.lower, self.problem.upper
        at_bound = low is not None and high is not None and (new in low or new in high)
        if at_bound and abs(new - aimed) > SAME * max(abs(new), abs(aimed)):
            return f"{self.show(aimed)}, moved to its bound {self.show(new)}"
        return self.show(new)


class _ByRule(_Teller):
    """An update rule at a rate."""

    def __init__(self, method: Stepping, *others: Any) -> None:
        super().__init__(method, *others)
        self.state = method.block.state
        self.written = WrittenRule(method.stepper, [*self.labels, *self.problem.free])

    def is_at(self, iteration: int) -> bool:
        return bool(self.method.block.iteration >= iteration)

    def rule(self) -> list[str]:
        """The rule's lines, and what limits the gradient."""
        stepper = self.method.stepper
        lines = self.written.in_symbols()
        lines[0] += "   (g is df/dx)"
        if stepper.method in MEANINGS:
            lines.append(MEANINGS[stepper.method])
        limits = {"each component": stepper.clip_value, "its length": stepper.clip_norm}
        found = [f"{what} to {self.show(x)}" for what, x in limits.items() if x is not None]
        return [*[f"g is limited, {x}" for x in found], *lines]

    def step(self, last: Iterate, it: Iterate) -> list[str]:
        stepper, rate = self.method.stepper, self.method.stepper.schedule.at(np, last.iteration)
        plain = replace(stepper, lower=None, upper=None)
        g = stepper.used(np, last.point, last.gradient)
        aimed, state = plain.advance(
            np, last.point, last.gradient, self.state, float(last.iteration)
        )
        lines = []
        for k, label in enumerate(self.labels):
            old, new = ([_at(part, k) for part in parts] for parts in (self.state, state))
            results = dict(zip(self.written.letters, new, strict=True))
            values = (last.point[k], g[k], rate, *old)
            for target, text in self.written.in_numbers(values, results, self.show):
                is_point = target == "x"
                result = self.there(it.point[k], aimed[k]) if is_point else results[target]
                result = result if is_point else self.show(result)
                name = label if is_point else target
                lines.append(f"  {name} ← {text} = {result}")
        self.state = state
        return lines


def _at(part: Any, k: int) -> float:
    """Number k of a vector of the rule's state, or the number that all share."""
    return float(part[k]) if np.ndim(part) else float(part)


class _BySearch(_Teller):
    """Gradient descent, or conjugate gradients, with a line search."""

    direction: Vector | None = None

    def rule(self) -> list[str]:
        direction = "-g" if not self.method.conjugate else "-g + β·d, conjugate to the last d"
        low = f"the new f ≤ f + {DECREASE:g}·g·Δx, Δx = t·d"
        search = self.method.search.__name__
        flat = f" and |slope| ≤ {SLOPE_LEFT:g} of that at x" if search == "wolfe" else ""
        return [
            f"d ← {direction}   (g is df/dx)",
            f"x ← x + t·d, t from the line search ({search}): {low}{flat}",
        ]

    def step(self, last: Iterate, it: Iterate) -> list[str]:
        t, d, before = self.method.length, self.method.direction, self.direction
        self.direction = d
        linear = float(last.gradient @ (it.point - last.point))
        bound = last.value + DECREASE * linear
        told = "its slope is flatter, for rounding hides the decrease"
        if it.value <= bound:
            told = f"{self.show(it.value)} ≤ {self.show(last.value)} + {DECREASE:g}·"
            told += f"{self.factor(linear)} = {self.show(bound)}"
        lines = [f"  t = {self.show(t)}: {told}"]
        beta = None
        if self.method.conjugate and before is not None:
            beta = _ratio((d + last.gradient) @ before, before @ before)
            if vector_norm(d + last.gradient - beta * before) > SAME * vector_norm(d):
                beta = None
        moved = self.along(last, it, t, d)
        for k, line in enumerate(moved):
            g, by = -last.gradient[k], self.show(d[k])
            if beta is not None and before is not None:
                lines.append(
                    f"  d ← {self.show(g)} + {self.factor(beta)}·{self.factor(before[k])} = {by}"
                )
            elif self.method.conjugate:
                lines.append(f"  d ← {by}")
            lines.append(line)
        return lines


class _ByPairs(_Teller):
    """L-BFGS: a direction from the last changes of point and gradient."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.pairs: list[tuple[Vector, Vector]] = []

    def rule(self) -> list[str]:
        search = "SciPy's line search" if isinstance(self.method, Library) else "the line search"
        return [
            "d ← -H·g   (g is df/dx; H stands for the inverse of the Hessian: 1 at first, then "
            "such that H·y = s for a change s of x and the change y of g that it brought)",
            f"x ← x + t·d, t from {search}",
        ]

    def step(self, last: Iterate, it: Iterate) -> list[str]:
        d = -_two_loops(last.gradient, self.pairs)
        moved = it.point - last.point
        turned = it.gradient - last.gradient
        if float(moved @ turned) > 0:  # others tell nothing of a minimum
            self.pairs.append((moved, turned))
        t = _ratio(moved @ d, d @ d)
        if vector_norm(moved - t * d) > SAME * vector_norm(moved):
            return [*_plain(self, last, it), "  (bounds, or units of their own, turned it from d)"]
        return [f"  t = {self.show(t)}", *self.along(last, it, t, d)]


def _ratio(a: float, b: float) -> float:
    """A quotient of products; 0 where the second is, its numbers being below float64."""
    return float(a) / float(b) if b else 0.0


def _two_loops(gradient: Vector, pairs: Sequence[tuple[Vector, Vector]]) -> Vector:
    """H g by the two-loop recursion. Source: Nocedal & Wright, 2nd ed., algorithm 7.4."""
    q, kept = gradient.astype(float), []
    for s, y in reversed(pairs):
        rho = _ratio(1.0, s @ y)
        a = rho * float(s @ q)
        q = q - a * y
        kept.append((s, y, rho, a))
    if pairs:
        s, y = pairs[-1]
        q = (_ratio(s @ y, y @ y) or 1.0) * q
    for s, y, rho, a in reversed(kept):
        q = q + (a - rho * float(y @ q)) * s
    return q


def _plain(teller: _Teller, last: Iterate, it: Iterate) -> list[str]:
    """`x1 ← 2 + (-0.5) = 1.5`."""
    moved = it.point - last.point
    return [
        f"  {label} ← {teller.show(x)} + {teller.factor(by)} = {teller.show(new)}"
        for label, x, by, new in zip(teller.labels, last.point, moved, it.point, strict=False)
    ]


class _ByNewton(_Teller):
    """Newton's method in a trust region."""

    def rule(self) -> list[str]:
        return [
            "H·p = -g, solved by conjugate gradients as far as it is worth, within a radius "
            "(g is df/dx, H the Hessian)",
            "x ← x + p",
        ]

    def step(self, last: Iterate, it: Iterate) -> list[str]:
        moved = it.point - last.point
        turned = self.problem.curvature(last.point, moved)
        reached, wanted = (
            ", ".join([self.show(x) for x in vector[: len(self.labels)]])
            for vector in (turned, -last.gradient)
        )
        return [f"  H·p = ({reached}), -g = ({wanted})", *_plain(self, last, it)]
