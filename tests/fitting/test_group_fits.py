"""One model fitted to each group of rows: `by` of a fit."""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest

import adcli
from adcli.errors import AdcliError
from tests.terminal import run_here

RANDOM = np.random.default_rng(5)
NAMES = ["c", "a", "b"]
CURVE = np.array([NAMES[k] for k in RANDOM.integers(0, 3, 60)])
CURVE[:3] = NAMES
T = RANDOM.uniform(0, 4, 60)
Y = np.where(CURVE == "a", 2.0, 1.0) * np.exp(-0.7 * T) + 0.01 * RANDOM.standard_normal(60)
DATA = {"curve": CURVE, "t": T, "y": Y, "s": 0.1 + 0.01 * T}
MODEL = "y ~ a*exp(-k*t)"
ASKED = {"start": {"a": "auto", "k": 1.0}, "derive": {"half": "log(2)/k"}}

SETTINGS = [
    {},
    {"sigma": "s", "absolute_sigma": True},
    {"weights": DATA["s"]},
    {"weights": 2.0},
    {"loss": "huber", "loss_scale": 0.02},
    {"bounds": {"k": (0.0, 0.5)}},
    {"method": "lbfgs", "start": {"a": 1.0, "k": 1.0}},
    {"set": {"a": "2*k"}, "start": {"k": 1.0}},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=[",".join(s) for s in SETTINGS])
def test_a_group_is_fitted_as_it_is_alone(settings):
    fits = adcli.fit(MODEL, DATA, by="curve", **{**ASKED, **settings})
    assert [x.group for x in fits] == [{"curve": name} for name in NAMES]
    for name, x in zip(NAMES, fits, strict=True):
        own = {key: column[name == CURVE] for key, column in DATA.items()}
        alone = {**ASKED, **settings}
        if isinstance(alone.get("weights"), np.ndarray):
            alone["weights"] = alone["weights"][name == CURVE]
        expected = adcli.fit(MODEL, own, **alone)
        assert x.rows == len(own["t"])
        assert list(x.fit.numbers) == list(expected.numbers)
        for label, number in expected.numbers.items():
            found = x.fit.numbers[label]
            assert found.value == pytest.approx(number.value, rel=1e-8)
            errors = [
                math.nan if x is None else x for x in (found.standard_error, number.standard_error)
            ]
            assert errors[0] == pytest.approx(errors[1], rel=1e-6, nan_ok=True)


def test_groups_that_fail_go_on_with_their_reason():
    data = {
        "g": [3, 1, 1, 1, 2, 2, 2, 4, 4, 4, 4],
        "t": [0, 0, 1, 2, 0, 1, 2, 0, 1, 2, 3.0],
        "y": [1, 1, 0.5, 0.24, 1, -0.5, 0.2, 0.9, 0.5, 0.2, 0.1],
    }
    fits = adcli.fit("log(y) ~ a - k*t", data, {"a": "auto", "k": "auto"}, by=["g"])
    assert [x.group["g"] for x in fits] == [3, 1, 2, 4]
    assert [x.status for x in fits] == ["failed", "converged", "failed", "converged"]
    assert "1 row cannot determine 2 parameters" in fits.of(3).reason
    assert "row 2: log(-0.5) is nan" in fits.of(2).reason
    assert [x.group["g"] for x in fits.failed] == [3, 2]
    columns = fits.columns()
    assert columns["k"][0] is None
    assert columns["k"][1] == fits.of(1).fit.point["k"]
    with pytest.raises(AdcliError, match="there is no group 7"):
        fits.of(7)


def test_where_every_group_fails_the_reason_is_an_error():
    with pytest.raises(AdcliError, match=r"log\(-1\)"):
        adcli.fit("log(y) ~ a", {"g": [1, 2], "y": [-1, -1]}, {"a": 1}, by="g")


def test_several_columns_in_the_order_of_the_data():
    site, plot = np.repeat(["n", "s", "n"], 4), np.repeat([2, 1, 1], 4)
    data = {"site": site, "plot": plot, "t": np.tile(np.arange(4.0), 3), "y": np.arange(12.0)}
    fits = adcli.fit("y ~ a + b*t", data, {"a": "auto", "b": "auto"}, by=("site", "plot"))
    groups = [tuple(x.group.values()) for x in fits]
    assert groups == [("n", 2), ("s", 1), ("n", 1)]
    assert fits.of("n", 1).fit.point == pytest.approx({"a": 8.0, "b": 1.0})


WRONG_COLUMNS = {"short": [1, 2], "holes": ["a", None] + ["b"] * 58}
WRONG = [
    ("curv", "did you mean 'curve'"),
    ([], "names no column"),
    (["curve", "curve"], "twice"),
    ([3], "names no column"),
    (3, "names no column"),
    ("short", "differ in their number of rows"),
    ("holes", "row 2: column 'holes': missing value"),
]


@pytest.mark.parametrize(("by", "message"), WRONG)
def test_what_is_wrong_is_said(by, message):
    data = {**DATA, **({by: WRONG_COLUMNS[by]} if by in ("short", "holes") else {})}
    with pytest.raises(AdcliError) as error:
        adcli.fit(MODEL, data, by=by, **ASKED)
    assert message in f"{error.value.message}; {error.value.hint}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    number = np.select([name == CURVE for name in NAMES], [2, 10, 1])
    pl.DataFrame({**DATA, "number": number}).write_csv("curves.csv")
    return tmp_path


COMMAND = ["fit", MODEL, "--data", "curves.csv", "--start", "a=auto,k=1"]


def test_every_format_has_a_row_for_each_group(folder):
    asked = [*COMMAND, "--by", "number", "--derive", "half = log(2)/k"]
    for name in ("o.csv", "o.json", "o.parquet"):
        assert run_here([*asked, "-o", name])[0] == 0
    csv, parquet = pl.read_csv("o.csv"), pl.read_parquet("o.parquet")
    assert csv.equals(parquet)
    assert parquet["number"].to_list() == [2, 10, 1]
    lines = [json.loads(line) for line in (folder / "o.json").read_text().splitlines()]
    assert [x["group"] for x in lines] == [{"number": n} for n in (2, 10, 1)]
    assert [x["parameters"]["k"]["value"] for x in lines] == csv["k"].to_list()
    assert [x["derived"]["half"]["standard_error"] for x in lines] == csv[
        "half_standard_error"
    ].to_list()
    _code, plain, told = run_here([*asked, "--format", "plain"])
    assert [float(line.split()[2]) for line in plain.splitlines()] == csv["k"].to_list()
    assert told == "3 groups: 3 converged\n"


def test_failures_and_exit_codes(folder):
    with open("curves.csv", "a") as file:
        file.write("d,1,1,0.1,7\n")
    by = [*COMMAND, "--by", "curve", "--format", "json"]
    code, out, told = run_here(by)
    last = json.loads(out.splitlines()[-1])
    assert (code, last["status"]) == (1, "failed")
    assert "cannot determine" in last["error"]
    assert told == "4 groups: 3 converged, 1 failed\nerror: 1 of 4 fits failed\n"
    code, out, told = run_here([*by, "--on-error", "stop"])
    assert (code, len(out.splitlines())) == (1, 3)
    assert "curve d: 1 row cannot determine 2 parameters" in told
    code, out, _ = run_here([*by[:-2], "--where", "number < 5", "--max-iterations", "0"])
    assert code == 3
    assert "2 groups: 2 max iterations" in out


def test_each_row_is_predicted_by_the_fit_of_its_group(folder):
    (folder / "later.csv").write_text("t,curve\n1,a\n2,c\n1,zz\n3,a\n")
    asked = [*COMMAND, "--by", "curve", "--predict", "later.csv"]
    code, out, told = run_here([*asked, "--format", "csv"])
    header, *rows = out.splitlines()
    assert (code, header) == (1, "t,curve,prediction,standard_error,lower,upper")
    fits = adcli.fit(MODEL, DATA, {"a": "auto", "k": 1.0}, by="curve")
    for row, name, t in zip(rows, "ac-a", (1.0, 2.0, 1.0, 3.0), strict=True):
        cells = row.split(",")[2:]
        if name == "-":
            assert cells == [""] * 4
            continue
        expected = np.ravel(fits.of(name).fit.predict({"t": [t]}))
        assert [float(x) for x in cells] == pytest.approx(expected, rel=1e-8)
    assert told.endswith("error: no prediction for 1 row of later.csv\n")
    code, out, told = run_here([*asked, "-o", "p.json"])
    assert "3 groups: 3 converged\n" in out
    last = [json.loads(line) for line in (folder / "p.json").read_text().splitlines()][2]
    assert last["error"] == "the group zz has no fit"
    code, out, told = run_here([*asked, "--on-error", "stop", "--format", "csv"])
    assert (code, "row 3 (line 4): the group zz has no fit" in told) == (1, True)


OPTIONS = [
    (["--by", "curv"], "did you mean 'curve'?"),
    (["--by", "curve,curve"], "twice"),
    (["--on-error", "stop"], "needs --by"),
    (["--by", "curve", "--save", "m.json"], "is for one fit"),
    (["--by", "curve", "--plot", "m.png"], "is for one fit"),
    (["--by", "curve", "-o", "fits.html"], "fits.html"),
    (["--by", "curve", "--format", "html"], "is the report of one fit"),
]


@pytest.mark.parametrize(("options", "message"), OPTIONS, ids=[m for _, m in OPTIONS])
def test_wrong_use_is_said(folder, options, message):
    code, out, told = run_here([*COMMAND, *options])
    assert (code, out) == (2, "")
    assert message in told


@pytest.mark.slow
def test_a_thousand_curves():
    groups = np.repeat(np.arange(1000), 30)
    t = np.tile(np.linspace(0, 5, 30), 1000)
    rate = np.repeat(RANDOM.uniform(0.3, 2, 1000), 30)
    y = 2 * np.exp(-rate * t) + 0.01 * RANDOM.standard_normal(30_000)
    fits = adcli.fit(MODEL, {"g": groups, "t": t, "y": y}, {"a": "auto", "k": 1.0}, by="g")
    errors = [
        (x.fit.point["k"] - rate[30 * k]) / x.fit.parameters["k"].standard_error
        for k, x in enumerate(fits)
    ]
    assert math.isclose(float(np.std(errors)), 1.0, rel_tol=0.1)
