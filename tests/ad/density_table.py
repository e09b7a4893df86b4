"""Log densities by their closed forms in mpmath, where they are hard, and where there are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mpmath import mp

Point = tuple[float, ...]


@dataclass(frozen=True)
class Density:
    """A log density: its names, the closed form, points inside the support, and outside it.

    `counts` are how many of the first inputs are counts, without a derivative; `bad` has parameters
    that may not be so, by name, with a point.
    """

    names: str
    exact: Callable[..., Any]
    points: tuple[Point, ...]
    outside: tuple[Point, ...] = ()
    bad: tuple[tuple[str, Point], ...] = ()
    counts: int = 0


def normal(y: Any, mu: Any, sigma: Any) -> Any:
    return -(((y - mu) / sigma) ** 2) / 2 - mp.log(sigma) - mp.log(2 * mp.pi) / 2


def student_t(y: Any, df: Any, mu: Any, sigma: Any) -> Any:
    ratio = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(df * mp.pi) / 2
    return ratio - mp.log(sigma) - (df + 1) / 2 * mp.log1p(((y - mu) / sigma) ** 2 / df)


def cauchy(y: Any, mu: Any, sigma: Any) -> Any:
    return -mp.log(mp.pi * sigma) - mp.log1p(((y - mu) / sigma) ** 2)


def laplace(y: Any, mu: Any, sigma: Any) -> Any:
    return -mp.log(2 * sigma) - abs(y - mu) / sigma


def logistic(y: Any, mu: Any, sigma: Any) -> Any:
    z = abs(y - mu) / sigma
    return -z - mp.log(sigma) - 2 * mp.log1p(mp.exp(-z))


def lognormal(y: Any, mu: Any, sigma: Any) -> Any:
    return normal(mp.log(y), mu, sigma) - mp.log(y)


def gamma(y: Any, shape: Any, rate: Any) -> Any:
    power = (shape - 1) * mp.log(y) if shape != 1 else 0
    return shape * mp.log(rate) - mp.loggamma(shape) + power - rate * y


def exponential(y: Any, rate: Any) -> Any:
    return mp.log(rate) - rate * y


def beta(y: Any, a: Any, b: Any) -> Any:
    powers = ((a - 1) * mp.log(y) if a != 1 else 0) + ((b - 1) * mp.log1p(-y) if b != 1 else 0)
    return powers - (mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b))


def weibull(y: Any, shape: Any, scale: Any) -> Any:
    ratio = y / scale
    power = (shape - 1) * mp.log(ratio) if shape != 1 else 0
    return mp.log(shape / scale) + power - ratio**shape


def xlogy(x: Any, y: Any) -> Any:
    return x * mp.log(y) if x != 0 else mp.mpf(0)


def poisson(y: Any, rate: Any) -> Any:
    return xlogy(y, rate) - rate - mp.loggamma(y + 1)


def binomial(y: Any, n: Any, p: Any) -> Any:
    ways = mp.loggamma(n + 1) - mp.loggamma(y + 1) - mp.loggamma(n - y + 1)
    return ways + xlogy(y, p) + xlogy(n - y, 1 - p)


def bernoulli_logit(y: Any, alpha: Any) -> Any:
    return -mp.log1p(mp.exp(-alpha if y == 1 else alpha))


def negative_binomial(y: Any, mu: Any, phi: Any) -> Any:
    ways = mp.loggamma(y + phi) - mp.loggamma(phi) - mp.loggamma(y + 1)
    return ways - phi * mp.log1p(mu / phi) + xlogy(y, mu / (mu + phi))


LOCATIONS: tuple[Point, ...] = (
    *((1.0, 0.0, 2.0), (-0.7, 0.3, 0.5), (0.0, 0.0, 1.0), (2.0, 1.0, 1.0), (1e6, 1e6 + 1, 1.0)),
    *(
        (1e-200, 0.0, 1e-200),
        (3.0, 1.0, 1e10),
        (1e10, 0.0, 1.0),
        (-40.0, 0.0, 1.0),
        (1.0, 1.5, 1e-8),
    ),
)
BAD_SIGMA = (("sigma", (1.0, 0.0, 0.0)), ("sigma", (1.0, 2.0, -1.0)), ("sigma", (1.0, 1.0, 0.0)))

DENSITIES: dict[str, Density] = {
    "normal_logpdf": Density("y mu sigma", normal, LOCATIONS, bad=BAD_SIGMA),
    "student_t_logpdf": Density(
        "y df mu sigma",
        student_t,
        (
            *(
                (1.0, 3.0, 0.0, 2.0),
                (0.5, 1e8, 0.0, 1.0),
                (3.0, 1e8, 1.0, 0.5),
                (1e10, 4.0, 0.0, 1.0),
            ),
            *(
                (1.3, 1e4, 0.2, 1.0),
                (-2.0, 0.01, 0.0, 1.0),
                (2.0, 1.0, 0.0, 1.0),
                (0.0, 5.0, 0.0, 1.0),
            ),
            *(
                (2.0, 19.0, 0.0, 1.0),
                (2.0, 20.5, 0.0, 1.0),
                (1e3, 1e12, 0.0, 1.0),
                (-7.0, 2.5, 1.0, 1e-3),
            ),
            (40.0, 30.0, 0.0, 1.0),
        ),
        bad=(
            *(
                ("df", (1.0, 0.0, 0.0, 1.0)),
                ("df", (1.0, -1.5, 0.0, 1.0)),
                ("df", (1.0, -30.0, 0.0, 1.0)),
            ),
            ("sigma", (1.0, 3.0, 0.0, -1.0)),
        ),
    ),
    "cauchy_logpdf": Density(
        "y mu sigma", cauchy, (*LOCATIONS, (1e200, 0.0, 1.0), (1.0, 0.0, 1e-200)), bad=BAD_SIGMA
    ),
    "laplace_logpdf": Density(
        "y mu sigma", laplace, tuple(p for p in LOCATIONS if p[0] != p[1]), bad=BAD_SIGMA
    ),
    "logistic_logpdf": Density("y mu sigma", logistic, LOCATIONS, bad=BAD_SIGMA),
    "lognormal_logpdf": Density(
        "y mu sigma",
        lognormal,
        ((1.0, 0.0, 2.0), (0.3, 0.3, 0.5), (1e-300, 0.0, 1.0), (1e300, 3.0, 2.0), (2.0, 1.0, 1.0)),
        outside=((0.0, 0.0, 1.0), (-1.0, 0.0, 1.0)),
        bad=(*BAD_SIGMA, ("sigma", (-1.0, 0.0, -1.0))),
    ),
    "gamma_logpdf": Density(
        "y shape rate",
        gamma,
        (
            *(
                (1.0, 2.0, 3.0),
                (0.5, 0.3, 1.0),
                (1e-20, 2.0, 1.0),
                (1e-300, 0.01, 1.0),
                (2.0, 1.0, 0.5),
            ),
            *((1e6, 1e6, 1.0), (1e6 + 1e3, 1e6, 1.0), (1e-6, 1e-10, 1.0), (700.0, 3.0, 2.0)),
            *((4.0, 9.5, 2.0), (5.0, 10.5, 2.0), (1e10, 1e10, 1.0), (1e-200, 3.0, 1e200)),
        ),
        outside=((-1.0, 2.0, 3.0), (0.0, 2.0, 3.0), (-1.0, 0.5, 3.0)),
        bad=(
            *(
                ("shape", (1.0, 0.0, 1.0)),
                ("shape", (1.0, -0.5, 1.0)),
                ("shape", (1.0, -30.5, 1.0)),
            ),
            *(("rate", (1.0, 2.0, 0.0)), ("rate", (1.0, 2.0, -1.0)), ("rate", (0.0, 1.0, 0.0))),
            *(("rate", (0.0, 2.0, -1.0)), ("shape", (-1.0, -2.0, 1.0))),
        ),
    ),
    "exponential_logpdf": Density(
        "y rate",
        exponential,
        ((1.0, 2.0), (1e-30, 0.5), (1e5, 3.0), (0.0, 2.0)),
        outside=((-1.0, 2.0), (-1e-300, 2.0)),
        bad=(("rate", (1.0, 0.0)), ("rate", (1.0, -1.0)), ("rate", (-1.0, -1.0))),
    ),
    "beta_logpdf": Density(
        "y a b",
        beta,
        (
            *(
                (0.3, 2.0, 3.0),
                (0.9, 0.5, 0.5),
                (1e-300, 2.0, 3.0),
                (1 - 1e-16, 2.0, 3.0),
                (0.5, 1.0, 1.0),
            ),
            *(
                (0.5, 1e6, 1e6),
                (0.25, 1e8, 3e8),
                (0.999, 1e5, 100.0),
                (1e-10, 1e-3, 1e5),
                (0.2, 1e-8, 3.0),
            ),
            *((0.4, 7.5, 9.0),),
        ),
        outside=((-0.1, 2.0, 3.0), (1.1, 2.0, 3.0), (0.0, 2.0, 3.0), (1.0, 2.0, 3.0)),
        bad=(
            *(("a", (0.5, 0.0, 1.0)), ("a", (0.5, -1.5, 1.0)), ("b", (0.5, 2.0, 0.0))),
            *(("b", (0.5, 2.0, -1.0)), ("a", (0.5, -1.0, -2.0)), ("b", (0.0, 1.0, -1.0))),
        ),
    ),
    "weibull_logpdf": Density(
        "y shape scale",
        weibull,
        (
            *(
                (1.0, 2.0, 3.0),
                (0.5, 0.3, 1.0),
                (1e-20, 2.0, 1.0),
                (30.0, 3.0, 4.0),
                (2.0, 1.0, 0.5),
            ),
            *((1.0, 100.0, 1.001), (1e200, 0.01, 1e190)),
        ),
        outside=((-1.0, 2.0, 3.0), (0.0, 2.0, 3.0)),
        bad=(
            *(("shape", (1.0, 0.0, 1.0)), ("shape", (1.0, -2.0, 1.0)), ("scale", (1.0, 2.0, 0.0))),
            *(
                ("scale", (1.0, 2.0, -1.0)),
                ("scale", (0.0, 2.0, -1.0)),
                ("shape", (1.0, -2.0, -1.0)),
            ),
        ),
    ),
    "poisson_logpmf": Density(
        "y rate",
        poisson,
        (
            *(
                (2.0, 3.0),
                (0.0, 3.0),
                (1.0, 1e-300),
                (1e6, 1e6),
                (1e6, 1e6 + 1e3),
                (1e15, 1e15 + 1e7),
            ),
            *((9.0, 10.0), (10.0, 9.0), (11.0, 3.0), (200.0, 1e-5), (3.0, 700.0), (0.0, 1e-300)),
            *((0.0, 1e6), (1.0, 1e10)),
        ),
        outside=((-1.0, 2.0), (1.5, 2.0), (3.0, 0.0), (-0.5, 2.0)),
        bad=(("rate", (1.0, -1.0)), ("rate", (0.0, -1.0)), ("rate", (-1.0, -1.0))),
        counts=1,
    ),
    "binomial_logpmf": Density(
        "y n p",
        binomial,
        (
            *((2.0, 5.0, 0.3), (0.0, 5.0, 0.3), (5.0, 5.0, 0.3), (0.0, 0.0, 0.3), (5e5, 1e6, 0.5)),
            *((300100.0, 1e6, 0.3), (1.0, 1e6, 1e-6), (3.0, 1e12, 1e-12), (7.0, 20.0, 1e-300)),
            *((999990.0, 1e6, 0.99999), (12.0, 30.0, 0.999)),
        ),
        outside=(
            (-1.0, 5.0, 0.3),
            (6.0, 5.0, 0.3),
            (1.5, 5.0, 0.3),
            (1.0, 5.0, 0.0),
            (1.0, 5.0, 1.0),
        ),
        bad=(
            *(("n", (1.0, -2.0, 0.3)), ("n", (1.0, 2.5, 0.3)), ("p", (1.0, 2.0, -0.1))),
            *(("p", (1.0, 2.0, 1.1)), ("p", (0.0, 0.0, 2.0)), ("p", (-1.0, 2.0, 2.0))),
        ),
        counts=2,
    ),
    "bernoulli_logit_logpmf": Density(
        "y alpha",
        bernoulli_logit,
        (
            (1.0, 2.0),
            (0.0, 2.0),
            (1.0, 800.0),
            (0.0, 800.0),
            (1.0, -800.0),
            (0.0, -40.0),
            (1.0, 40.0),
        ),
        outside=((2.0, 1.0), (0.5, 1.0), (-1.0, 1.0)),
        counts=1,
    ),
    "negative_binomial_logpmf": Density(
        "y mu phi",
        negative_binomial,
        (
            *(
                (2.0, 3.0, 1.5),
                (0.0, 3.0, 1.5),
                (7.0, 5.0, 1e10),
                (1000.0, 1100.0, 1e8),
                (0.0, 1e3, 1e-3),
                (1.0, 1e-6, 1.0),
            ),
            *(
                (5.0, 1e3, 1e-3),
                (5.0, 1e-300, 2.0),
                (1e6, 1e6, 3.0),
                (12.0, 9.0, 8.5),
                (4.0, 4.0, 1e15),
            ),
            *((1e5, 1e3, 1e4), (1.0, 1e6, 1e3), (0.0, 1e8, 1e12)),
        ),
        outside=((-1.0, 2.0, 1.0), (1.5, 2.0, 1.0), (1.0, 0.0, 1.0)),
        bad=(
            *(("mu", (1.0, -1.0, 2.0)), ("mu", (0.0, -1.0, 2.0)), ("phi", (1.0, 1.0, 0.0))),
            *(("phi", (1.0, 1.0, -1.0)), ("phi", (0.0, 1.0, -0.5)), ("mu", (2.0, -3.0, 1.0))),
        ),
        counts=1,
    ),
}
