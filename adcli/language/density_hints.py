"""Densities by the names that other libraries and languages give them."""

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


def density_hint(written: str) -> str | None:
    """What a density is here that is written `norm.logpdf`, `normal_lpdf` or `dnorm`; None if no
    density is written."""
    match = re.fullmatch(rf"(?:\w+\.)*?(?:{_LOG})", written)
    call = _call(match["name"]) if match else None
    if call is not None:
        return f"did you mean '{call}'?"
    match = re.fullmatch(rf"(?:\w+\.)*?(?:{_PLAIN})", written)
    call = _call(match["name"] or match["r"]) if match else None
    return f"the density is exp({call})" if call is not None else None


def _call(name: str) -> str | None:
    """How the log density of a distribution is called."""
    name = NAMES.get(name.lower(), name.lower())
    row = LIBRARY.get(f"{name}_logpdf") or LIBRARY.get(f"{name}_logpmf")
    return row.signature() if row is not None else None
