"""Densities and distribution functions by the names that other languages give them."""

from __future__ import annotations

import re

from adcli.graph.library import LIBRARY

NAMES = {
    **dict.fromkeys(("norm", "gauss", "gaussian"), "normal"),
    **dict.fromkeys(("t", "student", "studentt"), "student_t"),
    **dict.fromkeys(("double_exponential", "doubleexponential"), "laplace"),
    **dict.fromkeys(("lognorm", "lnorm", "log_normal"), "lognormal"),
    **dict.fromkeys(("expon", "exp"), "exponential"),
    **dict.fromkeys(("logis",), "logistic"),
    **dict.fromkeys(("weibull_min",), "weibull"),
    **dict.fromkeys(("chisq", "chi_square", "chisquare", "chi_squared"), "chi2"),
    **dict.fromkeys(("gam",), "gamma"),
    **dict.fromkeys(("fdist", "f_dist"), "f"),
    "pois": "poisson",
    "binom": "binomial",
    **dict.fromkeys(("bernoulli", "bern"), "bernoulli_logit"),
    **dict.fromkeys(
        ("nbinom", "neg_binomial", "neg_binomial_2", "negbinomial", "negativebinomial"),
        "negative_binomial",
    ),
    **dict.fromkeys(("multi_normal", "mvnorm", "mvn", "multivariatenormal"), "multivariate_normal"),
}
"""Distributions by the names of SciPy, Stan, R and PyTorch."""

_LOG = r"(?P<name>\w+?)[_.](?:logpdf|logpmf|lpdf|lpmf|log_prob|logprob|logdensity|log_lik)"
_PLAIN = r"(?P<name>\w+?)[_.](?:pdf|pmf|prob|density)|d(?P<r>\w+)"
_CUMULATIVE = r"(?P<name>\w+?)[_.]?(?P<log>l?)cdf|p(?P<r>\w+)"

DISTRIBUTIONS = {
    "normal": "normcdf((y - mu)/sigma)",
    "student_t": "1 - betainc(df/2, 1/2, df/(df + t^2))/2 for t >= 0",
    "beta": "betainc(a, b, y)",
    "gamma": "gammainc(shape, rate*y)",
    "chi2": "gammainc(df/2, y/2)",
    "f": "betainc(n/2, m/2, n*y/(n*y + m))",
    "exponential": "-expm1(-rate*y)",
    "weibull": "-expm1(-(y/scale)^shape)",
    "logistic": "sigmoid((y - mu)/sigma)",
    "cauchy": "1/2 + atan((y - mu)/sigma)/pi",
    "lognormal": "normcdf((log(y) - mu)/sigma)",
    "poisson": "gammaincc(y + 1, rate) for whole y",
    "binomial": "betainc(n - y, y + 1, 1 - p) for whole y",
    "negative_binomial": "betainc(phi, y + 1, phi/(phi + mu)) for whole y",
}
"""Distribution functions as programs, which differentiate in their parameters."""


def density_hint(written: str) -> str | None:
    """What a density is here that is written `norm.logpdf`, `normal_lpdf` or `dnorm`, or a
    distribution function, `norm.cdf` or `pnorm`; None if neither is written."""
    match = re.fullmatch(rf"(?:\w+\.)*?(?:{_LOG})", written)
    call = _call(match["name"]) if match else None
    if call is not None:
        return f"did you mean '{call}'?"
    match = re.fullmatch(rf"(?:\w+\.)*?(?:{_PLAIN})", written)
    call = _call(match["name"] or match["r"]) if match else None
    if call is not None:
        return f"the density is exp({call})"
    match = re.fullmatch(rf"(?:\w+\.)*?(?:{_CUMULATIVE})", written)
    name = (match["name"] or match["r"]).lower() if match else ""
    program = DISTRIBUTIONS.get(NAMES.get(name, name))
    if match is None or program is None:
        return None
    what = "the logarithm is that of" if match["log"] else "the distribution function is"
    return f"{what} {program}"


def _call(name: str) -> str | None:
    """How the log density of a distribution is called."""
    name = NAMES.get(name.lower(), name.lower())
    row = LIBRARY.get(f"{name}_logpdf") or LIBRARY.get(f"{name}_logpmf")
    return row.signature() if row is not None else None
