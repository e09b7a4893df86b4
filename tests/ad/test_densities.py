"""Log densities against their closed forms in 400 digits: values, first and second partials, at
places where the formulas by the book lose their digits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf
from scipy import stats
from scipy.special import expit

import adcli
from adcli.graph.primitives import PRIMITIVES
from tests.ad.density_table import DENSITIES, Point

RELATIVE = 1e-13
LARGEST = 1e300
ULP = mpf(2) ** -52


def call(name: str) -> adcli.Function:
    return adcli.function(f"{name}({DENSITIES[name].names.replace(' ', ', ')})")


def free(name: str) -> list[str]:
    """The inputs that have a derivative."""
    return DENSITIES[name].names.split()[DENSITIES[name].counts :]


def difference(name: str, xs: Sequence[Any], by: Sequence[int]) -> Any:
    """A derivative of the closed form by central differences, far below the digits that count."""
    if not by:
        return DENSITIES[name].exact(*xs)
    k, *rest = by
    h = (abs(xs[k]) or min([abs(x) for x in xs if x] or [mpf(1)])) * mpf(10) ** -60
    ends = [difference(name, [*xs[:k], xs[k] + s * h, *xs[k + 1 :]], rest) for s in (1, -1)]
    return (ends[0] - ends[1]) / (2 * h)


@cache
def exact(name: str, point: Point, by: tuple[int, ...]) -> Any:
    """A derivative of the closed form."""
    with mp.workdps(400):
        return difference(name, [mpf(x) for x in point], by)


@cache
def slack(name: str, point: Point, by: tuple[int, ...]) -> Any:
    """How far two units in the last place of each continuous input move it."""
    with mp.workdps(400):
        xs, total = [mpf(x) for x in point], mpf(0)
        for k in range(DENSITIES[name].counts, len(xs)):
            moved = [*xs[:k], xs[k] * (1 + ULP), *xs[k + 1 :]]
            total += 2 * abs(difference(name, moved, by) - exact(name, point, by))
        return total


def is_wrong(name: str, point: Point, by: tuple[int, ...], got: Any) -> bool:
    """Whether a number is off by more than RELATIVE and what conditioning allows. A log density is
    a sum of terms about 1 in size at least, which may cancel."""
    value = exact(name, point, by)
    if abs(value) > LARGEST:
        return False
    allowed = RELATIVE * abs(value) + (mpf(1e-250) if by else mpf(5e-15))
    off = abs(mpf(got) - value)
    return not (off <= allowed or off <= allowed + slack(name, point, by))


def orders(name: str, order: int) -> Iterator[tuple[int, ...]]:
    ks = range(DENSITIES[name].counts, len(DENSITIES[name].names.split()))
    return combinations_with_replacement(ks, order)


def test_every_density_is_in_the_table() -> None:
    rows = {row.name for row in PRIMITIVES.values() if row.parameters or row.support}
    assert rows == set(DENSITIES)


def is_edge(name: str, point: Point) -> bool:
    """Whether the density ends here, so that no difference has points on both sides."""
    return name == "exponential_logpdf" and point[0] == 0


@pytest.mark.parametrize("way", ["python", "numpy", "digits"])
@pytest.mark.parametrize("name", DENSITIES)
def test_value_and_partials(name: str, way: str) -> None:
    f, names, wrong = call(name), DENSITIES[name].names.split(), []
    options: dict[str, Any] = {"precision": 30} if way == "digits" else {"engine": way}
    for point in DENSITIES[name].points:
        at: dict[str, Any] = dict(zip(names, point, strict=True))
        if way == "digits":  # the float64 itself, not its shortest digits
            at = {key: mpf(x) for key, x in at.items()}
        found = {(): f.value(at, **options)}
        if not is_edge(name, point):
            for (k,) in orders(name, 1):
                if abs(exact(name, point, (k,))) < LARGEST:
                    try:
                        gradient = f.value_and_gradient(at, wrt=[names[k]], **options)[1]
                    except adcli.DomainError as error:
                        wrong.append((point, k, error))
                        continue
                    found[(k,)] = gradient[names[k]]
        wrong += [(point, by, got) for by, got in found.items() if is_wrong(name, point, by, got)]
    assert not wrong, wrong[:5]


@pytest.mark.parametrize("name", DENSITIES)
def test_second_partials(name: str) -> None:
    f, names, wrong = call(name), DENSITIES[name].names.split(), []
    for point in DENSITIES[name].points:
        if any(abs(exact(name, point, by)) > LARGEST for by in orders(name, 2)):
            continue
        if not is_edge(name, point):
            at = dict(zip(names, point, strict=True))
            hessian = f.hessian(at, wrt=free(name))[1]
            for j, k in orders(name, 2):
                got = hessian[names[j]][names[k]]
                if is_wrong(name, point, (j, k), got):
                    wrong.append((point, j, k, got))
    assert not wrong, wrong[:5]


@pytest.mark.parametrize("name", DENSITIES)
def test_engines_agree_over_rows(name: str) -> None:
    f, wrt = call(name), free(name)
    generator = np.random.default_rng(5)
    sides = PRIMITIVES[name].sample
    columns = {
        key: generator.uniform(*side, size=300)
        for key, side in zip(DENSITIES[name].names.split(), sides, strict=True)
    }
    by_engine = [f.map(columns, wrt=wrt, engine=e) for e in ("python", "numpy", "llvm")]
    first, *others = by_engine
    for batch in others:
        assert np.allclose(batch.values, first.values, rtol=1e-12, atol=1e-14)
        for key in wrt:
            assert np.allclose(batch.gradients[key], first.gradients[key], rtol=1e-12, atol=1e-13)


OUTSIDE = [(name, point) for name, d in DENSITIES.items() for point in d.outside]
BAD = [(name, *bad) for name, d in DENSITIES.items() for bad in d.bad]


@pytest.mark.parametrize(("name", "point"), OUTSIDE)
def test_outside_the_support(name: str, point: Point) -> None:
    f, at = call(name), dict(zip(DENSITIES[name].names.split(), point, strict=True))
    for options in ({"engine": "python"}, {"engine": "numpy"}, {"precision": 30}):
        assert f.value(at, **options) == -math.inf
    with pytest.raises(adcli.DomainError, match=r"is -inf: its support is .*y.*, and y is"):
        f.value_and_gradient(at, wrt=free(name))
    columns = {key: np.array([x] * 20) for key, x in at.items()}
    for engine in ("python", "numpy", "llvm"):
        batch = f.map(columns, wrt=(), engine=engine)
        assert (batch.values == -math.inf).all()
        assert not batch.errors


@pytest.mark.parametrize(("name", "parameter", "point"), BAD)
def test_a_parameter_that_may_not_be_so_is_named(name: str, parameter: str, point: Point) -> None:
    names = DENSITIES[name].names
    at = dict(zip(names.split(), point, strict=True))
    for text in ("{}", "exp({})", "sum([{}, 1])"):  # nothing hides it
        f = adcli.function(text.format(f"{name}({names.replace(' ', ', ')})"))
        for options in ({"engine": "numpy"}, {"precision": 30}):
            with pytest.raises(
                adcli.DomainError, match=rf"it needs .*{parameter} .*, and {parameter} is"
            ):
                f.value(at, **options)
    batch = call(name).map({k: np.full(20, x) for k, x in at.items()}, wrt=(), on_error="null")
    assert len(batch.errors) == 20


@pytest.mark.parametrize("name", [name for name in DENSITIES if DENSITIES[name].counts])
def test_a_count_has_no_derivative(name: str) -> None:
    at = dict(zip(DENSITIES[name].names.split(), DENSITIES[name].points[0], strict=True))
    for options in ({}, {"engine": "numpy"}, {"precision": 20}):
        with pytest.raises(adcli.DomainError, match=f"{name} has no derivative in y"):
            call(name).value_and_gradient(at, **options)
    columns = {key: [x, x] for key, x in at.items()}
    vectors = adcli.function(f"sum({name}({DENSITIES[name].names.replace(' ', ', ')}))")
    with pytest.raises(adcli.DomainError, match=f"{name} has no derivative in y"):
        vectors.value_and_gradient(columns, precision=20)


@pytest.mark.parametrize(
    ("text", "at", "value"),
    [
        ("gamma_logpdf(y, 1, 2)", {"y": 0.0}, math.log(2)),
        ("weibull_logpdf(y, 1, 2)", {"y": 0.0}, -math.log(2)),
        ("beta_logpdf(y, 1, 3)", {"y": 0.0}, math.log(3)),
        ("beta_logpdf(y, 3, 1)", {"y": 1.0}, math.log(3)),
        ("exponential_logpdf(y, 2)", {"y": 0.0}, math.log(2)),
        ("poisson_logpmf(0, r)", {"r": 0.0}, 0.0),
        ("binomial_logpmf(0, 5, p)", {"p": 0.0}, 0.0),
        ("binomial_logpmf(5, 5, p)", {"p": 1.0}, 0.0),
        ("negative_binomial_logpmf(0, m, 2)", {"m": 0.0}, 0.0),
        ("student_t_logpdf(y, 1e8, 0, 1)", {"y": 1.0}, -0.9189385332046728 - 0.5),
        ("cauchy_logpdf(y, 0, 1)", {"y": 1e200}, -922.1787670834677),
        ("student_t_logpdf(y, 1, 0, 1)", {"y": 1e200}, -922.1787670834677),
    ],
)
def test_ends_and_limits(text: str, at: dict[str, float], value: float) -> None:
    for engine in ("python", "numpy"):
        found = adcli.function(text).value(at, engine=engine)
        assert found == pytest.approx(value, rel=2e-8 if "1e8" in text else 1e-14, abs=1e-300)


@pytest.mark.parametrize(
    ("text", "end", "slope", "bend"),
    [
        ("poisson_logpmf(0, t)", 0.0, -1.0, 0.0),
        ("binomial_logpmf(0, 5, t)", 0.0, -5.0, -5.0),
        ("binomial_logpmf(5, 5, t)", 1.0, 5.0, -5.0),
        ("negative_binomial_logpmf(0, t, 2)", 0.0, -1.0, 0.5),
    ],
)
def test_no_events_have_a_slope_where_their_mean_is_0(
    text: str, end: float, slope: float, bend: float
) -> None:
    f = adcli.function(text)
    for options in ({}, {"engine": "numpy"}, {"engine": "llvm"}, {"precision": 20}):
        assert f.value_and_gradient({"t": end}, **options)[1]["t"] == slope
        assert f.hessian({"t": end}, **options)[1]["t"]["t"] == bend


def test_slopes_of_tails() -> None:
    for text in ("cauchy_logpdf(y, m, s)", "student_t_logpdf(y, 1, m, s)"):
        f = adcli.function(text)
        _, gradient = f.value_and_gradient({"y": 1e200, "m": 0.0, "s": 1.0})
        assert gradient == pytest.approx({"y": -2e-200, "m": 2e-200, "s": 1.0}, rel=1e-15)


def test_poles_of_a_density_are_errors() -> None:
    for text in ("gamma_logpdf(y, 0.5, 1)", "weibull_logpdf(y, 0.5, 1)", "beta_logpdf(y, 0.5, 2)"):
        with pytest.raises(adcli.DomainError, match="is inf"):
            adcli.function(text).value({"y": 0.0})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-gamma_logpdf(y, 2, 3)", math.inf),
        ("sum([gamma_logpdf(y, 2, 3), 1, poisson_logpmf(-1, 2)])", -math.inf),
        ("exp(gamma_logpdf(y, 2, 3))", 0.0),
        ("logaddexp(gamma_logpdf(y, 2, 3), normal_logpdf(y, 0, 1))", -1.4189385332046727),
        ("log(exp(gamma_logpdf(y, 2, 3)))", None),
        ("1/exp(gamma_logpdf(y, 2, 3))", None),
        ("gamma_logpdf(y, 2, 3) - gamma_logpdf(y, 3, 3)", None),
        ("gamma_logpdf(y, 2, 3) + log(y + 1)", None),
        ("0*gamma_logpdf(y, 2, 3)", None),
        ("gamma_logpdf(sqrt(y), 2, 3)", None),
        ("exp(gamma_logpdf(sqrt(y), 2, 3))", None),
        ("normal_logpdf(1e200*y, 0, 1)", None),
    ],
)
def test_which_infinities_are_right(text: str, value: float | None) -> None:
    f = adcli.function(text)
    for options in ({"engine": "numpy"}, {"precision": 20}):
        if value is None and not (options == {"precision": 20} and "1e200" in text):
            with pytest.raises(adcli.DomainError):
                f.value({"y": -1.0}, **options)
        elif value is not None:
            assert float(f.value({"y": -1.0}, **options)) == pytest.approx(value, rel=1e-15)


def test_what_a_mixture_absorbs_has_a_gradient() -> None:
    f = adcli.function("logaddexp(exponential_logpdf(y, a), normal_logpdf(y, b, 1))")
    _, gradient = f.value_and_gradient({"y": -1.0, "a": 2.0, "b": 0.5})
    assert gradient == {"y": 1.5, "a": 0.0, "b": -1.5}


def test_vectors_broadcast() -> None:
    f = adcli.function("sum(normal_logpdf(y, a*x, s))")
    y, x = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0])
    value, gradient = f.value_and_gradient({"y": y, "x": x, "a": 0.5, "s": 2.0})
    z = (y - 0.5 * x) / 2
    assert value == pytest.approx(
        float(sum(-0.5 * z * z - math.log(2) - 0.5 * math.log(2 * math.pi)))
    )
    assert gradient["a"] == pytest.approx(float(sum(z / 2 * x)))


SCIPY: dict[str, Callable[..., Any]] = {
    "normal_logpdf": stats.norm.logpdf,
    "student_t_logpdf": stats.t.logpdf,
    "cauchy_logpdf": stats.cauchy.logpdf,
    "laplace_logpdf": stats.laplace.logpdf,
    "logistic_logpdf": stats.logistic.logpdf,
    "lognormal_logpdf": lambda y, mu, sigma: stats.lognorm.logpdf(y, sigma, scale=np.exp(mu)),
    "gamma_logpdf": lambda y, shape, rate: stats.gamma.logpdf(y, shape, scale=1 / rate),
    "exponential_logpdf": lambda y, rate: stats.expon.logpdf(y, scale=1 / rate),
    "beta_logpdf": stats.beta.logpdf,
    "weibull_logpdf": lambda y, shape, scale: stats.weibull_min.logpdf(y, shape, scale=scale),
    "poisson_logpmf": stats.poisson.logpmf,
    "binomial_logpmf": stats.binom.logpmf,
    "bernoulli_logit_logpmf": lambda y, alpha: stats.bernoulli.logpmf(y, expit(alpha)),
    "negative_binomial_logpmf": lambda y, mu, phi: stats.nbinom.logpmf(y, phi, phi / (phi + mu)),
}


@pytest.mark.parametrize("name", DENSITIES)
def test_parameters_mean_what_they_mean_in_scipy(name: str) -> None:
    """Over a table with y outside the support, too; counts are whole numbers and halves."""
    sides, names = PRIMITIVES[name].sample, DENSITIES[name].names.split()
    generator = np.random.default_rng(7)
    columns = {k: generator.uniform(*side, size=200) for k, side in zip(names, sides, strict=True)}
    if DENSITIES[name].counts:
        columns["y"] = generator.integers(-2, 18, size=200) / 2
    else:
        columns["y"] = generator.uniform(-2, 4, size=200)
    found = call(name).map(columns, wrt=()).values
    wanted = SCIPY[name](*columns.values())
    assert np.array_equal(found == -math.inf, wanted == -math.inf)
    inside = wanted > -math.inf
    assert inside.any()
    assert np.allclose(found[inside], wanted[inside], rtol=1e-11, atol=1e-13)
