"""A checkpoint with a right checksum is not trusted: every part is checked before it is used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcli.data.checkpoint import read_checkpoint, write_checkpoint
from adcli.descent.run import descend
from adcli.descent.settings import METHODS
from adcli.errors import AdcliError, DataError
from tests.fuzz.files import STRANGE

START: dict[str, Any] = {"x": 0.0, "y": 1.0}
TEXT = "(x - 1)^2 + 2(y + 3)^2 + exp(x*y/9)"
VECTOR = np.ones(1)


def save(path: Path, method: str, text: str = TEXT, start: dict[str, Any] = START) -> Any:
    """The body of a checkpoint after four iterations."""
    descend(text, start, method=method, max_iterations=4, checkpoint=path)
    return body_of(path)


def body_of(path: Path) -> Any:
    """All of a checkpoint, unchecked."""
    return read_checkpoint(path, "descent", lambda body: body)


def changed(body: Any, strange: Any) -> Iterator[Any]:
    """Bodies of which one part is another, or missing."""
    for name in body:
        yield {**body, name: strange}
        yield {key: part for key, part in body.items() if key != name}
    for name in body["state"]:
        yield {**body, "state": {**body["state"], name: strange}}


@pytest.mark.parametrize("method", METHODS)
def test_every_part_may_be_forged(method: str, tmp_path: Path) -> None:
    """The run goes on, where the value can be meant, or says that the checkpoint is not good."""
    path = tmp_path / "saved"
    body = save(path, method)
    refused = 0
    for strange in STRANGE[:: 2 if method in ("adam", "lbfgs", "cg") else 9]:
        for forged in changed(body, strange):
            write_checkpoint(path, "descent", forged)
            try:
                descend(TEXT, method=method, max_iterations=6, resume=path)
            except AdcliError:
                refused += 1
    assert refused > 2 * len(body)


@pytest.mark.parametrize(
    ("method", "place", "value", "message"),
    [
        ("adam", "iteration", float("nan"), "'iteration' is nan, not a whole number from 0 on"),
        ("adam", "evaluations", 1.5, "'evaluations' is 1.5, not a whole number from 0 on"),
        ("adam", "evaluations", True, "'evaluations' is True, not a whole number"),
        ("adam", "seconds", -1, "'seconds' is -1, not a finite number from 0 on"),
        ("adam", "best_value", 10**400, "not a number"),
        ("adam", "best_point", VECTOR, r"'best_point' is array\(\[1.\]\), not an array of 2"),
        ("adam", "start", [1], "'start' is"),
        ("adam", "identity", None, "'identity' is None, not an object"),
        ("adam", "state.iteration", float("nan"), "'state.iteration' is nan, not a whole number"),
        ("adam", "state.iteration", -1, "'state.iteration' is -1, not a whole number from 0 on"),
        ("adam", "state.point", VECTOR, "'state.point' is .* not an array of 2 numbers"),
        ("adam", "state.point", [1, "x"], "'state.point' is"),
        ("adam", "state.state0", [1, 2, 3], "'state.state0' is .* not an array of 2"),
        ("adam", "state.state2", [1, 2], r"'state.state2' is \[1, 2\], not a number"),
        ("adam", "state.fixed", 1, "'state.fixed' is 1, not true or false"),
        ("adam", "state.more", 1, "'state.more' is not part of it"),
        ("lbfgs", "state.values", VECTOR, "'state.gradients' is .* not an array of 1 x 2 numbers"),
        ("lbfgs", "state.gradients", VECTOR, "'state.gradients' is .* not an array of n x 2"),
        ("lbfgs", "state.iteration", 10**9, "'state.iteration' is 1000000000, not a whole number"),
        ("cg", "state.direction", None, "'state.direction' is None, not an array of 2 numbers"),
        ("cg", "state.length", "\x1b", r"'state.length' is '\\x1b', not a number"),
    ],
)
def test_the_message_names_the_part(
    method: str, place: str, value: Any, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "saved"
    body = save(path, method)
    *way, name = place.split(".")
    (body[way[0]] if way else body)[name] = value
    write_checkpoint(path, "descent", body)
    with pytest.raises(DataError, match=message):
        descend(TEXT, method=method, max_iterations=6, resume=path)


def test_vectors_of_another_length_reach_no_machine_code(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    options: dict[str, Any] = {"method": "momentum", "engine": "llvm", "rate": 0.01}
    descend(TEXT, START, max_iterations=4, checkpoint=path, **options)
    body = body_of(path)
    body["state"]["before_point"] = [1.0] * 3
    body["state"]["point"] = [1.0]
    write_checkpoint(path, "descent", body)
    with pytest.raises(DataError, match=r"'state.point' is"):
        descend(TEXT, max_iterations=6, resume=path, **options)
