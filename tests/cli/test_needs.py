"""Every option has an effect or says what it needs; names of outputs say what is written."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from adcli.cli.app import COMMANDS, application
from adcli.cli.fit_options import A_FIT, PredictionOptions
from adcli.cli.needs import Need
from adcli.cli.options import OutputOptions
from tests.terminal import run_here, words

LOSS = "descend 'mean((y - a*x)^2)' --start a=0 --data rows.csv"
FIT = "fit 'y ~ a*x' --data rows.csv --start a=1"
ROSENBROCK = "descend '(1-x)^2 + (y-x^2)^2' --start x=1,y=2"
TRAIN = f"{LOSS} --epochs 2"
PROPAGATE = "propagate x^2 --at x=1±0.1"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a table."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("x,y\n1,2\n2,3\n3,5\n")
    return tmp_path


def options_of(command: str) -> list[str]:
    found = application.get_command(click.Context(application), command)
    assert found is not None
    return [str(parameter.name) for parameter in found.params]


def needs_of(command: str, option: str) -> list[Need]:
    found = application.get_command(click.Context(application), command)
    return [need for need in found.needs[option] if need is not A_FIT]


MADE_OF_ONE = {"plot": "p.png", "save": "m.json"}
"""What is made of one fit, and --by makes many."""

NEEDED = {
    "points_format": ["eval x --at x=1 --points-format csv", "eval x --data rows.csv @ csv"],
    "threads": ["grad x --at x=1 --threads 2", "eval 'sum(x)' --data rows.csv --threads 2"],
    "on_error": ["grad x --at x=1 --on-error null", "eval x --at x=1 --format csv @ null"],
    "explain_engine": [
        "eval x --points rows.csv --explain-engine -o a.csv",
        "grad x --points rows.csv --explain-engine -o a.parquet",
    ],
    "verbose": ["eval x --at x=1 --verbose --explain-engine"],
    "data_format": ["eval x --at x=1 --data-format csv", f"{ROSENBROCK} --data-format csv"],
    "missing": ["eval x --points rows.csv --missing drop", f"{ROSENBROCK} --missing drop"],
    "where": ["grad x --at x=1 --where 'x > 0'", f"{ROSENBROCK} --where 'x > 0'"],
    "digits": [
        "grad x --at x=1 --format json --digits 3",
        "hessian x --at x=1 --digits 3 -o a.csv",
        "eval x --points rows.csv --digits 3 --format plain",
        "eval x --points rows.csv --digits 3 -o a.parquet",
        "eval x --at x=1 --digits 3 --explain-engine",
        "compare x^2 --at x=1 --digits 3 --format csv",
        "taylor x^2 --at x=1 --digits 3 --format csv",
        f"{ROSENBROCK} --digits 3 --format json",
        f"{FIT} --digits 3 -o a.json",
    ],
    "trace.digits": ["trace x^2 --at x=1 --format json --digits 3"],
    "direction": [
        "grad x --at x=1 --direction x=1 --wrt x",
        "grad x --at x=1 --direction x=1 --mode symbolic",
    ],
    "taylor.direction": ["taylor x*y --at x=1,y=1 --wrt x --direction x=1"],
    "gradient": ["compare x^2 --at x=1 --order 2 --gradient x=2"],
    "epsilons": ["compare x^2 --at x=1 --order 2 --epsilons 1e-1:1e-3"],
    "compare.plot": ["compare x^2 --at x=1 --order 2 --plot a.png"],
    "trace.shape": ["trace x^2 --at x=1 --shape x=2"],
    "graph.shape": ["graph x^2 --at x=1 --paths x --shape x=2", "graph x^2 --shape x=2"],
    "graph.digits": [
        "graph x^2 --at x=1 --paths x --as json --digits 3",
        "graph x^2 --digits 3",
    ],
    "flow": ["graph x^2 --flow right", "graph x^2 --flow right -o g.json"],
    "diff.share": ["diff x^2 --share --as c", "diff x^2 --no-share -o a.py"],
    "trace.explain": ["trace x^2 --at x=1 --explain --format csv"],
    "diff.steps": ["diff x^2 --steps --as c", "diff x^2 --steps -o a.py"],
    "descend.shape": [f"{ROSENBROCK} --shape x=2", "descend 'sum(x^2)' --start x=[1] --shape x=2"],
    "seed": [
        f"{ROSENBROCK} --seed 3",
        f"{TRAIN} --validation rows.csv --seed 1",
        "descend 'sum(v^2)' --param 'v=zeros(3)' --param 'w = constant(2, value=1)' --seed 2",
    ],
    "schedule_every": [
        f"{ROSENBROCK} --method gd --rate 0.1 --schedule-every 9",
        f"{TRAIN} --rate 0.1 --schedule constant --schedule-every 9",
    ],
    "schedule_factor": [
        f"{ROSENBROCK} --rate 0.1 --schedule-factor 0.9",
        f"{ROSENBROCK} --rate 0.1 --schedule cosine --schedule-factor 0.9",
    ],
    "final_rate": [
        f"{ROSENBROCK} --rate 0.1 --final-rate 0.01",
        f"{TRAIN} --schedule step --final-rate 0.01",
    ],
    **{
        f"descend.{name}": [f"{LOSS} --{name} {value}"]
        for name, value in (
            *(("shuffle", ""), ("validation", "0.5"), ("patience", "3"), ("dtype", "float32")),
        )
    },
    **{
        f"descend.{name}": [f"{TRAIN} --{name.replace('_', '-')} {value}"]
        for name, value in (
            *(("starts", "3"), ("gradient_tolerance", "1e-3"), ("engine", "numpy")),
            *(("value_tolerance", "1e-3"), ("point_tolerance", "1e-3")),
        )
    },
    "descend.animate": [f"{TRAIN} --animate a.gif", f"{ROSENBROCK} --starts 3 --animate a.gif"],
    "descend.explain": [
        f"{ROSENBROCK} --explain --format json",
        f"{ROSENBROCK} --starts 3 --explain",
        f"{TRAIN} --explain",
    ],
    "descend.subject_to": [f"{TRAIN} --subject-to 'a <= 1'"],
    "descend.rates": [
        f"{TRAIN} --rates 0.1:1",
        f"{ROSENBROCK} --rates 0.1:1 --starts 2",
        f"{ROSENBROCK} --rates 0.1:1 --rate 0.2",
        f"{ROSENBROCK} --rates 0.1:1 -o a.html",
    ],
    "hessian.sparse": [
        "hessian x^2 --points rows.csv --sparse",
        "hessian x^2 --at x=1 --sparse --precision 30",
        "hessian x^2 --at x=1 --sparse --mode forward",
        "hessian x^2 --at x=1 --sparse --engine mpmath",
    ],
    "compare.growth": ["compare x^2 --growth n=1,2 --at x=n --order 2"],
    "compare.shape": ["compare x^2 --shape x=3 --at x=1"],
    "compare.tolerance": ["compare x^2 --growth n=1,2 --tolerance 0.1"],
    "every": [f"{ROSENBROCK} --every 3 --format json", f"{ROSENBROCK} --every 3 --starts 4"],
    "descend.trace": [f"{ROSENBROCK} --starts 3 --trace a.csv"],
    "descend.plot": [f"{ROSENBROCK} --starts 3 --plot", f"{ROSENBROCK} --rates 0.1:1 --plot"],
    "checkpoint_every": [f"{ROSENBROCK} --checkpoint-every 3", f"{TRAIN} --checkpoint-every 3"],
    "loss_scale": [f"{FIT} --loss-scale 2", f"{FIT} --loss linear --loss-scale 2"],
    "errors": [f"{TRAIN} --errors"],
    "grad.record": [
        "grad x --at x=1 --record a.json",
        "grad x --points rows.csv --record a.json --explain-engine",
    ],
    "cluster_by": [
        f"{LOSS} --cluster-by x",
        f"{LOSS} --errors --cluster-by x",
        f"{ROSENBROCK} --errors robust --cluster-by x",
    ],
    "descend.confidence": [
        f"{ROSENBROCK} --confidence 0.9",
        f"{ROSENBROCK} --errors --confidence 0.9 --format plain",
    ],
    "confidence": [f"{FIT} --confidence 0.9 --format plain"],
    **{f"fit.{name}": [f"{FIT} --by x @ {made}"] for name, made in MADE_OF_ONE.items()},
    "fit.on_error": [f"{FIT} --on-error stop"],
    "fit.rate": [f"{FIT} --rate 0.1"],
    "predict_format": [f"{FIT} --predict-format csv"],
    "propagate.engine": [f"{PROPAGATE} --engine llvm"],
    "propagate.points_format": [f"{PROPAGATE} --points-format csv"],
    "propagate.on_error": [f"{PROPAGATE} --on-error null"],
    "propagate.coverage": [f"{PROPAGATE} --coverage 2 --level 0.9"],
    "propagate.order": ["propagate x --points rows.csv --order 2"],
    "propagate.monte_carlo": ["propagate x --points rows.csv --monte-carlo 1e4"],
    "propagate.seed": [f"{PROPAGATE} --seed 1"],
    "propagate.interval": [f"{PROPAGATE} --interval shortest"],
    "propagate.plot": ["propagate x --points rows.csv --plot a.png"],
    "propagate.digits": [
        f"{PROPAGATE} --digits 3 --format json",
        "propagate x --points rows.csv --digits 3",
    ],
}
"""Option -> command lines in which it would have no effect; @ stands for the option."""


BY_ITSELF = {"descend.batch_size", "descend.epochs"}
"""Options that are what they need: they ask for a training."""


def test_all_needs_are_tried() -> None:
    tried = NEEDED.keys() | BY_ITSELF
    for command in COMMANDS:
        for option in options_of(command):
            own = f"{command}.{option}"
            assert bool(needs_of(command, option)) == bool(tried & {own, option}), own


@pytest.mark.parametrize("command", COMMANDS)
def test_needs_ask_for_options_that_the_command_has(command: str) -> None:
    found = application.get_command(click.Context(application), command)
    options = found.options()
    defaults = {name: getattr(options, name) for name in options.fields}
    assert list(defaults) == options_of(command)
    for option in defaults:
        for need in needs_of(command, option):
            assert need.met(defaults) in (True, False), (option, need)


def test_what_is_for_a_fit_is_not_for_predictions() -> None:
    command = application.get_command(click.Context(application), "fit")
    for_predictions = {*PredictionOptions.fields, *OutputOptions.fields}
    for option, needs in command.needs.items():
        assert (A_FIT in needs) == (option not in for_predictions), option


@pytest.mark.parametrize(
    ("name", "line"), [(name, line) for name, lines in NEEDED.items() for line in lines]
)
def test_an_option_without_what_it_needs_is_an_error(name: str, line: str, folder: Path) -> None:
    option = "--" + name.rpartition(".")[2].replace("_", "-")
    outcome = run_here(words("adcli " + line.replace("@", option)))
    assert (outcome.code, outcome.stdout) == (2, ""), outcome
    first, *rest = outcome.stderr.splitlines()
    told = [need.told for need in needs_of(line.split()[0], name.rpartition(".")[2])]
    assert first in [f"error: {option} {text}" for text in [*told, "needs a point"]], outcome
    assert [text[:8] for text in rest] == ["  hint: "]
    assert [path.name for path in folder.iterdir()] == ["rows.csv"]


@pytest.mark.parametrize(
    "line",
    [
        "trace x^2 --at x=1 --engine llvm",
        "graph x^2 --at x=1 --engine llvm",
        "graph x^2 --precision 30",
        "graph x^2 --paths x --precision 30",
        "trace x^2 --precision 30",
        "trace x^2 --engine numpy",
        "trace x^2 --digits 3",
        "graph x^2 --engine numpy",
        f"{ROSENBROCK} --method lbfgs --rate 0.1",
        f"{ROSENBROCK} --method newton --warmup 5",
        f"{ROSENBROCK} --schedule cosine",
        f"{ROSENBROCK} --clip-norm 1",
        f"{ROSENBROCK} --weight-decay 0.1",
        f"{ROSENBROCK} --line-search wolfe",
        f"{FIT} --absolute-sigma",
        "descend 'sum(v^2)' --start random:1 --shape v=2 --shape v=3",
        *(f"{c} abs(x) --at x=0 --mode finite --strict" for c in ("grad", "jacobian", "hessian")),
        "grad abs(x) --points rows.csv --mode finite --strict",
        "eval x --at x=1 --precision 30 --engine numpy",
        "eval x --at x=1 --at other.json",
        *(f"fit --model m.json --predict rows.csv --{name} 1" for name in ("start", "sigma")),
    ],
)
def test_what_is_known_later_is_an_error_then(line: str, folder: Path) -> None:
    (folder / "other.json").write_text('{"z": 1}')
    outcome = run_here(words("adcli " + line))
    assert (outcome.code, outcome.stdout) == (2, ""), outcome
    assert outcome.stderr.count("error: ") == 1


@pytest.mark.parametrize(
    "line",
    [
        "eval x --at x=1 --on-error stop --missing error --engine auto --color never --digits 3",
        "eval x --at x=1 --on-error null --format json -o a",
        "eval x --at x=1 --format json -o a.txt",
        "graph 1/3 --precision 30 --digits 12",
        f"{ROSENBROCK} --rate 0.1 --schedule step --schedule-every 9 --schedule-factor 0.9",
        f"{ROSENBROCK} --rate 0.1 --schedule inverse --schedule-every 9",
        f"{ROSENBROCK} --starts 2 --seed 4 --format json",
        "descend 'sum(v^2)' --param 'v=normal(3, scale=2)' --seed 4 --format json",
        f"{TRAIN} --validation 0.3 --seed 4 --checkpoint a --checkpoint-every 2",
        f"{FIT} --loss huber --loss-scale 2 --confidence 0.5",
        f"{FIT} --confidence 0.5 --format plain --predict rows.csv",
    ],
)
def test_options_with_an_effect(line: str) -> None:
    outcome = run_here(words("adcli " + line))
    assert outcome.code in (0, 3, 5), outcome
    assert "error" not in outcome.stderr


@pytest.mark.parametrize(
    "line",
    [
        "grad x*y --at x=1,y=1 --wrt x --wrt y",
        "grad x --points rows.csv --points rows.csv",
        "eval 'sum(x)' --data rows.csv --where 'x > 1' --where 'y > 2'",
        "eval x --at x=1 -o a -o b",
        f"{FIT} --sigma x --sigma y",
        f"{ROSENBROCK} --method gd --rate 0.1 --rate 0.2",
        "graph x*y --at x=1,y=1 --paths x --paths y",
    ],
)
def test_an_option_that_another_of_its_name_replaces_is_an_error(line: str, folder: Path) -> None:
    outcome = run_here(words("adcli " + line))
    assert (outcome.code, outcome.stdout) == (2, ""), outcome
    assert "is given 2 times, and only the last would count" in outcome.stderr
    assert [path.name for path in folder.iterdir()] == ["rows.csv"]


def test_how_results_look_may_be_said_again() -> None:
    looks = "--format csv --digits 3 --color always --format table --color never --digits 4"
    outcome = run_here(words(f"adcli eval x/y --at x=1 --at y=3 {looks} --verbose --verbose"))
    assert (outcome.code, "0.3333 " in outcome.stdout) == (0, True)


def test_the_help_says_what_options_need() -> None:
    for command in COMMANDS:
        text = " ".join(run_here([command, "--help"]).stdout.split())
        for option in options_of(command):
            for need in needs_of(command, option):
                if need.told.startswith("needs "):
                    assert f"N{need.told[1:]}." in text, (command, option)


WRITES = {
    "eval x --points rows.csv": [".csv", ".json", ".jsonl", ".ndjson", ".parquet"],
    "grad x --at x=1": [".csv", ".json", ".jsonl", ".ndjson"],
    "jacobian x --at x=1": [".csv", ".json", ".jsonl", ".ndjson"],
    "hessian x --at x=1": [".csv", ".json", ".jsonl", ".ndjson"],
    "taylor x --at x=1": [".csv", ".json", ".jsonl", ".ndjson"],
    "compare x --at x=1": [".csv", ".json", ".jsonl", ".ndjson"],
    "trace x --at x=1": [".csv", ".json", ".jsonl", ".ndjson", ".tex", ".html", ".htm"],
    "graph x": [".svg", ".png", ".pdf", ".dot", ".gv", ".mmd", ".json"],
    "diff x^2": [".tex", ".py", ".c", ".json", ".html", ".htm"],
    ROSENBROCK: [".csv", ".json", ".jsonl", ".ndjson", ".html", ".htm"],
    TRAIN: [".json", ".jsonl", ".ndjson", ".html", ".htm"],
    FIT: [".csv", ".json", ".jsonl", ".ndjson", ".html", ".htm"],
    f"{FIT} --predict rows.csv": [".csv", ".json", ".jsonl", ".ndjson", ".parquet"],
    "functions": [".json", ".jsonl", ".ndjson"],
}
"""Command -> the endings that it writes; all write texts besides."""

TEXTS = [".txt", ".dat", ".log", ".out", ".tmp"]
EVERY = sorted(
    {ending for endings in WRITES.values() for ending in endings}
    | {".png", ".pdf", ".tsv", ".xlsx", ".gz", ".csv.gz", ".html", ".md", ".npz", ".zip", ".7z"}
)


@pytest.mark.parametrize("line", WRITES)
def test_endings_that_a_command_does_not_write(line: str, folder: Path) -> None:
    for ending in EVERY:
        for name in (f"out{ending}", f"OUT{ending.upper()}"):
            if ending in WRITES[line]:
                continue
            outcome = run_here([*words("adcli " + line), "-o", name])
            assert (outcome.code, outcome.stdout) == (2, ""), (name, outcome)
            if ending == ".parquet" and line.split()[0] in ("grad", "jacobian", "hessian"):
                assert "Parquet is for the points of a file" in outcome.stderr
            else:
                assert f"ends in {Path(name).suffix.lower()}, which" in outcome.stderr
                assert ", ".join(WRITES[line]) in outcome.stderr
            assert [path.name for path in folder.iterdir()] == ["rows.csv"]


FIRST_BYTES = {
    ".json": b"{",
    ".parquet": b"PAR1",
    ".svg": b"<svg",
    ".png": b"\x89PNG",
    ".pdf": b"%PDF",
    ".tex": b"",
    ".c": b"#include",
}


@pytest.mark.parametrize("line", WRITES)
def test_endings_that_a_command_writes(line: str, folder: Path) -> None:
    table = ""
    for ending in [*TEXTS, *WRITES[line], "", ".25", ".5e-3"]:
        outcome = run_here([*words("adcli " + line), "-o", f"out{ending}"])
        assert outcome.code in (0, 3), (ending, outcome)
        found = (folder / f"out{ending}").read_bytes()
        assert found.startswith(FIRST_BYTES.get(ending, b""))
        if ending in WRITES[line]:
            assert found != table
        table = table or found


@pytest.mark.parametrize("name", ["/dev/null", "/dev/stdout", "-", "/proc/self/fd/1"])
def test_devices_have_no_endings(name: str) -> None:
    for line in WRITES:
        assert run_here([*words("adcli " + line), "-o", name]).code in (0, 3)


def test_a_saved_model_is_json(folder: Path) -> None:
    outcome = run_here([*words("adcli " + FIT), "--save", "model.npz"])
    assert outcome.code == 2
    assert "--save: 'model.npz' ends in .npz" in outcome.stderr
