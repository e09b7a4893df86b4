"""A recorded run replays bit for bit, says what has changed, and writes nothing again."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.cli.recording import LOOKS_AND_FILES
from adcli.data.run_record import read_record, write_record
from adcli.errors import AdcliError, DataError, UsageError
from tests.terminal import Outcome, run_here, words

ROWS = "x,y,g\n" + "".join(f"{k / 7},{(k * k) % 5},g{k % 3}\n" for k in range(40))
LOSS = "'sum((y - a - b*x)^2)' --data rows.csv --start a=0,b=0"
RUNS = {
    "numbers": "descend '(1 - x)^2 + 100(y - x^2)^2' --start x=-1.2,y=1",
    "rate": "descend 'x^2 + 3y^2' --start x=4,y=2 --rate 0.1 --every 10 --digits 3",
    "saddle": "descend 'x^2 - y^4' --start x=1,y=0",
    "limit": "descend 'x^2 + 3y^2' --start x=4,y=2 --rate 0.001 --max-iterations 7",
    "table": f"descend {LOSS} --errors robust --cluster-by g",
    "filter": f"descend {LOSS} --where 'x > 1' --bounds a=0:1 --method adam --rate 0.01",
    "starts": "descend 'sin(3x) + x^2/10' --start x=4 --starts 5 --seed 3",
    "random": "descend 'norm(W - 1)^2' --start random:7 --shape W=3x2",
    "training": f"descend {LOSS} --epochs 3 --batch-size 8 --shuffle --validation 0.25 --seed 5",
    "drawn": "descend 'sum((v - x[0:3])^2)/3' --data rows.csv --param 'v=normal(3)' --seed 2",
    "fit": "fit 'y ~ a*exp(-k*x) + c' --data rows.csv --start k=1,a=auto --fix c=2",
    "groups": "fit 'y ~ a*x + b' --data rows.csv --start a=1,b=0 --by g --format json",
    "constrained": "descend 'x*y' --start x=1,y=3 --subject-to 'x + y <= 1' --bounds x=0:,y=0:",
    "points": "grad 'x*sin(y)' --points rows.csv --format csv --wrt x",
    "digits": "grad 'x*sin(y)' --points rows.csv --precision 30",
    "rows": "grad 'mean((y - a*x)^2)' --data rows.csv --at a=2",
}
RUNS |= {"file": "descend -f program.txt --start x=4"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a table and a program."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(ROWS)
    (tmp_path / "program.txt").write_text("(x - 1)^4  # flat\n")
    return tmp_path


def adcli_here(line: str, stdin: bytes = b"") -> Outcome:
    return run_here(words("adcli " + line), stdin)


def recorded(line: str, name: str = "run.json") -> dict[str, Any]:
    outcome = adcli_here(f"{line} --record {name}")
    assert outcome.code in (0, 3, 5), outcome
    return read_record(name)


@pytest.mark.parametrize("name", RUNS)
def test_a_replay_is_the_same_bit_for_bit(name: str, folder: Path) -> None:
    record = recorded(RUNS[name])
    assert record["results"]
    assert name == "groups" or record["engine"]["name"] in ("python", "numpy", "mpmath")
    before = {path.name for path in folder.iterdir()}
    outcome = adcli_here("replay run.json --format json")
    assert outcome.code == 0, outcome
    found = json.loads(outcome.stdout)
    assert (found["verdict"], found["changes"], found["differences"]) == ("same", [], [])
    assert {path.name for path in folder.iterdir()} == before
    assert adcli_here("replay run.json --against run.json --format plain").stdout == "same\n"


def test_what_a_record_holds() -> None:
    record = recorded(RUNS["filter"])
    settings = record["settings"]
    assert settings["rate"] == {"value": 0.01, "default": False}
    assert settings["max_iterations"] == {"value": 10_000, "default": True}
    assert settings["method"] == {"value": "adam", "default": False}
    assert record["program"] == "sum((y - a - b*x)^2)"
    assert record["inputs"] == [
        {
            "option": "--data",
            "path": "rows.csv",
            "bytes": len(ROWS),
            "sha256": hashlib.sha256(ROWS.encode()).hexdigest(),
        }
    ]
    assert record["versions"]["adcli"] == adcli.__version__
    assert {"numpy", "scipy", "llvmlite", "polars", "blas", "python"} <= record["versions"].keys()
    assert record["machine"].keys() == {
        "system",
        "processor",
        "numbers in a vector",
        "cores",
        "threads of BLAS",
    }
    assert record["status"] in ("converged", "max_iterations")
    trained = recorded(RUNS["training"])["settings"]
    assert trained["method"] == {"value": "adam", "default": True}
    assert trained["dtype"] == {"value": "float64", "default": True}


def test_the_program_of_a_file_is_kept(folder: Path) -> None:
    recorded(RUNS["file"])
    (folder / "program.txt").write_text("(x - 2)^2")
    assert adcli_here("replay run.json").code == 0


CHANGED = {
    # command of the first run; what happens to the folder; verdict; kind of change
    "data": (RUNS["table"], ROWS.replace("0.0,0", "0.0,1"), "different", "data"),
    "another column": (RUNS["rows"], ROWS.replace("g0", "g9"), "same", "data"),
    "last digits": (
        RUNS["points"],
        ROWS.replace("0.14285714285714285", "0.14285714285714288"),
        "rounding",
        "data",
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_changed_data_are_said(name: str, folder: Path) -> None:
    line, rows, verdict, kind = CHANGED[name]
    recorded(line)
    (folder / "rows.csv").write_text(rows)
    outcome = adcli_here("replay run.json --format json")
    found = json.loads(outcome.stdout)
    assert (found["verdict"], outcome.code) == (verdict, int(verdict == "different"))
    assert [change["kind"] for change in found["changes"]] == [kind]
    assert "other data" in adcli_here("replay run.json").stdout


def test_runs_side_by_side() -> None:
    recorded("descend 'x^2 + 3y^2' --start x=4,y=2")
    recorded("descend 'x^2 + 3y^2' --start x=4,y=3", "near.json")
    recorded("descend 'x^2 + 3(y - 1)^2' --start x=4,y=2", "far.json")
    recorded(RUNS["fit"], "fit.json")
    near, far, fit = (adcli.replay("run.json", f"{name}.json") for name in ("near", "far", "fit"))
    assert (near.verdict, near.because) == ("rounding", "other settings")
    assert near.digits >= 6
    assert (far.verdict, far.exit_code) == ("different", 1)
    assert {change.kind for change in far.changes} == {"program"}
    assert fit.verdict == "different"
    shown = adcli_here("replay run.json --against far.json")
    assert (shown.code, "point.y" in shown.stdout, "different" in shown.stdout) == (1, True, True)


def test_another_machine_and_other_versions_are_the_reason() -> None:
    record = recorded(RUNS["numbers"])
    record["versions"]["numpy"] = "1.0"
    record["machine"]["processor"] = "an abacus"
    record["results"]["point"]["x"] *= 1 + 1e-12
    write_record("then.json", record)
    found = adcli.replay("then.json", "run.json")
    assert (found.verdict, found.because) == ("rounding", "other versions and another machine")
    assert 11 < found.digits < 13
    record["results"]["point"]["x"] *= 1 + 1e-3
    write_record("then.json", record)
    assert adcli.replay("then.json", "run.json").verdict == "different"


def test_nothing_is_written_again(folder: Path) -> None:
    line = f"{RUNS['table']} --save a.json --trace a.csv -o out.json"
    recorded(line)
    recorded("fit 'y ~ a*x' --data rows.csv --start a=1 --save m.json -o f.csv", "fit.json")
    recorded("grad x*y --points rows.csv -o g.csv", "grad.json")
    written = ["a.json", "a.csv", "out.json", "m.json", "f.csv", "g.csv"]
    for name in written:
        (folder / name).write_text("mine")
    for name in ("run", "fit", "grad"):
        assert adcli_here(f"replay {name}.json --format plain").stdout == "same\n"
    assert {(folder / name).read_text() for name in written} == {"mine"}


def test_standard_input_is_given_again() -> None:
    stdin = ROWS.encode()
    line = "grad x*y --points - --points-format csv --record run.json"
    assert adcli_here(line, stdin).code == 0
    assert read_record("run.json")["inputs"][0]["sha256"] == hashlib.sha256(stdin).hexdigest()
    assert adcli_here("replay run.json --format plain", stdin).stdout == "same\n"
    assert (
        adcli_here(
            "replay run.json --format plain", stdin.replace(b"g0", b"g1").replace(b",4,", b",3,")
        ).stdout
        == "different\n"
    )


def test_the_python_api_runs_again(capfd: pytest.CaptureFixture[str]) -> None:
    recorded(RUNS["table"])
    capfd.readouterr()
    found = adcli.replay("run.json")
    assert (found.verdict, found.exit_code, found.changes) == ("same", 0, [])
    assert tuple(capfd.readouterr()) == ("", "")
    Path("rows.csv").unlink()
    with pytest.raises(UsageError, match=r"the run read 'rows\.csv'"):
        adcli.replay("run.json")


def forged(**parts: Any) -> None:
    """Write a record whose checksum is right, with other parts."""
    record = read_record("run.json")
    for name, value in parts.items():
        if isinstance(value, dict) and isinstance(record[name], dict):
            value = {**record[name], **value}
        record[name] = value
    write_record("forged.json", record)


def setting(value: Any) -> dict[str, Any]:
    return {"value": value, "default": False}


FORGED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown setting": ({"settings": {"shell": setting("rm")}}, "no setting 'shell'"),
    "an output": ({"settings": {"save": setting("rows.csv")}}, "no setting 'save'"),
    "a record": ({"settings": {"record": setting("rows.csv")}}, "no setting 'record'"),
    "a list": ({"settings": {"rate": setting([1, 2])}}, "is not one"),
    "an object": ({"settings": {"rate": setting({"a": 1})}}, "is not one"),
    "a flag": ({"settings": {"maximize": setting("yes")}}, "is not one"),
    "a bad value": ({"settings": {"rate": setting("fast")}}, "--rate"),
    "code": ({"program": "__import__('os').system('touch owned')"}, "__import__"),
    "an option": ({"program": "--save=rows.csv"}, "--save"),
    "another command": ({"command": "help"}, "'command' is 'help'"),
    "a text": ({"exit_code": "0"}, "'exit_code' is '0'"),
    "no results": ({"results": []}, "'results' is []"),
    "missing file": (
        {"inputs": [{"option": "--data", "path": "no.csv", "bytes": 1, "sha256": ""}]},
        "the run read 'no.csv'",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_records_are_refused(name: str, folder: Path) -> None:
    recorded(RUNS["rate"])
    parts, message = FORGED[name]
    forged(**parts)
    outcome = adcli_here("replay forged.json")
    assert outcome.code in (1, 2), outcome
    assert message in outcome.stderr
    assert "internal" not in outcome.stderr
    assert (folder / "rows.csv").read_text() == ROWS
    assert not (folder / "owned").exists()


DAMAGED = {
    "not JSON": (lambda text: text[:-20], "it is not JSON"),
    "not ours": (lambda text: "{}", "not a record of a run"),
    "newer": (lambda text: text.replace('"version": 1', '"version": 2'), "newer adcli"),
    "changed": (lambda text: text.replace('"exit_code": 0', '"exit_code": 3'), "checksum"),
    "a part less": (lambda text: text.replace('"started"', '"begun"'), "'started' is not there"),
    "empty": (lambda text: "", "it is not JSON"),
    "deep": (lambda text: "[" * 100_000, "it is not JSON"),
    "binary": (lambda text: "\x00\x01", "it is not JSON"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_records_are_refused(name: str, folder: Path) -> None:
    recorded(RUNS["rate"])
    damage, message = DAMAGED[name]
    path = folder / "run.json"
    path.write_text(damage(path.read_text()))
    for line in ("replay run.json", "replay run.json --against run.json"):
        outcome = adcli_here(line)
        assert (outcome.code, outcome.stdout) == (1, "")
        assert message in outcome.stderr
    with pytest.raises(DataError):
        adcli.replay(path)


def test_wrong_use() -> None:
    assert adcli_here("replay").code == 2
    assert "no file 'none.json'" in adcli_here("replay none.json").stderr
    line = f"{RUNS['rate']} --record run.json --save run.json"
    assert "same file" in adcli_here(line).stderr
    outcome = adcli_here(f"{RUNS['rate']} --record run.png")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "'run.png' ends in .png, which this command does not write" in outcome.stderr
    with pytest.raises(AdcliError):
        adcli.replay(3)  # type: ignore[arg-type]


def test_a_run_that_fails_keeps_no_record(folder: Path) -> None:
    assert adcli_here("descend 'log(x)' --start x=-1 --record run.json").code == 1
    assert not (folder / "run.json").exists()


def test_all_that_is_left_out_are_options() -> None:
    from adcli.cli import descend, fit, grad

    known = {name for module in (descend, fit, grad) for name in module.command.options.fields}
    assert set(LOOKS_AND_FILES) <= known


THREADED = {
    "rows": "descend 'sum((y - a*exp(-b*x))^2)' --data big.parquet --start a=1,b=1",
    "matrix": "descend 'sum((y - V@v)^2)' --data big.parquet --param 'v=zeros(40)' --errors robust",
    "training": "descend 'mean((y - V@v)^2)' --data big.parquet --param 'v=zeros(40)' --epochs 1",
    "fit": "fit 'y ~ a*exp(-b*x)' --data big.parquet --start a=1,b=1",
    "points": "grad 'y*exp(sin(x))' --points big.parquet",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", THREADED)
def test_threads_make_no_difference(name: str, folder: Path) -> None:
    import polars as pl

    rng = np.random.default_rng(1)
    columns = {f"V[{k}]": rng.normal(size=100_000) for k in range(40)}
    x = rng.uniform(size=100_000)
    pl.DataFrame({"x": x, "y": np.exp(-2 * x) + columns["V[0]"] / 9, **columns}).write_parquet(
        "big.parquet"
    )
    for threads, file in ((1, "one.json"), (4, "many.json")):
        limit = {"OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
        cores = sorted(os.sched_getaffinity(0))[:threads]
        line = [sys.executable, "-m", "adcli", *words(f"adcli {THREADED[name]}")]
        subprocess.run(
            [*line, "--record", file, "-o", os.devnull],
            env={**os.environ, **limit, "PYTHONPATH": str(Path(adcli.__file__).parents[1])},
            preexec_fn=lambda cores=cores: os.sched_setaffinity(0, cores),
            stdout=subprocess.DEVNULL,
            check=False,
        )
    found = adcli.replay("one.json", "many.json")
    assert found.verdict == "same", found.differences
