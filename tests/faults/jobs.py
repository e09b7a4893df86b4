"""The commands that are disturbed, and how to tell whether what they leave is whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.terminal import ENVIRONMENT, ROOT

ROWS = 20_000
PATIENCE = 60
"""Seconds that a process may take, on a busy machine."""


@dataclass(frozen=True)
class Job:
    """A command, and of each of its outputs what must hold if it is there.

    `lasts` says that it goes on until it is stopped, and reports what it has then.
    """

    arguments: tuple[str, ...]
    outputs: dict[str, str] = field(default_factory=dict, hash=False)
    lasts: bool = False

    def __str__(self) -> str:
        return "adcli " + " ".join(self.arguments)


def _job(line: str, lasts: bool = False, **outputs: str) -> Job:
    return Job(tuple(line.split()), {f"out.{key}": how for key, how in outputs.items()}, lasts)


DESCENT = "descend (1-x)^2+100(y-x^2)^2 --start x=-1.2,y=1 --method adam --format json"
ENDLESS = "--gradient-tolerance 0 --rate 1e-9 --max-iterations 1000000000 --max-seconds 30"
TRAINING = "descend mean((y-a*x-b)^2) --data many.csv --start a=0,b=0 --shuffle --format json"
JOBS = (
    _job("grad x^2+sin(x*y) --points many.csv -o out.csv", csv="same"),
    _job("grad x^2+sin(x*y) --points many.csv -o out.jsonl", jsonl="same"),
    _job("grad x^2+sin(x*y) --points many.csv -o out.parquet", parquet="same"),
    _job("hessian x^2*y --points many.csv --format csv"),
    _job("grad x*y --points many.csv.gz -o out.csv --verbose", csv="same"),
    _job("eval gamma(1/3) --precision 2000 -o out.txt", txt="same"),
    _job("diff sin(x)^exp(x) --order 3 -o out.txt", txt="same"),
    _job("graph x*sin(x) --as svg -o out.svg", svg="same"),
    _job("trace x*y+sin(x) --at x=1,y=2 --format json -o out.json", json="json"),
    _job("fit y~a*x+b --data many.csv --start a=1,b=0 --save out.json", json="json"),
    _job("fit y~a*x --data many.csv --start a=1 --predict many.csv -o out.csv", csv="rows"),
    _job(
        f"{DESCENT} {ENDLESS} --checkpoint out.saved --checkpoint-every 500 --trace out.csv",
        True,
        saved="descent",
        csv="rows",
    ),
    _job(f"{DESCENT} {ENDLESS} --save out.npz -o out.json", True, npz="npz", json="json"),
    _job(
        f"{TRAINING} --epochs 100000 --max-seconds 30 --checkpoint out.saved "
        "--checkpoint-every 50 --save out.npz",
        True,
        saved="training",
        npz="npz",
    ),
    _job(
        "descend (x-1)^2+y^4 --start x=3,y=1 --trace out.csv --save out.npz",
        csv="rows",
        npz="npz",  # where an interrupted descent stands is saved, too
    ),
    _job("functions"),
)


def _is_json(name: str) -> bool:
    with open(name, encoding="utf-8") as file:
        json.load(file)
    return True


def _is_rows(name: str) -> bool:
    with open(name, encoding="utf-8") as file:
        text = file.read()
    counts = {line.count(",") for line in text.splitlines()}
    return text.endswith("\n") and len(counts) == 1


def _is_npz(name: str) -> bool:
    from adcli.data.parameters import load_parameters

    return bool(load_parameters(name))


def _is_descent(name: str) -> bool:
    from adcli.descent.checkpoint import read_descent

    return bool(read_descent(name))


def _is_training(name: str) -> bool:
    from adcli.training.state import read_training

    return bool(read_training(name))


CHECKS: dict[str, Callable[[str], bool]] = {
    "json": _is_json,
    "rows": _is_rows,
    "npz": _is_npz,
    "descent": _is_descent,
    "training": _is_training,
}


def not_whole(job: Job, name: str) -> str | None:
    """What is wrong with an output of a job that is there."""
    how = job.outputs[name]
    try:
        if how == "same":
            with open(name, "rb") as file:
                return None if file.read() == undisturbed(job).outputs[name] else "it differs"
        return None if CHECKS[how](name) else "it is cut off"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def prepare() -> set[str]:
    """Make the tables in the working folder, unless they are there; their names."""
    names = {"many.csv", "many.csv.gz"}
    if not os.path.exists("many.csv.gz"):
        import gzip

        lines = "".join(f"{i % 97 / 16},{i % 89 / 8}\n" for i in range(ROWS))
        data = ("x,y\n" + lines).encode()
        for name, content in (("many.csv", data), ("many.csv.gz", gzip.compress(data, 1))):
            with open(name, "wb") as file:
                file.write(content)
    return names


def start(job: Job, **options: Any) -> subprocess.Popen[bytes]:
    """The job as a process."""
    settings = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    return subprocess.Popen(
        [sys.executable, "-m", "adcli", *job.arguments], env=settings, **{**streams, **options}
    )


@dataclass(frozen=True)
class Done:
    """What a job does when nothing disturbs it."""

    seconds: float
    stdout: bytes
    outputs: dict[str, bytes]


@cache
def undisturbed(job: Job) -> Done:
    """The job's run without a fault; one that lasts is only timed, as a guess."""
    if job.lasts:
        return Done(3.0, b"", {})
    begin = time.monotonic()
    process = start(job)
    stdout, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, (job, stderr)
    outputs = {}
    for name in job.outputs:
        with open(name, "rb") as file:
            outputs[name] = file.read()
        os.unlink(name)
    return Done(time.monotonic() - begin, stdout, outputs)
