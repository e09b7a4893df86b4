"""Products as factors with exponents, and when exponents may be joined."""

from __future__ import annotations

from typing import Any

from adcli.graph import exact
from adcli.graph.exact import Number, reduced

Exponents = tuple[Number, ...]
Factors = tuple[tuple[int, Exponents], ...]
"""Bases with their exponents. A base has several where joining them would enlarge the domain."""


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
