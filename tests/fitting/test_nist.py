"""Every NIST problem is solved from both starts with default settings, to 9 digits and more."""

from __future__ import annotations

import pytest

from adcli.descent.stopping import Status
from adcli.fitting.run import fit
from tests.fitting.nist_problems import Problem, digits, problems

RUNS = [(problem, start) for problem in problems() for start in ("start1", "start2")]


def test_all_27_are_here() -> None:
    assert len(problems()) == 27


@pytest.mark.parametrize(("problem", "start"), RUNS, ids=lambda x: getattr(x, "name", x))
def test_certified_values_are_reached(problem: Problem, start: str) -> None:
    found = fit(problem.model, problem.columns(), problem.starts()[start])
    assert found.status is Status.CONVERGED, found.reason
    for name, (value, deviation) in problem.certified.items():
        assert digits(found.parameters[name].value, value) >= 9, name
        assert digits(found.parameters[name].standard_error, deviation) >= 9, name
    assert digits(found.rss, problem.rss) >= 9
    sd = found.residual_standard_deviation
    assert digits(sd, problem.residual_standard_deviation) >= 9
    assert found.degrees_of_freedom == problem.degrees_of_freedom
