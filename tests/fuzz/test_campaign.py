"""A few cases of every kind on every run, and the campaign's own parts.

`python -m tests.fuzz --seconds 3600 --seed 1` looks further.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import adcli
from adcli.graph.primitives import PRIMITIVES
from tests.fuzz import campaign as campaigns
from tests.fuzz.agreement import Case
from tests.fuzz.campaign import Finding, campaign, run_case
from tests.fuzz.choices import Choices, shrink
from tests.fuzz.conditioning import DIGITS, scatter
from tests.fuzz.kinds import KINDS
from tests.fuzz.passing import changed
from tests.fuzz.series import series as series_of

CASES = {
    "agreement": 400,
    "rows": 100,
    "series": 60,
    "commands": 300,
    "texts": 1500,
    "layouts": 800,
    "tables": 200,
    "files": 200,
}


@pytest.mark.parametrize("kind", CASES)
def test_cases_of_every_kind(kind: str) -> None:
    report = campaign({kind: KINDS[kind]}, seed=1, cases=CASES[kind])
    assert not report.found, report.text()
    assert report.cases[kind] == CASES[kind]
    assert len(report.outcomes[kind]) > 2  # not one and the same answer to everything


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_cases_of_every_kind(kind: str) -> None:
    report = campaign({kind: KINDS[kind]}, seed=2, seconds=120)
    assert not report.found, report.text()


def _no_three_large(c: Choices) -> str:
    numbers = [c.below(100) for _ in range(c.below(20))]
    c.case = str(numbers)
    if sum(n >= 10 for n in numbers) >= 3:
        raise Finding("three are large", c.case)
    return "small"


def test_a_finding_is_shrunk_and_told_with_the_line_that_replays_it() -> None:
    told: list[str] = []
    report = campaign({"sums": (10, _no_three_large)}, seed=3, cases=200, tell=told.append)
    (found,) = report.found.values()
    assert found.case == "[10, 10, 10]"
    assert found.count > 1
    number = int(found.replay.split("--first ")[1].split()[0])
    again = campaign({"sums": (1, _no_three_large)}, seed=3, first=number, cases=1)
    assert [each.symptom for each in again.found.values()] == ["three are large"]
    assert len(told) == 1


def test_the_same_seed_makes_the_same_cases() -> None:
    reports = [campaign({"texts": KINDS["texts"]}, seed=7, cases=50) for _ in range(2)]
    assert reports[0].outcomes == reports[1].outcomes


def test_what_takes_too_long_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(c: Choices) -> str:
        while True:
            c.below(2)
            c.taken.clear()

    monkeypatch.setattr(campaigns, "LIMIT", 0.05)
    _, finding = run_case(endless, Choices())
    assert finding is not None
    assert "takes longer" in finding.symptom


def test_what_is_raised_is_a_finding_with_its_place() -> None:
    def broken(c: Choices) -> str:
        return {}["nothing"]

    _, finding = run_case(broken, Choices())
    assert finding is not None
    assert finding.symptom.startswith("KeyError at test_campaign.py:")


def test_choices_run_out_to_the_simplest() -> None:
    c = Choices([5, 1])
    assert [c.below(3), c.below(9), c.below(9)] == [2, 1, 0]
    assert shrink([4, 7, 1], lambda taken: taken if 7 in taken else None) == [7]


def test_a_campaign_leaves_its_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    campaign({"commands": KINDS["commands"]}, seed=5, cases=30)
    assert Path.cwd() == tmp_path
    assert list(tmp_path.iterdir()) == []


def value_at(f: adcli.Function, point: dict[str, Any]) -> list[Any]:
    """What `scatter` asks for the value alone."""
    return [f.value(point, precision=DIGITS)]


@pytest.mark.parametrize(
    ("text", "x", "least", "most"),
    [
        ("hypot(x, asin(x))", 1e-3, 1e-14, 1e-12),  # 1000 and -1000 cancel to 0.001
        ("atan2(x, tan(x))", 1e-3, 1e-12, 1e-9),
        ("log(exp(x)/x)", 1e-3, 1e-11, 1e-9),
        ("x*exp(x)", 1.0, 1e-16, 1e-13),
        ("hypot(x, 2)", 1e-3, 1e-18, 1e-15),
    ],
)
def test_second_derivatives_may_be_off_by_what_their_terms_lose(
    text: str, x: float, least: float, most: float
) -> None:
    def ask(f: adcli.Function, point: dict[str, Any]) -> list[Any]:
        return [f.hessian(point, precision=DIGITS, wrt=["x"])[1]["x"]["x"]]

    (spread,) = scatter(adcli.function(text), {"x": mpf(x)}, ask, second=True)
    assert least < spread < most


def test_numbers_tie_as_the_floats_that_hold_them() -> None:
    """1e-10 as written is not the float next to it, in many digits; in floats both are one."""
    f, exactly = adcli.function("mod(y, y != 1e-10)"), {"y": mpf(1e-10)}
    assert float(value_at(f, exactly)[0]) == 1e-10
    with pytest.raises(adcli.DomainError):
        f.value({"y": 1e-10})
    with mp.workdps(60):
        assert scatter(f, exactly, value_at) is None


@pytest.mark.parametrize("text", ["x != coth(y)", "x == 1/y", "where(exp(log(x)) == x, 1, 0)"])
def test_numbers_may_be_equal_by_rounding(text: str) -> None:
    f = adcli.function(text)
    point = {name: mpf(x) for name, x in {"x": 1e10, "y": 1e-10}.items() if name in f.inputs}
    with mp.workdps(60):
        (spread,) = scatter(f, point, value_at)
        (apart,) = scatter(f, {**point, "x": mpf(1e10) + 1}, value_at)
    assert spread == pytest.approx(1, 1e-9)
    assert apart < 1e-9 or "log" in text


@pytest.mark.parametrize(("text", "is_off"), [("mod(x, 1E-3)", True), ("mod(x, .5)", False)])
def test_a_number_that_no_float_holds_may_be_off(text: str, is_off: bool) -> None:
    (spread,) = scatter(adcli.function(text), {"x": mpf(float(text[7:-1]))}, value_at)
    assert (spread > 1e-4) == is_off


@pytest.mark.parametrize(
    "text",
    [
        *("sum(v)", "mean(v)", "cumsum(v)[2]", "v@[1, 1, 1]", 'einsum("i->", v)', "trace(diag(v))"),
        *("dot(v, v*[1, 1, 1])^1 - 2", "prod(v@[[1, 1], [1, 1], [1, 1]])^0.5", "sum([v, v])/2"),
    ],
)
def test_a_sum_inside_of_one_operation_is_off_by_its_terms(text: str) -> None:
    v = np.array([mpf(1), mpf(1e-10), mpf(-1)], dtype=object)
    (spread,) = scatter(adcli.function(text), {"v": v}, value_at)
    assert 1e-17 < spread < 1e-15


@pytest.mark.parametrize(
    ("text", "x", "least", "most"),
    [
        ("beta_logpdf(0.5, x, x)", 1.0, 1e-17, 1e-15),  # 0 = 1.386 - 1.386
        ("normal_logpdf(x, 0, 1)", 3.0, 1e-17, 1e-14),
        ("voigtre(1, x, 1e-10, x)", 1.0, 1e-18, 1e-14),  # the real part of i/(2 pi)
        ("voigt(x, 1e-10, x)", 1.0, 1e-18, 1e-15),
    ],
)
def test_terms_inside_of_an_operation_that_cancel_may_be_off(
    text: str, x: float, least: float, most: float
) -> None:
    (spread,) = scatter(adcli.function(text), {"x": mpf(x)}, value_at)
    assert least < spread < most


@pytest.mark.parametrize(
    ("text", "x", "least", "most"),
    [
        ("poisson_logpmf(1, x)", 1.0000000001, 1e-18, 1e-15),  # 1/x - 1
        ("normal_logpdf(x, 1, 1)", 1.0000000001, 1e-18, 1e-15),
        ("exp(x)", 1.0, 1e-17, 1e-15),
        ("powlog(x, 2, 1)", 0.60653, 1e-23, 1e-20),  # 2x log(x) + x is in a form that keeps digits
    ],
)
def test_first_partials_of_log_densities_may_cancel(
    text: str, x: float, least: float, most: float
) -> None:
    def ask(f: adcli.Function, point: dict[str, Any]) -> list[Any]:
        return [f.value_and_gradient(point, precision=DIGITS, wrt=["x"])[1]["x"]]

    (spread,) = scatter(adcli.function(text), {"x": mpf(x)}, ask)
    assert least < spread < most


def test_variables_that_are_nothing_but_indices_are_not_asked_for() -> None:
    f = adcli.function("sort(reorder(v, W[0]))[1]")
    point = {"v": [0.5] * 3, "W": [[0.5] * 3] * 3}
    for seed in range(20):
        assert Case(f, point, "value_and_gradient", Choices(source=Random(seed))).check() == "agree"


@pytest.mark.parametrize(
    "matrix", [[[3, 1, 1.375], [10, 0.25, -2.25], [0.75, -1, 3]], [[0.125, 1.375], [3, 1e17]]]
)
def test_eigenvalues_that_rounding_makes_equal_are_no_finding(matrix: list[list[float]]) -> None:
    """They have no derivatives; those that many digits tell apart have."""
    f = adcli.function("max(eigvalsh(solve(W, W)))")
    with mp.workdps(60):
        Case(f, {"W": matrix}, "jacobian", Choices()).check()


@pytest.mark.parametrize("power", ["1.05", "2.04", "softplus(3)"])
def test_a_broken_power_next_to_the_order_is_no_finding(
    power: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fuzz.series.loss", lambda c: adcli.function(f"(2x)^({power})"))
    for order in range(5):  # 2, 1, 3, 4, 6
        c = Choices([order])
        monkeypatch.setattr("tests.fuzz.series.point", lambda c, names: {"x": 0.0})
        assert series_of(c) in ("agree", "not finite", "jump")


PASSING = [
    # the table's format, the table, the result's format, the result, whether all is as it was
    ("csv", b"x,y\n1,2.50\n", "csv", "x,y,value\n1,2.50,1.0\n", True),
    ("csv", b"x,y\n1,2.50\n", "csv", "x,y,value\n1,2.5,1.0\n", False),
    ("csv", b"x, y\n1\n\n2,3\n", "csv", "x,y,value\n1,,1.0\n2,3,4.0\n", True),
    ("csv", b"x,y\n1,2\n2,3\n", "csv", "x,y,value\n1,2,1.0\n", False),
    ("tsv", b"\xef\xbb\xbfx\ty\n1\ta,b\n", "csv", 'x,y,value\n1,"a,b",1.0\n', True),
    ("jsonl", b'{"x": 1, "y": 1e400}', "json", '{"point": {"x": 1.0, "y": 1e400}}', True),
    ("jsonl", b'{"x": 1, "y": 1e400}', "json", '{"point": {"x": 1.0, "y": null}}', False),
    ("jsonl", b'{"x": 1, "y": [1, 2]}', "json", '{"point": {"x": 1.0}}', False),
]


@pytest.mark.parametrize(("kind", "table", "form", "result", "is_same"), PASSING)
def test_a_value_that_changes_on_its_way_is_a_finding(
    kind: str, table: bytes, form: str, result: str, is_same: bool
) -> None:
    arguments = ["eval", "--points", f"table.{kind}", "--format", form, "--", "x^2"]
    assert (changed(arguments, 0, table, result) is None) == is_same


def test_a_rule_that_is_wrong_at_the_second_order_makes_findings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule = (lambda m, x, out: m.detach(m.exp(x)),)
    monkeypatch.setattr(PRIMITIVES["exp"], "partials", rule)
    report = campaign({"series": KINDS["series"]}, name="unshrunk", seed=1, cases=300)
    assert any("a series is not" in each.symptom for each in report.found.values())


def test_a_pole_within_rounding_of_a_factor_of_zero_is_no_finding() -> None:
    """The cotangent of tau is 1e51 in many digits; in floats -4e15, a pole of trigamma."""
    f = adcli.function("polygamma(1, x*cot(tau))*tanh(-(logcosh(1e10) == x)) + x*0")
    with pytest.raises(adcli.DomainError):
        f.value({"x": 0.75})
    with mp.workdps(60):
        Case(f, {"x": 0.75}, "value_and_gradient", Choices()).check()
