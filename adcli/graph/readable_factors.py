"""Factors of formulas that are read: each base once, with the sum of its exponents.

Roots are powers with a fraction as their exponent, exponentials powers of e, so that sqrt(x)^3 and
x*sqrt(x) are x^(3/2), and exp(a)*exp(b) is exp(a + b). Where a base loses an exponent that kept it
from being 0 or negative (x/x, sqrt(x)^2), `lost` notes the condition.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

from adcli.graph import exact
from adcli.graph.exact import Number, magnitude, reduced
from adcli.graph.primitives import CONSTANT, NAMED, POWER, PRIMITIVES
from adcli.graph.simplify import Simplification
from adcli.graph.simplify_nodes import Factors, domain_flags

NOT_ZERO, NOT_NEGATIVE, DEFINED = 1, 2, 4
"""Conditions: bits of a domain as `domain_flags` has them, and that a node is defined."""

ABS, EXP, LOG, SIGN, SQRT = (PRIMITIVES[name] for name in ("abs", "exp", "log", "sign", "sqrt"))
_CBRT, _GREATER = PRIMITIVES["cbrt"], PRIMITIVES["greater"]
_QUOTIENTS = {("sin", "cos"): ("tan", "cot"), ("sinh", "cosh"): ("tanh", "coth")}
_PARTS = {name: (above, below) for (above, below), names in _QUOTIENTS.items() for name in names}
_POSITIVE = {"exp", "exp2", "cosh", "sech", "gauss", "normpdf", "normcdf", "sigmoid", "softplus"}
_NOT_NEGATIVE = {"abs", "sqrt", "hypot", "norm", "std", "var", "relu", "radius"}

MOST_FACTORS = 12
"""Factors of a product that is taken apart wherever it is used."""

Addend = tuple[Number, Factors]
"""A coefficient and factors."""


class _Collected:
    """The factors of a product while they are collected."""

    def __init__(self) -> None:
        self.number: Number = 1
        self.exponents: dict[int, Number] = {}
        self.flags: dict[int, int] = {}
        self.symbolic: dict[int, list[tuple[Number, int]]] = {}

    def add(self, base: int, x: Number) -> None:
        """Multiply by base^x."""
        self.exponents[base] = reduced(self.exponents.get(base, 0) + x)
        self.flags[base] = self.flags.get(base, 0) | domain_flags(x)


class ReadableFactors(Simplification):
    """Factors in one walk. `decimals` says whether numbers are written as decimals.

    `lost` has, by node of the program, what its formula no longer asks of other nodes.
    """

    def __init__(self, *given: Any, decimals: bool) -> None:
        self.lost: dict[int, set[tuple[int, int]]] = {}
        self.at = -1
        self.is_quiet = False
        self.decimals = decimals
        self.terms_of: dict[int, list[Addend]] = {}  # of short sums
        self.joins_quotients = True  # sin(x)/cos(x) as tan(x), not the other way round
        self.signs: dict[int, int] = {}  # of products and sums, as `sign_of` has them
        super().__init__(*given)

    def find_positive(self) -> set[int]:
        """None: what the argument of a logarithm is known to be is no longer said without it."""
        return set()

    def lose(self, base: int, condition: int) -> None:
        """Note what the formula of the node `at` no longer asks of `base`."""
        sign = self.sign_of(base)
        if sign == 2 or self.graph.ops[base] is CONSTANT:
            condition &= DEFINED
        elif sign == 1:
            condition &= ~NOT_NEGATIVE
        if condition == NOT_ZERO and base in self.products:
            for factor, _ in self.products[base][1]:
                self.lose(factor, NOT_ZERO)
        elif condition and not self.is_quiet:
            self.lost.setdefault(self.at, set()).add((base, condition))

    def sign_of(self, node: int) -> int:
        """2 for a node that is positive wherever it is defined, 1 if it is not negative, else 0."""
        op, number = self.graph.ops[node], self.number(node)
        if number is not None:
            return 2 if number > 0 else 1 if number == 0 else 0
        if self.is_positive(node) or op.name in _POSITIVE:
            return 2
        if op.name in _NOT_NEGATIVE:
            return 1
        return self.signs.get(node, 0)

    def sign_of_term(self, c: Number, factors: Factors) -> int:
        """`sign_of` for a product."""
        signs = [2 if c > 0 else 0]
        for base, (x,) in factors:
            sign = self.sign_of(base)
            signs.append(sign or int(x % 2 == 0 or x.denominator == 2))
        return min(signs)

    def lose_all(self, factors: Factors) -> None:
        """Note that a product is gone."""
        for base, (x,) in factors:
            self.lose(base, domain_flags(x))
            if (k := self.graph.ops[base].positive_input) is not None:
                self.lose(self.graph.args[base][k], NOT_ZERO | NOT_NEGATIVE)
            elif not self.is_total(base):
                self.lose(base, DEFINED)

    def primitive(self, node: int) -> tuple[Number, int]:
        """A sum as a number and a sum whose coefficients have no common factor."""
        raise NotImplementedError

    def sum_of(self, pairs: list[tuple[Number, int]]) -> int:
        """The sum of nodes with coefficients."""
        raise NotImplementedError

    def parted(self, node: int) -> tuple[Number, int]:
        """A sum as a whole number and what is not a number: y - 1 as -1 and y."""
        raise NotImplementedError

    def normal(self, c: Number, factors: Factors) -> Addend:
        """The number and the factors of a product, each base once with one exponent."""
        found = _Collected()
        found.number = c
        waiting = [(base, x) for base, xs in factors for x in xs][::-1]
        alone = c == 1 and waiting[0][1] == 1 if len(waiting) == 1 else False
        while waiting:
            base, x = waiting.pop()
            waiting += self._taken_apart(found, base, x, alone)[::-1]
        self._join_exponents(found)
        self._join_functions(found)
        for base, flags in found.flags.items():
            missing = flags & ~domain_flags(found.exponents.get(base, 0))
            if missing:
                self.lose(base, missing)
        left = [(base, x) for base, x in found.exponents.items() if x != 0]
        left.sort(key=self._rank)
        return found.number, tuple([(base, (x,)) for base, x in left])

    def _rank(self, factor: tuple[int, Number]) -> int:
        """Numbers first, then variables and powers, exponentials, other functions, and sums."""
        op = self.graph.ops[factor[0]]
        if not self.graph.args[factor[0]]:
            return 0 if op in (CONSTANT, NAMED) else 1
        return 4 if factor[0] in self.terms_of else {POWER: 1, EXP: 2}.get(op, 3)

    def _taken_apart(
        self, found: _Collected, base: int, x: Number, alone: bool
    ) -> list[tuple[int, Number]]:
        """Put base^x into what is found, or say which powers it is a product of."""
        number = self.number(base)
        if number is not None:
            return self._number_raised(found, base, number, x)
        op, args = self.graph.ops[base], self.graph.args[base]
        whole = x.denominator == 1
        if base in self.products and len(self.products[base][1]) <= MOST_FACTORS:
            return self._product_raised(found, base, x)
        if op is EXP:
            found.symbolic.setdefault(-1, []).append((x, args[0]))
        elif op is POWER and self.number(args[1]) is None:
            found.symbolic.setdefault(args[0], []).append((x, args[1]))
        elif op is ABS and whole and x % 2 == 0:
            return [(args[0], x)]
        elif op is SIGN and whole:
            self.lose(args[0], NOT_ZERO if x < 0 or x % 2 == 0 else 0)
            found.add(base, x % 2)
        elif op is _CBRT and (x / Fraction(3)).denominator == 1:
            return [(args[0], reduced(Fraction(x) / 3))]
        elif base in self.terms_of and not alone:
            c, rest = self.primitive(base)
            factor = self.number_power(c, x)
            found.number = reduced(found.number * (1 if factor is None else factor))
            found.add(base if factor is None else rest, x)
        else:
            found.add(base, x)
        return []

    def number_power(self, number: Number, x: Number) -> Number | None:
        """number^x where that is exact."""
        if x.denominator == 1:
            return exact.power(number, x)
        root = exact.UNARY["sqrt"](number) if x.denominator == 2 and number > 0 else None
        return None if root is None else exact.power(root, 2 * x)

    def _number_raised(
        self, found: _Collected, base: int, number: Number, x: Number
    ) -> list[tuple[int, Number]]:
        square = _square_in(number) if x.denominator == 2 else 1
        front = exact.power(square, reduced(2 * x))
        if square != 1 and front is not None:  # sqrt(8) is 2*sqrt(2)
            found.number = reduced(found.number * front)
            return [(self.constant(reduced(number / Fraction(square**2))), x)]
        value = self.number_power(number, x)
        if value is None:
            found.add(base, x)
            self._take_whole_powers(found, base, number)
        else:
            found.number = reduced(found.number * value)
        return []

    def _take_whole_powers(self, found: _Collected, base: int, number: Number) -> None:
        """sqrt(2)^3 is 2*sqrt(2), and 2/sqrt(2) is sqrt(2)."""
        total = found.exponents[base]
        if total.denominator == 1 or number == 0:
            return
        outside = int(total)
        if -1 < total < 0 and reduced(found.number / Fraction(number)).denominator == 1:
            outside = -1
        value = exact.power(number, outside)
        if value is not None:
            found.exponents[base] = reduced(total - outside)
            found.number = reduced(found.number * value)

    def _product_raised(self, found: _Collected, base: int, x: Number) -> list[tuple[int, Number]]:
        c, factors = self.products[base]
        if x.denominator == 1:
            power = exact.power(c, x)
            if power is None:  # a division by 0, or a giant
                found.add(base, x)
                return []
            found.number = reduced(found.number * power)
            for b, (y,) in factors:  # 1/(a/b) asks for b as well
                found.flags[b] = found.flags.get(b, 0) | domain_flags(y)
            return [(b, reduced(y * x)) for b, (y,) in factors]
        outside, inside = [], []
        for b, (y,) in factors:
            if len(factors) == 1 or (y % 2 == 0 and (y * x).denominator == 1):
                if y % 2 == 0 and self.sign_of(b) == 0:
                    b = self.node(ABS, b)
                outside.append((b, reduced(y * x)))
            else:
                inside.append((b, (y,)))
        factor = self.number_power(c, x)
        if factor is None and (c != 1 and not inside):
            found.add(base, x)
            return []
        if factor is not None:
            found.number = reduced(found.number * factor)
            c = 1
        if inside:
            found.add(self.product(c, tuple(inside)) if outside or factor else base, x)
        return outside

    # ---- joining ----

    def _join_exponents(self, found: _Collected) -> None:
        """exp(a)*exp(b) is exp(a + b), x^a*x^b is x^(a + b)."""
        for base, powers in found.symbolic.items():
            single = len(powers) == 1 and powers[0][0] == 1
            exponent = powers[0][1] if single else self.sum_of(powers)
            number = self.number(exponent)
            if base >= 0:
                self._join_power(found, base, exponent)
                continue
            c, factors = self.split(exponent)
            if len(factors) == 1 and factors[0][1] == (1,) and self.is_log(factors[0][0]):
                (x,) = self.graph.args[factors[0][0]]
                self.lose(x, NOT_ZERO | NOT_NEGATIVE)
                inner = self.normal(1, ((x, (c,)),))
                found.number = reduced(found.number * inner[0])
                for b, (y,) in inner[1]:
                    found.add(b, y)
            elif number != 0:
                found.add(self.node(EXP, exponent), 1)

    def _join_power(self, found: _Collected, base: int, exponent: int) -> None:
        """Multiply by base^exponent: x^y/x, which will be written as x^(y - 1)."""
        number = self.number(exponent)
        if number is not None:
            found.add(base, number)
            return
        self.lose(base, found.flags.pop(base, 0) & NOT_ZERO)
        whole, rest = self.parted(exponent)
        found.exponents[base] = reduced(found.exponents.get(base, 0) + whole)
        found.add(self.node(POWER, base, rest), 1)

    def is_quotient(self, node: int) -> bool:
        """Whether a node is a quotient of functions with a name: tan(x)."""
        return self.graph.ops[node].name in _PARTS

    def is_log(self, node: int) -> bool:
        """Whether a node is a natural logarithm."""
        return self.graph.ops[node] is LOG

    def _join_functions(self, found: _Collected) -> None:
        """sin(x)/cos(x) is tan(x); x*sign(x) is abs(x), x/abs(x) is sign(x); relu(x)*(x > 0) is
        relu(x)."""
        exponents, graph = found.exponents, self.graph
        for node in list(exponents):
            op, args = graph.ops[node], graph.args[node]
            if op.name in _PARTS and exponents[node] != 0:
                above, below = (self.node(PRIMITIVES[n], *args) for n in _PARTS[op.name])
                x = exponents[node]
                if op.name in ("cot", "coth"):
                    above, below = below, above
                together = exponents.get(above) or exponents.get(below)
                if together or not self.joins_quotients:
                    found.add(node, -x)
                    found.flags.pop(node)
                    found.add(above, x)
                    found.add(below, -x)
            elif op is SIGN and exponents[node] == 1:
                self._join_sign(found, node, args[0])
            elif op.name == "relu" and exponents[node] > 0:
                found.exponents.pop(self.node(_GREATER, args[0], self.constant(0)), None)
            elif op is ABS and exponents[node] == -1 and exponents.get(args[0], 0) == 1:
                exponents[node] = exponents[args[0]] = 0
                found.flags.pop(node)
                self.lose(args[0], NOT_ZERO)
                found.add(self.node(SIGN, args[0]), 1)
        for (above_name, below_name), names in _QUOTIENTS.items() if self.joins_quotients else ():
            self._join_quotients(found, above_name, below_name, names)

    def _join_sign(self, found: _Collected, node: int, x: int) -> None:
        """x*sign(x) is abs(x), and abs(x)*sign(x) is x."""
        size, exponents = self.node(ABS, x), found.exponents
        beside = exponents.get(size, 0)
        if beside % 2 == 1:
            exponents[node] = exponents[size] = 0
            found.add(x, beside)
        elif exponents.get(x, 0).denominator == 1 and exponents.get(x, 0) != 0:
            is_odd = exponents[x] % 2
            exponents[node] = 0
            exponents[x] -= 1
            found.add(size, 1)
            if not is_odd and exponents[x] < 0:
                exponents[x] += 2
                exponents[size] -= 2

    def _join_quotients(
        self, found: _Collected, above_name: str, below_name: str, names: tuple[str, str]
    ) -> None:
        exponents, graph = found.exponents, self.graph
        for node in list(exponents):
            if graph.ops[node].name != above_name:
                continue
            other = self.node(PRIMITIVES[below_name], *graph.args[node])
            x, y = exponents[node], exponents.get(other, 0)
            if x * y >= 0 or x.denominator != 1 or y.denominator != 1:
                continue
            k = min(magnitude(x), magnitude(y))
            k = k if x > 0 else -k
            exponents[node], exponents[other] = x - k, y + k
            found.flags[node] = found.flags[other] = 0
            name = names[0] if k > 0 else names[1]
            found.add(self.node(PRIMITIVES[name], *graph.args[node]), magnitude(k))


def _square_in(number: Number) -> int:
    """The largest whole number whose square divides a whole number of moderate size."""
    if number.denominator != 1 or not 1 < number <= 10_000:
        return 1
    return next(k for k in range(isqrt(number.numerator), 0, -1) if number % k**2 == 0)
