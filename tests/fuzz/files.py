"""Files of parameters, models and checkpoints: damaged, and forged with a right checksum."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from typing import Any

import numpy as np

from tests.fuzz import given
from tests.fuzz.choices import Choices
from tests.fuzz.outcomes import check_command
from tests.fuzz.tables import damaged

STRANGE: tuple[Any, ...] = (
    *(None, 0, 1, -1, 2, True, 1.5, 1e308, float("nan"), float("inf"), "", "x", [], {}, [1], [[1]]),
    *(10**400, 2**63, -(10**30), "1", [None], {"x": 1}, {"list": []}, {"float": "nan"}, 1e-320),
    *({"float": "x"}, {"float64": "", "shape": {"list": [0]}}, {"float64": "!", "shape": 1}),
    *({"float64": "AAAAAAAA8D8=", "shape": {"list": [1]}}, {"list": {}}, "\x1b[31m", [[[[]]]]),
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
    _, body = _saved_descent(text, tuple(options))
    value = json.loads(body)
    for _ in range(c.below(3)):
        changed = forged(c, value)
        value = changed if isinstance(changed, dict) or c.once_in(10) else value
    again = json.dumps(value, sort_keys=True).encode()
    head = {"format": "adcli checkpoint 1", "sha256": hashlib.sha256(again).hexdigest()}
    data = json.dumps(head).encode() + b"\n" + again + b"\n"
    if c.once_in(10):
        data = damaged(c, data)
    more = ["--max-iterations", "12", *c.of(([], ["--format", "json"], ["--trace", "out.csv"]))]
    return "saved", data, ["descend", *options, "--resume", "saved", *more, "--", text]


@cache
def _saved_descent(text: str, options: tuple[str, ...]) -> tuple[bytes, bytes]:
    from tests.terminal import run_here

    start = "v=[0,3]" if "v" in text else "x=0,y=1"
    command = ["descend", *options, "--start", start, "--max-iterations", "4"]
    outcome = run_here([*command, "--checkpoint", "out", "--checkpoint-every", "2", "--", text])
    assert outcome.code in (0, 3), outcome
    with open("out", "rb") as file:
        head, _, body = file.read().partition(b"\n")
    os.unlink("out")
    return head, body


def _training(c: Choices) -> tuple[str, bytes, list[str]]:
    import io

    from adcli.data.parameters import read_npz, write_npz
    from adcli.training.state import _checksum

    arrays = {name: array for name, array in read_npz("training").items() if name != "checksum"}
    facts = json.loads(arrays["facts"].tobytes())
    for _ in range(c.below(3)):
        if c.below(3):
            changed = forged(c, facts)
            facts = changed if isinstance(changed, dict) or c.once_in(10) else facts
        else:
            arrays[c.of([*arrays, "memory9"])] = c.of(
                (
                    np.zeros(1),
                    np.zeros(3),
                    np.zeros((2, 2)),
                    np.float32([1, 2]),
                    np.array(1.0),
                    np.array([np.nan, 1.0]),
                    np.array(["x"]),
                    np.zeros(0),
                    np.arange(2),
                )
            )
    if not c.once_in(20):
        arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    arrays["checksum"] = _checksum(arrays)
    stream = io.BytesIO()
    write_npz(stream, arrays)
    data = stream.getvalue()
    if c.once_in(10):
        data = damaged(c, data)
    command = ["descend", "--data", "rows.csv", "--epochs", "2", "--resume", "saved.npz"]
    return "saved.npz", data, [*command, "--max-iterations", "4", "--", TRAINED]


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
