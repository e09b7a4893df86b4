"""Products as factors with exponents, and when exponents may be joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adcli.graph import exact
from adcli.graph.exact import Number, reduced

Exponents = tuple[Number, ...]
Factors = tuple[tuple[int, Exponents], ...]
"""Bases with their exponents. A base has several where joining them would enlarge the domain."""

_SHORT = 8


def domain_flags(exponent: Number) -> int:
    """The domain of x^exponent: bit 1 if x must not be 0, bit 2 if x must not be negative."""
    return (exponent < 0) | (2 if exponent.denominator != 1 else 0)


def raised(value: Number, exponents: Exponents) -> Number | None:
    """The product of all powers; None where one has no exact value."""
    result: Number = 1
    for x in exponents:
        factor = exact.power(value, x)
        if factor is None:
            return None
        result = reduced(result * factor)
    return result


def like(products: Mapping[int, tuple[Number, Factors]], factors: Factors) -> Any:
    """A key that like terms share: the factors in any order, short products in brackets as well."""
    if len(factors) == 1 and factors[0][0] not in products:
        return factors
    powers: dict[tuple[int, int], Number] = {}
    others = []
    waiting = list(factors)
    while waiting:
        base, exponents = waiting.pop()
        c, inside = products.get(base, (0, ()))
        if exponents == (1,) and c == 1 and len(inside) <= _SHORT:
            waiting += inside
            continue
        for x in exponents:
            if x.denominator == 1:
                key = base, int(x < 0)
                powers[key] = powers.get(key, 0) + x
            else:
                others.append((base, x))
    return tuple(sorted([*others, *((base, x) for (base, _), x in powers.items())]))


def as_factors(collected: dict[Any, tuple[int, list[Number]]]) -> Factors:
    """Bases with positive exponents where they stand first, and so for negative ones."""
    found = []
    for key, (base, exponents) in collected.items():
        if type(key) is tuple and len(key) == 1:
            exponents = [x for x in collected[key[0]][1] if x < 0]
        elif (key,) in collected:
            exponents = [x for x in exponents if x > 0]
        if exponents:
            found.append((base, tuple(exponents)))
    return tuple(found)
