"""Definitions that generated functions need where the target's library lacks a function.

The C functions follow the engine's methods (`adcli.algebras.special`), with fma for its pairs of
floats. Next to a root of digamma and polygamma on the negative axis they are good to what rounding
the argument costs, where the engine counts in integers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from adcli.algebras.special.coefficients import (
    DIGAMMA2,
    DIGAMMA_ROOT,
    DIGAMMA_TAIL,
    EULER_MACLAURIN,
    ONE_LESS_EULER,
    ROOT,
)
from adcli.export.matrix_definitions import NUMPY as MATRICES


def _c_array(name: str, numbers: tuple[float, ...]) -> str:
    """A table of numbers; the length is the name in capitals."""
    rows = [", ".join(map(repr, numbers[k : k + 4])) for k in range(0, len(numbers), 4)]
    return f"static const double {name}[{len(numbers)}] = {{\n    " + ",\n    ".join(rows) + "};"


_NUMPY = {
    "_sum_to": """
def _sum_to(x, shape):
    x = np.sum(x, axis=tuple(range(np.ndim(x) - len(shape))))
    axes = tuple(k for k, n in enumerate(shape) if n != np.shape(x)[k])
    return np.sum(x, axis=axes, keepdims=True)
""",
    "_reorder": """
def _reorder(x, by, axis, back):
    x, by = np.moveaxis(x, axis, -1), np.moveaxis(by, axis, -1)
    order = np.argsort(by, axis=-1, kind="stable")
    by = np.take_along_axis(by, order, -1)
    x = x if back else np.take_along_axis(x, order, -1)
    first = np.ones(by.shape, dtype=bool)
    first[..., 1:] = by[..., 1:] != by[..., :-1]
    if not first.all():
        starts = np.flatnonzero(first)
        counts = np.diff(np.append(starts, first.size))
        flat = x.reshape(-1)
        low, high = np.minimum.reduceat(flat, starts), np.maximum.reduceat(flat, starts)
        mean = np.add.reduceat(flat / np.repeat(counts, counts), starts)
        x = np.repeat(np.where(low == high, low, mean), counts).reshape(x.shape)
    if back:
        result = np.empty(x.shape)
        np.put_along_axis(result, order, x, -1)
        x = result
    return np.moveaxis(x, -1, axis)
""",
    "_quantile": """
def _quantile(x, q, axis):
    if not 0 <= q <= 1:
        return np.full(np.shape(np.min(x, axis=axis)), np.nan)
    return np.quantile(x, q, axis=axis)
""",
    "_recurrence": """
def _recurrence(a, b, axis, backwards):
    step = -1 if backwards else 1
    a, b = np.moveaxis(a, axis, 0)[::step], np.moveaxis(b, axis, 0)[::step]
    y = np.array(b, dtype=float)
    for i in range(1, len(y)):
        y[i] += a[i] * y[i - 1]
    return np.moveaxis(y[::step], 0, axis)
""",
    "_scatter": """
def _scatter(x, key, shape):
    result = np.zeros(shape)
    result[key] = x
    return result
""",
    "_places": """
def _places(x, least, size):
    found = np.asarray(x).astype(int)
    if np.any((found != x) | (found < least) | (found >= size)):
        raise IndexError(f"indices are whole numbers from {least} to {size - 1}")
    return found
""",
    "_scatter_add": """
def _scatter_add(x, key, shape):
    result = np.zeros(shape)
    np.add.at(result, key, x)
    return result
""",
    "_on_diagonal": """
def _on_diagonal(x, shape):
    result = np.zeros(shape)
    places = np.arange(len(x))
    result[places, places] = x
    return result
""",
}

_C = {
    "polynomial": """
static double polynomial(const double *c, int count, double x)
{
    double total = c[0];
    int k;
    for (k = 1; k < count; k++)
        total = total*x + c[k];
    return total;
}
""",
    "sign_of": """
static double sign_of(double x)
{
    return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == 0.0 ? 0.0 : x;
}
""",
    "modulo": """
static double modulo(double x, double y)
{
    const double r = fmod(x, y);
    return r == 0.0 ? copysign(0.0, y) : (r < 0.0) != (y < 0.0) ? r + y : r;
}
""",
    "maximum": """
static double maximum(double x, double y)
{
    return x > y || x != x ? x : x == y && x == 0.0 ? x + y : y;
}
""",
    "minimum": """
static double minimum(double x, double y)
{
    return x < y || x != x ? x : x == y && x == 0.0 ? -(-x - y) : y;
}
""",
    "gauss": """
static double gauss(double x)
{
    const double square = x*x;
    if (!(fabs(x) < 30.0))
        return x != x ? x : 0.0;
    return exp(-square)*(1.0 - fma(x, x, -square));
}
""",
    "normpdf": """
static double normpdf(double x)
{
    const double square = x*x;
    if (!(fabs(x) < 40.0))
        return x != x ? x : 0.0;
    return 0.3989422804014327*exp(-0.5*square)*(1.0 - 0.5*fma(x, x, -square));
}
""",
    "normcdf": """
static double normcdf(double x)
{
    const double root = 0.7071067811865476, t = -x*root;
    if (!(fabs(x) < 40.0))
        return 0.5*erfc(-x);
    return 0.5*(erfc(t) - (fma(-x, root, -t) + x*4.833646656726457e-17)
        *1.1283791670955126*exp(-t*t));
}
""",
    "digamma_tail": _c_array("digamma_tail", DIGAMMA_TAIL),
    "digamma_root": _c_array("digamma_root", DIGAMMA_ROOT),
    "digamma_2": _c_array("digamma_2", DIGAMMA2),
    "digamma_above_1": f"""
static double digamma_above_1(double x)
{{
    double steps = 0.0, z;
    if (x >= 10.0) {{
        z = 1.0/x/x;
        return log(x) - (0.5/x + z*polynomial(digamma_tail, {len(DIGAMMA_TAIL)}, z));
    }}
    for (; x >= 2.5; steps += 1.0/x)
        x -= 1.0;
    if (x < 1.96) {{
        z = (x - {ROOT[0]!r}) - {ROOT[1]!r};
        return steps + z*polynomial(digamma_root, {len(DIGAMMA_ROOT)}, z);
    }}
    z = x - 2.0;
    return steps + (z*polynomial(digamma_2, {len(DIGAMMA2)}, z) + {ONE_LESS_EULER!r});
}}
""",
    # DLMF 5.5.2, 5.5.4, 5.7.4 and 5.11.2; z is exact, so that a pole next to x keeps its digits.
    "digamma": """
static double digamma(double x)
{
    const double z = x - nearbyint(x);
    double steep;
    if (x >= 1.0)
        return digamma_above_1(x);
    if (x > 0.0)
        return digamma_above_1(1.0 + x) - 1.0/x;
    if (!(z != 0.0 && x > -INFINITY))
        return NAN;
    steep = fabs(z) < 1e-290 ? 1.0/z : 3.141592653589793/tan(3.141592653589793*z);
    if (x > -1.0)
        return digamma_above_1(1.0 - x) - steep;
    return digamma_above_1(-x) - 1.0/x - steep;
}
""",
    "euler_maclaurin": _c_array("euler_maclaurin", EULER_MACLAURIN),
    # The sum of (x + k)^-s over k >= 0 for x > 0, times (first)^s: DLMF 25.11.28.
    "hurwitz": f"""
static double hurwitz(double s, double x)
{{
    double total = 0.0, rising, power;
    const int steps = x < 12.0 + s ? (int)(12.0 + s - x) + 1 : 0;
    const double end = x + steps;
    int k;
    power = pow(end, -s);
    rising = s*power/end;
    for (k = 0; k < {len(EULER_MACLAURIN)}; k++) {{
        total += euler_maclaurin[k]*rising;
        rising *= (s + 2*k + 1)/end*((s + 2*k + 2)/end);
    }}
    total += 0.5*power;
    total += power*end/(s - 1.0);
    for (k = steps - 1; k >= 0; k--)
        total += pow(x + k, -s);
    return total;
}}
""",
    # For n > 100, from the logarithm of the largest term.
    "polygamma_large": f"""
static double polygamma_large(double n, double x)
{{
    const double s = n + 1.0, least = x > 0.0 ? x : x - nearbyint(x);
    const double value = exp(lgamma(s) - s*log(fabs(least)));
    double total = 1.0, step, k, term, end;
    int j;
    if (n > 1e15)
        return exp(s*(log(s) - 1.0 - log(fabs(least))));
    for (step = 1.0; step >= -1.0; step -= 2.0) {{
        for (k = step; x <= least + k && least + k < 12.0 + s; k += step) {{
            term = pow(least/(least + k), s);
            total += term;
            if (!(fabs(term) >= 1e-18))
                break;
        }}
        if (step > 0.0 && !(least + k < 12.0 + s)) {{
            end = least + k;
            term = pow(least/end, s);
            total += term*end/n + 0.5*term;
            for (term *= s/end, j = 0; j < {len(EULER_MACLAURIN)}; j++) {{
                total += euler_maclaurin[j]*term;
                term *= (s + 2*j + 1)/end*((s + 2*j + 2)/end);
            }}
        }}
    }}
    return value > 0.0 ? (fmod(n, 2.0) == 0.0 && least > 0.0 ? -value : value)*total : 0.0;
}}
""",
    # |polygamma(n, x)| for n >= 1, x > 0.
    "polygamma_positive": """
static double polygamma_positive(double n, double x)
{
    int exponent;
    const double fraction = frexp(x, &exponent);
    if (x > 1e8*n && n < 170.0 && n*exponent < 2000.0)
        return ldexp(tgamma(n)*pow(fraction, -n)*(1.0 + 0.5*n/x), (int)(-n*exponent));
    if (x > 1e8*n)
        return x < INFINITY ? exp(lgamma(n) - n*log(x)) : 0.0;
    if (n > 100.0 || n*log2(x) > 900.0)
        return fabs(polygamma_large(n, x));
    return tgamma(n + 1.0)*hurwitz(n + 1.0, x);
}
""",
    # DLMF 5.15.1; for x < 0 the finite part of the sum is a difference of two positive ones.
    "polygamma": """
static double polygamma(double n, double x)
{
    const double s = n + 1.0, z = x - nearbyint(x), odd = fmod(n, 2.0), side = odd ? 1.0 : -1.0;
    double first;
    if (!(n >= 0.0 && n < INFINITY && n == nearbyint(n)) || x != x)
        return NAN;
    if (n == 0.0)
        return digamma(x);
    if (x > 0.0)
        return side*polygamma_positive(n, x);
    if (x == 0.0)
        return odd ? INFINITY : copysign(INFINITY, -x);
    if (z == 0.0)
        return odd ? INFINITY : NAN;
    if (x == -INFINITY)
        return NAN;
    if (n > 100.0)
        return polygamma_large(n, x);
    first = pow(z, -s);
    if (first == INFINITY || first == -INFINITY)
        return side*first;
    first += hurwitz(s, 1.0 + z) + side*(hurwitz(s, 1.0 - z) - hurwitz(s, 1.0 - x));
    return side*tgamma(s)*first;
}
""",
}

DEFINITIONS: dict[str, dict[str, str]] = {
    "python": {},
    "numpy": {name: text.strip("\n") for name, text in (_NUMPY | MATRICES).items()},
    "c": {name: text.strip("\n") for name, text in _C.items()},
}
"""Target -> name -> definition; a definition uses earlier ones alone."""

_C_WORDS = """
    auto break case char const continue default do double else enum extern float for goto if inline
    int long register restrict return short signed sizeof static struct switch typedef union
    unsigned void volatile while main
    acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs
    floor fmax fmin fmod hypot lgamma log log10 log1p log2 nearbyint pow sin sinh sqrt tan tanh
    tgamma y0 y1 yn j0 j1 jn gamma INFINITY NAN
    M_E M_LOG2E M_LOG10E M_LN2 M_LN10 M_PI M_PI_2 M_PI_4 M_1_PI M_2_PI M_2_SQRTPI M_SQRT2
    M_SQRT1_2 MAXFLOAT HUGE HUGE_VAL HUGE_VALF HUGE_VALL FP_NAN FP_INFINITE FP_ZERO FP_SUBNORMAL
    FP_NORMAL FP_FAST_FMA FP_FAST_FMAF FP_FAST_FMAL FP_ILOGB0 FP_ILOGBNAN FP_INT_UPWARD
    FP_INT_DOWNWARD FP_INT_TOWARDZERO FP_INT_TONEARESTFROMZERO FP_INT_TONEAREST MATH_ERRNO
    MATH_ERREXCEPT math_errhandling SNAN SNANF SNANL DOMAIN SING OVERFLOW UNDERFLOW PLOSS TLOSS
    X_TLOSS unix linux i386 asm typeof _Alignas _Alignof _Atomic _Bool _Complex _Generic
    _Imaginary _Noreturn _Static_assert _Thread_local alignas alignof bool constexpr false nullptr
    static_assert thread_local true typeof_unqual
    """
C_NAMES = frozenset(_C_WORDS.split())
"""Names that mean something in C or math.h."""


def dependencies(definitions: Mapping[str, str], used: Iterable[str]) -> list[str]:
    """The definitions that are used, directly or by others, in their order."""
    wanted = set(used)
    for name in reversed(list(definitions)):
        users = (definitions[n] for n in wanted if n != name)
        if any(re.search(rf"\b{name}\b", text) for text in users):
            wanted.add(name)
    return [name for name in definitions if name in wanted]
