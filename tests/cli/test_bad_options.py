"""Options that another one leaves without effect, or that contradict each other, are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal import run_here, words

LOSS = "descend 'mean((y - a*x)^2)' --start a=0 --data rows.csv"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a table."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("x,y\n1,2\n2,3\n3,5\n")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("grad x --points rows.csv --where 'x > 1'", "--where is for --data"),
        ("eval x --points rows.csv --missing drop", "--missing is for --data"),
        ("eval x --at x=1 --data-format csv", "--data-format is for --data"),
        ("descend x^2 --start x=1 --missing drop", "--missing is for --data"),
        (f"{LOSS} --where ''", "the value of --where is empty"),
        (f"{LOSS} --save ''", "the value of --save is empty"),
        (f"{LOSS} --trace ''", "the value of --trace is empty"),
        (f"{LOSS} --plot ''", "the value of --plot is empty"),
        (f"{LOSS} --checkpoint '' --epochs 1", "the value of --checkpoint is empty"),
        (f"{LOSS} --save a.json -o ./a.json", "--output and --save name the same file"),
        (f"{LOSS} --trace a.csv -o a.csv --epochs 1", "--output and --trace name the same file"),
        ("fit 'y ~ a*x' --data rows.csv --start a=1 --save a -o a", "name the same file"),
        ("fit 'y ~ a*x' --data rows.csv --start a=1 --plot ''", "the value of --plot is empty"),
    ],
)
def test_options_without_effect(line: str, message: str, folder: Path) -> None:
    outcome = run_here(words("adcli " + line))
    assert (outcome.code, outcome.stdout) == (2, ""), outcome
    assert outcome.stderr.count("error: ") == 1
    assert message in outcome.stderr
    assert [path.name for path in folder.iterdir()] == ["rows.csv"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("graph x^2 -o no/a.csv", "'no/a.csv' ends in .csv"),
        ("diff x^2 -o no/a.zip", "'no/a.zip' ends in .zip"),
        ("eval x --points rows.csv -o no/a.zip", "'no/a.zip' ends in .zip"),
        ("grad x --points rows.csv --where 'x > 1' -o no/a.csv", "--where is for --data"),
        ("descend x^2 --start x=1 --missing drop --save no/a.npz", "--missing is for --data"),
        ("descend x^2 --start x=1 --save no/a.txt", "'txt' is not a format for parameters"),
        ("descend x^2 --start x=1 --trace no/a.txt", "'txt' is not a format for a trace"),
        ("descend x^2 --start x=1 --plot no/a.txt", "'txt' is not a format for pictures"),
        ("descend x^2+y^2 --start x=1,y=1 --animate no/a.png", "the film's format is not known"),
        ("descend --start x=1 --plot x/2", "--plot takes 'x/2' for its file"),
        (f"{LOSS} --epochs 1 --save no/a.txt", "'txt' is not a format for parameters"),
        ("fit 'y ~ a*x' --data rows.csv --start a=1 --save no/a.npz", "'no/a.npz' ends in .npz"),
        ("fit 'y ~ a*x' --data rows.csv --start a=1 --plot no/a.txt", "'txt' is not a format"),
        ("compare x^2 --at x=1 --plot no/a.txt", "'txt' is not a format for pictures"),
    ],
)
def test_a_wrong_command_line_is_wrong_whatever_the_folders(line, message, folder) -> None:
    """Exit code 2 for what no folder would make right, 1 for a folder that is not there."""
    outcome = run_here(words("adcli " + line))
    assert (outcome.code, outcome.stdout) == (2, ""), outcome
    assert message in outcome.stderr
