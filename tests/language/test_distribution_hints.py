"""What messages say of distribution functions is what SciPy computes."""

import pytest
from scipy import stats

import adcli
from adcli.language.density_hints import DISTRIBUTIONS, density_hint

AT = {
    **{"mu": 1.3, "sigma": 0.8, "df": 4.0, "a": 2.0, "b": 3.0, "shape": 2.5, "rate": 1.5},
    **{"n": 6.0, "m": 9.0, "scale": 2.0, "p": 0.3, "phi": 1.7},
}
SCIPY = {
    "normal": stats.norm(1.3, 0.8),
    "student_t": stats.t(4.0),
    "beta": stats.beta(2.0, 3.0),
    "gamma": stats.gamma(2.5, scale=1 / 1.5),
    "chi2": stats.chi2(4.0),
    "f": stats.f(6.0, 9.0),
    "exponential": stats.expon(scale=1 / 1.5),
    "weibull": stats.weibull_min(2.5, scale=2.0),
    "logistic": stats.logistic(1.3, 0.8),
    "cauchy": stats.cauchy(1.3, 0.8),
    "lognormal": stats.lognorm(0.8, scale=2.718281828459045**1.3),
    "poisson": stats.poisson(1.5),
    "binomial": stats.binom(6, 0.3),
    "negative_binomial": stats.nbinom(1.7, 1.7 / (1.7 + 1.3)),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_distribution_function_is_what_scipy_has(name):
    f = adcli.function(DISTRIBUTIONS[name].partition(" for ")[0])
    for y in (0.4, 0.9) if name == "beta" else (2.0, 3.0):
        point = {k: x for k, x in {**AT, "y": y, "t": y}.items() if k in f.variables}
        value, gradient = f.value_and_gradient(point)
        assert value == pytest.approx(SCIPY[name].cdf(y), rel=1e-12)
        assert gradient.keys() == point.keys()


@pytest.mark.parametrize(
    ("written", "program"),
    [
        ("pnorm", "normcdf((y - mu)/sigma)"),
        ("stats.norm.cdf", "normcdf((y - mu)/sigma)"),
        ("student_t_cdf", DISTRIBUTIONS["student_t"]),
        ("tcdf", DISTRIBUTIONS["student_t"]),
        ("betacdf", "betainc(a, b, y)"),
        ("beta_lcdf", "betainc(a, b, y)"),
        ("pchisq", "gammainc(df/2, y/2)"),
        ("plot", None),
        ("cdf", None),
    ],
)
def test_names_of_other_languages(written, program):
    hint = density_hint(written)
    assert hint is None if program is None else hint.endswith(f" {program}")
