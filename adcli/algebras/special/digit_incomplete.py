"""The incomplete gamma and beta functions, and what they are integrals of, of mpmath numbers."""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

from mpmath import mp
from mpmath.libmp import NoConvergence

from adcli.algebras.special.betas import fraction, harmonic
from adcli.algebras.special.digit_betas import with_lost_digits
from adcli.algebras.special.digit_tools import (
    MOST_BITS,
    Number,
    is_integer,
    refuse_beyond,
    refuse_far,
)
from adcli.algebras.special.mixed_derivatives import (
    MOST_DERIVATIVES,
    bell_polynomials,
    product,
    table_of,
)
from adcli.errors import UsageError

Orders = tuple[int, int]

LARGEST = 100_000
"""Parameters and arguments to which mpmath takes seconds."""

MOST_DIGITS = 200
"""Digits beyond which derivatives in a parameter take seconds: mpmath has them by differences."""


def _refuse_large(name: str, *xs: Number) -> None:
    """Where all arguments are large, one is a giant or its reciprocal, or the first is tiny."""
    refuse_far(name, *xs)
    if min(xs) > LARGEST or mp.mag(xs[0]) < -100:
        raise UsageError(
            f"{name} takes minutes in many digits at such arguments", "leave --precision out"
        )


def _regularised(lower: bool, a: Number, x: Number) -> Number:
    ends = (0, x) if lower else (x, mp.inf)
    try:
        return mp.gammainc(a, *ends, regularized=True)
    except NoConvergence:
        raise UsageError(
            "gammainc does not converge in so many digits", "leave --precision out"
        ) from None


def gammainc(a: Number, x: Number) -> Number:
    """The regularised lower incomplete gamma function; nan unless a, x >= 0 and one is above 0."""
    return _share(True, a, x)


def gammaincc(a: Number, x: Number) -> Number:
    """1 - gammainc(a, x)."""
    return _share(False, a, x)


def _share(lower: bool, a: Number, x: Number) -> Number:
    """The part of the integral below x, or that above; all of it is below if a is 0."""
    if not (a >= 0 and x >= 0 and a + x > 0):
        return mp.nan
    if a == 0 or x == 0 or mp.isinf(x):
        is_below = a == 0 or x != 0
        return mp.one if is_below == lower else mp.zero
    _refuse_large("gammainc" if lower else "gammaincc", a, x)
    return _regularised(lower, a, x)


def _with_bits_of(xs: tuple[Number, ...], function: Callable[[], Number]) -> Number:
    """A value whose terms are as large as the numbers `xs`: they lose as many bits as these have
    before their points."""
    with mp.workprec(mp.prec + 30 + 2 * max([0, *(int(mp.mag(x)) for x in xs if x)])):
        value = function()
    return +value


def gammapdf(a: Number, x: Number) -> Number:
    """x^(a-1) exp(-x)/gamma(a), 0 for a = 0; nan unless a >= 0 and x >= 0."""
    if not (a >= 0 and x >= 0) or mp.isinf(a):
        return mp.nan
    if a == 0 or mp.isinf(x):
        return mp.zero
    if x == 0:
        return mp.inf if a < 1 else mp.one if a == 1 else mp.zero
    refuse_far("gammapdf", max(1, a, x))
    return _with_bits_of((a, x), lambda: mp.exp((a - 1) * mp.log(x) - x - mp.loggamma(a)))


def dgammapdf(n: Number, a: Number, x: Number) -> Number:
    """The n-th derivative of gammapdf in a; nan unless n is 0, 1, ... 4."""
    if not _are_orders(n):
        return mp.nan
    if n == 0 or not (a >= 0 and x > 0) or mp.isinf(x):
        return gammapdf(a, x) if n == 0 or (a > 1 and x >= 0) else mp.nan
    refuse_far("the derivative of gammapdf", a, x)
    order = int(n)

    # a times a function that is as smooth at a = 0 as elsewhere
    def factor() -> Number:
        slopes = {(k, 0): -mp.psi(k - 1, a + 1) for k in range(1, order + 1)}
        slopes[1, 0] += mp.log(x)
        bells = bell_polynomials(order, 0, slopes)
        return a * bells[order, 0] + order * bells[order - 1, 0]

    # The score cancels where a and x are near: the smaller one says how much.
    weight = _with_bits_of((a, x), lambda: mp.exp((a - 1) * mp.log(x) - x - mp.loggamma(a + 1)))
    return weight * _with_bits_of((min(a, x),), factor)


def dgammainc(n: Number, a: Number, x: Number) -> Number:
    """The n-th derivative of gammainc in a, n = 0 ... 4, from the side that is smaller."""
    if not (_are_orders(n) and a >= 0 and x >= 0 and a + x > 0):
        return mp.nan
    if n == 0:
        return gammainc(a, x)
    if x == 0 or mp.isinf(x):
        return mp.zero
    if 2 * x <= a or (a <= LARGEST and x <= max(2 * a, mp.prec)):  # the terms are few
        refuse_far("dgammainc", max(1, a), x)
        return _with_bits_of(
            (a or x,), lambda: with_lost_digits(lambda: _gamma_terms(int(n), a, x))
        )
    _refuse_large("dgammainc", a or x, x)
    refuse_beyond(MOST_DIGITS, "the derivative of gammainc in a")
    a = a or mp.ldexp(1, -mp.prec)
    lower = x <= a
    with mp.workprec(2 * mp.prec + 30):
        value = mp.diff(
            lambda t: _regularised(lower, t, x), a, int(n), h=mp.ldexp(a, -mp.prec // 3)
        )
    return value if lower else -value


def _gamma_terms(n: int, a: Number, x: Number) -> list[Number]:
    """Terms whose sum is the n-th derivative of gammainc in a: the derivatives of
    x^(a+k) exp(-x)/gamma(a+k+1) (DLMF 8.7.1)."""
    weight = mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1))
    slopes = {(p, 0): -mp.psi(p - 1, a + 1) for p in range(1, n + 1)}
    slopes[1, 0] += mp.log(x)

    def step(k: int) -> Number:
        for p in range(1, n + 1):
            slopes[p, 0] += (-1) ** p * factorial(p - 1) * (a + (k + 1)) ** -p
        return x / (a + (k + 1))

    return _series(weight, lambda: bell_polynomials(n, 0, slopes)[n, 0], step)


def _series(
    weight: Number, factor: Callable[[], Number], step: Callable[[int], Number]
) -> list[Number]:
    """The terms weight * factor() of a series, until the weights to come are too small to count.

    `step(k)` goes from term k to the next one: it has the ratio of their weights.
    """
    terms, k, ratio, largest = [], 0, mp.inf, mp.zero
    while ratio >= 1 or weight > mp.ldexp(largest, -mp.prec - 40) * (1 - ratio):
        terms.append(weight * factor())
        largest = max(largest, weight)
        ratio = step(k)
        weight, k = weight * ratio, k + 1
    return terms


def betainc(a: Number, b: Number, x: Number) -> Number:
    """The regularised incomplete beta function; nan unless 0 <= x <= 1, and a, b >= 0 and one is
    above 0."""
    if not (a >= 0 and b >= 0 and a + b > 0 and 0 <= x <= 1):
        return mp.nan
    if x in (0, 1) or a == 0 or b == 0:
        return mp.mpf(x == 1 or (a == 0 and x > 0))
    return _beta_integral(0, 0, a, b, x)


def betapdf(a: Number, b: Number, x: Number) -> Number:
    """x^(a-1) (1-x)^(b-1)/B(a, b); nan unless a, b > 0 and 0 <= x <= 1."""
    if not (a > 0 and b > 0 and 0 <= x <= 1) or mp.isinf(a + b):
        return mp.nan
    if x in (0, 1):
        end, other = (a, b) if x == 0 else (b, a)
        return mp.inf if end < 1 else other if end == 1 else mp.zero

    refuse_far("betapdf", max(1, a, b))

    def value() -> Number:
        log_beta = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
        return mp.exp((a - 1) * mp.log(x) + (b - 1) * mp.log1p(-x) - log_beta)

    return _with_bits_of((a, b), value)


def dbetapdf(i: Number, j: Number, a: Number, b: Number, x: Number) -> Number:
    """The derivative of betapdf of orders i in a and j in b; nan unless i + j is 0, 1, ... 4."""
    if not _are_orders(i, j):
        return mp.nan
    if i == j == 0:
        return betapdf(a, b, x)
    if not (min(a, b) >= 0 and max(a, b) > 0 and 0 <= x <= 1) or mp.isinf(a + b):
        return mp.nan
    if x in (0, 1):
        end, in_end, in_other = (a, i, j) if x == 0 else (b, j, i)
        at_1 = mp.nan if in_end else mp.mpf(in_other == 1)
        return mp.nan if min(a, b) == 0 else mp.zero if end > 1 else at_1 if end == 1 else mp.nan

    refuse_far("the derivative of betapdf", a, b, x)

    def value() -> Number:
        slopes = _log_derivatives(int(i), int(j), a, b, x)
        bells = bell_polynomials(int(i), int(j), slopes)
        shares = table_of(int(i), int(j), harmonic(a, b))
        return _weight(a, b, x) / (x * (1 - x)) * product(int(i), int(j), bells, shares)

    return _with_bits_of((a, b), value)


def dbetainc(i: Number, j: Number, a: Number, b: Number, x: Number) -> Number:
    """The derivative of betainc of orders i in a and j in b; nan unless i + j is 0, 1, ... 4."""
    if not (_are_orders(i, j) and min(a, b) >= 0 and max(a, b) > 0 and 0 <= x <= 1):
        return mp.nan
    if i == j == 0:
        return betainc(a, b, x)
    if mp.isinf(a + b) or (x in (0, 1) and (b if x else a) == 0):
        return mp.nan
    if x in (0, 1) or (a == i == 0) or (b == j == 0):
        return mp.zero
    if i == j and a == b and x == 0.5:  # the derivative of orders j and i there is less that one
        return mp.zero
    refuse_beyond(MOST_DIGITS, "the derivative of betainc in a and b")
    return _beta_integral(int(i), int(j), a, b, x)


def _beta_integral(i: int, j: int, a: Number, b: Number, x: Number) -> Number:
    """The derivative of betainc of orders i and j, or the value, for 0 < x < 1."""
    _refuse_large("betainc", max(a, b))
    if j == 0 and _is_tiny(b):  # 0 at b = 0, and linear in a tiny b
        return b * _beta_integral(i, 1, a, mp.zero, x)
    if i == 0 and j > 0 and _is_tiny(a):
        return a * _beta_integral(1, j, mp.zero, b, x)
    # Exact, unless that takes as many bits as a giant exponent.
    y = 1 - x if mp.mag(x) < -MOST_BITS else mp.fsub(1, x, exact=True)
    here, there = (i, j, a, b, x), (j, i, b, a, y)
    (*_, p, q, t) = here if x <= 0.5 else there
    # From 0 up to t converges fast; from t up to 1 cancels less, in the other's tail.
    if (x <= 0.5) == ((p + q) * t <= max(2 * p, mp.prec)):
        return with_lost_digits(lambda: _beta_terms(*here))
    whole = mp.mpf(i == j == 0)
    return with_lost_digits(lambda: [whole, *(-term for term in _beta_terms(*there))])


def _is_tiny(parameter: Number) -> bool:
    """Whether its square is beyond the digits, but it is not 0."""
    return parameter != 0 and bool(mp.mag(parameter) < -mp.prec - 60)


def _are_orders(i: Number, j: Number = 0) -> bool:
    return is_integer(i) and is_integer(j) and min(i, j) >= 0 and i + j <= MOST_DERIVATIVES


def _weight(a: Number, b: Number, x: Number) -> Number:
    """x^a (1-x)^b gamma(a+b+1)/(gamma(a+1) gamma(b+1))."""
    log_beta = mp.loggamma(a + 1) + mp.loggamma(b + 1) - mp.loggamma(a + b + 1)
    return mp.exp(a * mp.log(x) + b * mp.log1p(-x) - log_beta)


def _log_derivatives(i: int, j: int, a: Number, b: Number, x: Number) -> dict[Orders, Number]:
    """The table of log derivatives of that."""
    table: dict[Orders, Number] = {}
    for p, q in table_of(i, j, lambda p, q: None):
        order = p + q - 1
        if order >= 0:
            table[p, q] = mp.psi(order, a + b + 1)
            table[p, q] -= 0 if p and q else mp.psi(order, (a if p else b) + 1)
    if i:
        table[1, 0] += mp.log(x)
    if j:
        table[0, 1] += mp.log1p(-x)
    return table


def _beta_terms(i: int, j: int, a: Number, b: Number, x: Number) -> list[Number]:
    """Terms whose sum is the derivative: those of the weight times b/(a + b) times the sum over k
    of (a + b)_k/(a + 1)_k x^k (DLMF 8.17.8)."""
    weight, slopes = _weight(a, b, x), _log_derivatives(i, j, a, b, x)
    parts = table_of(i, j, fraction(a, b))

    def step(k: int) -> Number:
        for p, q in slopes:
            factor = (-1) ** (p + q - 1) * factorial(p + q - 1)
            slopes[p, q] += factor * (a + b + k) ** -(p + q)
            slopes[p, q] -= 0 if q else factor * (a + 1 + k) ** -p
        return x * (a + b + k) / (a + 1 + k)

    return _series(weight, lambda: product(i, j, bell_polynomials(i, j, slopes), parts), step)
