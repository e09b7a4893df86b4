"""A start out of its bounds is moved to the nearest point within, and the result says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import adcli
from adcli.descent.run import descend
from tests.terminal import run_here, words

ROWS: dict[str, Any] = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.1, 4.9, 7.0]}
LOSS = "mean((y - a*x - b)^2)"
MOVED = ("the start a=5 is moved to its bound 1",)
GIVEN: dict[str, Any] = {"start": {"a": 5.0, "b": 0.0}, "bounds": {"a": (0, 1)}}
WITHIN: dict[str, Any] = {**GIVEN, "start": {"a": 1.0, "b": 0.0}}


@pytest.mark.parametrize(
    "options",
    [{}, {"method": "cg"}, {"rate": 0.01}, {"method": "adam", "rate": 0.1}, {"starts": 3}],
)
def test_a_descent_from_outside_is_one_from_the_bound(options: dict[str, Any]) -> None:
    if options.get("method") == "cg":
        options = {**options, "max_iterations": 3}
    outside, within = (descend(LOSS, data=ROWS, **x, **options) for x in (GIVEN, WITHIN))
    assert outside.moved == MOVED
    assert within.moved == ()
    assert outside.point == within.point
    assert outside.iterations == within.iterations


def test_trainings_and_fits_do_the_same() -> None:
    trained = [adcli.train(LOSS, data=ROWS, batch_size=2, epochs=3, **x) for x in (GIVEN, WITHIN)]
    assert [result.moved for result in trained] == [MOVED, ()]
    assert trained[0].point == trained[1].point
    for method in (None, "adam"):
        fitted = [adcli.fit("y ~ a*x + b", ROWS, method=method, **x) for x in (GIVEN, WITHIN)]
        assert [result.moved for result in fitted] == [MOVED, ()]
        assert fitted[0].point == fitted[1].point
        assert fitted[0].parameters["a"].start == 1.0


def test_only_the_numbers_that_are_out_of_bounds_move() -> None:
    start = {"v": [0.0, 5.0, -3.0], "w": 2.0}
    result = descend("sum((v - 1)^2) + w^2", start, bounds={"v": ([-1, -1, -1], [1, 2, 3])})
    assert result.moved == (
        "the start v[1]=5 is moved to its bound 2",
        "the start v[2]=-3 is moved to its bound -1",
    )
    many = descend("sum(v^2)", {"v": [2.0] * 9}, bounds={"v": (-1, 1)})
    assert len(many.moved) == 6
    assert many.moved[-1] == "so are 4 more numbers of the start"


def test_a_resumed_run_has_the_start_that_was_given(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    options = {"bounds": {"x": (0, 2)}, "method": "gd", "rate": 0.01}
    text, start = "(x-1)^2 + (y-2)^2", {"x": 5.0, "y": 0.0}
    straight = descend(text, start, **options)
    descend(text, start, checkpoint=path, max_iterations=10, **options)
    resumed = descend(text, start, resume=path, **options)
    assert resumed.point == straight.point
    assert resumed.moved == straight.moved == ("the start x=5 is moved to its bound 2",)


@pytest.mark.parametrize("form", ["table", "json"])
@pytest.mark.parametrize(
    "line",
    [
        "descend 'mean((y - a*x - b)^2)' --data rows.csv",
        "descend 'mean((y - a*x - b)^2)' --data rows.csv --starts 2",
        "descend 'mean((y - a*x - b)^2)' --data rows.csv --epochs 2",
        "fit 'y ~ a*x + b' --data rows.csv",
        "fit 'y ~ a*x + b' --data rows.csv --method lbfgs",
    ],
)
def test_commands_say_so_on_standard_error(
    line: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{x},{y}\n" for x, y in zip(ROWS["x"], ROWS["y"], strict=True))
    (tmp_path / "rows.csv").write_text("x,y\n" + rows)
    options = ["--start", "a=5,b=0", "--bounds", "a=0:1", "--format", form]
    outcome = run_here([*words("adcli " + line), *options])
    assert outcome.code == 0, outcome
    assert outcome.stderr.count(MOVED[0] + "\n") == 1


def test_a_checkpoint_of_a_run_that_began_at_its_end_can_be_resumed(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    for method in ("lbfgs", "cg", "newton", "newton-cg"):
        first = descend("(x-3)^2 + y^2", {"x": 3.0, "y": 0.0}, checkpoint=path, method=method)
        resumed = descend("(x-3)^2 + y^2", resume=path, method=method)
        assert resumed.point == first.point
