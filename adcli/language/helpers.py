"""Definitions that generated functions need where the target's library lacks a function."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_PYTHON = {
    "_quiet": '''
def _quiet(compute):
    """The value of a branch that may not be taken; nan where it has none."""
    try:
        return compute()
    except (ValueError, OverflowError, ZeroDivisionError):
        return math.nan
''',
    "_sign": """
def _sign(x):
    return float((x > 0) - (x < 0))
""",
    "_mod": """
def _mod(x, y):
    return x % y
""",
    "_gauss": """
def _gauss(x):
    return math.exp(-x*x)
""",
    "_normpdf": """
def _normpdf(x):
    return math.exp(-0.5*x*x)/math.sqrt(2.0*math.pi)
""",
    "_normcdf": """
def _normcdf(x):
    return 0.5*math.erfc(-x/math.sqrt(2.0))
""",
    "_sigmoid": """
def _sigmoid(x):
    e = math.exp(-abs(x))
    return (1.0 if x >= 0 else e)/(1.0 + e)
""",
    "_logit": """
def _logit(x):
    return 2.0*math.atanh(2.0*x - 1.0) if 0.3 < x < 0.65 else math.log(x/(1.0 - x))
""",
    "_softplus": """
def _softplus(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))
""",
    # DLMF 5.5.2, 5.5.4 and 5.11.2.
    "_digamma": """
def _digamma(x):
    if x <= 0.0:
        return _digamma(1.0 - x) - math.pi/math.tan(math.pi*x)
    result = 0.0
    while x < 10.0:
        result -= 1.0/x
        x += 1.0
    r = 1.0/(x*x)
    series = 1/12 - r*(1/120 - r*(1/252 - r*(1/240 - r*(1/132 - r*(691/32760 - r/12)))))
    return result + math.log(x) - 0.5/x - r*series
""",
    # DLMF 5.15.5 and 5.15.8.
    "_polygamma": """
def _polygamma(n, x):
    if n == 0:
        return _digamma(x)
    factorial = math.gamma(n + 1.0)
    result = 0.0
    while x < 12.0 + n:
        result += factorial/x**(n + 1.0)
        x += 1.0
    term = factorial/(n*x**n)
    result += term + 0.5*n*term/x
    for k, b in enumerate((1/6, -1/30, 1/42, -1/30, 5/66, -691/2730, 7/6, -3617/510)):
        term *= (2*k + n)*(2*k + n + 1)/((2*k + 1)*(2*k + 2)*x*x)
        result += b*term
    return result if n % 2 else -result
""",
}

_NUMPY = {
    "_normpdf": """
def _normpdf(x):
    return np.exp(-0.5*np.square(x))/np.sqrt(2.0*np.pi)
""",
    "_sum_to": """
def _sum_to(x, shape):
    x = np.sum(x, axis=tuple(range(np.ndim(x) - len(shape))))
    axes = tuple(k for k, n in enumerate(shape) if n != np.shape(x)[k])
    return np.sum(x, axis=axes, keepdims=True)
""",
    "_scatter": """
def _scatter(x, key, shape):
    result = np.zeros(shape)
    result[key] = x
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
    "sign_of": """
static double sign_of(double x)
{
    return (double)((x > 0.0) - (x < 0.0));
}
""",
    "modulo": """
static double modulo(double x, double y)
{
    const double r = fmod(x, y);
    return r != 0.0 && (r < 0.0) != (y < 0.0) ? r + y : r;
}
""",
    "gauss": """
static double gauss(double x)
{
    return exp(-x*x);
}
""",
    "normpdf": """
static double normpdf(double x)
{
    return exp(-0.5*x*x)*0.3989422804014327;
}
""",
    "normcdf": """
static double normcdf(double x)
{
    return 0.5*erfc(-x*0.7071067811865476);
}
""",
    "sigmoid": """
static double sigmoid(double x)
{
    const double e = exp(-fabs(x));
    return (x >= 0.0 ? 1.0 : e)/(1.0 + e);
}
""",
    "logit": """
static double logit(double x)
{
    return x > 0.3 && x < 0.65 ? 2.0*atanh(2.0*x - 1.0) : log(x/(1.0 - x));
}
""",
    "softplus": """
static double softplus(double x)
{
    return fmax(x, 0.0) + log1p(exp(-fabs(x)));
}
""",
    "digamma": """
static double digamma(double x)
{
    double result = 0.0, r;
    if (x <= 0.0) {
        result = -3.141592653589793/tan(3.141592653589793*x);
        x = 1.0 - x;
    }
    for (; x < 10.0; x += 1.0)
        result -= 1.0/x;
    r = 1.0/(x*x);
    return result + log(x) - 0.5/x - r*(1.0/12.0 - r*(1.0/120.0 - r*(1.0/252.0
        - r*(1.0/240.0 - r*(1.0/132.0 - r*(691.0/32760.0 - r/12.0))))));
}
""",
    "polygamma": """
static double polygamma(double n, double x)
{
    static const double b[] = {1.0/6.0, -1.0/30.0, 1.0/42.0, -1.0/30.0, 5.0/66.0,
        -691.0/2730.0, 7.0/6.0, -3617.0/510.0};
    const double factorial = tgamma(n + 1.0);
    double result = 0.0, term;
    int k;
    if (n == 0.0)
        return digamma(x);
    for (; x < 12.0 + n; x += 1.0)
        result += factorial/pow(x, n + 1.0);
    term = factorial/(n*pow(x, n));
    result += term + 0.5*n*term/x;
    for (k = 0; k < 8; k++) {
        term *= (2*k + n)*(2*k + n + 1.0)/((2*k + 1)*(2*k + 2)*x*x);
        result += b[k]*term;
    }
    return fmod(n, 2.0) != 0.0 ? result : -result;
}
""",
}

HELPERS: dict[str, dict[str, str]] = {
    target: {name: text.strip("\n") + "\n" for name, text in definitions.items()}
    for target, definitions in (("python", _PYTHON), ("numpy", _NUMPY), ("c", _C))
}
"""Target -> name -> definition."""

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


def dependencies(helpers: Mapping[str, str], used: Iterable[str]) -> list[str]:
    """The helpers that are used, in the order of their definition."""
    wanted = set(used)
    return [
        name
        for name, text in helpers.items()
        if name in wanted or any(re.search(rf"\b{name}\(", helpers[n]) for n in wanted if n != name)
    ]
