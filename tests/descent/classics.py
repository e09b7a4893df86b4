"""The first 25 problems of Moré, Garbow & Hillstrom in adcli's language.

Source: J. J. Moré, B. S. Garbow, K. E. Hillstrom, Testing Unconstrained Optimization Software, ACM
TOMS 7 (1981), 17-41, section 3; numbers, data, standard starts and minima are theirs. Number 11 is
written as its authors meant it: the paper prints a product for the difference y - x2.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Classic(NamedTuple):
    """A problem: its program, the standard start, and the values of its known minima."""

    number: int
    name: str
    program: str
    start: dict[str, Any]
    minima: tuple[float, ...]


def _vector(values: str) -> str:
    return "[" + ", ".join(values.split()) + "]"


def _scalars(*values: float) -> dict[str, float]:
    return {f"x{k}": value for k, value in enumerate(values, 1)}


_BARD = _vector(".14 .18 .22 .25 .29 .32 .35 .39 .37 .58 .73 .96 1.34 2.10 4.39")
_GAUSSIAN = _vector(
    ".0009 .0044 .0175 .0540 .1295 .2420 .3521 .3989 .3521 .2420 .1295 .0540 .0175 .0044 .0009"
)
_MEYER = _vector(
    "34780 28610 23650 19630 16370 13720 11540 9744 8261 7030 6005 5147 4427 3820 3307 2872"
)
_KOWALIK = _vector(".1957 .1947 .1735 .1600 .0844 .0627 .0456 .0342 .0323 .0235 .0246")
_KOWALIK_U = _vector("4 2 1 .5 .25 .167 .125 .1 .0833 .0714 .0625")
_OSBORNE1 = _vector(
    ".844 .908 .932 .936 .925 .908 .881 .850 .818 .784 .751 .718 .685 .658 .628 .603 .580 .558 "
    ".538 .522 .506 .490 .478 .467 .457 .448 .438 .431 .424 .420 .414 .411 .406"
)
_OSBORNE2 = _vector(
    "1.366 1.191 1.112 1.013 .991 .885 .831 .847 .786 .725 .746 .679 .608 .655 .616 .606 .602 "
    ".626 .651 .724 .649 .649 .694 .644 .624 .661 .612 .558 .533 .495 .500 .423 .395 .375 .372 "
    ".391 .396 .405 .428 .429 .523 .562 .607 .653 .672 .708 .633 .668 .645 .632 .591 .559 .597 "
    ".625 .739 .710 .729 .720 .636 .581 .428 .292 .162 .098 .054"
)

CLASSICS = (
    Classic(1, "Rosenbrock", "(10(x2 - x1^2))^2 + (1 - x1)^2", _scalars(-1.2, 1), (0.0,)),
    Classic(
        2,
        "Freudenstein and Roth",
        "(-13 + x1 + ((5 - x2)x2 - 2)x2)^2 + (-29 + x1 + ((x2 + 1)x2 - 14)x2)^2".replace(
            ")x2", ")*x2"
        ),
        _scalars(0.5, -2),
        (0.0, 48.98425367924),
    ),
    Classic(
        3,
        "Powell badly scaled",
        "(1e4 x1*x2 - 1)^2 + (exp(-x1) + exp(-x2) - 1.0001)^2",
        _scalars(0, 1),
        (0.0,),
    ),
    Classic(
        4,
        "Brown badly scaled",
        "(x1 - 1e6)^2 + (x2 - 2e-6)^2 + (x1*x2 - 2)^2",
        _scalars(1, 1),
        (0.0,),
    ),
    Classic(
        5,
        "Beale",
        "(1.5 - x1*(1 - x2))^2 + (2.25 - x1*(1 - x2^2))^2 + (2.625 - x1*(1 - x2^3))^2",
        _scalars(1, 1),
        (0.0,),
    ),
    Classic(
        6,
        "Jennrich and Sampson",
        "i = range(10) + 1; sum((2 + 2i - (exp(i*x1) + exp(i*x2)))^2)",
        _scalars(0.3, 0.4),
        (124.36218235561,),
    ),
    Classic(
        7,
        "Helical valley",
        "t = atan(x2/x1)/(2pi) + where(x1 < 0, 0.5, 0)\n"
        "(10(x3 - 10t))^2 + (10(sqrt(x1^2 + x2^2) - 1))^2 + x3^2",
        _scalars(-1, 0, 0),
        (0.0,),
    ),
    Classic(
        8,
        "Bard",
        f"u = range(15) + 1; v = 16 - u; sum(({_BARD} - (x1 + u/(v*x2 + min(u, v)*x3)))^2)",
        _scalars(1, 1, 1),
        (8.2148773065789e-3, 17.428693333333),
    ),
    Classic(
        9,
        "Gaussian",
        f"t = (7 - range(15))/2; sum((x1*exp(-x2*(t - x3)^2/2) - {_GAUSSIAN})^2)",
        _scalars(0.4, 1, 0),
        (1.1279327696189e-8,),
    ),
    Classic(
        10,
        "Meyer",
        f"t = 50 + 5range(16); sum((x1*exp(x2/(t + x3)) - {_MEYER})^2)",
        _scalars(0.02, 4000, 250),
        (87.945855170830,),
    ),
    Classic(
        11,
        "Gulf research and development",
        "t = (range(99) + 1)/100; y = 25 + (-50log(t))^(2/3)\nsum((exp(-abs(y - x2)^x3/x1) - t)^2)",
        _scalars(5, 2.5, 0.15),
        (0.0,),
    ),
    Classic(
        12,
        "Box three-dimensional",
        "t = 0.1(range(10) + 1)\nsum((exp(-t*x1) - exp(-t*x2) - x3*(exp(-t) - exp(-10t)))^2)",
        _scalars(0, 10, 20),
        (0.0, 0.0755887),
    ),
    Classic(
        13,
        "Powell singular",
        "(x1 + 10x2)^2 + 5(x3 - x4)^2 + (x2 - 2x3)^4 + 10(x1 - x4)^4",
        _scalars(3, -1, 0, 1),
        (0.0,),
    ),
    Classic(
        14,
        "Wood",
        "100(x2 - x1^2)^2 + (1 - x1)^2 + 90(x4 - x3^2)^2 + (1 - x3)^2"
        " + 10(x2 + x4 - 2)^2 + 0.1(x2 - x4)^2",
        _scalars(-3, -1, -3, -1),
        (0.0,),
    ),
    Classic(
        15,
        "Kowalik and Osborne",
        f"u = {_KOWALIK_U}; sum(({_KOWALIK} - x1*(u^2 + u*x2)/(u^2 + u*x3 + x4))^2)",
        _scalars(0.25, 0.39, 0.415, 0.39),
        (3.0750560384924e-4, 1.02734e-3),
    ),
    Classic(
        16,
        "Brown and Dennis",
        "t = (range(20) + 1)/5; sum(((x1 + t*x2 - exp(t))^2 + (x3 + x4*sin(t) - cos(t))^2)^2)",
        _scalars(25, 5, -5, -1),
        (85822.201626356,),
    ),
    Classic(
        17,
        "Osborne 1",
        f"t = 10range(33); sum(({_OSBORNE1} - (x1 + x2*exp(-t*x4) + x3*exp(-t*x5)))^2)",
        _scalars(0.5, 1.5, -1, 0.01, 0.02),
        (5.4648946974988e-5,),
    ),
    Classic(
        18,
        "Biggs EXP6",
        "t = 0.1(range(13) + 1); y = exp(-t) - 5exp(-10t) + 3exp(-4t)\n"
        "sum((x3*exp(-t*x1) - x4*exp(-t*x2) + x6*exp(-t*x5) - y)^2)",
        _scalars(1, 2, 1, 1, 1, 1),
        (0.0, 5.6556499255e-3),
    ),
    Classic(
        19,
        "Osborne 2",
        "t = range(65)/10\n"
        f"sum(({_OSBORNE2} - (x1*exp(-t*x5) + x2*exp(-(t - x9)^2*x6)"
        " + x3*exp(-(t - x10)^2*x7) + x4*exp(-(t - x11)^2*x8)))^2)",
        _scalars(1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5),
        (4.0137736293548e-2,),
    ),
    Classic(
        20,
        "Watson",
        "t = reshape((range(29) + 1)/29, [29, 1]); j = range(6)\n"
        "p = t^j @ x; d = t^range(5) @ ((range(5) + 1)*x[1:])\n"
        "sum((d - p^2 - 1)^2) + x[0]^2 + (x[1] - x[0]^2 - 1)^2",
        {"x": [0.0] * 6},
        (2.2876700535523e-3,),
    ),
    Classic(
        21,
        "Extended Rosenbrock",
        "a = x[::2]; b = x[1::2]; sum(100(b - a^2)^2 + (1 - a)^2)",
        {"x": [-1.2, 1.0] * 5},
        (0.0,),
    ),
    Classic(
        22,
        "Extended Powell singular",
        "a = x[::4]; b = x[1::4]; c = x[2::4]; d = x[3::4]\n"
        "sum((a + 10b)^2 + 5(c - d)^2 + (b - 2c)^4 + 10(a - d)^4)",
        {"x": [3.0, -1.0, 0.0, 1.0] * 3},
        (0.0,),
    ),
    Classic(
        23,
        "Penalty I",
        "1e-5sum((x - 1)^2) + (sum(x^2) - 0.25)^2",
        {"x": [1.0, 2.0, 3.0, 4.0]},
        (2.2499775008999e-5,),
    ),
    Classic(
        24,
        "Penalty II",
        "i = range(4) + 1; e1 = exp(x/10); y = exp(i[1:]/10) + exp(i[:-1]/10)\n"
        "(x[0] - 0.2)^2 + 1e-5sum((e1[1:] + e1[:-1] - y)^2) + 1e-5sum((e1[1:] - exp(-0.1))^2)"
        " + (sum((5 - i)*x^2) - 1)^2",
        {"x": [0.5] * 4},
        (9.3762931e-6,),
    ),
    Classic(
        25,
        "Variably dimensioned",
        "s = sum((range(10) + 1)*(x - 1)); sum((x - 1)^2) + s^2 + s^4",
        {"x": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0]},
        (0.0,),
    ),
)
