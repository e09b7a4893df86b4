"""Writes likelihood_data.json: regressions by statsmodels, which the tests compare with.

    pip install statsmodels lifelines && python tests/descent/make_likelihood_data.py

Each case has the data, the program of the negative log-likelihood in adcli's language, a start, and
what statsmodels finds: parameters and standard errors of the model as it calls them, the log
likelihood and, where it has them, robust errors (HC0, and by clusters without corrections).
The Weibull regression with censoring is statsmodels' GenericLikelihoodModel with a Hessian by
complex steps, agreed to 4 digits with lifelines' WeibullAFTFitter when this is run.
Data: spector (statsmodels, public domain), the remission times of Freireich et al. (1963), and
counts drawn from a seed.
"""

from __future__ import annotations

import json
from pathlib import Path

import lifelines
import numpy as np
import statsmodels
import statsmodels.api as sm
from statsmodels.base.model import GenericLikelihoodModel
from statsmodels.tools.numdiff import approx_fprime_cs, approx_hess_cs

CONTROL = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
CENSORED = {3, 5, 7, 8, 11, 12, 13, 16, 17, 18, 19, 20}


def plain(values):
    return [float(x) for x in np.ravel(values)]


def columns(**named):
    return {name: plain(x) for name, x in named.items()}


def record(fitted, program, start, data, transform=lambda x: x, **robust):
    found = {
        "program": program,
        "start": start,
        "data": data,
        "parameters": plain(transform(fitted.params)),
        "errors": plain(fitted.bse),
        "log_likelihood": float(fitted.llf),
    }
    return {**found, **{name: plain(x.bse) for name, x in robust.items()}}


def discrete(kind, y, x, groups, program, start, **settings):
    options = {"disp": False, "method": "newton", "maxiter": 200, "tol": 1e-14, **settings}
    design = np.column_stack([np.ones(len(y)), *x.values()])
    model = kind(y, design)
    first = model.fit(**{**options, "method": "bfgs", "maxiter": 5000, "gtol": 1e-9})
    options["start_params"] = first.params
    fitted = model.fit(**options)
    hc0 = model.fit(**options, cov_type="HC0")
    clustered = model.fit(
        **options, cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    data = columns(y=y, g=groups, **x)
    return record(fitted, program, start, data, robust=hc0, clustered=clustered)


def cox(time, event, x, program, start):
    design = np.column_stack(list(x.values()))
    model = sm.PHReg(time, design, status=event, ties="breslow")
    fitted = model.fit(method="newton", disp=0, tol=1e-14, maxiter=200)
    return record(fitted, program, start, columns(time=time, event=event, **x))


class Weibull(GenericLikelihoodModel):
    """log T = X b + sigma W with W standard extreme value; the last parameter is log sigma."""

    def loglike(self, params):
        return self._total(np.asarray(params))

    def _total(self, params):
        time, event = self.endog[:, 0], self.endog[:, 1]
        z = (np.log(time) - self.exog @ params[:-1]) * np.exp(-params[-1])
        return (event * (z - params[-1] - np.log(time)) - np.exp(z)).sum()

    def score(self, params):
        return approx_fprime_cs(np.asarray(params, float), self._total)

    def hessian(self, params):
        return approx_hess_cs(np.asarray(params, float), self._total)


def weibull(time, event, treated, program, start):
    design = np.column_stack([np.ones(len(time)), treated])
    model = Weibull(np.column_stack([time, event]), design)
    point = np.array([2.0, 1.0, 0.0])
    for _ in range(50):
        point = point - np.linalg.solve(model.hessian(point), model.score(point))
    import pandas as pd

    frame = pd.DataFrame({"time": time, "event": event, "treated": treated})
    other = lifelines.WeibullAFTFitter().fit(frame, "time", "event")
    theirs = [other.params_["lambda_"]["Intercept"], other.params_["lambda_"]["treated"]]
    theirs.append(-other.params_["rho_"]["Intercept"])
    np.testing.assert_allclose(point, theirs, rtol=1e-4)
    errors = np.sqrt(np.diag(np.linalg.inv(-model.hessian(point))))
    return {
        "program": program,
        "start": start,
        "data": columns(time=time, event=event, treated=treated),
        "parameters": plain(point),
        "errors": plain(errors),
        "log_likelihood": float(model.loglike(point)),
    }


def cases():
    rng = np.random.default_rng(1)
    n = 120
    groups = rng.integers(0, 12, n)
    x, z = np.round(rng.normal(size=n), 3), np.round(rng.uniform(size=n), 3)
    mean = np.exp(0.5 + 0.4 * x - 0.8 * z + 0.3 * rng.normal(size=12)[groups])
    counts = rng.poisson(mean)
    spread = rng.negative_binomial(1.5, 1.5 / (1.5 + mean * 2))
    spector = sm.datasets.spector.load_pandas()
    school = {"gpa": spector.exog["GPA"], "tuce": spector.exog["TUCE"], "psi": spector.exog["PSI"]}
    grade = spector.endog.to_numpy()
    time = np.array(CONTROL + TREATED, float)
    event = np.array([1] * 21 + [int(k not in CENSORED) for k in range(21)], float)
    treated = np.array([0] * 21 + [1] * 21, float)
    yield (
        "logistic",
        discrete(
            sm.Logit,
            grade,
            school,
            np.arange(32) % 8,
            "-sum(bernoulli_logit_logpmf(y, a + b*gpa + c*tuce + d*psi))",
            {"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.0},
        ),
    )
    yield (
        "poisson",
        discrete(
            sm.Poisson,
            counts,
            {"x": x, "z": z},
            groups,
            "-sum(poisson_logpmf(y, exp(a + b*x + c*z)))",
            {"a": 0.0, "b": 0.0, "c": 0.0},
        ),
    )
    yield (
        "negative binomial",
        discrete(
            sm.NegativeBinomial,
            spread,
            {"x": x, "z": z},
            groups,
            "-sum(negative_binomial_logpmf(y, exp(a + b*x + c*z), 1/alpha))",
            {"a": 0.0, "b": 0.0, "c": 0.0, "alpha": 1.0},
        ),
    )
    yield (
        "cox",
        cox(
            time,
            event,
            {"treated": treated, "late": (np.arange(42) % 3 == 0).astype(float)},
            "risk = b*treated + c*late; at_risk = expand(time, 0) >= expand(time, 1); "
            "-sum(event*(risk - logsumexp(where(at_risk, expand(risk, 0), -inf), axis=1)))",
            {"b": 0.0, "c": 0.0},
        ),
    )
    yield (
        "weibull",
        weibull(
            time,
            event,
            treated,
            "z = (log(time) - a - b*treated)/exp(s); -sum(event*(z - s - log(time)) - exp(z))",
            {"a": 2.0, "b": 0.0, "s": 0.0},
        ),
    )


if __name__ == "__main__":
    body = {
        "source": f"statsmodels {statsmodels.__version__}, lifelines {lifelines.__version__}",
        "cases": dict(cases()),
    }
    path = Path(__file__).with_name("likelihood_data.json")
    path.write_text(json.dumps(body, indent=None, separators=(", ", ": ")) + "\n")
