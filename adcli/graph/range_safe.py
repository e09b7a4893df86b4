"""Products that leave the range of float64 only where the program's own do.

x^2*y*x^3 is not x^5*y where y makes up for an x^5 that is too large. So factors stay in the order
in which the program multiplies, a product on the right stays in its brackets, and powers of a base
are joined only where nothing but numbers stands beside them, or where one takes away from the other
(y*x^3/x). Each intermediate result is then one of the program's, or the final one, but for numbers
of moderate size, which go to the front.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from adcli.graph import exact
from adcli.graph.exact import Number, reduced
from adcli.graph.factors import Exponents
from adcli.graph.primitives import NAMED

Product = tuple[Number, list[tuple[int, Exponents]]]
"""A number, and factors in the order of multiplication."""

_MODERATE = 2**20
"""Numbers up to this size, and their inverses, change the range by next to nothing."""


def joined(make: Any, left: Product, right: Product, e: int = 1) -> Product:
    """left*right, or left/right for e = -1. The list of the left one is used again.

    `make` is a pass of adcli.graph.simplify. A product to read has each base of both, unjoined.
    """
    c, factors = left
    k, others = right
    if e < 0 and k == 0:  # a division by 0 stays
        k, others = 1, [(make.product(k, tuple(others)), (1,))]
    elif e < 0 and any(min(xs) < 0 and not make.is_never_zero(base) for base, xs in others):
        others = [(make.product(1, tuple(others)), (1,))]  # so does one by 1/0
    c, k = _scaled(c, k, e, bool(len(factors) > 1 or (factors and others)))
    if k != 1:
        others = [(make.product(k, tuple(others)), (1,))]
    elif not make.to_read and _count(others) > 1 and (factors or e < 0):
        others = [(make.product(1, tuple(others)), (1,))]
    for base, exponents in others:
        exponents = tuple([x * e for x in exponents])
        if make.to_read or c == 0 or not _absorbed(make, factors, base, exponents):
            factors.append((base, exponents))
    return c, factors


def _count(factors: list[tuple[int, Exponents]]) -> int:
    return sum([len(exponents) for _, exponents in factors])


def _scaled(c: Number, k: Number, e: int, far: bool) -> tuple[Number, Number]:
    """The number in front, and what stays where it is: a number of extreme size that is far."""
    total = reduced(c * k if e > 0 else Fraction(c) / k)
    small = max(abs(k.numerator), k.denominator) <= _MODERATE
    return (c, k) if exact.is_large(total) or (far and not small) else (total, 1)


def _absorbed(
    make: Any, factors: list[tuple[int, Exponents]], base: int, exponents: Exponents
) -> bool:
    """Whether a factor became part of one that is there."""
    if make.graph.ops[base] is NAMED:
        place = next((k for k, (known, _) in enumerate(factors) if known == base), None)
    else:
        place = len(factors) - 1 if factors and factors[-1][0] == base else None
    if place is None:
        return False
    known = factors[place][1]
    alone = len(factors) == 1 or make.graph.ops[base] is NAMED
    if not alone and not (make.is_positive(base) and len(known) == len(exponents) == 1):
        return False
    grows = len(known) == len(exponents) == 1 and known[0] * exponents[0] > 0
    if grows and (not alone or (known[0] < 0 and make.graph.args[base])):
        return False  # 1/f(x)/f(x) stays, for the sake of its derivative
    found = make.joined_exponents(base, (*known, *exponents))
    if len(found) > 1:  # x/x
        return False
    factors[place : place + 1] = [(base, found)] if found else []
    return True
