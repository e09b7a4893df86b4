"""The files that commands find in their folder: tables, parameters, a model, checkpoints."""

from __future__ import annotations

import json
import os

import numpy as np

ROWS = {
    "x": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    "y": [1.0, 2.9, 5.2, 7.1, 8.8, 11.1],
    "z": [1.0, -1.0, 0.0, 2.0, 0.5, 1.5],
}
NAMES = (
    *("rows.csv", "rows.jsonl", "rows.parquet", "few.csv", "bad.csv", "program.txt", "model.json"),
    *("uncertain.csv", "covariance.csv"),
    *("parameters.npz", "parameters.json", "parameters.safetensors", "descent", "training"),
)
"""All of them; `descent` and `training` are checkpoints."""


def prepare() -> set[str]:
    """Make the files in the working folder, unless they are there; their names."""
    if not os.path.exists(NAMES[-1]):
        _tables()
        _models()
    return set(NAMES)


def _write(name: str, text: str) -> None:
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)


def _tables() -> None:
    import polars as pl

    rows = [dict(zip(ROWS, row, strict=True)) for row in zip(*ROWS.values(), strict=True)]
    _write("rows.csv", "x,y,z\n" + "".join(",".join(map(str, r.values())) + "\n" for r in rows))
    _write("rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    pl.DataFrame(ROWS).write_parquet("rows.parquet")
    _write("few.csv", "x,y\n1,2\n")
    _write("uncertain.csv", "x,u(x),y,u(y)\n1,0.1,2,0.2\n0,0,1e200,1\n-1,0.1,3,-1\n2,0.5,,0.1\n")
    _write("covariance.csv", "x,y\n0.01,0.002\n0.002,0.04\n")
    _write("bad.csv", "x,y\n1,2\n3\n,nan\nz,1e400\n")
    _write("program.txt", "r = x^2 + y^2\nsqrt(r)\n")


def _models() -> None:
    import adcli
    from adcli.data.parameters import save_parameters

    found = {"x": np.array(0.5), "y": np.array(2.0), "v": np.arange(3.0), "W": np.eye(3)}
    for name in ("parameters.npz", "parameters.json", "parameters.safetensors"):
        save_parameters(name, found)
    adcli.fit("y ~ a*x + b", data=ROWS, start={"a": 1.0, "b": 0.0}).save("model.json")
    adcli.descend(
        "(x - 1)^2 + y^2",
        {"x": 0.0, "y": 1.0},
        method="adam",
        checkpoint="descent",
        max_iterations=5,
    )
    adcli.train(
        "mean((a*x + b - y)^2)", {"a": 0.0, "b": 0.0}, data=ROWS, epochs=1, checkpoint="training"
    )
