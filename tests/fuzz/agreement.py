"""Engines, modes and the printed program agree, up to what rounding explains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from mpmath import mp, mpf

import adcli
from adcli.ad.formulas import derivative_formulas
from adcli.errors import AdcliError
from adcli.function import Function
from adcli.graph.primitives import ELEMENTWISE
from adcli.graph.primitives import MATRIX as MATRIX_KIND
from adcli.report.formulas import formula_text
from tests.fuzz.campaign import Finding
from tests.fuzz.choices import Choices
from tests.fuzz.conditioning import DIGITS, EPS, Numbers, scatter
from tests.fuzz.generated_code import run_code
from tests.fuzz.programs import MATRIX, NUMBER, VECTOR, Writer, point
from tests.ways import MODES

TASKS = ("value_and_gradient", "value_and_gradient", "jacobian", "hessian")

RELATIVE = 1e-12
"""What engines may differ by for the rounding inside of one operation."""

SCATTER = 30
"""Times what random rounding errors do: they may all point one way."""

FAR = 1e100
"""Beyond it, or its inverse, floats may leave their range on the way."""

MANY_DIGITS = 1000
"""Digits in which forms that cancel are right."""

TINY = 1e-290
"""Below it floats lose their digits, and then their numbers."""

LIMIT = "limit"
"""What takes minutes in many digits, as an error that advises another precision says."""

Way = dict[str, Any]


def agreement(c: Choices) -> str:
    """A program at a point: value and derivatives by every engine, mode and the printed text."""
    writer = Writer(c, arrays=c.below(2) == 1)
    task = c.of(TASKS)
    kind = c.of((NUMBER, VECTOR, MATRIX)) if writer.arrays and task == "jacobian" else NUMBER
    text = writer.program(kind)
    try:
        f = adcli.function(text)
    except AdcliError:
        return "refused"
    where = point(c, f.variables)
    c.case = f"{task} of {text!r} at {where}"
    with mp.workdps(DIGITS + 20):
        return Case(f, where, task, c).check()


class Case:
    """A function, a point and what is asked."""

    def __init__(self, f: Function, where: dict[str, Any], task: str, c: Choices) -> None:
        self.f = f
        self.where = where
        self.exact = {name: _exact(value) for name, value in where.items()}
        self.task = task
        self.c = c
        self._is_scalar = f.is_scalar and all(isinstance(x, float) for x in where.values())

    def check(self) -> str:
        """Compare the engines, and where they differ, or now and then, everything with the reverse
        mode in many digits."""
        if self.c.below(6) and self._floats_agree():
            return "agree"
        reference = self.result(self.f, {"precision": DIGITS})
        if reference == LIMIT:
            return "too long"
        if isinstance(reference, str) and reference != "DomainError":
            return self._all_refuse(reference)
        if self.task == "hessian" and not isinstance(reference, str):
            self._check_symmetry()
        self._check_modes(reference)
        self._check_text(reference)
        self._check_formula(reference, "the printed derivative differs", self._printed)
        self._check_formula(reference, "the shown derivative differs", self._shown)
        for way in self._float_ways():
            self._check_way(way, reference)
        if self.task == "value_and_gradient" and self.where and len(self.f.outputs) == 1:
            self._check_rows(reference)
            self._check_code(reference)
        return "not finite" if isinstance(reference, str) else "agree"

    def result(self, f: Function, way: Way, where: dict[str, Any] | None = None) -> Numbers | str:
        """The numbers by one way, or the kind of the error."""
        where = (self.exact if "precision" in way else self.where) if where is None else where
        try:
            return flat(getattr(f, self.task)(where, **way))
        except AdcliError as error:
            is_limit = "precision" in way and "--precision" in str(error.hint)
            return LIMIT if is_limit else type(error).__name__

    def _ask(self, f: Function, where: dict[str, Any]) -> Numbers:
        return flat(getattr(f, self.task)(where, precision=DIGITS, wrt=self.f.names(None)))

    def _float_ways(self) -> Iterator[Way]:
        for engine in ["numpy", "python"][: 1 + self._is_scalar]:
            yield {"engine": engine, "mode": self.c.of(MODES)}

    def _floats_agree(self) -> bool:
        ways = [
            *({"engine": "numpy", "mode": self.c.of(MODES)}, {"engine": "numpy"}),
            *([{"engine": "python"}] if self._is_scalar else []),
        ]
        first, *others = [self.result(self.f, way) for way in ways]
        if isinstance(first, str):
            return False
        return all(
            not isinstance(other, str)
            and len(other) == len(first)
            and all(abs(a - b) <= RELATIVE * abs(b) for a, b in zip(first, other, strict=True))
            for other in others
        )

    def _all_refuse(self, reference: str) -> str:
        for way in self._float_ways():
            found = self.result(self.f, way)
            if found not in (reference, "DomainError"):
                raise self.finding(f"{way['engine']} does not refuse what digits do", reference)
        return "refused"

    def _check_symmetry(self) -> None:
        for way in self._float_ways():
            try:
                _, blocks = self.f.hessian(self.where, **way)
            except AdcliError:
                continue
            for a, row in blocks.items():
                for b, block in row.items():
                    other = np.asarray(blocks[b][a])
                    axes = [*range(np.ndim(self.where[b]), other.ndim)]
                    turned = other.transpose([*axes, *range(np.ndim(self.where[b]))])
                    if not np.array_equal(np.asarray(block), turned):
                        raise self.finding(f"the Hessian is not symmetric ({way['engine']})", way)

    def _check_modes(self, reference: Numbers | str) -> None:
        mode = self.c.of(("forward", "symbolic"))
        found = self.result(self.f, {"precision": DIGITS, "mode": mode})
        self.compare(found, reference, f"{mode} and reverse differ in {DIGITS} digits", 1e-25)

    def _check_text(self, reference: Numbers | str) -> None:
        if self.c.below(4) or self.f.codes:  # which a text cannot bind to numbers
            return
        shown = str(self.f)
        try:
            again = adcli.function(shown)
        except AdcliError as error:
            raise self.finding("the printed program does not parse", (shown, error)) from None
        if set(again.variables) != set(self.f.variables):
            return
        found = self.result(again, {"precision": DIGITS}, {n: self.exact[n] for n in again.inputs})
        order = self.result(self.f, {"precision": DIGITS, "wrt": again.names(None)})
        if order != "DomainError":  # x - x, written as 0, may have stood where nothing is defined
            # Of a pole on the way, as in atanh(log(e)), only a rewritten program may be sure.
            if isinstance(found, str) and not isinstance(order, str) and self._may_fail(order):
                return
            self.compare(found, order, "the printed program differs", 1e-25)

    def _check_formula(
        self, reference: Numbers | str, what: str, value: Callable[[str, Any], Any]
    ) -> None:
        """A derivative as a formula that is read back: `value` has its value, of the variable that
        it is by and the value it should have."""
        if self.task != "value_and_gradient" or not self._is_scalar or self.c.below(3):
            return
        if isinstance(reference, str) or not self.f.variables or self.f.codes:
            return
        k = self.c.below(len(self.f.variables))
        try:
            found = value(self.f.variables[k], reference[k + 1])
        except AdcliError:  # of a pole
            return
        numbers = [*reference[: k + 1], found, *reference[k + 2 :]]
        self.compare(numbers, reference, what, 1e-25)

    def _printed(self, name: str, _: Any) -> Any:
        """A derivative as it is printed."""
        printed = adcli.function(str(self.f.derivative(name)))
        return printed.value(self.exact, precision=DIGITS)

    def _shown(self, name: str, expected: Any) -> Any:
        """A derivative as `adcli diff` shows it.

        It is equal in real arithmetic, but textbook forms cancel where the engine's do not: 1 -
        tanh(x)^2 loses 26 of 40 digits at x = 30. So no tolerance is loosened: where a formula
        differs, it must agree once it has digits enough. At kinks and poles it has no value.
        """
        shown = derivative_formulas(self.f.shown, [name], to_read=True)
        printed = adcli.function(formula_text(shown, share=True))
        where = {name: self.exact[name] for name in printed.variables}
        found = printed.value(where, precision=DIGITS)
        if abs(found - expected) > 1e-25 * abs(found):
            found = printed.value(where, precision=MANY_DIGITS)
        return found

    def _check_way(self, way: Way, reference: Numbers | str) -> None:
        found = self.result(self.f, way)
        self.compare(found, reference, f"{way['engine']} {way['mode']} differs", RELATIVE)

    def _check_rows(self, reference: Numbers | str) -> None:
        """The same point in three rows, by machine code or by arrays."""
        engine = self.c.of(("llvm", "llvm", "numpy"))
        columns = {name: np.array([value] * 3) for name, value in self.where.items()}
        found: Numbers | str
        try:
            batch = self.f.map(columns, engine=engine, mode=self.c.of(MODES))
            found = flat((batch.values[1], {n: g[1] for n, g in batch.gradients.items()}))
        except AdcliError as error:
            found = type(error).__name__
            if engine == "llvm" and found == "UsageError":  # it has not all functions
                return
        self.compare(found, reference, f"rows by {engine} differ", RELATIVE)

    def _check_code(self, reference: Numbers | str) -> None:
        """The point through generated code, which has nan or an infinity for an error."""
        if self.c.below(3) or self.f.codes:
            return
        target = self.c.of(("numpy", "python")[: 1 + self._is_scalar])
        try:
            answer = run_code(self.f, self.where, target)
        except IndexError:  # of data that are not places, which has no nan
            self.compare("DomainError", reference, f"{target} code differs", RELATIVE)
            return
        if answer is None:
            return
        value, gradient = answer
        of_point = {name: np.shape(x) for name, x in self.where.items()}
        whole = {
            n: np.broadcast_to(gradient[n], of_point[n]) for n in self.f.variables if n in gradient
        }
        found: Numbers | str = flat((value, whole))
        if not all(np.isfinite(float(x)) for x in found):
            found = "DomainError"
        self.compare(found, reference, f"{target} code differs", RELATIVE)

    def compare(
        self, found: Numbers | str, reference: Numbers | str, what: str, relative: float
    ) -> None:
        """Raise a finding if numbers differ by more than rounding explains."""
        if isinstance(found, str) and isinstance(reference, str):
            return  # of two mistakes either may be told
        if found == LIMIT:
            return
        exactly = relative < EPS
        if isinstance(found, str) or isinstance(reference, str):
            if found in ("LanguageError", "UsageError"):
                raise self.finding(what, (found, reference))
            if not exactly and (self.is_far() or self._may_fail(reference)):
                return
            raise self.finding(f"{what}: one has no value", (found, reference))
        if len(found) != len(reference):
            raise self.finding(f"{what}: in shape", (found, reference))
        if all(
            abs(mpf(a) - b) <= relative * abs(b) + TINY
            for a, b in zip(found, reference, strict=True)
        ):
            return
        if self.is_far():
            return
        spread = self._scatter()
        if spread is None:
            return
        scale = SCATTER if not exactly else relative / EPS
        floor = TINY
        if any(self.f.graph.ops[i].kind == MATRIX_KIND for i in self.f.order):
            # Sweeps through LAPACK are right to the norm of what flows: where exact elements are 0
            # for every matrix, such as dL[0, 0]/dA[2, 2] of a Cholesky factor, rounding stays.
            floor += EPS * SCATTER * max(map(abs, reference))
        for a, b, s in zip(found, reference, spread, strict=True):
            if not abs(mpf(a) - b) <= relative * abs(b) + scale * s + floor:
                numbers = (float(a), mp.nstr(b, 20), float(s))
                raise self.finding(what, numbers)

    def _may_fail(self, reference: Numbers | str) -> bool:
        """Whether rounding may lead to a pole, or off the domain."""
        spread = self._scatter()
        if spread is None or isinstance(reference, str):
            return spread is None
        if any(SCATTER * s >= abs(b) > 0 for s, b in zip(spread, reference, strict=True)):
            return True
        return self._is_lost_on_the_way()

    def _is_lost_on_the_way(self) -> bool:
        """Whether rounding leaves no digit of some value on the way, so that floats may meet a pole
        although the result does not move: 0*polygamma(1, cot(tau)), where cot is 1e51 or -1e15. Or
        a matrix is singular but for rounding, as 1e16 + 4*eye(3)."""
        ops = self.f.graph.ops
        nodes = [i for i in self.f.order if ops[i].kind in (ELEMENTWISE, MATRIX_KIND)]
        f = Function(self.f.graph, nodes, self.f.text)

        def ask(f: Function, where: dict[str, Any]) -> Numbers:
            return flat((f.value(where, precision=DIGITS), {}))

        try:
            spread = scatter(f, self.exact, ask)
            values = ask(f, self.exact)
        except AdcliError:
            return True
        if any(self._has_tie(i) for i in self.f.order if ops[i].name == "eigvalsh"):
            return True
        return spread is None or any(s >= abs(b) > 0 for s, b in zip(spread, values, strict=True))

    def _has_tie(self, node: int) -> bool:
        """Whether two of these eigenvalues are so near that floats may find them equal, which then
        have no derivative each."""
        f = Function(self.f.graph, [node], self.f.text)
        values = f.value({name: self.exact[name] for name in f.inputs}, precision=DIGITS)
        return min(np.diff(values), default=1) <= SCATTER * len(values) * EPS * max(abs(values))

    def _scatter(self) -> Numbers | None:
        try:
            second = self.task == "hessian"
            return scatter(self.f, self.exact, self._ask, inputs=second, second=second)
        except AdcliError:
            return None

    def is_far(self, far: float = FAR) -> bool:
        """Whether a value on the way is so large or so small that floats may lose it, or a 0 whose
        sign decides, which many digits have not."""
        from adcli.ad.tasks import Task

        try:
            results = self.f.swept(self.exact, Task("value"), precision=DIGITS)
        except AdcliError:
            return True
        graph, values = self.f.graph, results.run.values
        signed = {a for i in self.f.order if graph.ops[i].name == "atan2" for a in graph.args[i]}
        if any(np.any(np.asarray(values[i], dtype=object) == 0) for i in signed):
            return True
        for value in values:
            for x in np.ravel(np.asarray(value, dtype=object)):
                if x is not None and not (x == 0 or 1 / far < abs(x) < far):
                    return True
        return False

    def finding(self, symptom: str, details: Any) -> Finding:
        """What was found."""
        return Finding(f"{symptom} ({self.task})", f"{self.c.case}\n  {details}")


def _exact(value: Any) -> Any:
    """A float's own number, of which its shortest digits are only near."""
    if isinstance(value, list):
        return np.array([_exact(x) for x in value], dtype=object)
    return mpf(value)


def flat(found: Any) -> Numbers:
    """All numbers of a result, the value's first."""
    value, rest = found
    numbers = (
        list(np.ravel(np.asarray(value, dtype=object)))
        if not isinstance(value, list)
        else [x for part in value for x in np.ravel(np.asarray(part, dtype=object))]
    )
    stack = [rest[name] for name in rest]
    while stack:
        each = stack.pop(0)
        if isinstance(each, dict):
            stack = [*each.values(), *stack]
        elif isinstance(each, list):
            stack = [*each, *stack]
        else:
            numbers += list(np.ravel(np.asarray(each, dtype=object)))
    return numbers
