"""Mistakes in `name=value`, in every option that takes it: option, name, cause and remedy."""

from __future__ import annotations

import pytest

from tests.terminal import run_here, words

NUMBERS = "values are numbers or constant expressions such as pi/4 or [1, 2]"
FILE = f"{NUMBERS}; --at FILE and --start FILE read all values of a file"
SHAPE = "write --shape x=3x2"
RANGE = "write --bounds x=0:1, x=0: or x=:1"
FINITE = "a value is a finite number; infinity is written inf"

OPTIONS = {
    "--at": "adcli eval 2x",
    "--direction": "adcli grad x^2 --at x=1",
    "--gradient": "adcli compare x^2 --at x=1",
    "--start": "adcli descend (x-1)^2",
    "--fix": "adcli descend (x-1)^2+y^2 --start y=1",
}
MISTAKES = {
    "abc": ("'abc' is a name, not a number", NUMBERS),
    "2*None": ("'None' is a name, not a number", NUMBERS),
    "PI/4": ("'PI' is a name, not a number", "did you mean 'pi'?"),
    "1e400": ("1e400 is too large for float64", "infinity is written inf"),
    "1/0": ("1 / 0 is inf", FINITE),
    "log(-1)": ("log(-1) is nan", FINITE),
    "none.npz": ("'none.npz' is not a number", FILE),
    "../a/data.csv": ("'../a/data.csv' is not a number", FILE),
    "sine(1)": ("unknown function 'sine'", "did you mean 'sin'?"),
    "[1,2": ("'[' is not closed", "add ']'"),
}
CASES = [
    *(
        (line, option, value, *told)
        for option, line in OPTIONS.items()
        for value, told in MISTAKES.items()
    ),
    *(
        ("adcli fit y~x*t --data few.csv", "--start", value, *MISTAKES[value])
        for value in ("abc", "1/0", "none.npz")
    ),
    ("adcli taylor x^2 --at x=1", "--direction", "abc", *MISTAKES["abc"]),
    ("adcli descend x^2 --start x=1", "--bounds", "abc", "'abc' is not a range", RANGE),
    (
        *("adcli descend x^2 --start x=1", "--bounds", "abc:1"),
        *(
            "the bound 'abc' is a name, not a number",
            "--subject-to 'x >= abc' holds one by another",
        ),
    ),
    ("adcli descend x^2 --start x=1", "--bounds", "0:1/0", *MISTAKES["1/0"]),
    ("adcli diff sum(x)", "--shape", "abc", "'abc' is not a shape", SHAPE),
    (
        "adcli descend sum(x^2) --start random:1",
        *("--shape", "2.3", "'2.3' is not a shape", SHAPE),
    ),
    ("adcli descend sum(x^2)", "--param", "abc", "'abc' is not an initialiser", "there are zeros"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "few.csv").write_text("t,y\n0,1\n1,2\n2,3\n")
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("line", "option", "value", "cause", "remedy"), CASES)
def test_a_mistake_in_a_value_is_told(line, option, value, cause, remedy):
    outcome = run_here([*words(line), option, f"x={value}"])
    first, *_, last = outcome.stderr.splitlines()
    assert outcome.code in (1, 2)
    assert first == f"error: {option}, the value of 'x': {cause}"
    assert last.startswith(f"  hint: {remedy}")


FILES = {
    "-f": ("adcli eval --at x=1", "-f FILE holds a program"),
    "--points": ("adcli eval x", "--points FILE holds points"),
    "--data": ("adcli eval x", "--data FILE holds a table"),
    "--at": ("adcli eval x", "--save FILE writes one"),
    "--start": ("adcli descend x^2", "--save FILE writes one"),
    "--model": ("adcli eval --at x=1", "adcli fit --save FILE writes a model"),
    "--predict": ("adcli fit y~a*t --data few.csv --start a=1", "--predict FILE holds a table"),
    "--validation": (
        "adcli descend mean(a*t) --data few.csv --start a=1 --epochs 1",
        "--validation FILE holds a table",
    ),
    "--resume": ("adcli descend x^2 --start x=1", "--checkpoint FILE writes one"),
}


@pytest.mark.parametrize(
    ("line", "option", "remedy"),
    [
        *((line, option, remedy) for option, (line, remedy) in FILES.items()),
        ("adcli descend mean(a*t) --data few.csv --epochs 1", "--resume", FILES["--resume"][1]),
        ("adcli fit --predict few.csv", "--model", FILES["--model"][1]),
    ],
)
def test_a_file_that_is_not_there_is_told_in_one_way(line, option, remedy, folder):
    (folder / "folder.json").mkdir()
    (folder / "right.json").touch()
    for name, message, hint in [
        ("none.json", "there is no file 'none.json'", remedy),
        ("rihgt.json", "there is no file 'rihgt.json'", f"{remedy}; did you mean 'right.json'?"),
        ("no/right.json", "there is no file 'no/right.json'", remedy),
        ("folder.json", "'folder.json' is a folder", "name a file"),
    ]:
        outcome = run_here([*words(line), option, name])
        assert outcome.stderr == f"error: {message}\n  hint: {hint}\n"
        assert outcome.code == 2


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("adcli grad xy --at xy=1,z=1", "--at"),
        ("adcli grad xy --at xy=1 --wrt z", "--wrt"),
        ("adcli grad xy --at xy=1 --direction z=1", "--direction"),
        ("adcli trace xy --at xy=1 --wrt z", "--wrt"),
        ("adcli diff xy --wrt z", "--wrt"),
        ("adcli diff xy --shape z=2", "--shape"),
        ("adcli taylor xy --at xy=1 --wrt z", "--wrt"),
        ("adcli taylor xy --at xy=1 --direction z=1", "--direction"),
        ("adcli graph xy --paths z", "--paths"),
        ("adcli compare xy --at xy=1 --wrt z", "--wrt"),
        ("adcli compare xy --at xy=1 --gradient z=1", "--gradient"),
        ("adcli descend xy^2 --start xy=1,z=1", "--start"),
        ("adcli descend xy^2 --start xy=1 --fix z=1", "--fix"),
        ("adcli descend xy^2 --start xy=1 --param z=zeros(2)", "--param"),
    ],
)
def test_a_name_that_is_no_variable_is_told_with_its_option(line, option):
    outcome = run_here(words(line))
    message = f"error: {option}: the program has no variable 'z'\n  hint: its variables are xy\n"
    assert (outcome.code, outcome.stderr) == (2, message)
