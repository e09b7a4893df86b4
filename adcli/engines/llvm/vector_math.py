"""Some functions of whole vectors, written out: shorter than calls of a library.

exp, expm1, log, sin, cos, tanh and 1/cosh.

For processors with fused multiply-add. Each is a function of the module that is compiled with the
kernel, or a part of the kernel. Arguments that need more care (huge, subnormal, negative, infinite,
nan) are rare: for a vector that has one the library is called. Errors are below 1.2 units in the
last place, those of expm1, tanh and 1/cosh below 3.

Methods: W. J. Cody and W. Waite, Software Manual for the Elementary Functions (1980), for the
reduction of arguments; P. T. P. Tang, ACM TOMS 16 (1990) 378-400, for the logarithm. Polynomials
interpolate at Chebyshev points; their own errors are below 3e-17, relative.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from math import log, pi
from typing import NamedTuple

from adcli.engines.llvm.code import Code
from adcli.engines.llvm.machine import Machine

_ROUND = 6755399441055744.0
"""1.5 * 2^52: adding it rounds to an integer, whose bits are the last ones of the sum."""

_LN2 = (0.6931471805599453, 2.3190468138462996e-17)
_LN2_SHORT = (0.6931471803691238, 1.9082149292705877e-10)
"""ln 2 as pairs; the head of the second has 32 bits, so that a whole multiple of it is exact."""

_HALF_PI = (1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21)
"""pi/2 in parts of 33, 33 and 53 bits."""

# (exp(r) - 1 - r) / r^2 for |r| <= ln(2)/2
_EXP = (
    0.5000000000000001,
    0.16666666666666669,
    0.04166666666662413,
    0.008333333333330062,
    0.0013888888917213717,
    0.00019841269863053618,
    2.4801521295954376e-05,
    2.7557268459997064e-06,
    2.7620088445409746e-07,
    2.510038549551032e-08,
)
# (sin(r)/r - 1) / r^2 and (cos(r) - 1 + r^2/2) / r^4 in r^2, for |r| <= pi/4
_SIN = (
    -0.16666666666666666,
    0.008333333333330936,
    -0.00019841269836740532,
    2.7557316093198404e-06,
    -2.5051129896450185e-08,
    1.5917988979397435e-10,
)
_COS = (
    0.041666666666666664,
    -0.0013888888888887389,
    2.48015872987544e-05,
    -2.755731726587808e-07,
    2.087614504941318e-09,
    -1.138254464534925e-11,
)
# (2 atanh(s)/s - 2) / s^2 in s^2, for s up to (sqrt(2) - 1)/(sqrt(2) + 1)
_LOG = (
    0.666666666666667,
    0.3999999999989938,
    0.28571428626031065,
    0.2222221112572281,
    0.18182889786191042,
    0.15331699633543858,
    0.14616721179861816,
)

_ONE_BITS = 0x3FF0000000000000
_LEAST_NORMAL = 2.2250738585072014e-308
_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD


def _whole(m: Code, x: str, scale: float) -> tuple[str, str]:
    """The whole number next to x*scale, and what holds it in its last bits."""
    shifted = m.fma(x, m.number(scale), m.number(_ROUND))
    return m.subtract(shifted, m.number(_ROUND)), m.bits(shifted)


def _polynomial(m: Code, coefficients: Sequence[float], x: str) -> str:
    """Pairs of terms side by side, then pairs of pairs (Estrin 1960): few wait for others."""
    terms = [m.number(c) for c in coefficients]
    while len(terms) > 1:
        odd = [terms.pop()] if len(terms) % 2 else []
        pairs = zip(terms[::2], terms[1::2], strict=True)
        terms = [m.fma(high, x, low) for low, high in pairs] + odd
        x = m.multiply(x, x) if len(terms) > 1 else x
    return terms[0]


def _exp(m: Code, x: str) -> list[str]:
    tail, last = _exp_of_rest(m, x)
    power = m.integer("shl", last, 52)
    one = m.bits(m.add(tail, m.number(1.0)))
    return [m.from_bits(m.integer("add", one, power))]


def _exp_of_rest(m: Code, x: str) -> tuple[str, str]:
    """exp(r) - 1 where x = k ln(2) + r, and what holds k in its last bits."""
    k, last = _whole(m, x, 1 / log(2))
    minus = m.negative(k)
    r = m.fma(minus, m.number(_LN2[1]), m.fma(minus, m.number(_LN2[0]), x))
    return m.fma(m.multiply(r, r), _polynomial(m, _EXP, r), r), last


def _expm1(m: Code, x: str) -> list[str]:
    """2^k (exp(r) - 1) + (2^k - 1)."""
    tail, last = _exp_of_rest(m, x)
    power = m.from_bits(m.integer("add", m.integer("shl", last, 52), _ONE_BITS))
    value = m.fma(power, tail, m.subtract(power, m.number(1.0)))
    return [m.intrinsic("copysign", value, x)]  # -0 stays


def _tanh_and_sech(m: Code, x: str) -> list[str]:
    """From e = exp(-|x|): (1 - e^2)/(1 + e^2) and 2 e/(1 + e^2). With d = e - 1, which is as exact
    as e, e^2 - 1 is d^2 + 2 d. Both share the reciprocal; one step of Newton rounds tanh."""
    tail, last = _exp_of_rest(m, m.negative(m.intrinsic("fabs", x)))
    power = m.from_bits(m.integer("add", m.integer("shl", last, 52), _ONE_BITS))
    e = m.fma(power, tail, power)
    less = m.fma(power, tail, m.subtract(power, m.number(1.0)))  # e - 1
    above = m.fma(less, less, m.add(less, less))
    below = m.fma(e, e, m.number(1.0))
    share = m.arithmetic("fdiv", m.number(1.0), below)
    near = m.multiply(above, share)
    quotient = m.fma(m.fma(m.negative(near), below, above), share, near)
    return [m.intrinsic("copysign", quotient, x), m.multiply(m.add(e, e), share)]


def _tanh_and_sech_far(code: Code, x: str) -> list[str]:
    """Where exp(-|x|) is close to the smallest numbers, or x is nan."""
    one = code.number(1.0)
    is_nan = code.compare("uno", x, x)
    tanh = code.choose(is_nan, x, code.intrinsic("copysign", one, x))
    size = code.intrinsic("fabs", x)
    e = code.library("exp", code.arithmetic("fsub", code.number(-0.0), size))
    return [tanh, code.arithmetic("fadd", e, e)]


def _log(m: Code, x: str) -> list[str]:
    bits = m.bits(x)
    exponent = m.integer("ashr", m.integer("sub", bits, _ROOT_HALF_BITS), 52)
    f = m.subtract(
        m.from_bits(m.integer("sub", bits, m.integer("shl", exponent, 52))), m.number(1.0)
    )
    shift = m.bits(m.number(_ROUND))
    k = m.subtract(m.from_bits(m.integer("add", exponent, shift)), m.number(_ROUND))
    s = m.arithmetic("fdiv", f, m.add(f, m.number(2.0)))
    z = m.multiply(s, s)
    half = m.multiply(m.multiply(f, f), m.number(0.5))
    series = m.fma(z, _polynomial(m, _LOG, z), half)
    low = m.fma(s, series, m.multiply(k, m.number(_LN2_SHORT[1])))
    return [m.fma(k, m.number(_LN2_SHORT[0]), m.subtract(f, m.subtract(half, low)))]


def _sin_and_cos(m: Code, x: str) -> list[str]:
    k, last = _whole(m, x, 2 / pi)
    minus, r = m.negative(k), x
    for part in _HALF_PI:
        r = m.fma(minus, m.number(part), r)
    z = m.multiply(r, r)
    sine = m.fma(m.multiply(r, z), _polynomial(m, _SIN, z), r)
    sine = m.intrinsic("copysign", sine, r)  # -0 stays
    half = m.fma(z, m.number(-0.5), m.number(1.0))
    cosine = m.fma(m.multiply(z, z), _polynomial(m, _COS, z), half)
    odd = m.integer("shl", last, 63)
    swap = m.emit(f"icmp slt {m.integers} {odd}, zeroinitializer")
    results = []
    for even_part, odd_part, quarter in ((sine, cosine, 0), (cosine, sine, 1)):
        turned = m.integer("add", last, quarter) if quarter else last
        sign = m.integer("and", m.integer("shl", turned, 62), -(2**63))
        value = m.bits(m.choose(swap, odd_part, even_part))
        results.append(m.from_bits(m.integer("xor", value, sign)))
    return results


def _beyond(limit: float) -> Callable[[Code, str], str]:
    """Whether a lane is larger than the limit, or nan."""

    def beyond(m: Code, x: str) -> str:
        return m.compare("ugt", m.intrinsic("fabs", x), m.number(limit))

    return beyond


def _not_normal(m: Code, x: str) -> str:
    """Whether a lane is not a positive normal number."""
    below = m.compare("ult", x, m.number(_LEAST_NORMAL))
    above = m.compare("oeq", x, m.number(float("inf")))
    return m.emit(f"or {m.mask} {below}, {above}")


class _Written(NamedTuple):
    """What a function computes together with it, how, and in which lanes that is not right.

    `careful` gives the results there; None where the library's functions do.
    """

    names: tuple[str, ...]
    write: Callable[[Code, str], list[str]]
    is_rare: Callable[[Code, str], str]
    careful: Callable[[Code, str], list[str]] | None = None


_SIN_COS = _Written(("sin", "cos"), _sin_and_cos, _beyond(1e6))
_TANH_SECH = _Written(("tanh", "sech"), _tanh_and_sech, _beyond(700.0), _tanh_and_sech_far)
_WRITTEN = {
    "exp": _Written(("exp",), _exp, _beyond(708.0)),
    "expm1": _Written(("expm1",), _expm1, _beyond(708.0)),
    "log": _Written(("log",), _log, _not_normal),
    "sin": _SIN_COS,
    "cos": _SIN_COS,
    "tanh": _TANH_SECH,
    "sech": _TANH_SECH,
}


def written(machine: Machine, lanes: int) -> Collection[str]:
    """The functions that are written out for vectors of a machine."""
    return _WRITTEN.keys() if machine.fused and lanes >= 4 else ()


def written_out(code: Code, name: str, x: str) -> dict[str, str] | None:
    """Append a function that is written out, in place or as a call; the operands by name. None if
    it is not."""
    if name not in written(code.machine, code.lanes):
        return None
    names, write, is_rare, _ = _WRITTEN[name]
    if code.rare is not None:
        code.rare.append(is_rare(code, x))
        return dict(zip(names, write(code, x), strict=True))
    symbol = "vector." + ".".join(names)
    result = code.real if len(names) == 1 else f"{{ {', '.join([code.real] * len(names))} }}"
    if symbol not in code.declarations:
        code.declarations[symbol] = _definition(code, symbol, result, name)
    found = code.emit(f"call {result} @{symbol}({code.real} {x})")
    if len(names) == 1:
        return {name: found}
    parts = [code.emit(f"extractvalue {result} {found}, {k}") for k in range(len(names))]
    return dict(zip(names, parts, strict=True))


def _definition(code: Code, symbol: str, result: str, name: str) -> str:
    """The function: the quick way, and the library for lanes with rare arguments if there are any.

    What a lane gets does not depend on the others.
    """
    names, write, is_rare, careful = _WRITTEN[name]
    inside = Code(code.machine, code.lanes)
    width = f"i{code.lanes}"
    rare = is_rare(inside, "%x")
    flags = inside.emit(f"bitcast {inside.mask} {rare} to {width}")
    results = write(inside, "%x")
    inside.lines += [
        f"br i1 {inside.emit(f'icmp eq {width} {flags}, 0')}, label %quick, label %rare",
        "quick:",
    ]
    _return(inside, result, results)
    inside.lines.append("rare:")
    others = careful(inside, "%x") if careful else [inside.library(each, "%x") for each in names]
    chosen = [inside.choose(rare, *pair) for pair in zip(others, results, strict=True)]
    _return(inside, result, chosen)
    code.symbols |= inside.symbols
    for declared, text in inside.declarations.items():
        code.declarations.setdefault(declared, text)
    lines = "\n".join(inside.lines)
    return f"define internal {result} @{symbol}({code.real} %x) #0 {{\n{lines}\n}}"


def _return(code: Code, result: str, operands: Sequence[str]) -> None:
    value = operands[0]
    if len(operands) > 1:
        value = "poison"
        for k, operand in enumerate(operands):
            value = code.emit(f"insertvalue {result} {value}, {code.real} {operand}, {k}")
    code.lines.append(f"ret {result} {value}")
