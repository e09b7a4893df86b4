"""Files of parameters, models and checkpoints: damaged, and forged with a right checksum."""

from __future__ import annotations

import io
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz import given
from tests.fuzz.choices import Choices
from tests.fuzz.outcomes import check_command
from tests.fuzz.tables import damaged

STRANGE: tuple[Any, ...] = (
    *(None, 0, 1, -1, 2, True, 1.5, 1e308, float("nan"), float("inf"), "", "x", [], {}, [1], [[1]]),
    *(10**400, 2**63, -(10**30), "1", [None], {"x": 1}, 1e-320, "\x1b[31m", [[[[]]]]),
)
"""What a forger may put in the place of a part."""

TRAINED = "mean((a*x + b - y)^2)"
DESCENTS: tuple[tuple[str, list[str]], ...] = (
    ("(x - 1)^2 + y^2", ["--method", "adam"]),
    ("(x - 1)^2 + y^2", ["--method", "lbfgs"]),
    ("(x - 1)^2 + y^2", ["--method", "cg"]),
    ("(x - 1)^2 + y^2", ["--method", "gd"]),
    ("sum((v - [1, 2])^2)", ["--method", "newton"]),
    ("sum((v - [1, 2])^2)", ["--method", "momentum", "--rate", "0.1"]),
    ("(x - 1)^2 + y^2", ["--method", "lion", "--bounds", "x=-1:3"]),
    *(("x^4 + y^2", ["--method", name]) for name in ("adamw", "rmsprop", "adadelta", "nesterov")),
    ("x^4 + y^2", ["--method", "lbfgs", "--bounds", "x=0:2"]),
    ("abs(x) + y^2", ["--method", "adam", "--rate", "0.1", "--schedule", "cosine"]),
)


def files(c: Choices) -> str:
    """A file and the command that reads it."""
    known = given.prepare()
    make = c.of((_descent, _descent, _training, _model, _parameters))
    name, data, arguments = make(c)
    with open(name, "wb") as file:
        file.write(data)
    c.case = f"{arguments}, {name} {data[:3000]!r}"
    try:
        return f"{make.__name__[1:]} {check_command(arguments, b'', known | {name})}"
    finally:
        os.unlink(name)


def forged(c: Choices, value: Any) -> Any:
    """A value of which one part, at any depth, is another one, left out, or named otherwise."""
    if c.once_in(3) or not isinstance(value, (dict, list)) or not value:
        return c.of(STRANGE)
    if isinstance(value, list):
        k = c.below(len(value))
        match c.below(4):
            case 0:
                return [*value[:k], *value[k + 1 :]]
            case 1:
                return [*value, value[k]]
            case _:
                return [*value[:k], forged(c, value[k]), *value[k + 1 :]]
    name = c.of(sorted(value))
    rest = {key: part for key, part in value.items() if key != name}
    match c.below(6):
        case 0:
            return rest
        case 1:
            return {**rest, name + "_": value[name]}
        case _:
            return {**rest, name: forged(c, value[name])}


def _descent(c: Choices) -> tuple[str, bytes, list[str]]:
    text, options = c.of(DESCENTS)
    data = _forged_checkpoint(c, _saved_descent(text, tuple(options)))
    more = ["--max-iterations", "12", *c.of(([], ["--format", "json"], ["--trace", "out.csv"]))]
    return "saved", data, ["descend", *options, "--resume", "saved", *more, "--", text]


@cache
def _saved_descent(text: str, options: tuple[str, ...]) -> bytes:
    from tests.terminal import run_here

    start = "v=[0,3]" if "v" in text else "x=0,y=1"
    command = ["descend", *options, "--start", start, "--max-iterations", "4"]
    outcome = run_here([*command, "--checkpoint", "out", "--checkpoint-every", "2", "--", text])
    assert outcome.code in (0, 3), outcome
    data = Path("out").read_bytes()
    os.unlink("out")
    return data


def _training(c: Choices) -> tuple[str, bytes, list[str]]:
    data = _forged_checkpoint(c, Path("training").read_bytes())
    command = ["descend", "--data", "rows.csv", "--epochs", "2", "--resume", "saved.npz"]
    return "saved.npz", data, [*command, "--max-iterations", "4", "--", TRAINED]


ARRAYS = (
    *(np.zeros(1), np.zeros(3), np.zeros((2, 2)), np.float32([1, 2]), np.array(1.0), np.arange(2)),
    *(np.array([np.nan, 1.0]), np.array(["x"]), np.zeros(0)),
)


def _forged_checkpoint(c: Choices, data: bytes) -> bytes:
    """A checkpoint of which facts or arrays are others, with its right checksum."""
    facts, arrays = unpacked(data)
    for _ in range(c.below(3)):
        if c.once_in(3):
            arrays[c.of([*arrays, "9"])] = c.of(ARRAYS)
        elif isinstance(facts, dict) and "body" in facts and c.below(4):
            facts = {**facts, "body": forged(c, facts["body"])}
        else:
            facts = forged(c, facts)
    data = packed(facts, arrays)
    return damaged(c, data) if c.once_in(10) else data


def unpacked(data: bytes) -> tuple[Any, dict[str, Any]]:
    """The facts and the arrays of a checkpoint."""
    with np.load(io.BytesIO(data)) as archive:
        arrays = {name: archive[name] for name in archive.files if name != "checksum"}
    return json.loads(arrays.pop("facts").tobytes()), arrays


def packed(facts: Any, arrays: dict[str, Any]) -> bytes:
    """A checkpoint of these, with the right checksum."""
    from adcli.data.checkpoint import _checksum
    from adcli.data.parameters import write_npz

    arrays = {"facts": np.frombuffer(json.dumps(facts).encode(), np.uint8), **arrays}
    stream = io.BytesIO()
    write_npz(stream, {**arrays, "checksum": _checksum(arrays)})
    return stream.getvalue()


def _model(c: Choices) -> tuple[str, bytes, list[str]]:
    with open("model.json", encoding="utf-8") as file:
        value = json.load(file)
    for _ in range(c.below(3)):
        changed = forged(c, value)
        value = changed if isinstance(changed, dict) or c.once_in(10) else value
    data = json.dumps(value).encode()
    if c.once_in(6):
        data = damaged(c, data)
    uses = (
        ["fit", "--model", "forged.json", "--predict", "rows.csv", "--format", "csv"],
        ["eval", "--model", "forged.json", "--points", "rows.csv", "--format", "csv"],
        ["grad", "--model", "forged.json", "--at", "x=1"],
        ["eval", "--at", "forged.json", "--at", "x=1", "--", "a*x + b"],
    )
    return "forged.json", data, c.of(uses)


def _parameters(c: Choices) -> tuple[str, bytes, list[str]]:
    suffix = c.of((".npz", ".json", ".safetensors"))
    with open("parameters" + suffix, "rb") as file:
        data = file.read()
    if suffix == ".json" and c.below(2):
        data = json.dumps(forged(c, json.loads(data))).encode()
    else:
        data = damaged(c, data)
    name = "forged" + suffix
    uses = (
        ["eval", "--at", name, "--", "x*y + sum(v) + sum(W)"],
        ["descend", "--start", name, "--max-iterations", "3", "--", "x^2 + y^2 + sum(v^2)"],
    )
    return name, data, c.of(uses)
